//! From what was seen on a recording to its replay and its observations.

use std::collections::{BTreeMap, BTreeSet};

use model::detection::{Firing, Replay, RuleInfo, Shown};
use model::event::{Event, EventRef, LogSource, Origin};
use model::id::{RuleId, TechniqueId};
use model::record::Sample;
use model::recording::RecordingKind;
use model::verdict::{RuleRef, SelectionTree};
use rsigma_eval::Event as _;
use serde_json::Value;

use crate::attribution::Belonging;
use crate::correlate::{Hit, Outcome, correlate};
use crate::fields::missing;
use crate::judge::judge;
use crate::nearest::{NEAREST, Race, half_way};
use crate::observation::{Block, Evidence, Observation, RuleState, Standing, Success, Telemetry};
use crate::seen::{Fired, KEPT_PROOFS, Kind, Mark, Seen, Tally};
use crate::view::View;
use crate::watch::Watch;

/// Longest value kept in a sample, in characters.
const LONGEST_VALUE: usize = 2_000;

/// What watching one recording gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// All firings and counts, whether or not events belong to the act.
    pub replay: Replay,
    /// One observation per technique of an attack; none for twins and benign recordings.
    pub observations: Vec<Observation>,
    /// The raw events that verdicts on these observations name.
    pub samples: Vec<Sample>,
    /// Rules that fired on events of the act, by the technique they name.
    pub fired: BTreeMap<TechniqueId, Vec<RuleId>>,
    /// Matches that were not correlated, because there were too many of them.
    pub uncorrelated: u64,
}

impl Watch<'_> {
    /// Returns the replay, one observation per technique, and the raw events
    /// that serve as evidence. `seen` holds all batches, merged in reading
    /// order; `unreadable` counts records that gave no event.
    pub fn finish(&self, mut seen: Seen, unreadable: u64) -> Watched {
        // Which further events were kept hangs on the order in which batches came.
        let wanted = self.wanted(&seen);
        seen.kept.retain(|index, _| wanted.contains(index));
        let uncorrelated = seen.hits_lost;
        let act = Act::new(self, seen);
        let replay = act.replay(unreadable);
        let attack = self.recording.kind == RecordingKind::Attack;
        let techniques = self.recording.techniques.iter().zip(&self.naming);
        let observations: Vec<Observation> = techniques
            .clone()
            .filter(|_| attack)
            .map(|(technique, naming)| act.observe(technique, naming, unreadable))
            .collect();
        let fired = techniques
            .map(|(technique, naming)| {
                let fired = naming.iter().filter(|place| act.fired(**place).is_some_and(|f| f.events > 0));
                (technique.clone(), fired.map(|place| act.info(*place).id.clone()).collect())
            })
            .collect();
        let samples = act.samples(&observations);
        Watched { replay, observations, samples, fired, uncorrelated }
    }
}

/// The events of the act and those of the whole recording.
struct Act<'a> {
    watch: &'a Watch<'a>,
    own: Tally,
    all: Tally,
    kept: BTreeMap<u64, Event>,
    marked: bool,
    /// What correlation rules gave, by place.
    outcomes: BTreeMap<usize, Outcome>,
}

impl<'a> Act<'a> {
    fn new(watch: &'a Watch<'a>, mut seen: Seen) -> Self {
        let marked = seen.marked > 0;
        let outcomes = correlate(watch.rules.plan(), &seen.hits);
        for (place, outcome) in &outcomes {
            for hit in &outcome.fired {
                let fired = seen.of(hit.belonging).fired.entry(*place).or_default();
                fired.take(hit.arrived.or(hit.time), hit.mark);
                if watch.shows && fired.shown.is_none() {
                    fired.shown = Some((hit.mark.index, shown(watch, *place, hit)));
                }
            }
        }
        let mut own = std::mem::take(seen.of(Belonging::Tied));
        let loose = std::mem::take(seen.of(Belonging::Loose));
        let unrelated = std::mem::take(seen.of(Belonging::Unrelated));
        let mut all = own.clone();
        all.absorb(loose.clone());
        all.absorb(unrelated);
        // A marker that no event carries was lost on the way; it must not make
        // everything else disappear with it.
        // Events are loose only where the recording names a marker.
        if !marked {
            own.absorb(loose);
        }
        Self { watch, own, all, kept: seen.kept, marked, outcomes }
    }

