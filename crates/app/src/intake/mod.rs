//! The door: files and folders in, typed inputs and diagnostics out.

mod at_risk;
mod beneath;
mod efforts;
mod files;
mod gate;
mod home;
mod labels;
mod owner;
mod packed;
mod plans;
mod settings;
mod tree;
mod unchecked;
mod workspace;

pub(crate) use beneath::{named, read_named};
pub(crate) use gate::ACCEPTANCES;
pub use gate::{GateRules, read_acceptances};
pub use home::{kept, open_ledger, read_ledger};
pub(crate) use owner::trusted;
pub use plans::answers_to;
pub use settings::Pair;
pub use tree::{Listing, Tree};
pub use unchecked::{Unchecked, refuse};
pub use workspace::{Extent, Intake, Settings, Workspace};
