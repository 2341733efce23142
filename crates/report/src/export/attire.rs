//! ATTiRe 1.1: the execution log that VECTR and runners of published tests exchange.

use model::exercise::{Ending, Exercise};
use model::quantity::Timestamp;
use model::record::{Record, RunInfo};
use model::verdict::Verdict;
use serde_json::{Value, json};

use super::{id, rfc3339};
use crate::words;

/// Returns the exercises of a run as an execution log. Its format has no place for an outcome:
/// the verdict is one line of the step's output.
pub(super) fn attire(record: &Record, info: Option<&RunInfo>) -> Result<String, &'static str> {
    if record.exercises.is_empty() {
        return Err(
            "it logs what was carried out, and this run has no exercise; `feuerprobe exercise` makes one",
        );
    }
    let name = info.map_or_else(|| record.product.clone(), |i| i.id.to_string());
    let first = record.recordings.iter().filter_map(|r| r.act).min();
    let generated = info.map(|i| i.stored).or(first).map(rfc3339);
    let mut order = 0_u32;
    let procedures: Vec<Value> = record
        .exercises
        .iter()
        .map(|exercise| {
            order += 1;
            procedure(record, exercise, order)
        })
        .collect();
    let log = json!({
        "attire-version": "1.1",
        "execution-data": {
            "execution-source": format!("Feuerprobe {}", record.product),
            "execution-id": id("execution", &name).to_string(),
            "execution-category": {"name": "Feuerprobe", "abbreviation": "FP"},
            "execution-command": "feuerprobe exercise",
            "target": {"user": "", "host": "sandbox", "ip": "", "path": ""},
            "time-generated": generated.unwrap_or_default(),
        },
        "procedures": procedures,
    });
    Ok(format!("{log:#}\n"))
}

fn procedure(record: &Record, exercise: &Exercise, order: u32) -> Value {
    let recording = record.recordings.iter().find(|r| r.id == exercise.recording);
    let title = recording.map_or("", |r| r.title.as_str());
    let technique = recording.and_then(|r| r.techniques.first()).map_or("", |t| t.as_str());
    let begin = recording.and_then(|r| r.act);
    let elapsed = i64::try_from(exercise.elapsed / 1_000).unwrap_or(i64::MAX);
    let end = begin.map(|b| Timestamp(b.0.saturating_add(elapsed)));
    let (code, timed_out) = match &exercise.ending {
        Ending::Exited { code } => (Some(*code), false),
        Ending::Signalled { signal } => (Some(128 + signal), false),
        Ending::Limit { which } => (None, which == "time"),
        Ending::NotStarted => (None, false),
    };
    let verdicts = record.verdicts.iter().filter(|v| v.recording == exercise.recording);
    let told = |v: &Verdict| json!({"content": format!("{}: {}", v.technique, words::outcome(v)), "level": "STDOUT", "type": "console"});
    json!({
        "mitre-technique-id": technique,
        "procedure-name": title,
        "procedure-id": {"type": "feuerprobe", "id": id("procedure", &exercise.procedure).to_string()},
        "procedure-description": title,
        "order": order,
        "steps": [{
            "order": 1,
            "time-start": begin.map(rfc3339).unwrap_or_default(),
            "time-stop": end.map(rfc3339).unwrap_or_default(),
            "executor": "sandbox",
            "command": exercise.seen.processes.join("; "),
            "process-id": 0,
            "exit-code": code,
            "is-timeout": timed_out,
            "output": verdicts.map(told).collect::<Vec<_>>(),
        }],
    })
}
