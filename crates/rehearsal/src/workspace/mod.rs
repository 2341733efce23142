//! A workspace: which files belong to a rehearsal, and everything read from them.

mod at_risk;
mod efforts;
mod folders;
mod gate;
mod known;
mod labels;
mod plans;
mod schedules;
mod settings;
mod siems;
mod unchecked;

use std::collections::BTreeSet;
use std::sync::Arc;

use detect::{RuleFile, RuleSet};
use model::attack::{Joined, Matrix};
use model::campaign::Campaign;
use model::detection::RuleSetSummary;
use model::diagnostic::Diagnostic;
use model::estate::Estate;
use model::evidence::Repeated;
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
use known::Attack;

pub use gate::{ACCEPTANCES, GateRules, is_day, read_acceptances};
pub use known::{Changed, Known};
pub use plans::{Choice, answers_to};
pub use schedules::Zones;
pub use settings::{Pair, WORKSPACE_FILE, WorkspaceFile};
pub use siems::{SecretAt, Siem};
pub use unchecked::{Unchecked, refuse};

/// Figures of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    pub rule_files: Vec<Arc<RuleFile>>,
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
    /// Earlier runs of exercised tests that count with the verdicts.
    pub repeats: Vec<Repeated>,
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

    /// Returns the folders and files that a replay or a race reads, by the names that messages give
    /// them.
    pub fn places(&self) -> Vec<String> {
        let raw = &self.file.raw;
        let own = [self.folder(None, raw.rules.as_ref(), "rules")];
        let rules = if self.rules.is_empty() { own.as_slice() } else { self.rules.as_slice() };
        let mut folders = rules.to_vec();
        folders.push(self.folder(self.recordings.as_ref(), raw.recordings.as_ref(), "recordings"));
        folders.push(self.folder(None, raw.campaigns.as_ref(), "campaigns"));
        folders.push(self.folder(None, raw.playbooks.as_ref(), "playbooks"));
        let files =
            [&self.attack, &self.version_map, &self.estate].into_iter().flatten().chain(&self.outflow);
        let mut places: Vec<String> = folders.iter().map(|folder| folder.name("")).collect();
        places.extend(files.map(|file| file.name.clone()));
        places.push(self.root.name(WORKSPACE_FILE));
        let estate = raw.estate.as_deref().unwrap_or("estate.yaml");
        places.push(self.root.name(estate));
        places.extend(raw.efforts.as_ref().map(|efforts| self.root.name(efforts)));
        places
    }

    /// Returns the folder that a rule's file lies in, and its path there.
    pub fn rule_file<'f>(&self, file: &'f str) -> Option<(Arc<dyn Files>, &'f str)> {
        match self.rules.as_slice() {
            [] => Some((self.folder(None, self.file.raw.rules.as_ref(), "rules"), file)),
            [one] => Some((Arc::clone(one), file)),
            several => several.iter().find_map(|tree| {
                let path = file.strip_prefix(&tree.label())?.strip_prefix('/')?;
                tree.holds(path).then(|| (Arc::clone(tree), path))
            }),
        }
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
        self.read_again(extent, &Changed::default(), &mut Known::default())
    }

    /// Reads what [`Sources::read`] does; what is known is read again only where it changed.
    ///
    /// # Errors
    /// As [`Sources::read`].
    pub fn read_again(
        &self,
        extent: Extent,
        changed: &Changed,
        known: &mut Known,
    ) -> Result<Unchecked, Error> {
        let mut diagnostics = Vec::new();
        let mut inputs = Vec::new();
        let recordings = match extent {
            Extent::Exercise => nothing(),
            Extent::Replay | Extent::Whole => {
                self.folder(self.recordings.as_ref(), self.file.raw.recordings.as_ref(), "recordings")
            }
        };
        // With another workspace file or another ATT&CK nothing is as it was.
        let workspace = self.root.name(WORKSPACE_FILE);
        let all = [&self.attack, &self.version_map].into_iter().flatten().map(|file| file.name.as_str());
        let all: Vec<&str> = all.chain([workspace.as_str()]).collect();
        known.forget(changed, recordings.as_ref(), &all);
        let attack = self.attack(known)?;
        let Attack { matrix, version_map, input, said } = attack.as_ref();
        inputs.extend(Some(input).cloned());
        diagnostics.extend(said.iter().cloned());
        let joiner = Joiner::new(matrix, version_map);
        let join = |published: &str| -> Joined { joiner.join(published) };

        let files = self.rules(known, &join, &mut inputs, &mut diagnostics)?;
        let rule_files = known.rules.files(&files);
        let (rules, rule_summary) = known.rules.set(files).report(&mut diagnostics);
        let files = known.listing(recordings.as_ref(), &mut diagnostics)?;
        if extent != Extent::Exercise {
            inputs.push(known.hash_tree("recordings", recordings.as_ref(), &files));
        }
        let (survey, said) = known.survey(recordings.as_ref(), &files, &join);
        diagnostics.extend(said);
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
            repeats: Vec::new(),
            pairs: self.file.raw.pair.clone(),
            efforts: assess::Efforts::default(),
            inputs,
            diagnostics,
            matrix: matrix.clone(),
            version_map: version_map.clone(),
        };
        if extent == Extent::Whole {
            self.read_races(&joiner, (&mut intake, known))?;
        }
        intake.inputs.sort();
        Ok(Unchecked::new(intake))
    }

    /// Reads what races need beside rules and recordings.
    fn read_races(
        &self,
        joiner: &Joiner<'_>,
        (intake, known): (&mut Intake, &mut Known),
    ) -> Result<(), Error> {
        intake.estate =
            self.load_estate(&mut intake.inputs, &mut intake.lines)?.report(&mut intake.diagnostics);
        let folder = |set: &Option<String>, default| self.folder(None, set.as_ref(), default);
        let campaigns = folder(&self.file.raw.campaigns, "campaigns");
        plans::campaigns(campaigns.as_ref(), joiner, (&mut *intake, &mut *known))?;
        let playbooks = folder(&self.file.raw.playbooks, "playbooks");
        plans::playbooks(playbooks.as_ref(), (&mut *intake, &mut *known))?;
        plans::check_pairs(&self.file.name, intake);
        if !self.fictional {
            efforts::read(self.root.as_ref(), self.file.raw.efforts.as_deref(), intake)?;
        }
        Ok(())
    }

    /// Returns ATT&CK as this workspace uses it, with what its readers had to say.
    ///
    /// # Errors
    /// [`Error`] when the bundle that is named cannot be read.
    pub fn matrix(&self) -> Result<Read<Matrix>, Error> {
        let attack = self.read_attack()?;
        Ok(Read::new(attack.matrix, attack.said))
    }

    fn attack(&self, known: &mut Known) -> Result<Arc<Attack>, Error> {
        if let Some(attack) = &known.attack {
            return Ok(Arc::clone(attack));
        }
        let attack = Arc::new(self.read_attack()?);
        known.attack = Some(Arc::clone(&attack));
        Ok(attack)
    }

    fn read_attack(&self) -> Result<Attack, Error> {
        let mut said = Vec::new();
        let version_map = match &self.version_map {
            None => threat::version_map(),
            Some(file) => threat::read_version_map(&file.name, &file.bytes()?).report(&mut said),
        };
        let (matrix, input) = match &self.attack {
            None => {
                let catalogue = threat::catalogue();
                let bytes = serde_json::to_vec(&catalogue).unwrap_or_default();
                let hash = blake3::hash(&bytes).to_hex().to_string();
                (catalogue, Input { name: "attack".into(), source: "built-in".into(), hash })
            }
            Some(file) => {
                let mut hashing = Hashing { inner: file.open()?, hasher: blake3::Hasher::new() };
                let matrix = threat::read_matrix(&file.name, &mut hashing).report(&mut said);
                let Some(matrix) = matrix else { return Err(Error::Content(said)) };
                let hash = hashing.hasher.finalize().to_hex().to_string();
                (matrix, Input { name: "attack".into(), source: file.source.clone(), hash })
            }
        };
        Ok(Attack { matrix, version_map, input, said })
    }

    /// Reads all rule folders, and returns paths and names of their files. With several, each
    /// file's path begins with its folder's name, so that equal names in two folders stay apart.
    fn rules(
        &self,
        known: &mut Known,
        join: &(dyn Fn(&str) -> Joined + Sync),
        inputs: &mut Vec<Input>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<Vec<(String, String)>, Error> {
        let own = [self.folder(None, self.file.raw.rules.as_ref(), "rules")];
        let trees = if self.rules.is_empty() { own.as_slice() } else { self.rules.as_slice() };
        let mut all = Vec::new();
        for tree in trees {
            let label = (trees.len() > 1).then(|| tree.label());
            let into = (&mut *inputs, &mut *diagnostics);
            all.append(&mut known.read_rules(tree.as_ref(), label.as_deref(), join, into)?);
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
