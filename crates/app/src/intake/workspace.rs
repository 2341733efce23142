//! A workspace: which files belong to a rehearsal, and everything read from them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use detect::RuleFile;
use model::attack::{Joined, Matrix};
use model::campaign::Campaign;
use model::diagnostic::Diagnostic;
use model::estate::Estate;
use model::playbook::Playbook;
use model::quantity::Seed;
use model::record::Input;
use rayon::prelude::*;
use telemetry::Survey;
use threat::{Joiner, VersionMap};

use super::at_risk::{self, Loaded};
use super::efforts;
use super::home::above;
use super::settings::{FILE, Pair, RawSettings, settings};
use super::tree::{Hashing, Tree, open_file, read_small};
use crate::args::{Common, Content, RunArguments};
use crate::error::Failure;

/// Trials for each campaign when nothing is said.
const TRIALS: u32 = 4_000;

/// Figures of a run.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The seed.
    pub seed: Seed,
    /// Trials for each campaign.
    pub trials: u32,
}

/// Where every kind of input comes from.
#[derive(Debug)]
pub struct Workspace {
    root: Tree,
    raw: RawSettings,
    content: Content,
    /// Figures of a run.
    pub settings: Settings,
}

/// Everything that was read, with what readers had to say about it.
#[derive(Debug)]
pub struct Intake {
    /// ATT&CK.
    pub matrix: Matrix,
    /// The map between ATT&CK versions.
    pub version_map: VersionMap,
    /// Rule files.
    pub rules: Vec<RuleFile>,
    /// The folder of recordings.
    pub recordings: Tree,
    /// What lies in it.
    pub survey: Survey,
    /// The estate.
    pub estate: Option<Estate>,
    /// Campaigns.
    pub campaigns: Vec<Campaign>,
    /// Playbooks.
    pub playbooks: Vec<Playbook>,
    /// Which playbook meets which campaign.
    pub pairs: Vec<Pair>,
    /// What changes cost.
    pub efforts: assess::Efforts,
    /// Inputs with their hashes.
    pub inputs: Vec<Input>,
    /// What readers had to say.
    pub diagnostics: Vec<Diagnostic>,
}

/// How much of the workspace a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Rules alone: recordings are made.
    Exercise,
    /// Rules and recordings.
    Replay,
    /// Also estate, campaigns and playbooks.
    Whole,
}

impl Workspace {
    /// Finds the workspace: `--workspace`, else this folder or one above it, else the built-in provider.
    ///
    /// # Errors
    /// [`Failure`] when `feuerprobe.toml` cannot be read or is not valid.
    pub fn find(common: &Common, run: &RunArguments) -> Result<Self, Failure> {
        let folder = match &common.workspace {
            Some(named) if named.join(FILE).is_file() => Some(named.clone()),
            Some(named) => {
                return Err(Failure::Unreadable {
                    path: named.display().to_string(),
                    why: format!("it holds no {FILE}; `feuerprobe init DIR` writes one"),
                });
            }
            None => above()?,
        };
        let root = folder.map_or_else(|| Tree::BuiltIn(String::new()), Tree::Folder);
        let raw = settings(&root)?;
        let settings = Settings {
            seed: Seed(run.seed.or(raw.seed).unwrap_or(1)),
            trials: run.trials.or(raw.trials).unwrap_or(TRIALS),
        };
        Ok(Self { root, raw, content: run.content.clone(), settings })
    }

    /// Returns the folder of the workspace, `None` for the built-in provider.
    pub fn folder(&self) -> Option<&Path> {
        match &self.root {
            Tree::Folder(path) => Some(path),
            Tree::BuiltIn(_) | Tree::Memory(_) => None,
        }
    }

    /// Returns a sentence that says which content is used.
    pub fn describe(&self) -> String {
        match &self.root {
            Tree::BuiltIn(_) | Tree::Memory(_) => "the built-in provider".to_owned(),
            Tree::Folder(path) => format!("the workspace {}", path.display()),
        }
    }

    fn tree(&self, given: Option<&PathBuf>, set: Option<&String>, default: &str) -> Tree {
        match (given, &self.root) {
            (Some(path), _) => Tree::Folder(path.clone()),
            (None, Tree::Folder(root)) => Tree::Folder(root.join(set.map_or(default, String::as_str))),
            (None, Tree::BuiltIn(_) | Tree::Memory(_)) => {
                Tree::BuiltIn(set.map_or(default, String::as_str).to_owned())
            }
        }
    }

