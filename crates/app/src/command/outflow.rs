//! `outflow`: insured-person data where it must not lie.

mod accept;
mod canary;
mod matching;
mod records;
mod scan;
pub(super) mod watch;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use model::outflow::{Acceptance, Class, Outflow};
use model::quantity::Ratio;
use outflow::{Insurer, Key, Pseudonyms, Rules, Tally, mask};

use crate::args::outflow::{OutflowVerb, SetArguments};
use crate::args::{Common, Format};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::intake::{Workspace, kept, trusted};
use crate::leak;
use crate::ui::Ui;

use super::restart::estate_alone;
use crate::files;

/// Runs one of the verbs of `outflow`.
pub(super) fn outflow(verb: &OutflowVerb, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let ended = match verb {
        OutflowVerb::Scan(arguments) => scan::scan(arguments, common, ui),
        OutflowVerb::Match(arguments) => matching::matching(arguments, common, ui),
        OutflowVerb::Canary(arguments) => canary::canary(arguments, common, ui),
        OutflowVerb::Accept(arguments) => accept::accept(arguments, common, ui),
        OutflowVerb::Baseline(arguments) => accept::baseline(arguments, common, ui),
    };
    ended.map_err(private)
}

/// Returns the failure with identifiers in its paths and words masked.
fn private(failure: Failure) -> Failure {
    let mut masks = Pseudonyms::default();
    let mut hide = |text: String| masks.name(&text).unwrap_or(text);
    match failure {
        Failure::Unreadable { path, why } => Failure::Unreadable { path: hide(path), why: hide(why) },
        Failure::Unwritable { path, why } => Failure::Unwritable { path: hide(path), why: hide(why) },
        Failure::Store(store::Error::Unusable { ledger, source }) => {
            let source = hide(source.to_string()).into();
            Failure::Store(store::Error::Unusable { ledger: hide(ledger), source })
        }
        Failure::Unknown { what, name, hint } => {
            Failure::Unknown { what, name: hide(name), hint: hide(hint) }
        }
        Failure::Nothing(why) => Failure::Nothing(hide(why)),
        Failure::Usage(why) => Failure::Usage(hide(why)),
        // What the estate says wrong: content of the user, and never a path of the set.
        other => other,
    }
}

/// Returns the file the user named, or the one of the data folder.
/// [`Failure::Owner`] when it was not named and is another user's.
fn own_file(named: Option<&PathBuf>, file: &str, common: &Common) -> Result<PathBuf, Failure> {
    if let Some(named) = named {
        return Ok(named.clone());
    }
    let found = kept(file, common)?;
    trusted(
        &found,
        "who made a key can undo what is hashed with it: name the file if you trust its owner, or remove it",
    )?;
    Ok(found)
}

/// What a scan needs to know.
struct Prepared {
    rules: Arc<Rules>,
    /// Names of the tenants by institution code.
    names: BTreeMap<String, String>,
}

impl Prepared {
    /// Reads key, tenants, plants and acceptances.
    fn new(set: &SetArguments, common: &Common, ui: &Ui) -> Result<Self, Failure> {
        leak::quiet_panics();
        leak::leave_no_image();
        let key = leak::key(&own_file(set.key.as_ref(), "outflow.key", common)?)?;
        let estate =
            estate_alone(&Workspace::find(&common.spec())?.sources, &mut (Vec::new(), Vec::new()), ui)?;
        let tenants = estate.tenants;
        let names = tenants.iter().map(|t| (t.ik.clone(), t.name.clone())).collect();
        let insurers = tenants.into_iter().map(|t| Insurer { code: t.ik, name: t.name }).collect();
        let mut rules = Rules::new(key, insurers);
        if let Some(threshold) = set.threshold {
            rules.threshold = Ratio::new(threshold)
                .ok_or_else(|| Failure::Usage("--threshold is a share between 0 and 1".to_owned()))?;
        }
        rules.reveal = set.reveal;
        let plants = leak::plants(&own_file(set.plants.as_ref(), "outflow-plants.json", common)?)?;
        rules.planted = outflow::canary::planted(&plants, &rules.key);
        let today = clock::day(clock::now());
        let mut accepted =
            leak::baseline(&own_file(set.baseline.as_ref(), "outflow-baseline.json", common)?)?.accepted;
        accepted.retain(|a| leak::holds(a, &today));
        // What is compared is the place as it is shown.
        rules.accepted = accepted.into_iter().map(|a| masked(a, &rules.key)).collect();
        Ok(Self { rules: Arc::new(rules), names })
    }

