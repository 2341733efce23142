//! One rule on one log, without a run.

use model::detection::RuleInfo;
use model::verdict::{Cause, SelectionTree};

use super::Text;
use super::verdict::selection;
use crate::number::{count, plural};
use crate::words::listed;

/// What a rule did on a log.
pub struct OnLog<'a> {
    /// The log.
    pub log: &'a str,
    /// Its events.
    pub events: u64,
    /// Events of which nothing tells the log source.
    pub unknown: u64,
    /// Events that the rule's log source serves.
    pub served: u64,
    /// On how many the rule fired.
    pub fired: u64,
    /// Its condition on the first of these.
    pub first: Option<&'a SelectionTree>,
    /// Why it did not fire, worst first.
    pub causes: &'a [Cause],
}

/// Returns in words what a rule did on each log.
pub fn explain_rule(rule: &RuleInfo, logs: &[OnLog<'_>]) -> String {
    let mut text = Text::new(&format!("\u{201c}{}\u{201d}", rule.title));
    text.line("  rule         ", rule.id.as_str());
    text.line("  file         ", &rule.file);
    text.line("  level        ", &rule.level);
    text.line("  looks at     ", &rule.source.to_string());
    for log in logs {
        text.heading(log.log);
        text.line(
            "  events       ",
            &format!("{}, of which its log source serves {}", count(log.events), count(log.served)),
        );
        text.line("  fired on     ", &plural(log.fired, "event", "events"));
        if let Some(tree) = log.first {
            selection(tree, &mut text);
        }
        if log.unknown > 0 {
            let events = plural(log.unknown, "event is", "events are");
            let told = format!("{events} of an unknown log source: nothing is concluded from them");
            text.line("  not routed   ", &told);
        }
        // What could be any log source's is not shown to be no event of this one.
        let shown =
            |cause: &&Cause| log.unknown == 0 || !matches!(cause, Cause::LogSourceNotCollected { .. });
        for (place, cause) in log.causes.iter().filter(shown).enumerate() {
            text.line(&format!("  {}. ", place + 1), &format!("{}: {}", cause.link(), why(cause)));
            if let Cause::RuleSilent { nearest, .. } = cause {
                nearest.iter().for_each(|tree| selection(tree, &mut text));
            }
        }
    }
    text.done()
}

/// Returns one link of the cause chain as it is for a single rule.
fn why(cause: &Cause) -> String {
    match cause {
        Cause::LogSourceNotCollected { rules } => {
            let sources: std::collections::BTreeSet<String> =
                rules.iter().map(|(_, source)| source.to_string()).collect();
            format!("the log holds no event of {}", listed(sources))
        }
        Cause::FieldMissing { fields, .. } => {
            format!("no event has {}, without which it cannot fire", listed(fields.iter().cloned()))
        }
        Cause::RuleSilent { .. } => "it looked at the events and matched none; nearest:".to_owned(),
        Cause::Suppressed { .. } => "it matched, and a Sigma filter took it back".to_owned(),
        other => other.link().to_owned(),
    }
}
