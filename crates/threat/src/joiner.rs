//! A published technique id joined to the matrix in use.
//!
//! Rules, recordings and campaigns are tagged in different ATT&CK versions. What
//! was published is kept beside what it stands for, and what cannot be joined is
//! said so instead of being dropped.

use model::attack::{JoinPath, Joined, Matrix};
use model::id::TechniqueId;

use crate::versions::VersionMap;

/// Joins published technique ids to one matrix.
#[derive(Debug, Clone, Copy)]
pub struct Joiner<'a> {
    matrix: &'a Matrix,
    map: &'a VersionMap,
}

impl<'a> Joiner<'a> {
    /// Returns a joiner to `matrix` that knows the changes in `map`.
    pub fn new(matrix: &'a Matrix, map: &'a VersionMap) -> Self {
        Self { matrix, map }
    }

    /// Returns the matrix that is joined to.
    pub fn matrix(&self) -> &'a Matrix {
        self.matrix
    }

    /// Returns what `published` stands for in the matrix.
    ///
    /// Read are `T1059`, `t1059.001`, the Sigma tag `attack.t1059`, and
    /// placeholders such as `T1098.xxx`, which stand for their parent. The ways
    /// are tried in the order of [`JoinPath`]. When a technique was split, all
    /// its parts that the matrix knows are returned, the closest first. Tags of
    /// tactics, groups and software are no techniques and are not joined.
    pub fn join(&self, published: &str) -> Joined {
        let (mapped, how) = self.find(published).unwrap_or((Vec::new(), JoinPath::NotJoined));
        Joined { published: published.to_owned(), mapped, how }
    }

    fn find(&self, published: &str) -> Option<(Vec<TechniqueId>, JoinPath)> {
        let text = published.trim().to_ascii_lowercase();
        let text = text.strip_prefix("attack.").unwrap_or(&text);
        if let Ok(id) = TechniqueId::new(text) {
            return self.known(&id).or_else(|| self.as_parent(&id.parent()?));
        }
        let (head, _) = text.split_once('.')?;
        self.as_parent(&TechniqueId::new(head).ok()?)
    }

    fn as_parent(&self, parent: &TechniqueId) -> Option<(Vec<TechniqueId>, JoinPath)> {
        self.known(parent).map(|(mapped, _)| (mapped, JoinPath::Parent))
    }

    fn known(&self, id: &TechniqueId) -> Option<(Vec<TechniqueId>, JoinPath)> {
        if self.active(id) {
            return Some((vec![id.clone()], JoinPath::Same));
        }
        let mut mapped: Vec<TechniqueId> = Vec::new();
        let mut add = |ids: &[TechniqueId]| {
            for id in ids.iter().filter(|id| self.active(id)) {
                if !mapped.contains(id) {
                    mapped.push(id.clone());
                }
            }
        };
        let replaced = self.matrix.revoked.get(id).map_or(&[][..], Vec::as_slice);
        add(replaced);
        // A bundle names one replacement even for a technique that was split: the
        // map adds the other parts.
        add(self.map.newer(id));
        if replaced.is_empty() {
            add(self.map.older(id));
        }
        let how = if replaced.is_empty() { JoinPath::VersionMap } else { JoinPath::RevokedBy };
        (!mapped.is_empty()).then_some((mapped, how))
    }

    fn active(&self, id: &TechniqueId) -> bool {
        self.matrix.techniques.contains_key(id)
    }
}
