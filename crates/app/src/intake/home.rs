//! Where the program keeps what is its own: the ledger, and what lies beside it.

use std::path::{Path, PathBuf};

use super::settings::FILE;
use crate::args::Common;
use crate::error::Failure;
use crate::ledger::Ledger;

/// Opens the ledger of these arguments: `--ledger`, else `.feuerprobe/ledger.db` in the workspace or here.
///
/// # Errors
/// [`Failure::Ledger`] when it cannot be used.
pub fn open_ledger(common: &Common) -> Result<Ledger, Failure> {
    Ledger::open(&ledger_path(common))
}

/// Opens the ledger of these arguments to read it; nothing is made or changed.
///
/// # Errors
/// [`Failure::Ledger`] when it cannot be read.
pub fn read_ledger(common: &Common) -> Result<Ledger, Failure> {
    Ledger::read(&ledger_path(common))
}

fn ledger_path(common: &Common) -> PathBuf {
    common.ledger.clone().unwrap_or_else(|| own_folder(common).join("ledger.db"))
}

fn own_folder(common: &Common) -> PathBuf {
    common.workspace.clone().or_else(above).unwrap_or_default().join(".feuerprobe")
}

/// Returns the folder the ledger lies in: secrets and lists lie beside it.
pub fn house(common: &Common) -> PathBuf {
    let named = common.ledger.as_ref().and_then(|l| l.parent()).map(Path::to_owned);
    named.unwrap_or_else(|| own_folder(common))
}

/// Returns this folder or the nearest one above it that is a workspace.
pub(super) fn above() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let found = here.ancestors().find(|folder| folder.join(FILE).is_file())?;
    Some(if found == here { PathBuf::from(".") } else { found.to_owned() })
}
