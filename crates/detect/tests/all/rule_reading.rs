//! Rule folders, good and bad: what is used, and why the rest is not.

use crate::support::*;
use detect::{RuleFile, RuleSet};
use model::detection::{RejectedRule, RuleSetSummary};

fn reasons(summary: &RuleSetSummary) -> Vec<&str> {
    summary.rejected.iter().map(|rejected| rejected.reason.as_str()).collect()
}

/// One bad file beside a good one: the good one is used, and this is said of the bad one.
fn rejected(bytes: &[u8]) -> Vec<RejectedRule> {
    let files = vec![
        RuleFile { path: "bad.yml".to_owned(), bytes: bytes.to_vec() },
        RuleFile { path: "good.yml".to_owned(), bytes: rule("good", "t1490", "Image: x").into_bytes() },
    ];
    let (rules, summary) = RuleSet::read(files, &join).into_parts().0;
    assert_eq!((rules.rules().len(), summary.loaded, summary.files), (1, 1, 2));
    assert!(summary.rejected.iter().all(|rejected| rejected.file == "bad.yml"));
    summary.rejected
}

#[test]
fn each_fault_is_named_and_stops_nothing() {
    let with = |selection: &str| rule("bad", "t1490", selection);
    let no_detection = "title: Bad\nid: bad\nlogsource: {product: windows}\n".to_owned();
    let cases: Vec<(String, &str)> = vec![
        (with("Image|contians: x"), "contians"),
        (with("Image|re: '(unclosed'"), "regex"),
        (with("Image|expand: '%admins%'"), "%admins%"),
        (with("Image|cidr: not-a-net"), "CIDR"),
        (with("Image|re|contains: x"), "modifier"),
        (no_detection, "detection"),
        (with("Image: x").replace("condition: selection", "condition: selction"), "selction"),
        (with("Image: x").replace("condition: selection", "condition: selection and"), "ondition"),
        (with("Image: x").replace("id: bad", "id: bad id"), "blank"),
        ("title: Bad\n  detection: [".to_owned(), "YAML"),
        ("- a\n- list\n".to_owned(), "mapping"),
        ("just text".to_owned(), "mapping"),
        ("# only a comment\n".to_owned(), "no document"),
        (String::new(), "no document"),
        (format!("title: Bad\nx: {}\n", "[".repeat(5_000)), "YAML"),
        ("title: c\ncorrelation: {type: event_count, rules: [a], timespan: 1m, condition: {gte: 3}, group-by: [b]}\n"
            .to_owned(), "correlation"),
    ];
    for (text, says) in cases {
        let found = rejected(text.as_bytes());
        assert_eq!(found.len(), 1, "{text}");
        assert!(found[0].reason.contains(says), "{:?} should say {says:?}", found[0].reason);
        assert!(found[0].reason.chars().count() <= 401 && !found[0].reason.contains('\n'));
    }
    let broken = rejected(with("Image|contians: x").as_bytes());
    assert_eq!(broken[0].rule.as_deref(), Some("Rule bad"), "a broken rule is named by its title");
}

#[test]
fn bytes_that_are_no_text_and_files_without_end_are_refused() {
    assert_eq!(rejected(b"title: x\nid: \xff\n")[0].reason, "the file is not UTF-8 at line 2, column 5");
    assert!(rejected(&vec![b'a'; 3 << 20])[0].reason.contains("3145728 bytes"));
    let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (name, before) in ["b", "c", "d", "e", "f", "g", "h", "i", "j"].iter().zip("abcdefghi".chars()) {
        let items = vec![format!("*{before}"); 10].join(",");
        bomb.push_str(&format!("{name}: &{name} [{items}]\n"));
    }
    assert!(rejected(bomb.as_bytes())[0].reason.contains("YAML"));
}

#[test]
fn documents_of_one_file_stand_for_themselves() {
    let many = format!(
        "{}---\n{}--- \n{}---\n",
        rule("r1", "t1490", "Image: a"),
        rule("r2", "t1490", "Image|nope: a"),
        rule("r3", "t1486", "CommandLine: 'a --- b'")
    );
    let (rules, summary) = rules(&[("many.yml", &many)]);
    let ids: Vec<&str> = rules.rules().iter().map(|info| info.id.as_str()).collect();
    assert_eq!((ids, summary.files, summary.loaded), (vec!["r1", "r3"], 1, 2));
    assert_eq!(summary.rejected[0].rule.as_deref(), Some("Rule r2"));
}

