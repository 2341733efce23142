//! Faults that are made in rules on purpose, to see whether the tests notice them.
//!
//! The operators are those of mutation testing (DeMillo, Lipton and Sayward 1978; Jia and Harman
//! 2011) for the parts of a Sigma rule: values, fields, modifiers, tests, filters and conditions.
//! Each mutant is one change of the rule's own text. One that provably means the same as the
//! original is not made.

use std::collections::BTreeSet;

use model::id::RuleId;
use model::mutation::Operator;

use crate::edit::{Change, Clause, RuleText};
use crate::rules::{RuleSet, Variant};

/// A rule with one fault.
#[derive(Debug, Clone, PartialEq)]
pub struct Mutant {
    /// What kind of fault.
    pub operator: Operator,
    /// The rule with the fault.
    pub variant: Variant,
}

/// Returns the mutants of a rule, in order of its text. `file` is the text of the file that holds
/// it. What the engine refuses as a rule is no mutant.
///
/// # Errors
/// Why the rule's text cannot be changed.
pub fn mutants(rules: &RuleSet, rule: &RuleId, file: &str) -> Result<Vec<Mutant>, String> {
    let place = rules.place(rule.as_str()).ok_or_else(|| format!("there is no rule {rule}"))?;
    if rules.plan().at(place).is_some() {
        return Err("it is a correlation".to_owned());
    }
    let own = RuleText::of_rule(file, rule)?;
    let mut changes = Vec::new();
    for (place, clause) in own.clauses.iter().enumerate() {
        values(place, clause, &mut changes);
        keys(place, clause, &mut changes);
        let what = format!("{}: the test of {} is gone", clause.selection, clause.name());
        changes.push((Operator::TestDropped, Change::NoClause { clause: place }, what));
    }
    for (place, condition) in own.conditions.iter().enumerate() {
        for (operator, with) in conditions(&condition.text) {
            let what = format!("condition: {with}");
            changes.push((operator, Change::Condition { place, with }, what));
        }
    }
    let mut seen = BTreeSet::new();
    let made = changes.into_iter().filter_map(|(operator, change, what)| {
        let edited = own.with(&change)?;
        let new = seen.insert(edited.text.clone());
        (new && rules.variant(place, &edited.text).is_ok()).then(|| Mutant {
            operator,
            variant: Variant { of: rule.clone(), text: edited.text, line: edited.line, what },
        })
    });
    Ok(made.collect())
}

/// Returns texts of the rule that mean the same: with a comment, other line ends, a key that
/// detection does not read, and marks that YAML passes over.
///
/// # Errors
/// Why the rule's text cannot be changed.
pub fn null_mutants(rule: &RuleId, file: &str) -> Result<Vec<Variant>, String> {
    let own = RuleText::of_rule(file, rule)?;
    let variant =
        |what: &str, text: String| Variant { of: rule.clone(), text, line: 1, what: what.to_owned() };
    let text = own.text();
    Ok(vec![
        variant("a comment", format!("{}# a comment\n", ended(text))),
        variant("lines end with CR LF", text.replace("\r\n", "\n").replace('\n', "\r\n")),
        variant("one more field that detection does not read", format!("{}x-note: none\n", ended(text))),
        variant("a mark of a byte order", format!("\u{feff}{text}")),
        variant("a mark of a document's begin", format!("---\n{}", text.trim_start_matches("---\n"))),
    ])
}

fn ended(text: &str) -> String {
    format!("{}\n", text.trim_end())
}

type Fault = (Operator, Change, String);

fn values(place: usize, clause: &Clause, found: &mut Vec<Fault>) {
    let name = clause.name();
    for (value, own) in clause.values.iter().enumerate() {
        if !clause.has("all") && subsumed(clause, value) {
            continue;
        }
        if let Some(with) = misspelt(&own.text).filter(|_| own.is_line) {
            let what = format!("{name}: '{}' is misspelt '{with}'", own.text);
            found.push((Operator::ValueMisspelt, Change::Value { clause: place, value, with }, what));
        }
        if clause.values.len() > 1 {
            let what = format!("{name}: '{}' is gone", own.text);
            found.push((Operator::ValueDropped, Change::NoValue { clause: place, value }, what));
        }
    }
}

