//! What is drawn for the return of what went down, and trials of an outage that is given:
//! what is down is known, how long its return takes is drawn.

use model::estate::Estate;
use model::quantity::{Millis, Seed};
use model::recovery::{Care, CopyAge, Reconnect};
use model::trial::{Down, DownCause, Relapse, Trial};

use crate::chance::{Chance, Entity, Purpose, geometric};
use crate::course::{Ground, grounds};
use crate::span::Span;

/// Draws of a second return follow those of the first: no first return has so many.
const SECOND: u32 = 256;

/// An asset that went down.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fall {
    pub(crate) asset: usize,
    pub(crate) at: Millis,
    pub(crate) cause: DownCause,
    /// The attacker has done a step on it.
    pub(crate) touched: bool,
}

/// Returns `trials` trials in which the assets at these places of the estate are down
/// from the start, as if an incident had been declared and they had been switched off or
/// lost at once. A place that is not there is left out. Nobody knows where the attacker
/// has been, so only what is lost is cleaned.
pub fn outages(estate: &Estate, gone: &[(u32, DownCause)], seed: Seed, trials: u32) -> Vec<Trial> {
    let grounds = grounds(estate);
    let falls: Vec<Fall> = gone
        .iter()
        .filter(|(asset, _)| (*asset as usize) < grounds.len())
        .map(|(asset, cause)| Fall { asset: *asset as usize, at: Millis(0), cause: *cause, touched: false })
        .collect();
    let clear = all_clear(estate, &grounds, &falls, Some(Millis(0)), Millis(0));
    let one = |index: u32| {
        let chance = Chance::new(seed, index);
        Trial {
            clear: clear.clone(),
            index,
            declared: Some(Millis(0)),
            contained: Some(Millis(0)),
            down: falls.iter().map(|f| down(chance, &grounds, *f)).collect(),
            relapse: relapse(chance, estate, &grounds, &falls, |_| true),
            ..Trial::default()
        }
    };
    (0..trials).map(one).collect()
}

/// Returns by site when the all-clear is given and what is ready is reconnected: `quiet`
/// after the last part went down and, where it is given for the whole estate, after the last
/// action of the response at `acted`. Alerts alone never delay it. Empty where nothing is down.
pub(crate) fn all_clear(
    estate: &Estate,
    grounds: &[Ground],
    falls: &[Fall],
    acted: Option<Millis>,
    quiet: Millis,
) -> Vec<Millis> {
    let Some(last) = falls.iter().map(|f| f.at).max() else { return Vec::new() };
    let here = |site: usize| falls.iter().filter(|f| grounds[f.asset].site == site).map(|f| f.at).max();
    let at = |site: usize| match estate.recovery.reconnect {
        Reconnect::All => Some(last.max(acted.unwrap_or_default())),
        Reconnect::Site => here(site),
    };
    (0..estate.sites.len()).map(|site| at(site).map_or(Millis(0), |a| a.saturating_add(quiet))).collect()
}

/// Draws what the return of an asset takes.
pub(crate) fn down(chance: Chance, grounds: &[Ground], fall: Fall) -> Down {
    let ground = &grounds[fall.asset];
    let Fall { at, cause, touched, .. } = fall;
    let (attempts, work) = come_back(chance, ground, cause, 0);
    let age = chance.uniform(ground.entity, Purpose::CopyAge, 0);
    let part = |every: Millis| Millis((every.0 as f64 * age) as u64);
    let copies = ground.copies.filter(|_| cause == DownCause::Attack);
    Down {
        asset: fall.asset as u32,
        at,
        cause,
        attempts,
        work,
        care: care(chance, ground, touched || cause == DownCause::Attack, 0),
        copies: copies.map(|(online, offline)| CopyAge { online: part(online), offline: offline.map(part) }),
    }
}

/// Draws whether something of the attacker is found again after the restart, where, and
/// what the second return takes; `touched` says at which sites it has been.
pub(crate) fn relapse(
    chance: Chance,
    estate: &Estate,
    grounds: &[Ground],
    falls: &[Fall],
    touched: impl Fn(usize) -> bool,
) -> Option<Relapse> {
    let odds = estate.recovery.relapse?;
    let all = Entity::named("recovery", "all");
    if chance.uniform(all, Purpose::Relapse, 0) >= odds.chance.get() {
        return None;
    }
    let site = |place: usize| Entity::named("site", estate.sites[place].id.as_str());
    let fell = |place: usize| falls.iter().any(|f| grounds[f.asset].site == place);
    let place = (0..estate.sites.len())
        .filter(|place| touched(*place) && fell(*place))
        .max_by_key(|place| chance.bits(site(*place), Purpose::RelapseSite, 0))?;
    let again = |fall: &Fall| {
        let ground = &grounds[fall.asset];
        let (attempts, work) = come_back(chance, ground, DownCause::Containment, SECOND);
        let care = care(chance, ground, true, 1);
        let cause = DownCause::Containment;
        Down { asset: fall.asset as u32, at: Millis(0), cause, attempts, work, care, copies: None }
    };
    Some(Relapse {
        site: u16::try_from(place).ok()?,
        seen: Span::elicited(odds.seen).at(chance.uniform(all, Purpose::RelapseSeen, 0)),
        down: falls.iter().filter(|f| grounds[f.asset].site == place).map(again).collect(),
    })
}

/// Draws start attempts and crew time of a return, from the `first` of its draws on.
///
/// A switched-off asset needs one start after another until one succeeds. An encrypted
/// one is rebuilt once, first start included; only failed starts are repeated, not the
/// rebuild.
fn come_back(chance: Chance, ground: &Ground, cause: DownCause, first: u32) -> (u8, Millis) {
    let draw = |purpose, attempt| chance.uniform(ground.entity, purpose, first + attempt);
    let attempts = geometric(draw(Purpose::Attempts, 0), ground.failure);
    let work = (0..u32::from(attempts)).fold(Millis(0), |sum, attempt| {
        sum.saturating_add(if attempt == 0 && cause == DownCause::Attack {
            ground.restore.at(draw(Purpose::Restore, 0))
        } else {
            ground.restart.at(draw(Purpose::Restart, attempt))
        })
    });
    (attempts, work)
}

/// Draws the phases beside the start; only what the attacker has `touched` is cleaned.
fn care(chance: Chance, ground: &Ground, touched: bool, which: u32) -> Care {
    let draw = |span: Option<Span>, purpose| {
        span.map_or(Millis(0), |s| s.at(chance.uniform(ground.entity, purpose, which)))
    };
    Care {
        examine: draw(ground.examine, Purpose::Examine),
        clean: draw(ground.clean.filter(|_| touched), Purpose::Clean),
        verify: draw(ground.verify, Purpose::Verify),
        release: draw(ground.release, Purpose::Release),
    }
}
