//! Two runs side by side: which changes are found, and which causes are named.

use assess::{Rivals, compare, score};
use model::comparison::{Direction, RuleFate, ScoreMeasure};
use model::detection::RejectedRule;
use model::id::CampaignId;
use model::quantity::{Interval, Seed};
use model::record::{Input, Record};

use crate::ground::run::{info, named, replay, rule, run};
use crate::ground::{campaign, estate, playbook, ten};

const LINES: [&str; 2] = ["a T1490 logged", "b T1486 alerted 10"];

/// Returns the changes of verdicts: id, direction, and causes.
fn verdicts(before: &Record, after: &Record) -> Vec<String> {
    let told = compare(before, after).verdicts.into_iter().map(|c| {
        let word = match c.direction {
            Direction::New => "new",
            Direction::Better => "better",
            Direction::Worse => "worse",
            Direction::Other => "other",
            Direction::Gone => "gone",
        };
        format!("{} {word}: {}", c.verdict, c.because.join("; "))
    });
    told.collect()
}

/// Returns the changes of rules: rule, recording, fate, and how.
fn rules(before: &Record, after: &Record) -> Vec<String> {
    let told = compare(before, after).rules.into_iter().map(|c| {
        let word = match c.fate {
            RuleFate::New => "new",
            RuleFate::Changed => "changed",
            RuleFate::Gone => "gone",
            RuleFate::Lost => "lost",
            RuleFate::Found => "found",
            RuleFate::Unknown => "unknown",
        };
        let at = c.recording.map_or_else(String::new, |r| format!("@{r}"));
        format!("{}{at} {word}: {}", c.rule, c.how.unwrap_or_default())
    });
    told.collect()
}

#[test]
fn a_run_beside_itself_has_not_changed() {
    let mut record = run(&LINES);
    record.estate = Some(estate());
    record.playbooks = vec![playbook()];
    record.rules.insert(rule("r1"), info("r1", "h"));
    record.verdicts[0].lost = vec![named("r1", "h")];
    let (trials, impacts) = ten();
    let rivals = Rivals { flooding: &trials, unopposed: &impacts };
    record.scores = vec![score(&estate(), &trials, &impacts, &[], rivals, vec![])];
    assert_eq!(compare(&record, &record), Default::default());
}

#[test]
fn the_direction_is_that_of_the_grades() {
    let before = run(&[
        "a T1490 logged",
        "b T1490 alerted 10",
        "c T1490 prevented",
        "d T1490 inconclusive",
        "e T1490 alerted 10",
        "f T1490 blind",
        "g T1490 none",
        "i T1490 late 60",
    ]);
    let after = run(&[
        "a T1490 alerted 10",
        "b T1490 late 90",
        "c T1490 alerted 10",
        "d T1490 logged",
        "e T1490 alerted 20",
        "g T1490 logged",
        "h T1490 logged",
        "i T1490 late 60",
    ]);
    let wanted =
        ["a/T1490 better: ", "b/T1490 worse: ", "c/T1490 worse: ", "d/T1490 other: ", "e/T1490 other: "];
    let got = verdicts(&before, &after);
    assert_eq!(got[..5], wanted);
    assert_eq!(got[5..], ["g/T1490 other: ", "h/T1490 new: ", "f/T1490 gone: "]);
    let changed = compare(&before, &after).verdicts;
    assert_eq!((changed[0].was.as_ref(), changed[0].now.as_ref()), {
        (before.verdicts[0].outcome.as_ref(), after.verdicts[0].outcome.as_ref())
    });
    assert_eq!((changed[6].was.as_ref(), changed[7].now.as_ref()), (None, None));
}

/// Two runs between which the first verdict got worse or better by one rule.
struct Pair {
    before: Record,
    after: Record,
}

impl Pair {
    fn new() -> Self {
        let before = run(&["a T1490 alerted 10"]);
        let after = run(&["a T1490 logged"]);
        Self { before, after }
    }

    fn because(&self) -> String {
        let [one] = verdicts(&self.before, &self.after).try_into().unwrap();
        one
    }

    /// Returns the causes the other way round.
    fn back(&self) -> String {
        let [one] = verdicts(&self.after, &self.before).try_into().unwrap();
        one
    }
}

const QUOTED: &str = "rule \u{201c}Rule r1\u{201d}";

