//! Who and what work takes: forensic teams, crews by site and skill, restore rates.

use std::ops::Range;

use model::estate::Estate;
use model::id::SiteId;
use model::recovery::Phase;

/// Something of which a phase takes one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Means {
    /// Crews of a site, of one skill where they have skills.
    Crews { site: SiteId, skill: Option<String> },
    /// The forensic teams of the provider.
    Forensics,
    /// The rate at which the backups of a site are read back.
    Bandwidth { site: SiteId },
}

/// The resources of an estate, by place in a shop.
#[derive(Debug, Clone)]
pub(crate) struct Resources {
    /// What each is, and how many units it has.
    all: Vec<(Means, u32)>,
    /// By site: the places of its crews.
    crews: Vec<Range<usize>>,
    /// The place of the forensic teams, where the provider has any.
    forensics: Option<usize>,
    /// By site: the place of its restore rate.
    bandwidth: Vec<usize>,
}

impl Resources {
    pub(crate) fn of(estate: &Estate) -> Self {
        let mut resources =
            Self { all: Vec::new(), crews: Vec::new(), forensics: None, bandwidth: Vec::new() };
        for site in &estate.sites {
            let first = resources.all.len();
            let crews = |skill| Means::Crews { site: site.id.clone(), skill };
            if site.skills.is_empty() {
                resources.all.push((crews(None), u32::from(site.crews)));
            }
            for skill in &site.skills {
                resources.all.push((crews(Some(skill.name.clone())), u32::from(skill.crews)));
            }
            resources.crews.push(first..resources.all.len());
        }
        if let Some(teams) = estate.recovery.forensic_teams {
            resources.forensics = Some(resources.all.len());
            resources.all.push((Means::Forensics, u32::from(teams)));
        }
        for site in &estate.sites {
            resources.bandwidth.push(resources.all.len());
            resources.all.push((Means::Bandwidth { site: site.id.clone() }, 1));
        }
        resources
    }

    /// Returns the units of each; at least one.
    pub(crate) fn capacity(&self) -> Vec<u32> {
        self.all.iter().map(|(_, units)| (*units).max(1)).collect()
    }

    /// Returns all of them, in their order, with the units of each.
    pub(crate) fn all(&self) -> &[(Means, u32)] {
        &self.all
    }

    /// Returns what a phase of an asset at the place `site` takes. A skill that no crew
    /// there has is done by the first crews.
    pub(crate) fn taken_by(&self, phase: Phase, site: usize, skill: Option<&str>) -> Option<usize> {
        match phase {
            Phase::Examine if self.forensics.is_some() => self.forensics,
            Phase::Examine | Phase::Clean | Phase::Rebuild | Phase::Start | Phase::Verify => {
                let crews = self.crews.get(site)?;
                let same = |place: &usize| matches!(&self.all[*place].0, Means::Crews { skill: known, .. } if known.as_deref() == skill);
                Some(crews.clone().find(same).unwrap_or(crews.start))
            }
            Phase::Restore => self.bandwidth.get(site).copied(),
            Phase::Release => None,
        }
    }
}
