//! A Sigma rule as the text it was written in, and changes of single places of it.
//!
//! A change leaves every other byte of the file as it is: comments, order and quotes stay. The
//! changed text is read again, and a change whose result is not what was meant is refused.

mod splice;

use std::ops::Range;

use model::document;
use model::id::RuleId;
use model::placed::{Document, Node, Placed, range};

use crate::document::parts;
use splice::Splice;

/// A scalar of a rule.
#[derive(Debug, Clone)]
pub(crate) struct Scalar {
    /// What it says.
    pub(crate) text: String,
    /// Whether it is text and stands on one line, so that it can be replaced.
    pub(crate) is_line: bool,
    /// Whether it is written without quotes.
    is_bare: bool,
    range: Range<usize>,
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// One test of a selection: a field with its modifiers and values, or keywords.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Clause {
    /// The selection.
    pub(crate) selection: String,
    /// Its place among the alternatives of the selection.
    alternative: usize,
    /// Field and modifiers; `None` for keywords.
    pub(crate) key: Option<Scalar>,
    /// The values.
    pub(crate) values: Vec<Scalar>,
    list: bool,
}

impl Clause {
    /// Returns the field.
    pub(crate) fn field(&self) -> Option<&str> {
        self.key.as_ref()?.text.split('|').next()
    }

    /// Returns the modifiers.
    pub(crate) fn modifiers(&self) -> impl Iterator<Item = &str> {
        self.key.iter().flat_map(|key| key.text.split('|').skip(1))
    }

    /// Returns what the test is called in messages.
    pub(crate) fn name(&self) -> &str {
        self.key.as_ref().map_or("keywords", |key| key.text.as_str())
    }

    /// Returns whether it has the modifier, in any case of letters.
    pub(crate) fn has(&self, modifier: &str) -> bool {
        self.modifiers().any(|own| own.eq_ignore_ascii_case(modifier))
    }
}

/// A change of one place of a rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    /// A value becomes another one.
    Value { clause: usize, value: usize, with: String },
    /// One more value.
    Alternative { clause: usize, with: String },
    /// A value is taken out.
    NoValue { clause: usize, value: usize },
    /// A test is taken out.
    NoClause { clause: usize },
    /// The field or its modifiers change.
    Key { clause: usize, with: String },
    /// A condition becomes another one.
    Condition { place: usize, with: String },
}

/// A rule after a change.
#[derive(Debug, Clone)]
pub(crate) struct Edited {
    /// The document.
    pub(crate) text: String,
    /// The line of the file that changed, from 1.
    pub(crate) line: u32,
}

/// A rule of a file.
#[derive(Debug, Clone)]
pub(crate) struct RuleText<'a> {
    /// The document that holds it.
    text: &'a str,
    /// Where the document begins in its file.
    offset: usize,
    /// Lines of the file before the document.
    lines_before: u32,
    /// Its tests in the order of the text.
    pub(crate) clauses: Vec<Clause>,
    /// Its conditions.
    pub(crate) conditions: Vec<Scalar>,
    id: Option<String>,
}

impl<'a> RuleText<'a> {
    /// Returns a rule of a file: the one that states the id, or the only one.
    ///
    /// # Errors
    /// Why the file's text cannot be changed.
    pub(crate) fn of_rule(file: &'a str, rule: &RuleId) -> Result<Self, String> {
        let parts = parts(file)?.into_iter();
        let mut rules: Vec<Self> = parts.filter_map(|(offset, part)| Self::of(file, offset, part)).collect();
        let stated = rules.iter().position(|own| own.id.as_deref() == Some(rule.as_str()));
        match stated.or_else(|| (rules.len() == 1).then_some(0)) {
            Some(place) => Ok(rules.swap_remove(place)),
            None => Err("its text cannot be found in its file".to_owned()),
        }
    }

    /// Returns the document that holds it.
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    fn of(file: &str, offset: usize, text: &'a str) -> Option<Self> {
        let root: Placed = document::foreign_yaml("", text.as_bytes()).ok()?;
        let document = Document { text };
        let detection = document.get(&root, "detection")?;
        let mut rule = Self {
            text,
            offset,
            lines_before: lines(file.get(..offset)?),
            clauses: Vec::new(),
            conditions: Vec::new(),
            id: document.text_of(&root, "id"),
        };
        for (name, node) in document.pairs(Some(detection)) {
            match name.as_str() {
                "condition" => rule.conditions = scalars(&document, node),
                "timeframe" => {}
                _ => rule.selection(&document, &name, node),
            }
        }
        (!rule.conditions.is_empty()).then_some(rule)
    }

