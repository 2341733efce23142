//! The decision card of one sample, in both languages.

use model::campaign::Objective;
use model::decide::{Advice, AllClear, Card, Detour, Drawn, Flip, Measure, PolicyOutcome, Step, Timing, Tip};
use model::evidence::Measured;
use model::id::CampaignId;
use model::playbook::{Cut, Repeat};
use model::quantity::{Interval, Millis, Ratio, Seed};
use model::scorecard::Outlook;
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
        against_nothing: around(expected - 5.0e9, 3e8),
        weighed: None,
        weighed_against_plan: None,
        outflow_against_plan: Some(around(payload / 2.0 - 0.105, 0.01)),
        outflow_against_nothing: Some(around(payload / 2.0 - 0.335, 0.01)),
        to_plan: (name != "plan").then_some(if expected < 6.2e9 { Outlook::Gain } else { Outlook::Loss }),
        exercises: Some(Drawn {
            payload: around(payload, 0.11),
            outflow: around(payload / 2.0, 0.09),
            expected: around(expected, expected / 4.0),
        }),
        tenants: around(if cut > 1e8 { 80.0 } else { 51.5 }, 0.4),
        first_back: (attack + cut > 0.0).then(|| around(36.0, 2.0)),
        last_back: (attack + cut > 0.0).then(|| around(57.0, 2.6)),
    }
}

fn cut(scope: Cut, timing: Timing, first: Option<Cut>) -> Measure {
    Measure::Cut { scope, timing, first, repeat: Repeat::Once }
}

fn directory() -> Cut {
    Cut::Role { role: "directory".to_owned() }
}

fn policies() -> Vec<PolicyOutcome> {
    let staged = cut(Cut::AllSites, Timing::Confirmed, Some(Cut::AlertedSites));
    vec![
        outcome("identity/now", cut(directory(), Timing::Now, None), 0.001, 1.7e7, 1.4e9, 4.4e8),
        outcome("identity/confirmed", cut(directory(), Timing::Confirmed, None), 0.021, 4.2e8, 1.4e9, 0.0),
        outcome("all-sites/confirmed/staged", staged, 0.003, 5.0e7, 1.2e10, 0.0),
        outcome("plan", Measure::Plan, 0.21, 2.9e9, 9.8e9, 0.0),
        outcome("nothing", Measure::Nothing, 0.67, 1.6e10, 0.0, 0.0),
    ]
}

fn card() -> Card {
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
        demo: true,
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
        weighed: true,
        exposed: 0,
        confidence: Ratio::clamped(0.7),
        confirm: Millis(9_300_000),
        policies: policies(),
        all_clear: Some(AllClear {
            after: Millis::DAY,
            sooner: Millis(8 * Millis::HOUR.0),
            less: around(-3.1e8, 9e7),
        }),
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
            holds: (17, 20),
        }),
        price: None,
        frontier: Vec::new(),
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

/// The same card for a leak: outflow and outage compete.
fn leak(price: Option<f64>) -> Card {
    let mut card = card();
    card.objective = Objective::Outflow;
    card.price = price;
    card.exposed = 312_000;
    let step = |policy: &str, outflow: f64, expected: f64, worth| Step {
        policy: policy.to_owned(),
        outflow: around(outflow, 0.01),
        expected: around(expected, 4e7),
        worth,
    };
    card.frontier = vec![
        step("plan", 0.21, 1.2e9, None),
        step("identity/confirmed", 0.02, 4.2e9, Some(3.2e10)),
        step("all-sites/confirmed/staged", 0.003, 5.2e9, Some(6.4e11)),
    ];
    if price.is_none() {
        (card.advice, card.detour) = (None, None);
    }
    card
}

#[test]
fn without_a_trade_off_a_leak_gets_the_frontier_and_no_advice() {
    for (language, name) in [(Language::En, "en"), (Language::De, "de")] {
        let text = decide_text(&leak(None), language, 80);
        insta::assert_snapshot!(format!("leak_{name}"), text);
        let page = decide_html(&leak(None), language);
        assert!(!page.contains("◂"), "a policy is advised");
    }
    let told = decide_text(&leak(Some(4e10)), Language::En, 80);
    let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("One outflow counts as 40 bn person-hours, by the trade-off"), "{told}");
}

