//! Findings in plain words, the same in the terminal, in `explain` and in the HTML report.

use model::detection::RuleInfo;
use model::id::{RuleId, TechniqueId};
use model::record::Record;
use model::recording::RunStatus;
use model::scorecard::Proportion;
use model::verdict::{Branch, Cause, Key, Outcome, OutcomeKind, SelectionTree, Verdict};

use crate::number::{count, half_points, percent, percent_range, plural};

/// What every output says about what it is.
pub(crate) const LABEL: &str = "A comparison of options under a model, never a forecast.";

/// Returns the letter that stands for an outcome wherever colour does, too.
pub(crate) fn letter(kind: OutcomeKind) -> char {
    match kind {
        OutcomeKind::Prevented => 'P',
        OutcomeKind::Alerted => 'A',
        OutcomeKind::Logged => 'L',
        OutcomeKind::Blind => 'B',
        OutcomeKind::Inconclusive => '?',
    }
}

/// Returns what an outcome means, for people who do not know the word.
pub(crate) fn meaning(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::Prevented => "a control stopped it",
        OutcomeKind::Alerted => "a rule raised an alert",
        OutcomeKind::Logged => "it is in the logs, but no rule fired",
        OutcomeKind::Blind => "it left nothing in the logs",
        OutcomeKind::Inconclusive => "the evidence does not allow a verdict",
    }
}

/// Returns `T1059.001 Command and Scripting Interpreter: PowerShell`.
pub(crate) fn technique(record: &Record, id: &TechniqueId) -> String {
    let name = technique_name(record, id);
    if name.is_empty() { id.to_string() } else { format!("{id} {name}") }
}

/// Returns the technique's name with its parent's name before it; empty when unknown.
pub(crate) fn technique_name(record: &Record, id: &TechniqueId) -> String {
    let own = record.matrix.techniques.get(id).map(|t| t.name.as_str());
    let parent = id.parent().and_then(|p| record.matrix.techniques.get(&p)).map(|t| t.name.as_str());
    match (parent, own) {
        (Some(parent), Some(own)) => format!("{parent}: {own}"),
        (None, Some(own)) => own.to_owned(),
        _ => String::new(),
    }
}

/// Returns the title of a rule, or its id when the record does not know it.
pub(crate) fn rule_title<'a>(record: &'a Record, id: &'a RuleId) -> &'a str {
    record.rules.get(id).map_or(id.as_str(), |rule: &RuleInfo| rule.title.as_str())
}

fn titles<'a>(record: &'a Record, rules: impl IntoIterator<Item = &'a RuleId>) -> String {
    listed(rules.into_iter().map(|id| format!("\u{201c}{}\u{201d}", rule_title(record, id))))
}

/// Returns at most three items with commas and how many more there are.
pub(crate) fn listed(items: impl IntoIterator<Item = String>) -> String {
    let all: Vec<String> = items.into_iter().collect();
    let mut text = all.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    if all.len() > 3 {
        text.push_str(&format!(" and {} more", all.len() - 3));
    }
    text
}

/// Returns the distinct items in order, listed.
fn distinct(items: impl Iterator<Item = String>) -> String {
    listed(items.collect::<std::collections::BTreeSet<String>>())
}

/// Returns one link of a cause chain as a sentence without a full stop.
pub(crate) fn cause(record: &Record, cause: &Cause) -> String {
    match cause {
        Cause::TelemetrySourceAbsent { missing } => {
            format!("no event of {} arrived at all", listed(missing.iter().map(ToString::to_string)))
        }
        Cause::EventAbsent { unrelated } => format!(
            "the log is collected, but none of its {} belongs to the act",
            plural(*unrelated, "event", "events")
        ),
        Cause::FieldMissing { fields, rules } => format!(
            "the event is there without the field {}, which {} read",
            listed(fields.iter().cloned()),
            plural(rules.len() as u64, "rule has to", "rules have to")
        ),
        Cause::NoRule => "no rule names this technique".to_owned(),
        Cause::LogSourceNotCollected { rules } => format!(
            "{} for it, but {} at logs that are not collected: {}",
            plural(rules.len() as u64, "rule is written", "rules are written"),
            if rules.len() == 1 { "it looks" } else { "they look" },
            distinct(rules.iter().map(|(_, source)| source.to_string()))
        ),
        Cause::RuleSilent { rules, nearest } => {
            let mut text =
                format!("{} looked at the event and stayed silent", plural(*rules, "rule", "rules"));
            if let Some(first) = nearest.first() {
                text.push_str(&format!("; nearest: \u{201c}{}\u{201d}", first.title));
            }
            text
        }
        Cause::Suppressed { rules } => {
            format!("{} matched, and a filter took it back", titles(record, rules))
        }
        Cause::MatchedLate { delay, deadline } => {
            format!("the alert came {delay} after the act; {deadline} were allowed")
        }
        Cause::AtTheSiem { source, layer, why } => {
            format!("{source}: \"{}\" does not hold: {why}", layer.words())
        }
        Cause::OtherTechniqueOnly { rules } => {
            format!("only rules for other techniques fired: {}", titles(record, rules))
        }
    }
}

