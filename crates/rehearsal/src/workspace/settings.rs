//! The workspace file `feuerprobe.toml`.

use model::diagnostic::Diagnostic;
use serde::Deserialize;

use super::gate::RawGate;
use super::schedules::{RawBlackout, RawSchedule};
use super::siems::RawSource;
use crate::error::Error;

/// The file that makes a folder a workspace.
pub const WORKSPACE_FILE: &str = "feuerprobe.toml";

/// Which playbook meets which campaign.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The campaign's id.
    pub campaign: String,
    /// The playbook's id.
    pub playbook: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct RawSettings {
    pub(super) estate: Option<String>,
    pub(super) campaigns: Option<String>,
    pub(super) playbooks: Option<String>,
    pub(super) rules: Option<String>,
    pub(super) recordings: Option<String>,
    pub(super) procedures: Option<String>,
    pub(super) efforts: Option<String>,
    pub(super) attack: Option<String>,
    pub(super) version_map: Option<String>,
    pub(super) seed: Option<u64>,
    pub(super) trials: Option<u32>,
    pub(super) pair: Vec<Pair>,
    pub(super) gate: RawGate,
    pub(super) schedule: Vec<RawSchedule>,
    pub(super) blackout: Vec<RawBlackout>,
    pub(super) source: Vec<RawSource>,
}

/// What a workspace file says.
#[derive(Debug, Default)]
pub struct WorkspaceFile {
    /// How messages name it.
    pub(super) name: String,
    pub(super) text: String,
    pub(super) raw: RawSettings,
}

impl WorkspaceFile {
    /// Reads a workspace file; messages call it `name`.
    ///
    /// # Errors
    /// [`Error::Content`] with the place that is not valid.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, Error> {
        let text = model::document::text(name, bytes).map_err(|d| Error::Content(vec![d]))?;
        let raw = toml::from_str(text).map_err(|e| {
            let (line, column) = e.span().map_or((1, 1), |span| place(text, span.start));
            let message = e.message().lines().next().unwrap_or("not valid TOML").to_owned();
            Error::Content(vec![
                Diagnostic::error(name, "workspace.syntax", message)
                    .help("known keys: estate, campaigns, playbooks, rules, recordings, procedures, efforts, attack, version-map, seed, trials, [[pair]], [gate] with against, undecided, acceptances and [[gate.require]], [[schedule]], [[blackout]], [[source]]")
                    .at(line, column),
            ])
        })?;
        Ok(Self { name: name.to_owned(), text: text.to_owned(), raw })
    }

    /// Returns the seed it states.
    pub fn seed(&self) -> Option<u64> {
        self.raw.seed
    }

    /// Returns the trials it states.
    pub fn trials(&self) -> Option<u32> {
        self.raw.trials
    }

    /// Returns the ATT&CK bundle it names.
    pub fn attack(&self) -> Option<&str> {
        self.raw.attack.as_deref()
    }

    /// Returns the map between ATT&CK versions it names.
    pub fn version_map(&self) -> Option<&str> {
        self.raw.version_map.as_deref()
    }

    /// Returns the file of acceptances it names.
    pub fn acceptances(&self) -> Option<&str> {
        self.raw.gate.acceptances.as_deref()
    }
}

pub(super) fn place(text: &str, offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    (line as u32, column as u32)
}
