//! The figures for the crisis team as rows.

use model::crisis::{Crisis, Lengths};
use model::quantity::{Millis, Ratio};

use crate::list::{Cell, Table};

const COLUMNS: [&str; 22] = [
    "tenant",
    "people",
    "kritis",
    "hosting",
    "service",
    "hit",
    "down_q10_ms",
    "down_q50_ms",
    "down_q90_ms",
    "normal_q50_ms",
    "emergency_q50_ms",
    "rto_ms",
    "mtpd_ms",
    "rto_missed",
    "mtpd_exceeded",
    "mtpd_exceeded_in_emergency",
    "rpo_ms",
    "data_lost",
    "data_age_q50_ms",
    "data_gone",
    "rpo_missed",
    "trials",
];

/// Returns one row for each tenant and service: times in milliseconds, chances as shares of 1.
pub fn impact_table(crisis: &Crisis) -> Table {
    let time = |t: Millis| Cell::Count(t.0);
    let share = |r: Ratio| Cell::Number(r.get(), format!("{:.4}", r.get()));
    let mut rows = Vec::new();
    for tenant in &crisis.tenants {
        for s in crisis.services.iter().filter(|s| s.hosting == tenant.hosting) {
            let Lengths { q10, q50, q90 } = s.down;
            rows.push(vec![
                Cell::from(tenant.tenant.to_string()),
                tenant.insured.into(),
                tenant.kritis.into(),
                s.hosting.to_string().into(),
                s.service.to_string().into(),
                share(s.hit),
                time(q10),
                time(q50),
                time(q90),
                time(s.normal.q50),
                s.emergency.map(|e| time(e.q50)).into(),
                time(s.rto),
                time(s.mtpd),
                share(s.rto_missed),
                share(s.mtpd_exceeded),
                share(s.mtpd_exceeded_in_emergency),
                s.rpo.map(time).into(),
                share(s.data_lost),
                s.data_age.map(|a| time(a.q50)).into(),
                share(s.data_gone),
                s.rpo_missed.map(share).into(),
                crisis.trials.into(),
            ]);
        }
    }
    Table::new(COLUMNS, rows)
}
