//! Two records side by side: what changed, what is better or worse, and what that comes from.

use std::collections::BTreeMap;

use model::comparison::{
    Comparison, ContentChange, Direction, InputChange, RecordingChange, RuleChange, RuleFate, ScoreChange,
    ScoreMeasure, VerdictChange,
};
use model::detection::RuleInfo;
use model::id::{RecordingId, RuleId, VerdictId};
use model::quantity::Interval;
use model::record::Record;
use model::scorecard::CampaignScore;
use model::verdict::Verdict;
use serde_json::Value;

use crate::gate::grade;

/// Returns what changed from `before` to `after`: inputs, content, recordings, verdicts with
/// their cause, rules and scores.
pub fn compare(before: &Record, after: &Record) -> Comparison {
    let (scores, new_scores) = scores(before, after);
    Comparison {
        inputs: inputs(before, after),
        content: content(before, after),
        recordings: recordings(before, after),
        verdicts: verdicts(before, after),
        rules: rules(before, after),
        scores,
        new_scores,
    }
}

fn inputs(a: &Record, b: &Record) -> Vec<InputChange> {
    let plain = |name: &str, was: String, now: String| {
        (was != now).then(|| InputChange { name: name.to_owned(), was: Some(was), now, hashed: false })
    };
    let settings = [
        plain("ATT&CK", a.matrix.version.clone(), b.matrix.version.clone()),
        plain("seed", a.seed.0.to_string(), b.seed.0.to_string()),
        plain("trials", a.trials.to_string(), b.trials.to_string()),
    ];
    let hashed = b.inputs.iter().filter_map(|input| {
        let was = a.inputs.iter().find(|i| i.name == input.name).map(|i| i.hash.clone());
        let (name, now) = (input.name.clone(), input.hash.clone());
        (was.as_ref() != Some(&now)).then_some(InputChange { name, was, now, hashed: true })
    });
    settings.into_iter().flatten().chain(hashed).collect()
}

fn content(a: &Record, b: &Record) -> Vec<ContentChange> {
    // Every shape of a record can be written as JSON.
    let json = |value: serde_json::Result<Value>| value.unwrap_or_default();
    let campaigns = |r: &Record| json(serde_json::to_value(&r.campaigns));
    let playbooks = |r: &Record| json(serde_json::to_value(&r.playbooks));
    // Without an estate on one side there is nothing to compare.
    let estate = match (&a.estate, &b.estate) {
        (Some(old), Some(new)) => {
            changes("estate", &json(serde_json::to_value(old)), &json(serde_json::to_value(new)))
        }
        _ => Vec::new(),
    };
    [
        estate,
        changes("campaigns", &campaigns(a), &campaigns(b)),
        changes("playbooks", &playbooks(a), &playbooks(b)),
    ]
    .concat()
}

/// Returns what changed in one part of the content, by key.
fn changes(part: &'static str, before: &Value, after: &Value) -> Vec<ContentChange> {
    let flat = |part: &Value| {
        let mut leaves = BTreeMap::new();
        leaf(String::new(), part, &mut leaves);
        leaves
    };
    let (old, new) = (flat(before), flat(after));
    let keys = old.keys().chain(new.keys().filter(|k| !old.contains_key(*k)));
    keys.filter_map(|key| {
        let (was, now) = (old.get(key).cloned(), new.get(key).cloned());
        (was != now).then(|| ContentChange { part, key: key.clone(), was, now })
    })
    .collect()
}

/// Adds every figure of a value under its key; entries of a list go by their `id`, or else by
/// their index.
fn leaf(key: String, value: &Value, leaves: &mut BTreeMap<String, String>) {
    let under = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    match value {
        Value::Object(entries) => {
            for (name, inner) in entries {
                leaf(under(name), inner, leaves);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                let id = inner.get("id").or_else(|| inner.get("service")).and_then(Value::as_str);
                leaf(under(id.unwrap_or(&index.to_string())), inner, leaves);
            }
        }
        Value::Null => {}
        Value::String(text) => {
            leaves.insert(key, text.clone());
        }
        other => {
            leaves.insert(key, other.to_string());
        }
    }
}

fn recordings(a: &Record, b: &Record) -> Vec<RecordingChange> {
    let missing = |from: &Record, other: &Record, gone: bool| -> Vec<RecordingChange> {
        let only = from.recordings.iter().filter(|r| other.recordings.iter().all(|o| o.id != r.id));
        only.map(|r| RecordingChange { recording: r.id.clone(), gone }).collect()
    };
    [missing(a, b, true), missing(b, a, false)].concat()
}

