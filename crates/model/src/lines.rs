//! On which line of a file a figure stands, so that a number can be traced to it.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;

/// How many parts a key has at most: `recovery.relapse.chance`.
const DEPTH: usize = 3;

/// Lines of one file, by key. A key is the path to a value, such as `soc.analysts`; an entry
/// of a list goes by its `id`, such as `assets.north-files`, and has one line for all it holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLines {
    /// What it is: `estate`, `campaign` or `playbook`.
    pub what: String,
    /// Its last part, without folders.
    pub file: String,
    /// The line of each key, from 1.
    pub lines: BTreeMap<String, u32>,
}

impl FileLines {
    /// Returns the lines of a YAML or JSON document; none where it cannot be read, which is
    /// for its own reader to complain about.
    pub fn of(what: &str, file: &str, bytes: &[u8]) -> Self {
        let mut lines = BTreeMap::new();
        if let Ok(Spanned { value: Tree::Map(entries), .. }) =
            serde_saphyr::from_slice::<Spanned<Tree>>(bytes)
        {
            gather("", 0, &entries, &mut lines);
        }
        let file = file.rsplit(['/', ':']).next().unwrap_or(file).to_owned();
        Self { what: what.to_owned(), file, lines }
    }

    /// Returns `FILE:LINE KEY`, where the key stands in the file.
    pub fn at(&self, key: &str) -> Option<String> {
        self.lines.get(key).map(|line| format!("{}:{line} {key}", self.file))
    }
}

fn gather(
    prefix: &str,
    depth: usize,
    entries: &[(Spanned<String>, Spanned<Tree>)],
    lines: &mut BTreeMap<String, u32>,
) {
    for (key, value) in entries {
        let path = if prefix.is_empty() { key.value.clone() } else { format!("{prefix}.{}", key.value) };
        note(&path, key, lines);
        match &value.value {
            Tree::Map(inner) if depth + 1 < DEPTH => gather(&path, depth + 1, inner, lines),
            Tree::List(items) => {
                for item in items {
                    let Tree::Map(inner) = &item.value else { continue };
                    let id = inner.iter().find(|(key, _)| key.value == "id").map(|(_, id)| &id.value);
                    if let Some(Tree::Text(id)) = id {
                        note(&format!("{path}.{id}"), item, lines);
                    }
                }
            }
            Tree::Map(_) | Tree::Text(_) | Tree::Other => {}
        }
    }
}

fn note<T>(path: &str, at: &Spanned<T>, lines: &mut BTreeMap<String, u32>) {
    let line = u32::try_from(at.referenced.line()).unwrap_or(u32::MAX);
    lines.entry(path.to_owned()).or_insert(line);
}

/// A document of any shape, as far as keys and ids go.
enum Tree {
    Map(Vec<(Spanned<String>, Spanned<Self>)>),
    List(Vec<Spanned<Self>>),
    Text(String),
    Other,
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
        Ok(Tree::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Tree, E> {
        Ok(Tree::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Tree, E> {
        Ok(Tree::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Tree, E> {
        Ok(Tree::Other)
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Other)
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Tree::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_lines_they_stand_on() {
        let yaml = "name: x\nrecovery:\n  relapse: {chance: 0.1, seen: {typical: 3d}}\nassets:\n  - {id: a, count: 1}\n\n  - id: b\n    count: 2\n";
        let lines = FileLines::of("estate", "built-in:provider/estate.yaml", yaml.as_bytes());
        let at = |key: &str| lines.at(key).unwrap_or_else(|| panic!("{key} in {:?}", lines.lines));
        assert_eq!(at("recovery.relapse.chance"), "estate.yaml:3 recovery.relapse.chance");
        assert_eq!(at("assets.a"), "estate.yaml:5 assets.a");
        assert_eq!(at("assets.b"), "estate.yaml:7 assets.b");
        assert_eq!(lines.at("recovery.relapse.seen.typical"), None, "deeper keys go by the one above");
        let json = "{\n \"workflow\": {\n  \"action--1\": {\n   \"name\": \"x\"}}}";
        let lines = FileLines::of("playbook", "p.json", json.as_bytes());
        assert_eq!(lines.at("workflow.action--1").as_deref(), Some("p.json:3 workflow.action--1"));
        assert!(FileLines::of("estate", "x", b"a: [").lines.is_empty());
    }
}
