//! Scores add up, and levers are ranked honestly.

use std::collections::BTreeMap;

use assess::{
    Candidate, DrawResult, Efforts, LEVERS, Met, Outcomes, Rivals, Toll, best, candidates, chosen_trials,
    draw_result, evidence, promising, rank, score, standings, story, toll,
};
use model::campaign::{Campaign, Objective};
use model::decide::{Measure, Policy, Timing};
use model::estate::{Asset, Estate};
use model::event::LogSource;
use model::evidence::Evidence;
use model::id::*;
use model::impact::{Return, TrialImpact};
use model::playbook::{Cut, Playbook, Repeat};
use model::quantity::{Millis, PersonHours, Quantiles, Ratio};
use model::recording::{LabelQuality, RunStatus};
use model::recovery::{Care, Readmission, RelapseOdds, WarmUp};
use model::scorecard::{LeverKind, Outlook};
use model::trial::{Down, DownCause, Trace};
use model::verdict::{Attribution, Cause, Outcome, Verdict};

use crate::ground::{HOUR, campaign, estate, playbook, ten};

#[test]
fn a_score_adds_up() {
    let (trials, impacts) = ten();
    let draws: Vec<DrawResult> = (0..40)
        .map(|i| DrawResult { payload: f64::from(i) / 40.0, ..draw_result(&trials, &impacts) })
        .collect();
    let rivals = Rivals { flooding: &trials, unopposed: &impacts };
    let got = score(&estate(), &trials, &impacts, &draws, rivals, vec![]);
    assert_eq!((got.payload.hits, got.payload.of, got.outflow.hits, got.unnoticed.hits), (5, 10, 0, 3));
    assert!(got.payload.simulation.low < 0.5 && 0.5 < got.payload.simulation.high);
    assert_eq!((got.payload.exercises.low, got.payload.exercises.high), (0.0, 38.0 / 40.0));
    assert_eq!((got.attack.mean, got.containment.mean), (1_000.0, 3_500.0));
    assert_eq!((got.attack.q50, got.attack.q90), (0.0, 3_000.0));
    assert_eq!(got.recovered_hours.map(|s| s.mean), Some(5.0));
    assert_eq!(got.declared_minutes.map(|s| s.q50), Some(7.0));
    let tenant = &got.tenants[0];
    assert_eq!((tenant.hit.get(), tenant.rto_missed.get(), tenant.mtpd_exceeded.get()), (0.9, 0.1, 0.0));
    assert_eq!((tenant.attack, tenant.containment), (got.attack.mean, got.containment.mean));
    assert_eq!(tenant.worst.as_ref().map(ServiceId::as_str), Some("mail"));
    assert_eq!((got.services[0].attack_hours, got.services[0].containment_hours), (1.0, 3.5));
    assert_eq!(chosen_trials(&impacts), [("median".to_owned(), 4), ("bad (90 % quantile)".to_owned(), 8)]);
}

