//! What stays the same in every trial, laid out for the engine.

use std::collections::BTreeMap;
use std::ops::Range;

use model::campaign::{Campaign, Effect, Objective, Operator, Selector, Spread, Step};
use model::estate::{Asset, Estate};
use model::evidence::{Evidence, TechniqueEvidence};
use model::id::TechniqueId;
use model::playbook::{Cut, Playbook};
use model::quantity::{Millis, Quantiles};

use crate::chance::Entity;
use crate::defence::Rules;
use crate::desk::Desk;
use crate::frailty::Frailty;
use crate::isolation::{Parts, Scope};
use crate::response::Plan;
use crate::span::Span;

/// Chance of prevention and of an alert for a technique without any evidence: what was not
/// tested earns no credit.
const UNKNOWN_CREDIT: f64 = 0.0;
/// Concentration for a technique without any evidence: rules mostly fire always
/// or never inside one trial, as the specification of the race assumes.
const UNKNOWN_CONCENTRATION: f64 = 0.5;
/// Delay to alert for a technique without any evidence, in minutes: an assumption.
const UNKNOWN_DELAY: Quantiles = Quantiles { q50: 15.0, q90: 120.0 };

/// An asset class as the engine sees it.
#[derive(Debug, Clone)]
pub(crate) struct Ground {
    pub(crate) entity: Entity,
    /// Place of its site in `estate.sites`, or one past the end when unknown.
    pub(crate) site: usize,
    pub(crate) restart: Span,
    pub(crate) restore: Span,
    /// Chance that one start attempt fails.
    pub(crate) failure: f64,
    pub(crate) examine: Option<Span>,
    pub(crate) clean: Option<Span>,
    pub(crate) verify: Option<Span>,
    pub(crate) release: Option<Span>,
    /// Time between two backups, and between two copies that no network reaches.
    pub(crate) copies: Option<(Millis, Option<Millis>)>,
}

/// A step that another one needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NeededStep {
    /// Its place.
    pub(crate) stage: usize,
    /// It counts only where it was done at the same site.
    pub(crate) here: bool,
}

/// One step of the campaign.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    pub(crate) duration: Span,
    /// Place of its technique in [`Course::odds`].
    pub(crate) technique: usize,
    /// The needed steps.
    pub(crate) needs: Vec<NeededStep>,
    pub(crate) operator: Operator,
    pub(crate) effect: Effect,
    /// A needed step does not exist, so the step can never be done.
    pub(crate) impossible: bool,
    /// Its instances.
    pub(crate) slots: Range<usize>,
    /// Steps that need this one.
    pub(crate) dependents: Vec<usize>,
    /// All assets its selector takes.
    pub(crate) selected: Vec<usize>,
    /// Place of the identity it acts as in [`Course::identities`].
    pub(crate) identity: Option<usize>,
    /// The assets it sends data out through; empty: nothing beside its own asset.
    pub(crate) ways_out: Vec<usize>,
    /// Steps still to go to the objective; `u32::MAX` when it does not lead there.
    pub(crate) distance: u32,
}

/// One instance of a step.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) stage: usize,
    pub(crate) entity: Entity,
    /// The assets it may be done on; one of them is drawn when it starts.
    pub(crate) candidates: Vec<usize>,
    /// For each of them what the draw of it hangs on; empty where there is one.
    pub(crate) targets: Vec<Entity>,
    /// From where what the step needs looks as from every candidate; `None`: it differs.
    pub(crate) site: Option<usize>,
}

/// What evidence says about a technique.
#[derive(Debug, Clone)]
pub(crate) struct Odds {
    pub(crate) entity: Entity,
    pub(crate) prevented: Frailty,
    pub(crate) alerted: Frailty,
    pub(crate) delay: Span,
}

/// Everything the engine needs, borrowed ids included.
#[derive(Debug, Clone)]
pub(crate) struct Course<'a> {
    pub(crate) estate: &'a Estate,
    pub(crate) campaign: &'a Campaign,
    pub(crate) playbook: Option<&'a Playbook>,
    pub(crate) grounds: Vec<Ground>,
    pub(crate) stages: Vec<Stage>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) odds: Vec<Odds>,
    /// Identities that steps act as, sorted.
    pub(crate) identities: Vec<&'a str>,
    pub(crate) plan: Plan,
    /// Its assets as parts that can be cut off.
    pub(crate) parts: Parts,
    /// By action of the playbook: what it takes off.
    pub(crate) scopes: Vec<Scope>,
    pub(crate) desk: Desk,
    /// What draws about the whole campaign hang on.
    pub(crate) entity: Entity,
}

