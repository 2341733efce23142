//! What changes cost, where the workspace says it.

use model::record::Input;

use super::Intake;
use crate::error::Error;
use crate::files::Files;

/// The file where nothing is said.
const FILE: &str = "efforts.yaml";

/// Reads the file of efforts of a workspace: the one that is named, or the usual one where
/// there is one.
pub(super) fn read(root: &dyn Files, named: Option<&str>, intake: &mut Intake) -> Result<(), Error> {
    let path = named.unwrap_or(FILE);
    if named.is_none() && !root.holds(path) {
        return Ok(());
    }
    let name = root.name(path);
    let bytes = root.read(path).map_err(|source| Error::Unreadable { path: name.clone(), source })?;
    intake.inputs.push(Input {
        name: "efforts".into(),
        source: root.source(path),
        hash: blake3::hash(&bytes).to_hex().to_string(),
    });
    intake.efforts = assess::read_efforts(&name, &bytes).report(&mut intake.diagnostics);
    Ok(())
}
