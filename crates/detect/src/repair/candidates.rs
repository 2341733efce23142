//! Small changes of a rule that an event suggests.

use model::event::Event;
use serde_json::Value;

use super::similar::{Anchor, closest};
use crate::edit::{Change, Clause, RuleText, Scalar};

/// What kind of change it is; smaller ones first, and of equal size the narrower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    /// A value is written as the event has it.
    Value,
    /// A filter that must hold, and must not.
    Negation,
    /// A filter takes one value less.
    NarrowerFilter,
    /// Another field.
    Field,
    /// Other modifiers.
    Modifiers,
    /// One more alternative.
    Alternative,
    /// One value that must be there less.
    FewerValues,
    /// One test less.
    FewerTests,
    /// A condition that asks for less.
    Condition,
}

impl Size {
    /// Returns whether such a change takes much more than the event it was made of, so that quiet
    /// recordings say little about it.
    pub fn is_wide(self) -> bool {
        matches!(self, Self::FewerValues | Self::FewerTests | Self::Condition)
    }
}

/// A change that may make the rule fire.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub(super) size: Size,
    /// How far it is from what stands there, from 0; orders changes of one size.
    pub(super) distance: u32,
    pub(super) change: Change,
    pub(super) what: String,
}

/// Modifiers whose values are no plain text.
const OPAQUE: [&str; 12] = [
    "re",
    "cidr",
    "base64",
    "base64offset",
    "wide",
    "utf16",
    "utf16le",
    "exists",
    "fieldref",
    "lt",
    "gt",
    "expand",
];

/// Most words of a value that are tried as alternatives.
const WORDS: usize = 6;

/// Returns the changes that the event suggests, in no order.
pub(super) fn candidates(rule: &RuleText<'_>, event: &Event) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (place, clause) in rule.clauses.iter().enumerate() {
        let own = Own { place, clause, event };
        let opaque = clause.modifiers().any(|m| OPAQUE.iter().any(|o| m.eq_ignore_ascii_case(o)));
        if !opaque {
            own.values(&mut found);
            own.alternatives(&mut found);
        }
        own.modifiers(&mut found);
        own.fields(&mut found);
        own.fewer(&mut found);
    }
    for (place, condition) in rule.conditions.iter().enumerate() {
        conditions(place, condition, &mut found);
    }
    found
}

/// One test beside an event.
struct Own<'a> {
    place: usize,
    clause: &'a Clause,
    event: &'a Event,
}

