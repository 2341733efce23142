//! `init`: a commented workspace that passes `check` and `run` at once.

use std::path::Path;

use rehearsal::Files as _;

use crate::error::{Exit, Failure};
use crate::files;
use crate::intake::Tree;
use crate::ui::Ui;

/// Writes the starter workspace to a new or empty folder.
pub(super) fn init(dir: &Path, ui: &Ui) -> Result<Exit, Failure> {
    if std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::Usage(format!("{} is not empty; name a new folder", dir.display())));
    }
    let starter = Tree::BuiltIn("starter".to_owned());
    let files = starter.list()?.files;
    for file in &files {
        let target = dir.join(file);
        let fail = |e: std::io::Error| Failure::Unwritable {
            path: target.display().to_string(),
            why: e.to_string(),
        };
        let bytes = starter.read(file).map_err(fail)?;
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).map_err(fail)?;
        }
        files::place(&target, &bytes).map_err(fail)?;
    }
    ui.data(&format!(
        "{} files written to {dir}.\n\n  cd {dir}\n  feuerprobe check     validates every file\n  feuerprobe           runs the whole walk and writes report.html\n\nBegin with estate.yaml: it describes whom you serve and what that needs.",
        files.len(),
        dir = dir.display(),
    ));
    Ok(Exit::Passed)
}
