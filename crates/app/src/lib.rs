//! The program around the use cases: arguments, files, clock and terminal.
//!
//! Everything that touches the outside world is here, and no domain rule is: `command` holds one
//! file for each verb, which fills a [`intake::WorkspaceSpec`], calls [`rehearsal`] and prints.

pub mod args;
pub mod clock;
pub mod command;
pub mod error;
pub mod files;
pub mod intake;
pub mod leak;
pub mod ui;
