//! Live: acts that took place, asked about at the organisation's own SIEM, and judged.
//!
//! Beside what the SIEM alerts, the events that it holds go through our engine with the rules of the
//! workspace: where ours fires and theirs does not, the rule is not at fault.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ::live::{
    Act, Answers, Channel, ClockBounds, Control, Found, Known, Ours, Row, RuleNames, Send, Side, Span,
    happened,
};
use model::id::{RecordingId, TechniqueId};
use model::live::{About, Ended, Judgement, Layer, Live, Proven, Question, Sighting, Standing, Tie};
use model::quantity::{Millis, Seed, Timestamp};
use model::read::Read;
use model::record::Record;
use model::recording::Recording;
use model::verdict::{Cause, Outcome, Verdict};
use threat::Joiner;

use crate::files::Memory;
use crate::measure;
use crate::progress::Progress;
use crate::rehearse::completed;
use crate::workspace::{Intake, Siem};

/// How far around an act rows are asked for.
const MARGIN: Millis = Millis(120_000);
/// Since when before the act the host must have left something.
const CONTROL: Millis = Millis(3_600_000);
/// Over how long before the act other alerts of a rule are counted.
const BACKGROUND: Millis = Millis(7 * 24 * 3_600_000);
/// How far a time can be off where a zone was left out or taken for another.
const ANY_ZONE: Millis = Millis(26 * 3_600_000);
/// Rows kept of an act that are not its own.
const UNRELATED: usize = 50;

/// Returns the acts of a file.
pub fn read_acts(file: &str, bytes: &[u8], intake: &Intake) -> Read<Vec<Act>> {
    let joiner = Joiner::new(&intake.matrix, &intake.version_map);
    ::live::read_acts(file, bytes, &|published| joiner.join(published))
}

/// A SIEM and how it is reached.
pub struct Asking<'a> {
    /// The SIEM.
    pub siem: &'a Siem,
    /// Sends a question to it.
    pub send: &'a mut Send<'a>,
}

