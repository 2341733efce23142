//! `estate.yaml` read into an [`Estate`], with every fault found in one go.

mod people;
mod recovery;
mod trade_off;

use std::collections::BTreeMap;

use model::diagnostic::{Diagnostic, Severity};
use model::document::{self, Spanned, place};
use model::estate::{
    Agreement, Asset, Component, Emergency, Estate, Hosting, Need, Place, QUIET, Service, Site, Soc, Tenant,
    Zone,
};
use model::id::{AssetId, HostingId, InvalidId, ServiceId, SiteId, TenantId, ZoneId};
use model::quantity::{Millis, Quantiles, Ratio};
use model::read::Read;
use model::recovery::RecoveryRules;

use crate::check;
use crate::estate_shape::{
    RawAgreement, RawAsset, RawComponent, RawEstate, RawHosting, RawNeed, RawService, RawSite, RawSoc,
    RawSpan, RawTenant, RawZone, Text,
};
use crate::ik::ik_check_digit;

/// Chance that one start attempt fails, when the file names none. No published
/// base rate exists; 5 % is the mean of the default Beta(1, 19) and an assumption
/// to be replaced by the provider's own restart exercises.
const RESTART_FAILURE: f64 = 0.05;

/// Insured people, or records, of one tenant or asset at the most: more than there are people.
const INSURED: u64 = 10_000_000_000;

/// Gigabytes of one asset at the most: an exabyte.
const DATA_GB: u64 = 1_000_000_000;

/// Returns the estate in `bytes`, or `None` when there is an error among the diagnostics.
///
/// The diagnostics are in order of their place in the file. Faults of the YAML
/// itself end the reading; all others are found in one go.
pub fn read_estate(file: &str, bytes: &[u8]) -> Read<Option<Estate>> {
    let raw: RawEstate = match document::yaml(file, bytes) {
        Ok(raw) => raw,
        Err(fault) => return Read::new(None, vec![fault]),
    };
    let mut reader = Reader { file, found: Vec::new() };
    let estate = reader.estate(&raw);
    let mut found = reader.found;
    // An estate with wrong parts would only give errors that follow from the first ones.
    if !found.iter().any(|d| d.severity == Severity::Error) {
        let places = Places {
            needs: raw.services.iter().map(|s| s.needs.iter().map(|n| at(&n.of)).collect()).collect(),
            services: raw.services.iter().map(|s| at(&s.id)).collect(),
            hostings: raw.hostings.iter().map(|h| at(&h.id)).collect(),
            assets: raw.assets.iter().map(|a| at(&a.id)).collect(),
            tenants: raw.tenants.iter().map(|t| at(&t.insured)).collect(),
            backups: raw.assets.iter().map(|a| a.backup.as_ref().map(|b| at(&b.at))).collect(),
            rpos: raw
                .hostings
                .iter()
                .map(|h| h.services.iter().map(|a| a.rpo.as_ref().map(at)))
                .map(Iterator::collect)
                .collect(),
        };
        found.extend(check::whole(file, &estate, &places));
    }
    found.sort_by_key(|d| d.position);
    let good = !found.iter().any(|d| d.severity == Severity::Error);
    Read::new(good.then_some(estate), found)
}

/// Line and column of what the checks of the whole estate complain about.
pub(crate) struct Places {
    /// By service, then by need.
    pub(crate) needs: Vec<Vec<(u32, u32)>>,
    pub(crate) services: Vec<(u32, u32)>,
    pub(crate) hostings: Vec<(u32, u32)>,
    pub(crate) assets: Vec<(u32, u32)>,
    /// Of the numbers of insured people, by tenant.
    pub(crate) tenants: Vec<(u32, u32)>,
    /// Of the assets on which backups lie, by asset.
    pub(crate) backups: Vec<Option<(u32, u32)>>,
    /// Of the RPOs, by hosting, then by agreement.
    pub(crate) rpos: Vec<Vec<Option<(u32, u32)>>>,
}

fn at<T>(spanned: &Spanned<T>) -> (u32, u32) {
    (spanned.referenced.line() as u32, spanned.referenced.column() as u32)
}

/// What has been declared so far under one kind of id, with the line.
type Known = BTreeMap<String, u64>;

