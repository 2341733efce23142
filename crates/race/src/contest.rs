//! A terrain with everything that decides a race on it, laid out for the engine.

use model::campaign::Campaign;
use model::estate::Soc;
use model::evidence::Evidence;
use model::manner::Policy;
use model::playbook::{Cut, Playbook, Repeat};
use model::quantity::{Millis, Seed};
use rayon::prelude::*;

use crate::chance::{Chance, Entity, Purpose};
use crate::chase::{Chaser, Outcome};
use crate::course::odds;
use crate::defence::Rules;
use crate::desk::Desk;
use crate::frailty::FrailtyTable;
use crate::isolation::{Parts, Scope};
use crate::quick::{NormalTable, QuickSpan};
use crate::response::Plan;
use crate::span::normal_quantile;
use crate::terrain::{Edge, Terrain};

/// What decides a race on a terrain.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// Hands, retries, reaction and manner are taken from it; what can be done is the terrain's.
    pub campaign: &'a Campaign,
    /// What the defenders do once an incident is declared.
    pub playbook: Option<&'a Playbook>,
    /// How often attempts are prevented and seen.
    pub evidence: &'a Evidence,
    /// The team that looks at alerts.
    pub soc: &'a Soc,
    /// Decides every draw.
    pub seed: Seed,
}

/// A technique as the engine sees it.
#[derive(Debug, Clone)]
pub(crate) struct Tell {
    pub(crate) prevented: FrailtyTable,
    pub(crate) alerted: FrailtyTable,
    pub(crate) delay: QuickSpan,
}

/// A race on a terrain, ready to be run.
#[derive(Debug, Clone)]
pub struct Contest<'a> {
    pub(crate) terrain: &'a Terrain,
    pub(crate) tells: Vec<Tell>,
    pub(crate) spans: Vec<QuickSpan>,
    pub(crate) normal: NormalTable,
    pub(crate) desk: Desk,
    pub(crate) plan: Plan,
    /// Its places as parts that can be cut off.
    pub(crate) parts: Parts,
    /// By action of the playbook: what it takes off, and whether it is done again.
    pub(crate) scopes: Vec<(Scope, bool)>,
    quiet: Millis,
    /// By technique and sensor group: what their shared draws hang on.
    pub(crate) shared: Vec<Entity>,
    /// By place: its sensor group.
    pub(crate) group: Vec<u16>,
    groups: usize,
    pub(crate) hands: usize,
    pub(crate) retries: u32,
    pub(crate) reaction: f64,
    pub(crate) policy: Policy,
    pub(crate) off_hours: f64,
    skill: f64,
    /// What draws about the whole campaign hang on.
    pub(crate) campaign: Entity,
    pub(crate) seed: Seed,
}

impl<'a> Contest<'a> {
    /// Lays out a race on `terrain`.
    pub fn new(terrain: &'a Terrain, setting: Setting<'_>) -> Self {
        let campaign = setting.campaign;
        let tells = terrain.techniques.iter().map(|id| {
            let odds = odds(id, setting.evidence.techniques.get(id));
            Tell {
                prevented: FrailtyTable::new(&odds.prevented),
                alerted: FrailtyTable::new(&odds.alerted),
                delay: QuickSpan::of_span(odds.delay, 1),
            }
        });
        let mut roles: Vec<&str> = terrain.places.iter().map(|p| p.role.as_str()).collect();
        roles.sort_unstable();
        roles.dedup();
        let group = |role: &str| roles.binary_search(&role).unwrap_or(0) as u16;
        let shared = terrain.techniques.iter().flat_map(|id| {
            let technique = Entity::named("technique", id.as_str());
            roles.iter().map(move |role| technique.with(Entity::named("sensor-group", role)))
        });
        Self {
            terrain,
            tells: tells.collect(),
            spans: terrain.classes.iter().map(|c| QuickSpan::elicited(c.duration, c.ways)).collect(),
            normal: NormalTable::new(),
            desk: Desk::new(setting.soc),
            plan: Plan::new(setting.playbook),
            parts: Parts::new(terrain.places.iter().map(|p| (usize::from(p.site), usize::from(p.zone)))),
            scopes: setting.playbook.map(|p| scopes(terrain, p)).unwrap_or_default(),
            quiet: setting.soc.quiet,
            shared: shared.collect(),
            group: terrain.places.iter().map(|p| group(&p.role)).collect(),
            groups: roles.len(),
            hands: match campaign.hands {
                0 => usize::MAX,
                hands => usize::from(hands),
            },
            // An attempt's number shares a word with its edge's.
            retries: u32::from(campaign.retries).min(15),
            reaction: campaign.reaction.get(),
            policy: campaign.manner.policy,
            off_hours: campaign.manner.off_hours.get(),
            skill: if campaign.manner.skill.is_finite() {
                campaign.manner.skill.clamp(0.0, 10.0)
            } else {
                0.0
            },
            campaign: Entity::named("campaign", campaign.id.as_str()),
            seed: setting.seed,
        }
    }

