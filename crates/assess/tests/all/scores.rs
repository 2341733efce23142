//! The figures of a score, of the comparison, and of a story, trial by trial by hand.

use assess::{
    DrawResult, Outcomes, Rivals, best, chosen_trials, doubt, draw_result, harm_doubt, loss_doubt, score,
    standings, story, toll,
};
use model::campaign::Objective;
use model::decide::Measure;
use model::estate::{Agreement, Asset, Estate, Hosting, Service, Tenant};
use model::id::*;
use model::impact::{DataLoss, HostingImpact, Outage, Return, ServiceImpact, TrialImpact};
use model::quantity::{Interval, Millis, PersonHours, Ratio, Seed};
use model::recovery::Care;
use model::trial::{Down, DownCause, Trace, Trial, Trials};

use crate::ground::{HOUR, estate, ten};

fn near(got: f64, wanted: f64) -> bool {
    (got - wanted).abs() < 1e-9
}

fn trials(all: Vec<Trial>) -> Trials {
    Trials {
        campaign: CampaignId::new("c").unwrap(),
        playbook: PlaybookId::new("p").unwrap(),
        seed: Seed(1),
        trials: all,
    }
}

fn hours(attack: u64, containment: u64) -> Outage {
    Outage { attack: Millis(attack * HOUR), containment: Millis(containment * HOUR), restored: None }
}

fn impact(trial: u32, attack: u64, containment: u64, hostings: Vec<HostingImpact>) -> TrialImpact {
    TrialImpact {
        trial,
        attack: PersonHours(attack),
        containment: PersonHours(containment),
        tenants_hit: 0,
        insured_hit: 0,
        services: Vec::new(),
        weighted_attack: PersonHours(3 * attack),
        weighted_containment: PersonHours(5 * containment),
        hostings,
        recovered: None,
        waiting: PersonHours(0),
        relapsed: false,
    }
}

#[test]
fn a_draw_is_told_by_its_shares_and_means() {
    let trial = |payload, outflow, alert, declared| Trial {
        payload: Option::map(payload, Millis),
        outflow: Option::map(outflow, Millis),
        alert: Option::map(alert, Millis),
        declared: Option::map(declared, Millis),
        ..Trial::default()
    };
    let all = trials(vec![
        trial(Some(1), None, None, None),
        trial(None, Some(1), Some(1), Some(120_000)),
        trial(Some(1), Some(1), Some(1), None),
        trial(Some(1), None, None, Some(240_000)),
        trial(None, None, None, None),
    ]);
    let mut impacts: Vec<TrialImpact> = (0..5).map(|i| impact(i, 10 * u64::from(i), 100, vec![])).collect();
    impacts[1].tenants_hit = 5;
    impacts[2].recovered = Some(Millis(2 * HOUR));
    impacts[4].recovered = Some(Millis(5 * HOUR));
    let wanted = DrawResult {
        payload: 0.6,
        outflow: 0.4,
        unnoticed: 0.4,
        declared_minutes: Some(3.0),
        attack: 20.0,
        containment: 100.0,
        tenants_hit: 1.0,
        recovered_hours: Some(3.5),
    };
    assert_eq!(draw_result(&all, &impacts), wanted);
    let empty = draw_result(&trials(vec![]), &[]);
    assert_eq!(
        (empty.payload, empty.attack, empty.declared_minutes, empty.recovered_hours),
        (0.0, 0.0, None, None)
    );
}