    fn selection(&mut self, document: &Document<'_>, name: &str, node: &Placed) {
        let maps: Vec<&Placed> = match &node.value {
            Node::Map(_) => vec![node],
            Node::List(items) if items.iter().all(|i| matches!(i.value, Node::Map(_))) => {
                items.iter().collect()
            }
            _ => {
                let (values, list) = (scalars(document, node), matches!(node.value, Node::List(_)));
                let selection = name.to_owned();
                self.clauses.push(Clause { selection, alternative: 0, key: None, values, list });
                return;
            }
        };
        for (alternative, map) in maps.into_iter().enumerate() {
            let Node::Map(pairs) = &map.value else { continue };
            for (key, value) in pairs {
                // Tests below a list of objects stay as they are.
                let list = match &value.value {
                    Node::Map(_) => continue,
                    Node::List(items) => {
                        if items.iter().any(|i| matches!(i.value, Node::Map(_) | Node::List(_))) {
                            continue;
                        }
                        true
                    }
                    _ => false,
                };
                self.clauses.push(Clause {
                    selection: name.to_owned(),
                    alternative,
                    key: scalar(document, key),
                    values: scalars(document, value),
                    list,
                });
            }
        }
    }

    /// Returns the rule with a change, or `None` where the text does not allow it.
    pub(crate) fn with(&self, change: &Change) -> Option<Edited> {
        let splice = self.splice(change)?;
        let text = splice.apply(self.text)?;
        let after = RuleText::of(&text, 0, &text)?;
        let (clauses, conditions) = self.meant(change)?;
        (after.clauses == clauses && after.conditions == conditions)
            .then(|| Edited { line: self.lines_before + splice.line(self.text), text: text.clone() })
    }

    /// Returns the whole file with a change.
    pub(crate) fn file_with(&self, file: &str, edited: &Edited) -> String {
        let before = file.get(..self.offset).unwrap_or_default();
        let after = file.get(self.offset + self.text.len()..).unwrap_or_default();
        [before, &edited.text, after].concat()
    }

    /// Returns the tests and conditions as they are after a change.
    fn meant(&self, change: &Change) -> Option<(Vec<Clause>, Vec<Scalar>)> {
        let (mut clauses, mut conditions) = (self.clauses.clone(), self.conditions.clone());
        match change {
            Change::Value { clause, value, with } => {
                clauses.get_mut(*clause)?.values.get_mut(*value)?.text.clone_from(with);
            }
            Change::Alternative { clause, with } => {
                let clause = clauses.get_mut(*clause)?;
                let last = clause.values.last()?.clone();
                clause.values.push(Scalar { text: with.clone(), ..last });
                clause.list = true;
            }
            Change::NoValue { clause, value } => {
                let values = &mut clauses.get_mut(*clause)?.values;
                (values.len() > 1 && *value < values.len()).then(|| values.remove(*value))?;
            }
            Change::NoClause { clause } => {
                (*clause < clauses.len()).then(|| clauses.remove(*clause))?;
            }
            Change::Key { clause, with } => {
                clauses.get_mut(*clause)?.key.as_mut()?.text.clone_from(with);
            }
            Change::Condition { place, with } => {
                conditions.get_mut(*place)?.text.clone_from(with);
            }
        }
        Some((clauses, conditions))
    }

    fn splice(&self, change: &Change) -> Option<Splice> {
        let clause = |place: &usize| self.clauses.get(*place);
        match change {
            Change::Value { clause: c, value, with } => replaced(clause(c)?.values.get(*value)?, with),
            Change::Alternative { clause: c, with } => self.alternative(clause(c)?, with),
            Change::NoValue { clause: c, value } => self.no_value(clause(c)?, *value),
            Change::NoClause { clause: c } => self.no_clause(*c),
            Change::Key { clause: c, with } => replaced(clause(c)?.key.as_ref()?, with),
            Change::Condition { place, with } => replaced(self.conditions.get(*place)?, with),
        }
    }

