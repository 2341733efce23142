//! Exercises: procedures run in the sandbox, each on a thread of its own.
//!
//! An exercise ends as a recording with its telemetry in memory, so that
//! everything after it is the same as for a recording that came from elsewhere.

mod alarm;
mod convert;
mod left;
mod profile;
mod source;
mod write;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use detect::RuleSet;
use exercise::procedure::Procedure;
use exercise::profile::{Profile, Props};
use exercise::sandbox;
use indicatif::ProgressBar;
use model::exercise::Tier;
use store::{Contract, Journal};

use crate::clock;
use crate::error::Failure;

pub use left::Left;
pub use profile::{Hardening, tested};
pub use source::{Excluded, Source};
pub use write::write_recording;

/// A procedure that is to be run, with the hash of its text.
#[derive(Debug, Clone)]
pub struct Task {
    /// What is run.
    pub procedure: Procedure,
    /// BLAKE3 of its text.
    pub hash: String,
}

impl Task {
    /// Returns what the journal holds before it starts: its effects, limits and clean-up.
    pub fn contract(&self, tier: Tier) -> Contract {
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
        Contract {
            procedure: self.procedure.id.to_string(),
            hash: self.hash.clone(),
            terms: terms.to_string(),
        }
    }
}

/// A run of several procedures.
#[derive(Debug)]
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
    pub journal: &'a Journal,
    /// Set from outside to begin nothing further.
    pub stop: &'a AtomicBool,
    /// How many run at once.
    pub threads: usize,
}

impl Drill<'_> {
    /// Runs everything that is not `done`, and returns what each left, by place;
    /// `None` for what was not begun because of a stop.
    ///
    /// # Errors
    /// [`Failure::Store`] when the journal cannot be written: nothing further is begun.
    pub fn run(&self, done: BTreeMap<usize, Left>, bar: &ProgressBar) -> Result<Vec<Option<Left>>, Failure> {
        let mut places: Vec<Option<Left>> = self.tasks.iter().map(|_| None).collect();
        bar.inc(done.len() as u64);
        for (place, left) in done {
            places[place] = Some(left);
        }
        let open: Vec<usize> = (0..places.len()).filter(|place| places[*place].is_none()).collect();
        let places = Mutex::new(places);
        let next = AtomicUsize::new(0);
        let fault: Mutex<Option<Failure>> = Mutex::new(None);
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
                        bar.inc(1);
                    }
                });
            }
        });
        bar.finish_and_clear();
        match fault.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(failure) => Err(failure),
            None => Ok(places.into_inner().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    fn one(&self, place: usize) -> Result<Left, Failure> {
        let task = &self.tasks[place];
        self.journal.started(place, clock::now())?;
        let unfit = sandbox::unfit(&task.procedure.job(convert::MARKER), self.tier);
        let left = match (unfit, self.profile.filter(|_| !task.procedure.is_twin())) {
            (Some(refusal), _) => convert::refused(task, &refusal.to_string()),
            (None, None) => self.plain(task),
            (None, Some(profile)) => self.paired(task, profile),
        };
        self.journal.ended(place, &left.to_bytes(), clock::now())?;
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
                let what = exercise::profile::prevention(&baseline, &under, profile, stage);
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
        alarm::listened(self.rules, task, |sink| sandbox::run_with(&job, self.tier, sink))
    }
}

/// Returns what a lock holds; a thread that panicked with it leaves it as it is.
fn held<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
