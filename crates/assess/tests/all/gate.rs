//! Runs held against limits: every case is a line with the requirement and one with what must
//! come of it.

mod offences;

use std::collections::BTreeMap;

use assess::gate::{Held, Paired, gate, grade, paired, unanswerable};
use assess::{Rivals, draw_result, score};
use model::gate::{Acceptance, AcceptanceState, Answer, GateLine, Judge, Limit, Measure, Requirement, Scope};
use model::id::{CampaignId, RecordingId, TechniqueId};
use model::quantity::{Interval, Millis, PersonHours};
use model::record::Record;

use crate::ground::run::{run, verdict};
use crate::ground::{estate, ten};

const LINES: [&str; 7] = [
    "a T1490 alerted 10",
    "b T1070.001 logged",
    "c T1486 late 90",
    "d T1003 blind",
    "e T1490 prevented",
    "f T1078 inconclusive",
    "g T1078 none",
];

fn scope(text: &str) -> Scope {
    match text.split_once(':') {
        None => Scope::All,
        Some(("campaign", id)) => Scope::Campaign(CampaignId::new(id).unwrap()),
        Some(("technique", id)) => Scope::Technique(TechniqueId::new(id).unwrap()),
        Some(("tactic", id)) => Scope::Tactic(id.to_owned()),
        Some(("recording", id)) => Scope::Recording(RecordingId::new(id).unwrap()),
        Some(other) => panic!("{other:?}"),
    }
}

/// Reads `misses technique:T1070 at-most 0`, after which `value` and a quantile may follow.
fn requirement(text: &str) -> Requirement {
    let words: Vec<&str> = text.split(' ').collect();
    let number = words[3].parse().unwrap();
    Requirement {
        measure: Measure::named(words[0]).unwrap_or_else(|| panic!("{text}")),
        of: scope(words[1]),
        limit: match words[2] {
            "at-most" => Limit::AtMost(number),
            "at-least" => Limit::AtLeast(number),
            "no-worse-by" => Limit::NoWorseBy(number),
            other => panic!("{other}"),
        },
        judge: if words.contains(&"value") { Judge::Value } else { Judge::Interval },
        quantile: words.iter().find_map(|w| w.strip_prefix('q')?.parse().ok()),
        line: 7,
    }
}

fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Returns `ANSWER VALUE [LOW HIGH] of CASES, WHY: OFFENCES`; offences that are accepted stand
/// in brackets, those that the other run has too have a star.
fn told(line: &GateLine) -> String {
    let measured = line.measured.map_or_else(
        || "nothing".to_owned(),
        |m| match (m.low, m.high) {
            (low, high) if low == m.value && high == m.value => number(m.value),
            (low, high) => format!("{} [{} {}]", number(m.value), number(low), number(high)),
        },
    );
    let offences = line.offences.iter().map(|o| {
        let star = if o.known == Some(true) { "*" } else { "" };
        if o.accepted.is_some() { format!(" ({}{star})", o.key) } else { format!(" {}{star}", o.key) }
    });
    let offences: String = offences.collect();
    format!("{} {measured} of {}, {}:{offences}", line.answer.word(), line.cases, line.why)
}

fn held<'a>(record: &'a Record, baseline: Option<&'a Record>, paired: &'a Paired) -> Held<'a> {
    Held { record, baseline, paired, acceptances: &[], today: "2026-11-30", soon: "2026-12-14" }
}

