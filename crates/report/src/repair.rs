//! Proposed edits of silent rules, as text and as JSON.

use model::id::RecordingId;
use model::repair::{Proposal, RuleRepair};

use crate::number::plural;
use crate::wrap::{joined, wrap};

/// Columns of the text.
const WIDTH: usize = 80;

/// Recordings that are named in one line; more are counted.
const NAMED: usize = 4;

/// Returns each rule with its proposal, lost rules first.
pub fn text(all: &[RuleRepair]) -> String {
    if all.is_empty() {
        return "No rule was lost, and no silent rule came near to a missed attack.\n".to_owned();
    }
    let proposed = count(all.iter().filter(|r| r.proposal.is_some()).count());
    let rules = plural(count(all.len()), "rule", "rules");
    let mut lines =
        vec![format!("{rules}, {} proposed; nothing is changed", plural(proposed, "edit", "edits"))];
    let mut order: Vec<&RuleRepair> = all.iter().collect();
    order.sort_by_key(|r| (r.lost.is_empty(), r.proposal.is_none()));
    for repair in order {
        lines.push(String::new());
        lines.extend(wrap("", &format!("{}  {}", repair.title, repair.file), WIDTH));
        for (what, recordings) in
            [("expected and silent on", &repair.lost), ("came nearest on", &repair.silent)]
        {
            if !recordings.is_empty() {
                lines.extend(wrap("  ", &format!("{what} {}", names(recordings)), WIDTH));
            }
        }
        match &repair.proposal {
            Some(proposal) => lines.extend(proposed_lines(repair, proposal)),
            None => {
                let why = repair.why_none.as_deref().unwrap_or("no edit was found");
                let tried = plural(repair.tried, "edit", "edits");
                lines.extend(wrap("  ", &format!("no proposal: {why} ({tried} tried)"), WIDTH));
            }
        }
    }
    joined(&lines)
}

fn proposed_lines(repair: &RuleRepair, proposal: &Proposal) -> Vec<String> {
    let wanted = if repair.lost.is_empty() { &repair.silent } else { &repair.lost };
    let wanted = count(wanted.len());
    let mut lines = wrap("  ", &format!("line {}: {}", proposal.line, proposal.what), WIDTH);
    let mut effect = format!(
        "fires on {} of {wanted}; stays quiet on {} and {}",
        count(proposal.repaired.len()),
        plural(proposal.twins, "benign twin", "benign twins"),
        plural(proposal.benign, "other benign recording", "other benign recordings"),
    );
    if !proposal.further.is_empty() {
        effect.push_str(&format!("; also fires on {}", names(&proposal.further)));
    }
    if !proposal.elsewhere.is_empty() {
        effect.push_str(&format!(
            "; also fires on attacks of other techniques: {}",
            names(&proposal.elsewhere)
        ));
    }
    effect.push_str(&format!(" ({} tried, {} fire)", plural(repair.tried, "edit", "edits"), repair.firing));
    lines.extend(wrap("  ", &effect, WIDTH));
    if proposal.wide {
        let review = "it asks for less than before, which few recordings can test: review it with care";
        lines.extend(wrap("  ", review, WIDTH));
    }
    lines.extend(proposal.diff.lines().map(|line| format!("    {line}")));
    lines
}

/// Returns one JSON document.
pub fn json(all: &[RuleRepair]) -> String {
    // Every shape of a record can be written as JSON.
    let mut text = serde_json::to_string_pretty(all).unwrap_or_default();
    text.push('\n');
    text
}

fn names(recordings: &[RecordingId]) -> String {
    let named: Vec<&str> = recordings.iter().take(NAMED).map(RecordingId::as_str).collect();
    match recordings.len().checked_sub(NAMED).filter(|more| *more > 0) {
        Some(more) => format!("{} and {more} more", named.join(", ")),
        None => named.join(", "),
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
