//! The decision card of one sample, in both languages.

use model::campaign::Objective;
use model::decide::{Advice, Card, Detour, Flip, Measure, PolicyOutcome, Timing, Tip};
use model::evidence::Measured;
use model::id::CampaignId;
use model::playbook::Cut;
use model::quantity::{Interval, Millis, Ratio, Seed};
use report::{Language, decide_html, decide_text};

fn around(value: f64, half: f64) -> Interval {
    Interval { value, low: value - half, high: value + half }
}

fn outcome(name: &str, measure: Measure, payload: f64, attack: f64, cut: f64, wrong: f64) -> PolicyOutcome {
    let expected = 0.7 * (attack + cut) + 0.3 * wrong;
    PolicyOutcome {
        name: name.to_owned(),
        measure,
        payload: around(payload, 0.02),
        outflow: around(payload / 2.0, 0.015),
        attack: around(attack, attack / 10.0),
        containment: around(cut, cut / 20.0),
        false_alarm: around(wrong, wrong / 20.0),
        expected: around(expected, expected / 15.0),
        against_plan: around(expected - 6.4e9, 2e8),
        tenants: around(if cut > 1e8 { 80.0 } else { 51.5 }, 0.4),
        first_back: (attack + cut > 0.0).then(|| around(36.0, 2.0)),
        last_back: (attack + cut > 0.0).then(|| around(57.0, 2.6)),
    }
}

fn card() -> Card {
    let cut =
        |scope, timing, first| Measure::Cut { scope, timing, first, repeat: model::playbook::Repeat::Once };
    let directory = || Cut::Role { role: "directory".to_owned() };
    let staged = cut(Cut::AllSites, Timing::Confirmed, Some(Cut::AlertedSites));
    let tip = |hours: u64, value: f64, too_late: f64| Tip {
        after: Millis(hours * Millis::HOUR.0),
        too_late: Ratio::clamped(too_late),
        open: 900,
        pull: around(1.5e9, 1e8),
        wait: around(1.9e9, 1e8),
        false_alarm: around(4.4e8, 1e7),
        threshold: Interval { value, low: (value - 0.1).max(0.0), high: (value + 0.12).min(1.0) },
        reached_pull: around(0.01, 0.005),
        reached_wait: around(0.03, 0.01),
        worth: None,
    };
    Card {
        estate: "Verbund-IT".to_owned(),
        campaign: CampaignId::new("april").unwrap(),
        campaign_name: "April: intrusion, domain control, encryption".to_owned(),
        objective: Objective::Payload,
        plan: Some("Pull the site".to_owned()),
        seed: Seed(1),
        trials: 1_000,
        measured: Some(Measured { measured: 9, of: 14 }),
        alarms: 998,
        open: 940,
        tenants: 80,
        confidence: Ratio::clamped(0.7),
        confirm: Millis(9_300_000),
        policies: vec![
            outcome("identity/now", cut(directory(), Timing::Now, None), 0.001, 1.7e7, 1.4e9, 4.4e8),
            outcome(
                "identity/confirmed",
                cut(directory(), Timing::Confirmed, None),
                0.021,
                4.2e8,
                1.4e9,
                0.0,
            ),
            outcome("all-sites/confirmed/staged", staged, 0.003, 5.0e7, 1.2e10, 0.0),
            outcome("plan", Measure::Plan, 0.21, 2.9e9, 9.8e9, 0.0),
            outcome("nothing", Measure::Nothing, 0.67, 1.6e10, 0.0, 0.0),
        ],
        tip_of: Some(directory()),
        tips: vec![
            tip(0, 0.55, 0.0),
            tip(4, 0.35, 0.004),
            tip(24, 0.26, 0.03),
            tip(48, 0.6, 0.51),
            tip(72, 1.0, 0.7),
        ],
        advice: Some(Advice {
            policy: "identity/now".to_owned(),
            second: Some("identity/confirmed".to_owned()),
            margin: Some(around(1.4e8, 6e7)),
            tied: Vec::new(),
            below: Some(Flip { at: 0.55, policy: "identity/confirmed".to_owned() }),
            above: None,
            slower: Some(Flip { at: 11.2, policy: "nothing".to_owned() }),
            worth: None,
        }),
        detour: Some(Detour {
            advised: around(8.1e9, 3e8),
            policy: "all-sites/confirmed/staged".to_owned(),
            expected: around(6.0e9, 2e8),
        }),
    }
}

#[test]
fn the_card_reads_in_both_languages_and_fits_eighty_columns() {
    for (language, name) in [(Language::En, "en"), (Language::De, "de")] {
        let text = decide_text(&card(), language, 80);
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
        insta::assert_snapshot!(format!("card_{name}"), text);
    }
}

#[test]
fn the_page_holds_everything_itself_and_speaks_one_language() {
    for (language, word, other) in
        [(Language::En, "pull now", "abschalten"), (Language::De, "abschalten", "pull now")]
    {
        let page = decide_html(&card(), language);
        assert!(page.contains(word) && !page.contains(other));
        for outside in ["http://", "https://", "<script", "src=", "decide-"] {
            assert!(!page.contains(outside), "{outside} in the page");
        }
    }
}

#[test]
fn a_card_without_alarms_says_so() {
    let mut card = card();
    (card.open, card.tips, card.advice, card.detour) = (0, Vec::new(), None, None);
    assert!(decide_text(&card, Language::En, 80).contains("No alarm left time to decide."));
    assert!(decide_html(&card, Language::De).contains("Kein Alarm"));
}
