//! Casts, indexing and clones in each crate, for 1,000 lines of code: numbers that may only fall.

use std::collections::BTreeMap;

use super::{code_only, crates, root, shown, text};

/// How far a number may be below its stored one before that must be lowered.
const SLACK: f64 = 1.0;

/// What is counted in the code of a crate, tests left out.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Counts {
    /// Conversions with `as` to a number.
    casts: usize,
    /// Elements and ranges taken with `x[i]`.
    indexing: usize,
    /// Calls of `clone`.
    clones: usize,
    /// Lines with code, comments left out.
    lines: usize,
}

impl Counts {
    /// Returns the counts for 1,000 lines of code, with one decimal.
    fn rates(self) -> [f64; 3] {
        let rate = |n: usize| (n as f64 * 10_000.0 / self.lines.max(1) as f64).round() / 10.0;
        [self.casts, self.indexing, self.clones].map(rate)
    }
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
    let lines = code.lines().filter(|line| !line.trim().is_empty()).count();
    Counts { casts, indexing, clones: code.matches(".clone()").count(), lines }
}

#[test]
fn casts_indexing_and_clones_only_become_fewer() {
    let stored = root().join("crates/app/tests/all/tidy/ratchets.tsv");
    let mut allowed: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for line in text(&stored).lines().skip(1) {
        let mut fields = line.split('\t');
        let name = fields.next().unwrap_or_default();
        allowed.insert(name.to_owned(), fields.map(|n| n.parse().expect("a number")).collect());
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
        all.lines += counts.lines;
    }
    let mut wrong = Vec::new();
    for (name, now) in &found {
        let most = allowed.remove(name).unwrap_or_else(|| vec![0.0; 3]);
        for ((what, now), most) in ["casts", "indexing", "clones"].into_iter().zip(now.rates()).zip(most) {
            if now > most {
                wrong.push(format!(
                    "{name}: {now} {what} in 1,000 lines, {most} are allowed: use try_from, get or a borrow"
                ));
            } else if now + SLACK < most {
                wrong.push(format!(
                    "{name}: {now} {what} in 1,000 lines, {most} are stored: lower the number"
                ));
            }
        }
    }
    assert!(allowed.is_empty(), "no such crate: {allowed:?}");
    let lines = found.iter().map(|(n, c)| format!("{n}\t{}", c.rates().map(|r| r.to_string()).join("\t")));
    let lines = lines.collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{}\n\nnow:\n{lines}", wrong.join("\n"));
}

#[test]
fn what_is_counted_is_told_from_what_looks_like_it() {
    let sample = text(&root().join("crates/app/tests/all/tidy/counted.txt"));
    assert_eq!(counts(&sample), Counts { casts: 3, indexing: 4, clones: 2, lines: 16 });
}