    /// Runs `trials` trials. Trial `i` does not depend on how many there are, nor on the threads.
    pub fn run(&self, trials: u32) -> Vec<Outcome> {
        self.run_range(0..trials)
    }

    /// Runs the trials of a range.
    pub fn run_range(&self, trials: std::ops::Range<u32>) -> Vec<Outcome> {
        trials.into_par_iter().map_init(|| Chaser::new(self), Chaser::run).collect()
    }

    /// Returns the chances of a technique in one trial for one sensor group:
    /// to be prevented and to be alerted on.
    pub(crate) fn chances(&self, chance: Chance, technique: u16, group: u16) -> (f64, f64) {
        let tell = &self.tells[usize::from(technique)];
        let shared = self.shared[usize::from(technique) * self.groups + usize::from(group)];
        (
            tell.prevented.chance(chance.bits(shared, Purpose::PreventedShared, 0)),
            tell.alerted.chance(chance.bits(shared, Purpose::AlertedShared, 0)),
        )
    }

    /// Returns the logarithm to base two of the factor on all times of a trial.
    pub(crate) fn stretch(&self, chance: Chance) -> f64 {
        if self.skill == 0.0 {
            return 0.0;
        }
        let theta = normal_quantile(chance.uniform(self.campaign, Purpose::Skill, 0));
        -self.skill * theta * std::f64::consts::LOG2_E
    }

    /// Returns what the defenders go by.
    pub(crate) fn rules(&self) -> Rules<'_> {
        Rules { desk: &self.desk, plan: &self.plan, quiet: self.quiet }
    }

    /// Returns how long one attempt takes.
    pub(crate) fn takes(&self, chance: Chance, edge: Edge, attempt: u32, stretch: f64) -> Millis {
        let bits = chance.bits(edge.entity, Purpose::Duration, attempt);
        self.spans[usize::from(edge.class)].at(&self.normal, bits, stretch)
    }
}

fn scopes(terrain: &Terrain, playbook: &Playbook) -> Vec<(Scope, bool)> {
    let all = &terrain.places;
    let places = |fits: &dyn Fn(&crate::terrain::Place) -> bool| -> Vec<usize> {
        (0..all.len()).filter(|p| fits(&all[*p])).collect()
    };
    let fixed = |cut: &Cut| match cut {
        Cut::Nothing | Cut::AlertedAsset | Cut::AlertedSegments | Cut::AlertedSites => Vec::new(),
        Cut::AllSites => places(&|_| true),
        Cut::Site { site } => places(&|p| terrain.sites[usize::from(p.site)] == *site),
        Cut::Zone { zone } => places(&|p| terrain.zones[usize::from(p.zone)] == *zone),
        // A terrain's identities have no names: they are revoked together.
        Cut::Identity { .. } => places(&|p| p.role == "identity"),
        Cut::Role { role } => places(&|p| p.role == *role),
    };
    let scope = |a: &model::playbook::Action| (Scope::new(&a.cut, fixed), a.repeat == Repeat::WhileOpen);
    playbook.actions.iter().map(scope).collect()
}
