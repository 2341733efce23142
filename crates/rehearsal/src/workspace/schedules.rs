//! `[[schedule]]` and `[[blackout]]` of the workspace file.

use croner::Cron;
use jiff::tz::TimeZone;
use model::diagnostic::Diagnostic;
use model::document::duration;
use model::quantity::{Millis, Timestamp};
use model::read::Read;
use serde::Deserialize;
use toml::Spanned;

use super::settings::{WorkspaceFile, place};
use crate::schedule::{Blackout, Job, Missed, Overlap, Schedule, Times};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawSchedule {
    name: Spanned<String>,
    run: Spanned<String>,
    #[serde(default)]
    select: Vec<String>,
    cron: Spanned<String>,
    zone: Option<Spanned<String>>,
    jitter: Option<Spanned<String>>,
    missed: Option<Spanned<String>>,
    overlap: Option<Spanned<String>>,
    grace: Option<Spanned<String>>,
    cap: Option<Spanned<u32>>,
    #[serde(default)]
    blackout: Vec<Spanned<String>>,
    alarm: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawBlackout {
    name: Spanned<String>,
    cron: Spanned<String>,
    zone: Option<Spanned<String>>,
    #[serde(rename = "for")]
    length: Spanned<String>,
    why: String,
}

/// Finds a time zone by its IANA name.
pub type Zones<'a> = &'a dyn Fn(&str) -> Option<TimeZone>;

/// Where planned times are looked for, to refuse a pattern that has none: 2024-01-01, before a leap day.
const ANY_DAY: Timestamp = Timestamp(1_704_067_200_000);

/// A missed run is made up for within six hours where nothing is said.
const GRACE: Millis = Millis(6 * 3_600_000);
const CAP: u32 = 24;

impl WorkspaceFile {
    /// Returns the plans of runs, with every finding about them. A plan with a fault is left out.
    pub fn schedules(&self, zones: Zones<'_>) -> Read<Vec<Schedule>> {
        let mut reader = Reader { file: self, zones, said: Vec::new() };
        let blackouts: Vec<Blackout> =
            self.raw.blackout.iter().filter_map(|raw| reader.blackout(raw)).collect();
        let mut schedules: Vec<Schedule> = Vec::new();
        for raw in &self.raw.schedule {
            let Some(one) = reader.schedule(raw, &blackouts) else { continue };
            if schedules.iter().any(|s| s.name == one.name) {
                let at = raw.name.span().start;
                reader.complain(
                    at,
                    format!("two schedules are called {:?}", one.name),
                    "give each its own name",
                );
            } else {
                schedules.push(one);
            }
        }
        Read::new(schedules, reader.said)
    }
}

impl super::Sources {
    /// Returns the schedules of the workspace file, with every finding about them; `zones` finds a time
    /// zone by its IANA name.
    pub fn schedules(&self, zones: Zones<'_>) -> Read<Vec<Schedule>> {
        self.file.schedules(zones)
    }
}

struct Reader<'a> {
    file: &'a WorkspaceFile,
    zones: Zones<'a>,
    said: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn complain(&mut self, at: usize, message: String, help: &str) {
        let (line, column) = place(&self.file.text, at);
        let finding = Diagnostic::error(&self.file.name, "schedule.bad-value", message);
        self.said.push(finding.help(help).at(line, column));
    }

    fn schedule(&mut self, raw: &RawSchedule, known: &[Blackout]) -> Option<Schedule> {
        let before = self.said.len();
        let name = raw.name.get_ref();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || !name.chars().all(plain) {
            self.complain(
                raw.name.span().start,
                format!("name = {name:?}"),
                "write letters, digits, -, _ and .",
            );
        }
        let jobs = [("exercise", Job::Exercise), ("replay", Job::Replay), ("run", Job::Run)];
        let job = self.word("run", &raw.run, &jobs);
        let policies = [("skip", Missed::Skip), ("once", Missed::Once), ("each", Missed::Each)];
        let missed = match &raw.missed {
            None => Some(Missed::Once),
            Some(word) => self.word("missed", word, &policies),
        };
        let overlap = match &raw.overlap {
            None => Some(Overlap::Skip),
            Some(word) => self.word("overlap", word, &[("skip", Overlap::Skip), ("queue", Overlap::Queue)]),
        };
        let times = self.times(&raw.cron, raw.zone.as_ref());
        let jitter = self.length("jitter", raw.jitter.as_ref(), Millis(0));
        let grace = self.length("grace", raw.grace.as_ref(), GRACE);
        let alarm = raw.alarm.as_ref().map(|text| self.length("alarm", Some(text), Millis(0)));
        let mut blackouts = Vec::new();
        for wanted in &raw.blackout {
            match known.iter().find(|b| b.name == *wanted.get_ref()) {
                Some(found) => blackouts.push(found.clone()),
                None => self.complain(
                    wanted.span().start,
                    format!("there is no blackout {:?}", wanted.get_ref()),
                    "write a [[blackout]] of this name, or take the entry out",
                ),
            }
        }
        if job != Some(Job::Exercise) && !raw.select.is_empty() {
            let at = raw.run.span().start;
            self.complain(at, "only run = \"exercise\" takes select".to_owned(), "take select out");
        }
        if let Some(cap) = raw.cap.as_ref().filter(|cap| *cap.get_ref() == 0) {
            let help = "write at least 1; a schedule that is not to run is taken out";
            self.complain(cap.span().start, "cap = 0 starts nothing".to_owned(), help);
        }
        let (select, cap) = (raw.select.clone(), raw.cap.as_ref().map_or(CAP, |cap| *cap.get_ref()));
        let whole = Schedule {
            name: name.clone(),
            job: job?,
            select,
            times: times?,
            jitter,
            missed: missed?,
            grace,
            overlap: overlap?,
            cap,
            blackouts,
            alarm,
        };
        (self.said.len() == before).then_some(whole)
    }

    fn blackout(&mut self, raw: &RawBlackout) -> Option<Blackout> {
        let times = self.times(&raw.cron, raw.zone.as_ref());
        let length = self.length("for", Some(&raw.length), Millis(0));
        if length.0 == 0 || length > Millis(366 * 86_400_000) {
            let at = raw.length.span().start;
            self.complain(
                at,
                format!("for = {:?}", raw.length.get_ref()),
                "write a length up to a year, such as 60h",
            );
            return None;
        }
        Some(Blackout { name: raw.name.get_ref().clone(), times: times?, length, why: raw.why.clone() })
    }

    fn word<T: Copy>(&mut self, key: &str, word: &Spanned<String>, known: &[(&str, T)]) -> Option<T> {
        let found = known.iter().find(|(name, _)| name == word.get_ref()).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let message = format!("{key} = {:?}", word.get_ref());
            self.complain(word.span().start, message, &format!("write one of {}", names.join(", ")));
        }
        found
    }

    fn length(&mut self, key: &str, text: Option<&Spanned<String>>, default: Millis) -> Millis {
        let Some(text) = text else { return default };
        duration(text.get_ref()).unwrap_or_else(|why| {
            self.complain(
                text.span().start,
                format!("{key}: {why}"),
                "write a number and a unit, such as 20m",
            );
            default
        })
    }

    fn times(&mut self, cron: &Spanned<String>, zone: Option<&Spanned<String>>) -> Option<Times> {
        let name = zone.map_or("UTC", |z| z.get_ref());
        let found = (self.zones)(name);
        if found.is_none() {
            let at = zone.map_or(cron.span().start, |z| z.span().start);
            let help = "write a name of the IANA time zone database, such as Europe/Berlin";
            self.complain(at, format!("there is no time zone {name:?} here"), help);
        }
        let fields = cron.get_ref().split_whitespace().count();
        let pattern = match cron.get_ref().parse::<Cron>() {
            Ok(pattern) if fields == 5 => Some(pattern),
            Ok(_) => None,
            Err(_) => None,
        };
        if pattern.is_none() {
            let help =
                "write minute, hour, day of the month, month and day of the week, such as 15 2 * * 1-5";
            self.complain(cron.span().start, format!("cron = {:?}", cron.get_ref()), help);
        }
        let times = Times { cron: pattern?, zone: found? };
        if times.next(ANY_DAY).is_none() {
            let help = "write a day and a month that there are together; within five years none is planned";
            self.complain(cron.span().start, format!("cron = {:?} is never due", cron.get_ref()), help);
            return None;
        }
        Some(times)
    }
}
