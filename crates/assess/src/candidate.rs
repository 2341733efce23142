//! Changes worth trying, from the causes of the misses and the shape of the estate.
//!
//! Efforts are assumptions in person-days, which a file of the user's may replace. What a
//! change gives is an assumption as well. What cannot act is not offered: where nobody
//! responds, neither rules nor staff nor sensors, but a plan.

mod plan;
mod recovery;

use std::collections::BTreeMap;

use model::campaign::{Campaign, Selector};
use model::decide::Policy;
use model::estate::{Asset, Estate};
use model::evidence::{Evidence, EvidenceClass};
use model::id::{CampaignId, TechniqueId, VerdictId};
use model::playbook::{Cut, Playbook};
use model::quantity::{Quantiles, Ratio};
use model::scorecard::LeverKind;
use model::verdict::Verdict;

use crate::effort::Efforts;
use crate::evidence::verdicts_about;
use crate::fix;

/// A change to try: what to do, why, and the inputs of the race as they would be.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// What to do, for people.
    pub title: String,
    /// Why it would help, from the cause of the miss.
    pub why: String,
    /// The technique it concerns, if it concerns one.
    pub technique: Option<TechniqueId>,
    /// Verdicts it is derived from.
    pub verdicts: Vec<VerdictId>,
    /// What kind of change it is.
    pub kind: LeverKind,
    /// Key of the effort.
    pub effort: &'static str,
    /// Effort in person-days, an assumption.
    pub effort_days: f64,
    /// The evidence as it would be; `None` leaves it as it is.
    pub evidence: Option<Evidence>,
    /// The estate as it would be; `None` leaves it as it is.
    pub estate: Option<Estate>,
    /// The playbooks as they would be, in the same order; `None` leaves them as they are.
    pub playbooks: Option<Vec<Playbook>>,
    /// Campaigns that another playbook meets, whatever met them before.
    pub plans: Vec<(CampaignId, Playbook)>,
}

impl Candidate {
    /// Returns a change that does nothing yet.
    pub(crate) fn new(title: String, why: String, kind: LeverKind, effort: (&'static str, f64)) -> Self {
        Self {
            title,
            why,
            technique: None,
            verdicts: Vec::new(),
            kind,
            effort: effort.0,
            effort_days: effort.1,
            evidence: None,
            estate: None,
            playbooks: None,
            plans: Vec::new(),
        }
    }
}

/// A campaign with what meets it.
#[derive(Debug, Clone, Copy)]
pub struct Met<'a> {
    /// The campaign.
    pub campaign: &'a Campaign,
    /// The playbook; `None`: nobody responds.
    pub playbook: Option<&'a Playbook>,
    /// The policies that lose least in its place, best first.
    pub policies: &'a [Policy],
}

impl Met<'_> {
    /// Returns whether an alert can lead to anything: somebody escalates, and something is cut.
    fn acts(&self, estate: &Estate) -> bool {
        let cuts = self.playbook.is_some_and(|p| p.actions.iter().any(|a| a.cut != Cut::Nothing));
        cuts && estate.soc.escalation > Ratio::ZERO
    }
}

/// The share of hosts with a sensor that can be reached in practice (assumption).
const SENSORS: f64 = 0.98;
/// Of the roles that campaigns work on, how many are tried.
const SENSOR_ROLES: usize = 3;
/// By this factor sooner an all-clear is tried.
pub const SOONER: u64 = 3;

