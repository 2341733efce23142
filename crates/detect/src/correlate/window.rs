//! One group's matches under a window that slides over time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rsigma_parser::{ConditionExpr, ConditionOperator};

use super::{Correlation, Hit, Kind};

/// What a group gave.
pub(super) struct Found<'h> {
    /// The matches at which the condition held for the time span that ends with them.
    pub(super) fired: Vec<&'h Hit>,
    /// The highest figure, and at which match.
    pub(super) best: Option<(f64, &'h Hit)>,
}

/// Looks at each time span that ends with a match. A match belongs to the span when it is at
/// most as old as the span is long.
pub(super) fn slide<'h>(correlation: &Correlation, members: &[(usize, &'h Hit)]) -> Found<'h> {
    let mut found = Found { fired: Vec::new(), best: None };
    let mut window = Window::new(correlation);
    let temporal = matches!(correlation.kind, Kind::Temporal(_));
    for (n, (at, hit)) in members.iter().enumerate() {
        let Some(figure) = window.take(*at, hit) else { continue };
        // A condition over rules is judged when all of an event's matches are in.
        if temporal && members.get(n + 1).is_some_and(|(_, next)| next.order() == hit.order()) {
            continue;
        }
        if found.best.is_none_or(|(so_far, _)| figure > so_far) {
            found.best = Some((figure, *hit));
        }
        // An event on which several of the rules match completes it once.
        let new = found.fired.last().is_none_or(|last| last.order() != hit.order());
        if new && window.holds(figure) {
            found.fired.push(*hit);
        }
    }
    found
}

struct Window<'c, 'h> {
    own: &'c Correlation,
    inside: VecDeque<(usize, &'h Hit)>,
    /// Matches inside, per rule.
    per_rule: Vec<u64>,
    /// Matches inside, per value.
    per_value: BTreeMap<Vec<Arc<str>>, u64>,
    sorted: Vec<f64>,
    sum: f64,
    /// Per step of an ordered sequence the latest time at which one that got so far began.
    began: Vec<Option<i64>>,
}

impl<'c, 'h> Window<'c, 'h> {
    fn new(own: &'c Correlation) -> Self {
        let rules = own.of.len();
        Self {
            own,
            inside: VecDeque::new(),
            per_rule: vec![0; rules],
            per_value: BTreeMap::new(),
            sorted: Vec::new(),
            sum: 0.0,
            began: vec![None; rules],
        }
    }

    fn counts_values(&self) -> bool {
        matches!(self.own.kind, Kind::ValueCount | Kind::Share)
    }

    fn field(&self, at: usize) -> &'c [usize] {
        self.own.field_at.get(at).map_or(&[], Vec::as_slice)
    }

    /// Takes one more match in and those that are too old out; returns the figure that counts.
    fn take(&mut self, at: usize, hit: &'h Hit) -> Option<f64> {
        let oldest = hit.when().saturating_sub(self.own.span);
        if self.own.kind == Kind::TemporalOrdered {
            return self.step(at, hit.when(), oldest);
        }
        while let Some((at, old)) = self.inside.pop_front_if(|(_, old)| old.when() < oldest) {
            self.weigh(at, old, false);
        }
        // An event that several of the rules match is one event.
        let apart = self.own.chained || matches!(self.own.kind, Kind::Temporal(_));
        let twice = self.inside.iter().rev().take_while(|(_, old)| old.order() == hit.order());
        if !apart && twice.into_iter().any(|(_, old)| old.mark.index == hit.mark.index) {
            return None;
        }
        self.weigh(at, hit, true);
        self.inside.push_back((at, hit));
        self.figure(at, hit)
    }

