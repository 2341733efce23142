//! What the sandbox is to run for a procedure.

use std::time::Duration;

use super::{Procedure, StagedFile};
use crate::sandbox::{Job, Limits, Staged};

impl Procedure {
    /// Returns what the sandbox is to run, with the arguments filled in. `marker` is
    /// a word by which the telemetry of this one run is known.
    pub fn job(&self, marker: &str) -> Job {
        let executor = &self.executor;
        Job {
            files: self.stage.files.iter().map(|file| self.staged(file)).collect(),
            stubs: self.stage.stubs.iter().map(|path| self.fill(path)).collect(),
            names: self.stage.names.clone(),
            success: self.success.as_deref().map(|script| self.fill(script)),
            limits: Limits { deadline: Duration::from_millis(self.timeout.0), ..Limits::default() },
            marker: marker.to_owned(),
            ..Job::new(&executor.shell, &self.fill(&executor.command), executor.user)
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
