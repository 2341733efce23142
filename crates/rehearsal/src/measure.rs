//! The measuring half of the pipeline: recordings and rules in, verdicts out.

use std::collections::{BTreeMap, BTreeSet};

use assess::LabelSet;
use detect::Watched;
use model::attack::Matrix;
use model::detection::{RuleInfo, RuleSetSummary};
use model::diagnostic::Diagnostic;
use model::estate::Estate;
use model::evidence::Evidence;
use model::id::{RuleId, TechniqueId};
use model::lines::FileLines;
use model::quantity::Seed;
use model::record::{Input, LabelCheck, MatrixSummary, RECORD_VERSION, Record, Sample};
use model::recording::RecordingKind;
use model::scorecard::Coverage;
use model::verdict::{Cause, Verdict};

use crate::progress::Progress;
use crate::replay::watch_all;
use crate::workspace::Intake;

/// Returns the record as far as measuring goes: verdicts, samples, coverage, labels.
pub(crate) fn measure(intake: &Intake, seed: Seed, progress: &dyn Progress) -> Record {
    let (watched, said) = watch_all(&intake.rules, &intake.survey, intake.recordings.as_ref(), progress);
    assemble(intake, seed, &watched.iter().collect::<Vec<_>>(), said)
}

/// Returns the record of what was seen on the recordings, in their order.
pub(crate) fn assemble(intake: &Intake, seed: Seed, watched: &[&Watched], said: Vec<Diagnostic>) -> Record {
    let rules = &intake.rules;
    let recordings = &intake.survey.recordings;
    let mut verdicts: Vec<Verdict> =
        watched.iter().flat_map(|w| &w.observations).map(detect::judge).collect();
    detect::join_twins(&mut verdicts, watched, recordings);
    verdicts.sort_by(|a, b| a.id.cmp(&b.id));

    let samples = samples(watched);
    let replays: Vec<_> = watched.iter().map(|w| w.replay.clone()).collect();
    let coverage = assess::coverage(&verdicts, recordings, &replays, rules.rules());
    let labels = labels(intake, &replays, rules.rules(), &intake.rule_summary);
    let mut diagnostics: Vec<Diagnostic> = intake.diagnostics.iter().cloned().chain(said).collect();
    diagnostics.sort();
    diagnostics.dedup();
    let mut record = Record {
        version: RECORD_VERSION,
        product: env!("CARGO_PKG_VERSION").to_owned(),
        seed,
        trials: 0,
        inputs: intake.inputs.clone(),
        matrix: matrix(&intake.matrix),
        rule_set: intake.rule_summary.clone(),
        rules: BTreeMap::new(),
        recordings: recordings.clone(),
        replays,
        exercises: Vec::new(),
        profile: None,
        verdicts,
        samples,
        labels,
        coverage,
        evidence: Evidence::default(),
        estate: None,
        campaigns: Vec::new(),
        playbooks: Vec::new(),
        scores: Vec::new(),
        levers: Vec::new(),
        not_tested: Vec::new(),
        card: None,
        restart: None,
        crisis: None,
        tabletop: None,
        live: None,
        diagnostics,
        lines: intake.lines.clone(),
    };
    name_rules(&mut record, rules.rules());
    record
}

/// Returns the record of a question about an estate alone.
pub fn of_estate(estate: &Estate, (inputs, lines): (Vec<Input>, Vec<FileLines>), seed: Seed) -> Record {
    Record {
        version: RECORD_VERSION,
        product: env!("CARGO_PKG_VERSION").to_owned(),
        seed,
        trials: 0,
        inputs,
        matrix: matrix(&threat::catalogue()),
        rule_set: RuleSetSummary::default(),
        rules: BTreeMap::new(),
        recordings: Vec::new(),
        replays: Vec::new(),
        exercises: Vec::new(),
        profile: None,
        verdicts: Vec::new(),
        samples: Vec::new(),
        labels: Vec::new(),
        coverage: Coverage::default(),
        evidence: Evidence::default(),
        estate: Some(estate.clone()),
        campaigns: Vec::new(),
        playbooks: Vec::new(),
        scores: Vec::new(),
        levers: Vec::new(),
        not_tested: Vec::new(),
        card: None,
        restart: None,
        crisis: None,
        tabletop: None,
        live: None,
        diagnostics: Vec::new(),
        lines,
    }
}

/// Returns the raw events that verdicts name, each once.
fn samples(watched: &[&Watched]) -> Vec<Sample> {
    let mut samples: Vec<Sample> = watched.iter().flat_map(|w| w.samples.iter().cloned()).collect();
    samples.sort_by(|a, b| a.event.cmp(&b.event));
    samples.dedup_by(|a, b| a.event == b.event);
    samples
}

