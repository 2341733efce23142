//! The response goes on: later alerts, repeated actions, crews, and the end of an incident.

use std::collections::{BTreeMap, BTreeSet};

use model::campaign::{Campaign, Effect, Selector, Spread};
use model::estate::Estate;
use model::evidence::Evidence;
use model::playbook::{Cut, Playbook, Repeat};
use model::quantity::{Millis, Seed};
use model::trial::{DownCause, Happening, Trial};

use super::stand::{AT_ONCE, campaign, estate, evidence, minutes, playbook, share, site, step};
use crate::Race;
use crate::course::Course;
use crate::engine::{HORIZON, Run};
use crate::span::Span;

const SITES: [&str; 4] = ["a", "b", "c", "d"];

fn run(course: &Course<'_>, seed: u64, trials: u32) -> Vec<Trial> {
    let mut run = Run::new(course, Seed(seed));
    (0..trials).map(|i| run.race(i)).collect()
}

/// Minutes at which assets were cut off, each once.
fn cuts(trial: &Trial) -> Vec<f64> {
    let cut = trial.down.iter().filter(|d| d.cause == DownCause::Containment);
    let times: BTreeSet<Millis> = cut.map(|d| d.at).collect();
    times.into_iter().map(Millis::minutes).collect()
}

/// One act at every site, seen everywhere, and an action done while the incident is open.
fn everywhere(sites: &[&str], cut: Cut) -> (Estate, Campaign, Playbook, Evidence) {
    let mut seen = step("seen", "T1001", &[]);
    seen.spread = Spread::PerSite;
    let mut pull = playbook(&[("pull", cut, AT_ONCE)]);
    pull.actions[0].repeat = Repeat::WhileOpen;
    let evidence = evidence(&[("T1001", 0.0, 1.0, 1.0), ("T1002", 0.0, 0.0, 1.0)]);
    (estate(sites, &["server"]), campaign(vec![seen]), pull, evidence)
}

/// Mean minutes of the delay of an alert, of a decision, and of the payload.
const MEANS: (f64, f64, f64) = (60.0, 40.0, 150.0);

/// Chance that `cuts` more cuts come before the payload, with `silent` sites that have
/// raised no alert and `heard` sites that have and are still on; first-step analysis.
fn first(silent: u32, heard: u32, cuts: u32, known: &mut BTreeMap<(u32, u32, u32), f64>) -> f64 {
    if cuts == 0 {
        return 1.0;
    }
    if silent + heard == 0 {
        return 0.0;
    }
    if let Some(chance) = known.get(&(silent, heard, cuts)) {
        return *chance;
    }
    let alert = f64::from(silent) / MEANS.0;
    let cut = if heard > 0 { 1.0 / MEANS.1 } else { 0.0 };
    let mut sum = 0.0;
    if silent > 0 {
        sum += alert * first(silent - 1, heard + 1, cuts, known);
    }
    if heard > 0 {
        sum += cut * first(silent, 0, cuts - 1, known);
    }
    let chance = sum / (alert + cut + 1.0 / MEANS.2);
    known.insert((silent, heard, cuts), chance);
    chance
}

/// Every alert after an exponential time, every decision exponential, against an
/// exponential payload somewhere else: the chance that the k-th cut comes first.
#[test]
fn the_kth_cut_comes_first_as_often_as_the_markov_chain_says() {
    let (mut estate, mut campaign, playbook, evidence) = everywhere(&SITES, Cut::AlertedSites);
    estate.soc.quiet = HORIZON;
    let mut elsewhere = estate.assets[0].clone();
    elsewhere.id = model::id::AssetId::new("elsewhere").expect("valid");
    elsewhere.site = site("unknown");
    elsewhere.role = "other".into();
    estate.assets.push(elsewhere);
    campaign.steps[0].targets = Selector { role: Some("server".into()), ..Selector::default() };
    let mut payload = step("payload", "T1002", &[]);
    payload.targets = Selector { role: Some("other".into()), ..Selector::default() };
    payload.effect = Effect::Encrypt;
    campaign.steps.push(payload);
    let mut course = Course::new(&estate, &campaign, Some(&playbook), &evidence);
    course.odds[0].delay = Span::Exponential { mean: MEANS.0 };
    course.plan.replies[0].decide = Span::Exponential { mean: MEANS.1 };
    course.stages[1].duration = Span::Exponential { mean: MEANS.2 };
    let n = 40_000;
    let trials = run(&course, 61, n);
    for k in 1..=4 {
        let exact = first(SITES.len() as u32, 0, k, &mut BTreeMap::new());
        let before = |t: &&Trial| {
            let payload = t.payload.map_or(f64::INFINITY, Millis::minutes);
            cuts(t).iter().filter(|at| **at < payload).count() >= k as usize
        };
        let got = trials.iter().filter(before).count() as f64 / f64::from(n);
        let sigma = (exact * (1.0 - exact) / f64::from(n)).sqrt();
        assert!(exact > 0.01 && exact < 0.99, "cut {k} is no race: {exact}");
        assert!((got - exact).abs() < 4.0 * sigma, "cut {k}: {got} against {exact}, sigma {sigma}");
    }
}

