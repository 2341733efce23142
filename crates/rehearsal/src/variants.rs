//! What changed rules do on all recordings, in one pass.

use std::collections::BTreeMap;

use detect::Variant;
use model::detection::RuleInfo;
use model::id::{RecordingId, RuleId};
use model::recording::{Recording, RecordingKind};
use telemetry::{Labels, Survey};

use crate::progress::Progress;
use crate::replay::watch_all;
use crate::workspace::Intake;

/// How often each changed rule fires, by recording.
pub(crate) type Firings = BTreeMap<RuleId, BTreeMap<RecordingId, u64>>;

/// Returns how often each variant fires on each recording, under the ids of
/// [`detect::variant_id`]. Each was compiled once already.
pub(crate) fn firings<'v>(
    intake: &Intake,
    variants: impl Iterator<Item = &'v Variant>,
    progress: &dyn Progress,
) -> Firings {
    let Ok(rules) = intake.rules.variants(variants) else { return Firings::new() };
    if rules.rules().is_empty() {
        return Firings::new();
    }
    // Only firings are wanted, no verdict.
    let bare = |recording: &Recording| Recording {
        kind: RecordingKind::Benign,
        techniques: Vec::new(),
        expected_rules: Vec::new(),
        ..recording.clone()
    };
    let recordings = intake.survey.recordings.iter().map(bare).collect();
    let survey = Survey { recordings, labels: Labels::default(), unread: Vec::new() };
    // What readers have to say was said when the recordings were replayed.
    let (watched, _) = watch_all(&rules, &survey, intake.recordings.as_ref(), progress);
    let mut firings = Firings::new();
    for one in watched {
        for firing in one.replay.firings.iter().filter(|f| f.passed() > 0) {
            let own = firings.entry(firing.rule.clone()).or_default();
            own.insert(one.replay.recording.clone(), firing.passed());
        }
    }
    firings
}

/// Returns whether a rule counts for a recording: it names a technique of it, its parent, or a
/// part of it, or is expected there.
pub(crate) fn concerns(rule: &RuleInfo, recording: &Recording) -> bool {
    recording.expected_rules.contains(&rule.id)
        || recording.techniques.iter().any(|t| {
            rule.techniques
                .iter()
                .any(|r| r == t || r.parent().as_ref() == Some(t) || t.parent().as_ref() == Some(r))
        })
}
