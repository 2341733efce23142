//! The use cases called as a server would: content in memory, nobody at a terminal.

mod causes;
mod in_memory;
mod mutation;
mod repair;
mod support;
