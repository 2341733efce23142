//! Tests of the public surface.

mod causes;
mod growth;
mod in_memory;
mod mutation;
mod repair;
mod schedule;
mod support;
mod watching;
