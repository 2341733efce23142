//! What `estate.yaml` calls the people whom the tenants serve.

use model::estate::People;

use super::Reader;
use crate::estate_shape::{RawPeople, Text};

/// Characters of a name at the most: it stands in sentences and heads of tables.
const LONGEST: usize = 40;

impl Reader<'_> {
    /// Returns the names; `None` where one cannot be used.
    pub(super) fn people(&mut self, raw: &RawPeople) -> Option<People> {
        let [one, many, german] =
            [("one", &raw.one), ("many", &raw.many), ("german", &raw.german)].map(|(k, t)| self.name(k, t));
        Some(People { one: one?, many: many?, german: german? })
    }

    fn name(&mut self, key: &str, text: &Text) -> Option<String> {
        let name = text.value.trim();
        let length = name.chars().count();
        if (1..=LONGEST).contains(&length) && !name.chars().any(|c| c.is_control() || c == '{') {
            return Some(name.to_owned());
        }
        let message = match length {
            0 => format!("{key} of people is empty"),
            _ if length > LONGEST => format!("{key} of people has {length} characters"),
            _ => format!("{key} of people is no name"),
        };
        let help = "such as people: {one: citizen, many: citizens, german: Bürgerinnen und Bürger}, each of at \
                    most 40 letters";
        self.error(text, "estate.bad-people", message, help);
        None
    }
}
