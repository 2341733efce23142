//! The built-in procedures: read without a finding, complete, and confined to what is fictional.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use exercise::procedure::{Procedure, read_procedure};

use crate::support::join;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/procedures")
}

/// Every procedure by the name of its folder: the attack and its twin.
fn procedures() -> BTreeMap<String, (Procedure, Procedure)> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder()).expect("the procedures") {
        let entry = entry.expect("an entry");
        if entry.file_type().expect("a kind").is_dir() {
            let id = entry.file_name().to_string_lossy().into_owned();
            found.insert(id.clone(), (read(&id, "procedure.yaml"), read(&id, "twin.yaml")));
        }
    }
    found
}

fn read(id: &str, name: &str) -> Procedure {
    let bytes = std::fs::read(folder().join(id).join(name)).unwrap_or_else(|e| panic!("{id}/{name}: {e}"));
    let (procedure, diagnostics) = read_procedure(&format!("{id}/{name}"), &bytes, &join).into_parts();
    assert!(diagnostics.is_empty(), "{id}/{name}: {diagnostics:#?}");
    procedure.unwrap_or_else(|| panic!("{id}/{name} gives no procedure"))
}

#[test]
fn there_are_enough_of_them_over_enough_techniques() {
    let procedures = procedures();
    let techniques: BTreeSet<_> = procedures.values().flat_map(|(attack, _)| &attack.techniques).collect();
    assert!(procedures.len() >= 100, "{} procedures", procedures.len());
    assert!(techniques.len() >= 85, "{} techniques", techniques.len());
}

#[test]
fn each_says_what_it_causes_how_it_is_proven_and_what_it_leaves() {
    for (id, (attack, twin)) in procedures() {
        assert!(!attack.is_twin() && twin.is_twin(), "{id}: the kinds are exchanged");
        assert_eq!(attack.techniques, twin.techniques, "{id}: the twin is of another technique");
        assert_ne!(attack.name, twin.name, "{id}: the twin bears the name of the attack");
        for procedure in [&attack, &twin] {
            assert!(procedure.effects().is_some(), "{}: no effects are declared", procedure.id);
            assert!(procedure.success.is_some(), "{}: nothing proves it", procedure.id);
            assert!(!procedure.telemetry.is_empty(), "{}: no telemetry is named", procedure.id);
            assert!(procedure.description.len() >= 30, "{}: hardly described", procedure.id);
        }
        assert!(twin.expected_rules.is_empty(), "{id}: a twin waits for rules");
    }
}

/// Addresses are those set aside for documentation (RFC 5737), those that a rule asks
/// for inside a house (RFC 1918), or the host itself.
#[test]
fn addresses_are_for_documentation() {
    let allowed =
        ["192.0.2.", "198.51.100.", "203.0.113.", "127.0.0.", "10.20.30.", "192.168.100.", "0.0.0."];
    for (id, (attack, twin)) in procedures() {
        for procedure in [&attack, &twin] {
            let sockets = procedure.effects().map(|e| e.sockets).unwrap_or_default().join("\n");
            for word in format!("{}\n{sockets}", procedure.executor.command)
                .split(|c: char| !(c.is_ascii_digit() || c == '.'))
                .filter(|word| word.split('.').filter(|part| part.parse::<u8>().is_ok()).count() == 4)
            {
                assert!(
                    allowed.iter().any(|a| word.starts_with(a)),
                    "{id}: {word} may be somebody's address"
                );
            }
            for address in procedure.stage.names.values() {
                let address = address.to_string();
                assert!(allowed.iter().any(|a| address.starts_with(a)), "{id}: {address}");
            }
        }
    }
}
