//! Every number of the report under a stable key, with what it is made of.
//!
//! A number that is shown and has a key here can be explained down to an event,
//! a sourced constant or a seed. The HTML report takes the text of its numbers
//! from this list, so that what is shown and what is explained cannot drift.

mod campaign;
mod card;
mod crisis;
mod lines;
mod measured;
mod sheet;
mod standing;

use std::collections::BTreeMap;

use model::event::EventRef;
use model::record::Record;

/// Where a number ends.
#[derive(Debug, Clone)]
pub(crate) enum Root {
    /// In raw events.
    Events(Vec<EventRef>),
    /// In a constant, with its source.
    Constant(String),
    /// In draws that the seed determines.
    Seed(String),
    /// In lines of the user's own files.
    Lines(Vec<String>),
}

/// A number of the report.
pub(crate) struct Figure {
    /// What it says, without a full stop.
    pub(crate) label: String,
    /// The number as shown.
    pub(crate) value: String,
    /// How it is computed, in words.
    pub(crate) formula: String,
    /// What it is computed from, one line each.
    pub(crate) from: Vec<String>,
    /// Where it ends.
    pub(crate) root: Root,
}

/// All numbers by key.
pub(crate) struct Figures(BTreeMap<String, Figure>);

impl Figures {
    /// Returns the numbers of a record.
    pub(crate) fn of(record: &Record) -> Self {
        let mut all = Self(BTreeMap::new());
        measured::coverage(record, &mut all);
        measured::rules(record, &mut all);
        measured::techniques(record, &mut all);
        campaign::estate(record, &mut all);
        campaign::scores(record, &mut all);
        standing::standings(record, &mut all);
        campaign::levers(record, &mut all);
        lines::trace(record, &mut all);
        card::card(record, &mut all);
        crisis::sheets(record, &mut all);
        all
    }

    /// Returns the number under a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Figure> {
        self.0.get(key)
    }

    /// Returns the number's text, or a dash when there is no such number.
    pub(crate) fn value(&self, key: &str) -> &str {
        self.0.get(key).map_or("–", |figure| figure.value.as_str())
    }

    /// Returns all keys in order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    fn add(&mut self, key: impl Into<String>, figure: Figure) {
        self.0.entry(key.into()).or_insert(figure);
    }
}

/// Returns every key that [`crate::explain`] knows as a number of the report.
pub fn keys(record: &Record) -> Vec<String> {
    Figures::of(record).keys().map(str::to_owned).collect()
}
