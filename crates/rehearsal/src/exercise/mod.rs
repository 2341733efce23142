//! Exercises: procedures run in the sandbox, each on a thread of its own.
//!
//! An exercise ends as a recording with its telemetry in memory, so that
//! everything after it is the same as for a recording that came from elsewhere.

mod alarm;
mod convert;
mod description;
mod left;
mod profile;
mod source;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ::exercise::procedure::Procedure;
use ::exercise::profile::{Profile, Props};
use ::exercise::sandbox;
use detect::RuleSet;
use model::exercise::Tier;
use model::record::{HOST, Input};

use crate::error::{Cause, Error};
use crate::progress::Progress;
use crate::workspace::Intake;

pub use description::description;
pub use left::Left;
pub use profile::{Hardening, tested};
pub use source::{Excluded, Selected, Source};

/// A procedure that is to be run, with the hash of its text.
#[derive(Debug, Clone)]
pub struct Task {
    /// What is run.
    pub procedure: Procedure,
    /// BLAKE3 of its text.
    pub hash: String,
    /// The text of its file.
    pub text: Arc<[u8]>,
}

impl Task {
    /// Returns what the journal holds before it starts, as JSON: its effects, limits and clean-up.
    pub fn terms(&self, tier: Tier) -> String {
        let limits = self.procedure.job("").limits;
        let terms = serde_json::json!({
            "user": self.procedure.executor.user,
            "tier": tier,
            "effects": self.procedure.effects(),
            "limits": {
                "deadline-ms": limits.deadline.as_millis() as u64,
                "processes": limits.processes,
                "forks": limits.forks,
                "events": limits.events,
                "output": limits.output,
                "memory": limits.memory,
            },
            "clean-up": match tier {
                Tier::Namespaces => "its process namespace is killed; its files lie in memory that goes with it",
                Tier::Landlock => "all its processes are killed; its scratch folder is removed",
            },
        });
        terms.to_string()
    }
}

/// Returns what tells one run from another: the hash over its contracts and its profile.
pub fn plan(tasks: &[Task], tier: Tier, hardening: Option<&Hardening>) -> String {
    let mut plan = blake3::Hasher::new();
    for task in tasks {
        plan.update(task.procedure.id.as_str().as_bytes()).update(task.hash.as_bytes());
        plan.update(task.terms(tier).as_bytes());
    }
    plan.update(hardening.map(Hardening::hash).unwrap_or_default().as_bytes());
    plan.finalize().to_hex().to_string()
}

/// What the host is: kernel, distribution and installed packages.
#[derive(Debug, Clone)]
pub struct Host {
    /// Kernel and distribution, for people.
    pub name: String,
    /// BLAKE3 of the list of installed packages; `None` where none was found.
    pub packages: Option<String>,
}

impl Host {
    /// Returns the hash by which a record names it.
    pub fn hash(&self) -> String {
        let packages = self.packages.as_deref().unwrap_or_default();
        blake3::hash(format!("{}\n{packages}", self.name).as_bytes()).to_hex().to_string()
    }

    /// Returns it as an input of a run.
    pub fn input(&self) -> Input {
        Input { name: HOST.to_owned(), source: self.name.clone(), hash: self.hash() }
    }
}

/// Adds procedures, host and profile to the inputs of a run.
pub fn add_inputs(intake: &mut Intake, source: &Source, host: &Host, hardening: Option<&Hardening>) {
    intake.inputs.push(host.input());
    intake.inputs.push(Input {
        name: "procedures".to_owned(),
        source: source.label.clone(),
        hash: source.hash.clone(),
    });
    intake.inputs.extend(hardening.map(|h| Input {
        name: "profile".to_owned(),
        source: h.profile.name.clone(),
        hash: h.hash(),
    }));
    intake.inputs.sort();
}

/// Notes that the exercise at a place starts.
pub type Started<'a> = dyn Fn(usize) -> Result<(), Cause> + Sync + 'a;

/// Notes what the exercise at a place has left.
pub type Ended<'a> = dyn Fn(usize, &[u8]) -> Result<(), Cause> + Sync + 'a;

/// Who is told that an exercise starts and what it left, each by its place; both are on
/// record when the call returns.
#[derive(Clone, Copy)]
pub struct Journal<'a> {
    /// An exercise starts; if this fails it must not.
    pub started: &'a Started<'a>,
    /// An exercise has ended and left these bytes.
    pub ended: &'a Ended<'a>,
}

