//! Races per second on generated estates, against the floor of random reads.
//!
//! `cargo bench -p race --bench race [-- LARGEST]`; LARGEST is the number of
//! assets up to which sizes are run, 1,000,000 if left out. Times are those of the
//! threads' own clocks of processor time, so that other work on the machine mostly
//! cancels; figures are medians of [`ROUNDS`]. "2 threads" adds the rates of two
//! threads that run at the same time.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use model::campaign::{Campaign, Effect, Objective, Operator, Selector, Spread, Step};
use model::estate::Soc;
use model::evidence::{DelayFit, Evidence, EvidenceClass, OutcomeCounts, TechniqueEvidence};
use model::id::{CampaignId, PlaybookId, SiteId, StepId, TechniqueId};
use model::manner::Manner;
use model::playbook::{Action, Cut, Playbook};
use model::quantity::{Interval, Quantiles, Ratio, Seed};
use race::terrain::{Plan, Terrain, generate};
use race::{Chaser, Contest, Outcome, Setting};

const ROUNDS: usize = 5;
const THREADS: usize = 2;
/// Races per second on two threads asked for at 10^3, 10^4, 10^5, 10^6 assets.
const AIMS: [(u32, f64); 4] =
    [(1_000, 20_000.0), (10_000, 10_000.0), (100_000, 8_000.0), (1_000_000, 3_500.0)];
const TECHNIQUES: u16 = 24;

fn main() {
    let largest: u32 = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(1_000_000);
    println!("2 % alerts an attempt, 8 edges an asset, triage M/M/5, playbook in two cuts");
    println!(
        "{:>9} {:>6} {:>9} {:>8} {:>7} {:>8} {:>9} {:>9} {:>7} {:>6}",
        "assets", "hands", "races/s", "aim", "held", "touched", "ns/edge", "floor ns", "MB", "limit"
    );
    for (assets, aim) in AIMS.into_iter().filter(|(a, _)| *a <= largest) {
        let terrain = terrain(assets);
        let floor = random_read(terrain.bytes());
        for hands in [0, 2] {
            size(assets, &terrain, hands, (hands == 0).then_some(aim), floor);
        }
    }
}

fn size(assets: u32, terrain: &Terrain, hands: u8, aim: Option<f64>, floor: f64) {
    let (campaign, playbook, evidence, soc) = (campaign(hands), playbook(), evidence(0.02), soc());
    let setting = Setting {
        campaign: &campaign,
        playbook: Some(&playbook),
        evidence: &evidence,
        soc: &soc,
        seed: Seed(1),
    };
    let contest = Contest::new(terrain, setting);
    let mut probe = Chaser::new(&contest);
    let first = processor_seconds();
    let sample: Vec<Outcome> = (0..200).map(|i| probe.run(i)).collect();
    let each = (processor_seconds() - first) / 200.0;
    // Half a second of each round, in whole races.
    let races = ((0.5 / each) as u32).clamp(50, 20_000);
    let mut rates: Vec<f64> = (0..ROUNDS).map(|_| rate(&contest, races)).collect();
    rates.sort_by(f64::total_cmp);
    let rate = rates[ROUNDS / 2];
    let mean = |pick: fn(&Outcome) -> u32| {
        sample.iter().map(|o| f64::from(pick(o))).sum::<f64>() / sample.len() as f64
    };
    let touched = mean(|o| o.touched);
    let memory = terrain.bytes() + THREADS * probe.bytes();
    let limit = 16 * terrain.edges() + 64 * terrain.nodes() + 8 * terrain.nodes() * THREADS;
    println!(
        "{assets:>9} {:>6} {rate:>9.0} {:>8} {:>7.0} {touched:>8.0} {:>9.1} {floor:>9.2} {:>7.1} {:>6.1}",
        if hands == 0 { "all".to_owned() } else { hands.to_string() },
        aim.map_or_else(String::new, |a| format!("{a:.0}{}", if rate >= a { "" } else { " !" })),
        mean(|o| o.held),
        THREADS as f64 / rate * 1e9 / touched,
        memory as f64 / 1e6,
        limit as f64 / 1e6,
    );
    let won = sample.iter().filter(|o| o.payload.is_some()).count();
    let declared = sample.iter().filter(|o| o.declared.is_some()).count();
    println!(
        "          {} nodes, {} edges; of 200 races {won} with payload, {declared} declared",
        terrain.nodes(),
        terrain.edges()
    );
}

/// Returns races per second of processor time, added over the threads.
fn rate(contest: &Contest<'_>, races: u32) -> f64 {
    let work = |thread: u32| {
        let mut chaser = Chaser::new(contest);
        // Touches the memory once, which is paid for once and not for each race.
        chaser.run(u32::MAX - thread);
        let begin = processor_seconds();
        let held: u64 = (0..races).map(|i| u64::from(chaser.run(thread * races + i).held)).sum();
        assert!(held > 0);
        f64::from(races) / (processor_seconds() - begin)
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS as u32)
            .map(|t| std::thread::Builder::new().spawn_scoped(scope, move || work(t)))
            .collect();
        threads.into_iter().map(|t| t.expect("a thread starts").join().expect("it ends")).sum()
    })
}

