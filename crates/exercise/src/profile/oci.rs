//! Reads a seccomp policy in JSON: the shape of the OCI runtime-spec (`linux.seccomp`,
//! `config-linux.md`) and that of container engines, which add conditions to entries.

use std::collections::BTreeMap;

use model::diagnostic::Diagnostic;
use model::read::Read;
use serde::Deserialize;

use super::{Answer, CallFilter, CallRule, Compare, Directive, Ignored, Profile, Source, Test};
use model::syscalls;

/// Capabilities of a container that was given none beyond the usual: moby,
/// `oci/caps/defaults.go`.
const USUAL_CAPABILITIES: [&str; 14] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FSETID",
    "CAP_FOWNER",
    "CAP_MKNOD",
    "CAP_NET_RAW",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETFCAP",
    "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
    "CAP_SYS_CHROOT",
    "CAP_KILL",
    "CAP_AUDIT_WRITE",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Policy {
    default_action: String,
    #[serde(alias = "defaultErrno")]
    default_errno_ret: Option<i32>,
    #[serde(default)]
    syscalls: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default)]
    names: Vec<String>,
    /// The older shape has one name an entry.
    name: Option<String>,
    action: String,
    errno_ret: Option<i32>,
    #[serde(default)]
    args: Option<Vec<Argument>>,
    #[serde(default)]
    includes: Condition,
    #[serde(default)]
    excludes: Condition,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Argument {
    index: usize,
    value: u64,
    #[serde(default)]
    value_two: u64,
    op: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Condition {
    caps: Vec<String>,
    arches: Vec<String>,
}

/// Returns the profile of a seccomp policy, or of a container's `config.json` that has one.
///
/// Conditions on capabilities are decided for a container that was given none beyond
/// the usual, conditions on processors for this one, and a condition on the kernel's
/// version is taken as met. An entry that cannot be read is left out with a diagnostic.
pub fn read_seccomp(file: &str, bytes: &[u8]) -> Read<Option<Profile>> {
    let mut value: serde_json::Value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(e) => {
            let message = format!("not valid JSON: {e}");
            let fault = Diagnostic::error(file, "profile.seccomp-syntax", message)
                .help("see the seccomp section of the OCI runtime-spec")
                .at(e.line().max(1) as u32, e.column().max(1) as u32);
            return Read::new(None, vec![fault]);
        }
    };
    let whole = value.pointer_mut("/linux/seccomp").map(serde_json::Value::take);
    let policy: Policy = match serde_json::from_value(whole.unwrap_or(value)) {
        Ok(policy) => policy,
        Err(e) => {
            let fault = Diagnostic::error(file, "profile.seccomp-syntax", format!("no seccomp policy: {e}"))
                .help("write an object with defaultAction and syscalls");
            return Read::new(None, vec![fault]);
        }
    };
    let mut reader = Reader { file, lines: entry_lines(bytes), diagnostics: Vec::new(), notes: Vec::new() };
    let Some(otherwise) = reader.answer(&policy.default_action, policy.default_errno_ret, 1) else {
        return Read::new(None, reader.diagnostics);
    };
    let directive = reader
        .directive(format!("defaultAction {}", policy.default_action), line_of(bytes, "\"defaultAction\""));
    let mut filter = CallFilter { otherwise, directive, rules: BTreeMap::new() };
    for (index, entry) in policy.syscalls.into_iter().enumerate() {
        reader.entry(index, entry, &mut filter);
    }
    let mut profile = Profile::empty(file.rsplit('/').next().unwrap_or(file), Source::Seccomp);
    profile.calls.push(filter);
    profile.ignored = reader.notes;
    Read::new(Some(profile), reader.diagnostics)
}

struct Reader<'a> {
    file: &'a str,
    lines: Vec<u32>,
    diagnostics: Vec<Diagnostic>,
    notes: Vec<Ignored>,
}

