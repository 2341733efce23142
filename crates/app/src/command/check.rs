//! `check`: every input file validated, all findings at once.

use model::attack::Joined;
use model::diagnostic::{Diagnostic, Severity};
use model::recording::Recording;
use threat::Joiner;

use crate::args::exercise::ExerciseArguments;
use crate::args::{Common, Content, Format, RunArguments};
use crate::error::{Exit, Failure};
use crate::intake::{Extent, Workspace};
use crate::stage::Source;
use crate::ui::Ui;

/// Reads everything and shows every finding.
pub(super) fn check(content: &Content, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let run = RunArguments { content: content.clone(), ..RunArguments::default() };
    let workspace = Workspace::find(common, &run)?;
    let mut intake = workspace.read(Extent::Whole)?;
    let mut findings = std::mem::take(&mut intake.diagnostics);
    let joiner = Joiner::new(&intake.matrix, &intake.version_map);
    let join = |published: &str| -> Joined { joiner.join(published) };
    let (_, summary) = detect::RuleSet::read(std::mem::take(&mut intake.rules), &join);
    findings.extend(summary.rejected.iter().map(|r| {
        Diagnostic::error(&r.file, "rule.rejected", r.reason.clone())
            .help("the other rules are used; see the Sigma specification for what a rule must hold")
    }));
    let arguments =
        ExerciseArguments { procedures: content.procedures.clone(), ..ExerciseArguments::default() };
    let mut source = Source::read(&workspace, &arguments, &intake)?;
    findings.append(&mut source.diagnostics);
    findings.extend(selections(&intake.survey.recordings));
    if let Some(estate) = &intake.estate {
        findings.extend(crate::rehearsal::check_bouts(&intake, estate));
    }
    findings.sort();
    findings.dedup();
    let count = |severity| findings.iter().filter(|d| d.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    match common.format {
        Format::Table => {
            for finding in &findings {
                ui.data(&finding.to_string());
            }
            ui.data(&format!(
                "{} rules, {} recordings, {} procedures, {} campaigns, {} playbooks, {}: {errors} errors, {warnings} warnings.",
                summary.loaded,
                intake.survey.recordings.len(),
                source.tasks.len(),
                intake.campaigns.len(),
                intake.playbooks.len(),
                if intake.estate.is_some() { "1 estate" } else { "no estate" },
            ));
        }
        Format::Json | Format::Ndjson => {
            let lines: Vec<String> =
                findings.iter().map(|d| serde_json::to_string(d).unwrap_or_default()).collect();
            let text = if common.format == Format::Json {
                format!("[{}]", lines.join(",\n"))
            } else {
                lines.join("\n")
            };
            ui.data(&text);
        }
        Format::Csv => ui.data(&report::findings_csv(&findings)),
    }
    Ok(if errors > 0 { Exit::ContentInvalid } else { Exit::Passed })
}

/// Returns the selections of recordings that are no Sigma selections.
fn selections(recordings: &[Recording]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for recording in recordings {
        let evidence = recording.blocked.as_ref().map(|b| ("blocked.evidence", &b.evidence));
        for (key, selection) in recording.success.as_ref().map(|s| ("success", s)).into_iter().chain(evidence)
        {
            if let Err(why) = detect::check_selection(selection) {
                let file = format!("{}/recording.yaml", recording.id);
                findings.push(
                    Diagnostic::error(&file, "recording.selection", format!("{key} is no Sigma selection: {why}"))
                        .help("write field names with modifiers and their values, such as CommandLine|contains: vssadmin"),
                );
            }
        }
    }
    findings
}
