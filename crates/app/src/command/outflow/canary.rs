//! `outflow canary`: fictional people to plant.

use model::outflow::Planting;

use crate::args::outflow::CanaryArguments;
use crate::args::{Common, Format};
use crate::error::{Exit, Failure};
use crate::leak;
use crate::ui::Ui;

use super::own_file;

/// Makes people, notes where they will be planted, and prints them. They are
/// fictional, so they are printed in clear.
pub(super) fn canary(arguments: &CanaryArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    if continuity::ik_check_digit(&arguments.insurer)
        .is_none_or(|digit| arguments.insurer.as_bytes()[8] - b'0' != digit)
    {
        return Err(Failure::Usage(format!("{} is not a valid institution code", arguments.insurer)));
    }
    let list = own_file(arguments.plants.as_ref(), "outflow-plants.json", common)?;
    let number = leak::plants(&list)?.plantings.len();
    let seed = match &arguments.seed {
        Some(seed) => seed.clone(),
        None => leak::seed(&own_file(arguments.key.as_ref(), "outflow.key", common)?, number)?,
    };
    let people = outflow::canary::people(&seed, 0, arguments.count, &arguments.insurer);
    let planted =
        outflow::Pseudonyms::default().name(&arguments.planted).unwrap_or_else(|| arguments.planted.clone());
    let planting = Planting { planted, seed, first: 0, count: arguments.count };
    leak::add_planting(&list, planting)?;
    let header = ["kvnr", "first name", "family name", "born", "insurer"];
    let rows: Vec<Vec<String>> =
        people.into_iter().map(|p| vec![p.kvnr, p.first_name, p.family_name, p.born, p.insurer]).collect();
    ui.data(&match common.format {
        Format::Table => report::list::table(&header, &rows, 80),
        Format::Json => report::list::json(&header, &rows),
        Format::Ndjson => report::list::ndjson(&header, &rows),
        Format::Csv => report::list::csv(&header, &rows),
    });
    ui.say(&format!("noted in {}; keep it secret, it tells planted people from real ones", list.display()));
    Ok(Exit::Passed)
}
