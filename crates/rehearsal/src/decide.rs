//! The decision card: every containment policy raced against the same attacker.

use assess::decide::{
    Course, DrawnOutcome, Question, Raced, Scale, advice, courses, drawn, drawn_outcome, frontier, open,
    order, outcomes, tip,
};
use model::campaign::{Campaign, Objective};
use model::decide::{AllClear, Card, Detour, Measure, Policy, PolicyOutcome, Timing};
use model::estate::Estate;
use model::evidence::Evidence;
use model::playbook::{Cut, Playbook};
use model::quantity::{Millis, Ratio};
use race::Race;
use race::policies::{self, Tempo};

use crate::progress::Progress;
use crate::workspace::Settings;

/// Times since the alarm at which the card asks whether to pull now, in hours.
const CLOCK: [u64; 9] = [0, 1, 2, 4, 8, 16, 24, 48, 72];

/// What a card is made for.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The estate.
    pub estate: &'a Estate,
    /// The attack feared.
    pub campaign: &'a Campaign,
    /// The workspace's playbook; `None`: the plan is to do nothing.
    pub plan: Option<&'a Playbook>,
    /// How fast the defenders are.
    pub tempo: &'a Tempo,
    /// How often steps are prevented and seen.
    pub evidence: &'a Evidence,
    /// Seed and trials of each policy.
    pub settings: Settings,
    /// How sure the crisis team is that the alarm is real.
    pub confidence: Ratio,
    /// Whether what is used belongs to the built-in provider.
    pub demo: bool,
}

/// Draws of the evidence that the shown policies are raced on.
const DRAWS: u32 = 20;

/// Share of the trials spent on each draw.
const SIDE_SHARE: u32 = 5;
/// Returns the policies that a card compares.
pub fn policies(case: Case<'_>) -> Vec<Policy> {
    all(case)
}

/// Returns the card, and the policies on it.
pub fn decide(case: Case<'_>, progress: &dyn Progress) -> (Card, Vec<Policy>) {
    let tempo = case.tempo;
    let policies = all(case);
    progress.begin("decide", (policies.len() + 2 * CLOCK.len() + 1) as u64 + u64::from(DRAWS));
    let mut raced: Vec<Raced> = Vec::new();
    for policy in &policies {
        let false_alarm = case.false_alarm(policy, &policies, &raced);
        raced.push(Raced {
            name: policy.name.clone(),
            measure: policy.measure.clone(),
            courses: case.courses(policy.playbook.as_ref()),
            false_alarm,
        });
        progress.advance(1);
    }
    let (alarms, open) = open(&raced[0].courses);
    let scale = case.scale();
    let order = order(&raced, &open, scale);
    let plan = raced.iter().find(|r| r.measure == Measure::Plan).unwrap_or(&raced[0]);
    let mut all = outcomes(&raced, plan, &open, scale);
    let mut advice = advice(&raced, &order, &open, scale);
    let holds = case.few_exercises(&policies, &order, &mut all, progress);
    if let Some(advice) = &mut advice {
        advice.holds = holds;
    }
    // Where the advice is to cut nothing, the question is about the best cut there is.
    let tip_of = order.iter().find_map(|p| match &raced[*p].measure {
        Measure::Cut { scope, .. } => Some(scope.clone()),
        Measure::Nothing | Measure::Plan => None,
    });
    let tips = match &tip_of {
        Some(scope) if !open.is_empty() => tips(case, scope, &raced, &open, progress),
        _ => Vec::new(),
    };
    let detour = detour(case, &policies, &raced, &order);
    let all_clear = all_clear(case, (&policies, &raced), &order, &open);
    progress.advance(1);
    let steps = match case.campaign.objective {
        Objective::Outflow if !open.is_empty() => frontier(&raced, &open, scale),
        _ => Vec::new(),
    };
    progress.end();
    let card = Card {
        estate: case.estate.name.clone(),
        demo: case.demo,
        campaign: case.campaign.id.clone(),
        campaign_name: case.campaign.name.clone(),
        objective: case.campaign.objective,
        plan: case.plan.map(|p| p.name.clone()),
        seed: case.settings.seed,
        trials: case.settings.trials,
        measured: Some(case.evidence.measured(case.campaign.techniques())),
        alarms: u32::try_from(alarms).unwrap_or(u32::MAX),
        open: u32::try_from(open.len()).unwrap_or(u32::MAX),
        tenants: u32::try_from(case.estate.tenants.len()).unwrap_or(u32::MAX),
        weighed: case.estate.weighs(),
        exposed: race::records_at_risk(case.estate, case.campaign),
        confidence: case.confidence,
        confirm: tempo.typical(),
        policies: order.iter().map(|p| all[*p].clone()).collect(),
        all_clear,
        tip_of,
        tips,
        detour: detour.filter(|_| advice.is_some()),
        price: scale.price,
        frontier: steps,
        advice,
    };
    (card, policies)
}

