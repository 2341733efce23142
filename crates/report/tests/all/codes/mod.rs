//! Every code that a room or the program can print is explained.

use std::collections::BTreeSet;
use std::path::Path;

/// What codes begin with.
const AREAS: [&str; 23] = [
    "afb",
    "atomic",
    "campaign",
    "estate",
    "events",
    "file",
    "flow",
    "index",
    "playbook",
    "procedure",
    "profile",
    "race",
    "record",
    "recording",
    "regression",
    "rule",
    "stix",
    "technique",
    "text",
    "version-map",
    "workspace",
    "yaml",
    "efforts",
];

/// Names of the same form that are no codes: fields of the Elastic Common Schema and files.
const OTHERS: [&str; 11] = [
    "efforts.yaml",
    "file.path",
    "estate.yaml",
    "campaign.yaml",
    "recording.yaml",
    "index.jsonl",
    "record.json",
    "file.evtx",
    "recording.yml",
    "procedure.yaml",
    "index.json",
];

fn sources(folder: &Path, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("tests") {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            found.extend(std::fs::read_to_string(&path));
        }
    }
}

/// What makes a finding; its code is the first literal behind it that has the form of one.
const MAKERS: [&str; 5] = ["Diagnostic::error(", "Diagnostic::warning(", ".warn(", ".complain(", "told("];

/// How far behind that the code stands at most, in bytes.
const REACH: usize = 220;

/// Returns the codes of the findings that source text makes, whatever their area.
fn raised(text: &str) -> Vec<String> {
    let production = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code = production.lines().filter(|line| !line.trim_start().starts_with("//"));
    let production = code.collect::<Vec<_>>().join("\n");
    let is_code = |literal: &&str| {
        let word = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit())
        };
        literal.split_once('.').is_some_and(|(area, rest)| word(area) && word(rest))
            && ![".yaml", ".json", ".yml"].iter().any(|ending| literal.ends_with(ending))
    };
    let mut found = Vec::new();
    for maker in MAKERS {
        for (at, _) in production.match_indices(maker) {
            let rest = production.get(at + maker.len()..).unwrap_or_default();
            let end = (0..=REACH.min(rest.len())).rev().find(|end| rest.is_char_boundary(*end));
            let near = rest.get(..end.unwrap_or_default()).unwrap_or_default();
            found.extend(near.split('"').skip(1).step_by(2).find(is_code).map(str::to_owned));
        }
    }
    found
}

#[test]
fn every_code_in_the_sources_is_explained() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(crates).into_iter().flatten().flatten() {
        // The keys of numbers in this crate have the same form.
        if entry.file_name() != "report" {
            sources(&entry.path().join("src"), &mut texts);
        }
    }
    let mut codes = BTreeSet::new();
    for text in &texts {
        codes.extend(raised(text));
        for literal in text.split('"') {
            let Some((area, rest)) = literal.split_once('.') else { continue };
            let word = !rest.is_empty()
                && rest.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit());
            if AREAS.contains(&area) && word && !OTHERS.contains(&literal) {
                codes.insert(literal.to_owned());
            }
        }
    }
    assert!(codes.len() > 50, "{codes:?}");
    let missing: Vec<_> = codes.iter().filter(|c| report::explain_code(c).is_none()).collect();
    assert!(missing.is_empty(), "not explained: {missing:?}");
    assert_eq!(report::explain_code("no.such-code"), None);
}
