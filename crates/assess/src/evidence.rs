//! What the verdicts say about each technique.
//!
//! The four outcomes prevented, alerted, logged and blind have a Dirichlet
//! posterior: counts plus a prior of one half each, save that prevention has no prior
//! until one was seen. Its margins are Beta and give the intervals. The point values
//! give credit only for what was seen: without a prevention none for prevention, without
//! an alert none for alerts. `alerted` is the chance per attempt that an alert is
//! raised *and* the attempt is not stopped; it is not conditional on anything,
//! so prevented + alerted + logged + blind = 1.

use std::collections::{BTreeMap, BTreeSet};

use model::evidence::{Evidence, EvidenceClass, OutcomeCounts, Repeated, TechniqueEvidence};
use model::id::{RecordingId, TechniqueId, VerdictId};
use model::quantity::Interval;
use model::recording::RunStatus;
use model::verdict::{Outcome, OutcomeKind, Verdict};

use crate::delay::delay;
use crate::interval::beta_interval;

/// Prior weight of each outcome: Jeffreys' one half, for four outcomes. That of
/// prevention counts only once a prevention was seen.
pub const PRIOR: [f64; 4] = [0.5; 4];

/// Concentration of the frailty when all exercises agree: nearly all or nothing,
/// because a rule usually fires on every instance of a variant or on none
/// (assumption). See [`evidence`] for what disagreement adds.
pub const CONCENTRATION: f64 = 0.2;

/// The largest concentration: beyond it attempts are as good as independent.
const CONCENTRATION_MAX: f64 = 20.0;

/// Content of all credible intervals.
const LEVEL: f64 = 0.95;

/// Returns the evidence for every technique that is `wanted` or has a verdict.
///
/// **Class**, exactly one: *replayed* when a verdict counts; else *cannot be
/// exercised* when an exercise exists but was refused or not run here; else
/// *reasoned*, with the reason from `reasons`, from the verdicts, or that nothing
/// covers it. A technique without verdicts of its own takes those of its
/// sub-techniques, which are variants of it; never the other way round.
///
/// **Counts**: late alerts count as alerted; inconclusive verdicts and runs that
/// allow no verdict count for nothing.
///
/// **No credit without evidence**: the point values, on which the headline rests, hold
/// no prevention where none was seen and no alert where none was seen. The interval of
/// the alert chance is that of Jeffreys' prior with the counts, and draws of the evidence
/// follow it; the interval of prevention is 0 to 0 until a prevention was seen. So taking
/// a technique's recordings away, or its positive ones, never raises what it is credited
/// with. Taking away a miss beside positives does: nothing in what is left shows it.
///
/// **Concentration** of the frailty: [`CONCENTRATION`] + 4 n p (1 - p) with p the
/// share of n verdicts that alerted. 4 p (1 - p) is the variance seen, as a share
/// of the largest possible, and n is how much was seen: exercises that agree leave
/// it near all-or-nothing, many that disagree make each attempt its own chance.
///
/// **Repeats** of an exercised test are runs of it that are not among the verdicts. Each test of a
/// technique weighs as much as any other, and all together as much as the one with the fewest
/// runs allows: what was run often says much about itself and nothing about the others.
pub fn evidence(
    verdicts: &[Verdict],
    repeats: &[Repeated],
    wanted: &[TechniqueId],
    reasons: &BTreeMap<TechniqueId, String>,
) -> Evidence {
    let mut own: BTreeMap<&TechniqueId, Vec<&Verdict>> = BTreeMap::new();
    for verdict in verdicts {
        own.entry(&verdict.technique).or_default().push(verdict);
    }
    for repeated in repeats {
        own.entry(&repeated.technique).or_default();
    }
    let all: BTreeSet<&TechniqueId> = wanted.iter().chain(own.keys().copied()).collect();
    let techniques = all
        .into_iter()
        .map(|technique| {
            let about = verdicts_about(technique, &own);
            let again = repeats_about(technique, &own, repeats);
            (technique.clone(), of_technique(&about, &again, reasons.get(technique)))
        })
        .collect();
    Evidence { techniques }
}

