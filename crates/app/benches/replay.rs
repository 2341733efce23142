//! Replay and its parts, in one run: unpacking alone, parsing alone (by `serde_json` and here),
//! parsing and rules without anything around them, and the whole of replay with verdicts, on one
//! and two threads; beside them the rule engine alone on the same parsed events.
//!
//! `cargo bench -p feuerprobe --bench replay -- RULES RECORDINGS [PREFIX]`; PREFIX
//! keeps recordings whose id begins with it. Figures are medians of [`ROUNDS`], in seconds of
//! processor time of all threads, which other work on the machine disturbs less than the clock.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use app::intake::Tree;
use detect::{RuleFile, RuleSet, Watch};
use model::attack::Joined;
use model::event::{Event, LogSource, Origin};
use rehearsal::{Files as _, Silent, watch_all};
use rsigma_eval::Engine;
use rsigma_eval::event::JsonEvent;

const ROUNDS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let [rules, recordings, rest @ ..] = arguments.as_slice() else {
        println!("usage: cargo bench -p feuerprobe --bench replay -- RULES RECORDINGS [PREFIX]");
        return;
    };
    let prefix = rest.first().map_or("", String::as_str);
    let matrix = threat::catalogue();
    let map = threat::version_map();
    let joiner = threat::Joiner::new(&matrix, &map);
    let join = |published: &str| -> Joined { joiner.join(published) };

    let files = rule_files(rules);
    let begin = Instant::now();
    let (set, summary) = RuleSet::read(files.clone(), &join).into_parts().0;
    println!(
        "rules        {:>9} loaded, {} not, in {:.2} s",
        summary.loaded,
        summary.rejected.len(),
        begin.elapsed().as_secs_f64()
    );

    let tree = Tree::Folder(PathBuf::from(recordings));
    let paths = tree.list().expect("the recordings folder can be read").files;
    let mut survey = telemetry::survey(&paths, &|p| tree.open(p), &join).into_parts().0;
    survey.recordings.retain(|r| r.id.as_str().starts_with(prefix));
    println!("recordings   {:>9}", survey.recordings.len());

    let unpack = median(|| unpack_alone(&survey, &tree));
    let parse = median(|| parse_alone(&survey, &tree));
    let parse_here = median(|| each_slice(&set, &survey, &tree, &|_, events| events.len()));
    let watches = median(|| {
        each_slice(&set, &survey, &tree, &|watch, events| {
            std::hint::black_box(watch.look(events));
            events.len()
        })
    });
    let evaluate = median(|| evaluate_alone(&files, &survey, &tree));
    println!("events       {:>9}", parse.events);
    row("unpack alone (zstd)", &unpack);
    row("unpack, serde_json alone", &parse);
    row("unpack, parse", &parse_here);
    row("unpack, parse, rules", &watches);
    row("rsigma-eval's engine alone", &evaluate);
    let mut walls = Vec::new();
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let replay = median(|| {
            let (wall, begin) = (Instant::now(), processor_time());
            let (watched, _) = pool.install(|| watch_all(&set, &survey, &tree, &Silent));
            let verdicts: Vec<_> = watched.iter().flat_map(|w| &w.observations).map(detect::judge).collect();
            let seconds = processor_time() - begin;
            assert!(verdicts.len() <= watched.len() * 64);
            walls.push(wall.elapsed().as_secs_f64());
            Timing { seconds, events: watched.iter().map(|w| w.replay.events).sum() }
        });
        row(&format!("replay, {threads} thread(s)"), &replay);
    }
    let least = |walls: &[f64]| walls.iter().copied().fold(f64::INFINITY, f64::min);
    let (one, two) = walls.split_at(ROUNDS);
    println!(
        "\nby the clock, least of {ROUNDS}: 1 thread {:.2} s, 2 threads {:.2} s",
        least(one),
        least(two)
    );
    println!("1 thread / 2 threads {:.2}", least(one) / least(two));
}

/// Returns the processor time that this process has used, in seconds.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("a Linux kernel");
    // Behind the name in parentheses: state, ten more, then user and system time in ticks, of
    // which the kernel's interface has 100 a second (proc(5), USER_HZ).
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
    (ticks(11) + ticks(12)) / 100.0
}

#[derive(Clone, Copy)]
struct Timing {
    seconds: f64,
    events: u64,
}