impl<'a> Course<'a> {
    /// Lays out `campaign` on `estate`.
    pub(crate) fn new(
        estate: &'a Estate,
        campaign: &'a Campaign,
        playbook: Option<&'a Playbook>,
        evidence: &Evidence,
    ) -> Self {
        let techniques = campaign.techniques();
        let mut course = Self {
            estate,
            campaign,
            playbook,
            grounds: grounds(estate),
            stages: Vec::new(),
            slots: Vec::new(),
            odds: techniques.iter().map(|id| odds(id, evidence.techniques.get(id))).collect(),
            identities: identities(campaign),
            plan: Plan::new(playbook),
            parts: Parts::default(),
            scopes: playbook.map(|p| scopes(estate, p)).unwrap_or_default(),
            desk: Desk::new(&estate.soc),
            entity: Entity::named("campaign", campaign.id.as_str()),
        };
        course.parts = parts(estate, &course.grounds);
        course.lay_stages(&techniques);
        course
    }

    /// Returns what the defenders go by.
    pub(crate) fn rules(&self) -> Rules<'_> {
        Rules { desk: &self.desk, plan: &self.plan, quiet: self.estate.soc.quiet }
    }

    /// Returns the number of sites, the place for unknown ones included.
    pub(crate) fn sites(&self) -> usize {
        self.estate.sites.len() + 1
    }

    /// Returns the step of a stage as written.
    pub(crate) fn step(&self, stage: usize) -> &'a Step {
        &self.campaign.steps[stage]
    }

    fn lay_stages(&mut self, techniques: &[TechniqueId]) {
        let steps = &self.campaign.steps;
        let mut place = BTreeMap::new();
        for (i, step) in steps.iter().enumerate() {
            place.entry(&step.id).or_insert(i);
        }
        let distances = distances(self.campaign, &place);
        for (i, step) in steps.iter().enumerate() {
            // What is done only once counts from every site.
            let needed = |stage: usize| NeededStep {
                stage,
                here: step.same_site && steps[stage].spread != Spread::Once,
            };
            let needs: Vec<NeededStep> =
                step.needs.iter().filter_map(|n| place.get(n)).map(|stage| needed(*stage)).collect();
            let dangling = needs.len() < step.needs.len();
            let selected = fitting(&step.targets, self.estate);
            let first = self.slots.len();
            self.lay_slots(i, step, &selected);
            self.stages.push(Stage {
                duration: Span::elicited(step.duration),
                technique: techniques.binary_search(&step.technique).unwrap_or(0),
                impossible: dangling && (step.operator == Operator::All || needs.is_empty()),
                needs,
                operator: step.operator,
                effect: step.effect,
                slots: first..self.slots.len(),
                dependents: Vec::new(),
                identity: step.identity.as_deref().and_then(|i| self.identities.binary_search(&i).ok()),
                selected,
                ways_out: step.way_out.as_ref().map(|way| fitting(way, self.estate)).unwrap_or_default(),
                distance: distances[i],
            });
        }
        for i in 0..self.stages.len() {
            for n in 0..self.stages[i].needs.len() {
                let need = self.stages[i].needs[n].stage;
                self.stages[need].dependents.push(i);
            }
        }
    }

    fn lay_slots(&mut self, stage: usize, step: &Step, selected: &[usize]) {
        let entity = Entity::named("step", step.id.as_str());
        let (grounds, slots) = (&self.grounds, &mut self.slots);
        let mut add = |entity: Entity, candidates: Vec<usize>| {
            let drawn = candidates.iter().filter(|_| candidates.len() > 1);
            let targets = drawn.map(|a| entity.with(grounds[*a].entity)).collect();
            let mut sites = candidates.iter().map(|a| grounds[*a].site);
            let first = sites.next();
            let site = first.filter(|first| !step.same_site || sites.all(|site| site == *first));
            slots.push(Slot { stage, entity, candidates, targets, site });
        };
        match step.spread {
            Spread::Once if selected.is_empty() => {}
            Spread::Once => add(entity, selected.to_vec()),
            Spread::PerAsset => {
                for asset in selected {
                    add(entity.with(grounds[*asset].entity), vec![*asset]);
                }
            }
            Spread::PerSite => {
                for (s, site) in self.estate.sites.iter().enumerate() {
                    let here: Vec<usize> =
                        selected.iter().copied().filter(|a| grounds[*a].site == s).collect();
                    if !here.is_empty() {
                        add(entity.with(Entity::named("site", site.id.as_str())), here);
                    }
                }
            }
        }
    }
}