    fn alternative(&self, clause: &Clause, with: &str) -> Option<Splice> {
        let last = clause.values.last().filter(|last| last.is_line)?;
        let new = quoted(with)?;
        let end_of_line = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let head = self.head(&last.range)?;
        if !clause.list {
            let key = self.head(&clause.key.as_ref()?.range)?;
            let indent: String = key.chars().map(|_| ' ').chain("  ".chars()).collect();
            let old = self.text.get(last.range.clone())?;
            // The blank between the key and its value goes too.
            let begin = self.text.get(..last.range.start)?.trim_end().len();
            let with = format!("{end_of_line}{indent}- {old}{end_of_line}{indent}- {new}");
            return Some(Splice { range: begin..last.range.end, with });
        }
        if head.trim() == "-" {
            let end = self.line_end(last.range.end)?;
            let end = if self.text.get(..end)?.ends_with('\r') { end - 1 } else { end };
            return Some(Splice { range: end..end, with: format!("{end_of_line}{head}{new}") });
        }
        Some(Splice { range: last.range.end..last.range.end, with: format!(", {new}") })
    }

    fn no_value(&self, clause: &Clause, value: usize) -> Option<Splice> {
        let own = clause.values.get(value)?;
        let head = self.head(&own.range)?;
        let range = if head.trim() == "-" {
            let begin = own.range.start - head.len();
            begin..self.line_end(own.range.end)? + 1
        } else {
            match (value.checked_sub(1).and_then(|v| clause.values.get(v)), clause.values.get(value + 1)) {
                (Some(before), _) => before.range.end..own.range.end,
                (None, Some(after)) => own.range.start..after.range.start,
                (None, None) => return None,
            }
        };
        Some(Splice { range, with: String::new() })
    }

    fn no_clause(&self, place: usize) -> Option<Splice> {
        let own = self.clauses.get(place)?;
        let beside = |c: &&Clause| c.selection == own.selection && c.alternative == own.alternative;
        (self.clauses.iter().filter(beside).count() > 1).then_some(())?;
        let key = own.key.as_ref()?;
        let head = self.head(&key.range)?;
        let end = self.line_end(own.values.last()?.range.end)? + 1;
        // After `- ` the next test takes its place.
        let begin = match head.trim() {
            "" => key.range.start - head.len(),
            "-" => key.range.start,
            _ => return None,
        };
        let rest = self.text.get(end..)?;
        let skip = if head.trim().is_empty() { 0 } else { rest.len() - rest.trim_start_matches(' ').len() };
        Some(Splice { range: begin..end + skip, with: String::new() })
    }

    /// Returns what stands before a place on its line.
    fn head(&self, range: &Range<usize>) -> Option<&str> {
        let before = self.text.get(..range.start)?;
        let begin = before.rfind('\n').map_or(0, |at| at + 1);
        before.get(begin..)
    }

    fn line_end(&self, from: usize) -> Option<usize> {
        let rest = self.text.get(from..)?;
        Some(from + rest.find('\n').unwrap_or(rest.len()))
    }
}

fn replaced(scalar: &Scalar, with: &str) -> Option<Splice> {
    scalar.is_line.then_some(())?;
    let with = if scalar.is_bare && stands_bare(with) { with.to_owned() } else { quoted(with)? };
    Some(Splice { range: scalar.range.clone(), with })
}

/// Returns whether a text stands for itself without quotes, whatever version of YAML reads it: a
/// word that is no truth value, or several with what joins them in keys and conditions.
fn stands_bare(text: &str) -> bool {
    let special = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let one = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_./-".contains(c))
        && !special.iter().any(|word| text.eq_ignore_ascii_case(word));
    let several = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.|-()* ".contains(c))
        && text.contains(['|', ' '])
        && !text.ends_with(' ')
        && !text.contains(" -");
    one || several
}

/// Returns a text in single quotes; `None` where it cannot stand on a line.
fn quoted(text: &str) -> Option<String> {
    (!text.chars().any(char::is_control)).then(|| format!("'{}'", text.replace('\'', "''")))
}

fn scalar(document: &Document<'_>, node: &Placed) -> Option<Scalar> {
    let range = range(node)?;
    let written = document.text.get(range.clone())?;
    // Block scalars give their lines without the mark that begins them.
    let is_line = matches!(node.value, Node::Text(_)) && !written.contains('\n');
    let is_bare = !written.starts_with(['\'', '"']);
    Some(Scalar { text: document.scalar(node)?, is_line, is_bare, range })
}

fn scalars(document: &Document<'_>, node: &Placed) -> Vec<Scalar> {
    match &node.value {
        Node::List(items) => items.iter().filter_map(|item| scalar(document, item)).collect(),
        _ => scalar(document, node).into_iter().collect(),
    }
}

fn lines(text: &str) -> u32 {
    u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
