//! The gate: every case is one file in `tests/gate/` that says what is changed in a fresh starter
//! workspace, which commands are run, and what must come of each.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    about: String,
    steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Step {
    /// Text of a file is replaced; it must be there.
    Edit { file: String, find: String, replace: String },
    /// Text is added at the end of a file.
    Append { file: String, text: String },
    /// A folder or file goes.
    Remove { path: String },
    /// The program is run.
    Run {
        args: Vec<String>,
        exit: i32,
        #[serde(default)]
        says: Vec<String>,
        #[serde(default)]
        keeps_quiet_about: Vec<String>,
        /// Where stdout goes, in the workspace.
        #[serde(default)]
        into: Option<String>,
    },
    /// A file of the workspace holds these texts.
    Holds { file: String, texts: Vec<String> },
}

fn feuerprobe(folder: &Path, args: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
        .args(args)
        .current_dir(folder)
        .env("HOME", folder)
        .env_remove("GITHUB_ACTIONS")
        .output()
        .expect("the program starts")
}

fn both(output: &Output) -> String {
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // What is looked for must not depend on where a line is broken.
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let init = feuerprobe(folder.path(), &["init".to_owned(), "w".to_owned()]);
    assert!(init.status.success(), "{}", both(&init));
    folder
}

fn play(name: &str, case: &Case) -> Vec<String> {
    let folder = workspace();
    let root = folder.path().join("w");
    let mut wrong = Vec::new();
    for (number, step) in case.steps.iter().enumerate() {
        let mut fault = |why: String| wrong.push(format!("{name}, step {}: {why}", number + 1));
        match step {
            Step::Edit { file, find, replace } => {
                let text = fs::read_to_string(root.join(file)).expect("a file of the starter");
                if !text.contains(find.as_str()) {
                    fault(format!("{file} does not hold {find:?}"));
                }
                fs::write(root.join(file), text.replace(find.as_str(), replace)).expect("written");
            }
            Step::Append { file, text } => {
                let old = fs::read_to_string(root.join(file)).unwrap_or_default();
                fs::write(root.join(file), format!("{old}{text}")).expect("written");
            }
            Step::Remove { path } => {
                let path = root.join(path);
                if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
                    .expect("removed");
            }
            Step::Run { args, exit, says, keeps_quiet_about, into } => {
                let output = feuerprobe(&root, args);
                let said = both(&output);
                if output.status.code() != Some(*exit) {
                    fault(format!("{args:?} ended with {:?}, not {exit}: {said}", output.status.code()));
                }
                for text in says.iter().filter(|text| !said.contains(text.as_str())) {
                    fault(format!("{args:?} does not say {text:?}: {said}"));
                }
                for text in keeps_quiet_about.iter().filter(|text| said.contains(text.as_str())) {
                    fault(format!("{args:?} says {text:?}: {said}"));
                }
                if let Some(into) = into {
                    fs::write(root.join(into), &output.stdout).expect("written");
                }
            }
            Step::Holds { file, texts } => {
                let text = fs::read_to_string(root.join(file)).unwrap_or_default();
                for wanted in texts.iter().filter(|wanted| !text.contains(wanted.as_str())) {
                    fault(format!("{file} does not hold {wanted:?}: {text}"));
                }
            }
        }
    }
    wrong
}

#[test]
fn every_case_ends_as_stated() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gate");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("cases").map(|e| e.expect("an entry").path()).collect();
    files.sort();
    assert!(files.len() >= 8, "{} cases", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let case: Case = model::document::yaml(&name, &fs::read(&file).expect("a case"))
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(!case.about.is_empty());
        wrong.extend(play(&name, &case));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The starter with a rule that went silent, judged, with its files for build systems.
fn silent() -> tempfile::TempDir {
    let folder = workspace();
    let root = folder.path().join("w");
    let rule = root.join("rules/shadow_copies_deleted.yml");
    let text = fs::read_to_string(&rule).expect("the rule");
    fs::write(&rule, text.replace("- delete", "- erase")).expect("written");
    let arg = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(feuerprobe(&root, &arg("replay")).status.code(), Some(1));
    assert_eq!(feuerprobe(&root, &arg("gate --ci out")).status.code(), Some(1));
    folder
}

#[test]
fn the_files_for_build_systems_name_file_and_line_and_are_the_same_each_time() {
    let folder = silent();
    let root = folder.path().join("w");
    let out = |name: &str| fs::read_to_string(root.join("out").join(name)).expect("a file");
    let sarif: Value = serde_json::from_str(&out("feuerprobe.sarif")).expect("JSON");
    let result = &sarif["runs"][0]["results"][0];
    let at = &result["locations"][0]["physicalLocation"];
    assert_eq!(at["artifactLocation"]["uri"], "rules/shadow_copies_deleted.yml");
    // The line of `CommandLine|contains|all`, counted by hand in the starter's rule.
    assert_eq!(at["region"]["startLine"], 16);
    let quality: Value = serde_json::from_str(&out("gl-code-quality.json")).expect("JSON");
    assert_eq!(quality[0]["location"]["path"], "rules/shadow_copies_deleted.yml");
    assert_eq!(quality[0]["location"]["lines"]["begin"], 16);
    assert_eq!(quality[0]["severity"], "critical");
    let before: Vec<String> =
        ["junit.xml", "feuerprobe.sarif", "gl-code-quality.json", "summary.md", "gate.json"]
            .map(out)
            .to_vec();
    let again = feuerprobe(&root, &["gate".to_owned(), "--ci".to_owned(), "again".to_owned()]);
    assert_eq!(again.status.code(), Some(1));
    for (name, old) in ["junit.xml", "feuerprobe.sarif", "gl-code-quality.json", "summary.md", "gate.json"]
        .iter()
        .zip(before)
    {
        assert_eq!(fs::read_to_string(root.join("again").join(name)).expect("a file"), old, "{name}");
    }
}

#[test]
fn a_fingerprint_stays_while_lines_of_the_file_move() {
    let folder = silent();
    let root = folder.path().join("w");
    let print = |folder: &str| {
        let text = fs::read_to_string(root.join(folder).join("feuerprobe.sarif")).expect("a file");
        let sarif: Value = serde_json::from_str(&text).expect("JSON");
        let result = sarif["runs"][0]["results"][0].clone();
        let line = result["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64();
        (result["partialFingerprints"].clone(), line)
    };
    let (first, line) = print("out");
    let rule = root.join("rules/shadow_copies_deleted.yml");
    let text = fs::read_to_string(&rule).expect("the rule");
    fs::write(&rule, format!("# one\n# two\n{text}")).expect("written");
    let arg = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(feuerprobe(&root, &arg("replay")).status.code(), Some(1));
    assert_eq!(feuerprobe(&root, &arg("gate --ci moved")).status.code(), Some(1));
    let (second, moved) = print("moved");
    assert_eq!(first, second);
    assert_eq!(moved, line.map(|l| l + 2));
}

#[test]
fn a_runner_of_github_gets_annotations_and_a_summary() {
    let folder = silent();
    let root = folder.path().join("w");
    let summary = root.join("step.md");
    fs::write(&summary, "before\n").expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
        .arg("gate")
        .current_dir(&root)
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    let said = both(&output);
    assert!(said.contains("::error file=rules/shadow_copies_deleted.yml,line=16,"), "{said}");
    let text = fs::read_to_string(&summary).expect("a summary");
    assert!(text.starts_with("before\n## Feuerprobe gate: failed"), "{text}");
}
