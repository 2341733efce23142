//! What all answers of one source together prove about one technique of an act.

use model::id::TechniqueId;
use model::live::{
    About, Ended, Judgement, Latencies, Latency, Layer, Proven, Sighting, Standing, Step, Trouble,
};
use model::quantity::{Millis, Timestamp};
use model::recording::RunStatus;

use crate::acts::Act;
use crate::clock::ClockBounds;
use crate::ties::{MARGIN, RuleNames, about};

/// The side that is asked.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The source.
    pub source: &'a str,
    /// How long after the act an alert can still come: interval and look-back of its rules, and
    /// their delay.
    pub wait: Millis,
    /// What its answers say of its clock.
    pub clock: &'a ClockBounds,
    /// Rules of the workspace.
    pub rules: &'a RuleNames,
    /// When it is judged.
    pub now: Timestamp,
}

/// Whether anything of the host can be read.
#[derive(Debug, Clone, Copy)]
pub struct Control<'a> {
    /// How the question ended.
    pub ended: &'a Ended,
    /// Events of the host in the last hour before the act, and since.
    pub rows: u64,
    /// When the newest of them happened.
    pub newest: Option<Timestamp>,
    /// How long after that it was stored, in milliseconds; below 0 where the clock of the host is ahead.
    pub lag: Option<i64>,
}

/// What our engine makes of the stored events with the rules of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ours<'a> {
    /// It fires: titles of the rules.
    Fires(Vec<&'a str>),
    /// It does not: the first cause, in words.
    Silent(&'a str),
    /// Nothing could be given to it.
    Nothing,
}

/// All answers.
#[derive(Debug, Clone, Copy)]
pub struct Answers<'a> {
    /// Whether anything of the host can be read.
    pub control: Control<'a>,
    /// How the question for raw events ended.
    pub events: &'a Ended,
    /// Raw events that are the act's own.
    pub own: &'a [Sighting],
    /// Raw events of the host in the act's time.
    pub near: u64,
    /// The longest that an event of the host took until it was stored.
    pub lag: Option<Millis>,
    /// How the question for alerts ended.
    pub alerts: &'a Ended,
    /// Alerts, weighed.
    pub alarms: &'a [Sighting],
    /// Our engine.
    pub ours: &'a Ours<'a>,
    /// Whether the act has a marker or processes of its own.
    pub marked: bool,
}

/// Returns what is proven. An alert counts whatever else failed; that there is none counts only
/// where everything was asked and answered and the time for it has passed.
pub fn judge(act: &Act, technique: &TechniqueId, side: Side<'_>, answers: Answers<'_>) -> Judgement {
    let expected = &act.recording.expected_rules;
    let counts = |s: &&Sighting| {
        s.standing == Standing::Attributed
            && s.rule.as_ref().is_none_or(|r| about(r, side.rules, expected, technique) != Some(false))
    };
    let mut alarms: Vec<&Sighting> = answers.alarms.iter().filter(counts).collect();
    alarms.sort_by_key(|s| (s.hidden, s.alerted, s.native.clone()));
    let first = alarms.first().copied();
    let stored = !answers.own.is_empty() || (!answers.marked && answers.near > 0);
    let watermark = mark(answers);
    let proven = match first {
        Some(alarm) if alarm.hidden => Proven::Hidden,
        Some(alarm) => {
            let delay = alarm.alerted.zip(act.recording.act).map(|(made, begin)| made.since(begin));
            Proven::Alerted { delay, late: delay.is_some_and(|d| d > act.recording.deadline) }
        }
        None => negative(act, side, answers, watermark, stored),
    };
    Judgement {
        act: act.recording.id.clone(),
        technique: technique.clone(),
        source: side.source.to_owned(),
        began: act.recording.act,
        at: side.now,
        watermark,
        steps: steps(act, answers, first, stored, &proven),
        latencies: latencies(act, answers, first),
        proven,
        clock: side.clock.within(),
        kept: None,
    }
}

/// Up to when the events of the host are stored: what is newest may have overtaken what took longest.
fn mark(answers: Answers<'_>) -> Option<Timestamp> {
    let lag = i64::try_from(answers.lag.unwrap_or_default().0).unwrap_or(i64::MAX);
    answers.control.newest.map(|newest| Timestamp(newest.0.saturating_sub(lag)))
}

fn negative(
    act: &Act,
    side: Side<'_>,
    answers: Answers<'_>,
    watermark: Option<Timestamp>,
    stored: bool,
) -> Proven {
    let unanswerable = |why: String| Proven::Unanswerable { why };
    if act.recording.run != RunStatus::Completed {
        return unanswerable("the act itself did not take place, or it is not known".to_owned());
    }
    let asked = [
        (About::Control, answers.control.ended),
        (About::Events, answers.events),
        (About::Alerts, answers.alerts),
    ];
    for (about, ended) in asked {
        let about = match about {
            About::Alerts => "alerts",
            _ => "events",
        };
        match ended {
            Ended::Complete => {}
            // Of events, some are enough to know that they are stored.
            Ended::Partial { .. } if about == "events" && stored => {}
            Ended::Partial { why } => return unanswerable(format!("not all {about} were seen: {why}")),
            Ended::Failed { trouble, why } => {
                return unanswerable(format!("asked for {about}, it {}: {why}", trouble.words()));
            }
        }
    }
    if answers.control.rows == 0 {
        let host = act.hosts.join(", ");
        return unanswerable(format!(
            "it holds no event of {host} since an hour before the act: that there is no alert cannot be concluded"
        ));
    }
    let Some(end) = act.recording.end else { return unanswerable("the act has no time".to_owned()) };
    let over = end.after(side.wait);
    if side.now < over {
        let left = over.since(side.now).0.div_ceil(60_000);
        return Proven::Pending { why: format!("an alert can still come for {left} min") };
    }
    let margin = i64::try_from(MARGIN.0).unwrap_or(i64::MAX);
    if let Some(lag) = answers.control.lag.filter(|lag| !stored && lag.abs() > margin) {
        return unanswerable(format!(
            "the newest event of the host was stored {} s after it says that it happened: with such a clock or \
             delay, none in the act's time proves nothing",
            lag / 1_000
        ));
    }
    match watermark {
        Some(mark) if mark >= end => {}
        _ if stored => {}
        _ => {
            let newest = "no event of the host that happened after the act is stored yet";
            return Proven::Pending { why: newest.to_owned() };
        }
    }
    if stored { Proven::Logged } else { Proven::Blind }
}

