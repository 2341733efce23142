//! Real files with random damage: every reader returns, and says why when it gives nothing.

use model::diagnostic::Severity;
use proptest::prelude::*;
use threat::{Joiner, catalogue, read_afb, read_flow, read_matrix, version_map};

/// Damage that keeps the text mostly in shape: a stretch is dropped, doubled, or
/// replaced by a piece of JSON.
#[derive(Debug, Clone)]
enum Damage {
    Drop(usize),
    Double(usize),
    Put(&'static str),
    Cut,
}

fn damage() -> impl Strategy<Value = (prop::sample::Index, Damage)> {
    let pieces =
        vec!["null", "[]", "{}", "-1", "\"", ",", ":", "}", "]", "\u{0}", "9e999", "\"attack-flow\"", "true"];
    let kind = prop_oneof![
        3 => (1..60_usize).prop_map(Damage::Drop),
        2 => (1..200_usize).prop_map(Damage::Double),
        4 => prop::sample::select(pieces).prop_map(Damage::Put),
        1 => Just(Damage::Cut),
    ];
    (any::<prop::sample::Index>(), kind)
}

fn apply(text: &mut Vec<u8>, at: &prop::sample::Index, damage: &Damage) {
    if text.is_empty() {
        return;
    }
    let at = at.index(text.len());
    match damage {
        Damage::Drop(n) => drop(text.drain(at..(at + n).min(text.len()))),
        Damage::Double(n) => {
            let piece = text[at..(at + n).min(text.len())].to_vec();
            drop(text.splice(at..at, piece));
        }
        Damage::Put(piece) => drop(text.splice(at..at, piece.bytes())),
        Damage::Cut => text.truncate(at),
    }
}

fn survive(name: &str, cases: u32) {
    let Some(original) = super::shared(name) else { return };
    let (matrix, map) = (catalogue(), version_map());
    let joiner = Joiner::new(&matrix, &map);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(damages in prop::collection::vec(damage(), 1..6))| {
        let mut text = original.clone();
        for (at, damage) in &damages {
            apply(&mut text, at, damage);
        }
        let (found, said) = read_flow("x", &text, &joiner).into_parts();
        prop_assert!(!found.is_empty() || said.iter().any(|d| d.severity == Severity::Error));
        let (found, said) = read_afb("x", &text, &joiner).into_parts();
        prop_assert!(!found.is_empty() || said.iter().any(|d| d.severity == Severity::Error));
        let (found, said) = read_matrix("x", text.as_slice()).into_parts();
        prop_assert!(found.is_some() || said.iter().any(|d| d.severity == Severity::Error));
    });
}

#[test]
fn damaged_flows_are_survived() {
    survive("flows/stix/attack-flow-example.json", 300);
}

#[test]
fn damaged_drawings_are_survived() {
    survive("flows/searchawesome-adware.afb", 60);
}

#[test]
fn damaged_techniques_are_survived() {
    survive("attack/stix-2.0-sample/attack-pattern-T1059.004.json", 300);
}
