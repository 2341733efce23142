//! Estate, campaign, evidence and a seed in, trials of attacker against defence out.
//!
//! One trial is an event-driven race: the attacker works through the steps of a
//! campaign with few hands, steps may be prevented or alerted on as the evidence
//! says, alerts wait for an analyst, the first one escalated declares an incident,
//! and the playbook's actions cut assets off while the attacker goes on. All
//! randomness is drawn by counter ([`Race::run`] gives the same trials on any
//! number of threads), so trial `i` is the same whether it is run alone, with
//! a log, or among a million.
//!
//! A comparison of options under a model, never a forecast.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "an oracle may use the platform's mathematics"))]

mod attack;
mod calendar;
mod chance;
mod chase;
mod check;
mod contest;
mod course;
mod defence;
mod defended;
mod desk;
mod engine;
mod exponential;
mod frailty;
mod heap;
mod isolation;
mod lengths;
mod outage;
mod playbook;
pub mod policies;
mod posterior;
mod quick;
mod response;
mod rollout;
mod sampled;
mod span;
pub mod terrain;
#[cfg(test)]
mod tests;

use model::campaign::Campaign;
use model::diagnostic::Diagnostic;
use model::estate::Estate;
use model::evidence::Evidence;
use model::id::PlaybookId;
use model::playbook::Playbook;
use model::quantity::Seed;
use model::trial::{Trace, Trial, Trials};
use rayon::prelude::*;

pub use chase::{Chaser, Note, Outcome};
pub use contest::{Contest, Setting};
pub use outage::outages;
pub use playbook::{read_playbook, write_playbook};
pub use posterior::draw;
pub use rollout::{
    BYTES_PER_PERSON, OUTFLOW_SPEED, Outflow, encrypted, outflow_bytes, outflows, records_at_risk,
    store_bytes,
};
pub use sampled::{Sampled, sampled};

use course::Course;
use engine::Run;

/// The id under which trials without a playbook are stored.
pub const NO_PLAYBOOK: &str = "none";

/// A campaign against an estate, with all that decides the outcome.
#[derive(Debug, Clone, Copy)]
pub struct Race<'a> {
    /// Where it happens.
    pub estate: &'a Estate,
    /// What the attacker does.
    pub campaign: &'a Campaign,
    /// What the defenders do once an incident is declared; `None`: nothing, which
    /// shows how far the attack would come by itself.
    pub playbook: Option<&'a Playbook>,
    /// How often steps are prevented and seen.
    pub evidence: &'a Evidence,
    /// Decides every draw.
    pub seed: Seed,
}

impl Race<'_> {
    /// Returns what does not fit together: steps without a target, techniques without
    /// evidence, cuts of things that are not there. The race runs anyway.
    pub fn check(&self) -> Vec<Diagnostic> {
        check::check(self)
    }

    /// Runs `trials` trials. Trial `i` does not depend on how many there are.
    pub fn run(&self, trials: u32) -> Trials {
        let trials = self.run_range(0..trials);
        Trials { campaign: self.campaign.id.clone(), playbook: self.playbook_id(), seed: self.seed, trials }
    }

    /// Runs the trials of a range, as [`Race::run`] would.
    pub fn run_range(&self, trials: std::ops::Range<u32>) -> Vec<Trial> {
        let course = self.course();
        trials.into_par_iter().map_init(|| Run::new(&course, self.seed), Run::race).collect()
    }

    /// Runs trial `index` again and tells what happened. The outcome is the one [`Race::run`] gave.
    pub fn trace(&self, index: u32) -> Trace {
        let (trial, moments) = Run::new(&self.course(), self.seed).told(index);
        Trace { trial, moments }
    }

    fn course(&self) -> Course<'_> {
        Course::new(self.estate, self.campaign, self.playbook, self.evidence)
    }

    fn playbook_id(&self) -> PlaybookId {
        match self.playbook {
            Some(playbook) => playbook.id.clone(),
            None => PlaybookId::new(NO_PLAYBOOK).expect("the constant is a valid id"),
        }
    }
}
