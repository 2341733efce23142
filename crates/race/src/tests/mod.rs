//! The engine against ground truth that nobody here wrote, and against itself.

mod arbitrary;
mod ground;
mod metamorphic;
mod playbooks;
mod reaction;
mod sameness;
mod stand;
mod truth;