/// Returns every policy that makes a difference on this estate: first to do nothing more,
/// then the plan, then every cut from narrow to wide.
fn all(case: Case<'_>) -> Vec<Policy> {
    let mut all = vec![policies::nothing()];
    all.extend(case.plan.map(policies::planned));
    for scope in policies::scopes(case.estate, case.campaign) {
        for timing in [Timing::Now, Timing::Confirmed] {
            all.push(policies::policy(case.tempo, &scope, timing, None));
            all.extend(policies::standing(case.tempo, &scope, timing));
            if let Some(first) = policies::narrower(case.estate, &scope) {
                all.push(policies::policy(case.tempo, &scope, timing, Some(first)));
            }
        }
    }
    all
}

impl Case<'_> {
    fn race<'b>(&'b self, campaign: &'b Campaign, playbook: Option<&'b Playbook>) -> Race<'b> {
        Race { estate: self.estate, campaign, playbook, evidence: self.evidence, seed: self.settings.seed }
    }

    fn scale(&self) -> Scale {
        let people = race::records_at_risk(self.estate, self.campaign);
        Scale {
            confidence: self.confidence,
            objective: self.campaign.objective,
            price: self.estate.trade_off.map(|t| t.price(people)),
        }
    }

    /// Races the policies that are shown on draws of the evidence, and notes what few exercises
    /// leave open; returns in how many draws the best policy stays best among them, and of how
    /// many.
    fn few_exercises(
        &self,
        policies: &[Policy],
        order: &[usize],
        all: &mut [PolicyOutcome],
        progress: &dyn Progress,
    ) -> (u32, u32) {
        let shown = assess::decide::shown(order, &|p| policies[p].measure.clone());
        let trials = (self.settings.trials / SIDE_SHARE).max(2);
        let mut results: Vec<Vec<DrawnOutcome>> = vec![Vec::new(); shown.len()];
        let (mut held, mut drawn_at_all) = (0, 0);
        for n in 0..DRAWS {
            let evidence = race::draw(self.evidence, self.settings.seed, n);
            let settings = Settings { trials, ..self.settings };
            let case = Case { evidence: &evidence, settings, ..*self };
            let (_, open) = open(&case.courses(None));
            let outcomes: Vec<Option<DrawnOutcome>> = shown
                .iter()
                .map(|p| {
                    let wrong = all[*p].false_alarm.value;
                    let courses = case.courses(policies[*p].playbook.as_ref());
                    drawn_outcome(&courses, wrong, &open, self.scale())
                })
                .collect();
            for (list, outcome) in results.iter_mut().zip(&outcomes) {
                list.extend(*outcome);
            }
            let best = outcomes.iter().flatten().map(|o| o.weighed).fold(f64::INFINITY, f64::min);
            if let Some(Some(first)) = outcomes.first() {
                drawn_at_all += 1;
                held += u32::from(first.weighed <= best);
            }
            progress.advance(1);
        }
        for (place, draws) in shown.iter().zip(&results) {
            all[*place].exercises = drawn(draws, &all[*place]);
        }
        (held, drawn_at_all)
    }

    fn courses(&self, playbook: Option<&Playbook>) -> Vec<Course> {
        let trials = self.race(self.campaign, playbook).run(self.settings.trials).trials;
        let impacts = continuity::impacts(self.estate, &trials);
        courses(self.estate, self.campaign.objective, &trials, &impacts)
    }

    /// Returns what a policy costs where nobody is there, by trial; empty where it costs nothing.
    fn false_alarm(&self, policy: &Policy, all: &[Policy], done: &[Raced]) -> Vec<f64> {
        let Some(reflex) = &policy.reflex else { return Vec::new() };
        let same = all.iter().zip(done).find(|(p, _)| p.reflex.as_ref() == Some(reflex));
        if let Some((_, raced)) = same {
            return raced.false_alarm.clone();
        }
        let harmless = policies::harmless(self.campaign);
        let trials = self.race(&harmless, Some(reflex)).run(self.settings.trials).trials;
        let impacts = continuity::impacts(self.estate, &policies::cleared(trials, self.tempo.typical()));
        let lost = impacts.iter().map(|i| i.lost(self.estate.weighs()));
        lost.map(|(attack, containment)| attack + containment).collect()
    }
}

