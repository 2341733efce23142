//! The gate: a run held against limits, alone or beside another run.

mod acceptance;
mod counted;
mod shared;

use std::collections::BTreeMap;

use model::gate::{
    Acceptance, AcceptanceFinding, AcceptanceState, Answer, GateLine, Judge, Limit, Measure, Offence,
    Requirement, Scope, Unit,
};
use model::id::CampaignId;
use model::impact::TrialImpact;
use model::quantity::Interval;
use model::record::Record;
use model::scorecard::CampaignScore;
use model::trial::Trial;
use model::verdict::{Outcome, Verdict};

pub use counted::{failed_in, failed_leaf};

use crate::lever::paired_mean;

/// Differences of raced measures between the run and the one compared with, on the same
/// trials: run minus the other.
pub type Paired = BTreeMap<(Measure, CampaignId), Interval>;

/// What a gate looks at.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// The run judged.
    pub record: &'a Record,
    /// The run compared with.
    pub baseline: Option<&'a Record>,
    /// Differences of raced measures, for limits relative to the other run.
    pub paired: &'a Paired,
    /// What is accepted.
    pub acceptances: &'a [Acceptance],
    /// The day of judgement, `2026-11-30`.
    pub today: &'a str,
    /// The day from which on an acceptance that ends is named.
    pub soon: &'a str,
}

/// What came of a gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdicted {
    /// The whole answer: the worst of the lines; an expired acceptance fails.
    pub answer: Answer,
    /// By requirement.
    pub lines: Vec<GateLine>,
    /// What is wrong with acceptances.
    pub acceptances: Vec<AcceptanceFinding>,
}

/// Returns how good a verdict is, 0 best; `None` where it has no outcome that counts.
pub fn grade(verdict: &Verdict) -> Option<u8> {
    match verdict.outcome.as_ref()? {
        Outcome::Prevented { .. } => Some(0),
        Outcome::Alerted { late: false, .. } => Some(1),
        Outcome::Alerted { late: true, .. } => Some(2),
        Outcome::Logged => Some(3),
        Outcome::Blind => Some(4),
        Outcome::Inconclusive { .. } => None,
    }
}

/// The worst grade that is no miss: alerted in time.
pub(crate) const SEEN: u8 = 1;

/// Returns why requirements cannot be judged on this run, by their place in the list: a
/// campaign that was not raced, a name that the run does not know, a missing run to compare with.
pub fn unanswerable(requirements: &[Requirement], record: &Record, compared: bool) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (place, required) in requirements.iter().enumerate() {
        let measure = required.measure;
        let relative = matches!(required.limit, Limit::NoWorseBy(_));
        if (measure.needs_baseline() || relative) && !compared {
            found.push((place, format!("{measure} compares with another run, and none is named")));
        }
        if let Some(why) = unknown_scope(&required.of, record) {
            found.push((place, why));
        } else if measure.is_raced() && score(record, &required.of).is_none() {
            let why = if record.scores.is_empty() {
                format!("{measure} needs a race, and this run only measured")
            } else {
                format!("{measure} belongs to one campaign, and {} was not raced in this run", required.of)
            };
            found.push((place, why));
        }
    }
    found
}

fn unknown_scope(of: &Scope, record: &Record) -> Option<String> {
    let known = match of {
        Scope::All => true,
        Scope::Campaign(id) => record.campaigns.iter().any(|c| c.id == *id),
        Scope::Technique(id) => {
            let below = format!("{id}.");
            let meant = |t: &str| t == id.as_str() || t.starts_with(&below);
            record.matrix.techniques.keys().any(|t| meant(t.as_str()))
                || record.verdicts.iter().any(|v| meant(v.technique.as_str()))
        }
        Scope::Tactic(name) => {
            record.matrix.tactics.iter().any(|t| t.id.as_str() == name || t.short_name == *name)
        }
        Scope::Recording(id) => record.recordings.iter().any(|r| r.id == *id),
    };
    (!known).then(|| format!("this run knows no {of}"))
}

/// Returns the score of the campaign named; of the only one where none is.
fn score<'a>(record: &'a Record, of: &Scope) -> Option<&'a CampaignScore> {
    match of {
        Scope::Campaign(id) => record.scores.iter().find(|s| s.campaign == *id),
        _ => match record.scores.as_slice() {
            [only] => Some(only),
            _ => None,
        },
    }
}

/// Returns the differences of raced measures between two runs of one campaign, by trial:
/// `now` minus `before`, with the 95 % interval of the mean. Both were run with the same
/// seed, so trial by trial the same attacker comes.
pub fn paired(
    campaign: &CampaignId,
    now: (&[Trial], &[TrialImpact]),
    before: (&[Trial], &[TrialImpact]),
) -> Paired {
    let share = |test: fn(&Trial) -> bool| {
        let pairs = now.0.iter().zip(before.0);
        let value = |t: &Trial| f64::from(u8::from(test(t)));
        paired_mean(&pairs.map(|(a, b)| value(a) - value(b)).collect::<Vec<_>>())
    };
    let hours = |of: fn(&TrialImpact) -> u64| {
        let pairs = now.1.iter().zip(before.1);
        paired_mean(&pairs.map(|(a, b)| of(a) as f64 - of(b) as f64).collect::<Vec<_>>())
    };
    [
        (Measure::ChanceOfPayload, share(|t| t.payload.is_some())),
        (Measure::ChanceOfOutflow, share(|t| t.outflow.is_some())),
        (Measure::ChanceUnnoticed, share(|t| t.alert.is_none() && t.declared.is_none())),
        (Measure::HoursByAttack, hours(|i| i.attack.0)),
        (Measure::HoursByContainment, hours(|i| i.containment.0)),
    ]
    .into_iter()
    .map(|(measure, difference)| ((measure, campaign.clone()), difference))
    .collect()
}

