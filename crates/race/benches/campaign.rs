//! Races per second of [`Race::run`], the engine behind every number of the product.
//!
//! ```text
//! feuerprobe --format json > record.json
//! cargo bench -p race --bench campaign -- record.json
//! ```
//!
//! Estate, campaigns, playbooks and evidence are those of the record, such as the built-in
//! run's; then the same with every asset class split until there are 1,000. Time is that of
//! the processor over all threads, so that other work on the machine mostly cancels; told is
//! the rate of two threads, the median of [`ROUNDS`].

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use model::estate::Estate;
use model::id::AssetId;
use model::quantity::Seed;
use model::record::Record;
use race::Race;

const ROUNDS: usize = 5;
/// Trials of a round.
const TRIALS: u32 = 20_000;
/// Races per second on two threads asked for on the built-in estate.
const AIM: f64 = 100_000.0;
const CLASSES: usize = 1_000;
/// What Linux counts processor time in, a second.
const TICKS: f64 = 100.0;

fn main() {
    let Some(path) = std::env::args().skip(1).find(|a| !a.starts_with('-')) else {
        println!("give the record of a run: feuerprobe --format json > record.json");
        return;
    };
    let bytes = std::fs::read(&path).expect("a readable record");
    let record = Record::from_bytes(&path, &bytes).expect("a record");
    let estate = record.estate.clone().expect("the record of a run with an estate");
    println!("{:>16} {:>16} {:>8} {:>10} {:>8}", "campaign", "playbook", "classes", "races/s", "payload");
    for estate in [estate.clone(), split(&estate, CLASSES)] {
        for campaign in &record.campaigns {
            let own = record.scores.iter().find(|s| s.campaign == campaign.id).map(|s| &s.playbook);
            let plan = record.playbooks.iter().find(|p| own == Some(&p.id));
            for playbook in [plan, None] {
                let race =
                    Race { estate: &estate, campaign, playbook, evidence: &record.evidence, seed: Seed(1) };
                let (rate, payload) = measure(&race);
                let name = playbook.map_or("none", |p| p.name.as_str());
                println!(
                    "{:>16} {:>16} {:>8} {rate:>10.0} {:>7.1}%",
                    short(campaign.id.as_str()),
                    short(name),
                    estate.assets.len(),
                    payload * 100.0
                );
            }
        }
    }
    println!("aim on the built-in estate: {AIM:.0}");
}

fn short(name: &str) -> String {
    name.chars().take(16).collect()
}

/// Returns races a second on two threads, and the share of trials with a payload.
fn measure(race: &Race<'_>) -> (f64, f64) {
    let mut rates = Vec::new();
    let mut fired = 0;
    for round in 0..ROUNDS as u32 {
        let begin = processor_seconds();
        let trials = race.run_range(round * TRIALS..(round + 1) * TRIALS);
        rates.push(2.0 * f64::from(TRIALS) / (processor_seconds() - begin));
        fired += trials.iter().filter(|t| t.payload.is_some()).count();
    }
    rates.sort_by(f64::total_cmp);
    (rates[ROUNDS / 2], fired as f64 / (ROUNDS as f64 * f64::from(TRIALS)))
}

/// Returns the processor time of all threads of this process, in seconds.
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").expect("a Linux kernel");
    // Behind the name in brackets: the state, ten more fields, then user and system time.
    let behind = text.rsplit(')').next().unwrap_or_default();
    let ticks = |n: usize| behind.split_whitespace().nth(n).and_then(|t| t.parse::<f64>().ok());
    (ticks(11).expect("user time") + ticks(12).expect("system time")) / TICKS
}

/// Returns the estate with each class split evenly until there are `classes`.
fn split(estate: &Estate, classes: usize) -> Estate {
    let mut split = estate.clone();
    let mut copy = 0;
    while split.assets.len() < classes {
        copy += 1;
        for asset in estate.assets.iter().take(classes - split.assets.len()) {
            let mut another = asset.clone();
            another.id = AssetId::new(&format!("{}-{copy}", asset.id)).expect("a longer id");
            split.assets.push(another);
        }
    }
    split
}
