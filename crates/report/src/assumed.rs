//! What a race takes for granted, drawn back: every length of time and every chance as
//! quantiles, with its source.

mod recovery;

use std::fmt::Write as _;

use model::campaign::Campaign;
use model::estate::Estate;
use model::evidence::{Evidence, EvidenceClass, TechniqueEvidence};
use model::playbook::Playbook;
use model::quantity::{Interval, Millis, Quantiles};

use crate::banner;
use crate::list;
use crate::planned::paragraph;
use crate::terms::{Language, Terms};

/// Assumptions as tables; sources are numbered from 1, in the order of first use.
pub(crate) struct Assumed {
    /// What, 10 %, 50 %, 90 %, number of the source.
    pub(crate) times: Vec<Vec<String>>,
    /// Technique, chance to be prevented and to be alerted on, what it rests on.
    pub(crate) chances: Vec<Vec<String>>,
    /// Figures that are neither times nor chances of techniques, by name.
    pub(crate) figures: Vec<(&'static str, String)>,
    /// By number.
    pub(crate) sources: Vec<String>,
    /// Techniques of which only the prior speaks, with the steps they carry.
    pub(crate) unmeasured: Vec<(String, Vec<String>)>,
    techniques: usize,
}

/// What the assumptions of one race are taken from.
#[derive(Debug, Clone, Copy)]
pub struct Assumptions<'a> {
    /// The estate.
    pub estate: &'a Estate,
    /// The campaign.
    pub campaign: &'a Campaign,
    /// The playbook it meets.
    pub playbook: Option<&'a Playbook>,
    /// How often techniques are prevented and seen.
    pub evidence: &'a Evidence,
}

impl Assumptions<'_> {
    /// Returns the assumptions as tables of 80 columns, sources beneath.
    pub fn terminal(&self) -> String {
        let assumed = self.drawn_back();
        let mut text = String::new();
        text.push_str("What was assumed: times at 10 %, 50 %, 90 %\n");
        table(&mut text, &["time", "10 %", "50 %", "90 %", "source"], &assumed.times);
        text.push_str("\nWhat was assumed: chances, mean and 2.5 % – 97.5 %\n");
        table(&mut text, &["technique", "prevented", "alerted on", "rests on"], &assumed.chances);
        text.push('\n');
        for (name, told) in &assumed.figures {
            text.push_str(&paragraph(&format!("{name:<14}"), told));
        }
        for (number, source) in (1..).zip(&assumed.sources) {
            text.push_str(&paragraph(
                &format!("[{number}]{:<1$}", "", if number < 10 { 11 } else { 10 }),
                source,
            ));
        }
        text
    }

    /// Returns in one paragraph of which techniques only the prior speaks, and which steps
    /// hang on them.
    pub fn not_measured(&self) -> String {
        paragraph("NOT MEASURED  ", &self.drawn_back().not_measured())
    }

    /// Returns what must be said before any figure where few techniques were measured; empty
    /// where most were.
    pub fn banner(&self) -> String {
        let measured = self.evidence.measured(self.campaign.techniques());
        let banner = banner::banner(&Terms::of(Language::En), Some(measured));
        banner.map_or_else(String::new, |b| paragraph("", &b) + "\n")
    }

    fn figures(&self, sources: &mut Sources) -> Vec<(&'static str, String)> {
        let percent = |share: f64| format!("{:.0} %", share * 100.0);
        let Self { estate, campaign, .. } = self;
        let hands = if campaign.hands == 0 { "without limit".to_owned() } else { campaign.hands.to_string() };
        let attacker = format!(
            "hands {hands}, retries {}, reaction {} {}",
            campaign.retries,
            percent(campaign.reaction.get()),
            sources.number(&campaign.source)
        );
        let own = sources.number(&estate.source);
        let soc = &estate.soc;
        let mut analysts = format!(
            "{}, {} other alerts a day ({} as urgent), {} min each, {} recognised",
            soc.analysts,
            soc.alerts_per_day,
            percent(soc.as_urgent.get()),
            soc.triage_minutes,
            percent(soc.escalation.get())
        );
        if soc.agree > 1 {
            let _ = write!(analysts, "; {} assets must agree", soc.agree);
        }
        let range = |pick: fn(&model::estate::Asset) -> f64| {
            let values = estate.assets.iter().map(pick);
            let (low, high) = values.fold((1.0_f64, 0.0_f64), |(l, h), v| (l.min(v), h.max(v)));
            if low >= high { percent(high) } else { format!("{} to {}", percent(low), percent(high)) }
        };
        let mut figures = vec![
            ("attacker", attacker),
            ("analysts", format!("{analysts} {own}")),
            ("sensors", format!("on {} of the hosts of a class {own}", range(|a| a.sensors.get()))),
            ("cold start", format!("fails with {} {own}", range(|a| a.restart_failure.get()))),
        ];
        let stated = recovery::figures(self.estate);
        figures.extend(stated.into_iter().map(|(name, told)| (name, format!("{told} {own}"))));
        figures
    }

    /// Draws everything back.
    pub(crate) fn drawn_back(&self) -> Assumed {
        let mut sources = Sources::default();
        let mut times = Vec::new();
        let mut add = |what: String, quantiles: Quantiles, source: &str| {
            let [q10, q50, q90] = quantiles_of(quantiles);
            times.push(vec![what, q10, q50, q90, sources.number(source)]);
        };
        for step in &self.campaign.steps {
            add(format!("{} {}", step.id, step.technique), step.duration, &step.source);
        }
        for (playbook, action) in self.playbook.iter().flat_map(|p| p.actions.iter().map(move |a| (p, a))) {
            add(format!("decide: {}", action.name), action.decide, &playbook.source);
            add(format!("do: {}", action.name), action.carry_out, &playbook.source);
        }
        for (what, quantiles) in recovery::times(self.estate) {
            add(what, quantiles, &self.estate.source);
        }
        let techniques = self.campaign.techniques();
        let mut chances = Vec::new();
        for technique in &techniques {
            let known = self.evidence.techniques.get(technique);
            if let Some(known) = known {
                let source = match known.delay.observed {
                    0 => "delay to alert: no alert seen, the prior".to_owned(),
                    _ => "delay to alert: log-normal fitted to the alerts seen, censored at the window"
                        .to_owned(),
                };
                add(format!("alert on {technique}"), known.delay.quantiles, &source);
            }
            let one = |pick: fn(&TechniqueEvidence) -> Interval| {
                known.map_or("25 %".to_owned(), |k| chance(pick(k)))
            };
            let rests = known.map_or("NOT MEASURED: prior".to_owned(), rests_on);
            chances.push(vec![technique.to_string(), one(|k| k.prevented), one(|k| k.alerted), rests]);
        }
        let unmeasured = techniques
            .iter()
            .filter(|t| self.evidence.techniques.get(*t).is_none_or(|known| known.counts.measured() == 0));
        let unmeasured = unmeasured.map(|technique| {
            let steps = self.campaign.steps.iter().filter(|s| s.technique == *technique);
            (technique.to_string(), steps.map(|s| s.id.to_string()).collect())
        });
        let unmeasured = unmeasured.collect();
        let figures = self.figures(&mut sources);
        Assumed { times, chances, figures, sources: sources.0, unmeasured, techniques: techniques.len() }
    }
}