/// Says of every technique with a verdict from the sandbox that it was exercised.
///
/// `exercised` holds the recordings that came from there; a technique that was
/// also replayed counts as exercised, the stronger of the two.
pub fn note_exercised(evidence: &mut Evidence, verdicts: &[Verdict], exercised: &BTreeSet<&RecordingId>) {
    let ids: BTreeSet<&VerdictId> =
        verdicts.iter().filter(|v| exercised.contains(&v.recording)).map(|v| &v.id).collect();
    for technique in evidence.techniques.values_mut() {
        if technique.class == EvidenceClass::Replayed && technique.verdicts.iter().any(|v| ids.contains(v)) {
            technique.class = EvidenceClass::Exercised;
        }
    }
}

/// Returns the verdicts on a technique, or else on its sub-techniques, in order of ids.
pub(crate) fn verdicts_about<'a>(
    technique: &TechniqueId,
    own: &BTreeMap<&TechniqueId, Vec<&'a Verdict>>,
) -> Vec<&'a Verdict> {
    let mut found: Vec<&Verdict> = own.get(technique).cloned().unwrap_or_default();
    if !own.contains_key(technique) {
        let subs = own.iter().filter(|(id, _)| id.parent().as_ref() == Some(technique));
        found = subs.flat_map(|(_, list)| list.iter().copied()).collect();
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

/// Returns the repeats of tests of a technique, or else of its sub-techniques, as for verdicts.
fn repeats_about<'a>(
    technique: &TechniqueId,
    own: &BTreeMap<&TechniqueId, Vec<&Verdict>>,
    repeats: &'a [Repeated],
) -> Vec<&'a Repeated> {
    let alone = own.contains_key(technique);
    let about = |of: &TechniqueId| of == technique || (!alone && of.parent().as_ref() == Some(technique));
    repeats.iter().filter(|r| about(&r.technique)).collect()
}

/// Returns what stands in the Dirichlet where tests were run unequally often; else `None`.
fn weights(verdicts: &[&Verdict], repeats: &[&Repeated]) -> Option<[f64; 4]> {
    let mut tests: BTreeMap<&VerdictId, [f64; 4]> = BTreeMap::new();
    let own = verdicts.iter().filter_map(|v| Some((&v.id, v.outcome.as_ref()?.kind())));
    let again = repeats.iter().flat_map(|r| r.counted().map(|run| (&r.test, run.outcome)));
    for (test, outcome) in own.chain(again) {
        let kinds = [OutcomeKind::Prevented, OutcomeKind::Alerted, OutcomeKind::Logged, OutcomeKind::Blind];
        for (number, kind) in tests.entry(test).or_default().iter_mut().zip(kinds) {
            *number += f64::from(u8::from(outcome == kind));
        }
    }
    tests.retain(|_, seen| seen.iter().sum::<f64>() > 0.0);
    let runs = |seen: &[f64; 4]| seen.iter().sum::<f64>();
    let fewest = tests.values().map(runs).fold(f64::INFINITY, f64::min);
    if tests.values().all(|seen| runs(seen) <= fewest) {
        return None;
    }
    let mut weights = [0.0; 4];
    for seen in tests.values() {
        for (weight, number) in weights.iter_mut().zip(seen) {
            *weight += number * fewest / runs(seen);
        }
    }
    Some(weights)
}

fn of_technique(verdicts: &[&Verdict], repeats: &[&Repeated], reason: Option<&String>) -> TechniqueEvidence {
    let mut counts = count(verdicts.iter().copied());
    repeats.iter().flat_map(|r| r.counted()).for_each(|run| add(&mut counts, run.outcome));
    let measured = |v: &&&Verdict| v.outcome.as_ref().is_some_and(|o| o.kind() != OutcomeKind::Inconclusive);
    let counted: Vec<&Verdict> = verdicts.iter().filter(measured).copied().collect();
    let again = repeats.iter().any(|r| r.counted().next().is_some());
    let class = if again { EvidenceClass::Exercised } else { class(verdicts, counts, reason) };
    let mut evidence = from_counts(counts, weights(verdicts, repeats), class);
    evidence.repeats = repeats.iter().copied().cloned().collect();
    evidence.delay = delay(&counted, evidence.alerted.value);
    evidence.verdicts = counted.iter().map(|v| v.id.clone()).collect();
    evidence
}

