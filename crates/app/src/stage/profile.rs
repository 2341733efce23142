//! A hardening profile under test: what it stops, and which line would stop the most of the rest.

use std::collections::BTreeSet;
use std::path::Path;

use exercise::profile::{self, Open, Profile, Props, UnitFile};
use exercise::sandbox::{self, Job, Observed, Tier};
use model::exercise::{Prevention, ProfileLine, ProfileTest};
use model::id::TechniqueId;
use model::read::Read;

use super::{Left, Task, convert};
use crate::error::Failure;

/// How many of the best lines are run to prove what they stop.
const PROVEN: usize = 3;

/// The largest profile that is read, in bytes; the largest published policy has under 100 KB.
const MAX_BYTES: u64 = 4 << 20;

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
    /// Reads the profile in a file: JSON is an OCI seccomp policy, YAML a Landlock
    /// policy, anything else a systemd unit, with the drop-ins of the folder
    /// beside it whose name is the unit's with `.d`.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be read or is not valid.
    pub fn read(path: &Path) -> Result<Read<Self>, Failure> {
        let name = path.display().to_string();
        let bytes = small(path)?;
        let kind = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        let mut drop_ins = Vec::new();
        let read = match kind {
            "json" => profile::read_seccomp(&name, &bytes),
            "yaml" | "yml" => profile::read_landlock(&name, &bytes),
            _ => {
                drop_ins = beside(path)?;
                let files: Vec<UnitFile<'_>> =
                    drop_ins.iter().map(|(path, bytes)| UnitFile { path, bytes }).collect();
                profile::read_unit(UnitFile { path: &name, bytes: &bytes }, &files).map(Some)
            }
        };
        let faulty = read.has_error();
        let mut said = Vec::new();
        match read.report(&mut said) {
            Some(profile) if !faulty => Ok(Read::new(Self { profile, path: name, bytes, drop_ins }, said)),
            _ => Err(Failure::Content(said)),
        }
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

fn small(path: &Path) -> Result<Vec<u8>, Failure> {
    use std::io::Read as _;
    let fail = |why: String| Failure::Unreadable { path: path.display().to_string(), why };
    let mut bytes = Vec::new();
    let file = crate::intake::named(path).map_err(|e| fail(e.to_string()))?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|e| fail(e.to_string()))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(fail("it is larger than 4 MiB".to_owned()));
    }
    Ok(bytes)
}

/// Returns the drop-ins of a unit, by name.
fn beside(unit: &Path) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut folder = unit.as_os_str().to_owned();
    folder.push(".d");
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(Vec::new()) };
    let mut paths: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "conf"));
    paths.sort();
    paths.iter().map(|path| Ok((path.display().to_string(), small(path)?))).collect()
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
