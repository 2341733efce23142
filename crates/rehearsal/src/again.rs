//! Judging stored events again, with inputs of one run exchanged for those of another.

use std::collections::{BTreeMap, BTreeSet};

use assess::drift::{Layers, Telemetry, causes, is_about};
use detect::{RuleFile, RuleSet, Watch};
use model::attack::Matrix;
use model::detection::RuleInfo;
use model::drift::{Changed, DriftCause, Proof};
use model::id::{RuleId, RunId};
use model::kept::{Group, Kept};
use model::record::{Record, RunInfo};
use model::recording::Recording;
use model::verdict::{Outcome, OutcomeKind, Verdict};
use threat::Joiner;

use crate::archive::MATRIX;
use crate::files::Memory;
use crate::replay::{Read, events_of};

/// A stored run with the inputs that are kept of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Past<'a> {
    pub(crate) info: &'a RunInfo,
    pub(crate) record: &'a Record,
    pub(crate) kept: &'a Kept,
}

/// Returns why `after` gave another verdict than `before`; `changed` are the recorded inputs that
/// differ.
pub(crate) fn cause(
    before: Past<'_>,
    after: Past<'_>,
    verdict: &Verdict,
    changed: Vec<Changed>,
) -> DriftCause {
    let runs = [before.info.id.clone(), after.info.id.clone()];
    match exchanged(before, after, verdict, &changed) {
        Ok(sets) => {
            let of_events = sets.iter().flatten().any(Changed::is_of_events);
            let behind = changed.into_iter().filter(|c| of_events && c.makes_events()).collect();
            DriftCause { proof: Proof::Shown, sets, behind, opaque: Vec::new(), runs }
        }
        Err(opaque) => {
            let sets = if changed.is_empty() { Vec::new() } else { vec![changed] };
            DriftCause { proof: Proof::ByElimination, sets, behind: Vec::new(), opaque, runs }
        }
    }
}

/// Returns the smallest sets of exchanges that give the earlier verdict, or why none can be tried.
fn exchanged(
    before: Past<'_>,
    after: Past<'_>,
    verdict: &Verdict,
    changed: &[Changed],
) -> Result<Vec<Vec<Changed>>, Vec<String>> {
    let (old, new) = (Side::of(before, verdict), Side::of(after, verdict));
    let (old, new) = match (old, new) {
        (Ok(old), Ok(new)) => (old, new),
        (old, new) => return Err(old.err().into_iter().chain(new.err()).flatten().collect()),
    };
    let both = Both::new(old, new, verdict, changed);
    let (was, is) = (both.old.answer, both.new.answer);
    let number = both.factors.len();
    let mut judge = Judge { both: &both, verdict, sets: BTreeMap::new() };
    let [first, last] = [true, false].map(|old| judge.answer(&vec![old; number]));
    let again = |run: &RunId| format!("the kept inputs of run {run} do not give its verdict again");
    if last != is {
        return Err(vec![again(&after.info.id)]);
    }
    if first != was {
        // All inputs are as they were, and the program alone is another.
        return if first == is && changed.contains(&Changed::Product) {
            Ok(vec![vec![Changed::Product]])
        } else {
            Err(vec![again(&before.info.id)])
        };
    }
    let found = causes(number, |old| judge.answer(old) == was);
    let named = |set: &Vec<usize>| set.iter().filter_map(|i| both.factors.get(*i)).cloned().collect();
    Ok(found.restore.iter().map(named).collect())
}

/// What a verdict is compared by: its kind, and whether an alert was late.
type Answer = (Option<OutcomeKind>, bool);

fn answer(outcome: Option<&Outcome>) -> Answer {
    (outcome.map(Outcome::kind), matches!(outcome, Some(Outcome::Alerted { late: true, .. })))
}

/// One run of the test.
struct Side<'a> {
    record: &'a Record,
    recording: &'a Recording,
    procedure: Option<&'a str>,
    rules: BTreeMap<&'a str, &'a [u8]>,
    matrix: Matrix,
    read: Read,
    answer: Answer,
}

