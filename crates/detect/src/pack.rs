//! Events held for another look: each distinct value once, each list of names once.
//!
//! A rule that was edited is evaluated on them without reading a file again. What is taken out is
//! equal to what was put in.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use model::event::{Event, Fields, Name, Origin};
use model::quantity::Timestamp;
use serde_json::Value;

/// Packed events, in reading order of their places.
#[derive(Debug, Default)]
pub struct Pack {
    texts: Box<str>,
    /// Per distinct text where it ends.
    ends: Box<[usize]>,
    others: Box<[Value]>,
    names: Box<[Name]>,
    sheets: Vec<Sheet>,
}

/// Events of one origin that have the same names in the same order.
#[derive(Debug)]
pub(crate) struct Sheet {
    pub(crate) origin: Arc<Origin>,
    names: Box<[usize]>,
    pub(crate) rows: Vec<Row>,
    /// Row after row.
    cells: Vec<Cell>,
}

/// What an event has beside its fields.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) index: u64,
    time: Option<Timestamp>,
    arrived: Option<Timestamp>,
    host: Option<Cell>,
}

/// A value by its number among the texts or, with the highest bit, among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell(u32);

const OTHER: u32 = 1 << 31;

impl Cell {
    fn new(place: usize, mark: u32) -> Self {
        let place = u32::try_from(place).ok().filter(|place| place & OTHER == 0);
        Self(place.expect("a batch of at most 16 MiB has fewer than 2^31 values") | mark)
    }
}

impl Cell {
    fn place(self) -> usize {
        usize::try_from(self.0 & !OTHER).unwrap_or(usize::MAX)
    }
}

/// A packed value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Held<'p> {
    Text(&'p str),
    Other(&'p Value),
}

impl Pack {
    /// Packs events, which stand in reading order.
    pub fn new(events: Vec<Event>) -> Self {
        let mut packing = Packing::default();
        events.into_iter().for_each(|event| packing.take(event));
        packing.finish()
    }

    /// Returns how many events it holds.
    pub fn events(&self) -> u64 {
        self.sheets.iter().map(|sheet| sheet.rows.len()).sum::<usize>() as u64
    }

    /// Returns how many bytes of memory it takes, but for what is inside nested values.
    pub fn bytes(&self) -> usize {
        let sheet = |sheet: &Sheet| {
            size_of_val(sheet.names.as_ref())
                + size_of_val(sheet.rows.as_slice())
                + size_of_val(sheet.cells.as_slice())
        };
        let values = self.texts.len() + size_of_val(self.ends.as_ref()) + size_of_val(self.others.as_ref());
        values + size_of_val(self.names.as_ref()) + self.sheets.iter().map(sheet).sum::<usize>()
    }

    pub(crate) fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    /// Returns a number for each value that differs from those of all others.
    pub(crate) fn place(&self, cell: Cell) -> usize {
        let place = cell.place();
        if cell.0 & OTHER == 0 { place } else { self.ends.len() + place }
    }

    /// Returns the number of distinct values.
    pub(crate) fn values(&self) -> usize {
        self.ends.len() + self.others.len()
    }

    pub(crate) fn value(&self, cell: Cell) -> Held<'_> {
        let place = cell.place();
        if cell.0 & OTHER != 0 {
            return Held::Other(self.others.get(place).unwrap_or(&Value::Null));
        }
        let begin = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(place).copied().unwrap_or(begin);
        Held::Text(self.texts.get(begin..end).unwrap_or_default())
    }

    /// Returns the names of a sheet's fields in their order.
    pub(crate) fn names<'p>(&'p self, sheet: &'p Sheet) -> impl Iterator<Item = &'p Name> {
        sheet.names.iter().filter_map(|name| self.names.get(*name))
    }

    /// Returns the event of a row.
    pub(crate) fn event(&self, sheet: &Sheet, row: usize) -> Option<Event> {
        let own = sheet.rows.get(row)?;
        let value = |cell: &Cell| match self.value(*cell) {
            Held::Text(text) => Value::String(text.to_owned()),
            Held::Other(value) => value.clone(),
        };
        let members = self.names(sheet).cloned().zip(sheet.row(row).iter().map(value)).collect();
        let host = own.host.and_then(|cell| match self.value(cell) {
            Held::Text(text) => Some(text.to_owned()),
            Held::Other(_) => None,
        });
        let (index, time, arrived) = (own.index, own.time, own.arrived);
        let (origin, fields) = (Arc::clone(&sheet.origin), Fields::of_distinct(members));
        Some(Event { index, time, arrived, host, origin, fields })
    }

    /// Returns the last place in reading order.
    pub(crate) fn last(&self) -> Option<u64> {
        self.sheets.iter().filter_map(|sheet| sheet.rows.last()).map(|row| row.index).max()
    }

    /// Returns the event at this place in reading order.
    pub fn find(&self, index: u64) -> Option<Event> {
        self.sheets.iter().find_map(|sheet| {
            let row = sheet.rows.binary_search_by_key(&index, |row| row.index);
            let row = row.ok().or_else(|| sheet.rows.iter().position(|row| row.index == index))?;
            self.event(sheet, row)
        })
    }
}

