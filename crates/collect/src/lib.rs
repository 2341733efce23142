//! Outbound connections: asks an HTTP service, with bounds on time, size and repetitions.
//!
//! The only crate that opens a connection. It follows no redirect, uses no proxy, trusts the
//! certificates that it is given and no others, and never writes a secret anywhere but into the
//! header that needs it.
//!
//! ```no_run
//! use collect::{Authorization, Clock, Connection, Limits};
//! use model::live::{Ask, Method};
//! # fn now() -> model::quantity::Timestamp { model::quantity::Timestamp(0) }
//! let clock = Clock { now: &now, sleep: &|_| {} };
//! let connection = Connection::open("http://127.0.0.1:9200", Authorization::None, None, Limits::default())?;
//! let ask = Ask { method: Method::Get, path: "/".to_owned(), body: None };
//! let reply = connection.ask(&ask, clock).map_err(|refused| refused.why)?;
//! assert_eq!(reply.status, 200);
//! # Ok::<(), String>(())
//! ```

mod connection;
mod secret;

pub use connection::{Clock, Connection, Limits, Refused};
pub use secret::{Authorization, Secret};
