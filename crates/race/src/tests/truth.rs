//! Exact values from the literature; every sampled one within four standard errors, seeds fixed.

use model::campaign::{Campaign, Effect, Operator, Selector, Spread};
use model::estate::Estate;
use model::evidence::Evidence;
use model::id::{TechniqueId, ZoneId};
use model::playbook::{Cut, Playbook};
use model::quantity::{Millis, Seed};
use model::trial::{DownCause, Happening, Trial};

use super::stand::{AT_ONCE, campaign, estate, evidence, minutes, playbook, share, step};
use crate::course::Course;
use crate::engine::Run;
use crate::frailty::Frailty;
use crate::span::Span;

fn exponential(mean: f64) -> Span {
    Span::Exponential { mean }
}

fn trials(course: &Course<'_>, count: u32) -> Vec<Trial> {
    (0..count).map(|i| Run::new(course, Seed(2_026)).race(i)).collect()
}

/// Asserts a share of trials against its exact value.
fn assert_share(what: &str, trials: &[Trial], exact: f64, holds: impl Fn(&Trial) -> bool) {
    let n = trials.len() as f64;
    let got = trials.iter().filter(|t| holds(t)).count() as f64 / n;
    let sigma = (exact * (1.0 - exact) / n).sqrt();
    assert!((got - exact).abs() <= 4.0 * sigma, "{what}: {got} against {exact}, sigma {sigma}");
}

