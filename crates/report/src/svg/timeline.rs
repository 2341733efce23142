//! The race of one trial: attacker, analysts and response on one time axis.

use model::trial::Trace;

use super::{Drawing, axis, text_width};
use crate::story::{Lane, Told};

const LANE: f64 = 58.0;
const TOP: f64 = 8.0;
const SIDE: f64 = 12.0;

struct Cluster {
    left: f64,
    right: f64,
    first: usize,
    last: usize,
    grave: bool,
}

impl Cluster {
    fn label(&self) -> String {
        if self.first == self.last {
            self.first.to_string()
        } else {
            format!("{}–{}", self.first, self.last)
        }
    }
}

/// Returns moments of a lane as marks; those that would overlap share one.
fn clusters(told: &[&Told], place: &dyn Fn(u64) -> f64, (left, right): (f64, f64)) -> Vec<Cluster> {
    let mut all: Vec<Cluster> = Vec::new();
    for moment in told {
        let x = place(moment.at.0);
        let mut own = Cluster {
            left: x - 10.0,
            right: x + 10.0,
            first: moment.number,
            last: moment.number,
            grave: moment.grave,
        };
        // A wider mark may reach its neighbour on the left, so merging repeats.
        while let Some(before) = all.last() {
            if own.left >= before.right + 2.0 || own.grave != before.grave {
                break;
            }
            let Some(before) = all.pop() else { break };
            own.first = before.first;
            own.left = before.left;
            own.right = own.right.max(own.left + 12.0 + text_width(&own.label()));
        }
        if let Some(before) = all.last().filter(|b| b.right + 2.0 > own.left) {
            let push = before.right + 2.0 - own.left;
            own.left += push;
            own.right += push;
        }
        all.push(own);
    }
    for mark in &mut all {
        let over = (mark.right - right).max(0.0) - (left - mark.left).max(0.0);
        mark.left -= over;
        mark.right -= over;
    }
    all
}

/// Returns the timeline of a trial; its twin is the numbered list of moments.
pub(crate) fn timeline(
    id: &str,
    class: &str,
    width: f64,
    trace: &Trace,
    told: &[Told],
    said: &str,
) -> String {
    let last = trace.moments.iter().map(|m| m.at.0).max().unwrap_or(0);
    let span = last.max(trace.trial.end.0).max(60_000);
    let (left, right) = (SIDE, width - SIDE);
    let bottom = TOP + LANE * Lane::ALL.len() as f64;
    let place = |at: u64| left + (right - left) * at as f64 / span as f64;
    let mut drawing = Drawing::new(width);
    axis(&mut drawing, (left, right), (TOP, bottom), span);
    for (row, lane) in Lane::ALL.into_iter().enumerate() {
        let top = TOP + LANE * row as f64;
        let y = top + 38.0;
        drawing.line(&format!("track t-{}", lane.letter()), (left, y), (right, y));
    }
    for (class, at) in [("mark-declared", trace.trial.declared), ("mark-contained", trace.trial.contained)] {
        if let Some(at) = at {
            drawing.line(class, (place(at.0), TOP), (place(at.0), bottom));
        }
    }
    for (row, lane) in Lane::ALL.into_iter().enumerate() {
        let y = TOP + LANE * row as f64 + 38.0;
        drawing.text("lane halo", (left, y - 22.0), lane.name());
        let own: Vec<&Told> = told.iter().filter(|t| t.lane == lane).collect();
        for mark in clusters(&own, &place, (0.0, width)) {
            let class =
                if mark.grave { "pill p-grave".to_owned() } else { format!("pill p-{}", lane.letter()) };
            let radius = if mark.grave { 2.0 } else { 10.0 };
            drawing.rect(&class, (mark.left, y - 10.0), (mark.right - mark.left, 20.0), radius);
            drawing.text("on pill-text mid", ((mark.left + mark.right) / 2.0, y + 4.5), &mark.label());
        }
    }
    drawing.finish(id, class, bottom + 22.0, "The race in this trial", said)
}
