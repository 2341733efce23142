//! Two records side by side: what changed, and why.

mod content;

use std::collections::BTreeMap;

use model::detection::RuleInfo;
use model::id::{RecordingId, RuleId, VerdictId};
use model::quantity::Interval;
use model::record::Record;
use model::verdict::{Outcome, Verdict};

use crate::number::{big, percent, percent_range, plural};
use crate::words;
use crate::wrap::{joined, wrap};

/// Columns of the comparison.
const WIDTH: usize = 80;

/// Returns what changed from `a` to `b`: inputs, verdicts with their cause, rules and scores.
pub fn diff(a: &Record, b: &Record) -> String {
    let mut lines = Vec::new();
    inputs(a, b, &mut lines);
    verdicts(a, b, &mut lines);
    rules(a, b, &mut lines);
    scores(a, b, &mut lines);
    if lines.is_empty() {
        lines.push("No difference: inputs, verdicts, rules and scores are the same.".to_owned());
    }
    joined(&lines).trim_start().to_owned()
}

fn heading(lines: &mut Vec<String>, text: &str) {
    lines.push(String::new());
    lines.push(text.to_owned());
}

fn inputs(a: &Record, b: &Record, lines: &mut Vec<String>) {
    let mut rows = Vec::new();
    if a.matrix.version != b.matrix.version {
        rows.push(format!("ATT&CK {} → {}", a.matrix.version, b.matrix.version));
    }
    if a.seed != b.seed {
        rows.push(format!("seed {} → {}", a.seed.0, b.seed.0));
    }
    if a.trials != b.trials {
        rows.push(format!("trials {} → {}", a.trials, b.trials));
    }
    for input in &b.inputs {
        let old = a.inputs.iter().find(|i| i.name == input.name);
        if old.is_none_or(|o| o.hash != input.hash) {
            let was = old.map_or("not given".to_owned(), |o| short(&o.hash).to_owned());
            rows.push(format!("{} {was} → {}", input.name, short(&input.hash)));
        }
    }
    let parts = changed(a, b);
    if !rows.is_empty() || parts.iter().any(|(_, p)| !p.is_empty()) {
        heading(lines, "Inputs");
    }
    for row in rows {
        lines.extend(wrap("  ", &row, WIDTH));
    }
    for (name, changes) in parts {
        for change in changes {
            lines.extend(wrap(&format!("    {name}: "), &change, WIDTH));
        }
    }
    recordings(a, b, lines);
}

