//! The map and the lanes of one side, whose parts the script finds by their ids.

use model::estate::Estate;
use model::quantity::Millis;

use super::lanes as rows;
use crate::story::Told;
use crate::svg::{Drawing, map};

/// Width of a side.
const WIDTH: f64 = 520.0;
/// Height of a lane, and the room for names at its left.
const LANE: f64 = 26.0;
const NAMES: f64 = 118.0;

/// Returns the map of a side with every asset up; asset 7 of side 0 is the element `s0a7`.
pub(super) fn map(side: usize, estate: &Estate) -> String {
    map::live(&format!("map{side}"), WIDTH, estate, &|place| format!("s{side}a{place}"))
}

/// Returns the lanes of a side over the moments of the slider, with a cursor at the first.
pub(super) fn lanes(side: usize, times: &[Millis], told: &[Told]) -> String {
    let last = times.len().saturating_sub(1).max(1);
    let step = (WIDTH - NAMES - 10.0) / last as f64;
    let x = |at: Millis| NAMES + step * times.partition_point(|t| *t < at) as f64;
    let mut drawing = Drawing::new(WIDTH);
    for (row, lane) in rows().into_iter().enumerate() {
        let y = LANE * row as f64 + 16.0;
        drawing.line(&format!("track t-{}", lane.letter()), (NAMES, y), (WIDTH - 10.0, y));
        drawing.text("lane", (0.0, y + 4.0), lane.name());
        for one in told.iter().filter(|t| t.lane == lane) {
            let class =
                if one.grave { "pill p-grave".to_owned() } else { format!("pill p-{}", lane.letter()) };
            if one.grave {
                drawing.rect(&class, (x(one.at) - 4.0, y - 6.0), (8.0, 12.0), 1.0);
            } else {
                drawing.circle(&class, (x(one.at), y), 4.5);
            }
        }
    }
    let bottom = LANE * rows().len() as f64 + 4.0;
    drawing.line(&format!("cursor cursor{side}"), (NAMES, 2.0), (NAMES, bottom));
    let said = format!("{} moments; the numbered list below has them all", told.len());
    drawing.finish(&format!("lanes{side}"), "chart", bottom + 4.0, "Attacker, analysts and response", &said)
}