/// Returns the processor time of this thread in seconds, from what Linux accounts for it.
fn processor_seconds() -> f64 {
    let text =
        std::fs::read_to_string("/proc/thread-self/schedstat").expect("a Linux kernel that accounts time");
    text.split(' ').next().and_then(|n| n.parse::<f64>().ok()).expect("nanoseconds first") / 1e9
}

/// Returns the time of one independent read at a random place of `bytes` bytes, in ns.
fn random_read(bytes: usize) -> f64 {
    let words = vec![1_u64; (bytes / 8).max(1)];
    let reads = 4_000_000_u64;
    let mut times: Vec<f64> = (0..3)
        .map(|round| {
            let begin = processor_seconds();
            let (mut state, mut sum) = (round + 1_u64, 0_u64);
            for _ in 0..reads {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                sum = sum.wrapping_add(words[((u128::from(state) * words.len() as u128) >> 64) as usize]);
            }
            assert_eq!(sum, reads);
            (processor_seconds() - begin) / reads as f64 * 1e9
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[1]
}

fn share(value: f64) -> Ratio {
    Ratio::clamped(value)
}

fn technique(number: u16) -> TechniqueId {
    TechniqueId::new(&format!("T{:04}", 1000 + number)).expect("four digits")
}

fn terrain(assets: u32) -> Terrain {
    let sites = ["a", "b", "c"].map(|s| SiteId::new(s).expect("a letter")).to_vec();
    generate(&Plan { assets, seed: Seed(7), sensors: share(1.0), sites }, &campaign(0))
}

fn campaign(hands: u8) -> Campaign {
    let step = |number| Step {
        id: StepId::new(&format!("s{number}")).expect("letters"),
        name: String::new(),
        technique: technique(number),
        published: None,
        needs: Vec::new(),
        operator: Operator::All,
        same_site: false,
        targets: Selector::default(),
        identity: None,
        way_out: None,
        spread: Spread::Once,
        duration: Quantiles { q50: 20.0 + 5.0 * f64::from(number), q90: 120.0 + 30.0 * f64::from(number) },
        effect: Effect::None,
        source: String::new(),
    };
    Campaign {
        id: CampaignId::new("bench").expect("letters"),
        name: String::new(),
        description: String::new(),
        objective: Objective::Payload,
        hands,
        retries: 1,
        reaction: share(0.3),
        manner: Manner::default(),
        steps: (0..TECHNIQUES).map(step).collect(),
        source: String::new(),
    }
}

fn playbook() -> Playbook {
    let action = |id: &str, after: &[&str], cut, minutes| Action {
        id: id.to_owned(),
        name: String::new(),
        after: after.iter().map(|a| (*a).to_owned()).collect(),
        cut,
        decide: Quantiles { q50: minutes, q90: 2.0 * minutes },
        carry_out: Quantiles { q50: 5.0, q90: 10.0 },
        success: Ratio::ONE,
        timeout: None,
        if_failed: Vec::new(),
        if_worked: Vec::new(),
        by_others: false,
        repeat: model::playbook::Repeat::Once,
    };
    Playbook {
        id: PlaybookId::new("bench").expect("letters"),
        name: String::new(),
        description: String::new(),
        actions: vec![
            action("host", &[], Cut::AlertedAsset, 5.0),
            action("all", &["host"], Cut::AllSites, 15.0),
        ],
        crews: Some(1),
        source: String::new(),
    }
}

fn evidence(alerted: f64) -> Evidence {
    let at = |value: f64| Interval { value, low: 0.0, high: 1.0 };
    let one = |number| {
        let known = TechniqueEvidence {
            class: EvidenceClass::Replayed,
            counts: OutcomeCounts::default(),
            prior: [0.5; 4],
            prevented: at(0.0),
            alerted: at(alerted),
            logged: at(0.0),
            blind: at(1.0 - alerted),
            // Every attempt its own chance, as in the measurements the aims come from.
            concentration: 1e9,
            delay: DelayFit { quantiles: Quantiles { q50: 5.0, q90: 20.0 }, observed: 0, censored: 0 },
            verdicts: Vec::new(),
            repeats: Vec::new(),
            weights: None,
        };
        (technique(number), known)
    };
    Evidence { techniques: (0..TECHNIQUES).map(one).collect() }
}

fn soc() -> Soc {
    Soc {
        analysts: 5,
        alerts_per_day: 190.0,
        triage_minutes: 30.0,
        escalation: share(0.8),
        as_urgent: Ratio::ONE,
        agree: 1,
        quiet: model::estate::QUIET,
    }
}
