//! `restart`: in which order what is down comes back, and when each tenant works again.

use std::collections::BTreeMap;
use std::path::PathBuf;

use continuity::Gone;
use model::diagnostic::Severity;
use model::estate::{Asset, Estate};
use model::lines::FileLines;
use model::record::{Input, Record};
use model::recovery::Phase;
use model::restart::RestartPlan;
use model::trial::DownCause;
use rehearsal::{Sources, refuse};

use super::sheet::keep;
use super::{sound_run, stored, writable};
use crate::args::{Common, Format, RestartArguments};
use crate::error::{Exit, Failure};
use crate::files;
use crate::intake::{Workspace, WorkspaceSpec};
use crate::ui::Ui;

/// Columns of the plan.
const WIDTH: usize = 80;

/// Plans, prints the plan, and writes the sheet if asked for.
pub(super) fn restart(arguments: &RestartArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    writable(arguments.output.as_deref())?;
    let Outage { estate, down: mut gone, mut record } = outage(arguments, common, ui)?;
    half_executed(&estate, &mut gone, arguments)?;
    if gone.is_empty() {
        return Err(Failure::Nothing(
            "nothing is down: name it with --down, --attacked or --trial".to_owned(),
        ));
    }
    let gone: Vec<Gone> = gone.into_values().collect();
    let plan = RestartPlan { demo: record.is_demo(), ..continuity::restart(&estate, &gone) };
    record.restart = Some(plan.clone());
    keep(&record, "restart", common, ui);
    let language = arguments.lang.into();
    if let Some(path) = &arguments.output {
        files::put(path, &report::restart_html(&plan, language))?;
        ui.say(&format!("wrote {}", path.display()));
    }
    match common.format {
        Format::Table => ui.data(&report::restart_text(&plan, language, WIDTH)),
        Format::Json => ui.data(&format!("{}\n", report::restart_json(&plan))),
        Format::Ndjson => ui.data(&report::restart_table(&plan).ndjson()),
        Format::Csv => ui.data(&report::restart_table(&plan).csv()),
    }
    Ok(Exit::Passed)
}

/// Takes out what works again, and notes what is done and what failed since.
fn half_executed(estate: &Estate, gone: &mut Down, arguments: &RestartArguments) -> Result<(), Failure> {
    for what in &arguments.up {
        for place in named(estate, what)? {
            gone.remove(&place);
        }
    }
    for text in &arguments.failed {
        let (asset, failures) = failed(text)?;
        note(estate, gone, "--failed", asset, |g| g.failures = failures)?;
    }
    for text in &arguments.done {
        let (asset, phase) = done(text)?;
        note(estate, gone, "--done", asset, |g| g.done = Some(phase))?;
    }
    Ok(())
}

fn note(
    estate: &Estate,
    gone: &mut Down,
    flag: &str,
    asset: &str,
    change: impl Fn(&mut Gone),
) -> Result<(), Failure> {
    let hit: Vec<usize> = named(estate, asset)?.into_iter().filter(|p| gone.contains_key(p)).collect();
    if hit.is_empty() {
        return Err(Failure::Usage(format!("{flag} names {asset}, which is not down")));
    }
    for place in hit {
        gone.entry(place).and_modify(&change);
    }
    Ok(())
}

/// What is down, by place in the estate.
pub(super) type Down = BTreeMap<usize, Gone>;

/// An estate and what is down in it.
pub(super) struct Outage {
    pub(super) estate: Estate,
    pub(super) down: Down,
    /// What the estate came from, for the ledger.
    pub(super) record: Record,
}

/// Returns the estate and what is down in it.
fn outage(arguments: &RestartArguments, common: &Common, ui: &Ui) -> Result<Outage, Failure> {
    if let Some(trial) = &arguments.trial {
        let (_, record) = stored(&arguments.run, common)?;
        sound_run(&record, &arguments.run)?;
        let (trace, estate) = rehearsal::again(&record, trial).ok_or_else(|| Failure::Unknown {
            what: "trial",
            name: trial.clone(),
            hint: "write CAMPAIGN/NUMBER, with a number below the run's trials".to_owned(),
        })?;
        let down = Gone::in_trial(&trace.trial).into_iter().map(|g| (g.asset as usize, g)).collect();
        return Ok(Outage { estate: estate.clone(), down, record: record.clone() });
    }
    outage_named(arguments.estate.as_ref(), &arguments.down, &arguments.attacked, common, ui)
}

