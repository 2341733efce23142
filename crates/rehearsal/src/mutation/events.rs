//! Faults of events on their way from the sensor to the rules.

use std::collections::BTreeSet;

use detect::{RuleSet, Seen, Watch, judge};
use model::event::{Event, Fields};
use model::id::RuleId;
use model::mutation::{Fate, Operator, Subject, Tried};
use model::quantity::Millis;
use model::record::Record;
use model::recording::{Recording, RecordingKind};
use model::verdict::{Cause, Outcome, Verdict};
use serde_json::Value;

use crate::progress::Progress;
use crate::workspace::Intake;

/// Most recordings whose events are changed.
const RECORDINGS: usize = 200;

/// Most events of a recording; longer ones are left to rules.
const EVENTS: usize = 50_000;

/// How far a clock is off.
const SHIFT: Millis = Millis(6 * 3_600_000);

/// A fault with the causes that name it.
type Fault = (Operator, fn(&Cause) -> bool);

const FAULTS: [Fault; 9] = [
    (Operator::SensorOff, |c| {
        matches!(
            c,
            Cause::TelemetrySourceAbsent { .. }
                | Cause::LogSourceNotCollected { .. }
                | Cause::EventAbsent { .. }
        )
    }),
    (Operator::EventExcluded, |c| {
        matches!(
            c,
            Cause::TelemetrySourceAbsent { .. }
                | Cause::LogSourceNotCollected { .. }
                | Cause::EventAbsent { .. }
                | Cause::RuleSilent { .. }
        )
    }),
    (Operator::Delayed, |c| matches!(c, Cause::MatchedLate { .. })),
    (Operator::ClockShifted, |c| matches!(c, Cause::EventAbsent { .. } | Cause::MatchedLate { .. })),
    (Operator::FieldRenamed, |c| matches!(c, Cause::FieldMissing { .. } | Cause::RuleSilent { .. })),
    (Operator::NamesFolded, |c| matches!(c, Cause::FieldMissing { .. })),
    (Operator::PathsNormalised, |c| matches!(c, Cause::RuleSilent { .. })),
    (Operator::Truncated, |c| matches!(c, Cause::RuleSilent { .. })),
    (Operator::Encoding, |c| matches!(c, Cause::RuleSilent { .. })),
];

/// Returns what came of each fault on each attack that is alerted on in time.
pub(super) fn of_events(intake: &Intake, record: &Record, progress: &dyn Progress) -> Vec<Tried> {
    let seen = |recording: &&Recording| {
        recording.kind == RecordingKind::Attack
            && record.verdicts.iter().any(|v| {
                v.recording == recording.id && matches!(v.outcome, Some(Outcome::Alerted { late: false, .. }))
            })
    };
    let recordings: Vec<&Recording> = intake.survey.recordings.iter().filter(seen).take(RECORDINGS).collect();
    progress.begin("mutants", recordings.len() as u64);
    let mut all = Vec::new();
    for recording in recordings {
        all.extend(of_recording(intake, recording));
        progress.advance(1);
    }
    progress.end();
    all
}

fn of_recording(intake: &Intake, recording: &Recording) -> Vec<Tried> {
    let mut events = Vec::new();
    let open = |path: &str| intake.recordings.open(path);
    // What a reader has to say was said when the recording was replayed.
    let _ = telemetry::read_events(recording, &open, &mut |batch| events.append(&mut batch.parse().events));
    if events.len() > EVENTS {
        return Vec::new();
    }
    let before = verdicts(&intake.rules, recording, &events);
    let alerting: BTreeSet<&RuleId> = before.iter().flat_map(|v| &v.rules).map(|rule| &rule.id).collect();
    let bearing = Bearing::new(intake, &events, &alerting);
    let mut all: Vec<Tried> = FAULTS
        .iter()
        .filter_map(|(operator, names)| {
            let changed = bearing.changed(*operator, recording, &events)?;
            let after = verdicts(&intake.rules, recording, &changed);
            Some(tried(recording, *operator, fate(&before, &after, *names)))
        })
        .collect();
    for rule in alerting {
        let Some(rules) = intake.rules.without(rule) else { continue };
        let after = verdicts(&rules, recording, &events);
        let names = |c: &Cause| !matches!(c, Cause::MatchedLate { .. } | Cause::FieldMissing { .. });
        all.push(tried(recording, Operator::RuleDisabled, fate(&before, &after, names)));
    }
    all
}

fn tried(recording: &Recording, operator: Operator, fate: Fate) -> Tried {
    let of = Subject::Recording(recording.id.clone());
    Tried { of, line: 0, operator, what: operator.word().to_owned(), fate }
}

