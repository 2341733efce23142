//! Measures that are counts: each of their parts has a key, so that it can be accepted and
//! compared with another run.

use std::collections::BTreeSet;

use model::diagnostic::Severity;
use model::gate::{Measure, Offence, Place, Requirement, Scope};
use model::id::RuleId;
use model::quantity::Interval;
use model::record::Record;
use model::recording::{Recording, RecordingKind};
use model::verdict::{Branch, Cause, Leaf, Outcome, SelectionTree, Verdict};

use super::{Found, Held, SEEN, acceptance, covers, covers_technique, grade};

/// Counts what a requirement counts; what an acceptance in force covers is not counted.
pub(super) fn counted(required: &Requirement, held: Held<'_>) -> Found {
    let mut found = offences(required, held.record, held.baseline);
    let before: Option<BTreeSet<String>> = held.baseline.map(|b| {
        let others = offences(required, b, None);
        others.into_iter().map(|o| o.key).collect()
    });
    for offence in &mut found {
        offence.known = before.as_ref().map(|keys| keys.contains(&offence.key));
        offence.accepted = acceptance::covering(offence, held).cloned();
    }
    let open = found.iter().filter(|o| o.accepted.is_none()).count();
    let accepted = found.len() - open;
    let relative = matches!(required.limit, model::gate::Limit::NoWorseBy(_));
    let value = if relative {
        let before = held.baseline.map_or(0, |b| {
            let others = offences(required, b, None);
            others.iter().filter(|o| acceptance::covering(o, held).is_none()).count()
        });
        open as f64 - before as f64
    } else {
        open as f64
    };
    let mut notes = Vec::new();
    if accepted > 0 {
        notes.push(format!("{accepted} more accepted"));
    }
    if required.measure == Measure::NewMisses {
        let added = untested_before(required, held);
        if added > 0 {
            notes.push(format!("{added} misses of tests that the other run does not have are not counted"));
        }
    }
    found.sort_by(|a, b| a.key.cmp(&b.key));
    Found {
        measured: Some(Interval { value, low: value, high: value }),
        cases: found.len() as u64,
        offences: found,
        note: (!notes.is_empty()).then(|| notes.join(", ")),
    }
}

fn offences(required: &Requirement, record: &Record, baseline: Option<&Record>) -> Vec<Offence> {
    let of = &required.of;
    let verdicts = || record.verdicts.iter().filter(|v| covers(of, v, record));
    match required.measure {
        Measure::LostRules => lost_rules(of, record),
        Measure::Misses => verdicts().filter(|v| is_miss(v)).map(|v| miss(v, record)).collect(),
        Measure::NewMisses => {
            let Some(before) = baseline else { return Vec::new() };
            let worse = |v: &&Verdict| {
                let was = before.verdicts.iter().find(|b| b.id == v.id).and_then(grade);
                is_miss(v) && was.is_some_and(|was| grade(v).is_some_and(|now| now > was))
            };
            verdicts().filter(worse).map(|v| miss(v, record)).collect()
        }
        Measure::LostTests => baseline.map_or_else(Vec::new, |b| lost_tests(of, record, b)),
        Measure::NoOutcome => {
            verdicts().filter(|v| grade(v).is_none()).map(|v| no_outcome(v, record)).collect()
        }
        Measure::BenignRules => benign_rules(record),
        Measure::ContentErrors => content_errors(record),
        _ => Vec::new(),
    }
}

fn is_miss(verdict: &Verdict) -> bool {
    grade(verdict).is_some_and(|grade| grade > SEEN)
}

/// Returns how many misses belong to verdicts that the other run does not have.
fn untested_before(required: &Requirement, held: Held<'_>) -> usize {
    let Some(before) = held.baseline else { return 0 };
    let known: BTreeSet<_> = before.verdicts.iter().filter(|v| grade(v).is_some()).map(|v| &v.id).collect();
    let own = held.record.verdicts.iter().filter(|v| covers(&required.of, v, held.record));
    own.filter(|v| is_miss(v) && !known.contains(&v.id)).count()
}