fn median(mut round: impl FnMut() -> Timing) -> Timing {
    let mut all: Vec<Timing> = (0..ROUNDS).map(|_| round()).collect();
    all.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    all[ROUNDS / 2]
}

fn row(what: &str, timing: &Timing) {
    println!("{what:<26} {:>8.2} s  {:>9.0} events/s", timing.seconds, timing.events as f64 / timing.seconds);
}

fn rule_files(folder: &str) -> Vec<RuleFile> {
    let tree = Tree::Folder(PathBuf::from(folder));
    let paths = tree.list().expect("the rules folder can be read").files;
    paths
        .into_iter()
        .filter(|p| p.ends_with(".yml"))
        .map(|path| RuleFile { bytes: tree.read(&path).expect("a rule can be read"), path })
        .collect()
}

/// Every file read to its end and its lines counted: what reading costs before any parsing.
fn unpack_alone(survey: &telemetry::Survey, tree: &Tree) -> Timing {
    let begin = processor_time();
    let mut events = 0;
    let mut buffer = vec![0; 1 << 20];
    for file in survey.recordings.iter().flat_map(|r| &r.files) {
        let mut input = tree.open(file).expect("a recording can be read");
        while let Ok(n @ 1..) = std::io::Read::read(&mut input, &mut buffer) {
            events += buffer[..n].iter().filter(|b| **b == b'\n').count() as u64;
        }
    }
    Timing { seconds: processor_time() - begin, events }
}

/// Every line through `serde_json` into a value, nothing else.
fn parse_alone(survey: &telemetry::Survey, tree: &Tree) -> Timing {
    let begin = processor_time();
    let mut events = 0;
    for file in survey.recordings.iter().flat_map(|r| &r.files) {
        let input = tree.open(file).expect("a recording can be read");
        for line in std::io::BufReader::with_capacity(1 << 20, input).split(b'\n').map_while(Result::ok) {
            if let Ok(value) = serde_json::from_slice::<serde_json::Value>(&line) {
                events += 1;
                std::hint::black_box(value);
            }
        }
    }
    Timing { seconds: processor_time() - begin, events }
}

/// Every slice of events handed to `work`, which says how many they are.
fn each_slice(
    rules: &RuleSet,
    survey: &telemetry::Survey,
    tree: &Tree,
    work: &dyn Fn(&Watch<'_>, &[Event]) -> usize,
) -> Timing {
    let begin = processor_time();
    let mut events = 0;
    for recording in &survey.recordings {
        let watch = Watch::new(rules, recording);
        telemetry::read_events(recording, &|p| tree.open(p), &mut |batch| {
            events += batch.slices().map(|slice| work(&watch, &slice.parse().events) as u64).sum::<u64>();
        });
    }
    Timing { seconds: processor_time() - begin, events }
}

/// The engine on normalised events, one engine for each origin as replay routes them. Only evaluation is timed.
fn evaluate_alone(files: &[RuleFile], survey: &telemetry::Survey, tree: &Tree) -> Timing {
    let rules: Vec<_> = files
        .iter()
        .filter_map(|f| rsigma_parser::parse_sigma_yaml(std::str::from_utf8(&f.bytes).ok()?).ok())
        .flat_map(|c| c.rules)
        .collect();
    let mut engines: BTreeMap<Arc<Origin>, Engine> = BTreeMap::new();
    let mut timing = Timing { seconds: 0.0, events: 0 };
    for recording in &survey.recordings {
        telemetry::read_events(recording, &|p| tree.open(p), &mut |batch| {
            for event in &batch.parse().events {
                let engine =
                    engines.entry(event.origin.clone()).or_insert_with(|| engine(&rules, &event.origin));
                timing.seconds += evaluate(engine, event);
                timing.events += 1;
            }
        });
    }
    timing
}

fn evaluate(engine: &Engine, event: &Event) -> f64 {
    let fields = serde_json::Value::Object(event.fields.clone().into_map());
    let begin = Instant::now();
    std::hint::black_box(engine.evaluate(&JsonEvent::borrow(&fields)));
    begin.elapsed().as_secs_f64()
}

fn engine(rules: &[rsigma_parser::SigmaRule], origin: &Origin) -> Engine {
    let mut engine = Engine::new();
    let chosen = rules.iter().filter(|r| {
        let source = &r.logsource;
        origin.serves(&LogSource {
            product: source.product.clone(),
            category: source.category.clone(),
            service: source.service.clone(),
        })
    });
    engine.add_rules(chosen);
    engine
}
