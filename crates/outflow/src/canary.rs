//! Planted people: fictional, with valid numbers, told again from a seed alone.
//!
//! No range of insured persons' numbers is reserved for tests by law. All test
//! numbers that gematik has published lie in the block `X11`, so planted people
//! are taken from it: a million numbers, of which a real person may carry some.
//! That is why a planted person is recognised by the seed and never by the block.

use std::collections::BTreeMap;

use model::outflow::{Canary, Plants};

use crate::identify::{check_digit, is_public_test_number};
use crate::token::Key;

/// People a seed gives: three digits on each side of the permutation.
pub const MOST: u32 = SIDE * SIDE;

const SIDE: u32 = 1000;

/// Rounds of the permutation; four make it look random (Luby and Rackoff 1988).
const ROUNDS: u8 = 4;

const FIRST_NAMES: [&str; 24] = [
    "Annelie",
    "Bertram",
    "Carlotta",
    "Detlef",
    "Edeltraud",
    "Friedhelm",
    "Gundula",
    "Hartwig",
    "Isolde",
    "Jochen",
    "Kunigunde",
    "Lothar",
    "Mechthild",
    "Norbert",
    "Ottilie",
    "Philipp",
    "Roswitha",
    "Siegbert",
    "Thekla",
    "Ulrich",
    "Veronika",
    "Wendelin",
    "Xaver",
    "Yvonne",
];

const FAMILY_NAMES: [&str; 24] = [
    "Ackerbeil",
    "Birkenstrunk",
    "Dornhecker",
    "Eichelkraut",
    "Farnwald",
    "Ginsterberg",
    "Haselried",
    "Immenhorst",
    "Kieselbach",
    "Lerchensporn",
    "Moosgrund",
    "Nesselrath",
    "Ofenloch",
    "Pfifferkorn",
    "Quendelmann",
    "Rainfarn",
    "Schlehdorn",
    "Tannhecke",
    "Uferschilf",
    "Vogelbeer",
    "Wacholder",
    "Zaunrebe",
    "Zwickelmoos",
    "Erlenbruch",
];

/// Returns `count` people from the number `first` of a seed on; fewer where the
/// seed's million ends or a number is a public test number.
pub fn people(seed: &str, first: u32, count: u32, insurer: &str) -> Vec<Canary> {
    let range = first.min(MOST)..first.saturating_add(count).min(MOST);
    range.filter_map(|n| person(seed, n, insurer)).collect()
}

fn person(seed: &str, number: u32, insurer: &str) -> Option<Canary> {
    let kvnr = kvnr(seed, number);
    if is_public_test_number(&kvnr) {
        return None;
    }
    let draw = |purpose: u8, below: u32| random(seed, purpose, number) % below;
    let (year, month, day) = (1938 + draw(12, 68), 1 + draw(13, 12), 1 + draw(14, 28));
    Some(Canary {
        kvnr,
        first_name: FIRST_NAMES[draw(10, 24) as usize].to_owned(),
        family_name: FAMILY_NAMES[draw(11, 24) as usize].to_owned(),
        born: format!("{year}-{month:02}-{day:02}"),
        insurer: insurer.to_owned(),
    })
}

/// Returns the number of the person: a permutation of the million, so that no
/// number comes twice under one seed.
fn kvnr(seed: &str, number: u32) -> String {
    let (mut left, mut right) = (number / SIDE % SIDE, number % SIDE);
    for round in 0..ROUNDS {
        (left, right) = (right, (left + random(seed, round, right)) % SIDE);
    }
    let digits = format!("11{left:03}{right:03}");
    let values: Vec<u8> = digits.bytes().map(|b| b - b'0').collect();
    format!("X{digits}{}", check_digit(b'X', &values))
}

fn random(seed: &str, purpose: u8, number: u32) -> u32 {
    let key = blake3::derive_key("feuerprobe 2026-11 planted people", seed.as_bytes());
    let mut input = [purpose; 5];
    input[1..].copy_from_slice(&number.to_le_bytes());
    let hash = blake3::keyed_hash(&key, &input);
    hash.as_bytes()[..4].try_into().map_or(0, u32::from_le_bytes)
}

/// Returns where each planted person was planted, by keyed hash, as [`crate::Rules`] takes it.
pub fn planted(plants: &Plants, key: &Key) -> BTreeMap<u64, String> {
    let mut all: BTreeMap<u64, String> = BTreeMap::new();
    for planting in &plants.plantings {
        for person in people(&planting.seed, planting.first, planting.count, "") {
            let place = all.entry(key.person(&person.kvnr)).or_default();
            if !place.is_empty() {
                place.push_str(" or ");
            }
            place.push_str(&planting.planted);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::identify::Value;

    #[test]
    fn people_are_valid_distinct_and_the_same_again() {
        let all = people("seed", 0, 5_000, "990000011");
        assert!(all.len() > 4_990);
        let numbers: BTreeSet<_> = all.iter().map(|p| p.kvnr.clone()).collect();
        assert_eq!(numbers.len(), all.len());
        for person in &all {
            let digits: Vec<u8> = person.kvnr[1..].bytes().map(|b| b - b'0').collect();
            assert_eq!(check_digit(b'X', &digits), digits[8], "{}", person.kvnr);
            assert!(person.kvnr.starts_with("X11"));
        }
        assert_eq!(people("seed", 100, 3, "990000011"), all[100..103]);
        assert_ne!(people("other", 100, 3, "990000011"), all[100..103]);
        assert!(people("seed", u32::MAX, 9, "").is_empty());
    }

    #[test]
    fn a_person_of_two_plantings_is_said_to_be_of_either() {
        let plant = |place: &str| model::outflow::Planting {
            planted: place.into(),
            seed: "s".into(),
            first: 0,
            count: 1,
        };
        let key = Key::new([1; 32]);
        let all = planted(&Plants { plantings: vec![plant("wiki"), plant("tickets")] }, &key);
        assert_eq!(all.into_values().collect::<Vec<_>>(), ["wiki or tickets"]);
        assert_eq!(
            key.person("x 110411675"),
            key.token(model::outflow::What::Kvnr, &Value::from_text("X110411675"))
        );
    }
}
