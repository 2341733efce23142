//! Telemetry that is text: audit records, syslog lines and event XML.

pub(crate) mod audit;
pub(crate) mod processes;
mod sockaddr;
pub(crate) mod syslog;
pub(crate) mod xml;
