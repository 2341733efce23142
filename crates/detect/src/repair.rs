//! The smallest changes of a rule that make it fire on events on which it stays silent.
//!
//! A change is a proposal for a person: it is made in the rule's own text, tried on the events,
//! and nothing is written. Whether it stays quiet elsewhere is seen by looking at all recordings
//! with [`RuleSet::variants`].

mod candidates;
mod similar;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use model::event::Event;
use model::id::RuleId;
use rsigma_eval::evaluate_rule;

pub use candidates::Size;

use crate::edit::RuleText;
use crate::nearest::share;
use crate::rules::{RuleSet, Variant};
use crate::view::View;
use candidates::{Candidate, candidates};

/// Events that a rule came nearest to, of which changes are made.
const NEAR: usize = 6;

/// Most changes of one rule that are tried.
const TRIED: usize = 2_000;

/// A change of a rule that makes it fire.
#[derive(Debug, Clone, PartialEq)]
pub struct Repair {
    /// The changed rule.
    pub variant: Variant,
    /// What kind of change it is.
    pub size: Size,
    /// How far it is from what stands there; orders changes of one size.
    pub distance: u32,
    /// The whole file with the change.
    pub file: String,
}

/// The changes of a rule.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Repairs {
    /// Those that make it fire, smallest first.
    pub found: Vec<Repair>,
    /// How many were tried.
    pub tried: u64,
}

/// The events on which a rule came nearest to firing.
#[derive(Debug)]
pub struct Near<'a> {
    rules: &'a RuleSet,
    place: usize,
    best: Vec<(f64, Event)>,
}

impl<'a> Near<'a> {
    /// Returns a collector for the rule; `None` where there is no such rule, or it is a correlation.
    pub fn new(rules: &'a RuleSet, rule: &RuleId) -> Option<Self> {
        let place = rules.place(rule.as_str()).filter(|place| rules.plan().at(*place).is_none())?;
        Some(Self { rules, place, best: Vec::new() })
    }

    /// Looks at one more event.
    pub fn offer(&mut self, event: &Event) {
        let served = self.rules.rules().get(self.place).is_some_and(|info| event.origin.serves(&info.source));
        if !served {
            return;
        }
        let share = share(self.rules.compiled(self.place), &View::new(&event.fields));
        let full = self.best.len() >= NEAR;
        if full && self.best.last().is_some_and(|(least, _)| share <= *least) {
            return;
        }
        let at = self.best.partition_point(|(own, _)| *own >= share);
        self.best.insert(at, (share, event.clone()));
        self.best.truncate(NEAR);
    }

    /// Returns the events, nearest first.
    pub fn events(self) -> Vec<Event> {
        self.best.into_iter().map(|(_, event)| event).collect()
    }
}

/// Returns the changes of a rule after which it fires on one of `events`, smallest first. `file`
/// is the text of the file that holds it.
///
/// # Errors
/// Why the rule's text cannot be changed.
pub fn repairs(rules: &RuleSet, rule: &RuleId, file: &str, events: &[Event]) -> Result<Repairs, String> {
    let place = rules.place(rule.as_str()).ok_or_else(|| format!("there is no rule {rule}"))?;
    let own = RuleText::of_rule(file, rule)?;
    let mut candidates: Vec<Candidate> = events.iter().flat_map(|event| candidates(&own, event)).collect();
    candidates.sort_by(|a, b| (a.size, a.distance, &a.what).cmp(&(b.size, b.distance, &b.what)));
    candidates.dedup_by(|a, b| a.change == b.change);
    candidates.truncate(TRIED);
    let mut repairs = Repairs::default();
    let mut seen = BTreeSet::new();
    for candidate in candidates {
        let Some(edited) = own.with(&candidate.change) else { continue };
        if !seen.insert(edited.text.clone()) {
            continue;
        }
        repairs.tried += 1;
        let Ok((info, compiled)) = rules.variant(place, &edited.text) else { continue };
        let fires = events.iter().filter(|event| event.origin.serves(&info.source)).any(|event| {
            let view = View::new(&event.fields);
            evaluate_rule(&compiled, &view).is_some() && !rules.suppressed(place, &view)
        });
        if fires {
            let (size, distance) = (candidate.size, candidate.distance);
            let file = own.file_with(file, &edited);
            let variant =
                Variant { of: rule.clone(), text: edited.text, line: edited.line, what: candidate.what };
            repairs.found.push(Repair { variant, size, distance, file });
        }
    }
    repairs.found.sort_by_key(|r| (r.size, r.distance, Reverse(r.variant.text.len())));
    Ok(repairs)
}
