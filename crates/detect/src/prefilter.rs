//! Which rules can match an event, told before any of them is evaluated.
//!
//! A rule that matches fulfils certain needs, each of which is a list of parts of texts, numbers or
//! fields of which the event has at least one ([`needs`]). All parts of all rules are looked for at
//! once, field by field; a rule some need of which is not met is not evaluated. The filter may let
//! through a rule that does not match and never keeps back one that does: a property test
//! compares it with the evaluation of every rule.

mod expression;
mod literals;
mod needs;
mod packed;
mod recall;
mod skip;

use std::collections::BTreeMap;

use rsigma_eval::{CompiledRule, Event as _, EventValue};
use serde_json::Value;

use crate::path::is_path;
use crate::view::{View, of};
use literals::{Literals, Wanted};
use needs::{Part, needs};
pub(crate) use packed::Memo;
use recall::Recall;

/// Needs of a rule that are looked at: each is a bit of its mark.
const MOST_NEEDS: usize = 4;

/// A need of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Need {
    rule: usize,
    bit: u8,
}

/// What rules need of one field.
#[derive(Debug, Default)]
struct Probe {
    /// Its place among those of the filter's fields.
    place: usize,
    present: Vec<Need>,
    numbers: BTreeMap<u64, Vec<Need>>,
    texts: Option<Literals>,
}

/// A filter for a list of rules.
#[derive(Debug, Default)]
pub(crate) struct Prefilter {
    /// By the length of the field's name.
    fields: Vec<Vec<(String, Probe)>>,
    /// Paths into nested values.
    paths: Vec<(String, Probe)>,
    /// What is looked for in all texts.
    keywords: Option<Literals>,
    /// Per rule the bits of all its needs.
    whole: Vec<u8>,
    /// Rules of which no need is known.
    open: Vec<usize>,
}

/// Which needs of which rules an event has met so far.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    bits: Vec<u8>,
    touched: Vec<usize>,
    found: Vec<usize>,
    recall: Recall,
}

impl Marks {
    fn set(&mut self, need: Need) {
        if let Some(bits) = self.bits.get_mut(need.rule) {
            if *bits == 0 {
                self.touched.push(need.rule);
            }
            *bits |= need.bit;
        }
        self.recall.note(need);
    }

    fn all(&mut self, needs: &[Need]) {
        needs.iter().for_each(|need| self.set(*need));
    }
}

