//! The first screen: what the plan leads to, beside doing nothing and the best policy seen.

use model::record::Record;
use model::scorecard::{CampaignScore, Standing};

use super::{Page, campaign_name, headline};
use crate::banner;
use crate::comparison;
use crate::number::{big, decimal, percent, plural};
use crate::words;
use crate::wrap::{columns, cut};

/// Columns of the way to respond.
const WHO: usize = 37;
/// Columns of payload, outflow, attack and containment.
const CELLS: [usize; 4] = [9, 9, 11, 13];
/// Changes that the summary proposes; the report has all.
const PROPOSED: usize = 4;

fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(columns(text))))
}

fn line(who: &str, cells: [&str; 4]) -> String {
    let who = cut(who, WHO);
    let cells: String = cells.iter().zip(CELLS).map(|(cell, width)| right(cell, width)).collect();
    format!("{who}{}{cells}", " ".repeat(WHO.saturating_sub(columns(&who))))
}

/// Returns the comparison of every campaign as text of 80 columns without colour.
pub fn first_screen(record: &Record) -> String {
    let style = super::Style { colour: false, width: 80 };
    let mut page = Page { style, lines: Vec::new() };
    answers(&mut page, record);
    crate::wrap::joined(&page.lines)
}

/// Adds the comparison of every campaign.
pub(super) fn answers(page: &mut Page, record: &Record) {
    if record.scores.is_empty() {
        return;
    }
    if record.scores.iter().any(|s| !s.standings.is_empty()) {
        let weighed = record.scores.iter().flat_map(|s| &s.standings).any(|s| s.weighed);
        let heads = if weighed { ["weighted", "person-hours"] } else { ["person-hours", "lost by"] };
        page.lines.push(line("", ["chance of", "", heads[0], heads[1]]));
        page.lines.push(line("", ["payload", "outflow", "attack", "containment"]));
    }
    for score in &record.scores {
        let name = cut(campaign_name(record, score), page.style.width);
        let painted = page.paint("1", &name);
        page.lines.push(painted);
        if let Some(banner) = banner::of_record(record, &score.campaign) {
            page.led("31", "", &banner);
        }
        for standing in &score.standings {
            row(page, standing);
        }
        for said in comparison::verdict(record, score) {
            let colour = if said.bad { "31" } else { "32" };
            for text in crate::wrap::wrap("  ", &said.text, page.style.width) {
                let painted = page.paint(colour, &text);
                page.lines.push(painted);
            }
        }
        uncertain(page, record, score);
    }
}

fn row(page: &mut Page, standing: &Standing) {
    let hours = |value: f64| if value == 0.0 { "0".to_owned() } else { big(value) };
    let cells = [
        percent(standing.payload.value),
        percent(standing.outflow.value),
        hours(standing.attack.value),
        hours(standing.containment.value),
    ];
    let [payload, outflow, attack, containment] = &cells;
    let text = line(&format!("  {}", comparison::who(standing)), [payload, outflow, attack, containment]);
    page.lines.push(text);
}

/// Adds both uncertainties of the headline.
fn uncertain(page: &mut Page, record: &Record, score: &CampaignScore) {
    let (key, _) = headline(record, score);
    let share = if key == "outflow" { &score.outflow } else { &score.payload };
    page.text("  ", &format!("{} {key}: {}.", percent(share.simulation.value), words::uncertainties(share)));
}

/// Adds what to do next, what makes things worse, and which exercise would narrow the answer.
pub(super) fn levers(page: &mut Page, record: &Record) {
    let proposed = comparison::proposed(record);
    if !proposed.is_empty() {
        page.heading("What to do next, by what a person-day brings");
    }
    for (place, (_, lever)) in proposed.iter().take(PROPOSED).enumerate() {
        page.led("1", &format!("  {}  ", place + 1), &lever.title);
        for effect in comparison::effects(record, lever) {
            page.text("     ", &effect);
        }
        page.text("     ", &format!("effort {}; {}", days(lever.effort_days), lever.why));
        if let Some(warning) = comparison::warning(record, lever) {
            page.led("31", "     ! ", &warning);
        }
    }
    if proposed.len() > PROPOSED {
        page.text("  ", &format!("and {} more in the report", proposed.len() - PROPOSED));
    }
    for (_, lever) in comparison::harmful(record).iter().take(1) {
        page.led("31", "  !  ", &format!("Do not: {}", lever.title));
        if let Some(warning) = comparison::warning(record, lever) {
            page.text("     ", &warning);
        }
    }
    let exercises = comparison::next_exercise(record);
    if !exercises.is_empty() {
        page.heading("Exercise next, to narrow the answer");
        for text in exercises {
            page.text("  ", &text);
        }
    }
}

/// Returns person-days with their unit.
pub(crate) fn days(number: f64) -> String {
    if number == 1.0 {
        plural(1, "person-day", "person-days")
    } else {
        format!("{} person-days", decimal(number))
    }
}

/// Returns the headline of every campaign again, for the end of a long output.
pub(super) fn again(record: &Record) -> Option<String> {
    let told: Vec<String> = record
        .scores
        .iter()
        .map(|score| {
            let (key, _) = headline(record, score);
            let share = if key == "outflow" { &score.outflow } else { &score.payload };
            let name = campaign_name(record, score);
            let short = name.split(':').next().unwrap_or(name);
            format!("{short}: {key} {}", percent(share.simulation.value))
        })
        .collect();
    (!told.is_empty())
        .then(|| format!("{}. Next: `feuerprobe decide` weighs what to take off, and when.", told.join("; ")))
}