/// Ten hosts of one class and thirty of another at one site: the first is down
/// from hour 1 to 5, the second from hour 5 on, so never both.
#[test]
fn a_story_shows_the_worst_moment_of_each_site() {
    let mut estate = estate();
    let other = Asset { id: AssetId::new("b").unwrap(), count: 30, ..estate.assets[0].clone() };
    estate.assets.push(other);
    let (trials, impacts) = ten();
    let down = |asset, at: u64| Down {
        asset,
        at: Millis(at * HOUR),
        cause: DownCause::Attack,
        attempts: 1,
        work: Millis(HOUR),
        care: Care::default(),
        copies: None,
    };
    let mut trial = trials.trials[3].clone();
    trial.down = vec![down(0, 1), down(1, 5), down(9, 2)];
    let back = |asset, at: u64| Return { asset, begin: Millis(0), back: Millis(at * HOUR), again: None };
    let trace = Trace { trial, moments: vec![] };
    let told = story(&estate, "median", &impacts[3], trace, vec![back(0, 5), back(1, 9)]);
    assert_eq!(told.sites[&SiteId::new("s").unwrap()].get(), 0.75);
    assert_eq!(told.assets.iter().map(AssetId::as_str).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((told.label.as_str(), told.attack.0), ("median", 3_000));
}

#[test]
fn nothing_at_all_is_no_panic() {
    let (mut trials, _) = ten();
    trials.trials.clear();
    let rivals = Rivals { flooding: &trials, unopposed: &[] };
    let got = score(&estate(), &trials, &[], &[], rivals, vec![]);
    assert_eq!((got.payload.of, got.payload.simulation.low, got.payload.simulation.high), (0, 0.0, 1.0));
    assert_eq!(got.declared_minutes, None);
    assert_eq!(chosen_trials(&[]), []);
    assert_eq!(rank(&[], &[]), []);
}

fn change(title: &str, days: f64) -> Candidate {
    let nothing = evidence(&[], &[], &[], &BTreeMap::new());
    let mut all = candidates(&nothing, &[], &estate(), &[], &[], &Efforts::default());
    let mut one = all.remove(0);
    one.title = title.to_owned();
    one.effort_days = days;
    one
}

fn costs(lost: &[u64]) -> Toll {
    let none = vec![0.0; lost.len()];
    Toll {
        campaign: CampaignId::new("c").unwrap(),
        reached: none.clone(),
        declared: none.clone(),
        attack: lost.iter().map(|l| *l as f64).collect(),
        containment: none.clone(),
        weighed: false,
        cut: none,
    }
}

#[test]
fn levers_are_ranked_by_what_a_day_saves_on_equal_draws() {
    let base = [costs(&[100, 200, 300, 400])];
    let results = [
        (change("small and quick", 1.0), vec![costs(&[90, 190, 290, 390])]),
        (change("large and slow", 100.0), vec![costs(&[0, 0, 0, 0])]),
        (change("worse", 1.0), vec![costs(&[110, 211, 310, 410])]),
    ];
    let levers = rank(&base, &results);
    let titles: Vec<&str> = levers.iter().map(|l| l.title.as_str()).collect();
    assert_eq!(titles, ["small and quick", "large and slow", "worse"]);
    assert_eq!(levers[0].saved.value, 10.0);
    assert_eq!((levers[0].saved.low, levers[0].saved.high), (10.0, 10.0), "paired: every trial saves ten");
    assert!(levers[1].saved.low < 250.0 && 250.0 < levers[1].saved.high);
    assert!(levers[2].saved.high < 0.0, "a change for the worse is shown as one");
    assert_eq!(levers[0].chance, 0.0);
}

#[test]
fn a_change_for_the_worse_keeps_its_place_among_many() {
    let base = [costs(&[100, 200, 300])];
    let mut results: Vec<(Candidate, Vec<Toll>)> =
        (0..15).map(|i| (change(&format!("{i}"), 1.0), vec![costs(&[90, 190, 290])])).collect();
    results.push((change("worse", 1.0), vec![costs(&[150, 250, 350])]));
    let levers = rank(&base, &results);
    assert_eq!(levers.len(), LEVERS);
    assert_eq!(levers[0].title, "0", "ties keep their order");
    assert_eq!(levers[LEVERS - 1].title, "worse");
}

#[test]
fn a_second_look_goes_to_the_best_and_to_the_worst() {
    let base = [costs(&[100, 200, 300])];
    let saves = |n: u64| vec![costs(&[100 - n, 200 - n, 300 - n])];
    let mut results: Vec<(Candidate, Vec<Toll>)> =
        (0..20).map(|i| (change(&format!("{i}"), 1.0), saves(i))).collect();
    results.push((change("dear", 100.0), saves(90)));
    results.push((change("worse", 1.0), vec![costs(&[150, 250, 350])]));
    let titles: Vec<String> = promising(&base, results, 4).into_iter().map(|c| c.title).collect();
    // "dear" saves least a day of all, but surely.
    assert_eq!(titles, ["19", "18", "17", "worse"]);
    let base = [costs(&[1_000, 2_000, 3_000, 4_000])];
    let luck = |i: u64| vec![costs(&[0, 2_000 + 999 * i, 3_000, 4_000])];
    let mut results: Vec<(Candidate, Vec<Toll>)> =
        (1..9).map(|i| (change(&format!("luck {i}"), 1.0), luck(i))).collect();
    results.push((change("dear", 500.0), vec![costs(&[990, 1_990, 2_990, 3_990])]));
    let titles: Vec<String> = promising(&base, results, 2).into_iter().map(|c| c.title).collect();
    assert_eq!(titles, ["dear", "luck 8"], "the proven one first, then the worst");
    let few = vec![(change("only", 1.0), saves(1))];
    assert_eq!(promising(&base, few, 4).len(), 1);
}

#[test]
fn a_toll_counts_what_was_reached() {
    let (trials, impacts) = ten();
    let got = toll(Objective::Payload, &trials, &impacts, false);
    assert_eq!(got.reached.iter().sum::<f64>(), 5.0);
    assert_eq!((got.attack[4], got.attack[9], got.containment[9]), (4_000.0, 0.0, 9_000.0));
    assert_eq!(got.declared.iter().sum::<f64>(), 5.0);
    assert_eq!(toll(Objective::Outflow, &trials, &impacts, false).reached.iter().sum::<f64>(), 0.0);
}

fn missed(recording: &str, technique: &str, outcome: Outcome, causes: Vec<Cause>) -> Verdict {
    Verdict {
        id: VerdictId::new(&format!("{recording}/{technique}")).unwrap(),
        recording: RecordingId::new(recording).unwrap(),
        technique: TechniqueId::new(technique).unwrap(),
        label: LabelQuality::TechniqueExact,
        run: RunStatus::Completed,
        outcome: Some(outcome),
        causes,
        attribution: Attribution { keys: vec![], events: 1, confidence: Ratio::ONE },
        events: vec![],
        rules: vec![],
        lost: vec![],
        twins: vec![],
    }
}

fn met<'a>(campaign: &'a Campaign, playbook: Option<&'a Playbook>) -> [Met<'a>; 1] {
    [Met { campaign, playbook, policies: &[] }]
}

