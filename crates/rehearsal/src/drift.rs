//! How the results of exercises changed over stored runs, and why.

use std::collections::BTreeMap;

use assess::drift::{PastRun, Series};
use model::drift::{Drift, DriftCause, DriftState};
use model::id::RunId;
use model::kept::Kept;
use model::record::{Record, RunInfo};

use crate::again::{self, Past};

/// Returns how each exercised test stands over these runs, in any order, by id of the test.
///
/// `kept` gives the inputs that the ledger keeps of a run. Where a test moved, its events are
/// judged again with inputs exchanged.
pub fn drift(runs: &[(RunInfo, Record)], kept: &dyn Fn(&RunId) -> Kept) -> Vec<Drift> {
    let series = assess::drift::series(runs.iter().map(|(info, record)| (info, record)));
    let mut found = assess::drift::drift(&series);
    let mut inputs: BTreeMap<RunId, Kept> = BTreeMap::new();
    for (one, series) in found.iter_mut().zip(&series) {
        let Some((before, after)) = series.turned().filter(|_| explained(one.state)) else { continue };
        for run in [before, after] {
            inputs.entry(run.run.clone()).or_insert_with(|| kept(&run.run));
        }
        one.cause = cause(runs, &inputs, series, (before, after));
    }
    found
}

/// Returns whether a change of the answer is asked about.
fn explained(state: DriftState) -> bool {
    state.moved() && !matches!(state, DriftState::NotRun | DriftState::NoOutcome)
}

fn cause(
    runs: &[(RunInfo, Record)],
    inputs: &BTreeMap<RunId, Kept>,
    series: &Series,
    (before, after): (&PastRun, &PastRun),
) -> Option<DriftCause> {
    let past = |run: &PastRun| {
        let (info, record) = runs.iter().find(|(info, _)| info.id == run.run)?;
        Some(Past { info, record, kept: inputs.get(&run.run)? })
    };
    let (old, new) = (past(before)?, past(after)?);
    let verdict = new.record.verdicts.iter().find(|v| v.id == series.verdict)?;
    let changed = after.configuration.changed(&before.configuration);
    Some(again::cause(old, new, verdict, changed))
}