    /// Returns the result of what was found in these paths.
    fn result(&self, paths: &[PathBuf], tally: Tally) -> Outflow {
        let key = &self.rules.key;
        let set = paths.iter().map(|p| mask(&p.to_string_lossy(), key)).collect();
        let mut result = Outflow::new(set, key.fingerprint(), self.rules.threshold, clock::now());
        tally.write(&mut result);
        let known = |code: &&String| result.insurers.contains_key(*code);
        result.names = self.names.keys().filter(known).map(|c| (c.clone(), self.names[c].clone())).collect();
        result
    }
}

/// Returns the acceptance with identifiers in its words masked.
fn masked(acceptance: Acceptance, key: &Key) -> Acceptance {
    let hide = |text: String| mask(&text, key);
    Acceptance {
        place: acceptance.place.map(hide),
        owner: hide(acceptance.owner),
        reason: hide(acceptance.reason),
        ..acceptance
    }
}

/// Reads a set and returns what it holds.
fn read(set: &SetArguments, prepared: &Prepared, ui: &Ui) -> Result<Outflow, Failure> {
    let sources = leak::collect(&set.paths);
    if sources.files.is_empty() && sources.refused.is_empty() {
        return Err(Failure::Nothing("there is no file in the set".to_owned()));
    }
    if sources.links > 0 {
        ui.say(&format!("{} links lead to places inside the set and were not followed", sources.links));
    }
    let bar = ui.bar("scan", sources.files.len() as u64);
    let tally = leak::scan(&sources, &prepared.rules, &bar);
    Ok(prepared.result(&set.paths, tally))
}

/// Writes the files that were asked for beside what is printed.
fn write_files(set: &SetArguments, result: &Outflow) -> Result<(), Failure> {
    let write = |path: Option<&PathBuf>, text: &dyn Fn() -> String| match path {
        Some(path) => files::put(path, &text()),
        None => Ok(()),
    };
    write(set.sarif.as_ref(), &|| report::outflow::sarif(result))?;
    write(set.html.as_ref(), &|| report::outflow::html(result))?;
    write(set.output.as_ref(), &|| String::from_utf8_lossy(&result.to_bytes()).into_owned())
}

/// Prints a result in the form asked for; `text` is the one for people.
fn print(result: &Outflow, text: &str, common: &Common, ui: &Ui) {
    match common.format {
        Format::Table if common.quiet => {}
        Format::Table => ui.data(text),
        Format::Json => ui.data(&String::from_utf8_lossy(&result.to_bytes())),
        Format::Ndjson => ui.data(&report::outflow::ndjson(result)),
        Format::Csv => ui.data(&report::outflow::findings(result).csv()),
    }
}

/// Returns how a scan ends: data found outweighs what could not be read, and
/// both are said.
fn verdict(result: &Outflow, ui: &Ui) -> Exit {
    if !result.complete() {
        ui.say(&format!(
            "{} places were not read, or not to the end; the result is a lower bound",
            result.unread.len()
        ));
    }
    match (result.count(Class::Data) + result.count(Class::Canary) > 0, result.complete()) {
        (true, _) => Exit::GateFailed,
        (false, false) => Exit::Incomplete,
        (false, true) => Exit::Passed,
    }
}
