//! Finds the recordings below a folder and what is known about them.
//!
//! Four kinds of statement are understood, in this order of precedence: our own
//! `recording.yaml`, the regression folders of the Sigma project (`info.yml`), an
//! `index.jsonl` that lists recordings one a line, and telemetry files that nothing
//! describes. Every telemetry file belongs to at most one recording, and a file that
//! lies in a described folder without being named there is not a recording of its own.

mod index;
mod plain;
mod regression;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use model::attack::{JoinPath, Joined};
use model::diagnostic::Diagnostic;
use model::id::{RecordingId, RuleId, TechniqueId};
use model::paths;
use model::read::Read;
use model::reading::{DEFAULT_DEADLINE, Input, Join, read_small};
use model::recording::{LabelQuality, Recording, RecordingKind, RunStatus};

/// Bytes that a label or an index may hold: a thousand times the largest seen.
const MAX_LABEL_BYTES: u64 = 256 * 1024 * 1024;

/// What was found below a folder.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// The recordings, by id.
    pub recordings: Vec<Recording>,
    /// Which rules are said to fire on them.
    pub labels: Labels,
    /// Every other file that describes nothing, sorted: what is not read, and why.
    pub unread: Vec<Unread>,
}

/// A file that is not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// Why not.
    pub why: Why,
    /// The file.
    pub file: String,
}

/// Why a file is not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// No reader recognises what it begins with.
    Unrecognised,
    /// It cannot be opened, with what the system said.
    Unreadable(String),
    /// A description speaks for its folder and does not name it.
    NotNamed,
    /// No recording id can be made of its name, or the id is taken.
    NoId,
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unrecognised => f.write_str("no reader recognises what it begins with"),
            Self::Unreadable(error) => write!(f, "it cannot be opened: {error}"),
            Self::NotNamed => f.write_str("the description of its folder does not name it"),
            Self::NoId => f.write_str("its name makes no recording id of its own"),
        }
    }
}

/// Endings and names of files that accompany recordings and hold no events.
const BESIDE: [&str; 10] =
    [".md", ".yml", ".yaml", ".py", ".sh", ".ps1", ".png", ".svg", "readme", "license"];

/// Statements by others that a rule fires on a recording.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Labels {
    /// By recording, set and rule.
    pub pairs: Vec<LabelPair>,
}

/// One statement that a rule fires on a recording.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelPair {
    /// How good the statement is.
    pub set: LabelSet,
    /// The recording.
    pub recording: RecordingId,
    /// The rule.
    pub rule: RuleId,
    /// On how many events, when that is said.
    pub events: Option<u64>,
}

/// How good a statement about a rule and a recording is, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LabelSet {
    /// The rule's own project says it must fire.
    Gold,
    /// Independent engines agree that it fires.
    Silver,
    /// The engines disagree; not to be tested on.
    Disputed,
}

/// Returns the recordings among `files`, which are paths below one root with `/`
/// between their parts, with what was wrong in the order of the files. A fault in
/// one statement never hides another: all are reported at once.
pub fn survey(files: &[String], open: &dyn Fn(&str) -> io::Result<Input>, join: &Join<'_>) -> Read<Survey> {
    let mut finder = Finder::new(files, open, join);
    for file in files.iter().filter(|f| named(f, &["recording.yaml", "recording.yml"])) {
        yaml::read(&mut finder, file);
    }
    for file in files.iter().filter(|f| named(f, &["info.yml", "info.yaml"])) {
        regression::read(&mut finder, file);
    }
    for file in files.iter().filter(|f| named(f, &["index.jsonl"])) {
        index::read(&mut finder, file);
    }
    for file in files {
        plain::read(&mut finder, file);
    }
    finder.say_unread();
    finder.finish()
}

fn named(path: &str, names: &[&str]) -> bool {
    names.contains(&paths::name(path))
}

