//! Changes of a rule's text, in each shape in which rules are written.

use super::*;

const RULE: &str = "\
title: x # kept
id: 1
detection:
  block:
    Image|endswith: # list
      - '\\a.exe' # first
      - \"b.exe\"
    CommandLine|contains|all: [' one ', two]
  maps:
    - Image: cmd
      User: 'it''s'
    - Hashes|re: |
        ^a
  words:
    - alone
  condition: block and not maps or words
level: low
";

fn rule() -> RuleText<'static> {
    RuleText::of_rule(RULE, &RuleId::new("1").unwrap()).unwrap()
}

/// Returns the lines that differ, as `-old` and `+new`.
fn changed(change: &Change) -> Option<(u32, String)> {
    let edited = rule().with(change)?;
    let (before, after): (Vec<&str>, Vec<&str>) = (RULE.lines().collect(), edited.text.lines().collect());
    let same = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let end = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
    let end = end.min(before.len() - same).min(after.len() - same);
    let lines = |sign: &str, lines: &[&str]| lines.iter().map(|l| format!("{sign}{l}\n")).collect::<String>();
    let text = lines("-", &before[same..before.len() - end]) + &lines("+", &after[same..after.len() - end]);
    Some((edited.line, text))
}

#[test]
fn clauses_are_read_with_their_keys_and_values() {
    let keys: Vec<&str> =
        rule().clauses.iter().map(|c| if c.key.is_some() { "key" } else { "words" }).collect();
    assert_eq!(keys, ["key", "key", "key", "key", "key", "words"]);
    assert_eq!(rule().clauses[3].values[0].text, "it's");
    assert_eq!(rule().conditions[0].text, "block and not maps or words");
}

#[test]
fn one_place_changes_and_all_else_stays() {
    let value = |clause, value, with: &str| Change::Value { clause, value, with: with.to_owned() };
    let cases = [
        (value(0, 0, r"\c.exe"), 6, "-      - '\\a.exe' # first\n+      - '\\c.exe' # first\n"),
        (value(2, 0, "powershell"), 10, "-    - Image: cmd\n+    - Image: powershell\n"),
        (value(2, 0, "no"), 10, "-    - Image: cmd\n+    - Image: 'no'\n"),
        (value(3, 0, "a'b"), 11, "-      User: 'it''s'\n+      User: 'a''b'\n"),
        (Change::Alternative { clause: 0, with: r"\d".to_owned() }, 8, "+      - '\\d'\n"),
        (
            Change::Alternative { clause: 1, with: "three".to_owned() },
            8,
            "-    CommandLine|contains|all: [' one ', two]\n+    CommandLine|contains|all: [' one ', two, 'three']\n",
        ),
        (
            Change::Alternative { clause: 3, with: "x".to_owned() },
            12,
            "-      User: 'it''s'\n+      User:\n+        - 'it''s'\n+        - 'x'\n",
        ),
        (Change::NoValue { clause: 0, value: 0 }, 6, "-      - '\\a.exe' # first\n"),
        (
            Change::NoValue { clause: 1, value: 0 },
            8,
            "-    CommandLine|contains|all: [' one ', two]\n+    CommandLine|contains|all: [two]\n",
        ),
        (
            Change::NoValue { clause: 1, value: 1 },
            8,
            "-    CommandLine|contains|all: [' one ', two]\n+    CommandLine|contains|all: [' one ']\n",
        ),
        (
            Change::NoClause { clause: 0 },
            5,
            "-    Image|endswith: # list\n-      - '\\a.exe' # first\n-      - \"b.exe\"\n",
        ),
        (
            Change::NoClause { clause: 2 },
            10,
            "-    - Image: cmd\n-      User: 'it''s'\n+    - User: 'it''s'\n",
        ),
        (
            Change::Key { clause: 0, with: "Image|contains".to_owned() },
            5,
            "-    Image|endswith: # list\n+    Image|contains: # list\n",
        ),
        (
            Change::Condition { place: 0, with: "block or words".to_owned() },
            16,
            "-  condition: block and not maps or words\n+  condition: block or words\n",
        ),
        (
            Change::Condition { place: 0, with: "1 of b* or (all of w* and not m)".to_owned() },
            16,
            "-  condition: block and not maps or words\n+  condition: 1 of b* or (all of w* and not m)\n",
        ),
    ];
    for (change, line, text) in cases {
        assert_eq!(changed(&change), Some((line, text.to_owned())), "{change:?}");
    }
}

/// Lines that end with CR LF go on doing so.
#[test]
fn line_ends_are_kept() {
    let text = RULE.replace('\n', "\r\n");
    let own = RuleText::of_rule(&text, &RuleId::new("1").unwrap()).unwrap();
    for (clause, line) in [(0, 8), (3, 12)] {
        let edited = own.with(&Change::Alternative { clause, with: "x".to_owned() }).unwrap();
        assert_eq!(edited.line, line);
        assert_eq!(edited.text.matches('\n').count(), edited.text.matches("\r\n").count(), "{}", edited.text);
    }
    let less = own.with(&Change::NoValue { clause: 0, value: 0 }).unwrap();
    assert_eq!(less.text, text.replace("      - '\\a.exe' # first\r\n", ""));
}

/// What the text does not allow is refused, never made half.
#[test]
fn what_cannot_be_written_is_refused() {
    let refused = [
        Change::Value { clause: 4, value: 0, with: "b".to_owned() },
        Change::Value { clause: 0, value: 9, with: "b".to_owned() },
        Change::Value { clause: 0, value: 0, with: "two\nlines".to_owned() },
        Change::NoValue { clause: 2, value: 0 },
        Change::NoClause { clause: 4 },
        Change::NoClause { clause: 5 },
    ];
    for change in refused {
        assert_eq!(changed(&change), None, "{change:?}");
    }
}

#[test]
fn a_rule_of_several_is_found_by_its_id() {
    let file = format!("title: other\nid: 0\ndetection:\n  s: {{A: b}}\n  condition: s\n---\n{RULE}");
    let own = RuleText::of_rule(&file, &RuleId::new("1").unwrap()).unwrap();
    let edited = own.with(&Change::Value { clause: 2, value: 0, with: "sh".to_owned() }).unwrap();
    assert_eq!(edited.line, 16);
    let whole = own.file_with(&file, &edited);
    assert_eq!(whole, file.replace("Image: cmd", "Image: sh"));
    assert!(RuleText::of_rule(&file, &RuleId::new("2").unwrap()).is_err());
    assert!(
        RuleText::of_rule("action: global\ntitle: x\n---\ntitle: y\n", &RuleId::new("2").unwrap()).is_err()
    );
}
