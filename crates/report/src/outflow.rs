//! The result of a scan for insured-person data, for people and for machines.
//!
//! Nothing here undoes what the scan has masked: a value is shown as its keyed
//! hash, and in clear only where the result itself holds it in clear.

mod page;
pub(crate) mod sarif;

use std::fmt::Write as _;

use model::outflow::{Class, Counting, Finding, Outflow, People, What};

use crate::list::{Cell, Table};
use crate::number::{count, percent, plural};

pub use page::html;
pub use sarif::sarif;

/// Places shown on a terminal; the rest is counted.
const PLACES: usize = 15;

/// Returns one line about the result.
pub fn one_line(result: &Outflow) -> String {
    let people = plural(result.people.persons, "person", "people");
    let places = result.places.len() as u64 + result.more_places;
    let state = if result.complete() { "" } else { ", incomplete" };
    format!("{people} in {}{state}", plural(places, "place", "places"))
}

/// Returns the result for a terminal of 80 columns.
pub fn terminal(result: &Outflow) -> String {
    let mut text = format!(
        "{}\n{} read in {}; people counted {}\n",
        one_line(result),
        bytes(result.volume.bytes),
        plural(result.volume.parts, "part", "parts"),
        how(result.counting),
    );
    let _ = writeln!(text, "{}", looked_at(result));
    let mut section = |title: &str, table: &Table| {
        if !table.rows.is_empty() {
            let _ = write!(text, "\n{title}\n\n");
            text.push_str(&table.body(80));
            text.push('\n');
        }
    };
    section("People by controller (what a notification needs: Art. 33 GDPR, § 83a SGB X)", &insurers(result));
    section("Kinds of data", &kinds(result));
    let mut most = places(result);
    most.rows.truncate(PLACES);
    section("Places", &most);
    let more = (result.places.len() as u64).saturating_sub(PLACES as u64) + result.more_places;
    if more > 0 {
        let _ =
            writeln!(text, "\n{} more; --format csv lists every finding", plural(more, "place", "places"));
    }
    for finding in result.findings.iter().filter(|f| f.class == Class::Canary).take(PLACES) {
        let planted = finding.planted.as_deref().unwrap_or_default();
        let _ = writeln!(text, "\nA planted person: {}\n  planted in {planted}", finding.place);
    }
    if let Some(store) = &result.store {
        let _ = writeln!(text, "\nRecords at risk in {store}: {}", count(result.people.persons));
    }
    unread(result, &mut text);
    text
}

/// Returns in one line how much of the set was not looked at.
pub fn looked_at(result: &Outflow) -> String {
    let account = result.account;
    let of = format!("{} of {}", bytes(account.size), plural(account.inputs, "file", "files and members"));
    let extents = result.unread.iter().filter(|u| u.bytes.is_some()).count() as u64;
    let unknown = result.unread.len() as u64 - extents;
    let mut line = if result.complete() {
        format!("Every byte was looked at: {of}")
    } else if extents > 0 {
        let places = plural(extents, "place", "places");
        format!("Not looked at: {} in {places}, of {of}", bytes(account.unread))
    } else {
        format!("Looked at {of}")
    };
    if unknown > 0 {
        let _ =
            write!(line, "; not to the end, by an unknown extent, in {}", plural(unknown, "place", "places"));
    }
    if account.raw > 0 {
        let _ = write!(line, "; {} as they lie, since no reader claims them", bytes(account.raw));
    }
    line
}

/// Returns what was not read at a place, and how much where that is known.
fn lack(unread: &model::outflow::Unread) -> String {
    let extent = unread.bytes.map_or_else(String::new, |n| format!(" ({})", bytes(n)));
    format!("{}: {}{extent}", unread.place, unread.trouble)
}

fn unread(result: &Outflow, text: &mut String) {
    if result.complete() {
        return;
    }
    let _ = write!(text, "\nNot read, or not to the end\n\n");
    for unread in result.unread.iter().take(PLACES) {
        let _ = writeln!(text, "  {}", lack(unread));
    }
    if result.unread.len() > PLACES {
        let _ = writeln!(text, "  … and {} more; --format json lists all", result.unread.len() - PLACES);
    }
}

fn how(counting: Counting) -> &'static str {
    match counting {
        Counting::Exact => "exactly",
        Counting::HyperLogLog => "by HyperLogLog (standard error 0.81 %)",
    }
}

fn bytes(number: u64) -> String {
    match number {
        0..10_000 => plural(number, "byte", "bytes"),
        10_000..10_000_000 => format!("{} kB", count(number / 1_000)),
        10_000_000..10_000_000_000 => format!("{} MB", count(number / 1_000_000)),
        _ => format!("{} GB", count(number / 1_000_000_000)),
    }
}

/// Returns a number that people see in groups of three digits.
fn many(number: u64) -> Cell {
    Cell::Number(number as f64, count(number))
}

