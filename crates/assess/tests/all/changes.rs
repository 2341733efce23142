//! What is proposed, in which words and at which effort, and what the estate would be after it.

use std::collections::BTreeMap;

use assess::{Candidate, Efforts, Met, candidates, evidence, read_efforts};
use model::campaign::Campaign;
use model::decide::{Measure, Policy, Timing};
use model::estate::{Asset, Estate, Site, Skill, Zone};
use model::evidence::Evidence;
use model::id::*;
use model::playbook::{Action, Cut, Playbook, Repeat};
use model::quantity::{Millis, Quantiles, Ratio};
use model::recovery::{Readmission, RelapseOdds, WarmUp};
use model::scorecard::LeverKind;

use crate::ground::{HOUR, campaign, estate, playbook};

fn none() -> Evidence {
    evidence(&[], &[], &[], &BTreeMap::new())
}

fn told(found: &[Candidate], kind: LeverKind) -> Vec<String> {
    let own = found.iter().filter(|c| c.kind == kind);
    own.map(|c| format!("{} [{} {}]", c.title, c.effort, c.effort_days)).collect()
}

fn offered(estate: &Estate, met: &[Met<'_>], playbooks: &[Playbook]) -> Vec<Candidate> {
    candidates(&none(), &[], estate, met, playbooks, &Efforts::default())
}

fn with_plan<'a>(campaign: &'a Campaign, plan: &'a Playbook, policies: &'a [Policy]) -> [Met<'a>; 1] {
    [Met { campaign, playbook: Some(plan), policies }]
}

/// Two sites and two zones, with a directory server at the second.
fn wide() -> Estate {
    let mut estate = estate();
    let site = Site { id: SiteId::new("r").unwrap(), crews: 3, ..estate.sites[0].clone() };
    let zone = Zone { id: ZoneId::new("y").unwrap(), name: String::new() };
    let directory = Asset {
        id: AssetId::new("d").unwrap(),
        site: site.id.clone(),
        zone: zone.id.clone(),
        role: "directory".to_owned(),
        count: 4,
        ..estate.assets[0].clone()
    };
    estate.sites.push(site);
    estate.zones.push(zone);
    estate.assets.push(directory);
    estate
}

fn action(id: &str, cut: Cut, after: &[&str]) -> Action {
    let after = after.iter().map(|a| (*a).to_owned()).collect();
    Action { id: id.to_owned(), name: format!("step {id}"), cut, after, ..playbook().actions[0].clone() }
}

fn plan(actions: Vec<Action>) -> Playbook {
    Playbook { name: "Plan".to_owned(), actions, ..playbook() }
}

/// Returns the titles of the changes to steps, with quotes left out.
fn steps(estate: &Estate, actions: Vec<Action>) -> Vec<String> {
    let (campaign, plan) = (campaign(), plan(actions));
    let found = offered(estate, &with_plan(&campaign, &plan, &[]), std::slice::from_ref(&plan));
    let own = found.iter().filter(|c| c.effort == "change-step");
    own.map(|c| c.title.replace(['\u{201c}', '\u{201d}'], "")).collect()
}

#[test]
fn a_step_could_take_off_something_else_that_the_estate_has() {
    let off = |what: &str| format!("Let the step step a take off {what}");
    let [host, segment, site, all, directory] = [
        "the host with the alert",
        "every segment that has raised an alert",
        "every site that has raised an alert",
        "every site",
        "every directory server",
    ]
    .map(off);
    let again = "Do the step step a again for each later alert".to_owned();
    let a = |cut| vec![action("a", cut, &[])];
    let one = estate();
    assert_eq!(steps(&one, a(Cut::AllSites)), std::slice::from_ref(&host));
    assert_eq!(steps(&one, a(Cut::AlertedAsset)), [all.clone(), again.clone()]);
    let [host, segment, site, all, directory] = [&host, &segment, &site, &all, &directory];
    let wide = wide();
    assert_eq!(steps(&wide, a(Cut::AllSites)), [host, segment, site, directory].map(String::clone));
    assert_eq!(
        steps(&wide, a(Cut::AlertedSegments)),
        [host, site, all, directory, &again].map(String::clone)
    );
    assert_eq!(
        steps(&wide, a(Cut::AlertedSites)),
        [host, segment, all, directory, &again].map(String::clone)
    );
    let role = Cut::Role { role: "directory".to_owned() };
    assert_eq!(steps(&wide, a(role)), [host, segment, site, all].map(String::clone));
    let open = Action { repeat: Repeat::WhileOpen, ..action("a", Cut::AlertedSites, &[]) };
    assert_eq!(steps(&wide, vec![open]), [host, segment, all, directory].map(String::clone));
    assert_eq!(steps(&wide, a(Cut::Nothing)), [""; 0]);
}

