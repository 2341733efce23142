//! The restart plan as rows.

use model::restart::{Hands, RestartPlan};

use crate::list::{Cell, Table};

const COLUMNS: [&str; 10] =
    ["place", "asset", "site", "phase", "by", "begin_ms", "end_ms", "back_slow_ms", "attempts", "critical"];

/// Returns one row for each phase of each asset, times in milliseconds from the begin.
pub fn restart_table(plan: &RestartPlan) -> Table {
    let mut rows = Vec::new();
    for (place, position) in plan.positions.iter().enumerate() {
        for phase in &position.phases {
            rows.push(vec![
                Cell::from(place + 1),
                position.asset.to_string().into(),
                position.site.to_string().into(),
                phase.phase.name().into(),
                by(&phase.by).into(),
                phase.begin.0.into(),
                phase.end.0.into(),
                position.back_slow.0.into(),
                Cell::decimal(position.attempts, 3),
                phase.critical.into(),
            ]);
        }
    }
    Table::new(COLUMNS, rows)
}

fn by(hands: &Hands) -> String {
    match hands {
        Hands::Forensics { number } => format!("forensics/{number}"),
        Hands::Crew { site, skill: None, number } => format!("{site}/{number}"),
        Hands::Crew { site, skill: Some(skill), number } => format!("{site}/{skill}/{number}"),
        Hands::Bandwidth { site } => format!("{site}/restore-rate"),
        Hands::Outside => "outside".to_owned(),
    }
}
