//! What does not fit together between estate, campaign, playbook and evidence.

use std::collections::{BTreeMap, BTreeSet};

use model::campaign::{Effect, Objective, Operator, Spread, Step};
use model::diagnostic::Diagnostic;
use model::estate::Asset;
use model::id::StepId;
use model::playbook::{Action, Cut};
use model::quantity::{Millis, Quantiles};

use crate::Race;
use crate::course::{cuts, selects};
use crate::engine::HORIZON;
use crate::rollout::store_bytes;

/// Returns the findings about a race; files are named by the ids of what was read.
pub(crate) fn check(race: &Race<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for step in &race.campaign.steps {
        check_step(race, step, &mut found);
    }
    check_campaign(race, &mut found);
    check_goal(race, &mut found);
    if let Some(playbook) = race.playbook {
        for action in &playbook.actions {
            check_action(race, playbook.id.as_str(), action, &mut found);
        }
        let order: BTreeMap<&str, Vec<&str>> = playbook
            .actions
            .iter()
            .map(|a| (a.id.as_str(), a.after.iter().map(String::as_str).collect()))
            .collect();
        for id in stuck(&order) {
            let message = format!("action {id:?} can never start: what it comes after never gets done");
            found.push(
                Diagnostic::error(playbook.id.as_str(), "race.stuck-action", message)
                    .help("name actions of this playbook in `after`, without a cycle"),
            );
        }
    }
    check_soc(race, &mut found);
    for asset in &race.estate.assets {
        check_return(&race.estate.name, asset, &mut found);
    }
    found
}

/// Checks every time that the return of an asset takes.
fn check_return(file: &str, asset: &Asset, found: &mut Vec<Diagnostic>) {
    let phases = asset.phases;
    let times = [
        ("examine", phases.examine),
        ("clean", phases.clean),
        ("restart", Some(asset.restart)),
        ("restore", Some(asset.restore)),
        ("verify", phases.verify),
        ("release", phases.release),
    ];
    for (what, time) in times.into_iter().filter_map(|(what, time)| Some((what, time?))) {
        check_time(file, &format!("the time to {what} {:?}", asset.id.as_str()), time, found);
    }
}

/// Says what a step looks for and does not find.
fn check_target(race: &Race<'_>, step: &Step, found: &mut Vec<Diagnostic>) {
    let file = race.campaign.id.as_str();
    let unknown = unknown_names(race, step);
    if !unknown.is_empty() {
        let message = format!(
            "step {:?} looks for {}, which no asset of the estate has",
            step.id.as_str(),
            unknown.join(" and ")
        );
        let roles: BTreeSet<&str> = race.estate.assets.iter().map(|a| a.role.as_str()).collect();
        let roles: Vec<&str> = roles.into_iter().collect();
        let help = format!(
            "roles of the estate: {}; take the step out where there is no such part",
            roles.join(", ")
        );
        found.push(Diagnostic::error(file, "race.unknown-name", message).help(help));
    } else if !race.estate.assets.iter().any(|a| selects(&step.targets, a)) {
        let message =
            format!("step {:?} selects no asset of the estate, so it is never done", step.id.as_str());
        found.push(
            Diagnostic::warning(file, "race.no-target", message)
                .help("name a role, zone or site of the estate, or widen the selector"),
        );
    }
}

fn check_step(race: &Race<'_>, step: &Step, found: &mut Vec<Diagnostic>) {
    let file = race.campaign.id.as_str();
    check_target(race, step, found);
    if let Some(way) = &step.way_out
        && !race.estate.assets.iter().any(|a| selects(way, a))
    {
        let message = format!(
            "step {:?} sends data out through an asset that the estate does not have; nothing stands in",
            step.id.as_str()
        );
        let help = "name a role, zone or site of the estate in `way-out`";
        found.push(Diagnostic::warning(file, "race.no-target", message).help(help));
    }
    let unknown = |a: &&Asset| selects(&step.targets, a) && store_bytes(a).is_none();
    if step.effect == Effect::Outflow
        && let Some(asset) = race.estate.assets.iter().find(unknown)
    {
        let message = format!(
            "step {:?} carries data out of {:?}, of which the estate does not say how much lies there",
            step.id.as_str(),
            asset.id.as_str()
        );
        let help = "give the asset `records` or `data-gb`; as it is, nothing caps what leaves";
        found.push(Diagnostic::warning(file, "race.unknown-store", message).help(help));
    }
    check_time(file, &format!("the time of step {:?}", step.id.as_str()), step.duration, found);
    if !race.evidence.techniques.contains_key(&step.technique) {
        let message = format!("technique {} of step {:?} has no evidence", step.technique, step.id.as_str());
        found
            .push(Diagnostic::warning(file, "race.no-evidence", message).help(
                "a prior stands in: each outcome 25 %, not measured; exercise or replay the technique",
            ));
    }
    for need in &step.needs {
        let Some(needed) = race.campaign.steps.iter().find(|s| s.id == *need) else {
            let message =
                format!("step {:?} needs {:?}, which does not exist", step.id.as_str(), need.as_str());
            let help = "name a step of this campaign";
            found.push(Diagnostic::error(file, "race.unknown-step", message).help(help));
            continue;
        };
        if step.same_site && needed.spread != Spread::Once && !share_a_site(race, step, needed) {
            let message = format!(
                "step {:?} needs {:?} at its own site, but they have no site in common",
                step.id.as_str(),
                need.as_str()
            );
            found.push(Diagnostic::warning(file, "race.no-common-site", message));
        }
    }
}