#[test]
fn each_figure_takes_its_own_draws_and_reaches_the_run_itself() {
    let (trials, impacts) = ten();
    let base = draw_result(&trials, &impacts);
    let draw = |k: f64| DrawResult {
        payload: 0.01 * k,
        outflow: 0.02 * k,
        unnoticed: 0.03 * k,
        declared_minutes: Some(4.0 * k),
        attack: 5.0 * k,
        containment: 6.0 * k,
        tenants_hit: 0.07 * k,
        recovered_hours: Some(0.8 * k),
    };
    let draws = [draw(1.0), draw(3.0), base];
    let rivals = Rivals { flooding: &trials, unopposed: &impacts };
    let got = score(&estate(), &trials, &impacts, &draws, rivals, vec![]);
    let span = |i: Interval| (i.low, i.high);
    assert_eq!(span(got.payload.exercises), (0.01, 0.5));
    assert_eq!(span(got.outflow.exercises), (0.0, 0.06));
    assert_eq!(span(got.unnoticed.exercises), (0.03, 0.3));
    assert_eq!(span(got.declared_minutes.unwrap().exercises), (4.0, 12.0));
    assert_eq!(span(got.attack.exercises), (5.0, 1_000.0));
    assert_eq!(span(got.containment.exercises), (6.0, 3_500.0));
    assert_eq!(span(got.tenants_hit.exercises), (0.07, 0.9));
    assert_eq!(span(got.recovered_hours.unwrap().exercises), (0.8, 5.0));
    assert!(near(got.payload.exercises.value, (0.01 + 0.03 + 0.5) / 3.0));
    let alone = score(&estate(), &trials, &impacts, &[], rivals, vec![]);
    assert_eq!((span(alone.payload.exercises), alone.payload.exercises.value), ((0.0, 1.0), 0.5));
    assert_eq!((span(alone.attack.exercises), alone.attack.exercises.value), ((1_000.0, 1_000.0), 1_000.0));
    let spread = alone.containment;
    assert_eq!((spread.mean, spread.q10, spread.q50, spread.q90), (3_500.0, 0.0, 0.0, 8_000.0));
    assert_eq!((alone.tenants_hit.mean, alone.unopposed), (0.9, 1_000.0));
    assert_eq!((alone.flooding.value, alone.campaign.as_str(), alone.playbook.as_str()), (0.5, "c", "p"));
    let nothing = score(&estate(), &trials, &[], &[], Rivals { flooding: &trials, unopposed: &[] }, vec![]);
    assert_eq!((nothing.attack.mean, nothing.recovered_hours, nothing.unopposed), (0.0, None, 0.0));
}

/// Two profiles with two tenants and one, and one that nobody has; three services.
fn shared() -> Estate {
    let mut estate = estate();
    let service = |id: &str| Service { id: ServiceId::new(id).unwrap(), ..estate.services[0].clone() };
    estate.services = ["mail", "portal", "inner"].map(service).to_vec();
    let agree = |id: &str, rto, mtpd, rpo: Option<u64>| Agreement {
        service: ServiceId::new(id).unwrap(),
        rto: Millis(rto * HOUR),
        mtpd: Millis(mtpd * HOUR),
        rpo: rpo.map(|h| Millis(h * HOUR)),
    };
    let hosting = |id: &str, services| Hosting {
        id: HostingId::new(id).unwrap(),
        services,
        ..estate.hostings[0].clone()
    };
    let tenant = |id: &str, hosting: &str, insured| Tenant {
        id: TenantId::new(id).unwrap(),
        hosting: HostingId::new(hosting).unwrap(),
        insured,
        ..estate.tenants[0].clone()
    };
    let hostings = vec![
        hosting("one", vec![agree("mail", 4, 8, Some(1)), agree("portal", 2, 9, None)]),
        hosting("two", vec![agree("portal", 3, 6, Some(2))]),
        hosting("nobody", vec![agree("inner", 1, 1, Some(0))]),
    ];
    let tenants =
        vec![tenant("a", "one", 100), tenant("b", "two", 300), tenant("c", "one", 200), tenant("x", "?", 7)];
    estate.hostings = hostings;
    estate.tenants = tenants;
    estate
}

fn hosting(services: &[(u64, u64)], data: &[Option<DataLoss>]) -> HostingImpact {
    let services: Vec<Outage> = services.iter().map(|(a, c)| hours(*a, *c)).collect();
    let longest = services.iter().max_by_key(|o| o.total()).copied().unwrap_or_default();
    HostingImpact { any: longest, services, data: data.to_vec() }
}

