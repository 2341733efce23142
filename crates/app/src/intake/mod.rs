//! The door: files and folders in, typed inputs and diagnostics out.

mod tree;
mod workspace;

pub use tree::Tree;
pub use workspace::{Intake, Pair, Settings, Workspace, open_ledger};
