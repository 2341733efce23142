//! An exercise as the text of a `recording.yaml`, as `replay` reads it.

use model::attack::Joined;
use model::quantity::Timestamp;
use model::recording::{RecordingKind, RunStatus};
use serde_json::{Value, json};

use super::Left;

/// Returns the text of `recording.yaml`. Values are written as JSON, which YAML is
/// a superset of, so that no text needs rules for quoting of its own.
pub fn description(left: &Left) -> String {
    let recording = &left.recording;
    let names: Vec<&str> = left.files.keys().map(|p| p.rsplit('/').next().unwrap_or(p)).collect();
    let published: Vec<&Joined> = recording.published.iter().collect();
    let mut text =
        String::from("# Made by `feuerprobe exercise --record`. Times count from a fixed moment.\n");
    let mut line = |key: &str, value: Value| text.push_str(&format!("{key}: {value}\n"));
    line("title", json!(recording.title));
    if recording.kind != RecordingKind::Attack {
        line("kind", json!(recording.kind));
    }
    line("techniques", json!(published.iter().map(|j| j.published.as_str()).collect::<Vec<_>>()));
    line("files", json!(names));
    if let (Some(act), Some(end)) = (recording.act, recording.end) {
        line("act", json!(moment(act)));
        line("end", json!(moment(end)));
    }
    if let Some(host) = &recording.host {
        line("host", json!(host));
    }
    match &recording.run {
        RunStatus::Completed => {}
        RunStatus::TimedOut => line("run", json!("timed-out")),
        RunStatus::NotRun { reason } => line("run", json!({"not-run": reason})),
        RunStatus::Crashed { reason } => line("run", json!({"crashed": reason})),
        RunStatus::Refused { reason } => line("run", json!({"refused": reason})),
        RunStatus::CleanUpFailed { reason } => line("run", json!({"clean-up-failed": reason})),
        RunStatus::BreachOfContract { effects } => line("run", json!({"breach-of-contract": effects})),
    }
    if !recording.telemetry.is_empty() {
        line("telemetry", json!(recording.telemetry));
    }
    if let Some(blocked) = &recording.blocked {
        line("blocked", json!({"by": blocked.by, "evidence": blocked.evidence}));
    }
    if !recording.expected_rules.is_empty() {
        line("expected-rules", json!(recording.expected_rules));
    }
    line("deadline", json!(format!("{}ms", recording.deadline.0)));
    line("source", json!(recording.source));
    text
}

/// Returns a moment as RFC 3339.
pub(super) fn moment(time: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(time.0).map_or_else(|_| String::new(), |t| format!("{t:.3}"))
}
