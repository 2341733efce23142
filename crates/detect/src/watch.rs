//! Looking at the events of one recording.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use model::detection::{Firing, Shown};
use model::event::{Event, Origin};
use model::recording::{Recording, RecordingKind};
use model::verdict::Key;
use rsigma_eval::{EvaluationResult, ResultBody, evaluate_rule};
use serde_json::Value;

use crate::attribution::{Belonging, Tests};
use crate::check::Check;
use crate::correlate::{Hit, correlate};
use crate::prefilter::Marks;
use crate::route::Route;
use crate::rules::RuleSet;
use crate::seen::{Fired, KEPT_HITS, KEPT_PER_KIND, KEPT_PROOFS, Kind, Mark, Seen, Tally, keep};
use crate::view::{View, field_of};

/// Looks at one recording's events with a rule set.
///
/// [`Watch::look`] may be called on batches in any order and at the same time;
/// the parts are merged in reading order.
#[derive(Debug)]
pub struct Watch<'a> {
    pub(crate) rules: &'a RuleSet,
    pub(crate) recording: &'a Recording,
    pub(crate) tests: Tests<'a>,
    pub(crate) success: Option<Check>,
    pub(crate) blocked: Option<Check>,
    /// Per technique of the recording the rules that name it.
    pub(crate) naming: Vec<Vec<usize>>,
    /// Places of expected rules that are in the rule set.
    pub(crate) expected: Vec<usize>,
    /// Whether first events are shown: where no technique is known to judge by.
    pub(crate) shows: bool,
    shelf: Shelf,
}

impl<'a> Watch<'a> {
    /// Returns a watch over one recording.
    pub fn new(rules: &'a RuleSet, recording: &'a Recording) -> Self {
        let naming: Vec<Vec<usize>> = recording.techniques.iter().map(|t| rules.naming(t)).collect();
        let expected: Vec<usize> =
            recording.expected_rules.iter().filter_map(|id| rules.place(id.as_str())).collect();
        let mut wanted = vec![false; rules.rules().len()];
        let attack = recording.kind == RecordingKind::Attack;
        for place in naming.iter().flatten().chain(&expected).filter(|_| attack) {
            wanted[*place] = true;
        }
        let read = |place: &usize| rules.plan().at(*place).map(|_| rules.plan().beneath(*place));
        let beneath = naming.iter().flatten().chain(&expected).filter_map(read).flatten().collect();
        Self {
            rules,
            recording,
            tests: Tests::new(recording),
            success: recording.success.as_ref().map(Check::new),
            blocked: recording.blocked.as_ref().map(|b| Check::new(&b.evidence)),
            naming,
            expected,
            shows: attack && recording.techniques.is_empty(),
            shelf: Shelf { attack, wanted, beneath, places: Mutex::default() },
        }
    }

    /// Returns what `events` give. They stand in reading order.
    pub fn look(&self, events: &[Event]) -> Seen {
        let mut seen = Seen::default();
        let mut desks: Vec<Desk> = Vec::new();
        let mut at = 0;
        for event in events {
            let event_id = event_id(event);
            if desks.get(at).is_none_or(|desk| !desk.takes(&event.origin, event_id)) {
                at = self.desk(&mut desks, &event.origin, event_id);
            }
            let Some(desk) = desks.get_mut(at) else { continue };
            let (belonging, keys) = self.tests.test(event);
            let mark = Mark { index: event.index, keys };
            seen.marked += u64::from(keys.has(Key::Marker));
            desk.count(belonging, mark);
            self.evaluate(desk, event, (mark, belonging), &mut seen);
        }
        for desk in desks {
            desk.clear(&mut seen);
        }
        self.shelf.keep(events, &mut seen);
        seen
    }

    /// Returns whether a rule that names a technique of the recording, or is expected,
    /// has fired on an event that may be the act's: on its own, or as a correlation that the
    /// events seen so far complete.
    pub fn alerted(&self, seen: &Seen) -> bool {
        let own = [Belonging::Tied, Belonging::Loose].into_iter().any(|belonging| {
            let fired = &seen.tallies[belonging as usize].fired;
            fired.iter().any(|(place, fired)| self.shelf.wanted[*place] && fired.events > 0)
        });
        own || self.correlated(seen)
    }

    fn correlated(&self, seen: &Seen) -> bool {
        let plan = self.rules.plan();
        let wanted = |place: usize| self.shelf.wanted.get(place) == Some(&true);
        if !plan.in_order().iter().any(|correlation| wanted(correlation.place)) {
            return false;
        }
        let outcomes = correlate(plan, &seen.hits);
        let mut fired =
            outcomes.iter().filter(|(place, _)| wanted(**place)).flat_map(|(_, outcome)| &outcome.fired);
        fired.any(|hit| hit.belonging != Belonging::Unrelated)
    }

