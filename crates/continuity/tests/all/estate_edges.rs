//! What lies just on and just beyond each limit of `estate.yaml`, and the words that say so.

use continuity::read_estate;
use model::diagnostic::{Diagnostic, Position};
use model::estate::{People, TradeOff};

const GOOD: &str = include_str!("../data/small.yaml");

fn found(text: &str) -> Vec<Diagnostic> {
    read_estate("estate.yaml", text.as_bytes()).into_parts().1
}

fn with(line: &str) -> String {
    GOOD.replacen("sites:\n", &format!("{line}\nsites:\n"), 1)
}

#[test]
fn people_have_a_name_of_one_to_forty_letters_in_three_forms() {
    let names = |one: &str, many: &str, german: &str| {
        with(&format!("people: {{ one: \"{one}\", many: \"{many}\", german: \"{german}\" }}"))
    };
    let read = |text: &str| read_estate("estate.yaml", text.as_bytes()).into_parts();
    let (longest, longer) = ("ä".repeat(40), "ä".repeat(41));
    let (estate, said) = read(&names(" citizen ", "c", &longest));
    let people = People { one: "citizen".to_owned(), many: "c".to_owned(), german: longest };
    assert_eq!((estate.and_then(|e| e.people), said), (Some(people), vec![]));
    for (bad, says) in [
        ("", "is empty"),
        ("  ", "is empty"),
        (longer.as_str(), "has 41 characters"),
        ("a{b", "is no name"),
        ("a\\tb", "is no name"),
    ] {
        for (key, text) in
            [("one", names(bad, "b", "c")), ("many", names("a", bad, "c")), ("german", names("a", "b", bad))]
        {
            let (estate, said) = read(&text);
            assert!(estate.is_none(), "{key} {bad:?}");
            let told: Vec<_> = said.iter().map(|d| (d.code.as_str(), d.message.clone())).collect();
            assert_eq!(told, [("estate.bad-people", format!("{key} of people {says}"))]);
        }
    }
}

#[test]
fn a_prevented_outflow_has_one_price_of_zero_or_more() {
    let priced = |inner: &str| {
        let (estate, said) =
            read_estate("estate.yaml", with(&format!("trade-off: {{ {inner} }}")).as_bytes()).into_parts();
        (estate.map(|e| e.trade_off), said.into_iter().map(|d| (d.code, d.message)).collect::<Vec<_>>())
    };
    let (each, every) = ("person-hours-per-outflow", "person-hours-per-exposed-person");
    assert_eq!(priced(&format!("{each}: 0")), (Some(Some(TradeOff::PersonHoursPerOutflow(0.0))), vec![]));
    assert_eq!(
        priced(&format!("{every}: 2.5")),
        (Some(Some(TradeOff::PersonHoursPerExposedPerson(2.5))), vec![])
    );
    for key in [each, every] {
        for (bad, says) in [("-1", "-1"), (".inf", "inf"), (".nan", "NaN"), ("-.inf", "-inf")] {
            let (_, said) = priced(&format!("{key}: {bad}"));
            assert_eq!(said, [("estate.bad-trade-off".to_owned(), format!("{key} is {says}"))]);
        }
    }
    let twice = priced(&format!("{each}: 1, {every}: 1"));
    assert_eq!(twice.1, [("estate.bad-trade-off".to_owned(), "the trade-off is stated twice".to_owned())]);
}

/// Weights are kept unless each is 1, which is what no weight says.
#[test]
fn weights_of_a_need_are_those_that_are_written() {
    for (weights, kept) in
        [((1, 1), vec![]), ((1, 2), vec![1, 2]), ((2, 1), vec![2, 1]), ((2, 2), vec![2, 2])]
    {
        let needs = format!(
            "{{ role: directory, at: home, weight: {} }}, {{ role: mail, at: home, weight: {} }}",
            weights.0, weights.1
        );
        let text = GOOD.replacen("[{ role: directory, at: home }]", &format!("[{needs}]"), 1);
        let (estate, said) = read_estate("estate.yaml", text.as_bytes()).into_parts();
        let estate = estate.unwrap_or_else(|| panic!("{said:?}"));
        assert_eq!(estate.services[0].needs[0].weights, kept);
    }
}

/// A hint names eight ids at most, and how many more there are.
#[test]
fn a_hint_names_eight_and_counts_the_rest() {
    let hint = |sites: usize| {
        let more: String = (2..sites).map(|i| format!("  - {{ id: s{i}, name: S, crews: 1 }}\n")).collect();
        let text = GOOD.replacen("zones:\n", &format!("{more}zones:\n"), 1).replacen(
            "site: north # first",
            "site: nord",
            1,
        );
        let said = found(&text).into_iter().find(|d| d.code == "estate.unknown-site").expect("an error");
        said.help.expect("a hint")
    };
    assert!(hint(2).contains("declared: north, south"), "{}", hint(2));
    assert!(hint(8).contains("declared: north, s2, s3, s4, s5, s6, s7, south"), "{}", hint(8));
    assert!(hint(9).contains("declared are north, s2, s3, s4, s5, s6, s7, s8 and 1 more"), "{}", hint(9));
}