/// Four trials: the first unharmed.
fn four() -> Vec<TrialImpact> {
    let none = || hosting(&[(0, 0)], &[None]);
    let lost = |h: u64| Some(DataLoss::Last(Millis(h * HOUR)));
    let mut all = vec![
        impact(0, 0, 0, vec![hosting(&[(0, 0), (0, 0)], &[None, None]), none(), none()]),
        impact(
            1,
            0,
            0,
            vec![hosting(&[(4, 0), (1, 1)], &[lost(1), None]), hosting(&[(3, 0)], &[None]), none()],
        ),
        impact(
            2,
            0,
            0,
            vec![
                hosting(&[(3, 2), (3, 0)], &[None, lost(9)]),
                hosting(&[(2, 2)], &[lost(3)]),
                hosting(&[(1, 1)], &[lost(9)]),
            ],
        ),
        impact(
            3,
            0,
            0,
            vec![
                hosting(&[(0, 9), (0, 10)], &[None, None]),
                hosting(&[(0, 6)], &[Some(DataLoss::All)]),
                none(),
            ],
        ),
    ];
    for (impact, waited) in all.iter_mut().zip([0, 8, 16, 0]) {
        impact.waiting = PersonHours(waited);
        let down = if [1, 2].contains(&impact.trial) { hours(6, 2) } else { Outage::default() };
        let inner = ServiceImpact { down, ..ServiceImpact::default() };
        impact.services = vec![ServiceImpact::default(), ServiceImpact::default(), inner];
    }
    all[1].relapsed = true;
    all
}

fn scored(impacts: &[TrialImpact]) -> model::scorecard::CampaignScore {
    let all = trials((0..4).map(|index| Trial { index, ..Trial::default() }).collect());
    score(&shared(), &all, impacts, &[], Rivals { flooding: &all, unopposed: &[] }, vec![])
}

