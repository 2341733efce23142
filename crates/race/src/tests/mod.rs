//! The engine against ground truth that nobody here wrote, and against itself.

mod arbitrary;
mod chain;
mod ground;
mod incident;
mod large;
mod metamorphic;
mod outflow;
mod playbooks;
mod policies;
mod queue;
mod random_graphs;
mod reaction;
mod returns;
mod rules;
mod sameness;
mod stand;
mod truth;
