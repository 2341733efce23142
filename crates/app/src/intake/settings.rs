//! The workspace file `feuerprobe.toml`.

use model::diagnostic::Diagnostic;
use serde::Deserialize;

use super::gate::RawGate;
use super::tree::Tree;
use crate::error::Failure;

/// The file that makes a folder a workspace.
pub(super) const FILE: &str = "feuerprobe.toml";

/// Which playbook meets which campaign.
#[derive(Debug, Clone, Deserialize)]
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
}

/// Returns what the workspace file of a tree says, and its text.
pub(super) fn settings(root: &Tree) -> Result<(RawSettings, String), Failure> {
    let name = root.name(FILE);
    let bytes = match root {
        Tree::Folder(_) => root.read(FILE),
        Tree::BuiltIn(_) | Tree::Memory(_) => Tree::BuiltIn("provider".into()).read(FILE),
    };
    let bytes = bytes.map_err(|e| Failure::Unreadable { path: name.clone(), why: e.to_string() })?;
    let text = model::document::text(&name, &bytes).map_err(|d| Failure::Content(vec![d]))?;
    let raw = toml::from_str(text).map_err(|e| {
        let (line, column) = e.span().map_or((1, 1), |span| place(text, span.start));
        let message = e.message().lines().next().unwrap_or("not valid TOML").to_owned();
        Failure::Content(vec![
            Diagnostic::error(&name, "workspace.syntax", message)
                .help("known keys: estate, campaigns, playbooks, rules, recordings, procedures, efforts, attack, version-map, seed, trials, [[pair]], [gate] with against, undecided, acceptances and [[gate.require]]")
                .at(line, column),
        ])
    })?;
    Ok((raw, text.to_owned()))
}

pub(super) fn place(text: &str, offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    (line as u32, column as u32)
}
