//! Correlation rules: what the matches of other rules mean together.
//!
//! Written from the Sigma correlation rules specification 2.1. The engine's own correlation
//! works on a stream in arrival order and in whole seconds; here all matches of a recording
//! are gathered first and put in order of their time, then of reading, so that the result is
//! the same on any number of threads and in any cut into batches.

mod plan;
mod window;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::event::Event;
use model::quantity::Timestamp;
use rsigma_eval::{Event as _, EventValue};
use rsigma_parser::{ConditionExpr, ConditionOperator};

use crate::attribution::Belonging;
use crate::seen::Mark;
use crate::view::View;

pub(crate) use plan::{Asked, Joined, Plan, asked};

/// Matches of a recording kept for correlation: of about 100 bytes each, 50 MB. What comes
/// after that is not correlated, and that is said.
pub(crate) const MOST_HITS: usize = 500_000;

/// How matches are taken together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// Number of events.
    EventCount,
    /// Number of distinct values.
    ValueCount,
    /// Each rule has a match, or the condition over rules holds.
    Temporal(Option<ConditionExpr>),
    /// Each rule has a match, one after the other.
    TemporalOrdered,
    /// Sum of a field.
    Sum,
    /// Mean of a field.
    Mean,
    /// The value below which so many percent of a field's values lie.
    Percentile(u64),
    /// Percentage of events that have the same value as the last one.
    Share,
}

/// A correlation rule with the places of the rules it names.
#[derive(Debug)]
pub(crate) struct Correlation {
    /// Its own place in the rule set.
    pub(crate) place: usize,
    pub(crate) kind: Kind,
    /// Whether it names correlations.
    chained: bool,
    /// Places of the rules it names, in order.
    pub(crate) of: Vec<usize>,
    /// How the condition may call each of them.
    called: Vec<Vec<String>>,
    /// Fields whose values set groups apart.
    pub(crate) group: Vec<String>,
    /// Per rule it names, where the group's values stand in a match.
    group_at: Vec<Vec<usize>>,
    /// Per rule it names, where the values that are counted stand.
    field_at: Vec<Vec<usize>>,
    /// Milliseconds.
    pub(crate) span: i64,
    bounds: Vec<(ConditionOperator, u64)>,
    /// The rule's own words: `event_count >= 10 within 5m by Computer`.
    pub(crate) words: String,
}

/// A match of a rule that correlations name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hit {
    pub(crate) rule: usize,
    pub(crate) mark: Mark,
    pub(crate) belonging: Belonging,
    pub(crate) time: Option<Timestamp>,
    pub(crate) arrived: Option<Timestamp>,
    /// Values of the fields that the plan asks of this rule.
    values: Vec<Option<Arc<str>>>,
    /// The values of the group, where it is the match of a correlation.
    pub(crate) key: Vec<Arc<str>>,
}

impl Hit {
    /// Returns the match of `rule` on an event, with the values that are asked for.
    pub(crate) fn new(plan: &Plan, rule: usize, event: &Event, mark: Mark, belonging: Belonging) -> Self {
        let view = View::new(&event.fields);
        let value = |field: &String| view.get_field(field).as_ref().and_then(text);
        Self {
            rule,
            mark,
            belonging,
            time: event.time,
            arrived: event.arrived,
            values: plan.asked_of(rule).iter().map(value).collect(),
            key: Vec::new(),
        }
    }

    /// Returns it as the match of the rule that stands at another place now.
    pub(crate) fn moved(self, rule: usize) -> Self {
        Self { rule, ..self }
    }

    fn when(&self) -> i64 {
        self.time.or(self.arrived).map_or(i64::MIN, |time| time.0)
    }

    /// Matches stand in order of time, at the same time in reading order.
    fn order(&self) -> (i64, u64) {
        (self.when(), self.mark.index)
    }

    fn number(&self, at: &[usize]) -> Option<f64> {
        let value = self.values.get(*at.first()?)?.as_deref()?;
        value.trim().parse::<f64>().ok().filter(|n| n.is_finite())
    }

    fn at(&self, at: &[usize]) -> Option<Vec<Arc<str>>> {
        at.iter().map(|place| self.values.get(*place).cloned().flatten()).collect()
    }
}

/// Returns a value as a group or a count tells it apart; `None` for null and what is nested.
fn text(value: &EventValue<'_>) -> Option<Arc<str>> {
    match value {
        EventValue::Array(items) => match items.as_slice() {
            [one] => text(one),
            _ => None,
        },
        other => other.as_str().map(|text| Arc::from(text.as_ref())),
    }
}

/// What one correlation gave on a recording.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Outcome {
    /// The matches that completed it, in order.
    pub(crate) fired: Vec<Hit>,
    /// Per rule it names how many matches there were.
    pub(crate) matches: Vec<u64>,
    /// Fields that matches lacked, so that they could not be grouped or counted.
    pub(crate) lacking: BTreeSet<String>,
    /// How near it came: what was counted, and where.
    pub(crate) best: Option<(f64, Hit)>,
}

/// Returns what each correlation of the plan gave, by its place.
pub(crate) fn correlate(plan: &Plan, hits: &[Hit]) -> BTreeMap<usize, Outcome> {
    let mut outcomes: BTreeMap<usize, Outcome> = BTreeMap::new();
    for correlation in plan.in_order() {
        let outcome = one(plan, correlation, hits, &outcomes);
        outcomes.insert(correlation.place, outcome);
    }
    outcomes
}

fn one(plan: &Plan, correlation: &Correlation, hits: &[Hit], before: &BTreeMap<usize, Outcome>) -> Outcome {
    let position = |rule: usize| correlation.of.iter().position(|place| *place == rule);
    let inner = correlation.of.iter().filter_map(|place| before.get(place)).flat_map(|o| &o.fired);
    let mut all: Vec<(usize, &Hit)> =
        hits.iter().chain(inner).filter_map(|hit| position(hit.rule).map(|at| (at, hit))).collect();
    // Of an event that several rules match, the later ones of the list come first: one event is
    // no sequence.
    all.sort_by_key(|(at, hit)| (hit.order(), Reverse(*at)));
    let mut outcome = Outcome { matches: vec![0; correlation.of.len()], ..Outcome::default() };
    let mut groups: BTreeMap<Vec<Arc<str>>, Vec<(usize, &Hit)>> = BTreeMap::new();
    for (at, hit) in all {
        if let Some(count) = outcome.matches.get_mut(at) {
            *count += 1;
        }
        if hit.when() == i64::MIN {
            outcome.lacking.insert("the time of the event".to_owned());
            continue;
        }
        let places = correlation.group_at.get(at).map_or(&[][..], Vec::as_slice);
        match hit.at(places) {
            Some(key) => groups.entry(key).or_default().push((at, hit)),
            None => outcome.lacking.extend(plan.missing(hit, places)),
        }
        let counted = correlation.field_at.get(at).map_or(&[][..], Vec::as_slice);
        outcome.lacking.extend(plan.missing(hit, counted));
    }
    for (key, members) in &groups {
        let found = window::slide(correlation, members);
        if let Some((value, hit)) = found.best
            && outcome.best.as_ref().is_none_or(|(so_far, _)| value > *so_far)
        {
            outcome.best = Some((value, hit.clone()));
        }
        outcome.fired.extend(found.fired.into_iter().map(|hit| Hit {
            rule: correlation.place,
            values: plan.handed_on(correlation, key, hit),
            key: key.clone(),
            ..hit.clone()
        }));
    }
    outcome.fired.sort_by_key(Hit::order);
    outcome
}