/// With one alert there is one cut: lambda mu / ((lambda + gamma) (mu + gamma)).
#[test]
fn one_alert_against_the_closed_form() {
    let (l, m, g) = (1.0 / MEANS.0, 1.0 / MEANS.1, 1.0 / MEANS.2);
    let exact = l * m / ((l + g) * (m + g));
    assert!((first(1, 0, 1, &mut BTreeMap::new()) - exact).abs() < 1e-12);
    assert_eq!(first(1, 0, 2, &mut BTreeMap::new()), 0.0);
}

/// Alerts at fixed times; each cut takes 10 minutes to decide.
#[test]
fn a_repeated_action_answers_each_later_alert_outside_what_is_cut() {
    let alerts = [("a", 0.0), ("b", 5.0), ("c", 30.0), ("a", 40.0), ("d", 300.0)];
    let at = |repeat, cut: Cut| {
        let (estate, mut campaign, mut playbook, evidence) = everywhere(&SITES, cut);
        let act = |(n, (place, time)): (usize, &(&str, f64))| {
            let mut act = step(&format!("s{n}"), "T1001", &[]);
            act.targets = Selector { site: Some(site(place)), ..Selector::default() };
            act.duration = if *time > 0.0 { minutes(*time, *time) } else { AT_ONCE };
            act
        };
        campaign.steps = alerts.iter().enumerate().map(act).collect();
        playbook.actions[0].repeat = repeat;
        playbook.actions[0].decide = minutes(10.0, 10.0);
        let race = Race {
            estate: &estate,
            campaign: &campaign,
            playbook: Some(&playbook),
            evidence: &evidence,
            seed: Seed(1),
        };
        let trace = race.trace(0);
        let acted = trace.moments.iter().filter(|m| matches!(m.happening, Happening::Action { .. })).count();
        assert_eq!(acted, cuts(&trace.trial).len(), "an alert on what is cut off begins no round");
        cuts(&trace.trial)
    };
    // What has raised an alert when the first cut is done goes with it; then one by one.
    assert_eq!(at(Repeat::Once, Cut::AlertedSites), [10.0]);
    assert_eq!(at(Repeat::WhileOpen, Cut::AlertedSites), [10.0, 40.0, 310.0]);
    assert_eq!(at(Repeat::WhileOpen, Cut::AlertedSegments), [10.0, 40.0, 310.0]);
    assert_eq!(at(Repeat::WhileOpen, Cut::AlertedAsset), [10.0, 40.0, 310.0]);
    assert_eq!(at(Repeat::Once, Cut::AlertedAsset), [10.0]);
    // A fixed cut that has worked has nothing left to do.
    assert_eq!(at(Repeat::WhileOpen, Cut::Site { site: site("d") }), [10.0]);
}

