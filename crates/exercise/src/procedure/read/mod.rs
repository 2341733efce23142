//! Our own `procedure.yaml` and `twin.yaml`.

mod checks;

pub(super) use checks::shell;

use std::collections::BTreeMap;

use model::attack::{JoinPath, Joined};
use model::diagnostic::{Diagnostic, Severity};
use model::document::{self, Spanned, place};
use model::event::LogSource;
use model::exercise::User;
use model::id::RecordingId;
use model::quantity::Millis;
use model::read::Read;
use model::recording::RecordingKind;
use serde::Deserialize;

use super::{Argument, Contract, DEFAULT_TIMEOUT, Dependency, Executor, Procedure, Stage, StagedFile};
use model::paths;
use model::reading::DEFAULT_DEADLINE;
use model::reading::Join;

type Text = Spanned<String>;

/// The file name that makes a procedure a twin.
pub(super) const TWIN: &str = "twin.yaml";

/// Bytes a procedure may hold: a hundred times what one with staged files needs.
const MAX_BYTES: usize = 4 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Raw {
    name: Text,
    #[serde(default)]
    description: String,
    #[serde(default)]
    techniques: Vec<Text>,
    #[serde(default)]
    arguments: BTreeMap<String, Spanned<RawArgument>>,
    #[serde(default)]
    dependencies: Vec<RawDependency>,
    executor: RawExecutor,
    #[serde(default)]
    stage: RawStage,
    effects: RawEffects,
    success: Option<Text>,
    #[serde(default)]
    telemetry: Vec<LogSource>,
    #[serde(default)]
    expected_rules: Vec<Text>,
    timeout: Option<Text>,
    deadline: Option<Text>,
    #[serde(default)]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawArgument {
    #[serde(default)]
    description: String,
    #[serde(rename = "type")]
    kind: Option<Text>,
    default: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDependency {
    description: String,
    check: Text,
    get: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawExecutor {
    shell: Text,
    #[serde(default)]
    elevation: bool,
    command: Text,
    cleanup: Option<Text>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStage {
    #[serde(default)]
    files: Vec<RawFile>,
    #[serde(default)]
    stubs: Vec<Text>,
    #[serde(default)]
    names: BTreeMap<String, Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    path: Text,
    #[serde(default)]
    text: String,
    mode: Option<Text>,
    owner: Option<Text>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEffects {
    #[serde(default)]
    files: Vec<Text>,
    #[serde(default)]
    processes: Vec<Text>,
    #[serde(default)]
    sockets: Vec<Text>,
    #[serde(default)]
    privileges: Vec<Text>,
}

/// Returns the procedure in a `procedure.yaml` or, by its name, a `twin.yaml`.
/// `file` is its path below the root of the procedures, from which its id is taken.
/// A file with any error gives none; all its errors are reported at once.
pub fn read_procedure(file: &str, bytes: &[u8], join: &Join<'_>) -> Read<Option<Procedure>> {
    if bytes.len() > MAX_BYTES {
        let message = format!("a procedure holds at most {MAX_BYTES} bytes");
        let help = "have the script make large files itself";
        return Read::new(None, vec![Diagnostic::error(file, "procedure.size", message).help(help)]);
    }
    let raw: Raw = match document::yaml(file, bytes) {
        Ok(raw) => raw,
        Err(diagnostic) => return Read::new(None, vec![diagnostic]),
    };
    let mut reader = Reader { file, join, diagnostics: Vec::new() };
    let procedure = reader.build(raw);
    let mut diagnostics = reader.diagnostics;
    diagnostics.sort();
    let faulty = diagnostics.iter().any(|d| d.severity == Severity::Error);
    Read::new(procedure.filter(|_| !faulty), diagnostics)
}

/// The work in progress on one file.
struct Reader<'a> {
    file: &'a str,
    join: &'a Join<'a>,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn error<T>(&mut self, code: &str, at: &Spanned<T>, message: impl Into<String>, help: &str) {
        self.diagnostics.push(place(Diagnostic::error(self.file, code, message).help(help), at));
    }

    fn warning<T>(&mut self, code: &str, at: &Spanned<T>, message: impl Into<String>, help: &str) {
        self.diagnostics.push(place(Diagnostic::warning(self.file, code, message).help(help), at));
    }

    fn build(&mut self, raw: Raw) -> Option<Procedure> {
        let twin = paths::name(self.file) == TWIN;
        self.check_texts(&raw);
        if raw.name.value.trim().is_empty() {
            self.error("procedure.name", &raw.name, "the name is empty", "say in a few words what is done");
        }
        if raw.techniques.is_empty() && !twin {
            let message = "no technique is named";
            self.error("procedure.no-technique", &raw.name, message, "write techniques: [T1059.004]");
        }
        if raw.success.is_none() && !twin {
            let message = "there is no success check, so nothing says that the act took place";
            self.warning(
                "procedure.no-success",
                &raw.name,
                message,
                "add a script that ends with exit code 0",
            );
        }
        for stub in &raw.stage.stubs {
            self.absolute("procedure.path", stub);
        }
        let published = self.techniques(&raw.techniques);
        let mut techniques: Vec<_> = published.iter().flat_map(|j| j.mapped.clone()).collect();
        techniques.sort();
        techniques.dedup();
        Some(Procedure {
            id: self.id(twin)?,
            file: self.file.to_owned(),
            kind: if twin { RecordingKind::Twin } else { RecordingKind::Attack },
            techniques,
            published,
            arguments: self.arguments(&raw.arguments),
            executor: self.executor(&raw.executor, &raw.stage.stubs),
            stage: self.stage(&raw.stage),
            contract: Contract::Declared(self.effects(&raw.effects)),
            success: raw.success.map(|s| s.value),
            expected_rules: self.rules(&raw.expected_rules),
            timeout: self.timeout(raw.timeout.as_ref()),
            deadline: self.duration("procedure.deadline", raw.deadline.as_ref(), DEFAULT_DEADLINE),
            name: raw.name.value,
            description: raw.description,
            dependencies: raw.dependencies.into_iter().map(dependency).collect(),
            telemetry: raw.telemetry,
            source: raw.source,
            notes: Vec::new(),
            atomic: None,
        })
    }

    /// The folder is the id; a twin lies in its procedure's folder.
    fn id(&mut self, twin: bool) -> Option<RecordingId> {
        let folder = paths::folder(self.file);
        let text = match (folder, twin) {
            ("", false) => "procedure".to_owned(),
            ("", true) => "twin".to_owned(),
            (folder, false) => folder.to_owned(),
            (folder, true) => format!("{folder}/twin"),
        };
        match paths::id(&text) {
            Ok(id) => Some(id),
            Err(error) => {
                self.diagnostics.push(Diagnostic::error(self.file, "procedure.id", error.to_string()));
                None
            }
        }
    }

    fn techniques(&mut self, texts: &[Text]) -> Vec<Joined> {
        self.repeated(texts, "technique");
        let mut joined = Vec::with_capacity(texts.len());
        for text in texts {
            let one = (self.join)(&text.value);
            if one.how == JoinPath::NotJoined {
                let message = format!("technique {:?} is unknown in the ATT&CK version in use", text.value);
                let help = "write an id such as T1059.004; ids of older and newer versions are understood";
                self.warning("procedure.unknown-technique", text, message, help);
            }
            joined.push(one);
        }
        joined
    }

    fn timeout(&mut self, text: Option<&Text>) -> Millis {
        let timeout = self.duration("procedure.timeout", text, DEFAULT_TIMEOUT);
        if let Some(text) = text
            && (timeout.0 == 0 || timeout > super::MAX_TIMEOUT)
        {
            let message = format!("{:?} is no time a procedure may run", text.value);
            self.error("procedure.timeout", text, message, "write more than 0s and at most 5m");
        }
        timeout
    }

    fn duration(&mut self, code: &str, text: Option<&Text>, default: Millis) -> Millis {
        let Some(text) = text else { return default };
        document::duration(&text.value).unwrap_or_else(|why| {
            self.diagnostics.push(place(Diagnostic::error(self.file, code, why), text));
            default
        })
    }

    fn arguments(&mut self, raw: &BTreeMap<String, Spanned<RawArgument>>) -> BTreeMap<String, Argument> {
        let argument = |raw: &RawArgument| Argument {
            description: raw.description.clone(),
            kind: raw.kind.as_ref().map_or("string", |k| k.value.as_str()).to_ascii_lowercase(),
            default: raw.default.clone(),
        };
        raw.iter().map(|(name, raw)| (name.clone(), argument(&raw.value))).collect()
    }

    fn executor(&mut self, raw: &RawExecutor, stubs: &[Text]) -> Executor {
        let shell = self.shell(&raw.shell);
        for stub in stubs.iter().filter(|stub| stub.value == shell) {
            let message = format!("the stub {shell:?} stands where the procedure's interpreter is");
            self.error("procedure.stub", stub, message, "remove the stub, or use another interpreter");
        }
        Executor {
            // Checks are written for a POSIX shell, whatever runs the act itself.
            dependency_shell: match shell.as_str() {
                "/bin/bash" => shell.clone(),
                _ => "/bin/sh".to_owned(),
            },
            shell,
            user: if raw.elevation { User::Root } else { User::Ordinary },
            command: raw.command.value.clone(),
            cleanup: raw.cleanup.as_ref().map(|c| c.value.clone()),
        }
    }

    fn stage(&mut self, raw: &RawStage) -> Stage {
        let files = raw.files.iter().map(|file| StagedFile {
            path: file.path.value.clone(),
            bytes: file.text.clone().into_bytes(),
            mode: self.mode(file.mode.as_ref()),
            owner: self.owner(file),
        });
        Stage {
            files: files.collect(),
            stubs: raw.stubs.iter().map(|s| s.value.clone()).collect(),
            names: raw.names.iter().filter_map(|(n, a)| Some((n.clone(), self.address(n, a)?))).collect(),
        }
    }
}

fn dependency(raw: RawDependency) -> Dependency {
    Dependency { description: raw.description, check: raw.check.value, get: raw.get.map(|g| g.value) }
}
