//! Casts, indexing and clones in each crate: numbers that may only fall.

use std::collections::BTreeMap;

use super::{code_only, crates, root, shown, text};

/// How far a count may be below its stored number before that must be lowered.
const SLACK: usize = 10;

/// What is counted in the code of a crate, tests left out.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Counts {
    /// Conversions with `as` to a number.
    casts: usize,
    /// Elements and ranges taken with `x[i]`.
    indexing: usize,
    /// Calls of `clone`.
    clones: usize,
}

const NUMBERS: [&str; 14] =
    ["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64"];

/// Counts in source text.
fn counts(source: &str) -> Counts {
    let production = source.split("#[cfg(test)]").next().unwrap_or_default();
    let code = code_only(production);
    let words: Vec<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let dense: Vec<&str> = words.into_iter().filter(|w| !w.is_empty()).collect();
    let casts = dense.windows(2).filter(|pair| matches!(pair, ["as", to] if NUMBERS.contains(to))).count();
    let mut indexing = 0;
    let mut before = ' ';
    for c in code.chars() {
        indexing += usize::from(c == '[' && (before.is_alphanumeric() || "_)]?".contains(before)));
        before = c;
    }
    Counts { casts, indexing, clones: code.matches(".clone()").count() }
}

#[test]
fn casts_indexing_and_clones_only_become_fewer() {
    let stored = root().join("crates/app/tests/all/tidy/ratchets.tsv");
    let mut allowed: BTreeMap<String, Counts> = BTreeMap::new();
    for line in text(&stored).lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, numbers @ ..] = fields.as_slice() else { panic!("{line:?}") };
        let numbers: Vec<usize> = numbers.iter().map(|n| n.parse().expect("a number")).collect();
        let [casts, indexing, clones] = numbers.as_slice() else { panic!("{line:?}") };
        let (casts, indexing, clones) = (*casts, *indexing, *clones);
        allowed.insert((*name).to_owned(), Counts { casts, indexing, clones });
    }
    let mut found: BTreeMap<String, Counts> = BTreeMap::new();
    for path in crates() {
        let name = shown(&path);
        let Some((own, inner)) = name.trim_start_matches("crates/").split_once("/src/") else { continue };
        if inner.ends_with("tests.rs") || inner.split('/').any(|folder| folder == "tests") {
            continue;
        }
        let counts = counts(&text(&path));
        let all = found.entry(own.to_owned()).or_default();
        all.casts += counts.casts;
        all.indexing += counts.indexing;
        all.clones += counts.clones;
    }
    let mut wrong = Vec::new();
    for (name, now) in &found {
        let most = allowed.remove(name).unwrap_or_default();
        for (what, now, most) in [
            ("casts", now.casts, most.casts),
            ("indexing", now.indexing, most.indexing),
            ("clones", now.clones, most.clones),
        ] {
            if now > most {
                wrong
                    .push(format!("{name}: {now} {what}, {most} are allowed: use try_from, get or a borrow"));
            } else if now + SLACK < most {
                wrong.push(format!("{name}: {now} {what}, {most} are stored: lower the number"));
            }
        }
    }
    assert!(allowed.is_empty(), "no such crate: {allowed:?}");
    let lines = found.iter().map(|(n, c)| format!("{n}\t{}\t{}\t{}", c.casts, c.indexing, c.clones));
    let lines = lines.collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{}\n\nnow:\n{lines}", wrong.join("\n"));
}

#[test]
fn what_is_counted_is_told_from_what_looks_like_it() {
    let sample = text(&root().join("crates/app/tests/all/tidy/counted.txt"));
    assert_eq!(counts(&sample), Counts { casts: 3, indexing: 4, clones: 2 });
}
