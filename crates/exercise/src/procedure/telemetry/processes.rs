//! Which program each process runs.

use std::collections::BTreeMap;

use model::exercise::User;

use crate::sandbox::{Action, What};

/// The user id of the ordinary user inside the sandbox.
const ORDINARY: u32 = 1_000;

/// What is known of a process.
#[derive(Debug, Clone, Default)]
pub(super) struct Process {
    /// The file it runs, links resolved.
    pub(super) image: String,
    /// The name the kernel shows: the last part of the path it was started by.
    pub(super) comm: String,
    /// Its working directory when it was started.
    pub(super) cwd: String,
    /// Its effective user id.
    pub(super) uid: u32,
}

/// The processes of a run, as far as the actions have told.
pub(super) struct Processes {
    known: BTreeMap<u32, Process>,
    uid: u32,
}

/// Bytes of a process's short name (Linux, `TASK_COMM_LEN` without the zero byte).
const COMM_BYTES: usize = 15;

impl Processes {
    pub(super) fn new(user: User) -> Self {
        let uid = match user {
            User::Root => 0,
            User::Ordinary => ORDINARY,
        };
        Self { known: BTreeMap::new(), uid }
    }

    /// Takes in what an action says about processes.
    pub(super) fn note(&mut self, action: &Action) {
        match &action.what {
            What::Exec { image, invoked, cwd, uid, .. } if action.result.took_place() => {
                let name = invoked.rsplit_once('/').map_or(invoked.as_str(), |(_, name)| name);
                let mut comm = name.to_owned();
                while comm.len() > COMM_BYTES {
                    comm.pop();
                }
                let process = Process { image: image.clone(), comm, cwd: cwd.clone(), uid: *uid };
                self.known.insert(action.pid, process);
            }
            What::Fork { child } => {
                let parent = self.of(action.pid);
                self.known.insert(*child, parent);
            }
            _ => {}
        }
    }

    /// Returns what is known of a process.
    pub(super) fn of(&self, pid: u32) -> Process {
        self.known.get(&pid).cloned().unwrap_or(Process { uid: self.uid, ..Process::default() })
    }
}

/// Returns the name of a user of the sandbox, the number of one it does not have.
pub(super) fn user(uid: u32) -> String {
    match uid {
        0 => "root".to_owned(),
        ORDINARY => "max".to_owned(),
        other => other.to_string(),
    }
}
