//! Recordings in, telemetry events and run status out.

mod batch;
mod chunk;
mod input;
mod origin;
mod read;
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
