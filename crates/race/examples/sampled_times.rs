//! Writes the drawn times of a few trials as JSON lines, for `scripts/check-arrival-times`.
//!
//! `cargo run -p race --example sampled_times -- ASSETS TRIALS`

#![expect(clippy::print_stdout, reason = "an example prints")]

use model::campaign::{Campaign, Effect, Objective, Operator, Selector, Spread, Step};
use model::estate::Soc;
use model::evidence::Evidence;
use model::id::{CampaignId, StepId, TechniqueId};
use model::manner::Manner;
use model::quantity::{Quantiles, Ratio, Seed};
use race::Setting;
use race::terrain::{Plan, generate};

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|a| a.parse::<u32>().ok());
    let (assets, trials) = (numbers.next().unwrap_or(2_000), numbers.next().unwrap_or(3));
    let campaign = campaign();
    let plan = Plan { assets, seed: Seed(11), sensors: Ratio::ONE, sites: Vec::new() };
    let terrain = generate(&plan, &campaign);
    let soc = Soc {
        analysts: 1,
        alerts_per_day: 0.0,
        triage_minutes: 1.0,
        escalation: Ratio::ONE,
        as_urgent: Ratio::ONE,
        agree: 1,
        quiet: model::estate::QUIET,
    };
    let evidence = Evidence::default();
    let setting =
        Setting { campaign: &campaign, playbook: None, evidence: &evidence, soc: &soc, seed: Seed(3) };
    for trial in 0..trials {
        let Some(sampled) = race::sampled(&terrain, setting, trial) else { continue };
        let reached: Vec<(u32, u64)> = sampled.reached.iter().map(|(n, at)| (*n, at.0)).collect();
        let line = serde_json::json!({
            "trial": trial, "start": sampled.start, "needs": sampled.needs,
            "edges": sampled.edges, "reached": reached, "horizon": 30_u64 * 86_400_000,
        });
        println!("{line}");
    }
}

fn campaign() -> Campaign {
    let step = |number: u16| Step {
        id: StepId::new(&format!("s{number}")).expect("letters"),
        name: String::new(),
        technique: TechniqueId::new(&format!("T{:04}", 1000 + number)).expect("four digits"),
        published: None,
        needs: Vec::new(),
        operator: Operator::All,
        same_site: false,
        targets: Selector::default(),
        identity: None,
        way_out: None,
        spread: Spread::Once,
        duration: Quantiles { q50: 15.0 + 5.0 * f64::from(number), q90: 200.0 },
        effect: Effect::None,
        source: String::new(),
    };
    Campaign {
        id: CampaignId::new("sampled").expect("letters"),
        name: String::new(),
        description: String::new(),
        objective: Objective::Payload,
        hands: 0,
        retries: 0,
        reaction: Ratio::ZERO,
        manner: Manner::default(),
        steps: (0..24).map(step).collect(),
        source: String::new(),
    }
}
