//! What a profile did to a procedure, and which one line would do most of the rest.

use std::collections::{BTreeMap, BTreeSet};

use model::exercise::Prevention;
use model::id::TechniqueId;

use super::unit::{UnitFile, read_unit};
use super::{Directive, Profile, Refused};
use crate::sandbox::{Action, Done, End, FileOp, Job, Observed, What};

/// Returns whether the run shows that the technique took place: its check says so, or,
/// where it has none, its first process ended well.
pub fn took_place(run: &Observed) -> bool {
    run.success.unwrap_or(run.end == End::Exited(0))
}

/// Compares a run without the profile with one under it.
///
/// A procedure that does not work without the profile says nothing about it. One that
/// stopped working is prevented by the directives that refused something, in order of
/// their first refusal; if none did, by those that would have refused what the first run
/// did. One that still works is prevented only if a directive that cannot be enforced
/// here would have refused something, and then the result is modelled.
///
/// What belongs to the stage and not to the act is no evidence. When the profile refuses
/// nothing but the file that keeps proof, or the start of every program that stands in
/// for a tool, nothing is known about the act, and the result is "not testable".
pub fn prevention(baseline: &Observed, under: &Observed, profile: &Profile, stage: Props<'_>) -> Prevention {
    if !took_place(baseline) {
        return Prevention::NotTestable { why: untestable(baseline) };
    }
    let started = |run| own(run).any(|action| action.result.took_place() && stage.stands_in(action));
    let closed = own(under).any(|action| !action.result.took_place() && stage.stands_in(action))
        && started(baseline)
        && !started(under);
    if took_place(under) && closed {
        return Prevention::NotTestable { why: CLOSED.to_owned() };
    }
    if took_place(under) {
        let by = distinct(would_refuse(baseline, profile, stage).filter(|r| !r.enforced).map(|r| r.by));
        return match by.is_empty() {
            true => Prevention::NotPrevented,
            false => Prevention::Prevented { by, modelled: true },
        };
    }
    let refused = |of_proof: bool| {
        let own = own(under).filter(|action| !stage.stands_in(action));
        let own = own.filter(|action| stage.keeps_proof(action) == of_proof);
        distinct(own.filter_map(|action| profile.refused_by(action)))
    };
    let by = refused(false);
    if !by.is_empty() {
        return Prevention::Prevented { by, modelled: false };
    }
    let of_proof = refused(true);
    if !of_proof.is_empty() {
        let why = format!(
            "{} refuses the file it keeps its proof in, which says nothing about the act; \
             with PrivateTmp=yes it could be tested",
            of_proof.join(", ")
        );
        return Prevention::NotTestable { why };
    }
    if closed {
        return Prevention::NotTestable { why: CLOSED.to_owned() };
    }
    let by = distinct(would_refuse(baseline, profile, stage).map(|r| r.by));
    match by.is_empty() {
        // A run that fails without any refusal is a run that failed, and no credit.
        true => Prevention::NotTestable {
            why: "it failed under the profile, but no directive refused anything".to_owned(),
        },
        false => Prevention::Prevented { by, modelled: false },
    }
}

/// Why a profile says nothing when it starts none of the stage's programs.
const CLOSED: &str = "it lets none of the programs start that stand in for absent tools, which says nothing about \
     the tools themselves";

/// What a procedure brings along that is no part of the act.
#[derive(Debug, Clone, Copy, Default)]
pub struct Props<'a> {
    /// The script of its success check.
    pub check: &'a str,
    /// Programs that stand in for tools which the machine does not have.
    pub stand_ins: &'a [String],
}

impl<'a> From<&'a Job> for Props<'a> {
    fn from(job: &'a Job) -> Self {
        Self { check: job.success.as_deref().unwrap_or(""), stand_ins: &job.stubs }
    }
}

