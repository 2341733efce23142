//! `plan`: what would run, and what cannot be tested; runs nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use model::recording::{RecordingKind, RunStatus};
use rehearsal::exercise::Source;
use rehearsal::{Extent, Intake, refuse};

use crate::args::{Common, Content};
use crate::error::{Exit, Failure};
use crate::intake::{Workspace, selected};
use crate::ui::{Ui, unread_lines};

/// Shows what a run would do.
pub(super) fn plan(content: &Content, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let workspace = Workspace::find(&content.spec(common))?;
    let sources = &workspace.sources;
    sources.refuse_mixture(None, None)?;
    let mut intake = sources.read(Extent::Whole)?.sound()?;
    let source = Source::read(&selected(&[], sources), &intake)?.report(&mut intake.diagnostics);
    refuse(&intake.diagnostics)?;
    let recordings = &intake.survey.recordings;
    let count = |kind| recordings.iter().filter(|r| r.kind == kind).count();
    let mut text = String::new();
    let _ = writeln!(text, "Plan for {} (nothing is run, nothing is written)\n", workspace.describe());
    let _ = writeln!(
        text,
        "replay   {} attack recordings, {} benign twins, {} benign baselines\n         against {} rule files; every recording is read, none is executed",
        count(RecordingKind::Attack),
        count(RecordingKind::Twin),
        count(RecordingKind::Benign),
        intake.rule_summary.files,
    );
    let twins = source.tasks.iter().filter(|t| t.procedure.is_twin()).count();
    let confined = match exercise::sandbox::tier() {
        Ok(tier) => format!("each confined by {}", tier.word()),
        Err(refusal) => format!("refused here: {}", refusal.reason),
    };
    let _ = writeln!(
        text,
        "exercise {} procedures and {twins} benign twins, only by `feuerprobe exercise`;\n         {confined}",
        source.tasks.len() - twins,
    );
    for (campaign, playbook) in intake.pairing() {
        let met = playbook.map_or("nobody responds".to_owned(), |p| format!("answered with “{}”", p.name));
        let _ = writeln!(
            text,
            "race     {} ({} steps, {} techniques),\n         {met}, {} trials, seed {}",
            campaign.id,
            campaign.steps.len(),
            campaign.techniques().len(),
            sources.settings.trials,
            sources.settings.seed.0,
        );
    }
    let _ = writeln!(text, "write    one run to the ledger, report.html\n");
    let without = untested(&intake);
    if without.is_empty() {
        let _ = writeln!(text, "Every technique of every campaign has a recording.");
    } else {
        let _ = writeln!(text, "Cannot be tested here:");
        for (what, why) in without {
            let _ = writeln!(text, "  {what}\n      {why}");
        }
    }
    let unread = unread_lines(&intake.survey.unread, usize::MAX);
    if !unread.is_empty() {
        let _ = writeln!(text, "\n{}", unread.join("\n"));
    }
    objects(&source, &mut text);
    ui.troubles(&intake.diagnostics);
    ui.data(&text);
    Ok(if recordings.is_empty() { Exit::NothingRan } else { Exit::Passed })
}

/// Returns what cannot be tested, each with the reason: recordings that were not run, and
/// techniques of campaigns without a recording.
fn untested(intake: &Intake) -> Vec<(String, String)> {
    let recordings = &intake.survey.recordings;
    let mut without: Vec<(String, String)> = Vec::new();
    for recording in recordings {
        if let RunStatus::NotRun { reason } | RunStatus::Refused { reason } = &recording.run {
            without.push((recording.id.to_string(), reason.clone()));
        }
    }
    let tested: BTreeMap<_, u32> = recordings
        .iter()
        .filter(|r| r.kind == RecordingKind::Attack)
        .flat_map(|r| &r.techniques)
        .fold(BTreeMap::new(), |mut map, t| {
            *map.entry(t.clone()).or_default() += 1;
            map
        });
    for campaign in &intake.campaigns {
        for technique in campaign.techniques() {
            if !tested.contains_key(&technique) {
                let name = intake.matrix.name(&technique);
                without
                    .push((format!("{technique} {name}"), format!("no recording; used by {}", campaign.id)));
            }
        }
    }
    without
}

/// Adds what each procedure would touch, and why published tests cannot run here.
fn objects(source: &Source, text: &mut String) {
    if !source.tasks.is_empty() {
        text.push_str("\nWhat each procedure would touch, inside the sandbox and nowhere else:\n");
    }
    for task in &source.tasks {
        let procedure = &task.procedure;
        let effects = procedure.effects();
        let id = procedure.id.as_str();
        text.push_str(&report::planned(id, &procedure.name, &procedure.techniques, effects.as_ref()));
    }
    if !source.excluded.is_empty() {
        let _ = writeln!(text, "\n{} published tests cannot run here:", source.excluded.len());
        for excluded in &source.excluded {
            text.push_str(&report::paragraph("  ", &format!("{} ({})", excluded.name, excluded.id)));
            text.push_str(&report::paragraph("      ", &excluded.reason));
        }
    }
}
