//! What would have turned a miss into an alert, worded from its cause.

use std::collections::BTreeMap;

use model::evidence::{OutcomeCounts, TechniqueEvidence};
use model::quantity::Quantiles;
use model::scorecard::LeverKind;
use model::verdict::{Branch, Cause, Leaf, Outcome, Verdict};

use crate::candidate::Candidate;
use crate::effort::Efforts;
use crate::evidence::from_counts;

/// Exercises that a fix is believed to have passed, at least.
const BELIEVED: u32 = 3;

/// The delay of an alert once it has been sped up, in minutes: a search every
/// five minutes, one run missed in the slow case (assumption).
const SPED_UP: Quantiles = Quantiles { q50: 5.0, q90: 15.0 };

/// What kind of work a fix is; the order is that of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    RepairLost,
    NarrowFilter,
    RepairRule,
    WriteRule,
    SpeedUp,
    FillFields,
    Collect,
    CollectAndWrite,
}

impl Work {
    /// Returns the key of its effort.
    fn effort(self) -> &'static str {
        match self {
            Self::NarrowFilter => "narrow-filter",
            Self::RepairLost => "repair-lost-rule",
            Self::RepairRule => "repair-rule",
            Self::WriteRule => "write-rule",
            Self::SpeedUp => "alert-sooner",
            Self::FillFields => "fill-fields",
            Self::Collect => "collect-log-source",
            Self::CollectAndWrite => "collect-and-write-rule",
        }
    }

    fn title(self, label: &str) -> String {
        match self {
            Self::RepairLost => format!("Repair the lost rule for {label}"),
            Self::NarrowFilter => format!("Narrow the filter that hides {label}"),
            Self::RepairRule => format!("Repair the silent rule for {label}"),
            Self::WriteRule => format!("Write a rule for {label}"),
            Self::SpeedUp => format!("Alert sooner on {label}"),
            Self::FillFields => format!("Fill the missing fields for {label}"),
            Self::Collect => format!("Collect the log source for {label}"),
            Self::CollectAndWrite => format!("Collect the log source and write a rule for {label}"),
        }
    }
}

/// Returns the fixes for a technique that was tested, each with the evidence as it would be.
pub(crate) fn measured(
    label: &str,
    now: &TechniqueEvidence,
    verdicts: &[&Verdict],
    efforts: &Efforts,
) -> Vec<(Candidate, TechniqueEvidence)> {
    let mut by_work: BTreeMap<Work, Vec<&Verdict>> = BTreeMap::new();
    for verdict in verdicts {
        if let Some(work) = work(verdict) {
            by_work.entry(work).or_default().push(verdict);
        }
    }
    by_work
        .into_iter()
        .map(|(work, missed)| {
            let why = format!("{} ({})", reason(work, missed[0]), times(missed.len()));
            let mut candidate = new(work.title(label), why, work.effort(), efforts);
            candidate.verdicts = missed.iter().map(|v| v.id.clone()).collect();
            (candidate, fixed(work, now, &missed))
        })
        .collect()
}

/// Returns the change for a technique that was not tested: exercise it until it is alerted on.
pub(crate) fn unmeasured(
    label: &str,
    now: &TechniqueEvidence,
    why: &str,
    efforts: &Efforts,
) -> (Candidate, TechniqueEvidence) {
    let counts = OutcomeCounts { alerted: BELIEVED, ..OutcomeCounts::default() };
    let mut then = from_counts(counts, None, now.class.clone());
    then.delay = now.delay;
    let why = format!("It was not tested, so it earns no credit: {why}.");
    (new(format!("Exercise {label} until it is alerted on"), why, "exercise", efforts), then)
}

fn new(title: String, why: String, effort: &'static str, efforts: &Efforts) -> Candidate {
    Candidate::new(title, why, LeverKind::Rule, (effort, efforts.days(effort)))
}

fn fixed(work: Work, now: &TechniqueEvidence, missed: &[&Verdict]) -> TechniqueEvidence {
    if work == Work::SpeedUp {
        let mut then = now.clone();
        then.delay.quantiles = SPED_UP;
        return then;
    }
    let mut counts = now.counts;
    let mut weights = now.weights;
    for verdict in missed {
        let number = match verdict.outcome {
            Some(Outcome::Logged) => &mut counts.logged,
            Some(Outcome::Blind) => &mut counts.blind,
            _ => continue,
        };
        *number = number.saturating_sub(1);
        counts.alerted += 1;
        if let Some([_, alerted, logged, blind]) = &mut weights {
            let missed = if verdict.outcome == Some(Outcome::Logged) { logged } else { blind };
            *missed = (*missed - 1.0).max(0.0);
            *alerted += 1.0;
        }
    }
    counts.alerted = counts.alerted.max(BELIEVED);
    if let Some([_, alerted, ..]) = &mut weights {
        *alerted = alerted.max(f64::from(BELIEVED));
    }
    let mut then = from_counts(counts, weights, now.class.clone());
    then.delay = now.delay;
    then.verdicts.clone_from(&now.verdicts);
    then
}

