//! ATT&CK bundles and Attack Flows in, matrix, actors and campaigns out.
//!
//! The only room that knows STIX and Attack Flow. Every reader is total: it
//! returns what it could read and says what it left out, whatever the bytes.

mod actors;
mod afb;
mod analytics;
mod bundle;
mod campaign;
mod catalogue;
mod findings;
mod flow;
mod graph;
mod joiner;
mod matrix;
mod order;
mod plan;
mod technique;
mod versions;

pub use afb::read_afb;
pub use campaign::read_campaign;
pub use catalogue::catalogue;
pub use flow::read_flow;
pub use joiner::Joiner;
pub use matrix::read_matrix;
pub use versions::{VersionMap, read_version_map, version_map};
