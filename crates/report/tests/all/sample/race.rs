use std::collections::BTreeMap;

use model::campaign::{Campaign, Effect, Objective, Operator, Selector, Spread as Reach, Step};
use model::decide::{Measure, Timing};
use model::estate::Estate;
use model::id::{AssetId, CampaignId, PlaybookId, SiteId, StepId};
use model::impact::Return;
use model::playbook::{Action, Cut, Playbook};
use model::quantity::{Interval, Millis, PersonHours, Quantiles, Ratio};
use model::recovery::Care;
use model::scorecard::{
    Aftermath, CampaignScore, Proportion, ServiceScore, Spread, Standing, Story, TenantScore,
};
use model::trial::{Down, DownCause, Happening, Moment, Relapse, Trace, Trial};

use super::{chance, technique};

const APRIL: [(&str, &str, &str); 6] = [
    ("foothold", "Log on with a stolen account", "T1078"),
    ("shell", "Run scripts on an administration host", "T1059.001"),
    ("dump", "Read credentials from memory", "T1003.001"),
    ("spread", "Move to the servers by admin shares", "T1021.002"),
    ("directory", "Copy the directory's secrets", "T1003.006"),
    ("encrypt", "Encrypt storage and hosts", "T1486"),
];

const JANUARY: [(&str, &str, &str); 4] = [
    ("foothold", "Log on with a stolen account", "T1078"),
    ("wiki", "Read the collaboration tool", "T1213"),
    ("pack", "Pack the finds", "T1560.001"),
    ("out", "Carry the data out", "T1041"),
];

fn campaign(id: &str, name: &str, objective: Objective, steps: &[(&str, &str, &str)]) -> Campaign {
    let last = steps.len() - 1;
    Campaign {
        id: CampaignId::new(id).unwrap(),
        name: name.into(),
        description: "A stolen account is enough to begin; the rest is patience.".into(),
        objective,
        hands: 2,
        retries: 2,
        reaction: Ratio::clamped(0.3),
        manner: model::manner::Manner::default(),
        steps: steps
            .iter()
            .enumerate()
            .map(|(n, (id, name, of))| Step {
                id: StepId::new(id).unwrap(),
                name: (*name).into(),
                technique: technique(of),
                published: None,
                needs: if n == 0 { vec![] } else { vec![StepId::new(steps[n - 1].0).unwrap()] },
                operator: Operator::All,
                same_site: false,
                targets: Selector::default(),
                identity: None,
                way_out: None,
                spread: Reach::Once,
                duration: Quantiles::new(60.0 + 30.0 * n as f64, 480.0).unwrap(),
                effect: match (n == last, objective) {
                    (true, Objective::Payload) => Effect::Encrypt,
                    (true, Objective::Outflow) => Effect::Outflow,
                    _ => Effect::None,
                },
                source: "elicited; order after public incident reports".into(),
            })
            .collect(),
        source: "fictional, shaped after public cases".into(),
    }
}

pub(crate) fn campaigns() -> Vec<Campaign> {
    vec![
        campaign("april-intrusion", "The April intrusion", Objective::Payload, &APRIL),
        campaign("january-leak", "The January leak", Objective::Outflow, &JANUARY),
    ]
}

pub(crate) fn playbook() -> Playbook {
    let action = |id: &str, name: &str, after: &[&str], cut| Action {
        id: id.into(),
        name: name.into(),
        after: after.iter().map(|a| (*a).into()).collect(),
        cut,
        decide: Quantiles::new(30.0, 120.0).unwrap(),
        carry_out: Quantiles::new(10.0, 40.0).unwrap(),
        success: Ratio::ONE,
        timeout: None,
        if_failed: Vec::new(),
        if_worked: Vec::new(),
        by_others: false,
        repeat: model::playbook::Repeat::Once,
    };
    Playbook {
        id: PlaybookId::new("pull-the-site").unwrap(),
        name: "Pull the data centre".into(),
        description: "Every site that raised an alert is taken off the network.".into(),
        actions: vec![
            action("call", "Call the crisis team", &[], Cut::Nothing),
            action("pull", "Pull the alerted sites", &["call"], Cut::AlertedSites),
        ],
        crews: None,
        source: "own".into(),
    }
}

fn interval(value: f64, half: f64) -> Interval {
    Interval { value, low: (value - half).max(0.0), high: value + half }
}

fn share(hits: u64, low: f64, high: f64) -> Proportion {
    let value = hits as f64 / 4_096.0;
    Proportion {
        hits,
        of: 4_096,
        simulation: interval(value, 1.96 * (value * (1.0 - value) / 4_096.0).sqrt()),
        exercises: Interval { value: (low + high) / 2.4, low, high },
    }
}

fn spread(mean: f64) -> Spread {
    Spread {
        mean,
        q10: mean * 0.2,
        q50: mean * 0.8,
        q90: mean * 2.1,
        exercises: Interval { value: mean * 1.05, low: mean * 0.6, high: mean * 1.7 },
    }
}

