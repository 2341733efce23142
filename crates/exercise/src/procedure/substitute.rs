//! Arguments in the texts of a procedure: `#{name}`.

use std::collections::{BTreeMap, BTreeSet};

use super::Argument;

/// How deep the value of an argument may name other arguments. Published tests go
/// one deep; the bound makes a circle end.
const DEEPEST: usize = 4;

/// How many arguments are filled in in one text; a hundred times the most seen. What
/// is beyond stays as it is written, so that values that name each other end.
const MOST: usize = 10_000;

/// Bytes that a text may grow to by its arguments.
const LONGEST: usize = 1 << 20;

/// A part of a text.
enum Part<'a> {
    Plain(&'a str),
    Argument(&'a str),
}

/// Cuts `text` at its arguments. `#{` that no name and `}` follow is plain text, as
/// it is in other languages.
fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(name) = leading(rest) {
            rest = &rest[name.len() + 3..];
            return Some(Part::Argument(name));
        }
        let next =
            rest.match_indices("#{").map(|(at, _)| at).find(|at| *at > 0 && leading(&rest[*at..]).is_some());
        let (plain, after) = rest.split_at(next.unwrap_or(rest.len()));
        rest = after;
        Some(Part::Plain(plain))
    })
}

/// The name of the argument that `text` begins with.
fn leading(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix("#{")?.split_once('}')?;
    is_name(name).then_some(name)
}

/// Returns whether an argument may be called this.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// Returns the arguments that `text` names.
pub(super) fn names(text: &str) -> BTreeSet<&str> {
    let named = |part| match part {
        Part::Argument(name) => Some(name),
        Part::Plain(_) => None,
    };
    parts(text).filter_map(named).collect()
}

/// Returns `text` with the values of the arguments it names. An argument that does
/// not exist stays as it is written.
pub(super) fn fill(text: &str, arguments: &BTreeMap<String, Argument>) -> String {
    let mut filled = Filled { text: String::with_capacity(text.len()), left: MOST };
    filled.add(text, arguments, DEEPEST);
    filled.text
}

struct Filled {
    text: String,
    left: usize,
}

impl Filled {
    fn add(&mut self, text: &str, arguments: &BTreeMap<String, Argument>, depth: usize) {
        for part in parts(text) {
            match part {
                Part::Plain(plain) => self.text.push_str(plain),
                Part::Argument(name) => match arguments.get(name) {
                    Some(argument) if depth > 0 && self.left > 0 && self.text.len() < LONGEST => {
                        self.left -= 1;
                        self.add(&argument.default, arguments, depth - 1);
                    }
                    _ => self.text.extend(["#{", name, "}"]),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn arguments(pairs: &[(&str, &str)]) -> BTreeMap<String, Argument> {
        let argument = |value: &str| Argument {
            description: String::new(),
            kind: "string".to_owned(),
            default: value.to_owned(),
        };
        pairs.iter().map(|(name, value)| ((*name).to_owned(), argument(value))).collect()
    }

    #[test]
    fn arguments_are_filled_in_and_everything_else_stays() {
        let known = arguments(&[("a", "1"), ("long-name_2", "x y"), ("b", "<#{a}>"), ("c", "#{c}c")]);
        for (text, filled) in [
            ("#{a}", "1"),
            ("#{a}#{a}", "11"),
            ("cat #{long-name_2} > #{a}", "cat x y > 1"),
            ("#{b}", "<1>"),
            ("#{unknown} #{a", "#{unknown} #{a"),
            ("${#array[@]} #{} #{a b} ##{a}", "${#array[@]} #{} #{a b} #1"),
            ("ä#{a}ö", "ä1ö"),
        ] {
            assert_eq!(fill(text, &known), filled, "{text}");
        }
        assert!(fill("#{c}", &known).ends_with("c"), "a circle ends");
        assert_eq!(names("#{a} #{b}#{a} ${#c} #{d}"), BTreeSet::from(["a", "b", "d"]));
    }

    proptest! {
        #[test]
        fn filling_is_total_and_leaves_no_known_name(text in "([#{}a-c ]|\\PC)*", value in "[x-z]*") {
            let known = arguments(&[("a", &value), ("b", &value)]);
            let filled = fill(&text, &known);
            let unknown = arguments(&[]);
            prop_assert_eq!(fill(&text, &unknown), text.clone());
            if !text.contains("#{") {
                prop_assert_eq!(filled, text);
            }
        }
    }
}
