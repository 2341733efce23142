//! Changes to the plan: another step, another plan, or a plan where there is none.

use model::estate::Estate;
use model::playbook::{Action, Cut, Playbook, Repeat};
use model::scorecard::LeverKind;

use super::{Candidate, Met};
use crate::effort::Efforts;

/// Role of what knows the accounts.
const DIRECTORY: &str = "directory";

/// How many policies are tried in the plan's place.
const POLICIES: usize = 2;

/// Returns the changes to the plans that this estate leaves room for.
pub(super) fn plans(
    estate: &Estate,
    met: &[Met<'_>],
    playbooks: &[Playbook],
    efforts: &Efforts,
) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = met.iter().flat_map(|m| replaced(m, efforts)).collect();
    for playbook in playbooks.iter().filter(|p| met.iter().any(|m| m.playbook == Some(*p))) {
        for (place, action) in playbook.actions.iter().enumerate() {
            for (step, title, why) in steps(estate, playbook, action) {
                let mut changed = playbook.clone();
                if let Some(own) = changed.actions.get_mut(place) {
                    *own = step;
                }
                let own = |p: &Playbook| if p.id == changed.id { changed.clone() } else { p.clone() };
                let mut candidate = new(title, why, LeverKind::Plan, "change-step", efforts);
                candidate.playbooks = Some(playbooks.iter().map(own).collect());
                found.push(candidate);
            }
        }
    }
    found
}

fn new(title: String, why: String, kind: LeverKind, effort: &'static str, efforts: &Efforts) -> Candidate {
    Candidate::new(title, why, kind, (effort, efforts.days(effort)))
}

/// Returns another plan for a campaign: in the place of its own, or where nobody responds.
fn replaced(met: &Met<'_>, efforts: &Efforts) -> Vec<Candidate> {
    let own = met.playbook.filter(|p| p.actions.iter().any(|a| a.cut != Cut::Nothing));
    let keep = if own.is_some() { POLICIES } else { 1 };
    let plans = met.policies.iter().filter_map(|p| p.playbook.as_ref()).take(keep);
    plans
        .filter_map(|plan| {
            let cut = plan.actions.iter().rev().find(|a| a.cut != Cut::Nothing)?;
            let campaign = &met.campaign.name;
            let what = format!("\u{201c}{}, once confirmed\u{201d}", cut.name);
            let (title, why) = match own {
                Some(own) => (
                    format!(
                        "Answer \u{201c}{campaign}\u{201d} with {what} in place of \u{201c}{}\u{201d}",
                        own.name
                    ),
                    "Of the policies tried in its place this is among those that lose least.".to_owned(),
                ),
                None => (
                    format!("Write a plan for \u{201c}{campaign}\u{201d}, such as {what}"),
                    "Nobody responds to this campaign, so nothing that is seen can save anything.".to_owned(),
                ),
            };
            let mut candidate = new(title, why, LeverKind::Policy, "replace-plan", efforts);
            candidate.plans = vec![(met.campaign.id.clone(), plan.clone())];
            Some(candidate)
        })
        .collect()
}

/// Returns what else a step could be, with title and reason: done again for each later alert,
/// or another cut.
fn steps(estate: &Estate, playbook: &Playbook, action: &Action) -> Vec<(Action, String, String)> {
    let cuts = |id: &String| playbook.actions.iter().any(|a| a.id == *id && a.cut != Cut::Nothing);
    let looks_again = action.cut == Cut::Nothing && action.after.iter().any(cuts);
    if action.cut == Cut::Nothing && !looks_again {
        return Vec::new();
    }
    let plan = format!("Plan: \u{201c}{}\u{201d}.", playbook.name);
    let why = if looks_again {
        "It comes after a cut and takes nothing off, whatever has raised an alert since."
    } else {
        "What is cut decides what the attacker keeps and what everybody loses."
    };
    let mut found: Vec<(Action, String, String)> = others(estate, looks_again)
        .into_iter()
        .filter(|(cut, _)| *cut != action.cut)
        .map(|(cut, what)| {
            let title = format!("Let the step \u{201c}{}\u{201d} take off {what}", action.name);
            (Action { cut, ..action.clone() }, title, format!("{why} {plan}"))
        })
        .collect();
    let by_alert = matches!(action.cut, Cut::AlertedAsset | Cut::AlertedSegments | Cut::AlertedSites);
    if by_alert && action.repeat == Repeat::Once {
        let title = format!("Do the step \u{201c}{}\u{201d} again for each later alert", action.name);
        let why = format!("It is done once, and what raises an alert later stays on. {plan}");
        found.push((Action { repeat: Repeat::WhileOpen, ..action.clone() }, title, why));
    }
    found
}

/// Returns what else could be taken off, with words for it.
fn others(estate: &Estate, looks_again: bool) -> Vec<(Cut, &'static str)> {
    let mut cuts = Vec::new();
    if estate.zones.len() > 1 {
        cuts.push((Cut::AlertedSegments, "every segment that has raised an alert"));
    }
    if estate.sites.len() > 1 {
        cuts.push((Cut::AlertedSites, "every site that has raised an alert"));
    }
    if !looks_again {
        cuts.insert(0, (Cut::AlertedAsset, "the host with the alert"));
        cuts.push((Cut::AllSites, "every site"));
        if estate.assets.iter().any(|a| a.role == DIRECTORY) {
            cuts.push((Cut::Role { role: DIRECTORY.to_owned() }, "every directory server"));
        }
    }
    cuts
}
