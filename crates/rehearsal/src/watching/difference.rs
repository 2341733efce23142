//! What a change of the content makes of what was measured.

use std::collections::BTreeSet;

use detect::{RuleChanges, RuleSet, Watched, why_silent};
use model::detection::Replay;
use model::diagnostic::Diagnostic;
use model::id::{RuleId, TechniqueId};
use model::verdict::{Cause, Verdict};
use model::watching::{Did, Difference, RuleChange, VerdictChange};

use super::{Held, Step};
use crate::workspace::Intake;

/// Rules that fell silent of which the reason is looked up.
const EXPLAINED: usize = 20;

/// Returns the difference between what was held and what is.
pub(super) fn of(
    intake: &Intake,
    steps: &[Step],
    (old, gone, changes): (Option<&Intake>, &[Held], &RuleChanges),
) -> Difference {
    let mut difference = Difference::default();
    for step in steps {
        difference.work.read += step.work.read;
        difference.work.judged += step.work.judged;
        difference.work.events += step.work.events;
    }
    difference.work.rules = changes.again() as u64;
    let Some(old) = old else { return difference };
    for step in steps {
        let recording = &step.held.recording;
        match &step.before {
            Some(before) => {
                difference.rules.extend(rules(step, before, (&old.rules, intake)));
                difference.verdicts.extend(verdicts(before, &step.held.watched));
            }
            None if step.work.read > 0 => difference.new.push(recording.id.clone()),
            None => {}
        }
    }
    difference.gone = gone.iter().map(|held| held.recording.id.clone()).collect();
    difference.rules.sort_by_key(|change| !change.fell_silent());
    explain(&mut difference.rules, steps, &intake.rules);
    let now: BTreeSet<&Diagnostic> =
        intake.diagnostics.iter().chain(steps.iter().flat_map(|step| &step.held.told)).collect();
    let unchanged = steps.iter().filter(|step| step.before.is_none()).flat_map(|step| &step.held.told);
    let before =
        steps.iter().flat_map(|step| &step.told_before).chain(gone.iter().flat_map(|held| &held.told));
    let was: BTreeSet<&Diagnostic> = old.diagnostics.iter().chain(unchanged).chain(before).collect();
    difference.told = now.difference(&was).copied().cloned().collect();
    difference.settled = was.difference(&now).copied().cloned().collect();
    difference
}

/// Returns what a rule of these did on a recording.
fn did(rule: &RuleId, replay: &Replay, rules: &RuleSet) -> Did {
    if let Some(firing) = replay.firings.iter().find(|firing| firing.rule == *rule) {
        return Did::Alerted(firing.events);
    }
    match replay.taken_back.get(rule) {
        Some(events) => Did::TakenBack(*events),
        None if rules.info(rule).is_some() => Did::Silent,
        None => Did::Absent,
    }
}

/// Returns the rules that do another thing on a recording.
fn rules(step: &Step, before: &Watched, (old, intake): (&RuleSet, &Intake)) -> Vec<RuleChange> {
    let new = &intake.rules;
    let (was, now) = (&before.replay, &step.held.watched.replay);
    let firings = was.firings.iter().chain(&now.firings).map(|firing| &firing.rule);
    let all: BTreeSet<&RuleId> = firings.chain(was.taken_back.keys()).chain(now.taken_back.keys()).collect();
    let mut changes = Vec::new();
    for rule in all {
        let (before, mut after) = (did(rule, was, old), did(rule, now, new));
        let Some(info) = new.info(rule).or_else(|| old.info(rule)) else { continue };
        if after == Did::Absent && intake.rule_summary.rejected.iter().any(|r| r.file == info.file) {
            after = Did::Unusable;
        }
        if before != after {
            changes.push(RuleChange {
                title: info.title.clone(),
                file: info.file.clone(),
                recording: step.held.recording.id.clone(),
                kind: step.held.recording.kind,
                was: before,
                now: after,
                why: Vec::new(),
                leaf: None,
                place: None,
                rule: rule.clone(),
            });
        }
    }
    changes
}

/// Says of the first rules that fell silent what does not hold on the event on which they fired.
fn explain(changes: &mut [RuleChange], steps: &[Step], rules: &RuleSet) {
    let silent = changes.iter_mut().filter(|change| change.was.alerts() && change.now == Did::Silent);
    for change in silent.take(EXPLAINED) {
        let step = steps.iter().find(|step| step.held.recording.id == change.recording);
        let first = step.and_then(|step| {
            let firings = &step.before.as_ref()?.replay.firings;
            let index = firings.iter().find(|firing| firing.rule == change.rule)?.first.first()?;
            step.held.packs.iter().find_map(|pack| pack.find(*index))
        });
        change.why = why_silent(rules, &change.rule, first.iter(), &change.recording);
        change.leaf = change.why.iter().find_map(|cause| match cause {
            Cause::RuleSilent { nearest, .. } => nearest.first().and_then(assess::gate::failed_in),
            _ => None,
        });
    }
}

fn verdicts(before: &Watched, now: &Watched) -> Vec<VerdictChange> {
    let judged =
        |watched: &Watched| -> Vec<Verdict> { watched.observations.iter().map(detect::judge).collect() };
    let (was, now) = (judged(before), judged(now));
    let techniques: BTreeSet<&TechniqueId> = was.iter().chain(&now).map(|v| &v.technique).collect();
    let outcome = |verdict: Option<&Verdict>| verdict.and_then(|verdict| verdict.outcome.clone());
    let mut changes = Vec::new();
    for technique in techniques {
        let of = |all: &[Verdict]| all.iter().position(|verdict| verdict.technique == *technique);
        let (was, now) = (of(&was).and_then(|at| was.get(at)), of(&now).and_then(|at| now.get(at)));
        let Some(verdict) = now.or(was) else { continue };
        let held = |id: &RuleId| was.is_some_and(|was| was.lost.iter().all(|rule| rule.id != *id));
        let lost = now.into_iter().flat_map(|now| &now.lost).map(|rule| &rule.id);
        let change = VerdictChange {
            recording: verdict.recording.clone(),
            technique: technique.clone(),
            was: outcome(was),
            now: outcome(now),
            lost: lost.filter(|id| held(id)).cloned().collect(),
        };
        if change.was != change.now || was.is_some() != now.is_some() || !change.lost.is_empty() {
            changes.push(change);
        }
    }
    changes
}
