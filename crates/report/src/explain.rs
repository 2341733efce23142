//! Anything a report names, traced to what it rests on.

mod rule;
mod thing;
mod verdict;

use model::campaign::Campaign;
use model::estate::Estate;
use model::event::EventRef;
use model::id::TechniqueId;
use model::playbook::Playbook;
use model::record::Record;
use model::trial::Trace;

use crate::figures::{Figure, Figures, Root};
use crate::number::{count, moment};
use crate::story::Cast;
use crate::wrap::{clean, joined, wrap, wrap_whole};

pub use rule::{OnLog, explain_rule};

/// Columns of an explanation; raw events may be wider.
const WIDTH: usize = 80;
/// How many events of a number are named; the rest is counted.
const EVENTS: usize = 12;
/// How many of the lines a number is computed from are shown.
const LINES: usize = 14;

/// Lines of an explanation.
pub(crate) struct Text(Vec<String>);

impl Text {
    fn new(title: &str) -> Self {
        Self(wrap("", title, WIDTH))
    }

    fn heading(&mut self, text: &str) {
        self.0.push(String::new());
        self.0.push(text.to_owned());
    }

    fn line(&mut self, first: &str, text: &str) {
        self.0.extend(wrap_whole(first, text, WIDTH));
    }

    fn raw(&mut self, text: &str) {
        self.0.push(clean(text));
    }

    fn done(self) -> String {
        joined(&self.0)
    }
}

/// Returns what stands behind `what`, or `None` when the record knows no such thing.
///
/// `what` is a technique, verdict, recording, rule, tenant, service, asset or
/// campaign id, `lever:N`, or the key of a number in the report ([`crate::keys`]).
pub fn explain(record: &Record, what: &str) -> Option<String> {
    let what = what.trim();
    if let Some(figure) = Figures::of(record).get(what) {
        return Some(number(record, what, figure));
    }
    if let Ok(id) = TechniqueId::new(what)
        && let Some(text) = verdict::technique(record, &id)
    {
        return Some(text);
    }
    verdict::verdict(record, what).or_else(|| thing::thing(record, what))
}

fn number(record: &Record, key: &str, figure: &Figure) -> String {
    let mut text = Text::new(&format!("{key} = {}", figure.value));
    text.line("  ", &figure.label);
    text.heading("How it is computed");
    text.line("  ", &figure.formula);
    text.heading("From");
    let from: Vec<&String> = figure.from.iter().filter(|line| !line.is_empty()).collect();
    for line in from.iter().take(LINES) {
        text.line("  - ", line);
    }
    if from.len() > LINES {
        text.line("  - ", &format!("and {} more", count((from.len() - LINES) as u64)));
    }
    text.heading("It ends in");
    match &figure.root {
        Root::Seed(seed) => text.line("  seed ", seed),
        Root::Constant(source) => text.line("  constant: ", source),
        Root::Lines(lines) => {
            for line in lines.iter().take(LINES) {
                text.line("  line  ", line);
            }
            if lines.len() > LINES {
                text.line("  ", &format!("and {} more", count((lines.len() - LINES) as u64)));
            }
        }
        Root::Events(events) => {
            if events.len() > EVENTS {
                text.line(
                    "  ",
                    &format!("{} events, the first {EVENTS} of them:", count(events.len() as u64)),
                );
            }
            for event in events.iter().take(EVENTS) {
                text.line("  event ", &event.to_string());
            }
        }
    }
    if let Root::Events(events) = &figure.root
        && let Some(first) = events.first()
    {
        raw_event(record, first, &mut text);
    }
    text.done()
}

/// Adds an event's fields, one a line, as the record kept them.
fn raw_event(record: &Record, event: &EventRef, text: &mut Text) {
    let Some(sample) = record.samples.iter().find(|s| &s.event == event) else { return };
    let when = sample.time.map_or(String::new(), |t| format!(" · {}", moment(t)));
    let host = sample.host.as_ref().map_or(String::new(), |h| format!(" · {h}"));
    text.raw(&format!("  event {event}{when}{host}"));
    match &sample.fields {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                text.raw(&format!("    {name}: {value}"));
            }
        }
        other => text.raw(&format!("    {other}")),
    }
}

/// Returns one trial in words: its outcome, and every moment with its time.
pub fn trace_text(
    trace: &Trace,
    estate: &Estate,
    campaign: &Campaign,
    playbook: Option<&Playbook>,
) -> String {
    let cast = Cast { estate, campaign: Some(campaign), playbook };
    let mut text = Text::new(&format!("Trial {} of {}", trace.trial.index, campaign.name));
    text.line("  ", &cast.outcome(trace));
    text.heading("What happened");
    for told in cast.tell(trace) {
        let when = told.at.to_string();
        text.line(&format!("  {when:>10}  {:<19}  ", told.lane.name()), &told.text);
    }
    if !trace.trial.down.is_empty() {
        text.heading("What went down");
        for down in &trace.trial.down {
            let name = estate.assets.get(down.asset as usize).map_or("unknown asset", |a| a.name.as_str());
            let why = match down.cause {
                model::trial::DownCause::Attack => "unusable by the attack",
                model::trial::DownCause::Containment => "switched off by the response",
            };
            let when = down.at.to_string();
            text.line(&format!("  {when:>10}  "), &format!("{name}: {why}"));
        }
    }
    text.heading("It ends in");
    text.line("  ", "the seed of the run and the number of the trial: the same pair gives the same story");
    text.done()
}
