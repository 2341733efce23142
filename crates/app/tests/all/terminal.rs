//! What reaches a terminal: nothing that it would obey, and nothing that is lost in silence.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn feuerprobe(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_feuerprobe")));
    command.args(arguments).current_dir(folder).env_remove("FEUERPROBE_LEDGER").env_remove("NO_COLOR");
    command
}

fn ran(folder: &Path, arguments: &[&str]) -> Output {
    feuerprobe(folder, arguments).output().expect("the program starts")
}

/// A workspace with a stored run and a stored scan.
fn workspace(change: impl Fn(&Path)) -> tempfile::TempDir {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path().join("w");
    assert!(ran(temporary.path(), &["init", "w"]).status.success());
    change(&folder);
    fs::write(folder.join("found.txt"), "nothing here\n").expect("write");
    let run = ran(&folder, &["run", "--quiet", "--trials", "20"]);
    assert!(matches!(run.status.code(), Some(0 | 5)), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(ran(&folder, &["outflow", "scan", "found.txt", "--quiet"]).status.success());
    temporary
}

/// Every verb that prints, as it prints on this workspace. Those that take names of
/// outside origin are called with such a name as well.
const VERBS: [&[&str]; 27] = [
    &["run", "--trials", "20"],
    &["replay"],
    &["race", "--trials", "20"],
    &["plan"],
    &["check"],
    &["decide", "--trials", "20"],
    &["impact"],
    &["tabletop", "--trial", "stolen-password/0"],
    &["restart", "--down", "site:north"],
    &["explain", "estate.unknown-site"],
    &["list", "runs"],
    &["list", "outflows"],
    &["list", "recordings"],
    &["list", "rules"],
    &["list", "verdicts"],
    &["list", "tenants"],
    &["list", "campaigns"],
    &["list", "procedures"],
    &["list", "actors"],
    &["list", "keys"],
    &["show", "T1003"],
    &["diff", "latest", "latest"],
    &["doctor"],
    &["outflow", "scan", "found.txt"],
    &["outflow", "canary", "--count", "1", "--planted", "here"],
    &["completions", "bash"],
    &["--help"],
];

#[test]
fn a_verb_whose_output_cannot_be_written_has_failed() {
    let temporary = workspace(|_| {});
    let folder = temporary.path().join("w");
    for verb in VERBS {
        let good = ran(&folder, verb);
        assert_ne!(good.status.code(), Some(3), "{verb:?}: {}", String::from_utf8_lossy(&good.stderr));
        assert!(!good.stdout.is_empty(), "{verb:?} prints nothing");
        let full = fs::File::options().write(true).open("/dev/full").expect("/dev/full");
        let lost = feuerprobe(&folder, verb).stdout(full).output().expect("the program starts");
        let said = String::from_utf8_lossy(&lost.stderr).into_owned();
        assert_eq!(lost.status.code(), Some(3), "{verb:?}: {said}");
        assert!(said.contains("standard output") && said.contains("No space left"), "{verb:?}: {said}");
        // A reader that went away has seen what it wanted.
        let mut child =
            feuerprobe(&folder, verb).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("start");
        drop(child.stdout.take());
        let left = child.wait().expect("it ends").code();
        assert_eq!(left, good.status.code(), "{verb:?} into a closed pipe");
    }
}

const HOSTILE: &str = "X\u{1b}[2J\u{1b}]0;pwn\u{7}\u{9b}31m\u{202e}gpj\u{2028}\u{2066}Y";

/// Puts hostile text into every name that a workspace file gives.
fn hostile(folder: &Path) {
    let escaped = r#""X\e[2J\e]0;pwn\a\x9b31m\u202egpj\u2028\u2066Y""#;
    let mut files = vec![folder.join("estate.yaml")];
    for kind in ["rules", "campaigns", "recordings", "procedures", "playbooks"] {
        let mut open = vec![folder.join(kind)];
        while let Some(dir) = open.pop() {
            for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
                if entry.path().is_dir() { open.push(entry.path()) } else { files.push(entry.path()) }
            }
        }
    }
    let mut changed = 0;
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let json = file.extension().is_some_and(|e| e == "json" || e == "jsonl");
        let lines = text.lines().map(|line| {
            if json {
                // Valid JSON has these as escapes or as they are.
                return line
                    .replace("\"name\": \"", "\"name\": \"\\u001b[2J\u{202e}\u{9b}")
                    .replace("\"CommandLine\":\"", "\"CommandLine\":\"\\u001b[2J\u{202e}\u{9b}");
            }
            let head = line.split(':').next().unwrap_or("");
            let key = head.trim_start_matches([' ', '-']);
            let is_name = ["name", "title", "description", "source", "author"].contains(&key);
            let value = line.get(head.len() + 1..).unwrap_or("").trim();
            if is_name && !value.is_empty() && !value.starts_with(['>', '|', '{']) {
                changed += 1;
                return format!("{head}: {escaped}");
            }
            if let Some((head, rest)) = line.split_once(", name: ")
                && let Some(end) = rest.find([',', '}'])
            {
                changed += 1;
                return format!("{head}, name: {escaped}{}", rest.get(end..).unwrap_or(""));
            }
            line.to_owned()
        });
        let text = lines.collect::<Vec<_>>().join("\n") + "\n";
        fs::write(&file, text).expect("write");
    }
    assert!(changed > 20, "only {changed} names were changed");
    // A pair names its playbook by the name, which is another one by now, or by the id.
    let playbook = fs::read(folder.join("playbooks/cut-the-site.json")).expect("the playbook");
    let playbook: serde_json::Value = serde_json::from_slice(&playbook).expect("JSON");
    let settings = folder.join("feuerprobe.toml");
    let text = fs::read_to_string(&settings).expect("settings");
    let id = playbook["id"].as_str().expect("an id");
    fs::write(&settings, text.replace("\"cut-the-site\"", &format!("\"{id}\""))).expect("write");
}

