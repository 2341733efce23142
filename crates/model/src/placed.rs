//! A YAML document of somebody else, of which nothing is taken for granted.
//!
//! A typed reader would give up a whole file for one odd value. Here every value is
//! kept as it is written, and a test that makes no sense costs only itself.

use std::fmt;
use std::ops::Range;

use crate::document::Spanned;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value with its place.
pub type Placed = Spanned<Node>;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Nothing.
    Null,
    /// Text, in quotes or not.
    Text(String),
    /// A number or a truth value, as the parser understood it; the text it was written
    /// as is found by its place.
    Plain(String),
    /// Values in their order.
    List(Vec<Placed>),
    /// Keys with their values in the order of the file; a key may stand twice.
    Map(Vec<(Placed, Placed)>),
}

/// A document with the text it was read from.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// The text.
    pub text: &'a str,
}

impl Document<'_> {
    /// Returns the text of a scalar as it is written, so that `1.10` stays `1.10`.
    pub fn scalar(&self, node: &Placed) -> Option<String> {
        match &node.value {
            Node::Text(text) => Some(text.clone()),
            Node::Plain(understood) => {
                let written = range(node).and_then(|range| self.text.get(range));
                Some(written.map_or_else(|| understood.clone(), |w| w.trim().to_owned()))
            }
            Node::Null | Node::List(_) | Node::Map(_) => None,
        }
    }

    /// Returns the value of a key of a map; the last one where it stands twice.
    pub fn get<'n>(&self, map: &'n Placed, key: &str) -> Option<&'n Placed> {
        let Node::Map(pairs) = &map.value else { return None };
        let found = pairs.iter().rev().find(|(name, _)| self.scalar(name).is_some_and(|n| n == key));
        found.map(|(_, value)| value).filter(|value| value.value != Node::Null)
    }

    /// Returns the text of a key of a map.
    pub fn text_of(&self, map: &Placed, key: &str) -> Option<String> {
        self.get(map, key).and_then(|value| self.scalar(value))
    }

    /// Returns what a key of a map lists. A single value is read as a list of one.
    pub fn list_of<'n>(&self, map: &'n Placed, key: &str) -> &'n [Placed] {
        match self.get(map, key) {
            None => &[],
            Some(Spanned { value: Node::List(items), .. }) => items,
            Some(single) => std::slice::from_ref(single),
        }
    }

    /// Returns the keys of a map with their values.
    pub fn pairs<'n>(&self, map: Option<&'n Placed>) -> Vec<(String, &'n Placed)> {
        match map.map(|m| &m.value) {
            Some(Node::Map(pairs)) => {
                pairs.iter().filter_map(|(name, value)| Some((self.scalar(name)?, value))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Returns whether a value says yes in one of the ways that YAML has had for it.
    pub fn yes(&self, map: &Placed, key: &str) -> bool {
        self.text_of(map, key).is_some_and(|t| {
            matches!(t.trim().to_ascii_lowercase().as_str(), "true" | "yes" | "on" | "y" | "1")
        })
    }
}

/// Returns which bytes of the text a scalar is written in, quotes included; `None` where the
/// reader did not say.
pub fn range(node: &Placed) -> Option<Range<usize>> {
    let span = node.referenced.span();
    let start = span.byte_offset().and_then(|at| usize::try_from(at).ok())?;
    let length = span.byte_len().and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0)?;
    Some(start..start.checked_add(length)?)
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNode)
    }
}

struct AnyNode;

impl<'de> Visitor<'de> for AnyNode {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Node, E> {
        Ok(Node::Text(String::from_utf8_lossy(value).into_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = entries.next_entry()? {
            pairs.push(pair);
        }
        Ok(Node::Map(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scalar_is_found_where_it_is_written() {
        let text = "a: 'x''y'  # c\nc|re:\n  - plain text # \u{e9}\n  - 1.10\nd: [u, \"v\"]\n";
        let root: Placed = crate::document::foreign_yaml("x", text.as_bytes()).unwrap();
        let Node::Map(pairs) = &root.value else { panic!("no map") };
        let nodes = pairs.iter().flat_map(|(key, value)| match &value.value {
            Node::List(items) => std::iter::once(key).chain(items).collect::<Vec<_>>(),
            _ => vec![key, value],
        });
        let written: Vec<&str> = nodes.filter_map(|n| text.get(range(n)?)).collect();
        assert_eq!(written, ["a", "'x''y'", "c|re", "plain text", "1.10", "d", "u", "\"v\""]);
    }
}
