//! Changes to how what went down comes back.

use model::estate::Estate;
use model::quantity::{Millis, Ratio};
use model::recovery::Readmission;
use model::scorecard::LeverKind;

use super::{Candidate, SOONER};
use crate::effort::Efforts;

/// A second look before anything is started finds so much of what the first left (assumption).
const SECOND_LOOK_FINDS: f64 = 0.5;

/// Returns the changes to the recovery that this estate leaves room for.
pub(super) fn recovery(estate: &Estate, efforts: &Efforts) -> Vec<Candidate> {
    let changes = [
        crews(estate),
        forensics(estate),
        restore_rate(estate),
        stages(estate),
        second_look(estate),
        all_clear(estate),
    ];
    let mut changes: Vec<Candidate> = changes.into_iter().flatten().collect();
    for change in &mut changes {
        change.effort_days *= efforts.days(change.effort);
    }
    changes
}

/// Returns a change that takes an effort so many times.
fn change(title: &str, why: String, effort: (&'static str, usize), changed: Estate) -> Option<Candidate> {
    let effort = (effort.0, effort.1 as f64);
    let mut candidate = Candidate::new(title.to_owned(), why, LeverKind::Recovery, effort);
    candidate.estate = Some(changed);
    Some(candidate)
}

fn crews(estate: &Estate) -> Option<Candidate> {
    let sites = estate.sites.len();
    if sites == 0 {
        return None;
    }
    let mut changed = estate.clone();
    for site in &mut changed.sites {
        let more = site.skills.len().max(1) as u16;
        site.crews = site.crews.saturating_add(more);
        for skill in &mut site.skills {
            skill.crews = skill.crews.saturating_add(1);
        }
    }
    let trained: usize = estate.sites.iter().map(|s| s.skills.len().max(1)).sum();
    let crews: u32 = estate.sites.iter().map(|s| u32::from(s.crews)).sum();
    let why = format!("{crews} crews at {sites} sites bring back {} asset classes", estate.assets.len());
    change("Train one more recovery crew at every site", why, ("recovery-crew", trained), changed)
}

fn forensics(estate: &Estate) -> Option<Candidate> {
    let teams = estate.recovery.forensic_teams?;
    let mut changed = estate.clone();
    changed.recovery.forensic_teams = Some(teams.saturating_add(1));
    let examined = estate.assets.iter().filter(|a| a.phases.examine.is_some()).count();
    let why = format!("{teams} teams examine {examined} asset classes before anything there is started.");
    change("Have one more forensic team on call", why, ("forensic-team", 1), changed)
}

fn restore_rate(estate: &Estate) -> Option<Candidate> {
    let data: u64 = estate.assets.iter().map(|a| a.data_gb).sum();
    let sites = estate.sites.iter().filter(|s| s.restore_gb_per_hour.is_some()).count();
    if data == 0 || sites == 0 {
        return None;
    }
    let mut changed = estate.clone();
    for rate in changed.sites.iter_mut().filter_map(|s| s.restore_gb_per_hour.as_mut()) {
        *rate = rate.saturating_mul(2);
    }
    let why = format!("After an encryption up to {data} GB are read back at the rates of {sites} sites.");
    change("Read backups back twice as fast at every site", why, ("restore-rate", sites), changed)
}

fn stages(estate: &Estate) -> Option<Candidate> {
    let surging = estate.services.iter().filter(|s| s.warm_up.is_some_and(|w| w.surge > w.headroom)).count();
    if estate.recovery.readmission == Readmission::Staged || surging == 0 {
        return None;
    }
    let mut changed = estate.clone();
    changed.recovery.readmission = Readmission::Staged;
    let why =
        format!("{surging} services are asked for more than they carry when all tenants return at once.");
    change("Let tenants back in stages", why, ("staged-return", 1), changed)
}

fn all_clear(estate: &Estate) -> Option<Candidate> {
    let after = estate.soc.quiet;
    let sooner = Millis(after.0 / SOONER);
    if sooner == Millis(0) {
        return None;
    }
    let mut changed = estate.clone();
    changed.soc.quiet = sooner;
    let title = format!("Declare the all-clear {sooner} after the last cut or action");
    let why = format!(
        "What is ready waits for the all-clear, {after} after the last cut or action (soc.quiet, an assumption), \
         so no outage by a cut is shorter."
    );
    change(&title, why, ("all-clear", 1), changed)
}

fn second_look(estate: &Estate) -> Option<Candidate> {
    let odds = estate.recovery.relapse.filter(|r| r.chance > Ratio::ZERO)?;
    let mut changed = estate.clone();
    if let Some(relapse) = changed.recovery.relapse.as_mut() {
        relapse.chance = Ratio::clamped(odds.chance.get() * (1.0 - SECOND_LOOK_FINDS));
    }
    let why = format!(
        "In {:.0} % of recoveries something of the attacker is found again and a site goes off once more.",
        100.0 * odds.chance.get()
    );
    change("Look a second time before anything is started", why, ("second-look", 1), changed)
}
