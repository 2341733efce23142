//! Records at risk: the people found in a store become the `records` of its asset.

use std::path::Path;

use crate::error::Failure;
use crate::files;

/// Sets `records` of an asset in an estate file and leaves every other character
/// as it is. What comes out is read again before it is written.
pub(super) fn set(file: &Path, asset: &str, records: u64) -> Result<(), Failure> {
    let shown = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .map_err(|e| Failure::Unreadable { path: shown.clone(), why: e.to_string() })?;
    let changed = edit(&text, asset, records).ok_or_else(|| Failure::Unknown {
        what: "asset",
        name: asset.to_owned(),
        hint: format!("{shown} must list it under `assets:`, each entry on lines of its own"),
    })?;
    let mut findings = Vec::new();
    let estate = continuity::read_estate(&shown, changed.as_bytes()).report(&mut findings);
    let fits =
        estate.is_some_and(|e| e.assets.iter().any(|a| a.id.as_str() == asset && a.records == records));
    if !fits {
        return Err(Failure::Content(findings));
    }
    files::put(file, &changed)
}

/// Returns the text with the records of the asset set, `None` when it is not listed.
fn edit(text: &str, asset: &str, records: u64) -> Option<String> {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let begin = lines.iter().position(|l| id(l) == Some(asset))?;
    if lines[begin].trim_start().starts_with("- {") {
        lines[begin] = in_braces(&lines[begin], records)?;
        return Some(lines.join("\n"));
    }
    let indent = lines[begin].find('-')? + 2;
    let inside = |l: &String| l.trim().is_empty() || l.len() - l.trim_start().len() >= indent;
    let end = lines[begin + 1..].iter().position(|l| !inside(l)).map_or(lines.len(), |n| begin + 1 + n);
    let line = format!("{}records: {records}", " ".repeat(indent));
    let old = (begin + 1..end).find(|i| lines[*i].trim_start().starts_with("records:"));
    match old {
        Some(at) => lines[at] = line,
        None => lines.insert(begin + 1, line),
    }
    Some(lines.join("\n"))
}

/// Returns the id that a line begins an entry with.
fn id(line: &str) -> Option<&str> {
    let entry = line.trim().strip_prefix("- ")?.trim_start().trim_start_matches('{');
    let value = entry.trim_start().strip_prefix("id:")?.trim();
    let value = value.split([',', '}', ' ', '#']).next()?;
    Some(value.trim_matches(['"', '\'']))
}

/// Returns the entry on one line with its records set.
fn in_braces(line: &str, records: u64) -> Option<String> {
    if let Some(at) = line.find("records:") {
        let (head, tail) = line.split_at(at + "records:".len());
        let rest = tail.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
        return Some(format!("{head} {records}{rest}"));
    }
    let (head, tail) = line.split_at(line.rfind('}')?);
    Some(format!("{head}, records: {records}{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_changes_and_nothing_else() {
        let text =
            "assets:\n  - id: a\n    name: A\n  - id: \"b\"\n    name: B # x\n    records: 5\nservices:\n";
        let cases = [
            (
                "a",
                "assets:\n  - id: a\n    records: 9\n    name: A\n  - id: \"b\"\n    name: B # x\n    records: 5\nservices:\n",
            ),
            (
                "b",
                "assets:\n  - id: a\n    name: A\n  - id: \"b\"\n    name: B # x\n    records: 9\nservices:\n",
            ),
        ];
        for (asset, expected) in cases {
            assert_eq!(edit(text, asset, 9).as_deref(), Some(expected));
        }
        let flow = "assets:\n  - {id: a, name: A}  # first\n  - {id: b, records: 5, name: B}\n";
        assert_eq!(edit(flow, "a", 9).as_deref(), Some(flow.replace("A}", "A, records: 9}").as_str()));
        assert_eq!(edit(flow, "b", 9).as_deref(), Some(flow.replace("records: 5", "records: 9").as_str()));
        assert_eq!(edit(text, "c", 9), None);
    }
}
