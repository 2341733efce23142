//! How many of the faults made on purpose the tests noticed.

use std::collections::BTreeMap;

use model::id::RuleId;
use model::mutation::{Fate, MutationScore, Operator, OperatorScore, Tried};
use model::quantity::Interval;

use crate::interval::clopper_pearson;

/// Confidence of the shares' intervals.
const LEVEL: f64 = 0.95;

/// Returns the score of mutants. `nulls` counts changes that mean nothing, and those of them that
/// were noticed.
///
/// Mutants of rules are noticed or survive. A fault of events that changes no verdict is no
/// survivor: the rule fires all the same, which is what is wanted of it.
pub fn mutation_score(
    tried: Vec<Tried>,
    (nulls, false_notices): (u64, u64),
    untested: Vec<(RuleId, String)>,
    left_out: Vec<(RuleId, String)>,
) -> MutationScore {
    let mut operators: BTreeMap<Operator, OperatorScore> = BTreeMap::new();
    for one in &tried {
        let operator = one.operator;
        let empty = OperatorScore { operator, mutants: 0, killed: 0, localised: 0 };
        let own = operators.entry(operator).or_insert(empty);
        own.mutants += 1;
        own.killed += u64::from(one.fate != Fate::Survived);
        own.localised += u64::from(one.fate == Fate::Localised);
    }
    let of_rules = || operators.values().filter(|own| own.operator.is_of_rule());
    let all = || operators.values();
    let killed = share(of_rules().map(|o| o.killed).sum(), of_rules().map(|o| o.mutants).sum());
    let localised = share(all().map(|o| o.localised).sum(), all().map(|o| o.killed).sum());
    let mut survivors: Vec<Tried> =
        tried.into_iter().filter(|t| t.fate == Fate::Survived && t.operator.is_of_rule()).collect();
    survivors.sort();
    MutationScore {
        operators: operators.into_values().collect(),
        killed,
        localised,
        nulls,
        false_notices,
        survivors,
        untested,
        left_out,
    }
}

/// Returns a share with its interval; from 0 to 1 where there is nothing to count.
fn share(hits: u64, of: u64) -> Interval {
    clopper_pearson(hits, of, LEVEL)
}
