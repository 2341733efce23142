//! Benign counterparts: a rule that fires on them costs precision.

use model::recording::{Recording, RecordingKind};
use model::verdict::{TwinResult, Verdict};

use crate::observe::Watched;

/// Adds to each verdict what its technique's rules did on the benign twins.
///
/// A twin belongs to a verdict when it carries the same technique id; `twins`
/// may hold watched recordings of any kind, only twins are used.
pub fn join_twins(verdicts: &mut [Verdict], twins: &[&Watched], recordings: &[Recording]) {
    let twin = |watched: &Watched| {
        recordings.iter().any(|r| r.id == watched.replay.recording && r.kind == RecordingKind::Twin)
    };
    let twins: Vec<&Watched> = twins.iter().copied().filter(|watched| twin(watched)).collect();
    for verdict in verdicts {
        let of_technique = twins.iter().filter_map(|watched| {
            let fired = watched.fired.get(&verdict.technique)?.clone();
            Some(TwinResult { recording: watched.replay.recording.clone(), fired })
        });
        verdict.twins = of_technique.collect();
        verdict.twins.sort_by(|a, b| a.recording.cmp(&b.recording));
    }
}
