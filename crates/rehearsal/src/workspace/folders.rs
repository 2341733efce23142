//! Files of a folder: listed, and read whole.

use model::diagnostic::Diagnostic;

use crate::error::Error;
use crate::files::{self, Files};

pub(super) fn listing(tree: &dyn Files, diagnostics: &mut Vec<Diagnostic>) -> Result<Vec<String>, Error> {
    let listing = tree.list()?;
    diagnostics.extend(files::findings(&listing, tree));
    Ok(listing.files)
}

pub(super) fn small(tree: &dyn Files, path: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<u8>> {
    tree.read(path)
        .map_err(|e| {
            diagnostics.push(
                Diagnostic::warning(&tree.name(path), "file.unreadable", format!("it cannot be read: {e}"))
                    .help("check its permissions and size; everything else is used"),
            );
        })
        .ok()
}

pub(super) fn located(mut diagnostics: Vec<Diagnostic>, tree: &dyn Files) -> Vec<Diagnostic> {
    for diagnostic in &mut diagnostics {
        diagnostic.file = tree.name(&diagnostic.file);
    }
    diagnostics
}