fn policy() -> Policy {
    let cut = Cut::AllSites;
    let measure = Measure::Cut { scope: cut, timing: Timing::Confirmed, first: None, repeat: Repeat::Once };
    let playbook = Playbook { id: PlaybookId::new("q").unwrap(), ..playbook() };
    Policy { name: "all-sites/confirmed".to_owned(), measure, playbook: Some(playbook), reflex: None }
}

#[test]
fn what_cannot_act_is_not_proposed_and_a_plan_is() {
    let verdicts = [missed("a", "T1490", Outcome::Logged, vec![Cause::NoRule])];
    let campaign = campaign();
    let now = evidence(&verdicts, &[], &campaign.techniques(), &BTreeMap::new());
    let policies = [policy()];
    let offered = |playbook: Option<&Playbook>, estate: &Estate| {
        let met = [Met { campaign: &campaign, playbook, policies: &policies }];
        let own: Vec<Playbook> = playbook.into_iter().cloned().collect();
        candidates(&now, &verdicts, estate, &met, &own, &Efforts::default())
    };
    let nobody = offered(None, &estate());
    let kinds: Vec<LeverKind> = nobody.iter().map(|c| c.kind).collect();
    assert!(kinds.iter().all(|k| matches!(k, LeverKind::Policy | LeverKind::Recovery)), "{kinds:?}");
    assert!(nobody[0].title.starts_with("Write a plan") && nobody[0].plans[0].1.id.as_str() == "q");
    let plan = playbook();
    let with = offered(Some(&plan), &estate());
    for kind in [LeverKind::Rule, LeverKind::Sensor, LeverKind::Staff, LeverKind::Plan, LeverKind::Policy] {
        assert!(with.iter().any(|c| c.kind == kind), "{kind:?}");
    }
    let mut deaf = estate();
    deaf.soc.escalation = Ratio::ZERO;
    let staff: Vec<String> = offered(Some(&plan), &deaf)
        .into_iter()
        .filter(|c| matches!(c.kind, LeverKind::Rule | LeverKind::Sensor | LeverKind::Staff))
        .map(|c| c.title)
        .collect();
    assert_eq!(staff, ["Train analysts on the alerts they dismissed"]);
    let mut idle = playbook();
    idle.actions[0].cut = Cut::Nothing;
    assert!(offered(Some(&idle), &estate())[0].title.starts_with("Write a plan"));
}

