//! A small estate, a campaign against it, and the playbook that meets it.

use model::campaign::{Campaign, Effect, Objective, Operator, Selector, Spread, Step};
use model::estate::{Agreement, Asset, Estate, Hosting, Service, Site, Soc, Tenant, Weight, Zone};
use model::id::*;
use model::impact::{HostingImpact, Outage, TrialImpact};
use model::playbook::{Action, Cut, Playbook};
use model::quantity::{Millis, PersonHours, Quantiles, Ratio, Seed};
use model::recovery::{Phases, RecoveryRules};
use model::trial::{Trial, Trials};

pub(crate) mod run;

pub(crate) const HOUR: u64 = 3_600_000;

fn soc() -> Soc {
    Soc {
        analysts: 5,
        alerts_per_day: 190.0,
        triage_minutes: 30.0,
        escalation: Ratio::clamped(0.8),
        as_urgent: Ratio::ONE,
        agree: 1,
        quiet: model::estate::QUIET,
    }
}

pub(crate) fn estate() -> Estate {
    let site = SiteId::new("s").unwrap();
    let mail = ServiceId::new("mail").unwrap();
    let hosting = HostingId::new("h").unwrap();
    let hour = Quantiles::new(60.0, 120.0).unwrap();
    Estate {
        name: String::new(),
        description: String::new(),
        sites: vec![Site {
            id: site.clone(),
            name: String::new(),
            crews: 1,
            skills: Vec::new(),
            restore_gb_per_hour: None,
        }],
        zones: vec![Zone { id: ZoneId::new("z").unwrap(), name: String::new() }],
        assets: vec![Asset {
            id: AssetId::new("a").unwrap(),
            name: String::new(),
            site: site.clone(),
            zone: ZoneId::new("z").unwrap(),
            role: "mail".to_owned(),
            count: 10,
            sensors: Ratio::clamped(0.5),
            restart: hour,
            restore: hour,
            restart_failure: Ratio::ZERO,
            skill: None,
            phases: Phases::default(),
            data_gb: 0,
            backup: None,
            records: 0,
        }],
        services: vec![Service {
            id: mail.clone(),
            name: String::new(),
            needs: vec![],
            emergency: None,
            reaches: false,
            warm_up: None,
            weight: Weight::ONE,
        }],
        hostings: vec![Hosting {
            id: hosting.clone(),
            name: String::new(),
            home: site,
            services: vec![Agreement {
                service: mail,
                rto: Millis(8 * HOUR),
                mtpd: Millis(24 * HOUR),
                rpo: None,
            }],
        }],
        tenants: vec![Tenant {
            id: TenantId::new("t").unwrap(),
            name: String::new(),
            ik: "990000011".to_owned(),
            insured: 1_000,
            hosting,
        }],
        soc: soc(),
        source: String::new(),
        recovery: RecoveryRules::default(),
        trade_off: None,
        people: None,
    }
}

pub(crate) fn campaign() -> Campaign {
    let step = |id: &str| Step {
        id: StepId::new(id).unwrap(),
        name: "deletes copies".to_owned(),
        technique: TechniqueId::new(id).unwrap(),
        published: None,
        needs: vec![],
        operator: Operator::All,
        same_site: false,
        targets: Selector::default(),
        identity: None,
        way_out: None,
        spread: Spread::Once,
        duration: Quantiles { q50: 1.0, q90: 2.0 },
        effect: Effect::None,
        source: String::new(),
    };
    Campaign {
        id: CampaignId::new("c").unwrap(),
        name: String::new(),
        description: String::new(),
        objective: Objective::Payload,
        hands: 1,
        retries: 0,
        reaction: Ratio::ZERO,
        manner: model::manner::Manner::default(),
        steps: ["T1490", "T1486", "T1078", "T1003"].map(step).to_vec(),
        source: String::new(),
    }
}

pub(crate) fn playbook() -> Playbook {
    let minutes = |q50| Quantiles { q50, q90: 2.0 * q50 };
    Playbook {
        id: PlaybookId::new("p").unwrap(),
        name: String::new(),
        description: String::new(),
        actions: vec![Action {
            id: "a".to_owned(),
            name: "pull the site".to_owned(),
            after: vec![],
            cut: Cut::AllSites,
            decide: minutes(60.0),
            carry_out: minutes(10.0),
            success: Ratio::ONE,
            timeout: None,
            if_failed: Vec::new(),
            if_worked: Vec::new(),
            by_others: false,
            repeat: model::playbook::Repeat::Once,
        }],
        crews: None,
        source: String::new(),
    }
}

/// Returns ten trials: trial i is down for i hours, the last five by containment.
pub(crate) fn ten() -> (Trials, Vec<TrialImpact>) {
    let trial = |i: u32| Trial {
        index: i,
        payload: i.is_multiple_of(2).then_some(Millis(1)),
        outflow: None,
        alert: (i > 2).then_some(Millis(1)),
        declared: (i > 4).then_some(Millis(60_000 * u64::from(i))),
        sites_reached: 1,
        ..Trial::default()
    };
    let impact = |i: u32| {
        let hours = Millis(u64::from(i) * HOUR);
        let outage = if i < 5 {
            Outage { attack: hours, containment: Millis(0), restored: None }
        } else {
            Outage { attack: Millis(0), containment: hours, restored: None }
        };
        TrialImpact {
            trial: i,
            attack: PersonHours(outage.attack.0 / HOUR * 1_000),
            containment: PersonHours(outage.containment.0 / HOUR * 1_000),
            tenants_hit: u32::from(i > 0),
            insured_hit: 0,
            services: Vec::new(),
            weighted_attack: PersonHours(0),
            weighted_containment: PersonHours(0),
            hostings: vec![HostingImpact { any: outage, services: vec![outage], data: vec![None] }],
            recovered: (i > 0).then_some(hours),
            waiting: PersonHours(0),
            relapsed: false,
        }
    };
    let trials = Trials {
        campaign: CampaignId::new("c").unwrap(),
        playbook: PlaybookId::new("p").unwrap(),
        seed: Seed(1),
        trials: (0..10).map(trial).collect(),
    };
    (trials, (0..10).map(impact).collect())
}