impl Assumed {
    /// Returns in words of which techniques only the prior speaks.
    pub(crate) fn not_measured(&self) -> String {
        if self.unmeasured.is_empty() {
            return "none of the techniques: each has been measured at least once".to_owned();
        }
        let named: Vec<String> = self
            .unmeasured
            .iter()
            .map(|(t, steps)| {
                let word = if steps.len() == 1 { "step" } else { "steps" };
                format!("{t} ({word} {})", steps.join(", "))
            })
            .collect();
        format!(
            "{} of {} techniques; of them only the prior speaks: {}",
            named.len(),
            self.techniques,
            named.join(", ")
        )
    }
}

/// Sources in the order of first use.
#[derive(Default)]
struct Sources(Vec<String>);

impl Sources {
    fn number(&mut self, source: &str) -> String {
        let source = match source.trim() {
            "" => "no source is given",
            given => given,
        };
        let place = self.0.iter().position(|s| s == source).unwrap_or_else(|| {
            self.0.push(source.to_owned());
            self.0.len() - 1
        });
        format!("[{}]", place + 1)
    }
}

/// Returns the 10 %, 50 % and 90 % quantiles of a log-normal: in the logarithm the first
/// lies as far below the median as the last above it.
fn quantiles_of(quantiles: Quantiles) -> [String; 3] {
    let q10 = quantiles.q50 * quantiles.q50 / quantiles.q90;
    [q10, quantiles.q50, quantiles.q90].map(|minutes| Millis::from_minutes(minutes).to_string())
}

fn chance(interval: Interval) -> String {
    let percent = |share: f64| format!("{:.0}", share * 100.0);
    format!("{} % ({} – {})", percent(interval.value), percent(interval.low), percent(interval.high))
}

/// Returns what the chances of a technique rest on.
fn rests_on(known: &TechniqueEvidence) -> String {
    let counts = known.counts;
    let seen = [
        (counts.prevented, "prevented"),
        (counts.alerted, "alerted"),
        (counts.logged, "logged"),
        (counts.blind, "blind"),
    ];
    let seen: Vec<String> =
        seen.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    match &known.class {
        _ if seen.is_empty() => "NOT MEASURED: prior".to_owned(),
        EvidenceClass::Exercised => {
            let last = known
                .last()
                .map(|last| format!(", last {}", crate::number::moment(last)))
                .unwrap_or_default();
            format!("exercised: {}{last}", seen.join(", "))
        }
        _ => format!("replayed: {}", seen.join(", ")),
    }
}

/// Adds a table without the line that counts its rows.
fn table(text: &mut String, header: &[&'static str], rows: &[Vec<String>]) {
    text.push_str(&list::Table::new(header.iter().copied(), rows.iter().cloned()).body(80));
    text.push('\n');
}
