//! Whose files are used without having been named.
//!
//! A workspace is found in a folder above, its ledger and key beside it. In a folder
//! that others may write to, anybody can put one there: what runs, what is stored and
//! what values are hashed with would be theirs. So it is used only if it belongs to
//! the user, to root, or, for root through `sudo`, to who called it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::error::Failure;

/// Refuses a file or folder of another user; one that is not there is nobody's.
/// `remedy` says how to use it all the same.
///
/// # Errors
/// [`Failure::Owner`].
pub(crate) fn trusted(path: &Path, remedy: &'static str) -> Result<(), Failure> {
    let foreign = |meta: &Metadata| (!is_ours(meta.uid())).then(|| meta.uid());
    // A link counts as well as what it leads to.
    let met = [std::fs::symlink_metadata(path), std::fs::metadata(path)];
    match met.iter().flatten().find_map(foreign) {
        None => Ok(()),
        Some(owner) => Err(Failure::Owner { path: path.display().to_string(), owner, remedy }),
    }
}

fn is_ours(owner: u32) -> bool {
    let own = rustix::process::geteuid().as_raw();
    let caller = || std::env::var("SUDO_UID").ok().and_then(|id| id.parse::<u32>().ok());
    owner == own || owner == 0 || own == 0 && caller() == Some(owner)
}
