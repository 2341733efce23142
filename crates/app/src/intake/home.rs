//! Where the program keeps what is its own: the ledger, and what lies beside it.

use std::path::{Path, PathBuf};

use super::owner::trusted;
use super::settings::FILE;
use crate::args::Common;
use crate::error::Failure;
use crate::ledger::Ledger;

/// Opens the ledger of these arguments: `--ledger`, else `.feuerprobe/ledger.db` in the workspace or here.
///
/// # Errors
/// [`Failure::Ledger`] when it cannot be used.
pub fn open_ledger(common: &Common) -> Result<Ledger, Failure> {
    Ledger::open(&ledger_path(common)?)
}

/// Opens the ledger of these arguments to read it; nothing is made or changed.
///
/// # Errors
/// [`Failure::Ledger`] when it cannot be read.
pub fn read_ledger(common: &Common) -> Result<Ledger, Failure> {
    Ledger::read(&ledger_path(common)?)
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

/// Returns the folder the ledger lies in: secrets and lists lie beside it.
///
/// # Errors
/// [`Failure::Owner`] when it was not named and is another user's.
pub fn house(common: &Common) -> Result<PathBuf, Failure> {
    let named = common.ledger.as_ref().and_then(|l| l.parent()).map(Path::to_owned);
    named.map_or_else(|| own_folder(common), Ok)
}

/// Returns this folder or the nearest one above it that is a workspace; refuses one
/// that somebody else has put there.
pub(super) fn above() -> Result<Option<PathBuf>, Failure> {
    let Ok(here) = std::env::current_dir() else { return Ok(None) };
    let Some(found) = here.ancestors().find(|folder| folder.join(FILE).is_file()) else { return Ok(None) };
    trusted(&found.join(FILE), NAME_IT)?;
    trusted(found, NAME_IT)?;
    Ok(Some(if found == here { PathBuf::from(".") } else { found.to_owned() }))
}
