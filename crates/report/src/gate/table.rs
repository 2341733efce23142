//! The gate as rows.

use model::gate::{Gate, Measure, Unit};

use super::{limit, name};
use crate::list::{Cell, Table};

/// Returns the measures that a gate knows, with unit, interval and what it is counted over: a
/// campaign, verdicts (`of` names a campaign, technique, tactic or recording), or the whole run.
pub fn measures() -> Table {
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
    Table::new(["measure", "unit", "interval", "counted over", "what it is"], rows)
}

/// Returns the lines of a gate as comma-separated values with a header line; numbers in the
/// unit of the measure, times in milliseconds.
pub fn lines_csv(gate: &Gate) -> String {
    let header = ["requirement", "limit", "answer", "value", "low", "high", "cases", "why"];
    let rows = gate.lines.iter().map(|line| {
        let number = |pick: fn(model::quantity::Interval) -> f64| {
            line.measured.map_or(Cell::Nothing, |m| Cell::decimal(pick(m), 3))
        };
        vec![
            Cell::from(name(&line.requirement)),
            limit(&line.requirement).into(),
            line.answer.word().into(),
            number(|m| m.value),
            number(|m| m.low),
            number(|m| m.high),
            line.cases.into(),
            line.why.clone().into(),
        ]
    });
    Table::new(header, rows).csv()
}