impl<'a> Side<'a> {
    /// Returns one side, or the inputs that are missing.
    fn of(past: Past<'a>, verdict: &Verdict) -> Result<Self, Vec<String>> {
        let Past { info, record, kept } = past;
        let run = |why: &str| format!("run {}: {why}", info.id);
        let recording = record.recordings.iter().find(|r| r.id == verdict.recording);
        let own = record.verdicts.iter().find(|v| v.id == verdict.id);
        let (Some(recording), Some(own)) = (recording, own) else {
            return Err(vec![run("the test is not in it")]);
        };
        let mut missing = Vec::new();
        let mut group =
            |group: Group| kept.whole(group).map_err(|why| missing.push(run(&why))).unwrap_or_default();
        let (rules, attack) = (group(Group::Rules), group(Group::Attack));
        let mut files = BTreeMap::new();
        for path in &recording.files {
            match kept.groups.get(&Group::Events).and_then(|g| g.get(path)) {
                Some(model::kept::Content::Whole(bytes)) => {
                    files.insert(path.as_str(), bytes.as_slice());
                }
                Some(model::kept::Content::Left { why }) => {
                    missing.push(run(&format!("events {path}: {why}")));
                }
                None => missing.push(run(&format!("events {path} are not kept"))),
            }
        }
        let matrix = attack.iter().find(|(name, _)| *name == MATRIX);
        let matrix = matrix.and_then(|(_, bytes)| serde_json::from_slice::<Matrix>(bytes).ok());
        let Some(matrix) = matrix.filter(|_| missing.is_empty()) else {
            if missing.is_empty() {
                missing.push(run("ATT&CK is not kept"));
            }
            return Err(missing);
        };
        let exercise = record.exercises.iter().find(|e| e.recording == verdict.recording);
        Ok(Self {
            record,
            recording,
            procedure: exercise.map(|e| e.procedure.as_str()),
            rules: rules.into_iter().collect(),
            matrix,
            read: events_of(recording, &Memory::new("ledger", files)),
            answer: answer(own.outcome.as_ref()),
        })
    }

    fn telemetry(&self) -> Telemetry<'_> {
        Telemetry { events: &self.read.events, act: self.recording.act }
    }

    /// Returns the rule files that have a part in the verdict: all, where a correlation may join
    /// rules of any kind.
    fn parts(&self, verdict: &Verdict, expected: &BTreeSet<&RuleId>) -> BTreeSet<&str> {
        let about: BTreeSet<&str> = self
            .record
            .rules
            .values()
            .filter(|rule: &&RuleInfo| is_about(rule, &verdict.technique) || expected.contains(&rule.id))
            .map(|rule| rule.file.as_str())
            .collect();
        let correlated = self.rules.values().any(|bytes| holds(bytes, "correlation:"));
        let part = |(path, bytes): (&&'a str, &&[u8])| {
            (correlated || about.contains(*path) || holds(bytes, "filter:")).then_some(*path)
        };
        self.rules.iter().filter_map(part).collect()
    }
}

/// Returns whether a line of a rule file begins with this key.
fn holds(bytes: &[u8], key: &str) -> bool {
    bytes.split(|b| *b == b'\n').any(|line| line.starts_with(key.as_bytes()))
}

/// Both runs and what differs between them.
struct Both<'a> {
    old: Side<'a>,
    new: Side<'a>,
    /// Rule files that have a part in the verdict.
    parts: BTreeSet<String>,
    /// What can be exchanged; the differences of the events are the last.
    factors: Vec<Changed>,
    /// Number of differences of the events.
    layers: usize,
}

impl<'a> Both<'a> {
    fn new(old: Side<'a>, new: Side<'a>, verdict: &Verdict, changed: &[Changed]) -> Self {
        let expected: BTreeSet<&RuleId> =
            old.recording.expected_rules.iter().chain(&new.recording.expected_rules).collect();
        let parts: BTreeSet<String> =
            [&old, &new].iter().flat_map(|s| s.parts(verdict, &expected)).map(str::to_owned).collect();
        let mut factors = Vec::new();
        for path in &parts {
            let what = match (old.rules.get(path.as_str()), new.rules.get(path.as_str())) {
                (None, _) => Changed::RuleAdded,
                (_, None) => Changed::RuleRemoved,
                (Some(one), Some(other)) if one != other => Changed::RuleEdited,
                _ => continue,
            };
            factors.push(what(path.as_str().to_owned()));
        }
        if old.procedure != new.procedure && terms(old.recording) != terms(new.recording) {
            factors.push(Changed::Terms);
        }
        if changed.contains(&Changed::Attack) && old.matrix != new.matrix {
            factors.push(Changed::Attack);
        }
        let layers = Layers::new(old.telemetry(), new.telemetry()).changed();
        let number = layers.len();
        factors.extend(layers);
        Self { old, new, parts, factors, layers: number }
    }
}