#[test]
fn a_look_after_a_cut_could_take_off_what_has_raised_an_alert_since() {
    let look = |id: &str, after: &[&str]| action(id, Cut::Nothing, after);
    let cut = action("c", Cut::Site { site: SiteId::new("s").unwrap() }, &[]);
    let of = |id: &str, all: Vec<String>| -> Vec<String> {
        all.into_iter().filter(|t| t.contains(&format!("step step {id} "))).collect()
    };
    let segment = "Let the step step b take off every segment that has raised an alert";
    let site = "Let the step step b take off every site that has raised an alert";
    let wide = wide();
    assert_eq!(of("b", steps(&wide, vec![cut.clone(), look("b", &["c"])])), [segment, site]);
    assert_eq!(of("b", steps(&estate(), vec![cut.clone(), look("b", &["c"])])), [""; 0]);
    assert_eq!(of("b", steps(&wide, vec![cut.clone(), look("b", &[])])), [""; 0]);
    let behind = vec![cut, look("a", &[]), look("b", &["a"])];
    assert_eq!(of("b", steps(&wide, behind)), [""; 0], "what comes before it takes nothing off");
}

#[test]
fn a_changed_step_stands_in_its_plan_and_only_there() {
    let (campaign, wide) = (campaign(), wide());
    let own = plan(vec![action("a", Cut::AllSites, &[]), action("b", Cut::Nothing, &["a"])]);
    let other = Playbook { id: PlaybookId::new("other").unwrap(), ..own.clone() };
    let met = with_plan(&campaign, &own, &[]);
    let found = offered(&wide, &met, &[other.clone(), own.clone()]);
    let changed: Vec<&Candidate> = found.iter().filter(|c| c.effort == "change-step").collect();
    assert_eq!(changed.len(), 6, "a plan that meets nothing is not changed");
    let plans = changed[0].playbooks.as_ref().unwrap();
    assert_eq!((&plans[0], plans.len()), (&other, 2));
    assert_eq!((&plans[1].actions[0].cut, &plans[1].actions[1]), (&Cut::AlertedAsset, &own.actions[1]));
    assert_eq!(
        changed[0].why,
        "What is cut decides what the attacker keeps and what everybody loses. Plan: \u{201c}Plan\u{201d}."
    );
    let last = changed[5].playbooks.as_ref().unwrap();
    assert_eq!((&last[1].actions[0], &last[1].actions[1].cut), (&own.actions[0], &Cut::AlertedSites));
    assert!(changed[5].why.starts_with("It comes after a cut and takes nothing off"));
    let again = plan(vec![action("a", Cut::AlertedAsset, &[])]);
    let found = offered(&wide, &with_plan(&campaign, &again, &[]), std::slice::from_ref(&again));
    let repeated = found.iter().find(|c| c.title.starts_with("Do the step")).unwrap();
    assert_eq!(repeated.playbooks.as_ref().unwrap()[0].actions[0].repeat, Repeat::WhileOpen);
    assert_eq!(
        repeated.why,
        "It is done once, and what raises an alert later stays on. Plan: \u{201c}Plan\u{201d}."
    );
}

#[test]
fn a_file_of_efforts_without_an_entry_changes_nothing() {
    for text in ["", "\n  \n", "# ours\n", "\n# ours\n  # and theirs\n\n"] {
        assert_eq!(read_efforts("efforts.yaml", text.as_bytes()).into_parts(), (Efforts::default(), vec![]));
    }
}

fn policy(name: &str, cut: Cut) -> Policy {
    let measure =
        Measure::Cut { scope: cut.clone(), timing: Timing::Confirmed, first: None, repeat: Repeat::Once };
    let actions = vec![action(name, cut, &[]), action("note", Cut::Nothing, &[])];
    let playbook = Playbook { id: PlaybookId::new(name).unwrap(), ..plan(actions) };
    Policy { name: name.to_owned(), measure, playbook: Some(playbook), reflex: None }
}

