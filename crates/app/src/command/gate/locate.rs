//! Where in the workspace a miss is mended: the file and line that a gate names.

use std::path::Path;

use model::gate::{Gate, Offence, Place};
use model::record::Record;
use rehearsal::Files;

/// Sets files as they are named from here, and lines where they can be told: for a rule the
/// first field that did not hold, else its detection.
pub(super) fn locate(gate: &mut Gate, record: &Record, rules: &dyn Files, recordings: &dyn Files) {
    for offence in gate.lines.iter_mut().flat_map(|l| &mut l.offences) {
        let Some(place) = offence.place.take() else { continue };
        offence.place = Some(if offence.key.starts_with("content:") {
            Place { file: from_here(&place.file), line: place.line }
        } else if offence.key.starts_with("verdict:") {
            in_recording(&place.file, recordings)
        } else {
            in_rule(offence, &place.file, record, rules)
        });
    }
}

/// Returns a path as it is named from the folder the program was called in.
fn from_here(path: &str) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path = Path::new(path);
    let path = path.strip_prefix(&here).unwrap_or(path);
    let parts = path.components().filter(|part| !matches!(part, std::path::Component::CurDir));
    parts.collect::<std::path::PathBuf>().display().to_string()
}

fn in_recording(file: &str, recordings: &dyn Files) -> Place {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let described =
        if folder.is_empty() { "recording.yaml".to_owned() } else { format!("{folder}/recording.yaml") };
    let file = if recordings.open(&described).is_ok() { described } else { file.to_owned() };
    Place { file: from_here(&recordings.name(&file)), line: 1 }
}

fn in_rule(offence: &Offence, file: &str, record: &Record, rules: &dyn Files) -> Place {
    let name = from_here(&rules.name(file));
    let Some((rule, recording)) = named(offence) else { return Place { file: name, line: 1 } };
    let leaf = assess::gate::failed_leaf(record, rule, recording);
    line_in(rules, file, rule, leaf.as_ref())
}

/// Returns where in its file a rule's selection and field stand, else its detection.
pub(in crate::command) fn line_in(
    rules: &dyn Files,
    file: &str,
    rule: &str,
    leaf: Option<&(String, Option<String>)>,
) -> Place {
    let text = rules.read(file).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let line = text.map_or(1, |text| line_of(&text, rule, leaf));
    Place { file: from_here(&rules.name(file)), line }
}

/// Returns the rule and, if it is named, the recording of an offence.
fn named(offence: &Offence) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = offence.key.strip_prefix("rule:") {
        let (rule, recording) = rest.split_once('@')?;
        return Some((rule, Some(recording)));
    }
    offence.key.strip_prefix("benign:").map(|rule| (rule, None))
}

/// Returns the line, from 1, of a rule's failing field, of its detection, or of its id, inside
/// the document of the file that holds the rule.
fn line_of(text: &str, rule: &str, leaf: Option<&(String, Option<String>)>) -> u32 {
    let lines: Vec<&str> = text.lines().collect();
    let id = lines.iter().position(|l| l.trim_start().starts_with("id:") && l.contains(rule)).unwrap_or(0);
    let is_end = |line: &&str| line.starts_with("---");
    let begin = lines.iter().take(id).rposition(is_end).map_or(0, |at| at + 1);
    let end = lines.iter().skip(id).position(is_end).map_or(lines.len(), |at| id + at);
    let find = |from: usize, test: &dyn Fn(&str) -> bool| {
        let inside = lines.iter().enumerate().take(end).skip(from);
        inside
            .map(|(at, line)| (at, line.trim_start().trim_start_matches("- ")))
            .find(|(_, l)| test(l))
            .map(|(at, _)| at)
    };
    let starts = |line: &str, key: &str| {
        let rest = line.trim_start_matches(['\'', '"']).strip_prefix(key);
        rest.is_some_and(|rest| rest.starts_with([':', '|', '\'', '"']))
    };
    let detection = find(begin, &|line| starts(line, "detection"));
    let field = leaf.and_then(|(selection, field)| {
        let from = find(detection?, &|line| starts(line, selection))?;
        match field {
            Some(field) => find(from, &|line| starts(line, field)).or(Some(from)),
            None => Some(from),
        }
    });
    let at = field.or(detection).unwrap_or(id);
    u32::try_from(at + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_that_of_the_field_that_did_not_hold() {
        let text = "title: a\nid: one\ndetection:\n  sel:\n    Image: x\n  condition: sel\n---\ntitle: b\nid: two\ndetection:\n  other:\n    - Image|endswith: y\n      CommandLine|contains: z\n  condition: other\n";
        let leaf = |field: &str| Some(("other".to_owned(), Some(field.to_owned())));
        assert_eq!(line_of(text, "two", leaf("CommandLine").as_ref()), 13);
        assert_eq!(line_of(text, "two", leaf("Image").as_ref()), 12);
        assert_eq!(line_of(text, "two", leaf("Missing").as_ref()), 11);
        assert_eq!(line_of(text, "two", None), 10);
        assert_eq!(line_of(text, "one", None), 3);
    }
}
