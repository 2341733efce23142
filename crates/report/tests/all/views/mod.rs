//! The views of one sample record, whole.

use report::{Style, explain, terminal};

use super::sample;

/// Returns what changed between two records, as a user reads it.
fn diff(a: &model::record::Record, b: &model::record::Record) -> String {
    report::diff(&assess::compare(a, b), a, b)
}

#[test]
fn the_terminal_summary_fits_eighty_columns() {
    for (record, name) in
        [(sample::record(), "run"), (sample::replayed(), "replay"), (sample::exercised(), "exercise")]
    {
        let text = terminal(&record, Some(&sample::run()), Style { colour: false, width: 80 });
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
        insta::assert_snapshot!(format!("terminal_{name}"), text);
    }
}

#[test]
fn colour_changes_nothing_but_colour() {
    let record = sample::record();
    let plain = terminal(&record, None, Style { colour: false, width: 80 });
    let colourful = terminal(&record, None, Style { colour: true, width: 80 });
    assert!(!plain.contains('\u{1b}'));
    let mut stripped = String::new();
    let mut inside = false;
    for c in colourful.chars() {
        match (inside, c) {
            (false, '\u{1b}') => inside = true,
            (true, 'm') => inside = false,
            (true, _) => {}
            (false, c) => stripped.push(c),
        }
    }
    assert_eq!(stripped, plain);
}

#[test]
fn every_number_ends_in_an_event_a_constant_or_a_seed() {
    for mut record in [sample::record(), sample::replayed()] {
        for score in &mut record.scores {
            score.tenants.truncate(5);
        }
        let keys = report::keys(&record);
        assert!(keys.len() > 60, "{}", keys.len());
        for key in keys {
            let text = explain(&record, &key).unwrap_or_default();
            let end = text.split("It ends in\n").nth(1).unwrap_or_default();
            let rooted = ["  event ", "  constant: ", "  seed "]
                .iter()
                .any(|root| end.lines().any(|line| line.starts_with(root) && line.len() > root.len()));
            assert!(rooted, "{key} does not end anywhere:\n{text}");
        }
    }
}

#[test]
fn explanations_of_things() {
    let record = sample::record();
    for (name, what) in [
        ("technique", "t1490"),
        ("unmeasured", "T1486"),
        ("verdict", "win/ps-4/T1059.001"),
        ("recording", "win/vss"),
        ("rule", "5f0c2b5e-6f0a-5d1c-9d53-000000000001"),
        ("tenant", "bkk-auental"),
        ("service", "mail"),
        ("campaign", "april-intrusion"),
        ("lever", "lever:1"),
        ("number_share", "april-intrusion.payload"),
        ("number_technique", "T1059.001.alerted"),
        ("number_prior", "T1486.alerted"),
        ("number_coverage", "coverage.alerted"),
    ] {
        let text = explain(&record, what).unwrap_or_else(|| format!("nothing about {what}"));
        insta::assert_snapshot!(format!("explain_{name}"), text);
    }
    for nothing in ["", "T9999", "lever:0", "lever:99", "nobody", "april-intrusion.nobody.hit"] {
        assert_eq!(explain(&record, nothing), None, "{nothing}");
    }
}

#[test]
fn a_missed_technique_ends_in_the_selection_tree_with_values() {
    let text = explain(&sample::record(), "T1490").unwrap_or_default();
    assert!(text.contains("✗ CommandLine contains: delete shadows"), "{text}");
    assert!(text.contains("is vssadmin resize shadowstorage /maxsize=401MB"), "{text}");
    assert!(text.contains("the event has no such field"), "{text}");
}

#[test]
fn a_trial_is_told_with_times() {
    let record = sample::record();
    let (estate, campaign) = (record.estate.as_ref(), &record.campaigns[0]);
    let text = estate.map(|e| {
        report::trace_text(&record.scores[0].stories[1].trace, e, campaign, record.playbooks.first())
    });
    insta::assert_snapshot!(text.unwrap_or_default());
}