fn verdicts(a: &Record, b: &Record) -> Vec<VerdictChange> {
    let old: BTreeMap<&VerdictId, &Verdict> = a.verdicts.iter().map(|v| (&v.id, v)).collect();
    let new: BTreeMap<&VerdictId, &Verdict> = b.verdicts.iter().map(|v| (&v.id, v)).collect();
    let change = |id: &VerdictId, direction, was: Option<&Verdict>, now: Option<&Verdict>, because| {
        let outcome = |v: Option<&Verdict>| v.and_then(|v| v.outcome.clone());
        VerdictChange { verdict: id.clone(), direction, was: outcome(was), now: outcome(now), because }
    };
    let mut found = Vec::new();
    for (id, now) in &new {
        match old.get(id) {
            None => found.push(change(id, Direction::New, None, Some(now), Vec::new())),
            Some(was) if was.outcome == now.outcome => {}
            Some(was) => {
                let direction = match (grade(was), grade(now)) {
                    (Some(x), Some(y)) if y < x => Direction::Better,
                    (Some(x), Some(y)) if y > x => Direction::Worse,
                    _ => Direction::Other,
                };
                found.push(change(id, direction, Some(was), Some(now), causes(a, b, was, now)));
            }
        }
    }
    for (id, was) in old.iter().filter(|(id, _)| !new.contains_key(*id)) {
        found.push(change(id, Direction::Gone, Some(was), None, Vec::new()));
    }
    found
}

/// Returns the nearest causes of a changed verdict that the two records can prove.
fn causes(a: &Record, b: &Record, was: &Verdict, now: &Verdict) -> Vec<String> {
    let mut found = Vec::new();
    for rule in &now.rules {
        let earlier = was.rules.iter().find(|r| r.id == rule.id).map(|r| &r.hash);
        match (earlier, a.rules.get(&rule.id)) {
            (Some(hash), _) if *hash == rule.hash => {}
            (None, None) => {
                found.push(format!("rule \u{201c}{}\u{201d} {}", rule.title, came(a, b, &rule.id)));
            }
            (None, Some(known)) if known.hash == rule.hash => {
                found.push(format!("rule \u{201c}{}\u{201d} fires here for the first time", rule.title));
            }
            _ => found.push(format!("rule \u{201c}{}\u{201d} was changed", rule.title)),
        }
    }
    for rule in was.rules.iter().filter(|r| now.rules.iter().all(|n| n.id != r.id)) {
        found.push(match b.rules.get(&rule.id) {
            Some(r) if r.hash != rule.hash => {
                format!("rule \u{201c}{}\u{201d} was changed and is silent", rule.title)
            }
            Some(_) => format!("rule \u{201c}{}\u{201d} is silent", rule.title),
            None => format!("rule \u{201c}{}\u{201d} {}", rule.title, went(a, b, &rule.id)),
        });
    }
    let held = |r: &Record| {
        r.replays.iter().find(|p| p.recording == now.recording).map(|p| {
            let sources: Vec<_> = p.sources.iter().map(|(origin, n)| (origin.words(), *n)).collect();
            (p.events, sources)
        })
    };
    if held(a) != held(b) {
        found.push("the recording holds other events".to_owned());
    }
    if found.is_empty() && input_hash(a, "recordings") != input_hash(b, "recordings") {
        found.push("the recordings changed".to_owned());
    }
    if found.is_empty() && a.rule_set.hash != b.rule_set.hash {
        found.push("the rule set changed".to_owned());
    }
    if found.is_empty() && a.matrix.version != b.matrix.version {
        found.push("another ATT&CK version joins the labels in another way".to_owned());
    }
    found
}

fn input_hash<'a>(record: &'a Record, name: &str) -> Option<&'a str> {
    record.inputs.iter().find(|i| i.name == name).map(|i| i.hash.as_str())
}

/// Returns why a rule that one record names could not be used in the other, where its file says so.
fn rejected(rule: &RuleInfo, other: &Record) -> bool {
    other.rule_set.rejected.iter().any(|r| r.file == rule.file)
}

/// Returns how a rule that only the later record names came there. A record names the rules that
/// fired, are expected, or came near; whether one that it does not name was there, only the hash of
/// the whole rule set can say.
fn came(a: &Record, b: &Record, id: &RuleId) -> &'static str {
    match b.rules.get(id) {
        Some(rule) if rejected(rule, a) => "could not be used before",
        _ if a.rule_set.hash == b.rule_set.hash => "was there, and is named for the first time",
        _ => "is new, or was there without being named",
    }
}

/// Returns how a rule that only the earlier record names went.
fn went(a: &Record, b: &Record, id: &RuleId) -> &'static str {
    match a.rules.get(id) {
        Some(rule) if rejected(rule, b) => "cannot be used: its file could not be read as rules",
        _ if a.rule_set.hash == b.rule_set.hash => "is there and stays silent",
        _ => "was removed, or is there without being named",
    }
}

/// A rule that was expected to fire on a recording and did not.
struct Loss<'a> {
    rule: &'a RuleId,
    title: &'a str,
    recording: &'a RecordingId,
}