/// What a procedure promises of its run, as far as a verdict hangs on it.
fn terms(of: &Recording) -> impl PartialEq + '_ {
    (&of.techniques, &of.success, &of.deadline, &of.expected_rules, &of.telemetry, of.kind)
}

/// Judges with inputs exchanged; each set of rules is compiled once.
struct Judge<'a> {
    both: &'a Both<'a>,
    verdict: &'a Verdict,
    sets: BTreeMap<Vec<bool>, RuleSet>,
}

impl Judge<'_> {
    /// Returns the answer with the factors whose place is `true` as in the earlier run.
    fn answer(&mut self, old: &[bool]) -> Answer {
        let Both { factors, layers, .. } = self.both;
        let (inputs, events) = old.split_at(factors.len() - layers);
        let recording = self.recording(inputs, events);
        let (before, after) = (self.both.old.telemetry(), self.both.new.telemetry());
        // A run without any event left may have lost them to what could not be read.
        let unreadable = match events.iter().all(|o| *o) && !events.is_empty() {
            true => self.both.old.read.unreadable,
            false => self.both.new.read.unreadable,
        };
        let mixed = Layers::new(before, after).mixed(events);
        let both = self.both;
        let rules = self.sets.entry(inputs.to_vec()).or_insert_with(|| compiled(both, inputs));
        let watch = Watch::new(rules, &recording);
        let seen = watch.look(&mixed);
        let watched = watch.finish(seen, unreadable);
        let own = watched.observations.iter().map(detect::judge).find(|v| v.id == self.verdict.id);
        answer(own.and_then(|v| v.outcome).as_ref())
    }

    fn recording(&self, inputs: &[bool], events: &[bool]) -> Recording {
        let (old, new) = (self.both.old.recording, self.both.new.recording);
        let all = events.iter().all(|o| *o) && !events.is_empty();
        let mut mixed = Recording::clone(if all { old } else { new });
        if events.iter().any(|o| *o) && !all {
            mixed.end = mixed.end.max(old.end.zip(old.act).zip(new.act).map(|((end, from), to)| {
                model::quantity::Timestamp(end.0.saturating_sub(from.0).saturating_add(to.0))
            }));
            mixed.blocked = old.blocked.clone().or(mixed.blocked);
        }
        let exchanged = self.both.factors.iter().zip(inputs).find(|(f, _)| **f == Changed::Terms);
        // Where the procedure is the same, what differs of its terms comes from the run.
        let from = match exchanged {
            Some((_, true)) => old,
            Some((_, false)) => new,
            None if all => old,
            None => new,
        };
        let Recording { techniques, success, deadline, expected_rules, telemetry, kind, label, .. } =
            from.clone();
        Recording { techniques, success, deadline, expected_rules, telemetry, kind, label, ..mixed }
    }
}

fn compiled(both: &Both<'_>, inputs: &[bool]) -> RuleSet {
    let mut rules: BTreeMap<&str, &[u8]> = both
        .new
        .rules
        .iter()
        .filter(|(path, _)| both.parts.contains(**path))
        .map(|(p, b)| (*p, *b))
        .collect();
    let mut matrix = &both.new.matrix;
    for factor in both.factors.iter().zip(inputs).filter(|(_, old)| **old).map(|(factor, _)| factor) {
        match factor {
            Changed::RuleEdited(path) | Changed::RuleAdded(path) | Changed::RuleRemoved(path) => {
                match both.old.rules.get_key_value(path.as_str()) {
                    Some((path, bytes)) => {
                        rules.insert(path, bytes);
                    }
                    None => {
                        rules.remove(path.as_str());
                    }
                }
            }
            Changed::Attack => matrix = &both.old.matrix,
            _ => {}
        }
    }
    let map = threat::version_map();
    let joiner = Joiner::new(matrix, &map);
    let files =
        rules.iter().map(|(path, bytes)| RuleFile { path: (*path).to_owned(), bytes: bytes.to_vec() });
    // What is wrong with a rule was said when it was stored.
    RuleSet::read(files.collect(), &|tag| joiner.join(tag)).report(&mut Vec::new()).0
}
