//! A record without the identifiers of insured people.

use model::record::Record;
use outflow::Pseudonyms;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::Error;

/// Returns the record with every identifier in what came from telemetry, recordings
/// and procedures replaced by a number (`[KVNR-1]`), the same one wherever it stands.
/// Rules, campaigns, playbooks and the estate are content of the user and stay.
///
/// # Errors
/// [`Error::Unmasked`] when a part cannot be read with its masks: then nothing is stored.
pub fn private(mut record: Record) -> Result<Record, Error> {
    let mut masks = Masks::default();
    masks.part("recordings", &mut record.recordings)?;
    masks.part("replays", &mut record.replays)?;
    masks.part("exercises", &mut record.exercises)?;
    masks.part("verdicts", &mut record.verdicts)?;
    masks.numbers = true;
    masks.part("samples", &mut record.samples)?;
    masks.numbers = false;
    masks.part("labels", &mut record.labels)?;
    masks.part("coverage", &mut record.coverage)?;
    masks.part("evidence", &mut record.evidence)?;
    masks.part("inputs", &mut record.inputs)?;
    masks.part("not_tested", &mut record.not_tested)?;
    masks.part("diagnostics", &mut record.diagnostics)?;
    Ok(record)
}

/// Returns whether a value of telemetry names an insured person.
pub(crate) fn names_people(value: &Value) -> bool {
    let mut masks = Masks { numbers: true, ..Masks::default() };
    masks.mask(&mut value.clone());
    masks.changed
}

#[derive(Default)]
struct Masks {
    known: Pseudonyms,
    /// Whether numbers of JSON are looked at too: a log may write a tax id as one.
    numbers: bool,
    changed: bool,
}

impl Masks {
    fn part<T: Serialize + DeserializeOwned>(&mut self, name: &str, part: &mut T) -> Result<(), Error> {
        let fail = |source| Error::Unmasked { part: name.to_owned(), source };
        let mut value = serde_json::to_value(&*part).map_err(fail)?;
        self.changed = false;
        self.mask(&mut value);
        if self.changed {
            *part = serde_json::from_value(value).map_err(fail)?;
        }
        Ok(())
    }

    fn mask(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(masked) = self.known.telemetry(text) {
                    *text = masked;
                    self.changed = true;
                }
            }
            Value::Number(number) if self.numbers => {
                if let Some(masked) = self.known.telemetry(&number.to_string()) {
                    *value = Value::String(masked);
                    self.changed = true;
                }
            }
            Value::Array(all) => all.iter_mut().for_each(|v| self.mask(v)),
            Value::Object(all) => {
                for value in all.values_mut() {
                    self.mask(value);
                }
                if all.keys().any(|k| self.known.telemetry(k).is_some()) {
                    self.changed = true;
                    let masked = |(k, v): (String, Value)| (self.known.telemetry(&k).unwrap_or(k), v);
                    *all = std::mem::take(all).into_iter().map(masked).collect::<Map<_, _>>();
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
