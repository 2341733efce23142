//! Where the content of a command is: what the arguments fill, and what is opened from it.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::quantity::Seed;
use model::reading::Input;
use rehearsal::{Choice, Files, NamedFile, Settings, Sources, WORKSPACE_FILE, WorkspaceFile};

use super::beneath::named;
use super::home::above;
use super::tree::{SMALL_FILE, Tree, open_file, read_small};
use crate::error::Failure;

/// Trials for each campaign when nothing is said.
const TRIALS: u32 = 4_000;

/// Where the content of a command is.
#[derive(Debug, Clone, Default)]
pub struct WorkspaceSpec {
    /// Folder with a workspace file; when not named, this folder or one above it, else the
    /// built-in provider.
    pub workspace: Option<PathBuf>,
    /// Folders of rules in place of the workspace's.
    pub rules: Vec<PathBuf>,
    /// Folder of procedures in place of the workspace's.
    pub procedures: Option<PathBuf>,
    /// Folder of recordings in place of the workspace's.
    pub recordings: Option<PathBuf>,
    /// ATT&CK bundle in place of the workspace's.
    pub attack: Option<PathBuf>,
    /// Map between ATT&CK versions in place of the workspace's.
    pub version_map: Option<PathBuf>,
    /// Estate in place of the workspace's.
    pub estate: Option<PathBuf>,
    /// Results of scans for records at risk.
    pub outflow: Vec<PathBuf>,
    /// Seed in place of the workspace's.
    pub seed: Option<u64>,
    /// Trials for each campaign in place of the workspace's.
    pub trials: Option<u32>,
}

/// A workspace that was found.
#[derive(Debug)]
pub struct Workspace {
    folder: Option<PathBuf>,
    /// Where every kind of input comes from.
    pub sources: Sources,
}

impl Workspace {
    /// Finds the workspace and opens what belongs to it.
    ///
    /// # Errors
    /// [`Failure`] when the workspace file cannot be read or is not valid.
    pub fn find(spec: &WorkspaceSpec) -> Result<Self, Failure> {
        let folder = match &spec.workspace {
            Some(named) if named.join(WORKSPACE_FILE).is_file() => Some(named.clone()),
            Some(named) => {
                return Err(Failure::Unreadable {
                    path: named.display().to_string(),
                    why: format!("it holds no {WORKSPACE_FILE}; `feuerprobe init DIR` writes one"),
                });
            }
            None => above()?,
        };
        let root = folder.clone().map_or_else(|| Tree::BuiltIn(String::new()), Tree::Folder);
        let name = root.name(WORKSPACE_FILE);
        let bytes = match &root {
            Tree::Folder(_) => root.read(WORKSPACE_FILE),
            Tree::BuiltIn(_) => Tree::BuiltIn("provider".into()).read(WORKSPACE_FILE),
        };
        let bytes = bytes.map_err(|e| Failure::Unreadable { path: name.clone(), why: e.to_string() })?;
        let file = WorkspaceFile::read(&name, &bytes)?;
        let settings = Settings {
            seed: Seed(spec.seed.or(file.seed()).unwrap_or(1)),
            trials: spec.trials.or(file.trials()).unwrap_or(TRIALS),
        };
        let own = |given: Option<&PathBuf>, set: Option<&str>| {
            given.cloned().or_else(|| Some(folder.as_ref()?.join(set?)))
        };
        let attack = own(spec.attack.as_ref(), file.attack()).map(|path| bundle(&path));
        let version_map = own(spec.version_map.as_ref(), file.version_map()).map(|path| small(&path));
        let sources = Sources {
            fictional: folder.is_none(),
            rules: spec.rules.iter().map(|folder| opened(folder)).collect(),
            recordings: spec.recordings.as_deref().map(opened),
            procedures: spec.procedures.as_deref().map(opened),
            estate: spec.estate.as_deref().map(|path| small(&in_folder(path))),
            attack,
            version_map,
            outflow: spec.outflow.iter().map(|path| whole(path)).collect(),
            ..Sources::new(root, file, settings)
        };
        Ok(Self { folder, sources })
    }

    /// Returns the folder of the workspace, `None` for the built-in provider.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Returns the folders and files on disk that a replay or a race reads.
    pub fn watched(&self) -> Vec<PathBuf> {
        let places = self.sources.places().into_iter().filter(|place| !place.starts_with("built-in:"));
        places.map(PathBuf::from).collect()
    }

    /// Returns a sentence that says which content is used.
    pub fn describe(&self) -> String {
        match &self.folder {
            None => format!("the built-in provider ({})", report::DEMO),
            Some(path) => format!("the workspace {}", path.display()),
        }
    }
}

/// Returns the campaign or playbook that an argument means: a file, or one of the workspace.
pub fn choice(argument: &str) -> Choice {
    let path = Path::new(argument);
    if !path.is_file() && path.extension().is_none() {
        return Choice::Known(argument.to_owned());
    }
    Choice::File(whole(path))
}

fn opened(folder: &Path) -> Arc<dyn Files> {
    Arc::new(Tree::Folder(folder.to_owned()))
}

/// Returns a path with its folder, `.` where it names none, as messages show it.
fn in_folder(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    path.file_name().map_or_else(|| path.to_owned(), |name| folder.join(name))
}

fn named_file(
    path: &Path,
    open: impl Fn(&Path) -> std::io::Result<Input> + Send + Sync + 'static,
) -> NamedFile {
    let source = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let own = path.to_owned();
    NamedFile::new(path.display().to_string(), source, move || open(&own))
}

/// An ATT&CK bundle, unpacked while reading if it is packed.
fn bundle(path: &Path) -> NamedFile {
    named_file(path, open_file)
}

/// A file that is refused when it is larger than any of its kind.
fn small(path: &Path) -> NamedFile {
    named_file(path, |path| Ok(Input::Seek(Box::new(Cursor::new(read_small(path, SMALL_FILE)?)))))
}

/// A file of any size.
fn whole(path: &Path) -> NamedFile {
    named_file(path, |path| Ok(Input::Seek(Box::new(named(path)?))))
}
