//! ATT&CK bundles and Attack Flows in, matrix, actors and campaigns out.
//!
//! The only room that knows STIX and Attack Flow. Every reader is total: it
//! returns what it could read and says what it left out, whatever the bytes.

mod actors;
mod analytics;
mod bundle;
mod catalogue;
mod findings;
mod joiner;
mod matrix;
mod versions;

pub use catalogue::catalogue;
pub use joiner::Joiner;
pub use matrix::read_matrix;
pub use versions::{VersionMap, read_version_map, version_map};
