//! Small worlds to race in.

use model::campaign::{Campaign, Effect, Objective, Operator, Selector, Spread, Step};
use model::estate::{Asset, Estate, Site, Soc, Zone};
use model::evidence::{DelayFit, Evidence, EvidenceClass, OutcomeCounts, TechniqueEvidence};
use model::id::{AssetId, CampaignId, PlaybookId, SiteId, StepId, TechniqueId, ZoneId};
use model::playbook::{Action, Cut, Playbook};
use model::quantity::{Interval, Quantiles, Ratio};
use model::recovery::{Phases, RecoveryRules};

/// So short that it rounds to 0 ms.
pub(super) const AT_ONCE: Quantiles = Quantiles { q50: 1e-9, q90: 1e-9 };

pub(super) fn minutes(typical: f64, slow: f64) -> Quantiles {
    Quantiles::new(typical, slow).expect("typical above zero, slow at least typical")
}

pub(super) fn share(value: f64) -> Ratio {
    Ratio::new(value).expect("between 0 and 1")
}

pub(super) fn site(id: &str) -> SiteId {
    SiteId::new(id).expect("a valid site id")
}

fn asset(at: &str, role: &str) -> Asset {
    Asset {
        id: AssetId::new(&format!("{at}-{role}")).expect("a valid asset id"),
        name: format!("{role} at {at}"),
        site: site(at),
        zone: ZoneId::new("core").expect("a valid zone id"),
        role: role.to_owned(),
        count: 1,
        sensors: Ratio::ONE,
        restart: minutes(40.0, 120.0),
        restore: minutes(720.0, 1_800.0),
        skill: None,
        phases: Phases::default(),
        data_gb: 0,
        backup: None,
        restart_failure: share(0.05),
        records: 0,
    }
}

/// An estate with every role at every site and a team that answers at once.
pub(super) fn estate(sites: &[&str], roles: &[&str]) -> Estate {
    Estate {
        name: "stand".into(),
        description: String::new(),
        sites: sites
            .iter()
            .map(|s| Site {
                id: site(s),
                name: (*s).into(),
                crews: 1,
                skills: Vec::new(),
                restore_gb_per_hour: None,
            })
            .collect(),
        zones: vec![Zone { id: ZoneId::new("core").expect("a valid zone id"), name: "core".into() }],
        assets: sites.iter().flat_map(|s| roles.iter().map(|r| asset(s, r))).collect(),
        services: Vec::new(),
        hostings: Vec::new(),
        tenants: Vec::new(),
        soc: Soc {
            analysts: 1,
            alerts_per_day: 0.0,
            triage_minutes: 0.0,
            escalation: Ratio::ONE,
            as_urgent: Ratio::ONE,
            agree: 1,
            quiet: model::estate::QUIET,
        },
        recovery: RecoveryRules::default(),
        trade_off: None,
        people: None,
        source: "made for this test".into(),
    }
}

/// A step done once, at once, on any asset.
pub(super) fn step(id: &str, technique: &str, needs: &[&str]) -> Step {
    let step_id = |id: &str| StepId::new(id).expect("a valid step id");
    Step {
        id: step_id(id),
        name: id.into(),
        technique: TechniqueId::new(technique).expect("a valid technique id"),
        published: None,
        needs: needs.iter().map(|n| step_id(n)).collect(),
        operator: Operator::All,
        same_site: false,
        targets: Selector::default(),
        identity: None,
        way_out: None,
        spread: Spread::Once,
        duration: AT_ONCE,
        effect: Effect::None,
        source: "made for this test".into(),
    }
}

/// A campaign for payload without limit of hands, retries or reaction.
pub(super) fn campaign(steps: Vec<Step>) -> Campaign {
    Campaign {
        id: CampaignId::new("stand").expect("a valid campaign id"),
        name: "stand".into(),
        description: String::new(),
        objective: Objective::Payload,
        hands: 0,
        retries: 0,
        reaction: Ratio::ZERO,
        manner: model::manner::Manner::default(),
        steps,
        source: "made for this test".into(),
    }
}

/// A playbook of actions that follow one another, given with their cuts and decision times.
pub(super) fn playbook(actions: &[(&str, Cut, Quantiles)]) -> Playbook {
    let mut last: Option<String> = None;
    let actions = actions
        .iter()
        .map(|(id, cut, decide)| Action {
            id: (*id).into(),
            name: (*id).into(),
            after: last.replace((*id).into()).into_iter().collect(),
            cut: cut.clone(),
            decide: *decide,
            carry_out: AT_ONCE,
            success: Ratio::ONE,
            timeout: None,
            if_failed: Vec::new(),
            if_worked: Vec::new(),
            by_others: false,
            repeat: model::playbook::Repeat::Once,
        })
        .collect();
    Playbook {
        id: PlaybookId::new("stand").expect("a valid playbook id"),
        name: "stand".into(),
        description: String::new(),
        actions,
        crews: None,
        source: "made for this test".into(),
    }
}

/// Evidence by technique: chance to be prevented, chance to be alerted on at once, concentration.
pub(super) fn evidence(known: &[(&str, f64, f64, f64)]) -> Evidence {
    let at = |value: f64| Interval { value, low: 0.0, high: 1.0 };
    let techniques = known.iter().map(|(id, prevented, alerted, concentration)| {
        let technique = TechniqueEvidence {
            class: EvidenceClass::Replayed,
            counts: OutcomeCounts::default(),
            prior: [0.5; 4],
            prevented: at(*prevented),
            alerted: at(*alerted),
            logged: at(0.0),
            blind: at(1.0 - prevented - alerted),
            concentration: *concentration,
            delay: DelayFit { quantiles: AT_ONCE, observed: 0, censored: 0 },
            verdicts: Vec::new(),
            repeats: Vec::new(),
            weights: None,
        };
        (TechniqueId::new(id).expect("a valid technique id"), technique)
    });
    Evidence { techniques: techniques.collect() }
}