/// Returns the rules that must fire on a recording and did not, each once for each recording.
fn lost_rules(of: &Scope, record: &Record) -> Vec<Offence> {
    let mut list = Vec::new();
    let concerns = |recording: &Recording| match of {
        Scope::All => true,
        Scope::Recording(id) => recording.id == *id,
        _ => recording.techniques.iter().any(|t| covers_technique(of, t, record)),
    };
    for recording in record.recordings.iter().filter(|r| r.kind == RecordingKind::Attack && concerns(r)) {
        let Some(replay) = record.replays.iter().find(|r| r.recording == recording.id) else { continue };
        for rule in recording.expected_rules.iter().filter(|rule| replay.passed(rule) == 0) {
            list.push(lost_rule(rule, recording, record));
        }
    }
    list
}

fn lost_rule(rule: &RuleId, recording: &Recording, record: &Record) -> Offence {
    let known = record.rules.get(rule);
    let title = known.map_or_else(|| rule.to_string(), |r| r.title.clone());
    let mut causes = Vec::new();
    for verdict in record.verdicts.iter().filter(|v| v.recording == recording.id) {
        for cause in &verdict.causes {
            let text = match cause {
                Cause::RuleSilent { nearest, .. } => match nearest.iter().find(|tree| tree.rule == *rule) {
                    Some(tree) => nearest_miss(tree),
                    None => continue,
                },
                Cause::Suppressed { rules } if rules.contains(rule) => {
                    "a filter took every match back".to_owned()
                }
                Cause::LogSourceNotCollected { rules } if rules.iter().any(|(id, _)| id == rule) => {
                    "its log source is not collected".to_owned()
                }
                Cause::FieldMissing { fields, rules } if rules.contains(rule) => {
                    format!("the event lacks {}", fields.join(", "))
                }
                Cause::TelemetrySourceAbsent { missing } => {
                    let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
                    format!("no event of {} arrived", missing.join(", "))
                }
                _ => continue,
            };
            if !causes.contains(&text) {
                causes.push(text);
            }
        }
    }
    let text = if known.is_some() {
        format!("rule \u{201c}{title}\u{201d} must fire on {} and did not", recording.id)
    } else {
        format!("rule {rule} must fire on {} and is not in the rule set", recording.id)
    };
    let mut also = vec![format!("rule:{rule}"), format!("recording:{}", recording.id)];
    also.extend(recording.techniques.iter().map(|t| format!("technique:{t}")));
    Offence {
        key: format!("rule:{rule}@{}", recording.id),
        also,
        text,
        causes,
        place: known.map(|r| Place { file: r.file.clone(), line: 1 }),
        accepted: None,
        known: None,
    }
}

/// Returns the first leaf that did not hold on the event that came nearest.
fn nearest_miss(tree: &SelectionTree) -> String {
    match failed(&tree.root) {
        Some((selection, leaf)) => {
            let field = leaf.field.as_deref().unwrap_or("the keywords");
            let actual = leaf.actual.as_deref().map_or_else(
                || "is not in the event".to_owned(),
                |value| format!("is \u{201c}{}\u{201d}", value.chars().take(120).collect::<String>()),
            );
            format!("{selection}: {field} {actual}, wanted {}", leaf.wanted)
        }
        None => "its condition does not hold".to_owned(),
    }
}

/// Returns selection and field of the first test of a rule that did not hold on the event that
/// came nearest, on one recording or on any; `None` where no such event is recorded.
pub fn failed_leaf(record: &Record, rule: &str, recording: Option<&str>) -> Option<(String, Option<String>)> {
    let verdicts = record.verdicts.iter().filter(|v| recording.is_none_or(|r| v.recording.as_str() == r));
    let mut trees = verdicts.flat_map(|v| &v.causes).flat_map(|cause| match cause {
        Cause::RuleSilent { nearest, .. } => nearest.as_slice(),
        _ => &[],
    });
    let tree = trees.find(|tree| tree.rule.as_str() == rule)?;
    failed_in(tree)
}

/// Returns the first leaf of a tree that did not hold: its selection and its field.
pub fn failed_in(tree: &SelectionTree) -> Option<(String, Option<String>)> {
    let (selection, leaf) = failed(&tree.root)?;
    Some((selection.to_owned(), leaf.field.clone()))
}

