//! What is lost by service and people, with the total by weight after it.

use model::crisis::{Crisis, ServiceTotal};

use super::{cell, time};
use crate::number::{decimal, rough};
use crate::terms::Terms;
use crate::wrap::{cut, wrap};

/// One service: name, weight, insured people, share of trials, median downtime, and
/// person-hours by the attack and by containment.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) cells: [String; 6],
}

/// Returns the services that were down in some trial.
pub(super) fn rows(crisis: &Crisis, terms: &Terms) -> Vec<Row> {
    let dash = || "–".to_owned();
    let number = |n: u64| terms.number(&rough(n as f64));
    let row = |s: &ServiceTotal| {
        let inner = s.tenants == 0;
        let people = |n: u64| if inner { dash() } else { number(n) };
        Row {
            name: s.name.clone(),
            cells: [
                if inner { dash() } else { terms.number(&decimal(s.weight.get())) },
                people(s.insured),
                cell(terms, s.hit),
                time(terms, s.down.q50),
                people(s.attack.0),
                people(s.containment.0),
            ],
        }
    };
    crisis.by_service.iter().filter(|s| s.hit.get() > 0.0).map(row).collect()
}

/// Returns the weighted total as a sentence.
pub(super) fn weighted(crisis: &Crisis, terms: &Terms) -> String {
    let number = |n: u64| terms.number(&rough(n as f64));
    terms
        .with("impact-weighted", &[&number(crisis.weighted_attack.0), &number(crisis.weighted_containment.0)])
}

/// Returns the table for the terminal; nothing where nothing was down.
pub(super) fn table(crisis: &Crisis, terms: &Terms, width: usize) -> Vec<String> {
    let rows = rows(crisis, terms);
    if rows.is_empty() {
        return Vec::new();
    }
    let line = |name: &str, [weight, people, hit, down, attack, cut_off]: [&str; 6]| {
        format!(
            "{:<22}{:>7}{:>12}{:>9}{:>11}{:>9}{:>10}",
            cut(name, 21),
            cut(weight, 7),
            cut(people, 11),
            cut(hit, 8),
            cut(down, 10),
            cut(attack, 8),
            cut(cut_off, 9)
        )
    };
    let people = terms.people_head(11);
    let [weight, hit, down, attack, cut_off] =
        ["service-weight", "service-hit", "service-down", "by-attack", "by-cut"].map(|h| terms.get(h));
    let mut lines = vec![terms.get("impact-by-service").to_owned()];
    lines.push(line(terms.get("service"), [weight, &people, hit, down, attack, cut_off]));
    lines.extend(rows.iter().map(|r| line(&r.name, r.cells.each_ref().map(String::as_str))));
    lines.extend(wrap("", &weighted(crisis, terms), width));
    lines.push(String::new());
    lines
}
