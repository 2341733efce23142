//! What a reader of outside content gives: a value that cannot be had without what was
//! said about it.

use crate::diagnostic::{Diagnostic, Severity};

/// A value read from outside content, with what its reader had to say.
///
/// The value is reached only by [`Read::report`], which hands the diagnostics to a list
/// that goes on, or by [`Read::into_parts`], which gives both. So a reader's complaint
/// cannot be lost by taking its value.
///
/// # Example
/// ```
/// use model::diagnostic::Diagnostic;
/// use model::read::Read;
///
/// let read = Read::new(Some(7), vec![Diagnostic::warning("a.yaml", "a.b", "seven is odd")]);
/// let mut said = Vec::new();
/// assert_eq!(read.report(&mut said), Some(7));
/// assert_eq!(said.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "take the value with `report`, so that what was said about it reaches the user"]
pub struct Read<T> {
    value: T,
    said: Vec<Diagnostic>,
}

impl<T> Read<T> {
    /// Returns a value with what was said about it.
    pub fn new(value: T, said: Vec<Diagnostic>) -> Self {
        Self { value, said }
    }

    /// Returns the value and adds what was said about it to `sink`.
    pub fn report(mut self, sink: &mut Vec<Diagnostic>) -> T {
        sink.append(&mut self.said);
        self.value
    }

    /// Returns the value and what was said about it.
    pub fn into_parts(self) -> (T, Vec<Diagnostic>) {
        (self.value, self.said)
    }

    /// Returns the same reading with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Read<U> {
        Read { value: change(self.value), said: self.said }
    }

    /// Returns whether something that was said is an error.
    pub fn has_error(&self) -> bool {
        self.said.iter().any(|d| d.severity == Severity::Error)
    }
}

impl<T> From<(T, Vec<Diagnostic>)> for Read<T> {
    fn from((value, said): (T, Vec<Diagnostic>)) -> Self {
        Self { value, said }
    }
}
