//! Links, pipes and owners: what is read lies in the content it belongs to, what is
//! found belongs to the user, and nothing waits for ever.

#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SECRET: &str = "HOST-ONLY-SECRET-99";

/// Starts the program with a bound on its time: 20 s of `timeout`, which ends with 124.
fn bounded(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new("timeout")
        .arg("20")
        .arg(PathBuf::from(env!("CARGO_BIN_EXE_feuerprobe")))
        .args(arguments)
        .current_dir(folder)
        .env_remove("FEUERPROBE_LEDGER")
        .output()
        .unwrap();
    (output.status.code(), all(&output))
}

fn all(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn workspace() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let (code, said) = bounded(dir.path(), &["init", "w"]);
    assert_eq!(code, Some(0), "{said}");
    let folder = dir.path().join("w");
    (dir, folder)
}

#[test]
fn circles_of_links_are_left_out_and_said() {
    let (_dir, folder) = workspace();
    let (_, before) = bounded(&folder, &["check"]);
    for kind in ["rules", "recordings", "procedures", "campaigns", "playbooks"] {
        for name in ["a", "b"] {
            symlink(".", folder.join(kind).join(name)).unwrap();
        }
        symlink("../..", folder.join(kind).join("up")).unwrap();
        symlink("circle", folder.join(kind).join("circle")).unwrap();
    }
    let (code, said) = bounded(&folder, &["check"]);
    assert_eq!(code, Some(0), "{said}");
    for kind in ["rules", "recordings", "procedures", "campaigns", "playbooks"] {
        for name in ["a", "b", "up", "circle"] {
            assert!(said.contains(&format!("{kind}/{name}")), "{kind}/{name} is left out in silence: {said}");
        }
    }
    assert!(said.contains("link to a folder"), "{said}");
    // What is there is read as before.
    let counted = |said: &str| {
        said.lines().find(|l| l.contains("recordings, ")).map(|l| l.split(':').next().unwrap().to_owned())
    };
    assert_eq!(counted(&said), counted(&before));
    let (code, said) = bounded(&folder, &["replay", "--quiet"]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_link_out_of_the_content_is_not_read() {
    let (dir, folder) = workspace();
    fs::write(dir.path().join("secret"), format!("{SECRET}: [{SECRET}\n")).unwrap();
    let cases = [
        "rules/x.yml",
        "rules/below/x.yml",
        "recordings/x/recording.yaml",
        "procedures/x/procedure.yaml",
        "campaigns/x.yaml",
        "playbooks/x.json",
    ];
    for (number, path) in cases.into_iter().enumerate() {
        let link = folder.join(path);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        // Absolute and relative links alike.
        let target = if number % 2 == 0 {
            dir.path().join("secret")
        } else {
            PathBuf::from("../".repeat(path.matches('/').count() + 1)).join("secret")
        };
        symlink(target, &link).unwrap();
        assert!(fs::read_to_string(&link).unwrap().contains(SECRET), "{path}: the link leads there");
    }
    let (code, said) = bounded(&folder, &["check"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains(SECRET), "{said}");
    for path in cases {
        assert!(said.contains(path), "{path} is left out in silence: {said}");
    }
    assert_eq!(said.matches("leads out of its folder").count(), cases.len(), "{said}");
    // The estate of the workspace too; and one that the user names may be a link.
    let estate = fs::read(folder.join("estate.yaml")).unwrap();
    fs::rename(folder.join("estate.yaml"), dir.path().join("estate.yaml")).unwrap();
    symlink("../estate.yaml", folder.join("estate.yaml")).unwrap();
    let (code, said) = bounded(&folder, &["check"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("estate.yaml") && said.contains("leads out"), "{said}");
    let (code, said) = bounded(&folder, &["check", "--estate", "estate.yaml"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(fs::read(dir.path().join("estate.yaml")).unwrap(), estate);
}

#[test]
fn a_link_inside_the_content_is_read() {
    let (_dir, folder) = workspace();
    let rules = folder.join("rules");
    let rule =
        fs::read_dir(&rules).unwrap().flatten().find(|e| e.path().extension().is_some_and(|x| x == "yml"));
    let rule = rule.unwrap().path();
    let count = || {
        let (_, said) = bounded(&folder, &["check", "--format", "ndjson"]);
        said.matches("duplicate").count()
    };
    let before = count();
    symlink(&rule, rules.join("absolute.yml")).unwrap();
    symlink(rule.file_name().unwrap(), rules.join("relative.yml")).unwrap();
    let (code, said) = bounded(&folder, &["check"]);
    assert!(!said.contains("leads out"), "{said}");
    // Both are read: a rule that is there three times is told, or counted three times.
    let more = said.lines().last().unwrap_or_default().to_owned();
    assert!(count() > before || more.contains(" rules"), "{code:?} {said}");
}

/// Published tests and the files beside them: one that is a link out of the folder is
/// not put into the sandbox.
#[test]
fn a_published_test_gets_no_file_from_outside_its_folder() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("secret"), SECRET).unwrap();
    let test = dir.path().join("atomics/T1105");
    fs::create_dir_all(test.join("src")).unwrap();
    let text = "attack_technique: T1105\ndisplay_name: x\natomic_tests:\n- name: leak\n  auto_generated_guid: 11111111-2222-4333-8444-555555555555\n  description: x\n  supported_platforms: [linux]\n  executor:\n    name: sh\n    command: cat PathToAtomicsFolder/T1105/src/data.txt\n";
    fs::write(test.join("T1105.yaml"), text).unwrap();
    let listed = || bounded(dir.path(), &["list", "procedures", "--procedures", "atomics"]);
    fs::write(test.join("src/data.txt"), "own").unwrap();
    let (code, said) = listed();
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("cannot run"), "{said}");
    fs::remove_file(test.join("src/data.txt")).unwrap();
    symlink("../../../secret", test.join("src/data.txt")).unwrap();
    let (_, said) = listed();
    assert!(said.contains("cannot run") && said.contains("data.txt"), "{said}");
    let (_, said) = bounded(dir.path(), &["check", "--procedures", "atomics"]);
    assert!(said.contains("leads out of its folder"), "{said}");
    // The same through a folder that is a link.
    fs::remove_dir_all(test.join("src")).unwrap();
    symlink(dir.path(), test.join("src")).unwrap();
    fs::rename(dir.path().join("secret"), dir.path().join("data.txt")).unwrap();
    let (_, said) = listed();
    assert!(said.contains("cannot run"), "{said}");
}

#[test]
fn a_pipe_that_nobody_writes_to_holds_nobody_up() {
    let (_dir, folder) = workspace();
    let fifo = folder.join("fifo.yaml");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for arguments in [
        &["check", "--estate", "fifo.yaml"][..],
        &["race", "--estate", "fifo.yaml"],
        &["check", "--attack", "fifo.yaml"],
        &["exercise", "--profile", "fifo.yaml"],
    ] {
        let (code, said) = bounded(&folder, arguments);
        assert_eq!(code, Some(3), "{arguments:?}: {said}");
        assert!(said.contains("named pipe") || said.contains("confined"), "{arguments:?}: {said}");
    }
    fs::remove_file(folder.join("estate.yaml")).unwrap();
    fs::rename(&fifo, folder.join("estate.yaml")).unwrap();
    let (code, said) = bounded(&folder, &["check"]);
    assert_eq!(code, Some(3), "{said}");
    // A pipe of the shell is somebody who writes.
    let shell = Command::new("bash")
        .args(["-c", "timeout 20 \"$0\" check --estate <(\"$0\" init x >&2; cat x/estate.yaml)"])
        .arg(env!("CARGO_BIN_EXE_feuerprobe"))
        .current_dir(&folder)
        .output()
        .unwrap();
    assert_eq!(shell.status.code(), Some(0), "{}", all(&shell));
}

fn give(path: &Path, owner: u32) -> bool {
    std::os::unix::fs::lchown(path, Some(owner), None).is_ok()
}

/// Another user's workspace, ledger folder and key are not used unless they are named.
/// Making files of another user takes root.
#[test]
fn what_another_user_has_put_there_is_not_used() {
    let is_root = fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0);
    if !is_root {
        return;
    }
    let (dir, folder) = workspace();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let inner = folder.join("mine/deep");
    fs::create_dir_all(&inner).unwrap();
    fs::write(inner.join("set.txt"), "nothing\n").unwrap();
    let refused = |arguments: &[&str], says: &str| {
        let (code, said) = bounded(&inner, arguments);
        assert_eq!(code, Some(3), "{arguments:?}: {said}");
        assert!(said.contains("uid 65533") && said.contains(says), "{arguments:?}: {said}");
    };
    let workspace_file = folder.join("feuerprobe.toml");
    for (path, what) in [(workspace_file.clone(), "feuerprobe.toml"), (folder.clone(), "/w ")] {
        assert!(give(&path, 65_533));
        for verb in
            [&["check"][..], &["run"], &["list", "runs"], &["outflow", "scan", "set.txt"], &["exercise"]]
        {
            refused(verb, what);
        }
        refused(&["check"], "--workspace");
        // Named, it is meant; and root through `sudo` is who called it.
        let (code, said) = bounded(&inner, &["check", "-C", "../.."]);
        assert_eq!(code, Some(0), "{said}");
        let sudo = Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
            .arg("check")
            .env("SUDO_UID", "65533")
            .current_dir(&inner)
            .output()
            .unwrap();
        assert_eq!(sudo.status.code(), Some(0), "{}", all(&sudo));
        assert!(give(&path, 0));
    }
    let (code, said) = bounded(&inner, &["outflow", "scan", "set.txt"]);
    assert_eq!(code, Some(0), "{said}");
    let own = folder.join(".feuerprobe");
    for (path, says) in [
        (own.clone(), "--workspace"),
        (own.join("outflow.key"), "outflow.key"),
        (own.join("ledger.db"), "--ledger"),
    ] {
        assert!(give(&path, 65_533));
        refused(&["outflow", "scan", "set.txt"], says);
        assert!(give(&path, 0));
    }
    let key = own.join("outflow.key");
    assert!(give(&key, 65_533));
    let (code, said) = bounded(&inner, &["outflow", "scan", "set.txt", "--key", key.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}");
    assert!(give(&key, 0));
    // A workspace of root serves everybody; the link of another user does not.
    fs::remove_file(&workspace_file).unwrap();
    fs::write(dir.path().join("real.toml"), "").unwrap();
    symlink(dir.path().join("real.toml"), &workspace_file).unwrap();
    assert!(give(&workspace_file, 65_533));
    refused(&["check"], "feuerprobe.toml");
}
