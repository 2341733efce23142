//! The worlds in which questions are asked.

use std::process::Command;
use std::sync::LazyLock;

use model::campaign::{Campaign, Effect, Selector, Spread, Step};
use model::estate::{Agreement, Asset, Component, Estate, Hosting, Need, Place, Service, Tenant};
use model::evidence::Evidence;
use model::id::{AssetId, HostingId, ServiceId, SiteId, StepId, TenantId};
use model::playbook::{Action, Cut, Playbook};
use model::quantity::{Interval, Millis, Quantiles, Ratio, Seed};
use model::record::Record;
use race::Race;

/// All that decides an answer.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) name: String,
    pub(crate) estate: Estate,
    pub(crate) campaign: Campaign,
    pub(crate) playbook: Option<Playbook>,
    pub(crate) evidence: Evidence,
    pub(crate) seed: Seed,
}

impl World {
    pub(crate) fn race(&self) -> Race<'_> {
        Race {
            estate: &self.estate,
            campaign: &self.campaign,
            playbook: self.playbook.as_ref(),
            evidence: &self.evidence,
            seed: self.seed,
        }
    }

    /// Changes every action of the playbook.
    pub(crate) fn each_action(&mut self, change: impl Fn(&mut Action)) {
        if let Some(playbook) = &mut self.playbook {
            playbook.actions.iter_mut().for_each(change);
        }
    }
}

pub(crate) fn share(value: f64) -> Ratio {
    Ratio::new(value).expect("between 0 and 1")
}

pub(crate) fn minutes(typical: f64, slow: f64) -> Quantiles {
    Quantiles::new(typical, slow).expect("typical above zero, slow at least typical")
}

pub(crate) fn scaled(time: Quantiles, by: f64) -> Quantiles {
    minutes(time.q50 * by, time.q90 * by)
}

/// Runs the program on the built-in provider, or on a new starter workspace, and returns its record.
fn record(starter: bool) -> Record {
    let folder = tempfile::tempdir().expect("a folder");
    let program = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_feuerprobe"));
        command.current_dir(folder.path());
        command
    };
    let mut run = program();
    if starter {
        assert!(program().args(["init", "own", "--quiet"]).output().expect("init").status.success());
        run.args(["-C", "own"]);
    }
    let output = run.args(["run", "--quiet", "--format", "json", "--trials", "1"]).output().expect("a run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Record::from_bytes("stdout", &output.stdout).expect("a record")
}

/// Returns a world for each campaign of a record.
fn recorded(name: &str, record: &Record) -> Vec<World> {
    let world = |campaign: &Campaign| {
        let score = record.scores.iter().find(|s| s.campaign == campaign.id).expect("a score");
        World {
            name: format!("{name}/{}", campaign.id),
            estate: record.estate.clone().expect("an estate"),
            campaign: campaign.clone(),
            playbook: record.playbooks.iter().find(|p| p.id == score.playbook).cloned(),
            evidence: record.evidence.clone(),
            seed: Seed(5),
        }
    };
    record.campaigns.iter().map(world).collect()
}

/// Counts up to mixed numbers (SplitMix64, Steele et al. 2014).
struct Dice(u64);

impl Dice {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn within(&mut self, low: u64, high: u64) -> u64 {
        low + self.bits() % (high - low + 1)
    }

    fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

const ROLES: [&str; 5] = ["workstation", "directory", "storage", "mail", "hub-link"];

/// What a made world is made of.
struct Plan {
    name: String,
    sites: usize,
    insured: Vec<u64>,
    analysts: u16,
    hands: u8,
    reaction: f64,
    dice: Dice,
}

/// Makes a world from parts of the starter's, so that a new field of a noun needs no edit here.
fn made(parts: &World, mut plan: Plan) -> World {
    let mut world = parts.clone();
    world.name = std::mem::take(&mut plan.name);
    world.seed = Seed(plan.dice.bits() >> 1);
    let site = |n: usize| SiteId::new(&format!("site-{n}")).expect("a site id");
    let first = parts.estate.sites.first().expect("a site");
    world.estate.sites = (0..plan.sites)
        .map(|n| model::estate::Site {
            id: site(n),
            name: format!("Site {n}"),
            crews: 1 + n as u16,
            ..first.clone()
        })
        .collect();
    let template =
        |role: &str| parts.estate.assets.iter().find(|a| a.role == role).expect("a role of the starter");
    world.estate.assets = (0..plan.sites)
        .flat_map(|n| ROLES.map(|role| (n, role)))
        .map(|(n, role)| {
            let typical = plan.dice.within(60, 900) as f64;
            Asset {
                id: AssetId::new(&format!("site-{n}-{role}")).expect("an asset id"),
                name: format!("{role} {n}"),
                site: site(n),
                sensors: share(0.5 + plan.dice.unit() / 2.0),
                restore: minutes(typical, typical * 3.0),
                records: if role == "storage" { plan.dice.within(1_000, 400_000) } else { 0 },
                backup: None,
                ..template(role).clone()
            }
        })
        .collect();
    services(&mut world, &plan, &parts.estate);
    let soc = &mut world.estate.soc;
    (soc.analysts, soc.alerts_per_day, soc.triage_minutes) = (plan.analysts, 60.0, 25.0);
    soc.escalation = share(0.6 + plan.dice.unit() * 0.3);
    world.campaign = campaign(&parts.campaign, &mut plan);
    world.evidence = measured(&parts.evidence, &world.campaign, &mut plan.dice);
    world.playbook = parts.playbook.as_ref().map(playbook);
    world
}

fn services(world: &mut World, plan: &Plan, parts: &Estate) {
    let id = |name: &str| ServiceId::new(name).expect("a service id");
    let role = |role: &str, place: Place| Component::Role { role: role.to_owned(), place };
    let shape = parts.services.first().expect("a service");
    let service = |name: &str, needs: Vec<Need>| Service {
        id: id(name),
        name: name.to_owned(),
        needs,
        ..shape.clone()
    };
    world.estate.services = vec![
        service("sign-in", vec![Need::of(Some(1), vec![role("directory", Place::Any)])]),
        service(
            "files",
            vec![Need::of(None, vec![role("storage", Place::Home), Component::Service(id("sign-in"))])],
        ),
        service(
            "mail",
            vec![Need::of(None, vec![role("mail", Place::Home), Component::Service(id("files"))])],
        ),
        service("hub", vec![Need::of(Some(1), vec![role("hub-link", Place::Any)])]),
    ];
    let agreed =
        |service: &str| Agreement { service: id(service), rto: Millis::HOUR, mtpd: Millis::DAY, rpo: None };
    let hosting = |n: usize| HostingId::new(&format!("at-{n}")).expect("a hosting id");
    let home = |n: usize| SiteId::new(&format!("site-{n}")).expect("a site id");
    world.estate.hostings = (0..plan.sites)
        .map(|n| Hosting {
            id: hosting(n),
            name: format!("At {n}"),
            home: home(n),
            services: vec![agreed("files"), agreed("mail"), agreed("hub")],
        })
        .collect();
    let tenant = parts.tenants.first().expect("a tenant");
    let tenants = plan.insured.iter().enumerate();
    world.estate.tenants = tenants
        .map(|(n, insured)| Tenant {
            id: TenantId::new(&format!("tenant-{n}")).expect("a tenant id"),
            name: format!("Tenant {n}"),
            insured: *insured,
            hosting: hosting(n % plan.sites),
            ..tenant.clone()
        })
        .collect();
}

fn campaign(parts: &Campaign, plan: &mut Plan) -> Campaign {
    let shape = parts.steps.first().expect("a step").clone();
    let id = |name: &str| StepId::new(name).expect("a step id");
    let techniques = parts.techniques();
    let mut step = |n: usize, name: &str, needs: &[&str], on: &str, spread: Spread, typical: f64| Step {
        id: id(name),
        name: name.to_owned(),
        technique: techniques.get(n % techniques.len()).expect("a technique").clone(),
        needs: needs.iter().map(|n| id(n)).collect(),
        same_site: false,
        targets: Selector { role: Some(on.to_owned()), ..Selector::default() },
        identity: None,
        spread,
        duration: minutes(typical * (0.5 + plan.dice.unit()), typical * 5.0),
        effect: Effect::None,
        ..shape.clone()
    };
    let mut steps = vec![
        step(0, "entry", &[], "workstation", Spread::Once, 90.0),
        step(1, "survey", &["entry"], "workstation", Spread::PerSite, 60.0),
        step(2, "spread", &["survey"], "directory", Spread::PerSite, 400.0),
        step(3, "copy", &["spread"], "storage", Spread::Once, 500.0),
        step(4, "encrypt", &["spread"], "storage", Spread::PerSite, 300.0),
    ];
    for (step, effect) in steps.iter_mut().rev().zip([Effect::Encrypt, Effect::Outflow]) {
        step.effect = effect;
    }
    if let Some(last) = steps.last_mut() {
        last.same_site = true;
    }
    Campaign { hands: plan.hands, retries: 2, reaction: share(plan.reaction), steps, ..parts.clone() }
}

/// Evidence about every technique of the campaign, from a technique that was measured.
fn measured(parts: &Evidence, campaign: &Campaign, dice: &mut Dice) -> Evidence {
    let known = parts.techniques.values().find(|t| t.counts.measured() > 0).expect("a measured technique");
    let at = |value: f64| Interval { value, low: 0.0, high: 1.0 };
    let one = |dice: &mut Dice| {
        let (prevented, alerted) = (0.1 + dice.unit() * 0.2, 0.25 + dice.unit() * 0.3);
        let mut technique = known.clone();
        (technique.prevented, technique.alerted) = (at(prevented), at(alerted));
        (technique.logged, technique.blind) = (at(1.0 - prevented - alerted), at(0.0));
        technique.concentration = 1.0;
        technique.delay.quantiles = minutes(20.0, 120.0);
        technique
    };
    Evidence { techniques: campaign.techniques().into_iter().map(|id| (id, one(dice))).collect() }
}

/// A plan in two stages: the alerted sites, then everything.
fn playbook(parts: &Playbook) -> Playbook {
    let shape = parts.actions.first().expect("an action");
    let action = |id: &str, after: &[&str], cut: Cut, decide: f64| Action {
        id: id.to_owned(),
        name: id.to_owned(),
        after: after.iter().map(|a| (*a).to_owned()).collect(),
        cut,
        decide: minutes(decide, decide * 4.0),
        carry_out: minutes(15.0, 45.0),
        if_failed: Vec::new(),
        if_worked: Vec::new(),
        ..shape.clone()
    };
    let actions = vec![
        action("sites", &[], Cut::AlertedSites, 60.0),
        action("all", &["sites"], Cut::AllSites, 1_500.0),
    ];
    Playbook { actions, crews: Some(1), ..parts.clone() }
}

static WORLDS: LazyLock<Vec<World>> = LazyLock::new(|| {
    let mut worlds = recorded("built-in", &record(false));
    let starter = recorded("starter", &record(true));
    let parts =
        starter.iter().find(|w| w.playbook.is_some()).expect("a starter world with a playbook").clone();
    worlds.extend(starter);
    let plan = |name: &str, sites, insured: &[u64], analysts, hands, reaction, seed| Plan {
        name: name.to_owned(),
        sites,
        insured: insured.to_vec(),
        analysts,
        hands,
        reaction,
        dice: Dice(seed),
    };
    worlds.extend([
        made(&parts, plan("own", 1, &[1_000], 1, 1, 0.0, 11)),
        made(&parts, plan("generated-2", 2, &[50_000, 70_000, 3], 2, 2, 0.5, 23)),
        made(&parts, plan("generated-3", 3, &[900_000, 12_000, 700, 44_000], 4, 3, 0.2, 37)),
        made(&parts, plan("generated-4", 4, &[10_000; 9], 3, 1, 1.0, 59)),
    ]);
    worlds
});

/// Returns every world.
pub(crate) fn all() -> &'static [World] {
    &WORLDS
}
