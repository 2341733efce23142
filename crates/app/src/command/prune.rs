//! `prune`: takes old runs out of the ledger.

use model::quantity::Timestamp;

use crate::args::{Common, PruneArguments};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::intake::open_ledger;
use crate::ui::Ui;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Shows what is older than the days given; takes it out where that is asked for.
pub(super) fn prune(wanted: &PruneArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let days = i64::from(wanted.older_than);
    let before = Timestamp(clock::now().0.saturating_sub(days.saturating_mul(DAY)));
    let ledger = open_ledger(common)?;
    if wanted.delete {
        // Trends outlive the records.
        super::trend::keep_measures(&ledger, ui)?;
    }
    let pruned = ledger.prune(before, wanted.delete)?;
    let (runs, scans, contents) = (pruned.runs.len(), pruned.scans.len(), pruned.contents);
    for run in &pruned.runs {
        ui.data(&format!("{}  {}  {}", clock::show(run.info.stored), run.info.verb, run.info.id));
    }
    for scan in &pruned.scans {
        ui.data(&format!("{}  outflow scan  {}", clock::show(scan.stored), scan.id));
    }
    let verb = if wanted.delete { "deleted" } else { "would be deleted, with --delete" };
    ui.say(&format!(
        "{verb}: {runs} runs, {scans} scans, {contents} kept inputs that no run needs; {:.1} MB as stored",
        megabytes(pruned.bytes)
    ));
    ui.say("the newest run of each verb and the newest scan are always left");
    if pruned.damaged > 0 {
        ui.say(&format!("{} damaged rows are left alone; `feuerprobe list runs` names them", pruned.damaged));
    }
    if wanted.delete && !pruned.smaller {
        ui.say("the file could not be made smaller now; its free space is used again");
    }
    Ok(if runs == 0 && scans == 0 && contents == 0 { Exit::NothingRan } else { Exit::Passed })
}

/// Returns bytes in millions, for people.
fn megabytes(bytes: u64) -> f64 {
    u32::try_from(bytes / 1_000).map_or(f64::INFINITY, f64::from) / 1_000.0
}