/// Returns the changes worth trying for these campaigns, techniques first by id.
///
/// A fix of a rule or a log source counts as if the exercises that missed for
/// that cause had alerted, and at least three exercises in all; no more, because
/// a fix is a promise until it has been exercised. What leads to more or earlier alerts is
/// offered only where an alert can lead to anything in one of the campaigns.
pub fn candidates(
    evidence: &Evidence,
    verdicts: &[Verdict],
    estate: &Estate,
    met: &[Met<'_>],
    playbooks: &[Playbook],
    efforts: &Efforts,
) -> Vec<Candidate> {
    let mut found = plan::plans(estate, met, playbooks, efforts);
    let acting: Vec<&Campaign> = met.iter().filter(|m| m.acts(estate)).map(|m| m.campaign).collect();
    if !acting.is_empty() {
        found.extend(rules(evidence, verdicts, &acting, efforts));
        found.extend(sensors(estate, &acting, efforts));
        found.extend(decisions(playbooks, efforts));
    }
    if met.iter().any(|m| m.playbook.is_some()) {
        found.extend(team(estate, !acting.is_empty(), efforts));
    }
    found.extend(recovery::recovery(estate, efforts));
    found
}

fn rules(
    evidence: &Evidence,
    verdicts: &[Verdict],
    campaigns: &[&Campaign],
    efforts: &Efforts,
) -> Vec<Candidate> {
    let mut own: BTreeMap<&TechniqueId, Vec<&Verdict>> = BTreeMap::new();
    for verdict in verdicts {
        own.entry(&verdict.technique).or_default().push(verdict);
    }
    let mut techniques: BTreeMap<TechniqueId, &str> = BTreeMap::new();
    for step in campaigns.iter().flat_map(|c| &c.steps) {
        techniques.entry(step.technique.clone()).or_insert(&step.name);
    }
    let mut found = Vec::new();
    for (technique, step) in &techniques {
        let Some(now) = evidence.techniques.get(technique) else { continue };
        let label = format!("{technique} ({step})");
        let changes = match &now.class {
            EvidenceClass::Exercised | EvidenceClass::Replayed => {
                fix::measured(&label, now, &verdicts_about(technique, &own), efforts)
            }
            EvidenceClass::Reasoned { why } | EvidenceClass::CannotExercise { reason: why } => {
                vec![fix::unmeasured(&label, now, why, efforts)]
            }
        };
        for (mut candidate, then) in changes {
            let mut changed = evidence.clone();
            changed.techniques.insert(technique.clone(), then);
            candidate.technique = Some(technique.clone());
            candidate.evidence = Some(changed);
            found.push(candidate);
        }
    }
    found
}

fn selects(selector: &Selector, asset: &Asset) -> bool {
    selector.role.as_ref().is_none_or(|r| *r == asset.role)
        && selector.zone.as_ref().is_none_or(|z| *z == asset.zone)
        && selector.site.as_ref().is_none_or(|s| *s == asset.site)
}

fn sensors(estate: &Estate, campaigns: &[&Campaign], efforts: &Efforts) -> Vec<Candidate> {
    let mut lacking: BTreeMap<&str, f64> = BTreeMap::new();
    for asset in estate.assets.iter().filter(|a| a.sensors.get() < SENSORS) {
        if campaigns.iter().flat_map(|c| &c.steps).any(|s| selects(&s.targets, asset)) {
            let hosts = f64::from(asset.count) * (1.0 - asset.sensors.get());
            *lacking.entry(&asset.role).or_default() += hosts;
        }
    }
    let mut roles: Vec<(&str, f64)> = lacking.into_iter().collect();
    roles.sort_by(|a, b| b.1.total_cmp(&a.1));
    roles.truncate(SENSOR_ROLES);
    roles
        .into_iter()
        .map(|(role, hosts)| {
            let mut changed = estate.clone();
            for asset in changed.assets.iter_mut().filter(|a| a.role == role) {
                asset.sensors = Ratio::clamped(asset.sensors.get().max(SENSORS));
            }
            let title = format!("Bring sensors to the remaining {role} hosts");
            let why = format!(
                "About {} hosts of role {role} have no working sensor, so nothing done there can raise an alert.",
                hosts.round()
            );
            let days = efforts.days("sensor-project") + hosts * efforts.days("sensor-per-host");
            let mut candidate = Candidate::new(title, why, LeverKind::Sensor, ("sensor-per-host", days));
            candidate.estate = Some(changed);
            candidate
        })
        .collect()
}

/// Returns changes to the people who look at alerts; where no alert is ever escalated
/// (`acting` is false), more of them or faster ones change nothing, and only training is left.
fn team(estate: &Estate, acting: bool, efforts: &Efforts) -> Vec<Candidate> {
    let soc = &estate.soc;
    let mut found = Vec::new();
    let mut offer =
        |title: &str, why: String, key: &'static str, change: &dyn Fn(&mut model::estate::Soc)| {
            let mut changed = estate.clone();
            change(&mut changed.soc);
            let effort = (key, efforts.days(key));
            let mut candidate = Candidate::new(title.to_owned(), why, LeverKind::Staff, effort);
            candidate.estate = Some(changed);
            found.push(candidate);
        };
    let load = soc.alerts_per_day * soc.triage_minutes / (1440.0 * f64::from(soc.analysts.max(1)));
    let busy = format!(
        "{} look at {} alerts a day, {} minutes each: {:.0} % of their time, and every true alert waits in that queue.",
        if soc.analysts == 1 {
            "One analyst has to".to_owned()
        } else {
            format!("{} analysts", soc.analysts)
        },
        soc.alerts_per_day,
        soc.triage_minutes,
        100.0 * load
    );
    if acting {
        offer("Add one analyst on shift", busy.clone(), "analyst", &|s| {
            s.analysts = s.analysts.saturating_add(1);
        });
        offer("Halve the time to look at an alert", busy.clone(), "halve-triage", &|s| {
            s.triage_minutes /= 2.0;
        });
        offer("Cut a fifth of the background alerts", busy, "cut-noise", &|s| s.alerts_per_day *= 0.8);
    }
    if soc.escalation.get() < 0.95 {
        let why = format!(
            "{:.0} % of true alerts are dismissed by the analyst who looks at them.",
            100.0 * (1.0 - soc.escalation.get())
        );
        offer("Train analysts on the alerts they dismissed", why, "train-escalation", &|s| {
            s.escalation = Ratio::clamped(0.95);
        });
    }
    found
}

fn decisions(playbooks: &[Playbook], efforts: &Efforts) -> Option<Candidate> {
    let mut changed = playbooks.to_vec();
    let mut slowest: Option<(String, f64)> = None;
    for action in changed.iter_mut().flat_map(|p| &mut p.actions).filter(|a| a.cut != Cut::Nothing) {
        if slowest.as_ref().is_none_or(|(_, minutes)| action.decide.q50 > *minutes) {
            slowest = Some((action.name.clone(), action.decide.q50));
        }
        action.decide = Quantiles { q50: action.decide.q50 / 2.0, q90: action.decide.q90 / 2.0 };
    }
    let (name, minutes) = slowest?;
    let why =
        format!("The slowest decision to cut, \"{name}\", takes {minutes:.0} minutes in the median case.");
    let title = "Settle beforehand who may cut what, and exercise it".to_owned();
    let effort = ("settle-decision", efforts.days("settle-decision"));
    let mut candidate = Candidate::new(title, why, LeverKind::Plan, effort);
    candidate.playbooks = Some(changed);
    Some(candidate)
}
