//! `outflow canary`: fictional people to plant.

use model::outflow::Planting;
use report::list::Table;

use crate::args::Common;
use crate::args::outflow::CanaryArguments;
use crate::error::{Exit, Failure};
use crate::leak;
use crate::ui::Ui;

use super::super::list::show;
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
    let rows = people.into_iter().map(|p| vec![p.kvnr, p.first_name, p.family_name, p.born, p.insurer]);
    show(&Table::new(["kvnr", "first name", "family name", "born", "insurer"], rows), common, ui);
    ui.say(&format!("noted in {}; keep it secret, it tells planted people from real ones", list.display()));
    Ok(Exit::Passed)
}
