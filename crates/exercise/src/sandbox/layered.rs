//! Files that a job stages, and programs that stand in for absent ones.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::identity::Identity;
use super::job::{Job, User};
use super::observed::Refusal;
use super::root::c;
use super::step::Step;
use super::stub;

/// Parts of the root that belong to the kernel or the host.
const CLOSED: [&str; 5] = ["proc", "sys", "dev", ".layer", ".empty"];

/// Parts of the root that are the host's programs, read-only.
const PROGRAMS: [&str; 7] = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"];

struct Item<'a> {
    path: String,
    bytes: &'a [u8],
    mode: u32,
    owner: User,
}

fn items(job: &Job) -> Result<Vec<Item<'_>>, Refusal> {
    let mut found = Vec::new();
    let stubs = job.stubs.iter().map(|path| (path, stub::PROGRAM, 0o755, User::Root));
    let files = job.files.iter().map(|f| (&f.path, f.bytes.as_slice(), f.mode & 0o1777, f.owner));
    for (path, bytes, mode, owner) in stubs.chain(files) {
        let inner = path.trim_start_matches('/');
        let first = inner.split('/').next().unwrap_or("");
        let parts_fit = inner.split('/').all(|p| !matches!(p, "" | "." | "..")) && !path.contains('\0');
        let shm = inner.starts_with("dev/shm/");
        if !path.starts_with('/') || !parts_fit || (CLOSED.contains(&first) && !shm) {
            return Err(Refusal {
                reason: format!("{path:?} cannot be staged"),
                remedy: "stage absolute paths without dots, outside /proc, /sys and /dev".to_owned(),
            });
        }
        found.push(Item { path: inner.to_owned(), bytes, mode, owner });
    }
    Ok(found)
}

/// Adds the steps that stage the job's files.
pub(super) fn steps(job: &Job, identity: &Identity, steps: &mut Vec<Step>) -> Result<(), Refusal> {
    let mut made = BTreeSet::new();
    let mut layers: BTreeMap<String, Vec<(String, Item<'_>)>> = BTreeMap::new();
    for item in items(job)? {
        let first = item.path.split('/').next().unwrap_or("");
        if PROGRAMS.contains(&first) {
            let (folder, rest) = nearest(&item.path);
            layers.entry(folder).or_default().push((rest, item));
        } else {
            let path = item.path.clone();
            put(steps, &mut made, "", &path, &item, identity);
        }
    }
    for (number, (folder, inside)) in layers.iter().enumerate() {
        if folder.contains([':', ',', '\\']) {
            return Err(Refusal {
                reason: format!("/{folder} cannot be layered"),
                remedy: "stage into another folder".to_owned(),
            });
        }
        let layer = format!(".layer/{number}");
        parents(steps, &mut made, &format!("{layer}/x"), None);
        for (rest, item) in inside {
            put(steps, &mut made, &format!("{layer}/"), rest, item, identity);
        }
        // Both layers are read-only, which the kernel allows ordinary users too.
        let data = format!("lowerdir={layer}:{folder}");
        let flags = libc::MS_RDONLY | libc::MS_NOSUID | libc::MS_NODEV;
        steps.push(Step::Mount {
            from: c("overlay"),
            kind: c("overlay"),
            path: c(folder),
            flags,
            data: Some(c(&data)),
        });
    }
    Ok(())
}

/// Splits a path below the host's programs into the deepest folder that the host has and the rest.
fn nearest(path: &str) -> (String, String) {
    let absolute = format!("/{path}");
    let mut folder = Path::new(&absolute).parent();
    while let Some(candidate) = folder {
        if let Ok(real) = std::fs::canonicalize(candidate)
            && real.is_dir()
            && let Ok(rest) = Path::new(&absolute).strip_prefix(candidate)
        {
            let real = real.to_string_lossy().trim_start_matches('/').to_owned();
            return (real, rest.to_string_lossy().into_owned());
        }
        folder = candidate.parent();
    }
    (String::new(), path.to_owned())
}

fn parents(steps: &mut Vec<Step>, made: &mut BTreeSet<String>, path: &str, owner: Option<u32>) {
    let ends: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
    for end in ends {
        let folder = path.get(..end).unwrap_or("");
        if made.insert(folder.to_owned()) && !super::root::has_folder(folder) {
            steps.push(Step::Folder { path: c(folder), mode: 0o755 });
            if let Some(id) = owner {
                steps.push(Step::Owner { path: c(folder), user: id, group: id });
            }
        }
    }
}

fn put(
    steps: &mut Vec<Step>,
    made: &mut BTreeSet<String>,
    below: &str,
    rest: &str,
    item: &Item<'_>,
    identity: &Identity,
) {
    let path = format!("{below}{rest}");
    let user = (identity.both_users() && item.owner == User::Ordinary).then_some(Identity::USER);
    parents(steps, made, &path, user.filter(|_| path.starts_with("home/")));
    steps.push(Step::File { path: c(&path), bytes: item.bytes.to_vec(), mode: item.mode });
    if let Some(id) = user {
        steps.push(Step::Owner { path: c(&path), user: id, group: id });
    }
}