fn steps(
    act: &Act,
    answers: Answers<'_>,
    alarm: Option<&Sighting>,
    stored: bool,
    proven: &Proven,
) -> Vec<Step> {
    let step = |layer, holds, by: String| Step { layer, holds, by };
    let known = |ended: &Ended| *ended == Ended::Complete;
    let took_place = act.recording.run == RunStatus::Completed;
    let decided = matches!(proven, Proven::Blind | Proven::Logged | Proven::Hidden | Proven::Alerted { .. });
    let own = answers.own.len();
    let (holds, by) = match (stored, own) {
        (true, 0) => (Some(true), format!("events of the host in its time: {}", answers.near)),
        (true, _) => (Some(true), format!("events with its marker or processes: {own}")),
        (false, _) if known(answers.events) && decided => {
            (Some(false), format!("none of the act; others of the host in its time: {}", answers.near))
        }
        (false, _) => (None, ended(answers.events)),
    };
    let stored_step = step(Layer::Stored, holds, by);
    let (holds, by) = match answers.ours {
        Ours::Fires(rules) => (Some(true), rules.join(", ")),
        Ours::Silent(why) => (Some(false), (*why).to_owned()),
        Ours::Nothing => (None, "no stored event to look at".to_owned()),
    };
    let rules = step(Layer::Rules, holds, by);
    let (holds, by) = match alarm {
        Some(alarm) => (Some(true), alarm.rule.as_ref().map(|r| r.name.clone()).unwrap_or_default()),
        None if known(answers.alerts) && decided => (Some(false), none(answers)),
        None => (None, ended(answers.alerts)),
    };
    let alert = step(Layer::Alert, holds, by);
    let shown = match alarm {
        Some(alarm) if alarm.hidden => step(Layer::Shown, Some(false), "a building block".to_owned()),
        Some(_) => step(Layer::Shown, Some(true), String::new()),
        None => step(Layer::Shown, None, String::new()),
    };
    let act = step(Layer::Act, Some(took_place), act.recording.source.clone());
    vec![act, stored_step, rules, alert, shown]
}

fn ended(ended: &Ended) -> String {
    match ended {
        Ended::Complete => "not decided yet".to_owned(),
        Ended::Partial { why } => why.clone(),
        Ended::Failed { trouble, why } => match trouble {
            Trouble::NoAccess | Trouble::NoSuchSource => format!("{}: {why}", trouble.words()),
            other => other.words().to_owned(),
        },
    }
}

/// Returns what came instead of an alert.
fn none(answers: Answers<'_>) -> String {
    let count =
        |test: &dyn Fn(&Standing) -> bool| answers.alarms.iter().filter(|s| test(&s.standing)).count();
    let probable = count(&|s| matches!(s, Standing::Probable { .. }));
    let coincident = count(&|s| matches!(s, Standing::Coincident { .. }));
    let elsewhere = count(&|s| matches!(s, Standing::Unrelated { .. }));
    let other = count(&|s| *s == Standing::Attributed);
    let mut parts = Vec::new();
    for (number, words) in [
        (other, "about another technique"),
        (probable, "that may be the act's"),
        (coincident, "that come too often to prove anything"),
        (elsewhere, "of other hosts or times"),
    ] {
        if number > 0 {
            parts.push(format!("{words}: {number}"));
        }
    }
    if parts.is_empty() { "no alert at all".to_owned() } else { format!("alerts {}", parts.join(", ")) }
}

/// Returns the delays. Event and act are by the clock of the host, storing and alert by the clock of
/// the source: between the two the bound is not known.
fn latencies(act: &Act, answers: Answers<'_>, alarm: Option<&Sighting>) -> Latencies {
    let span = |from: Option<Timestamp>, to: Option<Timestamp>, bound: Option<Millis>| {
        from.zip(to).map(|(from, to)| Latency { ms: to.0.saturating_sub(from.0), bound })
    };
    let begin = act.recording.act;
    let first = answers.own.iter().filter(|s| s.event.is_some()).min_by_key(|s| (s.event, s.native.clone()));
    let event = first.and_then(|s| s.event).or_else(|| alarm.and_then(|a| a.event));
    let ingested = first.and_then(|s| s.ingested).or_else(|| alarm.and_then(|a| a.ingested));
    let alerted = alarm.and_then(|a| a.alerted);
    Latencies {
        sensor: span(begin, event, Some(Millis(0))),
        ingest: span(event, ingested, None),
        rule: span(ingested, alerted, Some(Millis(0))),
        total: span(begin, alerted, None),
    }
}