impl Prefilter {
    /// Returns the filter of rules; in what it finds they are told by their order here.
    pub(crate) fn new<'r>(rules: impl Iterator<Item = &'r CompiledRule>) -> Self {
        Self::with(rules, |_| true)
    }

    /// Returns the filter of rules for packed events, where no path is followed.
    pub(crate) fn of_packed<'r>(rules: impl Iterator<Item = &'r CompiledRule>) -> Self {
        Self::with(rules, |part| !part.field().is_some_and(is_path))
    }

    /// Returns the filter of rules that looks at needs whose every part is `looked` at.
    fn with<'r>(rules: impl Iterator<Item = &'r CompiledRule>, looked: impl Fn(&Part) -> bool) -> Self {
        let mut filter = Self::default();
        let mut probes: BTreeMap<Option<String>, (Probe, Wanted)> = BTreeMap::new();
        for (rule, compiled) in rules.enumerate() {
            let mut whole = 0;
            let needs = needs(compiled).into_iter().filter(|parts| parts.iter().all(&looked));
            for (place, parts) in needs.take(MOST_NEEDS).enumerate() {
                let need = Need { rule, bit: 1 << place };
                whole |= need.bit;
                for part in parts {
                    let (probe, wanted) = probes.entry(part.field().map(str::to_owned)).or_default();
                    match part {
                        Part::Text { text, place, .. } => wanted.add(text, place, need),
                        Part::Number { value, .. } => probe.numbers.entry(value).or_default().push(need),
                        Part::Present { .. } => probe.present.push(need),
                    }
                }
            }
            if whole == 0 {
                filter.open.push(rule);
            }
            filter.whole.push(whole);
        }
        for (place, (field, (mut probe, wanted))) in probes.into_iter().enumerate() {
            probe.place = place;
            probe.texts = wanted.built();
            match field {
                None => filter.keywords = probe.texts,
                Some(path) if is_path(&path) => filter.paths.push((path, probe)),
                Some(name) => filter.put(name, probe),
            }
        }
        filter
    }

    fn put(&mut self, name: String, probe: Probe) {
        if self.fields.len() <= name.len() {
            self.fields.resize_with(name.len() + 1, Vec::new);
        }
        if let Some(list) = self.fields.get_mut(name.len()) {
            list.push((name, probe));
        }
    }

    /// Returns what rules need of the field.
    fn probe(&self, name: &str) -> Option<&Probe> {
        let mut own = self.fields.get(name.len()).into_iter().flatten();
        own.find(|(field, _)| field == name).map(|(_, probe)| probe)
    }

    /// Returns the places of the rules that may match, in ascending order.
    pub(crate) fn candidates<'m>(&self, event: View<'_>, marks: &'m mut Marks) -> &'m [usize] {
        marks.bits.resize(self.whole.len(), 0);
        for (name, value) in event.fields().iter() {
            match (self.probe(name), value) {
                (Some(probe), Value::String(text)) => Recall::look(probe, text, marks),
                (Some(probe), other) => probe.look(other, marks),
                (None, _) => {}
            }
        }
        for (path, probe) in &self.paths {
            if let Some(value) = event.get_field(path) {
                probe.look_at(&value, marks);
            }
        }
        if let Some(keywords) = &self.keywords {
            event.visit_string_values(&mut |text| keywords.look(text, marks));
        }
        self.met(marks);
        &marks.found
    }

    /// Finds the rules all of whose needs are marked, in ascending order, and takes the marks back.
    fn met(&self, marks: &mut Marks) {
        marks.found.clear();
        marks.found.extend(&self.open);
        for rule in marks.touched.drain(..) {
            let bits = marks.bits.get_mut(rule).map(std::mem::take);
            if bits.as_ref() == self.whole.get(rule) {
                marks.found.push(rule);
            }
        }
        marks.found.sort_unstable();
    }
}

impl Probe {
    fn look(&self, value: &Value, marks: &mut Marks) {
        match value {
            Value::String(text) => self.look_text(text, marks),
            other => self.look_at(&of(other), marks),
        }
    }

    fn look_text(&self, text: &str, marks: &mut Marks) {
        marks.all(&self.present);
        self.text(text, marks);
    }

    fn look_at(&self, value: &EventValue<'_>, marks: &mut Marks) {
        marks.all(&self.present);
        self.member(value, marks);
    }

    /// Looks at a value as the engine's matchers do: at each member of a list alone.
    fn member(&self, value: &EventValue<'_>, marks: &mut Marks) {
        match value {
            EventValue::Array(items) => items.iter().for_each(|item| self.member(item, marks)),
            EventValue::Str(text) => self.text(text, marks),
            EventValue::Int(_) | EventValue::Float(_) | EventValue::Bool(_) => {
                if let (Some(texts), Some(text)) = (&self.texts, value.as_str()) {
                    texts.look(&text, marks);
                }
                if let Some(number) = value.as_f64() {
                    self.number(number, marks);
                }
            }
            EventValue::Null | EventValue::Map(_) => {}
        }
    }

    fn text(&self, text: &str, marks: &mut Marks) {
        if let Some(texts) = &self.texts {
            texts.look(text, marks);
        }
        if !self.numbers.is_empty()
            && let Ok(number) = text.parse()
        {
            self.number(number, marks);
        }
    }

    fn number(&self, number: f64, marks: &mut Marks) {
        if let Some(needs) = needs::whole(number.round()).and_then(|whole| self.numbers.get(&whole)) {
            marks.all(needs);
        }
    }
}

#[cfg(test)]
mod tests;
