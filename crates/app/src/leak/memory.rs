//! What is in memory during a scan stays there.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Keeps the memory of this process from being written as a core, or read by other
/// processes of the user: it holds identifiers in clear. Where the system does not
/// allow that, the scan goes on: no file holds more than before.
pub fn leave_no_image() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
