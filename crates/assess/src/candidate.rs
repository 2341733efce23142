//! Changes worth trying, from the causes of the misses and the shape of the estate.
//!
//! Efforts are assumptions in person-days, stated beside each change, so that a
//! reader can put in his own. What a change gives is an assumption as well.

mod recovery;

use std::collections::BTreeMap;

use model::campaign::{Campaign, Selector};
use model::estate::{Asset, Estate};
use model::evidence::{Evidence, EvidenceClass};
use model::id::{TechniqueId, VerdictId};
use model::playbook::{Cut, Playbook};
use model::quantity::{Quantiles, Ratio};
use model::verdict::Verdict;

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
    /// Effort in person-days, an assumption.
    pub effort_days: f64,
    /// The evidence as it would be; `None` leaves it as it is.
    pub evidence: Option<Evidence>,
    /// The estate as it would be; `None` leaves it as it is.
    pub estate: Option<Estate>,
    /// The playbooks as they would be, in the same order; `None` leaves them as they are.
    pub playbooks: Option<Vec<Playbook>>,
}

impl Candidate {
    /// Returns a change that does nothing yet.
    pub(crate) fn new(title: String, why: String, effort_days: f64) -> Self {
        Self {
            title,
            why,
            technique: None,
            verdicts: Vec::new(),
            effort_days,
            evidence: None,
            estate: None,
            playbooks: None,
        }
    }
}

/// The share of hosts with a sensor that can be reached in practice (assumption).
const SENSORS: f64 = 0.98;
/// Person-days to bring a sensor to one host: ten minutes (assumption).
const DAYS_PER_SENSOR: f64 = 0.02;
/// Of the roles that campaigns work on, how many are tried.
const SENSOR_ROLES: usize = 3;
/// One more seat in the team for a year, in person-days (assumption).
const ANALYST_DAYS: f64 = 220.0;
/// Enriching alerts so that a look takes half the time (assumption).
const TRIAGE_DAYS: f64 = 15.0;
/// Tuning the loudest rules until a fifth of the noise is gone (assumption).
const NOISE_DAYS: f64 = 10.0;
/// Training until nearly every true alert is escalated (assumption).
const ESCALATION_DAYS: f64 = 5.0;
/// Settling beforehand who may cut what, and one exercise of it (assumption).
const DECISION_DAYS: f64 = 5.0;

/// Returns the changes worth trying for these campaigns, techniques first by id.
///
/// A fix of a rule or a log source counts as if the exercises that missed for
/// that cause had alerted, and at least three exercises in all; no more, because
/// a fix is a promise until it has been exercised.
pub fn candidates(
    evidence: &Evidence,
    verdicts: &[Verdict],
    estate: &Estate,
    campaigns: &[Campaign],
    playbooks: &[Playbook],
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
                fix::measured(&label, now, &verdicts_about(technique, &own))
            }
            EvidenceClass::Reasoned { why } | EvidenceClass::CannotExercise { reason: why } => {
                vec![fix::unmeasured(&label, now, why)]
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
    found.extend(sensors(estate, campaigns));
    found.extend(team(estate));
    found.extend(decisions(playbooks));
    found.extend(recovery::recovery(estate));
    found
}

fn selects(selector: &Selector, asset: &Asset) -> bool {
    selector.role.as_ref().is_none_or(|r| *r == asset.role)
        && selector.zone.as_ref().is_none_or(|z| *z == asset.zone)
        && selector.site.as_ref().is_none_or(|s| *s == asset.site)
}

fn sensors(estate: &Estate, campaigns: &[Campaign]) -> Vec<Candidate> {
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
            let mut candidate = Candidate::new(title, why, 1.0 + hosts * DAYS_PER_SENSOR);
            candidate.estate = Some(changed);
            candidate
        })
        .collect()
}

fn team(estate: &Estate) -> Vec<Candidate> {
    let soc = &estate.soc;
    let mut found = Vec::new();
    let mut offer = |title: &str, why: String, days: f64, change: &dyn Fn(&mut model::estate::Soc)| {
        let mut changed = estate.clone();
        change(&mut changed.soc);
        let mut candidate = Candidate::new(title.to_owned(), why, days);
        candidate.estate = Some(changed);
        found.push(candidate);
    };
    let load = soc.alerts_per_day * soc.triage_minutes / (1440.0 * f64::from(soc.analysts.max(1)));
    let busy = format!(
        "{} analysts look at {} alerts a day, {} minutes each: {:.0} % of their time, and every true alert waits in that queue.",
        soc.analysts,
        soc.alerts_per_day,
        soc.triage_minutes,
        100.0 * load
    );
    offer("Add one analyst on shift", busy.clone(), ANALYST_DAYS, &|s| {
        s.analysts = s.analysts.saturating_add(1);
    });
    offer("Halve the time to look at an alert", busy.clone(), TRIAGE_DAYS, &|s| s.triage_minutes /= 2.0);
    offer("Cut a fifth of the background alerts", busy, NOISE_DAYS, &|s| s.alerts_per_day *= 0.8);
    if soc.escalation.get() < 0.95 {
        let why = format!(
            "{:.0} % of true alerts are dismissed by the analyst who looks at them.",
            100.0 * (1.0 - soc.escalation.get())
        );
        offer("Train analysts on the alerts they dismissed", why, ESCALATION_DAYS, &|s| {
            s.escalation = Ratio::clamped(0.95);
        });
    }
    found
}

fn decisions(playbooks: &[Playbook]) -> Option<Candidate> {
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
    let mut candidate = Candidate::new(title, why, DECISION_DAYS);
    candidate.playbooks = Some(changed);
    Some(candidate)
}
