//! One test of a file.

use std::collections::BTreeMap;

use model::attack::Joined;
use model::diagnostic::Diagnostic;
use model::document::place;
use model::exercise::User;
use model::id::TechniqueId;
use model::quantity::Millis;
use model::recording::RecordingKind;

use super::elevate;
use super::exclude::{self, Reason};
use super::{Excluded, FOLDER, FOLDER_WORD, is_list};
use crate::procedure::{
    Argument, AtomicTest, Contract, DEFAULT_TIMEOUT, Dependency, Executor, Procedure, Stage, substitute,
};
use model::paths;
use model::placed::{Document, Node, Placed};
use model::reading::DEFAULT_DEADLINE;

/// The keys of a test, and of its executor (Atomic Red Team, `spec.yaml`).
const TEST_KEYS: [&str; 8] = [
    "auto_generated_guid",
    "dependencies",
    "dependency_executor_name",
    "description",
    "executor",
    "input_arguments",
    "name",
    "supported_platforms",
];
const EXECUTOR_KEYS: [&str; 5] = ["cleanup_command", "command", "elevation_required", "name", "steps"];

/// Where a test says how it is run.
pub(super) struct Script<'n> {
    /// The interpreter's path.
    pub(super) shell: String,
    /// The keys that hold the command and the clean-up.
    pub(super) map: &'n Placed,
    pub(super) cleanup: &'static str,
    pub(super) user: User,
    pub(super) timeout: Millis,
}

/// What a test is read with.
pub(super) struct Reader<'a> {
    pub(super) file: &'a str,
    pub(super) document: &'a Document<'a>,
    pub(super) joined: Option<&'a Joined>,
    /// Its place in the file, from 1.
    pub(super) number: usize,
    /// The key that holds its published id.
    pub(super) guid: &'static str,
    /// What the ids of the file's tests begin with, and the last part of this one's; `None`:
    /// the folder and the number, as Atomic Red Team has them.
    pub(super) step: Option<&'a str>,
    /// Arguments that tests before it defined and that hold for it too.
    pub(super) earlier: &'a BTreeMap<String, Argument>,
}

