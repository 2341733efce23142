//! The stored runs of each procedure as a series, cut where one of its inputs changed.

use std::collections::BTreeMap;

use model::detection::RuleInfo;
use model::drift::{Changed, Tested};
use model::evidence::{Repeated, RepeatedRun};
use model::exercise::{Tier, User};
use model::id::{RuleId, RunId, TechniqueId, VerdictId};
use model::quantity::Timestamp;
use model::record::{HOST, Record, RunInfo};
use model::verdict::{Outcome, OutcomeKind, Verdict};

/// What the outcome of a procedure hangs on, beside chance.
///
/// Two runs with equal configurations are repeats of one test. The sensor is the sandbox's own
/// observer and so a part of the program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Configuration {
    /// BLAKE3 of the procedure's text.
    pub procedure: String,
    /// What confined it.
    pub tier: Option<Tier>,
    /// As whom it ran.
    pub user: User,
    /// BLAKE3 of the profile under test.
    pub profile: Option<String>,
    /// Hash of the host: kernel, distribution, packages; `None` where the run does not tell it.
    pub host: Option<String>,
    /// The rules that name the technique, with their file and hash.
    pub rules: BTreeMap<RuleId, (String, String)>,
    /// The ATT&CK version by which rules and procedure were joined.
    pub attack: String,
    /// The program's version.
    pub product: String,
}

impl Configuration {
    /// Returns what differs from `earlier`.
    pub fn changed(&self, earlier: &Self) -> Vec<Changed> {
        let mut all = Vec::new();
        let mut note = |differs: bool, what: Changed| {
            if differs {
                all.push(what);
            }
        };
        note(self.procedure != earlier.procedure, Changed::Procedure);
        note((self.tier, self.user) != (earlier.tier, earlier.user), Changed::Sandbox);
        note(self.profile != earlier.profile, Changed::Profile);
        note(self.host != earlier.host, Changed::Host);
        note(self.attack != earlier.attack, Changed::Attack);
        note(self.product != earlier.product, Changed::Product);
        for (id, (file, hash)) in &self.rules {
            match earlier.rules.get(id) {
                None => all.push(Changed::RuleAdded(file.clone())),
                Some((_, old)) if old != hash => all.push(Changed::RuleEdited(file.clone())),
                Some(_) => {}
            }
        }
        let gone = earlier.rules.iter().filter(|(id, _)| !self.rules.contains_key(*id));
        all.extend(gone.map(|(_, (file, _))| Changed::RuleRemoved(file.clone())));
        all.sort();
        all
    }
}

/// One run of a procedure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRun {
    /// The stored run.
    pub run: RunId,
    /// When it was stored.
    pub stored: Timestamp,
    /// What the defence did; `None` where no verdict was possible.
    pub outcome: Option<OutcomeKind>,
    /// Whether it was prevented or alerted in time; `None` where it came to no outcome.
    pub seen: Option<bool>,
    /// With which inputs.
    pub configuration: Configuration,
}

/// Runs of one configuration, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The configuration.
    pub configuration: Configuration,
    /// The runs, oldest first; at least one.
    pub runs: Vec<PastRun>,
}

impl Segment {
    /// Returns how many runs came to an outcome, and how many of them were seen.
    pub fn tested(&self) -> Tested {
        let outcomes: Vec<bool> = self.runs.iter().filter_map(|r| r.seen).collect();
        let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        Tested { runs: number(outcomes.len()), seen: number(outcomes.iter().filter(|s| **s).count()) }
    }
}

/// All runs of one test: a procedure and a technique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// The verdict's id: procedure and technique.
    pub verdict: VerdictId,
    /// The technique.
    pub technique: TechniqueId,
    /// Runs of equal configuration, oldest first; at least one.
    pub segments: Vec<Segment>,
}

impl Series {
    /// Returns the newest run with an outcome, behind the last one before it that had the other.
    pub fn turned(&self) -> Option<(&PastRun, &PastRun)> {
        let mut runs = self.segments.iter().flat_map(|s| &s.runs).rev().filter(|r| r.seen.is_some());
        let newest = runs.next()?;
        Some((runs.find(|r| r.seen != newest.seen)?, newest))
    }
}

