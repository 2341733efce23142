//! Replay against its floors, in one run: parsing alone, the rule engine alone on
//! parsed events, and the whole of replay with verdicts, on one and two threads.
//!
//! `cargo bench -p feuerprobe --bench replay -- RULES RECORDINGS [PREFIX]`; PREFIX
//! keeps recordings whose id begins with it. Figures are medians of [`ROUNDS`].

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use app::intake::Tree;
use detect::{RuleFile, RuleSet};
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
    let evaluate = median(|| evaluate_alone(&files, &survey, &tree));
    println!("events       {:>9}", parse.events);
    row("unpack alone (zstd)", &unpack);
    row("parse alone (serde_json)", &parse);
    row("evaluate alone (engine)", &evaluate);
    let mut walls = Vec::new();
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let replay = median(|| {
            let begin = Instant::now();
            let (watched, _) = pool.install(|| watch_all(&set, &survey, &tree, &Silent));
            let verdicts: Vec<_> = watched.iter().flat_map(|w| &w.observations).map(detect::judge).collect();
            let seconds = begin.elapsed().as_secs_f64();
            assert!(verdicts.len() <= watched.len() * 64);
            Timing { seconds, events: watched.iter().map(|w| w.replay.events).sum() }
        });
        row(&format!("replay, {threads} thread(s)"), &replay);
        walls.push(replay.seconds);
    }
    let floor = parse.seconds + evaluate.seconds;
    println!("\nreplay on 1 thread / (parse + evaluate)           {:.2}", walls[0] / floor);
    println!("replay on 1 thread / (unpack + parse + evaluate)  {:.2}", walls[0] / (floor + unpack.seconds));
    println!("replay: 1 thread / 2 threads                      {:.2}", walls[0] / walls[1]);
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
    let begin = Instant::now();
    let mut events = 0;
    let mut buffer = vec![0; 1 << 20];
    for file in survey.recordings.iter().flat_map(|r| &r.files) {
        let mut input = tree.open(file).expect("a recording can be read");
        while let Ok(n @ 1..) = std::io::Read::read(&mut input, &mut buffer) {
            events += buffer[..n].iter().filter(|b| **b == b'\n').count() as u64;
        }
    }
    Timing { seconds: begin.elapsed().as_secs_f64(), events }
}

/// Every line through `serde_json` into a value, nothing else. Unpacking is not timed.
fn parse_alone(survey: &telemetry::Survey, tree: &Tree) -> Timing {
    let mut timing = Timing { seconds: 0.0, events: 0 };
    for file in survey.recordings.iter().flat_map(|r| &r.files) {
        let input = tree.open(file).expect("a recording can be read");
        let mut lines = std::io::BufReader::with_capacity(1 << 20, input).split(b'\n');
        loop {
            let chunk: Vec<Vec<u8>> = lines.by_ref().take(1_000).flatten().collect();
            if chunk.is_empty() {
                break;
            }
            let begin = Instant::now();
            for line in &chunk {
                if let Ok(value) = serde_json::from_slice::<serde_json::Value>(line) {
                    timing.events += 1;
                    std::hint::black_box(value);
                }
            }
            timing.seconds += begin.elapsed().as_secs_f64();
        }
    }
    timing
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
    let begin = Instant::now();
    std::hint::black_box(engine.evaluate(&JsonEvent::borrow(&event.fields)));
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
