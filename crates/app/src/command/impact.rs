//! `impact`: how long what is gone for whom, against agreed times and legal clocks.

use model::crisis::{Crisis, Lengths};
use model::quantity::{Ratio, Seed};
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
        Format::Ndjson => ui.data(&report::list::ndjson(&COLUMNS, &rows(&crisis))),
        Format::Csv => ui.data(&report::list::csv(&COLUMNS, &rows(&crisis))),
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
    let gone: Vec<_> = gone.into_values().map(|g| (g.asset, g.cause)).collect();
    let count = arguments.trials.unwrap_or(TRIALS);
    record.seed = Seed(arguments.seed.unwrap_or(1));
    record.trials = count;
    let trials = race::outages(&estate, &gone, record.seed, count);
    let names: Vec<&str> = arguments.down.iter().chain(&arguments.attacked).map(String::as_str).collect();
    let crisis = continuity::crisis(&estate, &names.join(", "), &trials);
    record.crisis = Some(Crisis { built_in: record.is_demo(), ..crisis });
    Ok(record)
}

const COLUMNS: [&str; 22] = [
    "tenant",
    "insured",
    "kritis",
    "hosting",
    "service",
    "hit",
    "down_q10_ms",
    "down_q50_ms",
    "down_q90_ms",
    "normal_q50_ms",
    "emergency_q50_ms",
    "rto_ms",
    "mtpd_ms",
    "rto_missed",
    "mtpd_exceeded",
    "mtpd_exceeded_in_emergency",
    "rpo_ms",
    "data_lost",
    "data_age_q50_ms",
    "data_gone",
    "rpo_missed",
    "trials",
];

/// Returns one row for each tenant and service.
fn rows(crisis: &Crisis) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for tenant in &crisis.tenants {
        for s in crisis.services.iter().filter(|s| s.hosting == tenant.hosting) {
            let share = |r: Ratio| format!("{:.4}", r.get());
            let Lengths { q10, q50, q90 } = s.down;
            rows.push(vec![
                tenant.tenant.to_string(),
                tenant.insured.to_string(),
                tenant.kritis.to_string(),
                s.hosting.to_string(),
                s.service.to_string(),
                share(s.hit),
                q10.0.to_string(),
                q50.0.to_string(),
                q90.0.to_string(),
                s.normal.q50.0.to_string(),
                s.emergency.map_or_else(String::new, |e| e.q50.0.to_string()),
                s.rto.0.to_string(),
                s.mtpd.0.to_string(),
                share(s.rto_missed),
                share(s.mtpd_exceeded),
                share(s.mtpd_exceeded_in_emergency),
                s.rpo.map_or_else(String::new, |r| r.0.to_string()),
                share(s.data_lost),
                s.data_age.map_or_else(String::new, |a| a.q50.0.to_string()),
                share(s.data_gone),
                s.rpo_missed.map_or_else(String::new, share),
                crisis.trials.to_string(),
            ]);
        }
    }
    rows
}
