//! What a run caused, and whether the procedure had declared it.
//!
//! An effect is what took place: what was refused caused nothing and is listed apart.
//! Reading is no effect, and neither is what the sandbox did itself.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use model::exercise::Effects;

use super::{Procedure, glob};
use crate::sandbox::{Action, ChangeKind, FileOp, Observed, Protocol, What};

/// Breaches that are named one by one; more are counted.
const NAMED: usize = 50;

/// Devices, writing to which changes nothing. Places are told with links resolved, so
/// that what is here is no file by another name.
const WITHOUT_EFFECT: [&str; 6] =
    ["/dev/full", "/dev/null", "/dev/ptmx", "/dev/pts/*", "/dev/tty", "/dev/zero"];

/// The port of the name service (RFC 1035, 4.2).
const NAME_SERVICE: u16 = 53;

/// One thing that a run caused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    File(String),
    /// What could not be told: nobody can have declared it.
    Unknown(&'static str),
    Process {
        image: String,
        invoked: String,
    },
    Socket {
        address: String,
        name: Option<String>,
    },
    Lookup(String),
    Privilege(String),
}

/// Returns what the procedure was seen causing, each list sorted.
pub fn seen(observed: &Observed) -> Effects {
    let mut seen = Effects::default();
    for effect in effects(observed) {
        match effect {
            Effect::File(path) => seen.files.push(path),
            Effect::Process { image, .. } => seen.processes.push(image),
            Effect::Socket { address, .. } => seen.sockets.push(address),
            Effect::Privilege(name) => seen.privileges.push(name),
            Effect::Lookup(_) | Effect::Unknown(_) => {}
        }
    }
    for list in [&mut seen.files, &mut seen.processes, &mut seen.sockets, &mut seen.privileges] {
        list.sort();
        list.dedup();
    }
    seen
}

/// Returns what was caused without having been declared, as `file /tmp/x`, sorted;
/// nothing when the procedure declares no effects at all.
pub fn breaches(procedure: &Procedure, observed: &Observed) -> Vec<String> {
    let Some(declared) = procedure.effects() else { return Vec::new() };
    let undeclared: BTreeSet<String> = effects(observed)
        .into_iter()
        .filter(|effect| !is_declared(effect, &declared, procedure))
        .map(|effect| match effect {
            Effect::File(path) => format!("file {path}"),
            Effect::Unknown(what) => format!("{what} that could not be told"),
            Effect::Process { image, .. } => format!("process {image}"),
            Effect::Socket { address, name: Some(name) } => format!("socket {address} ({name})"),
            Effect::Socket { address, name: None } => format!("socket {address}"),
            Effect::Lookup(name) => format!("lookup {name}"),
            Effect::Privilege(name) => format!("privilege {name}"),
        })
        .collect();
    let beyond = undeclared.len().saturating_sub(NAMED);
    let mut named: Vec<String> = undeclared.into_iter().take(NAMED).collect();
    if beyond > 0 {
        named.push(format!("and {beyond} more"));
    }
    named
}

fn is_declared(effect: &Effect, declared: &Effects, procedure: &Procedure) -> bool {
    let any = |patterns: &[String], text: &str| patterns.iter().any(|p| glob::covers(p, text));
    match effect {
        Effect::File(path) => any(&declared.files, path),
        Effect::Unknown(_) => false,
        Effect::Process { image, invoked } => {
            declared.processes.iter().any(|p| [image, invoked].iter().any(|path| is_program(p, path)))
        }
        Effect::Socket { address, name } => {
            let named =
                name.as_ref().and_then(|name| Some(format!("{name}:{}", address.rsplit_once(':')?.1)));
            any(&declared.sockets, address) || named.is_some_and(|named| any(&declared.sockets, &named))
        }
        Effect::Lookup(name) => {
            procedure.stage.names.contains_key(name)
                || declared
                    .sockets
                    .iter()
                    .any(|p| p.rsplit_once(':').is_some_and(|(h, _)| glob::covers(h, name)))
        }
        Effect::Privilege(name) => any(&declared.privileges, name),
    }
}

