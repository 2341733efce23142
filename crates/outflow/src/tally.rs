//! What was found, counted.

use std::collections::{BTreeMap, BTreeSet};

use model::finding::{Place, Trouble};
use model::outflow::{Account, Class, Counting, Finding, Outflow, People, PlaceCount, Unread, Volume, What};

use crate::distinct::Distinct;

/// Findings that are listed; beyond that they are counted.
const LISTED: usize = 20_000;

/// Places that are listed.
const PLACES: usize = 20_000;

/// Troubles that are listed; beyond that only the last says how many.
const TROUBLES: usize = 10_000;

/// People whose hashes are kept: about 100 MB at most.
const PEOPLE: usize = 1_500_000;

/// Distinct values of the other kinds that are kept, each.
const VALUES: usize = 100_000;

/// What is known of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Person {
    /// Institution code of the insurer, 0 when none is known.
    pub(crate) insurer: u32,
    /// A name stood near.
    pub(crate) name: bool,
    /// A date of birth stood near.
    pub(crate) birth: bool,
    /// A word about treatment stood near.
    pub(crate) health: bool,
}

impl Person {
    fn join(&mut self, other: Self) {
        if self.insurer == 0 {
            self.insurer = other.insurer;
        }
        self.name |= other.name;
        self.birth |= other.birth;
        self.health |= other.health;
    }
}

/// The four counts of [`People`], estimated.
#[derive(Debug, Clone)]
struct Estimates([Distinct; 4]);

impl Estimates {
    fn new() -> Self {
        Self(std::array::from_fn(|_| Distinct::new(1024)))
    }

    fn add(&mut self, hash: u64, person: Person) {
        for (count, yes) in self.0.iter_mut().zip([true, person.name, person.birth, person.health]) {
            if yes {
                count.add(hash);
            }
        }
    }

    fn people(&self) -> People {
        let [persons, with_name, with_birth_date, with_health_word] =
            std::array::from_fn(|i| self.0[i].count());
        People { persons, with_name, with_birth_date, with_health_word }
    }
}

/// People by keyed hash, exact up to a bound.
#[derive(Debug, Clone, Default)]
struct Register {
    kept: BTreeMap<u64, Person>,
    /// By insurer, once there are too many people to keep.
    estimates: BTreeMap<u32, Estimates>,
}

impl Register {
    fn add(&mut self, hash: u64, person: Person) {
        if !self.estimates.is_empty() {
            self.estimates.entry(person.insurer).or_insert_with(Estimates::new).add(hash, person);
            return;
        }
        self.kept.entry(hash).or_default().join(person);
        if self.kept.len() > PEOPLE {
            for (hash, person) in std::mem::take(&mut self.kept) {
                self.estimates.entry(person.insurer).or_insert_with(Estimates::new).add(hash, person);
            }
        }
    }

    fn absorb(&mut self, other: Self) {
        for (insurer, theirs) in other.estimates {
            for (hash, person) in std::mem::take(&mut self.kept) {
                self.estimates.entry(person.insurer).or_insert_with(Estimates::new).add(hash, person);
            }
            let own = self.estimates.entry(insurer).or_insert_with(Estimates::new);
            for (own, theirs) in own.0.iter_mut().zip(theirs.0) {
                own.absorb(theirs);
            }
        }
        for (hash, person) in other.kept {
            self.add(hash, person);
        }
    }

    fn by_insurer(&self) -> BTreeMap<u32, People> {
        let mut all: BTreeMap<u32, People> =
            self.estimates.iter().map(|(insurer, e)| (*insurer, e.people())).collect();
        for person in self.kept.values() {
            count(all.entry(person.insurer).or_default(), *person);
        }
        all
    }

    fn whole(&self) -> People {
        let mut people = People::default();
        for person in self.kept.values() {
            count(&mut people, *person);
        }
        if self.estimates.is_empty() {
            return people;
        }
        let mut all = Estimates::new();
        for estimates in self.estimates.values() {
            for (own, theirs) in all.0.iter_mut().zip(estimates.0.clone()) {
                own.absorb(theirs);
            }
        }
        all.people()
    }
}

fn count(people: &mut People, person: Person) {
    people.persons += 1;
    people.with_name += u64::from(person.name);
    people.with_birth_date += u64::from(person.birth);
    people.with_health_word += u64::from(person.health);
}

/// What was found in some parts; two of them join to what was found in both.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub(crate) volume: Volume,
    account: Account,
    /// Values that were found in the file at hand.
    met: BTreeSet<u64>,
    people: Register,
    kinds: BTreeMap<What, BTreeMap<Class, u64>>,
    distinct: BTreeMap<What, Distinct>,
    places: Vec<PlaceCount>,
    more_places: u64,
    findings: Vec<Finding>,
    more_findings: u64,
    unread: Vec<Unread>,
    more_unread: u64,
    more_bytes: u64,
}

