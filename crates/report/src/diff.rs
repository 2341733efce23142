//! Two records side by side, for people.

use model::comparison::{Comparison, ContentChange, Direction, RuleFate, ScoreChange, ScoreMeasure};
use model::id::{RecordingId, VerdictId};
use model::record::Record;

use crate::number::{big, percent, percent_range, plural};
use crate::words;
use crate::wrap::{joined, wrap};

/// Columns of the comparison.
const WIDTH: usize = 80;

/// How many changes of one part of the content are named; the rest is counted.
const NAMED: usize = 20;

/// Returns what changed from `a` to `b` as text: inputs, verdicts with their cause, rules and
/// scores.
pub fn diff(comparison: &Comparison, a: &Record, b: &Record) -> String {
    let mut lines = Vec::new();
    inputs(comparison, &mut lines);
    recordings(comparison, a, b, &mut lines);
    verdicts(comparison, a, b, &mut lines);
    rules(comparison, &mut lines);
    scores(comparison, &mut lines);
    if lines.is_empty() {
        lines.push("No difference: inputs, verdicts, rules and scores are the same.".to_owned());
    }
    joined(&lines).trim_start().to_owned()
}

fn heading(lines: &mut Vec<String>, text: &str) {
    lines.push(String::new());
    lines.push(text.to_owned());
}

fn inputs(comparison: &Comparison, lines: &mut Vec<String>) {
    if !comparison.inputs.is_empty() || !comparison.content.is_empty() {
        heading(lines, "Inputs");
    }
    for input in &comparison.inputs {
        let shown = |value: &str| if input.hashed { short(value) } else { value.to_owned() };
        let was = input.was.as_deref().map_or_else(|| "not given".to_owned(), shown);
        lines.extend(wrap("  ", &format!("{} {was} → {}", input.name, shown(&input.now)), WIDTH));
    }
    for part in ["estate", "campaigns", "playbooks"] {
        let changes: Vec<&ContentChange> = comparison.content.iter().filter(|c| c.part == part).collect();
        let shown = |text: Option<&String>| text.map_or("nothing", String::as_str).to_owned();
        let named = changes.iter().take(NAMED);
        let named = named.map(|c| format!("{} {} → {}", c.key, shown(c.was.as_ref()), shown(c.now.as_ref())));
        let more = changes.len().saturating_sub(NAMED) as u64;
        let rest = (more > 0).then(|| format!("and {}", plural(more, "more change", "more changes")));
        for change in named.chain(rest) {
            lines.extend(wrap(&format!("    {part}: "), &change, WIDTH));
        }
    }
}

fn recordings(comparison: &Comparison, a: &Record, b: &Record, lines: &mut Vec<String>) {
    if comparison.recordings.is_empty() {
        return;
    }
    heading(lines, "Recordings");
    for change in &comparison.recordings {
        let (mark, record) = if change.gone { ("  gone     ", a) } else { ("  new      ", b) };
        lines.extend(wrap(mark, &judged(record, &change.recording), WIDTH));
    }
    if comparison.recordings.iter().any(|change| change.gone) {
        let said = "What a recording that is gone had missed no longer lowers a chance, so what follows may \
                    look better than it is.";
        lines.extend(wrap("  ", said, WIDTH));
    }
}

/// Returns a recording with what its verdicts say.
fn judged(record: &Record, recording: &RecordingId) -> String {
    let own = record.verdicts.iter().filter(|v| v.recording == *recording);
    let said: Vec<String> = own.map(|v| format!("{} {}", v.technique, words::outcome(v))).collect();
    if said.is_empty() { recording.to_string() } else { format!("{recording}: {}", said.join(", ")) }
}

fn short(hash: &str) -> String {
    hash.get(..12).unwrap_or(hash).to_owned()
}

