//! Which rules can match packed events: each distinct value is looked at once.

use super::{Marks, Prefilter, Probe};
use crate::pack::{Cell, Held, Pack, Sheet};
use crate::view::each_text;

/// What the values of a pack meet, as far as they were looked at.
pub(crate) struct Memo<'p> {
    pack: &'p Pack,
    /// Needs that values meet: rules and bits of their marks.
    lists: Vec<Box<[(usize, u8)]>>,
}

/// What is looked at in one column of a sheet.
struct Column<'f> {
    at: usize,
    probe: Option<&'f Probe>,
    keywords: bool,
}

impl<'p> Memo<'p> {
    pub(crate) fn new(pack: &'p Pack) -> Self {
        Self { pack, lists: Vec::new() }
    }
}

impl Prefilter {
    /// Calls `found` with each row of a sheet for which there are rules that may match, and with
    /// their places in ascending order.
    pub(crate) fn rows(&self, memo: &mut Memo<'_>, sheet: &Sheet, found: &mut dyn FnMut(usize, &[usize])) {
        let pack = memo.pack;
        let keywords = self.keywords.is_some();
        let columns: Vec<Column<'_>> = pack
            .names(sheet)
            .enumerate()
            .map(|(at, name)| Column { at, probe: self.probe(name), keywords })
            .filter(|column| column.probe.is_some() || keywords)
            .collect();
        if columns.is_empty() && self.open.is_empty() {
            return;
        }
        // Per column and value: 0 is not looked at yet, else one more than the place of its list.
        let mut known: Vec<Vec<usize>> = columns.iter().map(|_| vec![0; pack.values()]).collect();
        let mut marks = Marks::default();
        marks.bits.resize(self.whole.len(), 0);
        for row in 0..sheet.rows.len() {
            let cells = sheet.row(row);
            for (column, known) in columns.iter().zip(&mut known) {
                let Some(cell) = cells.get(column.at) else { continue };
                let Some(known) = known.get_mut(pack.place(*cell)) else { continue };
                if *known == 0 {
                    memo.lists.push(self.looked(column, pack, *cell, &mut marks));
                    *known = memo.lists.len();
                }
                for (rule, bits) in memo.lists.get(*known - 1).into_iter().flatten() {
                    marks.meet(*rule, *bits);
                }
            }
            self.met(&mut marks);
            if !marks.found.is_empty() {
                found(row, &marks.found);
            }
        }
    }

    /// Returns what a value meets; `marks` hold those of the row so far, and hold them after.
    fn looked(&self, column: &Column<'_>, pack: &Pack, cell: Cell, marks: &mut Marks) -> Box<[(usize, u8)]> {
        let row = marks.take();
        let keywords = self.keywords.as_ref().filter(|_| column.keywords);
        match pack.value(cell) {
            Held::Text(text) => {
                column.probe.iter().for_each(|probe| probe.look_text(text, marks));
                keywords.iter().for_each(|own| own.look(text, marks));
            }
            Held::Other(value) => {
                column.probe.iter().for_each(|probe| probe.look(value, marks));
                keywords.iter().for_each(|own| each_text(value, &mut |text| own.look(text, marks)));
            }
        }
        let own = marks.take();
        row.iter().for_each(|(rule, bits)| marks.meet(*rule, *bits));
        own.into()
    }
}

impl Marks {
    fn meet(&mut self, rule: usize, bits: u8) {
        self.set(super::Need { rule, bit: bits });
    }

    /// Takes all marks out.
    fn take(&mut self) -> Vec<(usize, u8)> {
        let bits = &mut self.bits;
        let taken = self.touched.drain(..);
        taken.filter_map(|rule| Some((rule, std::mem::take(bits.get_mut(rule)?)))).collect()
    }
}
