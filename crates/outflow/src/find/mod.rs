//! Finding where numbers could be, at the speed of memory.

mod masks;
mod triggers;
mod walk;

pub(crate) use triggers::each;
pub(crate) use walk::{JOIN, JOIN_LINE, Walk, begins, ends, letter_before};
