//! Which procedures are run: those of the workspace, of a folder, or of files named.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::exercise::procedure::{self, Procedure};
use model::attack::Joined;
use model::diagnostic::{Diagnostic, Severity};
use model::id::{RecordingId, TechniqueId};
use model::read::Read;
use model::scorecard::NotTested;
use threat::Joiner;

use super::Task;
use crate::error::Error;
use crate::files::{self, Files};
use crate::workspace::Intake;

/// A published test that cannot run here.
#[derive(Debug, Clone)]
pub struct Excluded {
    /// Its name.
    pub name: String,
    /// Its published id, or its place in its file.
    pub id: String,
    /// The technique it is filed under, joined to the matrix.
    pub techniques: Vec<TechniqueId>,
    /// Why it cannot run here.
    pub reason: String,
}

/// The procedures of a run.
#[derive(Debug)]
pub struct Source {
    /// What can be run, in order of ids.
    pub tasks: Vec<Task>,
    /// What cannot.
    pub excluded: Vec<Excluded>,
    /// What a record calls the folder.
    pub label: String,
    /// BLAKE3 over the procedures selected.
    pub hash: String,
}

/// Which procedures are asked for.
#[derive(Debug, Clone, Default)]
pub struct Selected {
    /// Folders, each with the one file of it that is meant, if it is one.
    pub folders: Vec<(Arc<dyn Files>, Option<String>)>,
    /// Ids, beginnings of ids and techniques that are meant; all when empty.
    pub names: Vec<String>,
    /// Those of the names that a file or folder here has too, so that the beginning of an id is
    /// not enough.
    pub also_here: Vec<String>,
}

impl Source {
    /// Reads the procedures that are asked for.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when a folder cannot be read, [`Error::Unknown`] when nothing fits
    /// a name, [`Error::Content`] when what may fit it cannot be used.
    pub fn read(selected: &Selected, intake: &Intake) -> Result<Read<Self>, Error> {
        let names = &selected.names;
        let mut said = Vec::new();
        let mut source =
            Self { tasks: Vec::new(), excluded: Vec::new(), label: String::new(), hash: String::new() };
        for (folder, only) in &selected.folders {
            source.add(folder.as_ref(), only.as_deref(), intake, &mut said)?;
        }
        if let Err(unknown) = source.select(selected) {
            // What is asked for may be the file that cannot be read.
            let errors: Vec<Diagnostic> =
                said.into_iter().filter(|d| d.severity == Severity::Error).collect();
            return Err(if errors.is_empty() { unknown } else { Error::Content(errors) });
        }
        if !names.is_empty() {
            let used = |d: &Diagnostic| source.tasks.iter().any(|t| d.file.ends_with(&t.procedure.file));
            said.retain(used);
        }
        source.tasks.sort_by(|a, b| a.procedure.id.cmp(&b.procedure.id));
        source.tasks.dedup_by(|a, b| a.procedure.id == b.procedure.id);
        let mut hasher = blake3::Hasher::new();
        for task in &source.tasks {
            hasher.update(task.procedure.id.as_str().as_bytes()).update(task.hash.as_bytes());
        }
        source.hash = hasher.finalize().to_hex().to_string();
        Ok(Read::new(source, said))
    }

    /// Returns the hash of each procedure's text by id.
    pub fn by_id(&self) -> BTreeMap<&RecordingId, &str> {
        self.tasks.iter().map(|task| (&task.procedure.id, task.hash.as_str())).collect()
    }