#[test]
fn gain_no_difference_loss_and_trade_off_are_four_wordings() {
    let told = |value: f64, half: f64, out: f64, word: Outlook| {
        let mut card = card();
        for policy in card.policies.iter_mut().filter(|p| p.measure != Measure::Plan) {
            policy.against_plan = around(value, half);
            policy.outflow_against_plan = Some(around(out, 0.01));
            policy.to_plan = Some(word);
        }
        let flat =
            |language| decide_text(&card, language, 80).split_whitespace().collect::<Vec<_>>().join(" ");
        (flat(Language::En), flat(Language::De))
    };
    let gain = told(-4e9, 1e8, 0.0, Outlook::Gain).0;
    let open = told(1e7, 1e8, 0.0, Outlook::Open).0;
    let loss = told(4e9, 1e8, 0.2, Outlook::Loss).0;
    let (trade, german) = told(-4e9, 1e8, 0.95, Outlook::TradeOff);
    let dear = told(4e9, 1e8, -0.95, Outlook::TradeOff).0;
    assert!(gain.contains("Against the plan “Pull the site” a gain: 4 bn person-hours less"), "{gain}");
    assert!(open.contains("Against the plan “Pull the site” no difference in loss shown"), "{open}");
    assert!(loss.contains("Against the plan “Pull the site” a loss: 4 bn person-hours more"), "{loss}");
    assert!(loss.contains("; data leaves in 20 more of 100 alarms (95 %: 19 to 21)."), "{loss}");
    assert!(
        trade.contains("Against the plan “Pull the site” a trade-off: 4 bn person-hours less"),
        "{trade}"
    );
    assert!(trade.contains("data leaves in 95 more of 100 alarms"), "{trade}");
    assert!(dear.contains("a trade-off: 4 bn person-hours more"), "{dear}");
    assert!(dear.contains("data leaves in 95 fewer of 100 alarms"), "{dear}");
    assert!(
        german.contains("Gegenüber dem Plan „Pull the site“ eine Abwägung: 4 Mrd. Personenstunden"),
        "{german}"
    );
    for (text, word) in
        [(&gain, "gain"), (&open, "open"), (&loss, "loss"), (&trade, "trade-off"), (&german, "Abwägung")]
    {
        assert!(
            text.contains(&format!("2.4 days {word}")) || text.contains(&format!("2,4 Tage {word}")),
            "{word}: {text}"
        );
    }
    let keep = "without another reason keep it";
    assert!(!gain.contains(keep) && !trade.contains(keep) && open.contains(keep) && loss.contains(keep));
    assert!(trade.contains("State it in estate.yaml") && !gain.contains("State it in estate.yaml"));
}

#[test]
fn a_long_name_goes_on_in_a_line_of_its_own() {
    let mut card = card();
    let repeated = |scope: Cut| Measure::Cut {
        scope,
        timing: Timing::Confirmed,
        first: None,
        repeat: Repeat::WhileOpen,
    };
    card.policies[0].measure = repeated(Cut::AlertedSegments);
    card.policies[1].measure = repeated(Cut::AlertedSites);
    let text = decide_text(&card, Language::En, 80);
    let after = |start: &str| {
        let lines: Vec<&str> = text.lines().collect();
        let at = lines.iter().position(|l| l.starts_with(start)).unwrap_or_else(|| panic!("{start}: {text}"));
        lines.get(at + 1).copied().unwrap_or_default().to_owned()
    };
    assert_eq!(after("Alerted segments, confirmed,"), "  repeated");
    assert!(text.contains("Alerted sites, confirmed,") && !text.contains('…'), "{text}");
}

#[test]
fn an_interval_at_an_edge_is_told_as_a_bound() {
    let mut card = card();
    for policy in &mut card.policies {
        let sure = Drawn {
            payload: Interval { value: 1.0, low: 0.997, high: 1.0 },
            ..policy.exercises.expect("drawn")
        };
        policy.exercises = Some(sure);
    }
    let text = decide_text(&card, Language::En, 80);
    assert!(text.contains(">99 %") && !text.contains("100 %–100") && !text.contains("99.7"), "{text}");
}

#[test]
fn the_first_screen_holds_plan_nothing_and_best() {
    let text = decide_text(&card(), Language::En, 80);
    let first: Vec<&str> = text.lines().take(24).collect();
    for start in ["The plan", "Do nothing more", "best seen: Identity off, now"] {
        let line =
            first.iter().find(|l| l.starts_with(start)).unwrap_or_else(|| panic!("{start}: {first:#?}"));
        assert_eq!(line.matches('%').count(), 2, "{line}");
    }
}
