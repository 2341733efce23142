//! Atomic Red Team's own files and emulation plans, as users have them.
//!
//! Every test of a file comes out, either as a procedure or among those that cannot
//! run here with the reason; `procedures + excluded` is always the number of tests
//! in the file. An imported test declares no effects, so that its effects are
//! observed only; it has no success check either.

mod elevate;
mod exclude;
mod plan;
mod script;
mod test;

use std::collections::BTreeMap;

use model::attack::JoinPath;
use model::diagnostic::Diagnostic;
use model::document;
use model::id::TechniqueId;
use model::read::Read;

use super::Procedure;
use model::paths;
use model::placed::{Document, Node, Placed};
use model::reading::Join;
pub use plan::{is_plan, read_plan};

/// Where files that lie beside the tests are put inside the sandbox.
pub(super) const FOLDER: &str = "/opt/atomics";

/// What runners put in the place of their folder of tests.
pub(super) const FOLDER_WORD: &str = "PathToAtomicsFolder";

/// Bytes that a file of tests may hold: ten times the largest published one.
pub(super) const MAX_BYTES: u64 = 4 << 20;

/// The tests of one file, or of several.
#[derive(Debug, Default)]
pub struct Atomics {
    /// What can be run here, in the order of the file.
    pub procedures: Vec<Procedure>,
    /// What cannot, in the order of the file.
    pub excluded: Vec<Excluded>,
}

/// A published test that cannot run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excluded {
    /// Its published id, or its file and its place there.
    pub id: String,
    /// The file it stands in.
    pub file: String,
    /// Its name.
    pub name: String,
    /// The techniques it is filed under, in the matrix's ATT&CK version.
    pub techniques: Vec<TechniqueId>,
    /// The kind of reason, such as `platform`, to count by.
    pub kind: &'static str,
    /// The reason, as a clause without a full stop.
    pub reason: String,
}

/// Returns the tests in a file of Atomic Red Team. `file` is its path below the root,
/// from which ids are taken. A test is judged by its own text alone; whether the
/// tools it names are installed is found out when it runs.
pub fn read_atomics(file: &str, bytes: &[u8], join: &Join<'_>) -> Read<Atomics> {
    let mut atomics = Atomics::default();
    let mut said = Vec::new();
    let root: Placed = match document::foreign_yaml(file, bytes) {
        Ok(root) => root,
        Err(diagnostic) => return Read::new(atomics, vec![diagnostic]),
    };
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let document = Document { text: text.trim_start_matches('\u{feff}') };
    let technique = document.text_of(&root, "attack_technique");
    let joined = technique.as_deref().map(|t| join(t.trim()));
    if let Some(unknown) = joined.as_ref().filter(|j| j.how == JoinPath::NotJoined) {
        let message = format!("technique {:?} is unknown in the ATT&CK version in use", unknown.published);
        let help = "its tests are imported, but count for no technique";
        said.push(Diagnostic::warning(file, "atomic.unknown-technique", message).help(help));
    }
    let tests = document.list_of(&root, "atomic_tests");
    if tests.is_empty() {
        let message = "the file holds no list of tests";
        let help = "tests stand under `atomic_tests`";
        said.push(Diagnostic::warning(file, "atomic.no-tests", message).help(help));
    }
    let nothing = BTreeMap::new();
    for (i, placed) in tests.iter().enumerate() {
        let reader = test::Reader {
            file,
            document: &document,
            joined: joined.as_ref(),
            number: i + 1,
            guid: "auto_generated_guid",
            step: None,
            earlier: &nothing,
        };
        match reader.read(placed, &mut said) {
            Ok(procedure) => atomics.procedures.push(procedure),
            Err(excluded) => atomics.excluded.push(*excluded),
        }
    }
    Read::new(atomics, said)
}

/// Returns whether a path is that of a file of tests: `T1053.003.yaml`.
pub(super) fn is_named(path: &str) -> bool {
    let name = paths::name(path);
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"));
    stem.is_some_and(|stem| TechniqueId::new(stem).is_ok())
}

/// Returns the folder that [`FOLDER_WORD`] stands for in the tests of a file: the one
/// that holds the technique's own folder.
pub(super) fn root_of(file: &str) -> &str {
    paths::folder(paths::folder(file))
}

/// Returns the files beside the tests that a text names, as paths below the folder
/// of tests.
pub(super) fn beside(text: &str) -> Vec<String> {
    let ends = |c: char| c.is_whitespace() || "\"'`;|&()<>,".contains(c);
    let place = |at: usize| {
        let rest = text[at + FOLDER.len()..].strip_prefix('/')?;
        let path = &rest[..rest.find(ends).unwrap_or(rest.len())];
        (!path.is_empty()).then(|| path.trim_end_matches('/').to_owned())
    };
    text.match_indices(FOLDER).filter_map(|(at, _)| place(at)).collect()
}

fn is_list(node: &Placed) -> bool {
    matches!(node.value, Node::List(_))
}