/// Returns whether another value of the list takes everything that this one takes.
fn subsumed(clause: &Clause, value: usize) -> bool {
    let Some(own) = clause.values.get(value).map(|v| v.text.to_lowercase()) else { return false };
    let mut others = clause.values.iter().enumerate().filter(|(other, _)| *other != value);
    others.any(|(_, other)| {
        let other = other.text.to_lowercase();
        let plain = !other.contains(['*', '?', '\\']);
        (clause.has("contains") || clause.key.is_none()) && plain && own.contains(&other)
            || clause.has("endswith") && own.ends_with(&other)
            || clause.has("startswith") && plain && own.starts_with(&other)
    })
}

fn keys(place: usize, clause: &Clause, found: &mut Vec<Fault>) {
    let Some(field) = clause.field() else { return };
    let modifiers: Vec<&str> = clause.modifiers().collect();
    let mut push = |operator: Operator, field: &str, modifiers: Vec<&str>| {
        let with = std::iter::once(field).chain(modifiers).collect::<Vec<_>>().join("|");
        let what = format!("{} becomes {with}", clause.name());
        found.push((operator, Change::Key { clause: place, with }, what));
    };
    if let Some(wrong) = misspelt(field) {
        push(Operator::FieldMisspelt, &wrong, modifiers.clone());
    }
    let swapped = |from: &str, to: &'static str| -> Option<Vec<&str>> {
        let at = modifiers.iter().position(|m| m.eq_ignore_ascii_case(from))?;
        let mut all = modifiers.clone();
        *all.get_mut(at)? = to;
        Some(all)
    };
    for (from, to) in [("contains", "endswith"), ("endswith", "startswith"), ("startswith", "endswith")] {
        if let Some(all) = swapped(from, to) {
            push(Operator::ModifierSwapped, field, all);
        }
    }
    if clause.has("all") {
        let rest = modifiers.iter().copied().filter(|m| !m.eq_ignore_ascii_case("all")).collect();
        push(Operator::AllDropped, field, rest);
    }
    let text = ["contains", "endswith", "startswith"].iter().any(|m| clause.has(m));
    let letters = clause.values.iter().any(|v| v.text.chars().any(char::is_alphabetic));
    if text && letters && !clause.has("cased") {
        push(Operator::CaseSensitive, field, modifiers.iter().copied().chain(["cased"]).collect());
    }
}

/// Returns a text with two letters in its middle exchanged; `None` where that makes no difference.
fn misspelt(text: &str) -> Option<String> {
    let mut letters: Vec<char> = text.chars().collect();
    let middle = letters.len() / 2;
    let candidates = (middle..letters.len()).chain((0..middle).rev());
    let at = candidates.into_iter().find(|at| {
        let pair = (letters.get(*at), at.checked_add(1).and_then(|next| letters.get(next)));
        matches!(pair, (Some(a), Some(b)) if a.is_alphanumeric() && b.is_alphanumeric()
            && !a.to_lowercase().eq(b.to_lowercase()))
    })?;
    letters.swap(at, at + 1);
    Some(letters.into_iter().collect())
}

/// Returns the condition with one fault each.
fn conditions(condition: &str) -> Vec<(Operator, String)> {
    let mut found = Vec::new();
    let swaps = [
        (" and not ", " and ", Operator::FilterInverted),
        (" or ", " and ", Operator::OrToAnd),
        ("1 of ", "all of ", Operator::OneToAll),
        ("all of ", "1 of ", Operator::AllToOne),
    ];
    for (from, to, operator) in swaps {
        for (at, _) in condition.match_indices(from) {
            // `all of` holds no `1 of`, but a name may end in 1.
            let starts = at == 0
                || from.starts_with(' ')
                || condition.get(..at).is_some_and(|b| b.ends_with([' ', '(']));
            if let (true, Some(before), Some(after)) =
                (starts, condition.get(..at), condition.get(at + from.len()..))
            {
                found.push((operator, [before, to, after].concat()));
            }
        }
    }
    for (at, _) in condition.match_indices(" and ") {
        let (Some(before), Some(after)) = (condition.get(..at), condition.get(at + 5..)) else { continue };
        match after.strip_prefix("not ") {
            None => found.push((Operator::AndToOr, format!("{before} or {after}"))),
            Some(filter) => {
                let rest = filter.trim_start_matches("1 of ").trim_start_matches("all of ");
                let end = rest.find([' ', ')']).unwrap_or(rest.len());
                if let Some(rest) = rest.get(end..).filter(|_| !rest.starts_with('(')) {
                    found.push((Operator::FilterDropped, format!("{before}{rest}")));
                }
            }
        }
    }
    found
}