/// A pattern with a `/` covers a path, one without it the last part of a path.
fn is_program(pattern: &str, path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    glob::covers(pattern, if pattern.contains('/') { path } else { name })
}

fn effects(observed: &Observed) -> BTreeSet<Effect> {
    let streams = Streams::of(&observed.actions);
    let mut effects = BTreeSet::new();
    let mut paths: BTreeSet<&str> = BTreeSet::new();
    for action in observed.actions.iter().filter(|a| !a.harness && a.result.took_place()) {
        match &action.what {
            What::File { op, path, to } => {
                let places = changed(*op, path, to.as_deref());
                if places.iter().any(|path| path.is_empty()) {
                    effects.insert(Effect::Unknown("file"));
                }
                paths.extend(places);
            }
            What::LocalSocket { path, made: true } if path.starts_with('/') => drop(paths.insert(path)),
            other => effects.extend(effect(other, action, &streams)),
        }
    }
    let differs: BTreeSet<&str> = observed.changes.iter().map(|change| change.path.as_str()).collect();
    let holds_more = |set: &BTreeSet<&str>, folder: &str| {
        set.range(folder..).next().is_some_and(|path| path.starts_with(folder))
    };
    for change in &observed.changes {
        // A folder's own time changes with what lies in it.
        let folder = format!("{}/", change.path.trim_end_matches('/'));
        let by_content = change.kind == ChangeKind::Modified
            && (holds_more(&paths, &folder) || holds_more(&differs, &folder));
        if !by_content {
            paths.insert(&change.path);
        }
    }
    let texts = here_documents(observed);
    let lasting = |path: &&str| is_lasting(path) && !texts.contains(path);
    effects.extend(paths.into_iter().filter(lasting).map(|path| Effect::File(path.to_owned())));
    effects
}

/// The files in which bash hands text to a command (`lib/sh/tmpfile.c`): made, written
/// and removed by one process under such a name, and never anything else. The name alone
/// says nothing, because anybody may use it.
fn here_documents(observed: &Observed) -> BTreeSet<&str> {
    let mut made: BTreeMap<&str, (u32, bool)> = BTreeMap::new();
    let mut other: BTreeSet<&str> = observed.changes.iter().map(|change| change.path.as_str()).collect();
    for action in observed.actions.iter().filter(|action| action.result.took_place()) {
        match &action.what {
            What::File { op: FileOp::Create, path, to: None } if glob::covers("/tmp/sh-thd*", path) => {
                made.entry(path).or_insert((action.pid, false));
            }
            What::File { op: FileOp::Remove, path, .. } => {
                if let Some((pid, removed)) = made.get_mut(path.as_str()) {
                    *removed |= *pid == action.pid;
                }
            }
            What::File { op: FileOp::Read | FileOp::Write, .. } => {}
            What::File { path, to, .. } => other.extend([path.as_str()].into_iter().chain(to.as_deref())),
            What::Exec { image, .. } => drop(other.insert(image)),
            What::LocalSocket { path, .. } => drop(other.insert(path)),
            _ => {}
        }
    }
    made.into_iter()
        .filter(|(path, (_, removed))| *removed && !other.contains(path))
        .map(|(path, _)| path)
        .collect()
}

/// Returns whether writing to a path can leave something behind. What has no place in the
/// file tree, such as a pipe, is no file to speak of.
pub(super) fn is_lasting(path: &str) -> bool {
    path.starts_with('/') && !WITHOUT_EFFECT.iter().any(|pattern| glob::covers(pattern, path))
}

