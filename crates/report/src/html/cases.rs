//! Every miss with its causes, down to the selection tree and the raw event.

use askama::Template;
use model::event::EventRef;
use model::record::Record;
use model::verdict::{Cause, Outcome, OutcomeKind, SelectionTree, Verdict};

use super::{Page, fill};
use crate::number::moment;
use crate::svg::slug;
use crate::terminal::ranked_misses;
use crate::words;

struct TreeRow {
    indent: usize,
    passed: bool,
    text: String,
    actual: Option<String>,
}

struct Tree {
    title: String,
    event: String,
    rows: Vec<TreeRow>,
}

struct Link {
    name: &'static str,
    text: String,
    trees: Vec<Tree>,
}

struct Event {
    name: String,
    when: String,
    fields: Vec<(String, String)>,
}

struct Case {
    anchor: String,
    id: String,
    letter: char,
    word: &'static str,
    technique: String,
    name: String,
    recording: String,
    outcome: String,
    first: String,
    lost: Vec<String>,
    links: Vec<Link>,
    attribution: String,
    twins: Vec<String>,
    events: Vec<Event>,
}

#[derive(Template)]
#[template(path = "misses.html")]
struct Misses {
    total: usize,
    cases: Vec<Case>,
    broken: Vec<(String, String, String)>,
}

/// Returns all misses; empty when there is none.
pub(super) fn misses(page: &Page<'_>) -> String {
    let record = page.record;
    let cases: Vec<Case> = ranked_misses(record).into_iter().map(|v| case(record, v)).collect();
    let broken: Vec<_> = record
        .verdicts
        .iter()
        .filter(|v| v.outcome.is_none())
        .map(|v| (v.technique.to_string(), v.recording.to_string(), words::run(&v.run)))
        .collect();
    if cases.is_empty() && broken.is_empty() {
        return String::new();
    }
    fill(&Misses { total: cases.len(), cases, broken })
}

fn case(record: &Record, verdict: &Verdict) -> Case {
    let kind = verdict.outcome.as_ref().map_or(OutcomeKind::Inconclusive, Outcome::kind);
    let twins = verdict.twins.iter().map(|t| {
        let titles = words::listed(t.fired.iter().map(|r| words::rule_title(record, r).to_owned()));
        if t.fired.is_empty() {
            format!("{}: stays silent, as it should", t.recording)
        } else {
            format!("{}: fires although nothing bad happened ({titles})", t.recording)
        }
    });
    Case {
        anchor: format!("v-{}", slug(verdict.id.as_str())),
        id: verdict.id.to_string(),
        letter: words::letter(kind),
        word: kind.word(),
        technique: verdict.technique.to_string(),
        name: words::technique_name(record, &verdict.technique),
        recording: verdict.recording.to_string(),
        outcome: words::outcome(verdict),
        first: words::first_cause(record, verdict),
        lost: verdict.lost.iter().map(|r| format!("{} · {} · {}", r.title, r.id, r.hash)).collect(),
        links: verdict.causes.iter().map(|c| link(record, c)).collect(),
        attribution: words::attribution(verdict),
        twins: twins.collect(),
        events: events(record, verdict),
    }
}

fn link(record: &Record, cause: &Cause) -> Link {
    let trees = match cause {
        Cause::RuleSilent { nearest, .. } => nearest.iter().map(tree).collect(),
        _ => Vec::new(),
    };
    Link { name: cause.link(), text: words::cause(record, cause), trees }
}

fn tree(tree: &SelectionTree) -> Tree {
    let rows = words::tree(tree).into_iter().map(|line| TreeRow {
        indent: line.depth.min(12),
        passed: line.passed,
        text: line.text,
        actual: line.actual,
    });
    Tree { title: tree.title.clone(), event: tree.event.to_string(), rows: rows.collect() }
}

fn events(record: &Record, verdict: &Verdict) -> Vec<Event> {
    let nearest = verdict.causes.iter().flat_map(|c| match c {
        Cause::RuleSilent { nearest, .. } => nearest.as_slice(),
        _ => &[],
    });
    let mut wanted: Vec<&EventRef> = verdict.events.iter().chain(nearest.map(|t| &t.event)).collect();
    wanted.sort();
    wanted.dedup();
    wanted.truncate(3);
    let found = wanted.into_iter().filter_map(|e| record.samples.iter().find(|s| &s.event == e));
    found
        .map(|sample| Event {
            name: sample.event.to_string(),
            when: [sample.time.map(moment), sample.host.clone()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" · "),
            fields: match &sample.fields {
                serde_json::Value::Object(fields) => fields
                    .iter()
                    .map(|(k, v)| (k.clone(), v.as_str().map_or_else(|| v.to_string(), str::to_owned)))
                    .collect(),
                other => vec![(String::new(), other.to_string())],
            },
        })
        .collect()
}
