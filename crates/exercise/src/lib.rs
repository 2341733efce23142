//! Recordings in, telemetry events and run status out.
//!
//! [`survey`] finds recordings and their labels below a folder. [`read_events`] cuts
//! the telemetry of one into batches without understanding them, so that memory stays
//! bounded, and [`Batch::parse`] turns a batch into events under Sigma's field names
//! with their log sources; it depends on nothing else and may run in parallel.
//! [`stage`] says what this half shares with the sandbox.

mod batch;
mod chunk;
mod input;
mod origin;
pub mod procedure;
pub mod profile;
mod read;
pub mod sandbox;
mod shape;
mod split;
pub mod stage;
mod survey;
mod text;
mod time;

pub use batch::{Batch, DIAGNOSTICS_PER_BATCH, Parsed};
pub use input::{Input, Join, Open, ReadSeek};
pub use read::{ReadSummary, read_events};
pub use split::MAX_LINE_BYTES;
pub use survey::{DEFAULT_DEADLINE, LabelPair, LabelSet, Labels, Survey, survey};