/// Services that need each other in a ring of `size`.
fn ring(size: usize) -> String {
    let name = |i: usize| format!("s{:02}", i % size);
    let services: String = (0..size)
        .map(|i| {
            let needs = format!("[{{ of: [{{ service: {} }}] }}]", name(i + 1));
            format!("  - {{ id: {}, name: S, needs: {needs} }}\n", name(i))
        })
        .collect();
    GOOD.replacen("hostings:\n", &format!("{services}hostings:\n"), 1).replacen(
        "- { service: directory, rto: 4h, mtpd: 8h }",
        "- { service: directory, rto: 4h, mtpd: 8h }\n      - { service: s00, rto: 4h, mtpd: 8h }",
        1,
    )
}

/// The warning about a ring of n lists n + 1 names; from fourteen on, twelve and how many more there are.
#[test]
fn long_lists_are_told_by_their_first_twelve() {
    let trip = |size: usize| {
        let said = found(&ring(size)).into_iter().find(|d| d.code == "estate.service-cycle");
        said.expect("a cycle").message
    };
    for size in [2, 11, 12] {
        assert!(!trip(size).contains('…'), "{}", trip(size));
        assert_eq!(trip(size).matches(" -> ").count(), size, "{}", trip(size));
    }
    for size in [13, 14, 40] {
        assert!(trip(size).ends_with(&format!(" -> … {} more", size + 1 - 12)), "{}", trip(size));
        assert_eq!(trip(size).matches(" -> ").count(), 12, "{}", trip(size));
    }
}

/// Circles are looked for as long as all that is used is there, whatever else is said.
#[test]
fn circles_are_named_unless_a_need_cannot_be_met() {
    let codes = |text: &str| -> Vec<(String, Option<Position>)> {
        let mut codes: Vec<_> = found(text).into_iter().map(|d| (d.code, d.position)).collect();
        // What cannot start is said for each home.
        codes.dedup();
        codes
    };
    let text = ring(2);
    let line = |needle: &str| 1 + text.lines().position(|l| l.contains(needle)).expect("a line") as u32;
    let at = |needle: &str| Some(Position { line: line(needle), column: 11 });
    assert_eq!(
        codes(&text),
        [
            ("estate.service-cycle".to_owned(), at("id: s00, name")),
            ("estate.black-start".to_owned(), at("id: s00, name")),
        ]
    );
    let named = |text: &str| codes(text).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
    let idle = text.replacen("hostings:\n", "  - { id: fax, name: Fax, needs: [] }\nhostings:\n", 1);
    assert_eq!(named(&idle), ["estate.service-cycle", "estate.black-start", "estate.unused-service"]);
    assert_eq!(named(&text.replacen("need: 1", "need: 7", 1)), ["estate.need-too-large"]);
    let absent = named(&text.replacen("role: mail # south", "role: other", 1));
    assert!(absent.iter().any(|code| code == "estate.role-absent"), "{absent:?}");
    assert!(!absent.iter().any(|code| code == "estate.service-cycle"), "{absent:?}");
}

#[test]
fn a_hundred_million_people_of_a_tenant_can_be() {
    let codes = |people: u64| -> Vec<String> {
        let text = GOOD.replacen("insured: 90000", &format!("insured: {people}"), 1);
        found(&text).into_iter().map(|d| d.code).collect()
    };
    assert_eq!(codes(100_000_000), Vec::<String>::new());
    assert_eq!(codes(100_000_001), ["estate.absurd-insured"]);
}

/// Of several backups under a service the rarest one breaks its RPO, whichever is named first.
#[test]
fn the_rarest_backup_under_a_service_is_named() {
    let phases = include_str!("../data/phases.yaml");
    let said = |first: &str, second: &str| {
        let text = phases
            .replacen("vault, every: 24h", &format!("vault, every: {first}"), 1)
            .replacen("north, every: 6h", &format!("north, every: {second}"), 1)
            .replacen("role: database, at: home", "role: database, at: any", 1)
            .replacen("rpo: 24h", "rpo: 5h", 1)
            .replacen("rpo: 6h", "rpo: 5h", 1);
        let told = found(&text).into_iter().filter(|d| d.code == "estate.backup-above-rpo");
        let ends = |d: Diagnostic| d.message.split_once(", and ").map(|(_, end)| end.to_owned());
        let mut told: Vec<String> = told.filter_map(ends).collect();
        told.dedup();
        told
    };
    assert_eq!(said("24h", "6h"), ["database-north is backed up every 1 d"]);
    assert_eq!(said("6h", "24h"), ["database-south is backed up every 1 d"]);
    assert_eq!(said("24h", "24h"), ["database-north is backed up every 1 d"]);
}
