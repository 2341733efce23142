//! From what the sandbox observed to a recording and an exercise.

use std::collections::BTreeMap;

use ::exercise::procedure::{self, Procedure};
use ::exercise::sandbox::{Action, Change, ChangeKind, Done, End, Observed, What};
use model::exercise::{CleanProof, Ending, Exercise, Prevention, Refusal};
use model::quantity::Timestamp;
use model::recording::{Blocked, LabelQuality, Recording, RunStatus, Selection};

use super::{Left, Task};

/// When every exercise begins, as far as its telemetry says: 2026-01-05T08:00:00Z.
/// A record holds no clock; when a run was made stands beside it in the ledger.
pub(super) const BEGAN: Timestamp = Timestamp(1_767_600_000_000);

/// The host that telemetry names: the sandbox has a name of its own.
pub(super) const HOST: &str = "feuerprobe";

/// The word in the procedure's environment by which the sandbox knows it.
pub(super) const MARKER: &str = "feuerprobe";

/// How many refused attempts and changes are kept of one run.
const KEPT: usize = 200;

/// Returns what a procedure that ran leaves.
pub(super) fn left(task: &Task, observed: &Observed, alert: Option<u64>) -> Left {
    let undeclared = procedure::breaches(&task.procedure, observed);
    let run = status(&task.procedure, observed, &undeclared);
    made(task, observed, alert, run, undeclared)
}

/// Returns what a procedure leaves that was run without and with a profile. The
/// run under the profile is the one that is judged.
pub(super) fn under_profile(
    task: &Task,
    baseline: &Observed,
    under: &Observed,
    alert: Option<u64>,
    what: Prevention,
) -> Left {
    let mut undeclared = procedure::breaches(&task.procedure, baseline);
    undeclared.extend(procedure::breaches(&task.procedure, under));
    undeclared.sort();
    undeclared.dedup();
    let run = match (&what, undeclared.is_empty()) {
        (_, false) => RunStatus::BreachOfContract { effects: undeclared.clone() },
        (Prevention::NotTestable { why }, _) => RunStatus::NotRun { reason: why.clone() },
        (Prevention::Prevented { .. } | Prevention::NotPrevented, _) => RunStatus::Completed,
    };
    let mut left = made(task, under, alert, run, undeclared);
    // What the profile refused may be what a rule watches for: none is lost by it.
    left.recording.expected_rules.clear();
    if let Prevention::Prevented { by, .. } = &what {
        prove(&mut left, by);
    }
    left.exercise.prevention = Some(what);
    left
}

/// Returns what a procedure leaves that the sandbox could not run.
pub(super) fn refused(task: &Task, reason: &str) -> Left {
    let procedure = &task.procedure;
    Left {
        exercise: Exercise {
            recording: procedure.id.clone(),
            procedure: task.hash.clone(),
            tier: None,
            user: procedure.executor.user,
            ending: Ending::NotStarted,
            success: None,
            declared: procedure.effects(),
            seen: Default::default(),
            undeclared: Vec::new(),
            refused: Vec::new(),
            changes: Vec::new(),
            elapsed: 0,
            alert_after: None,
            clean: CleanProof::default(),
            notes: Vec::new(),
            prevention: None,
        },
        recording: recording(procedure, RunStatus::NotRun { reason: reason.to_owned() }, Vec::new(), None),
        files: BTreeMap::new(),
    }
}

