//! The door: files and folders in, typed inputs and diagnostics out.

mod at_risk;
mod home;
mod settings;
mod tree;
mod workspace;

pub use home::{house, open_ledger, read_ledger};
pub use settings::Pair;
pub use tree::Tree;
pub use workspace::{Extent, Intake, Settings, Workspace, answers_to};
