//! Each promise of `docs/sandbox.md` is held by a test that exists.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// Returns what is wrong with the name of a test, such as `case 05b` or `file::name`.
fn missing(test: &str, cases: &str, files: &[PathBuf]) -> bool {
    if let Some(number) = test.strip_prefix("case ") {
        return !cases.contains(&format!("\n== {number} "));
    }
    let Some((file, name)) = test.split_once("::") else { return true };
    let declared = format!("fn {name}()");
    !files.iter().filter(|path| path.file_stem().is_some_and(|stem| stem == file)).any(|path| {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.split("\n\n").any(|part| part.contains("#[test]\n") && part.contains(&declared))
    })
}

#[test]
fn each_promise_names_tests_that_exist() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = fs::read_to_string(home.join("tests/adversarial/cases.txt")).expect("the cases");
    let text = fs::read_to_string(home.join("../../docs/sandbox.md")).expect("the page");
    let mut files = Vec::new();
    sources(&home.join("src/sandbox"), &mut files);
    sources(&home.join("tests"), &mut files);
    let (_, part) = text.split_once("## What is promised").expect("the promises");
    let part = part.split("\n## ").next().unwrap_or("");
    let rows: Vec<Vec<&str>> = part
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1)
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() >= 20, "only {} promises", rows.len());
    let mut faults = Vec::new();
    for row in &rows {
        let [promise, tiers @ .., tests] = row.as_slice() else { continue };
        assert_eq!(tiers.len(), 4, "{promise}");
        let promised = tiers.iter().any(|cell| !cell.starts_with("**no**"));
        if promised && tests.is_empty() {
            faults.push(format!("{promise}: names no test"));
        }
        let named = tests.split(',').map(str::trim).filter(|test| !test.is_empty());
        faults.extend(
            named
                .filter(|test| missing(test, &cases, &files))
                .map(|test| format!("{promise}: there is no {test}")),
        );
    }
    let prose = part
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
        .filter(|word| word.contains("::"));
    faults
        .extend(prose.filter(|word| missing(word, &cases, &files)).map(|word| format!("there is no {word}")));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