fn effect(what: &What, action: &Action, streams: &Streams) -> Option<Effect> {
    match what {
        What::Exec { image, invoked, .. } => {
            Some(Effect::Process { image: image.clone(), invoked: invoked.clone() })
        }
        What::Connect { address, port, .. } if address.is_loopback() && *port == NAME_SERVICE => None,
        What::Connect { .. } if streams.explain(action) => None,
        What::Connect { protocol, address, port, name, .. } => {
            Some(Effect::Socket { address: socket(*protocol, *address, *port), name: name.clone() })
        }
        // Port 0 leaves the choice to the kernel, as every client does.
        What::Bind { port: 0, .. } => None,
        What::Bind { protocol, address, port } => {
            Some(Effect::Socket { address: socket(*protocol, *address, *port), name: None })
        }
        What::LocalSocket { path, .. } => {
            Some(Effect::Socket { address: format!("unix:{path}"), name: None })
        }
        What::Resolve { name } => Some(Effect::Lookup(name.clone())),
        What::Call { name, privileged: true, number, .. } => {
            Some(Effect::Privilege(if name.is_empty() { number.to_string() } else { name.clone() }))
        }
        What::Call { .. } | What::Fork { .. } | What::Exit { .. } | What::File { .. } => None,
    }
}

/// The connections after which datagram sockets of the same process are known to have
/// been connected only to learn which address would be used: `getaddrinfo` does that for
/// every address that a name has (glibc, `sysdeps/posix/getaddrinfo.c`, `rfc3484_sort`)
/// before the real connection. No datagram is sent by it.
pub(super) struct Streams {
    /// Processes and the addresses that they connected to.
    connected: BTreeSet<(u32, IpAddr, u16)>,
    /// Addresses that datagrams were sent to.
    sent: BTreeSet<(IpAddr, u16)>,
}

impl Streams {
    pub(super) fn of(actions: &[Action]) -> Self {
        let mut all = Self { connected: BTreeSet::new(), sent: BTreeSet::new() };
        for action in actions {
            match &action.what {
                What::Connect { protocol: Protocol::Tcp, address, port, .. } => {
                    all.connected.insert((action.pid, *address, *port));
                }
                What::Connect { protocol: Protocol::Udp, address, port, data: true, .. } => {
                    all.sent.insert((*address, *port));
                }
                _ => {}
            }
        }
        all
    }

    /// Returns whether an action only asked for an address: of one that was connected to,
    /// or of one that a name was looked up for, of which the first was connected to.
    pub(super) fn explain(&self, action: &Action) -> bool {
        match &action.what {
            What::Connect { protocol: Protocol::Udp, address, port, name, data: false } => {
                let of_the_process = |(pid, to, number): &(u32, IpAddr, u16)| {
                    *pid == action.pid && number == port && (to == address || name.is_some())
                };
                let nowhere = address.is_unspecified() && *port == 0;
                let sent = self.sent.contains(&(*address, *port));
                !(nowhere || sent) && (*port == 0 || self.connected.iter().any(of_the_process))
            }
            _ => false,
        }
    }
}

/// Returns an address as declared effects write it.
pub(super) fn socket(protocol: Protocol, address: IpAddr, port: u16) -> String {
    let protocol = match protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
        Protocol::Other => "other",
    };
    match address {
        IpAddr::V4(address) => format!("{address}:{port}/{protocol}"),
        IpAddr::V6(address) => format!("[{address}]:{port}/{protocol}"),
    }
}

/// The paths that an operation changes.
fn changed<'a>(op: FileOp, path: &'a str, to: Option<&'a str>) -> Vec<&'a str> {
    match op {
        FileOp::Read => Vec::new(),
        FileOp::Rename => std::iter::once(path).chain(to).collect(),
        FileOp::Link => to.into_iter().collect(),
        FileOp::Create
        | FileOp::Write
        | FileOp::Truncate
        | FileOp::Remove
        | FileOp::Symlink
        | FileOp::MakeFolder
        | FileOp::RemoveFolder
        | FileOp::MakeNode
        | FileOp::Mode(_)
        | FileOp::Owner
        | FileOp::Times
        | FileOp::Attribute => vec![path],
    }
}
