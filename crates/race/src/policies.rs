//! The containment policies a crisis team can choose from, each as a playbook.
//!
//! Times come from the workspace's own playbook where it has them, so that policies
//! and plan differ in what is cut and when, and in nothing else; actions keep the
//! plan's ids, so that they keep its draws.

use std::collections::BTreeSet;

use model::campaign::{Campaign, Effect};
use model::decide::{Measure, Policy, Timing};
use model::estate::Estate;
use model::id::PlaybookId;
use model::playbook::{Action, Cut, Playbook, Repeat};
use model::quantity::{Millis, Quantiles, Ratio};
use model::recovery::Care;
use model::trial::Trial;

use crate::chance::Entity;

/// No time at all: the shortest that can be written.
const INSTANT: Quantiles = Quantiles { q50: 1.0 / 60_000.0, q90: 1.0 / 60_000.0 };
/// Confirming an alarm where no plan says how long it takes, in minutes; an assumption.
const CONFIRM: Quantiles = Quantiles { q50: 45.0, q90: 180.0 };
/// The crisis team's decision where there is no plan, in minutes; an assumption.
const DECIDE: Quantiles = Quantiles { q50: 60.0, q90: 240.0 };
/// The second look between the stages where the plan has none, in minutes; an assumption.
const LOOK_AGAIN: Quantiles = Quantiles { q50: 120.0, q90: 480.0 };

/// Ids of the actions, in the form of CACAO step ids.
const CONFIRMING: &str = "action--6d8b1dd5-4e43-5b2f-9a55-9a1b3f8a7c01";
const FIRST: &str = "action--0f0a2a54-90ce-5b60-8f0d-0b3f4b9b7d02";
const LOOKING: &str = "action--b1c8b0c9-2d4e-5a2b-8a59-5c1f6a0d4e03";
const CUTTING: &str = "action--3e7f5a86-7a1c-5c44-9f39-2e9d8c5b1f04";
const HOLDING: &str = "action--9a4c6e12-51d0-5d8e-a7c2-7f3e0b6a9d05";

/// Role of what knows the accounts; cutting it is the bluntest way to take credentials
/// from an attacker.
const DIRECTORY: &str = "directory";
/// Role of the link to the telematics hub.
const HUB_LINK: &str = "hub-link";

/// How fast the defenders are, whatever they cut.
#[derive(Debug, Clone, PartialEq)]
pub struct Tempo {
    /// What is done until an alarm is confirmed and a decision can be taken, in this order.
    pub confirm: Vec<Action>,
    /// Time to decide once it is confirmed, in minutes.
    pub decide: Quantiles,
    /// Time of the second look between two stages, in minutes.
    pub look_again: Quantiles,
    /// Times to carry out cuts that the plan names, in minutes.
    pub carry_out: Vec<(Cut, Quantiles)>,
}

impl Tempo {
    /// Returns the tempo of a plan; what it does not say is assumed.
    pub fn of(plan: Option<&Playbook>) -> Self {
        let actions = plan.map_or(&[][..], |p| &p.actions);
        let first = actions.iter().find(|a| a.cut != Cut::Nothing);
        let mut confirm: Vec<Action> =
            first.map(|f| before(actions, f)).unwrap_or_default().into_iter().cloned().collect();
        if confirm.is_empty() {
            confirm = vec![pause(CONFIRMING, "Confirm the alarm", CONFIRM)];
        }
        chain(&mut confirm);
        let look =
            first.and_then(|f| actions.iter().find(|a| a.cut == Cut::Nothing && a.after.contains(&f.id)));
        Self {
            confirm,
            decide: first.map_or(DECIDE, |f| f.decide),
            look_again: look.map_or(LOOK_AGAIN, |l| Quantiles {
                q50: l.decide.q50 + l.carry_out.q50,
                q90: l.decide.q90 + l.carry_out.q90,
            }),
            carry_out: actions.iter().map(|a| (a.cut.clone(), a.carry_out)).collect(),
        }
    }

    /// Returns the typical time until an alarm is confirmed and decided on.
    pub fn typical(&self) -> Millis {
        let steps = self.confirm.iter().map(|a| a.decide.q50 + a.carry_out.q50).sum::<f64>();
        Millis::from_minutes(steps + self.decide.q50)
    }