impl Own<'_> {
    fn key(&self) -> &str {
        self.clause.name()
    }

    /// Returns the texts that the test looks at.
    fn met(&self) -> Vec<String> {
        match self.clause.field() {
            Some(field) => self.event.fields.get(field).and_then(text).into_iter().collect(),
            None => self.event.fields.iter().filter_map(|(_, value)| text(value)).collect(),
        }
    }

    fn anchor(&self) -> Anchor {
        match self.clause {
            Clause { key: None, .. } => Anchor::Anywhere,
            clause if clause.has("contains") => Anchor::Anywhere,
            clause if clause.has("startswith") => Anchor::Start,
            clause if clause.has("endswith") => Anchor::End,
            _ => Anchor::Whole,
        }
    }

    fn push(&self, found: &mut Vec<Candidate>, size: Size, distance: u32, change: Change, what: String) {
        found.push(Candidate { size, distance, change, what });
    }

    /// A value that is nearly what the event has.
    fn values(&self, found: &mut Vec<Candidate>) {
        for (value, own) in self.clause.values.iter().enumerate().filter(|(_, own)| own.is_line) {
            let (before, core, after) = around(&own.text);
            for met in self.met() {
                let Some(stretch) = closest(&met, &core, self.anchor_of(before, after)) else { continue };
                let with = format!("{before}{}{after}", escaped(&stretch));
                let what = format!("{}: '{}' becomes '{with}'", self.key(), own.text);
                let change = Change::Value { clause: self.place, value, with };
                self.push(found, Size::Value, differ(&stretch, &core), change, what);
            }
        }
    }

    /// Returns where a value stands that has wildcards around it.
    fn anchor_of(&self, before: &str, after: &str) -> Anchor {
        match (before.is_empty(), after.is_empty(), self.anchor()) {
            (false, false, _) => Anchor::Anywhere,
            (false, true, Anchor::Whole) => Anchor::End,
            (true, false, Anchor::Whole) => Anchor::Start,
            (_, _, own) => own,
        }
    }

    /// One more value, of the event's.
    fn alternatives(&self, found: &mut Vec<Candidate>) {
        if self.clause.has("all") || self.clause.values.is_empty() {
            return;
        }
        for met in self.met() {
            for (distance, word) in (0_u32..).zip(pieces(&met, self.anchor())) {
                let with = escaped(&word);
                let what = format!("{} also takes '{with}'", self.key());
                let change = Change::Alternative { clause: self.place, with };
                self.push(found, Size::Alternative, distance, change, what);
            }
        }
    }

    fn modifiers(&self, found: &mut Vec<Candidate>) {
        let Some(field) = self.clause.field() else { return };
        let own: Vec<&str> = self.clause.modifiers().collect();
        let mut tried: Vec<(u32, Vec<&str>)> = Vec::new();
        let others =
            |kept: &dyn Fn(&str) -> bool| own.iter().copied().filter(|m| kept(m)).collect::<Vec<_>>();
        let places = ["endswith", "startswith", "contains"];
        let is = |m: &str, known: &str| m.eq_ignore_ascii_case(known);
        for (distance, place) in (0_u32..).zip(places) {
            let mut with = vec![place];
            with.extend(others(&|m| !places.iter().any(|p| is(m, p))));
            tried.push((distance, with));
        }
        for gone in ["cased", "all", "windash", "wide", "utf16le", "base64", "base64offset"] {
            tried.push((4, others(&|m| !is(m, gone))));
        }
        let dash = own.iter().copied().chain(["windash"]).collect();
        tried.push((3, dash));
        for (distance, with) in tried.into_iter().filter(|(_, with)| *with != own) {
            let with: String = std::iter::once(field).chain(with).collect::<Vec<_>>().join("|");
            let what = format!("{} becomes {with}", self.key());
            self.push(found, Size::Modifiers, distance, Change::Key { clause: self.place, with }, what);
        }
    }

    /// Another field of the event that holds one of the values.
    fn fields(&self, found: &mut Vec<Candidate>) {
        let Some(field) = self.clause.field() else { return };
        let cores: Vec<String> = self
            .clause
            .values
            .iter()
            .map(|v| around(&v.text).1.to_lowercase())
            .filter(|c| !c.is_empty())
            .collect();
        for (name, value) in self.event.fields.iter().filter(|(name, _)| name.as_ref() != field) {
            let holds = text(value).is_some_and(|t| {
                let low = t.to_lowercase();
                cores.iter().any(|core| low.contains(core))
            });
            if holds {
                let with: String = std::iter::once(name.as_ref())
                    .chain(self.clause.modifiers())
                    .collect::<Vec<_>>()
                    .join("|");
                let what = format!("{} becomes {with}", self.key());
                let change = Change::Key { clause: self.place, with };
                self.push(found, Size::Field, differ(name.as_ref(), field), change, what);
            }
        }
    }

    /// One value or the whole test less: what must all hold is less, or a filter takes less.
    fn fewer(&self, found: &mut Vec<Candidate>) {
        for (value, own) in self.clause.values.iter().enumerate() {
            let all = self.clause.has("all");
            let size = if all { Size::FewerValues } else { Size::NarrowerFilter };
            let what = format!("{} without '{}'", self.key(), own.text);
            self.push(found, size, 0, Change::NoValue { clause: self.place, value }, what);
        }
        let what = format!("{} without the test of {}", self.clause.selection, self.key());
        self.push(found, Size::FewerTests, 0, Change::NoClause { clause: self.place }, what);
    }
}