/// The work in progress.
struct Finder<'a> {
    files: BTreeSet<&'a str>,
    open: &'a dyn Fn(&str) -> io::Result<Input>,
    join: &'a Join<'a>,
    /// Which recording a telemetry file belongs to.
    claimed: BTreeMap<String, RecordingId>,
    /// Folders whose unnamed files are no recordings of their own.
    covered: BTreeSet<String>,
    /// Files that describe recordings.
    descriptions: BTreeSet<String>,
    unread: BTreeSet<Unread>,
    /// Files that were told as not read where a description was read.
    noted: BTreeSet<String>,
    recordings: BTreeMap<RecordingId, Recording>,
    pairs: BTreeMap<(RecordingId, LabelSet, RuleId), Option<u64>>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Finder<'a> {
    fn new(files: &'a [String], open: &'a dyn Fn(&str) -> io::Result<Input>, join: &'a Join<'a>) -> Self {
        Self {
            files: files.iter().map(String::as_str).collect(),
            open,
            join,
            claimed: BTreeMap::new(),
            covered: BTreeSet::new(),
            descriptions: BTreeSet::new(),
            unread: BTreeSet::new(),
            noted: BTreeSet::new(),
            recordings: BTreeMap::new(),
            pairs: BTreeMap::new(),
            diagnostics: Vec::new(),
        }
    }

    /// Reads a label file, or says why it cannot be read.
    fn read(&mut self, file: &str) -> Option<Vec<u8>> {
        match (self.open)(file).and_then(|input| read_small(input, MAX_LABEL_BYTES)) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                self.say(
                    Diagnostic::error(file, "recording.open", format!("the file cannot be read: {error}"))
                        .help("check the path and the permissions"),
                );
                None
            }
        }
    }

    fn unread(&mut self, file: &str, why: Why) {
        self.unread.insert(Unread { why, file: file.to_owned() });
    }

    /// Names every file that is not read.
    fn say_unread(&mut self) {
        for Unread { why, file } in self.unread.clone() {
            let name = paths::name(&file).to_ascii_lowercase();
            let beside = BESIDE.iter().any(|b| name.starts_with(b) || name.ends_with(b));
            // Those were told where they were found.
            if why == Why::NoId || self.noted.contains(&file) {
                continue;
            }
            let message = format!("not read: {why}");
            let told = match why {
                Why::NotNamed => Diagnostic::note(&file, "events.not-read", message)
                    .help("name it in the description if it belongs to a recording"),
                Why::Unrecognised if beside => Diagnostic::note(&file, "events.not-read", message)
                    .help("`feuerprobe list log-sources` shows what is read"),
                _ => Diagnostic::warning(&file, "events.not-read", message)
                    .help("`feuerprobe list log-sources` shows what is read"),
            };
            self.say(told);
        }
    }

    fn say(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Joins published technique ids. `complain` makes the warning about one that is
    /// in no ATT&CK version known.
    fn join(
        &mut self,
        published: &[String],
        mut complain: impl FnMut(usize, Diagnostic) -> Diagnostic,
        file: &str,
    ) -> (Vec<TechniqueId>, Vec<Joined>) {
        let joined: Vec<Joined> = published.iter().map(|p| (self.join)(p)).collect();
        for (i, one) in joined.iter().enumerate().filter(|(_, j)| j.how == JoinPath::NotJoined) {
            let message = format!("technique {:?} is unknown in the ATT&CK version in use", one.published);
            let warning = Diagnostic::warning(file, "recording.unknown-technique", message)
                .help("write an id such as T1059.001; ids of older and newer versions are understood");
            let warning = complain(i, warning);
            self.say(warning);
        }
        let mut mapped: Vec<TechniqueId> = joined.iter().flat_map(|j| j.mapped.clone()).collect();
        mapped.sort();
        mapped.dedup();
        (mapped, joined)
    }

    /// Adds a recording and claims its files. Returns whether its id was free.
    fn add(&mut self, mut recording: Recording, file: &str) -> bool {
        if self.recordings.contains_key(&recording.id) {
            let message = format!("the recording id {:?} is taken", recording.id.as_str());
            self.say(
                Diagnostic::error(file, "recording.duplicate-id", message)
                    .help("ids are paths below the recordings folder; rename one of the two"),
            );
            return false;
        }
        let id = recording.id.clone();
        recording.files.retain(|telemetry| match self.claimed.get(telemetry) {
            None => true,
            Some(owner) => {
                let message = format!("{telemetry:?} belongs to the recording {owner} already");
                self.diagnostics.push(
                    Diagnostic::error(file, "recording.file-taken", message)
                        .help("a telemetry file belongs to one recording; name it once"),
                );
                false
            }
        });
        for telemetry in &recording.files {
            self.claimed.insert(telemetry.clone(), id.clone());
        }
        self.recordings.insert(id, recording);
        true
    }

    fn label(&mut self, set: LabelSet, recording: &RecordingId, rule: RuleId, events: Option<u64>) {
        let known = self.pairs.entry((recording.clone(), set, rule)).or_default();
        *known = known.or(events);
    }

    fn finish(self) -> Read<Survey> {
        let mut diagnostics = self.diagnostics;
        diagnostics.sort();
        let pairs = self.pairs.into_iter();
        let survey = Survey {
            unread: self.unread.into_iter().collect(),
            recordings: self.recordings.into_values().collect(),
            labels: Labels {
                pairs: pairs
                    .map(|((recording, set, rule), events)| LabelPair { set, recording, rule, events })
                    .collect(),
            },
        };
        Read::new(survey, diagnostics)
    }
}

/// A recording of which nothing is known but its id and files.
fn bare(id: RecordingId, title: &str, files: Vec<String>, source: &str) -> Recording {
    Recording {
        id,
        title: title.to_owned(),
        kind: RecordingKind::Attack,
        techniques: Vec::new(),
        published: Vec::new(),
        label: LabelQuality::None,
        run: RunStatus::Completed,
        files,
        act: None,
        end: None,
        host: None,
        marker: None,
        telemetry: Vec::new(),
        success: None,
        blocked: None,
        expected_rules: Vec::new(),
        deadline: DEFAULT_DEADLINE,
        source: source.to_owned(),
    }
}