/// Returns the runs of procedures in stored records as series, by verdict id.
///
/// Records come in any order. Only what was run in the sandbox counts: a recording that is
/// replayed again gives the same outcome, and so no further evidence. A run whose record was
/// stored twice counts once.
pub fn series<'a>(records: impl IntoIterator<Item = (&'a RunInfo, &'a Record)>) -> Vec<Series> {
    let mut by_test: BTreeMap<(VerdictId, TechniqueId), BTreeMap<(Timestamp, RunId), PastRun>> =
        BTreeMap::new();
    for (info, record) in records {
        for exercise in &record.exercises {
            for verdict in record.verdicts.iter().filter(|v| v.recording == exercise.recording) {
                let run = PastRun {
                    run: info.id.clone(),
                    stored: info.stored,
                    outcome: verdict.outcome.as_ref().map(Outcome::kind),
                    seen: seen(verdict),
                    configuration: Configuration {
                        procedure: exercise.procedure.clone(),
                        tier: exercise.tier,
                        user: exercise.user,
                        profile: record.profile.as_ref().map(|p| p.hash.clone()),
                        host: record.inputs.iter().find(|i| i.name == HOST).map(|i| i.hash.clone()),
                        rules: rules(record, verdict),
                        attack: record.matrix.version.clone(),
                        product: record.product.clone(),
                    },
                };
                let of = by_test.entry((verdict.id.clone(), verdict.technique.clone())).or_default();
                of.insert((info.stored, info.id.clone()), run);
            }
        }
    }
    let series = |((verdict, technique), runs)| Series { verdict, technique, segments: segments(runs) };
    by_test.into_iter().map(series).collect()
}

fn segments(runs: BTreeMap<(Timestamp, RunId), PastRun>) -> Vec<Segment> {
    let mut all: Vec<Segment> = Vec::new();
    for run in runs.into_values() {
        match all.last_mut() {
            Some(last) if last.configuration == run.configuration => last.runs.push(run),
            _ => all.push(Segment { configuration: run.configuration.clone(), runs: vec![run] }),
        }
    }
    all
}

/// Returns whether the defence saw or stopped it in time; `None` where no outcome is known.
fn seen(verdict: &Verdict) -> Option<bool> {
    match verdict.outcome.as_ref()? {
        Outcome::Prevented { .. } | Outcome::Alerted { late: false, .. } => Some(true),
        Outcome::Alerted { late: true, .. } | Outcome::Logged | Outcome::Blind => Some(false),
        Outcome::Inconclusive { .. } => None,
    }
}

/// Returns the rules of the record that name the technique, its parent or a part of it.
fn rules(record: &Record, verdict: &Verdict) -> BTreeMap<RuleId, (String, String)> {
    rules_about(record.rules.values(), &verdict.technique)
}

/// Returns whether the rule names the technique, its parent or a part of it.
pub fn is_about(rule: &RuleInfo, technique: &TechniqueId) -> bool {
    let parent = technique.parent();
    let about = |t: &TechniqueId| {
        t == technique || Some(t) == parent.as_ref() || t.parent().as_ref() == Some(technique)
    };
    rule.techniques.iter().any(about)
}

/// Returns file and hash of each rule that is about the technique.
pub fn rules_about<'a>(
    rules: impl IntoIterator<Item = &'a RuleInfo>,
    technique: &TechniqueId,
) -> BTreeMap<RuleId, (String, String)> {
    let about = rules.into_iter().filter(|rule| is_about(rule, technique));
    about.map(|rule| (rule.id.clone(), (rule.file.clone(), rule.hash.clone()))).collect()
}

/// Days for which a run that was prevented or alerted on earns credit.
pub const CREDIT_DAYS: i64 = 90;

/// Returns the runs of each test since the last change of its inputs, where `present` says that
/// these inputs are still in use.
///
/// A run older than [`CREDIT_DAYS`] earns no credit; a miss counts until an input changes, so that
/// no passing of time makes a test look better. Runs without an outcome are left out.
pub fn repeated(
    all: Vec<Series>,
    now: Timestamp,
    present: &dyn Fn(&Series, &Configuration) -> bool,
) -> Vec<Repeated> {
    let oldest = now.0.saturating_sub(CREDIT_DAYS * 86_400_000);
    let run = |run: PastRun| {
        let outcome = run.outcome.filter(|o| *o != OutcomeKind::Inconclusive)?;
        let good = matches!(outcome, OutcomeKind::Prevented | OutcomeKind::Alerted);
        let aged = good && run.stored.0 < oldest;
        Some(RepeatedRun { run: run.run, stored: run.stored, outcome, aged })
    };
    let of = |mut series: Series| {
        let last = series.segments.pop().filter(|s| present(&series, &s.configuration))?;
        let runs: Vec<RepeatedRun> = last.runs.into_iter().filter_map(run).collect();
        let Series { verdict: test, technique, .. } = series;
        (!runs.is_empty()).then_some(Repeated { test, technique, runs })
    };
    all.into_iter().filter_map(of).collect()
}
