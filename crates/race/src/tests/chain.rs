//! A race as a Markov chain, solved without the engine: when every length of time is
//! exponential, the state is how far the attack is and where each alert stands.

use std::collections::BTreeMap;

use model::campaign::Effect;
use model::playbook::Cut;
use model::quantity::{Millis, Seed};
use model::trial::Trial;

use super::stand::{AT_ONCE, campaign, estate, evidence, playbook, step};
use crate::course::Course;
use crate::engine::Run;
use crate::span::Span;

/// Mean minutes of the three steps, the delay of an alert, its triage and the response.
const STEPS: [f64; 3] = [30.0, 45.0, 20.0];
const DELAY: f64 = 25.0;
const TRIAGE: f64 = 15.0;
const RESPONSE: f64 = 40.0;
/// Chance that a step is seen.
const SEEN: f64 = 0.35;

/// Steps done, alerts not up yet, alerts in triage, incident declared.
type State = (usize, u8, u8, bool);

/// Returns the transitions of a state as rates per minute; `None` ends in containment.
fn transitions(state: State) -> Vec<(f64, Option<State>)> {
    let (done, coming, triage, declared) = state;
    if done == STEPS.len() {
        return Vec::new();
    }
    let attack = 1.0 / STEPS[done];
    let mut rates = vec![
        (attack * SEEN, Some((done + 1, coming + 1, triage, declared))),
        (attack * (1.0 - SEEN), Some((done + 1, coming, triage, declared))),
    ];
    if declared {
        rates.push((1.0 / RESPONSE, None));
        return rates;
    }
    rates.push((f64::from(coming) / DELAY, Some((done, coming.saturating_sub(1), triage + 1, false))));
    rates.push((f64::from(triage) / TRIAGE, Some((done, coming, triage.saturating_sub(1), true))));
    rates.retain(|(rate, _)| *rate > 0.0);
    rates
}

/// Returns the chance that the payload fires, by first-step analysis. Nothing in the
/// chain goes back, so the linear equations are solved by substitution.
fn wins(state: State, known: &mut BTreeMap<State, f64>) -> f64 {
    if state.0 == STEPS.len() {
        return 1.0;
    }
    if let Some(chance) = known.get(&state) {
        return *chance;
    }
    let rates = transitions(state);
    let total: f64 = rates.iter().map(|r| r.0).sum();
    let chance = rates.into_iter().map(|(r, to)| r / total * to.map_or(0.0, |s| wins(s, known))).sum();
    known.insert(state, chance);
    chance
}

/// Returns the chance that the payload has fired by `minutes`: the matrix exponential by
/// uniformisation (Jensen 1953), as a Poisson mixture of the powers of one step's matrix.
fn fired_by(minutes: f64) -> f64 {
    let rate = 0.5;
    let mut law: BTreeMap<State, f64> = [((0, 0, 0, false), 1.0)].into();
    let mut weight = (-rate * minutes).exp();
    let mut fired = 0.0;
    for step in 1..2_000_u32 {
        fired += weight * law.iter().filter(|(s, _)| s.0 == STEPS.len()).map(|(_, p)| p).sum::<f64>();
        weight *= rate * minutes / f64::from(step);
        let mut next: BTreeMap<State, f64> = BTreeMap::new();
        for (state, p) in &law {
            let rates = transitions(*state);
            let leaving: f64 = rates.iter().map(|r| r.0).sum();
            assert!(leaving <= rate, "{state:?} leaves faster than the clock ticks");
            *next.entry(*state).or_default() += p * (1.0 - leaving / rate);
            for (r, to) in rates {
                if let Some(to) = to {
                    *next.entry(to).or_default() += p * r / rate;
                }
            }
        }
        law = next;
    }
    fired
}

#[test]
fn a_small_markov_chain() {
    let mut steps = vec![step("a", "T1001", &[]), step("b", "T1001", &["a"]), step("c", "T1001", &["b"])];
    steps[2].effect = Effect::Encrypt;
    let (estate, campaign) = (estate(&["east"], &["server"]), campaign(steps));
    let playbook = playbook(&[("pull", Cut::AllSites, AT_ONCE)]);
    let evidence = evidence(&[("T1001", 0.0, SEEN, 1e9)]);
    let mut course = Course::new(&estate, &campaign, Some(&playbook), &evidence);
    for (stage, mean) in course.stages.iter_mut().zip(STEPS) {
        stage.duration = Span::Exponential { mean };
    }
    course.odds[0].delay = Span::Exponential { mean: DELAY };
    course.desk.service = TRIAGE;
    course.plan.replies[0].decide = Span::Exponential { mean: RESPONSE };
    let n = 60_000;
    let trials: Vec<Trial> = (0..n).map(|i| Run::new(&course, Seed(91)).race(i)).collect();
    let share = |what: &str, exact: f64, holds: &dyn Fn(&Trial) -> bool| {
        let got = trials.iter().filter(|t| holds(t)).count() as f64 / f64::from(n);
        let sigma = (exact * (1.0 - exact) / f64::from(n)).sqrt();
        assert!((got - exact).abs() < 4.0 * sigma, "{what}: {got} against {exact}, sigma {sigma}");
    };
    let exact = wins((0, 0, 0, false), &mut BTreeMap::new());
    assert!((0.5..0.95).contains(&exact), "no race: {exact}");
    share("ever", exact, &|t| t.payload.is_some());
    for minutes in [40.0, 90.0, 180.0] {
        let by = Millis::from_minutes(minutes);
        share(&format!("{minutes} min"), fired_by(minutes), &|t| t.payload.is_some_and(|p| p <= by));
    }
}

