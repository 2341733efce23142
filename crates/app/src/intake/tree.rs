//! A folder of input: on disk, or built into the program.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use model::reading::Input;
use rehearsal::{Error, Files, Listing};

use super::{beneath, packed};

static CONTENT: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../content");

/// How deep folders are followed.
pub(super) const MAX_DEPTH: usize = 40;

/// A folder of input files, addressed by paths below it with `/` between parts.
#[derive(Debug, Clone)]
pub enum Tree {
    /// Built into the program; the path of a folder below `content/`.
    BuiltIn(String),
    /// On disk.
    Folder(PathBuf),
}

impl Files for Tree {
    fn label(&self) -> String {
        match self {
            Self::BuiltIn(_) => "built-in".to_owned(),
            Self::Folder(path) => {
                let full = path.canonicalize().unwrap_or_else(|_| path.clone());
                full.file_name().map_or_else(|| "/".to_owned(), |n| n.to_string_lossy().into_owned())
            }
        }
    }

    fn name(&self, path: &str) -> String {
        match self {
            Self::BuiltIn(base) => format!("built-in:{}", joined(base, path)),
            Self::Folder(folder) => folder.join(path).display().to_string(),
        }
    }

    fn source(&self, path: &str) -> String {
        match self {
            Self::BuiltIn(_) => "built-in".to_owned(),
            Self::Folder(_) => path.rsplit('/').next().unwrap_or(path).to_owned(),
        }
    }

    fn folder(&self, path: &str) -> Arc<dyn Files> {
        Arc::new(match self {
            Self::BuiltIn(base) => Self::BuiltIn(joined(base, path)),
            Self::Folder(folder) => Self::Folder(folder.join(path)),
        })
    }

    fn holds(&self, path: &str) -> bool {
        match self {
            Self::BuiltIn(base) => built_in_bytes(base, path).is_some(),
            Self::Folder(folder) => folder.join(path).is_file(),
        }
    }

    fn list(&self) -> Result<Listing, Error> {
        let mut listing = Listing::default();
        match self {
            Self::BuiltIn(base) => {
                let dir = if base.is_empty() { Some(&CONTENT) } else { CONTENT.get_dir(base) };
                let missing = || io::Error::new(io::ErrorKind::NotFound, "it is not built in");
                let dir = dir.ok_or_else(|| Error::Unreadable { path: base.clone(), source: missing() })?;
                built_in(dir, base, &mut listing.files);
            }
            Self::Folder(folder) => {
                let path = || folder.display().to_string();
                std::fs::read_dir(folder).map_err(|source| Error::Unreadable { path: path(), source })?;
                on_disk(folder, "", 0, &mut listing.files, &mut listing.refused);
            }
        }
        listing.files.sort();
        listing.refused.sort();
        Ok(listing)
    }

    fn open(&self, path: &str) -> io::Result<Input> {
        match self {
            Self::BuiltIn(base) => built_in_bytes(base, path)
                .map(|bytes| Input::Seek(Box::new(io::Cursor::new(bytes))))
                .ok_or_else(|| io::ErrorKind::NotFound.into()),
            Self::Folder(folder) => match packed::member_of(path) {
                Some((archive, member)) => packed::member(beneath::open(folder, archive)?, member),
                None => packed::open(beneath::open(folder, path)?),
            },
        }
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        match self {
            Self::BuiltIn(base) => {
                built_in_bytes(base, path).map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::NotFound.into())
            }
            Self::Folder(folder) => small(beneath::open(folder, path)?, SMALL_FILE),
        }
    }
}

/// The largest rule, estate, campaign or playbook file that is read, in bytes.
/// The largest published Sigma rule has under 100 KB.
pub(super) const SMALL_FILE: u64 = 16 * 1024 * 1024;

/// Returns the whole content of a file that the user named, if it has at most `most` bytes.
///
/// # Errors
/// What the system said.
pub(super) fn read_small(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    small(beneath::named(path)?, most)
}

fn small(file: File, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let why = format!("it is larger than {} MiB", most >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

/// Opens a file on disk, unpacked while reading if it is packed.
///
/// # Errors
/// What the system said.
pub(super) fn open_file(path: &Path) -> io::Result<Input> {
    packed::open(beneath::named(path)?)
}

fn built_in_bytes(base: &str, path: &str) -> Option<&'static [u8]> {
    CONTENT.get_file(joined(base, path)).map(include_dir::File::contents)
}

fn joined(base: &str, path: &str) -> String {
    if base.is_empty() { path.to_owned() } else { format!("{base}/{path}") }
}

fn built_in(dir: &Dir<'_>, base: &str, files: &mut Vec<String>) {
    for file in dir.files() {
        let path = file.path().to_string_lossy();
        files.push(path.strip_prefix(base).unwrap_or(&path).trim_start_matches('/').to_owned());
    }
    for sub in dir.dirs() {
        built_in(sub, base, files);
    }
}

/// Lists what lies below `prefix` of `root`. A link to a folder is not followed: what
/// lies in the tree has a name of its own, and a link may lead in a circle.
fn on_disk(
    root: &Path,
    prefix: &str,
    depth: usize,
    files: &mut Vec<String>,
    refused: &mut Vec<(String, String)>,
) {
    let entries = match std::fs::read_dir(root.join(prefix)) {
        Ok(entries) if depth < MAX_DEPTH => entries,
        Ok(_) => return refused.push((prefix.to_owned(), "folders are nested too deeply".to_owned())),
        Err(e) => return refused.push((prefix.to_owned(), e.to_string())),
    };
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) => {
                refused.push((prefix.to_owned(), e.to_string()));
                continue;
            }
        };
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            refused.push((format!("{prefix}{}", name.to_string_lossy()), "its name is not UTF-8".to_owned()));
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{prefix}{name}");
        match std::fs::symlink_metadata(entry.path()) {
            Ok(meta) if meta.is_dir() => on_disk(root, &format!("{path}/"), depth + 1, files, refused),
            Ok(meta) if meta.is_file() && packed::is_archive(&path) => {
                match beneath::open(root, &path).and_then(packed::members) {
                    Ok(members) => files.extend(members.into_iter().map(|member| format!("{path}/{member}"))),
                    Err(error) => refused.push((path, error.to_string())),
                }
            }
            Ok(meta) if meta.is_file() => files.push(path),
            Ok(meta) if meta.is_symlink() => match linked(root, &path) {
                Ok(()) => files.push(path),
                Err(why) => refused.push((path, why)),
            },
            Ok(_) => refused.push((path, "it is neither a file nor a folder".to_owned())),
            Err(e) => refused.push((path, e.to_string())),
        }
    }
}

/// Returns why a link is not read; one to a file beneath the root is.
fn linked(root: &Path, path: &str) -> Result<(), String> {
    let meta = beneath::open(root, path).and_then(|file| file.metadata()).map_err(|e| e.to_string())?;
    if meta.is_file() {
        return Ok(());
    }
    Err("it is a link to a folder, which is not followed; what lies here has a name of its own".to_owned())
}
