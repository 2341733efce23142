//! An outage that is given: what is down in an estate, how it comes back and what it costs.

use std::collections::BTreeMap;

use continuity::Gone;
use model::crisis::Crisis;
use model::estate::{Asset, Estate};
use model::quantity::Seed;
use model::record::Record;
use model::recovery::Phase;
use model::restart::RestartPlan;
use model::trial::{DownCause, Trace};

use crate::error::Error;

/// What is down, by place in the estate.
pub type Down = BTreeMap<usize, Gone>;

/// Returns what is named as switched off or lost. A name is an asset, `site:ID`, `zone:ID`,
/// `role:NAME` or `all`; what is both is lost.
///
/// # Errors
/// [`Error::Unknown`] for a name that nothing of the estate bears.
pub fn down(estate: &Estate, off: &[String], lost: &[String]) -> Result<Down, Error> {
    let mut down = Down::new();
    for what in off {
        for place in named(estate, what)? {
            down.entry(place).or_insert(Gone::new(place as u32, DownCause::Containment));
        }
    }
    for what in lost {
        for place in named(estate, what)? {
            down.insert(place, Gone::new(place as u32, DownCause::Attack));
        }
    }
    Ok(down)
}

/// Returns what is down at the end of a trial.
pub fn down_in(trace: &Trace) -> Down {
    Gone::in_trial(&trace.trial).into_iter().map(|g| (g.asset as usize, g)).collect()
}

/// What has happened since a restart began.
#[derive(Debug, Clone, Default)]
pub struct Since {
    /// What works again.
    pub up: Vec<String>,
    /// How often a return has failed.
    pub failed: Vec<(String, u32)>,
    /// The last phase that is done.
    pub done: Vec<(String, Phase)>,
}

/// Takes out what works again, and notes what is done and what failed since.
///
/// # Errors
/// [`Error::Unknown`] for a name that nothing bears, [`Error::Usage`] for one that is not down.
pub fn carry_on(estate: &Estate, down: &mut Down, since: &Since) -> Result<(), Error> {
    for what in &since.up {
        for place in named(estate, what)? {
            down.remove(&place);
        }
    }
    for (asset, failures) in &since.failed {
        note(estate, down, "--failed", asset, |g| g.failures = *failures)?;
    }
    for (asset, phase) in &since.done {
        note(estate, down, "--done", asset, |g| g.done = Some(*phase))?;
    }
    Ok(())
}

fn note(
    estate: &Estate,
    down: &mut Down,
    flag: &str,
    asset: &str,
    change: impl Fn(&mut Gone),
) -> Result<(), Error> {
    let hit: Vec<usize> = named(estate, asset)?.into_iter().filter(|p| down.contains_key(p)).collect();
    if hit.is_empty() {
        return Err(Error::Usage(format!("{flag} names {asset}, which is not down")));
    }
    for place in hit {
        down.entry(place).and_modify(&change);
    }
    Ok(())
}

/// Returns the places of the assets that a name stands for.
fn named(estate: &Estate, what: &str) -> Result<Vec<usize>, Error> {
    let test: Box<dyn Fn(&Asset) -> bool> = match what.split_once(':') {
        None if what == "all" => Box::new(|_| true),
        None => Box::new(|a| a.id.as_str() == what),
        Some(("site", id)) => Box::new(move |a| a.site.as_str() == id),
        Some(("zone", id)) => Box::new(move |a| a.zone.as_str() == id),
        Some(("role", name)) => Box::new(move |a| a.role == name),
        Some(_) => Box::new(|_| false),
    };
    let found: Vec<usize> =
        estate.assets.iter().enumerate().filter(|(_, a)| test(a)).map(|(place, _)| place).collect();
    if found.is_empty() {
        let sites: Vec<&str> = estate.sites.iter().map(|s| s.id.as_str()).collect();
        return Err(Error::Unknown {
            what: "part of the estate",
            name: what.to_owned(),
            hint: format!(
                "name an asset, site:ID ({}), zone:ID, role:NAME or `all`; the estate file lists them",
                sites.join(", ")
            ),
        });
    }
    Ok(found)
}

/// Returns in which order what is down comes back. The record says where the estate is from.
pub fn restart(record: &Record, estate: &Estate, down: Down) -> RestartPlan {
    let gone: Vec<Gone> = down.into_values().collect();
    RestartPlan { demo: record.is_demo(), ..continuity::restart(estate, &gone) }
}

/// Returns the figures for the crisis team of an outage called `what`, over `count` draws of how
/// long it takes.
pub fn impact(
    record: &Record,
    estate: &Estate,
    down: Down,
    what: &str,
    (seed, count): (Seed, u32),
) -> Crisis {
    let gone: Vec<_> = down.into_values().map(|g| (g.asset, g.cause)).collect();
    let trials = race::outages(estate, &gone, seed, count);
    Crisis { built_in: record.is_demo(), ..continuity::crisis(estate, what, &trials) }
}
