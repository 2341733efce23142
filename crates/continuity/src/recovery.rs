//! When assets come back in a trial.
//!
//! Work on an asset begins when it goes down itself, whatever happens elsewhere and however
//! long the incident goes on. The phases of every asset that is down are jobs of a
//! [`Network`], done as they come ([`Dispatcher`]): whenever a crew, a forensic team or the
//! restore rate of a site is free, it takes the first job of the list that may begin. The list
//! is ordered by the insured people of all tenants whose services need the asset, per hour of
//! its phases; where the estate weighs its services, by people times weight, summed over the
//! services; ties go by asset id.
//!
//! What waits for the all-clear ([`Trial::clear`]) is reconnection: a release by somebody
//! outside begins, and a part that is ready works for its users, no earlier. Among themselves
//! parts that are ready reach each other before.
//!
//! In a relapse something of the attacker is found again after assets of a site have
//! returned. Then every asset of the site that went down and has been started goes off
//! once more and begins anew: it is examined and cleaned, started, rebuilt where its rebuild
//! was not done, and given back the data it did not have yet. What was not started yet, and
//! the other sites, go on, and no phase begins earlier than it would have without the
//! relapse: a list schedule can end earlier with more work in it (Graham 1966), and a
//! setback must not look like help.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use model::estate::Estate;
use model::id::SiteId;
use model::impact::Return;
use model::quantity::Millis;
use model::recovery::{Care, Phase};
use model::trial::{Down, DownCause, Relapse, Trial};

use crate::equations::Equations;
use crate::needed::urgency;
use crate::network::{Network, Node, Returns};
use crate::schedule::{Dispatcher, Span, Todo};

/// Returns when work on each asset that is down begins and when it works again, by place
/// of the asset in the estate, then by time. Work on each begins when it goes down, crews
/// permitting, and it works again when it is ready and the all-clear has been given.
///
/// An asset named twice is down from the earlier time with the longer work; an asset that
/// is not in the estate is left out.
pub fn recovery(estate: &Estate, trial: &Trial) -> Vec<Return> {
    Planner::new(estate).returns(trial)
}

/// The phases of an asset in a trial; a rebuild and a start share a place, by cause.
const PHASES: [Phase; 6] =
    [Phase::Examine, Phase::Clean, Phase::Start, Phase::Restore, Phase::Verify, Phase::Release];

/// Place of the start among [`PHASES`].
const START: usize = 2;

/// How long each of [`PHASES`] takes.
type Times = [u64; PHASES.len()];

/// Place of the reading back of data among [`PHASES`].
const RESTORE: usize = 3;

/// Place of the release among [`PHASES`].
const RELEASE: usize = 5;

/// The jobs of the phases of an asset, and that of its return.
type Jobs = ([usize; PHASES.len()], usize);

/// What is to do on each asset that does not work.
type Todos = BTreeMap<usize, [Todo; PHASES.len()]>;

/// What does not change between trials.
pub(crate) struct Planner {
    pub(crate) equations: Equations,
    dispatcher: Dispatcher,
    /// Jobs of the shop.
    jobs: usize,
    assets: Vec<Place>,
}

struct Place {
    site: usize,
    /// Jobs of its phases and of its return; `None` at a site that is not there.
    jobs: Option<Jobs>,
    /// The job that marks that its copies can be read, if it waits for that.
    copies: Option<usize>,
    /// How much hangs on it.
    urgency: u64,
    /// Place in the order of ids.
    rank: usize,
    /// Time to read its data back.
    data: u64,
}

/// One course of work over all assets.
struct Round<'a> {
    spans: Vec<Option<Span>>,
    /// By site: when the all-clear is given.
    clear: &'a [Millis],
}

