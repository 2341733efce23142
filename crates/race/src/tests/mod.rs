//! The engine against ground truth that nobody here wrote, and against itself.

mod arbitrary;
mod metamorphic;
mod playbooks;
mod reaction;
mod stand;
mod truth;
