//! What the figures of a card, a plan, the figures of an outage and an exercise have in common.

use model::record::Record;

use super::lines::{SECTIONS, at, span};
use super::{Figure, Figures, Root};

/// Adds figures that rest on the same things.
pub(super) struct Adder<'a> {
    record: &'a Record,
    all: &'a mut Figures,
    prefix: String,
    from: Vec<String>,
    root: Root,
}

impl<'a> Adder<'a> {
    /// Returns one for figures of simulated trials: they end in the seed.
    pub(super) fn drawn(record: &'a Record, all: &'a mut Figures, prefix: &str, seed: String) -> Self {
        let from = rests_on(record);
        Self { record, all, prefix: prefix.to_owned(), from, root: Root::Seed(seed) }
    }

    /// Returns one for figures without chance: they end in lines of the estate.
    pub(super) fn computed(record: &'a Record, all: &'a mut Figures, prefix: &str) -> Self {
        let from = SECTIONS.iter().filter_map(|key| at(record, "estate", key)).collect();
        let keys = ["assets", "services", "recovery"];
        let root = ground(record, &keys.map(str::to_owned));
        Self { record, all, prefix: prefix.to_owned(), from, root }
    }

    /// Adds a figure; `formula` says how it is computed.
    pub(super) fn add(&mut self, key: &str, label: &str, value: String, formula: &str) {
        self.with(key, label, value, formula, Vec::new());
    }

    /// Adds a figure that rests on more than the others.
    pub(super) fn with(&mut self, key: &str, label: &str, value: String, formula: &str, more: Vec<String>) {
        let from = more.into_iter().chain(self.from.iter().cloned()).collect();
        let figure = Figure {
            label: label.to_owned(),
            value,
            formula: formula.to_owned(),
            from,
            root: self.root.clone(),
        };
        self.all.add(format!("{}.{key}", self.prefix), figure);
    }

    /// Adds a figure that ends in lines of the estate: those of `keys`.
    pub(super) fn stated(&mut self, key: &str, label: &str, value: String, formula: &str, keys: &[String]) {
        let root = ground(self.record, keys);
        let figure = Figure {
            label: label.to_owned(),
            value,
            formula: formula.to_owned(),
            from: self.from.clone(),
            root,
        };
        self.all.add(format!("{}.{key}", self.prefix), figure);
    }

    /// Adds a figure that ends in a source outside.
    pub(super) fn sourced(&mut self, key: &str, label: &str, value: String, formula: &str, source: &str) {
        let root = Root::Constant(source.to_owned());
        let figure =
            Figure { label: label.to_owned(), value, formula: formula.to_owned(), from: Vec::new(), root };
        self.all.add(format!("{}.{key}", self.prefix), figure);
    }
}

/// Returns the lines of the estate on which keys stand, or its source where it has none.
fn ground(record: &Record, keys: &[String]) -> Root {
    let lines: Vec<String> = keys.iter().filter_map(|key| at(record, "estate", key)).collect();
    if !lines.is_empty() {
        return Root::Lines(lines);
    }
    let source = record.estate.as_ref().map_or("", |e| e.source.as_str());
    let source = if source.is_empty() { "the estate file" } else { source };
    Root::Constant(source.to_owned())
}

/// Returns what simulated figures rest on: evidence, steps, actions and sections of the estate.
fn rests_on(record: &Record) -> Vec<String> {
    let mut from = Vec::new();
    let techniques: std::collections::BTreeSet<String> = record
        .campaigns
        .iter()
        .flat_map(model::campaign::Campaign::techniques)
        .map(|t| t.to_string())
        .collect();
    if !techniques.is_empty() {
        let ids: Vec<String> = techniques.into_iter().collect();
        from.push(format!("evidence of {} (explain each by its id)", ids.join(", ")));
    }
    let steps: Vec<String> = record
        .campaigns
        .iter()
        .flat_map(|c| &c.steps)
        .filter_map(|s| at(record, "campaign", &format!("steps.{}", s.id)))
        .collect();
    let actions: Vec<String> = record
        .playbooks
        .iter()
        .flat_map(|p| &p.actions)
        .filter_map(|a| at(record, "playbook", &format!("workflow.{}", a.id)))
        .collect();
    from.extend(span("durations and targets of the steps", &steps));
    from.extend(span("actions, with the times to decide and to carry out", &actions));
    from.extend(SECTIONS.iter().filter_map(|key| at(record, "estate", key)));
    from
}
