//! Recordings and logs in, events with their log sources out.
//!
//! [`survey`] finds recordings and their labels below a folder. [`read_events`] cuts
//! the telemetry of one into batches without understanding them, so that memory stays
//! bounded, and [`Batch::parse`] turns a batch into events under Sigma's field names
//! with their log sources; it depends on nothing else and may run in parallel.
//! This is the only room that knows log formats; it builds on any system.
//!
//! A format is a file and a row: in `reader`, whose table `READERS` says how a file is
//! recognised, cut and parsed, or in `mapping`, whose table `MAPPINGS` says which JSON
//! objects it takes, under which names their values go, and which log source they are.

mod batch;
mod cut;
mod fields;
mod log_source;
mod mapping;
mod names;
mod object;
mod read;
mod reader;
mod survey;
mod time;
mod xml;

pub use batch::{Batch, DIAGNOSTICS_PER_BATCH, Parsed};
pub use cut::MAX_LINE_BYTES;
pub use mapping::{Feed, feeds};
pub use read::{ReadSummary, read_events};
pub use survey::{LabelPair, LabelSet, Labels, Survey, Unread, Why, survey};