#[test]
fn every_lever_says_what_the_trials_tell() {
    let toll = |lost: [f64; 4], reached: [f64; 4]| Toll {
        attack: lost.to_vec(),
        reached: reached.to_vec(),
        ..costs(&[0, 0, 0, 0])
    };
    let base = [toll([100.0, 200.0, 300.0, 400.0], [1.0; 4])];
    let results = [
        (change("loss", 1.0), vec![toll([110.0, 211.0, 310.0, 410.0], [1.0; 4])]),
        (change("open", 1.0), vec![toll([90.0, 215.0, 300.0, 399.0], [1.0; 4])]),
        (change("trade", 1.0), vec![toll([110.0, 211.0, 310.0, 410.0], [0.0; 4])]),
        (change("gain", 9.0), vec![toll([90.0, 190.0, 289.0, 390.0], [1.0; 4])]),
    ];
    let levers = rank(&base, &results);
    let told: Vec<(&str, Outlook)> = levers.iter().map(|l| (l.title.as_str(), l.outlook)).collect();
    assert_eq!(
        told,
        [
            ("gain", Outlook::Gain),
            ("trade", Outlook::TradeOff),
            ("open", Outlook::Open),
            ("loss", Outlook::Loss)
        ]
    );
    assert_eq!((levers[1].chance, levers[1].effects[0].chance.value), (-1.0, -1.0));
    assert_eq!(levers[3].effects[0].loss.value, 10.25);
}

#[test]
fn the_best_policy_is_the_one_that_loses_least_or_lets_least_out() {
    let (trials, impacts) = ten();
    let mut leaking = trials.trials.clone();
    // Four of ten: fewer the trials would not tell from none.
    for trial in leaking.iter_mut().take(4) {
        trial.outflow = Some(Millis(1));
    }
    let cheap: Vec<TrialImpact> =
        impacts.iter().map(|i| TrialImpact { attack: PersonHours(1), ..i.clone() }).collect();
    let all = [Outcomes::new(&trials.trials, &impacts, false), Outcomes::new(&leaking, &cheap, false)];
    assert_eq!(best(&all, Objective::Payload, None), [1, 0]);
    assert_eq!(best(&all, Objective::Outflow, None), [0, 1]);
    // Four outflows in ten trials save 999 person-hours in the mean.
    assert_eq!(best(&all, Objective::Outflow, Some(2_400.0)), [1, 0]);
    assert_eq!(best(&all, Objective::Outflow, Some(2_600.0)), [0, 1]);
    let mut hardly = trials.trials.clone();
    hardly[0].outflow = Some(Millis(1));
    let near = [all[0].clone(), Outcomes::new(&hardly, &cheap, false)];
    assert_eq!(best(&near, Objective::Outflow, None), [1, 0], "one of ten is no evidence");
    let told = standings(&[(Measure::Nothing, "nothing".to_owned(), &all[1])], &all[0], Some(&all[0]));
    assert_eq!(told[0].against_nothing.value, -999.0);
    assert_eq!((told[0].outflow.value, told[0].containment.value), (0.4, 3_500.0));
}

