//! Hardening profiles: what is read from them, and what they refuse.

mod policies;
mod ranking;
mod units;