/// Actions that follow one another inside a loop are repeated in their order, and every
/// time takes times of its own.
#[test]
fn a_round_runs_through_its_actions_in_their_order_with_draws_of_its_own() {
    let (estate, mut campaign, _, evidence) = everywhere(&["a", "b"], Cut::Nothing);
    let mut later = campaign.steps[0].clone();
    campaign.steps[0].targets.site = Some(site("a"));
    later.id = model::id::StepId::new("later").expect("valid");
    later.targets.site = Some(site("b"));
    later.duration = minutes(1_000.0, 1_000.0);
    campaign.steps.push(later);
    let hour = minutes(60.0, 240.0);
    let mut plan = playbook(&[
        ("call", Cut::Nothing, hour),
        ("look", Cut::Nothing, hour),
        ("cut", Cut::AlertedSites, hour),
        ("tell", Cut::Nothing, hour),
    ]);
    for action in &mut plan.actions[1..3] {
        action.repeat = Repeat::WhileOpen;
    }
    (plan.actions[2].decide, plan.actions[2].carry_out) = (minutes(60.0, 60.0), hour);
    let race = Race {
        estate: &estate,
        campaign: &campaign,
        playbook: Some(&plan),
        evidence: &evidence,
        seed: Seed(8),
    };
    let mut same = 0;
    for i in 0..50 {
        let done: Vec<(String, f64)> = race
            .trace(i)
            .moments
            .iter()
            .filter_map(|m| match &m.happening {
                Happening::Action { action } => Some((action.clone(), m.at.minutes())),
                _ => None,
            })
            .collect();
        let names: Vec<&str> = done.iter().map(|d| d.0.as_str()).collect();
        if done[2].1 > 1_000.0 || names != ["call", "look", "cut", "tell", "look", "cut"] {
            continue;
        }
        let (first, second) = (done[2].1 - done[1].1, done[5].1 - done[4].1);
        same += 1;
        assert!((first - second).abs() > 1e-3, "trial {i}: the second cut takes the first one's time");
        assert!(done[4].1 > 1_000.0, "trial {i}: the look comes after the alert");
    }
    assert!(same > 20, "{same}");
}

#[test]
fn crews_do_one_action_at_a_time_in_the_order_of_decisions_and_others_need_none() {
    let (estate, campaign, _, evidence) = everywhere(&["a"], Cut::Nothing);
    let course = |crews, others: bool| {
        let mut plan = playbook(&[("one", Cut::Nothing, AT_ONCE), ("two", Cut::Nothing, minutes(5.0, 5.0))]);
        let decided = [0.0, 5.0, 6.0, 7.0];
        let takes = [60.0, 10.0, 20.0, 2.0];
        let mut all = Vec::new();
        for (n, (decide, takes)) in decided.into_iter().zip(takes).enumerate() {
            let mut action = plan.actions[0].clone();
            action.id = format!("a{n}");
            action.after.clear();
            action.decide = if decide > 0.0 { minutes(decide, decide) } else { AT_ONCE };
            action.carry_out = minutes(takes, takes);
            action.by_others = others && n == 3;
            all.push(action);
        }
        plan.actions = all;
        plan.crews = crews;
        let race = Race {
            estate: &estate,
            campaign: &campaign,
            playbook: Some(&plan),
            evidence: &evidence,
            seed: Seed(1),
        };
        let trace = race.trace(0);
        let done = |m: &model::trial::Moment| match &m.happening {
            Happening::Action { action } => Some((action.clone(), m.at.minutes())),
            _ => None,
        };
        let done: BTreeMap<String, f64> = trace.moments.iter().filter_map(done).collect();
        let times: Vec<f64> = done.into_values().collect();
        (times, trace.trial.contained.map(Millis::minutes))
    };
    assert_eq!(course(None, false), (vec![60.0, 15.0, 26.0, 9.0], Some(60.0)));
    assert_eq!(course(Some(1), false), (vec![60.0, 70.0, 90.0, 92.0], Some(92.0)));
    assert_eq!(course(Some(2), false), (vec![60.0, 15.0, 35.0, 37.0], Some(60.0)));
    // The last is done by others: at once, without a crew, and no crew is free for it after.
    assert_eq!(course(Some(1), true), (vec![60.0, 70.0, 90.0, 9.0], Some(90.0)));
    let only_others = |crews| {
        let mut plan = playbook(&[("hub", Cut::Nothing, minutes(5.0, 5.0))]);
        plan.actions[0].by_others = true;
        plan.crews = crews;
        let race = Race {
            estate: &estate,
            campaign: &campaign,
            playbook: Some(&plan),
            evidence: &evidence,
            seed: Seed(1),
        };
        race.run(1).trials[0].contained
    };
    assert_eq!(only_others(Some(1)), only_others(None));
}