/// Returns the texts by which an event's value may be known, the most telling first.
fn pieces(met: &str, anchor: Anchor) -> Vec<String> {
    let path = |c: char| c == '\\' || c == '/';
    match anchor {
        Anchor::Whole => vec![met.to_owned()],
        Anchor::End => met.rfind(path).and_then(|at| met.get(at..)).map(str::to_owned).into_iter().collect(),
        Anchor::Start => {
            met.rfind(path).and_then(|at| met.get(..=at)).map(str::to_owned).into_iter().collect()
        }
        Anchor::Anywhere => {
            let mut words: Vec<&str> = met.split_whitespace().filter(|w| w.chars().count() > 2).collect();
            words.sort_by_key(|w| std::cmp::Reverse(w.chars().count()));
            words.dedup();
            words.into_iter().take(WORDS).map(str::to_owned).collect()
        }
    }
}

/// Other conditions: fewer parts that must hold, or a filter less.
fn conditions(place: usize, condition: &Scalar, found: &mut Vec<Candidate>) {
    let own = condition.text.as_str();
    let mut add = |size: Size, distance: u32, with: String| {
        let what = format!("condition: {with}");
        found.push(Candidate { size, distance, change: Change::Condition { place, with }, what });
    };
    for (at, _) in own.match_indices("all of ") {
        if let (Some(before), Some(after)) = (own.get(..at), own.get(at + 4..)) {
            add(Size::Condition, 0, format!("{before}1 {after}"));
        }
    }
    for (at, _) in own.match_indices(" and ") {
        let (Some(before), Some(after)) = (own.get(..at), own.get(at + 5..)) else { continue };
        match after.strip_prefix("not ") {
            None => {
                let named = after.trim_start_matches("1 of ").trim_start_matches("all of ");
                // Other names are those of what must be there, for the most part.
                let (size, distance) =
                    if named.starts_with("filter") { (Size::Negation, 0) } else { (Size::Condition, 2) };
                add(size, distance, format!("{before} and not {after}"));
                add(Size::Condition, 1, format!("{before} or {after}"));
            }
            Some(filter) => {
                let filter = filter.trim_start_matches("1 of ").trim_start_matches("all of ");
                let end = filter.find([' ', ')']).unwrap_or(filter.len());
                if let Some(rest) = filter.get(end..).filter(|_| !filter.starts_with('(')) {
                    add(Size::Condition, 2, format!("{before}{rest}"));
                }
            }
        }
    }
}

/// Returns a value without the wildcards around it, and these.
fn around(value: &str) -> (&str, String, &str) {
    let core = value.strip_prefix('*').unwrap_or(value);
    let before = if core.len() < value.len() { "*" } else { "" };
    let (core, after) = match core.strip_suffix('*').filter(|c| !c.ends_with('\\')) {
        Some(core) => (core, "*"),
        None => (core, ""),
    };
    (before, core.replace(r"\\", r"\").replace(r"\*", "*").replace(r"\?", "?"), after)
}

/// Returns a text as Sigma writes it, so that nothing of it is a wildcard.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '*' | '?' => out.extend(['\\', c]),
            '\\' if matches!(letters.peek(), Some('\\' | '*' | '?')) => {
                out.push_str(r"\\");
                if letters.next_if_eq(&'\\').is_some() {
                    out.push_str(r"\\");
                }
            }
            _ => out.push(c),
        }
    }
    out
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Returns how many letters differ, whatever their case.
fn differ(a: &str, b: &str) -> u32 {
    let letters = strsim::damerau_levenshtein(&a.to_lowercase(), &b.to_lowercase());
    u32::try_from(letters).unwrap_or(u32::MAX)
}