/// Returns what a link of the cause chain means, for people who do not know its name.
pub(crate) fn link(link: &str) -> &str {
    match link {
        "telemetry source absent" => "a log source that the act must leave is not collected",
        "event absent" => "the log is collected, but the act left no event in it",
        "field missing" => "the event arrives without a field that the rules read",
        "no rule" => "no rule names the technique",
        "log source not collected" => "rules exist, but look at logs that are not collected",
        "rule silent" => "rules looked at the event and stayed silent",
        "suppressed by a filter" => "a rule matched, and a filter took it back",
        "matched late" => "the alert came too late",
        "not stored in the SIEM" => "the SIEM holds no event of the act",
        "no alert in the SIEM" => "the SIEM holds the events, and its rules did not alert",
        "alert not shown" => "the SIEM alerted, and keeps the alert from people",
        "other technique only" => "only rules for other techniques fired",
        other => other,
    }
}

/// Returns why a verdict is not better, in one sentence: its first cause.
pub(crate) fn first_cause(record: &Record, verdict: &Verdict) -> String {
    match (verdict.causes.first(), &verdict.outcome) {
        (Some(first), _) => cause(record, first),
        (None, Some(Outcome::Inconclusive { why })) => why.clone(),
        (None, None) => run(&verdict.run),
        (None, Some(_)) => String::new(),
    }
}

/// Returns what happened to the exercise itself.
pub(crate) fn run(status: &RunStatus) -> String {
    match status {
        RunStatus::Completed => "the exercise ran to its end".to_owned(),
        RunStatus::NotRun { reason } => format!("the exercise was not run: {reason}"),
        RunStatus::Crashed { reason } => format!("the exercise broke off: {reason}"),
        RunStatus::TimedOut => "the exercise did not end in time".to_owned(),
        RunStatus::Refused { reason } => format!("our own guard refused the exercise: {reason}"),
        RunStatus::CleanUpFailed { reason } => format!("the exercise left traces: {reason}"),
        RunStatus::BreachOfContract { effects } => {
            format!("breach of contract, undeclared: {}", effects.join(", "))
        }
    }
}

/// Returns the outcome with what belongs to it: `alerted after 4 min`, `prevented by allow-list`.
pub(crate) fn outcome(verdict: &Verdict) -> String {
    outcome_of(verdict.outcome.as_ref())
}

/// Returns the same of an outcome alone.
pub(crate) fn outcome_of(outcome: Option<&Outcome>) -> String {
    match outcome {
        None => "no verdict".to_owned(),
        Some(Outcome::Prevented { by }) => format!("prevented by {by}"),
        Some(Outcome::Alerted { delay, late }) => {
            let when = delay.map_or(String::new(), |d| format!(" after {d}"));
            format!("alerted{when}{}", if *late { ", too late" } else { "" })
        }
        Some(Outcome::Logged) => "logged, no alert".to_owned(),
        Some(Outcome::Blind) => "blind, no telemetry".to_owned(),
        Some(Outcome::Inconclusive { why }) => format!("inconclusive: {why}"),
    }
}

/// Returns whether a verdict is the best possible: prevented, or alerted in time.
pub(crate) fn is_good(verdict: &Verdict) -> bool {
    matches!(verdict.outcome, Some(Outcome::Prevented { .. } | Outcome::Alerted { late: false, .. }))
}

/// Returns the word for a key of attribution.
pub(crate) fn key(key: Key) -> &'static str {
    match key {
        Key::File => "file",
        Key::Time => "time",
        Key::Host => "host",
        Key::Marker => "marker",
    }
}

/// Returns how events were tied to the act, in one sentence.
pub(crate) fn attribution(verdict: &Verdict) -> String {
    let keys: Vec<&str> = verdict.attribution.keys.iter().map(|k| key(*k)).collect();
    format!(
        "{} tied to the act by {} (confidence {})",
        plural(verdict.attribution.events, "event", "events"),
        if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") },
        percent(verdict.attribution.confidence.get())
    )
}

/// One line of a selection tree.
pub(crate) struct TreeLine {
    /// How deep it stands.
    pub(crate) depth: usize,
    /// Whether it passed.
    pub(crate) passed: bool,
    /// What was tested.
    pub(crate) text: String,
    /// The value in the event; `None` on a node.
    pub(crate) actual: Option<String>,
}

/// Returns a rule's condition with what it gave on the event, one line per node and field.
pub(crate) fn tree(tree: &SelectionTree) -> Vec<TreeLine> {
    let mut lines = Vec::new();
    walk(&tree.root, 0, &mut lines);
    lines
}

fn walk(branch: &Branch, depth: usize, lines: &mut Vec<TreeLine>) {
    lines.push(TreeLine { depth, passed: branch.passed, text: branch.name.clone(), actual: None });
    for leaf in &branch.leaves {
        let field = leaf.field.as_deref().unwrap_or("any field");
        let actual =
            leaf.actual.as_ref().map_or("the event has no such field".to_owned(), |v| format!("is {v}"));
        lines.push(TreeLine {
            depth: depth + 1,
            passed: leaf.passed,
            text: format!("{field} {}", leaf.wanted),
            actual: Some(actual),
        });
    }
    for child in &branch.children {
        walk(child, depth + 1, lines);
    }
}

/// Returns both uncertainties of a share, apart.
///
/// Where no trial or every trial hit, only the open side of the interval says something.
pub(crate) fn uncertainties(share: &Proportion) -> String {
    let simulation = if share.hits == 0 {
        format!("at most {}", percent(share.simulation.high.max(0.001)))
    } else if share.hits == share.of {
        format!("at least {}", percent(share.simulation.low))
    } else {
        format!("±{}\u{a0}points", half_points(share.simulation))
    };
    format!("simulation {simulation}; because of few exercises {}", percent_range(share.exercises))
}

/// Returns the counts behind a share: `491 of 4,096 trials`.
pub(crate) fn hits(share: &Proportion) -> String {
    format!("{} of {} trials", count(share.hits), count(share.of))
}