struct Reader<'a> {
    file: &'a str,
    found: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn error<T>(&mut self, at: &Spanned<T>, code: &str, message: String, help: impl Into<String>) {
        self.found.push(place(Diagnostic::error(self.file, code, message), at).help(help));
    }

    fn warning<T>(&mut self, at: &Spanned<T>, code: &str, message: String, help: impl Into<String>) {
        self.found.push(place(Diagnostic::warning(self.file, code, message), at).help(help));
    }

    fn estate(&mut self, raw: &RawEstate) -> Estate {
        let sites = self.declared("site", raw.sites.iter().map(|s| &s.id));
        let zones = self.declared("zone", raw.zones.iter().map(|z| &z.id));
        let services = self.declared("service", raw.services.iter().map(|s| &s.id));
        let hostings = self.declared("hosting", raw.hostings.iter().map(|h| &h.id));
        let assets = self.declared("asset", raw.assets.iter().map(|a| &a.id));
        self.declared("tenant", raw.tenants.iter().map(|t| &t.id));
        let mut roles = Known::new();
        for asset in &raw.assets {
            roles.entry(asset.role.value.clone()).or_insert(asset.role.referenced.line());
        }
        self.skills(raw);
        self.data(raw);
        Estate {
            name: raw.name.clone(),
            description: raw.description.clone(),
            sites: raw.sites.iter().filter_map(|s| self.site(s)).collect(),
            zones: raw.zones.iter().filter_map(|z| self.zone(z)).collect(),
            assets: raw.assets.iter().filter_map(|a| self.asset(a, &sites, &zones, &assets)).collect(),
            services: raw
                .services
                .iter()
                .filter_map(|s| self.service(s, &services, &roles, &sites))
                .collect(),
            hostings: raw.hostings.iter().filter_map(|h| self.hosting(h, &sites, &services)).collect(),
            tenants: self.tenants(&raw.tenants, &hostings),
            soc: self.soc(&raw.soc),
            recovery: raw.recovery.as_ref().map_or_else(RecoveryRules::default, |r| self.recovery(r)),
            trade_off: raw.trade_off.as_ref().and_then(|t| self.trade_off(t)),
            people: raw.people.as_ref().and_then(|p| self.people(p)),
            source: raw.source.clone(),
        }
    }

    fn declared<'b>(&mut self, kind: &str, ids: impl Iterator<Item = &'b Text>) -> Known {
        let mut known = Known::new();
        for id in ids {
            if let Some(line) = known.get(&id.value) {
                let message = format!("{kind} {:?} is declared twice", id.value);
                let help = format!("the first is in line {line}; give this one another id");
                self.error(id, "estate.duplicate-id", message, help);
            } else {
                known.insert(id.value.clone(), id.referenced.line());
            }
        }
        known
    }

    fn id<I>(&mut self, text: &Text, new: impl Fn(&str) -> Result<I, InvalidId>) -> Option<I> {
        match new(&text.value) {
            Ok(id) => Some(id),
            Err(fault) => {
                let message = format!("{} id {:?} is not valid", fault.kind, fault.text);
                self.error(text, "estate.invalid-id", message, fault.why);
                None
            }
        }
    }

    /// Returns the id of something declared elsewhere in the file.
    fn known<I>(
        &mut self,
        kind: &str,
        text: &Text,
        known: &Known,
        new: impl Fn(&str) -> Result<I, InvalidId>,
    ) -> Option<I> {
        if known.contains_key(&text.value) {
            // An id that is not valid has been reported where it is declared.
            return new(&text.value).ok();
        }
        let message = format!("there is no {kind} {:?}", text.value);
        self.error(text, &format!("estate.unknown-{kind}"), message, choice(known));
        None
    }

    fn share(&mut self, what: &str, value: &Spanned<f64>) -> Ratio {
        Ratio::new(value.value).unwrap_or_else(|| {
            let message = format!("{what} is {}, not between 0 and 1", value.value);
            self.error(value, "estate.not-a-share", message, "write a share such as 0.9 for 90 %");
            Ratio::ZERO
        })
    }

    /// Returns a number that is no greater than makes sense.
    fn count(&mut self, what: &str, value: &Spanned<u64>, most: u64) -> u64 {
        if value.value > most {
            let message = format!("{what} is {}", value.value);
            self.error(value, "estate.too-large", message, format!("give a number from 0 to {most}"));
        }
        value.value.min(most)
    }

    fn duration(&mut self, text: &Text) -> Option<Millis> {
        let duration = self.duration_or_zero(text)?;
        if duration == Millis(0) {
            let message = format!("{:?} is no time at all", text.value);
            self.error(text, "estate.bad-duration", message, "give a duration greater than zero");
            return None;
        }
        Some(duration)
    }

    fn duration_or_zero(&mut self, text: &Text) -> Option<Millis> {
        match document::duration(&text.value) {
            Ok(ms) => Some(ms),
            Err(why) => {
                self.error(
                    text,
                    "estate.bad-duration",
                    why,
                    "write a duration such as 90s, 30m, 8h, 2d or 1w",
                );
                None
            }
        }
    }

    fn span(&mut self, raw: &RawSpan) -> Option<Quantiles> {
        let (typical, slow) = (self.duration(&raw.typical), self.duration(&raw.slow));
        let (typical, slow) = (typical?, slow?);
        if slow < typical {
            let message =
                format!("slow ({}) is shorter than typical ({})", raw.slow.value, raw.typical.value);
            let help = "typical is the median; slow is what only one case in ten exceeds";
            self.error(&raw.slow, "estate.slow-below-typical", message, help);
        }
        Quantiles::new(typical.minutes(), slow.minutes())
    }

    fn site(&mut self, raw: &RawSite) -> Option<Site> {
        if ["home", "any"].contains(&raw.id.value.as_str()) {
            let message = format!("a site cannot be called {:?}", raw.id.value);
            self.error(&raw.id, "estate.reserved-site", message, "home and any have a meaning in `at:`");
        }
        let skills = self.crews(raw);
        Some(Site {
            id: self.id(&raw.id, SiteId::new)?,
            name: raw.name.clone(),
            crews: raw.crews.value.count(),
            skills,
            restore_gb_per_hour: self.restore_rate(raw),
        })
    }

    fn zone(&mut self, raw: &RawZone) -> Option<Zone> {
        Some(Zone { id: self.id(&raw.id, ZoneId::new)?, name: raw.name.clone() })
    }

    fn asset(&mut self, raw: &RawAsset, sites: &Known, zones: &Known, assets: &Known) -> Option<Asset> {
        let id = self.id(&raw.id, AssetId::new);
        let site = self.known("site", &raw.site, sites, SiteId::new);
        let zone = self.known("zone", &raw.zone, zones, ZoneId::new);
        if raw.role.value.is_empty() {
            self.error(
                &raw.role,
                "estate.no-role",
                "the role is empty".to_owned(),
                "name one, such as directory",
            );
        }
        if raw.count.value == 0 {
            let message = format!("asset {:?} has no host", raw.id.value);
            self.error(&raw.count, "estate.no-host", message, "give at least 1, or remove the asset");
        }
        let sensors = self.share("the share of hosts with a sensor", &raw.sensors);
        let (restart, restore) = (self.span(&raw.restart), self.span(&raw.restore));
        let phases = self.phases(raw);
        let backup = raw.backup.as_ref().and_then(|b| self.backup(b, &raw.id, assets));
        let restart_failure = match &raw.restart_failure {
            Some(value) => self.share("the chance that a start fails", value),
            None => Ratio::clamped(RESTART_FAILURE),
        };
        if let Some(value) = raw.restart_failure.as_ref().filter(|v| v.value == 1.0) {
            let message = format!("asset {:?} never starts again", raw.id.value);
            self.error(value, "estate.never-starts", message, "give a restart-failure below 1");
        }
        Some(Asset {
            id: id?,
            name: raw.name.clone(),
            site: site?,
            zone: zone?,
            role: raw.role.value.clone(),
            count: raw.count.value,
            sensors,
            restart: restart?,
            restore: restore?,
            skill: raw.crew.as_ref().map(|c| c.value.clone()),
            phases,
            data_gb: raw.data_gb.as_ref().map_or(0, |d| self.count("data-gb", d, DATA_GB)),
            backup,
            restart_failure,
            records: raw.records.as_ref().map_or(0, |r| self.count("records", r, INSURED)),
        })
    }

    fn service(
        &mut self,
        raw: &RawService,
        services: &Known,
        roles: &Known,
        sites: &Known,
    ) -> Option<Service> {
        let id = self.id(&raw.id, ServiceId::new);
        let whose = (&raw.id.value, services, roles, sites);
        let needs = raw.needs.iter().map(|n| self.need(n, whose)).collect();
        let emergency = raw.emergency.as_ref().and_then(|e| {
            let needs = e.needs.iter().map(|n| self.need(n, whose)).collect();
            Some(Emergency { name: e.name.clone(), needs, after: self.duration(&e.after)? })
        });
        let warm_up = raw.warm_up.as_ref().and_then(|w| self.warm_up(w, &raw.id.value));
        let reaches = raw.reaches_outside;
        let weight = self.weight(raw.weight.as_ref(), &raw.id.value);
        Some(Service { id: id?, name: raw.name.clone(), needs, emergency, reaches, warm_up, weight })
    }

    fn need(&mut self, need: &RawNeed, whose: (&String, &Known, &Known, &Known)) -> Need {
        let (service, services, roles, sites) = whose;
        if need.of.value.is_empty() {
            let message = format!("a need of service {service:?} names nothing");
            self.error(&need.of, "estate.empty-need", message, "name at least one role or service in `of`");
        }
        if let Some(k) = need.need.as_ref().filter(|k| k.value == 0) {
            let message = format!("service {service:?} needs none of its components");
            self.error(k, "estate.need-zero", message, "give at least 1, or remove the need");
        }
        let mut read = Need::of(need.need.as_ref().map(|k| k.value), Vec::new());
        for raw in &need.of.value {
            let weight = raw.value.weight.as_ref();
            if let Some(zero) = weight.filter(|w| w.value == 0) {
                let message = format!("a component of service {service:?} counts for nothing");
                self.error(zero, "estate.need-zero", message, "give a weight of at least 1, or remove it");
            }
            if let Some(component) = self.component(raw, services, roles, sites) {
                read.of.push(component);
                read.weights.push(weight.map_or(1, |w| w.value));
            }
        }
        if read.weights.iter().all(|w| *w == 1) {
            read.weights.clear();
        }
        read
    }

    fn component(
        &mut self,
        raw: &Spanned<RawComponent>,
        services: &Known,
        roles: &Known,
        sites: &Known,
    ) -> Option<Component> {
        match (&raw.value.role, &raw.value.service, &raw.value.at) {
            (None, Some(service), None) => {
                self.known("service", service, services, ServiceId::new).map(Component::Service)
            }
            (Some(role), None, at) => {
                let place = match at.as_ref().map(|a| (a, a.value.as_str())) {
                    None | Some((_, "home")) => Some(Place::Home),
                    Some((_, "any")) => Some(Place::Any),
                    Some((text, _)) => self.known("site", text, sites, SiteId::new).map(Place::Site),
                };
                let role = self.known("role", role, roles, |r| Ok(r.to_owned()))?;
                Some(Component::Role { role, place: place? })
            }
            _ => {
                let message = "a component is either a role (with `at`) or a service".to_owned();
                let help = "write {role: mail, at: home} or {service: directory}";
                self.error(raw, "estate.bad-component", message, help);
                None
            }
        }
    }

    fn hosting(&mut self, raw: &RawHosting, sites: &Known, services: &Known) -> Option<Hosting> {
        let id = self.id(&raw.id, HostingId::new);
        let home = self.known("site", &raw.home, sites, SiteId::new);
        self.declared("service of this hosting", raw.services.iter().map(|a| &a.service));
        let agreements = raw.services.iter().filter_map(|a| self.agreement(a, services)).collect();
        Some(Hosting { id: id?, name: raw.name.clone(), home: home?, services: agreements })
    }

    fn agreement(&mut self, raw: &RawAgreement, services: &Known) -> Option<Agreement> {
        let service = self.known("service", &raw.service, services, ServiceId::new);
        let (rto, mtpd) = (self.duration(&raw.rto), self.duration(&raw.mtpd));
        // Nothing may be lost: an RPO of zero is a promise that people make.
        let rpo = raw.rpo.as_ref().and_then(|r| self.duration_or_zero(r));
        let (rto, mtpd) = (rto?, mtpd?);
        if rto >= mtpd {
            let message = format!(
                "the MTPD of {:?} ({}) is not longer than its RTO ({})",
                raw.service.value, raw.mtpd.value, raw.rto.value
            );
            let help = "the longest outage that can be borne must exceed the required time to restart";
            self.error(&raw.mtpd, "estate.rto-not-below-mtpd", message, help);
        }
        Some(Agreement { service: service?, rto, mtpd, rpo })
    }

    fn tenants(&mut self, raw: &[RawTenant], hostings: &Known) -> Vec<Tenant> {
        let mut codes: BTreeMap<&str, u64> = BTreeMap::new();
        let mut tenants = Vec::new();
        for tenant in raw {
            tenants.extend(self.tenant(tenant, hostings));
            if let Some(line) = codes.insert(&tenant.ik.value, tenant.ik.referenced.line()) {
                let message = format!("the IK {:?} is used twice", tenant.ik.value);
                self.warning(
                    &tenant.ik,
                    "estate.duplicate-ik",
                    message,
                    format!("the first is in line {line}"),
                );
            }
        }
        tenants
    }

    fn tenant(&mut self, raw: &RawTenant, hostings: &Known) -> Option<Tenant> {
        let id = self.id(&raw.id, TenantId::new);
        let hosting = self.known("hosting", &raw.hosting, hostings, HostingId::new);
        let ik = &raw.ik.value;
        match ik_check_digit(ik) {
            None => {
                let message = format!("{ik:?} is no IK");
                self.error(&raw.ik, "estate.bad-ik", message, "an IK has nine digits, such as \"990000011\"");
            }
            Some(digit) if !ik.ends_with(char::from(b'0' + digit)) => {
                let message = format!("the check digit of IK {ik:?} is wrong");
                let help = format!("digits 3 to 8 give the check digit {digit}");
                self.error(&raw.ik, "estate.bad-ik", message, help);
            }
            Some(_) => {}
        }
        if raw.insured.value == 0 {
            let message = format!("tenant {:?} has no people", raw.id.value);
            self.warning(&raw.insured, "estate.no-insured", message, "its outages will count for nothing");
        }
        let insured = self.count("insured", &raw.insured, INSURED);
        Some(Tenant { id: id?, name: raw.name.clone(), ik: ik.clone(), insured, hosting: hosting? })
    }

    fn soc(&mut self, raw: &RawSoc) -> Soc {
        if raw.analysts.value == 0 {
            let help = "give at least 1, or no alert is ever looked at";
            self.error(&raw.analysts, "estate.no-analyst", "nobody looks at alerts".to_owned(), help);
        }
        let checks = [
            ("alerts-per-day", &raw.alerts_per_day, 0.0..=1e7, "from 0 to 10,000,000"),
            (
                "triage-minutes",
                &raw.triage_minutes,
                f64::MIN_POSITIVE..=10_080.0,
                "above 0 and at most 10,080 (a week)",
            ),
        ];
        for (name, value, range, right) in checks {
            if !range.contains(&value.value) {
                let message = format!("{name} is {}", value.value);
                self.error(value, "estate.bad-soc", message, format!("give a number, {right}"));
            }
        }
        if let Some(agree) = raw.agree.as_ref().filter(|a| a.value == 0) {
            let help = "give at least 1: the first escalated alert declares an incident";
            self.error(agree, "estate.bad-soc", "agree is 0".to_owned(), help);
        }
        let as_urgent = raw.as_urgent.as_ref().map(|s| self.share("the share of alerts as urgent", s));
        Soc {
            as_urgent: as_urgent.unwrap_or(Ratio::ONE),
            quiet: raw.quiet.as_ref().and_then(|q| self.duration(q)).unwrap_or(QUIET),
            agree: raw.agree.as_ref().map_or(1, |a| a.value.max(1)),
            analysts: raw.analysts.value,
            alerts_per_day: raw.alerts_per_day.value,
            triage_minutes: raw.triage_minutes.value,
            escalation: self.share("the chance of escalation", &raw.escalation),
        }
    }
}

/// Returns a hint with the ids that would be right, at most eight of them.
fn choice(known: &Known) -> String {
    let names: Vec<&str> = known.keys().map(String::as_str).take(8).collect();
    match (names.len(), known.len()) {
        (0, _) => "none is declared; declare it first".to_owned(),
        (shown, all) if shown < all => format!("declared are {} and {} more", names.join(", "), all - shown),
        _ => format!("declared: {}", names.join(", ")),
    }
}
