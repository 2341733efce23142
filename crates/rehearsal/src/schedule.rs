//! Which planned runs start now, and why others do not.
//!
//! Nothing here waits or runs: a caller with a clock asks from time to time, as a timer of systemd or
//! cron does, and gets the slots that are due. Every planned time becomes a slot; one without a run
//! has its reason.

use croner::Cron;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use model::quantity::{Millis, Timestamp};
use model::schedule::Standing;

/// A due run that starts so soon after its time is not late.
pub const PUNCTUAL: Millis = Millis(30 * 60_000);

/// Slots that are settled at once; what is left is settled the next time.
const MOST_SLOTS: usize = 10_000;

/// How far planned times are looked at for the longest time between two: two years and some days, so that a
/// yearly plan has one.
const GAPS: Millis = Millis(800 * 86_400_000);

/// What is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Procedures in the sandbox.
    Exercise,
    /// Recordings against rules.
    Replay,
    /// The whole walk.
    Run,
}

/// What becomes of runs whose time has passed unnoticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// They are left out.
    Skip,
    /// One run makes up for all.
    Once,
    /// Each is made up for.
    Each,
}

/// What becomes of a due run while another one goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// It is left out.
    Skip,
    /// It waits for the next time that somebody asks.
    Queue,
}

/// Times by a cron pattern in a zone.
#[derive(Debug, Clone)]
pub struct Times {
    /// The pattern.
    pub cron: Cron,
    /// Where it is that time.
    pub zone: TimeZone,
}

/// A plan of runs.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// What is run.
    pub job: Job,
    /// Which procedures; all when empty.
    pub select: Vec<String>,
    /// When.
    pub times: Times,
    /// A run starts up to this much later, by a number that name and time give.
    pub jitter: Millis,
    /// What becomes of missed runs.
    pub missed: Missed,
    /// The age from which on a missed run is not made up for.
    pub grace: Millis,
    /// What becomes of a run that is due while another one goes on.
    pub overlap: Overlap,
    /// Most runs in 24 hours.
    pub cap: u32,
    /// Times in which nothing starts.
    pub blackouts: Vec<Blackout>,
    /// The time without a finished run after which that is an alarm; `None`: see [`Schedule::allowed`].
    pub alarm: Option<Millis>,
}

/// A time in which nothing starts.
#[derive(Debug, Clone)]
pub struct Blackout {
    /// Its name.
    pub name: String,
    /// When it begins.
    pub times: Times,
    /// How long it lasts.
    pub length: Millis,
    /// Why.
    pub why: String,
}

/// What is known when somebody asks.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The time.
    pub now: Timestamp,
    /// The last planned time that was settled, or when the plan was first seen.
    pub since: Timestamp,
    /// When runs of this plan were started in the last 24 hours.
    pub started: &'a [Timestamp],
    /// Whether the file that stops everything is there.
    pub stopped: bool,
    /// Whether another run goes on.
    pub busy: bool,
}

/// A planned run and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The planned time, without jitter.
    pub planned: Timestamp,
    /// `None` when it starts now; else why it does not.
    pub skipped: Option<String>,
}

impl Job {
    /// Returns the verb that it is.
    pub fn word(self) -> &'static str {
        match self {
            Self::Exercise => "exercise",
            Self::Replay => "replay",
            Self::Run => "run",
        }
    }
}

impl Times {
    /// Returns the first planned time after `since`, if there is one within five years.
    pub fn next(&self, since: Timestamp) -> Option<Timestamp> {
        let reach = [8, 366, 5 * 366].map(|days| later(since, Millis(days * 86_400_000)));
        reach.into_iter().find_map(|until| self.between(since, until).first().copied())
    }

    /// Returns a moment as people of the zone write it, with the zone's abbreviation.
    pub fn shown(&self, at: Timestamp) -> String {
        jiff::Timestamp::from_millisecond(at.0)
            .map(|at| at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string())
            .unwrap_or_default()
    }

    /// Returns the planned times after `since` up to `until`, each once.
    ///
    /// A local time that the change to summer time leaves out is the first one after it; of one that
    /// there is twice, the first is meant.
    pub fn between(&self, since: Timestamp, until: Timestamp) -> Vec<Timestamp> {
        let civil = |at: Timestamp| {
            let at = jiff::Timestamp::from_millisecond(at.0).ok()?;
            Some(self.zone.to_datetime(at))
        };
        let day = Millis(86_400_000);
        let (Some(from), Some(to)) = (civil(earlier(since, day)), civil(later(until, day))) else {
            return Vec::new();
        };
        let found = self.cron.iter_after(from).take_while(|at| *at <= to).filter_map(|at| self.moment(at));
        let mut found: Vec<Timestamp> =
            found.filter(|at| *at > since && *at <= until).take(MOST_SLOTS).collect();
        found.sort();
        found.dedup();
        found
    }

    fn moment(&self, at: DateTime) -> Option<Timestamp> {
        let ambiguous = self.zone.to_ambiguous_timestamp(at);
        let moment = match ambiguous.offset() {
            AmbiguousOffset::Gap { before, after } => {
                // Taken with the offset that is not there yet, it lies before the change.
                let early = after.to_timestamp(at).ok()?.min(before.to_timestamp(at).ok()?);
                self.zone.following(early).next()?.timestamp()
            }
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok()?,
        };
        Some(Timestamp(moment.as_millisecond()))
    }
}

