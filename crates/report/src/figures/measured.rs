//! Numbers of the measuring half: they end in events.

use model::event::EventRef;
use model::evidence::{EvidenceClass, Repeated, TechniqueEvidence};
use model::id::TechniqueId;
use model::quantity::Interval;
use model::record::Record;
use model::verdict::{OutcomeKind, Verdict};

use super::{Figure, Figures, Root};
use crate::number::{count, decimal, hours, moment, percent, percent_range, plural};
use crate::words;

/// The prior of an unmeasured or measured technique, with its source.
const PRIOR: &str = "prior weight 0.5 for each outcome unless stated otherwise: Jeffreys prior of the \
                     Dirichlet (H. Jeffreys, Proc. R. Soc. A 186, 1946)";

fn input(record: &Record, name: &str) -> Root {
    let text = record.inputs.iter().find(|i| i.name == name).map_or_else(
        || format!("the input \u{201c}{name}\u{201d}, which this record does not name"),
        |i| format!("input \u{201c}{name}\u{201d} ({}), BLAKE3 {}", i.source, i.hash),
    );
    Root::Constant(text)
}

fn events<'a>(record: &Record, verdicts: impl Iterator<Item = &'a Verdict>) -> Root {
    let all: Vec<EventRef> = verdicts.flat_map(|v| v.events.iter().cloned()).collect();
    if all.is_empty() { input(record, "recordings") } else { Root::Events(all) }
}

fn verdict_lines<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> Vec<String> {
    verdicts.map(|v| format!("verdict {}: {}", v.id, words::outcome(v))).collect()
}

/// Adds the counts of verdicts.
pub(super) fn coverage(record: &Record, all: &mut Figures) {
    let of_kind = |kind: Option<OutcomeKind>| {
        record.verdicts.iter().filter(move |v| v.outcome.as_ref().map(model::verdict::Outcome::kind) == kind)
    };
    let counts = record.coverage.verdicts;
    let rows = [
        (OutcomeKind::Prevented, counts.prevented),
        (OutcomeKind::Alerted, counts.alerted),
        (OutcomeKind::Logged, counts.logged),
        (OutcomeKind::Blind, counts.blind),
        (OutcomeKind::Inconclusive, counts.inconclusive),
    ];
    for (kind, number) in rows {
        let figure = Figure {
            label: format!("verdicts \u{201c}{}\u{201d}: {}", kind.word(), words::meaning(kind)),
            value: count(number.into()),
            formula: "number of verdicts with this outcome".into(),
            from: verdict_lines(of_kind(Some(kind))),
            root: events(record, of_kind(Some(kind))),
        };
        all.add(format!("coverage.{}", kind.word()), figure);
    }
    all.add(
        "coverage.no-verdict",
        Figure {
            label: "verdicts without outcome, because the exercise itself did not work".into(),
            value: count(record.coverage.no_outcome.into()),
            formula: "number of verdicts whose run status allows no outcome".into(),
            from: verdict_lines(of_kind(None)),
            root: events(record, of_kind(None)),
        },
    );
    summary(record, all);
    lost(record, all);
}

fn summary(record: &Record, all: &mut Figures) {
    let coverage = &record.coverage;
    let every = || record.verdicts.iter();
    let mut add = |key: &str, label: &str, value: String, formula: &str, root| {
        let from =
            vec![format!("{} of this record", plural(record.verdicts.len() as u64, "verdict", "verdicts"))];
        let figure = Figure { label: label.into(), value, formula: formula.into(), from, root };
        all.add(format!("coverage.{key}"), figure);
    };
    let verdicts = record.verdicts.len() as u64;
    add("verdicts", "verdicts", count(verdicts), "one per recording and technique", events(record, every()));
    add(
        "techniques",
        "techniques tested",
        count(coverage.techniques.into()),
        "distinct techniques with at least one verdict",
        events(record, every()),
    );
    add(
        "techniques-seen",
        "techniques that were stopped or seen at least once",
        count(coverage.techniques_seen.into()),
        "distinct techniques with at least one verdict prevented or alerted",
        events(record, every().filter(|v| words::is_good(v))),
    );
    add(
        "expected-fired",
        "rules that should have fired and did",
        count(coverage.expected_fired.into()),
        "pairs of recording and expected rule with a match",
        events(record, every()),
    );
    add(
        "benign-events",
        "events of ordinary activity and benign twins",
        count(coverage.benign_events),
        "events read from recordings marked benign or twin",
        input(record, "recordings"),
    );
    if let Some(precision) = coverage.precision {
        add(
            "precision",
            "of the alerts on attacks and on their benign twins, the share on attacks",
            format!("{} ({})", percent(precision.value), percent_range(precision)),
            "alerts on attacks / (alerts on attacks + twins that raised one), with its 95 % interval",
            events(
                record,
                every().filter(|v| !v.rules.is_empty() || v.twins.iter().any(|t| !t.fired.is_empty())),
            ),
        );
    }
}

