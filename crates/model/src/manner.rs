//! How an attacker goes about it, beyond the order of the steps.

use serde::{Deserialize, Serialize};

use crate::quantity::Ratio;

/// Which of several possible steps an attacker with few hands takes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// The one nearest to the objective: an attacker who knows the way.
    #[default]
    Goal,
    /// The one that has been possible for longest.
    Breadth,
    /// Any of them.
    Random,
}

/// Traits of an attacker; all default to "none of it".
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Manner {
    /// What comes next with few hands.
    pub policy: Policy,
    /// How much attackers differ in skill: the standard deviation of the logarithm of one
    /// factor on all times of a trial. 0: all are alike; 0.5: one in six takes less than
    /// 0.6 of the time, one in six more than 1.6 of it.
    pub skill: f64,
    /// Chance that the attacker waits with the payload until nobody is in the office.
    pub off_hours: Ratio,
    /// Chance that an asset that is cut off while worked on keeps a foothold: the step goes on.
    pub residual: Ratio,
}

impl Manner {
    /// Returns whether it is as if nothing had been said.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}