/// Asks every SIEM about every act, and returns the record of what is proven. `earlier` holds
/// judgements of the same acts: an alert that was seen stays seen.
pub fn ask(
    mut intake: Intake,
    acts: &[Act],
    asking: &mut [Asking<'_>],
    (earlier, now): (&[Judgement], &dyn Fn() -> Timestamp),
    (seed, progress): (Seed, &dyn Progress),
) -> Record {
    let rules = RuleNames::new(intake.rules.rules());
    let mut live = Live::default();
    let mut asked = Vec::new();
    let mut files = BTreeMap::new();
    progress.begin("ask", (asking.len() * acts.len()) as u64);
    for one in asking {
        live.sources.push(one.siem.listed.clone());
        let mut clock = ClockBounds::default();
        for act in acts {
            let mut channel = Channel { send: &mut *one.send, clock };
            let talk = Talk { act, siem: one.siem, channel: &mut channel, now, questions: Vec::new() };
            let mut heard = talk.hear(&rules);
            clock = channel.clock;
            let recording = recording(act, one.siem, &mut heard, &mut files);
            progress.advance(1);
            asked.push((act, one.siem, recording.id.clone(), heard));
            intake.survey.recordings.push(recording);
        }
    }
    progress.end();
    intake.survey.recordings.sort_by(|a, b| a.id.cmp(&b.id));
    intake.recordings = Arc::new(Memory::new("siem", files));
    let mut record = measure::measure(&intake, seed, progress);
    for (act, siem, id, heard) in asked {
        for verdict in record.verdicts.iter_mut().filter(|v| v.recording == id) {
            let mut judgement = heard.judge(act, &verdict.technique, siem, &rules, &ours(verdict));
            keep(&mut judgement, earlier);
            conclude(verdict, &judgement, act.recording.deadline);
            live.judgements.push(judgement);
        }
        live.sightings.push((id, heard.kept().collect()));
        live.questions.extend(heard.questions);
    }
    record.live = Some(live);
    record.coverage =
        assess::coverage(&record.verdicts, &record.recordings, &record.replays, intake.rules.rules());
    measure::name_rules_about_verdicts(&mut record, intake.rules.rules());
    completed(record, &intake)
}

/// What one SIEM said about one act.
struct Heard {
    questions: Vec<Question>,
    control: Found,
    newest: Option<Timestamp>,
    delay: Option<i64>,
    events: Found,
    own: Vec<Sighting>,
    alerts: Found,
    alarms: Vec<Sighting>,
    lag: Option<Millis>,
    marked: bool,
    clock: ClockBounds,
    now: Timestamp,
    /// The documents that our engine looks at, one a line.
    lines: String,
    host: Option<String>,
}

/// One SIEM, asked about one act.
struct Talk<'a, 'c> {
    act: &'a Act,
    siem: &'a Siem,
    channel: &'a mut Channel<'c>,
    now: &'a dyn Fn() -> Timestamp,
    questions: Vec<Question>,
}

/// Which rows, of when, of which hosts, and of which rule or with which text.
type Wanted<'w> = (About, (Timestamp, Timestamp), &'w [String], Option<&'w str>);

fn earlier_by(time: Timestamp, by: Millis) -> Timestamp {
    Timestamp(time.0.saturating_sub(i64::try_from(by.0).unwrap_or(i64::MAX)))
}

impl Talk<'_, '_> {
    /// Asks, and notes the question with how it ended.
    fn ask(&mut self, (about, (from, to), hosts, word): Wanted<'_>) -> Found {
        let profile = &self.siem.profile;
        let fields = match about {
            About::Control | About::Events => &profile.events,
            About::Alerts | About::Background => &profile.alerts,
        };
        let (rule, text) = match about {
            About::Background => (word, None),
            About::Control | About::Events | About::Alerts => (None, word),
        };
        let span =
            Span { dialect: profile.dialect, index: &fields.index, fields, from, to, hosts, rule, text };
        let found = match about {
            About::Control | About::Background => ::live::newest(self.channel, &span),
            About::Events | About::Alerts => ::live::find(self.channel, &span),
        };
        self.questions.push(Question {
            source: self.siem.listed.name.clone(),
            about,
            asked: (self.now)(),
            from,
            to,
            query: blake3::hash(found.query.as_bytes()).to_hex().to_string(),
            requests: found.requests,
            rows: found.total.max(u64::try_from(found.rows.len()).unwrap_or(u64::MAX)),
            ended: found.ended.clone(),
        });
        found
    }

    fn hear(mut self, rules: &RuleNames) -> Heard {
        let (act, events) = (self.act, &self.siem.profile.events);
        let at = (self.now)();
        let begin = act.recording.act.unwrap_or(at);
        let end = act.recording.end.unwrap_or(begin);
        let since = (earlier_by(begin, CONTROL), at.after(MARGIN));
        let control = self.ask((About::Control, since, &act.hosts, None));
        let newest = control.rows.first().and_then(|row| happened(row, events));
        let delay = control
            .rows
            .first()
            .and_then(|row| Some(row.time(&events.ingested)?.0.saturating_sub(happened(row, events)?.0)));
        let around = (earlier_by(begin, MARGIN), end.after(MARGIN));
        let found = self.events(around);
        let mut known = Known::new(act, &self.siem.listed.name, at);
        let own = known.events(&found.rows, events);
        let lag = |row: &Row| Some(row.time(&events.ingested)?.since(happened(row, events)?));
        let lag = found.rows.iter().filter_map(lag).max();
        let (alerts, alarms) = self.alarms(&known, rules, (begin, at));
        let marked = known.is_marked();
        let looked: Vec<&Row> = match marked {
            true => own.iter().map(|(row, _)| *row).collect(),
            false => found.rows.iter().collect(),
        };
        let lines = looked.iter().map(|row| format!("{}\n", row.document)).collect();
        let host = looked.iter().find_map(|row| row.text(&events.host));
        let own = own.into_iter().map(|(_, sighting)| sighting).collect();
        let (clock, now, questions) = (self.channel.clock, (self.now)(), self.questions);
        Heard {
            questions,
            control,
            newest,
            delay,
            events: found,
            own,
            alerts,
            alarms,
            lag,
            marked,
            clock,
            now,
            lines,
            host,
        }
    }

    /// Returns the events of the host around the act. Where none carries the marker, it is looked for a
    /// day and more before and after: a clock or a zone may be off.
    fn events(&mut self, (from, to): (Timestamp, Timestamp)) -> Found {
        let mut found = self.ask((About::Events, (from, to), &self.act.hosts, None));
        let marker = self.act.recording.marker.as_deref();
        let Some(marker) = marker.filter(|m| found.is_complete() && !found.rows.iter().any(|r| r.carries(m)))
        else {
            return found;
        };
        let wide = (earlier_by(from, ANY_ZONE), to.after(ANY_ZONE));
        let mut marked = self.ask((About::Events, wide, &[], Some(marker)));
        found.rows.append(&mut marked.rows);
        found.ended = marked.ended;
        found
    }

    /// Returns the alerts since the act, weighed. They are asked of every host: what came for another
    /// one is kept with that reason.
    fn alarms(
        &mut self,
        known: &Known<'_>,
        rules: &RuleNames,
        (begin, at): (Timestamp, Timestamp),
    ) -> (Found, Vec<Sighting>) {
        let fields = &self.siem.profile.alerts;
        let since = (earlier_by(begin, MARGIN), at.after(MARGIN));
        let found = self.ask((About::Alerts, since, &[], None));
        let mut alarms: Vec<Sighting> =
            found.rows.iter().map(|row| known.alert(row, fields, rules)).collect();
        let weak = |alarm: &&Sighting| matches!(alarm.ties.first(), Some(Tie::HostTimeRule | Tie::HostTime));
        let names = alarms.iter().filter(weak).filter_map(|alarm| Some(alarm.rule.as_ref()?.name.as_str()));
        let names: BTreeSet<&str> = names.collect();
        let before = (earlier_by(begin, BACKGROUND), earlier_by(begin, MARGIN));
        let mut usual: BTreeMap<String, u64> = BTreeMap::new();
        for name in names {
            let found = self.ask((About::Background, before, &self.act.hosts, Some(name)));
            if found.is_complete() {
                usual.insert(name.to_owned(), found.total);
            }
        }
        for alarm in alarms.iter_mut().filter(|alarm| weak(&&**alarm)) {
            if let Some(count) = alarm.rule.as_ref().and_then(|rule| usual.get(&rule.name)) {
                known.weigh(alarm, *count, BACKGROUND);
            }
        }
        (found, alarms)
    }
}

impl Heard {
    fn judge(
        &self,
        act: &Act,
        technique: &TechniqueId,
        siem: &Siem,
        rules: &RuleNames,
        ours: &Ours<'_>,
    ) -> Judgement {
        let side =
            Side { source: &siem.listed.name, wait: siem.wait, clock: &self.clock, rules, now: self.now };
        let answers = Answers {
            control: Control {
                ended: &self.control.ended,
                rows: self.control.total,
                newest: self.newest,
                lag: self.delay,
            },
            events: &self.events.ended,
            own: &self.own,
            near: u64::try_from(self.events.rows.len()).unwrap_or(u64::MAX),
            lag: self.lag,
            alerts: &self.alerts.ended,
            alarms: &self.alarms,
            ours,
            marked: self.marked,
        };
        ::live::judge(act, technique, side, answers)
    }

    /// Returns the rows worth keeping: the act's own, and some of the others with what speaks against them.
    fn kept(&self) -> impl Iterator<Item = Sighting> {
        let related = |s: &&Sighting| !matches!(s.standing, Standing::Unrelated { .. });
        let others = self.alarms.iter().filter(move |s| !related(s)).take(UNRELATED);
        self.own.iter().chain(self.alarms.iter().filter(related)).chain(others).cloned()
    }
}

/// Returns the act as a recording of what the SIEM holds of it.
fn recording(act: &Act, siem: &Siem, heard: &mut Heard, files: &mut BTreeMap<String, String>) -> Recording {
    let mut recording = act.recording.clone();
    if let Ok(id) = RecordingId::new(&format!("{}/{}", siem.listed.name, recording.id)) {
        recording.id = id;
    }
    if !heard.lines.is_empty() {
        let file = format!("{}.jsonl", recording.id);
        files.insert(file.clone(), std::mem::take(&mut heard.lines));
        recording.files.push(file);
    }
    if let Some(host) = heard.host.take() {
        recording.host = Some(host);
    }
    recording.source = format!("{}: {}", siem.listed.name, recording.source);
    recording
}

/// Returns what our engine made of the stored events.
fn ours(verdict: &Verdict) -> Ours<'_> {
    match &verdict.outcome {
        Some(Outcome::Alerted { .. }) => {
            Ours::Fires(verdict.rules.iter().map(|r| r.title.as_str()).collect())
        }
        Some(Outcome::Logged) => Ours::Silent(verdict.causes.first().map_or("no rule fires", Cause::link)),
        Some(Outcome::Inconclusive { why }) if verdict.attribution.events > 0 => Ours::Silent(why),
        _ => Ours::Nothing,
    }
}

