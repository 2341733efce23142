//! Reads the sandbox directives of a systemd unit file (systemd.exec(5)).
//!
//! Files are taken in systemd's order: the unit, then its drop-ins by file name. Within
//! a list an empty assignment forgets what stands before it; of other settings the last
//! one holds.

mod access;
mod calls;
mod other;
mod paths;
pub(super) use paths::absolute;
mod syntax;

use std::collections::BTreeMap;

use model::diagnostic::Diagnostic;
use model::read::Read;

use super::{Directive, Ignored, Profile, Source};
use syntax::Setting;

/// A unit file or one of its drop-ins.
#[derive(Debug, Clone, Copy)]
pub struct UnitFile<'a> {
    /// Its path as the user named it.
    pub path: &'a str,
    /// Its content.
    pub bytes: &'a [u8],
}

/// Returns the profile of a unit: `unit` with its `drop_ins`, which may be in any order.
///
/// Drop-ins apply in the order of their file names, whatever folder they lie in; of two
/// with the same name the one given later holds (systemd.unit(5)). Nothing is fatal:
/// what cannot be read is left out with a diagnostic.
pub fn read_unit(unit: UnitFile<'_>, drop_ins: &[UnitFile<'_>]) -> Read<Profile> {
    let mut diagnostics = Vec::new();
    let mut found = syntax::settings(unit.path, unit.bytes, &mut diagnostics);
    let by_name: BTreeMap<&str, &UnitFile<'_>> = drop_ins.iter().map(|f| (last_part(f.path), f)).collect();
    for file in by_name.values() {
        found.extend(syntax::settings(file.path, file.bytes, &mut diagnostics));
    }
    if !syntax::has_service(unit.bytes) {
        diagnostics.push(
            Diagnostic::error(unit.path, "profile.no-service", "the file has no section [Service]").help(
                "name a systemd service unit; a seccomp policy ends in .json, a Landlock policy in .yaml",
            ),
        );
    }
    let settings = Settings::new(found);
    let mut profile = Profile::empty(last_part(unit.path), Source::Unit);
    paths::apply(&settings, &mut profile, &mut diagnostics);
    calls::apply(&settings, &mut profile, &mut diagnostics);
    access::apply(&settings, &mut profile, &mut diagnostics);
    other::apply(&settings, &mut profile, &mut diagnostics);
    Read::new(profile, diagnostics)
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// All settings of the unit by key, in the order in which they apply.
struct Settings {
    by_key: BTreeMap<String, Vec<Setting>>,
}

impl Settings {
    fn new(found: Vec<Setting>) -> Self {
        let mut by_key: BTreeMap<String, Vec<Setting>> = BTreeMap::new();
        for setting in found {
            by_key.entry(setting.key.clone()).or_default().push(setting);
        }
        Self { by_key }
    }

    fn all(&self, key: &str) -> &[Setting] {
        self.by_key.get(key).map_or(&[], Vec::as_slice)
    }

    /// Returns the assignments of a list that hold: those after the last empty one.
    fn list(&self, key: &str) -> &[Setting] {
        let all = self.all(key);
        let start = all.iter().rposition(|s| s.value.is_empty()).map_or(0, |at| at + 1);
        &all[start..]
    }

    /// Returns the assignment that holds; an empty one restores the default, so it is none.
    fn last(&self, key: &str) -> Option<&Setting> {
        self.all(key).last().filter(|s| !s.value.is_empty())
    }

    /// Returns the directive when the truth value `key` is true.
    fn enabled(&self, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Directive> {
        let setting = self.last(key)?;
        match setting.truth() {
            Some(true) => Some(setting.directive()),
            Some(false) => None,
            None => {
                diagnostics.push(odd_value(setting, "yes or no"));
                None
            }
        }
    }
}

/// Returns a warning that a value has no meaning, with what would have one.
fn odd_value(setting: &Setting, right: &str) -> Diagnostic {
    setting
        .warning("profile.unit-value", format!("{} is no value of {}", quoted(&setting.value), setting.key))
        .help(format!("write {right}"))
}

fn quoted(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    format!("{short:?}")
}

fn ignore(profile: &mut Profile, directive: Directive, reason: &str) {
    profile.ignored.push(Ignored { directive, reason: reason.to_owned() });
}
