//! A YAML document read into a typed shape, with the place of every complaint.
//!
//! All of the project's own input files are YAML. Limits on size, depth, nodes
//! and alias expansion come from the parser's budget, so that a document that
//! expands without end is an error and not a full memory.

use serde::de::DeserializeOwned;
pub use serde_saphyr::Spanned;

use crate::diagnostic::Diagnostic;

/// Returns `bytes` as text.
///
/// # Errors
/// A [`Diagnostic`] with line and column of the first byte that is not UTF-8.
pub fn text<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Diagnostic> {
    std::str::from_utf8(bytes).map_err(|e| {
        let good = &bytes[..e.valid_up_to()];
        let line = 1 + good.iter().filter(|b| **b == b'\n').count();
        let start = good.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        let column = 1 + String::from_utf8_lossy(&good[start..]).chars().count();
        Diagnostic::error(file, "text.not-utf8", "the file is not UTF-8")
            .help("save the file as UTF-8")
            .at(line as u32, column as u32)
    })
}

/// Returns the YAML document in `bytes` as a `T`.
///
/// `T` should use `#[serde(deny_unknown_fields)]`, so that a misspelt key is
/// reported with the keys that would be right.
///
/// # Errors
/// A [`Diagnostic`] with code `yaml.syntax` and the place of the fault.
pub fn yaml<T: DeserializeOwned>(file: &str, bytes: &[u8]) -> Result<T, Diagnostic> {
    let text = text(file, bytes)?;
    serde_saphyr::from_str(text).map_err(|e| diagnose(file, &e))
}

fn diagnose(file: &str, error: &serde_saphyr::Error) -> Diagnostic {
    let rendered = error.without_snippet().to_string();
    let first = rendered.lines().next().unwrap_or("not valid YAML").trim();
    let diagnostic = Diagnostic::error(file, "yaml.syntax", first)
        .help("see the commented examples that `feuerprobe init` writes");
    match error.location() {
        Some(place) => diagnostic.at(place.line() as u32, place.column() as u32),
        None => diagnostic,
    }
}

/// Adds the place of `spanned` to `diagnostic`.
#[must_use]
pub fn place<T>(diagnostic: Diagnostic, spanned: &Spanned<T>) -> Diagnostic {
    let place = spanned.referenced;
    diagnostic.at(place.line() as u32, place.column() as u32)
}
