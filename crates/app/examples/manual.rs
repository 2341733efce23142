//! Writes what a package installs beside the program: `manual FOLDER` makes `man/*.1`, a page for
//! the program and each verb, and the completions of bash, zsh and fish.

use std::path::Path;

use app::args::Arguments;
use clap::{Command, CommandFactory as _};
use clap_complete::Shell;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).ok_or_else(|| std::io::Error::other("usage: manual FOLDER"))?;
    let folder = Path::new(&folder);
    let man = folder.join("man");
    std::fs::create_dir_all(&man)?;
    let mut program = Arguments::command();
    program.build();
    pages(&program, "feuerprobe", &man)?;
    for (shell, name) in
        [(Shell::Bash, "feuerprobe"), (Shell::Zsh, "_feuerprobe"), (Shell::Fish, "feuerprobe.fish")]
    {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut program, "feuerprobe", &mut script);
        let place = folder.join(shell.to_string());
        std::fs::create_dir_all(&place)?;
        std::fs::write(place.join(name), script)?;
    }
    Ok(())
}

/// Writes the page of a verb and of the verbs within it, named as `man` looks for them:
/// `feuerprobe-outflow-scan.1`.
fn pages(command: &Command, name: &str, folder: &Path) -> std::io::Result<()> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    std::fs::write(folder.join(format!("{name}.1")), page)?;
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set() && verb.get_name() != "help") {
        pages(verb, &format!("{name}-{}", verb.get_name()), folder)?;
    }
    Ok(())
}
