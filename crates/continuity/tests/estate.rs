//! `estate.yaml` is read as a whole: a good file without a word, a bad one with all its faults.

use continuity::read_estate;
use model::diagnostic::Severity;

const GOOD: &str = include_str!("data/small.yaml");

fn codes(text: &str) -> Vec<(String, u32)> {
    let (_, found) = read_estate("estate.yaml", text.as_bytes());
    found.into_iter().map(|d| (d.code, d.position.map_or(0, |p| p.line))).collect()
}

/// Returns the line, from 1, that holds `needle`.
fn line_of(text: &str, needle: &str) -> u32 {
    1 + text.lines().position(|l| l.contains(needle)).unwrap_or_else(|| panic!("{needle}")) as u32
}

#[test]
fn a_good_estate_is_read_without_a_word() {
    let (estate, found) = read_estate("estate.yaml", GOOD.as_bytes());
    assert_eq!(found, []);
    let estate = estate.expect("it is good");
    assert_eq!((estate.sites.len(), estate.assets.len(), estate.tenants.len()), (2, 6, 2));
    assert_eq!(estate.assets[0].restart.q90, 120.0);
    assert_eq!(estate.assets[0].restart_failure.get(), 0.05);
    assert_eq!(estate.services[1].needs[0].k, Some(1));
}

#[test]
fn each_fault_is_named_at_its_line() {
    let cases = [
        ("id: south, name: South", "id: north, name: South", "estate.duplicate-id"),
        ("name: South", "name: South, crews: 3 }\n  - { id: home, name: Home", "estate.reserved-site"),
        ("crews: 2", "crews: 0", "estate.no-crew"),
        ("site: north # first", "site: nord", "estate.unknown-site"),
        ("zone: core # first", "zone: cor", "estate.unknown-zone"),
        ("sensors: 0.9 # first", "sensors: 1.9", "estate.not-a-share"),
        ("slow: 2h } # first", "slow: 20m }", "estate.slow-below-typical"),
        ("typical: 40m, slow: 2h } # first", "typical: -40m, slow: 2h }", "estate.bad-duration"),
        ("count: 4 # first", "count: 0", "estate.no-host"),
        ("need: 1", "need: 7", "estate.need-too-large"),
        ("need: 1", "need: 0", "estate.need-zero"),
        ("role: mail, at: home", "role: post, at: home", "estate.unknown-role"),
        ("role: mail, at: home", "role: mail, at: west", "estate.unknown-site"),
        ("role: mail, at: home", "role: mail, at: home, service: directory", "estate.bad-component"),
        ("service: directory }", "service: telephone }", "estate.unknown-service"),
        ("rto: 8h", "rto: 24h", "estate.rto-not-below-mtpd"),
        ("ik: \"990000011\"", "ik: \"990000012\"", "estate.bad-ik"),
        ("ik: \"990000011\"", "ik: \"99000001\"", "estate.bad-ik"),
        ("hosting: at-north", "hosting: at-nowhere", "estate.unknown-hosting"),
        ("insured: 90000", "insured: 0", "estate.no-insured"),
        ("alerts-per-day: 190", "alerts-per-day: -1", "estate.bad-soc"),
        ("id: mail-north", "id: mail north", "estate.invalid-id"),
    ];
    for (from, to, code) in cases {
        assert!(GOOD.contains(from), "{from}");
        let text = GOOD.replacen(from, to, 1);
        let line = line_of(&text, to.lines().last().unwrap_or(to));
        let found = codes(&text);
        assert!(
            found.contains(&(code.to_owned(), line)),
            "{to}: wanted {code} in line {line}, got {found:?}"
        );
    }
}

#[test]
fn all_faults_are_reported_at_once_in_the_order_of_the_file() {
    let text = GOOD
        .replacen("crews: 2", "crews: 0", 1)
        .replacen("sensors: 0.9 # first", "sensors: 3", 1)
        .replacen("rto: 8h", "rto: 9d", 1)
        .replacen("990000022", "990000023", 1);
    let (estate, found) = read_estate("estate.yaml", text.as_bytes());
    assert_eq!(estate, None);
    let codes: Vec<&str> = found.iter().map(|d| d.code.as_str()).collect();
    let wanted = ["estate.no-crew", "estate.not-a-share", "estate.rto-not-below-mtpd", "estate.bad-ik"];
    assert_eq!(codes, wanted);
    assert!(found.iter().all(|d| d.help.is_some() && d.position.is_some()));
}

#[test]
fn a_role_that_is_absent_at_a_home_is_an_error_only_where_it_is_used() {
    let text =
        GOOD.replacen("home: south", "home: north", 1).replacen("role: mail # south", "role: other", 1);
    assert!(!codes(&text).iter().any(|(c, _)| c == "estate.role-absent"), "{:?}", codes(&text));
    let text = GOOD.replacen("role: mail # south", "role: other", 1);
    assert!(codes(&text).iter().any(|(c, _)| c == "estate.role-absent"), "{:?}", codes(&text));
}

#[test]
fn unused_parts_are_warnings() {
    let text = GOOD.replacen("hosting: at-south", "hosting: at-north", 1).replacen(
        "hostings:\n",
        "  - { id: fax, name: Fax, needs: [] }\nhostings:\n",
        1,
    );
    let (estate, found) = read_estate("estate.yaml", text.as_bytes());
    assert!(estate.is_some());
    assert!(found.iter().all(|d| d.severity == Severity::Warning), "{found:?}");
    let mut codes: Vec<&str> = found.iter().map(|d| d.code.as_str()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["estate.unused-hosting", "estate.unused-service"]);
}

#[test]
fn a_cycle_that_cannot_start_from_cold_names_what_to_start_by_hand() {
    let text = GOOD.replacen(
        "- of: [{ role: directory, at: home }]",
        "- of: [{ role: directory, at: home }, { service: mail }]",
        1,
    );
    let (estate, found) = read_estate("estate.yaml", text.as_bytes());
    assert!(estate.is_some(), "{found:?}");
    let cycle = found.iter().find(|d| d.code == "estate.service-cycle").expect("the cycle is reported");
    assert!(cycle.message.contains("directory -> mail -> directory"), "{}", cycle.message);
    let stuck: Vec<_> = found.iter().filter(|d| d.code == "estate.black-start").collect();
    assert_eq!(stuck.len(), 2, "one for each home: {found:?}");
    assert!(stuck[0].help.as_deref().is_some_and(|h| h.starts_with("start directory by hand")));
}

#[test]
fn a_misspelt_key_and_broken_text_have_a_place() {
    let text = GOOD.replacen("crews: 2", "crew: 2", 1);
    let (estate, found) = read_estate("estate.yaml", text.as_bytes());
    assert!(estate.is_none());
    assert_eq!(found[0].position.map(|p| p.line), Some(line_of(&text, "crew: 2")));
    for bytes in [&b"\xff"[..], b"", b"[1, 2", b"- 1", b"name: &a [*a]"] {
        let (estate, found) = read_estate("estate.yaml", bytes);
        assert!(estate.is_none() && !found.is_empty());
    }
}