fn check(held: Held<'_>, cases: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (required, wanted) in cases {
        let got = gate(&[requirement(required)], held);
        let line = told(&got.lines[0]);
        if line != *wanted {
            wrong.push(format!("{required}\n  wanted {wanted}\n  got    {line}"));
        }
        assert_eq!(got.answer, got.lines[0].answer, "one line is the whole answer");
        assert_eq!(got.lines[0].requirement, requirement(required));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const KEPT: &str = "the limit is kept";

#[test]
fn misses_are_counted_in_their_scope() {
    let (record, none) = (run(&LINES), Paired::new());
    let three = "verdict:b/T1070.001 verdict:c/T1486 verdict:d/T1003";
    let cases = [
        ("misses all at-most 3", format!("passed 3 of 3, {KEPT}: {three}")),
        ("misses all at-most 2", format!("failed 3 of 3, the limit is not kept: {three}")),
        ("misses all at-least 3", format!("passed 3 of 3, {KEPT}: {three}")),
        ("misses all at-least 4", format!("failed 3 of 3, the limit is not kept: {three}")),
        ("misses technique:T1070 at-most 1", format!("passed 1 of 1, {KEPT}: verdict:b/T1070.001")),
        ("misses technique:T1070.001 at-most 1", format!("passed 1 of 1, {KEPT}: verdict:b/T1070.001")),
        ("misses technique:T1490 at-most 0", format!("passed 0 of 0, {KEPT}:")),
        ("misses tactic:impact at-most 1", format!("passed 1 of 1, {KEPT}: verdict:c/T1486")),
        ("misses tactic:TA0005 at-most 1", format!("passed 1 of 1, {KEPT}: verdict:b/T1070.001")),
        ("misses campaign:c at-most 2", format!("passed 2 of 2, {KEPT}: verdict:c/T1486 verdict:d/T1003")),
        ("misses recording:d at-most 1", format!("passed 1 of 1, {KEPT}: verdict:d/T1003")),
        ("no-outcome all at-most 2", format!("passed 2 of 2, {KEPT}: verdict:f/T1078 verdict:g/T1078")),
        ("no-outcome recording:a at-most 0", format!("passed 0 of 0, {KEPT}:")),
    ];
    check(held(&record, None, &none), &cases.each_ref().map(|(r, w)| (*r, w.as_str())));
    let grades = LINES.map(|line| grade(&verdict(line)));
    assert_eq!(grades, [Some(1), Some(3), Some(2), Some(4), Some(0), None, None]);
}

/// The intervals of shares are those of Jeffreys of 5 and 3 cases, from scipy 1.17.1.
#[test]
fn shares_and_delays_have_their_intervals() {
    let (mut record, none) = (run(&LINES), Paired::new());
    record.coverage.precision = Some(Interval { value: 0.5, low: 0.25, high: 0.75 });
    record.coverage.verdicts.alerted = 2;
    let undecided = "the interval reaches across the limit";
    let cases = [
        ("seen all at-least 0.4 value", format!("passed 0.4 [SEEN] of 5, {KEPT}:")),
        ("seen all at-least 0.41 value", "failed 0.4 [SEEN] of 5, the limit is not kept:".to_owned()),
        ("seen all at-least 0.4", format!("undecided 0.4 [SEEN] of 5, {undecided}:")),
        ("seen all at-least 0.09", format!("passed 0.4 [SEEN] of 5, {KEPT}:")),
        ("seen all at-most 0.09", "failed 0.4 [SEEN] of 5, the limit is not kept:".to_owned()),
        ("alerted-in-time all at-most 0.2 value", format!("passed 0.2 [ONE] of 5, {KEPT}:")),
        ("prevented all at-most 0.2 value", format!("passed 0.2 [ONE] of 5, {KEPT}:")),
        ("prevented tactic:impact at-most 0.34 value", format!("passed 0.3333 [THIRD] of 3, {KEPT}:")),
        ("seen technique:T1078 at-least 0", "failed nothing of 0, nothing was measured:".to_owned()),
        ("techniques-tested all at-least 0.8", format!("passed 0.8 of 5, {KEPT}:")),
        ("techniques-tested campaign:c at-least 0.75", format!("passed 0.75 of 4, {KEPT}:")),
        ("precision all at-least 0.25", format!("passed 0.5 [0.25 0.75] of 2, {KEPT}:")),
        ("alert-delay all at-most 5400000", format!("passed 600000 [600000 5400000] of 2, {KEPT}:")),
        ("alert-delay all at-most 600000", format!("undecided 600000 [600000 5400000] of 2, {undecided}:")),
        ("alert-delay all at-most 5400000 q0.9", format!("passed 5400000 [600000 5400000] of 2, {KEPT}:")),
        (
            "alert-delay tactic:hiding at-most 1",
            "failed nothing of 0, no alert with a known delay:".to_owned(),
        ),
        ("chance-of-payload all at-most 1", "failed nothing of 0, nothing was measured:".to_owned()),
    ];
    let filled = cases.map(|(r, w)| {
        let w = w.replace("SEEN", "0.0944 0.7906").replace("ONE", "0.0225 0.6286");
        (r, w.replace("THIRD", "0.0387 0.8233"))
    });
    check(held(&record, None, &none), &filled.each_ref().map(|(r, w)| (*r, w.as_str())));
}

#[test]
fn the_run_compared_with_says_what_is_new_and_what_is_gone() {
    let none = Paired::new();
    let before = run(&[
        "a T1490 alerted 10",
        "b T1070.001 logged",
        "c T1486 alerted 5",
        "d T1003 logged",
        "f T1078 alerted 5",
        "h T1490 prevented",
        "i T1490 inconclusive",
    ]);
    let after = run(&LINES);
    let cases = [
        (
            "misses all no-worse-by 1",
            "passed 1 of 3, the limit is kept: verdict:b/T1070.001* verdict:c/T1486 verdict:d/T1003*",
        ),
        (
            "misses all no-worse-by 0",
            "failed 1 of 3, the limit is not kept: verdict:b/T1070.001* verdict:c/T1486 verdict:d/T1003*",
        ),
        ("new-misses all at-most 0", "failed 2 of 2, the limit is not kept: verdict:c/T1486 verdict:d/T1003"),
        ("new-misses recording:b at-most 0", "passed 0 of 0, the limit is kept:"),
        ("lost-tests all at-most 0", "failed 2 of 2, the limit is not kept: verdict:f/T1078 verdict:h/T1490"),
        ("lost-tests technique:T1490 at-most 0", "failed 1 of 1, the limit is not kept: verdict:h/T1490"),
        // Of a, b, c and d, which both have: a stays, c was seen and is late.
        ("seen all no-worse-by 0.25", "passed -0.25 of 4, the limit is kept:"),
        ("seen all no-worse-by 0.24", "failed -0.25 of 4, the limit is not kept:"),
        ("seen technique:T1490 no-worse-by 0", "passed 0 of 1, the limit is kept:"),
        ("seen technique:T1078 no-worse-by 0", "failed nothing of 0, the two runs share no verdict:"),
        ("techniques-tested all no-worse-by 0.2", "passed -0.2 of 5, the limit is kept:"),
        ("techniques-tested all no-worse-by 0.19", "failed -0.2 of 5, the limit is not kept:"),
        ("precision all no-worse-by 1", "failed nothing of 0, it is not measured in both runs:"),
        // Before: 5, 5 and 10 minutes; now 10 and 90.
        ("alert-delay all no-worse-by 5100000", "passed 300000 [0 5100000] of 2, the limit is kept:"),
        (
            "alert-delay all no-worse-by 300000",
            "undecided 300000 [0 5100000] of 2, the interval reaches across the limit:",
        ),
    ];
    check(held(&after, Some(&before), &none), &cases);
    let more = run(&["a T1490 alerted 10", "x T1490 logged", "y T1486 blind"]);
    let cases = [(
        "new-misses all at-most 0",
        "passed 0 of 0, 2 misses of tests that the other run does not have are not counted:",
    )];
    check(held(&more, Some(&before), &none), &cases);
    let alone = [("new-misses all at-most 0", "passed 0 of 0, the limit is kept:")];
    check(held(&after, None, &none), &alone);
    let texts = |requirement_text: &str| -> Vec<String> {
        let got = gate(&[requirement(requirement_text)], held(&after, Some(&before), &none));
        got.lines[0].offences.iter().map(|o| o.text.clone()).collect()
    };
    let lost = ["T1078 on f: no clock", "T1490 on h is not tested in this run"];
    assert_eq!(texts("lost-tests all at-most 0"), lost);
    let missed = [
        "T1070.001 Clear logs on b: logged, no rule fired",
        "T1486 Encrypt on c: alerted late",
        "T1003  on d: blind: no telemetry",
    ];
    assert_eq!(texts("misses all at-most 0"), missed);
    assert_eq!(texts("no-outcome all at-most 0")[1], "T1078 on g: the run allows no verdict");
}

fn raced() -> Record {
    let (trials, impacts) = ten();
    let mut record = run(&LINES);
    let draws = [draw_result(&trials, &impacts), draw_result(&trials, &impacts)];
    let rivals = Rivals { flooding: &trials, unopposed: &impacts };
    let mut own = score(&estate(), &trials, &impacts, &draws, rivals, vec![]);
    let spread = |low: f64, value: f64, high: f64| Interval { value, low, high };
    own.payload.simulation = spread(0.2, 0.5, 0.8);
    own.payload.exercises = spread(0.3, 0.5, 0.9);
    own.outflow.simulation = spread(0.1, 0.2, 0.3);
    own.outflow.exercises = spread(0.0, 0.15, 0.25);
    own.unnoticed.simulation = spread(0.2, 0.3, 0.4);
    own.unnoticed.exercises = spread(0.2, 0.3, 0.4);
    own.attack.exercises = spread(1_100.0, 1_200.0, 1_300.0);
    own.containment.exercises = spread(3_000.0, 3_300.0, 3_400.0);
    record.scores = vec![own];
    record.trials = 10;
    record
}

#[test]
fn a_race_is_judged_by_both_uncertainties() {
    let (record, none) = (raced(), Paired::new());
    let kept = [
        ("chance-of-payload all at-most 0.9", "0.5 [0.2 0.9]"),
        ("chance-of-outflow campaign:c at-most 0.3", "0.2 [0 0.3]"),
        ("chance-unnoticed all at-most 0.4", "0.3 [0.2 0.4]"),
        // The intervals reach as far as the figure itself.
        ("hours-by-attack all at-most 1300", "1000 [1000 1300]"),
        ("hours-by-containment all at-most 3500", "3500 [3000 3500]"),
        ("tenants-beyond-rto all at-most 0.1", "0.1"),
        ("tenants-beyond-mtpd all at-most 0", "0"),
    ];
    let told: Vec<String> = kept.iter().map(|(_, w)| format!("passed {w} of 10, {KEPT}:")).collect();
    let cases: Vec<(&str, &str)> = kept.iter().zip(&told).map(|((r, _), w)| (*r, w.as_str())).collect();
    check(held(&record, None, &none), &cases);
    let undecided = [(
        "chance-of-payload all at-most 0.89",
        "undecided 0.5 [0.2 0.9] of 10, the interval reaches across the limit:",
    )];
    check(held(&record, None, &none), &undecided);
    let elsewhere =
        [("chance-of-payload campaign:x at-most 1", "failed nothing of 0, nothing was measured:")];
    check(held(&record, None, &none), &elsewhere);
    let mut two = record.clone();
    two.scores.push(two.scores[0].clone());
    two.scores[1].campaign = CampaignId::new("x").unwrap();
    let ambiguous = [
        ("chance-of-payload all at-most 1", "failed nothing of 0, nothing was measured:"),
        ("chance-of-payload campaign:x at-most 1", "passed 0.5 [0.2 0.9] of 10, the limit is kept:"),
    ];
    check(held(&two, None, &none), &ambiguous);
}

#[test]
fn two_races_are_compared_trial_by_trial() {
    let (now, impacts) = ten();
    let mut before = now.trials.clone();
    // Payload no more in trial 0, outflow in trial 1, and trial 2 notices.
    before[0].payload = None;
    before[1].outflow = Some(Millis(1));
    before[2].alert = Some(Millis(1));
    let mut cheap = impacts.clone();
    cheap[9].containment = PersonHours(impacts[9].containment.0 - 50);
    cheap[0].attack = PersonHours(100);
    let id = CampaignId::new("c").unwrap();
    let got = paired(&id, (&now.trials, &impacts), (&before, &cheap));
    let value = |measure| got[&(measure, id.clone())].value;
    assert_eq!(value(Measure::ChanceOfPayload), 0.1);
    assert_eq!(value(Measure::ChanceOfOutflow), -0.1);
    assert_eq!(value(Measure::ChanceUnnoticed), 0.1);
    assert_eq!((value(Measure::HoursByAttack), value(Measure::HoursByContainment)), (-10.0, 5.0));
    assert_eq!(got.len(), 5);
    let declared_only = {
        let mut trials = now.trials.clone();
        trials[0].declared = Some(Millis(1));
        paired(&id, (&trials, &impacts), (&now.trials, &impacts))
    };
    assert_eq!(declared_only[&(Measure::ChanceUnnoticed, id.clone())].value, -0.1, "declared is noticed");
    let record = raced();
    let differences =
        BTreeMap::from([((Measure::ChanceOfPayload, id), Interval { value: 0.1, low: 0.05, high: 0.2 })]);
    let cases = [
        ("chance-of-payload all no-worse-by 0.2", "passed 0.1 [0.05 0.2] of 10, the limit is kept:"),
        (
            "chance-of-payload campaign:c no-worse-by 0.1",
            "undecided 0.1 [0.05 0.2] of 10, the interval reaches across the limit:",
        ),
        (
            "chance-of-payload campaign:c no-worse-by 0.1 value",
            "passed 0.1 [0.05 0.2] of 10, the limit is kept:",
        ),
        // Nothing was paired: the two intervals are set against each other.
        ("chance-of-outflow all no-worse-by 0.3", "passed 0 [-0.3 0.3] of 10, the limit is kept:"),
        ("tenants-beyond-rto all no-worse-by 0", "passed 0 of 10, the limit is kept:"),
    ];
    check(held(&record, Some(&record), &differences), &cases);
    let alone = [("chance-of-payload all no-worse-by 1", "failed nothing of 0, nothing was measured:")];
    check(held(&record, None, &differences), &alone);
}

#[test]
fn what_a_run_cannot_answer_is_named_with_the_reason() {
    let (measured, raced) = (run(&LINES), raced());
    let why = |text: &str, record: &Record, compared| -> Vec<String> {
        let sound = requirement("misses all at-most 0");
        let found = unanswerable(&[sound, requirement(text)], record, compared);
        assert!(found.iter().all(|(place, _)| *place == 1), "{found:?}");
        found.into_iter().map(|(_, why)| why).collect()
    };
    let sound = ["all", "campaign:c", "technique:T1070", "technique:T1003", "tactic:impact", "tactic:TA0005"];
    for of in sound.into_iter().chain(["recording:g"]) {
        assert_eq!(why(&format!("misses {of} at-most 0"), &measured, false), [""; 0], "{of}");
    }
    for of in ["campaign:x", "technique:T1007", "technique:T1070.002", "tactic:TA0001", "recording:z"] {
        let said = format!("this run knows no {of}");
        assert_eq!(why(&format!("misses {of} at-most 0"), &measured, false), [said]);
    }
    let needs = "compares with another run, and none is named";
    assert_eq!(why("new-misses all at-most 0", &measured, false), [format!("new-misses {needs}")]);
    assert_eq!(why("lost-tests all at-most 0", &measured, false), [format!("lost-tests {needs}")]);
    assert_eq!(why("seen all no-worse-by 0", &measured, false), [format!("seen {needs}")]);
    assert_eq!(why("seen all no-worse-by 0", &measured, true), [""; 0]);
    let race = "chance-of-payload campaign:c at-most 1";
    let only = "chance-of-payload needs a race, and this run only measured";
    assert_eq!(why(race, &measured, false), [only]);
    assert_eq!(why(race, &raced, false), [""; 0]);
    let mut other = raced.clone();
    other.scores[0].campaign = CampaignId::new("x").unwrap();
    let belongs = "chance-of-payload belongs to one campaign, and campaign:c was not raced in this run";
    assert_eq!(why(race, &other, false), [belongs]);
}

fn accepts(what: &str, until: &str) -> Acceptance {
    Acceptance {
        what: what.to_owned(),
        owner: "A".to_owned(),
        reason: "b".to_owned(),
        until: until.to_owned(),
        approved_by: "C".to_owned(),
        line: 1,
    }
}

#[test]
fn what_is_accepted_is_not_counted_until_its_last_day() {
    let (record, none) = (run(&LINES), Paired::new());
    let judged = |acceptances: &[Acceptance], text: &str| {
        let got = gate(&[requirement(text)], Held { acceptances, ..held(&record, None, &none) });
        let states: Vec<AcceptanceState> = got.acceptances.iter().map(|a| a.state).collect();
        (told(&got.lines[0]), states, got.answer)
    };
    let misses = "misses all at-most 2";
    let others = "verdict:b/T1070.001 verdict:c/T1486 (verdict:d/T1003)";
    let passed = format!("passed 2 of 3, 1 more accepted: {others}");
    for what in ["verdict:d/T1003", "technique:T1003", "recording:d"] {
        let got = judged(&[accepts(what, "2027-01-01")], misses);
        assert_eq!(got, (passed.clone(), vec![], Answer::Passed), "{what}");
    }
    // The last day itself is in force; two weeks before it is named.
    for day in ["2026-11-30", "2026-12-01", "2026-12-14"] {
        let got = judged(&[accepts("recording:d", day)], misses);
        assert_eq!(got, (passed.clone(), vec![AcceptanceState::Expiring], Answer::Passed), "{day}");
    }
    let later = judged(&[accepts("recording:d", "2026-12-15")], misses);
    assert_eq!(later.1, []);
    let three = "verdict:b/T1070.001 verdict:c/T1486 verdict:d/T1003";
    let expired = judged(&[accepts("recording:d", "2026-11-29")], "misses all at-most 3");
    let line = format!("passed 3 of 3, {KEPT}: {three}");
    assert_eq!(expired, (line.clone(), vec![AcceptanceState::Expired], Answer::Failed));
    // What names nothing that is wrong is only unused, expired or not.
    for day in ["2020-01-01", "2027-01-01"] {
        let unused = judged(&[accepts("recording:a", day)], "misses all at-most 3");
        assert_eq!(unused, (line.clone(), vec![AcceptanceState::Unused], Answer::Passed), "{day}");
    }
}

#[test]
fn what_was_accepted_in_both_runs_makes_no_difference() {
    let (after, none) = (run(&LINES), Paired::new());
    let before = run(&["b T1070.001 logged", "d T1003 blind"]);
    let acceptances = [accepts("recording:d", "2027-01-01")];
    let held = Held { acceptances: &acceptances, ..held(&after, Some(&before), &none) };
    let got = gate(&[requirement("misses all no-worse-by 1")], held);
    let wanted = "passed 1 of 3, 1 more accepted: verdict:b/T1070.001* verdict:c/T1486 (verdict:d/T1003*)";
    assert_eq!(told(&got.lines[0]), wanted);
}

#[test]
fn the_worst_line_is_the_answer_and_no_line_is_a_failure() {
    let (record, none) = (run(&LINES), Paired::new());
    let answer = |texts: &[&str]| {
        let requirements: Vec<Requirement> = texts.iter().map(|t| requirement(t)).collect();
        gate(&requirements, held(&record, None, &none)).answer
    };
    let (passed, undecided, failed) =
        ("misses all at-most 3", "seen all at-least 0.4", "misses all at-most 0");
    assert_eq!(answer(&[passed, passed]), Answer::Passed);
    assert_eq!(answer(&[undecided, passed]), Answer::Undecided);
    assert_eq!(answer(&[passed, failed, undecided]), Answer::Failed);
    assert_eq!(answer(&[]), Answer::Failed);
}
