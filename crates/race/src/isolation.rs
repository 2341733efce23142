//! What is cut off in a trial: asset classes of an estate, or places of a terrain.

use model::playbook::Cut;

use crate::chance::{Chance, Entity, Purpose};

/// Parts that can be cut off, each at a site and in a zone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts {
    site: Vec<usize>,
    /// The segment of each part: its zone at its site.
    segment: Vec<usize>,
    sites: usize,
    segments: usize,
}

impl Parts {
    /// Returns parts that lie at these places in lists of sites and of zones.
    pub(crate) fn new(places: impl Iterator<Item = (usize, usize)> + Clone) -> Self {
        let sites = places.clone().map(|(site, _)| site + 1).max().unwrap_or(0);
        let zones = places.clone().map(|(_, zone)| zone + 1).max().unwrap_or(0);
        let (site, segment) = places.map(|(site, zone)| (site, site * zones + zone)).unzip();
        Self { site, segment, sites, segments: sites * zones }
    }
}

/// What an action takes off the network.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scope {
    /// The assets whose own alerts it answers.
    AlertedAssets,
    /// All parts in the zone and at the site of a part that has raised an alert.
    AlertedSegments,
    /// All parts at sites that have raised an alert.
    AlertedSites,
    /// These parts.
    Parts(Vec<usize>),
}

impl Scope {
    /// Returns the scope of a cut; `fixed` returns the parts of one that does not depend on alerts.
    pub(crate) fn new(cut: &Cut, fixed: impl FnOnce(&Cut) -> Vec<usize>) -> Self {
        match cut {
            Cut::AlertedAsset => Self::AlertedAssets,
            Cut::AlertedSegments => Self::AlertedSegments,
            Cut::AlertedSites => Self::AlertedSites,
            cut => Self::Parts(fixed(cut)),
        }
    }
}

/// What has raised alerts and what is cut off in one trial.
#[derive(Debug, Clone, Default)]
pub(crate) struct Isolation {
    cut: Vec<bool>,
    /// Parts not cut off.
    left: usize,
    alerted_sites: Vec<bool>,
    alerted_segments: Vec<bool>,
}

impl Isolation {
    /// Makes everything as before a trial.
    pub(crate) fn reset(&mut self, parts: &Parts) {
        let all = [
            (&mut self.cut, parts.site.len()),
            (&mut self.alerted_sites, parts.sites),
            (&mut self.alerted_segments, parts.segments),
        ];
        for (flags, count) in all {
            flags.clear();
            flags.resize(count, false);
        }
        self.left = parts.site.len();
    }

    /// Notes an alert on a part.
    pub(crate) fn alert(&mut self, parts: &Parts, part: usize) {
        self.alerted_sites[parts.site[part]] = true;
        self.alerted_segments[parts.segment[part]] = true;
    }

    /// Returns whether a part of a site has raised an alert.
    pub(crate) fn site_alerted(&self, site: usize) -> bool {
        self.alerted_sites.get(site).copied().unwrap_or(false)
    }

    /// Returns whether a part is cut off.
    pub(crate) fn is_cut(&self, part: usize) -> bool {
        self.cut[part]
    }

    /// Returns whether nothing is left on the network.
    pub(crate) fn all_cut(&self) -> bool {
        self.left == 0
    }

    /// Cuts a part off; returns whether it was on.
    pub(crate) fn cut_part(&mut self, part: usize) -> bool {
        let fresh = !std::mem::replace(&mut self.cut[part], true);
        self.left -= usize::from(fresh);
        fresh
    }

    /// Cuts off what a scope takes by site, segment or list, and calls `each` with every part that was on.
    pub(crate) fn cut_scope(&mut self, parts: &Parts, scope: &Scope, mut each: impl FnMut(usize)) {
        let mut one = |isolation: &mut Self, part: usize| {
            if isolation.cut_part(part) {
                each(part);
            }
        };
        match scope {
            Scope::AlertedAssets => {}
            Scope::Parts(list) => list.iter().for_each(|part| one(self, *part)),
            Scope::AlertedSites => {
                for part in 0..parts.site.len() {
                    if self.alerted_sites[parts.site[part]] {
                        one(self, part);
                    }
                }
            }
            Scope::AlertedSegments => {
                for part in 0..parts.segment.len() {
                    if self.alerted_segments[parts.segment[part]] {
                        one(self, part);
                    }
                }
            }
        }
    }
}

/// The attacker's answer to an isolation it sees: decided once, the first time there is
/// something to fire.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reaction {
    decided: bool,
}

impl Reaction {
    /// Returns whether the decision is still open.
    pub(crate) fn is_open(self) -> bool {
        !self.decided
    }

    /// Decides: whether the attacker fires at once, which it does with chance `odds`.
    pub(crate) fn fires(&mut self, chance: Chance, campaign: Entity, odds: f64) -> bool {
        self.decided = true;
        chance.uniform(campaign, Purpose::Reaction, 0) < odds
    }
}
