//! Comparison with labels that others have put on recordings.

use std::collections::{BTreeMap, BTreeSet};

use model::detection::{Replay, RuleInfo, RuleSetSummary};
use model::event::Origin;
use model::id::RuleId;
use model::record::{LabelCheck, LabelMiss};

/// Which rules a label set names for one recording.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelSet {
    /// Its name, such as `gold`.
    pub name: String,
    /// Recording id and rule that fires on it.
    pub pairs: BTreeSet<(String, RuleId)>,
}

/// Returns how many pairs of each label set fired, and for each that did not the
/// reason. A firing that no set names, `ignored` included, is counted as extra in
/// every set; recordings without any label are left out of that count.
pub fn check_labels(
    sets: &[LabelSet],
    ignored: &LabelSet,
    replays: &[Replay],
    rules: &[RuleInfo],
    summary: &RuleSetSummary,
) -> Vec<LabelCheck> {
    let by_id: BTreeMap<&str, &Replay> = replays.iter().map(|r| (r.recording.as_str(), r)).collect();
    let infos: BTreeMap<&RuleId, &RuleInfo> = rules.iter().map(|r| (&r.id, r)).collect();
    let named: BTreeSet<&(String, RuleId)> =
        sets.iter().flat_map(|s| &s.pairs).chain(&ignored.pairs).collect();
    let labelled: BTreeSet<&str> = named.iter().map(|(recording, _)| recording.as_str()).collect();
    let mut extra_rules: BTreeMap<RuleId, u64> = BTreeMap::new();
    for replay in replays.iter().filter(|r| labelled.contains(r.recording.as_str())) {
        for firing in replay.firings.iter().filter(|f| f.passed() > 0) {
            if !named.contains(&(replay.recording.to_string(), firing.rule.clone())) {
                *extra_rules.entry(firing.rule.clone()).or_default() += 1;
            }
        }
    }
    let extra = extra_rules.values().sum();
    sets.iter()
        .filter(|set| !set.pairs.is_empty())
        .map(|set| {
            let mut reproduced = 0;
            let mut missing = Vec::new();
            for (recording, rule) in &set.pairs {
                let replay = by_id.get(recording.as_str()).copied();
                let causes = causes(rule, replay, infos.get(rule).copied(), summary);
                if causes.is_empty() {
                    reproduced += 1;
                } else {
                    missing.push(LabelMiss { recording: recording.clone(), rule: rule.clone(), causes });
                }
            }
            LabelCheck {
                set: set.name.clone(),
                pairs: set.pairs.len() as u64,
                reproduced,
                extra,
                missing,
                extra_rules: extra_rules.clone(),
            }
        })
        .collect()
}

/// Returns why a rule did not fire on a recording, worst link first; empty when it fired.
fn causes(
    rule: &RuleId,
    replay: Option<&Replay>,
    info: Option<&RuleInfo>,
    summary: &RuleSetSummary,
) -> Vec<String> {
    let Some(replay) = replay else { return vec!["recording not read".to_owned()] };
    if replay.passed(rule) > 0 {
        return Vec::new();
    }
    if let Some(events) = replay.taken_back.get(rule) {
        return vec![format!("suppressed by a filter on every event it matched ({events})")];
    }
    let Some(info) = info else {
        let rejected =
            summary.rejected.iter().find(|r| r.rule.as_deref().is_some_and(|n| n.contains(rule.as_str())));
        return vec![rejected.map_or_else(
            || "rule not in the rules folder".to_owned(),
            |r| format!("rule not loaded: {}: {}", r.file, r.reason),
        )];
    };
    if replay.events == 0 {
        return vec![format!("event absent: no event could be read, {} unreadable", replay.unreadable)];
    }
    let served: u64 =
        replay.sources.iter().filter(|(origin, _)| origin.serves(&info.source)).map(|(_, n)| *n).sum();
    let unrouted = replay.sources.get(&Origin::default()).copied().unwrap_or(0);
    if served == 0 && unrouted > 0 {
        return vec![format!(
            "log source unknown: the rule looks at {}; whether it is among the {unrouted} events of an \
             unknown log source cannot be said",
            info.source
        )];
    }
    if served == 0 {
        let held: Vec<String> = replay.sources.keys().map(Origin::words).take(4).collect();
        return vec![format!(
            "log source not collected: the rule looks at {}, the recording holds {}",
            info.source,
            held.join(", ")
        )];
    }
    vec![format!("rule silent: evaluated on {served} events of {} and matched none", info.source)]
}