impl Planner {
    pub(crate) fn new(estate: &Estate) -> Self {
        let equations = Equations::new(estate);
        let site_of: BTreeMap<&SiteId, usize> =
            estate.sites.iter().enumerate().map(|(i, s)| (&s.id, i)).collect();
        let all: Returns = (0..estate.assets.len()).map(|a| (a, PHASES.map(|p| (p, 0)).to_vec())).collect();
        let network = Network::new(estate, &equations, &all);
        let urgency = urgency(estate, &equations);
        let mut by_id: Vec<usize> = (0..estate.assets.len()).collect();
        by_id.sort_by(|a, b| estate.assets[*a].id.cmp(&estate.assets[*b].id));
        let mut rank = vec![0; by_id.len()];
        for (r, asset) in by_id.into_iter().enumerate() {
            rank[asset] = r;
        }
        let place = |(a, asset): (usize, &model::estate::Asset)| {
            let job = |node| network.job(node);
            let phase = |p: usize| job(Node::Phase(a, PHASES[p]));
            let jobs = job(Node::Asset(a))
                .map(|back| (std::array::from_fn(|p| phase(p).expect("every phase has a job")), back));
            Place {
                site: site_of.get(&asset.site).copied().unwrap_or(usize::MAX),
                jobs,
                copies: job(Node::Copies(a)),
                urgency: urgency[a],
                rank: rank[a],
                data: restore_time(estate, a),
            }
        };
        let assets = estate.assets.iter().enumerate().map(place).collect();
        let (dispatcher, jobs) = (Dispatcher::new(&network.shop), network.shop.jobs.len());
        drop(network);
        Self { equations, dispatcher, jobs, assets }
    }

    pub(crate) fn returns(&self, trial: &Trial) -> Vec<Return> {
        let downs = self.merged(&trial.down);
        let Some(begin) = downs.iter().map(|d| d.at.0).min() else { return Vec::new() };
        let todos = downs.iter().map(|d| (d.asset as usize, self.fallen(d, begin))).collect();
        let ready = self.ready(&downs, trial);
        let first = Round { spans: self.course(&downs, &todos, &ready, begin), clear: &trial.clear };
        let relapse = trial.relapse.as_ref().and_then(|r| Some((r, self.found(&downs, &first, r)?)));
        let mut returns = match relapse {
            Some((relapse, at)) => self.again(&downs, &first, relapse, at),
            None => downs
                .iter()
                .filter_map(|d| {
                    let (begin, back) = self.return_of(&first, d.asset)?;
                    Some(Return { asset: d.asset, begin: Millis(begin), back: Millis(back), again: None })
                })
                .collect(),
        };
        returns.sort_by_key(|r| (r.asset, r.back));
        returns
    }

    /// Returns what is to do on an asset in a course that begins at `from`.
    fn fallen(&self, down: &Down, from: u64) -> [Todo; PHASES.len()] {
        self.times(down).map(|time| match down.at.0 > from {
            true => Todo::Falls(down.at.0, time),
            false => Todo::Work(time),
        })
    }

    /// Returns before when no job begins: nobody outside lets a part back before the all-clear.
    fn ready(&self, downs: &[Down], trial: &Trial) -> Vec<u64> {
        let held = trial.held.unwrap_or_default().0;
        let mut ready = vec![0; self.jobs];
        for down in downs {
            let place = &self.assets[down.asset as usize];
            let Some((phases, _)) = place.jobs else { continue };
            phases.into_iter().for_each(|job| ready[job] = held);
            if down.care.release > Millis(0) {
                ready[phases[RELEASE]] = held.max(clear(&trial.clear, place.site));
            }
        }
        ready
    }

    /// Returns one entry an asset, by asset.
    fn merged(&self, downs: &[Down]) -> Vec<Down> {
        let mut merged: BTreeMap<u32, Down> = BTreeMap::new();
        let known = |d: &&Down| self.assets.get(d.asset as usize).is_some_and(|a| a.jobs.is_some());
        for down in downs.iter().filter(known) {
            merged.entry(down.asset).and_modify(|m| *m = longer(m, down)).or_insert(*down);
        }
        merged.into_values().collect()
    }

    fn times(&self, down: &Down) -> Times {
        let Care { examine, clean, verify, release } = down.care;
        let attacked = down.cause == DownCause::Attack;
        let data = if attacked { self.assets[down.asset as usize].data } else { 0 };
        [examine.0, clean.0, down.work.0, data, verify.0, release.0]
    }