    fn carry_out(&self, cut: &Cut) -> Quantiles {
        let same = |c: &Cut| match (c, cut) {
            // One site takes as long as the next.
            (Cut::Site { .. } | Cut::AlertedSites, Cut::Site { .. } | Cut::AlertedSites)
            | (Cut::Zone { .. } | Cut::AlertedSegments, Cut::Zone { .. } | Cut::AlertedSegments) => true,
            (a, b) => a == b,
        };
        self.carry_out.iter().find(|(c, _)| same(c)).map_or_else(|| assumed(cut), |(_, times)| *times)
    }
}

/// Returns how long a cut takes where the plan does not say, in minutes: assumptions,
/// the wider the slower.
fn assumed(cut: &Cut) -> Quantiles {
    let (q50, q90) = match cut {
        Cut::Nothing => return INSTANT,
        Cut::AlertedAsset => (5.0, 20.0),
        Cut::AlertedSegments | Cut::Zone { .. } => (20.0, 60.0),
        Cut::Role { .. } | Cut::Identity { .. } => (10.0, 30.0),
        Cut::AlertedSites | Cut::Site { .. } => (40.0, 180.0),
        Cut::AllSites => (60.0, 240.0),
    };
    Quantiles { q50, q90 }
}

/// Returns the actions that come before `action`, all of which cut nothing, in the plan's order.
fn before<'a>(actions: &'a [Action], action: &Action) -> Vec<&'a Action> {
    let mut wanted: BTreeSet<&str> = action.after.iter().map(String::as_str).collect();
    loop {
        let more: Vec<&str> = actions
            .iter()
            .filter(|a| wanted.contains(a.id.as_str()))
            .flat_map(|a| a.after.iter().map(String::as_str))
            .filter(|id| !wanted.contains(id))
            .collect();
        if more.is_empty() {
            break;
        }
        wanted.extend(more);
    }
    actions.iter().filter(|a| wanted.contains(a.id.as_str()) && a.cut == Cut::Nothing).collect()
}

/// Lets each action come after the one before it.
fn chain(actions: &mut [Action]) {
    let ids: Vec<String> = actions.iter().map(|a| a.id.clone()).collect();
    for (n, action) in actions.iter_mut().enumerate() {
        action.after = n.checked_sub(1).map(|p| ids[p].clone()).into_iter().collect();
        action.if_failed.clear();
        action.if_worked.clear();
    }
}

fn action(id: &str, name: &str, cut: Cut, decide: Quantiles, carry_out: Quantiles) -> Action {
    Action {
        id: id.to_owned(),
        name: name.to_owned(),
        after: Vec::new(),
        cut,
        decide,
        carry_out,
        success: Ratio::ONE,
        timeout: None,
        if_failed: Vec::new(),
        if_worked: Vec::new(),
        by_others: false,
        repeat: Repeat::Once,
    }
}

fn pause(id: &str, name: &str, time: Quantiles) -> Action {
    action(id, name, Cut::Nothing, time, INSTANT)
}

/// Returns the scopes that differ on this estate: what can be cut, from narrow to wide.
/// Accounts can be revoked where the campaign says as whom its steps act.
pub fn scopes(estate: &Estate, campaign: &Campaign) -> Vec<Cut> {
    let mut scopes = vec![Cut::AlertedAsset];
    if estate.zones.len() > 1 {
        scopes.push(Cut::AlertedSegments);
    }
    let accounts = crate::course::identities(campaign).into_iter();
    scopes.extend(accounts.map(|a| Cut::Identity { identity: a.to_owned(), sessions: true }));
    for role in [DIRECTORY, HUB_LINK] {
        if estate.assets.iter().any(|a| a.role == role) {
            scopes.push(Cut::Role { role: role.to_owned() });
        }
    }
    if estate.sites.len() > 1 {
        scopes.push(Cut::AlertedSites);
        scopes.extend(estate.sites.iter().map(|s| Cut::Site { site: s.id.clone() }));
    }
    scopes.push(Cut::AllSites);
    scopes
}

/// Returns what is cut first where a cut is done in stages; `None` where nothing is narrower.
pub fn narrower(estate: &Estate, scope: &Cut) -> Option<Cut> {
    match scope {
        Cut::Nothing | Cut::AlertedAsset | Cut::Identity { .. } => None,
        Cut::AllSites if estate.sites.len() > 1 => Some(Cut::AlertedSites),
        _ => Some(Cut::AlertedAsset),
    }
}

