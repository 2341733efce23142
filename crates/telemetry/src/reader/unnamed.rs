//! Values of an event log that its JSON form loses: `Data` without a name beside `Data`
//! with one, and `ComplexData`, which has its name in an attribute.
//!
//! Such records are rendered as XML, which keeps every value, and read from there. It is
//! the template of an event that decides, so one record of each kind is looked at.

use std::collections::{BTreeMap, BTreeSet};

use evtx::EvtxChunk;
use serde_json::Value;

use crate::fields::Object;
use crate::xml;

/// What the JSON form of a record came to.
type Rendered = Result<Object, String>;

/// Providers of nearly all events of a collection, none of whose templates is such.
const NAMED: [&str; 2] = ["Microsoft-Windows-Sysmon", "Microsoft-Windows-Security-Auditing"];

/// Provider, event id and version: what a template belongs to.
type Kind = (String, String, String);

/// Puts the whole of each record in the place of what its JSON form kept.
pub(super) fn complete(chunk: &mut EvtxChunk<'_>, records: &mut [Rendered]) {
    let mut kinds: BTreeMap<Kind, Vec<usize>> = BTreeMap::new();
    for (i, record) in records.iter().enumerate() {
        if let Some(kind) = record.as_ref().ok().and_then(suspect) {
            kinds.entry(kind).or_default().push(i);
        }
    }
    if kinds.is_empty() {
        return;
    }
    let first: BTreeSet<usize> = kinds.values().filter_map(|places| places.first().copied()).collect();
    let lossy: BTreeSet<usize> =
        render(chunk, &first).into_iter().filter(|(_, text)| loses(text)).map(|(i, _)| i).collect();
    let wanted: BTreeSet<usize> =
        kinds.into_values().filter(|p| p.first().is_some_and(|f| lossy.contains(f))).flatten().collect();
    if wanted.is_empty() {
        return;
    }
    for (i, text) in render(chunk, &wanted) {
        if let (Some(event), Some(record)) = (xml::event(&text), records.get_mut(i)) {
            *record = Ok(Object::from_iter([("Event".to_owned(), Value::Object(event))]));
        }
    }
}

/// Returns the kind of a record whose data have names in JSON.
fn suspect(record: &Object) -> Option<Kind> {
    let event = record.get("Event")?;
    let (system, data) = (event.get("System")?, event.get("EventData")?.as_object()?);
    let provider = system.pointer("/Provider/#attributes/Name")?.as_str()?;
    if NAMED.contains(&provider) || data.is_empty() {
        return None;
    }
    let id = system.get("EventID").map(ToString::to_string).unwrap_or_default();
    let version = system.get("Version").map(ToString::to_string).unwrap_or_default();
    Some((provider.to_owned(), id, version))
}

/// Whether the XML form of a record holds what its JSON form loses.
fn loses(text: &str) -> bool {
    let unnamed = text.contains("<Data>");
    text.contains("<ComplexData") || (unnamed && text.contains("<Data Name="))
}

fn render(chunk: &mut EvtxChunk<'_>, wanted: &BTreeSet<usize>) -> Vec<(usize, String)> {
    let records = chunk.iter().enumerate().filter(|(i, _)| wanted.contains(i));
    records.filter_map(|(i, record)| Some((i, record.ok()?.into_xml().ok()?.data))).collect()
}