impl Loss<'_> {
    fn change(&self, (fate, how): (RuleFate, Option<&'static str>)) -> RuleChange {
        let recording = Some(self.recording.clone());
        RuleChange { rule: self.rule.clone(), title: self.title.to_owned(), recording, fate, how }
    }

    fn is_in(&self, all: &[Self]) -> bool {
        all.iter().any(|o| o.rule == self.rule && o.recording == self.recording)
    }
}

fn losses(record: &Record) -> Vec<Loss<'_>> {
    let mut found = Vec::new();
    for verdict in &record.verdicts {
        let recording = &verdict.recording;
        found.extend(verdict.lost.iter().map(|rule| Loss { rule: &rule.id, title: &rule.title, recording }));
    }
    found
}

/// Returns what became of a lost rule: it fires, or nothing can be said of it any more.
fn after_loss(loss: &Loss<'_>, b: &Record) -> (RuleFate, Option<&'static str>) {
    let replay = b.replays.iter().find(|r| r.recording == *loss.recording);
    let fires = replay.is_some_and(|r| r.firings.iter().any(|f| f.rule == *loss.rule && f.passed() > 0));
    let why = if fires {
        return (RuleFate::Found, None);
    } else if replay.is_none() {
        "the recording is gone"
    } else if b.rules.contains_key(loss.rule) {
        "it is no longer expected there"
    } else {
        "the rule is no longer there or no longer expected"
    };
    (RuleFate::Unknown, Some(why))
}

fn rules(a: &Record, b: &Record) -> Vec<RuleChange> {
    let change = |rule: &RuleInfo, fate, how| RuleChange {
        rule: rule.id.clone(),
        title: rule.title.clone(),
        recording: None,
        fate,
        how,
    };
    let mut found = Vec::new();
    let same = a.rule_set.hash == b.rule_set.hash;
    for (id, rule) in &b.rules {
        match a.rules.get(id) {
            None if same => {}
            None => found.push(change(rule, RuleFate::New, Some(came(a, b, id)))),
            Some(old) if old.hash != rule.hash => found.push(change(rule, RuleFate::Changed, None)),
            Some(_) => {}
        }
    }
    for rule in a.rules.values().filter(|r| !same && !b.rules.contains_key(&r.id)) {
        found.push(change(rule, RuleFate::Gone, Some(went(a, b, &rule.id))));
    }
    let (before, after) = (losses(a), losses(b));
    found.extend(after.iter().filter(|l| !l.is_in(&before)).map(|l| l.change((RuleFate::Lost, None))));
    found.extend(before.iter().filter(|l| !l.is_in(&after)).map(|l| l.change(after_loss(l, b))));
    found
}

/// Returns whether two intervals lie apart, so that the difference is more than noise.
fn apart(a: Interval, b: Interval) -> bool {
    a.high < b.low || b.high < a.low
}

fn scores(a: &Record, b: &Record) -> (Vec<ScoreChange>, Vec<model::id::CampaignId>) {
    let (mut found, mut new) = (Vec::new(), Vec::new());
    for now in &b.scores {
        match a.scores.iter().find(|s| s.campaign == now.campaign && s.playbook == now.playbook) {
            Some(was) => found.extend(score(was, now)),
            None => new.push(now.campaign.clone()),
        }
    }
    (found, new)
}

fn score(was: &CampaignScore, now: &CampaignScore) -> Vec<ScoreChange> {
    let shares = [
        (ScoreMeasure::Payload, was.payload, now.payload),
        (ScoreMeasure::Outflow, was.outflow, now.outflow),
        (ScoreMeasure::Unnoticed, was.unnoticed, now.unnoticed),
    ];
    let hours = [
        (ScoreMeasure::HoursByAttack, was.attack, now.attack),
        (ScoreMeasure::HoursByContainment, was.containment, now.containment),
    ];
    let shares =
        shares.into_iter().filter(|(_, x, y)| (x.hits, x.of) != (y.hits, y.of)).map(|(measure, x, y)| {
            ScoreChange {
                campaign: now.campaign.clone(),
                measure,
                was: Interval { value: x.simulation.value, ..x.exercises },
                now: Interval { value: y.simulation.value, ..y.exercises },
                beyond_simulation: Some(apart(x.simulation, y.simulation)),
                beyond_exercises: apart(x.exercises, y.exercises),
            }
        });
    let hours = hours.into_iter().filter(|(_, x, y)| x.mean != y.mean).map(|(measure, x, y)| ScoreChange {
        campaign: now.campaign.clone(),
        measure,
        was: Interval { value: x.mean, ..x.exercises },
        now: Interval { value: y.mean, ..y.exercises },
        beyond_simulation: None,
        beyond_exercises: apart(x.exercises, y.exercises),
    });
    shares.chain(hours).collect()
}
