//! Finds the procedures below a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Bound;

use model::diagnostic::Diagnostic;
use model::exercise::User;
use model::id::RecordingId;
use model::read::Read;

use super::atomic::{self, Atomics, Excluded, is_plan, read_plan};
use super::read::{TWIN, read_procedure};
use super::{Procedure, StagedFile};
use model::paths;
use model::reading::{Input, Join, read_small};

/// The file name of a procedure.
const PROCEDURE: &str = "procedure.yaml";

/// Bytes that one file beside published tests may hold to be staged.
const MAX_BESIDE: u64 = 1 << 20;

/// Bytes of such files that one test may have staged: a quarter of the sandbox's memory disk.
const MAX_STAGED: usize = 16 << 20;

/// What was found below a folder.
#[derive(Debug, Default)]
pub struct Procedures {
    /// What can be run, by id.
    pub procedures: Vec<Procedure>,
    /// Published tests that cannot run here, by file and place in it.
    pub excluded: Vec<Excluded>,
}

/// Returns the procedures among `files`, which are paths below one root with `/`
/// between their parts: every `procedure.yaml` and `twin.yaml`, every file of
/// Atomic Red Team (`T1053.003.yaml`), and every emulation plan ([`is_plan`]). A twin that names no technique has those of
/// the procedure beside it.
pub fn survey_procedures(
    files: &[String],
    open: &dyn Fn(&str) -> io::Result<Input>,
    join: &Join<'_>,
) -> Read<Procedures> {
    let mut finder = Finder {
        files: files.iter().map(String::as_str).collect(),
        open,
        found: BTreeMap::new(),
        guids: BTreeSet::new(),
        survey: Procedures::default(),
        said: Vec::new(),
    };
    for file in files.iter().filter(|f| matches!(paths::name(f), PROCEDURE | TWIN)) {
        let Some(bytes) = finder.read("procedure.open", file) else { continue };
        let procedure = read_procedure(file, &bytes, join).report(&mut finder.said);
        if let Some(procedure) = procedure {
            finder.add(procedure);
        }
    }
    for file in files.iter().filter(|f| atomic::is_named(f)) {
        let Some(bytes) = finder.read("atomic.open", file) else { continue };
        let atomics = atomic::read_atomics(file, &bytes, join).report(&mut finder.said);
        finder.add_atomics(file, atomics);
    }
    let other = |f: &&String| {
        let yaml = f.ends_with(".yaml") || f.ends_with(".yml");
        yaml && !matches!(paths::name(f), PROCEDURE | TWIN) && !atomic::is_named(f)
    };
    for file in files.iter().filter(other) {
        let Some(bytes) = finder.read("plan.open", file) else { continue };
        if is_plan(&bytes) {
            let steps = read_plan(file, &bytes, join).report(&mut finder.said);
            finder.add_atomics(file, steps);
        }
    }
    finder.finish()
}

/// The work in progress.
struct Finder<'a> {
    files: BTreeSet<&'a str>,
    open: &'a dyn Fn(&str) -> io::Result<Input>,
    found: BTreeMap<RecordingId, Procedure>,
    guids: BTreeSet<String>,
    survey: Procedures,
    said: Vec<Diagnostic>,
}