/// Returns the people by insurer, most first.
pub fn insurers(result: &Outflow) -> Table {
    let mut all: Vec<(&String, &People)> = result.insurers.iter().collect();
    all.sort_by_key(|(code, people)| (std::cmp::Reverse(people.persons), *code));
    let rows = all.into_iter().map(|(code, people)| {
        let name = result.names.get(code).cloned().unwrap_or_default();
        let numbers =
            [people.persons, people.with_name, people.with_birth_date, people.with_health_word].map(many);
        [vec![Cell::from(code.clone()), name.into()], numbers.to_vec()].concat()
    });
    Table::new(
        ["institution code", "controller", "people", "with name", "with birth date", "with health words"],
        rows,
    )
}

/// Returns the findings by kind.
pub fn kinds(result: &Outflow) -> Table {
    let rows = result.kinds.iter().map(|(what, classes)| {
        let of = |class| many(classes.get(&class).copied().unwrap_or(0));
        // The three forms of an insured person's number are counted as one kind of value.
        let distinct = result.distinct.get(what).map_or(Cell::Nothing, |n| many(*n));
        vec![
            Cell::from(what.name()),
            of(Class::Data),
            distinct,
            of(Class::Possible),
            of(Class::TestData),
            of(Class::Canary),
            of(Class::Accepted),
        ]
    });
    Table::new(["kind", "findings", "distinct", "possible", "test data", "planted", "accepted"], rows)
}

/// Returns the places, most people first.
pub fn places(result: &Outflow) -> Table {
    let mut all: Vec<_> = result.places.iter().collect();
    all.sort_by_key(|p| (std::cmp::Reverse((p.persons, p.findings)), &p.place));
    let rows = all.into_iter().map(|p| vec![p.place.to_string().into(), many(p.persons), many(p.findings)]);
    Table::new(["place", "people", "findings"], rows)
}

/// Returns every listed finding as a row.
pub fn findings(result: &Outflow) -> Table {
    let rows = result.findings.iter().map(|f| {
        vec![
            Cell::from(f.place.to_string()),
            link(f).into(),
            f.what.name().into(),
            class(f.class).into(),
            Cell::Number(f.confidence.get(), f.confidence.get().to_string()),
            f.insurer.clone().into(),
            f.clear.clone().unwrap_or_else(|| f.token.clone()).into(),
            f.planted.clone().into(),
            reasons(f).into(),
        ]
    });
    Table::new(
        ["place", "link", "kind", "class", "confidence", "insurer", "value", "planted", "reasons"],
        rows,
    )
}

/// Returns every listed finding as one JSON object a line, what was not read at the end.
pub fn ndjson(result: &Outflow) -> String {
    let mut lines: Vec<String> =
        result.findings.iter().filter_map(|f| serde_json::to_string(f).ok()).collect();
    lines.extend(result.unread.iter().filter_map(|u| serde_json::to_string(u).ok()));
    lines.join("\n")
}

fn link(finding: &Finding) -> Option<String> {
    use model::finding::Segment;
    finding.place.path.iter().rev().find_map(|s| match s {
        Segment::Page { link, .. } | Segment::Issue { link, .. } => link.clone(),
        _ => None,
    })
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Data => "data",
        Class::Possible => "possible",
        Class::TestData => "test data",
        Class::Canary => "planted",
        Class::Accepted => "accepted",
    }
}

fn reasons(finding: &Finding) -> String {
    let each =
        finding.reasons.iter().map(|r| format!("{:+.1} {}", f64::from(r.weight) / 100.0, r.why.words()));
    each.collect::<Vec<_>>().join("; ")
}

/// What two sets have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Common {
    /// People in the set that was found.
    pub found: u64,
    /// Of them in the sets that were known.
    pub known: u64,
    /// People in the known sets that were not found.
    pub missing: u64,
}

/// Returns what a found set shares with the known ones, for a terminal.
pub fn matching(result: &Outflow, common: Option<Common>) -> String {
    let mut text = terminal(result);
    if let Some(common) = common {
        let share = percent(common.known as f64 / (common.found.max(1)) as f64);
        let _ = write!(
            text,
            "\nAgainst the known sets\n\n  known: {} of {} ({share}); new: {}; known and not found here: {}\n",
            count(common.known),
            plural(common.found, "person", "people"),
            count(common.found - common.known),
            count(common.missing),
        );
    }
    let planted: std::collections::BTreeMap<&str, u64> = result
        .findings
        .iter()
        .filter_map(|f| f.planted.as_deref())
        .fold(Default::default(), |mut all, place| {
            *all.entry(place).or_default() += 1;
            all
        });
    let _ = write!(text, "\nPlanted people\n\n");
    if planted.is_empty() {
        text.push_str("  none\n");
    }
    for (place, n) in planted {
        let _ = writeln!(text, "  {} from {place}", plural(n, "finding", "findings"));
    }
    text
}

/// Returns whether a kind is shown as data of people.
fn personal(what: What) -> bool {
    what != What::Ik
}