/// Returns how often each outcome occurs; a verdict without outcome counts for nothing.
pub(crate) fn count<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> OutcomeCounts {
    let mut counts = OutcomeCounts::default();
    verdicts.filter_map(|v| v.outcome.as_ref()).for_each(|outcome| add(&mut counts, outcome.kind()));
    counts
}

fn add(counts: &mut OutcomeCounts, outcome: OutcomeKind) {
    let place = match outcome {
        OutcomeKind::Prevented => &mut counts.prevented,
        OutcomeKind::Alerted => &mut counts.alerted,
        OutcomeKind::Logged => &mut counts.logged,
        OutcomeKind::Blind => &mut counts.blind,
        OutcomeKind::Inconclusive => &mut counts.inconclusive,
    };
    *place += 1;
}

fn class(verdicts: &[&Verdict], counts: OutcomeCounts, reason: Option<&String>) -> EvidenceClass {
    if counts.measured() > 0 {
        return EvidenceClass::Replayed;
    }
    for verdict in verdicts {
        if let RunStatus::NotRun { reason } | RunStatus::Refused { reason } = &verdict.run {
            return EvidenceClass::CannotExercise { reason: reason.clone() };
        }
    }
    if let Some(reason) = reason {
        return EvidenceClass::Reasoned { why: reason.clone() };
    }
    let why = verdicts.iter().find_map(|v| match (&v.outcome, &v.run) {
        (Some(Outcome::Inconclusive { why }), _) => Some(format!("no verdict was possible: {why}")),
        (None, RunStatus::Crashed { reason }) => Some(format!("the exercise crashed: {reason}")),
        (None, RunStatus::TimedOut) => Some("the exercise did not end in time".to_owned()),
        (None, RunStatus::BreachOfContract { effects }) => {
            Some(format!("breach of contract, undeclared: {}", effects.join(", ")))
        }
        _ => None,
    });
    EvidenceClass::Reasoned { why: why.unwrap_or_else(|| "no exercise or recording covers it".to_owned()) }
}

/// Returns the evidence that counts alone give, with the default delay; `weights` stand in their
/// place where tests were run unequally often.
pub(crate) fn from_counts(
    counts: OutcomeCounts,
    weighed: Option<[f64; 4]>,
    class: EvidenceClass,
) -> TechniqueEvidence {
    let plain = [counts.prevented, counts.alerted, counts.logged, counts.blind].map(f64::from);
    let seen = weighed.unwrap_or(plain);
    let mut prior = PRIOR;
    if counts.prevented == 0 {
        prior[0] = 0.0;
    }
    let weights: Vec<f64> = seen.iter().zip(prior).map(|(s, p)| s + p).collect();
    let whole: f64 = weights.iter().sum();
    let margin = |i: usize| -> Interval { beta_interval(weights[i], whole - weights[i], LEVEL) };
    let [prevented, alerted] = [0, 1].map(|i| if seen[i] > 0.0 { margin(i) } else { uncredited(margin(i)) });
    // What is not credited goes to the outcomes that earn nothing.
    let rest = 1.0 - prevented.value - alerted.value;
    let share = |i: usize| Interval { value: rest * weights[i] / (weights[2] + weights[3]), ..margin(i) };
    TechniqueEvidence {
        class,
        counts,
        prior,
        prevented,
        alerted,
        logged: share(2),
        blind: share(3),
        concentration: concentration(seen),
        delay: delay(&[], 0.0),
        verdicts: Vec::new(),
        repeats: Vec::new(),
        weights: weighed,
    }
}

/// Returns the interval with no credit as its point value.
fn uncredited(interval: Interval) -> Interval {
    Interval { value: 0.0, low: 0.0, ..interval }
}

fn concentration(seen @ [_, alerted, ..]: [f64; 4]) -> f64 {
    let n: f64 = seen.iter().sum();
    if n == 0.0 {
        return CONCENTRATION;
    }
    let p = alerted / n;
    (CONCENTRATION + 4.0 * n * p * (1.0 - p)).min(CONCENTRATION_MAX)
}
