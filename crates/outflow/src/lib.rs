//! Bytes in, findings of insured-person data out.
//!
//! Empty: the identifiers and containers it will know come with the issue that
//! builds it. The crate stands so that its wall is drawn from the first day.
