//! `outflow match`: a found set against what was known and what was planted.

use std::collections::BTreeSet;
use std::path::Path;

use model::outflow::{Class, Outflow};
use report::outflow::Common as Shared;

use crate::args::Common;
use crate::args::outflow::MatchArguments;
use crate::clock;
use crate::error::{Exit, Failure};
use crate::intake::open_ledger;
use crate::ui::Ui;

use super::{Prepared, print, read, verdict, write_files};

/// Scans a found set and compares it. Planted people are found at any confidence.
pub(super) fn matching(arguments: &MatchArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let ledger = open_ledger(common)?;
    let prepared = Prepared::new(&arguments.set, common, ui)?;
    let mut known = BTreeSet::new();
    for path in &arguments.known {
        known.extend(tokens(path, &prepared.rules.key.fingerprint())?);
    }
    let result = read(&arguments.set, &prepared, ui)?;
    ledger.store_outflow(&result, &report::outflow::one_line(&result), clock::now())?;
    write_files(&arguments.set, &result)?;
    let found: BTreeSet<u64> = result.tokens().into_iter().collect();
    let shared = (!arguments.known.is_empty()).then(|| {
        let both = found.intersection(&known).count() as u64;
        Shared { found: found.len() as u64, known: both, missing: known.len() as u64 - both }
    });
    print(&result, &report::outflow::matching(&result, shared), common, ui);
    // Nobody who was not known, and nobody planted: the set tells nothing new.
    let nothing_new = shared.is_some_and(|s| s.found == s.known) && result.count(Class::Canary) == 0;
    Ok(if nothing_new && result.complete() { Exit::Passed } else { verdict(&result, ui) })
}

fn tokens(path: &Path, key: &str) -> Result<Vec<u64>, Failure> {
    let shown = path.display().to_string();
    let bytes = crate::intake::read_named(path)
        .map_err(|e| Failure::Unreadable { path: shown.clone(), why: e.to_string() })?;
    let result: Outflow = serde_json::from_slice(&bytes)
        .map_err(|e| Failure::Usage(format!("{shown} is no result of `outflow scan --output`: {e}")))?;
    if result.key != key {
        return Err(Failure::Usage(format!(
            "{shown} was made with the key {}, this scan uses {key}; hashes of different keys cannot be compared",
            result.key
        )));
    }
    if result.tokens.is_empty() && result.people.persons > 0 {
        return Err(Failure::Usage(format!("{shown} holds too many people to compare them one by one")));
    }
    Ok(result.tokens())
}
