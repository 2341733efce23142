//! `check`: every input file validated, all findings at once.

use model::diagnostic::Severity;

use rehearsal::Extent;
use rehearsal::exercise::Source;

use crate::args::{Common, Content, Format};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::intake::{Workspace, selected};
use crate::ui::Ui;

/// Reads everything and shows every finding.
pub(super) fn check(content: &Content, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let sources = Workspace::find(&content.spec(common))?.sources;
    let mut findings = Vec::new();
    let intake = sources.read(Extent::Whole)?.findings().report(&mut findings);
    let source = Source::read(&selected(&[], &sources), &intake)?.report(&mut findings);
    sources.gate()?.report(&mut findings);
    sources.schedules(&clock::zone).report(&mut findings);
    sources.siems().report(&mut findings);
    findings.sort();
    findings.dedup();
    if !intake.races {
        ui.say("the estate alone is checked: the built-in campaigns are the fictional provider's");
    }
    let count = |severity| findings.iter().filter(|d| d.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    match common.format {
        Format::Table => {
            for finding in &findings {
                ui.data(&finding.to_string());
            }
            ui.data(&format!(
                "{} rules, {} recordings, {} procedures, {} campaigns, {} playbooks, {}: {errors} errors, {warnings} warnings.",
                intake.rule_summary.loaded,
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
