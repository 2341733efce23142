//! Sigma to the letter: each case of `tests/sigma/` is a few rules, events and what must fire.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::{event, join, recording, watch};
use detect::{RuleFile, RuleSet};
use model::event::Event;
use serde::Deserialize;
use serde_json::Value;

/// A case: rules by id with their detection, or whole documents, and what they do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    about: String,
    #[serde(default)]
    rules: BTreeMap<String, Value>,
    #[serde(default)]
    documents: String,
    /// Fields; `at` is the time in seconds, without it the place in the list.
    events: Vec<Value>,
    /// Rule ids and the events on which they fire.
    fires: BTreeMap<String, Vec<u64>>,
    /// Whether events stand together, as correlations need: then at most eight fire.
    #[serde(default)]
    whole: bool,
    /// Titles of rules and part of the reason for which they are refused.
    #[serde(default)]
    refused: BTreeMap<String, String>,
    /// What must be said beside that.
    #[serde(default)]
    said: Vec<String>,
}

impl Case {
    fn files(&self) -> Vec<RuleFile> {
        let file = |name: &str, text: String| RuleFile { path: format!("{name}.yml"), bytes: text.into() };
        let mut files: Vec<RuleFile> = Vec::new();
        for (id, detection) in &self.rules {
            // JSON is YAML.
            let rule = format!(
                "title: {id}\nid: {id}\n\
                 logsource: {{product: windows, category: process_creation}}\ndetection: {detection}\n"
            );
            files.push(file(id, rule));
        }
        if !self.documents.is_empty() {
            files.push(file("documents", self.documents.clone()));
        }
        files
    }

    fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for (index, fields) in (0..).zip(&self.events) {
            let mut fields = fields.clone();
            let at = fields.as_object_mut().and_then(|map| map.shift_remove("at"));
            let second = at.and_then(|at| at.as_i64()).unwrap_or(index as i64);
            events.push(event(index, second, fields));
        }
        events
    }

    fn faults(&self) -> Vec<String> {
        let ((rules, summary), said) = RuleSet::read(self.files(), &join).into_parts();
        let mut faults = Vec::new();
        let mut refused: BTreeMap<&str, &str> = BTreeMap::new();
        for rejected in &summary.rejected {
            refused.insert(rejected.rule.as_deref().unwrap_or(&rejected.file), &rejected.reason);
        }
        for (title, says) in &self.refused {
            match refused.remove(title.as_str()) {
                Some(reason) if reason.contains(says) => {}
                other => faults.push(format!("{title}: refused with {other:?}, not {says:?}")),
            }
        }
        faults.extend(refused.iter().map(|(title, reason)| format!("{title}: refused: {reason}")));
        let told: Vec<String> = said.iter().map(|d| d.message.clone()).collect();
        for wanted in self.said.iter().filter(|wanted| !told.iter().any(|t| t.contains(*wanted))) {
            faults.push(format!("nothing was said of {wanted:?}: {told:?}"));
        }
        for info in rules.rules().iter().filter(|info| !self.fires.contains_key(info.id.as_str())) {
            faults.push(format!("{}: the case says nothing of this rule", info.id));
        }
        let events = self.events();
        for (id, wanted) in &self.fires {
            let of = |events: &[Event]| {
                let seen = watch(&rules, &recording("T1059"), events, 2);
                let found = seen.replay.firings.into_iter().find(|firing| firing.rule.as_str() == id);
                found.map_or((0, Vec::new()), |firing| (firing.events, firing.first))
            };
            let (count, mut fired) = of(&events);
            if !self.whole {
                // A firing keeps its first eight events: one event at a time tells them all.
                let alone = |event: &&Event| of(std::slice::from_ref(*event)).0 > 0;
                fired = events.iter().filter(alone).map(|event| event.index).collect();
            }
            if count != wanted.len() as u64 {
                faults.push(format!("{id}: fired {count} times, not {}", wanted.len()));
            }
            let wanted: Vec<u64> =
                wanted.iter().copied().take(if self.whole { 8 } else { usize::MAX }).collect();
            if fired != wanted {
                faults.push(format!("{id}: fired on {fired:?}, not {wanted:?}"));
            }
        }
        faults
    }
}

#[test]
fn every_case_does_what_the_specification_says() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sigma"));
    let mut wrong = Vec::new();
    let mut cases = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let case: Case = model::document::yaml(&name, &std::fs::read(&path).unwrap())
            .unwrap_or_else(|fault| panic!("{name}: {} {:?}", fault.message, fault.position));
        cases += 1;
        wrong.extend(case.faults().into_iter().map(|fault| format!("{name} ({}): {fault}", case.about)));
    }
    wrong.sort();
    assert!(cases >= 18, "only {cases} cases were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