/// With one alert an asset, each after an exponential time, the incident is declared with
/// the k-th of n: after 1/n + 1/(n-1) + ... + 1/(n-k+1) of the mean.
#[test]
fn several_assets_must_agree() {
    let roles = ["mail", "web", "files"];
    let evidence = evidence(&[("T1018", 0.0, 1.0, 1.0)]);
    let n = 20_000;
    let declared = |assets: usize, agree: u8, acts: usize| -> Vec<f64> {
        let names: Vec<String> = (0..acts).map(|i| format!("s{i}")).collect();
        let mut steps: Vec<_> = names.iter().map(|id| step(id, "T1018", &[])).collect();
        for step in &mut steps {
            step.spread = model::campaign::Spread::PerAsset;
        }
        let (campaign, mut estate) = (campaign(steps), estate(&["east"], &roles[..assets]));
        estate.soc.agree = agree;
        let mut course = Course::new(&estate, &campaign, None, &evidence);
        course.odds[0].delay = Span::Exponential { mean: 60.0 };
        let run = |i| Run::new(&course, Seed(17)).race(i).declared;
        (0..n).filter_map(run).map(Millis::minutes).collect()
    };
    for (assets, agree) in [(2, 1), (2, 2), (3, 1), (3, 2), (3, 3)] {
        let times = declared(assets, agree, 1);
        assert_eq!(times.len(), n as usize, "{agree} of {assets}");
        let exact: f64 = (0..usize::from(agree)).map(|k| 60.0 / (assets - k) as f64).sum();
        let mean = times.iter().sum::<f64>() / f64::from(n);
        let variance = times.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / f64::from(n - 1);
        let sigma = (variance / f64::from(n)).sqrt();
        assert!((mean - exact).abs() < 4.0 * sigma, "{agree} of {assets}: {mean} against {exact}");
    }
    // Two alerts of one asset are one voice, and three of two assets never come.
    assert!(declared(1, 2, 2).is_empty());
    assert!(declared(2, 3, 2).is_empty());
}

/// A revoked identity stops what acts as it: what has not begun for certain, what has
/// begun only where live sessions end too. No asset goes off for it.
#[test]
fn a_revoked_identity_against_the_closed_form() {
    let mut steps = vec![step("a", "T1001", &[]), step("b", "T1002", &["a"]), step("c", "T1002", &["b"])];
    steps[2].effect = Effect::Encrypt;
    let estate = estate(&["east"], &["server"]);
    let evidence = evidence(&[("T1001", 0.0, 1.0, 1.0), ("T1002", 0.0, 0.0, 1.0)]);
    // Means: step b 30, step c 20, response 60. Before c begins: 2/3; and before it ends: 3/4 of that.
    for (names, sessions, exact) in [
        ([None, Some("admin")], false, 2.0 / 3.0),
        ([None, Some("admin")], true, 0.5),
        ([Some("admin"), Some("admin")], true, 0.5),
        ([Some("admin"), None], false, 1.0),
        ([Some("user"), None], true, 1.0),
    ] {
        let mut steps = steps.clone();
        for (step, name) in steps[1..].iter_mut().zip(names) {
            step.identity = name.map(str::to_owned);
        }
        let campaign = campaign(steps);
        let cut = Cut::Identity { identity: "admin".into(), sessions };
        let playbook = playbook(&[("revoke", cut, AT_ONCE)]);
        let mut course = Course::new(&estate, &campaign, Some(&playbook), &evidence);
        course.stages[1].duration = Span::Exponential { mean: 30.0 };
        course.stages[2].duration = Span::Exponential { mean: 20.0 };
        course.plan.replies[0].decide = Span::Exponential { mean: 60.0 };
        let n = 20_000;
        let trials: Vec<Trial> = (0..n).map(|i| Run::new(&course, Seed(23)).race(i)).collect();
        let won = trials.iter().filter(|t| t.payload.is_some()).count();
        let (got, sigma) = (won as f64 / f64::from(n), (exact * (1.0 - exact) / f64::from(n)).sqrt());
        assert!((got - exact).abs() <= 4.0 * sigma, "{names:?}, {sessions}: {got} against {exact}");
        let down: usize = trials.iter().map(|t| t.down.len()).sum();
        assert_eq!(down, won, "{names:?}, {sessions}: only the payload takes assets off");
    }
}
