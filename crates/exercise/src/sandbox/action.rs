//! What a procedure was seen doing.

use std::net::IpAddr;

/// What a file was opened for, or what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileOp {
    /// Opened for reading only. Programs and libraries below `/usr` are left out.
    Read,
    /// Made by being opened.
    Create,
    /// Opened for writing.
    Write,
    /// Cut or extended by path.
    Truncate,
    /// Removed.
    Remove,
    /// Renamed to [`What::File::to`].
    Rename,
    /// Given the further name [`What::File::to`].
    Link,
    /// A symbolic link made; [`What::File::to`] is the text it holds.
    Symlink,
    /// A folder made.
    MakeFolder,
    /// A folder removed.
    RemoveFolder,
    /// A pipe, socket or device made.
    MakeNode,
    /// Its permission bits changed to these.
    Mode(u32),
    /// Its owner or group changed.
    Owner,
    /// Its times changed.
    Times,
    /// An extended attribute changed.
    Attribute,
}

/// What a socket speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// A stream.
    Tcp,
    /// Datagrams.
    Udp,
    /// Neither, such as a raw socket.
    Other,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A program was started in a process.
    Exec {
        /// The file that was run, links resolved; of a failed attempt, the path as given.
        image: String,
        /// The path as given.
        invoked: String,
        /// All arguments, the name first.
        args: Vec<String>,
        /// The working directory.
        cwd: String,
        /// The effective user id inside the sandbox.
        uid: u32,
        /// The image of the parent process at that time; empty when the parent is the sandbox itself.
        parent_image: String,
        /// The arguments of the parent process.
        parent_args: Vec<String>,
    },
    /// A process or thread was started.
    Fork {
        /// Its process id.
        child: u32,
    },
    /// A process ended.
    Exit {
        /// Its exit code; a signal is shown as 128 + its number.
        code: i32,
    },
    /// Something was done to a file.
    File {
        /// What.
        op: FileOp,
        /// The absolute path, links resolved; empty when it could not be told.
        path: String,
        /// The second path of a rename or link.
        to: Option<String>,
    },
    /// A connection was asked for, or datagrams were sent to an address.
    Connect {
        /// What the socket speaks.
        protocol: Protocol,
        /// The address.
        address: IpAddr,
        /// The port.
        port: u16,
        /// The name that the sandbox's name service gave this address for.
        name: Option<String>,
        /// Whether datagrams went there; a datagram socket may be connected without.
        data: bool,
    },
    /// A local address was taken.
    Bind {
        /// What the socket speaks.
        protocol: Protocol,
        /// The address.
        address: IpAddr,
        /// The port.
        port: u16,
    },
    /// A socket of the local machine was connected to or made.
    LocalSocket {
        /// Its path; an abstract one begins with `@`.
        path: String,
        /// Whether it was made (bound) and not connected to.
        made: bool,
    },
    /// A name was looked up.
    Resolve {
        /// The name, without a dot at its end.
        name: String,
    },
    /// Another system call that is watched.
    Call {
        /// Its number on this processor.
        number: u32,
        /// Its name, empty when unknown.
        name: String,
        /// Its registers.
        args: [u64; 6],
        /// Whether it needs a privilege.
        privileged: bool,
    },
}

impl What {
    /// Returns how many bytes of text it holds.
    pub(super) fn text(&self) -> usize {
        let all = |list: &[String]| list.iter().map(|text| text.len() + size_of::<String>()).sum::<usize>();
        match self {
            Self::Exec { image, invoked, args, cwd, parent_image, parent_args, .. } => {
                let paths = image.len() + invoked.len() + cwd.len() + parent_image.len();
                paths + all(args) + all(parent_args)
            }
            Self::File { path, to, .. } => path.len() + to.as_ref().map_or(0, String::len),
            Self::Connect { name, .. } => name.as_ref().map_or(0, String::len),
            Self::LocalSocket { path: text, .. }
            | Self::Resolve { name: text }
            | Self::Call { name: text, .. } => text.len(),
            Self::Fork { .. } | Self::Exit { .. } | Self::Bind { .. } => 0,
        }
    }
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// It took place.
    Ok,
    /// The kernel refused it with this error number.
    Failed(i32),
    /// The observer refused it.
    Denied {
        /// `guard` for our own rules, else the directive of the profile.
        by: String,
        /// The error number that the procedure saw.
        errno: i32,
    },
    /// It took place, and what answered was the sandbox's own sink.
    Sunk,
}

impl Done {
    /// Returns whether it took place: only such actions are telemetry for rules.
    pub fn took_place(&self) -> bool {
        matches!(self, Self::Ok | Self::Sunk)
    }
}

/// One action of one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Microseconds from the start of the procedure.
    pub at: u64,
    /// The process, as numbered outside the sandbox.
    pub pid: u32,
    /// Its parent, as numbered outside; 0 when the parent is the sandbox itself.
    pub parent: u32,
    /// Whether this is the sandbox's own doing, such as starting the shell: it earns no credit.
    pub harness: bool,
    /// What.
    pub what: What,
    /// How it ended.
    pub result: Done,
}
