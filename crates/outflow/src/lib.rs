//! Bytes in, findings of insured-person data out.
//!
//! The walker takes containers apart and hands their parts to a [`Scan`], which
//! finds identifiers in them and weighs each. The crate opens no file.

pub mod container;
pub mod place;
mod scan;

pub use scan::Scan;
