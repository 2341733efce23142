//! A hardening profile under test: what it stops, and which line would stop the most of the rest.

use std::collections::BTreeSet;

use ::exercise::profile::{self, Open, Profile, Props, UnitFile};
use ::exercise::sandbox::{self, Job, Observed, Tier};
use model::exercise::{Prevention, ProfileLine, ProfileTest};
use model::id::TechniqueId;
use model::read::Read;

use super::{Left, Task, convert};
use crate::error::Error;

/// How many of the best lines are run to prove what they stop.
const PROVEN: usize = 3;

/// A profile with the text it was read from.
#[derive(Debug)]
pub struct Hardening {
    /// What it refuses.
    pub profile: Profile,
    path: String,
    bytes: Vec<u8>,
    drop_ins: Vec<(String, Vec<u8>)>,
}

impl Hardening {
    /// Reads the profile in a file: JSON is an OCI seccomp policy, YAML a Landlock policy,
    /// anything else a systemd unit with its drop-ins, each with its name.
    ///
    /// # Errors
    /// [`Error::Content`] when it is not valid.
    pub fn read(name: &str, bytes: Vec<u8>, drop_ins: Vec<(String, Vec<u8>)>) -> Result<Read<Self>, Error> {
        let read = match ending(name) {
            "json" => profile::read_seccomp(name, &bytes),
            "yaml" | "yml" => profile::read_landlock(name, &bytes),
            _ => {
                let files: Vec<UnitFile<'_>> =
                    drop_ins.iter().map(|(path, bytes)| UnitFile { path, bytes }).collect();
                profile::read_unit(UnitFile { path: name, bytes: &bytes }, &files).map(Some)
            }
        };
        let faulty = read.has_error();
        let mut said = Vec::new();
        match read.report(&mut said) {
            Some(profile) if !faulty => {
                Ok(Read::new(Self { profile, path: name.to_owned(), bytes, drop_ins }, said))
            }
            _ => Err(Error::Content(said)),
        }
    }

    /// Returns the last part of the name of each of its files, with the text.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let own = std::iter::once((self.path.as_str(), self.bytes.as_slice()));
        let all = own.chain(self.drop_ins.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
        all.map(|(path, bytes)| (path.rsplit('/').next().unwrap_or(path), bytes))
    }

    /// Returns BLAKE3 of its text with all drop-ins.
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.bytes);
        for (_, bytes) in &self.drop_ins {
            hasher.update(bytes);
        }
        hasher.finalize().to_hex().to_string()
    }

    fn candidates(&self) -> Vec<profile::Candidate> {
        if self.profile.source != profile::Source::Unit {
            return Vec::new();
        }
        let files: Vec<UnitFile<'_>> =
            self.drop_ins.iter().map(|(path, bytes)| UnitFile { path, bytes }).collect();
        profile::candidates(UnitFile { path: &self.path, bytes: &self.bytes }, &files)
    }
}

/// Returns the ending of a file's name, without the dot.
fn ending(name: &str) -> &str {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    file.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// Returns what the profile did to all exercises, and which line would stop the
/// most of the rest; the best lines are proven by running with them.
pub fn tested(hardening: &Hardening, tasks: &[Task], left: &[Option<Left>], tier: Tier) -> ProfileTest {
    let mut stopped: BTreeSet<TechniqueId> = BTreeSet::new();
    let mut open: BTreeSet<TechniqueId> = BTreeSet::new();
    let mut rest: Vec<&Task> = Vec::new();
    for (task, left) in tasks.iter().zip(left) {
        let techniques = task.procedure.techniques.iter().cloned();
        match left.as_ref().and_then(|l| l.exercise.prevention.as_ref()) {
            Some(Prevention::Prevented { .. }) => stopped.extend(techniques),
            Some(Prevention::NotPrevented) => {
                open.extend(techniques);
                rest.push(task);
            }
            Some(Prevention::NotTestable { .. }) | None => {}
        }
    }
    let profile = &hardening.profile;
    let mut modelled: Vec<String> = profile
        .modelled
        .iter()
        .map(|m| format!("{}: evaluated on what was observed, not enforced", m.directive))
        .collect();
    modelled.extend(profile.ignored.iter().map(|i| format!("{}: {}", i.directive, i.reason)));
    ProfileTest {
        name: profile.name.clone(),
        kind: match profile.source {
            profile::Source::Unit => "systemd unit",
            profile::Source::Seccomp => "OCI seccomp policy",
            profile::Source::Landlock => "Landlock policy",
        }
        .to_owned(),
        hash: hardening.hash(),
        stopped: stopped.difference(&open).cloned().collect(),
        lines: lines(hardening, &rest, tier),
        open: open.into_iter().collect(),
        modelled,
    }
}

fn lines(hardening: &Hardening, rest: &[&Task], tier: Tier) -> Vec<ProfileLine> {
    let candidates = hardening.candidates();
    if candidates.is_empty() || rest.is_empty() {
        return Vec::new();
    }
    let jobs: Vec<Job> = rest.iter().map(|task| task.procedure.job(convert::MARKER)).collect();
    let ran =
        rest.iter().zip(&jobs).filter_map(|(task, job)| Some((*task, job, sandbox::run(job, tier).ok()?)));
    let runs: Vec<(&Task, &Job, Observed)> = ran.collect();
    let open: Vec<Open<'_>> = runs
        .iter()
        .map(|(task, job, baseline)| Open {
            techniques: &task.procedure.techniques,
            baseline,
            stage: Props::from(*job),
        })
        .collect();
    let gains = profile::rank(&candidates, &open);
    let mut lines: Vec<ProfileLine> = Vec::new();
    for gain in gains.into_iter().take(PROVEN) {
        let candidate = &candidates[gain.candidate];
        let proven: Vec<&Task> = gain
            .procedures
            .iter()
            .map(|place| &runs[*place])
            .filter(|(_, job, baseline)| stops(&candidate.profile, job, baseline, tier))
            .map(|(task, ..)| *task)
            .collect();
        let still_open = |t: &TechniqueId| {
            let stopped = |task: &Task| proven.iter().any(|p| p.procedure.id == task.procedure.id);
            runs.iter().any(|(task, ..)| task.procedure.techniques.contains(t) && !stopped(task))
        };
        let mut techniques: Vec<TechniqueId> =
            proven.iter().flat_map(|task| task.procedure.techniques.iter().cloned()).collect();
        techniques.sort();
        techniques.dedup();
        techniques.retain(|t| !still_open(t));
        lines.push(ProfileLine { line: candidate.line.to_owned(), techniques, verified: true });
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.techniques.len()));
    lines.retain(|line| !line.techniques.is_empty());
    lines
}

/// Runs a procedure with the profile and returns whether that stopped it.
fn stops(profile: &Profile, job: &Job, baseline: &Observed, tier: Tier) -> bool {
    let hardened = Job { profile: Some(profile.clone()), ..job.clone() };
    let run = sandbox::run(&hardened, tier);
    run.is_ok_and(|under| {
        matches!(
            profile::prevention(baseline, &under, profile, Props::from(job)),
            Prevention::Prevented { modelled: false, .. }
        )
    })
}
