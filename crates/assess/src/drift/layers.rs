//! What differs between the events of two runs, as parts that can be put back one by one.

use std::collections::{BTreeMap, BTreeSet};

use model::drift::Changed;
use model::event::{Event, Origin};
use model::quantity::Timestamp;
use serde_json::Value;

/// The kind of an event: its log sources and, of Windows, the event's number.
type Kind<'a> = (&'a Origin, String);

/// The events of one run of a test, and when its act began.
#[derive(Debug, Clone, Copy)]
pub struct Telemetry<'a> {
    /// In reading order.
    pub events: &'a [Event],
    /// When the act began, if that is known.
    pub act: Option<Timestamp>,
}

/// The differences between the events of an earlier and a later run.
#[derive(Debug)]
pub struct Layers<'a> {
    old: Telemetry<'a>,
    new: Telemetry<'a>,
    kinds: Vec<OfKind<'a>>,
    parts: Vec<Part>,
}

/// The events of one kind, in both runs.
#[derive(Debug, Default)]
struct OfKind<'a> {
    word: String,
    mine: Vec<&'a Event>,
    theirs: Vec<&'a Event>,
}

/// One difference; a kind is named by its place.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// Events of this kind that only the earlier run has, by place among its own.
    Gone(usize, BTreeSet<usize>),
    /// A field that no event of these kinds has any more.
    Field(String, BTreeSet<usize>),
    /// A field that no event of these kinds had before.
    Added(String, BTreeSet<usize>),
    /// Events of this kind that only the later run has, all or some.
    New(usize),
    /// Events of this kind that differ otherwise.
    Values(usize),
    /// When events happen and reach the rules, after the act.
    Delay,
}

impl<'a> Layers<'a> {
    /// Returns what differs from `old` to `new`. Numbers inside values (ids, addresses, times) are
    /// not compared.
    pub fn new(old: Telemetry<'a>, new: Telemetry<'a>) -> Self {
        let kinds = kinds(old.events, new.events);
        let mut parts = Vec::new();
        let [mut gone, mut added]: [BTreeMap<&str, BTreeSet<usize>>; 2] = Default::default();
        for (place, kind) in kinds.iter().enumerate() {
            let (own, now) = (names(&kind.mine), names(&kind.theirs));
            if !own.is_empty() && !now.is_empty() {
                for name in own.difference(&now) {
                    gone.entry(name).or_default().insert(place);
                }
                for name in now.difference(&own) {
                    added.entry(name).or_default().insert(place);
                }
            }
            let shared: BTreeSet<&str> = own.intersection(&now).copied().collect();
            let (lost, other) = compare(&kind.mine, &kind.theirs, &shared);
            parts.extend(match (lost.is_empty(), other) {
                (true, false) => None,
                (true, true) => Some(Part::New(place)),
                (false, false) => Some(Part::Gone(place, lost)),
                (false, true) => Some(Part::Values(place)),
            });
        }
        parts.extend(added.into_iter().map(|(name, kinds)| Part::Added(name.to_owned(), kinds)));
        parts.extend(gone.into_iter().map(|(name, kinds)| Part::Field(name.to_owned(), kinds)));
        if delays(old) != delays(new) {
            parts.push(Part::Delay);
        }
        Self { old, new, kinds, parts }
    }

    /// Returns the differences in words of the record.
    pub fn changed(&self) -> Vec<Changed> {
        let word = |kind: usize| self.kinds.get(kind).map_or("", |k| k.word.as_str()).to_owned();
        let one = |part: &Part| match part {
            Part::Gone(kind, _) => Changed::EventsGone(word(*kind)),
            Part::Field(name, _) => Changed::FieldGone(name.as_str().to_owned()),
            Part::Added(name, _) => Changed::FieldNew(name.as_str().to_owned()),
            Part::New(kind) => Changed::EventsNew(word(*kind)),
            Part::Values(kind) => Changed::Values(word(*kind)),
            Part::Delay => Changed::Delay,
        };
        self.parts.iter().map(one).collect()
    }

