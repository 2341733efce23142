//! What was run in the sandbox: where, what it touched, what was refused, what a profile stopped.

use askama::Template;
use model::exercise::{Effects, Prevention};
use model::recording::{RecordingKind, RunStatus};

use super::{Page, fill};
use crate::exercised::{self, Row};
use crate::number::plural;
use crate::words;

/// How many entries of one kind a cell names; the record holds all.
const NAMED: usize = 12;

struct Kind {
    name: &'static str,
    entries: Vec<String>,
    more: usize,
}

struct Entry {
    id: String,
    name: String,
    techniques: String,
    state: &'static str,
    class: &'static str,
    verdict: String,
    delay: String,
    tier: &'static str,
    user: &'static str,
    clean: &'static str,
    elapsed: String,
    why: String,
    prevention: String,
    seen: Vec<Kind>,
    undeclared: Vec<String>,
    refused: Vec<(String, String, u64)>,
    changes: Kind,
    notes: Vec<String>,
    observed_only: bool,
}

struct Line {
    line: String,
    number: usize,
    techniques: String,
    proof: &'static str,
}

struct Test {
    name: String,
    kind: String,
    stopped: Vec<(String, String)>,
    open: Vec<(String, String)>,
    lines: Vec<Line>,
    modelled: Vec<String>,
}

#[derive(Template)]
#[template(path = "exercises.html")]
struct Exercises {
    intro: String,
    profile: Option<Test>,
    rows: Vec<Entry>,
    twins: Vec<Entry>,
}

/// Returns the exercises; empty when nothing was exercised.
pub(super) fn exercises(page: &Page<'_>) -> String {
    let record = page.record;
    let of = |kind| exercised::rows(record, kind).iter().map(entry).collect::<Vec<_>>();
    let (rows, twins) = (of(RecordingKind::Attack), of(RecordingKind::Twin));
    if rows.is_empty() && twins.is_empty() {
        return String::new();
    }
    let ran: Vec<_> = record.exercises.iter().filter(|e| e.tier.is_some()).collect();
    let unclean = ran.iter().filter(|e| !e.clean.is_clean()).count() as u64;
    let intro = format!(
        "{} in a sandbox with a root, processes and network of its own; {}.",
        plural(ran.len() as u64, "run", "runs"),
        if unclean == 0 {
            "afterwards no process and no mount of any was left".to_owned()
        } else {
            format!("{} left traces", plural(unclean, "run", "runs"))
        }
    );
    fill(&Exercises { intro, profile: test(page), rows, twins })
}

fn test(page: &Page<'_>) -> Option<Test> {
    let test = page.record.profile.as_ref()?;
    let names = |list: &[model::id::TechniqueId]| {
        list.iter().map(|t| (t.to_string(), words::technique_name(page.record, t))).collect()
    };
    let lines = test.lines.iter().map(|line| Line {
        line: line.line.clone(),
        number: line.techniques.len(),
        techniques: line.techniques.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        proof: if line.verified { "run again with it" } else { "evaluated, not run" },
    });
    Some(Test {
        name: test.name.clone(),
        kind: test.kind.clone(),
        stopped: names(&test.stopped),
        open: names(&test.open),
        lines: lines.collect(),
        modelled: test.modelled.clone(),
    })
}

fn kinds(effects: &Effects) -> Vec<Kind> {
    let some = effects.kinds().into_iter().filter(|(_, list)| !list.is_empty());
    some.map(|(name, list)| kind(name, list)).collect()
}

fn kind(name: &'static str, list: &[String]) -> Kind {
    Kind { name, entries: list.iter().take(NAMED).cloned().collect(), more: list.len().saturating_sub(NAMED) }
}

fn entry(row: &Row<'_>) -> Entry {
    let exercise = row.exercise;
    let prevention = match &exercise.prevention {
        None => String::new(),
        Some(Prevention::Prevented { by, modelled }) => {
            format!("stopped by {}{}", by.join(", "), if *modelled { " (modelled)" } else { "" })
        }
        Some(Prevention::NotPrevented) => "the profile does not stop it".to_owned(),
        Some(Prevention::NotTestable { why }) => format!("not testable: {why}"),
    };
    let odd = row.recording.run != RunStatus::Completed;
    Entry {
        id: row.recording.id.to_string(),
        name: row.recording.title.clone(),
        techniques: row.recording.techniques.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        state: exercised::state(row),
        class: exercised::outcome(row).map_or("inconclusive", model::verdict::OutcomeKind::word),
        verdict: exercised::outcome_words(row),
        delay: exercised::delay(row),
        tier: exercised::tier(row),
        user: match exercise.user {
            model::exercise::User::Root => "the sandbox's root",
            model::exercise::User::Ordinary => "an ordinary user",
        },
        clean: exercised::clean(row),
        elapsed: exercised::micros(exercise.elapsed),
        why: if odd { words::run(&row.recording.run) } else { String::new() },
        prevention,
        seen: kinds(&exercise.seen),
        undeclared: exercise.undeclared.clone(),
        refused: exercise.refused.iter().map(|r| (r.what.clone(), r.by.clone(), r.times)).collect(),
        changes: kind("left inside", &exercise.changes),
        notes: exercise.notes.clone(),
        observed_only: exercise.declared.is_none(),
    }
}