    fn info(&self, place: usize) -> &'a RuleInfo {
        &self.watch.rules.rules()[place]
    }

    fn fired(&self, place: usize) -> Option<&Fired> {
        self.own.fired.get(&place)
    }

    fn replay(&self, unreadable: u64) -> Replay {
        let mut sources: BTreeMap<Origin, u64> = BTreeMap::new();
        for (kind, stock) in &self.all.kinds {
            *sources.entry(kind.origin.as_ref().clone()).or_default() += stock.events;
        }
        let loud = |place: &usize| !self.watch.rules.plan().is_silent(*place);
        let fired = self.all.fired.iter().filter(|(place, fired)| loud(place) && fired.events > 0);
        let shown = fired.clone().filter_map(|(place, fired)| {
            let (_, shown) = fired.shown.as_ref()?;
            Some((self.info(*place).id.clone(), shown.clone()))
        });
        let shown = shown.collect();
        let firings = fired.map(|(place, fired)| Firing {
            rule: self.info(*place).id.clone(),
            events: fired.events,
            first: fired.first.iter().map(|mark| mark.index).collect(),
            arrived: fired.arrived,
            suppressed: fired.suppressed,
        });
        let taken_back = self.all.fired.iter();
        let taken_back =
            taken_back.filter(|(place, fired)| loud(place) && fired.events == 0 && fired.suppressed > 0);
        let taken_back = taken_back.map(|(place, fired)| (self.info(*place).id.clone(), fired.suppressed));
        Replay {
            recording: self.watch.recording.id.clone(),
            events: self.all.events,
            unreadable,
            sources,
            firings: firings.collect(),
            taken_back: taken_back.collect(),
            shown,
        }
    }

    fn observe(&self, technique: &TechniqueId, naming: &[usize], unreadable: u64) -> Observation {
        let recording = self.watch.recording;
        let rules = self.states(naming);
        let alert = rules.iter().any(|state| matches!(state.standing, Standing::Matched { .. }));
        let nearest = if alert { Vec::new() } else { self.nearest(&rules) };
        let of_rules: BTreeSet<&RuleId> = rules.iter().map(|state| &state.rule.id).collect();
        let loud = |place: &usize| !self.watch.rules.plan().is_silent(*place);
        let others = self.own.fired.iter().filter(|(place, fired)| loud(place) && fired.events > 0);
        let others = others.map(|(place, _)| self.info(*place)).filter(|info| !of_rules.contains(&info.id));
        Observation {
            recording: recording.id.clone(),
            technique: technique.clone(),
            label: recording.label,
            run: recording.run.clone(),
            act: recording.act,
            deadline: recording.deadline,
            unreadable,
            unrouted: self.unrouted(),
            unrelated: self.all.events - self.own.events,
            of_act: self.own.events,
            first: self.first(),
            testable: self.watch.tests.testable(self.marked).list(),
            telemetry: recording.telemetry.iter().map(|source| self.telemetry(source)).collect(),
            blocked: recording.blocked.as_ref().map(|blocked| Block {
                by: blocked.by.clone(),
                proof: evidence(&self.own.blocked),
                fault: self.watch.blocked.as_ref().and_then(|c| c.fault()).map(str::to_owned),
            }),
            success: recording.success.as_ref().map(|_| Success {
                seen: evidence(&self.own.success),
                fault: self.watch.success.as_ref().and_then(|c| c.fault()).map(str::to_owned),
            }),
            others: others.map(reference).collect(),
            rules,
            nearest,
        }
    }

    /// Events that no rule with a log source looks at.
    fn unrouted(&self) -> u64 {
        let unknown = |kind: &&Kind| *kind.origin == Origin::default();
        let kinds = self.all.kinds.iter().filter(|(kind, _)| unknown(kind));
        kinds.map(|(_, stock)| stock.events).sum()
    }

    fn first(&self) -> Vec<Evidence> {
        let mut marks: Vec<Mark> = self.own.kinds.values().flat_map(|s| s.first.iter().copied()).collect();
        marks.sort_unstable();
        marks.truncate(KEPT_PROOFS);
        evidence(&marks)
    }

    fn telemetry(&self, source: &LogSource) -> Telemetry {
        let count = |tally: &Tally| {
            tally.kinds.iter().filter(|(k, _)| k.origin.serves(source)).map(|(_, stock)| stock.events).sum()
        };
        Telemetry { source: source.clone(), recorded: count(&self.all), of_act: count(&self.own) }
    }

    fn states(&self, naming: &[usize]) -> Vec<RuleState> {
        let named: BTreeSet<usize> = naming.iter().copied().collect();
        let expected: BTreeSet<usize> = self.watch.expected.iter().copied().collect();
        let mut presence = Presence::default();
        let mut states: Vec<RuleState> = named
            .union(&expected)
            .map(|place| RuleState {
                rule: reference(self.info(*place)),
                source: self.info(*place).source.clone(),
                names: named.contains(place),
                expected: expected.contains(place),
                standing: self.standing(*place, &mut presence),
            })
            .collect();
        let unknown = self.watch.recording.expected_rules.iter();
        let unknown = unknown.filter(|id| self.watch.rules.place(id.as_str()).is_none());
        states.extend(unknown.map(|id| RuleState {
            rule: RuleRef {
                id: id.clone(),
                title: "not in the rule set".to_owned(),
                level: String::new(),
                hash: String::new(),
            },
            source: LogSource::default(),
            names: false,
            expected: true,
            standing: Standing::NotInSet,
        }));
        states.sort_by(|a, b| a.rule.id.cmp(&b.rule.id));
        states
    }

    fn standing(&self, place: usize, presence: &mut Presence) -> Standing {
        match self.fired(place) {
            Some(fired) if fired.events > 0 => {
                return Standing::Matched { arrived: fired.arrived, events: evidence(&fired.first) };
            }
            Some(fired) => return Standing::Suppressed { events: evidence(&fired.taken_back) },
            None => {}
        }
        if self.watch.rules.plan().at(place).is_some() {
            return self.correlated(place);
        }
        let source = &self.info(place).source;
        if !self.all.kinds.keys().any(|kind| kind.origin.serves(source)) {
            return Standing::NotCollected;
        }
        if !self.own.kinds.keys().any(|kind| kind.origin.serves(source)) {
            return Standing::NoEvent;
        }
        let fields = self.lacking(place, presence);
        if fields.is_empty() { Standing::Silent } else { Standing::FieldMissing { fields } }
    }

    /// How far a correlation got that did not fire.
    fn correlated(&self, place: usize) -> Standing {
        let beneath = self.watch.rules.plan().beneath(place);
        let served = |tally: &Tally| {
            let sources = beneath.iter().map(|place| &self.info(*place).source);
            sources.into_iter().any(|source| tally.kinds.keys().any(|kind| kind.origin.serves(source)))
        };
        if !served(&self.all) {
            return Standing::NotCollected;
        }
        if !served(&self.own) {
            return Standing::NoEvent;
        }
        let lacking = self.outcomes.get(&place).map(|outcome| outcome.lacking.clone()).unwrap_or_default();
        match lacking.is_empty() {
            true => Standing::Silent,
            false => Standing::FieldMissing { fields: lacking.into_iter().collect() },
        }
    }

    fn lacking(&self, place: usize, presence: &mut Presence) -> Vec<String> {
        let source = &self.info(place).source;
        let known =
            presence.entry(source.clone()).or_insert_with(|| self.sample(source).flat_map(names).collect());
        // A path into nested values is no field name of its own.
        let nested = |field: &str| {
            field.contains(['.', '[', '\\'])
                && self.sample(source).any(|event| View::new(&event.fields).get_field(field).is_some())
        };
        missing(self.watch.rules.compiled(place), &|field| known.contains(field) || nested(field))
    }

    /// Kept events of the act whose origin serves `source`, in reading order.
    fn sample<'s>(&'s self, source: &'s LogSource) -> impl Iterator<Item = &'s Event> {
        let stocks = self.own.kinds.iter().filter(|(kind, _)| kind.origin.serves(source));
        let places: BTreeSet<u64> = stocks.flat_map(|(_, s)| s.first.iter().map(|m| m.index)).collect();
        places.into_iter().filter_map(|index| self.kept.get(&index))
    }

    fn nearest(&self, rules: &[RuleState]) -> Vec<SelectionTree> {
        let silent = rules.iter().filter(|state| state.standing == Standing::Silent);
        let places: Vec<usize> =
            silent.filter_map(|state| self.watch.rules.place(state.rule.id.as_str())).collect();
        let recording = &self.watch.recording.id;
        let (mut trees, places) = half_way(self.watch.rules, &self.outcomes, places, recording);
        let mut race = Race::new(self.watch.rules, places);
        self.sample(&LogSource::default()).for_each(|event| race.offer(event));
        trees.extend(race.trees(recording));
        trees.truncate(NEAREST);
        trees
    }

    fn samples(&self, observations: &[Observation]) -> Vec<Sample> {
        let mut places = BTreeSet::new();
        for observation in observations {
            places.extend(judge(observation).events.into_iter().map(|event| event.index));
            places.extend(observation.nearest.iter().map(|tree| tree.event.index));
        }
        places.into_iter().filter_map(|index| self.kept.get(&index)).map(|event| self.raw(event)).collect()
    }

    fn raw(&self, event: &Event) -> Sample {
        Sample {
            event: EventRef { recording: self.watch.recording.id.clone(), index: event.index },
            time: event.time,
            host: event.host.clone(),
            fields: Value::Object(
                event.fields.iter().map(|(name, value)| (name.to_string(), shortened(value))).collect(),
            ),
        }
    }
}

