//! ARCHITECTURE.md against the code: crates, the arrows between them, and the tests it names.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use super::{crates, root, shown, text};

/// Returns every crate of the workspace with those that it depends on, as cargo knows them.
fn graph() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo's metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    // A crate is called as it is imported: the program's package has a name of its own.
    let imported = |package: &serde_json::Value| -> String {
        let targets = package["targets"].as_array().expect("targets");
        let lib = targets.iter().find(|t| t["kind"][0] == "lib").expect("a library");
        lib["name"].as_str().expect("a name").to_owned()
    };
    let names: BTreeSet<String> = packages.iter().map(imported).collect();
    let arrows = |package: &serde_json::Value| -> BTreeSet<String> {
        let all = package["dependencies"].as_array().expect("dependencies");
        let normal = all.iter().filter(|d| d["kind"].is_null());
        normal.filter_map(|d| d["name"].as_str()).filter(|n| names.contains(*n)).map(str::to_owned).collect()
    };
    packages.iter().map(|package| (imported(package), arrows(package))).collect()
}

/// Returns what stands in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn the_map_shows_every_crate_and_every_arrow_and_no_other() {
    let map = text(&root().join("ARCHITECTURE.md"));
    let graph = graph();
    assert!(graph.len() >= 13, "{graph:?}");
    // The table: one row a crate; its last column names the crates it depends on.
    let mut rows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in map.lines().filter(|l| l.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        let [name, _, _, uses] = cells.as_slice() else { continue };
        let Some(name) = quoted(name).next() else { continue };
        rows.insert(name.to_owned(), quoted(uses).map(str::to_owned).collect());
    }
    assert_eq!(rows, graph, "the table of ARCHITECTURE.md (left) is not what cargo says (right)");
    // The drawing: every crate once, above all that it depends on.
    let drawing = map.split("```").nth(1).expect("a drawing");
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let level = |name: &str| {
        let on = |line: &str| line.split(|c| !is_word(c)).any(|word| word == name);
        let lines: Vec<usize> =
            drawing.lines().enumerate().filter(|(_, l)| on(l)).map(|(number, _)| number).collect();
        assert_eq!(lines.len(), 1, "the drawing shows {name} on lines {lines:?}");
        lines.first().copied()
    };
    for (name, uses) in &graph {
        for used in uses {
            assert!(level(name) < level(used), "the drawing shows {name} not above {used}, which it uses");
        }
    }
}

/// Returns the paths of modules that a source file holds tests in: of `tests/all/a/b.rs` it is
/// `a::b`, of `src/a.rs` also `a::tests`.
fn modules(path: &str) -> Vec<String> {
    let inner = path.split_once("/tests/all/").or_else(|| path.split_once("/src/")).map_or(path, |p| p.1);
    let stem = inner.trim_end_matches(".rs").trim_end_matches("/mod");
    let own = stem.replace('/', "::");
    vec![format!("{own}::tests"), own]
}

#[test]
fn every_invariant_names_tests_that_are_there_in_the_module_it_says() {
    let map = text(&root().join("ARCHITECTURE.md"));
    let files: Vec<(Vec<String>, String)> =
        crates().iter().map(|path| (modules(&shown(path)), text(path))).collect();
    let there = |name: &str| {
        let Some((module, function)) = name.rsplit_once("::") else { return false };
        files.iter().any(|(modules, source)| {
            let named = |own: &String| own == module || own.ends_with(&format!("::{module}"));
            modules.iter().any(named) && source.contains(&format!("fn {function}("))
        })
    };
    let is_path = |name: &&str| {
        name.contains("::")
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_:".contains(c))
    };
    let section = map.split("## Invariants").nth(1).and_then(|rest| rest.split("\nAlso held").next());
    let text = section.expect("a section");
    let begins = |line: &&str| line.split_once(". **").is_some_and(|(n, _)| n.parse::<u32>().is_ok());
    let number = text.lines().filter(begins).count();
    let mut missing = Vec::new();
    let starts: Vec<usize> = (1..=number).filter_map(|n| text.find(&format!("\n{n}. **"))).collect();
    assert_eq!(starts.len(), number, "the invariants are not numbered one by one");
    for (at, start) in starts.iter().enumerate() {
        let end = starts.get(at + 1).copied().unwrap_or(text.len());
        let whole = text.get(*start..end).unwrap_or_default();
        let held: Vec<&str> = whole.split("Held by").skip(1).flat_map(quoted).filter(is_path).collect();
        assert!(!held.is_empty(), "invariant {} names no test", at + 1);
        missing.extend(held.into_iter().filter(|name| !there(name)).map(|name| (at + 1, name)));
    }
    assert!(number >= 34, "only {number} invariants were looked at");
    assert!(missing.is_empty(), "ARCHITECTURE.md names tests that are not there: {missing:?}");
}
