//! The page: a chart for each measure, with its interval as a band, and the rows below it.

use askama::Template;
use model::quantity::Timestamp;
use model::trend::{Move, Point, Trend, TrendSeries};

use super::{figure, gaps, name, tested, turned};
use crate::gate::value;
use crate::number::moment;
use crate::policy::finished;
use crate::svg::{Drawing, WIDE, escape};

/// Height of the plot of a chart, and the room above, right, below and left of it.
const HEIGHT: f64 = 96.0;
const ABOVE: f64 = 14.0;
const RIGHT: f64 = 20.0;
const BELOW: f64 = 22.0;
const LEFT: f64 = 110.0;

struct Chart {
    name: String,
    svg: String,
    now: String,
    moved: &'static str,
    class: &'static str,
    rows: Vec<[String; 4]>,
}

struct Verb {
    verb: String,
    charts: Vec<Chart>,
}

#[derive(Template)]
#[template(path = "trend.html")]
struct Page<'a> {
    css: &'a str,
    runs: u64,
    first: String,
    last: String,
    verbs: Vec<Verb>,
    said: Vec<String>,
}

/// Returns the trend as one self-contained HTML file.
pub fn page(trend: &Trend) -> String {
    let mut verbs: Vec<Verb> = Vec::new();
    for (place, series) in trend.series.iter().enumerate() {
        let chart = chart(place, series);
        match verbs.last_mut().filter(|v| v.verb == series.verb) {
            Some(verb) => verb.charts.push(chart),
            None => verbs.push(Verb { verb: series.verb.clone(), charts: vec![chart] }),
        }
    }
    let times: Vec<Timestamp> = trend.series.iter().flat_map(|s| s.points.iter().map(|p| p.stored)).collect();
    let shown = |at: Option<&Timestamp>| at.map(|at| moment(*at)).unwrap_or_default();
    let sides = trend.sides.iter().filter(|s| !s.gained.is_empty() || !s.lost.is_empty());
    let page = Page {
        css: include_str!("../../templates/sheet.css"),
        runs: trend.runs,
        first: shown(times.iter().min()),
        last: shown(times.iter().max()),
        verbs,
        said: tested(trend).into_iter().chain(gaps(trend)).chain(sides.flat_map(turned)).collect(),
    };
    // The template takes texts and lists alone, which all can be written.
    finished(&page.render().unwrap_or_default())
}

fn chart(place: usize, series: &TrendSeries) -> Chart {
    let unit = series.measure.unit();
    let newest = series.points.last();
    let now = newest.map(|p| figure(unit, p.measured)).unwrap_or_default();
    let (moved, class) = match series.moved {
        Some(Move::Better) => (Move::Better.word(), "good"),
        Some(Move::Worse) => (Move::Worse.word(), "bad"),
        Some(Move::NotShown) | None => ("", "quiet"),
    };
    let rows = series.points.iter().rev().map(|point| {
        let run: String = point.run.to_string().chars().take(13).collect();
        [moment(point.stored), figure(unit, point.measured), point.cases.to_string(), run]
    });
    let name = name(series);
    Chart { svg: drawn(place, series, &name, &now), name, now, moved, class, rows: rows.collect() }
}

/// Draws one measure over time: line and points, the interval as a band.
fn drawn(place: usize, series: &TrendSeries, name: &str, now: &str) -> String {
    let show = |number: f64| value(series.measure.unit(), number);
    let mut low = series.points.iter().map(|p| p.measured.low).fold(f64::INFINITY, f64::min);
    let mut high = series.points.iter().map(|p| p.measured.high).fold(f64::NEG_INFINITY, f64::max);
    if high <= low {
        let room = if low == 0.0 { 1.0 } else { low.abs() * 0.5 };
        (low, high) = (low - room.min(low.max(0.0)), high + room);
    }
    let times = || series.points.iter().map(|p| p.stored.0);
    let (begin, end) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
    let span = (end - begin).max(1) as f64;
    let alone = begin == end;
    let x = |p: &Point| {
        let share = if alone { 0.5 } else { (p.stored.0 - begin) as f64 / span };
        LEFT + (WIDE - LEFT - RIGHT) * share
    };
    let y = |v: f64| ABOVE + HEIGHT * (1.0 - (v - low) / (high - low));
    let mut drawing = Drawing::new(WIDE);
    for value in [low, (low + high) / 2.0, high] {
        drawing.line("grid", (LEFT, y(value)), (WIDE - RIGHT, y(value)));
    }
    for value in [low, high] {
        drawing.text("tick end", (LEFT - 8.0, y(value) + 4.0), &show(value));
    }
    let at = |p: &Point, v: f64| format!("{:.1} {:.1}", x(p), y(v));
    let upper: Vec<String> = series.points.iter().map(|p| at(p, p.measured.high)).collect();
    let lower: Vec<String> = series.points.iter().rev().map(|p| at(p, p.measured.low)).collect();
    if !alone {
        drawing.path("band", &format!("M{} L{} Z", upper.join(" L"), lower.join(" L")));
        let middle: Vec<String> = series.points.iter().map(|p| at(p, p.measured.value)).collect();
        drawing.path("course", &format!("M{}", middle.join(" L")));
    }
    for point in &series.points {
        drawing.line("whisker", (x(point), y(point.measured.low)), (x(point), y(point.measured.high)));
        drawing.circle("point", (x(point), y(point.measured.value)), 3.0);
    }
    let bottom = ABOVE + HEIGHT + 16.0;
    drawing.text("tick", (LEFT, bottom), &moment(Timestamp(begin)));
    if !alone {
        drawing.text("tick end", (WIDE - RIGHT, bottom), &moment(Timestamp(end)));
    }
    let said = format!("{} points; the newest is {now}", series.points.len());
    drawing.finish(&format!("trend-{place}"), "chart", ABOVE + HEIGHT + BELOW, name, &escape(&said))
}