fn verdicts(rules: &RuleSet, recording: &Recording, events: &[Event]) -> Vec<Verdict> {
    let watch = Watch::new(rules, recording);
    let mut seen = Seen::default();
    seen.absorb(watch.look(events));
    watch.finish(seen, 0).observations.iter().map(judge).collect()
}

/// Returns whether a verdict shows the fault, and whether it names a cause that fits.
fn fate(before: &[Verdict], after: &[Verdict], names: impl Fn(&Cause) -> bool) -> Fate {
    let mut fate = Fate::Survived;
    for (was, now) in before.iter().zip(after) {
        let (fired_before, fired_now) = (fired(was), fired(now));
        let same = was.outcome == now.outcome && was.causes == now.causes && fired_before == fired_now;
        if !same {
            let lost = now.lost.len() > was.lost.len();
            // A rule less that alerts beside others is named in the verdict itself.
            let alerted = matches!(now.outcome, Some(Outcome::Alerted { late: false, .. }));
            let named =
                now.causes.iter().any(&names) || lost && alerted || alerted && fired_before != fired_now;
            fate = fate.min(if named { Fate::Localised } else { Fate::Killed });
        }
    }
    fate
}

fn fired(verdict: &Verdict) -> BTreeSet<&RuleId> {
    verdict.rules.iter().map(|rule| &rule.id).collect()
}

/// What alerts rest on.
struct Bearing {
    /// Places of events on which an alerting rule fires.
    events: BTreeSet<u64>,
    /// Fields that these rules test on them.
    fields: BTreeSet<String>,
}

impl Bearing {
    fn new(intake: &Intake, events: &[Event], alerting: &BTreeSet<&RuleId>) -> Self {
        let mut found = Self { events: BTreeSet::new(), fields: BTreeSet::new() };
        for event in events {
            for rule in alerting.iter().filter(|rule| intake.rules.fires(rule, event)) {
                found.events.insert(event.index);
                found.fields.extend(intake.rules.fields_of(rule));
            }
        }
        found
    }

    /// Returns the events with a fault; `None` where it changes nothing that an alert rests on.
    fn changed(&self, operator: Operator, recording: &Recording, events: &[Event]) -> Option<Vec<Event>> {
        let mut changed = events.to_vec();
        let bears = |event: &Event| self.events.contains(&event.index);
        let timed = recording.act.is_some();
        match operator {
            Operator::SensorOff => {
                let silent: BTreeSet<_> = events.iter().filter(|e| bears(e)).map(|e| &e.origin).collect();
                changed.retain(|event| !silent.contains(&event.origin));
            }
            Operator::EventExcluded => changed.retain(|event| !bears(event)),
            Operator::Delayed if timed => {
                let late = Millis(recording.deadline.0 + 60_000);
                for event in &mut changed {
                    event.arrived = event.arrived.or(event.time).map(|at| at.after(late));
                }
            }
            Operator::ClockShifted if timed => {
                for event in &mut changed {
                    (event.time, event.arrived) = (event.time.map(|at| at.after(SHIFT)), None);
                }
            }
            Operator::FieldRenamed => {
                let renamed = |name: &str| match self.fields.contains(name) {
                    true => format!("{name}_renamed"),
                    false => name.to_owned(),
                };
                changed.iter_mut().for_each(|event| rename(event, &renamed));
            }
            Operator::NamesFolded => {
                changed.iter_mut().for_each(|event| rename(event, &|n| n.to_lowercase()));
            }
            Operator::PathsNormalised => self.texts(&mut changed, |text| text.replace('\\', "/")),
            Operator::Truncated => {
                self.texts(&mut changed, |text| text.chars().take(text.chars().count() / 3).collect());
            }
            Operator::Encoding => {
                self.texts(&mut changed, |text| text.chars().flat_map(|c| [c, '\0']).collect());
            }
            _ => return None,
        }
        (changed != events).then_some(changed)
    }

    /// Changes the texts that the rules test.
    fn texts(&self, events: &mut [Event], change: impl Fn(&str) -> String) {
        for event in events {
            for name in &self.fields {
                if let Some(Value::String(text)) = event.fields.get_mut(name) {
                    *text = change(text);
                }
            }
        }
    }
}

/// Gives all fields of an event other names.
fn rename(event: &mut Event, name: &dyn Fn(&str) -> String) {
    let mut fields = Fields::default();
    for (own, value) in std::mem::take(&mut event.fields).into_map() {
        fields.insert(name(&own), value);
    }
    event.fields = fields;
}
