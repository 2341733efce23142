//! The door: files and folders in, typed inputs and diagnostics out.

mod tree;
mod workspace;

pub use tree::Tree;
pub use workspace::{Extent, Intake, Pair, Settings, Workspace, answers_to, open_ledger};
