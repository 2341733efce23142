//! `impact`: how long what is gone for whom, against agreed times and legal clocks.

use model::quantity::Seed;
use model::record::Record;

use super::restart::{Outage, outage_named};
use super::sheet::keep;
use super::{sound_run, stored, writable};
use crate::args::{Common, Format, ImpactArguments};
use crate::error::{Exit, Failure};
use crate::files;
use crate::ui::Ui;

/// Columns of the figures.
const WIDTH: usize = 80;

/// Trials of an outage that is given.
const TRIALS: u32 = 1_000;

/// Computes the figures, prints them, and writes the sheet if asked for.
pub(super) fn impact(arguments: &ImpactArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    writable(arguments.output.as_deref())?;
    let mut record = figures(arguments, common, ui)?;
    keep(&record, "impact", common, ui);
    let Some(crisis) = record.crisis.take() else { return Ok(Exit::Passed) };
    let language = arguments.lang.into();
    if let Some(path) = &arguments.output {
        files::put(path, &report::impact_html(&crisis, language))?;
        ui.say(&format!("wrote {}", path.display()));
    }
    match common.format {
        Format::Table => ui.data(&report::impact_text(&crisis, language, WIDTH)),
        Format::Json => ui.data(&format!("{}\n", report::impact_json(&crisis))),
        Format::Ndjson => ui.data(&report::impact_table(&crisis).ndjson()),
        Format::Csv => ui.data(&report::impact_table(&crisis).csv()),
    }
    Ok(Exit::Passed)
}

/// Returns the record with the figures in it.
fn figures(arguments: &ImpactArguments, common: &Common, ui: &Ui) -> Result<Record, Failure> {
    if arguments.down.is_empty() && arguments.attacked.is_empty() {
        let (_, mut record) = stored(&arguments.run, common)?;
        let id = match (&arguments.campaign, record.scores.first()) {
            (Some(id), _) => id.clone(),
            (None, Some(score)) => score.campaign.to_string(),
            (None, None) => {
                return Err(Failure::Nothing(
                    "the run has no races: give --down, or a run made by `feuerprobe run`".to_owned(),
                ));
            }
        };
        sound_run(&record, &arguments.run)?;
        let crisis = rehearsal::crisis(&record, &id).ok_or_else(|| Failure::Unknown {
            what: "campaign",
            name: id.clone(),
            hint: record.campaigns.iter().map(|c| c.id.as_str()).collect::<Vec<_>>().join(", "),
        })?;
        record.crisis = Some(crisis);
        return Ok(record);
    }
    let Outage { estate, down: gone, mut record } =
        outage_named(arguments.estate.as_ref(), &arguments.down, &arguments.attacked, common, ui)?;
    let count = arguments.trials.unwrap_or(TRIALS);
    record.seed = Seed(arguments.seed.unwrap_or(1));
    record.trials = count;
    let names: Vec<&str> = arguments.down.iter().chain(&arguments.attacked).map(String::as_str).collect();
    let crisis = rehearsal::impact(&record, &estate, gone, &names.join(", "), (record.seed, count));
    record.crisis = Some(crisis);
    Ok(record)
}
