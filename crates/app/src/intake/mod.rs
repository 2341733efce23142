//! The input layer: files and folders of the user, opened for the use cases.

mod beneath;
mod earlier;
mod home;
mod host;
mod owner;
mod packed;
mod procedures;
mod secrets;
mod spec;
mod states;
mod tree;

pub(crate) use beneath::read_named;
pub use earlier::{exercises, remember};
pub use home::{kept, open_ledger, read_ledger};
pub use host::host;
pub(crate) use owner::trusted;
pub use procedures::{hardening, selected};
pub use secrets::{authorization, certificates};
pub use spec::{Workspace, WorkspaceSpec, choice};
pub use states::States;
pub use tree::Tree;