#[test]
fn each_cause_gives_its_own_change() {
    let process = LogSource { product: Some("windows".to_owned()), ..LogSource::default() };
    let late = Cause::MatchedLate { delay: Millis(90 * 60_000), deadline: Millis(45 * 60_000) };
    let verdicts = [
        missed("a", "T1490", Outcome::Logged, vec![Cause::NoRule]),
        missed("b", "T1490", Outcome::Logged, vec![Cause::RuleSilent { rules: 3, nearest: vec![] }]),
        missed(
            "c",
            "T1486",
            Outcome::Blind,
            vec![Cause::TelemetrySourceAbsent { missing: vec![process] }, Cause::NoRule],
        ),
        missed("d", "T1078", Outcome::Alerted { delay: Some(Millis(90 * 60_000)), late: true }, vec![late]),
    ];
    let campaigns = [campaign()];
    let wanted = campaigns[0].techniques();
    let now = evidence(&verdicts, &[], &wanted, &BTreeMap::new());
    let found = offered(&now, &verdicts, &estate());
    let title =
        |start: &str| found.iter().find(|c| c.title.starts_with(start)).unwrap_or_else(|| panic!("{start}"));
    let id = |t: &str| TechniqueId::new(t).unwrap();
    let after = |c: &Candidate, t: &str| c.evidence.as_ref().unwrap().techniques[&id(t)].clone();

    let write = title("Write a rule for T1490 (deletes copies)");
    assert_eq!(write.verdicts, [VerdictId::new("a/T1490").unwrap()]);
    assert!(after(write, "T1490").alerted.value > now.techniques[&id("T1490")].alerted.value);
    title("Repair the silent rule for T1490");
    let collect = title("Collect the log source and write a rule for T1486");
    assert!(collect.why.contains("windows"), "{}", collect.why);
    let counts = after(collect, "T1486").counts;
    assert_eq!((counts.alerted, counts.blind, counts.measured()), (3, 0, 3));
    let sooner = after(title("Alert sooner on T1078"), "T1078");
    assert_eq!(sooner.delay.quantiles.q50, 5.0);
    assert_eq!(sooner.alerted, now.techniques[&id("T1078")].alerted);
    assert!(title("Exercise T1003").why.contains("no exercise"));
    let sensors = title("Bring sensors");
    assert_eq!(sensors.estate.as_ref().unwrap().assets[0].sensors.get(), 0.98);
    let decided = title("Settle beforehand").playbooks.as_ref().unwrap();
    assert_eq!(decided[0].actions[0].decide.q50, 30.0);
    for start in
        ["Add one analyst", "Halve the time", "Cut a fifth", "Train analysts", "Train one more recovery crew"]
    {
        assert!(title(start).estate.is_some());
    }
    for candidate in &found {
        assert!(candidate.effort_days > 0.0 && !candidate.why.is_empty());
        assert!(!candidate.title.ends_with('.'), "{}", candidate.title);
    }
}

fn offered(now: &Evidence, verdicts: &[Verdict], estate: &Estate) -> Vec<Candidate> {
    let (campaign, plan) = (campaign(), playbook());
    candidates(now, verdicts, estate, &met(&campaign, Some(&plan)), &[playbook()], &Efforts::default())
}

#[test]
fn the_recovery_changes_only_where_the_estate_says_something() {
    let now = evidence(&[], &[], &[], &BTreeMap::new());
    let found = offered(&now, &[], &estate());
    let has = |found: &[Candidate], start: &str| found.iter().any(|c| c.title.starts_with(start));
    let starts = ["Have one more forensic", "Read backups back", "Let tenants back", "Look a second time"];
    assert!(starts.iter().all(|s| !has(&found, s)));
    let mut phased = estate();
    let seen = Quantiles::new(60.0, 60.0).unwrap();
    phased.recovery.forensic_teams = Some(2);
    phased.recovery.relapse = Some(RelapseOdds { chance: Ratio::clamped(0.2), seen });
    phased.recovery.readmission = Readmission::AtOnce;
    phased.sites[0].restore_gb_per_hour = Some(100);
    phased.assets[0].data_gb = 1_000;
    phased.services[0].warm_up = Some(WarmUp { surge: 3.0, fades: Millis(HOUR), headroom: 1.5 });
    let more = offered(&now, &[], &phased);
    let after = |start: &str| {
        more.iter().find(|c| c.title.starts_with(start)).and_then(|c| c.estate.clone()).unwrap()
    };
    assert_eq!(after(starts[0]).recovery.forensic_teams, Some(3));
    assert_eq!(after(starts[1]).sites[0].restore_gb_per_hour, Some(200));
    assert_eq!(after(starts[2]).recovery.readmission, Readmission::Staged);
    assert_eq!(after(starts[3]).recovery.relapse.map(|r| r.chance.get()), Some(0.1));
}