/// Returns what happened to the run itself. Success is the procedure's own check,
/// never the exit code alone.
fn status(procedure: &Procedure, observed: &Observed, undeclared: &[String]) -> RunStatus {
    let guard = observed.actions.iter().find_map(|a| match &a.result {
        Done::Denied { by, .. } if by == "guard" && !a.harness => Some(attempt(&a.what)),
        _ => None,
    });
    if !undeclared.is_empty() {
        return RunStatus::BreachOfContract { effects: undeclared.to_vec() };
    }
    if observed.clean.survivors + observed.clean.mounts > 0 {
        let (processes, mounts) = (observed.clean.survivors, observed.clean.mounts);
        return RunStatus::CleanUpFailed {
            reason: format!("{processes} processes and {mounts} mounts are left"),
        };
    }
    match (observed.end, observed.success) {
        (End::Exited(procedure::UNMET), _) if !procedure.dependencies.is_empty() => {
            RunStatus::NotRun { reason: unmet(&observed.output) }
        }
        (End::Limit(::exercise::sandbox::Limit::Deadline), _) => RunStatus::TimedOut,
        (End::Limit(limit), _) => {
            RunStatus::Crashed { reason: format!("it ran into the bound on {}", limit.word()) }
        }
        (_, Some(true)) => RunStatus::Completed,
        (end, Some(false)) => RunStatus::Crashed {
            reason: match guard {
                Some(what) => format!("not testable here: the sandbox itself refuses {what}"),
                None => format!("its check says that the technique did not take place; it {}", ended(end)),
            },
        },
        (end, None) if procedure.success.is_some() => {
            RunStatus::Crashed { reason: format!("it {} before its check could run", ended(end)) }
        }
        // A search that finds nothing ends with 1 and took place all the same.
        (End::Exited(code), None) if !COULD_NOT_START.contains(&code) => RunStatus::Completed,
        (end, None) => RunStatus::Crashed { reason: format!("it has no check, and it {}", ended(end)) },
    }
}

/// Exit codes of a shell whose command was not to be executed, or not to be found
/// (POSIX.1-2017, Shell Command Language, 2.8.2).
const COULD_NOT_START: [i32; 2] = [126, 127];

/// Returns the words for a dependency that is not there, as the run itself named it.
fn unmet(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let named = text.lines().rev().find(|line| line.starts_with("dependency not met: "));
    named.unwrap_or("a dependency is not met").to_owned()
}

fn ended(end: End) -> String {
    match end {
        End::Exited(code) => format!("ended with exit code {code}"),
        End::Signalled(signal) => format!("was ended by signal {signal}"),
        End::Limit(limit) => format!("ran into the bound on {}", limit.word()),
    }
}

