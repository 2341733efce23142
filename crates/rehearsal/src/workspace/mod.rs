//! A workspace: which files belong to a rehearsal, and everything read from them.

mod at_risk;
mod efforts;
mod folders;
mod gate;
mod labels;
mod plans;
mod settings;
mod unchecked;

use std::collections::BTreeSet;
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

use crate::error::Error;
use crate::files::{Files, Memory, NamedFile};
use folders::{hash_tree, listing, located, read_rules};

pub use gate::{ACCEPTANCES, GateRules, is_day, read_acceptances};
pub use plans::{Choice, answers_to};
pub use settings::{Pair, WORKSPACE_FILE, WorkspaceFile};
pub use unchecked::{Unchecked, refuse};

/// Figures of a run.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The seed.
    pub seed: Seed,
    /// Trials for each campaign.
    pub trials: u32,
}

/// Where every kind of input comes from: a workspace, and what is used in place of its own.
#[derive(Debug)]
pub struct Sources {
    /// The folder that the names of the workspace file are below.
    pub root: Arc<dyn Files>,
    /// The workspace file.
    pub file: WorkspaceFile,
    /// Whether the workspace is the fictional provider's, and none of the user's.
    pub fictional: bool,
    /// Figures of a run.
    pub settings: Settings,
    /// Folders of rules; the workspace's when empty.
    pub rules: Vec<Arc<dyn Files>>,
    /// Folder of recordings in place of the workspace's.
    pub recordings: Option<Arc<dyn Files>>,
    /// Folder of procedures in place of the workspace's.
    pub procedures: Option<Arc<dyn Files>>,
    /// Estate in place of the workspace's.
    pub estate: Option<NamedFile>,
    /// ATT&CK in place of the built-in catalogue.
    pub attack: Option<NamedFile>,
    /// Map between ATT&CK versions in place of the built-in one.
    pub version_map: Option<NamedFile>,
    /// Results of scans that say how many records are at risk.
    pub outflow: Vec<NamedFile>,
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
    /// The files of the rules folder.
    pub rule_files: Vec<RuleFile>,
    /// What the rules folder gave.
    pub rule_summary: RuleSetSummary,
    /// Whether the rules are the workspace's own, and not those of `--rules`.
    pub own_rules: bool,
    /// Whether the campaigns are meant for the estate, so that races can be judged.
    pub races: bool,
    /// The folder of recordings.
    pub recordings: Arc<dyn Files>,
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

impl Sources {
    /// Returns the sources of a workspace with nothing in place of its own.
    pub fn new(root: impl Files + 'static, file: WorkspaceFile, settings: Settings) -> Self {
        Self {
            root: Arc::new(root),
            file,
            fictional: false,
            settings,
            rules: Vec::new(),
            recordings: None,
            procedures: None,
            estate: None,
            attack: None,
            version_map: None,
            outflow: Vec::new(),
        }
    }

    /// Returns what the gate of this workspace requires, with every finding about it.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when the file of acceptances cannot be read.
    pub fn gate(&self) -> Result<Read<GateRules>, Error> {
        gate::rules(self.root.as_ref(), &self.file)
    }

    /// Returns the folders of rules and of recordings as messages name their files.
    pub fn evidence_folders(&self) -> [Arc<dyn Files>; 2] {
        let raw = &self.file.raw;
        [
            self.folder(self.rules.first(), raw.rules.as_ref(), "rules"),
            self.folder(self.recordings.as_ref(), raw.recordings.as_ref(), "recordings"),
        ]
    }

    /// Returns what of the fictional provider would be mixed with the user's own estate, each
    /// with the argument that gives the user's own.
    pub fn mixed(&self) -> Vec<(&'static str, &'static str)> {
        if !self.fictional || self.estate.is_none() {
            return Vec::new();
        }
        let mut mixed = vec![("campaigns", "--campaign FILE"), ("playbooks", "--playbook FILE")];
        if self.rules.is_empty() {
            mixed.push(("rules", "--rules DIR"));
        }
        if self.recordings.is_none() {
            mixed.push(("recordings", "--recordings DIR"));
        }
        mixed
    }

    /// Refuses to answer for the user's own estate with what belongs to the fictional provider.
    ///
    /// # Errors
    /// [`Error::Content`] that names what is missing and how to give it.
    pub fn refuse_mixture(&self, campaign: Option<&Choice>, playbook: Option<&Choice>) -> Result<(), Error> {
        let own = |choice: Option<&Choice>| choice.is_some_and(Choice::is_own);
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
        let estate = self.estate.as_ref().map_or("", |e| e.name.as_str());
        let message = format!("the estate is yours, but {} would be the fictional provider's", list(|m| m.0));
        let help = format!(
            "put the estate into a workspace (`feuerprobe init DIR` writes one), or use `race` or `decide` with {}",
            list(|m| m.1)
        );
        Err(Error::Content(vec![Diagnostic::error(estate, "workspace.fictional", message).help(help)]))
    }

