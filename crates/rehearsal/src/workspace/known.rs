//! What was read before, so that only files that changed are read again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use detect::{RuleCache, RuleFile};
use model::attack::{Joined, Matrix};
use model::diagnostic::Diagnostic;
use model::record::Input;
use rayon::prelude::*;
use telemetry::Survey;
use threat::VersionMap;

use super::folders::{listing, located, small};
use super::labels;
use crate::error::Error;
use crate::files::Files;

/// Which files are other ones than before, by the names that [`Files::name`] gives them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// Files that changed, are new or are gone.
    pub files: BTreeSet<String>,
    /// Whether one of them is new or gone.
    pub listed: bool,
}

impl Changed {
    /// Returns whether a file, or the archive that it is a member of, is among them.
    pub fn holds(&self, name: &str) -> bool {
        self.files.contains(name)
            || name.match_indices('/').any(|(at, _)| name.get(..at).is_some_and(|n| self.files.contains(n)))
    }
}

/// What was read before of one [`super::Sources`]. Begun empty, everything is read.
#[derive(Debug, Default)]
pub struct Known {
    pub(super) attack: Option<Arc<Attack>>,
    listings: BTreeMap<String, (Vec<String>, Vec<Diagnostic>)>,
    pub(super) rules: RuleCache,
    /// BLAKE3 of files, by name.
    hashes: BTreeMap<String, blake3::Hash>,
    survey: Option<(Survey, Vec<Diagnostic>)>,
    /// Files that are to be read although they were before.
    due: BTreeSet<String>,
}

/// ATT&CK as it was read.
#[derive(Debug)]
pub(super) struct Attack {
    pub(super) matrix: Matrix,
    pub(super) version_map: VersionMap,
    pub(super) input: Input,
    pub(super) said: Vec<Diagnostic>,
}

impl Known {
    /// Notes which files are to be read again; `recordings` is their folder, `bundles` are the
    /// names of the ATT&CK files.
    pub(super) fn forget(&mut self, changed: &Changed, recordings: &dyn Files, bundles: &[&str]) {
        if bundles.iter().any(|name| changed.holds(name)) {
            *self = Self::default();
            return;
        }
        self.hashes.retain(|name, _| !changed.holds(name));
        self.due.extend(changed.files.iter().cloned());
        if changed.listed {
            self.listings.clear();
        }
        let folder = recordings.name("");
        if changed.listed || changed.files.iter().any(|name| name.starts_with(&folder)) {
            self.survey = None;
        }
    }

    /// Returns the files of a folder.
    pub(super) fn listing(
        &mut self,
        tree: &dyn Files,
        said: &mut Vec<Diagnostic>,
    ) -> Result<Vec<String>, Error> {
        let name = tree.name("");
        if !self.listings.contains_key(&name) {
            let mut findings = Vec::new();
            let files = listing(tree, &mut findings)?;
            self.listings.insert(tree.name(""), (files, findings));
        }
        let (files, findings) = self.listings.get(&name).cloned().unwrap_or_default();
        said.extend(findings);
        Ok(files)
    }

    /// Reads the rules of a folder as far as they are not known, and returns their paths and
    /// names. `label` stands before the paths where there are several folders.
    pub(super) fn read_rules(
        &mut self,
        tree: &dyn Files,
        label: Option<&str>,
        join: &(dyn Fn(&str) -> Joined + Sync),
        (inputs, said): (&mut Vec<Input>, &mut Vec<Diagnostic>),
    ) -> Result<Vec<(String, String)>, Error> {
        let mut files = self.listing(tree, said)?;
        files.retain(|f| f.ends_with(".yml") || f.ends_with(".yaml"));
        let mut taken = Vec::new();
        for path in &files {
            let name = tree.name(path);
            if self.due.remove(&name) || self.rules.hash(&name).is_none() {
                match small(tree, path, said) {
                    Some(bytes) => {
                        let path = labelled(label, path);
                        taken.push((name, RuleFile { path, bytes }));
                    }
                    None => self.rules.forget(&name),
                }
            }
        }
        self.rules.take(taken, join);
        let mut hasher = blake3::Hasher::new();
        let mut known = Vec::new();
        for path in &files {
            let name = tree.name(path);
            if let Some(hash) = self.rules.hash(&name) {
                hasher.update(path.as_bytes()).update(hash.as_bytes());
                let path = labelled(label, path);
                known.push((path, name));
            }
        }
        let hash = hasher.finalize().to_hex().to_string();
        inputs.push(Input { name: "rules".into(), source: tree.label(), hash });
        Ok(known)
    }

    /// Returns what lies in the folder of recordings, with what there is to say about it.
    pub(super) fn survey(
        &mut self,
        recordings: &dyn Files,
        files: &[String],
        join: &(dyn Fn(&str) -> Joined + Sync),
    ) -> (Survey, Vec<Diagnostic>) {
        let found = self.survey.get_or_insert_with(|| {
            let mut said = Vec::new();
            let found = telemetry::survey(files, &|path| recordings.open(path), &join);
            let mut survey = found.report(&mut said);
            labels::by_folder(&mut survey, &join);
            (survey, located(said, recordings))
        });
        found.clone()
    }

    /// Returns the input that the files of a folder are, hashed as far as they are not known.
    pub(super) fn hash_tree(&mut self, name: &str, tree: &dyn Files, files: &[String]) -> Input {
        let unknown = files.par_iter().map(|path| (tree.name(path), path));
        let hashes: Vec<(String, blake3::Hash)> = unknown
            .filter(|(name, _)| !self.hashes.contains_key(name))
            .map(|(name, path)| (name, hash(tree, path)))
            .collect();
        self.hashes.extend(hashes);
        let mut hasher = blake3::Hasher::new();
        for path in files {
            if let Some(hash) = self.hashes.get(&tree.name(path)) {
                hasher.update(path.as_bytes()).update(hash.as_bytes());
            }
        }
        Input { name: name.to_owned(), source: tree.label(), hash: hasher.finalize().to_hex().to_string() }
    }
}

fn labelled(label: Option<&str>, path: &str) -> String {
    label.map_or_else(|| path.to_owned(), |label| format!("{label}/{path}"))
}

fn hash(tree: &dyn Files, path: &str) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    if let Ok(mut input) = tree.open(path) {
        // A file that breaks off is hashed as far as it can be read.
        let _ = std::io::copy(&mut input, &mut hasher);
    }
    hasher.finalize()
}
