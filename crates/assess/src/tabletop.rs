//! One trial told as injects and questions for a crisis team.
//!
//! The team sees what was seen in the trial: alerts, dismissals, the declaration, actions,
//! sites off, encrypted assets. Three moments ask for a decision: the first alert, the
//! declaration, and the end of the race. What each answer leads to is computed by the
//! caller, on the same draws, and only put in its place here.

use std::collections::BTreeSet;

use model::campaign::Campaign;
use model::crisis::Crisis;
use model::estate::{Estate, Soc};
use model::evidence::Measured;
use model::id::{AssetId, PlaybookId, StepId};
use model::playbook::{Action, Cut, Playbook};
use model::quantity::{Millis, Quantiles, Ratio};
use model::restart::{Gain, More, RestartPlan};
use model::tabletop::{Answer, Inject, Question, Said, Tabletop};
use model::trial::{Happening, Moment, Trace};

/// Actions of the playbook that become injects, at most; more would be a log, not an exercise.
const ACTIONS: usize = 6;

/// Alerts that become injects, at most.
const ALERTS: usize = 4;

/// Time to decide and to carry out an answer that no playbook has written down: half an
/// hour each, two hours in one case of ten (assumptions, as in the built-in playbooks).
const MINUTES: (f64, f64) = (30.0, 120.0);

/// What is raced for an answer.
#[derive(Debug, Clone)]
pub struct Alternative {
    /// What is answered.
    pub said: Said,
    /// Whether it is what the trial shows.
    pub as_written: bool,
    /// The estate, if another team looks at alerts.
    pub estate: Option<Estate>,
    /// The playbook; `None`: nobody acts.
    pub playbook: Option<Playbook>,
}

/// Returns the answers to "is this an incident?".
pub fn declarations(estate: &Estate, playbook: Option<&Playbook>) -> Vec<Alternative> {
    // A team that looks at every alert at once and recognises it.
    let sharp = Soc {
        analysts: u16::MAX,
        alerts_per_day: 0.0,
        triage_minutes: 1.0,
        escalation: Ratio::ONE,
        agree: 1,
        quiet: model::estate::QUIET,
        ..estate.soc.clone()
    };
    let at_once = Estate { soc: sharp, ..estate.clone() };
    let answer = |key, as_written, estate| Alternative {
        said: Said::new(key, &[]),
        as_written,
        estate,
        playbook: playbook.cloned(),
    };
    vec![answer("answer-declare", false, Some(at_once)), answer("answer-triage", true, None)]
}

/// Returns the answers to "what do you take off the network?".
pub fn containments(playbook: Option<&Playbook>) -> Vec<Alternative> {
    let cut = |key: &str, cut| Alternative {
        said: Said::new(key, &[]),
        as_written: false,
        estate: None,
        playbook: Some(at_once(key, cut)),
    };
    let mut list = vec![
        Alternative {
            said: Said::new("answer-playbook", &[playbook.map_or("–", |p| &p.name)]),
            as_written: true,
            estate: None,
            playbook: playbook.cloned(),
        },
        cut("answer-host", Cut::AlertedAsset),
        cut("answer-site", Cut::AlertedSites),
        cut("answer-all", Cut::AllSites),
        cut("answer-hub", Cut::Role { role: "hub-link".to_owned() }),
    ];
    let nobody =
        Alternative { said: Said::new("answer-wait", &[]), as_written: false, estate: None, playbook: None };
    list.push(nobody);
    list
}

fn at_once(id: &str, cut: Cut) -> Playbook {
    let spread = Quantiles::new(MINUTES.0, MINUTES.1).expect("the constants are quantiles");
    let action = Action {
        id: id.to_owned(),
        name: id.to_owned(),
        after: Vec::new(),
        cut,
        decide: spread,
        carry_out: spread,
        success: Ratio::ONE,
        timeout: None,
        if_failed: Vec::new(),
        if_worked: Vec::new(),
        by_others: false,
        repeat: model::playbook::Repeat::Once,
    };
    Playbook {
        id: PlaybookId::new(id).expect("the keys are valid ids"),
        name: id.to_owned(),
        description: String::new(),
        actions: vec![action],
        crews: None,
        source: String::new(),
    }
}

/// What the exercise is put together from.
pub struct Exercise<'a> {
    /// The estate.
    pub estate: &'a Estate,
    /// The campaign.
    pub campaign: &'a Campaign,
    /// The playbook the trial met.
    pub playbook: Option<&'a Playbook>,
    /// `CAMPAIGN/NUMBER`.
    pub trial: String,
    /// The trial.
    pub trace: &'a Trace,
    /// Answers to the first alert.
    pub declarations: Vec<Answer>,
    /// Answers to the declaration.
    pub containments: Vec<Answer>,
    /// The plan by which everything comes back.
    pub plan: &'a RestartPlan,
    /// The figures of this one trial.
    pub crisis: &'a Crisis,
    /// Trials over which answers are compared.
    pub compared: u32,
    /// Of the campaign's techniques, how many were measured.
    pub measured: Option<Measured>,
}

