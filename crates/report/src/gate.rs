//! The result of a gate for people and for machines that build.

mod code_quality;
mod github;
mod junit;
mod sarif;
mod table;
mod text;

use model::gate::{Gate, GateLine, Limit, Offence, Requirement, Unit};
use model::quantity::{Interval, Millis};
use model::record::Record;

pub use code_quality::code_quality;
pub use github::{annotations, summary};
pub use junit::junit;
pub use sarif::sarif;
pub use table::{lines_csv, measures};
pub use text::text;

use crate::number::{big, percent};

/// A file that build systems read: its name, and its bytes as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CiFile {
    /// Its name in the folder.
    pub name: &'static str,
    /// What stands in it.
    pub text: String,
}

/// Returns every file for a build system: JUnit, SARIF, GitLab code quality, a summary in
/// Markdown, and the result itself.
pub fn ci_files(record: &Record, gate: &Gate) -> Vec<CiFile> {
    vec![
        CiFile { name: "junit.xml", text: junit(record, gate) },
        CiFile { name: "feuerprobe.sarif", text: sarif(gate) },
        CiFile { name: "gl-code-quality.json", text: code_quality(gate) },
        CiFile { name: "summary.md", text: summary(gate) },
        CiFile { name: "gate.json", text: gate.to_json() },
    ]
}

/// Returns a number of a measure in its unit.
pub(crate) fn value(unit: Unit, number: f64) -> String {
    match unit {
        Unit::Count => format!("{number:.0}"),
        Unit::Share => percent(number),
        Unit::Duration => Millis::from_minutes(number.abs() / 60_000.0).to_string(),
        Unit::PersonHours => format!("{} person-hours", big(number)),
        Unit::Tenants => format!("{number:.1}"),
    }
}

/// Returns a difference of a measure with its sign.
fn difference(unit: Unit, number: f64) -> String {
    let sign = if number < 0.0 { "\u{2212}" } else { "+" };
    let points = |n: f64| format!("{:.1} points", n * 100.0);
    let size = number.abs();
    match unit {
        Unit::Share => format!("{sign}{}", points(size)),
        _ => format!("{sign}{}", value(unit, size)),
    }
}

/// Returns what was measured, with its interval where it has one.
fn measured(line: &GateLine) -> String {
    let Some(found) = line.measured else { return "not measured".to_owned() };
    let unit = line.requirement.measure.unit();
    let show = |number: f64| match line.requirement.limit {
        Limit::NoWorseBy(_) => difference(unit, number),
        _ => value(unit, number),
    };
    ranged(found, &show)
}

/// Returns a value with its interval where it has one.
pub(crate) fn ranged(measured: Interval, show: &dyn Fn(f64) -> String) -> String {
    let Interval { value: middle, low, high } = measured;
    if low == high { show(middle) } else { format!("{} ({} to {})", show(middle), show(low), show(high)) }
}

/// Returns the limit as a phrase: `at most 0`.
fn limit(required: &Requirement) -> String {
    let unit = required.measure.unit();
    match required.limit {
        Limit::AtMost(limit) => format!("at most {}", value(unit, limit)),
        Limit::AtLeast(limit) => format!("at least {}", value(unit, limit)),
        Limit::NoWorseBy(limit) if unit == Unit::Share => {
            format!("no worse by more than {:.1} points", limit * 100.0)
        }
        Limit::NoWorseBy(limit) => format!("no worse by more than {}", value(unit, limit)),
    }
}

/// Returns the name of a line: measure, quantile and scope.
fn name(required: &Requirement) -> String {
    let mut name = required.measure.to_string();
    if let Some(quantile) = required.quantile {
        name.push_str(&format!(" {} quantile", percent(quantile)));
    }
    if required.of != model::gate::Scope::All {
        name.push_str(&format!(" of {}", required.of));
    }
    name
}

/// Returns the first place an offence is at, as `FILE:LINE`.
fn at(offence: &Offence) -> Option<String> {
    offence.place.as_ref().map(|place| format!("{}:{}", place.file, place.line))
}

/// Returns a print of an offence that stays the same while lines of its file move: SHA-256 of
/// its key, first 32 hex digits.
fn fingerprint(offence: &Offence) -> String {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(offence.key.as_bytes());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the kind of an offence, for lists of rules: the word before the first colon.
fn kind(offence: &Offence) -> &'static str {
    match offence.key.split(':').next() {
        Some("rule") => "lost-rule",
        Some("benign") => "benign-firing",
        Some("content") => "content-error",
        _ => "miss",
    }
}

/// Returns an offence in one sentence with its first cause.
fn sentence(offence: &Offence) -> String {
    match offence.causes.first() {
        Some(cause) => format!("{}: {cause}", offence.text),
        None => offence.text.clone(),
    }
}