    fn desk(&self, desks: &mut Vec<Desk>, origin: &Arc<Origin>, event_id: u64) -> usize {
        desks.iter().position(|desk| desk.takes(origin, event_id)).unwrap_or_else(|| {
            let route = self.rules.routes().of(self.rules, origin);
            let kind = Kind { origin: Arc::clone(origin), event_id };
            let (events, first) = Default::default();
            let marks = route.marks();
            desks.push(Desk { kind, route, marks, events, first });
            desks.len() - 1
        })
    }

    fn evaluate(
        &self,
        desk: &mut Desk,
        event: &Event,
        (mark, belonging): (Mark, Belonging),
        seen: &mut Seen,
    ) {
        let view = View::new(&event.fields);
        for place in desk.route.candidates(view, &mut desk.marks) {
            self.try_rule(place, event, &view, (mark, belonging), seen);
        }
        let tally = seen.of(belonging);
        if self.success.as_ref().is_some_and(|check| check.holds(&view)) {
            keep(&mut tally.success, mark, KEPT_PROOFS);
        }
        if self.blocked.as_ref().is_some_and(|check| check.holds(&view)) {
            keep(&mut tally.blocked, mark, KEPT_PROOFS);
        }
    }
}

impl Watch<'_> {
    /// Evaluates one rule on an event, and notes what it did.
    pub(crate) fn try_rule(
        &self,
        place: usize,
        event: &Event,
        view: &View<'_>,
        (mark, belonging): (Mark, Belonging),
        seen: &mut Seen,
    ) {
        let Some(result) = evaluate_rule(self.rules.compiled(place), view) else { return };
        let suppressed = self.rules.suppressed(place, view);
        let plan = self.rules.plan();
        if !suppressed && plan.names(place) {
            seen.hit(Hit::new(plan, place, event, mark, belonging));
        }
        let fired = seen.of(belonging).fired.entry(place).or_default();
        if self.shows && !suppressed && fired.shown.is_none() {
            fired.shown = Some((mark.index, shown(event, &result)));
        }
        record(fired, event, mark, suppressed);
    }

    /// Returns the places of events that a verdict may name, of all that was seen: those on which
    /// nothing earlier has a better claim.
    pub(crate) fn wanted(&self, seen: &Seen) -> BTreeSet<u64> {
        self.shelf.wanted(seen)
    }
}

/// Longest value shown, in characters, and how many fields.
const LONGEST_SHOWN: usize = 300;
const MOST_SHOWN: usize = 12;

/// Returns what a rule looked at on an event; for keywords, which name no field, the first text.
fn shown(event: &Event, result: &EvaluationResult) -> Shown {
    let mut fields: Vec<(String, String)> = Vec::new();
    if let ResultBody::Detection(body) = &result.body {
        for matched in &body.matched_fields {
            let name = field_of(&matched.field).to_owned();
            if fields.iter().all(|(known, _)| *known != name) {
                fields.push((name, told(&matched.value)));
            }
        }
    }
    // The engine lists them in an order that differs from run to run.
    let place = |name: &str| event.fields.names().position(|own| own == name).unwrap_or(usize::MAX);
    fields.sort_by_cached_key(|(name, _)| (place(name), name.clone()));
    if fields.is_empty() {
        let texts = event.fields.iter().filter(|(_, value)| value.is_string());
        fields.extend(texts.take(1).map(|(name, value)| (name.to_string(), told(value))));
    }
    fields.truncate(MOST_SHOWN);
    Shown { time: event.time, host: event.host.clone(), fields }
}

fn told(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn record(fired: &mut Fired, event: &Event, mark: Mark, suppressed: bool) {
    if suppressed {
        fired.suppressed += 1;
        keep(&mut fired.taken_back, mark, Firing::KEPT);
    } else {
        fired.events += 1;
        fired.arrive(event.arrived.or(event.time));
        keep(&mut fired.first, mark, Firing::KEPT);
    }
}

/// Returns the Windows event id, 0 for events without one.
fn event_id(event: &Event) -> u64 {
    match event.fields.get("EventID") {
        Some(Value::Number(number)) => number.as_u64().unwrap_or(0),
        Some(Value::String(text)) => text.parse().unwrap_or(0),
        _ => 0,
    }
}

/// Events of one kind inside a batch: they share a route, and counting them
/// here spares a search by origin for every event.
struct Desk {
    kind: Kind,
    route: Arc<Route>,
    marks: Marks,
    events: [u64; 3],
    first: [Vec<Mark>; 3],
}

impl Desk {
    fn takes(&self, origin: &Arc<Origin>, event_id: u64) -> bool {
        self.kind.event_id == event_id
            && (Arc::ptr_eq(&self.kind.origin, origin) || self.kind.origin == *origin)
    }

    fn count(&mut self, belonging: Belonging, mark: Mark) {
        self.events[belonging as usize] += 1;
        keep(&mut self.first[belonging as usize], mark, KEPT_PER_KIND);
    }

    fn clear(self, seen: &mut Seen) {
        self.route.put_back(self.marks);
        for ((tally, events), first) in seen.tallies.iter_mut().zip(self.events).zip(self.first) {
            if events > 0 {
                let stock = tally.kinds.entry(self.kind.clone()).or_default();
                stock.events += events;
                stock.first = first;
                tally.events += events;
            }
        }
    }
}

/// What a kept event is kept for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Purpose {
    Kind(Kind),
    Fired(usize),
    Correlated(usize),
    TakenBack(usize),
    Success,
    Blocked,
}