/// What a terminal would obey, and must not be in any output.
fn obeyed(text: &str, colours: bool) -> Option<char> {
    let mut text = text.to_owned();
    if colours {
        for code in ["0", "1", "31", "32", "33", "34", "90"] {
            text = text.replace(&format!("\u{1b}[{code}m"), "");
        }
    }
    text.replace("\r\n", "\n").chars().find(|c| {
        c.is_control() && !matches!(c, '\n' | '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}')
    })
}

#[test]
fn nothing_that_a_terminal_obeys_comes_out_of_any_verb() {
    let temporary = workspace(hostile);
    let folder = temporary.path().join("w");
    let mut with_name = 0;
    let more: [&[&str]; 8] = [
        &["show", HOSTILE],
        &["explain", HOSTILE],
        &["report", HOSTILE],
        &["check", "-C", HOSTILE],
        &["replay", "--recordings", HOSTILE],
        &["outflow", "scan", HOSTILE],
        &[HOSTILE],
        &["exercise", HOSTILE],
    ];
    for verb in VERBS.into_iter().chain(more) {
        for form in ["table", "json", "ndjson", "csv"] {
            for colours in [false, true] {
                let mut command = feuerprobe(&folder, verb);
                // The help is our own words, in the colours of its own library.
                if colours && !verb.contains(&"--help") {
                    command.env("CLICOLOR_FORCE", "1");
                }
                if !verb.contains(&"--help") && verb != [HOSTILE] {
                    command.args(["--format", form]);
                }
                let output = command.output().expect("the program starts");
                for bytes in [&output.stdout, &output.stderr] {
                    let text = String::from_utf8(bytes.clone()).expect("UTF-8");
                    with_name += usize::from(text.contains("\\u202egpj") || text.contains("\\u202e"));
                    let found = obeyed(&text, colours);
                    assert_eq!(found, None, "{verb:?} {form}: {text}");
                }
                // Colour does not change the answers: twice is enough for people's form.
                if form != "table" {
                    break;
                }
            }
        }
    }
    assert!(with_name > 20, "the names came out {with_name} times only");
}

#[test]
fn no_page_holds_a_byte_that_is_obeyed_and_each_has_a_strict_policy() {
    let temporary = workspace(hostile);
    let folder = temporary.path().join("w");
    let pages: [&[&str]; 6] = [
        &["report", "latest", "--output", "report.html"],
        &["decide", "--trials", "20", "--output", "card.html"],
        &["impact", "--output", "impact.html"],
        &["restart", "--down", "site:north", "--output", "plan.html"],
        &["tabletop", "--trial", "stolen-password/0", "--output", "tabletop"],
        &["outflow", "scan", "found.txt", "--html", "outflow.html"],
    ];
    for verb in pages {
        let output = ran(&folder, verb);
        assert_eq!(output.status.code(), Some(0), "{verb:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let names =
        ["report", "card", "impact", "plan", "outflow", "tabletop/moderator", "tabletop/participants"];
    for name in names {
        let page = fs::read_to_string(folder.join(format!("{name}.html"))).expect("a page");
        assert_eq!(obeyed(&page, false), None, "{name}");
        let policy =
            page.split("http-equiv=\"Content-Security-Policy\" content=\"").nth(1).expect("a policy");
        let policy = policy.split('"').next().expect("its end");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{name}: {policy}");
        assert!(!policy.contains("unsafe"), "{name}: {policy}");
        // One style sheet and at most one script, so that nothing else has a hash.
        assert_eq!(page.matches("<style").count(), 1, "{name}");
        assert_eq!(policy.matches("sha256-").count(), 1 + page.matches("<script>").count(), "{name}");
        assert!(
            !page.contains(" style=\"") && !page.contains(" onclick="),
            "{name} has an attribute that is blocked"
        );
    }
}
