//! What the parts of a procedure must be, and how they are read.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use model::diagnostic::Diagnostic;
use model::document::{Spanned, place};
use model::exercise::{Effects, User};
use model::id::RuleId;

use super::{Raw, RawArgument, RawEffects, RawFile, Reader, Text};
use crate::procedure::substitute;

/// The kinds of argument that Atomic Red Team has.
const ARGUMENT_KINDS: [&str; 5] = ["string", "path", "url", "integer", "float"];

/// Permission bits of a staged file that names none.
const DEFAULT_MODE: u32 = 0o644;

impl Reader<'_> {
    /// Complains about texts that cannot be filled in, and about what is empty.
    pub(super) fn check_texts(&mut self, raw: &Raw) {
        let executor = &raw.executor;
        let dependencies = raw.dependencies.iter().flat_map(|d| std::iter::once(&d.check).chain(&d.get));
        let files = raw.stage.files.iter().map(|f| &f.path);
        let effects = &raw.effects;
        let declared = [&effects.files, &effects.processes, &effects.sockets, &effects.privileges];
        let texts: Vec<&Text> = std::iter::once(&executor.command)
            .chain(&executor.cleanup)
            .chain(&raw.success)
            .chain(dependencies)
            .chain(files)
            .chain(&raw.stage.stubs)
            .chain(declared.into_iter().flatten())
            .collect();
        for text in &texts {
            for name in substitute::names(&text.value).into_iter().filter(|n| !raw.arguments.contains_key(*n))
            {
                let message = format!("#{{{name}}} is no argument of this procedure");
                let help = match raw.arguments.keys().next() {
                    Some(_) => format!("the arguments are {}", list(raw.arguments.keys())),
                    None => format!("add it: arguments: {{{name}: {{default: …}}}}"),
                };
                self.error("procedure.undefined-argument", text, message, &help);
            }
        }
        self.check_arguments(&raw.arguments, &texts, raw);
        if executor.command.value.trim().is_empty() {
            let help = "write what is to be run";
            self.error("procedure.no-command", &executor.command, "the command is empty", help);
        }
    }

    fn check_arguments(
        &mut self,
        arguments: &BTreeMap<String, Spanned<RawArgument>>,
        texts: &[&Text],
        raw: &Raw,
    ) {
        let staged = raw.stage.files.iter().map(|f| f.text.as_str());
        let defaults = arguments.values().map(|a| a.value.default.as_str());
        let used: BTreeSet<&str> = texts
            .iter()
            .map(|t| t.value.as_str())
            .chain(staged)
            .chain(defaults)
            .flat_map(substitute::names)
            .collect();
        for (name, argument) in arguments {
            if !substitute::is_name(name) {
                let message = format!("{name:?} is no name of an argument");
                self.error("procedure.argument-name", argument, message, "use letters, digits, - and _");
            } else if !used.contains(name.as_str()) {
                let message = format!("the argument {name:?} is not used");
                let help = format!(
                    "write #{{{name}}} where its value belongs, in quotes or a | block, because a blank and \
                     # begin a comment; or remove it"
                );
                self.warning("procedure.unused-argument", argument, message, &help);
            }
            let kind = argument.value.kind.as_ref();
            if let Some(kind) =
                kind.filter(|k| !ARGUMENT_KINDS.contains(&k.value.to_ascii_lowercase().as_str()))
            {
                let message = format!("{:?} is no kind of argument", kind.value);
                let help = format!("write {}", list(ARGUMENT_KINDS.iter()));
                self.error("procedure.argument-type", kind, message, &help);
            }
        }
    }

    /// A name is looked up where interpreters lie; another place is named in full.
    pub(super) fn shell(&mut self, text: &Text) -> String {
        match shell(&text.value) {
            Some(path) => path,
            None => {
                let message = format!("{:?} is no interpreter", text.value);
                let help = "write sh, bash, python3, perl, or the absolute path of another";
                self.error("procedure.shell", text, message, help);
                String::new()
            }
        }
    }

    pub(super) fn mode(&mut self, text: Option<&Text>) -> u32 {
        let Some(text) = text else { return DEFAULT_MODE };
        // Plain decimal digits would be read as another mode than was meant.
        let octal = text.value.starts_with('0').then(|| text.value.trim_start_matches("0o"));
        match octal.and_then(|t| u32::from_str_radix(t, 8).ok()).filter(|mode| *mode <= 0o7777) {
            Some(mode) => mode,
            None => {
                let message = format!("{:?} is no file mode", text.value);
                self.error("procedure.mode", text, message, "write octal digits in quotes, such as \"0644\"");
                DEFAULT_MODE
            }
        }
    }

    /// What lies in a home or a scratch folder is the ordinary user's when nothing
    /// else is said, everything else is root's.
    pub(super) fn owner(&mut self, file: &RawFile) -> User {
        self.absolute("procedure.path", &file.path);
        let path = file.path.value.as_str();
        let usual = ["/home/", "/tmp/", "/var/tmp/"].iter().any(|at| path.starts_with(at));
        match file.owner.as_ref().map(|o| (o.value.as_str(), o)) {
            None if usual => User::Ordinary,
            None | Some(("root", _)) => User::Root,
            Some(("user", _)) => User::Ordinary,
            Some((other, text)) => {
                let message = format!("{other:?} is nobody inside the sandbox");
                self.error("procedure.owner", text, message, "write root or user");
                User::Root
            }
        }
    }

    pub(super) fn address(&mut self, name: &str, text: &Text) -> Option<IpAddr> {
        let fit = name.len() <= 253
            && name.split('.').all(|label| {
                !label.is_empty()
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            });
        if !fit {
            let message = format!("{name:?} is no host name");
            self.error("procedure.host-name", text, message, "write it as in files.example");
        }
        let address = text.value.parse().ok();
        if address.is_none() {
            let message = format!("{:?} is no IP address", text.value);
            self.error("procedure.address", text, message, "write it as in 203.0.113.10 or 2001:db8::1");
        }
        address
    }

    pub(super) fn effects(&mut self, raw: &RawEffects) -> Effects {
        for (texts, what) in [
            (&raw.files, "file"),
            (&raw.processes, "process"),
            (&raw.sockets, "socket"),
            (&raw.privileges, "privilege"),
        ] {
            self.repeated(texts, what);
        }
        for text in &raw.files {
            self.absolute("procedure.effect-file", text);
        }
        for text in raw.sockets.iter().filter(|t| !is_socket(&t.value)) {
            let message = format!("{:?} is no address to speak to", text.value);
            let help = "write address:port/protocol, such as 203.0.113.10:443/tcp or *:*/tcp, or unix:path";
            self.error("procedure.effect-socket", text, message, help);
        }
        for text in raw.processes.iter().chain(&raw.privileges).filter(|t| t.value.trim().is_empty()) {
            self.error("procedure.effect-empty", text, "an effect is empty", "name it, or remove it");
        }
        let sorted = |texts: &[Text]| {
            let set: BTreeSet<String> = texts.iter().map(|t| t.value.clone()).collect();
            set.into_iter().collect()
        };
        Effects {
            files: sorted(&raw.files),
            processes: sorted(&raw.processes),
            sockets: sorted(&raw.sockets),
            privileges: sorted(&raw.privileges),
        }
    }

    /// Paths of stubs, files and effects are absolute and go straight down.
    pub(super) fn absolute(&mut self, code: &str, text: &Text) {
        let path = text.value.as_str();
        let by_argument = path.starts_with("#{");
        let straight = !path.split('/').any(|part| matches!(part, "." | ".."));
        if (!path.starts_with('/') && !by_argument) || !straight || path.contains('\0') || path == "/" {
            let message = format!("{path:?} is no absolute path of a file");
            self.error(code, text, message, "begin with / and leave out . and ..");
        }
    }

    pub(super) fn rules(&mut self, ids: &[Text]) -> Vec<RuleId> {
        self.repeated(ids, "rule");
        let mut found = BTreeSet::new();
        for id in ids {
            match RuleId::new(&id.value) {
                Ok(rule) => drop(found.insert(rule)),
                Err(error) => {
                    let d = Diagnostic::error(self.file, "procedure.rule", error.to_string());
                    self.diagnostics.push(place(d, id));
                }
            }
        }
        found.into_iter().collect()
    }

    pub(super) fn repeated(&mut self, names: &[Text], what: &str) {
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(name.value.as_str()) {
                let message = format!("the {what} {:?} is named twice", name.value);
                self.warning("procedure.repeated", name, message, "name it once");
            }
        }
    }
}