    fn weigh(&mut self, at: usize, hit: &Hit, enters: bool) {
        if let Some(count) = self.per_rule.get_mut(at) {
            *count = if enters { count.saturating_add(1) } else { count.saturating_sub(1) };
        }
        let field = self.field(at);
        if self.counts_values() {
            let Some(value) = hit.at(field) else { return };
            let count = self.per_value.entry(value.clone()).or_default();
            *count = if enters { count.saturating_add(1) } else { count.saturating_sub(1) };
            if *count == 0 {
                self.per_value.remove(&value);
            }
        } else if let Some(number) = hit.number(field) {
            let place = self.sorted.partition_point(|other| *other < number);
            if enters {
                self.sorted.insert(place, number);
                self.sum += number;
            } else {
                self.sorted.remove(place);
                self.sum -= number;
            }
        }
    }

    fn figure(&self, at: usize, hit: &Hit) -> Option<f64> {
        let values = self.sorted.len();
        match &self.own.kind {
            Kind::EventCount => Some(float(self.inside.len())),
            Kind::ValueCount => hit.at(self.field(at)).map(|_| float(self.per_value.len())),
            Kind::Temporal(_) | Kind::TemporalOrdered => {
                Some(float(self.per_rule.iter().filter(|count| **count > 0).count()))
            }
            Kind::Sum => hit.number(self.field(at)).map(|_| self.sum),
            Kind::Mean => hit.number(self.field(at)).map(|_| self.sum / float(values)),
            Kind::Percentile(rank) => {
                hit.number(self.field(at)).and_then(|_| percentile(&self.sorted, *rank))
            }
            Kind::Share => {
                let same = self.per_value.get(&hit.at(self.field(at))?)?;
                let all: u64 = self.per_value.values().sum();
                Some(100.0 * *same as f64 / all as f64)
            }
        }
    }

    /// The sequence goes on with a match that comes later than all before it in the sequence.
    fn step(&mut self, at: usize, when: i64, oldest: i64) -> Option<f64> {
        let start = match at.checked_sub(1) {
            None => Some(when),
            Some(last) => self.began.get(last).copied().flatten().filter(|began| *began >= oldest),
        }?;
        let own = self.began.get_mut(at)?;
        *own = Some(own.map_or(start, |so_far| so_far.max(start)));
        Some(float(at + 1))
    }

    fn holds(&self, figure: f64) -> bool {
        match &self.own.kind {
            Kind::Temporal(Some(condition)) => self.condition(condition),
            Kind::Temporal(None) | Kind::TemporalOrdered => figure >= float(self.own.of.len()),
            _ => self.own.bounds.iter().all(|(operator, bound)| compare(figure, *operator, *bound as f64)),
        }
    }

    fn condition(&self, condition: &ConditionExpr) -> bool {
        match condition {
            ConditionExpr::Identifier(name) => {
                let called = self.own.called.iter().zip(&self.per_rule);
                called.into_iter().any(|(names, count)| *count > 0 && names.contains(name))
            }
            ConditionExpr::And(parts) => parts.iter().all(|part| self.condition(part)),
            ConditionExpr::Or(parts) => parts.iter().any(|part| self.condition(part)),
            ConditionExpr::Not(part) => !self.condition(part),
            ConditionExpr::Selector { .. } => false,
        }
    }
}

fn float(count: usize) -> f64 {
    count as f64
}

fn compare(figure: f64, operator: ConditionOperator, bound: f64) -> bool {
    match operator {
        ConditionOperator::Lt => figure < bound,
        ConditionOperator::Lte => figure <= bound,
        ConditionOperator::Gt => figure > bound,
        ConditionOperator::Gte => figure >= bound,
        ConditionOperator::Eq => figure == bound,
        ConditionOperator::Neq => figure != bound,
    }
}

/// Linear interpolation between closest ranks (Hyndman and Fan 1996, definition 7).
fn percentile(sorted: &[f64], rank: u64) -> Option<f64> {
    let steps = usize::try_from(rank.min(100)).ok()? * sorted.len().checked_sub(1)?;
    let (low, part) = (steps / 100, float(steps % 100) / 100.0);
    let below = *sorted.get(low)?;
    let above = sorted.get(low + 1).copied().unwrap_or(below);
    Some(below + part * (above - below))
}
