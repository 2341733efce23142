//! The estate: sites, assets, services and tenants of a shared provider.

use serde::{Deserialize, Serialize};

use crate::id::{AssetId, HostingId, ServiceId, SiteId, TenantId, ZoneId};
use crate::quantity::{Millis, Quantiles, Ratio};
use crate::recovery::{Backup, Phases, RecoveryRules, WarmUp};

/// Crews of a site who can do the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skill {
    /// What they can do, such as `windows`.
    pub name: String,
    /// How many crews.
    pub crews: u16,
}

/// A data centre or office.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// Its name.
    pub name: String,
    /// Recovery crews that can work at once, of all skills.
    pub crews: u16,
    /// How many of them have which skill, by name; empty: every crew can do everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<Skill>,
    /// Gigabytes an hour that its backups can be read back with, all together; `None`: not stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_gb_per_hour: Option<u32>,
}

/// A network zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// Its id.
    pub id: ZoneId,
    /// Its name.
    pub name: String,
}

/// A class of exchangeable hosts at one site in one zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// Its id.
    pub id: AssetId,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub site: SiteId,
    /// Its zone.
    pub zone: ZoneId,
    /// What it does, such as `directory`, `storage`, `mail`, `hub-link`.
    pub role: String,
    /// How many hosts the class has.
    pub count: u32,
    /// Share of its hosts with a working sensor.
    pub sensors: Ratio,
    /// Time to start it after an orderly shutdown, for the whole class.
    pub restart: Quantiles,
    /// Time to rebuild it after encryption, first start included, for the whole class.
    pub restore: Quantiles,
    /// Which skill its return takes, where the crews of its site have skills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill: Option<String>,
    /// What its return takes beside that.
    #[serde(default)]
    pub phases: Phases,
    /// Gigabytes to read back from the backup after encryption; 0: that is part of `restore`.
    #[serde(default)]
    pub data_gb: u64,
    /// Its backups; `None`: not stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<Backup>,
    /// Chance that one start attempt fails.
    pub restart_failure: Ratio,
    /// Records of insured people that lie on it.
    pub records: u64,
}

/// Where a component is looked for, seen from the tenant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// At the tenant's home site.
    Home,
    /// At any site.
    Any,
    /// At the named site.
    Site(SiteId),
}

/// One thing a service may need.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Component {
    /// Asset classes of a role, each one member of the group.
    Role {
        /// The role.
        role: String,
        /// Where.
        place: Place,
    },
    /// Another service, seen from the same home site.
    Service(ServiceId),
}

/// `k` of the components must work: `k` = 1 is OR, `k` = all is AND.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// How many must work; `None` means all.
    pub k: Option<u32>,
    /// The components; a role counts as many members as asset classes match.
    pub of: Vec<Component>,
    /// How much each component counts for, beside `of`; a role's asset classes count that
    /// much each. Empty: all count for 1. With weights, `k` is the sum that must work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<u32>,
}

impl Need {
    /// Returns a need of `k` members that count for 1 each.
    pub fn of(k: Option<u32>, of: Vec<Component>) -> Self {
        Self { k, of, weights: Vec::new() }
    }
}

/// How a service goes on in emergency operation (Notbetrieb, BSI-Standard 200-4) while
/// its normal operation is down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emergency {
    /// What is done instead, for people.
    pub name: String,
    /// What that needs; all must be met. Services named here must run normally. Empty: nothing of the estate.
    pub needs: Vec<Need>,
    /// Time to set it up, from the beginning of the outage.
    pub after: Millis,
}

/// A service that tenants use. It is up where every need is met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// Its name.
    pub name: String,
    /// What it needs; all must be met.
    pub needs: Vec<Need>,
    /// How it goes on while that is not met; `None`: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<Emergency>,
    /// Whether tenants reach people outside through it, as by phone and mail.
    #[serde(default, skip_serializing_if = "is_not")]
    pub reaches: bool,
    /// What happens when all users return at once; `None`: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<WarmUp>,
    /// How much an hour without it counts for in the weighted loss, beside 1 for the usual.
    #[serde(default)]
    pub weight: Weight,
}

/// What an hour without a service counts for, in thousandths, so that sums are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "f64", into = "f64")]
pub struct Weight(u32);

impl Weight {
    /// The weight of a service of which nothing else is said.
    pub const ONE: Self = Self(1_000);
    /// The greatest weight.
    pub const GREATEST: f64 = 1_000.0;

    /// Returns the weight, between 0 and [`Weight::GREATEST`] and rounded to thousandths;
    /// `None` outside.
    pub fn new(weight: f64) -> Option<Self> {
        (0.0..=Self::GREATEST).contains(&weight).then(|| Self((weight * 1_000.0).round() as u32))
    }

    /// Returns the weight in thousandths.
    pub fn thousandths(self) -> u32 {
        self.0
    }

    /// Returns the weight.
    pub fn get(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }
}

impl Default for Weight {
    fn default() -> Self {
        Self::ONE
    }
}

impl From<f64> for Weight {
    fn from(weight: f64) -> Self {
        Self::new(weight.clamp(0.0, Self::GREATEST)).unwrap_or_default()
    }
}

