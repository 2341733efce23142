//! Where the program keeps what is its own: the ledger, and the folder of keys and lists.

use std::path::{Path, PathBuf};

use rehearsal::WORKSPACE_FILE;
use store::Ledger;

use super::owner::trusted;
use crate::args::Common;
use crate::error::Failure;

/// Opens the ledger of these arguments: `--ledger`, else `.feuerprobe/ledger.db` in the workspace or here.
///
/// # Errors
/// [`Failure::Store`] when it cannot be used.
pub fn open_ledger(common: &Common) -> Result<Ledger, Failure> {
    Ok(Ledger::open(&ledger_path(common)?)?)
}

/// Opens the ledger of these arguments to read it; nothing is made or changed.
///
/// # Errors
/// [`Failure::Store`] when it cannot be read.
pub fn read_ledger(common: &Common) -> Result<Ledger, Failure> {
    Ok(Ledger::read(&ledger_path(common)?)?)
}

fn ledger_path(common: &Common) -> Result<PathBuf, Failure> {
    match &common.ledger {
        Some(named) => Ok(named.clone()),
        None => Ok(own_folder(common)?.join("ledger.db")),
    }
}

/// What to do about a workspace of another user.
const NAME_IT: &str =
    "if you trust its owner, name the workspace with --workspace DIR; else work in a folder of yours";

fn own_folder(common: &Common) -> Result<PathBuf, Failure> {
    if let Some(named) = &common.workspace {
        return Ok(named.join(OWN));
    }
    let folder = above()?.unwrap_or_default().join(OWN);
    trusted(&folder, NAME_IT)?;
    trusted(&folder.join("ledger.db"), "if you trust its owner, name it with --ledger FILE")?;
    Ok(folder)
}

/// The folder of a workspace that holds what the program keeps.
const OWN: &str = ".feuerprobe";

/// Returns where a key or a list is kept: in the folder of `--data-dir`, else in `.feuerprobe` of
/// the workspace or here, wherever the ledger is.
///
/// # Errors
/// [`Failure::Owner`] when the folder was not named and is another user's; [`Failure::Usage`] when
/// it was not named and a file of this name lies beside the ledger: which one is meant is not known.
pub fn kept(file: &str, common: &Common) -> Result<PathBuf, Failure> {
    if let Some(named) = &common.data_dir {
        return Ok(named.join(file));
    }
    let found = own_folder(common)?.join(file);
    let beside = common.ledger.as_deref().and_then(Path::parent).map(|folder| folder.join(file));
    let other = beside.filter(|beside| beside.is_file() && !is_same(beside, &found));
    match other {
        None => Ok(found),
        Some(other) => Err(Failure::Usage(format!(
            "{} lies beside the ledger, and {} is kept in {}: name the folder that is meant with --data-dir",
            other.display(),
            file,
            found.parent().unwrap_or(Path::new(".")).display()
        ))),
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    one.canonicalize().ok().is_some_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

/// Returns this folder or the nearest one above it that is a workspace; refuses one
/// that somebody else has put there.
pub(super) fn above() -> Result<Option<PathBuf>, Failure> {
    let Ok(here) = std::env::current_dir() else { return Ok(None) };
    let Some(found) = here.ancestors().find(|folder| folder.join(WORKSPACE_FILE).is_file()) else {
        return Ok(None);
    };
    trusted(&found.join(WORKSPACE_FILE), NAME_IT)?;
    trusted(found, NAME_IT)?;
    Ok(Some(if found == here { PathBuf::from(".") } else { found.to_owned() }))
}