/// Returns what the advised cut of a role is worth against an attacker who manages
/// without that role, and what is best against it: of all cuts at once, the plan, and nothing.
fn detour(case: Case<'_>, policies: &[Policy], raced: &[Raced], order: &[usize]) -> Option<Detour> {
    let advised = *order.first()?;
    let Measure::Cut { scope: Cut::Role { role }, .. } = &policies[advised].measure else { return None };
    let campaign = policies::bypassed(case.campaign, role)?;
    let case = Case { campaign: &campaign, ..case };
    let plain = |measure: &Measure| match measure {
        Measure::Nothing | Measure::Plan => true,
        Measure::Cut { scope, first, .. } => first.is_none() && !matches!(scope, Cut::Site { .. }),
    };
    let picked: Vec<usize> =
        (0..policies.len()).filter(|p| *p == advised || plain(&policies[*p].measure)).collect();
    let again: Vec<Raced> = picked
        .iter()
        .map(|p| Raced { courses: case.courses(policies[*p].playbook.as_ref()), ..raced[*p].clone() })
        .collect();
    let (_, open) = open(&again[0].courses);
    let best = *assess::decide::order(&again, &open, case.scale()).first()?;
    let all = outcomes(&again, &again[0], &open, case.scale());
    let own = picked.iter().position(|p| *p == advised)?;
    Some(Detour { advised: all[own].expected, policy: all[best].name.clone(), expected: all[best].expected })
}

/// Returns what a sooner all-clear would be worth to the plan, or to the best cut where there is
/// no plan.
fn all_clear(
    case: Case<'_>,
    (policies, raced): (&[Policy], &[Raced]),
    order: &[usize],
    open: &[usize],
) -> Option<AllClear> {
    let after = case.estate.soc.quiet;
    let plan = policies.iter().position(|p| p.measure == Measure::Plan);
    let cut = || order.iter().copied().find(|p| matches!(policies[*p].measure, Measure::Cut { .. }));
    let place = plan.or_else(cut).filter(|_| after > Millis(0) && open.len() > 1)?;
    let sooner = Millis(after.0 / assess::SOONER);
    let mut estate = case.estate.clone();
    estate.soc.quiet = sooner;
    let case = Case { estate: &estate, ..case };
    let own = &raced[place];
    let again = Raced { courses: case.courses(policies[place].playbook.as_ref()), ..own.clone() };
    let less = outcomes(&[again], own, open, case.scale()).first()?.against_plan;
    Some(AllClear { after, sooner, less })
}

fn tips(
    case: Case<'_>,
    scope: &Cut,
    raced: &[Raced],
    open: &[usize],
    progress: &dyn Progress,
) -> Vec<model::decide::Tip> {
    let now = policies::policy(case.tempo, scope, Timing::Now, None);
    let confirmed = policies::policy(case.tempo, scope, Timing::Confirmed, None);
    let false_alarm = raced.iter().find(|r| r.name == now.name).map_or(&[][..], |r| &r.false_alarm);
    let mut tips = Vec::new();
    for hours in CLOCK {
        let after = Millis(hours * Millis::HOUR.0);
        let courses = |policy: &Policy| {
            let courses = case.courses(Some(&policies::held(policy, after)));
            progress.advance(1);
            courses
        };
        let question = Question {
            after,
            nothing: &raced[0].courses,
            pull: &courses(&now),
            wait: &courses(&confirmed),
            false_alarm,
        };
        match tip(question, case.campaign.objective, open, case.confidence) {
            Some(tip) => tips.push(tip),
            None => break,
        }
    }
    tips
}