impl From<Weight> for f64 {
    fn from(weight: Weight) -> Self {
        weight.get()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_not(flag: &bool) -> bool {
    !flag
}

/// What a tenant was promised for one service (BSI-Standard 200-4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// The service.
    pub service: ServiceId,
    /// RTO: required time to restart.
    pub rto: Millis,
    /// MTPD: longest outage that can be borne; greater than the RTO.
    pub mtpd: Millis,
    /// RPO: longest time whose data may be lost; `None`: not agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpo: Option<Millis>,
}

/// How a group of tenants is hosted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hosting {
    /// Its id.
    pub id: HostingId,
    /// Its name.
    pub name: String,
    /// Where its services run.
    pub home: SiteId,
    /// The services it uses, with the agreed times.
    pub services: Vec<Agreement>,
}

/// An insurer served by the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// Its institution code (IK), nine digits.
    pub ik: String,
    /// Insured people.
    pub insured: u64,
    /// How it is hosted.
    pub hosting: HostingId,
}

/// Insured people from which a German statutory insurer is critical
/// infrastructure: 500,000 since 1 January 2024 (BSI-KritisV, Annex 9).
pub const KRITIS_INSURED: u64 = 500_000;

impl Tenant {
    /// Returns whether the tenant is critical infrastructure by size.
    pub fn kritis(&self) -> bool {
        self.insured >= KRITIS_INSURED
    }
}

/// The team that looks at alerts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Soc {
    /// Analysts on shift.
    pub analysts: u16,
    /// Alerts a day that have nothing to do with the attack.
    pub alerts_per_day: f64,
    /// Mean time to look at one alert, in minutes.
    pub triage_minutes: f64,
    /// Chance that an analyst escalates a true alert.
    pub escalation: Ratio,
    /// Share of the other alerts that are looked at before or in turn with the attack's:
    /// those at least as urgent. Less urgent ones never make the attack's alerts wait.
    #[serde(default = "all", skip_serializing_if = "is_all")]
    pub as_urgent: Ratio,
    /// Different assets whose alerts must have been escalated before an incident is declared.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub agree: u8,
    /// An incident is closed after this time without a newly escalated alert and without an
    /// action of the playbook.
    #[serde(default = "quiet", skip_serializing_if = "is_quiet")]
    pub quiet: Millis,
}

/// Quiet time of an incident where the estate does not state one: a day and a night; an assumption.
pub const QUIET: Millis = Millis::DAY;

fn quiet() -> Millis {
    QUIET
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_quiet(time: &Millis) -> bool {
    *time == QUIET
}

fn all() -> Ratio {
    Ratio::ONE
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_all(share: &Ratio) -> bool {
    *share == Ratio::ONE
}

fn one() -> u8 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_one(count: &u8) -> bool {
    *count == 1
}

/// What a prevented outflow is worth, so that outflow and outage can be weighed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TradeOff {
    /// So many person-hours for each outflow, whatever leaves.
    PersonHoursPerOutflow(f64),
    /// So many person-hours for each person whose data can leave.
    PersonHoursPerExposedPerson(f64),
}

impl TradeOff {
    /// Returns the person-hours that one prevented outflow is worth where the data of so many
    /// people can leave.
    pub fn price(self, people: u64) -> f64 {
        match self {
            Self::PersonHoursPerOutflow(hours) => hours,
            Self::PersonHoursPerExposedPerson(hours) => hours * people as f64,
        }
    }
}

/// What the people are called whom the tenants serve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    /// One of them in English, such as `citizen`.
    pub one: String,
    /// Several in English, such as `citizens`.
    pub many: String,
    /// Several in German, in the nominative, such as `Bürgerinnen und Bürger`.
    pub german: String,
}

/// A shared provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estate {
    /// Its name.
    pub name: String,
    /// One or two sentences.
    pub description: String,
    /// Sites.
    pub sites: Vec<Site>,
    /// Zones.
    pub zones: Vec<Zone>,
    /// Asset classes.
    pub assets: Vec<Asset>,
    /// Services.
    pub services: Vec<Service>,
    /// Hosting profiles.
    pub hostings: Vec<Hosting>,
    /// Tenants.
    pub tenants: Vec<Tenant>,
    /// The team that looks at alerts.
    pub soc: Soc,
    /// What holds for every recovery.
    #[serde(default)]
    pub recovery: RecoveryRules,
    /// What a prevented outflow is worth; `None`: nobody has said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trade_off: Option<TradeOff>,
    /// What its people are called; `None`: insured people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<People>,
    /// Where the figures come from.
    pub source: String,
}

impl Estate {
    /// Returns what one of its people is called in English.
    pub fn person(&self) -> &str {
        self.people.as_ref().map_or("insured person", |p| &p.one)
    }

    /// Returns what several of its people are called in English.
    pub fn people(&self) -> &str {
        self.people.as_ref().map_or("insured people", |p| &p.many)
    }

    /// Returns whether some service counts for more than another: then losses are weighed by
    /// service wherever ways to respond are compared.
    pub fn weighs(&self) -> bool {
        let mut weights = self.services.iter().map(|s| s.weight);
        weights.next().is_some_and(|first| weights.any(|w| w != first))
    }

    /// Returns the number of people of all tenants.
    pub fn insured(&self) -> u64 {
        self.tenants.iter().map(|t| t.insured).sum()
    }
}
