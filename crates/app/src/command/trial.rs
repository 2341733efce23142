//! `trial`: one trial as a page with a slider, the plan beside another way to respond.

use rehearsal::Against;

use super::{sound_run, stored, writable};
use crate::args::{Common, TrialArguments};
use crate::error::{Exit, Failure};
use crate::files;
use crate::ui::Ui;

/// How many names of ways to respond an error lists.
const NAMES: usize = 12;

/// Runs the trial of a stored run again on both sides and writes the page.
pub(super) fn trial(wanted: &TrialArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    writable(Some(&wanted.output))?;
    let (_, record) = stored(&wanted.run, common)?;
    sound_run(&record, &wanted.run)?;
    let sides = rehearsal::sides(&record, &wanted.trial, &wanted.against).map_err(|why| match why {
        Against::NoTrial => Failure::Unknown {
            what: "trial",
            name: wanted.trial.clone(),
            hint: "write CAMPAIGN/NUMBER, with a number below the run's trials".to_owned(),
        },
        Against::Unknown(mut names) => {
            let more = names.len().saturating_sub(NAMES);
            names.truncate(NAMES);
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            Failure::Unknown {
                what: "way to respond",
                name: wanted.against.clone(),
                hint: format!("there are: {}{more}", names.join(", ")),
            }
        }
    })?;
    let campaign = wanted.trial.rsplit_once('/').map(|(campaign, _)| campaign);
    let page = report::trial_html(&record, campaign, &sides);
    files::put(&wanted.output, &page)?;
    ui.say(&format!("wrote {}", wanted.output.display()));
    Ok(Exit::Passed)
}