/// What was proven by an alert stays proven.
fn keep(judgement: &mut Judgement, earlier: &[Judgement]) {
    let same = |e: &&Judgement| {
        e.act == judgement.act
            && e.began == judgement.began
            && e.technique == judgement.technique
            && e.source == judgement.source
    };
    let positive = |e: &&Judgement| matches!(e.proven, Proven::Alerted { .. } | Proven::Hidden);
    let best = earlier.iter().filter(same).filter(positive).max_by_key(|e| (e.proven.rank(), e.at));
    if let Some(best) = best.filter(|b| b.proven.rank() > judgement.proven.rank()) {
        judgement.proven = best.proven.clone();
        judgement.latencies = best.latencies;
        judgement.kept = Some(best.kept.unwrap_or(best.at));
    }
}

/// Puts what the SIEM proves in the place of what our engine would have done.
fn conclude(verdict: &mut Verdict, judgement: &Judgement, deadline: Millis) {
    if verdict.outcome.is_none() {
        return;
    }
    let broken = judgement.steps.iter().find(|s| s.holds == Some(false) && s.layer != Layer::Rules);
    let cause = |layer: Layer, why: &str| Cause::AtTheSiem {
        source: judgement.source.clone(),
        layer,
        why: why.to_owned(),
    };
    let fired = matches!(verdict.outcome, Some(Outcome::Alerted { .. }));
    let outcome = match &judgement.proven {
        Proven::Alerted { delay, late } => Outcome::Alerted { delay: *delay, late: *late },
        Proven::Hidden | Proven::Logged => Outcome::Logged,
        Proven::Blind => Outcome::Blind,
        Proven::Pending { why } => Outcome::Inconclusive { why: format!("pending: {why}") },
        Proven::Unanswerable { why } => Outcome::Inconclusive { why: format!("unanswerable: {why}") },
    };
    verdict.causes = match (&outcome, broken) {
        (Outcome::Logged | Outcome::Blind, Some(step)) => {
            let at = cause(step.layer, &step.by);
            // What our engine met is the first reason where it stays silent too.
            match fired || outcome == Outcome::Blind {
                true => vec![at],
                false => verdict.causes.drain(..).chain([at]).collect(),
            }
        }
        (Outcome::Alerted { delay: Some(delay), late: true }, _) => {
            vec![Cause::MatchedLate { delay: *delay, deadline }]
        }
        (Outcome::Alerted { .. }, _) => Vec::new(),
        // What our engine misses in an answer that is not whole says nothing of the SIEM.
        _ => Vec::new(),
    };
    if !matches!(outcome, Outcome::Alerted { .. }) {
        // A rule that must fire is theirs to fire here.
        verdict.rules.clear();
    }
    verdict.outcome = Some(outcome);
}

/// Returns whether a question was not answered, or its answer can still change.
pub fn unanswered(live: &Live) -> bool {
    let open = |j: &Judgement| matches!(j.proven, Proven::Unanswerable { .. } | Proven::Pending { .. });
    live.judgements.iter().any(open) || live.questions.iter().any(|q| q.ended != Ended::Complete)
}
