//! Data that is lost against the agreed RPO.

use std::collections::BTreeMap;

use model::crisis::{Crisis, ServiceOutage};
use model::id::ServiceId;
use model::quantity::Ratio;

use super::{cell, time};
use crate::terms::Terms;
use crate::wrap::{cut, wrap};

/// Returns the services that lose data in some trial, or may lose some by agreement; none
/// where nobody loses any.
pub(super) fn concerned(crisis: &Crisis) -> impl Iterator<Item = &ServiceOutage> {
    let any = crisis.services.iter().any(|s| s.data_lost.get() > 0.0);
    crisis.services.iter().filter(move |s| any && (s.data_lost.get() > 0.0 || s.rpo.is_some()))
}

/// Returns whether data could be lost by what the estate says, and none is.
pub(super) fn safe(crisis: &Crisis) -> bool {
    let told = crisis.services.iter().any(|s| s.rpo_missed.is_some());
    told && concerned(crisis).next().is_none()
}

/// Returns RPO, share with loss, median and slow age, and share without a copy; `share` writes
/// a share.
pub(super) fn gone(s: &ServiceOutage, terms: &Terms, share: fn(&Terms, Ratio) -> String) -> [String; 5] {
    let dash = || "–".to_owned();
    [
        s.rpo.map_or_else(dash, |rpo| time(terms, rpo)),
        share(terms, s.data_lost),
        s.data_age.map_or_else(dash, |age| time(terms, age.q50)),
        s.data_age.map_or_else(dash, |age| time(terms, age.q90)),
        share(terms, s.data_gone),
    ]
}

/// Returns for each service the profile at which it loses most, those without a copy first.
fn worst(crisis: &Crisis) -> Vec<&ServiceOutage> {
    let severity = |s: &ServiceOutage| {
        (s.data_gone.get(), s.data_lost.get(), s.data_age.map_or(0.0, |age| age.q50.hours()))
    };
    let above = |a: &ServiceOutage, b: &ServiceOutage| {
        let (a, b) = (severity(a), severity(b));
        b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)).then(b.2.total_cmp(&a.2))
    };
    let mut by_service: BTreeMap<&ServiceId, &ServiceOutage> = BTreeMap::new();
    for outage in concerned(crisis) {
        by_service
            .entry(&outage.service)
            .and_modify(|known| {
                if above(outage, known).is_lt() {
                    *known = outage;
                }
            })
            .or_insert(outage);
    }
    let mut all: Vec<&ServiceOutage> = by_service.into_values().collect();
    all.sort_by(|a, b| above(a, b));
    all
}

/// Returns the table for the terminal, or that nothing is lost.
pub(super) fn data(crisis: &Crisis, terms: &Terms, width: usize) -> Vec<String> {
    let worst = worst(crisis);
    if worst.is_empty() {
        let mut lines = vec![String::new()];
        lines.extend(wrap("", terms.get("data-safe"), width));
        return if safe(crisis) { lines } else { Vec::new() };
    }
    let row = |service: &str, cells: [&str; 6]| {
        let [rpo, share, typical, slow, none, missed] = cells;
        format!("{service:<18}{rpo:>8}{share:>11}{typical:>14}{slow:>9}{none:>13}{missed:>7}")
    };
    let heads = ["data-share", "data-age", "data-old", "data-none", "rpo-missed"].map(|k| terms.get(k));
    let [share, typical, slow, none, missed] = heads;
    let mut lines = vec![String::new(), terms.get("data-rpo").to_owned()];
    lines.push(row(terms.get("service"), ["RPO", share, typical, slow, none, missed]));
    for s in worst {
        let [rpo, share, typical, slow, none] = gone(s, terms, cell);
        let missed = s.rpo_missed.map_or_else(|| "–".to_owned(), |m| cell(terms, m));
        let cells = [&rpo, &share, &typical, &slow, &none, &missed].map(String::as_str);
        lines.push(row(&cut(s.service.as_str(), 17), cells));
    }
    lines.extend(wrap("", terms.get("data-rpo-note"), width));
    lines.extend(wrap("", terms.get("data-worst"), width));
    lines
}
