//! Hardening profiles: what is read from them, and what they refuse.

mod enforced;
mod hardened;
mod policies;
mod ranking;
mod stage;
mod units;