fn verdicts(comparison: &Comparison, a: &Record, b: &Record, lines: &mut Vec<String>) {
    if comparison.verdicts.is_empty() {
        return;
    }
    heading(lines, "Verdicts");
    let outcome = |record: &Record, id: &VerdictId| {
        record.verdicts.iter().find(|v| v.id == *id).map_or_else(String::new, words::outcome)
    };
    for change in &comparison.verdicts {
        let id = &change.verdict;
        let both = || format!("{id}: {} → {}", outcome(a, id), outcome(b, id));
        let (mark, text) = match change.direction {
            Direction::New => ("  new     ", format!("{id}: {}", outcome(b, id))),
            Direction::Gone => ("  gone    ", format!("{id}: was {}", outcome(a, id))),
            Direction::Better => ("  better  ", both()),
            Direction::Worse => ("  worse   ", both()),
            Direction::Other => ("  other   ", both()),
        };
        lines.extend(wrap(mark, &text, WIDTH));
        if !matches!(change.direction, Direction::New | Direction::Gone) {
            let because = match change.because.as_slice() {
                [] => "the records do not say why".to_owned(),
                causes => causes.join(", "),
            };
            lines.extend(wrap("            ", &format!("because {because}"), WIDTH));
        }
    }
}

fn rules(comparison: &Comparison, lines: &mut Vec<String>) {
    if comparison.rules.is_empty() {
        return;
    }
    let count = comparison.rules.len() as u64;
    heading(lines, &format!("Rules: {}", plural(count, "change", "changes")));
    for change in &comparison.rules {
        let mark = match change.fate {
            RuleFate::New => "  new?     ",
            RuleFate::Changed => "  changed  ",
            RuleFate::Gone => "  gone?    ",
            RuleFate::Lost => "  lost     ",
            RuleFate::Found => "  found    ",
            RuleFate::Unknown => "  unknown  ",
        };
        let what = match &change.recording {
            Some(recording) => format!("{} on {recording}", change.title),
            None => change.title.clone(),
        };
        let text = match (change.how, change.fate) {
            (None, _) => what,
            (Some(how), RuleFate::New | RuleFate::Gone) => format!("{what}: it {how}"),
            (Some(how), _) => format!("{what}: {how}"),
        };
        lines.extend(wrap(mark, &text, WIDTH));
    }
}

fn scores(comparison: &Comparison, lines: &mut Vec<String>) {
    if comparison.scores.is_empty() && comparison.new_scores.is_empty() {
        return;
    }
    heading(lines, "Scores");
    let new = comparison.new_scores.iter().map(|campaign| format!("{campaign}: new"));
    for row in comparison.scores.iter().map(score).chain(new) {
        lines.extend(wrap("  ", &row, WIDTH));
    }
}

fn score(change: &ScoreChange) -> String {
    let ScoreChange { campaign, was, now, .. } = change;
    let share = |name: &str| {
        let noise = match (change.beyond_simulation, change.beyond_exercises) {
            (Some(true), true) => "more than noise",
            (Some(true), false) => "more than simulation noise; the exercises cannot tell the two apart",
            _ => "not more than simulation noise",
        };
        let few = format!("few exercises {} → {}", percent_range(*was), percent_range(*now));
        let (was, now) = (percent(was.value), percent(now.value));
        format!("{campaign} {name}: {was} → {now} ({few}): {noise}")
    };
    let hours = |name: &str| {
        let noise = match change.beyond_exercises {
            true => "more than noise",
            false => "within what few exercises leave open",
        };
        format!("{campaign} person-hours {name}: {} → {}: {noise}", big(was.value), big(now.value))
    };
    match change.measure {
        ScoreMeasure::Payload => share("payload first"),
        ScoreMeasure::Outflow => share("data out first"),
        ScoreMeasure::Unnoticed => share("nobody notices"),
        ScoreMeasure::HoursByAttack => hours("by attack"),
        ScoreMeasure::HoursByContainment => hours("by containment"),
    }
}
