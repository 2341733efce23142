//! Rule files that were taken apart, so that only those that changed are read again.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::attack::Joined;
use model::detection::RuleSetSummary;
use model::read::Read;
use rayon::prelude::*;

use super::gather::Gathered;
use super::prepare::{Prepared, prepare};
use super::{RuleFile, RuleSet, rejected};

/// Rule files, taken apart and compiled. All are joined to one version of ATT&CK: with another
/// the cache is begun anew.
#[derive(Debug, Default)]
pub struct RuleCache {
    files: BTreeMap<String, Taken>,
}

#[derive(Debug)]
struct Taken {
    file: Arc<RuleFile>,
    hash: blake3::Hash,
    documents: Arc<[Prepared]>,
}

impl RuleCache {
    /// Returns BLAKE3 of the file that was taken under this name, `None` where there is none.
    pub fn hash(&self, name: &str) -> Option<blake3::Hash> {
        self.files.get(name).map(|taken| taken.hash)
    }

    /// Takes files, each under a name of its own. One with the bytes of the last one under its
    /// name is what it was.
    pub fn take(&mut self, files: Vec<(String, RuleFile)>, join: &(dyn Fn(&str) -> Joined + Sync)) {
        let hashed = files.into_par_iter().map(|(name, file)| {
            let hash = blake3::hash(&file.bytes);
            (name, hash, file)
        });
        let known = |name: &String, hash| self.hash(name) == Some(hash);
        let new: Vec<(String, Taken)> = hashed
            .filter(|(name, hash, _)| !known(name, *hash))
            .map(|(name, hash, file)| {
                let documents = prepare(&file, join).into();
                (name, Taken { file: Arc::new(file), hash, documents })
            })
            .collect();
        self.files.extend(new);
    }

    /// Drops the file of this name.
    pub fn forget(&mut self, name: &str) {
        self.files.remove(name);
    }

    /// Returns the files with these paths and names.
    pub fn files(&self, files: &[(String, String)]) -> Vec<Arc<RuleFile>> {
        files
            .iter()
            .filter_map(|(_, name)| self.files.get(name))
            .map(|taken| Arc::clone(&taken.file))
            .collect()
    }

    /// Returns the usable rules of the files with these paths and names, and an account of what was
    /// not usable. Of two rules with the same id the one in the file whose path sorts first is used.
    pub fn set(&self, mut files: Vec<(String, String)>) -> Read<(RuleSet, RuleSetSummary)> {
        files.sort_by(|a, b| a.0.cmp(&b.0));
        let mut gathered = Gathered::default();
        let taken: Vec<&Taken> = files.iter().filter_map(|(_, name)| self.files.get(name)).collect();
        for document in taken.iter().flat_map(|taken| taken.documents.iter()) {
            gathered.take(document.clone());
        }
        let (rules, summary, mut said) = gathered.finish(taken.len() as u64);
        said.extend(summary.rejected.iter().map(rejected));
        Read::new((rules, summary), said)
    }
}
