//! A workspace: which files belong to a rehearsal, and everything read from them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use detect::{RuleFile, RuleSet};
use model::attack::{Joined, Matrix};
use model::campaign::Campaign;
use model::detection::RuleSetSummary;
use model::diagnostic::Diagnostic;
use model::estate::Estate;
use model::id::{CampaignId, PlaybookId, RecordingId};
use model::lines::FileLines;
use model::playbook::Playbook;
use model::quantity::Seed;
use model::read::Read;
use model::record::Input;
use telemetry::Survey;
use threat::{Joiner, VersionMap};

use super::at_risk;
use super::efforts;
use super::files::{hash_tree, listing, located, read_rules};
use super::gate::GateRules;
use super::home::above;
use super::labels;
use super::plans;
use super::settings::{FILE, Pair, RawSettings, settings};
use super::tree::{Hashing, Tree, open_file, read_small};
use super::unchecked::Unchecked;
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
    /// The workspace file.
    text: String,
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
    /// The rules, ready to look at events.
    pub rules: RuleSet,
    /// What the rules folder gave.
    pub rule_summary: RuleSetSummary,
    /// Whether the rules are the workspace's own, and not those of `--rules`.
    pub own_rules: bool,
    /// Whether the campaigns are meant for the estate, so that races can be judged.
    pub races: bool,
    /// The folder of recordings.
    pub recordings: Tree,
    /// What lies in it.
    pub survey: Survey,
    /// Recordings that a `recording.yaml` of their own describes.
    pub described: BTreeSet<RecordingId>,
    /// The estate.
    pub estate: Option<Estate>,
    /// Campaigns.
    pub campaigns: Vec<Campaign>,
    /// Playbooks.
    pub playbooks: Vec<Playbook>,
    /// Files of campaigns, with the campaigns each gave.
    pub campaign_files: Vec<(String, Vec<CampaignId>)>,
    /// Files of playbooks, with the playbook each gave.
    pub playbook_files: Vec<(String, Vec<PlaybookId>)>,
    /// Which playbook meets which campaign.
    pub pairs: Vec<Pair>,
    /// What changes cost.
    pub efforts: assess::Efforts,
    /// On which line of estate, campaigns and playbooks a figure stands.
    pub lines: Vec<FileLines>,
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
        let (raw, text) = settings(&root)?;
        let settings = Settings {
            seed: Seed(run.seed.or(raw.seed).unwrap_or(1)),
            trials: run.trials.or(raw.trials).unwrap_or(TRIALS),
        };
        Ok(Self { root, raw, text, content: run.content.clone(), settings })
    }

    /// Returns the folder of the workspace, `None` for the built-in provider.
    pub fn folder(&self) -> Option<&Path> {
        match &self.root {
            Tree::Folder(path) => Some(path),
            Tree::BuiltIn(_) | Tree::Memory(_) => None,
        }
    }

    /// Returns what the gate of this workspace requires, with every finding about it.
    ///
    /// # Errors
    /// [`Failure::Unreadable`] when the file of acceptances cannot be read.
    pub fn gate(&self) -> Result<Read<GateRules>, Failure> {
        super::gate::rules(&self.root, &self.raw, &self.text)
    }

    /// Returns the name of the file of acceptances, where the workspace file says one.
    pub fn acceptances(&self) -> Option<&str> {
        self.raw.gate.acceptances.as_deref()
    }

    /// Returns the folders of rules and of recordings as messages name their files.
    pub fn evidence_folders(&self) -> [Tree; 2] {
        [
            self.tree(self.content.rules.first(), self.raw.rules.as_ref(), "rules"),
            self.tree(self.content.recordings.as_ref(), self.raw.recordings.as_ref(), "recordings"),
        ]
    }

    /// Returns a sentence that says which content is used.
    pub fn describe(&self) -> String {
        match &self.root {
            Tree::BuiltIn(_) | Tree::Memory(_) => format!("the built-in provider ({})", report::DEMO),
            Tree::Folder(path) => format!("the workspace {}", path.display()),
        }
    }

    /// Returns what of the fictional provider would be mixed with the user's own estate, each
    /// with the argument that gives the user's own.
    pub fn mixed(&self) -> Vec<(&'static str, &'static str)> {
        if self.folder().is_some() || self.content.estate.is_none() {
            return Vec::new();
        }
        let mut mixed = vec![("campaigns", "--campaign FILE"), ("playbooks", "--playbook FILE")];
        if self.content.rules.is_empty() {
            mixed.push(("rules", "--rules DIR"));
        }
        if self.content.recordings.is_none() {
            mixed.push(("recordings", "--recordings DIR"));
        }
        mixed
    }

    /// Refuses to answer for the user's own estate with what belongs to the fictional provider.
    /// `campaign` and `playbook` are as given: a file, or `none`, is the user's own.
    ///
    /// # Errors
    /// [`Failure::Content`] that names what is missing and how to give it.
    pub fn refuse_mixture(&self, campaign: Option<&str>, playbook: Option<&str>) -> Result<(), Failure> {
        let own =
            |given: Option<&str>| given.is_some_and(|g| g == race::NO_PLAYBOOK || Path::new(g).is_file());
        let mut mixed = self.mixed();
        mixed.retain(|(what, _)| match *what {
            "campaigns" => !own(campaign),
            "playbooks" => !own(playbook),
            _ => true,
        });
        if mixed.is_empty() {
            return Ok(());
        }
        let list = |of: fn(&(&'static str, &'static str)) -> &'static str| {
            mixed.iter().map(of).collect::<Vec<_>>().join(", ")
        };
        let estate = self.content.estate.as_ref().map_or_else(String::new, |e| e.display().to_string());
        let message = format!("the estate is yours, but {} would be the fictional provider's", list(|m| m.0));
        let help = format!(
            "put the estate into a workspace (`feuerprobe init DIR` writes one), or use `race` or `decide` with {}",
            list(|m| m.1)
        );
        Err(Failure::Content(vec![Diagnostic::error(&estate, "workspace.fictional", message).help(help)]))
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
    pub fn read(&self, extent: Extent) -> Result<Unchecked, Failure> {
        let mut diagnostics = Vec::new();
        let mut inputs = Vec::new();
        let (matrix, version_map) = self.attack(&mut inputs, &mut diagnostics)?;
        let joiner = Joiner::new(&matrix, &version_map);
        let join = |published: &str| -> Joined { joiner.join(published) };

        let files = self.rules(&mut inputs, &mut diagnostics)?;
        let (rules, rule_summary) = RuleSet::read(files, &join).report(&mut diagnostics);
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
        let mut said = Vec::new();
        let mut survey = telemetry::survey(&files, &|path| recordings.open(path), &join).report(&mut said);
        labels::by_folder(&mut survey, &join);
        diagnostics.append(&mut located(said, &recordings));
        let described = files.iter().filter_map(|f| f.strip_suffix("/recording.yaml"));
        let described = described.filter_map(|id| RecordingId::new(id).ok()).collect();

        let mut intake = Intake {
            recordings,
            survey,
            rules,
            rule_summary,
            own_rules: self.content.rules.is_empty() || self.content.recordings.is_some(),
            races: self.mixed().is_empty(),
            described,
            estate: None,
            campaigns: Vec::new(),
            playbooks: Vec::new(),
            lines: Vec::new(),
            campaign_files: Vec::new(),
            playbook_files: Vec::new(),
            pairs: self.raw.pair.clone(),
            efforts: assess::Efforts::default(),
            inputs,
            diagnostics,
            matrix: matrix.clone(),
            version_map: version_map.clone(),
        };
        if extent == Extent::Whole {
            intake.estate =
                self.load_estate(&mut intake.inputs, &mut intake.lines)?.report(&mut intake.diagnostics);
            let folder = |set: &Option<String>, default| self.tree(None, set.as_ref(), default);
            plans::campaigns(&folder(&self.raw.campaigns, "campaigns"), &joiner, &mut intake)?;
            plans::playbooks(&folder(&self.raw.playbooks, "playbooks"), &mut intake)?;
            plans::check_pairs(&self.root, &mut intake);
            efforts::read(&self.root, self.raw.efforts.as_deref(), &mut intake)?;
        }
        intake.inputs.sort();
        Ok(Unchecked::new(intake))
    }

    /// Returns ATT&CK as this workspace uses it, with what its readers had to say.
    ///
    /// # Errors
    /// [`Failure`] when the bundle that is named cannot be read.
    pub fn matrix(&self) -> Result<Read<Matrix>, Failure> {
        let mut said = Vec::new();
        let (matrix, _) = self.attack(&mut Vec::new(), &mut said)?;
        Ok(Read::new(matrix, said))
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
                threat::read_version_map(&path.display().to_string(), &bytes).report(diagnostics)
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
        let matrix = threat::read_matrix(&name, &mut hashing).report(diagnostics);
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

    /// Returns the estate alone, with what its reader had to say; adds its file to `from`, with
    /// the lines its figures stand on.
    ///
    /// # Errors
    /// [`Failure::Unreadable`] when the file cannot be read.
    pub fn estate(&self, from: &mut (Vec<Input>, Vec<FileLines>)) -> Result<Read<Option<Estate>>, Failure> {
        self.load_estate(&mut from.0, &mut from.1)
    }

    fn load_estate(
        &self,
        inputs: &mut Vec<Input>,
        lines: &mut Vec<FileLines>,
    ) -> Result<Read<Option<Estate>>, Failure> {
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
        inputs.push(input);
        lines.push(FileLines::of("estate", &name, &bytes));
        let mut said = Vec::new();
        let mut estate = continuity::read_estate(&name, &bytes).report(&mut said);
        if let Some(estate) = &mut estate {
            inputs.extend(at_risk::set(estate, &self.content.outflow)?);
        }
        Ok(Read::new(estate, said))
    }
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