#[test]
fn an_action_that_takes_too_long_is_given_up_then_and_its_alternative_begins() {
    let (estate, campaign, _, evidence) = everywhere(&["a", "b"], Cut::Nothing);
    let mut plan = playbook(&[
        ("slow", Cut::Site { site: site("a") }, AT_ONCE),
        ("quick", Cut::Nothing, AT_ONCE),
        ("else", Cut::Site { site: site("b") }, minutes(5.0, 5.0)),
    ]);
    plan.actions[0].carry_out = minutes(60.0, 60.0);
    plan.actions[0].timeout = Some(Millis::from_minutes(20.0));
    plan.actions[1].after.clear();
    plan.actions[2].after = vec!["slow".into(), "quick".into()];
    for (if_failed, if_worked, expected) in [
        // One of the two failed; one of the two worked; both is not asked for.
        (vec!["slow", "quick"], vec![], vec![25.0]),
        (vec![], vec!["slow", "quick"], vec![25.0]),
        (vec!["quick"], vec![], vec![]),
        (vec![], vec!["slow"], vec![]),
    ] {
        let names = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
        (plan.actions[2].if_failed, plan.actions[2].if_worked) = (names(&if_failed), names(&if_worked));
        let race = Race {
            estate: &estate,
            campaign: &campaign,
            playbook: Some(&plan),
            evidence: &evidence,
            seed: Seed(1),
        };
        assert_eq!(cuts(&race.run(1).trials[0]), expected, "{if_failed:?} {if_worked:?}");
    }
    // What is done just in time is done.
    plan.actions.truncate(1);
    for (allowed, expected) in [(60.0, vec![60.0]), (59.99, vec![])] {
        plan.actions[0].timeout = Some(Millis::from_minutes(allowed));
        let playbook = Some(&plan);
        let race =
            Race { estate: &estate, campaign: &campaign, playbook, evidence: &evidence, seed: Seed(1) };
        assert_eq!(cuts(&race.run(1).trials[0]), expected, "{allowed} min allowed");
    }
}

#[test]
fn a_payload_is_noticed_by_itself_and_answered_like_an_alert() {
    // Nobody sees anything; the payload fires at "a" after an hour and at "b" after ten.
    let (mut estate, _, mut pull, evidence) = everywhere(&["a", "b"], Cut::AllSites);
    pull.actions[0].decide = minutes(30.0, 30.0);
    let fires = |id: &str, place: &str, takes: f64| {
        let mut fires = step(id, "T1002", &[]);
        fires.targets.site = Some(site(place));
        fires.duration = minutes(takes, takes);
        fires.effect = Effect::Encrypt;
        fires
    };
    let campaign = campaign(vec![fires("one", "a", 60.0), fires("two", "b", 600.0)]);
    for (analysts, agree) in [(0, 1), (1, 2)] {
        (estate.soc.analysts, estate.soc.agree) = (analysts, agree);
        let race = |playbook| {
            let race =
                Race { estate: &estate, campaign: &campaign, playbook, evidence: &evidence, seed: Seed(1) };
            race.run(1).trials.remove(0)
        };
        let trial = race(Some(&pull));
        assert_eq!(trial.alert, None);
        assert_eq!((trial.declared, trial.payload), (Some(Millis::from_minutes(60.0)), trial.declared));
        assert_eq!(cuts(&trial), [90.0]);
        assert_eq!(trial.down.len(), 2);
        assert_eq!(race(None).down.iter().filter(|d| d.cause == DownCause::Attack).count(), 2);
    }
}

#[test]
fn an_incident_closes_after_the_quiet_time_and_the_next_alert_declares_another() {
    let (mut estate, mut campaign, _, evidence) = everywhere(&["a", "b"], Cut::Nothing);
    let mut later = campaign.steps[0].clone();
    campaign.steps[0].targets.site = Some(site("a"));
    later.id = model::id::StepId::new("later").expect("valid");
    later.targets.site = Some(site("b"));
    later.duration = minutes(600.0, 600.0);
    campaign.steps.push(later);
    let once = playbook(&[("pull", Cut::AlertedSites, minutes(10.0, 10.0))]);
    let hours = |h: u64| Millis(h * Millis::HOUR.0);
    let mut trial = |quiet| {
        estate.soc.quiet = quiet;
        let race = Race {
            estate: &estate,
            campaign: &campaign,
            playbook: Some(&once),
            evidence: &evidence,
            seed: Seed(1),
        };
        race.trace(0)
    };
    let closings = |trace: &model::trial::Trace| -> Vec<f64> {
        trace.moments.iter().filter(|m| m.happening == Happening::Closed).map(|m| m.at.minutes()).collect()
    };
    // Longer than the pause between the alerts: one incident, and an action done once is done once.
    let long = trial(hours(24));
    assert_eq!((cuts(&long.trial), closings(&long)), (vec![10.0], vec![600.0 + 1_440.0]));
    assert_eq!(long.trial.closed.map(Millis::minutes), Some(2_040.0));
    // Shorter: a second incident, and the whole playbook again.
    let short = trial(hours(5));
    assert_eq!((cuts(&short.trial), closings(&short)), (vec![10.0, 610.0], vec![310.0, 910.0]));
    assert_eq!(short.trial.closed.map(Millis::minutes), Some(910.0));
    assert_eq!(
        (short.trial.declared, short.trial.contained.map(Millis::minutes)),
        (Some(Millis(0)), Some(10.0))
    );
    // Waiting for the quiet time is not part of the race.
    assert_eq!(short.trial.end.minutes(), 610.0);
}