    /// Reads everything the command needs. Findings about single files are
    /// collected; only a folder that cannot be opened at all ends it early.
    ///
    /// # Errors
    /// [`Failure::Unreadable`] for a folder or file the user named.
    pub fn read(&self, extent: Extent) -> Result<Intake, Failure> {
        let mut diagnostics = Vec::new();
        let mut inputs = Vec::new();
        let (matrix, version_map) = self.attack(&mut inputs, &mut diagnostics)?;
        let joiner = Joiner::new(&matrix, &version_map);
        let join = |published: &str| -> Joined { joiner.join(published) };

        let rules = self.rules(&mut inputs, &mut diagnostics)?;
        let recordings = match extent {
            Extent::Exercise => Tree::Memory(Arc::default()),
            Extent::Replay | Extent::Whole => {
                self.tree(self.content.recordings.as_ref(), self.raw.recordings.as_ref(), "recordings")
            }
        };
        let files = listing(&recordings, &mut diagnostics)?;
        if extent != Extent::Exercise {
            inputs.push(hash_tree("recordings", &recordings, &files));
        }
        let mut survey = telemetry::survey(&files, &|path| recordings.open(path), &join);
        diagnostics.append(&mut located(std::mem::take(&mut survey.diagnostics), &recordings));

        let mut intake = Intake {
            recordings,
            survey,
            rules,
            estate: None,
            campaigns: Vec::new(),
            playbooks: Vec::new(),
            pairs: self.raw.pair.clone(),
            efforts: assess::Efforts::default(),
            inputs,
            diagnostics,
            matrix: matrix.clone(),
            version_map: version_map.clone(),
        };
        if extent == Extent::Whole {
            self.read_estate(&mut intake)?;
            self.read_plans(&joiner, &mut intake)?;
            efforts::read(&self.root, self.raw.efforts.as_deref(), &mut intake)?;
        }
        intake.inputs.sort();
        Ok(intake)
    }

    /// Returns ATT&CK as this workspace uses it.
    ///
    /// # Errors
    /// [`Failure`] when the bundle that is named cannot be read.
    pub fn matrix(&self) -> Result<Matrix, Failure> {
        self.attack(&mut Vec::new(), &mut Vec::new()).map(|(matrix, _)| matrix)
    }