/// Returns what a correlation has to show: the group, and when it was completed.
fn shown(watch: &Watch<'_>, place: usize, hit: &Hit) -> Shown {
    let group = watch.rules.plan().at(place).map_or(&[][..], |own| own.group.as_slice());
    let fields = group.iter().zip(&hit.key).map(|(name, value)| (name.clone(), value.to_string()));
    Shown { time: hit.time, host: None, fields: fields.collect() }
}

/// Field names of a log source's sample, found once per log source.
type Presence = BTreeMap<LogSource, BTreeSet<String>>;

fn names(event: &Event) -> impl Iterator<Item = String> {
    event.fields.names().map(str::to_owned)
}

fn reference(info: &RuleInfo) -> RuleRef {
    RuleRef {
        id: info.id.clone(),
        title: info.title.clone(),
        level: info.level.clone(),
        hash: info.hash.clone(),
    }
}

fn evidence(marks: &[Mark]) -> Vec<Evidence> {
    marks.iter().map(|mark| Evidence { index: mark.index, keys: mark.keys.list() }).collect()
}

/// Returns the value with long texts cut, each with a mark.
fn shortened(value: &Value) -> Value {
    match value {
        Value::String(text) => match text.char_indices().nth(LONGEST_VALUE) {
            Some((end, _)) => Value::String(format!("{}…", &text[..end])),
            None => value.clone(),
        },
        Value::Array(items) => Value::Array(items.iter().map(shortened).collect()),
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), shortened(v))).collect()),
        other => other.clone(),
    }
}