/// An attacker who goes from site to site, seen at each, against a plan that cuts what has
/// raised an alert. A quicker team cuts before the other sites have raised one: with an
/// action done once it leaves them on for good, and does worse for it.
#[test]
fn more_analysts_never_help_the_attacker_where_the_response_goes_on() {
    let mut steps = Vec::new();
    let mut before: Option<String> = None;
    for place in SITES {
        let mut enter =
            step(&format!("enter-{place}"), "T1001", &before.iter().map(String::as_str).collect::<Vec<_>>());
        enter.targets.site = Some(site(place));
        enter.duration = minutes(60.0, 120.0);
        before = Some(enter.id.as_str().to_owned());
        steps.push(enter);
    }
    let mut fires = step("fires", "T1002", &["enter-d"]);
    (fires.effect, fires.spread) = (Effect::Encrypt, Spread::PerSite);
    fires.duration = minutes(900.0, 1_800.0);
    steps.push(fires);
    let campaign = campaign(steps);
    let evidence = evidence(&[("T1001", 0.0, 0.9, 1e9), ("T1002", 0.0, 0.0, 1.0)]);
    let mut estate = estate(&SITES, &["server"]);
    (estate.soc.alerts_per_day, estate.soc.triage_minutes) = (40.0, 30.0);
    let share_of = |analysts, repeat| {
        let mut estate = estate.clone();
        estate.soc.analysts = analysts;
        let mut pull = playbook(&[("pull", Cut::AlertedSites, minutes(60.0, 120.0))]);
        pull.actions[0].repeat = repeat;
        let race = Race {
            estate: &estate,
            campaign: &campaign,
            playbook: Some(&pull),
            evidence: &evidence,
            seed: Seed(3),
        };
        race.run(4_000).trials.iter().filter(|t| t.payload.is_some()).count() as f64 / 4_000.0
    };
    let of = |repeat| [1, 2, 5, 40].map(|analysts| share_of(analysts, repeat));
    let (once, going_on) = (of(Repeat::Once), of(Repeat::WhileOpen));
    assert!(going_on.windows(2).all(|w| w[1] <= w[0] + 0.01), "{going_on:?}");
    assert!(once.iter().zip(going_on).all(|(a, b)| b < a - 0.1), "{once:?} {going_on:?}");
}

/// Where nobody responds it makes no difference when, or whether, an alert is raised.
#[test]
fn without_a_response_alerts_are_irrelevant() {
    let mut fires = step("fires", "T1001", &["enter"]);
    fires.effect = Effect::Encrypt;
    fires.duration = minutes(60.0, 240.0);
    let mut campaign = campaign(vec![step("enter", "T1001", &[]), fires]);
    campaign.reaction = share(1.0);
    let estate = estate(&["a", "b"], &["server"]);
    let outcome = |alerted: f64, delay: f64| {
        let evidence = evidence(&[("T1001", 0.1, alerted, 1.0)]);
        let mut course = Course::new(&estate, &campaign, None, &evidence);
        course.odds[0].delay = Span::Exponential { mean: delay };
        let harm = |t: Trial| (t.payload, t.down.clone(), t.reached.clone());
        run(&course, 4, 300).into_iter().map(harm).collect::<Vec<_>>()
    };
    let silent = outcome(0.0, 1.0);
    assert_eq!(outcome(0.9, 1.0), silent);
    assert_eq!(outcome(0.9, 5_000.0), silent);
}