fn moments(fires: bool) -> Vec<Moment> {
    let minute = |m: u64| Millis(m * 60_000);
    let asset = |id: &str| AssetId::new(id).unwrap();
    let step = |id: &str| StepId::new(id).unwrap();
    let mut all = vec![
        (34, Happening::StepDone { step: step("foothold"), asset: asset("essen-application") }),
        (
            71,
            Happening::StepPrevented { step: step("shell"), asset: asset("essen-application"), again: true },
        ),
        (96, Happening::StepDone { step: step("shell"), asset: asset("essen-application") }),
        (99, Happening::Alert { step: step("shell"), asset: asset("essen-application") }),
        (140, Happening::Dismissed { step: step("shell") }),
        (180, Happening::StepDone { step: step("dump"), asset: asset("essen-directory") }),
        (260, Happening::StepDone { step: step("spread"), asset: asset("kassel-application") }),
        (266, Happening::Alert { step: step("spread"), asset: asset("kassel-application") }),
        (295, Happening::Declared),
        (340, Happening::Action { action: "call".into() }),
        (372, Happening::Action { action: "pull".into() }),
        (372, Happening::SiteOff { site: SiteId::new("essen").unwrap() }),
        (374, Happening::SiteOff { site: SiteId::new("kassel").unwrap() }),
    ];
    if fires {
        all.insert(
            9,
            (310, Happening::StepDone { step: step("directory"), asset: asset("essen-directory") }),
        );
        all.insert(11, (351, Happening::FiredEarly));
        all.insert(12, (358, Happening::Encrypted { asset: asset("essen-storage") }));
        all.insert(13, (365, Happening::Encrypted { asset: asset("kassel-storage") }));
    } else {
        all.push((374, Happening::StepCut { step: step("directory"), asset: asset("kassel-directory") }));
    }
    all.into_iter().map(|(at, happening)| Moment { at: minute(at), happening }).collect()
}

/// Returns a relapse at the first site; its assets that are back by then return once more.
fn relapse(estate: &Estate, down: &[Down], returns: &mut Vec<Return>) -> Relapse {
    let hour = |h: u64| Millis(h * 3_600_000);
    let at = hour(48);
    let here = |asset: u32| estate.assets[asset as usize].site == estate.sites[0].id;
    let second: Vec<Return> = returns
        .iter()
        .filter(|r| here(r.asset) && r.back < at)
        .map(|r| Return {
            asset: r.asset,
            begin: hour(52),
            back: hour(70 + 9 * u64::from(r.asset)),
            again: Some(at),
        })
        .collect();
    let first = returns.iter().filter(|r| here(r.asset)).map(|r| r.back).min().unwrap_or_default();
    returns.extend(second);
    Relapse {
        site: 0,
        seen: at.saturating_sub(first),
        down: down
            .iter()
            .filter(|d| here(d.asset))
            .map(|d| Down { cause: DownCause::Containment, at: Millis(0), ..*d })
            .collect(),
    }
}

fn story(estate: &Estate, label: &str, fires: bool) -> Story {
    let moments = moments(fires);
    let down: Vec<Down> = estate
        .assets
        .iter()
        .enumerate()
        .filter(|(_, a)| a.site.as_str() != "jena")
        .map(|(n, a)| {
            let attack = fires && a.role == "storage";
            Down {
                asset: n as u32,
                at: Millis(if attack { 358 } else { 372 } * 60_000),
                cause: if attack { DownCause::Attack } else { DownCause::Containment },
                attempts: 1 + (n % 2) as u8,
                work: Millis(3_600_000),
                care: Care::default(),
                copies: None,
            }
        })
        .collect();
    let mut returns: Vec<Return> = down
        .iter()
        .map(|d| Return {
            asset: d.asset,
            begin: Millis(d.at.0 + 6 * 3_600_000),
            back: Millis(
                d.at.0
                    + if d.cause == DownCause::Attack { 140 } else { 11 + 4 * u64::from(d.asset) }
                        * 3_600_000,
            ),
            again: None,
        })
        .collect();
    let relapse = fires.then(|| relapse(estate, &down, &mut returns));
    Story {
        label: label.into(),
        attack: PersonHours(if fires { 1_640_000_000 } else { 0 }),
        containment: PersonHours(if fires { 210_000_000 } else { 380_000_000 }),
        sites: BTreeMap::from([
            (SiteId::new("essen").unwrap(), Ratio::ONE),
            (SiteId::new("kassel").unwrap(), Ratio::ONE),
        ]),
        assets: down.iter().map(|d| estate.assets[d.asset as usize].id.clone()).collect(),
        trace: Trace {
            trial: Trial {
                index: if fires { 771 } else { 118 },
                payload: fires.then_some(Millis(358 * 60_000)),
                outflow: None,
                alert: Some(Millis(99 * 60_000)),
                declared: Some(Millis(295 * 60_000)),
                contained: Some(Millis(374 * 60_000)),
                sites_reached: 2,
                foothold: Some(Millis(34 * 60_000)),
                reached: Vec::new(),
                down,
                end: Millis(374 * 60_000),
                clear: Vec::new(),
                held: None,
                relapse,
                ..Trial::default()
            },
            moments,
        },
        returns,
    }
}