/// Returns the identities that steps of `campaign` act as, sorted.
pub(crate) fn identities(campaign: &Campaign) -> Vec<&str> {
    let mut all: Vec<&str> = campaign.steps.iter().filter_map(|s| s.identity.as_deref()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Returns whether `selector` takes `asset`.
pub(crate) fn selects(selector: &Selector, asset: &Asset) -> bool {
    selector.role.as_ref().is_none_or(|r| *r == asset.role)
        && selector.zone.as_ref().is_none_or(|z| *z == asset.zone)
        && selector.site.as_ref().is_none_or(|s| *s == asset.site)
}

/// Returns the assets that `selector` takes.
fn fitting(selector: &Selector, estate: &Estate) -> Vec<usize> {
    (0..estate.assets.len()).filter(|a| selects(selector, &estate.assets[*a])).collect()
}

/// Returns whether `cut` always takes `asset` off; cuts that follow the alerts depend on the trial.
pub(crate) fn cuts(cut: &Cut, asset: &Asset) -> bool {
    match cut {
        Cut::Nothing
        | Cut::AlertedAsset
        | Cut::AlertedSegments
        | Cut::AlertedSites
        | Cut::Identity { .. } => false,
        Cut::AllSites => true,
        Cut::Site { site } => *site == asset.site,
        Cut::Zone { zone } => *zone == asset.zone,
        Cut::Role { role } => *role == asset.role,
    }
}

fn parts(estate: &Estate, grounds: &[Ground]) -> Parts {
    let mut zones: Vec<_> = estate.assets.iter().map(|a| &a.zone).collect();
    zones.sort_unstable();
    zones.dedup();
    let zone = |asset: &Asset| zones.binary_search(&&asset.zone).unwrap_or(0);
    Parts::new(estate.assets.iter().zip(grounds).map(|(asset, ground)| (ground.site, zone(asset))))
}

fn scopes(estate: &Estate, playbook: &Playbook) -> Vec<Scope> {
    let fixed = |cut: &Cut| (0..estate.assets.len()).filter(|a| cuts(cut, &estate.assets[*a])).collect();
    playbook.actions.iter().map(|action| Scope::new(&action.cut, fixed)).collect()
}

pub(crate) fn grounds(estate: &Estate) -> Vec<Ground> {
    estate
        .assets
        .iter()
        .map(|asset| Ground {
            entity: Entity::named("asset", asset.id.as_str()),
            site: estate.sites.iter().position(|s| s.id == asset.site).unwrap_or(estate.sites.len()),
            restart: Span::elicited(asset.restart),
            restore: Span::elicited(asset.restore),
            failure: asset.restart_failure.get(),
            examine: asset.phases.examine.map(Span::elicited),
            clean: asset.phases.clean.map(Span::elicited),
            verify: asset.phases.verify.map(Span::elicited),
            release: asset.phases.release.map(Span::elicited),
            copies: asset.backup.as_ref().map(|b| (b.every, b.offline)),
        })
        .collect()
}

pub(crate) fn odds(id: &TechniqueId, known: Option<&TechniqueEvidence>) -> Odds {
    let (prevented, alerted, concentration, delay) = known
        .map_or((UNKNOWN_CREDIT, UNKNOWN_CREDIT, UNKNOWN_CONCENTRATION, UNKNOWN_DELAY), |e| {
            (e.prevented.value, e.alerted.value, e.concentration, e.delay.quantiles)
        });
    // The four outcomes exclude each other, so what was measured as "alerted" are
    // alerts on acts that were not prevented. A blocked act is taken to be as
    // visible as one that went through.
    let seen = if prevented < 1.0 { alerted / (1.0 - prevented) } else { alerted };
    Odds {
        entity: Entity::named("technique", id.as_str()),
        prevented: Frailty::new(prevented, concentration),
        alerted: Frailty::new(seen, concentration),
        delay: Span::elicited(delay),
    }
}

/// Returns for each step how many steps lie between it and the objective.
fn distances(campaign: &Campaign, place: &BTreeMap<&model::id::StepId, usize>) -> Vec<u32> {
    let goal = match campaign.objective {
        Objective::Payload => Effect::Encrypt,
        Objective::Outflow => Effect::Outflow,
    };
    let mut distance = vec![u32::MAX; campaign.steps.len()];
    let mut edge: Vec<usize> =
        (0..campaign.steps.len()).filter(|i| campaign.steps[*i].effect == goal).collect();
    for i in &edge {
        distance[*i] = 0;
    }
    let mut hops = 0;
    while !edge.is_empty() {
        hops += 1;
        let mut next = Vec::new();
        for need in edge.iter().flat_map(|i| &campaign.steps[*i].needs) {
            if let Some(n) = place.get(need).copied().filter(|n| distance[*n] == u32::MAX) {
                distance[n] = hops;
                next.push(n);
            }
        }
        edge = next;
    }
    distance
}
