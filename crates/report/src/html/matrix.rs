//! The ATT&CK matrix by verdict.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use model::id::{TacticId, TechniqueId};
use model::verdict::OutcomeKind;

use super::{Page, fill};
use crate::words;

struct Badge {
    letter: char,
    word: &'static str,
    number: usize,
}

struct Tile {
    id: String,
    name: String,
    worst: &'static str,
    badges: Vec<Badge>,
    note: String,
    link: bool,
}

struct Column {
    name: String,
    id: String,
    tiles: Vec<Tile>,
    rest: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "matrix.html")]
struct Matrix {
    version: String,
    columns: Vec<Column>,
}

/// Returns the matrix, with techniques of the run only.
pub(super) fn matrix(page: &Page<'_>) -> String {
    let record = page.record;
    let mut all: BTreeSet<&TechniqueId> = record.verdicts.iter().map(|v| &v.technique).collect();
    all.extend(record.evidence.techniques.keys());
    all.extend(record.not_tested.iter().map(|n| &n.technique));
    let mut by_tactic: BTreeMap<Option<&TacticId>, Vec<&TechniqueId>> = BTreeMap::new();
    for id in all {
        let tactics = record.matrix.techniques.get(id).map(|t| t.tactics.as_slice()).unwrap_or_default();
        for tactic in tactics {
            by_tactic.entry(Some(tactic)).or_default().push(id);
        }
        if tactics.is_empty() {
            by_tactic.entry(None).or_default().push(id);
        }
    }
    let mut columns: Vec<Column> = record
        .matrix
        .tactics
        .iter()
        .filter_map(|tactic| {
            let own = by_tactic.get(&Some(&tactic.id))?;
            Some(column(page, &tactic.name, tactic.id.as_str(), own))
        })
        .collect();
    if let Some(rest) = by_tactic.get(&None) {
        columns.push(column(page, "Tactic not known", "", rest));
    }
    if columns.is_empty() {
        return String::new();
    }
    fill(&Matrix { version: record.matrix.version.clone(), columns })
}

/// Returns a column: techniques with a verdict or in a campaign as tiles, the others,
/// which only some actor uses, as a list of ids that were not measured.
fn column(page: &Page<'_>, name: &str, id: &str, own: &[&TechniqueId]) -> Column {
    let record = page.record;
    let shown = |id: &TechniqueId| {
        record.evidence.techniques.contains_key(id) || record.verdicts.iter().any(|v| &v.technique == id)
    };
    let (tiles, rest): (Vec<_>, Vec<_>) = own.iter().partition(|id| shown(id));
    Column {
        name: name.to_owned(),
        id: id.to_owned(),
        tiles: tiles.into_iter().map(|id| tile(page, id)).collect(),
        rest: rest.into_iter().map(|id| (id.to_string(), words::technique_name(record, id))).collect(),
    }
}

fn tile(page: &Page<'_>, id: &TechniqueId) -> Tile {
    let own: Vec<_> = page.record.verdicts.iter().filter(|v| &v.technique == id).collect();
    let kinds = || own.iter().filter_map(|v| v.outcome.as_ref().map(model::verdict::Outcome::kind));
    let badges: Vec<Badge> = OutcomeKind::ALL
        .into_iter()
        .map(|kind| Badge {
            letter: words::letter(kind),
            word: kind.word(),
            number: kinds().filter(|k| *k == kind).count(),
        })
        .filter(|badge| badge.number > 0)
        .collect();
    let worst = kinds().filter(|k| *k != OutcomeKind::Inconclusive).max();
    let note = match (own.is_empty(), badges.is_empty()) {
        (true, _) => "not measured".to_owned(),
        (false, true) => "no verdict".to_owned(),
        (false, false) => String::new(),
    };
    Tile {
        id: id.to_string(),
        name: words::technique_name(page.record, id),
        worst: worst.map_or("none", OutcomeKind::word),
        badges,
        note,
        link: page.record.evidence.techniques.contains_key(id),
    }
}
