//! Writes a source with its switches.

use std::collections::BTreeMap;

use crate::Switch;

/// An expression with all that may stand in its place, inner ones within.
#[derive(Default)]
struct Site {
    others: Vec<(u32, String)>,
    arms: Vec<u32>,
}

/// Bytes of the written text: from, to, number.
type Owned = Vec<(usize, usize, u32)>;

/// Returns the source with its switches and which bytes of it belong to which mutant.
pub(crate) fn write(source: &str, switches: Vec<(u32, Switch)>) -> (String, Owned) {
    let mut sites: BTreeMap<(usize, std::cmp::Reverse<usize>), Site> = BTreeMap::new();
    let mut inserts: BTreeMap<usize, Vec<(u32, String)>> = BTreeMap::new();
    for (number, switch) in switches {
        let key = |(from, to)| (from, std::cmp::Reverse(to));
        match switch {
            Switch::Other { range, text } => {
                sites.entry(key(range)).or_default().others.push((number, text));
            }
            Switch::Arm { guard: Some(range), .. } => sites.entry(key(range)).or_default().arms.push(number),
            Switch::Arm { at, guard: None } => {
                inserts.entry(at).or_default().push((number, format!(" if !crate::switches::on({number})")));
            }
            Switch::Return { at, text } => {
                let text = format!("if crate::switches::on({number}) {{ return {text}; }} ");
                inserts.entry(at).or_default().push((number, text));
            }
        }
    }
    let sites: Vec<((usize, usize), Site)> =
        sites.into_iter().map(|((from, to), site)| ((from, to.0), site)).collect();
    let mut writer = Writer { source, sites, inserts, next: 0, text: String::new(), owned: Vec::new() };
    writer.copy(0, source.len());
    (writer.text, writer.owned)
}

struct Writer<'a> {
    source: &'a str,
    sites: Vec<((usize, usize), Site)>,
    inserts: BTreeMap<usize, Vec<(u32, String)>>,
    next: usize,
    text: String,
    owned: Owned,
}

impl Writer<'_> {
    /// Writes the bytes of the source from `from` to `to` with the switches within.
    fn copy(&mut self, mut from: usize, to: usize) {
        while let Some(((start, end), _)) = self.sites.get(self.next)
            && *start < to
        {
            let (start, end) = (*start, *end);
            self.plain(from, start);
            self.site(start, end);
            from = end;
        }
        self.plain(from, to);
    }

    /// Inserts stand at the beginning of a statement or behind a pattern: before what begins there.
    fn plain(&mut self, mut from: usize, to: usize) {
        let here: Vec<usize> = self.inserts.range(from..=to).map(|(at, _)| *at).collect();
        for at in here {
            self.text.push_str(&self.source[from..at]);
            for (number, text) in self.inserts.remove(&at).unwrap_or_default() {
                self.own(number, &text);
            }
            from = at;
        }
        self.text.push_str(&self.source[from..to]);
    }

    fn own(&mut self, number: u32, text: &str) {
        let from = self.text.len();
        self.text.push_str(text);
        self.owned.push((from, self.text.len(), number));
    }

    fn site(&mut self, start: usize, end: usize) {
        let site = std::mem::take(&mut self.sites[self.next].1);
        self.next += 1;
        let first = self.text.len();
        self.text.push('(');
        for number in &site.arms {
            self.own(*number, &format!("!crate::switches::on({number}) && "));
        }
        for (number, text) in &site.others {
            self.own(*number, &format!("if crate::switches::on({number}) {{ {text} }} else "));
        }
        self.text.push_str(if site.others.is_empty() { "(" } else { "{ " });
        self.copy(start, end);
        self.text.push_str(if site.others.is_empty() { "))" } else { " })" });
        // An error about the whole is laid to what stands first in it, unless it is within another.
        for (number, _) in &site.others {
            self.owned.push((first, self.text.len(), *number));
        }
    }
}