#[test]
fn documents_that_build_on_each_other_are_read_together() {
    let global = "action: global\ntitle: Shared\ntags: [attack.t1490]\nlevel: low\n---\n\
        id: r1\nlogsource: {product: windows, category: process_creation}\n\
        detection: {selection: {Image: a}, condition: selection}\n---\n\
        id: r2\nlogsource: {product: windows, service: security}\n\
        detection: {selection: {NewProcessName: a}, condition: selection}\n";
    let (rules, summary) = rules(&[("global.yml", global)]);
    assert_eq!((summary.loaded, reasons(&summary)), (2, vec![]));
    assert!(rules.rules().iter().all(|info| info.title == "Shared" && info.level == "low"));
    assert_ne!(rules.rules()[0].hash, rules.rules()[1].hash);
}

#[test]
fn the_order_of_files_changes_nothing() {
    let texts: Vec<(String, String)> =
        (0..9).map(|n| (format!("{n}.yml"), rule(&format!("r{}", n % 7), "t1490", "Image: a"))).collect();
    let mut forward: Vec<(&str, &str)> = texts.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let (one, first) = rules(&forward);
    forward.reverse();
    let (two, second) = rules(&forward);
    assert_eq!((one.rules(), &first), (two.rules(), &second));
    assert_eq!(first.loaded, 7);
    assert_eq!(first.rejected[0].file, "7.yml");
    assert_eq!(first.rejected[0].reason, "its id r0 is already used by \"Rule r0\" in 0.yml");
}

#[test]
fn tags_are_joined_and_what_cannot_be_joined_is_counted() {
    let tagged =
        |id: &str, tags: &str| rule(id, "t1490", "Image: a").replace("attack.execution, attack.t1490", tags);
    let (rules, summary) = rules(&[
        ("1.yml", &tagged("r1", "attack.t1562.004, attack.g0016, attack.s0002, cve.2024-1, attack.impact")),
        ("2.yml", &tagged("r2", "attack.t9999, attack.t1490")),
        ("3.yml", &tagged("r3", "attack.t9999, detection.threat-hunting")),
    ]);
    let techniques = |at: usize| {
        rules.rules()[at].techniques.iter().map(model::id::TechniqueId::as_str).collect::<Vec<_>>()
    };
    assert_eq!(rules.rules()[0].published.len(), 1);
    assert_eq!(techniques(0), ["T1686", "T1686.001"], "a technique that was split");
    assert_eq!(techniques(1), ["T1490"]);
    assert!(techniques(2).is_empty());
    assert_eq!(summary.not_joined.get("attack.t9999"), Some(&2));
    assert_eq!(summary.not_joined.len(), 1);
}

#[test]
fn a_rule_without_id_is_known_by_its_text() {
    let text = rule("x", "t1490", "Image: a").replace("id: x\n", "").replace("level: high\n", "");
    let (rules, _) = rules(&[("a.yml", &text)]);
    let info = &rules.rules()[0];
    assert_eq!(info.id.as_str(), format!("sha-{}", info.hash));
    assert_eq!((info.hash.len(), info.level.as_str()), (16, "medium"));
}

#[test]
fn a_filter_that_applies_to_nothing_is_reported() {
    let filter = |rules: &str, product: &str| {
        format!(
            "title: F\nlogsource: {{product: {product}}}\nfilter:\n  rules: {rules}\n  \
             selection: {{User: adm}}\n  condition: not selection\n"
        )
    };
    let good = rule("r1", "t1490", "Image: a");
    for (names, product, applies) in
        [("[r1]", "windows", 1), ("any", "windows", 1), ("[r9]", "windows", 0), ("[r1]", "linux", 0)]
    {
        let (_, summary) = rules(&[("a.yml", &good), ("f.yml", &filter(names, product))]);
        assert_eq!(summary.filters, applies, "{names} {product}");
        assert_eq!(summary.rejected.len() as u64, 1 - applies);
    }
}