impl Finder<'_> {
    fn read(&mut self, code: &str, file: &str) -> Option<Vec<u8>> {
        match (self.open)(file).and_then(|input| read_small(input, atomic::MAX_BYTES)) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                let message = format!("the file cannot be read: {error}");
                let d = Diagnostic::error(file, code, message).help("check the path and the permissions");
                self.said.push(d);
                None
            }
        }
    }

    fn add(&mut self, procedure: Procedure) {
        if let Some(known) = self.found.get(&procedure.id) {
            let message = format!("the id {:?} is that of {} already", procedure.id.as_str(), known.file);
            let d = Diagnostic::error(&procedure.file, "procedure.duplicate-id", &message);
            self.said.push(d.help("ids are paths below the folder; rename one of the two"));
            if procedure.atomic.is_some() {
                self.survey.excluded.push(excluded(procedure, "duplicate", message));
            }
            return;
        }
        self.found.insert(procedure.id.clone(), procedure);
    }

    fn add_atomics(&mut self, file: &str, atomics: Atomics) {
        self.survey.excluded.extend(atomics.excluded);
        for mut procedure in atomics.procedures {
            let guid = procedure.atomic.as_ref().and_then(|a| a.guid.clone());
            if let Some(guid) = guid.filter(|guid| !self.guids.insert(guid.clone())) {
                let message = format!("the id {guid} is that of another test too");
                let d = Diagnostic::warning(file, "atomic.duplicate-guid", message);
                self.said.push(d.help("give every test an id of its own"));
            }
            match self.stage(file, &mut procedure) {
                Ok(()) => self.add(procedure),
                Err(reason) => self.survey.excluded.push(excluded(procedure, "file missing", reason)),
            }
        }
    }

    /// Puts the files that a published test names beside itself into the sandbox.
    fn stage(&self, file: &str, procedure: &mut Procedure) -> Result<(), String> {
        let command = procedure.fill(&procedure.executor.command);
        let scripts = procedure.dependencies.iter().flat_map(|d| [Some(&d.check), d.get.as_ref()]);
        let prepared: Vec<String> = scripts.flatten().map(|s| procedure.fill(s)).collect();
        let made: Vec<String> =
            procedure.dependencies.iter().filter_map(|d| d.get.as_ref()).map(|g| procedure.fill(g)).collect();
        let root = atomic::root_of(file);
        let mut paths = BTreeSet::new();
        for text in std::iter::once(&command).chain(&prepared) {
            for named in atomic::beside(text) {
                let found = self.beside(root, &named);
                // A script that computes a path, or makes the file, is given what there is.
                let computed =
                    named.contains(['$', '*', '?', '{', '[']) || made.iter().any(|m| m.contains(&named));
                if found.is_empty() && !computed {
                    return Err(format!("it needs {named}, which is not beside it"));
                }
                paths.extend(found);
            }
        }
        let mut staged = 0;
        for path in paths {
            let bytes = (self.open)(path)
                .and_then(|input| read_small(input, MAX_BESIDE))
                .map_err(|error| format!("it needs {path}, which cannot be read: {error}"))?;
            staged += bytes.len();
            if staged > MAX_STAGED {
                return Err(format!("the files it needs hold more than {} MiB", MAX_STAGED >> 20));
            }
            let below = path.strip_prefix(root).unwrap_or(path).trim_start_matches('/');
            procedure.stage.files.push(StagedFile {
                path: format!("{}/{below}", atomic::FOLDER),
                bytes,
                mode: 0o755,
                owner: User::Ordinary,
            });
        }
        Ok(())
    }

    /// The listed files that are `named`, or lie below a folder of that name.
    fn beside(&self, root: &str, named: &str) -> Vec<&str> {
        let Some(path) = paths::within(root, named) else { return Vec::new() };
        let folder = format!("{path}/");
        let below = self
            .files
            .range::<str, _>((Bound::Included(folder.as_str()), Bound::Unbounded))
            .take_while(|f| f.starts_with(&folder));
        self.files.get(path.as_str()).into_iter().chain(below).copied().collect()
    }

    fn finish(mut self) -> Read<Procedures> {
        let attacks: BTreeMap<RecordingId, (Vec<_>, Vec<_>)> = self
            .found
            .iter()
            .filter(|(_, p)| !p.is_twin())
            .map(|(id, p)| (id.clone(), (p.techniques.clone(), p.published.clone())))
            .collect();
        let mut twins = BTreeSet::new();
        for (id, twin) in self.found.iter_mut().filter(|(_, p)| p.is_twin()) {
            let of = id.as_str().strip_suffix("/twin").and_then(|of| RecordingId::new(of).ok());
            match of.and_then(|of| attacks.get_key_value(&of)) {
                Some((of, (techniques, published))) => {
                    twins.insert(of.clone());
                    if twin.published.is_empty() {
                        twin.techniques.clone_from(techniques);
                        twin.published.clone_from(published);
                    }
                }
                None => {
                    let d = Diagnostic::warning(
                        &twin.file,
                        "procedure.twin-alone",
                        "there is no usable procedure.yaml beside this twin",
                    );
                    self.said.push(d.help("a twin is the counterpart of the procedure beside it"));
                }
            }
        }
        for (id, procedure) in &self.found {
            if !procedure.is_twin() && procedure.atomic.is_none() && !twins.contains(id) {
                let d = Diagnostic::note(
                    &procedure.file,
                    "procedure.no-twin",
                    "there is no usable twin.yaml beside it",
                );
                self.said.push(d.help("without a harmless counterpart its rules' precision is not measured"));
            }
        }
        let mut survey = self.survey;
        survey.procedures = self.found.into_values().collect();
        self.said.sort();
        Read::new(survey, self.said)
    }
}

fn excluded(procedure: Procedure, kind: &'static str, reason: String) -> Excluded {
    let guid = procedure.atomic.and_then(|a| a.guid);
    Excluded {
        id: guid.unwrap_or_else(|| procedure.id.to_string()),
        file: procedure.file,
        name: procedure.name,
        techniques: procedure.techniques,
        kind,
        reason,
    }
}