/// Decides which events are copied. It remembers the lowest places that any
/// batch offered for a purpose, so that a long recording does not copy the
/// first events of every batch. It never changes a result: an event it turns
/// down lies behind a full list of earlier ones.
#[derive(Debug)]
struct Shelf {
    attack: bool,
    wanted: Vec<bool>,
    /// Rules that wanted correlations rest on.
    beneath: BTreeSet<usize>,
    places: Mutex<BTreeMap<(bool, Purpose), Vec<u64>>>,
}

impl Shelf {
    fn keep(&self, events: &[Event], seen: &mut Seen) {
        if !self.attack {
            return;
        }
        let mut taken = Vec::new();
        let hits = self.hits(seen);
        {
            let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            for belonging in [Belonging::Tied, Belonging::Loose] {
                let tally = &seen.tallies[belonging as usize];
                let tied = belonging == Belonging::Tied;
                let hits = hits.iter().filter(|((_, own), _)| *own == tied);
                let hits = hits.map(|((place, _), m)| (Purpose::Correlated(*place), &m[..], KEPT_HITS));
                for (purpose, marks, bound) in self.offers(tally).into_iter().chain(hits) {
                    let list = places.entry((tied, purpose)).or_default();
                    list.extend(marks.iter().map(|mark| mark.index));
                    list.sort_unstable();
                    list.dedup();
                    list.truncate(bound);
                    taken.extend(marks.iter().map(|m| m.index).filter(|i| list.binary_search(i).is_ok()));
                }
            }
        }
        for index in taken {
            let event = match events.binary_search_by_key(&index, |event| event.index) {
                Ok(at) => events.get(at),
                Err(_) => events.iter().find(|event| event.index == index),
            };
            if let Some(event) = event {
                seen.kept.entry(index).or_insert_with(|| event.clone());
            }
        }
    }

    /// Returns the places of events to be kept of all that was seen.
    fn wanted(&self, seen: &Seen) -> BTreeSet<u64> {
        if !self.attack {
            return BTreeSet::new();
        }
        let mut wanted = BTreeSet::new();
        for belonging in [Belonging::Tied, Belonging::Loose] {
            let tally = seen.tallies.get(belonging as usize);
            let offers = tally.into_iter().flat_map(|tally| self.offers(tally));
            wanted
                .extend(offers.flat_map(|(_, marks, bound)| marks.iter().take(bound)).map(|mark| mark.index));
        }
        for marks in self.hits(seen).into_values() {
            wanted.extend(marks.iter().take(KEPT_HITS).map(|mark| mark.index));
        }
        wanted
    }

    /// Returns the matches that may complete a wanted correlation, by rule and belonging.
    fn hits(&self, seen: &Seen) -> BTreeMap<(usize, bool), Vec<Mark>> {
        let mut hits: BTreeMap<(usize, bool), Vec<Mark>> = BTreeMap::new();
        let wanted = |hit: &&Hit| self.beneath.contains(&hit.rule) && hit.belonging != Belonging::Unrelated;
        for hit in seen.hits.iter().filter(wanted) {
            hits.entry((hit.rule, hit.belonging == Belonging::Tied)).or_default().push(hit.mark);
        }
        hits
    }

    fn offers<'s>(&self, tally: &'s Tally) -> Vec<(Purpose, &'s [Mark], usize)> {
        let mut all: Vec<(Purpose, &[Mark], usize)> = Vec::new();
        for (kind, stock) in &tally.kinds {
            all.push((Purpose::Kind(kind.clone()), &stock.first, KEPT_PER_KIND));
        }
        for (place, fired) in tally.fired.iter().filter(|(place, _)| self.wanted[**place]) {
            all.push((Purpose::Fired(*place), &fired.first, Firing::KEPT));
            all.push((Purpose::TakenBack(*place), &fired.taken_back, Firing::KEPT));
        }
        all.push((Purpose::Success, &tally.success, KEPT_PROOFS));
        all.push((Purpose::Blocked, &tally.blocked, KEPT_PROOFS));
        all.retain(|(_, marks, _)| !marks.is_empty());
        all
    }
}
