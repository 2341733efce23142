//! Bytes in, findings of insured-person data out.
//!
//! The walker takes containers apart and hands their parts to a [`Scan`], which
//! finds identifiers in them and weighs each. The crate opens no file.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "an oracle may use the platform's mathematics"))]

pub mod canary;
mod charset;
pub mod container;
mod distinct;
mod find;
mod headings;
mod identify;
mod inline;
mod look;
mod markup;
mod mask;
pub mod place;
mod rules;
mod scan;
mod score;
mod tally;
mod token;

pub use mask::{Pseudonyms, mask};
pub use rules::{Insurer, Rules, THRESHOLD};
pub use scan::Scan;
pub use tally::Tally;
pub use token::Key;
