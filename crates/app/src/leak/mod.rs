//! Sets of files that are scanned for insured-person data: what belongs to a set,
//! how it is read, and the secrets and lists around it.

mod holes;
mod list;
mod lists;
mod memory;
mod read;
mod secret;

pub use list::{Source, Sources, collect};
pub use lists::{add_planting, baseline, holds, plants, store_baseline};
pub use memory::leave_no_image;
pub use read::{guarded, masked_panics, quiet_panics, scan};
pub use secret::{key, seed};