/// Returns the work that would have helped, from the worst link of the chain.
fn work(verdict: &Verdict) -> Option<Work> {
    match verdict.outcome.as_ref()? {
        Outcome::Alerted { late: true, .. } => return Some(Work::SpeedUp),
        Outcome::Logged | Outcome::Blind => {}
        Outcome::Prevented { .. } | Outcome::Alerted { .. } | Outcome::Inconclusive { .. } => return None,
    }
    let no_rule =
        verdict.causes.iter().any(|c| matches!(c, Cause::NoRule | Cause::OtherTechniqueOnly { .. }));
    for cause in &verdict.causes {
        match cause {
            Cause::TelemetrySourceAbsent { .. } | Cause::EventAbsent { .. } if no_rule => {
                return Some(Work::CollectAndWrite);
            }
            Cause::TelemetrySourceAbsent { .. }
            | Cause::EventAbsent { .. }
            | Cause::LogSourceNotCollected { .. } => return Some(Work::Collect),
            Cause::FieldMissing { .. } => return Some(Work::FillFields),
            _ => {}
        }
    }
    if !verdict.lost.is_empty() {
        return Some(Work::RepairLost);
    }
    verdict.causes.iter().find_map(|cause| match cause {
        Cause::Suppressed { .. } => Some(Work::NarrowFilter),
        Cause::RuleSilent { .. } => Some(Work::RepairRule),
        Cause::NoRule | Cause::OtherTechniqueOnly { .. } => Some(Work::WriteRule),
        Cause::MatchedLate { .. } => Some(Work::SpeedUp),
        _ => None,
    })
}

/// Returns why, in one sentence without a full stop.
fn reason(work: Work, verdict: &Verdict) -> String {
    if let (Work::RepairLost, Some(rule)) = (work, verdict.lost.first()) {
        return format!("the rule \"{}\" must fire on this act and did not", rule.title);
    }
    let told = verdict.causes.iter().find_map(|cause| match (work, cause) {
        (Work::Collect | Work::CollectAndWrite, Cause::TelemetrySourceAbsent { missing }) => {
            let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
            Some(format!("the act must leave events of {}, and none arrived", names.join(", ")))
        }
        (Work::Collect | Work::CollectAndWrite, Cause::EventAbsent { .. }) => {
            Some("the log source is there, but holds no event of the act".to_owned())
        }
        (Work::Collect, Cause::LogSourceNotCollected { rules }) => {
            let source = rules.first().map(|(_, s)| s.to_string()).unwrap_or_default();
            Some(format!("{} could see it, but {source} is not collected", rule_count(rules.len() as u64)))
        }
        (Work::FillFields, Cause::FieldMissing { fields, rules }) => {
            let needed = rule_count(rules.len() as u64);
            Some(format!("events lack {}, which {needed} cannot do without", fields.join(", ")))
        }
        (Work::NarrowFilter, Cause::Suppressed { rules }) => {
            Some(format!("{} matched, and a filter took it back", rule_count(rules.len() as u64)))
        }
        (Work::RepairRule, Cause::RuleSilent { rules, nearest }) => {
            let miss = nearest.first().and_then(|tree| Some((tree, failed_leaf(&tree.root)?)));
            Some(match miss {
                Some((tree, leaf)) => format!(
                    "{} stayed silent; \"{}\" came nearest but wanted {} {} and met {}",
                    rule_count(*rules),
                    tree.title,
                    leaf.field.as_deref().unwrap_or("a keyword"),
                    leaf.wanted,
                    leaf.actual.as_deref().unwrap_or("nothing")
                ),
                None => format!("{} looked and stayed silent", rule_count(*rules)),
            })
        }
        (Work::WriteRule, Cause::NoRule) => Some("the telemetry is there, and no rule names it".to_owned()),
        (Work::WriteRule, Cause::OtherTechniqueOnly { rules }) => {
            Some(format!("only {} rules for other techniques fired", rules.len()))
        }
        (Work::SpeedUp, Cause::MatchedLate { delay, deadline }) => {
            Some(format!("the alert came after {delay}, allowed were {deadline}"))
        }
        _ => None,
    });
    told.unwrap_or_else(|| "the alert came too late".to_owned())
}

/// Returns the first test that failed, depth first; a failed branch may hold tests that passed.
fn failed_leaf(branch: &Branch) -> Option<&Leaf> {
    if branch.passed {
        return None;
    }
    branch.leaves.iter().find(|l| !l.passed).or_else(|| branch.children.iter().find_map(failed_leaf))
}

fn times(n: usize) -> String {
    if n == 1 { "seen in one exercise".to_owned() } else { format!("seen in {n} exercises") }
}

fn rule_count(rules: u64) -> String {
    if rules == 1 { "one rule".to_owned() } else { format!("{rules} rules") }
}
