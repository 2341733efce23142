//! The program: arguments in, exit code out.

use std::process::ExitCode;

use app::{args, command, leak, ui};
use clap::Parser as _;

fn main() -> ExitCode {
    leak::masked_panics();
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(refusal) => return ui::refuse(&refusal),
    };
    let ui = ui::Ui::new(&arguments);
    match command::dispatch(&arguments, &ui) {
        Ok(exit) => ui.end(exit),
        Err(failure) => ui.fail(&failure),
    }
}