    /// Adds the procedures of a tree; with `only`, those of one file and its twin.
    fn add(
        &mut self,
        tree: &dyn Files,
        only: Option<&str>,
        intake: &Intake,
        said: &mut Vec<Diagnostic>,
    ) -> Result<(), Error> {
        let joiner = Joiner::new(&intake.matrix, &intake.version_map);
        let join = |published: &str| -> Joined { joiner.join(published) };
        let listing = tree.list()?;
        let mut own = Vec::new();
        said.extend(files::findings(&listing, tree));
        let found =
            procedure::survey_procedures(&listing.files, &|path| tree.open(path), &join).report(&mut own);
        let wanted = |file: &str| only.is_none_or(|only| file == only);
        for procedure in found.procedures.iter().filter(|p| wanted(&p.file)) {
            own.extend(intake.unknown_rules(&procedure.file, &procedure.expected_rules));
        }
        for mut diagnostic in own {
            if only.is_none() || wanted(&diagnostic.file) {
                diagnostic.file = tree.name(&diagnostic.file);
                said.push(diagnostic);
            }
        }
        let mut texts = BTreeMap::new();
        for procedure in found.procedures.into_iter().filter(|p| wanted(&p.file)) {
            let read = || tree.read(&procedure.file).unwrap_or_default().into();
            let text: &Arc<[u8]> = texts.entry(procedure.file.clone()).or_insert_with(read);
            let (hash, text) = (hash(text, &procedure), Arc::clone(text));
            self.tasks.push(Task { procedure, hash, text });
        }
        self.excluded.extend(found.excluded.into_iter().map(|e| Excluded {
            id: e.id,
            name: e.name,
            techniques: e.techniques,
            reason: e.reason,
        }));
        self.label = tree.label();
        Ok(())
    }

    /// Keeps what fits one of the names: an id, the beginning of one, or a technique.
    fn select(&mut self, Selected { names, also_here, .. }: &Selected) -> Result<(), Error> {
        if names.is_empty() {
            return Ok(());
        }
        let fits = |procedure: &Procedure, name: &str| {
            let id = procedure.id.as_str();
            let below = || id.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            let technique = TechniqueId::new(name).ok();
            let named = |t: &TechniqueId| {
                technique.as_ref().is_some_and(|w| t == w || t.parent().as_ref() == Some(w))
            };
            below() || procedure.techniques.iter().any(named)
        };
        // A whole id, folder or technique goes before the mere beginning of an id: test 1
        // is not test 10.
        let begins = |procedure: &Procedure, name: &str| {
            procedure.id.as_str().starts_with(name) && !self.tasks.iter().any(|t| fits(&t.procedure, name))
        };
        let chosen: Vec<bool> = self
            .tasks
            .iter()
            .map(|t| names.iter().any(|name| fits(&t.procedure, name) || begins(&t.procedure, name)))
            .collect();
        for name in names {
            if !self.tasks.iter().any(|t| fits(&t.procedure, name) || begins(&t.procedure, name)) {
                return Err(Error::Unknown {
                    what: "procedure",
                    name: name.clone(),
                    hint: match also_here.contains(name) {
                        true => format!("write ./{name} for the file or folder of that name here"),
                        false => "`feuerprobe list procedures` shows what there is".to_owned(),
                    },
                });
            }
            if also_here.contains(name) && !self.tasks.iter().any(|t| fits(&t.procedure, name)) {
                let begun = self.tasks.iter().find(|t| begins(&t.procedure, name));
                return Err(Error::Unknown {
                    what: "one thing to exercise",
                    name: name.clone(),
                    hint: format!(
                        "it is the beginning of {} and a file or folder here: write ./{name} for that, or \
                         the whole id",
                        begun.map_or("an id", |t| t.procedure.id.as_str())
                    ),
                });
            }
        }
        let mut chosen = chosen.into_iter();
        self.tasks.retain(|_| chosen.next() == Some(true));
        self.excluded.clear();
        Ok(())
    }

    /// Returns the techniques of which no test can run here, with the first reason.
    pub fn not_tested(&self) -> Vec<NotTested> {
        let tested = |t: &TechniqueId| self.tasks.iter().any(|task| task.procedure.techniques.contains(t));
        let mut all: Vec<NotTested> = Vec::new();
        for excluded in &self.excluded {
            for technique in excluded.techniques.iter().filter(|t| !tested(t)) {
                if !all.iter().any(|n| n.technique == *technique) {
                    let why = format!("{}: {}", excluded.name, excluded.reason);
                    all.push(NotTested { technique: technique.clone(), used_by: Vec::new(), why });
                }
            }
        }
        all.sort_by(|a, b| a.technique.cmp(&b.technique));
        all
    }
}

/// Returns the hash of a procedure's text; of a test in a file of several, with its place.
fn hash(text: &[u8], procedure: &Procedure) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(text);
    if let Some(test) = &procedure.atomic {
        hasher.update(&test.number.to_le_bytes());
    }
    hasher.finalize().to_hex().to_string()
}