/// A run of several procedures.
pub struct Drill<'a> {
    /// What is run, in order of ids.
    pub tasks: &'a [Task],
    /// What confines it.
    pub tier: Tier,
    /// A profile that each attack is run under a second time.
    pub profile: Option<&'a Profile>,
    /// Rules for the streaming detector.
    pub rules: &'a RuleSet,
    /// Where starts and ends are noted.
    pub journal: Journal<'a>,
    /// Set from outside to begin nothing further.
    pub stop: &'a AtomicBool,
    /// How many run at once.
    pub threads: usize,
    /// Returns a moment of a clock that never goes back, for the delay of alerts.
    pub tick: &'a (dyn Fn() -> Instant + Sync),
}

impl Drill<'_> {
    /// Runs everything that is not `done`, and returns what each left, by place;
    /// `None` for what was not begun because of a stop.
    ///
    /// # Errors
    /// [`Error::Journal`] when the journal cannot be written: nothing further is begun.
    pub fn run(
        &self,
        done: BTreeMap<usize, Left>,
        progress: &dyn Progress,
    ) -> Result<Vec<Option<Left>>, Error> {
        progress.begin("exercise", self.tasks.len() as u64);
        let mut places: Vec<Option<Left>> = self.tasks.iter().map(|_| None).collect();
        progress.advance(done.len() as u64);
        for (place, left) in done {
            places[place] = Some(left);
        }
        let open: Vec<usize> = (0..places.len()).filter(|place| places[*place].is_none()).collect();
        let places = Mutex::new(places);
        let next = AtomicUsize::new(0);
        let fault: Mutex<Option<Error>> = Mutex::new(None);
        std::thread::scope(|scope| {
            for _ in 0..self.threads.min(open.len()) {
                scope.spawn(|| {
                    while let Some(place) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if self.stop.load(Ordering::Relaxed) || held(&fault).is_some() {
                            return;
                        }
                        match self.one(*place) {
                            Ok(left) => held(&places)[*place] = Some(left),
                            Err(failure) => {
                                held(&fault).get_or_insert(failure);
                            }
                        }
                        progress.advance(1);
                    }
                });
            }
        });
        progress.end();
        match fault.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(failure) => Err(failure),
            None => Ok(places.into_inner().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    fn one(&self, place: usize) -> Result<Left, Error> {
        let task = &self.tasks[place];
        (self.journal.started)(place).map_err(Error::Journal)?;
        let unfit = sandbox::unfit(&task.procedure.job(convert::MARKER), self.tier);
        let left = match (unfit, self.profile.filter(|_| !task.procedure.is_twin())) {
            (Some(refusal), _) => convert::refused(task, &refusal.to_string()),
            (None, None) => self.plain(task),
            (None, Some(profile)) => self.paired(task, profile),
        };
        (self.journal.ended)(place, &left.to_bytes()).map_err(Error::Journal)?;
        Ok(left)
    }

    /// Runs a procedure, with the streaming detector listening.
    fn plain(&self, task: &Task) -> Left {
        match self.listened(task, None) {
            Ok((observed, alert)) => convert::left(task, &observed, alert),
            Err(refusal) => convert::refused(task, &refusal.to_string()),
        }
    }

    /// Runs a procedure without and with the profile.
    fn paired(&self, task: &Task, profile: &Profile) -> Left {
        let job = task.procedure.job(convert::MARKER);
        let baseline = match sandbox::run(&job, self.tier) {
            Ok(observed) => observed,
            Err(refusal) => return convert::refused(task, &refusal.to_string()),
        };
        match self.listened(task, Some(profile)) {
            Ok((under, alert)) => {
                let stage = Props::from(&job);
                let what = ::exercise::profile::prevention(&baseline, &under, profile, stage);
                convert::under_profile(task, &baseline, &under, alert, what)
            }
            Err(refusal) => convert::refused(task, &refusal.to_string()),
        }
    }

    fn listened(
        &self,
        task: &Task,
        profile: Option<&Profile>,
    ) -> Result<(sandbox::Observed, Option<u64>), sandbox::Refusal> {
        let mut job = task.procedure.job(convert::MARKER);
        job.profile = profile.cloned();
        alarm::listened(self.rules, task, self.tick, |sink| sandbox::run_with(&job, self.tier, sink))
    }
}

/// Returns what a lock holds; a thread that panicked with it leaves it as it is.
fn held<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