/// Returns which figures of the content changed, by what they belong to.
fn changed(a: &Record, b: &Record) -> [(&'static str, Vec<String>); 3] {
    // Every shape of a record can be written as JSON.
    let json = |value: serde_json::Result<serde_json::Value>| value.unwrap_or_default();
    let campaigns = |r: &Record| json(serde_json::to_value(&r.campaigns));
    let playbooks = |r: &Record| json(serde_json::to_value(&r.playbooks));
    // Without an estate on one side there is nothing to compare.
    let estate = match (&a.estate, &b.estate) {
        (Some(old), Some(new)) => {
            content::changes(&json(serde_json::to_value(old)), &json(serde_json::to_value(new)))
        }
        _ => Vec::new(),
    };
    [
        ("estate", estate),
        ("campaigns", content::changes(&campaigns(a), &campaigns(b))),
        ("playbooks", content::changes(&playbooks(a), &playbooks(b))),
    ]
}

fn recordings(a: &Record, b: &Record, lines: &mut Vec<String>) {
    let rows = content::recordings(a, b);
    if rows.is_empty() {
        return;
    }
    heading(lines, "Recordings");
    for (mark, text) in &rows {
        lines.extend(wrap(mark, text, WIDTH));
    }
    if rows.iter().any(|(mark, _)| mark.trim() == "gone") {
        let said = "What a recording that is gone had missed no longer lowers a chance, so what follows may \
                    look better than it is.";
        lines.extend(wrap("  ", said, WIDTH));
    }
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// Returns how good a verdict is, best first; `None` outcomes cannot be compared.
fn grade(verdict: &Verdict) -> Option<u8> {
    match verdict.outcome.as_ref()? {
        Outcome::Prevented { .. } => Some(0),
        Outcome::Alerted { late: false, .. } => Some(1),
        Outcome::Alerted { late: true, .. } => Some(2),
        Outcome::Logged => Some(3),
        Outcome::Blind => Some(4),
        Outcome::Inconclusive { .. } => None,
    }
}

fn verdicts(a: &Record, b: &Record, lines: &mut Vec<String>) {
    let old: BTreeMap<&VerdictId, &Verdict> = a.verdicts.iter().map(|v| (&v.id, v)).collect();
    let new: BTreeMap<&VerdictId, &Verdict> = b.verdicts.iter().map(|v| (&v.id, v)).collect();
    let mut rows = Vec::new();
    for (id, now) in &new {
        match old.get(id) {
            None => rows.push(("  new     ", format!("{id}: {}", words::outcome(now)))),
            Some(was) if was.outcome == now.outcome => {}
            Some(was) => {
                let mark = match (grade(was), grade(now)) {
                    (Some(x), Some(y)) if y < x => "  better  ",
                    (Some(x), Some(y)) if y > x => "  worse   ",
                    _ => "  other   ",
                };
                let text = format!("{id}: {} → {}", words::outcome(was), words::outcome(now));
                rows.push((mark, text));
                rows.push(("            ", format!("because {}", reason(a, b, was, now))));
            }
        }
    }
    for (id, was) in old.iter().filter(|(id, _)| !new.contains_key(*id)) {
        rows.push(("  gone    ", format!("{id}: was {}", words::outcome(was))));
    }
    if rows.is_empty() {
        return;
    }
    heading(lines, "Verdicts");
    for (mark, text) in rows {
        lines.extend(wrap(mark, &text, WIDTH));
    }
}

/// Returns the nearest cause of a changed verdict that the two records can prove.
fn reason(a: &Record, b: &Record, was: &Verdict, now: &Verdict) -> String {
    let mut found = Vec::new();
    for rule in &now.rules {
        match was.rules.iter().find(|r| r.id == rule.id) {
            None => match a.rules.get(&rule.id) {
                None => found.push(format!("rule \u{201c}{}\u{201d} {}", rule.title, came(a, b, &rule.id))),
                Some(r) if r.hash != rule.hash => {
                    found.push(format!("rule \u{201c}{}\u{201d} was changed", rule.title));
                }
                Some(_) => {
                    found.push(format!("rule \u{201c}{}\u{201d} fires here for the first time", rule.title));
                }
            },
            Some(r) if r.hash != rule.hash => {
                found.push(format!("rule \u{201c}{}\u{201d} was changed", rule.title));
            }
            Some(_) => {}
        }
    }
    for rule in was.rules.iter().filter(|r| now.rules.iter().all(|n| n.id != r.id)) {
        found.push(match b.rules.get(&rule.id) {
            Some(r) if r.hash != rule.hash => {
                format!("rule \u{201c}{}\u{201d} was changed and is silent", rule.title)
            }
            Some(_) => format!("rule \u{201c}{}\u{201d} is silent", rule.title),
            None => format!("rule \u{201c}{}\u{201d} {}", rule.title, went(a, b, &rule.id)),
        });
    }
    let held = |r: &Record| {
        r.replays.iter().find(|p| p.recording == now.recording).map(|p| {
            let sources: Vec<_> = p.sources.iter().map(|(origin, n)| (origin.words(), *n)).collect();
            (p.events, sources)
        })
    };
    if held(a) != held(b) {
        found.push("the recording holds other events".to_owned());
    }
    if found.is_empty() && input_hash(a, "recordings") != input_hash(b, "recordings") {
        found.push("the recordings changed".to_owned());
    }
    if found.is_empty() && a.rule_set.hash != b.rule_set.hash {
        found.push("the rule set changed".to_owned());
    }
    if found.is_empty() && a.matrix.version != b.matrix.version {
        found.push("another ATT&CK version joins the labels in another way".to_owned());
    }
    if found.is_empty() { "the records do not say why".to_owned() } else { found.join(", ") }
}

fn input_hash<'a>(record: &'a Record, name: &str) -> Option<&'a str> {
    record.inputs.iter().find(|i| i.name == name).map(|i| i.hash.as_str())
}

/// Returns why a rule that one record names could not be used in the other, where its file says so.
fn rejected(rule: &RuleInfo, other: &Record) -> bool {
    other.rule_set.rejected.iter().any(|r| r.file == rule.file)
}

/// Returns how a rule that only the later record names came there. A record names the rules that
/// fired, are expected, or came near; whether one that it does not name was there, only the hash of
/// the whole rule set can say.
fn came(a: &Record, b: &Record, id: &RuleId) -> &'static str {
    match b.rules.get(id) {
        Some(rule) if rejected(rule, a) => "could not be used before",
        _ if a.rule_set.hash == b.rule_set.hash => "was there, and is named for the first time",
        _ => "is new, or was there without being named",
    }
}

/// Returns how a rule that only the earlier record names went.
fn went(a: &Record, b: &Record, id: &RuleId) -> &'static str {
    match a.rules.get(id) {
        Some(rule) if rejected(rule, b) => "cannot be used: its file could not be read as rules",
        _ if a.rule_set.hash == b.rule_set.hash => "is there and stays silent",
        _ => "was removed, or is there without being named",
    }
}

