//! The assets of a restart plan in their order, for the terminal.

use model::restart::{Position, RestartPlan};

use super::words::{hands, lost, phase, span, time, waits};
use crate::number::rough;
use crate::terms::Terms;
use crate::wrap::{cut, wrap};

/// Blanks before what is told of an asset.
const INDENT: &str = "      ";

/// Returns the assets in the order in which work on them begins.
pub(super) fn order(plan: &RestartPlan, terms: &Terms, width: usize) -> Vec<String> {
    let row = |place: &str, cells: [&str; 5]| {
        let [asset, begin, back, slow, insured] = cells;
        format!("{place:<4}  {asset:<26}{begin:>11}{back:>11}{slow:>11}{insured:>13}")
    };
    let people = terms.people_head(13);
    let [asset, begin, back, slow] = ["asset", "begin", "back", "at-latest"].map(|key| terms.get(key));
    let mut lines = vec![
        String::new(),
        format!("{} (* {})", terms.get("order"), terms.get("critical")),
        row(&format!("{:>4}", terms.get("place")), [asset, begin, back, slow, &people]),
    ];
    for (place, position) in plan.positions.iter().enumerate() {
        let place = format!("{:>3}{}", place + 1, mark(position.critical));
        let times = [position.begin, position.back, position.back_slow].map(|t| time(terms, t));
        let [begin, back, slow] = times.each_ref().map(String::as_str);
        let asset = cut(position.asset.as_str(), 25);
        let insured = terms.number(&rough(position.insured as f64));
        lines.push(row(&place, [&asset, begin, back, slow, &insured]));
        lines.extend(wrap(INDENT, &phases(position, terms), width));
        for text in waits(terms, position) {
            lines.extend(wrap(INDENT, &text, width));
        }
        if let Some(loss) = position.data_loss {
            lines.extend(wrap("    ! ", &lost(terms, loss), width));
        }
    }
    lines
}

fn mark(critical: bool) -> &'static str {
    if critical { "*" } else { "" }
}

/// Returns the phases in one line: when each is, and in brackets who does it. Phases that
/// the same hands do one after the other stand together.
fn phases(position: &Position, terms: &Terms) -> String {
    position
        .phases
        .chunk_by(|a, b| a.by == b.by)
        .map(|of_one| {
            let times: Vec<String> = of_one
                .iter()
                .map(|p| {
                    let when = span(terms, p.begin, p.end);
                    let name = phase(terms, p.phase).replace(' ', "\u{a0}");
                    format!("{name}{}\u{a0}{when}", mark(p.critical))
                })
                .collect();
            let who = of_one.first().map(|p| hands(terms, &p.by)).unwrap_or_default();
            // The brackets stay with the last time, so that no line begins with one.
            format!("{}\u{a0}({})", times.join(", "), who.replace(' ', "\u{a0}"))
        })
        .collect::<Vec<_>>()
        .join("\u{a0}· ")
}
