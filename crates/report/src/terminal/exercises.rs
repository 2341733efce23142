//! The exercises in the summary: a line for each, then what a profile stopped.

use std::collections::BTreeMap;

use model::exercise::Prevention;
use model::id::TechniqueId;
use model::record::Record;
use model::recording::{RecordingKind, RunStatus};
use model::verdict::OutcomeKind;

use super::{Page, colour};
use crate::exercised::{self, Row};
use crate::number::plural;
use crate::words;
use crate::wrap::cut;

/// How many techniques a line of the profile's part names.
const NAMED: usize = 12;
/// How many further lines for a profile are shown.
const LINES: usize = 3;

/// Adds what was exercised; nothing when nothing was.
pub(super) fn exercises(page: &mut Page, record: &Record) {
    let attacks = exercised::rows(record, RecordingKind::Attack);
    let twins = exercised::rows(record, RecordingKind::Twin);
    if attacks.is_empty() && twins.is_empty() {
        return;
    }
    page.heading("What was exercised");
    summary(page, &attacks, &twins, record);
    table(page, &attacks);
    troubles(page, &attacks, &twins);
    profile(page, record, &attacks);
}

fn summary(page: &mut Page, attacks: &[Row<'_>], twins: &[Row<'_>], record: &Record) {
    let mut states: BTreeMap<&str, u64> = BTreeMap::new();
    for row in attacks {
        *states.entry(exercised::state(row)).or_default() += 1;
    }
    let parts: Vec<String> = exercised::STATES
        .iter()
        .filter_map(|state| Some(format!("{} {state}", states.get(state)?)))
        .collect();
    page.text(
        "  ",
        &format!("{}: {}", plural(attacks.len() as u64, "procedure", "procedures"), parts.join(", ")),
    );
    if !twins.is_empty() {
        let fired = |row: &&Row<'_>| {
            record.replays.iter().any(|r| r.recording == row.recording.id && !r.firings.is_empty())
        };
        let text = format!(
            "{} run beside them; rules fired on {}",
            plural(twins.len() as u64, "benign twin was", "benign twins were"),
            twins.iter().filter(fired).count()
        );
        page.text("  ", &text);
    }
    let ran = || attacks.iter().chain(twins).filter(|row| row.exercise.tier.is_some());
    let unclean = ran().filter(|row| !row.exercise.clean.is_clean()).count();
    let refused: u64 = ran().flat_map(|row| &row.exercise.refused).map(|r| r.times).sum();
    let left =
        if unclean == 0 { "nothing is left of any".to_owned() } else { format!("{unclean} LEFT TRACES") };
    let text = format!(
        "{} of the sandbox: {left}; {}",
        plural(ran().count() as u64, "run", "runs"),
        plural(refused, "attempt was refused", "attempts were refused")
    );
    page.text("  ", &text);
}

fn table(page: &mut Page, attacks: &[Row<'_>]) {
    if attacks.is_empty() {
        return;
    }
    let room = page.style.width.min(100) - 51;
    let line = |id: &str, state: &str, verdict: &str, delay: &str, tier: &str, clean: &str| {
        format!("  {id:<room$} {state:<9} {verdict:<12} {delay:>7}  {tier:<10} {clean:<5}")
            .trim_end()
            .to_owned()
    };
    let head = line("procedure", "run", "verdict", "alert", "tier", "clean");
    let head = page.paint("90", &head);
    page.lines.push(head);
    for row in attacks {
        let text = line(
            &cut(row.recording.id.as_str(), room),
            exercised::state(row),
            &exercised::outcome_words(row),
            &exercised::delay(row),
            exercised::tier(row),
            exercised::clean(row),
        );
        let code = exercised::outcome(row).map_or("90", colour);
        let text = page.paint(code, &text);
        page.lines.push(text);
    }
}

/// Adds why runs do not count, one line each.
fn troubles(page: &mut Page, attacks: &[Row<'_>], twins: &[Row<'_>]) {
    let odd = |row: &&Row<'_>| row.recording.run != RunStatus::Completed;
    let mut first = true;
    for row in attacks.iter().chain(twins).filter(odd) {
        if std::mem::take(&mut first) {
            page.heading("Does not count, and why");
        }
        page.text(&format!("  {}  ", row.recording.id), &words::run(&row.recording.run));
    }
}

fn named(list: &[TechniqueId]) -> String {
    let mut text: Vec<String> = list.iter().take(NAMED).map(ToString::to_string).collect();
    if list.len() > NAMED {
        text.push(format!("and {} more", list.len() - NAMED));
    }
    text.join(", ")
}

/// Adds what the profile under test stopped, and which line would stop the most of the rest.
fn profile(page: &mut Page, record: &Record, attacks: &[Row<'_>]) {
    let Some(test) = &record.profile else { return };
    page.heading(&format!("Profile {} ({})", test.name, test.kind));
    let whole = test.stopped.len() + test.open.len();
    page.text("  ", &format!("stops {} of {whole} techniques that work without it", test.stopped.len()));
    let mut by: BTreeMap<&str, Vec<TechniqueId>> = BTreeMap::new();
    for row in attacks {
        if let Some(Prevention::Prevented { by: directives, .. }) = &row.exercise.prevention
            && let Some(first) = directives.first()
        {
            by.entry(first).or_default().extend(row.recording.techniques.iter().cloned());
        }
    }
    for (directive, mut techniques) in by {
        techniques.sort();
        techniques.dedup();
        page.led(colour(OutcomeKind::Prevented), &format!("  {directive}  "), &named(&techniques));
    }
    if !test.open.is_empty() {
        page.led(colour(OutcomeKind::Blind), "  open  ", &named(&test.open));
    }
    for (place, line) in test.lines.iter().take(LINES).enumerate() {
        let lead = if place == 0 { "  best next line  " } else { "                  " };
        let proof = if line.verified { "run again with it" } else { "evaluated, not run" };
        let text = format!(
            "{} stops {} more ({proof}): {}",
            line.line,
            line.techniques.len(),
            named(&line.techniques)
        );
        page.led("1", lead, &text);
    }
    for modelled in &test.modelled {
        page.text("  modelled  ", modelled);
    }
}