    /// Returns the events with the differences whose place is `true` as they were in the earlier
    /// run, and all others as in the later one. With all `true` they are the earlier run's, with
    /// all `false` the later one's.
    pub fn mixed(&self, old: &[bool]) -> Vec<Event> {
        if old.iter().all(|o| *o) {
            return self.old.events.to_vec();
        }
        if !old.iter().any(|o| *o) {
            return self.new.events.to_vec();
        }
        let back: Vec<&Part> = self.parts.iter().zip(old).filter(|(_, o)| **o).map(|(p, _)| p).collect();
        let mut mixed: Vec<Event> = self
            .kinds
            .iter()
            .enumerate()
            .flat_map(|(place, kind)| self.of_kind(place, kind, &back))
            .collect();
        // Reading order, as far as both runs tell it.
        mixed.sort_by_key(|e| e.index);
        for (event, index) in mixed.iter_mut().zip(0..) {
            event.index = index;
        }
        mixed
    }

    /// Returns the events of one kind with the parts of `back` as in the earlier run.
    fn of_kind(&self, place: usize, kind: &OfKind<'a>, back: &[&Part]) -> Vec<Event> {
        let (mine, theirs) = (&kind.mine[..], &kind.theirs[..]);
        let earlier = back.contains(&&Part::Values(place)) || back.contains(&&Part::New(place));
        let base = if earlier { mine } else { theirs };
        let mut events = copies(base.iter());
        for part in &self.parts {
            // A field is there where the run has it whose state is asked for.
            match (part, earlier, back.contains(&part)) {
                (Part::Field(name, kinds), true, false) | (Part::Added(name, kinds), false, true)
                    if kinds.contains(&place) =>
                {
                    remove(name, &mut events);
                }
                (Part::Field(name, kinds), false, true) if kinds.contains(&place) => {
                    add(name, (mine, theirs), &mut events);
                }
                (Part::Added(name, kinds), true, false) if kinds.contains(&place) => {
                    add(name, (theirs, mine), &mut events);
                }
                _ => {}
            }
        }
        match (earlier, back.contains(&&Part::Delay)) {
            (false, false) => {}
            (true, true) => shift(&mut events, self.old.act, self.new.act),
            (false, true) => retime(&mut events, (self.old.act, mine), self.new.act),
            (true, false) => retime(&mut events, (self.new.act, theirs), self.new.act),
        }
        let restored = back.iter().find_map(|p| match p {
            Part::Gone(of, places) if *of == place => Some(places),
            _ => None,
        });
        let mut gone = copies(restored.into_iter().flatten().filter_map(|place| mine.get(*place)));
        shift(&mut gone, self.old.act, self.new.act);
        events.append(&mut gone);
        events
    }
}

fn copies<'e>(events: impl Iterator<Item = &'e &'e Event>) -> Vec<Event> {
    events.map(|event| Event::clone(event)).collect()
}

fn kinds<'a>(old: &'a [Event], new: &'a [Event]) -> Vec<OfKind<'a>> {
    let mut all: BTreeMap<Kind<'a>, OfKind<'a>> = BTreeMap::new();
    for (is_old, event) in old.iter().map(|e| (true, e)).chain(new.iter().map(|e| (false, e))) {
        let id = match event.fields.get("EventID").or_else(|| event.fields.get("type")) {
            Some(Value::String(text)) => text.as_str().to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let kind = all.entry((&event.origin, id)).or_default();
        if is_old { &mut kind.mine } else { &mut kind.theirs }.push(event);
    }
    let named = |((origin, id), of): (Kind<'a>, OfKind<'a>)| {
        let word = if id.is_empty() { origin.words() } else { format!("{} {id}", origin.words()) };
        OfKind { word, ..of }
    };
    all.into_iter().map(named).collect()
}

fn names<'a>(events: &[&'a Event]) -> BTreeSet<&'a str> {
    events.iter().flat_map(|e| e.fields.names()).collect()
}

