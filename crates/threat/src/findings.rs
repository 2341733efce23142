//! Diagnostics that stay readable when a file is wrong in a thousand places.

use std::collections::BTreeMap;

use model::diagnostic::{Diagnostic, Severity};

/// How many findings of one file are shown one by one: what fits on a screen.
const SHOWN: usize = 20;

/// How many of one kind are shown, so that one kind does not hide the others.
const SHOWN_OF_A_KIND: u64 = 5;

/// The longest message, in characters: five lines of a terminal.
const MESSAGE: usize = 400;

/// The findings about one file: the first few of each kind, and a count of the rest.
pub(crate) struct Findings<'f> {
    file: &'f str,
    shown: Vec<Diagnostic>,
    kinds: BTreeMap<String, Kind>,
}

struct Kind {
    severity: Severity,
    shown: u64,
    total: u64,
}

impl<'f> Findings<'f> {
    /// Returns an empty list for `file`.
    pub(crate) fn new(file: &'f str) -> Self {
        Self { file, shown: Vec::new(), kinds: BTreeMap::new() }
    }

    /// Returns the file the findings are about.
    pub(crate) fn file(&self) -> &'f str {
        self.file
    }

    /// Adds a finding, or counts it when enough of its kind are shown.
    ///
    /// Names from the file are cut to a length that can be read, and cleared of
    /// control characters, so that a file cannot write to somebody's terminal.
    pub(crate) fn push(&mut self, mut diagnostic: Diagnostic) {
        let kind = self.kinds.entry(diagnostic.code.clone()).or_insert(Kind {
            severity: diagnostic.severity,
            shown: 0,
            total: 0,
        });
        kind.total += 1;
        // An error decides whether the file can be used: it is never only counted
        // while fewer than a kind's share are shown.
        let room = self.shown.len() < SHOWN || diagnostic.severity == Severity::Error;
        if room && kind.shown < SHOWN_OF_A_KIND {
            kind.shown += 1;
            let clean = diagnostic.message.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
            diagnostic.message = clean.take(MESSAGE).collect();
            self.shown.push(diagnostic);
        }
    }

    /// Returns whether another warning of this kind would be shown and not only
    /// counted; the place of one that is not need not be worked out.
    pub(crate) fn shows(&self, code: &str) -> bool {
        self.shown.len() < SHOWN && self.kinds.get(code).is_none_or(|k| k.shown < SHOWN_OF_A_KIND)
    }

    /// Adds a warning without a place.
    pub(crate) fn warn(&mut self, code: &str, message: impl Into<String>, help: &str) {
        self.push(Diagnostic::warning(self.file, code, message).help(help));
    }

    /// Returns the findings shown, followed by one line for each kind of which some were only counted.
    pub(crate) fn finish(self) -> Vec<Diagnostic> {
        let mut list = self.shown;
        for (code, kind) in self.kinds {
            let rest = kind.total - kind.shown;
            if rest > 0 {
                let message = format!("{rest} more of this kind, {} in all", kind.total);
                let mut diagnostic = Diagnostic::note(self.file, &code, message);
                diagnostic.severity = kind.severity;
                list.push(diagnostic);
            }
        }
        list
    }
}

/// Adds the place that `error` names; at the very beginning of a file it names none.
pub(crate) fn json_place(diagnostic: Diagnostic, error: &serde_json::Error) -> Diagnostic {
    let from_one = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).max(1);
    diagnostic.at(from_one(error.line()), from_one(error.column()))
}

/// Returns what `error` says, without the place.
pub(crate) fn json_complaint(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_and_does_not_hide_other_kinds() {
        let mut findings = Findings::new("x");
        for i in 0..1_000 {
            findings.warn("a.flood", format!("finding {i}"), "help");
        }
        findings.warn("b.rare", "the rare one", "help");
        let list = findings.finish();
        assert_eq!(list.iter().filter(|d| d.code == "a.flood").count(), 6);
        assert!(list.iter().any(|d| d.message == "995 more of this kind, 1000 in all"));
        assert!(list.iter().any(|d| d.message == "the rare one"));
    }

    #[test]
    fn names_from_a_file_are_cut_and_cleared() {
        let mut findings = Findings::new("x");
        findings.warn("a", format!("name \u{1b}[2J{}", "y".repeat(1_000_000)), "help");
        let list = findings.finish();
        assert!(list[0].message.starts_with("name \u{fffd}[2J"));
        assert_eq!(list[0].message.chars().count(), MESSAGE);
    }
}