/// Returns the policy that does nothing more.
pub fn nothing() -> Policy {
    Policy { name: "nothing".to_owned(), measure: Measure::Nothing, playbook: None, reflex: None }
}

/// Returns the policy that follows the plan. A plan that cuts only after something else
/// has been done costs nothing on a false alarm.
pub fn planned(plan: &Playbook) -> Policy {
    let asks = |a: &Action| a.cut == Cut::Nothing || !a.after.is_empty();
    let reflex = (!plan.actions.iter().all(asks)).then(|| plan.clone());
    Policy { name: "plan".to_owned(), measure: Measure::Plan, playbook: Some(plan.clone()), reflex }
}

/// Returns the policy that cuts `scope`, at once or `first` something narrower.
pub fn policy(tempo: &Tempo, scope: &Cut, timing: Timing, first: Option<Cut>) -> Policy {
    let mut name = format!("{}/{}", scope_name(scope), timing_name(timing));
    if first.is_some() {
        name.push_str("/staged");
    }
    let mut actions = match timing {
        Timing::Now => Vec::new(),
        Timing::Confirmed => tempo.confirm.clone(),
    };
    let decide = match timing {
        Timing::Now => INSTANT,
        Timing::Confirmed => tempo.decide,
    };
    match &first {
        None => actions.push(action(CUTTING, &words(scope), scope.clone(), decide, tempo.carry_out(scope))),
        Some(narrow) => {
            actions.push(action(FIRST, &words(narrow), narrow.clone(), decide, tempo.carry_out(narrow)));
            actions.push(pause(LOOKING, "Look again at what is still on", tempo.look_again));
            actions.push(action(CUTTING, &words(scope), scope.clone(), INSTANT, tempo.carry_out(scope)));
        }
    }
    chain(&mut actions);
    let playbook = playbook(&name, actions);
    let reflex = match (timing, &first) {
        (Timing::Confirmed, _) => None,
        (Timing::Now, None) => Some(playbook.clone()),
        // The second look finds that nobody is there.
        (Timing::Now, Some(narrow)) => policy(tempo, narrow, Timing::Now, None).playbook,
    };
    let measure = Measure::Cut { scope: scope.clone(), timing, first, repeat: Repeat::Once };
    Policy { name, measure, playbook: Some(playbook), reflex }
}

/// Returns the policy that cuts `scope` at once and goes on: again for each later alert
/// while the incident is open. `None` where the cut does not follow the alerts, so that
/// there is nothing to go on with.
pub fn standing(tempo: &Tempo, scope: &Cut, timing: Timing) -> Option<Policy> {
    if !matches!(scope, Cut::AlertedAsset | Cut::AlertedSegments | Cut::AlertedSites) {
        return None;
    }
    let once = policy(tempo, scope, timing, None);
    let name = format!("{}/while-open", once.name);
    let go_on = |mut playbook: Playbook| {
        playbook.id = playbook_id(&name);
        playbook.name.clone_from(&name);
        for action in playbook.actions.iter_mut().filter(|a| a.cut == *scope) {
            action.repeat = Repeat::WhileOpen;
        }
        playbook
    };
    Some(Policy {
        measure: Measure::Cut { scope: scope.clone(), timing, first: None, repeat: Repeat::WhileOpen },
        playbook: once.playbook.map(&go_on),
        reflex: once.reflex.map(&go_on),
        name,
    })
}

/// Returns `policy` with every action put off by `wait` after the alarm.
#[must_use]
pub fn held(policy: &Policy, wait: Millis) -> Playbook {
    let mut held = policy.playbook.clone().unwrap_or_else(|| playbook("nothing", Vec::new()));
    let minutes = wait.minutes().max(INSTANT.q50);
    let mut hold = pause(HOLDING, "Wait", Quantiles { q50: minutes, q90: minutes });
    hold.carry_out = INSTANT;
    for action in held.actions.iter_mut().filter(|a| a.after.is_empty()) {
        action.after.push(HOLDING.to_owned());
    }
    held.actions.insert(0, hold);
    held
}

fn playbook_id(name: &str) -> PlaybookId {
    PlaybookId::new(&format!("playbook--{}", uuid(name))).expect("letters and digits")
}