/// Returns the exercise.
pub fn tabletop(of: &Exercise<'_>) -> Tabletop {
    let mut teller = Teller { of, alerts: 0, actions: 0, sites: BTreeSet::new(), encrypted: false };
    let mut injects: Vec<Inject> = of.trace.moments.iter().filter_map(|m| teller.inject(m)).collect();
    injects.push(teller.report());
    injects.push(teller.restart());
    injects.push(teller.data());
    injects.sort_by_key(|i| i.at);
    Tabletop {
        estate: of.estate.name.clone(),
        people: of.estate.people.clone(),
        demo: false,
        campaign: of.campaign.name.clone(),
        trial: of.trial.clone(),
        compared: of.compared,
        measured: of.measured,
        injects,
        down: of.plan.positions.iter().map(|p| p.asset.clone()).collect(),
    }
}

struct Teller<'a> {
    of: &'a Exercise<'a>,
    alerts: usize,
    actions: usize,
    sites: BTreeSet<String>,
    encrypted: bool,
}

impl Teller<'_> {
    fn asset(&self, id: &AssetId) -> String {
        let found = self.of.estate.assets.iter().find(|a| a.id == *id);
        found.map_or_else(|| id.to_string(), |a| format!("{} ({})", a.name, a.site))
    }

    fn step(&self, id: &StepId) -> String {
        let found = self.of.campaign.steps.iter().find(|s| s.id == *id);
        found.map_or_else(|| id.to_string(), |s| s.name.clone())
    }

    fn inject(&mut self, moment: &Moment) -> Option<Inject> {
        let (known, hidden, question) = match &moment.happening {
            Happening::Alert { step, asset } => {
                self.alerts += 1;
                if self.alerts > ALERTS {
                    return None;
                }
                let question = (self.alerts == 1).then(|| Question {
                    said: Said::new("ask-incident", &[]),
                    answers: self.of.declarations.clone(),
                    hints: Vec::new(),
                });
                let hidden = Said::new("in-fact-step", &[&self.step(step)]);
                (Said::new("inject-alert", &[&self.asset(asset)]), Some(hidden), question)
            }
            Happening::Dismissed { step } if self.alerts <= ALERTS => {
                let hidden = Said::new("in-fact-step", &[&self.step(step)]);
                (Said::new("inject-dismissed", &[]), Some(hidden), None)
            }
            Happening::Declared => {
                let question = Question {
                    said: Said::new("ask-containment", &[]),
                    answers: self.of.containments.clone(),
                    hints: Vec::new(),
                };
                (Said::new("inject-declared", &[]), Some(self.reached(moment.at)), Some(question))
            }
            Happening::Action { action } | Happening::ActionFailed { action } => {
                self.actions += 1;
                if self.actions > ACTIONS {
                    return None;
                }
                let worked = matches!(moment.happening, Happening::Action { .. });
                let key = if worked { "inject-action" } else { "inject-action-failed" };
                let written = self.of.playbook.and_then(|p| p.actions.iter().find(|a| a.id == *action));
                (Said::new(key, &[written.map_or(action, |a| &a.name)]), None, None)
            }
            Happening::SiteOff { site } if self.sites.insert(site.to_string()) => {
                (Said::new("inject-site-off", &[site.as_str()]), None, None)
            }
            Happening::Encrypted { asset } if !std::mem::replace(&mut self.encrypted, true) => {
                (Said::new("inject-encrypted", &[&self.asset(asset)]), None, None)
            }
            Happening::FiredEarly => (Said::new("inject-fired", &[]), None, None),
            _ => return None,
        };
        Some(Inject { at: moment.at, known, hidden, question })
    }

    /// Says how far the attacker is at a time.
    fn reached(&self, at: Millis) -> Said {
        let steps: Vec<String> = self
            .of
            .trace
            .moments
            .iter()
            .filter(|m| m.at <= at)
            .filter_map(|m| match &m.happening {
                Happening::StepDone { step, .. } => Some(self.step(step)),
                _ => None,
            })
            .collect();
        let last = steps.last().map_or("–", String::as_str);
        Said::new("in-fact-reached", &[&steps.len().to_string(), last])
    }

    fn known_at(&self) -> Millis {
        self.of.trace.trial.declared.unwrap_or(self.of.trace.trial.end)
    }

    fn report(&self) -> Inject {
        let insured = self.of.plan.insured.to_string();
        let tenants = self.of.crisis.tenants.len().to_string();
        let hints = self.of.crisis.clocks.iter().filter(|c| c.bound > 0).map(|c| {
            let hours = c.within.map_or_else(String::new, |w| (w.0 / Millis::HOUR.0).to_string());
            let met = c.met.map_or_else(String::new, |m| format!("{:.0}", 100.0 * m.get()));
            Said::new("hint-clock", &[&c.who, &c.key, &c.law, &hours, &met])
        });
        // Nobody misses a service before something is down.
        let first = self.of.trace.trial.down.iter().map(|d| d.at).min().unwrap_or(Millis(0));
        Inject {
            at: first.max(self.known_at()).saturating_add(Millis::HOUR),
            known: Said::new("inject-press", &[&tenants, &insured]),
            hidden: None,
            question: Some(Question {
                said: Said::new("ask-report", &[]),
                answers: Vec::new(),
                hints: hints.collect(),
            }),
        }
    }

    fn restart(&self) -> Inject {
        let plan = self.of.plan;
        let list = |ids: Vec<&str>| ids.join(", ");
        let mut hints = Vec::new();
        if !plan.positions.is_empty() {
            let first = plan.positions.iter().take(6).map(|p| p.name.as_str()).collect();
            hints.push(Said::new("hint-order", &[&list(first)]));
        }
        for circle in &plan.by_hand {
            let stuck = list(circle.stuck.iter().map(model::id::ServiceId::as_str).collect());
            let start = list(circle.start.iter().map(model::id::ServiceId::as_str).collect());
            hints.push(Said::new("hint-by-hand", &[&stuck, &start]));
        }
        hints.extend(plan.gains.first().filter(|g| g.weighed.unwrap_or(g.saved).0 > 0).map(gained));
        if let Some(staged) = plan.staged.iter().max_by(|a, b| a.overload.total_cmp(&b.overload)) {
            let times = format!("{:.1}", staged.overload);
            hints.push(Said::new("hint-staged", &[&staged.name, staged.site.as_str(), &times]));
        }
        hints.extend(
            plan.relapse.map(|chance| Said::new("hint-relapse", &[&format!("{:.0}", 100.0 * chance.get())])),
        );
        let mut restored: Vec<String> = plan.restored.iter().map(|r| format!("{:.0}", r.hours())).collect();
        restored.push(format!("{:.0}", plan.last.hours()));
        hints.push(Said::new("hint-restored", &[&restored[0], &restored[3]]));
        let end = self.of.trace.trial.contained.unwrap_or(self.of.trace.trial.end);
        let at = end.max(self.known_at()).saturating_add(Millis(2 * Millis::HOUR.0));
        Inject {
            at,
            known: Said::new("inject-contained", &[&plan.positions.len().to_string()]),
            hidden: None,
            question: Some(Question { said: Said::new("ask-order", &[]), answers: Vec::new(), hints }),
        }
    }

    fn data(&self) -> Inject {
        let key = if self.of.trace.trial.outflow.is_some() { "hint-data-left" } else { "hint-data-stayed" };
        let end = self.of.trace.trial.end.max(self.known_at());
        Inject {
            at: end.saturating_add(Millis(20 * Millis::HOUR.0)),
            known: Said::new("inject-data", &[]),
            hidden: None,
            question: Some(Question {
                said: Said::new("ask-data", &[]),
                answers: Vec::new(),
                hints: vec![Said::new(key, &[]), Said::new("hint-data-first", &[])],
            }),
        }
    }
}

/// Says what one more of something would save, in the measure by which the plan was searched.
fn gained(gain: &Gain) -> Said {
    let (weighed, saved) = (gain.weighed.is_some(), gain.weighed.unwrap_or(gain.saved).0.to_string());
    let key = |plain: &'static str, by_weight: &'static str| if weighed { by_weight } else { plain };
    match &gain.more {
        More::Crew { site, skill: None } => {
            Said::new(key("hint-crew", "hint-crew-weighed"), &[site.as_str(), &saved])
        }
        More::Crew { site, skill: Some(skill) } => {
            Said::new(key("hint-skilled", "hint-skilled-weighed"), &[skill, site.as_str(), &saved])
        }
        More::Bandwidth { site } => {
            Said::new(key("hint-bandwidth", "hint-bandwidth-weighed"), &[site.as_str(), &saved])
        }
        More::Forensics => Said::new(key("hint-forensics", "hint-forensics-weighed"), &[&saved]),
    }
}
