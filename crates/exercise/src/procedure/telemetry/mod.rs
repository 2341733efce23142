//! What a sensor would have written about a run.
//!
//! Two sensors are played, in shapes that this room reads like anybody's: Sysmon for
//! Linux as flat JSON lines, and the raw records of the audit log. Only what took
//! place is written: rules describe established actions. What the sandbox did itself
//! (starting the shell, its own name service) is left out, though it is a parent.

mod audit;
mod processes;
mod sysmon;

use model::quantity::Timestamp;

use super::Procedure;
use super::contract::{Streams, is_lasting};
use crate::sandbox::{Action, FileOp, Observed, What};
use processes::Processes;

/// The telemetry of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Telemetry {
    /// Events of Sysmon for Linux, one JSON object a line.
    pub sysmon: Vec<u8>,
    /// Records of the audit log, one a line.
    pub audit: Vec<u8>,
    /// Actions that were refused and are in neither.
    pub refused: u64,
}

/// Returns the telemetry of a run that began at `began` on a host of this name.
///
/// Times have the microseconds of the observer, cut to the milliseconds that the
/// sensors write; lines stand in the order of what they tell.
pub fn telemetry(procedure: &Procedure, observed: &Observed, began: Timestamp, host: &str) -> Telemetry {
    let mut processes = Processes::new(procedure.executor.user);
    let streams = Streams::of(&observed.actions);
    let mut telemetry = Telemetry::default();
    let mut serial = 0_u64;
    for action in &observed.actions {
        processes.note(action);
        if action.harness || matches!(action.what, What::Fork { .. } | What::Exit { .. }) {
            continue;
        }
        if !action.result.took_place() {
            telemetry.refused += 1;
            continue;
        }
        if is_of_the_sandbox(action, &streams) {
            continue;
        }
        let at = i64::try_from(action.at / 1_000).unwrap_or(i64::MAX);
        let at = Timestamp(began.0.saturating_add(at));
        let process = processes.of(action.pid);
        for event in sysmon::events(action, &process, at, host) {
            telemetry.sysmon.extend_from_slice(event.to_string().as_bytes());
            telemetry.sysmon.push(b'\n');
        }
        serial += 1;
        let stamp = audit::Stamp { at, serial, host };
        for line in audit::lines(action, &process, &stamp) {
            telemetry.audit.extend_from_slice(line.as_bytes());
            telemetry.audit.push(b'\n');
        }
    }
    telemetry
}

/// Returns whether no sensor of a real host would see this: the sandbox's own name
/// service, the search for an address, and writing that leaves nothing.
fn is_of_the_sandbox(action: &Action, streams: &Streams) -> bool {
    match &action.what {
        What::Connect { address, port: 53, .. } => address.is_loopback(),
        What::Connect { .. } => streams.explain(action),
        What::File { op: FileOp::Read, .. } => false,
        What::File { path, to, .. } => !is_lasting(path) && !to.as_deref().is_some_and(is_lasting),
        _ => false,
    }
}
