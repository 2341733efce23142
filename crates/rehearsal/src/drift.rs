//! How the results of exercises changed over stored runs.

use model::drift::Drift;
use model::record::{Record, RunInfo};

/// Returns how each exercised test stands over these runs, in any order, by id of the test.
pub fn drift(runs: &[(RunInfo, Record)]) -> Vec<Drift> {
    assess::drift::drift(&assess::drift::series(runs.iter().map(|(info, record)| (info, record))))
}