#[test]
fn two_policies_are_tried_in_a_plans_place_and_one_where_there_is_none() {
    let mut campaign = campaign();
    campaign.name = "Leak".to_owned();
    let idle = policy("idle", Cut::Nothing);
    let nothing = Policy { playbook: None, ..policy("nothing", Cut::AllSites) };
    let [first, second, third] = ["one", "two", "three"].map(|n| policy(n, Cut::AllSites));
    let policies = [nothing, first, second, third];
    let own = plan(vec![action("a", Cut::AllSites, &[])]);
    let titles = |playbook: Option<&Playbook>, policies: &[Policy]| {
        let met = [Met { campaign: &campaign, playbook, policies }];
        told(&offered(&estate(), &met, &[]), LeverKind::Policy)
    };
    let with = |n: &str| {
        format!(
            "Answer \u{201c}Leak\u{201d} with \u{201c}step {n}, once confirmed\u{201d} in place of \
             \u{201c}Plan\u{201d} [replace-plan 10]"
        )
    };
    assert_eq!(titles(Some(&own), &policies), [with("one"), with("two")]);
    let write = "Write a plan for \u{201c}Leak\u{201d}, such as \u{201c}step one, once confirmed\u{201d} [replace-plan 10]";
    assert_eq!(titles(None, &policies), [write]);
    let note = plan(vec![action("a", Cut::Nothing, &[])]);
    assert_eq!(titles(Some(&note), &policies), [write], "a plan that cuts nothing is none");
    assert_eq!(titles(Some(&own), &[idle, policies[1].clone(), policies[2].clone()]), [with("one")]);
    let met = with_plan(&campaign, &own, &policies);
    let found = offered(&estate(), &met, &[]);
    assert_eq!(found[0].plans, [(campaign.id.clone(), policies[1].playbook.clone().unwrap())]);
    assert!(found[0].why.starts_with("Of the policies tried"));
}

#[test]
fn the_people_who_look_at_alerts_could_be_more_faster_or_better() {
    let (campaign, own) = (campaign(), playbook());
    let met = with_plan(&campaign, &own, &[]);
    let found = offered(&estate(), &met, &[]);
    let wanted = [
        "Add one analyst on shift [analyst 220]",
        "Halve the time to look at an alert [halve-triage 15]",
        "Cut a fifth of the background alerts [cut-noise 10]",
        "Train analysts on the alerts they dismissed [train-escalation 5]",
    ];
    assert_eq!(told(&found, LeverKind::Staff), wanted);
    let staff: Vec<&Candidate> = found.iter().filter(|c| c.kind == LeverKind::Staff).collect();
    let soc = |n: usize| staff[n].estate.as_ref().unwrap().soc.clone();
    assert_eq!((soc(0).analysts, soc(1).triage_minutes, soc(2).alerts_per_day), (6, 15.0, 152.0));
    assert_eq!(soc(3).escalation.get(), 0.95);
    // 190 alerts of 30 minutes are 5,700 of the 7,200 minutes of five analysts.
    let busy = "5 analysts look at 190 alerts a day, 30 minutes each: 79 % of their time, and every true alert waits in that queue.";
    assert!(staff[..3].iter().all(|c| c.why == busy), "{}", staff[0].why);
    assert_eq!(staff[3].why, "20 % of true alerts are dismissed by the analyst who looks at them.");
    let mut alone = estate();
    alone.soc.analysts = 1;
    alone.soc.escalation = Ratio::clamped(0.95);
    let found = offered(&alone, &met, &[]);
    assert_eq!(told(&found, LeverKind::Staff), wanted[..3], "who dismisses so few is trained");
    let why = found.iter().find(|c| c.kind == LeverKind::Staff).map(|c| c.why.as_str());
    assert!(why.is_some_and(|w| w.starts_with("One analyst has to look at 190 alerts")), "{why:?}");
    assert!(why.is_some_and(|w| w.contains(": 396 % of")), "{why:?}");
    let nobody = [Met { campaign: &campaign, playbook: None, policies: &[] }];
    assert_eq!(told(&offered(&estate(), &nobody, &[]), LeverKind::Staff), [""; 0]);
}

