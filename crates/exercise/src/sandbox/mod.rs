//! Runs a procedure confined, and watches it.
//!
//! [`run`] makes a sandbox, starts a script in it, notes every program, file, socket and
//! privileged call, and ends the sandbox. There are two tiers. With *namespaces* the
//! procedure sees a root made for it (`root`), its own processes, and a network whose
//! every address is the sandbox itself. With *Landlock*, for containers that may make no
//! namespaces, it sees the host's programs, may write one folder, and has no network.
//! Without either nothing is run.
//!
//! The order of a run: `run` prepares everything in memory and clones; `launch` is the
//! child, which only walks prepared lists (`step`); `observer` and `verdict` follow the
//! procedure by ptrace at the system calls that `calls` names and `filter` stops at;
//! `sink` is what answers inside. Clean-up is one signal: when the first process of a
//! process namespace dies, the kernel ends all of it.
//!
//! Kernel faults are out of scope. Whoever distrusts a procedure that far runs this
//! program on a machine that can be thrown away.

#![expect(
    unsafe_code,
    reason = "system calls between clone and exec, ptrace and shared memory have no safe form"
)]

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!("the sandbox knows the registers of x86_64 and aarch64 only");

mod action;
mod allowed;
mod board;
mod calls;
mod cores;
mod decode;
mod dns;
mod files;
mod filter;
mod hardening;
mod identity;
mod job;
mod landlock;
mod launch;
mod layered;
mod layers;
mod observed;
mod observer;
mod place;
mod raw;
mod root;
mod run;
mod scratch;
mod sink;
mod sockets;
mod starts;
mod step;
mod strays;
mod stub;
mod table;
mod tracee;
mod verdict;
mod walk;

pub use action::{Action, Done, FileOp, Protocol, What};
pub use job::{Job, Limits, Staged, User};
pub use model::exercise::Tier;
pub use observed::{Change, ChangeKind, Clean, End, Layer, Limit, Observed, Refusal};

/// Returns what this machine gives, layer by layer.
pub fn layers() -> Vec<Layer> {
    layers::layers()
}

/// Returns the best tier this machine gives.
///
/// # Errors
///
/// Neither tier works here.
pub fn tier() -> Result<Tier, Refusal> {
    layers::tier()
}

/// Returns why a job is not to be run in a tier here: it rests on what this kernel's version
/// of Landlock lacks. The single calls would be refused too; a job that is not begun leaves
/// no half of its effects.
pub fn unfit(job: &Job, tier: Tier) -> Option<Refusal> {
    (tier == Tier::Landlock).then(|| landlock::unfit(job)).flatten()
}

/// Runs one job, blocking.
///
/// # Errors
///
/// The sandbox could not be set up; the job was not run.
pub fn run(job: &Job, tier: Tier) -> Result<Observed, Refusal> {
    run::run(job, tier, &mut |_| {})
}

/// Runs one job, blocking, and tells `listener` of each action as it is seen. The
/// procedure waits while it listens.
///
/// # Errors
///
/// The sandbox could not be set up; the job was not run.
pub fn run_with(job: &Job, tier: Tier, listener: &mut dyn FnMut(&Action)) -> Result<Observed, Refusal> {
    run::run(job, tier, listener)
}