#[test]
fn a_tenant_has_the_times_of_its_profile_and_the_losses_of_its_people() {
    let got = scored(&four()).tenants;
    let ids: Vec<&str> = got.iter().map(|t| t.tenant.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c"], "a tenant of no profile is left out");
    let shares = |n: usize| (got[n].hit.get(), got[n].rto_missed.get(), got[n].mtpd_exceeded.get());
    // Profile one: 4 and 2, 5 and 3, 9 and 10 hours against 4 and 2, and 8 and 9. Just met is met.
    assert_eq!(shares(0), (0.75, 0.5, 0.25));
    // Profile two: 3, 4 and 6 hours against 3 and 6.
    assert_eq!(shares(1), (0.75, 0.5, 0.0));
    assert_eq!((got[0].hours_q50, got[0].hours_q90), (5.0, 10.0));
    assert_eq!((got[1].hours_q50, got[1].hours_q90), (4.0, 6.0));
    // In the mean 18 hours of mail, 15 of the portal.
    let worst = |n: usize| got[n].worst.as_ref().map(ServiceId::as_str);
    assert_eq!((worst(0), worst(1)), (Some("mail"), Some("portal")));
    // Any service: 4 + 0, 3 + 2, 0 + 10 hours in four trials, times people.
    assert_eq!((got[0].attack, got[0].containment), (175.0, 300.0));
    assert_eq!((got[2].attack, got[2].containment), (350.0, 600.0));
    assert_eq!((got[1].attack, got[1].containment), (300.0 * 5.0 / 4.0, 300.0 * 8.0 / 4.0));
    let unharmed = scored(&four()[..1]).tenants;
    assert_eq!((unharmed[0].worst.clone(), unharmed[0].hours_q90), (None, 0.0));
    let mut even = four();
    even[3].hostings[0].services[1] = hours(0, 13);
    assert_eq!(
        scored(&even).tenants[0].worst.as_ref().map(ServiceId::as_str),
        Some("mail"),
        "of equal ones the first"
    );
}

#[test]
fn a_service_is_weighed_by_its_people_and_an_inner_one_by_itself() {
    let got = scored(&four()).services;
    let told = |n: usize| (got[n].tenants, got[n].attack_hours, got[n].containment_hours, got[n].hit.get());
    assert_eq!(told(0), (2, 7.0 / 4.0, 11.0 / 4.0, 0.75));
    // 300 people with 4 + 11 hours, 300 with 5 + 8, over four trials.
    assert_eq!(told(1), (3, (4.0 / 4.0 + 5.0 / 4.0) / 2.0, (11.0 / 4.0 + 8.0 / 4.0) / 2.0, 0.75));
    // Nobody has a contract for the inner service, so its own downtime is told.
    assert_eq!(told(2), (0, 12.0 / 4.0, 4.0 / 4.0, 0.5));
    let mut uneven = shared();
    uneven.tenants[1].insured = 900;
    let all = trials(vec![Trial::default(); 4]);
    let rivals = Rivals { flooding: &all, unopposed: &[] };
    let portal = score(&uneven, &all, &four(), &[], rivals, vec![]).services[1].attack_hours;
    assert!(near(portal, (300.0 * 1.0 + 900.0 * 1.25) / 1_200.0), "{portal}");
    uneven.tenants.iter_mut().for_each(|t| t.insured = 0);
    let nobody = score(&uneven, &all, &four(), &[], rivals, vec![]).services;
    assert_eq!((nobody[0].attack_hours, nobody[0].hit.get()), (0.0, 0.75), "without people its own downtime");
}

#[test]
fn the_way_back_is_told_for_those_who_have_the_service() {
    let got = scored(&four()).aftermath.unwrap();
    assert_eq!((got.waiting, got.relapsed.value), (6.0, 0.25));
    // Trials 1, 2 and 3 lose data; the profile that nobody has does not count.
    assert_eq!((got.data_lost.value, got.data_gone.value), (0.75, 0.25));
    // An hour where one is agreed is kept; three where two are agreed, and all of it, are not.
    assert_eq!(got.rpo_missed.value, 0.5);
    let mut only = four();
    only.truncate(3);
    only[2].hostings[0].data[1] = None;
    only[2].hostings[1].data[0] = None;
    only[1].hostings[0].data[0] = None;
    let none = scored(&only).aftermath.unwrap();
    assert_eq!((none.data_lost.value, none.rpo_missed.value), (0.0, 0.0));
}

fn outcomes(rows: &[(bool, bool, u64, u64)], weighed: bool) -> Outcomes {
    let (mut all, mut impacts) = (Vec::new(), Vec::new());
    for (i, (payload, outflow, attack, containment)) in (0..).zip(rows) {
        let at = |yes: bool| yes.then_some(Millis(1));
        all.push(Trial { index: i, payload: at(*payload), outflow: at(*outflow), ..Trial::default() });
        impacts.push(impact(i, *attack, *containment, vec![]));
    }
    Outcomes::new(&all, &impacts, weighed)
}

#[test]
fn ways_to_respond_are_compared_trial_by_trial_in_both_units() {
    let own = [(true, false, 10, 1), (false, true, 20, 3), (false, true, 30, 2)];
    let other = [(false, false, 1, 1), (false, false, 1, 1), (false, false, 1, 1)];
    let (plain, nothing) = (outcomes(&own, false), outcomes(&other, false));
    let way = [(Measure::Plan, "plan".to_owned(), &plain)];
    let got = &standings(&way, &nothing, None)[0];
    assert_eq!((got.name.as_str(), &got.measure, got.weighed), ("plan", &Measure::Plan, false));
    assert!(near(got.payload.value, 1.0 / 3.0) && near(got.outflow.value, 2.0 / 3.0));
    assert_eq!((got.attack.value, got.containment.value, got.against_nothing.value), (20.0, 2.0, 20.0));
    assert_eq!(got.against_plan, None);
    // The differences are 9, 21 and 30: their mean with 1.96 standard errors.
    let error = (f64::from(121 + 1 + 100) / 2.0 / 3.0).sqrt() * 1.959_963_985;
    assert!(near(got.against_nothing.high, 20.0 + error) && near(got.against_nothing.low, 20.0 - error));
    let (heavy, light) = (outcomes(&own, true), outcomes(&other, true));
    let way = [(Measure::Plan, "plan".to_owned(), &heavy)];
    let weighed = &standings(&way, &light, Some(&light))[0];
    assert_eq!((weighed.attack.value, weighed.containment.value, weighed.weighed), (60.0, 10.0, true));
    assert_eq!(weighed.against_plan.map(|i| i.value), Some(62.0));
}

#[test]
fn a_way_is_no_better_only_when_it_loses_more_and_nothing_is_bought_by_it() {
    let rows = |payloads: usize, outflows: usize, loss: u64| -> Outcomes {
        let row = |i: usize| (i < payloads, i < outflows, loss + i as u64 % 2, 0);
        outcomes(&(0..10).map(row).collect::<Vec<_>>(), false)
    };
    let other = rows(5, 5, 100);
    let worse = |payloads, outflows, loss| rows(payloads, outflows, loss).is_no_better_than(&other);
    assert!(worse(5, 5, 110) && worse(6, 5, 110) && worse(5, 9, 110));
    assert!(!worse(5, 5, 90) && !worse(5, 5, 100), "it does not surely lose more");
    assert!(!worse(4, 5, 110), "it stops a payload");
    assert!(!worse(5, 0, 110), "it stops outflow, and the trials tell so");
    assert!(worse(5, 4, 110), "one outflow of ten is no evidence");
}

#[test]
fn of_leaking_ways_the_one_that_loses_least_is_best_within_what_the_trials_tell() {
    let rows = |outflows: usize, loss: u64| -> Outcomes {
        let row = |i: usize| (false, i < outflows, loss, 0);
        outcomes(&(0..20).map(row).collect::<Vec<_>>(), false)
    };
    let all = [rows(20, 1), rows(2, 90), rows(1, 100), rows(10, 50), rows(2, 80)];
    assert_eq!(best(&all, Objective::Outflow, None), [4, 1, 2, 0, 3]);
    assert_eq!(best(&all, Objective::Payload, None), [0, 3, 4, 1, 2]);
    // An outflow at 100 hours: 101, 100, 105, 100, 90; of equal ones the first.
    assert_eq!(best(&all, Objective::Outflow, Some(100.0)), [4, 1, 3, 0, 2]);
    assert_eq!(best(&[], Objective::Outflow, None), [0; 0]);
}

#[test]
fn a_toll_is_in_weighted_hours_where_the_estate_weighs() {
    let down = |cause| Down {
        asset: 0,
        at: Millis(0),
        cause,
        attempts: 1,
        work: Millis(0),
        care: Care::default(),
        copies: None,
    };
    let trial = Trial {
        outflow: Some(Millis(1)),
        down: vec![down(DownCause::Attack), down(DownCause::Containment), down(DownCause::Containment)],
        ..Trial::default()
    };
    let all = trials(vec![trial]);
    let impacts = [impact(0, 7, 11, vec![])];
    let got = |weighed| toll(Objective::Outflow, &all, &impacts, weighed);
    assert_eq!((got(true).attack, got(true).containment, got(true).weighed), (vec![21.0], vec![55.0], true));
    assert_eq!(
        (got(false).attack, got(false).containment, got(false).cut),
        (vec![7.0], vec![11.0], vec![2.0])
    );
    assert_eq!((got(false).reached, got(false).declared), (vec![1.0], vec![0.0]));
    assert_eq!(toll(Objective::Payload, &all, &impacts, false).reached, [0.0]);
}

#[test]
fn both_uncertainties_belong_to_the_figure_they_stand_at() {
    let with = |hit: u32, attack, containment| TrialImpact {
        tenants_hit: hit,
        ..impact(0, attack, containment, vec![])
    };
    let own = [with(0, 10, 100), with(1, 20, 100), with(7, 30, 400), with(2, 40, 200)];
    let draws = vec![vec![with(0, 1, 2), with(0, 3, 4)], vec![with(1, 90, 700), with(1, 110, 500)], vec![]];
    let got = doubt(&own, &draws).unwrap();
    assert_eq!((got.hit.simulation.value, got.attack.simulation.value), (0.75, 25.0));
    assert_eq!(got.containment.simulation.value, 200.0);
    let span = |i: Interval| (i.low, i.value, i.high);
    assert_eq!(span(got.hit.exercises), (0.0, 0.5, 1.0), "a draw without trials says nothing");
    assert_eq!(span(got.attack.exercises), (2.0, 51.0, 100.0));
    assert_eq!(span(got.containment.exercises), (3.0, 301.5, 600.0));
    let both = loss_doubt(&own, &draws).unwrap();
    assert_eq!((both.simulation.value, span(both.exercises)), (225.0, (5.0, 352.5, 700.0)));
    let trial = |payload: bool, outflow: bool| Trial {
        payload: payload.then_some(Millis(1)),
        outflow: outflow.then_some(Millis(1)),
        ..Trial::default()
    };
    let harm = [trial(false, false), trial(true, false), trial(false, true), trial(true, true)];
    let both = harm_doubt(&harm, &[harm.to_vec(), vec![trial(false, false)]]).unwrap();
    assert_eq!((both.simulation.value, span(both.exercises)), (0.75, (0.0, 0.375, 0.75)));
    assert_eq!((doubt(&own, &[]), loss_doubt(&own, &[])), (None, None));
}

#[test]
fn the_stories_are_a_median_and_a_bad_trial() {
    let chosen = |losses: &[(u64, u64)]| -> Vec<u32> {
        let all: Vec<TrialImpact> = (10..).zip(losses).map(|(i, (a, c))| impact(i, *a, *c, vec![])).collect();
        chosen_trials(&all).into_iter().map(|(_, trial)| trial).collect()
    };
    assert_eq!(chosen(&[(5, 5), (0, 9), (11, 0)]), [10, 12], "attack and containment together");
    assert_eq!(chosen(&[(1, 0)]), [10], "one trial is told once");
    assert_eq!(chosen(&[(1, 0), (1, 0), (1, 0), (1, 0)]), [11, 13], "of equal ones by number");
    let twenty: Vec<(u64, u64)> = (0..20).map(|i| (i, 0)).collect();
    assert_eq!(chosen(&twenty), [19, 27]);
}

#[test]
fn the_worst_moment_counts_hosts_that_are_down_together() {
    let mut estate = estate();
    let class = |id: &str, site: &str, count| Asset {
        id: AssetId::new(id).unwrap(),
        site: SiteId::new(site).unwrap(),
        count,
        ..estate.assets[0].clone()
    };
    let assets = vec![class("a", "s", 10), class("b", "s", 30), class("c", "s", 60), class("d", "r", 7)];
    estate.assets = assets;
    let mut second = estate.sites[0].clone();
    second.id = SiteId::new("r").unwrap();
    estate.sites.push(second);
    let down = |asset, at| Down {
        asset,
        at: Millis(at),
        cause: DownCause::Attack,
        attempts: 1,
        work: Millis(0),
        care: Care::default(),
        copies: None,
    };
    let back = |asset, at, again: Option<u64>| Return {
        asset,
        begin: Millis(0),
        back: Millis(at),
        again: again.map(Millis),
    };
    let told = |downs: Vec<Down>, returns: Vec<Return>| {
        let trial = Trial { down: downs, ..Trial::default() };
        let trace = Trace { trial, moments: vec![] };
        let got = story(&estate, "bad", &impact(0, 3, 4, vec![]), trace, returns);
        let share = |site: &str| (got.sites[&SiteId::new(site).unwrap()].get() * 100.0).round();
        (share("s"), share("r"), got.assets.len())
    };
    // a from 1 to 5, b from 3 to 9, c from 6 to 7: b and c together.
    let downs = || vec![down(0, 1), down(1, 3), down(2, 6)];
    let returns = || vec![back(0, 5, None), back(1, 9, None), back(2, 7, None)];
    assert_eq!(told(downs(), returns()), (90.0, 0.0, 3));
    // What falls twice falls at the first of both; a return that did not fall counts for nothing.
    let mut twice = downs();
    twice.extend([down(2, 2), down(3, 4)]);
    let mut more = returns();
    more.push(back(0, 8, None));
    assert_eq!(told(twice, returns()), (100.0, 100.0, 4));
    assert_eq!(told(vec![down(1, 1)], vec![back(0, 0, None), back(1, 9, None)]), (30.0, 0.0, 1));
    // Back at 5, gone again at 6: all three at 6, if c is still there.
    let again = vec![back(0, 5, Some(6)), back(0, 8, None), back(1, 9, None), back(2, 7, None)];
    assert_eq!(told(downs(), again), (100.0, 0.0, 3));
    // At equal times the return comes first.
    assert_eq!(told(vec![down(0, 1), down(1, 5)], vec![back(0, 5, None), back(1, 9, None)]), (30.0, 0.0, 2));
    assert_eq!(told(vec![], vec![]), (0.0, 0.0, 0));
}

#[test]
fn a_story_tells_the_losses_of_its_trial() {
    let trace = Trace { trial: Trial::default(), moments: vec![] };
    let got = story(&estate(), "median", &impact(0, 3, 4, vec![]), trace, vec![]);
    assert_eq!((got.attack.0, got.containment.0, got.sites[&SiteId::new("s").unwrap()]), (3, 4, Ratio::ZERO));
}