#[test]
fn a_rule_that_went_silent_is_named_with_what_became_of_it() {
    let mut pair = Pair::new();
    pair.before.verdicts[0].rules = vec![named("r1", "h")];
    pair.before.rules.insert(rule("r1"), info("r1", "h"));
    pair.before.rule_set.hash = "one".to_owned();
    pair.after.rule_set.hash = "two".to_owned();
    let unnamed = format!("a/T1490 worse: {QUOTED} was removed, or is there without being named");
    assert_eq!(pair.because(), unnamed);
    assert_eq!(pair.back(), format!("a/T1490 better: {QUOTED} is new, or was there without being named"));
    pair.after.rules.insert(rule("r1"), info("r1", "h"));
    assert_eq!(pair.because(), format!("a/T1490 worse: {QUOTED} is silent"));
    assert_eq!(pair.back(), format!("a/T1490 better: {QUOTED} fires here for the first time"));
    pair.after.rules.insert(rule("r1"), info("r1", "other"));
    assert_eq!(pair.because(), format!("a/T1490 worse: {QUOTED} was changed and is silent"));
    assert_eq!(pair.back(), format!("a/T1490 better: {QUOTED} was changed"));
    pair.after.rules.clear();
    pair.after.rule_set.hash = "one".to_owned();
    assert_eq!(pair.because(), format!("a/T1490 worse: {QUOTED} is there and stays silent"));
    assert_eq!(pair.back(), format!("a/T1490 better: {QUOTED} was there, and is named for the first time"));
    let reason = "no YAML".to_owned();
    let unreadable = |file: &str| RejectedRule { file: file.to_owned(), rule: None, reason: reason.clone() };
    pair.after.rule_set.rejected = vec![unreadable("rules/x.yml"), unreadable("rules/r1.yml")];
    let cannot = "cannot be used: its file could not be read as rules";
    assert_eq!(pair.because(), format!("a/T1490 worse: {QUOTED} {cannot}"));
    assert_eq!(pair.back(), format!("a/T1490 better: {QUOTED} could not be used before"));
    pair.after.rule_set.rejected.pop();
    assert_eq!(pair.because(), format!("a/T1490 worse: {QUOTED} is there and stays silent"));
}

#[test]
fn a_rule_that_fired_in_both_is_a_cause_only_where_it_was_changed() {
    let mut pair = Pair::new();
    pair.before.verdicts[0].rules = vec![named("r1", "h1"), named("r2", "h2")];
    pair.after.verdicts[0].rules = vec![named("r2", "h2"), named("r1", "h1")];
    assert_eq!(pair.because(), "a/T1490 worse: ");
    pair.after.verdicts[0].rules[1].hash = "other".to_owned();
    assert_eq!(pair.because(), format!("a/T1490 worse: {QUOTED} was changed"));
    // Of two that fired one is left: the other is named.
    pair.after.verdicts[0].rules.pop();
    pair.after.rules.insert(rule("r1"), info("r1", "h1"));
    assert_eq!(pair.because(), format!("a/T1490 worse: {QUOTED} is silent"));
}

#[test]
fn without_a_rule_the_nearest_changed_input_is_the_cause() {
    let mut pair = Pair::new();
    pair.before.matrix.version = "17.1".to_owned();
    let joined = "another ATT&CK version joins the labels in another way";
    assert_eq!(pair.because(), format!("a/T1490 worse: {joined}"));
    pair.before.rule_set.hash = "one".to_owned();
    assert_eq!(pair.because(), "a/T1490 worse: the rule set changed");
    let input = |name: &str, hash: &str| Input {
        name: name.to_owned(),
        source: String::new(),
        hash: hash.to_owned(),
    };
    pair.before.inputs = vec![input("rules", "x"), input("recordings", "1")];
    pair.after.inputs = vec![input("rules", "y"), input("recordings", "1")];
    assert_eq!(pair.because(), "a/T1490 worse: the rule set changed");
    pair.after.inputs[1].hash = "2".to_owned();
    assert_eq!(pair.because(), "a/T1490 worse: the recordings changed");
    pair.after.replays[0].events = 11;
    assert_eq!(pair.because(), "a/T1490 worse: the recording holds other events");
    pair.after.replays[0] = replay("a", 10, &[]);
    pair.after.replays[0].sources.insert(model::event::Origin::default(), 10);
    assert_eq!(pair.because(), "a/T1490 worse: the recording holds other events");
    // A rule is nearer than the whole rule set, and another recording's events say nothing.
    pair.after.replays[0] = replay("a", 10, &[]);
    pair.after.replays.insert(0, replay("b", 99, &[]));
    pair.before.verdicts[0].rules = vec![named("r1", "h")];
    pair.after.rules.insert(rule("r1"), info("r1", "h"));
    assert_eq!(pair.because(), format!("a/T1490 worse: {QUOTED} is silent"));
}