/// Keeps what is known about every rule that the record names.
fn name_rules(record: &mut Record, rules: &[RuleInfo]) {
    let mut named: BTreeSet<RuleId> = BTreeSet::new();
    named.extend(record.replays.iter().flat_map(|r| &r.firings).map(|f| f.rule.clone()));
    named.extend(record.recordings.iter().flat_map(|r| &r.expected_rules).cloned());
    named.extend(record.labels.iter().flat_map(|l| &l.missing).map(|m| m.rule.clone()));
    for verdict in &record.verdicts {
        named.extend(verdict.rules.iter().chain(&verdict.lost).map(|r| r.id.clone()));
        for cause in &verdict.causes {
            match cause {
                Cause::FieldMissing { rules, .. }
                | Cause::Suppressed { rules }
                | Cause::OtherTechniqueOnly { rules } => {
                    named.extend(rules.iter().cloned());
                }
                Cause::LogSourceNotCollected { rules } => {
                    named.extend(rules.iter().map(|(id, _)| id.clone()));
                }
                Cause::RuleSilent { nearest, .. } => {
                    named.extend(nearest.iter().map(|t| t.rule.clone()));
                }
                Cause::TelemetrySourceAbsent { .. }
                | Cause::EventAbsent { .. }
                | Cause::NoRule
                | Cause::AtTheSiem { .. }
                | Cause::MatchedLate { .. } => {}
            }
        }
    }
    record.rules =
        rules.iter().filter(|r| named.contains(&r.id)).map(|r| (r.id.clone(), r.clone())).collect();
}

/// Keeps what is known about every rule that names a technique of a verdict, its parent or a
/// part of it: whether a later run of a procedure repeats this one hangs on them.
pub(crate) fn name_rules_about_verdicts(record: &mut Record, rules: &[RuleInfo]) {
    let techniques: BTreeSet<TechniqueId> = record
        .verdicts
        .iter()
        .flat_map(|v| [Some(v.technique.clone()), v.technique.parent()])
        .flatten()
        .collect();
    let about = |rule: &&RuleInfo| {
        let parents = rule.techniques.iter().filter_map(TechniqueId::parent);
        rule.techniques.iter().cloned().chain(parents).any(|t| techniques.contains(&t))
    };
    let found: Vec<RuleInfo> = rules.iter().filter(about).cloned().collect();
    record.rules.extend(found.into_iter().map(|r| (r.id.clone(), r)));
}

fn matrix(matrix: &Matrix) -> MatrixSummary {
    let source = matrix.source.rsplit('/').next().unwrap_or(&matrix.source).to_owned();
    MatrixSummary {
        version: matrix.version.clone(),
        domain: matrix.domain.clone(),
        source,
        tactics: matrix.tactics.clone(),
        techniques: BTreeMap::new(),
        counts: matrix.counts.clone(),
    }
}

/// Keeps name and tactics of every technique that the record names, and of their parents.
pub(crate) fn name_techniques(record: &mut Record, matrix: &Matrix) {
    let mut named: BTreeSet<TechniqueId> = record.verdicts.iter().map(|v| v.technique.clone()).collect();
    named.extend(record.evidence.techniques.keys().cloned());
    named.extend(record.not_tested.iter().map(|n| n.technique.clone()));
    named.extend(record.recordings.iter().flat_map(|r| &r.techniques).cloned());
    let parents: Vec<TechniqueId> = named.iter().filter_map(TechniqueId::parent).collect();
    named.extend(parents);
    record.matrix.techniques =
        named.iter().filter_map(|id| Some((id.clone(), matrix.techniques.get(id)?.clone()))).collect();
}

fn labels(
    intake: &Intake,
    replays: &[model::detection::Replay],
    rules: &[RuleInfo],
    summary: &RuleSetSummary,
) -> Vec<LabelCheck> {
    let mut sets: BTreeMap<&str, LabelSet> = BTreeMap::new();
    let attacks: BTreeSet<&str> = intake
        .survey
        .recordings
        .iter()
        .filter(|r| r.kind == RecordingKind::Attack)
        .map(|r| r.id.as_str())
        .collect();
    for pair in &intake.survey.labels.pairs {
        if attacks.contains(pair.recording.as_str()) {
            let name = match pair.set {
                telemetry::LabelSet::Gold => "gold",
                telemetry::LabelSet::Silver => "silver",
                telemetry::LabelSet::Disputed => "disputed",
            };
            let set = sets.entry(name).or_default();
            name.clone_into(&mut set.name);
            set.pairs.insert((pair.recording.to_string(), pair.rule.clone()));
        }
    }
    let disputed = sets.remove("disputed").unwrap_or_default();
    let sets: Vec<LabelSet> = sets.into_values().collect();
    assess::check_labels(&sets, &disputed, replays, rules, summary)
}
