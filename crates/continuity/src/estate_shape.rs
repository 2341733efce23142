//! The shape of `estate.yaml` as it is written, with the place of every value.

use std::collections::BTreeMap;
use std::fmt;

use model::document::Spanned;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Unexpected, Visitor};

pub(crate) type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawEstate {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) source: String,
    pub(crate) soc: RawSoc,
    pub(crate) recovery: Option<RawRecovery>,
    pub(crate) trade_off: Option<RawTradeOff>,
    pub(crate) people: Option<RawPeople>,
    pub(crate) sites: Vec<RawSite>,
    pub(crate) zones: Vec<RawZone>,
    pub(crate) assets: Vec<RawAsset>,
    pub(crate) services: Vec<RawService>,
    pub(crate) hostings: Vec<RawHosting>,
    pub(crate) tenants: Vec<RawTenant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawSoc {
    pub(crate) analysts: Spanned<u16>,
    pub(crate) alerts_per_day: Spanned<f64>,
    pub(crate) triage_minutes: Spanned<f64>,
    pub(crate) escalation: Spanned<f64>,
    pub(crate) as_urgent: Option<Spanned<f64>>,
    pub(crate) agree: Option<Spanned<u8>>,
    pub(crate) quiet: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPeople {
    pub(crate) one: Text,
    pub(crate) many: Text,
    pub(crate) german: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawTradeOff {
    pub(crate) person_hours_per_outflow: Option<Spanned<f64>>,
    pub(crate) person_hours_per_exposed_person: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawRecovery {
    pub(crate) forensic_teams: Option<Spanned<u16>>,
    pub(crate) relapse: Option<RawRelapse>,
    pub(crate) readmission: Option<Text>,
    pub(crate) reconnect: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawRelapse {
    pub(crate) chance: Spanned<f64>,
    pub(crate) seen: RawSpan,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawSite {
    pub(crate) id: Text,
    pub(crate) name: String,
    pub(crate) crews: Spanned<RawCrews>,
    pub(crate) restore_gb_per_hour: Option<Spanned<u32>>,
}

/// The crews of a site: how many, or how many of each skill.
pub(crate) enum RawCrews {
    Any(u16),
    Skilled(BTreeMap<String, u16>),
}

impl<'de> Deserialize<'de> for RawCrews {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CrewsVisitor)
    }
}

struct CrewsVisitor;

impl<'de> Visitor<'de> for CrewsVisitor {
    type Value = RawCrews;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of crews, or a number for each skill such as {windows: 2, network: 1}")
    }

    fn visit_u64<E: Error>(self, crews: u64) -> Result<RawCrews, E> {
        let number =
            u16::try_from(crews).map_err(|_| E::invalid_value(Unexpected::Unsigned(crews), &self))?;
        Ok(RawCrews::Any(number))
    }

    fn visit_i64<E: Error>(self, crews: i64) -> Result<RawCrews, E> {
        let number = u16::try_from(crews).map_err(|_| E::invalid_value(Unexpected::Signed(crews), &self))?;
        Ok(RawCrews::Any(number))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawCrews, A::Error> {
        let mut skills = BTreeMap::new();
        while let Some((skill, crews)) = map.next_entry()? {
            skills.insert(skill, crews);
        }
        Ok(RawCrews::Skilled(skills))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawZone {
    pub(crate) id: Text,
    pub(crate) name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSpan {
    pub(crate) typical: Text,
    pub(crate) slow: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawAsset {
    pub(crate) id: Text,
    pub(crate) name: String,
    pub(crate) site: Text,
    pub(crate) crew: Option<Text>,
    pub(crate) zone: Text,
    pub(crate) role: Text,
    pub(crate) count: Spanned<u32>,
    pub(crate) sensors: Spanned<f64>,
    pub(crate) restart: RawSpan,
    pub(crate) restore: RawSpan,
    pub(crate) restart_failure: Option<Spanned<f64>>,
    pub(crate) examine: Option<RawSpan>,
    pub(crate) clean: Option<RawSpan>,
    pub(crate) verify: Option<RawSpan>,
    pub(crate) release: Option<RawSpan>,
    pub(crate) data_gb: Option<Spanned<u64>>,
    pub(crate) backup: Option<RawBackup>,
    pub(crate) records: Option<Spanned<u64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawBackup {
    pub(crate) at: Text,
    pub(crate) every: Text,
    pub(crate) offline: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawComponent {
    pub(crate) role: Option<Text>,
    pub(crate) at: Option<Text>,
    pub(crate) service: Option<Text>,
    pub(crate) weight: Option<Spanned<u32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawNeed {
    pub(crate) need: Option<Spanned<u32>>,
    pub(crate) of: Spanned<Vec<Spanned<RawComponent>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawService {
    pub(crate) id: Text,
    pub(crate) name: String,
    pub(crate) needs: Vec<RawNeed>,
    pub(crate) emergency: Option<RawEmergency>,
    #[serde(default)]
    pub(crate) reaches_outside: bool,
    pub(crate) warm_up: Option<RawWarmUp>,
    pub(crate) weight: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawWarmUp {
    pub(crate) surge: Spanned<f64>,
    pub(crate) fades: Text,
    pub(crate) headroom: Spanned<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawEmergency {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) needs: Vec<RawNeed>,
    pub(crate) after: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawAgreement {
    pub(crate) service: Text,
    pub(crate) rto: Text,
    pub(crate) mtpd: Text,
    pub(crate) rpo: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawHosting {
    pub(crate) id: Text,
    pub(crate) name: String,
    pub(crate) home: Text,
    pub(crate) services: Vec<RawAgreement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTenant {
    pub(crate) id: Text,
    pub(crate) name: String,
    pub(crate) ik: Text,
    #[serde(alias = "people")]
    pub(crate) insured: Spanned<u64>,
    pub(crate) hosting: Text,
}