impl Reader<'_> {
    /// Returns the test as a procedure.
    ///
    /// # Errors
    /// Why it cannot run here.
    pub(super) fn read(&self, test: &Placed, said: &mut Vec<Diagnostic>) -> Result<Procedure, Box<Excluded>> {
        if !matches!(test.value, Node::Map(_)) {
            let reason = Reason::malformed("it is no set of keys with values");
            return Err(self.excluded(test, reason, said));
        }
        self.unknown_keys(test, said);
        self.procedure(test).map_err(|reason| self.excluded(test, reason, said))
    }

    fn procedure(&self, test: &Placed) -> Result<Procedure, Reason> {
        self.build(test, self.script_of(test)?)
    }

    fn script_of<'n>(&self, test: &'n Placed) -> Result<Script<'n>, Reason> {
        let document = self.document;
        let platforms: Vec<String> =
            document.list_of(test, "supported_platforms").iter().filter_map(|p| document.scalar(p)).collect();
        exclude::platform(&platforms)?;
        let executor = document.get(test, "executor").filter(|e| matches!(e.value, Node::Map(_)));
        let executor = executor.ok_or_else(|| Reason::malformed("it has no executor"))?;
        let name = document.text_of(executor, "name");
        Ok(Script {
            shell: exclude::executor(name.as_deref())?,
            map: executor,
            cleanup: "cleanup_command",
            user: if document.yes(executor, "elevation_required") { User::Root } else { User::Ordinary },
            timeout: DEFAULT_TIMEOUT,
        })
    }

    /// Returns the test as a procedure that runs `script`.
    pub(super) fn build(&self, test: &Placed, script: Script<'_>) -> Result<Procedure, Reason> {
        let document = self.document;
        let shell = script.shell;
        let command = self.script(script.map, "command").filter(|c| !c.trim().is_empty());
        let command = command.ok_or_else(|| Reason::malformed("its executor has no command"))?;
        let dependency_shell = match document.text_of(test, "dependency_executor_name") {
            Some(name) => exclude::executor(Some(&name)).map_err(Reason::of_dependencies)?,
            None => shell.clone(),
        };
        let mut procedure = Procedure {
            id: self.id().map_err(|why| Reason::malformed(&why))?,
            file: self.file.to_owned(),
            kind: RecordingKind::Attack,
            name: self.name(test),
            description: document.text_of(test, "description").unwrap_or_default().trim().to_owned(),
            techniques: self.techniques(),
            published: self.joined.cloned().into_iter().collect(),
            arguments: self.arguments(test),
            dependencies: self.dependencies(test),
            executor: Executor {
                shell,
                dependency_shell,
                user: script.user,
                command,
                cleanup: self.script(script.map, script.cleanup),
            },
            stage: Stage::default(),
            contract: Contract::ObservedOnly,
            success: None,
            telemetry: Vec::new(),
            expected_rules: Vec::new(),
            timeout: script.timeout,
            deadline: DEFAULT_DEADLINE,
            notes: Vec::new(),
            source: format!("{}, test {}", self.file, self.number),
            atomic: Some(AtomicTest { guid: self.guid(test), number: self.number }),
        };
        self.defined(&procedure)?;
        exclude::scripts(&mut procedure)?;
        elevate::pass_through(&mut procedure);
        Ok(procedure)
    }

    /// `atomics/T1053.003/T1053.003.yaml` gives `atomics/T1053.003/2` for its second test.
    fn id(&self) -> Result<model::id::RecordingId, String> {
        let folder = paths::folder(self.file);
        let name = paths::name(self.file);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let number = self.number.to_string();
        let last = self.step.unwrap_or(&number);
        let text = match (folder, paths::name(folder) == stem) {
            ("", _) => format!("{stem}/{last}"),
            (folder, true) => format!("{folder}/{last}"),
            (folder, false) => format!("{folder}/{stem}/{last}"),
        };
        paths::id(&text).map_err(|error| error.to_string())
    }

    pub(super) fn name(&self, test: &Placed) -> String {
        let name = self.document.text_of(test, "name").filter(|n| !n.trim().is_empty());
        name.map_or_else(|| format!("test {} of {}", self.number, self.file), |n| n.trim().to_owned())
    }

    fn guid(&self, test: &Placed) -> Option<String> {
        self.document.text_of(test, self.guid).filter(|g| !g.trim().is_empty())
    }

    fn techniques(&self) -> Vec<TechniqueId> {
        let mut techniques = self.joined.map(|j| j.mapped.clone()).unwrap_or_default();
        techniques.sort();
        techniques
    }

    /// A script with the runner's folder of tests put in.
    fn script(&self, map: &Placed, key: &str) -> Option<String> {
        self.document.text_of(map, key).map(|text| in_folder(&text))
    }

    pub(super) fn arguments(&self, test: &Placed) -> BTreeMap<String, Argument> {
        let document = self.document;
        let arguments = document.pairs(document.get(test, "input_arguments"));
        let argument = |map: &Placed| Argument {
            description: document.text_of(map, "description").unwrap_or_default(),
            kind: document.text_of(map, "type").unwrap_or_else(|| "string".to_owned()).to_ascii_lowercase(),
            default: in_folder(&document.text_of(map, "default").unwrap_or_default()),
        };
        let mut all = self.earlier.clone();
        all.extend(arguments.into_iter().map(|(name, map)| (name.replace('.', "_"), argument(map))));
        all
    }

    fn dependencies(&self, test: &Placed) -> Vec<Dependency> {
        let text = |map: &Placed, key| self.script(map, key).filter(|t| !t.trim().is_empty());
        let dependency = |map: &Placed| Dependency {
            description: text(map, "description").unwrap_or_default().trim().to_owned(),
            check: text(map, "prereq_command").unwrap_or_else(|| "true".to_owned()),
            get: text(map, "get_prereq_command"),
        };
        self.document.list_of(test, "dependencies").iter().map(dependency).collect()
    }

    /// A text that names an argument nobody defined would do something else than meant.
    fn defined(&self, procedure: &Procedure) -> Result<(), Reason> {
        let unknown = substitute::names(&procedure.executor.command)
            .into_iter()
            .find(|name| !procedure.arguments.contains_key(*name))
            .map(str::to_owned);
        match unknown {
            Some(name) => {
                Err(Reason::malformed(&format!("its command names #{{{name}}}, which nothing defines")))
            }
            None => Ok(()),
        }
    }

    fn unknown_keys(&self, test: &Placed, said: &mut Vec<Diagnostic>) {
        let document = self.document;
        let executor = document.get(test, "executor");
        for (map, known) in [(Some(test), TEST_KEYS.as_slice()), (executor, EXECUTOR_KEYS.as_slice())] {
            let unknown = document.pairs(map).into_iter().filter(|(key, _)| !known.contains(&key.as_str()));
            for (key, value) in unknown {
                let message = format!("test {}: the key {key:?} is not part of the format", self.number);
                let help = format!("the keys are {}", known.join(", "));
                said.push(place(
                    Diagnostic::note(self.file, "atomic.unknown-key", message).help(help),
                    value,
                ));
            }
        }
        for key in ["name", "supported_platforms", "description"] {
            if document.get(test, key).is_none() {
                let message = format!("test {}: the key {key:?} is missing", self.number);
                let d = Diagnostic::warning(self.file, "atomic.missing-key", message);
                said.push(place(d.help("the test is read without it"), test));
            }
        }
        if let Some(list) = executor.filter(|e| is_list(e)) {
            let message = format!("test {}: the executor is a list", self.number);
            let d = Diagnostic::warning(self.file, "atomic.malformed", message);
            said.push(place(d.help("a test has one executor"), list));
        }
    }

    pub(super) fn excluded(
        &self,
        test: &Placed,
        reason: Reason,
        said: &mut Vec<Diagnostic>,
    ) -> Box<Excluded> {
        if reason.kind == exclude::MALFORMED {
            let message = format!("test {} cannot be run: {}", self.number, reason.text);
            let d = Diagnostic::warning(self.file, "atomic.malformed", message);
            said.push(place(
                d.help("see the format of Atomic Red Team's tests, or of emulation plans"),
                test,
            ));
        }
        Box::new(Excluded {
            id: self.guid(test).unwrap_or_else(|| format!("{}#{}", self.file, self.number)),
            file: self.file.to_owned(),
            name: self.name(test),
            techniques: self.techniques(),
            kind: reason.kind,
            reason: reason.text,
        })
    }
}

fn in_folder(text: &str) -> String {
    if !text.contains(FOLDER_WORD) {
        return text.to_owned();
    }
    let dollar = format!("${FOLDER_WORD}");
    text.replace(&dollar, FOLDER).replace(FOLDER_WORD, FOLDER).replace('\\', "/")
}
