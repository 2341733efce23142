//! The gate as rows.

use model::gate::{Gate, Measure, Unit};

use super::{limit, name};
use crate::list;

/// Returns the measures that a gate knows, with unit, interval and what it is counted over: a
/// campaign, verdicts (`of` names a campaign, technique, tactic or recording), or the whole run.
pub fn measures() -> list::Table {
    let rows = Measure::ALL.iter().map(|measure| {
        let unit = match measure.unit() {
            Unit::Count => "number",
            Unit::Share => "share",
            Unit::Duration => "time",
            Unit::PersonHours => "person-hours",
            Unit::Tenants => "tenants",
        };
        // What `of` may name: a campaign; or a campaign, technique, tactic or recording.
        let of = if measure.is_raced() {
            "campaign"
        } else if measure.is_of_verdicts() {
            "verdicts"
        } else {
            "run"
        };
        vec![
            measure.name().to_owned(),
            unit.to_owned(),
            measure.interval().to_owned(),
            of.to_owned(),
            measure.what().to_owned(),
        ]
    });
    (vec!["measure", "unit", "interval", "counted over", "what it is"], rows.collect())
}

/// Returns the lines of a gate as comma-separated values with a header line; numbers in the
/// unit of the measure, times in milliseconds.
pub fn lines_csv(gate: &Gate) -> String {
    let header = ["requirement", "limit", "answer", "value", "low", "high", "cases", "why"];
    let rows: Vec<Vec<String>> = gate
        .lines
        .iter()
        .map(|line| {
            let number = |pick: fn(model::quantity::Interval) -> f64| {
                line.measured.map_or_else(String::new, |m| pick(m).to_string())
            };
            vec![
                name(&line.requirement),
                limit(&line.requirement),
                line.answer.word().to_owned(),
                number(|m| m.value),
                number(|m| m.low),
                number(|m| m.high),
                line.cases.to_string(),
                line.why.clone(),
            ]
        })
        .collect();
    list::csv(&header, &rows)
}
