//! One stretch of a text in place of another.

use std::ops::Range;

/// A replacement.
#[derive(Debug, Clone)]
pub(super) struct Splice {
    /// The bytes that go.
    pub(super) range: Range<usize>,
    /// What comes in their place.
    pub(super) with: String,
}

impl Splice {
    /// Returns the text with the replacement; `None` where the range does not lie in it.
    pub(super) fn apply(&self, text: &str) -> Option<String> {
        let end = self.range.end.min(text.len());
        let (before, after) = (text.get(..self.range.start)?, text.get(end..)?);
        Some([before, &self.with, after].concat())
    }

    /// Returns the line on which it begins, from 1.
    pub(super) fn line(&self, text: &str) -> u32 {
        let before = text.get(..self.range.start).unwrap_or_default();
        // What is put in behind a line end is on the next line.
        let on_next = usize::from(self.with.starts_with(['\r', '\n']));
        u32::try_from(1 + before.matches('\n').count() + on_next).unwrap_or(u32::MAX)
    }
}
