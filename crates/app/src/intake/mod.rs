//! The door: files and folders in, typed inputs and diagnostics out.

mod at_risk;
mod settings;
mod tree;
mod workspace;

pub use settings::Pair;
pub use tree::Tree;
pub use workspace::{Extent, Intake, Settings, Workspace, answers_to, house, open_ledger};
