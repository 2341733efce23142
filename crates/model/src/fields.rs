//! The fields of an event: names and values in the order of their source.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Index;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Value};

/// The name of a field. Names that occur in every event are shared, the others are owned.
pub type Name = Cow<'static, str>;

/// The fields of an event, each name once, in the order of their source.
///
/// An event has a few dozen fields, is made once and looked at once: a list is made faster
/// than a table of hashes, and at this length searched as fast.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields {
    members: Vec<(Name, Value)>,
}

impl Fields {
    /// Returns no fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns no fields, with room for `count`.
    pub fn with_capacity(count: usize) -> Self {
        Self { members: Vec::with_capacity(count) }
    }

    /// Returns fields of members whose names differ, as the caller has made sure.
    pub fn of_distinct(members: Vec<(Name, Value)>) -> Self {
        Self { members }
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|(own, _)| own == name)
    }

    /// Returns the number of fields.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Returns whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Returns the value of the field, `None` where there is none of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// Returns the value of the field, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.members.iter_mut().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// Returns the value of the field where it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// Returns whether there is a field of that name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// Sets a field and returns the value it had.
    pub fn insert(&mut self, name: impl Into<Name>, value: Value) -> Option<Value> {
        let name = name.into();
        match self.get_mut(&name) {
            Some(own) => Some(std::mem::replace(own, value)),
            None => {
                self.members.push((name, value));
                None
            }
        }
    }

    /// Adds a field unless there is one of that name.
    pub fn set_missing(&mut self, name: &'static str, value: impl FnOnce() -> Option<Value>) {
        if !self.contains_key(name)
            && let Some(value) = value()
        {
            self.members.push((Cow::Borrowed(name), value));
        }
    }

    /// Adds a copy of a field that is not null under another name, unless that is taken.
    pub fn copy(&mut self, from: &str, to: &'static str) {
        if !self.contains_key(to) {
            let value = self.get(from).filter(|value| !value.is_null()).cloned();
            self.members.extend(value.map(|value| (Cow::Borrowed(to), value)));
        }
    }

    /// Adds those of the others whose names are free; of two of one name the first.
    pub fn complete(&mut self, others: impl IntoIterator<Item = (Name, Value)>) {
        self.members.extend(others);
        let mut taken = BTreeSet::new();
        let first: Vec<bool> = self.members.iter().map(|(name, _)| taken.insert(name.as_ref())).collect();
        let mut first = first.into_iter();
        self.members.retain(|_| first.next().unwrap_or(true));
    }

    /// Removes a field and returns its value. The last field takes its place, as in
    /// `serde_json::Map::remove`.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.position(name).map(|at| self.members.swap_remove(at).1)
    }

    /// Returns names and values in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Value)> {
        self.members.iter().map(|(name, value)| (name, value))
    }

    /// Returns the names in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|(name, _)| name.as_ref())
    }

    /// Returns the values in their order.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.members.iter().map(|(_, value)| value)
    }

    /// Returns them as a JSON object.
    pub fn into_map(self) -> Map<String, Value> {
        self.members.into_iter().map(|(name, value)| (name.into_owned(), value)).collect()
    }
}

impl IntoIterator for Fields {
    type Item = (Name, Value);
    type IntoIter = std::vec::IntoIter<(Name, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.into_iter()
    }
}

impl From<Map<String, Value>> for Fields {
    fn from(map: Map<String, Value>) -> Self {
        Self { members: map.into_iter().map(|(name, value)| (Cow::Owned(name), value)).collect() }
    }
}

impl Index<&str> for Fields {
    type Output = Value;

    /// Returns the value of the field, null where there is none of that name.
    fn index(&self, name: &str) -> &Value {
        static ABSENT: Value = Value::Null;
        self.get(name).unwrap_or(&ABSENT)
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.members.len()))?;
        for (name, value) in &self.members {
            map.serialize_entry(name.as_ref(), value)?;
        }
        map.end()
    }
}