#[test]
fn sensors_go_to_the_three_roles_that_lack_most_of_those_worked_on() {
    let (mut campaign, own) = (campaign(), playbook());
    let mut estate = estate();
    let roles = [("a", 10, 0.5), ("b", 100, 0.75), ("c", 40, 0.5), ("d", 8, 0.25), ("e", 1_000, 0.98)];
    let asset = |(role, count, sensors): &(&str, u32, f64)| Asset {
        id: AssetId::new(role).unwrap(),
        role: (*role).to_owned(),
        count: *count,
        sensors: Ratio::clamped(*sensors),
        ..estate.assets[0].clone()
    };
    let mut assets: Vec<Asset> = roles.iter().map(asset).collect();
    // A second class of role d, one elsewhere, and one of another zone.
    assets.push(Asset { id: AssetId::new("d2").unwrap(), count: 20, ..assets[3].clone() });
    assets.push(Asset {
        id: AssetId::new("far").unwrap(),
        site: SiteId::new("r").unwrap(),
        count: 900,
        ..assets[0].clone()
    });
    assets.push(Asset {
        id: AssetId::new("zone").unwrap(),
        zone: ZoneId::new("y").unwrap(),
        count: 900,
        ..assets[0].clone()
    });
    estate.assets = assets;
    for step in &mut campaign.steps {
        step.targets.site = Some(SiteId::new("s").unwrap());
        step.targets.zone = Some(ZoneId::new("z").unwrap());
    }
    let sensors = |campaign: &Campaign| {
        let found = offered(&estate, &with_plan(campaign, &own, &[]), &[]);
        (told(&found, LeverKind::Sensor), found)
    };
    let line = |role: &str, days: f64| {
        format!("Bring sensors to the remaining {role} hosts [sensor-per-host {days}]")
    };
    // Without a sensor: 25 of b, 20 of c, 6 + 15 of d, 5 of a.
    let (told_all, found) = sensors(&campaign);
    assert_eq!(told_all, [line("b", 1.5), line("d", 1.42), line("c", 1.4)]);
    let first = found.iter().find(|c| c.kind == LeverKind::Sensor).unwrap();
    assert_eq!(
        first.why,
        "About 25 hosts of role b have no working sensor, so nothing done there can raise an alert."
    );
    let after = first.estate.as_ref().unwrap();
    let shares: Vec<f64> = after.assets.iter().map(|a| a.sensors.get()).collect();
    assert_eq!(shares, [0.5, 0.98, 0.5, 0.25, 0.98, 0.25, 0.5, 0.5]);
    for step in &mut campaign.steps {
        step.targets.role = Some("c".to_owned());
    }
    assert_eq!(sensors(&campaign).0, [line("c", 1.4)]);
}

#[test]
fn decisions_are_halved_and_the_slowest_cut_is_named() {
    let campaign = campaign();
    let decide = |id: &str, cut, minutes: f64| {
        let decide = Quantiles::new(minutes, 3.0 * minutes).unwrap();
        Action { decide, ..action(id, cut, &[]) }
    };
    let own = plan(vec![
        decide("a", Cut::AlertedAsset, 20.0),
        decide("b", Cut::AllSites, 61.6),
        decide("c", Cut::Nothing, 600.0),
        decide("d", Cut::AllSites, 61.6),
        decide("e", Cut::AllSites, 40.0),
    ]);
    let found = offered(&estate(), &with_plan(&campaign, &own, &[]), std::slice::from_ref(&own));
    let settled = found.iter().find(|c| c.title.starts_with("Settle")).unwrap();
    assert_eq!(settled.why, "The slowest decision to cut, \"step b\", takes 62 minutes in the median case.");
    let times: Vec<(f64, f64)> =
        settled.playbooks.as_ref().unwrap()[0].actions.iter().map(|a| (a.decide.q50, a.decide.q90)).collect();
    assert_eq!(
        times,
        [(10.0, 30.0), (30.8, 92.4), (600.0, 1_800.0), (30.8, 92.4), (20.0, 60.0)]
            .map(|(a, b): (f64, f64)| (a, b))
    );
    assert_eq!((settled.effort, settled.effort_days), ("settle-decision", 5.0));
}

/// An estate in which each change to the recovery is possible.
fn prepared() -> Estate {
    let mut estate = wide();
    let skilled = |skill: &str| Skill { name: skill.to_owned(), crews: 2 };
    estate.sites[1].skills = vec![skilled("unix"), skilled("windows"), skilled("network")];
    estate.sites[0].restore_gb_per_hour = Some(100);
    estate.recovery.forensic_teams = Some(2);
    estate.recovery.relapse =
        Some(RelapseOdds { chance: Ratio::clamped(0.2), seen: Quantiles::new(60.0, 60.0).unwrap() });
    estate.recovery.readmission = Readmission::AtOnce;
    estate.assets[0].data_gb = 700;
    estate.assets[1].data_gb = 300;
    estate.assets[0].phases.examine = Some(Quantiles::new(60.0, 60.0).unwrap());
    let warm_up = |surge, headroom| Some(WarmUp { surge, fades: Millis(HOUR), headroom });
    let service = |id: &str, surge: f64, headroom: f64| model::estate::Service {
        id: ServiceId::new(id).unwrap(),
        warm_up: warm_up(surge, headroom),
        ..estate.services[0].clone()
    };
    let more = [service("over", 3.0, 1.5), service("even", 2.0, 2.0), service("under", 1.0, 2.0)];
    estate.services.extend(more);
    estate.soc.quiet = Millis(24 * HOUR);
    estate
}