#[test]
fn equal_records_do_not_differ_and_changed_ones_say_why() {
    let a = sample::record();
    assert!(diff(&a, &a).starts_with("No difference"));
    let mut b = a.clone();
    let id = b.verdicts[0].rules[0].id.clone();
    b.verdicts[0].rules.clear();
    b.verdicts[0].outcome = Some(model::verdict::Outcome::Logged);
    b.rules.remove(&id);
    b.rule_set.hash = "changed".into();
    b.scores[0].payload.hits = 900;
    b.scores[0].payload.simulation = model::quantity::Interval { value: 0.22, low: 0.2, high: 0.24 };
    insta::assert_snapshot!(diff(&a, &b));
}

#[test]
fn a_difference_says_only_what_the_two_records_prove() {
    let a = sample::record();
    let flat = |b: &model::record::Record| diff(&a, b).split_whitespace().collect::<Vec<_>>().join(" ");
    // A figure of the estate, by its key.
    let mut b = a.clone();
    let estate = b.estate.as_mut().expect("an estate");
    estate.soc.analysts += 1;
    let (was, id) = (estate.assets[0].count, estate.assets[0].id.clone());
    estate.assets[0].count += 5;
    let told = flat(&b);
    assert!(told.contains(&format!("estate: assets.{id}.count {was} → {}", was + 5)), "{told}");
    assert!(told.contains("estate: soc.analysts "), "{told}");
    // A rule that is named for the first time in the same rule set was there before.
    let id = a.rules.keys().next().expect("a rule").clone();
    let mut before = a.clone();
    let title = before.rules.remove(&id).expect("the rule").title;
    let told = diff(&before, &a);
    assert!(!told.contains(&format!("new?     {title}")), "{told}");
    before.rule_set.hash = "another".into();
    let told = diff(&before, &a).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains(&format!("{title}: it is new, or was there without being named")), "{told}");
    // A rule whose file cannot be read was not removed.
    let mut b = a.clone();
    let rule = b.rules.remove(&id).expect("the rule");
    b.rule_set.hash = "another".into();
    b.rule_set.rejected.push(model::detection::RejectedRule {
        file: rule.file,
        rule: None,
        reason: "not YAML".into(),
    });
    let told = flat(&b);
    assert!(told.contains(&format!("{title}: it cannot be used")), "{told}");
    // A lost rule whose recording is gone was not found.
    let mut with_loss = a.clone();
    let named = with_loss.verdicts[0].rules[0].clone();
    with_loss.verdicts[0].rules.clear();
    with_loss.verdicts[0].lost = vec![named.clone()];
    let recording = with_loss.verdicts[0].recording.clone();
    let mut without = with_loss.clone();
    without.verdicts.retain(|v| v.recording != recording);
    without.recordings.retain(|r| r.id != recording);
    without.replays.retain(|r| r.recording != recording);
    let told = diff(&with_loss, &without).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("the recording is gone") && !told.contains("found"), "{told}");
    assert!(told.contains(&format!("gone {recording}")), "{told}");
}

#[test]
fn the_navigator_layer_scores_only_what_was_measured() {
    let record = sample::record();
    let layer: serde_json::Value = serde_json::from_str(&report::navigator(&record)).unwrap_or_default();
    assert_eq!(layer["versions"]["layer"], "4.5");
    let of = |id: &str| {
        let all = layer["techniques"].as_array().cloned().unwrap_or_default();
        all.into_iter().find(|t| t["techniqueID"] == id).unwrap_or_default()
    };
    assert_eq!(of("T1053.005")["score"], 50);
    assert_eq!(of("T1059.004")["score"], 0, "tested and never seen");
    assert_eq!(of("T1486").get("score"), None, "not measured is no score");
    assert!(of("T1486")["comment"].as_str().is_some_and(|c| c.starts_with("not measured")));
    assert_eq!(of("T1059"), serde_json::Value::Null, "a parent nobody tested");
}
