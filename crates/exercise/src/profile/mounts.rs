//! Paths that a profile makes read-only, hides or makes not executable.

use super::{Directive, Profile};

/// What a profile does with a path and everything below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MountKind {
    /// Covered by an empty file or folder of mode 0000.
    Inaccessible,
    /// Covered by an empty temporary file system.
    Tmpfs {
        /// Whether it is read-only.
        read_only: bool,
    },
    /// Cannot be written (EROFS).
    ReadOnly,
    /// Can be written although a folder above cannot.
    ReadWrite,
    /// Files cannot be run (EACCES).
    NoExec,
    /// Files can be run although a folder above says otherwise.
    Exec,
}

/// One path with what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountRule {
    /// The absolute path, without a slash at its end (`/` itself excepted).
    pub path: String,
    /// What becomes of it.
    pub kind: MountKind,
    /// Who says so.
    pub directive: Directive,
}

/// What an action does with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Reads a file, lists or enters a folder.
    Read,
    /// Writes, creates, renames, removes, or changes modes and owners.
    Write,
    /// Runs a file.
    Execute,
}

impl Profile {
    /// Returns the rule that refuses `access` to the absolute `path`, if any.
    ///
    /// The rule with the longest path decides; where two have the same path, the
    /// stricter one does. Nothing can be opened again below an inaccessible path.
    pub fn refuses(&self, access: Access, path: &str) -> Option<&MountRule> {
        let covering = || self.mounts.iter().filter(|rule| below(path, &rule.path));
        if let Some(hidden) = covering().find(|rule| rule.kind == MountKind::Inaccessible) {
            return Some(hidden);
        }
        let innermost = |kinds: fn(MountKind) -> bool| {
            covering()
                .filter(|rule| kinds(rule.kind))
                .min_by_key(|rule| (std::cmp::Reverse(rule.path.len()), rule.kind))
        };
        let (rule, refused): (_, fn(MountKind) -> bool) = match access {
            Access::Read => (innermost(|k| matches!(k, MountKind::Tmpfs { .. })), |k| {
                matches!(k, MountKind::Tmpfs { .. })
            }),
            Access::Write => (
                innermost(|k| {
                    matches!(k, MountKind::Tmpfs { .. } | MountKind::ReadOnly | MountKind::ReadWrite)
                }),
                |k| matches!(k, MountKind::ReadOnly | MountKind::Tmpfs { read_only: true }),
            ),
            Access::Execute => {
                (innermost(|k| matches!(k, MountKind::NoExec | MountKind::Exec)), |k| k == MountKind::NoExec)
            }
        };
        rule.filter(|rule| refused(rule.kind))
    }
}

/// Returns whether `path` is `folder` or lies below it.
pub(super) fn below(path: &str, folder: &str) -> bool {
    folder == "/" || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
