//! Evidence per technique, and what the rules are worth.

use std::collections::BTreeMap;

use askama::Template;
use model::evidence::{EvidenceClass, TechniqueEvidence};
use model::id::TechniqueId;
use model::verdict::OutcomeKind;

use super::{Page, fill};
use crate::number::{count, decimal, moment, percent, percent_range, plural};
use crate::svg::bars;
use crate::words;

struct Cell {
    word: &'static str,
    seen: u32,
    share: String,
    range: String,
    bar: String,
}

struct Row {
    id: String,
    name: String,
    measured: bool,
    class: String,
    trials: u32,
    cells: Vec<Cell>,
    delay: String,
}

#[derive(Template)]
#[template(path = "evidence.html")]
struct Evidence {
    rows: Vec<Row>,
}

/// Returns the evidence of every technique; empty when there is none.
pub(super) fn evidence(page: &Page<'_>) -> String {
    let rows: Vec<Row> = page.record.evidence.techniques.iter().map(|(id, e)| row(page, id, e)).collect();
    if rows.is_empty() { String::new() } else { fill(&Evidence { rows }) }
}

fn row(page: &Page<'_>, id: &TechniqueId, evidence: &TechniqueEvidence) -> Row {
    let (tested, class) = match &evidence.class {
        EvidenceClass::Exercised => {
            let before = evidence.last().map(|last| format!(", before this run last on {}", moment(last)));
            (true, format!("exercised{}", before.unwrap_or_default()))
        }
        EvidenceClass::Replayed => (true, "replayed".to_owned()),
        EvidenceClass::Reasoned { why } => (false, why.clone()),
        EvidenceClass::CannotExercise { reason } => (false, format!("cannot be exercised here: {reason}")),
    };
    let measured = tested && evidence.counts.measured() > 0;
    let cells = [
        (OutcomeKind::Prevented, evidence.counts.prevented, evidence.prevented),
        (OutcomeKind::Alerted, evidence.counts.alerted, evidence.alerted),
        (OutcomeKind::Logged, evidence.counts.logged, evidence.logged),
        (OutcomeKind::Blind, evidence.counts.blind, evidence.blind),
    ];
    let cells = cells.into_iter().map(|(kind, seen, interval)| Cell {
        word: kind.word(),
        seen,
        share: page.n_as(
            &format!("{id}.{}", kind.word()),
            &if measured { percent(interval.value) } else { "not measured".to_owned() },
        ),
        range: percent_range(interval),
        bar: bars::mini(interval.value, interval.low, interval.high, kind, measured),
    });
    Row {
        id: id.to_string(),
        name: words::technique_name(page.record, id),
        measured,
        class,
        trials: evidence.counts.measured(),
        cells: cells.collect(),
        delay: if measured && evidence.delay.observed > 0 {
            page.n(&format!("{id}.delay"))
        } else {
            "–".into()
        },
    }
}

struct Group {
    reason: String,
    number: String,
    files: Vec<String>,
}

struct Check {
    set: String,
    pairs: String,
    reproduced: String,
    share: String,
    extra: String,
    missing: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "rules.html")]
struct Rules {
    counts: Vec<(&'static str, String)>,
    lost: Vec<(String, String, String)>,
    benign: Vec<(String, String, String, String)>,
    benign_events: String,
    precision: String,
    twins: Vec<(String, String)>,
    rejected: Vec<Group>,
    not_joined: Vec<(String, String)>,
    checks: Vec<Check>,
}

/// Returns what the rules did: lost, noisy, not loaded, compared with labels.
pub(super) fn rules(page: &Page<'_>) -> String {
    let record = page.record;
    let mut twins: Vec<(String, String)> = record
        .verdicts
        .iter()
        .flat_map(|v| &v.twins)
        .map(|t| {
            let titles = words::listed(t.fired.iter().map(|r| words::rule_title(record, r).to_owned()));
            (
                t.recording.to_string(),
                if titles.is_empty() { "silent, as it should be".into() } else { titles },
            )
        })
        .collect();
    twins.sort();
    twins.dedup();
    let lost = record.verdicts.iter().flat_map(|v| {
        let why = words::first_cause(record, v);
        v.lost.iter().map(move |rule| (rule.title.clone(), v.recording.to_string(), why.clone()))
    });
    fill(&Rules {
        counts: vec![
            ("rules in use", page.n("rules.loaded")),
            ("did not load", page.n("rules.rejected")),
            ("filters", page.n("rules.filters")),
            ("techniques named by a rule", page.n("rules.techniques")),
        ],
        lost: lost.collect(),
        benign: record
            .coverage
            .benign
            .iter()
            .map(|b| {
                let rate = page.n_as(&format!("benign.{}", b.rule), &decimal(b.per_million));
                (b.title.clone(), b.level.clone(), count(b.events), rate)
            })
            .collect(),
        benign_events: page.n("coverage.benign-events"),
        precision: record.coverage.precision.map_or(String::new(), |_| page.n("coverage.precision")),
        twins,
        rejected: rejected(page),
        not_joined: record
            .rule_set
            .not_joined
            .iter()
            .map(|(tag, n)| (tag.clone(), plural(*n, "rule", "rules")))
            .collect(),
        checks: checks(page),
    })
}

fn rejected(page: &Page<'_>) -> Vec<Group> {
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for rule in &page.record.rule_set.rejected {
        let name = rule.rule.as_ref().map_or(String::new(), |r| format!(" ({r})"));
        groups.entry(&rule.reason).or_default().push(format!("{}{name}", rule.file));
    }
    let mut groups: Vec<Group> = groups
        .into_iter()
        .map(|(reason, files)| Group {
            reason: reason.to_owned(),
            number: plural(files.len() as u64, "rule", "rules"),
            files,
        })
        .collect();
    groups.sort_by_key(|g| std::cmp::Reverse(g.files.len()));
    groups
}

fn checks(page: &Page<'_>) -> Vec<Check> {
    let record = page.record;
    record
        .labels
        .iter()
        .map(|check| Check {
            set: check.set.clone(),
            pairs: count(check.pairs),
            reproduced: count(check.reproduced),
            share: if check.pairs == 0 {
                "–".into()
            } else {
                percent(check.reproduced as f64 / check.pairs as f64)
            },
            extra: count(check.extra),
            missing: check
                .missing
                .iter()
                .map(|m| {
                    let title = words::rule_title(record, &m.rule).to_owned();
                    (m.recording.clone(), title, m.causes.join(" → "))
                })
                .collect(),
        })
        .collect()
}
