//! What is drawn for the return of what went down, and trials of an outage that is given:
//! what is down is known, how long its return takes is drawn.

use model::estate::Estate;
use model::quantity::{Millis, Seed};
use model::recovery::{Care, CopyAge, Reconnect};
use model::trial::{Down, DownCause, Relapse, Trial};

use crate::chance::{About, Chance, Entity, Purpose, geometric};
use crate::course::{Ground, grounds};
use crate::lengths::Lengths;
use crate::span::Span;

/// Which return of an asset in a trial it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Which {
    /// The first of its draws of starts.
    starts: u32,
    /// The number of its other draws.
    others: u32,
}

/// After a fall.
pub(crate) const FIRST: Which = Which { starts: 0, others: 0 };
/// After a relapse. Its draws follow those of the first: no first return has so many.
const SECOND: Which = Which { starts: 256, others: 1 };

/// An asset that went down.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fall {
    pub(crate) asset: usize,
    pub(crate) at: Millis,
    pub(crate) cause: DownCause,
    /// The attacker has done a step on it.
    pub(crate) touched: bool,
}

impl Fall {
    fn is_cleaned(self) -> bool {
        self.touched || self.cause == DownCause::Attack
    }
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
    let mut lengths = Lengths::default();
    let one = |index: u32| {
        let chance = Chance::new(seed, index);
        Trial {
            clear: clear.clone(),
            index,
            declared: Some(Millis(0)),
            contained: Some(Millis(0)),
            down: returns(chance, &grounds, &falls, FIRST, &mut lengths),
            relapse: relapse(chance, estate, &grounds, (&falls, &mut lengths), |_| true),
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

/// Draws what the return of each asset takes, all lengths of time together.
pub(crate) fn returns(
    chance: Chance,
    grounds: &[Ground],
    falls: &[Fall],
    which: Which,
    lengths: &mut Lengths,
) -> Vec<Down> {
    lengths.clear();
    let mut downs = Vec::with_capacity(falls.len());
    for fall in falls {
        downs.push(begin(chance, &grounds[fall.asset], fall, which, lengths));
    }
    let mut drawn = lengths.values().iter().copied();
    for (down, fall) in downs.iter_mut().zip(falls) {
        let mut next = |is_drawn: bool| if is_drawn { drawn.next().unwrap_or_default() } else { Millis(0) };
        let ground = &grounds[fall.asset];
        down.work = down.work.saturating_add(next(true));
        down.care = Care {
            examine: next(ground.examine.is_some()),
            clean: next(ground.clean.is_some() && fall.is_cleaned()),
            verify: next(ground.verify.is_some()),
            release: next(ground.release.is_some()),
        };
    }
    downs
}

/// Draws start attempts and the age of copies, and adds to `lengths` what the work takes, then
/// the phases beside it; in `work` stands what repeated starts take.
///
/// A switched-off asset needs one start after another until one succeeds. An encrypted
/// one is rebuilt once, first start included; only failed starts are repeated, not the
/// rebuild. Only what the attacker has touched is cleaned.
fn begin(chance: Chance, ground: &Ground, fall: &Fall, which: Which, lengths: &mut Lengths) -> Down {
    let about = chance.about(ground.entity);
    let start = |purpose, attempt| about.uniform(purpose, which.starts + attempt);
    let attempts = geometric(start(Purpose::Attempts, 0), ground.failure);
    let is_lost = fall.cause == DownCause::Attack;
    match is_lost {
        true => lengths.add(ground.restore, start(Purpose::Restore, 0)),
        false => lengths.add(ground.restart, start(Purpose::Restart, 0)),
    }
    let again = |sum: Millis, n| sum.saturating_add(ground.restart.at(start(Purpose::Restart, n)));
    let phases = [
        (ground.examine, Purpose::Examine),
        (ground.clean.filter(|_| fall.is_cleaned()), Purpose::Clean),
        (ground.verify, Purpose::Verify),
        (ground.release, Purpose::Release),
    ];
    for (span, purpose) in phases {
        if let Some(span) = span {
            lengths.add(span, about.uniform(purpose, which.others));
        }
    }
    Down {
        asset: fall.asset as u32,
        at: fall.at,
        cause: fall.cause,
        attempts,
        work: (1..u32::from(attempts)).fold(Millis(0), again),
        care: Care::default(),
        copies: if is_lost { copies(about, ground) } else { None },
    }
}

/// Draws how old the last copies are.
fn copies(about: About, ground: &Ground) -> Option<CopyAge> {
    let (online, offline) = ground.copies?;
    let age = about.uniform(Purpose::CopyAge, 0);
    let part = |every: Millis| Millis((every.0 as f64 * age) as u64);
    Some(CopyAge { online: part(online), offline: offline.map(part) })
}

/// Draws whether something of the attacker is found again after the restart, where, and
/// what the second return takes; `touched` says at which sites it has been.
pub(crate) fn relapse(
    chance: Chance,
    estate: &Estate,
    grounds: &[Ground],
    (falls, lengths): (&[Fall], &mut Lengths),
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
    let again =
        |fall: &Fall| Fall { at: Millis(0), cause: DownCause::Containment, touched: true, asset: fall.asset };
    let here: Vec<Fall> = falls.iter().filter(|f| grounds[f.asset].site == place).map(again).collect();
    Some(Relapse {
        site: u16::try_from(place).ok()?,
        seen: Span::elicited(odds.seen).at(chance.uniform(all, Purpose::RelapseSeen, 0)),
        down: returns(chance, grounds, &here, SECOND, lengths),
    })
}