    /// Does what is to do on each asset, from `from` on and no job before it is `ready`;
    /// assets without a todo work.
    fn course(&self, downs: &[Down], todos: &Todos, ready: &[u64], from: u64) -> Vec<Option<Span>> {
        let mut order: Vec<&Down> = downs.iter().collect();
        order.sort_by(|a, b| self.prefer(a, b));
        let mut todo = vec![Todo::Holds; self.jobs];
        let mut rank = vec![0; self.jobs];
        for (asset, place) in self.assets.iter().enumerate() {
            let Some((phases, back)) = place.jobs else { continue };
            let left = todos.get(&asset).copied();
            for (job, phase) in phases.into_iter().zip(left.unwrap_or([Todo::Done; PHASES.len()])) {
                todo[job] = phase;
            }
            if left.is_none() {
                todo[back] = Todo::Done;
            }
            // Who has nothing to read back, or reads already, waits for no copy.
            let reads = left
                .is_some_and(|l| matches!(l[RESTORE], Todo::Work(time) | Todo::Falls(_, time) if time > 0));
            if let Some(gate) = place.copies.filter(|_| !reads) {
                todo[gate] = Todo::Done;
            }
        }
        for (place, down) in order.into_iter().enumerate() {
            if let Some((phases, _)) = self.assets[down.asset as usize].jobs {
                phases.into_iter().for_each(|job| rank[job] = place as u32);
            }
        }
        self.dispatcher.run(&todo, &rank, ready, from)
    }

    /// Compares insured people per hour of work without dividing, highest first.
    fn prefer(&self, a: &Down, b: &Down) -> Ordering {
        let (pa, pb) = (&self.assets[a.asset as usize], &self.assets[b.asset as usize]);
        let work = |d: &Down| self.times(d).iter().fold(0, |sum: u64, t| sum.saturating_add(*t)).max(1);
        let worth = |p: &Place, other: &Down| u128::from(p.urgency) * u128::from(work(other));
        worth(pb, a).cmp(&worth(pa, b)).then(pa.rank.cmp(&pb.rank))
    }

    /// Returns when work on an asset begins and when it works again for its users.
    fn return_of(&self, round: &Round<'_>, asset: u32) -> Option<(u64, u64)> {
        let place = &self.assets[asset as usize];
        let (phases, back) = place.jobs?;
        let ready = round.spans[back]?.end;
        let worked = phases.into_iter().filter_map(|j| round.spans[j]).filter(|s| s.begin < s.end);
        let begin = worked.map(|s| s.begin).min().unwrap_or(ready);
        Some((begin, ready.max(clear(round.clear, place.site))))
    }

    /// Returns when the relapse is found: some time after the first asset of the site is back.
    fn found(&self, downs: &[Down], first: &Round<'_>, relapse: &Relapse) -> Option<u64> {
        let site = |d: &&Down| self.assets[d.asset as usize].site == usize::from(relapse.site);
        let back = downs.iter().filter(site).filter_map(|d| Some(self.return_of(first, d.asset)?.1)).min()?;
        Some(back.saturating_add(relapse.seen.0))
    }

    /// Returns the returns of a recovery in which something is found again at `at`.
    fn again(&self, downs: &[Down], first: &Round<'_>, relapse: &Relapse, at: u64) -> Vec<Return> {
        let again = self.merged(&relapse.down);
        let off = |d: &Down| {
            let here = self.assets[d.asset as usize].site == usize::from(relapse.site);
            again.iter().find(|o| here && o.asset == d.asset)
        };
        let fates: Vec<(u32, Fate)> =
            downs.iter().filter_map(|d| Some((d.asset, self.fate(d, first, off(d), at)?))).collect();
        let todos: Todos = fates.iter().filter_map(|(a, fate)| Some((*a as usize, fate.todo?))).collect();
        let mut ready = vec![0; self.jobs];
        for (phases, _) in downs.iter().filter_map(|d| self.assets[d.asset as usize].jobs) {
            phases.into_iter().for_each(|job| ready[job] = first.spans[job].map_or(0, |s| s.begin));
        }
        let next = Round { spans: self.course(downs, &todos, &ready, at), clear: first.clear };
        let mut returns = Vec::new();
        for (asset, fate) in fates {
            let mut add = |begin: u64, back: u64, again: Option<u64>| {
                let again = again.map(Millis);
                returns.push(Return { asset, begin: Millis(begin), back: Millis(back), again });
            };
            if let Some((begin, back)) = fate.returned {
                add(begin, back, None);
            }
            if let Some((begin, back)) = fate.todo.and_then(|_| self.return_of(&next, asset)) {
                let least = if fate.returned.is_none() { fate.back } else { 0 };
                add(fate.begun.unwrap_or(begin), back.max(least), fate.returned.map(|_| at));
            }
        }
        returns
    }

