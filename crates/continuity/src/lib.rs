//! Estate and outages in, recovery, service timelines and impact on tenants out.
//!
//! The walk through this room: [`read_estate`] gives an estate that has been
//! checked as a whole; [`Equations`] say which services are up when some assets
//! are down; [`recovery`] says when each asset is back; [`impacts`] puts the two
//! together for every trial of a race.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "an oracle may use the platform's mathematics"))]

mod admission;
mod backups;
mod check;
mod clocks;
mod course;
mod crisis;
mod equations;
mod estate_file;
mod estate_shape;
mod graph;
mod ik;
mod impact;
mod needed;
mod network;
mod recovery;
mod resources;
mod restart;
pub mod schedule;
mod timeline;

pub use crisis::crisis;
pub use equations::cases::Cases;
pub use equations::{Deadlock, Equations};
pub use estate_file::read_estate;
pub use ik::ik_check_digit;
pub use impact::impacts;
pub use recovery::recovery;
pub use restart::{Gone, restart};
pub use timeline::timeline;
