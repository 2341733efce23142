//! The measuring half in figures.

use std::collections::{BTreeMap, BTreeSet};

use model::detection::{Replay, RuleInfo};
use model::id::{RecordingId, RuleId, TechniqueId};
use model::recording::{Recording, RecordingKind};
use model::scorecard::{BenignFiring, Coverage};
use model::verdict::{Outcome, OutcomeKind, Verdict};

use crate::evidence::count;
use crate::interval::clopper_pearson;

/// Returns how much was seen and what it cost in precision.
///
/// An expected rule has fired when it matched at least one event that no filter
/// took back; a rule that is expected but not in the rule set is lost as well.
/// Precision is over twins: alerts on attacks / (alerts on attacks + twins that
/// raised one), with a 95 % Clopper-Pearson interval; `None` without twins.
pub fn coverage(
    verdicts: &[Verdict],
    recordings: &[Recording],
    replays: &[Replay],
    rules: &[RuleInfo],
) -> Coverage {
    let by_recording: BTreeMap<&RecordingId, &Replay> = replays.iter().map(|r| (&r.recording, r)).collect();
    let seen = |v: &&Verdict| {
        let kind = v.outcome.as_ref().map(Outcome::kind);
        matches!(kind, Some(OutcomeKind::Prevented | OutcomeKind::Alerted))
    };
    let techniques = |list: &mut dyn Iterator<Item = &Verdict>| {
        let distinct: BTreeSet<&TechniqueId> = list.map(|v| &v.technique).collect();
        distinct.len() as u32
    };
    let (expected_fired, expected_lost) = expected(recordings, &by_recording);
    let (benign_events, benign) = benign(recordings, &by_recording, rules);
    Coverage {
        verdicts: count(verdicts.iter()),
        no_outcome: verdicts.iter().filter(|v| v.outcome.is_none()).count() as u32,
        techniques: techniques(&mut verdicts.iter().filter(|v| v.outcome.is_some())),
        techniques_seen: techniques(&mut verdicts.iter().filter(seen)),
        expected_fired,
        expected_lost,
        benign_events,
        benign,
        precision: precision(verdicts),
    }
}

fn expected(recordings: &[Recording], replays: &BTreeMap<&RecordingId, &Replay>) -> (u32, u32) {
    let (mut fired, mut lost) = (0, 0);
    for recording in recordings.iter().filter(|r| r.kind == RecordingKind::Attack) {
        let Some(replay) = replays.get(&recording.id) else { continue };
        for rule in &recording.expected_rules {
            if replay.passed(rule) > 0 {
                fired += 1;
            } else {
                lost += 1;
            }
        }
    }
    (fired, lost)
}

fn benign(
    recordings: &[Recording],
    replays: &BTreeMap<&RecordingId, &Replay>,
    rules: &[RuleInfo],
) -> (u64, Vec<BenignFiring>) {
    let quiet = recordings.iter().filter(|r| r.kind != RecordingKind::Attack);
    let quiet: Vec<&Replay> = quiet.filter_map(|r| replays.get(&r.id).copied()).collect();
    let events: u64 = quiet.iter().map(|r| r.events).sum();
    let mut by_rule: BTreeMap<&RuleId, u64> = BTreeMap::new();
    for firing in quiet.iter().flat_map(|r| &r.firings).filter(|f| f.passed() > 0) {
        *by_rule.entry(&firing.rule).or_default() += firing.passed();
    }
    let known: BTreeMap<&RuleId, &RuleInfo> = rules.iter().map(|r| (&r.id, r)).collect();
    let mut list: Vec<BenignFiring> = by_rule
        .into_iter()
        .map(|(rule, fired)| BenignFiring {
            rule: rule.clone(),
            title: known.get(rule).map_or_else(|| rule.to_string(), |r| r.title.clone()),
            level: known.get(rule).map_or_else(String::new, |r| r.level.clone()),
            events: fired,
            per_million: if events == 0 { 0.0 } else { fired as f64 * 1e6 / events as f64 },
        })
        .collect();
    list.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.rule.cmp(&b.rule)));
    (events, list)
}

fn precision(verdicts: &[Verdict]) -> Option<model::quantity::Interval> {
    let mut twins: BTreeMap<&RecordingId, bool> = BTreeMap::new();
    for twin in verdicts.iter().flat_map(|v| &v.twins) {
        *twins.entry(&twin.recording).or_default() |= !twin.fired.is_empty();
    }
    let alerts = u64::from(count(verdicts.iter()).alerted);
    let wrong = twins.values().filter(|fired| **fired).count() as u64;
    (!twins.is_empty() && alerts + wrong > 0).then(|| clopper_pearson(alerts, alerts + wrong, 0.95))
}
