//! What fired on the user's own logs.

use model::record::Record;

use super::Page;
use crate::fired::{Fired, by_recording};
use crate::number::{count, plural};

/// Rules named for each log; the page and `list firings` name all.
const RULES: usize = 12;

/// Fields named for each rule.
const FIELDS: usize = 4;

/// Longest value, in characters.
const LONGEST: usize = 160;

/// Adds, log by log, the rules that fired, where no technique is known to judge by.
pub(super) fn fired(page: &mut Page, record: &Record) {
    let all = by_recording(record);
    if all.is_empty() {
        return;
    }
    page.heading("What fired");
    let mut silent = 0_u64;
    for (replay, fired) in &all {
        if fired.is_empty() && all.len() > 1 && replay.events > 0 {
            silent += 1;
            continue;
        }
        let rules = match fired.len() as u64 {
            0 => "no rule fired".to_owned(),
            n => format!("{} fired", plural(n, "rule", "rules")),
        };
        page.blank();
        page.led(
            "1",
            &format!("  {}", replay.recording),
            &format!(": {rules}, {} read", plural(replay.events, "event", "events")),
        );
        for one in fired.iter().take(RULES) {
            rule(page, one);
        }
        if fired.len() > RULES {
            let more = count((fired.len() - RULES) as u64);
            page.text("    ", &format!("and {more} more: `feuerprobe list firings`"));
        }
    }
    if silent > 0 {
        page.blank();
        page.text("  ", &format!("no rule fired on {}", plural(silent, "further log", "further logs")));
    }
    page.text("  ", "These logs carry no technique, so nothing is judged. Say which one was tried with --label T1136.001, or with a folder of that name.");
}

fn rule(page: &mut Page, fired: &Fired<'_>) {
    let lead = format!("    {:<9} ", fired.level);
    let code = if matches!(fired.level.as_str(), "critical" | "high") { "31" } else { "33" };
    page.led(code, &lead, &format!("{} ({})", fired.title, plural(fired.events, "event", "events")));
    page.text("              ", &fired.when());
    for (name, value) in fired.shown.fields.iter().take(FIELDS) {
        let value: String = match value.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", value.get(..end).unwrap_or_default()),
            None => value.clone(),
        };
        page.text("              ", &format!("{name}: {value}"));
    }
}
