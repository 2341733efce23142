//! What a scan is told beforehand.

use std::collections::BTreeMap;

use model::outflow::Acceptance;
use model::quantity::Ratio;

use crate::identify::Lexicon;
use crate::token::Key;

/// From which confidence a finding counts when nothing else is said.
pub const THRESHOLD: f64 = 0.6;

/// An insurer the estate serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insurer {
    /// Institution code, nine digits.
    pub code: String,
    /// Name.
    pub name: String,
}

/// What a scan is told beforehand.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The secret of the hashes.
    pub key: Key,
    /// From which confidence a finding counts.
    pub threshold: Ratio,
    /// Whether values are kept in clear beside their hashes.
    pub reveal: bool,
    /// Insurers of the estate.
    pub insurers: Vec<Insurer>,
    /// Where numbers were planted, by keyed hash.
    pub planted: BTreeMap<u64, String>,
    /// What somebody has accepted, as far as it holds today.
    pub accepted: Vec<Acceptance>,
    pub(crate) lexicon: Lexicon,
}

impl Rules {
    /// Returns the rules for these insurers, with nothing planted and nothing accepted.
    pub fn new(key: Key, insurers: Vec<Insurer>) -> Self {
        let names: Vec<String> = insurers.iter().map(|i| i.name.clone()).collect();
        Self {
            key,
            threshold: Ratio::clamped(THRESHOLD),
            reveal: false,
            insurers,
            planted: BTreeMap::new(),
            accepted: Vec::new(),
            lexicon: Lexicon::new(&names),
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::new(Key::default(), Vec::new())
    }
}
