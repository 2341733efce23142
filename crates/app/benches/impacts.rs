//! Races per second with what each means for everybody: the pair that `run`, `race` and `decide`
//! do for every number, beside the races alone.
//!
//! ```text
//! feuerprobe --format json > record.json
//! cargo bench -p feuerprobe --bench impacts -- record.json
//! ```
//!
//! Estate, campaigns, playbooks and evidence are those of the record. Time is that of the
//! processor over all threads, so that other work on the machine mostly cancels; told is the rate
//! of two threads, the median of [`ROUNDS`].

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use model::quantity::Seed;
use model::record::Record;
use race::Race;

const ROUNDS: usize = 5;
/// Trials of a round.
const TRIALS: u32 = 5_000;
/// Races per second with impacts on two threads asked for.
const AIM: f64 = 20_000.0;
/// What Linux counts processor time in, a second.
const TICKS: f64 = 100.0;

fn main() {
    let Some(path) = std::env::args().skip(1).find(|a| !a.starts_with('-')) else {
        println!("give the record of a run: feuerprobe --format json > record.json");
        return;
    };
    let bytes = std::fs::read(&path).expect("a readable record");
    let record = Record::from_bytes(&path, &bytes).expect("a record");
    let estate = record.estate.as_ref().expect("the record of a run with an estate");
    println!("{:>16} {:>16} {:>12} {:>14} {:>14}", "campaign", "playbook", "races/s", "with impacts", "lost");
    for campaign in &record.campaigns {
        let own = record.scores.iter().find(|s| s.campaign == campaign.id).map(|s| &s.playbook);
        let plan = record.playbooks.iter().find(|p| own == Some(&p.id));
        for playbook in [plan, None] {
            let race = Race { estate, campaign, playbook, evidence: &record.evidence, seed: Seed(1) };
            let (alone, both, lost) = measure(&race);
            let name = playbook.map_or("none", |p| p.name.as_str());
            println!(
                "{:>16} {:>16} {alone:>12.0} {both:>14.0} {lost:>14}",
                short(campaign.id.as_str()),
                short(name)
            );
        }
    }
    println!("aim with impacts: {AIM:.0}");
}

fn short(name: &str) -> String {
    name.chars().take(16).collect()
}

/// Returns races a second on two threads, alone and with impacts, and the person-hours lost.
fn measure(race: &Race<'_>) -> (f64, f64, u64) {
    let (mut alone, mut both, mut lost) = (Vec::new(), Vec::new(), 0_u64);
    for round in 0..ROUNDS as u32 {
        let begin = processor_seconds();
        let trials = race.run_range(round * TRIALS..(round + 1) * TRIALS);
        let raced = processor_seconds();
        let impacts = continuity::impacts(race.estate, &trials);
        let end = processor_seconds();
        let rate = |seconds: f64| 2.0 * f64::from(TRIALS) / seconds;
        alone.push(rate(raced - begin));
        both.push(rate(end - begin));
        lost += impacts.iter().map(|i| i.attack.0 + i.containment.0).sum::<u64>();
    }
    let median = |mut rates: Vec<f64>| {
        rates.sort_by(f64::total_cmp);
        rates[ROUNDS / 2]
    };
    (median(alone), median(both), lost)
}

/// Returns the processor time of all threads of this process, in seconds.
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").expect("a Linux kernel");
    // Behind the name in brackets: the state, ten more fields, then user and system time.
    let behind = text.rsplit(')').next().unwrap_or_default();
    let ticks = |n: usize| behind.split_whitespace().nth(n).and_then(|t| t.parse::<f64>().ok());
    (ticks(11).expect("user time") + ticks(12).expect("system time")) / TICKS
}