/// Adds the number of lost rules with the verdicts that show them.
fn lost(record: &Record, all: &mut Figures) {
    let losing = || record.verdicts.iter().filter(|v| !v.lost.is_empty());
    let line = |v: &Verdict| {
        let titles = words::listed(v.lost.iter().map(|r| format!("\u{201c}{}\u{201d}", r.title)));
        format!("verdict {}: {titles} did not fire", v.id)
    };
    let figure = Figure {
        label: "rules that should have fired and did not".into(),
        value: count(record.coverage.expected_lost.into()),
        formula: "pairs of recording and expected rule without a match".into(),
        from: losing().map(line).collect(),
        root: events(record, losing()),
    };
    all.add("coverage.lost-rules", figure);
}

/// Adds the numbers of the rule set and of benign firings.
pub(super) fn rules(record: &Record, all: &mut Figures) {
    let set = &record.rule_set;
    for (key, label, number) in [
        ("loaded", "rules in use", set.loaded),
        ("rejected", "rules that could not be used", set.rejected.len() as u64),
        ("filters", "Sigma filters in use", set.filters),
        ("techniques", "techniques that at least one rule names", set.techniques),
    ] {
        let figure = Figure {
            label: label.into(),
            value: count(number),
            formula: "counted while reading the rules".into(),
            from: vec![plural(set.files, "rule file", "rule files"), format!("rule set BLAKE3 {}", set.hash)],
            root: input(record, "rules"),
        };
        all.add(format!("rules.{key}"), figure);
    }
    for firing in &record.coverage.benign {
        let figure = Figure {
            label: format!("\u{201c}{}\u{201d} on a million benign events", firing.title),
            value: decimal(firing.per_million),
            formula: "events it fired on / benign events × 1,000,000".into(),
            from: vec![
                plural(firing.events, "event", "events") + " it fired on",
                count(record.coverage.benign_events) + " benign events",
            ],
            root: benign_root(record, firing.rule.as_str()),
        };
        all.add(format!("benign.{}", firing.rule), figure);
    }
}

fn benign_root(record: &Record, rule: &str) -> Root {
    let hits = |replay: &model::detection::Replay| {
        let own = record.recordings.iter().find(|r| r.id == replay.recording);
        own.is_some_and(|r| r.kind != model::recording::RecordingKind::Attack)
    };
    let found: Vec<EventRef> = record
        .replays
        .iter()
        .filter(|replay| hits(replay))
        .flat_map(|replay| replay.firings.iter().map(move |f| (replay, f)))
        .filter(|(_, firing)| firing.rule.as_str() == rule)
        .flat_map(|(replay, firing)| {
            firing.first.iter().map(|i| EventRef { recording: replay.recording.clone(), index: *i })
        })
        .collect();
    if found.is_empty() { input(record, "recordings") } else { Root::Events(found) }
}

