//! The nouns of Feuerprobe.
//!
//! Every value that one room hands to the next is defined here, once. The crate
//! has no I/O, no clock, no randomness and no opinion: a room computes, `model`
//! only says what the result looks like. It is also the only crate that derives
//! `Serialize`, so [`record`] lists every stored shape.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "an oracle may use the platform's mathematics"))]

pub mod attack;
pub mod campaign;
pub mod comparison;
pub mod crisis;
pub mod decide;
pub mod detection;
pub mod diagnostic;
pub mod document;
pub mod drift;
pub mod estate;
pub mod event;
pub mod evidence;
pub mod exercise;
mod fields;
pub mod finding;
pub mod gate;
pub mod id;
pub mod impact;
pub mod kept;
pub mod lines;
pub mod live;
pub mod manner;
pub mod mutation;
pub mod outflow;
pub mod paths;
pub mod placed;
pub mod playbook;
pub mod quantity;
pub mod read;
pub mod reading;
pub mod record;
pub mod recording;
pub mod recovery;
pub mod repair;
pub mod restart;
pub mod schedule;
pub mod scorecard;
pub mod syscalls;
pub mod tabletop;
pub mod timeline;
pub mod trend;
pub mod trial;
pub mod verdict;
pub mod watching;
