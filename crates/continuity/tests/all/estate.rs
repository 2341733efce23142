//! `estate.yaml` is read as a whole: a good file without a word, a bad one with all its faults.

use continuity::read_estate;
use model::diagnostic::Position;
use model::diagnostic::Severity::{self, Error, Warning};
use model::id::AssetId;
use model::quantity::{Millis, Quantiles, Ratio};
use model::recovery::{Backup, Phases, Readmission, Reconnect, RecoveryRules, RelapseOdds, WarmUp};

const GOOD: &str = include_str!("../data/small.yaml");

/// Uses every key about recovery in phases.
const PHASES: &str = include_str!("../data/phases.yaml");

fn codes(text: &str) -> Vec<(String, u32)> {
    let (_, found) = read_estate("estate.yaml", text.as_bytes()).into_parts();
    found.into_iter().map(|d| (d.code, d.position.map_or(0, |p| p.line))).collect()
}

/// Returns the line, from 1, that holds `needle`.
fn line_of(text: &str, needle: &str) -> u32 {
    1 + text.lines().position(|l| l.contains(needle)).unwrap_or_else(|| panic!("{needle}")) as u32
}

#[test]
fn a_good_estate_is_read_without_a_word() {
    let (estate, found) = read_estate("estate.yaml", GOOD.as_bytes()).into_parts();
    assert_eq!(found, []);
    let estate = estate.expect("it is good");
    assert_eq!((estate.sites.len(), estate.assets.len(), estate.tenants.len()), (2, 6, 2));
    assert_eq!(estate.assets[0].restart.q90, 120.0);
    assert_eq!(estate.assets[0].restart_failure.get(), 0.05);
    assert_eq!(estate.services[1].needs[0].k, Some(1));
    assert_eq!(estate.recovery, RecoveryRules::default());
    assert!(estate.assets.iter().all(|a| a.phases == Phases::default() && a.data_gb == 0));
}

#[test]
fn every_key_about_phases_is_read() {
    let (estate, found) = read_estate("estate.yaml", PHASES.as_bytes()).into_parts();
    assert_eq!(found, []);
    let estate = estate.expect("it is good");
    let hours = |h: u64| Millis(h * Millis::HOUR.0);
    let span = |typical: u64, slow: u64| Quantiles::new(typical as f64 * 60.0, slow as f64 * 60.0);
    let relapse = RelapseOdds { chance: Ratio::clamped(0.15), seen: span(48, 144).expect("a span") };
    let rules = RecoveryRules {
        forensic_teams: Some(6),
        relapse: Some(relapse),
        readmission: Readmission::AtOnce,
        reconnect: Reconnect::Site,
    };
    assert_eq!(estate.recovery, rules);
    assert_eq!((estate.sites[0].restore_gb_per_hour, estate.sites[1].restore_gb_per_hour), (Some(900), None));
    let phases = Phases {
        examine: span(11, 48),
        clean: span(3, 9),
        verify: Quantiles::new(70.0, 240.0),
        release: span(24, 72),
    };
    assert_eq!((estate.assets[0].phases, estate.assets[0].data_gb), (phases, 12_000));
    let at = |id| AssetId::new(id).expect("an id");
    let first = Backup { at: at("vault"), every: hours(24), offline: Some(hours(168)) };
    let second = Backup { at: at("database-north"), every: hours(6), offline: None };
    let backups: Vec<_> = estate.assets.iter().map(|a| a.backup.clone()).collect();
    assert_eq!(backups, [Some(first), Some(second), None]);
    let warm = WarmUp { surge: 3.0, fades: hours(4), headroom: 1.4 };
    assert_eq!((estate.services[0].warm_up, estate.services[1].warm_up), (None, Some(warm)));
    let rpos: Vec<_> = estate.hostings.iter().flat_map(|h| &h.services).map(|a| a.rpo).collect();
    assert_eq!(rpos, [Some(hours(24)), None, Some(hours(6))]);
}

