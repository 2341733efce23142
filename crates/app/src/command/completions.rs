//! `completions`: for a shell.

use clap::CommandFactory as _;

use crate::args::Arguments;
use crate::error::{Exit, Failure};
use crate::ui::Ui;

/// Prints a completion script.
#[expect(clippy::unnecessary_wraps, reason = "every verb has this shape")]
pub(super) fn completions(shell: clap_complete::Shell, ui: &Ui) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "feuerprobe", &mut script);
    ui.data(&String::from_utf8_lossy(&script));
    Ok(Exit::Passed)
}