impl Tally {
    pub(crate) fn person(&mut self, hash: u64, person: Person) {
        self.people.add(hash, person);
    }

    pub(crate) fn class(&mut self, what: What, class: Class) {
        *self.kinds.entry(what).or_default().entry(class).or_default() += 1;
    }

    pub(crate) fn value(&mut self, what: What, hash: u64) {
        self.distinct.entry(what).or_insert_with(|| Distinct::new(VALUES)).add(hash);
    }

    /// Begins another file.
    pub(crate) fn file(&mut self) {
        self.met.clear();
    }

    /// Notes that a value was found in the file at hand.
    pub(crate) fn meet(&mut self, hash: u64) {
        if self.met.len() < VALUES {
            self.met.insert(hash);
        }
    }

    /// Returns whether a value was found in the file at hand.
    pub(crate) fn has_met(&self, hash: u64) -> bool {
        self.met.contains(&hash)
    }

    /// Adds the account of a file or member.
    pub(crate) fn account(&mut self, account: Account) {
        self.account.add(account);
    }

    /// Returns how many troubles are known.
    pub(crate) fn troubles(&self) -> usize {
        self.unread.len() + usize::try_from(self.more_unread).unwrap_or(usize::MAX)
    }

    /// Says of the trouble noted last how many bytes were not looked at.
    pub(crate) fn unread_bytes(&mut self, bytes: u64) {
        if self.more_unread == 0
            && let Some(last) = self.unread.last_mut()
        {
            last.bytes = Some(last.bytes.unwrap_or(0) + bytes);
        } else {
            self.more_bytes += bytes;
        }
    }

    /// Returns whether another finding would be listed.
    pub(crate) fn lists(&self) -> bool {
        self.findings.len() < LISTED
    }

    /// Lists a finding, `None` when it is only counted.
    pub(crate) fn finding(&mut self, finding: Option<Finding>) {
        match finding {
            Some(finding) => self.findings.push(finding),
            None => self.more_findings += 1,
        }
    }

    pub(crate) fn place(&mut self, place: PlaceCount) {
        if self.places.len() < PLACES {
            self.places.push(place);
        } else {
            self.more_places += 1;
        }
    }

    /// Notes that something was not read.
    pub(crate) fn unread(&mut self, place: Place, trouble: Trouble) {
        if self.unread.len() < TROUBLES {
            self.unread.push(Unread { place, trouble, bytes: None });
        } else {
            self.more_unread += 1;
        }
    }

    /// Adds what was found in later parts.
    pub fn absorb(&mut self, other: Self) {
        self.volume.bytes += other.volume.bytes;
        self.volume.parts += other.volume.parts;
        self.volume.shaped += other.volume.shaped;
        self.volume.valid += other.volume.valid;
        self.people.absorb(other.people);
        for (what, classes) in other.kinds {
            for (class, n) in classes {
                *self.kinds.entry(what).or_default().entry(class).or_default() += n;
            }
        }
        for (what, distinct) in other.distinct {
            self.distinct.entry(what).or_insert_with(|| Distinct::new(VALUES)).absorb(distinct);
        }
        for place in other.places {
            self.place(place);
        }
        self.more_places += other.more_places;
        let room = LISTED.saturating_sub(self.findings.len());
        self.more_findings += other.more_findings + other.findings.len().saturating_sub(room) as u64;
        self.findings.extend(other.findings.into_iter().take(room));
        for unread in other.unread {
            self.unread(unread.place, unread.trouble);
            if let Some(bytes) = unread.bytes {
                self.unread_bytes(bytes);
            }
        }
        self.more_unread += other.more_unread;
        self.more_bytes += other.more_bytes;
        self.account.add(other.account);
    }

    /// Writes what was found into a result whose other fields the caller has set.
    pub fn write(mut self, result: &mut Outflow) {
        if self.more_unread > 0 {
            let rest = format!("{} more places", self.more_unread);
            let bytes = (self.more_bytes > 0).then_some(self.more_bytes);
            self.unread.push(Unread { place: Place::default(), trouble: Trouble::Bounded(rest), bytes });
        }
        result.volume = self.volume;
        result.account = self.account;
        result.people = self.people.whole();
        let exact = self.people.estimates.is_empty();
        result.counting = if exact { Counting::Exact } else { Counting::HyperLogLog };
        let name = |code: u32| if code == 0 { "unknown".to_owned() } else { format!("{code:09}") };
        result.insurers = self.people.by_insurer().into_iter().map(|(c, p)| (name(c), p)).collect();
        result.tokens = self.people.kept.keys().map(|hash| format!("{hash:016x}")).collect();
        result.kinds = self.kinds;
        result.distinct = self.distinct.iter().map(|(what, d)| (*what, d.count())).collect();
        result.places = self.places;
        result.more_places = self.more_places;
        result.findings = self.findings;
        result.more_findings = self.more_findings;
        result.unread = self.unread;
    }
}