impl Props<'_> {
    /// Returns whether an action only wrote down in a temporary folder that the act took
    /// place: the success check names the file.
    fn keeps_proof(&self, action: &Action) -> bool {
        let What::File { path, .. } = &action.what else { return false };
        let temporary = ["/tmp/", "/var/tmp/", "/dev/shm/"].iter().any(|folder| path.starts_with(folder));
        temporary
            && self.check.match_indices(path.as_str()).any(|(at, _)| {
                // A longer name is another file.
                let next = self.check[at + path.len()..].chars().next();
                next.is_none_or(|c| !(c.is_alphanumeric() || "._-/".contains(c)))
            })
    }

    /// Returns whether an action is the start of a program that stands in for a tool.
    fn stands_in(&self, action: &Action) -> bool {
        let What::Exec { image, invoked, .. } = &action.what else { return false };
        self.stand_ins.iter().any(|path| path == image || path == invoked)
    }
}

fn untestable(baseline: &Observed) -> String {
    let guarded = own(baseline).any(|a| matches!(&a.result, Done::Denied { by, .. } if by == "guard"));
    match (baseline.end, guarded) {
        (_, true) => "the sandbox itself refuses what it needs".to_owned(),
        (End::Limit(limit), _) => format!("without the profile it runs into the bound on {}", limit.word()),
        _ => "it does not work without the profile either".to_owned(),
    }
}

/// The actions of the procedure itself, without what the loader does for every program:
/// that it was refused a look at its own configuration stops nothing.
fn own(run: &Observed) -> impl Iterator<Item = &Action> {
    let loader = |what: &What| match what {
        What::File { op: FileOp::Read, path, .. } => path.starts_with("/etc/ld.so."),
        _ => false,
    };
    run.actions.iter().filter(move |action| !action.harness && !loader(&action.what))
}

/// What a profile would refuse of what took place, without what belongs to the stage.
fn would_refuse<'a>(
    run: &'a Observed,
    profile: &'a Profile,
    stage: Props<'a>,
) -> impl Iterator<Item = Refused> + 'a {
    own(run)
        .filter(move |action| {
            action.result.took_place() && !stage.keeps_proof(action) && !stage.stands_in(action)
        })
        .filter_map(|action| profile.would_refuse(action))
}

fn distinct(found: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    found.filter(|by| seen.insert(by.clone())).collect()
}

/// Hardening lines that are usual in unit files, tried one at a time. Lines that would
/// stop the shell of every procedure, such as `NoExecPaths=/`, are left out: they would
/// win always and say nothing.
pub const LINES: [&str; 27] = [
    "ProtectSystem=strict",
    "ProtectSystem=full",
    "ProtectHome=yes",
    "ProtectHome=read-only",
    "PrivateDevices=yes",
    "PrivateNetwork=yes",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelLogs=yes",
    "ProtectControlGroups=yes",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "RestrictAddressFamilies=~AF_INET AF_INET6",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
    "RestrictNamespaces=yes",
    "RestrictSUIDSGID=yes",
    "RestrictRealtime=yes",
    "LockPersonality=yes",
    "MemoryDenyWriteExecute=yes",
    "CapabilityBoundingSet=~CAP_CHOWN CAP_FOWNER CAP_DAC_OVERRIDE",
    "NoExecPaths=/tmp /var/tmp /dev/shm",
    "InaccessiblePaths=-/etc/shadow -/etc/ssh -/root",
    "ReadOnlyPaths=/var/log",
    "SystemCallFilter=~@mount @module @reboot @swap @raw-io @clock",
    "SystemCallFilter=~@chown @setuid",
    "IPAddressDeny=any",
    "User=nobody",
];

/// One line that a unit lacks, with the profile it would give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The line.
    pub line: &'static str,
    /// The unit's profile with that line added by a drop-in.
    pub profile: Profile,
}