impl Sheet {
    /// Returns the cells of a row.
    pub(crate) fn row(&self, row: usize) -> &[Cell] {
        let begin = row * self.names.len();
        self.cells.get(begin..begin + self.names.len()).unwrap_or_default()
    }
}

/// Values numbered as they come.
#[derive(Default)]
struct Packing {
    texts: Vec<String>,
    /// The first text of each hash; another one of the same hash is kept as often as it comes.
    by_hash: BTreeMap<u64, Cell>,
    /// Numbers, truth values and null, by how they are written.
    plain: BTreeMap<String, Cell>,
    others: Vec<Value>,
    names: BTreeMap<Name, usize>,
    by_names: BTreeMap<Box<[usize]>, Vec<usize>>,
    sheets: Vec<Sheet>,
}

impl Packing {
    fn text(&mut self, text: String) -> Cell {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let next = Cell::new(self.texts.len(), 0);
        let cell = *self.by_hash.entry(hasher.finish()).or_insert(next);
        let known = self.texts.get(cell.place());
        if known.is_some_and(|known| *known == text) {
            return cell;
        }
        self.texts.push(text);
        next
    }

    fn value(&mut self, value: Value) -> Cell {
        let next = Cell::new(self.others.len(), OTHER);
        match value {
            Value::String(text) => self.text(text),
            Value::Array(_) | Value::Object(_) => {
                self.others.push(value);
                next
            }
            plain => {
                let cell = *self.plain.entry(plain.to_string()).or_insert(next);
                if cell == next {
                    self.others.push(plain);
                }
                cell
            }
        }
    }

    fn take(&mut self, event: Event) {
        let mut names = Vec::with_capacity(event.fields.len());
        let mut cells = Vec::with_capacity(event.fields.len());
        for (name, value) in event.fields {
            let next = self.names.len();
            names.push(*self.names.entry(name).or_insert(next));
            cells.push(self.value(value));
        }
        let row = Row {
            index: event.index,
            time: event.time,
            arrived: event.arrived,
            host: event.host.map(|host| self.text(host)),
        };
        let alike = self.by_names.entry(names.clone().into()).or_default();
        let own = |at: &&usize| self.sheets.get(**at).is_some_and(|sheet| sheet.origin == event.origin);
        let at = alike.iter().find(own).copied().unwrap_or_else(|| {
            alike.push(self.sheets.len());
            let (rows, cells) = (Vec::new(), Vec::new());
            self.sheets.push(Sheet { origin: event.origin, names: names.into(), rows, cells });
            self.sheets.len() - 1
        });
        if let Some(sheet) = self.sheets.get_mut(at) {
            sheet.rows.push(row);
            sheet.cells.append(&mut cells);
        }
    }

    fn finish(self) -> Pack {
        let mut all = String::with_capacity(self.texts.iter().map(String::len).sum());
        let mut ends = Vec::with_capacity(self.texts.len());
        for text in self.texts {
            all.push_str(&text);
            ends.push(all.len());
        }
        let mut names: Vec<(Name, usize)> = self.names.into_iter().collect();
        names.sort_unstable_by_key(|(_, place)| *place);
        let mut sheets = self.sheets;
        for sheet in &mut sheets {
            sheet.rows.shrink_to_fit();
            sheet.cells.shrink_to_fit();
        }
        Pack {
            texts: all.into(),
            ends: ends.into(),
            others: self.others.into(),
            names: names.into_iter().map(|(name, _)| name).collect(),
            sheets,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            "[a-c]{0,2}".prop_map(Value::from),
            (-2..3_i64).prop_map(Value::from),
            Just(json!(1.0)),
            Just(json!(u64::MAX)),
            any::<bool>().prop_map(Value::from),
            Just(Value::Null),
            Just(json!("1")),
            Just(json!(["a", 1])),
            Just(json!({"a": {"b": "c"}})),
        ]
    }

    fn event() -> impl Strategy<Value = Event> {
        let names = ["Image", "CommandLine", "EventID", "a.b"];
        let fields = prop::collection::vec((0..names.len(), value()), 0..5);
        let time = || prop::option::of((-3..3_i64).prop_map(Timestamp));
        (fields, time(), time(), prop::option::of("[a-b]"), 0..2_u8).prop_map(
            move |(members, time, arrived, host, kind)| {
                let mut fields = Fields::new();
                for (name, value) in members {
                    fields.insert(names[name], value);
                }
                let services = vec![format!("s{kind}")];
                let origin = Arc::new(Origin { services, ..Origin::default() });
                Event { index: 0, time, arrived, host, origin, fields }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_taken_out_is_what_was_put_in(mut events in prop::collection::vec(event(), 0..40)) {
            for (place, event) in events.iter_mut().enumerate() {
                event.index = place as u64 * 3 + 1;
            }
            let pack = Pack::new(events.clone());
            prop_assert_eq!(pack.events(), events.len() as u64);
            for event in &events {
                let found = pack.find(event.index).unwrap();
                prop_assert_eq!(&found, event);
                prop_assert!(found.fields.names().eq(event.fields.names()));
            }
            prop_assert!(pack.find(0).is_none());
        }
    }
}
