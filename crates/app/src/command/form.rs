//! Which forms each verb prints in: the one place that lets `--format` through or refuses it.

use clap::ValueEnum as _;

use crate::args::live::LiveVerb;
use crate::args::outflow::OutflowVerb;
use crate::args::{Format, Verb};
use crate::error::Failure;

const ALL: &[Format] = &[Format::Table, Format::Json, Format::Ndjson, Format::Csv];

/// One document, which is no list.
const DOCUMENT: &[Format] = &[Format::Table, Format::Json];

/// Text for people alone.
const TEXT: &[Format] = &[Format::Table];

/// Refuses a form that the verb does not print in, before anything is computed.
///
/// # Errors
/// [`Failure::Usage`] that names the forms there are.
pub(super) fn check(verb: Option<&Verb>, wanted: Format) -> Result<(), Failure> {
    let (name, forms) = forms(verb);
    if forms.contains(&wanted) {
        return Ok(());
    }
    let word = |format: &Format| {
        format.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    };
    let there = match forms {
        [only] => format!("there is {} alone", word(only)),
        all => format!("there are {}", all.iter().map(word).collect::<Vec<_>>().join(" and ")),
    };
    Err(Failure::Usage(format!("{name} cannot be printed as {}; {there}", word(&wanted))))
}

/// Returns the name of a verb and the forms it prints in.
fn forms(verb: Option<&Verb>) -> (&'static str, &'static [Format]) {
    let Some(verb) = verb else { return ("run", ALL) };
    match verb {
        Verb::Run(_) => ("run", ALL),
        Verb::Replay(_) => ("replay", ALL),
        Verb::Exercise(_) => ("exercise", ALL),
        Verb::Check(_) => ("check", ALL),
        Verb::List { .. } => ("list", ALL),
        Verb::Drift => ("drift", ALL),
        Verb::Live(LiveVerb::Ask(_)) => ("live ask", ALL),
        Verb::Binder(_) => ("binder", TEXT),
        Verb::Trial(_) => ("trial", TEXT),
        Verb::Trend(_) => ("trend", ALL),
        Verb::Tick => ("tick", ALL),
        Verb::Prune(_) => ("prune", TEXT),
        Verb::Mutate(_) => ("mutate", ALL),
        Verb::Repair(_) => ("repair", DOCUMENT),
        Verb::Gate(_) => ("gate", ALL),
        Verb::Impact(_) => ("impact", ALL),
        Verb::Restart(_) => ("restart", ALL),
        Verb::Outflow(OutflowVerb::Scan(_)) => ("outflow scan", ALL),
        Verb::Outflow(OutflowVerb::Match(_)) => ("outflow match", ALL),
        Verb::Outflow(OutflowVerb::Canary(_)) => ("outflow canary", ALL),
        Verb::Outflow(OutflowVerb::Baseline(_)) => ("outflow baseline", ALL),
        Verb::Outflow(OutflowVerb::Accept(_)) => ("outflow accept", TEXT),
        Verb::Race(race) if race.generate.is_none() => ("race", DOCUMENT),
        Verb::Race(_) => ("race --generate", TEXT),
        Verb::Decide(_) => ("decide", DOCUMENT),
        Verb::Tabletop(_) => ("tabletop", DOCUMENT),
        Verb::Diff { .. } => ("diff", DOCUMENT),
        Verb::Watch(_) => ("watch", TEXT),
        Verb::Init { .. } => ("init", TEXT),
        Verb::Plan(_) => ("plan", TEXT),
        Verb::Explain { .. } => ("explain", TEXT),
        Verb::Show { .. } => ("show", TEXT),
        Verb::Report { .. } => ("report", TEXT),
        Verb::Export { .. } => ("export", TEXT),
        Verb::Accept(_) => ("accept", TEXT),
        Verb::Doctor => ("doctor", TEXT),
        Verb::Completions { .. } => ("completions", TEXT),
    }
}
