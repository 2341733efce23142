//! Random scheduling problems with the schedule found for each, one JSON object a
//! line, for a comparison with an exact solver (`scripts/check-schedules`).

use continuity::schedule::{Effort, Job, Shop, Span, Wait};

/// xorshift64* (Vigna 2016), so that everybody compares the same problems.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % n
    }
}

fn shop(dice: &mut Dice) -> Shop {
    let n = 10 + dice.below(11) as usize;
    let sites = 1 + dice.below(3) as usize;
    let jobs = (0..n)
        .map(|j| {
            let count = if j > 0 { dice.below(3) } else { 0 };
            let before: Vec<usize> = (0..count).map(|_| dice.below(j as u64) as usize).collect();
            Job {
                duration: 1 + dice.below(20),
                ready: 0,
                // One in eight is a delay that nobody works on, such as a release.
                resource: (dice.below(8) > 0).then(|| dice.below(sites as u64) as usize),
                waits: before.into_iter().map(|b| Wait { k: 1, of: vec![b] }).collect(),
            }
        })
        .collect();
    Shop { jobs, capacity: (0..sites).map(|_| 1 + dice.below(3) as u32).collect() }
}

fn makespan(spans: &[Option<Span>]) -> u128 {
    spans.iter().map(|s| s.map_or(u128::MAX, |s| u128::from(s.end))).max().unwrap_or(0)
}

#[expect(clippy::print_stdout, reason = "its output is what it is for")]
fn main() {
    let mut dice = Dice(20_260_101);
    for _ in 0..300 {
        let shop = shop(&mut dice);
        let weights: Vec<u64> = shop.jobs.iter().map(|_| 1 + dice.below(9)).collect();
        let cost = |spans: &[Option<Span>]| -> u128 {
            spans.iter().zip(&weights).map(|(s, w)| u128::from(s.map_or(0, |s| s.end)) * u128::from(*w)).sum()
        };
        let shortest = shop.search(&makespan, &weights, Effort(2_000)).cost;
        let cheapest = shop.search(&cost, &weights, Effort(2_000)).cost;
        let list = |f: &dyn Fn(&Job) -> String| shop.jobs.iter().map(f).collect::<Vec<_>>().join(",");
        println!(
            "{{\"duration\":[{}],\"resource\":[{}],\"after\":[{}],\"capacity\":{:?},\"weight\":{weights:?},\"makespan\":{shortest},\"cost\":{cheapest}}}",
            list(&|j| j.duration.to_string()),
            list(&|j| j.resource.map_or(-1, |r| r as i64).to_string()),
            list(&|j| format!("{:?}", j.waits.iter().flat_map(|w| &w.of).collect::<Vec<_>>())),
            shop.capacity,
        );
    }
}
