//! Recordings and logs in, events with their log sources out.
//!
//! [`survey`] finds recordings and their labels below a folder. [`read_events`] cuts
//! the telemetry of one into batches without understanding them, so that memory stays
//! bounded, and [`Batch::parse`] turns a batch into events under Sigma's field names
//! with their log sources; it depends on nothing else and may run in parallel.
//! This is the only room that knows log formats; it builds on any system.

mod batch;
mod chunk;
mod origin;
mod read;
mod shape;
mod split;
mod survey;
mod text;
mod time;

pub use batch::{Batch, DIAGNOSTICS_PER_BATCH, Parsed};
pub use read::{ReadSummary, read_events};
pub use split::MAX_LINE_BYTES;
pub use survey::{LabelPair, LabelSet, Labels, Survey, survey};