/// Returns an estate and what of it is named as switched off or lost.
pub(super) fn outage_named(
    estate: Option<&PathBuf>,
    off: &[String],
    lost: &[String],
    common: &Common,
    ui: &Ui,
) -> Result<Outage, Failure> {
    let sources = Workspace::find(&WorkspaceSpec { estate: estate.cloned(), ..common.spec() })?.sources;
    let mut from = (Vec::new(), Vec::new());
    let estate = estate_alone(&sources, &mut from, ui)?;
    let record = rehearsal::of_estate(&estate, from, sources.settings.seed);
    let mut down = Down::new();
    for what in off {
        for place in named(&estate, what)? {
            down.entry(place).or_insert(Gone::new(place as u32, DownCause::Containment));
        }
    }
    for what in lost {
        for place in named(&estate, what)? {
            down.insert(place, Gone::new(place as u32, DownCause::Attack));
        }
    }
    Ok(Outage { estate, down, record })
}

/// Returns the estate, when there is no error in its file; warnings are told, save those of
/// the built-in estate, which its user cannot change.
pub(super) fn estate_alone(
    sources: &Sources,
    from: &mut (Vec<Input>, Vec<FileLines>),
    ui: &Ui,
) -> Result<Estate, Failure> {
    let mut said = Vec::new();
    let estate = sources.estate(from)?.report(&mut said);
    refuse(&said)?;
    said.retain(|d| !d.file.starts_with("built-in:"));
    ui.findings(&said, Severity::Warning);
    estate.ok_or(Failure::Content(said))
}

/// Returns the places of the assets that a name stands for.
fn named(estate: &Estate, what: &str) -> Result<Vec<usize>, Failure> {
    let test: Box<dyn Fn(&Asset) -> bool> = match what.split_once(':') {
        None if what == "all" => Box::new(|_| true),
        None => Box::new(|a| a.id.as_str() == what),
        Some(("site", id)) => Box::new(move |a| a.site.as_str() == id),
        Some(("zone", id)) => Box::new(move |a| a.zone.as_str() == id),
        Some(("role", name)) => Box::new(move |a| a.role == name),
        Some(_) => Box::new(|_| false),
    };
    let found: Vec<usize> =
        estate.assets.iter().enumerate().filter(|(_, a)| test(a)).map(|(place, _)| place).collect();
    if found.is_empty() {
        let sites: Vec<&str> = estate.sites.iter().map(|s| s.id.as_str()).collect();
        return Err(Failure::Unknown {
            what: "part of the estate",
            name: what.to_owned(),
            hint: format!(
                "name an asset, site:ID ({}), zone:ID, role:NAME or `all`; the estate file lists them",
                sites.join(", ")
            ),
        });
    }
    Ok(found)
}

fn failed(text: &str) -> Result<(&str, u32), Failure> {
    text.split_once('=')
        .and_then(|(asset, count)| Some((asset, count.parse().ok().filter(|n| *n <= 100)?)))
        .ok_or_else(|| {
            Failure::Usage(format!(
                "--failed {text}: write ASSET=COUNT with a count up to 100, such as mail-1=2"
            ))
        })
}

fn done(text: &str) -> Result<(&str, Phase), Failure> {
    let phase = |name: &str| Phase::ALL.into_iter().find(|p| p.name() == name);
    text.split_once('=').and_then(|(asset, name)| Some((asset, phase(name)?))).ok_or_else(|| {
        let names = Phase::ALL.map(Phase::name).join(", ");
        Failure::Usage(format!(
            "--done {text}: write ASSET=PHASE with the last phase that is done ({names}), such as mail-1=examine"
        ))
    })
}
