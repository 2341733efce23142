//! What `estate.yaml` says about recovery in phases: who examines, what is read back
//! from where and how fast, and how tenants return.

use std::collections::BTreeSet;

use model::document::Spanned;
use model::estate::{Skill, Weight};
use model::id::AssetId;
use model::quantity::Quantiles;
use model::recovery::{Backup, Phases, Readmission, Reconnect, RecoveryRules, RelapseOdds, WarmUp};

use super::{Known, Reader};
use crate::estate_shape::{
    RawAsset, RawBackup, RawCrews, RawEstate, RawRecovery, RawSite, RawSpan, RawWarmUp, Text,
};

/// The greatest surge and the greatest headroom, as multiples of the usual load.
const MOST: f64 = 1_000.0;

impl Reader<'_> {
    /// Returns what holds for every recovery.
    pub(super) fn recovery(&mut self, raw: &RawRecovery) -> RecoveryRules {
        if let Some(teams) = raw.forensic_teams.as_ref().filter(|t| t.value == 0) {
            let message = "no forensic team examines anything".to_owned();
            let help = "give at least 1; left out, the crews of each site examine";
            self.error(teams, "estate.no-forensic-team", message, help);
        }
        let relapse = raw.relapse.as_ref().and_then(|r| {
            let chance = self.share("the chance of a relapse", &r.chance);
            Some(RelapseOdds { chance, seen: self.span(&r.seen)? })
        });
        RecoveryRules {
            forensic_teams: raw.forensic_teams.as_ref().map(|t| t.value),
            relapse,
            readmission: raw.readmission.as_ref().map(|r| self.readmission(r)).unwrap_or_default(),
            reconnect: raw.reconnect.as_ref().map(|r| self.reconnect(r)).unwrap_or_default(),
        }
    }

    fn reconnect(&mut self, text: &Text) -> Reconnect {
        match text.value.as_str() {
            "all" => Reconnect::All,
            "site" => Reconnect::Site,
            other => {
                let message = format!("{other:?} is nothing that an all-clear is given for");
                self.error(text, "estate.bad-reconnect", message, "write all or site");
                Reconnect::default()
            }
        }
    }

    /// Returns what an hour without a service counts for.
    pub(super) fn weight(&mut self, raw: Option<&Spanned<f64>>, service: &str) -> Weight {
        let Some(value) = raw else { return Weight::ONE };
        Weight::new(value.value).unwrap_or_else(|| {
            let message = format!("weight of service {service:?} is {}", value.value);
            let help = "give a number from 0 to 1,000; 1 is the usual, 3 counts an hour three times";
            self.error(value, "estate.bad-weight", message, help);
            Weight::ONE
        })
    }

    fn readmission(&mut self, text: &Text) -> Readmission {
        match text.value.as_str() {
            "staged" => Readmission::Staged,
            "at-once" => Readmission::AtOnce,
            other => {
                let message = format!("{other:?} is no way to let tenants back");
                self.error(text, "estate.bad-readmission", message, "write staged or at-once");
                Readmission::default()
            }
        }
    }

    /// Returns the skills of the crews of a site; none where every crew can do everything.
    pub(super) fn crews(&mut self, raw: &RawSite) -> Vec<Skill> {
        let skills = raw.crews.value.skills();
        if raw.crews.value.count() == 0 || skills.iter().any(|s| s.crews == 0) {
            let message = match skills.iter().find(|s| s.crews == 0) {
                Some(skill) => format!("site {:?} has no recovery crew for {:?}", raw.id.value, skill.name),
                None => format!("site {:?} has no recovery crew", raw.id.value),
            };
            let help = "give at least 1, or nothing there ever comes back";
            self.error(&raw.crews, "estate.no-crew", message, help);
        }
        skills
    }

    /// Checks that every asset names a crew of its site where the crews there have skills.
    pub(super) fn skills(&mut self, raw: &RawEstate) {
        for asset in &raw.assets {
            // A site that is not there has been reported.
            let Some(site) = raw.sites.iter().find(|s| s.id.value == asset.site.value) else { continue };
            let skills = site.crews.value.skills();
            let names: Vec<&str> = skills.iter().map(|s| s.name.as_str()).collect();
            let site = &site.id.value;
            match &asset.crew {
                None if names.is_empty() => {}
                None => {
                    let message = format!(
                        "asset {:?} names no crew, and those of site {site} have skills",
                        asset.id.value
                    );
                    let help = format!("add `crew` with one of {}", names.join(", "));
                    self.error(&asset.id, "estate.no-skill", message, help);
                }
                Some(crew) if names.contains(&crew.value.as_str()) => {}
                Some(crew) => {
                    let message = format!("site {site} has no crew {:?}", crew.value);
                    let help = if names.is_empty() {
                        format!("write the crews of the site as {{{}: 2}}, or leave `crew` out", crew.value)
                    } else {
                        format!("name one of {}", names.join(", "))
                    };
                    self.error(crew, "estate.unknown-crew", message, help);
                }
            }
        }
    }

    /// Returns how fast the backups of a site can be read back, in gigabytes an hour.
    pub(super) fn restore_rate(&mut self, raw: &RawSite) -> Option<u32> {
        let rate = raw.restore_gb_per_hour.as_ref()?;
        if rate.value == 0 {
            let message = format!("no backup of site {:?} can be read back", raw.id.value);
            let help = "give at least 1 GB an hour, or leave restore-gb-per-hour out";
            self.error(rate, "estate.no-restore-rate", message, help);
        }
        Some(rate.value)
    }

    /// Returns the times of an asset's phases beside its start and its rebuild.
    pub(super) fn phases(&mut self, raw: &RawAsset) -> Phases {
        let mut span = |raw: &Option<RawSpan>| -> Option<Quantiles> { self.span(raw.as_ref()?) };
        Phases {
            examine: span(&raw.examine),
            clean: span(&raw.clean),
            verify: span(&raw.verify),
            release: span(&raw.release),
        }
    }

    /// Returns where the backups of the asset `own` lie.
    pub(super) fn backup(&mut self, raw: &RawBackup, own: &Text, assets: &Known) -> Option<Backup> {
        let at = self.known("asset", &raw.at, assets, AssetId::new);
        if raw.at.value == own.value {
            let message = format!("the backups of asset {:?} lie on itself", own.value);
            let help = "name another asset: what takes the data takes its copies too";
            self.error(&raw.at, "estate.backup-on-itself", message, help);
        }
        let every = self.duration(&raw.every);
        let offline = raw.offline.as_ref().map(|o| (o, self.duration(o)));
        if let (Some(every), Some((text, Some(offline)))) = (every, offline)
            && offline < every
        {
            let message = format!("offline ({}) is shorter than every ({})", text.value, raw.every.value);
            let help = "the offline copy would be the younger one; probably the two are exchanged";
            self.warning(text, "estate.offline-below-every", message, help);
        }
        Some(Backup { at: at?, every: every?, offline: offline.and_then(|(_, time)| time) })
    }

    /// Complains about data to be read back without a rate or a backup.
    pub(super) fn data(&mut self, raw: &RawEstate) {
        let sites = raw.sites.iter().filter(|s| s.restore_gb_per_hour.is_none());
        let without_rate: BTreeSet<&str> = sites.map(|s| s.id.value.as_str()).collect();
        for asset in &raw.assets {
            let Some(data) = asset.data_gb.as_ref().filter(|d| d.value > 0) else { continue };
            let (id, site) = (&asset.id.value, &asset.site.value);
            if without_rate.contains(site.as_str()) {
                let message =
                    format!("how long reading back asset {id:?} takes at site {site:?} is not known");
                let help = format!(
                    "give site {site:?} its restore-gb-per-hour, or leave data-gb out if `restore` contains it"
                );
                self.error(data, "estate.no-restore-rate", message, help);
            }
            if asset.backup.is_none() {
                let message = format!("asset {id:?} has data to read back and no backup");
                let help = "add backup: {at: asset, every: 24h}, or no loss of data can be told";
                self.warning(data, "estate.no-backup", message, help);
            }
        }
    }

    /// Returns what a service goes through when all its users return at once.
    pub(super) fn warm_up(&mut self, raw: &RawWarmUp, service: &str) -> Option<WarmUp> {
        let (surge, headroom) = (raw.surge.value, raw.headroom.value);
        if !(1.0..=MOST).contains(&surge) {
            let message = format!("surge of service {service:?} is {surge}");
            let help = "give a number from 1 to 1,000: what a user just let in asks for, 1 being the usual";
            self.error(&raw.surge, "estate.bad-warm-up", message, help);
        }
        // Without a surge the usual load is all there is, and may fill the service.
        let enough = headroom > 1.0 || headroom == 1.0 && surge <= 1.0;
        if !(enough && headroom <= MOST) {
            let why =
                if enough { "nobody has so much to spare" } else { "users could never all be let back" };
            let message = format!("headroom of service {service:?} is {headroom}: {why}");
            let help = "give a number above 1 and up to 1,000, such as 1.4 for 40 % more than the usual load of all users";
            self.error(&raw.headroom, "estate.bad-warm-up", message, help);
        }
        Some(WarmUp { surge, fades: self.duration(&raw.fades)?, headroom })
    }
}

impl RawCrews {
    /// Returns how many there are of all skills.
    pub(super) fn count(&self) -> u16 {
        match self {
            Self::Any(crews) => *crews,
            Self::Skilled(skills) => skills.values().fold(0, |sum, crews| sum.saturating_add(*crews)),
        }
    }

    /// Returns how many there are of each skill; none where every crew can do everything.
    fn skills(&self) -> Vec<Skill> {
        match self {
            Self::Any(_) => Vec::new(),
            Self::Skilled(skills) => {
                skills.iter().map(|(name, crews)| Skill { name: name.clone(), crews: *crews }).collect()
            }
        }
    }
}