#[test]
fn each_fault_about_phases_is_named_once_at_its_line() {
    let cases = [
        ("forensic-teams: 6", "forensic-teams: 0", Error, "estate.no-forensic-team", "at least 1"),
        ("chance: 0.15", "chance: 1.15", Error, "estate.not-a-share", "chance of a relapse"),
        ("chance: 0.15", "chance: .nan", Error, "estate.not-a-share", "chance of a relapse"),
        ("slow: 6d", "slow: 6h", Error, "estate.slow-below-typical", "median"),
        ("readmission: at-once", "readmission: slowly", Error, "estate.bad-readmission", "staged or at-once"),
        ("per-hour: 900", "per-hour: 0", Error, "estate.no-restore-rate", "\"north\""),
        (
            "every: 6h }",
            "every: 6h }\n    data-gb: 5",
            Error,
            "estate.no-restore-rate",
            "give site \"south\" its restore-gb-per-hour",
        ),
        ("typical: 11h, slow: 2d", "typical: 11h, slow: 2h", Error, "estate.slow-below-typical", "(11h)"),
        ("typical: 3h, slow: 9h", "typical: 3, slow: 9h", Error, "estate.bad-duration", "no unit"),
        (
            "typical: 70m, slow: 4h",
            "typical: 0m, slow: 4h",
            Error,
            "estate.bad-duration",
            "greater than zero",
        ),
        ("release: { typical: 1d", "release: { typical: 1y", Error, "estate.bad-duration", "no unit of time"),
        ("at: vault", "at: cellar", Error, "estate.unknown-asset", "database-south, vault"),
        ("at: vault", "at: database-north", Error, "estate.backup-on-itself", "another asset"),
        ("every: 24h", "every: 0h", Error, "estate.bad-duration", "greater than zero"),
        ("offline: 7d", "offline: never", Error, "estate.bad-duration", "no unit of time"),
        ("offline: 7d", "offline: 12h", Warning, "estate.offline-below-every", "exchanged"),
        (
            "restore: { typical: 1d, slow: 3d }",
            "restore: { typical: 1d, slow: 3d }\n    data-gb: 7",
            Warning,
            "estate.no-backup",
            "no loss of data can be told",
        ),
        ("surge: 3", "surge: 0.9", Error, "estate.bad-warm-up", "from 1 to 1,000"),
        ("surge: 3", "surge: .inf", Error, "estate.bad-warm-up", "from 1 to 1,000"),
        ("surge: 3", "surge: .nan", Error, "estate.bad-warm-up", "from 1 to 1,000"),
        ("fades: 4h", "fades: 0h", Error, "estate.bad-duration", "greater than zero"),
        ("headroom: 1.4", "headroom: 1", Error, "estate.bad-warm-up", "above 1"),
        ("headroom: 1.4", "headroom: .inf", Error, "estate.bad-warm-up", "above 1"),
        (
            "surge: 3, fades: 4h, headroom: 1.4",
            "surge: 1, fades: 4h, headroom: 0.9",
            Error,
            "estate.bad-warm-up",
            "above 1",
        ),
        ("backup: 1, database: 1", "backup: 0, database: 1", Error, "estate.no-crew", "for \"backup\""),
        ("id: vault\n    crew: backup", "id: vault", Error, "estate.no-skill", "backup, database"),
        ("crew: backup", "crew: tape", Error, "estate.unknown-crew", "backup, database"),
        ("site: south", "site: south\n    crew: unix", Error, "estate.unknown-crew", "{unix: 2}"),
        ("rpo: 24h", "rpo: -1h", Error, "estate.bad-duration", "negative"),
        ("rpo: 24h", "rpo: 23h", Warning, "estate.backup-above-rpo", "backed up every 1 d"),
        ("rpo: 6h", "rpo: 0h", Warning, "estate.backup-above-rpo", "backed up every 6 h"),
    ];
    for (from, to, severity, code, says) in cases {
        assert_eq!(PHASES.matches(from).count(), 1, "{from}");
        let text = PHASES.replacen(from, to, 1);
        let (estate, found) = read_estate("estate.yaml", text.as_bytes()).into_parts();
        assert_eq!(estate.is_some(), severity == Warning, "{to}");
        let got: Vec<_> =
            found.iter().map(|d| (d.severity, d.code.as_str(), d.position.map_or(0, |p| p.line))).collect();
        let line = line_of(&text, to.lines().last().unwrap_or(to));
        assert_eq!(got, [(severity, code, line)], "{to}: {found:?}");
        assert!(found[0].to_string().contains(says), "{to}: {} does not say {says:?}", found[0]);
    }
}

#[test]
fn what_lies_on_the_edge_is_allowed() {
    let cases = [
        ("chance: 0.15", "chance: 1"),
        ("chance: 0.15", "chance: 0"),
        ("readmission: at-once", "readmission: staged"),
        ("offline: 7d", "offline: 24h"),
        ("surge: 3, fades: 4h, headroom: 1.4", "surge: 1, fades: 4h, headroom: 1"),
        ("every: 6h }", "every: 6h }\n    data-gb: 0"),
        ("    examine: { typical: 11h, slow: 2d }\n", ""),
    ];
    for (from, to) in cases {
        assert_eq!(PHASES.matches(from).count(), 1, "{from}");
        let text = PHASES.replacen(from, to, 1);
        assert_eq!(codes(&text), [], "{to}");
    }
}

#[test]
fn an_rpo_is_checked_only_where_the_service_rests_on_a_backup() {
    let backup = "    backup: { at: database-north, every: 6h }\n";
    assert!(PHASES.contains(backup));
    let text = PHASES.replacen(backup, "", 1);
    let (estate, found) = read_estate("estate.yaml", text.as_bytes()).into_parts();
    assert!(estate.is_some(), "{found:?}");
    let got: Vec<_> = found.iter().map(|d| (d.severity, d.code.as_str(), d.position)).collect();
    let line = line_of(&text, "rpo: 6h");
    let place = Position { line, column: 54 };
    assert_eq!(got, [(Warning, "estate.rpo-without-backup", Some(place))], "the north has one: {found:?}");
    assert!(found[0].message.contains("at-south has an RPO for service portal"), "{}", found[0]);
    let anywhere = text.replacen("role: database, at: home", "role: database, at: any", 1);
    let rare: Vec<String> = codes(&anywhere).into_iter().map(|(code, _)| code).collect();
    assert_eq!(rare, ["estate.backup-above-rpo"], "the other half of the data has one, once a day");
    let bridged = text.replacen(
        "    warm-up:",
        "    emergency: { name: On paper, after: 1h, needs: [{ of: [{ role: database, at: any }] }] }\n    warm-up:",
        1,
    );
    assert_eq!(codes(&bridged).len(), 1, "what emergency operation needs is not the data");
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
    let (estate, found) = read_estate("estate.yaml", text.as_bytes()).into_parts();
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
    let (estate, found) = read_estate("estate.yaml", text.as_bytes()).into_parts();
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
    let (estate, found) = read_estate("estate.yaml", text.as_bytes()).into_parts();
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
    let (estate, found) = read_estate("estate.yaml", text.as_bytes()).into_parts();
    assert!(estate.is_none());
    assert_eq!(found[0].position.map(|p| p.line), Some(line_of(&text, "crew: 2")));
    for bytes in [&b"\xff"[..], b"", b"[1, 2", b"- 1", b"name: &a [*a]"] {
        let (estate, found) = read_estate("estate.yaml", bytes).into_parts();
        assert!(estate.is_none() && !found.is_empty());
    }
}