/// Adds the evidence of every technique.
pub(super) fn techniques(record: &Record, all: &mut Figures) {
    for (id, evidence) in &record.evidence.techniques {
        let counts = evidence.counts;
        let rows = [
            (OutcomeKind::Prevented, counts.prevented, evidence.prior[0], evidence.prevented),
            (OutcomeKind::Alerted, counts.alerted, evidence.prior[1], evidence.alerted),
            (OutcomeKind::Logged, counts.logged, evidence.prior[2], evidence.logged),
            (OutcomeKind::Blind, counts.blind, evidence.prior[3], evidence.blind),
        ];
        for (kind, seen, prior, interval) in rows {
            let figure = share(record, id, evidence, (kind, seen, prior, interval));
            all.add(format!("{id}.{}", kind.word()), figure);
        }
        all.add(format!("{id}.delay"), delay(record, id, evidence));
    }
}

fn measured(evidence: &TechniqueEvidence) -> bool {
    matches!(evidence.class, EvidenceClass::Exercised | EvidenceClass::Replayed)
        && evidence.counts.measured() > 0
}

fn own<'a>(record: &'a Record, evidence: &'a TechniqueEvidence) -> impl Iterator<Item = &'a Verdict> {
    record.verdicts.iter().filter(|v| evidence.verdicts.contains(&v.id))
}

fn share(
    record: &Record,
    id: &TechniqueId,
    evidence: &TechniqueEvidence,
    (kind, seen, prior, interval): (OutcomeKind, u32, f64, Interval),
) -> Figure {
    let tested = measured(evidence);
    let total: f64 = evidence.prior.iter().sum();
    let mut from = vec![
        format!("{} of {}", seen, plural(evidence.counts.measured().into(), "verdict", "verdicts")),
        format!("prior weight {} of {}", decimal(prior), decimal(total)),
        format!("mean {}, 95 % interval {}", percent(interval.value), percent_range(interval)),
    ];
    from.extend(verdict_lines(own(record, evidence)));
    from.extend(evidence.repeats.iter().map(repeated));
    if !tested {
        from.insert(0, "not measured: only the prior speaks".into());
    }
    Figure {
        label: format!("chance that {} is {}", words::technique(record, id), kind.word()),
        value: if tested {
            format!("{} ({})", percent(interval.value), percent_range(interval))
        } else {
            format!("not measured ({})", percent_range(interval))
        },
        formula: "(verdicts with this outcome + prior weight) / (all verdicts + all prior weights); \
                  prevention and alerts earn nothing until one was seen; the interval is that of \
                  the Beta margin of the Dirichlet"
            .into(),
        from,
        root: match own(record, evidence).flat_map(|v| v.events.iter().cloned()).collect::<Vec<_>>() {
            found if tested && !found.is_empty() => Root::Events(found),
            _ if tested => input(record, "recordings"),
            _ => Root::Constant(PRIOR.into()),
        },
    }
}

/// Returns number and age of the earlier runs of a test.
fn repeated(test: &Repeated) -> String {
    let times =
        [test.runs.first(), test.runs.last()].map(|r| r.map(|r| moment(r.stored)).unwrap_or_default());
    let [first, last] = times;
    let runs = plural(test.number(), "earlier run", "earlier runs");
    let aged = match test.runs.iter().filter(|r| r.aged).count() {
        0 => String::new(),
        n => format!(", {n} too old to earn credit"),
    };
    format!("{}: {runs} with the present inputs, {first} to {last}{aged}", test.test)
}

fn delay(record: &Record, id: &TechniqueId, evidence: &TechniqueEvidence) -> Figure {
    let fit = evidence.delay;
    let found: Vec<EventRef> = own(record, evidence).flat_map(|v| v.events.iter().cloned()).collect();
    Figure {
        label: format!("time from {} to its alert, median", words::technique(record, id)),
        value: hours(fit.quantiles.q50 / 60.0),
        formula: "log-normal fitted to the delays seen; verdicts without an alert count as \
                  \u{201c}longer than the window\u{201d}"
            .into(),
        from: vec![
            plural(fit.observed.into(), "alert with a known delay", "alerts with a known delay"),
            plural(
                fit.censored.into(),
                "verdict without an alert in the window",
                "verdicts without an alert in the window",
            ),
            format!("90 % of alerts within {}", hours(fit.quantiles.q90 / 60.0)),
        ],
        root: if fit.observed == 0 || found.is_empty() {
            Root::Constant("prior of the delay, as stated under method and limits".into())
        } else {
            Root::Events(found)
        },
    }
}
