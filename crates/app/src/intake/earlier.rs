//! Stored exercises that count with what is measured now.

use model::diagnostic::Severity;
use model::record::{Record, RunInfo};
use rehearsal::exercise::Source;
use rehearsal::{Intake, Present, Sources};
use store::{Ledger, RunRow};

use super::{host, selected};
use crate::clock;
use crate::error::Failure;
use crate::ui::Ui;

/// The verb whose runs are repeats of a test.
const EXERCISE: &str = "exercise";

/// Returns every stored exercise that can be read, and the number of those that cannot, each named.
///
/// # Errors
/// [`Failure`] when the ledger cannot be read at all.
pub fn exercises(ledger: &Ledger, ui: &Ui) -> Result<(Vec<(RunInfo, Record)>, u64), Failure> {
    let (mut runs, mut unread) = (Vec::new(), 0_u64);
    let is_exercise = |row: &RunRow| row.info.verb == EXERCISE;
    for row in ledger.runs()?.into_iter().filter(is_exercise) {
        match ledger.load(row.info.id.as_str()) {
            Ok(run) => runs.push(run),
            Err(error) => {
                ui.fail(&error.into());
                unread += 1;
            }
        }
    }
    Ok((runs, unread))
}

/// Lets stored exercises count for the user's own workspace, as far as their inputs are those of now.
/// The fictional provider is the same for everybody.
///
/// # Errors
/// [`Failure`] when the ledger cannot be read.
pub fn remember(intake: &mut Intake, sources: &Sources, ledger: &Ledger, ui: &Ui) -> Result<(), Failure> {
    if sources.fictional {
        return Ok(());
    }
    let (earlier, _) = exercises(ledger, ui)?;
    if earlier.is_empty() {
        return Ok(());
    }
    let mut said = Vec::new();
    let source = match Source::read(&selected(&[], sources), intake) {
        Ok(read) => read.report(&mut said),
        Err(error) => {
            ui.say(&format!("stored exercises do not count: {error}"));
            return Ok(());
        }
    };
    ui.findings(&said, Severity::Warning);
    let host = host();
    let procedures = source.by_id();
    intake.remember(&earlier, &Present { host: &host, procedures, sandbox: None, now: clock::now() });
    Ok(())
}
