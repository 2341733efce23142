//! What the sandbox is to run for a procedure.

use std::time::Duration;

use super::{Dependency, Procedure, StagedFile};
use crate::sandbox::{Job, Limits, Staged};

/// The exit code of a procedure whose dependency is not there and cannot be fetched.
/// Shells use none this high for anything but signals and what they cannot run.
pub const UNMET: i32 = 125;

impl Procedure {
    /// Returns what the sandbox is to run, with the arguments filled in. `marker` is
    /// a word by which the telemetry of this one run is known.
    ///
    /// Dependencies are checked and fetched ahead of the command by the same shell,
    /// because nothing outlives a sandbox; one that stays away ends the run with
    /// [`UNMET`]. Other interpreters than shells have none checked.
    pub fn job(&self, marker: &str) -> Job {
        let executor = &self.executor;
        Job {
            files: self.stage.files.iter().map(|file| self.staged(file)).collect(),
            stubs: self.stage.stubs.iter().map(|path| self.fill(path)).collect(),
            names: self.stage.names.clone(),
            success: self.success.as_deref().map(|script| self.fill(script)),
            limits: Limits { deadline: Duration::from_millis(self.timeout.0), ..Limits::default() },
            marker: marker.to_owned(),
            ..Job::new(&executor.shell, &self.script(), executor.user)
        }
    }

    fn script(&self) -> String {
        let mut script = String::new();
        if super::is_shell(&self.executor.shell) {
            script.extend(self.dependencies.iter().map(|dependency| self.prepared(dependency)));
        }
        script + &self.fill(&self.executor.command)
    }

    /// The lines that see to a dependency. Each part has a subshell of its own, which
    /// its `exit` ends.
    fn prepared(&self, dependency: &Dependency) -> String {
        let check = format!("(\n{}\n) >/dev/null 2>&1", self.fill(&dependency.check));
        let told = dependency.description.replace('\'', "'\\''");
        let unmet = format!("{{ echo 'dependency not met: {told}'; exit {UNMET}; }}");
        match &dependency.get {
            Some(get) => {
                format!("{check} || {{\n(\n{}\n) >/dev/null 2>&1\n{check} || {unmet}\n}}\n", self.fill(get))
            }
            None => format!("{check} || {unmet}\n"),
        }
    }

    fn staged(&self, file: &StagedFile) -> Staged {
        Staged {
            path: self.fill(&file.path),
            // Only text holds arguments; other bytes are staged as they are.
            bytes: match std::str::from_utf8(&file.bytes) {
                Ok(text) => self.fill(text).into_bytes(),
                Err(_) => file.bytes.clone(),
            },
            mode: file.mode,
            owner: file.owner,
        }
    }
}
