//! Procedures and profiles in, observed runs out.
//!
//! [`procedure`] reads what is to be run, [`profile`] the hardening under test, and
//! [`sandbox`] runs it, confined and observed. A run is written as telemetry and read
//! by the same readers as a recording from elsewhere.

pub mod procedure;
pub mod profile;
pub mod sandbox;