/// Asserts a mean time, in minutes, against its exact value.
fn assert_mean(what: &str, times: &[Millis], exact: f64) {
    let n = times.len() as f64;
    let mean = times.iter().map(|t| t.minutes()).sum::<f64>() / n;
    let variance = times.iter().map(|t| (t.minutes() - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let sigma = (variance / n).sqrt();
    assert!((mean - exact).abs() <= 4.0 * sigma, "{what}: {mean} min against {exact}, sigma {sigma}");
}

/// A step that is alerted on at once, then the given number of unseen ones in a row, the last the payload.
fn chain(length: usize) -> (Estate, Campaign, Playbook, Evidence) {
    let mut steps = vec![step("seen", "T1001", &[])];
    for i in 0..length {
        let before = steps[i].id.clone();
        steps.push(step(&format!("s{i}"), "T1002", &[before.as_str()]));
    }
    steps[length].effect = Effect::Encrypt;
    (
        estate(&["east"], &["server"]),
        campaign(steps),
        playbook(&[("pull", Cut::AllSites, AT_ONCE)]),
        evidence(&[("T1001", 0.0, 1.0, 1.0), ("T1002", 0.0, 0.0, 1.0)]),
    )
}

#[test]
fn competing_exponentials() {
    // Means 40 (attack) and 60 (containment): the attack is first with 0.6, whichever
    // stage of the response takes the time.
    let (estate, campaign, playbook, evidence) = chain(1);
    let base = Course::new(&estate, &campaign, Some(&playbook), &evidence);
    for slow in ["decide", "carry out", "delay", "triage"] {
        let mut course = base.clone();
        course.stages[1].duration = exponential(40.0);
        match slow {
            "decide" => course.plan.replies[0].decide = exponential(60.0),
            "carry out" => course.plan.replies[0].carry_out = exponential(60.0),
            "delay" => course.odds[0].delay = exponential(60.0),
            _ => course.desk.service = 60.0,
        }
        let trials = trials(&course, 20_000);
        assert_share(slow, &trials, 0.6, |t| t.payload.is_some());
        for t in &trials {
            let [down] = t.down[..] else { panic!("trial {}: {} assets down", t.index, t.down.len()) };
            let attack = down.cause == DownCause::Attack;
            assert_eq!(attack, t.payload.is_some(), "trial {}", t.index);
            assert_eq!(Some(down.at), if attack { t.payload } else { t.contained }, "trial {}", t.index);
        }
    }
}

#[test]
fn three_steps_against_one_containment() {
    // prod lambda_i / (lambda_i + lambda_d), means 30, 45, 20 against 120.
    let (estate, campaign, playbook, evidence) = chain(3);
    let mut course = Course::new(&estate, &campaign, Some(&playbook), &evidence);
    for (stage, mean) in [(1, 30.0), (2, 45.0), (3, 20.0)] {
        course.stages[stage].duration = exponential(mean);
    }
    course.plan.replies[0].decide = exponential(120.0);
    assert_share("chain", &trials(&course, 40_000), 0.498_701, |t| t.payload.is_some());
}

#[test]
fn detection_against_the_closed_form() {
    // Fixed attack times, delay L ~ Exp(60 min), then one cut of everything:
    // P(win) = prod_i (1 - p F_L(T_p - t_i)) for independent attempts; where they
    // are all or nothing, 1 - p + p prod_i (1 - F_L(T_p - t_i)).
    let (estate, mut campaign, playbook, _) = chain(3);
    for (step, takes) in campaign.steps.iter_mut().zip([10.0, 20.0, 30.0, 15.0]) {
        step.technique = TechniqueId::new("T1001").expect("a valid technique id");
        step.duration = minutes(takes, takes);
    }
    let p = 0.4;
    // Chance that an alert of the act at 10, 30, 60 min is not up by 75 min.
    let quiet = [65.0_f64, 45.0, 15.0].map(|gap| (-gap / 60.0).exp());
    let independent: f64 = quiet.iter().map(|q| 1.0 - p * (1.0 - q)).product();
    let shared = 1.0 - p + p * quiet.iter().product::<f64>();
    for (concentration, exact) in [(1e9, independent), (0.0, shared)] {
        let evidence = evidence(&[("T1001", 0.0, p, concentration)]);
        let mut course = Course::new(&estate, &campaign, Some(&playbook), &evidence);
        course.odds[0].delay = exponential(60.0);
        let what = format!("concentration {concentration}");
        assert_share(&what, &trials(&course, 20_000), exact, |t| t.payload.is_some());
    }
}

#[test]
fn a_cut_takes_off_what_it_names() {
    // One alert, from the server in the east.
    let mut estate = estate(&["east", "west"], &["server", "hub-link"]);
    estate.assets[3].zone = ZoneId::new("edge").expect("a valid zone id");
    let mut seen = step("seen", "T1001", &[]);
    let east = super::stand::site("east");
    seen.targets = Selector { role: Some("server".into()), site: Some(east.clone()), zone: None };
    let campaign = campaign(vec![seen]);
    let evidence = evidence(&[("T1001", 0.0, 1.0, 1.0)]);
    let (es, eh, ws, wh) = ("east-server", "east-hub-link", "west-server", "west-hub-link");
    let cases = [
        (Cut::Nothing, vec![], 0),
        (Cut::AlertedAsset, vec![es], 0),
        (Cut::AlertedSegments, vec![es, eh], 0),
        (Cut::AlertedSites, vec![es, eh], 1),
        (Cut::Site { site: super::stand::site("west") }, vec![ws, wh], 1),
        (Cut::AllSites, vec![es, eh, ws, wh], 2),
        (Cut::Zone { zone: estate.assets[3].zone.clone() }, vec![wh], 0),
        (Cut::Role { role: "hub-link".into() }, vec![eh, wh], 0),
    ];
    for (cut, down, sites_off) in cases {
        let playbook = playbook(&[("pull", cut.clone(), minutes(5.0, 5.0))]);
        let course = Course::new(&estate, &campaign, Some(&playbook), &evidence);
        let (trial, moments) = Run::new(&course, Seed(1)).told(0);
        let ids: Vec<&str> = trial.down.iter().map(|d| estate.assets[d.asset as usize].id.as_str()).collect();
        assert_eq!(ids, down, "{cut:?}");
        let at = Millis::from_minutes(5.0);
        assert!(trial.down.iter().all(|d| d.at == at && d.cause == DownCause::Containment), "{cut:?}");
        let off = moments.iter().filter(|m| matches!(m.happening, Happening::SiteOff { .. })).count();
        assert_eq!((off, trial.contained), (sites_off, Some(at)), "{cut:?}");
    }
}

#[test]
fn a_payload_hits_what_its_spread_says() {
    // Two storage classes a site; a payload done once hits both at the drawn site, one
    // per site all four, one per asset only where it was done.
    let mut estate = estate(&["east", "west"], &["storage", "mail"]);
    for asset in &mut estate.assets {
        asset.role = "storage".into();
    }
    let evidence = evidence(&[("T1486", 0.0, 0.0, 1.0)]);
    for (spread, prevented, hit) in [
        (Spread::Once, 0.0, 2.0),
        (Spread::PerSite, 0.0, 4.0),
        (Spread::PerAsset, 0.0, 4.0),
        (Spread::Once, 0.5, 1.0),
        (Spread::PerSite, 0.5, 2.0),
        (Spread::PerAsset, 0.5, 2.0),
    ] {
        let mut payload = step("payload", "T1486", &[]);
        payload.spread = spread;
        payload.effect = Effect::Encrypt;
        let campaign = campaign(vec![payload]);
        let mut course = Course::new(&estate, &campaign, None, &evidence);
        course.odds[0].prevented = Frailty::new(prevented, 1e9);
        let trials = trials(&course, 2_000);
        let mean = trials.iter().map(|t| t.down.len() as f64).sum::<f64>() / 2_000.0;
        assert!(
            (mean - hit).abs() < 4.0 * (2.0 / 2_000.0_f64).sqrt() + 1e-9,
            "{spread:?} {prevented}: {mean}"
        );
        // Where a site is hit as a whole, an even number goes down.
        let odd = trials.iter().any(|t| t.down.len() % 2 == 1);
        assert_eq!(odd, spread == Spread::PerAsset && prevented > 0.0, "{spread:?} {prevented}");
    }
}

#[test]
fn contained_means_the_last_action_is_done() {
    let (estate, mut campaign, _, evidence) = chain(1);
    campaign.steps.truncate(1);
    let cuts =
        [("first", Cut::AlertedSites, minutes(10.0, 10.0)), ("last", Cut::Nothing, minutes(30.0, 30.0))];
    let playbook = playbook(&cuts);
    let course = Course::new(&estate, &campaign, Some(&playbook), &evidence);
    let trial = Run::new(&course, Seed(1)).race(0);
    assert_eq!(trial.declared, Some(Millis(0)));
    assert_eq!(trial.down[0].at, Millis::from_minutes(10.0));
    assert_eq!(trial.contained, Some(Millis::from_minutes(40.0)));
    assert_eq!(trial.end, Millis::from_minutes(40.0));
}

#[test]
fn what_is_cut_off_is_out_of_reach() {
    // The east is cut at 5 min. What comes later there is impossible; a step that may
    // be done at either site goes to the west.
    let estate = estate(&["east", "west"], &["server"]);
    let at = |place: &str| Selector { site: Some(super::stand::site(place)), ..Selector::default() };
    let mut first = step("first", "T1001", &[]);
    first.targets = at("west");
    let mut slow = step("slow", "T1002", &["first"]);
    slow.targets = at("west");
    slow.duration = minutes(20.0, 20.0);
    let mut payload = step("payload", "T1002", &["slow"]);
    payload.effect = Effect::Encrypt;
    let evidence = evidence(&[("T1001", 0.0, 1.0, 1.0), ("T1002", 0.0, 0.0, 1.0)]);
    let playbook = playbook(&[("pull", Cut::Site { site: super::stand::site("east") }, minutes(5.0, 5.0))]);
    for (place, hit) in [(at("east"), false), (at("west"), true), (Selector::default(), true)] {
        payload.targets = place.clone();
        for hands in [0, 1] {
            let mut campaign = campaign(vec![first.clone(), slow.clone(), payload.clone()]);
            campaign.hands = hands;
            let course = Course::new(&estate, &campaign, Some(&playbook), &evidence);
            for trial in trials(&course, 20) {
                assert_eq!(trial.payload.is_some(), hit, "{place:?}, {hands} hands: {trial:?}");
                let attack = trial.down.iter().find(|d| d.cause == DownCause::Attack);
                assert_eq!(attack.map(|d| d.asset), hit.then_some(1), "{place:?}, {hands} hands");
            }
        }
    }
}

#[test]
fn and_or_and_hands() {
    // n = 5 steps Exp(60 min): the last of them H_5, the first 1/5; with one hand
    // their sum 5; with two hands 4/2 + 1 = 3.
    let n = 5;
    let ids: Vec<String> = (0..n).map(|i| format!("s{i}")).collect();
    let needs: Vec<&str> = ids.iter().map(String::as_str).collect();
    let harmonic: f64 = (1..=n).map(|k| 1.0 / f64::from(k)).sum();
    for (operator, hands, exact) in [
        (Operator::All, 0, harmonic),
        (Operator::Any, 0, 1.0 / f64::from(n)),
        (Operator::All, 1, f64::from(n)),
        (Operator::All, 2, 3.0),
        (Operator::Any, 1, 1.0),
    ] {
        let mut steps: Vec<_> = needs.iter().map(|id| step(id, "T1002", &[])).collect();
        let mut last = step("payload", "T1002", &needs);
        last.effect = Effect::Encrypt;
        last.operator = operator;
        steps.push(last);
        let mut campaign = campaign(steps);
        campaign.hands = hands;
        let estate = estate(&["east"], &["server"]);
        let evidence = evidence(&[("T1002", 0.0, 0.0, 1.0)]);
        let mut course = Course::new(&estate, &campaign, None, &evidence);
        for stage in &mut course.stages[..needs.len()] {
            stage.duration = exponential(60.0);
        }
        let times: Vec<Millis> = trials(&course, 20_000).iter().filter_map(|t| t.payload).collect();
        assert_eq!(times.len(), 20_000);
        assert_mean(&format!("{operator:?}, {hands} hands"), &times, exact * 60.0);
    }
}

#[test]
fn the_queue_before_the_analysts() {
    // M/M/10, 8 an hour, 1 an hour each: mean wait 0.204590 h, then 1 h of service.
    let (mut estate, mut campaign, playbook, evidence) = chain(1);
    // A payload would be noticed by itself.
    campaign.steps.truncate(1);
    estate.soc.analysts = 10;
    estate.soc.alerts_per_day = 192.0;
    estate.soc.triage_minutes = 60.0;
    let course = Course::new(&estate, &campaign, Some(&playbook), &evidence);
    let waits: Vec<Millis> = trials(&course, 20_000).iter().filter_map(|t| t.declared).collect();
    assert_mean("wait and service", &waits, 60.0 * 1.204_590);

    // 5 analysts of 48 a day each against 400 alerts: 0.6 are ever looked at.
    estate.soc.analysts = 5;
    estate.soc.alerts_per_day = 400.0;
    estate.soc.triage_minutes = 30.0;
    let course = Course::new(&estate, &campaign, Some(&playbook), &evidence);
    assert_share("overload", &trials(&course, 20_000), 0.6, |t| t.declared.is_some());

    // Half of the true alerts are dismissed.
    estate.soc.alerts_per_day = 0.0;
    estate.soc.escalation = share(0.5);
    let course = Course::new(&estate, &campaign, Some(&playbook), &evidence);
    assert_share("escalation", &trials(&course, 20_000), 0.5, |t| t.declared.is_some());
}

#[test]
fn prevention_with_retries() {
    // Independent attempts: all R + 1 fail with pi^(R+1). All-or-nothing: pi, whatever R.
    for (concentration, retries, stopped) in [(1e9, 0, 0.4), (1e9, 2, 0.064), (0.0, 2, 0.4)] {
        let mut payload = step("payload", "T1486", &[]);
        payload.effect = Effect::Encrypt;
        let mut campaign = campaign(vec![payload]);
        campaign.retries = retries;
        let estate = estate(&["east"], &["server"]);
        let evidence = evidence(&[("T1486", 0.4, 0.0, concentration)]);
        let course = Course::new(&estate, &campaign, None, &evidence);
        let what = format!("concentration {concentration}, {retries} retries");
        assert_share(&what, &trials(&course, 20_000), stopped, |t| t.payload.is_none());
    }
}

#[test]
fn detection_is_shared_within_a_trial_and_needs_a_sensor() {
    // Ten instances of one technique, p = 0.3.
    let names: Vec<String> = (0..10).map(|i| format!("r{i}")).collect();
    let roles: Vec<&str> = names.iter().map(String::as_str).collect();
    let estate_of = |sensors: f64| {
        let mut estate = estate(&["east"], &roles);
        for asset in &mut estate.assets {
            asset.sensors = share(sensors);
        }
        estate
    };
    let mut sweep = step("sweep", "T1018", &[]);
    sweep.spread = Spread::PerAsset;
    let campaign = campaign(vec![sweep]);
    let alerts = |course: &Course<'_>, i| {
        let (_, moments) = Run::new(course, Seed(1)).told(i);
        moments.iter().filter(|m| matches!(m.happening, Happening::Alert { .. })).count()
    };
    let estate = estate_of(1.0);
    let all_or_nothing = evidence(&[("T1018", 0.0, 0.3, 0.0)]);
    let course = Course::new(&estate, &campaign, None, &all_or_nothing);
    assert_share("shared", &trials(&course, 10_000), 0.3, |t| t.alert.is_some());
    for i in 0..200 {
        assert!([0, 10].contains(&alerts(&course, i)), "trial {i} alerts on some instances only");
    }
    let independent = evidence(&[("T1018", 0.0, 0.3, 1e9)]);
    let course = Course::new(&estate, &campaign, None, &independent);
    assert_share("apart", &trials(&course, 10_000), 1.0 - 0.7_f64.powi(10), |t| t.alert.is_some());
    let certain = evidence(&[("T1018", 0.0, 1.0, 1.0)]);
    let estate = estate_of(0.1);
    let course = Course::new(&estate, &campaign, None, &certain);
    assert_share("sensors", &trials(&course, 10_000), 1.0 - 0.9_f64.powi(10), |t| t.alert.is_some());
}

#[test]
fn what_was_measured_as_alerted_was_not_prevented() {
    // Of the attempts 40 % are prevented, 30 % alerted on, 30 % neither: half of those
    // that go through are seen, and a blocked act is taken to be as visible.
    let mut payload = step("payload", "T1486", &[]);
    payload.effect = Effect::Encrypt;
    let campaign = campaign(vec![payload]);
    let estate = estate(&["east"], &["server"]);
    let evidence = evidence(&[("T1486", 0.4, 0.3, 1e9)]);
    let trials = trials(&Course::new(&estate, &campaign, None, &evidence), 20_000);
    assert_share("prevented", &trials, 0.4, |t| t.payload.is_none());
    assert_share("through and seen", &trials, 0.3, |t| t.payload.is_some() && t.alert.is_some());
    assert_share("seen at all", &trials, 0.5, |t| t.alert.is_some());
}

#[test]
fn few_hands_go_for_the_objective_first() {
    // One hand: the two steps towards the payload come before the three aside, though
    // those have been ready for as long or longer.
    let mut steps: Vec<_> = ["aside-a", "aside-b", "aside-c"].map(|id| step(id, "T1002", &[])).into();
    steps.push(step("way", "T1002", &[]));
    steps.push(step("payload", "T1002", &["way"]));
    for step in &mut steps {
        step.duration = minutes(10.0, 10.0);
    }
    steps[4].effect = Effect::Encrypt;
    let mut campaign = campaign(steps);
    let estate = estate(&["east"], &["server"]);
    let evidence = evidence(&[("T1002", 0.0, 0.0, 1.0)]);
    for (hands, done) in [(1, 20.0), (0, 20.0), (2, 20.0)] {
        campaign.hands = hands;
        let (trial, moments) = Run::new(&Course::new(&estate, &campaign, None, &evidence), Seed(3)).told(0);
        assert_eq!(trial.payload, Some(Millis::from_minutes(done)), "{hands} hands");
        let done = moments.iter().filter(|m| matches!(m.happening, Happening::StepDone { .. }));
        let last = done.map(|m| m.at).max();
        let all = match hands {
            0 => 20.0,
            1 => 50.0,
            _ => 30.0,
        };
        assert_eq!(last, Some(Millis::from_minutes(all)), "{hands} hands");
    }
}

#[test]
fn same_site_needs_and_once_targets() {
    // `here` is done at one drawn site; the payload needs it at its own site.
    let sites = ["east", "north", "west"];
    let estate = estate(&sites, &["server"]);
    let mut everywhere = step("everywhere", "T1002", &["first"]);
    everywhere.spread = Spread::PerSite;
    everywhere.targets = Selector { site: Some(super::stand::site("west")), ..Selector::default() };
    let mut payload = step("payload", "T1002", &["everywhere"]);
    payload.spread = Spread::PerSite;
    payload.effect = Effect::Encrypt;
    payload.same_site = true;
    let evidence = evidence(&[("T1002", 0.0, 0.0, 1.0)]);
    let steps = vec![step("first", "T1002", &[]), everywhere, payload];
    let mut campaign = campaign(steps);
    let down_sites = |campaign: &Campaign, i| {
        let course = Course::new(&estate, campaign, None, &evidence);
        let trial = Run::new(&course, Seed(4)).race(i);
        trial.down.iter().map(|d| estate.assets[d.asset as usize].site.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(down_sites(&campaign, 0), ["west"]);
    campaign.steps[2].same_site = false;
    assert_eq!(down_sites(&campaign, 0), sites);
    // A step done once falls on each of three assets alike.
    campaign.steps.truncate(1);
    campaign.steps[0].effect = Effect::Encrypt;
    let mut hits = [0_u32; 3];
    for i in 0..9_000 {
        let at = down_sites(&campaign, i);
        hits[sites.iter().position(|s| at == [*s]).expect("one site")] += 1;
    }
    let sigma = (9_000.0_f64 * 2.0 / 9.0).sqrt();
    assert!(hits.iter().all(|h| (f64::from(*h) - 3_000.0).abs() < 4.0 * sigma), "{hits:?}");
}

#[test]
fn coming_back_takes_failed_starts_into_account() {
    // E[attempts] = 1 / (1 - q); a switched-off asset repeats the start, an encrypted
    // one is rebuilt once and repeats only the start.
    let (mut estate, mut campaign, playbook, evidence) = chain(1);
    estate.assets[0].restart_failure = share(0.5);
    estate.assets[0].restart = minutes(10.0, 10.0);
    estate.assets[0].restore = minutes(100.0, 100.0);
    for attacked in [false, true] {
        campaign.steps[1].duration = if attacked { AT_ONCE } else { minutes(60.0, 60.0) };
        let mut course = Course::new(&estate, &campaign, Some(&playbook), &evidence);
        course.plan.replies[0].decide = exponential(if attacked { 60.0 } else { 1e-3 });
        let downs: Vec<_> = trials(&course, 20_000).iter().flat_map(|t| t.down.clone()).collect();
        let attempts: f64 = downs.iter().map(|d| f64::from(d.attempts)).sum::<f64>() / downs.len() as f64;
        assert!((attempts - 2.0).abs() < 4.0 * (2.0 / downs.len() as f64).sqrt(), "{attempts}");
        for d in downs {
            let starts = f64::from(d.attempts) * 10.0;
            let exact = if attacked { 90.0 + starts } else { starts };
            assert_eq!(d.work, Millis::from_minutes(exact), "{d:?}");
        }
    }
}

#[test]
fn nothing_happens_where_nothing_can() {
    let estate = estate(&["east"], &["server"]);
    let no_assets = Estate { assets: Vec::new(), ..estate.clone() };
    let no_sites = Estate { sites: Vec::new(), ..estate.clone() };
    let mut circle = vec![step("a", "T1002", &["b"]), step("b", "T1002", &["a"])];
    circle[0].effect = Effect::Encrypt;
    let dangling = vec![step("a", "T1002", &["nowhere"])];
    let mut slow = step("a", "T1002", &[]);
    slow.duration = minutes(1e300, 1e308);
    slow.effect = Effect::Encrypt;
    let none = Evidence::default();
    for (what, estate, steps, end) in [
        ("no steps", &estate, Vec::new(), Millis(0)),
        ("no assets", &no_assets, vec![step("a", "T1002", &[])], Millis(0)),
        ("a circle", &estate, circle, Millis(0)),
        ("a dangling need", &estate, dangling, Millis(0)),
        ("beyond the horizon", &estate, vec![slow], crate::engine::HORIZON),
    ] {
        let campaign = campaign(steps);
        let trial = Run::new(&Course::new(estate, &campaign, None, &none), Seed(0)).race(0);
        assert_eq!((trial.payload, trial.down.len(), trial.end), (None, 0, end), "{what}");
    }
    // An asset of an unknown site belongs to no site and is otherwise used.
    let mut payload = step("a", "T1002", &[]);
    payload.effect = Effect::Encrypt;
    let campaign = campaign(vec![payload]);
    let known = evidence(&[("T1002", 0.0, 0.0, 1.0)]);
    let trial = Run::new(&Course::new(&no_sites, &campaign, None, &known), Seed(0)).race(0);
    assert_eq!(trial.down.len(), 1);
}