fn failed(branch: &Branch) -> Option<(&str, &Leaf)> {
    if let Some(leaf) = branch.leaves.iter().find(|leaf| !leaf.passed) {
        return Some((&branch.name, leaf));
    }
    branch.children.iter().filter(|child| !child.passed).find_map(failed)
}

fn miss(verdict: &Verdict, record: &Record) -> Offence {
    let word = match &verdict.outcome {
        Some(Outcome::Alerted { .. }) => "alerted late",
        Some(Outcome::Logged) => "logged, no rule fired",
        Some(Outcome::Blind) => "blind: no telemetry",
        _ => "no outcome",
    };
    let name = record.matrix.techniques.get(&verdict.technique).map_or("", |t| t.name.as_str());
    let text = format!("{} {name} on {}: {word}", verdict.technique, verdict.recording);
    let causes = verdict.causes.iter().map(|cause| match cause {
        Cause::RuleSilent { nearest, .. } if !nearest.is_empty() => {
            let trees = nearest.iter().map(|t| format!("{} ({})", t.title, nearest_miss(t)));
            format!("{}: {}", cause.link(), trees.collect::<Vec<_>>().join("; "))
        }
        other => other.link().to_owned(),
    });
    Offence { causes: causes.collect(), ..of_verdict(verdict, text, record) }
}

fn no_outcome(verdict: &Verdict, record: &Record) -> Offence {
    let why = match &verdict.outcome {
        Some(Outcome::Inconclusive { why }) => why.clone(),
        _ => "the run allows no verdict".to_owned(),
    };
    let text = format!("{} on {}: {why}", verdict.technique, verdict.recording);
    of_verdict(verdict, text, record)
}

fn of_verdict(verdict: &Verdict, text: String, record: &Record) -> Offence {
    let recording = record.recordings.iter().find(|r| r.id == verdict.recording);
    let file = recording.and_then(|r| r.files.first());
    Offence {
        key: format!("verdict:{}", verdict.id),
        also: vec![format!("technique:{}", verdict.technique), format!("recording:{}", verdict.recording)],
        text,
        causes: Vec::new(),
        place: file.map(|file| Place { file: file.clone(), line: 1 }),
        accepted: None,
        known: None,
    }
}

fn lost_tests(of: &Scope, record: &Record, before: &Record) -> Vec<Offence> {
    let counted = before.verdicts.iter().filter(|v| grade(v).is_some() && covers(of, v, before));
    let mut list = Vec::new();
    for was in counted {
        match record.verdicts.iter().find(|v| v.id == was.id) {
            Some(now) if grade(now).is_some() => {}
            Some(now) => list.push(no_outcome(now, record)),
            None => {
                let text = format!("{} on {} is not tested in this run", was.technique, was.recording);
                list.push(Offence { place: None, ..of_verdict(was, text, before) });
            }
        }
    }
    list
}

fn benign_rules(record: &Record) -> Vec<Offence> {
    let one = |firing: &model::scorecard::BenignFiring| Offence {
        key: format!("benign:{}", firing.rule),
        also: vec![format!("rule:{}", firing.rule)],
        text: format!("rule \u{201c}{}\u{201d} fired on {} benign events", firing.title, firing.events),
        causes: Vec::new(),
        place: record.rules.get(&firing.rule).map(|r| Place { file: r.file.clone(), line: 1 }),
        accepted: None,
        known: None,
    };
    record.coverage.benign.iter().map(one).collect()
}

fn content_errors(record: &Record) -> Vec<Offence> {
    let errors = record.diagnostics.iter().filter(|d| d.severity == Severity::Error);
    let mut list: Vec<Offence> = errors
        .map(|d| Offence {
            key: format!("content:{}@{}", d.code, d.file),
            also: vec![format!("code:{}", d.code)],
            text: format!("{} [{}]", d.message, d.code),
            causes: d.help.iter().cloned().collect(),
            place: Some(Place { file: d.file.clone(), line: d.position.map_or(1, |p| p.line) }),
            accepted: None,
            known: None,
        })
        .collect();
    list.sort_by(|a, b| a.key.cmp(&b.key));
    list.dedup_by(|a, b| a.key == b.key);
    list
}