fn playbook(name: &str, actions: Vec<Action>) -> Playbook {
    Playbook {
        id: playbook_id(name),
        name: name.to_owned(),
        description: "A containment policy of the decision card.".to_owned(),
        actions,
        crews: None,
        source: "feuerprobe decide".to_owned(),
    }
}

/// Returns a UUID that belongs to a name: version 8 of RFC 9562, whose bits are free.
pub(crate) fn uuid(name: &str) -> String {
    let (a, b) = (Entity::named("uuid", name).0, Entity::named("uuid-low", name).0);
    let high = (a & !0xf000) | 0x8000;
    let low = (b & !(0xc000 << 48)) | (0x8000 << 48);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

fn timing_name(timing: Timing) -> &'static str {
    match timing {
        Timing::Now => "now",
        Timing::Confirmed => "confirmed",
    }
}

fn scope_name(cut: &Cut) -> String {
    match cut {
        Cut::Nothing => "nothing".to_owned(),
        Cut::AlertedAsset => "host".to_owned(),
        Cut::AlertedSegments => "segments".to_owned(),
        Cut::AlertedSites => "alerted-sites".to_owned(),
        Cut::Site { site } => format!("site:{site}"),
        Cut::AllSites => "all-sites".to_owned(),
        Cut::Zone { zone } => format!("zone:{zone}"),
        Cut::Identity { identity, .. } => format!("account:{identity}"),
        Cut::Role { role } if role == DIRECTORY => "identity".to_owned(),
        Cut::Role { role } => role.clone(),
    }
}

fn words(cut: &Cut) -> String {
    match cut {
        Cut::Nothing => "Do nothing".to_owned(),
        Cut::AlertedAsset => "Take the alerted hosts off the network".to_owned(),
        Cut::AlertedSegments => "Take every alerted segment off the network".to_owned(),
        Cut::AlertedSites => "Take every alerted site off the network".to_owned(),
        Cut::Site { site } => format!("Take the site {site} off the network"),
        Cut::AllSites => "Take every site off the network".to_owned(),
        Cut::Zone { zone } => format!("Take the zone {zone} off the network at every site"),
        Cut::Identity { identity, .. } => format!("Revoke {identity} and end its sessions"),
        Cut::Role { role } => format!("Take every {role} off the network"),
    }
}

/// Returns the campaign as a false alarm shows it: the same signs, and nothing behind them.
pub fn harmless(campaign: &Campaign) -> Campaign {
    let mut harmless = campaign.clone();
    for step in &mut harmless.steps {
        step.effect = Effect::None;
    }
    harmless
}

/// Returns the trials of a false alarm as over once the cuts are done and `check` has
/// found that nobody is there: from then on crews bring everything back, with nothing to
/// examine or to clean, and nothing that could be found again.
pub fn cleared(mut trials: Vec<Trial>, check: Millis) -> Vec<Trial> {
    for trial in &mut trials {
        let last = trial.down.iter().map(|d| d.at).max();
        let cut = last.max(trial.contained).or(trial.declared).unwrap_or_default();
        trial.end = cut.saturating_add(check);
        trial.held = Some(trial.end);
        let over = trial.end;
        trial.clear.iter_mut().for_each(|clear| *clear = over);
        trial.relapse = None;
        for down in &mut trial.down {
            down.care = Care { verify: down.care.verify, release: down.care.release, ..Care::default() };
        }
    }
    trials
}

/// Returns the campaign of an attacker who manages without `role`: every step that only
/// prepares and works there is done, at the same pace and just as visibly, where the step
/// before it was done. `None` where that changes nothing.
pub fn bypassed(campaign: &Campaign, role: &str) -> Option<Campaign> {
    let mut bypassed = campaign.clone();
    // Again and again, because the step before may have moved itself.
    for _ in 0..bypassed.steps.len() {
        for place in 0..bypassed.steps.len() {
            let step = &bypassed.steps[place];
            if step.effect != Effect::None || step.targets.role.as_deref() != Some(role) {
                continue;
            }
            let before = step.needs.iter().filter_map(|n| bypassed.steps.iter().find(|s| s.id == *n));
            let elsewhere = before.map(|s| s.targets.clone()).find(|t| t.role.as_deref() != Some(role));
            if let Some(targets) = elsewhere {
                bypassed.steps[place].targets = targets;
            }
        }
    }
    (bypassed != *campaign).then_some(bypassed)
}