#[test]
fn rules_come_and_go_only_with_another_rule_set() {
    let (mut before, mut after) = (run(&LINES), run(&LINES));
    for id in ["r1", "r2", "r4"] {
        before.rules.insert(rule(id), info(id, "h"));
    }
    for id in ["r1", "r2", "r3"] {
        after.rules.insert(rule(id), info(id, if id == "r2" { "other" } else { "h" }));
    }
    assert_eq!(rules(&before, &after), ["r2 changed: "], "a record names only rules that did something");
    after.rule_set.hash = "two".to_owned();
    let gone = "r4 gone: was removed, or is there without being named";
    let new = "r3 new: is new, or was there without being named";
    assert_eq!(rules(&before, &after), ["r2 changed: ", new, gone]);
}

#[test]
fn a_loss_is_told_when_it_begins_and_when_it_ends() {
    let (mut before, mut after) = (run(&LINES), run(&LINES));
    after.verdicts[0].lost = vec![named("r1", "h")];
    before.verdicts[1].lost = vec![named("r1", "h")];
    before.rules.insert(rule("r1"), info("r1", "h"));
    after.rules.insert(rule("r1"), info("r1", "h"));
    let unknown = |why: &str| ["r1@a lost: ".to_owned(), format!("r1@b unknown: {why}")];
    assert_eq!(rules(&before, &after), unknown("it is no longer expected there"));
    after.rules.clear();
    assert_eq!(rules(&before, &after), unknown("the rule is no longer there or no longer expected"));
    // A rule whose every match a filter takes back has not been found again.
    after.replays[1] = replay("b", 10, &[("r1", 0, 3), ("r2", 1, 0)]);
    assert_eq!(rules(&before, &after), unknown("the rule is no longer there or no longer expected"));
    after.replays[1].firings[0].rule = rule("r1");
    after.replays[1].firings[0].events = 0;
    assert_eq!(rules(&before, &after), unknown("the rule is no longer there or no longer expected"));
    after.replays[1] = replay("b", 10, &[("r1", 1, 0)]);
    assert_eq!(rules(&before, &after), ["r1@a lost: ", "r1@b found: "]);
    after.replays.truncate(1);
    assert_eq!(rules(&before, &after), unknown("the recording is gone"));
    before.verdicts[0].lost = vec![named("r1", "h")];
    after.verdicts[1].lost = vec![named("r1", "h")];
    assert_eq!(rules(&before, &after), [""; 0], "lost in both");
    after.verdicts[1].lost = vec![named("r2", "h")];
    assert_eq!(rules(&before, &after).len(), 2, "another rule on the same recording");
}

#[test]
fn inputs_and_recordings_are_set_side_by_side() {
    let (mut before, mut after) = (run(&LINES), run(&["b T1486 alerted 10", "c T1490 logged"]));
    let input = |name: &str, hash: &str| Input {
        name: name.to_owned(),
        source: String::new(),
        hash: hash.to_owned(),
    };
    before.inputs = vec![input("estate", "1"), input("rules", "1"), input("gone", "1")];
    after.inputs = vec![input("estate", "1"), input("rules", "2"), input("playbooks", "3")];
    after.seed = Seed(43);
    after.trials = 7;
    after.matrix.version = "19.0".to_owned();
    let told: Vec<(String, Option<String>, String, bool)> =
        compare(&before, &after).inputs.into_iter().map(|i| (i.name, i.was, i.now, i.hashed)).collect();
    let change = |name: &str, was: Option<&str>, now: &str, hashed| {
        (name.to_owned(), was.map(str::to_owned), now.to_owned(), hashed)
    };
    let wanted = [
        change("ATT&CK", Some("18.1"), "19.0", false),
        change("seed", Some("42"), "43", false),
        change("trials", Some("0"), "7", false),
        change("rules", Some("1"), "2", true),
        change("playbooks", None, "3", true),
    ];
    assert_eq!(told, wanted);
    let recordings: Vec<(String, bool)> =
        compare(&before, &after).recordings.into_iter().map(|r| (r.recording.to_string(), r.gone)).collect();
    assert_eq!(recordings, [("a".to_owned(), true), ("c".to_owned(), false)]);
}

