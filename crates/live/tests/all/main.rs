//! Questions and ties, without any network.

mod paging;
mod ties;
