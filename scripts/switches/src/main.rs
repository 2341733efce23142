//! Builds all mutants of a crate into one program: each changed place asks whether its number is
//! the one in the environment variable `MUTANT`. One build then serves every mutant.
//!
//! ```text
//! switches TREE MUTANTS.json > PLACES.json
//! ```
//!
//! `MUTANTS.json` is a list of `cargo mutants --list --json`, each with a `number`. The sources
//! under `TREE` are rewritten; `PLACES.json` gives the bytes that belong to each number, so that an
//! error of the compiler can be laid to it. What has no switch is not in it.

mod place;
mod write;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use serde::Deserialize;

/// A mutant as cargo-mutants lists it.
#[derive(Debug, Deserialize)]
struct Mutant {
    number: u32,
    file: String,
    genre: String,
    replacement: String,
    span: Range,
}

/// Line and column, both from 1.
#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    line: usize,
    column: usize,
}

#[derive(Debug, Deserialize)]
struct Range {
    start: Point,
}

/// What a mutant switches, as bytes of the source.
#[derive(Debug)]
enum Switch {
    /// In place of an expression, another.
    Other { range: (usize, usize), text: String },
    /// The function returns this at once.
    Return { at: usize, text: String },
    /// The arm of a match does not take part: behind its pattern, or before its guard.
    Arm { at: usize, guard: Option<(usize, usize)> },
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [tree, list] = arguments.as_slice() else { return Err("switches TREE MUTANTS.json".into()) };
    let mutants: Vec<Mutant> = serde_json::from_slice(&std::fs::read(list)?)?;
    let mut files: BTreeMap<&str, Vec<&Mutant>> = BTreeMap::new();
    for mutant in &mutants {
        files.entry(&mutant.file).or_default().push(mutant);
    }
    let mut places = BTreeMap::new();
    for (file, mutants) in files {
        let path = Path::new(tree).join(file);
        let source = std::fs::read_to_string(&path)?;
        let switches = place::switches(&source, &mutants)?;
        let (text, ranges) = write::write(&source, switches);
        std::fs::write(&path, text)?;
        places.insert(file.to_owned(), ranges);
    }
    serde_json::to_writer(std::io::stdout().lock(), &places)?;
    Ok(())
}
