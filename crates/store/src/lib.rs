//! What is kept: the ledger of runs and scans, and the journal of exercises.
//!
//! Takes records and gives them back, or refuses by name what is not as it was stored.
//! The only crate that knows SQL. It is handed the time; of the outside world it touches
//! the ledger and the lock beside it.
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("ledger.db");
//! let ledger = store::Ledger::open(&path)?;
//! assert!(ledger.runs()?.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod journal;
mod kept;
mod ledger;
mod measured;
mod prune;
mod schema;
mod seal;
mod slots;

pub use error::Error;
pub use journal::{Contract, Journal, Resumed};
pub use ledger::{CARD, Ledger, RunRow, ScanRow};
pub use prune::Pruned;
pub use slots::{Progress, Turn};

use model::quantity::Timestamp;

/// Returns an id that nobody else has: a UUID of version 7 of this moment. Its time is 0 for a
/// moment before 1970.
pub fn id(now: Timestamp) -> uuid::Uuid {
    let ms = u64::try_from(now.0).unwrap_or(0);
    let nanos = u32::try_from(ms % 1000).unwrap_or(0) * 1_000_000;
    uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, ms / 1000, nanos))
}
