//! What a change of watched content makes of what was measured, as lines.

use model::diagnostic::{Diagnostic, Severity};
use model::recording::RecordingKind;
use model::verdict::{Branch, Cause, Leaf, Outcome};
use model::watching::{Did, Difference, RuleChange, VerdictChange};

use crate::number::{count, plural};
use crate::terminal::Style;
use crate::words;
use crate::wrap::{joined, plain, wrap};

/// Lines of each kind that are shown before the rest is only counted.
const SHOWN: usize = 20;

/// Returns a difference as text for a terminal: what fell silent first.
pub fn text(difference: &Difference, style: Style) -> String {
    let mut lines = Vec::new();
    let mut put = |text: &str, colour: &str| {
        for line in wrap("  ", text, style.width.max(60)) {
            let paint = style.colour && !colour.is_empty();
            lines.push(if paint { format!("\u{1b}[{colour}m{line}\u{1b}[0m") } else { line });
        }
    };
    for change in difference.rules.iter().take(SHOWN) {
        put(&rule(change), colour(change));
        if let Some(why) = why(change) {
            put(&format!("  {why}"), "");
        }
    }
    more(difference.rules.len(), "further rules and recordings", &mut put);
    for change in difference.verdicts.iter().take(SHOWN) {
        put(&verdict(change), if change.lost.is_empty() { "" } else { "31" });
    }
    more(difference.verdicts.len(), "further verdicts", &mut put);
    for (ids, word) in [(&difference.new, "new"), (&difference.gone, "gone")] {
        for id in ids.iter().take(SHOWN) {
            put(&format!("recording {id} is {word}"), "");
        }
        more(ids.len(), "further recordings", &mut put);
    }
    let mut told: Vec<&Diagnostic> = difference.told.iter().collect();
    told.sort_by_key(|d| std::cmp::Reverse(d.severity));
    for diagnostic in told.iter().take(SHOWN) {
        put(&diagnostic.to_string(), if diagnostic.severity == Severity::Error { "31" } else { "33" });
    }
    more(told.len(), "further findings", &mut put);
    if !difference.settled.is_empty() {
        put(
            &format!("{} settled", plural(difference.settled.len() as u64, "finding is", "findings are")),
            "32",
        );
    }
    if lines.is_empty() {
        lines.push("  nothing that was measured is another".to_owned());
    }
    joined(&lines)
}

/// Returns what a look took, in one line: seconds, and what was done again.
pub fn work(difference: &Difference, seconds: f64) -> String {
    let work = difference.work;
    plain(&format!(
        "  {seconds:.2} s: {} over {}; {} read, {} judged again",
        plural(work.rules, "rule", "rules"),
        plural(work.events, "event", "events"),
        plural(work.read, "recording", "recordings"),
        count(work.judged),
    ))
}

/// Returns how many events are held, and in how much memory.
pub fn held(events: u64, bytes: usize) -> String {
    plain(&format!(
        "  {} are held in {} MB",
        plural(events, "event", "events"),
        count(u64::try_from(bytes >> 20).unwrap_or(u64::MAX))
    ))
}

fn more(all: usize, what: &str, put: &mut dyn FnMut(&str, &str)) {
    if all > SHOWN {
        put(&format!("… and {} {what}", all - SHOWN), "");
    }
}

fn rule(change: &RuleChange) -> String {
    let benign = change.kind != RecordingKind::Attack && change.now.alerts() && !change.was.alerts();
    format!(
        "rule {:?} ({}) on {}: {} -> {}{}",
        change.title,
        change.rule,
        change.recording,
        did(change.was),
        did(change.now),
        if benign { ", and nothing is attacked there" } else { "" }
    )
}

fn did(did: Did) -> String {
    match did {
        Did::Absent => "not in the rule set".to_owned(),
        Did::Unusable => "stale: its file cannot be used".to_owned(),
        Did::Silent => "silent".to_owned(),
        Did::TakenBack(events) => format!("taken back by a filter on {}", plural(events, "event", "events")),
        Did::Alerted(events) => format!("alerted on {}", plural(events, "event", "events")),
    }
}

fn colour(change: &RuleChange) -> &'static str {
    match (change.fell_silent(), change.was.alerts(), change.now.alerts()) {
        (true, ..) => "31",
        (_, false, true) => "32",
        _ => "",
    }
}

/// Returns where the rule fails now, and on what.
fn why(change: &RuleChange) -> Option<String> {
    let at = change.place.as_ref().map(|place| format!("{}:{}: ", place.file, place.line));
    let leaf = change.why.iter().find_map(|cause| match cause {
        Cause::RuleSilent { nearest, .. } => nearest.first().and_then(|tree| failed(&tree.root)),
        _ => None,
    });
    let what = match leaf {
        Some(leaf) => {
            let field = leaf.field.as_deref().unwrap_or("keywords");
            let held =
                leaf.actual.as_deref().map_or_else(|| "no such field".to_owned(), |held| format!("{held:?}"));
            Some(format!("{field} {} does not hold; the event has {held}", leaf.wanted))
        }
        None => change.why.first().map(|cause| cause.link().to_owned()),
    };
    match (at, what) {
        (None, None) => None,
        (at, what) => Some(at.unwrap_or_default() + &what.unwrap_or_default()),
    }
}

fn failed(branch: &Branch) -> Option<&Leaf> {
    let own = branch.leaves.iter().find(|leaf| !leaf.passed);
    own.or_else(|| branch.children.iter().filter(|child| !child.passed).find_map(failed))
}

fn verdict(change: &VerdictChange) -> String {
    let word = |outcome: &Option<Outcome>| words::outcome_of(outcome.as_ref());
    let lost = change.lost.iter().map(|rule| format!("; {rule} is expected and lost"));
    format!(
        "verdict {} on {}: {} -> {}{}",
        change.technique,
        change.recording,
        word(&change.was),
        word(&change.now),
        lost.collect::<String>()
    )
}
