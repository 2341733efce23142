//! The crate as its callers see it, in one binary that is linked once.

mod arbitrary;
mod bundles;
mod campaigns;
mod flows;
mod plans;
mod shared;
