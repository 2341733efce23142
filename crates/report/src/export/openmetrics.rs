//! OpenMetrics 1.0: the figures of a run for a monitoring system.

use std::fmt::Write as _;

use model::quantity::Interval;
use model::record::{Record, RunInfo};
use model::scorecard::CampaignScore;
use model::verdict::OutcomeKind;

/// A family of metrics while it is written.
struct Family<'a> {
    text: &'a mut String,
    name: &'static str,
}

impl<'a> Family<'a> {
    fn new(text: &'a mut String, name: &'static str, unit: Option<&str>, help: &str) -> Self {
        let _ = writeln!(text, "# TYPE {name} gauge");
        if let Some(unit) = unit {
            let _ = writeln!(text, "# UNIT {name} {unit}");
        }
        let _ = writeln!(text, "# HELP {name} {help}");
        Self { text, name }
    }

    fn sample(&mut self, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.text, "{}{labels} {value}", self.name);
    }

    fn interval(&mut self, labels: &[(&str, &str)], interval: Interval) {
        for (bound, value) in [("value", interval.value), ("low", interval.low), ("high", interval.high)] {
            let mut all = labels.to_vec();
            all.push(("bound", bound));
            self.sample(&all, value);
        }
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Returns the figures of a run: counts of verdicts and rules, shares and hours of each campaign
/// with both ends of their intervals. No figure is by tenant or technique: their number is not
/// bounded.
pub(super) fn openmetrics(record: &Record, info: Option<&RunInfo>) -> Result<String, &'static str> {
    let mut text = String::new();
    let mut verdicts = Family::new(&mut text, "feuerprobe_verdicts", None, "Verdicts by outcome.");
    let counts = record.coverage.verdicts;
    for kind in OutcomeKind::ALL {
        let count = match kind {
            OutcomeKind::Prevented => counts.prevented,
            OutcomeKind::Alerted => counts.alerted,
            OutcomeKind::Logged => counts.logged,
            OutcomeKind::Blind => counts.blind,
            OutcomeKind::Inconclusive => counts.inconclusive,
        };
        verdicts.sample(&[("outcome", kind.word())], f64::from(count));
    }
    verdicts.sample(&[("outcome", "none")], f64::from(record.coverage.no_outcome));
    let mut rules =
        Family::new(&mut text, "feuerprobe_expected_rules", None, "Rules that must fire, by what they did.");
    rules.sample(&[("state", "fired")], f64::from(record.coverage.expected_fired));
    rules.sample(&[("state", "lost")], f64::from(record.coverage.expected_lost));
    let measured = record.evidence.measured(record.evidence.techniques.keys().cloned());
    let mut techniques = Family::new(
        &mut text,
        "feuerprobe_techniques",
        None,
        "Techniques in question, by whether they were measured.",
    );
    techniques.sample(&[("state", "measured")], f64::from(measured.measured));
    techniques.sample(&[("state", "not measured")], f64::from(measured.of.saturating_sub(measured.measured)));
    if !record.scores.is_empty() {
        races(&mut text, &record.scores);
    }
    if let Some(info) = info {
        let mut stored = Family::new(
            &mut text,
            "feuerprobe_run_stored_seconds",
            Some("seconds"),
            "When the run was stored, since 1970.",
        );
        stored.sample(&[], info.stored.0 as f64 / 1_000.0);
    }
    text.push_str("# EOF\n");
    Ok(text)
}

fn races(text: &mut String, scores: &[CampaignScore]) {
    let mut chances = Family::new(
        text,
        "feuerprobe_chance_ratio",
        Some("ratio"),
        "Chance over the trials of a campaign; bounds of trials and of exercises.",
    );
    for score in scores {
        let campaign = score.campaign.as_str();
        for (event, share) in
            [("payload", score.payload), ("outflow", score.outflow), ("unnoticed", score.unnoticed)]
        {
            for (source, interval) in [("trials", share.simulation), ("exercises", share.exercises)] {
                chances.interval(&[("campaign", campaign), ("event", event), ("source", source)], interval);
            }
        }
    }
    let mut hours =
        Family::new(text, "feuerprobe_person_hours", None, "Mean person-hours lost in a campaign, by cause.");
    for score in scores {
        let campaign = score.campaign.as_str();
        for (cause, spread) in [("attack", score.attack), ("containment", score.containment)] {
            let interval = Interval { value: spread.mean, ..spread.exercises };
            hours.interval(&[("campaign", campaign), ("cause", cause)], interval);
        }
    }
}
