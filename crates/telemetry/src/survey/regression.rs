//! Regression folders of the Sigma project: `info.yml` beside an event log on which
//! named rules must fire.

use model::diagnostic::Diagnostic;
use model::document;
use model::id::RuleId;
use model::recording::{LabelQuality, Recording};
use serde::Deserialize;

use super::{Finder, LabelSet, bare};
use model::paths;

/// The parts of an `info.yml` that matter here; the others belong to that project.
#[derive(Deserialize)]
struct Info {
    #[serde(default)]
    rule_metadata: Vec<Rule>,
    #[serde(default)]
    regression_tests_info: Vec<Test>,
    #[serde(default)]
    title: Option<String>,
}

#[derive(Deserialize)]
struct Rule {
    id: document::Spanned<String>,
    #[serde(default)]
    title: Option<String>,
}

#[derive(Deserialize)]
struct Test {
    #[serde(default)]
    name: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    path: document::Spanned<String>,
    #[serde(default)]
    match_count: Option<u64>,
}

/// Reads an `info.yml` and covers its folder.
pub(super) fn read(finder: &mut Finder<'_>, file: &str) {
    let Some(bytes) = finder.read(file) else { return };
    let info: Info = match document::yaml(file, &bytes) {
        Ok(info) => info,
        Err(diagnostic) => return finder.say(diagnostic),
    };
    // Other projects have files of this name too.
    if info.rule_metadata.is_empty() && info.regression_tests_info.is_empty() {
        return;
    }
    let mut rules = Vec::new();
    for rule in &info.rule_metadata {
        match RuleId::new(&rule.id.value) {
            Ok(id) => rules.push(id),
            Err(error) => finder.say(document::place(
                Diagnostic::error(file, "regression.rule", error.to_string()),
                &rule.id,
            )),
        }
    }
    rules.sort();
    rules.dedup();
    finder.covered.insert(paths::folder(file).to_owned());
    finder.descriptions.insert(file.to_owned());
    for test in &info.regression_tests_info {
        add(finder, file, &info, &rules, test);
    }
}

fn add(finder: &mut Finder<'_>, file: &str, info: &Info, rules: &[RuleId], test: &Test) {
    let Some(telemetry) = resolve(finder, file, &test.path.value) else {
        let message = format!("the telemetry {:?} of this test is missing", test.path.value);
        return finder.say(document::place(
            Diagnostic::error(file, "regression.missing-file", message)
                .help("paths are relative to this folder or to the folder that holds `regression_data`"),
            &test.path,
        ));
    };
    if test.kind.as_deref().is_some_and(|kind| !matches!(kind, "evtx" | "json" | "jsonl" | "auditd")) {
        let message = format!("tests of type {:?} are unknown", test.kind.as_deref().unwrap_or(""));
        finder.say(
            Diagnostic::warning(file, "regression.type", message)
                .help("the file is read by its content; known are evtx, json, jsonl and auditd"),
        );
    }
    let Ok(id) = paths::id(paths::stem(&telemetry)) else { return };
    let title = info
        .rule_metadata
        .iter()
        .find_map(|rule| rule.title.clone())
        .or_else(|| info.title.clone())
        .or_else(|| test.name.clone())
        .unwrap_or_else(|| id.to_string());
    let recording = Recording {
        label: LabelQuality::GoldRule,
        expected_rules: rules.to_vec(),
        ..bare(id.clone(), &title, vec![telemetry], "Sigma regression test")
    };
    if finder.add(recording, file) {
        for rule in rules {
            finder.label(LabelSet::Gold, &id, rule.clone(), test.match_count);
        }
    }
}

/// A test names its file from the project's root, which may lie above the folder that
/// was given to us, or from its own folder.
fn resolve(finder: &Finder<'_>, file: &str, path: &str) -> Option<String> {
    let folder = paths::folder(file);
    let beside = paths::within(folder, paths::name(path));
    let own = paths::within(folder, path);
    let mut above = folder;
    let mut candidates = vec![own, paths::within("", path)];
    while !above.is_empty() {
        above = paths::folder(above);
        candidates.push(paths::within(above, path));
    }
    candidates.push(beside);
    candidates.into_iter().flatten().find(|candidate| finder.files.contains(candidate.as_str()))
}