/// Returns the path of an interpreter that is named as `sh`, `bash`, `python3` and
/// the like, or in full.
pub(in crate::procedure) fn shell(name: &str) -> Option<String> {
    match name {
        "sh" | "bash" => Some(format!("/bin/{name}")),
        _ if name.starts_with('/') && !name.contains(['\0', ' ']) && name.len() > 1 => Some(name.to_owned()),
        _ => {
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
            (!name.is_empty() && !name.starts_with(['.', '-']) && name.bytes().all(plain))
                .then(|| format!("/usr/bin/{name}"))
        }
    }
}

/// Returns whether a declared socket has the three parts that an observed one has.
fn is_socket(text: &str) -> bool {
    if let Some(path) = text.strip_prefix("unix:") {
        return !path.is_empty();
    }
    let Some((end, protocol)) = text.rsplit_once('/') else { return false };
    let Some((address, port)) = end.rsplit_once(':') else { return false };
    let protocol = matches!(protocol, "tcp" | "udp" | "*") || protocol.contains("#{");
    let port = port.contains(['*', '?']) || port.contains("#{") || port.parse::<u16>().is_ok();
    !address.is_empty() && protocol && port
}

fn list<T: std::fmt::Display>(names: impl Iterator<Item = T>) -> String {
    names.map(|n| n.to_string()).collect::<Vec<_>>().join(", ")
}