    fn folder(&self, given: Option<&Arc<dyn Files>>, set: Option<&String>, default: &str) -> Arc<dyn Files> {
        given.map_or_else(|| self.root.folder(set.map_or(default, String::as_str)), Arc::clone)
    }

    /// Reads everything the command needs. Findings about single files are
    /// collected; only a folder that cannot be opened at all ends it early.
    ///
    /// # Errors
    /// [`Error::Unreadable`] for a folder or file the user named.
    pub fn read(&self, extent: Extent) -> Result<Unchecked, Error> {
        let mut diagnostics = Vec::new();
        let mut inputs = Vec::new();
        let (matrix, version_map) = self.attack(&mut inputs, &mut diagnostics)?;
        let joiner = Joiner::new(&matrix, &version_map);
        let join = |published: &str| -> Joined { joiner.join(published) };

        let rule_files = self.rules(&mut inputs, &mut diagnostics)?;
        let (rules, rule_summary) = RuleSet::read(rule_files.clone(), &join).report(&mut diagnostics);
        let recordings = match extent {
            Extent::Exercise => nothing(),
            Extent::Replay | Extent::Whole => {
                self.folder(self.recordings.as_ref(), self.file.raw.recordings.as_ref(), "recordings")
            }
        };
        let files = listing(recordings.as_ref(), &mut diagnostics)?;
        if extent != Extent::Exercise {
            inputs.push(hash_tree("recordings", recordings.as_ref(), &files));
        }
        let mut said = Vec::new();
        let mut survey = telemetry::survey(&files, &|path| recordings.open(path), &join).report(&mut said);
        labels::by_folder(&mut survey, &join);
        diagnostics.append(&mut located(said, recordings.as_ref()));
        let described = files.iter().filter_map(|f| f.strip_suffix("/recording.yaml"));
        let described = described.filter_map(|id| RecordingId::new(id).ok()).collect();

        let mut intake = Intake {
            recordings,
            survey,
            rules,
            rule_files,
            rule_summary,
            own_rules: self.rules.is_empty() || self.recordings.is_some(),
            races: self.mixed().is_empty(),
            described,
            estate: None,
            campaigns: Vec::new(),
            playbooks: Vec::new(),
            lines: Vec::new(),
            campaign_files: Vec::new(),
            playbook_files: Vec::new(),
            pairs: self.file.raw.pair.clone(),
            efforts: assess::Efforts::default(),
            inputs,
            diagnostics,
            matrix: matrix.clone(),
            version_map: version_map.clone(),
        };
        if extent == Extent::Whole {
            intake.estate =
                self.load_estate(&mut intake.inputs, &mut intake.lines)?.report(&mut intake.diagnostics);
            let folder = |set: &Option<String>, default| self.folder(None, set.as_ref(), default);
            plans::campaigns(folder(&self.file.raw.campaigns, "campaigns").as_ref(), &joiner, &mut intake)?;
            plans::playbooks(folder(&self.file.raw.playbooks, "playbooks").as_ref(), &mut intake)?;
            plans::check_pairs(&self.file.name, &mut intake);
            if !self.fictional {
                efforts::read(self.root.as_ref(), self.file.raw.efforts.as_deref(), &mut intake)?;
            }
        }
        intake.inputs.sort();
        Ok(Unchecked::new(intake))
    }

    /// Returns ATT&CK as this workspace uses it, with what its readers had to say.
    ///
    /// # Errors
    /// [`Error`] when the bundle that is named cannot be read.
    pub fn matrix(&self) -> Result<Read<Matrix>, Error> {
        let mut said = Vec::new();
        let (matrix, _) = self.attack(&mut Vec::new(), &mut said)?;
        Ok(Read::new(matrix, said))
    }