    /// Returns how an asset stands when something is found again at `at`; `off` is what its
    /// second return takes if it was started and is taken off.
    fn fate(&self, down: &Down, first: &Round<'_>, off: Option<&Down>, at: u64) -> Option<Fate> {
        let (phases, _) = self.assets[down.asset as usize].jobs?;
        let (begin, back) = self.return_of(first, down.asset)?;
        let returned = (back <= at).then_some((begin, back));
        let open = |p: usize| first.spans[phases[p]].is_none_or(|s| s.end > at);
        let started = first.spans[phases[START]].is_some_and(|s| s.begin < at);
        let times = self.times(down);
        if let Some(off) = off.filter(|_| started) {
            let mut anew = self.times(off);
            if returned.is_none() {
                // What was interrupted has to be done whole.
                for phase in [START, RESTORE].into_iter().filter(|p| open(*p)) {
                    anew[phase] = anew[phase].max(times[phase]);
                }
            }
            let (begun, todo) = (returned.is_none().then_some(begin), Some(anew.map(Todo::Work)));
            return Some(Fate { returned, begun, back, todo });
        }
        let begun = (begin < at).then_some(begin);
        let left = |p: usize| match first.spans[phases[p]] {
            Some(span) if span.end <= at => Todo::Done,
            Some(span) if span.begin < at => Todo::Running(span.end - at),
            _ if down.at.0 > at => Todo::Falls(down.at.0, times[p]),
            _ => Todo::Work(times[p]),
        };
        let todo = returned.is_none().then(|| std::array::from_fn(left));
        Some(Fate { returned, begun, back, todo })
    }
}

/// Where an asset stands when something is found again.
struct Fate {
    /// Begin and end of a return that is done.
    returned: Option<(u64, u64)>,
    /// When work on a return that is not done has begun.
    begun: Option<u64>,
    /// When it would have worked again without that.
    back: u64,
    /// What is to do; `None`: it works.
    todo: Option<[Todo; PHASES.len()]>,
}

/// Returns when the all-clear is given at a site; 0 where nobody has to wait for it.
fn clear(clear: &[Millis], site: usize) -> u64 {
    clear.get(site).map_or(0, |at| at.0)
}

/// Returns the time to read an asset's data back at the full rate of its site.
pub(crate) fn restore_time(estate: &Estate, asset: usize) -> u64 {
    let asset = &estate.assets[asset];
    let rate = estate.sites.iter().find(|s| s.id == asset.site).and_then(|s| s.restore_gb_per_hour);
    match rate {
        Some(rate) if rate > 0 => {
            let ms = u128::from(asset.data_gb) * u128::from(Millis::HOUR.0) / u128::from(rate);
            u64::try_from(ms).unwrap_or(u64::MAX)
        }
        _ => 0,
    }
}

/// Returns one entry made of two for the same asset: the earlier time, the longer work.
fn longer(a: &Down, b: &Down) -> Down {
    Down {
        at: a.at.min(b.at),
        cause: a.cause.min(b.cause),
        work: a.work.max(b.work),
        care: Care {
            examine: a.care.examine.max(b.care.examine),
            clean: a.care.clean.max(b.care.clean),
            verify: a.care.verify.max(b.care.verify),
            release: a.care.release.max(b.care.release),
        },
        ..*a
    }
}
