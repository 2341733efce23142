//! Reads a Landlock policy: paths with rights, and TCP ports.

use std::collections::BTreeSet;

use model::diagnostic::Diagnostic;
use model::document::{Spanned, place, yaml};
use model::read::Read;
use serde::Deserialize;

use super::mounts::below;
use super::unit::absolute;
use super::{Directive, LandlockPolicy, PathGrant, Profile, Right, Source};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Document {
    name: String,
    #[serde(default)]
    #[expect(dead_code, reason = "for the people who read the file")]
    description: Option<String>,
    paths: Vec<Grant>,
    #[serde(default)]
    tcp: Tcp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Grant {
    path: Spanned<String>,
    rights: Vec<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Tcp {
    connect: Option<Vec<u16>>,
    bind: Option<Vec<u16>>,
}

impl Right {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Read, "read"),
        (Self::Execute, "execute"),
        (Self::Write, "write"),
        (Self::Create, "create"),
        (Self::Remove, "remove"),
    ];

    /// Returns the word that policies use.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(right, _)| *right == self).map_or("", |(_, word)| word)
    }
}

/// Returns the profile of a Landlock policy.
///
/// An entry that cannot be read is left out with a diagnostic; what is left out is not
/// granted.
pub fn read_landlock(file: &str, bytes: &[u8]) -> Read<Option<Profile>> {
    let document: Document = match yaml(file, bytes) {
        Ok(document) => document,
        Err(fault) => return Read::new(None, vec![fault]),
    };
    let mut diagnostics = Vec::new();
    let mut paths = Vec::new();
    for grant in &document.paths {
        let Some(path) = absolute(&grant.path.value) else {
            let fault = Diagnostic::warning(file, "profile.landlock-entry", "a path is not absolute")
                .help("write an absolute path without .. and without wildcards");
            diagnostics.push(place(fault, &grant.path));
            continue;
        };
        let mut rights = BTreeSet::new();
        for word in &grant.rights {
            match Right::ALL.iter().find(|(_, known)| *known == word.value) {
                Some((right, _)) => {
                    rights.insert(*right);
                }
                None => {
                    let fault = Diagnostic::warning(file, "profile.landlock-entry", "a right has no meaning")
                        .help("write read, execute, write, create or remove");
                    diagnostics.push(place(fault, word));
                }
            }
        }
        let words: Vec<&str> = rights.iter().map(|right| right.word()).collect();
        let text = format!("{path}: {}", words.join(", "));
        let line = grant.path.referenced.line() as u32;
        let directive = Directive { text, file: file.to_owned(), line };
        paths.push(PathGrant { path, rights: rights.into_iter().collect(), directive });
    }
    let mut profile = Profile::empty(&document.name, Source::Landlock);
    profile.landlock = Some(LandlockPolicy { paths, connect: document.tcp.connect, bind: document.tcp.bind });
    Read::new(Some(profile), diagnostics)
}

impl LandlockPolicy {
    /// Returns whether some grant gives `right` on the absolute `path`.
    pub fn grants(&self, right: Right, path: &str) -> bool {
        self.paths.iter().any(|grant| grant.rights.contains(&right) && below(path, &grant.path))
    }

    /// Returns why `right` on `path` is refused, as results name it; `None` when it is granted.
    pub fn lacks(&self, right: Right, path: &str) -> Option<String> {
        (!self.grants(right, path)).then(|| format!("no grant of {} for {path}", right.word()))
    }

    /// Returns why connecting to a TCP port is refused; `None` when it is granted.
    pub fn lacks_connect(&self, port: u16) -> Option<String> {
        let ports = self.connect.as_ref()?;
        (!ports.contains(&port)).then(|| format!("no grant of tcp connect to port {port}"))
    }

    /// Returns why binding a TCP port is refused; `None` when it is granted.
    pub fn lacks_bind(&self, port: u16) -> Option<String> {
        let ports = self.bind.as_ref()?;
        (!ports.contains(&port)).then(|| format!("no grant of tcp bind to port {port}"))
    }
}