    fn attack(
        &self,
        inputs: &mut Vec<Input>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<(Matrix, VersionMap), Error> {
        let version_map = match &self.version_map {
            None => threat::version_map(),
            Some(file) => threat::read_version_map(&file.name, &file.bytes()?).report(diagnostics),
        };
        let Some(file) = &self.attack else {
            let catalogue = threat::catalogue();
            let bytes = serde_json::to_vec(&catalogue).unwrap_or_default();
            let hash = blake3::hash(&bytes).to_hex().to_string();
            inputs.push(Input { name: "attack".into(), source: "built-in".into(), hash });
            return Ok((catalogue, version_map));
        };
        let mut hashing = Hashing { inner: file.open()?, hasher: blake3::Hasher::new() };
        let matrix = threat::read_matrix(&file.name, &mut hashing).report(diagnostics);
        let matrix = matrix.ok_or_else(|| Error::Content(diagnostics.clone()))?;
        let hash = hashing.hasher.finalize().to_hex().to_string();
        inputs.push(Input { name: "attack".into(), source: file.source.clone(), hash });
        Ok((matrix, version_map))
    }

    /// Reads all rule folders. With several, each file's path begins with its
    /// folder's name, so that equal names in two folders stay apart.
    fn rules(
        &self,
        inputs: &mut Vec<Input>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<Vec<RuleFile>, Error> {
        let own = [self.folder(None, self.file.raw.rules.as_ref(), "rules")];
        let trees = if self.rules.is_empty() { own.as_slice() } else { self.rules.as_slice() };
        let mut all = Vec::new();
        for tree in trees {
            let mut files = read_rules(tree.as_ref(), inputs, diagnostics)?;
            if trees.len() > 1 {
                for file in &mut files {
                    file.path = format!("{}/{}", tree.label(), file.path);
                }
            }
            all.append(&mut files);
        }
        Ok(all)
    }

    /// Returns the text of the file that a rule came from.
    pub fn rule_text(&self, file: &str) -> Option<String> {
        let own = [self.folder(None, self.file.raw.rules.as_ref(), "rules")];
        let trees = if self.rules.is_empty() { own.as_slice() } else { self.rules.as_slice() };
        let below = |tree: &Arc<dyn Files>| match trees.len() {
            1 => Some(file.to_owned()),
            _ => file.strip_prefix(&tree.label())?.strip_prefix('/').map(str::to_owned),
        };
        let bytes = trees.iter().find_map(|tree| tree.read(&below(tree)?).ok())?;
        String::from_utf8(bytes).ok()
    }

    /// Returns the folder of procedures: the one given, else the workspace's. A
    /// workspace need not have one.
    pub fn procedure_folder(&self) -> Arc<dyn Files> {
        let set = self.file.raw.procedures.as_ref();
        let folder = self.folder(self.procedures.as_ref(), set, "procedures");
        let named = self.procedures.is_some() || set.is_some();
        if named || folder.list().is_ok() { folder } else { nothing() }
    }

    /// Returns the estate alone, with what its reader had to say; adds its file to `from`, with
    /// the lines its figures stand on.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when the file cannot be read.
    pub fn estate(&self, from: &mut (Vec<Input>, Vec<FileLines>)) -> Result<Read<Option<Estate>>, Error> {
        self.load_estate(&mut from.0, &mut from.1)
    }

    fn load_estate(
        &self,
        inputs: &mut Vec<Input>,
        lines: &mut Vec<FileLines>,
    ) -> Result<Read<Option<Estate>>, Error> {
        let set = self.file.raw.estate.as_deref().unwrap_or("estate.yaml");
        let (name, source, bytes) = match &self.estate {
            Some(file) => (file.name.clone(), file.source.clone(), file.bytes()?),
            None => {
                let (folder, file) = match set.rsplit_once('/').filter(|_| !self.fictional) {
                    Some(("", file)) => (self.root.folder("/"), file),
                    Some((folder, file)) => (self.root.folder(folder), file),
                    None => (Arc::clone(&self.root), set),
                };
                let name = folder.name(file);
                let bytes =
                    folder.read(file).map_err(|source| Error::Unreadable { path: name.clone(), source })?;
                (name, folder.source(file), bytes)
            }
        };
        let hash = blake3::hash(&bytes).to_hex().to_string();
        let input = Input { name: "estate".into(), source, hash };
        inputs.push(input);
        lines.push(FileLines::of("estate", &name, &bytes));
        let mut said = Vec::new();
        let mut estate = continuity::read_estate(&name, &bytes).report(&mut said);
        if let Some(estate) = &mut estate {
            inputs.extend(at_risk::set(estate, &self.outflow)?);
        }
        Ok(Read::new(estate, said))
    }
}

/// Returns a folder with nothing in it.
fn nothing() -> Arc<dyn Files> {
    Arc::new(Memory::new("sandbox", std::iter::empty::<(String, String)>()))
}

/// A file that is hashed as it is read.
struct Hashing {
    inner: model::reading::Input,
    hasher: blake3::Hasher,
}

impl std::io::Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..n).unwrap_or_default());
        Ok(n)
    }
}