impl Blackout {
    fn holds(&self, at: Timestamp) -> bool {
        !self.times.between(earlier(at, self.length), at).is_empty()
    }
}

impl Schedule {
    /// Returns when the run planned at `planned` starts: later by a part of the jitter that is the
    /// same on every machine.
    pub fn fires(&self, planned: Timestamp) -> Timestamp {
        if self.jitter.0 == 0 {
            return planned;
        }
        let hash = blake3::hash(format!("{}\n{}", self.name, planned.0).as_bytes());
        let first = hash.as_bytes().iter().take(8).fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
        later(planned, Millis(first % self.jitter.0))
    }

    /// Returns every slot that is settled now, in order of time.
    pub fn due(&self, asked: Asked<'_>) -> Vec<Slot> {
        if asked.busy && self.overlap == Overlap::Queue {
            return Vec::new();
        }
        let planned = self.times.between(asked.since, asked.now);
        // Slots are settled in their order: a jitter never lets a later one go first.
        let due: Vec<Timestamp> =
            planned.into_iter().take_while(|at| self.fires(*at) <= asked.now).take(MOST_SLOTS).collect();
        let newest = due.last().copied();
        let mut room = u32::try_from(asked.started.len()).map_or(0, |n| self.cap.saturating_sub(n));
        let mut slots: Vec<Slot> =
            due.iter().map(|at| Slot { planned: *at, skipped: self.barred(*at, newest, asked) }).collect();
        // Of late runs that one makes up for, it is the newest that may start.
        if self.missed == Missed::Once {
            let chosen = slots.iter().rposition(|s| s.skipped.is_none());
            let by = chosen.and_then(|i| slots.get(i)).map(|s| self.times.shown(s.planned));
            for (i, slot) in slots.iter_mut().enumerate().filter(|(_, s)| s.skipped.is_none()) {
                if Some(i) != chosen {
                    slot.skipped = by.as_ref().map(|by| format!("missed; made up for by the run of {by}"));
                }
            }
        }
        for slot in slots.iter_mut().filter(|s| s.skipped.is_none()) {
            match room.checked_sub(1) {
                Some(left) => room = left,
                None => slot.skipped = Some(format!("there are at most {} runs in 24 hours", self.cap)),
            }
        }
        slots
    }

    /// Returns why a due run does not start, whatever becomes of the others.
    fn barred(&self, planned: Timestamp, newest: Option<Timestamp>, asked: Asked<'_>) -> Option<String> {
        let age = asked.now.since(self.fires(planned));
        let late = age > PUNCTUAL || Some(planned) != newest;
        let dark = |at: Timestamp| self.blackouts.iter().find(|b| b.holds(at));
        if asked.stopped {
            return Some("the stop file is there".to_owned());
        }
        if let Some(blackout) = dark(planned).or_else(|| dark(asked.now)) {
            return Some(format!("blackout {}: {}", blackout.name, blackout.why));
        }
        if late && age > self.grace {
            return Some(format!("missed by {age}, more than {}", self.grace));
        }
        if late && self.missed == Missed::Skip {
            return Some(format!("missed by {age}"));
        }
        asked.busy.then(|| "another run goes on".to_owned())
    }

    /// Returns how it stands; `last` is its last finished run, or when it was first seen.
    pub fn standing(&self, last: Option<Timestamp>, now: Timestamp) -> Standing {
        let alarm = last.and_then(|last| self.alarm(last, now));
        Standing {
            schedule: self.name.clone(),
            run: self.job.word().to_owned(),
            next: self.times.next(now).map(|at| self.times.shown(at)),
            finished: last.map(|at| self.times.shown(at)),
            alarm: alarm.map(|quiet| format!("no finished run for {quiet}")),
        }
    }

    /// Returns how long there may be no finished run before that is an alarm: what is stated, else the
    /// longest time between two planned runs after `now`, the longest blackout, the jitter and the
    /// grace together.
    pub fn allowed(&self, now: Timestamp) -> Millis {
        if let Some(stated) = self.alarm {
            return stated;
        }
        let planned = self.times.between(now, later(now, Millis(GAPS.0)));
        let gaps = planned.iter().zip(planned.iter().skip(1)).map(|(one, next)| next.since(*one));
        let gap = gaps.max().unwrap_or(GAPS);
        let dark = self.blackouts.iter().map(|b| b.length).max().unwrap_or(Millis(0));
        [dark, self.jitter, self.grace].into_iter().fold(gap, Millis::saturating_add)
    }

    /// Returns how long nothing has been finished, where that is an alarm. `last` is the last
    /// finished run, or when the plan was first seen.
    pub fn alarm(&self, last: Timestamp, now: Timestamp) -> Option<Millis> {
        let quiet = now.since(last);
        (quiet > self.allowed(last)).then_some(quiet)
    }
}

fn later(at: Timestamp, by: Millis) -> Timestamp {
    Timestamp(at.0.saturating_add_unsigned(by.0))
}

fn earlier(at: Timestamp, by: Millis) -> Timestamp {
    Timestamp(at.0.saturating_sub_unsigned(by.0))
}