fn score(estate: &Estate, id: &str, factor: f64) -> CampaignScore {
    let tenants = estate.tenants.iter().zip(0..).map(|(t, n)| {
        let hit = if t.hosting.as_str() == "full-jena" { 0.03 } else { 0.61 } * factor;
        let mean = t.insured as f64 * hit;
        TenantScore {
            tenant: t.id.clone(),
            hit: Ratio::clamped(hit + 0.02 * chance(n)),
            hours_q50: 14.0 + 5.0 * chance(n + 9),
            hours_q90: 70.0 + 90.0 * chance(n + 19),
            rto_missed: Ratio::clamped(hit * 0.8),
            mtpd_exceeded: Ratio::clamped(hit * 0.31),
            worst: Some(estate.services[(n % 10) as usize].id.clone()),
            attack: mean * 11.0,
            containment: mean * 14.0,
        }
    });
    let services = estate.services.iter().zip(0..).map(|(s, n)| ServiceScore {
        service: s.id.clone(),
        tenants: 80,
        attack_hours: factor * 9.0 * chance(n + 40),
        containment_hours: factor * (4.0 + 9.0 * chance(n + 60)),
        hit: Ratio::clamped(factor * (0.4 + 0.3 * chance(n + 80))),
    });
    let payload = id.starts_with("april");
    let hits = (491.0 * factor) as u64;
    CampaignScore {
        campaign: CampaignId::new(id).unwrap(),
        playbook: PlaybookId::new("pull-the-site").unwrap(),
        payload: if payload { share(hits, 0.03, 0.31) } else { share(0, 0.0, 0.001) },
        outflow: if payload { share(0, 0.0, 0.001) } else { share(2_212, 0.31, 0.74) },
        unnoticed: share(if payload { 203 } else { 1_904 }, 0.01, 0.19),
        declared_minutes: Some(spread(412.0)),
        attack: spread(2.1e8 * factor),
        containment: spread(3.4e8 * factor),
        tenants_hit: spread(44.0 * factor),
        recovered_hours: Some(spread(61.0)),
        aftermath: Some(Aftermath {
            waiting: 2.6e7 * factor,
            relapsed: interval(0.1, 0.01),
            data_lost: if payload { interval(0.19, 0.02) } else { interval(0.0, 0.0) },
            data_gone: interval(0.0, 0.0),
            rpo_missed: if payload { interval(0.16, 0.02) } else { interval(0.0, 0.0) },
        }),
        records_at_risk: if payload { 0 } else { 312_000 },
        flooding: interval(0.44 * factor, 0.02),
        unopposed: 1.4e9 * factor,
        standings: standings(payload, factor),
        narrowing: vec![(model::id::TechniqueId::new("T1490").unwrap(), 0.29)],
        tenants: tenants.collect(),
        services: services.collect(),
        stories: vec![story(estate, "median", false), story(estate, "bad (90 % quantile)", payload)],
    }
}

/// Returns the comparison that stands first: a plan that costs more than doing nothing.
fn standings(payload: bool, factor: f64) -> Vec<Standing> {
    let role = Cut::Role { role: "directory".to_owned() };
    let best = Measure::Cut {
        scope: role,
        timing: Timing::Confirmed,
        first: None,
        repeat: model::playbook::Repeat::Once,
    };
    let rows = [
        (Measure::Plan, "Pull the site", 0.12, 2.1e8, 3.4e8),
        (Measure::Nothing, "nothing", 0.44, 4.9e8, 0.0),
        (best, "identity/confirmed", 0.02, 2.0e7, 1.4e8),
    ];
    let nothing = 4.9e8 * factor;
    let signed = |value: f64| Interval { value, low: value - 1.0e7, high: value + 1.0e7 };
    let standing = |(measure, name, chance, attack, containment): (Measure, &str, f64, f64, f64)| {
        let lost = (attack + containment) * factor;
        Standing {
            measure,
            name: name.to_owned(),
            payload: if payload { interval(chance, 0.01) } else { interval(0.0, 0.0) },
            outflow: if payload { interval(0.0, 0.0) } else { interval(chance, 0.01) },
            attack: interval(attack * factor, 9.0e6),
            containment: interval(containment * factor, 9.0e6),
            against_nothing: signed(lost - nothing),
            against_plan: Some(signed(lost - 5.5e8 * factor)),
            weighed: true,
        }
    };
    rows.into_iter().map(standing).collect()
}

pub(crate) fn scores(estate: &Estate) -> Vec<CampaignScore> {
    vec![score(estate, "april-intrusion", 1.0), score(estate, "january-leak", 0.12)]
}