/// Returns the parts of a step's selector that no asset of the estate has.
fn unknown_names(race: &Race<'_>, step: &Step) -> Vec<String> {
    let assets = &race.estate.assets;
    let wanted = &step.targets;
    let role = wanted.role.iter().filter(|r| !assets.iter().any(|a| a.role == **r));
    let zone = wanted.zone.iter().filter(|z| !assets.iter().any(|a| a.zone == **z));
    let site = wanted.site.iter().filter(|s| !assets.iter().any(|a| a.site == **s));
    let named = role.map(|r| format!("the role {r:?}"));
    let named = named.chain(zone.map(|z| format!("the zone {:?}", z.as_str())));
    named.chain(site.map(|s| format!("the site {:?}", s.as_str()))).collect()
}

fn check_time(file: &str, what: &str, time: Quantiles, found: &mut Vec<Diagnostic>) {
    if let Some(why) = absurd(time) {
        let help = "`typical` is the median, `slow` the time only one case in ten exceeds";
        let message = format!("{what} is hard to believe: {why}");
        found.push(Diagnostic::warning(file, "race.absurd-time", message).help(help));
    }
}

/// Returns what is absurd about a pair of quantiles, if anything.
fn absurd(q: Quantiles) -> Option<String> {
    let horizon = HORIZON.minutes();
    if q.q50 >= horizon {
        let typical = Millis::from_minutes(q.q50);
        return Some(format!("typically {typical}, but a race is called off after {HORIZON}"));
    }
    // Beyond a factor of 1,000 the mean of the log-normal is more than 2 million medians.
    (q.q90 > 1_000.0 * q.q50).then(|| format!("slow is {:.0} times typical", q.q90 / q.q50))
}

/// Says why the objective can't be reached: the steps on the way that stop it, each with
/// its reason.
fn check_goal(race: &Race<'_>, found: &mut Vec<Diagnostic>) {
    let campaign = race.campaign;
    let goal = match campaign.objective {
        Objective::Payload => Effect::Encrypt,
        Objective::Outflow => Effect::Outflow,
    };
    let mut possible: BTreeSet<&StepId> = BTreeSet::new();
    loop {
        let before = possible.len();
        for step in &campaign.steps {
            let target = race.estate.assets.iter().any(|a| selects(&step.targets, a));
            let met = match step.operator {
                Operator::All => step.needs.iter().all(|n| possible.contains(n)),
                Operator::Any => step.needs.is_empty() || step.needs.iter().any(|n| possible.contains(n)),
            };
            if target && met {
                possible.insert(&step.id);
            }
        }
        if possible.len() == before {
            break;
        }
    }
    let goals: Vec<&Step> = campaign.steps.iter().filter(|s| s.effect == goal).collect();
    if goals.is_empty() || goals.iter().any(|s| possible.contains(&s.id)) {
        return;
    }
    let why = |step: &Step| {
        if !race.estate.assets.iter().any(|a| selects(&step.targets, a)) {
            return "it selects no asset of the estate".to_owned();
        }
        let lacks: Vec<&str> =
            step.needs.iter().filter(|n| !possible.contains(n)).map(StepId::as_str).collect();
        format!("it needs {}, which can't be done", lacks.join(" and "))
    };
    // Only what lies on the way to the goal, and first what stops it by itself.
    let mut on_the_way: BTreeSet<&StepId> = goals.iter().map(|s| &s.id).collect();
    loop {
        let before = on_the_way.len();
        for step in &campaign.steps {
            if on_the_way.contains(&step.id) {
                on_the_way.extend(&step.needs);
            }
        }
        if on_the_way.len() == before {
            break;
        }
    }
    let stops = |s: &&Step| on_the_way.contains(&s.id) && !possible.contains(&s.id);
    let mut stopped: Vec<&Step> = campaign.steps.iter().filter(stops).collect();
    stopped.sort_by_key(|s| race.estate.assets.iter().any(|a| selects(&s.targets, a)));
    let stopped: Vec<String> =
        stopped.into_iter().map(|s| format!("{:?}: {}", s.id.as_str(), why(s))).collect();
    let message = format!("the objective can never be reached; {}", stopped.join("; "));
    let help = "the first step named is where the way ends: widen its selector or its needs";
    found.push(Diagnostic::error(campaign.id.as_str(), "race.unreachable-goal", message).help(help));
}

