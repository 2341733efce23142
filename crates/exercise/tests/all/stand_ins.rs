//! The stand-ins for `sudo` and `su`: arguments in, what the command printed out.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use exercise::procedure::{Procedure, read_atomics};

use crate::support::join;

const TEST: &str = "attack_technique: T1053.003\natomic_tests:\n- name: x\n  description: x\n  supported_platforms: [linux]\n  \
                    executor: {name: sh, command: sudo -n id}\n";

/// A published test that has the stand-ins.
fn procedure() -> Procedure {
    let (found, said) = read_atomics("T1053.003/T1053.003.yaml", TEST.as_bytes(), &join).into_parts();
    assert!(said.is_empty(), "{said:?}");
    found.procedures.into_iter().next().expect("it runs")
}

#[test]
fn each_form_of_arguments_ends_as_stated() {
    let folder = tempfile::tempdir().expect("a folder");
    for file in procedure().job("").files {
        let path = folder.path().join(Path::new(&file.path).file_name().expect("a name"));
        fs::write(&path, file.bytes).expect("the stand-in");
        fs::set_permissions(&path, fs::Permissions::from_mode(file.mode)).expect("its mode");
    }
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand_ins/cases.tsv");
    let cases = fs::read_to_string(cases).expect("the cases");
    let (mut wrong, mut count) = (Vec::new(), 0);
    for line in cases.lines().filter(|l| !l.starts_with('#')) {
        let [program, arguments, code, printed] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line:?} has not four columns");
        };
        let output = Command::new("/bin/sh")
            .args(["-c", &format!("\"$STAND_INS\"/{program} {arguments} 2>&1 </dev/null")])
            .env_clear()
            .env("STAND_INS", folder.path())
            .env("PATH", "/usr/bin:/bin")
            .env("SHELL", "/bin/sh")
            .output()
            .expect("a shell");
        let found = (output.status.code(), String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
        if found != (code.parse().ok(), printed.to_owned()) {
            wrong.push(format!("{program} {arguments}: {found:?} instead of {code} {printed:?}"));
        }
        count += 1;
    }
    assert!(wrong.is_empty() && count >= 30, "{count} cases\n{}", wrong.join("\n"));
}

#[test]
fn a_test_with_stand_ins_runs_as_root_and_says_so() {
    let procedure = procedure();
    assert_eq!(procedure.executor.user, model::exercise::User::Root);
    assert_eq!(procedure.notes.len(), 1);
    assert!(procedure.notes[0].contains("not tested"), "{:?}", procedure.notes);
    let plain = TEST.replace("sudo -n id", "id");
    let (found, _) = read_atomics("T1053.003/T1053.003.yaml", plain.as_bytes(), &join).into_parts();
    let plain = found.procedures.into_iter().next().expect("it runs");
    assert!(plain.notes.is_empty() && plain.stage.files.is_empty());
    assert_eq!(plain.executor.user, model::exercise::User::Ordinary);
}