/// Judges a run. Requirements that [`unanswerable`] names must not be among them: they fail.
pub fn gate(requirements: &[Requirement], held: Held<'_>) -> Verdicted {
    let lines: Vec<GateLine> = requirements.iter().map(|r| line(r, held)).collect();
    let acceptances = acceptance::findings(&lines, held);
    let worst = lines.iter().map(|l| l.answer).max().unwrap_or(Answer::Failed);
    let answer =
        if acceptances.iter().any(|a| a.state == AcceptanceState::Expired) { Answer::Failed } else { worst };
    Verdicted { answer, lines, acceptances }
}

/// What was found for a requirement.
struct Found {
    measured: Option<Interval>,
    cases: u64,
    offences: Vec<Offence>,
    /// What else is to be said.
    note: Option<String>,
}

/// Returns the value of a measure that needs no other run, with what is behind it; `None` where nothing
/// was measured.
pub(crate) fn measured(required: &Requirement, record: &Record) -> Option<(Interval, u64)> {
    let alone =
        Held { record, baseline: None, paired: &Paired::new(), acceptances: &[], today: "", soon: "" };
    let found = match required.measure.unit() {
        Unit::Count => counted::counted(required, alone),
        _ => shared::shared(required, record),
    };
    Some((found.measured?, found.cases))
}

fn line(required: &Requirement, held: Held<'_>) -> GateLine {
    let relative = matches!(required.limit, Limit::NoWorseBy(_));
    let found = match required.measure.unit() {
        Unit::Count => counted::counted(required, held),
        _ if relative => shared::difference(required, held),
        _ => shared::shared(required, held.record),
    };
    let Some(measured) = found.measured else {
        return GateLine {
            requirement: required.clone(),
            measured: None,
            cases: found.cases,
            answer: Answer::Failed,
            why: found.note.unwrap_or_else(|| "nothing was measured".to_owned()),
            offences: found.offences,
        };
    };
    let answer = answer(required, measured);
    let why = found.note.unwrap_or_else(|| match answer {
        Answer::Undecided => "the interval reaches across the limit".to_owned(),
        Answer::Passed => "the limit is kept".to_owned(),
        Answer::Failed => "the limit is not kept".to_owned(),
    });
    GateLine {
        requirement: required.clone(),
        measured: Some(measured),
        cases: found.cases,
        answer,
        why,
        offences: found.offences,
    }
}

/// Holds an interval against a limit: all of it inside passes, all of it outside fails, and
/// what reaches across is undecided.
fn answer(required: &Requirement, measured: Interval) -> Answer {
    let ends = match required.judge {
        Judge::Value => [measured.value, measured.value],
        Judge::Interval => [measured.low, measured.high],
    };
    let keeps = |value: f64| match required.limit {
        Limit::AtMost(limit) => value <= limit,
        Limit::AtLeast(limit) => value >= limit,
        // A difference is told as run minus the other.
        Limit::NoWorseBy(limit) if required.measure.more_is_better() => -value <= limit,
        Limit::NoWorseBy(limit) => value <= limit,
    };
    match ends.map(keeps) {
        [true, true] => Answer::Passed,
        [false, false] => Answer::Failed,
        _ => Answer::Undecided,
    }
}

/// Returns whether a verdict is in a scope.
fn covers(of: &Scope, verdict: &Verdict, record: &Record) -> bool {
    match of {
        Scope::All => true,
        Scope::Recording(id) => verdict.recording == *id,
        Scope::Technique(_) | Scope::Tactic(_) | Scope::Campaign(_) => {
            covers_technique(of, &verdict.technique, record)
        }
    }
}

fn covers_technique(of: &Scope, technique: &model::id::TechniqueId, record: &Record) -> bool {
    match of {
        Scope::All | Scope::Recording(_) => true,
        Scope::Technique(id) => {
            technique == id
                || technique.as_str().strip_prefix(id.as_str()).is_some_and(|r| r.starts_with('.'))
        }
        Scope::Tactic(name) => {
            let ids = record.matrix.tactics.iter().filter(|t| t.id.as_str() == name || t.short_name == *name);
            let ids: Vec<_> = ids.map(|t| &t.id).collect();
            let known = record.matrix.techniques.get(technique);
            known.is_some_and(|t| t.tactics.iter().any(|tactic| ids.contains(&tactic)))
        }
        Scope::Campaign(id) => {
            let campaign = record.campaigns.iter().find(|c| c.id == *id);
            campaign.is_some_and(|c| c.techniques().contains(technique))
        }
    }
}
