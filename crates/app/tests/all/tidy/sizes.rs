//! Sizes of files and functions as a ratchet.

use std::collections::BTreeMap;

use super::{crates, root, shown, text};

/// Lines a source file may have.
const FILE_LINES: usize = 500;

/// Lines a function may have, from its signature to its closing brace.
const FUNCTION_LINES: usize = 70;

/// Functions over the limit today, by file: the number may only fall.
const LONG_FUNCTIONS: [(&str, usize); 1] = [("crates/outflow/src/container/pdf/text.rs", 1)];

/// Files over the limit today: the number of lines may only fall.
const LONG_FILES: [(&str, usize); 0] = [];

#[test]
fn files_and_functions_stay_small() {
    let long_files: BTreeMap<_, _> = LONG_FILES.into_iter().collect();
    let long_functions: BTreeMap<_, _> = LONG_FUNCTIONS.into_iter().collect();
    let mut found = Vec::new();
    for path in crates() {
        let name = shown(&path);
        let source = text(&path);
        let lines = source.lines().count();
        let allowed = long_files.get(name.as_str()).copied().unwrap_or(FILE_LINES);
        if lines > allowed {
            found.push(format!("{name}: {lines} lines, {allowed} allowed"));
        }
        let long: Vec<_> = functions(&source).into_iter().filter(|(_, n)| *n > FUNCTION_LINES).collect();
        if long.len() > long_functions.get(name.as_str()).copied().unwrap_or(0) {
            found.push(format!("{name}: functions over {FUNCTION_LINES} lines: {long:?}"));
        }
    }
    for (name, limit) in long_files {
        let lines = text(&root().join(name)).lines().count();
        if lines < limit {
            found.push(format!("{name} has shrunk to {lines}: lower the ratchet"));
        }
    }
    assert!(found.is_empty(), "split these:\n{}", found.join("\n"));
}

/// Returns name and length of every function with a body of its own lines, found by the
/// indentation of its closing brace.
fn functions(source: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = source.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let Some(name) = function_name(trimmed) else { continue };
        // A signature ends where a body opens, or with a semicolon where there is none.
        let rest = lines.iter().enumerate().skip(start);
        let end = rest.clone().find(|(_, l)| l.trim_end().ends_with(['{', '}', ';']));
        let Some((signed, last)) = end else { continue };
        let close = format!("{}}}", " ".repeat(line.len() - trimmed.len()));
        let closed = match last.trim_end().ends_with('{') {
            true => rest.clone().find(|(_, l)| **l == close).map_or(start, |(at, _)| at),
            false => signed,
        };
        found.push((name.to_owned(), closed - start + 1));
    }
    found
}

/// Returns the name of the function that a line declares, whatever stands before `fn`.
fn function_name(line: &str) -> Option<&str> {
    let mut rest = line;
    while !rest.starts_with("fn ") {
        let words = ["pub ", "const ", "async ", "unsafe ", "extern \"C\" ", "default "];
        rest = words.iter().find_map(|word| rest.strip_prefix(word)).or_else(|| {
            let inside = rest.strip_prefix("pub(")?;
            inside.split_once(") ").map(|(_, rest)| rest)
        })?;
    }
    rest.get(3..)?.split(['(', '<']).next()
}

#[test]
fn every_kind_of_function_is_measured() {
    let sample = text(&root().join("crates/app/tests/all/tidy/functions.txt"));
    let found = functions(&sample);
    let lengths: Vec<(&str, usize)> = found.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    let expected =
        [("four", 4), ("three", 3), ("nothing", 1), ("three_too", 3), ("one", 1), ("six", 6), ("five", 6)];
    assert_eq!(lengths, expected);
}
