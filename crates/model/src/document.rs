//! A YAML document read into a typed shape, with the place of every complaint.
//!
//! All of the project's own input files are YAML. Limits on size, depth, nodes
//! and alias expansion come from the parser's budget, so that a document that
//! expands without end is an error and not a full memory.

use serde::de::DeserializeOwned;
pub use serde_saphyr::Spanned;

use crate::diagnostic::Diagnostic;
use crate::quantity::Millis;

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

/// Returns the YAML document in `bytes` as a `T`, read as generously as the readers
/// that files of others were written for: of two equal keys the last one counts.
///
/// # Errors
/// A [`Diagnostic`] with code `yaml.syntax` and the place of the fault.
pub fn foreign_yaml<T: DeserializeOwned>(file: &str, bytes: &[u8]) -> Result<T, Diagnostic> {
    let text = text(file, bytes)?;
    let options = serde_saphyr::options! { duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins };
    serde_saphyr::from_str_with_options(text, options).map_err(|e| diagnose(file, &e))
}

/// Returns whether the first line of content of a YAML text begins a list, as an emulation plan
/// does; found without parsing.
pub fn begins_list(text: &str) -> bool {
    let mut lines = text.lines().map(|line| line.trim_start_matches('\u{feff}'));
    let first = lines.find(|line| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#') && line != "---"
    });
    first.is_some_and(|line| line.starts_with("- ") || line.trim_end() == "-")
}

fn diagnose(file: &str, error: &serde_saphyr::Error) -> Diagnostic {
    let rendered = error.without_snippet().to_string();
    let first = rendered.lines().next().unwrap_or("not valid YAML").trim();
    // The place has a field of its own.
    let first = first.rsplit_once(" at line ").map_or(first, |(complaint, _)| complaint);
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

/// Returns the duration written as a number and a unit: `90s`, `30m`, `1.5h`, `2d`, `1w`.
///
/// # Errors
/// A sentence that says what is wrong and what would be right.
pub fn duration(text: &str) -> Result<Millis, String> {
    let right = "write a number and a unit, such as 90s, 30m, 8h, 2d or 1w";
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let ms_per_unit = match unit {
        "ms" => 1.0,
        "s" => 1_000.0,
        "m" | "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        "w" => 604_800_000.0,
        "" => return Err(format!("{text:?} has no unit; {right}")),
        other => return Err(format!("{other:?} is no unit of time; {right}")),
    };
    let amount: f64 = number.trim().parse().map_err(|_| format!("{text:?} is no duration; {right}"))?;
    if amount < 0.0 {
        return Err(format!("{text:?} is negative; a duration is zero or more"));
    }
    let ms = (amount * ms_per_unit).round();
    // Ten thousand years: far beyond any plan, far below overflow.
    if !ms.is_finite() || ms > 3.2e14 {
        return Err(format!("{text:?} is too long; {right}"));
    }
    Ok(Millis(ms as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_their_units() {
        for (text, ms) in
            [("90s", 90_000), ("1.5h", 5_400_000), ("2d", 172_800_000), ("250ms", 250), ("0m", 0)]
        {
            assert_eq!(duration(text), Ok(Millis(ms)), "{text}");
        }
        for (text, says) in [
            ("-3h", "negative"),
            ("5", "no unit"),
            ("5 fortnights", "no unit of time"),
            ("h", "no duration"),
            ("99999999w", "too long"),
        ] {
            let error = duration(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_byte_that_is_not_utf8_is_placed() {
        let d = text("x.yaml", b"a: 1\nb: \xff").unwrap_err();
        assert_eq!(d.position.map(|p| (p.line, p.column)), Some((2, 4)));
    }
}
