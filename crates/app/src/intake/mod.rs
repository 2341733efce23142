//! The door: files and folders in, typed inputs and diagnostics out.

mod at_risk;
mod beneath;
mod efforts;
mod home;
mod owner;
mod settings;
mod tree;
mod workspace;

pub(crate) use beneath::{named, read_named};
pub use home::{house, open_ledger, read_ledger};
pub(crate) use owner::trusted;
pub use settings::Pair;
pub use tree::Tree;
pub use workspace::{Extent, Intake, Settings, Workspace, answers_to};