#[test]
fn content_is_told_figure_by_figure() {
    let (mut before, mut after) = (run(&LINES), run(&LINES));
    before.playbooks = vec![playbook()];
    after.playbooks = vec![playbook()];
    after.playbooks[0].actions[0].decide.q50 = 30.0;
    after.campaigns = vec![campaign()];
    after.campaigns[0].steps[1].name = "encrypts".to_owned();
    after.campaigns[0].steps.truncate(3);
    after.estate = Some(estate());
    let content = |before: &Record, after: &Record| -> Vec<(String, Option<String>, Option<String>)> {
        let all = compare(before, after).content;
        all.into_iter().map(|c| (format!("{}: {}", c.part, c.key), c.was, c.now)).collect()
    };
    let told = content(&before, &after);
    let change =
        |key: &str, was: &str, now: &str| (key.to_owned(), Some(was.to_owned()), Some(now.to_owned()));
    let step = |key: &str| format!("campaigns: c.steps.{key}");
    assert!(told.contains(&change(&step("T1486.name"), "deletes copies", "encrypts")), "{told:?}");
    assert!(told.contains(&change("playbooks: p.actions.a.decide.q50", "60.0", "30.0")), "{told:?}");
    let gone = told.iter().filter(|(key, ..)| key.starts_with(&step("T1003.")));
    assert!(gone.clone().count() > 3 && gone.clone().all(|(_, was, now)| was.is_some() && now.is_none()));
    assert!(told.iter().all(|(key, ..)| !key.starts_with("estate")), "one side has no estate");
    let mut campaigns = before.clone();
    campaigns.campaigns.clear();
    let new = content(&campaigns, &before);
    assert!(!new.is_empty() && new.iter().all(|(_, was, now)| was.is_none() && now.is_some()));
    before.estate = Some(estate());
    before.campaigns.clone_from(&after.campaigns);
    before.playbooks.clone_from(&after.playbooks);
    let changed = after.estate.as_mut().unwrap();
    changed.hostings[0].services[0].rto.0 += 1;
    changed.name = "x".to_owned();
    let wanted = [
        change("estate: hostings.h.services.mail.rto", "28800000", "28800001"),
        change("estate: name", "", "x"),
    ];
    assert_eq!(content(&before, &after), wanted);
}

fn interval(low: f64, value: f64, high: f64) -> Interval {
    Interval { value, low, high }
}

#[test]
fn a_score_has_changed_beyond_noise_where_the_intervals_lie_apart() {
    let (trials, impacts) = ten();
    let rivals = Rivals { flooding: &trials, unopposed: &impacts };
    let (mut before, mut after) = (run(&LINES), run(&LINES));
    let mut own = score(&estate(), &trials, &impacts, &[], rivals, vec![]);
    own.payload.simulation = interval(0.4, 0.5, 0.6);
    own.payload.exercises = interval(0.3, 0.45, 0.7);
    own.attack.exercises = interval(900.0, 950.0, 1_100.0);
    before.scores = vec![own.clone()];
    own.payload.hits = 9;
    own.payload.simulation = interval(0.61, 0.9, 0.95);
    own.payload.exercises = interval(0.7, 0.8, 0.95);
    own.unnoticed.of = 11;
    own.attack.mean = 2_000.0;
    own.attack.exercises = interval(1_500.0, 1_900.0, 2_500.0);
    after.scores = vec![own.clone()];
    own.campaign = CampaignId::new("x").unwrap();
    after.scores.push(own.clone());
    let got = compare(&before, &after);
    let [payload, unnoticed, attack] = got.scores.as_slice() else { panic!("{got:?}") };
    assert_eq!((payload.measure, payload.beyond_simulation, payload.beyond_exercises), {
        (ScoreMeasure::Payload, Some(true), false)
    });
    assert_eq!((payload.was, payload.now), (interval(0.3, 0.5, 0.7), interval(0.7, 0.9, 0.95)));
    assert_eq!((unnoticed.measure, unnoticed.beyond_simulation), (ScoreMeasure::Unnoticed, Some(false)));
    assert_eq!((attack.measure, attack.beyond_simulation, attack.beyond_exercises), {
        (ScoreMeasure::HoursByAttack, None, true)
    });
    assert_eq!((attack.was.value, attack.now), (1_000.0, interval(1_500.0, 2_000.0, 2_500.0)));
    assert_eq!(got.new_scores, [CampaignId::new("x").unwrap()]);
    let back = compare(&after, &before);
    assert_eq!(back.scores.len(), 3);
    assert!(back.scores[0].beyond_simulation == Some(true) && back.scores[2].beyond_exercises);
    assert!(!back.scores[0].beyond_exercises, "they touch");
    after.scores[0].playbook = model::id::PlaybookId::new("q").unwrap();
    let other = compare(&before, &after);
    assert_eq!((other.scores.len(), other.new_scores.len()), (0, 2), "another plan is another score");
    after.scores[0].playbook = before.scores[0].playbook.clone();
    after.scores[0] = before.scores[0].clone();
    after.scores[0].outflow.hits += 1;
    after.scores[0].containment.mean += 1.0;
    let measures: Vec<ScoreMeasure> = compare(&before, &after).scores.iter().map(|s| s.measure).collect();
    assert_eq!(measures, [ScoreMeasure::Outflow, ScoreMeasure::HoursByContainment]);
}