    fn attack(
        &self,
        inputs: &mut Vec<Input>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<(Matrix, VersionMap), Failure> {
        let version_map = match self.named(self.content.version_map.as_ref(), self.raw.version_map.as_ref()) {
            None => threat::version_map(),
            Some(path) => {
                let bytes = read_small(&path).map_err(|e| unreadable(&path, &e))?;
                let (map, mut said) = threat::read_version_map(&path.display().to_string(), &bytes);
                diagnostics.append(&mut said);
                map
            }
        };
        let Some(path) = self.named(self.content.attack.as_ref(), self.raw.attack.as_ref()) else {
            let catalogue = threat::catalogue();
            let bytes = serde_json::to_vec(&catalogue).unwrap_or_default();
            let hash = blake3::hash(&bytes).to_hex().to_string();
            inputs.push(Input { name: "attack".into(), source: "built-in".into(), hash });
            return Ok((catalogue, version_map));
        };
        let name = path.display().to_string();
        let reader = open_file(&path).map_err(|e| unreadable(&path, &e))?;
        let mut hashing = Hashing { inner: reader, hasher: blake3::Hasher::new() };
        let (matrix, mut said) = threat::read_matrix(&name, &mut hashing);
        diagnostics.append(&mut said);
        let matrix = matrix.ok_or_else(|| Failure::Content(diagnostics.clone()))?;
        let source = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let hash = hashing.hasher.finalize().to_hex().to_string();
        inputs.push(Input { name: "attack".into(), source, hash });
        Ok((matrix, version_map))
    }

    /// Reads all rule folders. With several, each file's path begins with its
    /// folder's name, so that equal names in two folders stay apart.
    fn rules(
        &self,
        inputs: &mut Vec<Input>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<Vec<RuleFile>, Failure> {
        let trees: Vec<Tree> = if self.content.rules.is_empty() {
            vec![self.tree(None, self.raw.rules.as_ref(), "rules")]
        } else {
            self.content.rules.iter().cloned().map(Tree::Folder).collect()
        };
        let mut all = Vec::new();
        for tree in &trees {
            let mut files = read_rules(tree, inputs, diagnostics)?;
            if trees.len() > 1 {
                for file in &mut files {
                    file.path = format!("{}/{}", tree.label(), file.path);
                }
            }
            all.append(&mut files);
        }
        Ok(all)
    }

    /// Returns the folder of procedures: the one given, else the workspace's. A
    /// workspace need not have one.
    pub fn procedures(&self, given: Option<&PathBuf>) -> Tree {
        let tree = self.tree(given, self.raw.procedures.as_ref(), "procedures");
        let named = given.is_some() || self.raw.procedures.is_some();
        if named || tree.files().is_ok() { tree } else { Tree::Memory(Arc::default()) }
    }

    fn named(&self, given: Option<&PathBuf>, set: Option<&String>) -> Option<PathBuf> {
        given.cloned().or_else(|| match (&self.root, set) {
            (Tree::Folder(root), Some(path)) => Some(root.join(path)),
            _ => None,
        })
    }

    /// Returns the estate alone, with what its reader had to say.
    ///
    /// # Errors
    /// [`Failure`] when the file cannot be read or holds no estate.
    pub fn estate(&self) -> Result<(Estate, Vec<Diagnostic>), Failure> {
        let (estate, said, _) = self.load_estate()?;
        match estate {
            Some(estate) => Ok((estate, said)),
            None => Err(Failure::Content(said)),
        }
    }

    fn read_estate(&self, intake: &mut Intake) -> Result<(), Failure> {
        let (estate, mut said, mut inputs) = self.load_estate()?;
        intake.inputs.append(&mut inputs);
        intake.diagnostics.append(&mut said);
        intake.estate = estate;
        Ok(())
    }

    fn load_estate(&self) -> Result<Loaded, Failure> {
        let set = self.raw.estate.clone().unwrap_or_else(|| "estate.yaml".to_owned());
        let (tree, path) = match (&self.content.estate, &self.root) {
            (Some(file), _) => apart(file),
            (None, Tree::Folder(root)) => apart(&root.join(set)),
            (None, root) => (root.clone(), set),
        };
        let name = tree.name(&path);
        // A link that the user names is meant; one of the workspace stays in it.
        let bytes = self.content.estate.as_deref().map_or_else(|| tree.read(&path), read_small);
        let bytes = bytes.map_err(|e| Failure::Unreadable { path: name.clone(), why: e.to_string() })?;
        let input = Input {
            name: "estate".into(),
            source: tree_label(&tree, &path),
            hash: blake3::hash(&bytes).to_hex().to_string(),
        };
        let (mut estate, said) = continuity::read_estate(&name, &bytes);
        let mut inputs = vec![input];
        if let Some(estate) = &mut estate {
            inputs.extend(at_risk::set(estate, &self.content.outflow)?);
        }
        Ok((estate, said, inputs))
    }

    fn read_plans(&self, joiner: &Joiner<'_>, intake: &mut Intake) -> Result<(), Failure> {
        let campaigns = self.tree(None, self.raw.campaigns.as_ref(), "campaigns");
        let files = listing(&campaigns, &mut intake.diagnostics)?;
        intake.inputs.push(hash_tree("campaigns", &campaigns, &files));
        for file in &files {
            let Some(bytes) = small(&campaigns, file, &mut intake.diagnostics) else { continue };
            let name = campaigns.name(file);
            let said = if file.ends_with(".yaml") || file.ends_with(".yml") {
                let (campaign, said) = threat::read_campaign(&name, &bytes, joiner);
                intake.campaigns.extend(campaign);
                said
            } else if file.ends_with(".afb") {
                let (mut flows, said) = threat::read_afb(&name, &bytes, joiner);
                intake.campaigns.append(&mut flows);
                said
            } else if file.ends_with(".json") {
                let (mut flows, said) = threat::read_flow(&name, &bytes, joiner);
                intake.campaigns.append(&mut flows);
                said
            } else {
                continue;
            };
            intake.diagnostics.extend(said);
        }
        intake.campaigns.sort_by(|a, b| a.id.cmp(&b.id));

        let playbooks = self.tree(None, self.raw.playbooks.as_ref(), "playbooks");
        let files = listing(&playbooks, &mut intake.diagnostics)?;
        intake.inputs.push(hash_tree("playbooks", &playbooks, &files));
        for file in files.iter().filter(|f| f.ends_with(".json")) {
            let Some(bytes) = small(&playbooks, file, &mut intake.diagnostics) else { continue };
            let (playbook, said) = race::read_playbook(&playbooks.name(file), &bytes);
            intake.playbooks.extend(playbook);
            intake.diagnostics.extend(said);
        }
        intake.playbooks.sort_by(|a, b| a.id.cmp(&b.id));
        self.check_pairs(intake);
        Ok(())
    }

    fn check_pairs(&self, intake: &mut Intake) {
        let file = self.root.name(FILE);
        for pair in &intake.pairs {
            let campaign = intake.campaigns.iter().any(|c| c.id.as_str() == pair.campaign);
            let playbook = intake.playbooks.iter().any(|p| answers_to(p, &pair.playbook));
            for (known, kind, name) in
                [(campaign, "campaign", &pair.campaign), (playbook, "playbook", &pair.playbook)]
            {
                if !known {
                    let code = format!("workspace.unknown-{kind}");
                    intake.diagnostics.push(
                        Diagnostic::error(
                            &file,
                            &code,
                            format!("[[pair]] names the {kind} {name:?}, which is not there"),
                        )
                        .help(format!("use the id of a {kind} in the {kind}s folder")),
                    );
                }
            }
        }
    }
}

/// Returns whether a playbook is meant by `name`: its CACAO id, or its name
/// with blanks as hyphens and without regard to letter case.
pub fn answers_to(playbook: &Playbook, name: &str) -> bool {
    let words: Vec<&str> = playbook.name.split_whitespace().collect();
    playbook.id.as_str() == name || words.join("-").eq_ignore_ascii_case(name)
}

fn read_rules(
    tree: &Tree,
    inputs: &mut Vec<Input>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Vec<RuleFile>, Failure> {
    let mut files = listing(tree, diagnostics)?;
    files.retain(|f| f.ends_with(".yml") || f.ends_with(".yaml"));
    let rules: Vec<RuleFile> = files
        .iter()
        .filter_map(|path| Some(RuleFile { path: path.clone(), bytes: small(tree, path, diagnostics)? }))
        .collect();
    let mut hasher = blake3::Hasher::new();
    for rule in &rules {
        hasher.update(rule.path.as_bytes()).update(blake3::hash(&rule.bytes).as_bytes());
    }
    inputs.push(Input {
        name: "rules".into(),
        source: tree.label(),
        hash: hasher.finalize().to_hex().to_string(),
    });
    Ok(rules)
}

fn listing(tree: &Tree, diagnostics: &mut Vec<Diagnostic>) -> Result<Vec<String>, Failure> {
    let listing = tree.files()?;
    diagnostics.extend(listing.findings(tree));
    Ok(listing.files)
}

fn small(tree: &Tree, path: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<u8>> {
    tree.read(path)
        .map_err(|e| {
            diagnostics.push(
                Diagnostic::warning(&tree.name(path), "file.unreadable", format!("it cannot be read: {e}"))
                    .help("check its permissions and size; everything else is used"),
            );
        })
        .ok()
}

fn hash_tree(name: &str, tree: &Tree, files: &[String]) -> Input {
    let hashes: Vec<_> = files
        .par_iter()
        .map(|path| {
            let mut hasher = blake3::Hasher::new();
            if let Ok(mut input) = tree.open(path) {
                // A file that breaks off is hashed as far as it can be read.
                let _ = std::io::copy(&mut input, &mut hasher);
            }
            hasher.finalize()
        })
        .collect();
    let mut hasher = blake3::Hasher::new();
    for (path, hash) in files.iter().zip(hashes) {
        hasher.update(path.as_bytes()).update(hash.as_bytes());
    }
    Input { name: name.to_owned(), source: tree.label(), hash: hasher.finalize().to_hex().to_string() }
}

fn located(mut diagnostics: Vec<Diagnostic>, tree: &Tree) -> Vec<Diagnostic> {
    for diagnostic in &mut diagnostics {
        diagnostic.file = tree.name(&diagnostic.file);
    }
    diagnostics
}

/// Returns the folder a file lies in, and its name.
fn apart(file: &Path) -> (Tree, String) {
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = file.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    (Tree::Folder(folder.to_owned()), name)
}

pub(super) fn tree_label(tree: &Tree, path: &str) -> String {
    match tree {
        Tree::BuiltIn(_) | Tree::Memory(_) => "built-in".to_owned(),
        Tree::Folder(_) => path.rsplit('/').next().unwrap_or(path).to_owned(),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Unreadable { path: path.display().to_string(), why: error.to_string() }
}