fn made(
    task: &Task,
    observed: &Observed,
    alert: Option<u64>,
    run: RunStatus,
    undeclared: Vec<String>,
) -> Left {
    let procedure = &task.procedure;
    let telemetry = procedure::telemetry(procedure, observed, BEGAN, HOST);
    let mut files = BTreeMap::new();
    for (name, bytes) in [("telemetry.jsonl", telemetry.sysmon), ("audit.log", telemetry.audit)] {
        if !bytes.is_empty() {
            files.insert(format!("{}/{name}", procedure.id), String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    let end = Timestamp(BEGAN.0 + i64::try_from(observed.elapsed.div_ceil(1_000)).unwrap_or(i64::MAX / 2));
    let exercise = Exercise {
        recording: procedure.id.clone(),
        procedure: task.hash.clone(),
        tier: Some(observed.tier),
        user: procedure.executor.user,
        ending: match observed.end {
            End::Exited(code) => Ending::Exited { code },
            End::Signalled(signal) => Ending::Signalled { signal },
            End::Limit(limit) => Ending::Limit { which: limit.word().to_owned() },
        },
        success: observed.success,
        declared: procedure.effects(),
        seen: procedure::seen(observed),
        undeclared,
        refused: refusals(&observed.actions),
        changes: observed.changes.iter().take(KEPT).map(change).collect(),
        elapsed: observed.elapsed,
        alert_after: alert,
        clean: CleanProof {
            survivors: observed.clean.survivors.into(),
            mounts: observed.clean.mounts.into(),
        },
        notes: procedure.notes.iter().chain(&observed.notes).cloned().collect(),
        prevention: None,
    };
    let mut recording = recording(procedure, run, files.keys().cloned().collect(), Some(end));
    // Without a check of its own, only an effect shows that the act took place.
    if procedure.success.is_none() && exercise.seen.is_empty() {
        recording.success = Some(effect());
    }
    Left { exercise, recording, files }
}

fn recording(procedure: &Procedure, run: RunStatus, files: Vec<String>, end: Option<Timestamp>) -> Recording {
    Recording {
        id: procedure.id.clone(),
        title: procedure.name.clone(),
        kind: procedure.kind,
        techniques: procedure.techniques.clone(),
        published: procedure.published.clone(),
        label: if procedure.techniques.is_empty() {
            LabelQuality::None
        } else {
            LabelQuality::TechniqueExact
        },
        run,
        files,
        act: end.map(|_| BEGAN),
        end,
        host: end.map(|_| HOST.to_owned()),
        marker: None,
        telemetry: procedure.telemetry.clone(),
        success: None,
        blocked: None,
        expected_rules: procedure.expected_rules.clone(),
        deadline: procedure.deadline,
        source: procedure.source.clone(),
    }
}

/// Writes the refusals of the profile as events of their own, so that the claim
/// that it stopped the act rests on evidence like every other.
fn prove(left: &mut Left, by: &[String]) {
    let path = format!("{}/refused.jsonl", left.recording.id);
    let own = left.exercise.refused.iter().filter(|r| by.contains(&r.by));
    let mut events: Vec<serde_json::Value> =
        own.map(|r| serde_json::json!({"RefusedBy": r.by, "Attempt": r.what, "Times": r.times})).collect();
    // A directive that took something away (a mount, a capability) leaves the
    // refusal to the kernel; the event says which directive that is.
    for directive in by {
        if !events.iter().any(|e| e["RefusedBy"] == directive.as_str()) {
            events.push(serde_json::json!({"RefusedBy": directive, "Attempt": left.recording.title}));
        }
    }
    let lines: String = events
        .into_iter()
        .map(|mut event| {
            event["UtcTime"] = super::description::moment(BEGAN).into();
            event["Computer"] = HOST.into();
            format!("{event}\n")
        })
        .collect();
    let mut selection = serde_json::Map::new();
    selection.insert("RefusedBy".to_owned(), by.to_vec().into());
    left.recording.blocked = Some(Blocked { by: by.join(", "), evidence: Selection(selection) });
    left.recording.files.push(path.clone());
    left.recording.files.sort();
    left.files.insert(path, lines);
}

/// The selection of what shows an act that has no check and left no effect: no telemetry of the
/// sandbox has the field, so that such an act is inconclusive and never a blind spot.
fn effect() -> Selection {
    let mut selection = serde_json::Map::new();
    selection.insert("Effect|exists".to_owned(), true.into());
    Selection(selection)
}

/// Returns attempts that were refused, each once with its number, in order of the first.
fn refusals(actions: &[Action]) -> Vec<Refusal> {
    let mut all: Vec<Refusal> = Vec::new();
    for action in actions.iter().filter(|a| !a.harness) {
        let by = match &action.result {
            Done::Denied { by, .. } => by.clone(),
            // What the kernel refuses for want of permission; a file that is not there is no refusal.
            Done::Failed(errno) if [1, 13, 30].contains(errno) => "system".to_owned(),
            Done::Failed(_) | Done::Ok | Done::Sunk => continue,
        };
        let what = attempt(&action.what);
        if let Some(known) = all.iter_mut().find(|r| r.what == what && r.by == by) {
            known.times += 1;
        } else if all.len() < KEPT {
            all.push(Refusal { what, by, times: 1 });
        }
    }
    all
}

fn attempt(what: &What) -> String {
    match what {
        What::Exec { image, .. } => format!("run {image}"),
        What::Fork { .. } => "start a process".to_owned(),
        What::Exit { code } => format!("end with {code}"),
        What::File { op, path, to } => {
            let to = to.as_ref().map_or(String::new(), |to| format!(" to {to}"));
            format!("{} {path}{to}", format!("{op:?}").to_lowercase())
        }
        What::Connect { address, port, .. } => format!("connect to {address} port {port}"),
        What::Bind { address, port, .. } => format!("listen on {address} port {port}"),
        What::LocalSocket { path, .. } => format!("use the socket {path}"),
        What::Resolve { name } => format!("look up {name}"),
        What::Call { name, number, .. } if name.is_empty() => format!("call number {number}"),
        What::Call { name, .. } => format!("call {name}"),
    }
}

fn change(change: &Change) -> String {
    let kind = match change.kind {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
        ChangeKind::Modified => "modified",
    };
    format!("{kind} {}", change.path)
}
