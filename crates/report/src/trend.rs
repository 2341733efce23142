//! How stored runs developed: lines for the terminal, rows, and a page with charts.

mod page;

use model::gate::{Scope, Unit};
use model::id::{TechniqueId, VerdictId};
use model::quantity::Interval;
use model::trend::{Move, Sides, Trend, TrendSeries};

use crate::gate::{ranged, value};
use crate::list::{Cell, Table};
use crate::number::{big, moment, percent, plural};
use crate::wrap::{columns, joined, wrap};

pub use page::page as trend_html;

/// Columns of the text.
const WIDTH: usize = 80;

/// How many points the line of a series shows, the newest.
const SPARKS: usize = 12;

/// How many names of a list are shown; the other forms have all.
const NAMES: usize = 6;

/// Returns the trend as text.
pub fn trend_text(trend: &Trend) -> String {
    let mut lines = vec![plural(trend.runs, "stored run", "stored runs")];
    let mut verb = "";
    let room = trend.series.iter().map(|s| columns(&name(s))).max().unwrap_or(0).min(44);
    for series in &trend.series {
        if series.verb != verb {
            verb = &series.verb;
            lines.push(String::new());
            lines.push(verb.to_owned());
        }
        lines.extend(line(series, room));
    }
    for sides in trend.sides.iter().filter(|s| !s.gained.is_empty() || !s.lost.is_empty()) {
        lines.push(String::new());
        lines.extend(wrapped(turned(sides)));
    }
    lines.push(String::new());
    lines.extend(wrapped(tested(trend)));
    lines.extend(wrapped(gaps(trend)));
    joined(&lines)
}

/// Returns the name of a series: the measure, and of what it is where that is not the whole run.
fn name(series: &TrendSeries) -> String {
    match &series.of {
        Scope::Campaign(id) => format!("{} {id}", series.measure),
        Scope::All => series.measure.to_string(),
        other => format!("{} {other}", series.measure),
    }
}

fn line(series: &TrendSeries, room: usize) -> Vec<String> {
    let Some(newest) = series.points.last() else { return Vec::new() };
    let name = name(series);
    let unit = series.measure.unit();
    let range = figure(unit, newest.measured);
    let moved = match series.moved {
        Some(Move::Better) => "  better",
        Some(Move::Worse) => "  WORSE",
        Some(Move::NotShown) | None => "",
    };
    let pad = " ".repeat(room.saturating_sub(columns(&name)));
    let head = format!("  {name}{pad}  {}", spark(series));
    let figure = format!("{range}{moved}");
    if columns(&head) + 2 + columns(&figure) <= WIDTH {
        vec![format!("{head}  {figure}")]
    } else {
        vec![head.trim_end().to_owned(), format!("    {figure}")]
    }
}

/// Returns a value with its interval; the long unit comes once.
fn figure(unit: Unit, measured: Interval) -> String {
    match unit {
        Unit::PersonHours => format!("{} person-hours", ranged(measured, &big)),
        _ => ranged(measured, &|number| value(unit, number)),
    }
}

/// Returns the newest points as bars: the lowest is the first bar, the highest the last; points that
/// are all alike are in the middle.
fn spark(series: &TrendSeries) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let first = series.points.len().saturating_sub(SPARKS);
    let values: Vec<f64> = series.points.iter().skip(first).map(|p| p.measured.value).collect();
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let bar = |value: &f64| {
        let place = if high > low { (value - low) / (high - low) * 7.0 } else { 3.0 };
        // Between 0 and 7, both included.
        BARS.get(place.round() as usize).copied().unwrap_or(' ')
    };
    let bars: String = values.iter().map(bar).collect();
    format!("{bars}{}", " ".repeat(SPARKS.saturating_sub(values.len())))
}

fn turned(sides: &Sides) -> Vec<String> {
    let head = format!(
        "{}: of {} of the two newest runs, {} seen now and {} missed now",
        sides.verb,
        plural(sides.both, "test", "tests"),
        sides.gained.len(),
        sides.lost.len()
    );
    let mut lines = vec![head];
    lines.extend(listed("missed now: ", sides.lost.iter().map(VerdictId::to_string)));
    lines.extend(listed("seen now: ", sides.gained.iter().map(VerdictId::to_string)));
    lines
}

/// Returns a sentence for the terminal, and what belongs to it indented.
fn wrapped(sentences: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut lines = Vec::new();
    for (place, sentence) in sentences.into_iter().enumerate() {
        lines.extend(wrap(if place == 0 { "" } else { "  " }, &sentence, WIDTH));
    }
    lines
}

fn listed(head: &str, names: impl ExactSizeIterator<Item = String>) -> Option<String> {
    let all = names.len();
    let mut shown: Vec<String> = names.take(NAMES).collect();
    if all > NAMES {
        shown.push(format!("and {} more", all - NAMES));
    }
    (all > 0).then(|| format!("{head}{}", shown.join(", ")))
}

fn tested(trend: &Trend) -> Vec<String> {
    let tested = &trend.tested;
    let share = tested.share.map_or_else(String::new, |share| format!(" ({})", percent(share.get())));
    let head = format!(
        "tested within {} days: {} of {}{share}",
        tested.days,
        tested.tested,
        plural(tested.of, "technique", "techniques")
    );
    let mut lines = vec![head];
    lines.extend(listed("not tested: ", tested.stale.iter().map(TechniqueId::to_string)));
    lines
}

fn gaps(trend: &Trend) -> Vec<String> {
    let gaps = &trend.gaps;
    let open = u64::try_from(gaps.open.len()).unwrap_or(u64::MAX);
    let median = match gaps.median {
        Some(time) => format!("half are closed within {time}"),
        None if open + gaps.closed == 0 => "no test was missed".to_owned(),
        None => "fewer than half are closed".to_owned(),
    };
    let head =
        format!("gaps: {} closed, {} open; {median}", gaps.closed, plural(open, "test is", "tests are"));
    let mut lines = vec![head];
    let mut oldest: Vec<_> = gaps.open.iter().collect();
    oldest.sort_by_key(|(test, since)| (*since, test.clone()));
    let named = oldest.into_iter().map(|(test, since)| format!("{test} since {}", moment(*since)));
    lines.extend(listed("open longest: ", named));
    lines
}

/// Returns one row for each point: numbers in the unit of the measure.
pub fn trend_table(trend: &Trend) -> Table {
    let rows = trend.series.iter().flat_map(|series| {
        series.points.iter().map(move |point| {
            vec![
                Cell::from(series.verb.clone()),
                series.measure.name().into(),
                series.of.to_string().into(),
                unit(series.measure.unit()).into(),
                point.run.to_string().into(),
                moment(point.stored).into(),
                Cell::decimal(point.measured.value, 4),
                Cell::decimal(point.measured.low, 4),
                Cell::decimal(point.measured.high, 4),
                point.cases.into(),
            ]
        })
    });
    Table::new(["verb", "measure", "of", "unit", "run", "stored", "value", "low", "high", "cases"], rows)
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "count",
        Unit::Share => "share",
        Unit::Duration => "milliseconds",
        Unit::PersonHours => "person-hours",
        Unit::Tenants => "tenants",
    }
}
