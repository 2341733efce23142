//! The house: arguments, files, clock, ledger and terminal around the rooms.
//!
//! Everything that touches the outside world is here, and no domain rule is:
//! [`rehearsal`] is the walk through the rooms, `command` holds one file for
//! each verb.

pub mod args;
pub mod clock;
pub mod command;
pub mod error;
pub mod files;
pub mod intake;
pub mod leak;
pub mod rehearsal;
pub mod replay;
pub mod stage;
pub mod ui;