fn recovery(estate: &Estate) -> Vec<String> {
    told(&offered(estate, &[], &[]), LeverKind::Recovery)
}

#[test]
fn the_way_back_is_changed_where_the_estate_leaves_room() {
    let estate = prepared();
    let wanted = [
        // One more crew at the first site, three at the second.
        "Train one more recovery crew at every site [recovery-crew 160]",
        "Have one more forensic team on call [forensic-team 20]",
        "Read backups back twice as fast at every site [restore-rate 30]",
        "Let tenants back in stages [staged-return 10]",
        "Look a second time before anything is started [second-look 15]",
        "Declare the all-clear 8 h after the last cut or action [all-clear 5]",
    ];
    assert_eq!(recovery(&estate), wanted);
    let found = offered(&estate, &[], &[]);
    let why: Vec<&str> = found.iter().map(|c| c.why.as_str()).collect();
    let reasons = [
        "4 crews at 2 sites bring back 2 asset classes",
        "2 teams examine 1 asset classes before anything there is started.",
        "After an encryption up to 1000 GB are read back at the rates of 1 sites.",
        "1 services are asked for more than they carry when all tenants return at once.",
        "In 20 % of recoveries something of the attacker is found again and a site goes off once more.",
    ];
    assert_eq!(why[..5], reasons);
    let after = |n: usize| found[n].estate.clone().unwrap();
    let crews: Vec<(u16, Vec<u16>)> =
        after(0).sites.iter().map(|s| (s.crews, s.skills.iter().map(|k| k.crews).collect())).collect();
    assert_eq!(crews, [(2, vec![]), (6, vec![3, 3, 3])]);
    assert_eq!(after(1).recovery.forensic_teams, Some(3));
    let rates: Vec<Option<u32>> = after(2).sites.iter().map(|s| s.restore_gb_per_hour).collect();
    assert_eq!(rates, [Some(200), None]);
    assert_eq!(after(3).recovery.readmission, Readmission::Staged);
    assert_eq!(after(4).recovery.relapse.map(|r| r.chance.get()), Some(0.1));
    assert_eq!(after(5).soc.quiet, Millis(8 * HOUR));
    // Each changes one thing.
    for (n, candidate) in found.iter().enumerate() {
        let changed = candidate.estate.as_ref().unwrap();
        let same = [
            changed.sites == estate.sites,
            changed.recovery == estate.recovery,
            changed.soc == estate.soc,
            changed.assets == estate.assets && changed.services == estate.services,
        ];
        assert_eq!(same.iter().filter(|s| **s).count(), 3, "{n}: {}", candidate.title);
    }
}

type Change = (usize, fn(&mut Estate));

#[test]
fn without_room_nothing_is_offered() {
    let all = recovery(&prepared());
    let takes_away: [Change; 9] = [
        (0, |e| e.sites.clear()),
        (1, |e| e.recovery.forensic_teams = None),
        (2, |e| e.assets.iter_mut().for_each(|a| a.data_gb = 0)),
        (2, |e| e.sites[0].restore_gb_per_hour = None),
        (3, |e| e.recovery.readmission = Readmission::Staged),
        (3, |e| e.services[1].warm_up = None),
        (4, |e| e.recovery.relapse = None),
        (4, |e| e.recovery.relapse.as_mut().unwrap().chance = Ratio::ZERO),
        (5, |e| e.soc.quiet = Millis(2)),
    ];
    for (gone, change) in takes_away {
        let mut estate = prepared();
        change(&mut estate);
        let left = recovery(&estate);
        // Without sites there is no rate either.
        let wanted: Vec<&String> = all
            .iter()
            .enumerate()
            .filter(|(n, _)| *n != gone && !(gone == 0 && *n == 2))
            .map(|(_, t)| t)
            .collect();
        assert_eq!(left.iter().collect::<Vec<_>>(), wanted, "{gone}");
    }
    let mut hasty = prepared();
    hasty.soc.quiet = Millis(3);
    assert_eq!(recovery(&hasty).len(), 6, "a third of three milliseconds is one");
}