/// Returns which of `old` have no equal in `new` over `fields`, each standing for one, and
/// whether some of `new` have none in `old`.
fn compare(old: &[&Event], new: &[&Event], fields: &BTreeSet<&str>) -> (BTreeSet<usize>, bool) {
    let form = |event: &Event| -> Vec<Option<String>> {
        fields.iter().map(|field| event.fields.get(field).map(plain)).collect()
    };
    let mut left: BTreeMap<Vec<Option<String>>, u64> = BTreeMap::new();
    for event in new {
        *left.entry(form(event)).or_default() += 1;
    }
    let mut gone = BTreeSet::new();
    for (place, event) in old.iter().enumerate() {
        match left.get_mut(&form(event)).filter(|n| **n > 0) {
            Some(number) => *number -= 1,
            None => {
                gone.insert(place);
            }
        }
    }
    (gone, left.values().any(|n| *n > 0))
}

/// Returns a value without what differs from run to run: runs of hexadecimal digits that hold a
/// decimal one become one sign.
fn plain(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    let close = |word: &mut String, out: &mut String| {
        let number = word.chars().all(|c| c.is_ascii_hexdigit()) && word.chars().any(|c| c.is_ascii_digit());
        out.push_str(if number { "#" } else { word.as_str() });
        word.clear();
    };
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            word.push(c);
        } else {
            close(&mut word, &mut out);
            out.push(c);
        }
    }
    close(&mut word, &mut out);
    out
}

fn remove(name: &str, events: &mut [Event]) {
    for event in events {
        event.fields.remove(name);
    }
}

/// Gives events of a run without a field the field of the run `has`: from a field that only theirs
/// have and that holds the same values, which is then its other name; else from the event of `has`
/// in the same place.
fn add(name: &str, (has, lacks): (&[&Event], &[&Event]), events: &mut [Event]) {
    let values: BTreeSet<String> = has.iter().filter_map(|e| e.fields.get(name)).map(plain).collect();
    let (known, own) = (names(has), names(lacks));
    let other = own.difference(&known).find(|own| {
        let mut theirs = lacks.iter().filter_map(|e| e.fields.get(own)).map(plain).peekable();
        theirs.peek().is_some() && theirs.all(|value| values.contains(&value))
    });
    for (event, twin) in events.iter_mut().zip(has.iter().cycle()) {
        let value = match other {
            Some(other) => event.fields.get(other),
            None => twin.fields.get(name),
        };
        if let Some(value) = value.cloned() {
            event.fields.insert(name.to_owned(), value);
        }
    }
}

/// Moments of events after the act: when they happened and when they arrived.
fn delays(of: Telemetry<'_>) -> Vec<(Option<i64>, Option<i64>)> {
    let after = |t: Option<Timestamp>| Some(t?.0.saturating_sub(of.act?.0));
    of.events.iter().map(|e| (after(e.time), after(e.arrived))).collect()
}

/// Sets the times of events as far after `act` as those of `from` are after theirs.
fn retime(events: &mut [Event], (theirs, from): (Option<Timestamp>, &[&Event]), act: Option<Timestamp>) {
    let (Some(theirs), Some(own), Some(last)) = (theirs, act, from.last()) else { return };
    let by = own.0.saturating_sub(theirs.0);
    for (i, event) in events.iter_mut().enumerate() {
        let as_in = from.get(i).unwrap_or(last);
        event.time = later(as_in.time, by);
        event.arrived = later(as_in.arrived, by);
    }
}

/// Moves events that were observed after one act to the same time after another.
fn shift(events: &mut [Event], from: Option<Timestamp>, to: Option<Timestamp>) {
    let (Some(from), Some(to)) = (from, to) else { return };
    let by = to.0.saturating_sub(from.0);
    for event in events {
        event.time = later(event.time, by);
        event.arrived = later(event.arrived, by);
    }
}

fn later(moment: Option<Timestamp>, by: i64) -> Option<Timestamp> {
    moment.map(|t| Timestamp(t.0.saturating_add(by)))
}