/// A rule that was expected to fire on a recording and did not.
struct Loss<'a> {
    rule: &'a RuleId,
    recording: &'a RecordingId,
    text: String,
}

fn losses(record: &Record) -> Vec<Loss<'_>> {
    let mut found = Vec::new();
    for verdict in &record.verdicts {
        for lost in &verdict.lost {
            let text = format!("{} on {}", lost.title, verdict.recording);
            found.push(Loss { rule: &lost.id, recording: &verdict.recording, text });
        }
    }
    found
}

/// Returns what became of a lost rule: it fires, or nothing can be said of it any more.
fn after_loss(loss: &Loss<'_>, b: &Record) -> (&'static str, String) {
    let replay = b.replays.iter().find(|r| r.recording == *loss.recording);
    let fires = replay.is_some_and(|r| r.firings.iter().any(|f| f.rule == *loss.rule && f.passed() > 0));
    let why = if fires {
        return ("  found    ", loss.text.clone());
    } else if replay.is_none() {
        "the recording is gone"
    } else if b.rules.contains_key(loss.rule) {
        "it is no longer expected there"
    } else {
        "the rule is no longer there or no longer expected"
    };
    ("  unknown  ", format!("{}: {why}", loss.text))
}

fn rules(a: &Record, b: &Record, lines: &mut Vec<String>) {
    let mut rows = Vec::new();
    let same = a.rule_set.hash == b.rule_set.hash;
    for (id, rule) in &b.rules {
        match a.rules.get(id) {
            None if same => {}
            None => rows.push(("  new?     ", format!("{}: it {}", rule.title, came(a, b, id)))),
            Some(old) if old.hash != rule.hash => rows.push(("  changed  ", rule.title.clone())),
            Some(_) => {}
        }
    }
    for rule in a.rules.values().filter(|r| !same && !b.rules.contains_key(&r.id)) {
        rows.push(("  gone?    ", format!("{}: it {}", rule.title, went(a, b, &rule.id))));
    }
    let (before, after) = (losses(a), losses(b));
    let has =
        |all: &[Loss<'_>], l: &Loss<'_>| all.iter().any(|o| o.rule == l.rule && o.recording == l.recording);
    rows.extend(after.iter().filter(|l| !has(&before, l)).map(|l| ("  lost     ", l.text.clone())));
    rows.extend(before.iter().filter(|l| !has(&after, l)).map(|l| after_loss(l, b)));
    if rows.is_empty() {
        return;
    }
    heading(lines, &format!("Rules: {}", plural(rows.len() as u64, "change", "changes")));
    for (mark, text) in rows {
        lines.extend(wrap(mark, &text, WIDTH));
    }
}

/// Returns whether two intervals lie apart, so that the difference is more than noise.
fn apart(a: Interval, b: Interval) -> bool {
    a.high < b.low || b.high < a.low
}

fn scores(a: &Record, b: &Record, lines: &mut Vec<String>) {
    let mut rows = Vec::new();
    for now in &b.scores {
        let Some(was) = a.scores.iter().find(|s| s.campaign == now.campaign && s.playbook == now.playbook)
        else {
            rows.push(format!("{}: new", now.campaign));
            continue;
        };
        for (name, x, y) in [
            ("payload first", was.payload, now.payload),
            ("data out first", was.outflow, now.outflow),
            ("nobody notices", was.unnoticed, now.unnoticed),
        ] {
            if (x.hits, x.of) == (y.hits, y.of) {
                continue;
            }
            let noise = match (apart(x.simulation, y.simulation), apart(x.exercises, y.exercises)) {
                (false, _) => "not more than simulation noise",
                (true, false) => "more than simulation noise; the exercises cannot tell the two apart",
                (true, true) => "more than noise",
            };
            rows.push(format!(
                "{} {name}: {} → {} (few exercises {} → {}): {noise}",
                now.campaign,
                percent(x.simulation.value),
                percent(y.simulation.value),
                percent_range(x.exercises),
                percent_range(y.exercises)
            ));
        }
        for (name, x, y) in
            [("by attack", was.attack, now.attack), ("by containment", was.containment, now.containment)]
        {
            if x.mean != y.mean {
                let noise = if apart(x.exercises, y.exercises) {
                    "more than noise"
                } else {
                    "within what few exercises leave open"
                };
                rows.push(format!(
                    "{} person-hours {name}: {} → {}: {noise}",
                    now.campaign,
                    big(x.mean),
                    big(y.mean)
                ));
            }
        }
    }
    if rows.is_empty() {
        return;
    }
    heading(lines, "Scores");
    for row in rows {
        lines.extend(wrap("  ", &row, WIDTH));
    }
}
