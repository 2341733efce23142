//! What a reader has to say about outside content.
//!
//! Readers are total: they return what they could read and a list of
//! [`Diagnostic`]s, and one bad object never stops a run.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing was left out.
    Note,
    /// Something was left out or guessed; the rest is used.
    Warning,
    /// The object or file cannot be used.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A place in a file; line and column count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

/// One finding about outside content: where, what was wrong, what would be right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Diagnostic {
    /// The file as the user named it, or `-` for standard input.
    pub file: String,
    /// Where in the file, when it is a text file and the place is known.
    pub position: Option<Position>,
    /// How bad it is.
    pub severity: Severity,
    /// A stable code, such as `estate.unknown-site`, that `explain` expands.
    pub code: String,
    /// What was wrong, in one sentence without a full stop.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Returns an error about `file`.
    pub fn error(file: &str, code: &str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, file, code, message.into())
    }

    /// Returns a warning about `file`.
    pub fn warning(file: &str, code: &str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, file, code, message.into())
    }

    /// Returns a note about `file`.
    pub fn note(file: &str, code: &str, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, file, code, message.into())
    }

    fn new(severity: Severity, file: &str, code: &str, message: String) -> Self {
        Self { file: file.to_owned(), position: None, severity, code: code.to_owned(), message, help: None }
    }

    /// Adds what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the place, counted from 1.
    #[must_use]
    pub fn at(mut self, line: u32, column: u32) -> Self {
        self.position = Some(Position { line, column });
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.severity, self.file)?;
        if let Some(p) = self.position {
            write!(f, ":{}:{}", p.line, p.column)?;
        }
        write!(f, ": {} [{}]", self.message, self.code)?;
        if let Some(help) = &self.help {
            write!(f, "\n  hint: {help}")?;
        }
        Ok(())
    }
}