/// Returns the usual hardening lines that would change this unit's profile.
///
/// What a line would do to the service itself is not known here: a line that stops an
/// attack may stop the service too, and has to be tried on it.
pub fn candidates(unit: UnitFile<'_>, drop_ins: &[UnitFile<'_>]) -> Vec<Candidate> {
    // Whoever has the unit has read it before, and was told then what is wrong with it.
    let with = |files: &[UnitFile<'_>]| read_unit(unit, files).report(&mut Vec::new());
    let before = with(drop_ins);
    let mut found = Vec::new();
    for line in LINES {
        let text = format!("[Service]\n{line}\n");
        // A name that sorts after every drop-in, as an administrator would choose.
        let added = UnitFile { path: "zzzz-candidate.conf", bytes: text.as_bytes() };
        let all: Vec<UnitFile<'_>> = drop_ins.iter().copied().chain([added]).collect();
        let profile = with(&all);
        if effect(&before) != effect(&profile) && !weaker(&before, &profile) {
            found.push(Candidate { line, profile });
        }
    }
    found
}

/// Returns the profile without the evidence of who said what, so that only its effect is compared.
fn effect(profile: &Profile) -> Profile {
    let nobody = Directive { text: String::new(), file: String::new(), line: 0 };
    let mut bare = profile.clone();
    bare.ignored.clear();
    for filter in &mut bare.calls {
        filter.directive = nobody.clone();
        for rule in filter.rules.values_mut().flatten() {
            rule.directive = nobody.clone();
        }
    }
    bare.mounts.iter_mut().for_each(|rule| rule.directive = nobody.clone());
    bare.mounts.sort_by(|a, b| (&a.path, a.kind).cmp(&(&b.path, b.kind)));
    bare.mounts.dedup();
    bare.dropped.values_mut().for_each(|directive| *directive = nobody.clone());
    bare.modelled.iter_mut().for_each(|rule| rule.directive = nobody.clone());
    bare.no_network = bare.no_network.map(|_| nobody.clone());
    bare.ordinary_user = bare.ordinary_user.map(|_| nobody.clone());
    bare
}

/// Returns whether `after` lost a rule: a line such as `ProtectSystem=full` replaces the
/// stricter `ProtectSystem=strict`.
fn weaker(before: &Profile, after: &Profile) -> bool {
    use super::Access;
    let paths = || before.mounts.iter().map(|rule| rule.path.as_str());
    [Access::Read, Access::Write, Access::Execute].into_iter().any(|access| {
        paths().any(|path| before.refuses(access, path).is_some() && after.refuses(access, path).is_none())
    }) || before.dropped.keys().any(|n| !after.dropped.contains_key(n))
        || before
            .watched()
            .iter()
            .any(|n| before.deny(*n, [0; 6]).is_some() && after.deny(*n, [0; 6]).is_none())
}

/// A procedure that the profile leaves open, with the run that shows it.
#[derive(Debug, Clone, Copy)]
pub struct Open<'a> {
    /// What it exercises.
    pub techniques: &'a [TechniqueId],
    /// The run without a profile.
    pub baseline: &'a Observed,
    /// What it brings along.
    pub stage: Props<'a>,
}

/// What a candidate line would stop, by evaluation on what was observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gain {
    /// Its place in the candidates.
    pub candidate: usize,
    /// Which of the open procedures it would refuse something of, by place.
    pub procedures: Vec<usize>,
    /// Their techniques.
    pub techniques: BTreeSet<TechniqueId>,
    /// Whether every refusal counted is one that a run can prove.
    pub enforced: bool,
}

/// Ranks candidate lines by the techniques, then procedures, of which they would refuse
/// at least one action that took place; lines that would refuse nothing are left out.
///
/// This is an expectation: an action that is refused need not be the decisive one. Only a
/// run with the line proves it, so the best lines are to be run.
pub fn rank(candidates: &[Candidate], open: &[Open<'_>]) -> Vec<Gain> {
    let mut gains = Vec::new();
    for (index, candidate) in candidates.iter().enumerate() {
        let mut stopped: BTreeMap<usize, bool> = BTreeMap::new();
        for (place, procedure) in open.iter().enumerate() {
            // What the unit refuses already changed nothing.
            let refused: Vec<Refused> = would_refuse(procedure.baseline, &candidate.profile, procedure.stage)
                .filter(|refused| refused.by == candidate.line)
                .collect();
            if !refused.is_empty() {
                stopped.insert(place, refused.iter().any(|r| r.enforced));
            }
        }
        if stopped.is_empty() {
            continue;
        }
        gains.push(Gain {
            candidate: index,
            techniques: stopped.keys().flat_map(|p| open[*p].techniques.iter().cloned()).collect(),
            enforced: stopped.values().all(|enforced| *enforced),
            procedures: stopped.into_keys().collect(),
        });
    }
    gains.sort_by_key(|gain| {
        std::cmp::Reverse((gain.techniques.len(), gain.procedures.len(), std::cmp::Reverse(gain.candidate)))
    });
    gains
}
