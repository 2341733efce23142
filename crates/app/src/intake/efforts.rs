//! What changes cost, where the workspace says it.

use model::record::Input;

use super::tree::Tree;
use super::workspace::{Intake, tree_label};
use crate::error::Failure;

/// The file where nothing is said.
const FILE: &str = "efforts.yaml";

/// Reads the file of efforts of a workspace: the one that is named, or the usual one where
/// there is one.
pub(super) fn read(root: &Tree, named: Option<&str>, intake: &mut Intake) -> Result<(), Failure> {
    let Tree::Folder(folder) = root else { return Ok(()) };
    let path = named.unwrap_or(FILE);
    if named.is_none() && !folder.join(path).is_file() {
        return Ok(());
    }
    let name = root.name(path);
    let bytes =
        root.read(path).map_err(|e| Failure::Unreadable { path: name.clone(), why: e.to_string() })?;
    intake.inputs.push(Input {
        name: "efforts".into(),
        source: tree_label(root, path),
        hash: blake3::hash(&bytes).to_hex().to_string(),
    });
    intake.efforts = assess::read_efforts(&name, &bytes).report(&mut intake.diagnostics);
    Ok(())
}
