//! The chart of a restart plan: one line for each team, bandwidth and those outside, one
//! bar a phase.

use std::collections::BTreeMap;

use model::quantity::Millis;
use model::recovery::Phase;
use model::restart::{Hands, PhaseSpan, RestartPlan};

use super::words::time;
use crate::svg::Drawing;
use crate::terms::Terms;
use crate::wrap::cut;

/// Width in the drawing's own units: small enough that its text is legible on A4.
const WIDTH: f64 = 760.0;
/// Where the axis begins, right of the names.
const LEFT: f64 = 116.0;
/// Room right of the axis, for half of the last tick's text.
const RIGHT: f64 = 24.0;
/// Height of a line.
const ROW: f64 = 20.0;
/// Height of a bar.
const BAR: f64 = 15.0;
/// Lines that a page of A4 holds with a heading.
const ROWS: usize = 36;
/// Letters of a name that fit left of the axis.
const NAME: usize = 17;
/// Plans longer than this get a second chart of their first days.
const LONG: Millis = Millis(6 * Millis::DAY.0);
/// The first days, of which a long plan gets a chart of its own.
const FIRST: Millis = Millis(3 * Millis::DAY.0);

/// A phase in the chart, with the number of its asset in the plan.
struct Bar<'a> {
    place: usize,
    span: &'a PhaseSpan,
}

/// One line of the chart.
struct Row<'a> {
    name: String,
    /// Whether other hands than in the line above work here.
    first: bool,
    bars: Vec<Bar<'a>>,
}

/// A part of a chart with its heading.
pub(super) struct Chart {
    /// What it shows; empty where it goes on from the part before.
    pub(super) title: &'static str,
    /// The drawing.
    pub(super) drawing: String,
}

/// Returns the class under which the style sheet knows a phase.
pub(super) fn class(phase: Phase) -> &'static str {
    phase.name()
}

/// Returns the charts: the first days of a long plan, and the whole plan.
pub(super) fn charts(plan: &RestartPlan, terms: &Terms) -> Vec<Chart> {
    let end = plan.positions.iter().flat_map(|p| &p.phases).map(|s| s.end).fold(plan.last, Millis::max);
    let mut charts = Vec::new();
    if end > LONG {
        charts.extend(parts(plan, terms, FIRST, "first", terms.get("chart-first")));
        charts.extend(parts(plan, terms, end, "whole", terms.get("chart-whole")));
    } else {
        charts.extend(parts(plan, terms, end, "whole", ""));
    }
    charts
}

fn parts(plan: &RestartPlan, terms: &Terms, end: Millis, id: &str, title: &'static str) -> Vec<Chart> {
    rows(plan, terms, end)
        .chunks(ROWS)
        .enumerate()
        .map(|(n, rows)| Chart {
            title: if n == 0 { title } else { "" },
            drawing: draw(rows, terms, end, &format!("{id}-{n}")),
        })
        .collect()
}

/// Returns the lines: teams, crews, bandwidth, outside. What overlaps stands one below the other.
fn rows<'a>(plan: &'a RestartPlan, terms: &Terms, end: Millis) -> Vec<Row<'a>> {
    let mut lanes: BTreeMap<&Hands, Vec<Bar<'a>>> = BTreeMap::new();
    for (place, position) in plan.positions.iter().enumerate() {
        for span in position.phases.iter().filter(|s| s.begin < end) {
            lanes.entry(&span.by).or_default().push(Bar { place: place + 1, span });
        }
    }
    let mut rows = Vec::new();
    let mut above: Option<&Hands> = None;
    for (by, mut bars) in lanes {
        bars.sort_by_key(|b| (b.span.begin, b.place));
        let mut packed: Vec<Vec<Bar<'a>>> = Vec::new();
        for bar in bars {
            let free = packed.iter_mut().find(|r| r.last().is_none_or(|b| b.span.end <= bar.span.begin));
            match free {
                Some(row) => row.push(bar),
                None => packed.push(vec![bar]),
            }
        }
        let first = above.is_some_and(|other| group(other) != group(by));
        above = Some(by);
        for (n, bars) in packed.into_iter().enumerate() {
            let name = if n == 0 { name(terms, by) } else { String::new() };
            rows.push(Row { name, first: first && n == 0, bars });
        }
    }
    rows
}

/// Returns what hands belong to: lines of the same stand together.
fn group(by: &Hands) -> (u8, &str) {
    match by {
        Hands::Forensics { .. } => (0, ""),
        Hands::Crew { site, .. } => (1, site.as_str()),
        Hands::Bandwidth { .. } => (2, ""),
        Hands::Outside => (3, ""),
    }
}

fn name(terms: &Terms, by: &Hands) -> String {
    cut(&super::words::hands(terms, by), NAME)
}

fn draw(rows: &[Row<'_>], terms: &Terms, end: Millis, id: &str) -> String {
    let height = rows.len() as f64 * ROW + 30.0;
    let right = WIDTH - RIGHT;
    let x = |at: Millis| LEFT + at.min(end).0 as f64 / end.0.max(1) as f64 * (right - LEFT);
    let mut drawing = Drawing::new(WIDTH);
    for at in ticks(end) {
        drawing.line("grid", (x(at), 2.0), (x(at), height - 22.0));
        drawing.text("tick mid", (x(at), height - 8.0), &time(terms, at));
    }
    for (n, row) in rows.iter().enumerate() {
        let top = n as f64 * ROW + 4.0;
        if row.first {
            drawing.line("between", (0.0, top - 2.5), (right, top - 2.5));
        }
        drawing.text("lane", (0.0, top + 11.5), &row.name);
        // Outlines of critical phases lie above their neighbours.
        for critical in [false, true] {
            for bar in row.bars.iter().filter(|b| b.span.critical == critical) {
                let (from, to) = (x(bar.span.begin), x(bar.span.end));
                let wide = (to - from - 1.0).max(1.5);
                let kind = class(bar.span.phase);
                let also = if critical { " critical" } else { "" };
                drawing.rect(&format!("job {kind}{also}"), (from + 0.5, top), (wide, BAR), 2.0);
                let number = bar.place.to_string();
                if wide >= 6.0 * number.len() as f64 + 3.0 {
                    let middle = from + 0.5 + wide / 2.0;
                    drawing.text(&format!("inside mid on-{kind}"), (middle, top + 11.0), &number);
                }
            }
        }
    }
    let id = format!("restart-{id}");
    drawing.finish(&id, "chart", height, terms.get("chart"), terms.get("chart-note"))
}

/// Returns five to nine round times from zero to the end.
fn ticks(end: Millis) -> Vec<Millis> {
    let hour = Millis::HOUR.0;
    let steps = [1, 2, 4, 6, 12, 24, 48, 96, 168, 336, 672, 1_344, 4_032, 16_128];
    let step = steps.iter().map(|s| s * hour).find(|s| end.0 / s <= 8).unwrap_or(end.0.max(1));
    (0..=end.0 / step).map(|n| Millis(n * step)).collect()
}