impl Reader<'_> {
    fn directive(&self, text: String, line: u32) -> Directive {
        Directive { text, file: self.file.to_owned(), line }
    }

    fn warn(&mut self, line: u32, message: String, help: &str) {
        let code = "profile.seccomp-entry";
        self.diagnostics.push(Diagnostic::warning(self.file, code, message).help(help).at(line, 1));
    }

    fn answer(&mut self, action: &str, errno: Option<i32>, line: u32) -> Option<Answer> {
        let errno = errno.unwrap_or(libc::EPERM);
        let answer = match action {
            "SCMP_ACT_ALLOW" | "SCMP_ACT_LOG" => Answer::Allow,
            "SCMP_ACT_ERRNO" if (1..=4095).contains(&errno) => Answer::Errno(errno),
            "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" | "SCMP_ACT_KILL_PROCESS" | "SCMP_ACT_TRAP" => {
                Answer::Kill
            }
            // Nobody traces a container in production: the kernel answers ENOSYS.
            "SCMP_ACT_TRACE" => Answer::Errno(libc::ENOSYS),
            "SCMP_ACT_NOTIFY" => {
                let directive = self.directive(action.to_owned(), line);
                let reason = "what the container's supervisor would answer is not known".to_owned();
                self.notes.push(Ignored { directive, reason });
                Answer::Allow
            }
            "SCMP_ACT_ERRNO" => {
                self.warn(line, format!("{errno} is no error number"), "write errnoRet between 1 and 4095");
                return None;
            }
            other => {
                let shown: String = other.chars().take(60).collect();
                self.warn(
                    line,
                    format!("{shown:?} is no action"),
                    "write SCMP_ACT_ALLOW, SCMP_ACT_ERRNO or SCMP_ACT_KILL_PROCESS",
                );
                return None;
            }
        };
        Some(answer)
    }

    fn entry(&mut self, index: usize, value: serde_json::Value, filter: &mut CallFilter) {
        let line = self.lines.get(index).copied().unwrap_or(1);
        let entry: Entry = match serde_json::from_value(value) {
            Ok(entry) => entry,
            Err(e) => {
                let message = format!("entry {} of syscalls cannot be read: {e}", index + 1);
                return self.warn(line, message, "write names, action and, if needed, args");
            }
        };
        let Some(answer) = self.answer(&entry.action, entry.errno_ret, line) else { return };
        if !applies(&entry.includes, &entry.excludes) {
            return;
        }
        let Some(alternatives) = self.tests(entry.args.as_deref().unwrap_or(&[]), line) else { return };
        for name in entry.names.iter().chain(&entry.name) {
            let Some(number) = syscalls::number(name) else {
                // Policies list the calls of every processor, so an unknown name is usual.
                continue;
            };
            let directive = self.directive(format!("{} {name}", entry.action), line);
            let rules = filter.rules.entry(number).or_default();
            rules.extend(alternatives.iter().map(|when| CallRule {
                when: when.clone(),
                then: answer,
                directive: directive.clone(),
            }));
        }
    }

    /// Returns the alternatives of which one must hold: tests of different arguments
    /// must all hold, two tests of the same argument are alternatives (runc,
    /// `libcontainer/seccomp`).
    fn tests(&mut self, args: &[Argument], line: u32) -> Option<Vec<Vec<Test>>> {
        let mut tests = Vec::new();
        for arg in args {
            let (mask, compare, value) = match arg.op.as_str() {
                "SCMP_CMP_NE" => (u64::MAX, Compare::NotEqual, arg.value),
                "SCMP_CMP_LT" => (u64::MAX, Compare::Less, arg.value),
                "SCMP_CMP_LE" => (u64::MAX, Compare::LessEqual, arg.value),
                "SCMP_CMP_EQ" => (u64::MAX, Compare::Equal, arg.value),
                "SCMP_CMP_GE" => (u64::MAX, Compare::GreaterEqual, arg.value),
                "SCMP_CMP_GT" => (u64::MAX, Compare::Greater, arg.value),
                "SCMP_CMP_MASKED_EQ" => (arg.value, Compare::Equal, arg.value_two),
                _ => {
                    self.warn(
                        line,
                        "an argument has no known op".to_owned(),
                        "write SCMP_CMP_EQ, SCMP_CMP_MASKED_EQ or another SCMP_CMP",
                    );
                    return None;
                }
            };
            if arg.index > 5 {
                self.warn(line, "an argument has an index above 5".to_owned(), "count arguments from 0 to 5");
                return None;
            }
            tests.push(Test { index: arg.index, mask, compare, value });
        }
        let repeated = tests.iter().enumerate().any(|(i, a)| tests[..i].iter().any(|b| b.index == a.index));
        Some(if repeated { tests.into_iter().map(|test| vec![test]).collect() } else { vec![tests] })
    }
}

fn applies(includes: &Condition, excludes: &Condition) -> bool {
    let has = |cap: &String| USUAL_CAPABILITIES.contains(&cap.as_str());
    let here = |arch: &String| OWN_ARCHITECTURE.contains(&arch.as_str());
    includes.caps.iter().all(has)
        && !excludes.caps.iter().any(has)
        && (includes.arches.is_empty() || includes.arches.iter().any(here))
        && !excludes.arches.iter().any(here)
}

/// This processor as Rust and as container engines name it.
const OWN_ARCHITECTURE: [&str; 2] =
    if cfg!(target_arch = "aarch64") { ["aarch64", "arm64"] } else { ["x86_64", "amd64"] };

/// Returns the line of each `names` or `name` key: JSON values carry no places.
fn entry_lines(bytes: &[u8]) -> Vec<u32> {
    let text = String::from_utf8_lossy(bytes);
    let start = text.find("\"syscalls\"").unwrap_or(0);
    let first = 1 + text[..start].matches('\n').count();
    let mut lines = Vec::new();
    for (offset, line) in text[start..].lines().enumerate() {
        let keys = line.matches("\"names\"").count() + line.matches("\"name\"").count();
        lines.extend(std::iter::repeat_n((first + offset) as u32, keys));
    }
    lines
}

fn line_of(bytes: &[u8], key: &str) -> u32 {
    let text = String::from_utf8_lossy(bytes);
    text.find(key).map_or(1, |at| 1 + text[..at].matches('\n').count() as u32)
}