fn share_a_site(race: &Race<'_>, one: &Step, other: &Step) -> bool {
    let sites = |step: &Step| -> BTreeSet<&str> {
        let assets = race.estate.assets.iter().filter(|a| selects(&step.targets, a));
        assets.map(|a| a.site.as_str()).collect()
    };
    !sites(one).is_disjoint(&sites(other))
}

fn check_campaign(race: &Race<'_>, found: &mut Vec<Diagnostic>) {
    let campaign = race.campaign;
    let file = campaign.id.as_str();
    let mut seen = BTreeSet::new();
    for step in campaign.steps.iter().filter(|s| !seen.insert(&s.id)) {
        let message = format!("two steps are called {:?}", step.id.as_str());
        found.push(Diagnostic::error(file, "race.duplicate-step", message).help("give each its own id"));
    }
    let order: BTreeMap<&str, Vec<&str>> = campaign
        .steps
        .iter()
        .filter(|s| s.operator == Operator::All)
        .map(|s| (s.id.as_str(), s.needs.iter().map(StepId::as_str).collect()))
        .collect();
    // A step that any of several can open is taken to be open: only cycles of "all" block for certain.
    let open: BTreeSet<&str> =
        campaign.steps.iter().map(|s| s.id.as_str()).filter(|id| !order.contains_key(id)).collect();
    let order = order
        .into_iter()
        .map(|(id, needs)| (id, needs.into_iter().filter(|n| !open.contains(n)).collect::<Vec<_>>()));
    for id in stuck(&order.collect()) {
        let message = format!("step {id:?} can never start: what it needs never gets done");
        found.push(Diagnostic::error(file, "race.stuck-step", message).help("take the cycle out of `needs`"));
    }
    let goal = match campaign.objective {
        Objective::Payload => Effect::Encrypt,
        Objective::Outflow => Effect::Outflow,
    };
    if !campaign.steps.iter().any(|s| s.effect == goal) {
        let message = "no step reaches the campaign's objective";
        let help = "give the last step the effect encrypt (payload) or outflow";
        found.push(Diagnostic::error(file, "race.no-objective", message).help(help));
    }
}

/// Returns what can never be done, given what each comes after.
fn stuck<'a>(order: &BTreeMap<&'a str, Vec<&'a str>>) -> Vec<&'a str> {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    loop {
        let before = done.len();
        for (id, after) in order {
            if after.iter().all(|a| done.contains(a)) {
                done.insert(id);
            }
        }
        if done.len() == before {
            return order.keys().filter(|id| !done.contains(*id)).copied().collect();
        }
    }
}

fn check_action(race: &Race<'_>, file: &str, action: &Action, found: &mut Vec<Diagnostic>) {
    check_time(file, &format!("the time to decide {:?}", action.name), action.decide, found);
    check_time(file, &format!("the time to carry out {:?}", action.name), action.carry_out, found);
    let what = match &action.cut {
        Cut::Nothing | Cut::AlertedAsset | Cut::AlertedSegments | Cut::AlertedSites | Cut::AllSites => return,
        Cut::Site { site } => format!("site {:?}", site.as_str()),
        Cut::Zone { zone } => format!("zone {:?}", zone.as_str()),
        Cut::Identity { identity, .. } => {
            if !crate::course::identities(race.campaign).contains(&identity.as_str()) {
                let message = format!("action {:?} revokes {identity:?}, which no step acts as", action.id);
                let help = "name an identity that a step of the campaign names";
                found.push(Diagnostic::warning(file, "race.empty-cut", message).help(help));
            }
            return;
        }
        Cut::Role { role } => format!("role {role:?}"),
    };
    if !race.estate.assets.iter().any(|a| cuts(&action.cut, a)) {
        let message = format!("action {:?} cuts {what}, of which the estate has no asset", action.id);
        let help = "name a site, zone or role of the estate";
        found.push(Diagnostic::error(file, "race.empty-cut", message).help(help));
    }
}

fn check_soc(race: &Race<'_>, found: &mut Vec<Diagnostic>) {
    let desk = crate::desk::Desk::new(&race.estate.soc);
    if desk.share < 1.0 {
        let message = format!(
            "the alert team is overloaded: only {:.0} % of the alerts are ever looked at",
            desk.share * 100.0
        );
        let help = "more analysts, less time an alert, or fewer false alerts";
        found.push(Diagnostic::warning(&race.estate.name, "race.overloaded", message).help(help));
    }
    let (agree, classes) = (usize::from(desk.agree), race.estate.assets.len());
    if agree > classes {
        let message =
            format!("{agree} assets must agree before an incident is declared, but there are {classes}");
        let help = "lower `agree` in `soc`: as it is, nobody ever declares an incident";
        found.push(Diagnostic::error(&race.estate.name, "race.never-declared", message).help(help));
    }
}
