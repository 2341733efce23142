//! Procedures from their files: our own format, and Atomic Red Team's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use exercise::procedure::{Contract, Procedure, Procedures, read_atomics, read_procedure, survey_procedures};
use model::attack::{JoinPath, Joined};
use model::diagnostic::Diagnostic;
use model::exercise::User;
use model::id::TechniqueId;
use model::quantity::Millis;
use model::recording::RecordingKind;
use proptest::prelude::*;

use crate::support::{list, open};

fn root(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn join(published: &str) -> Joined {
    let known = TechniqueId::new(published).ok().filter(|t| !matches!(t.as_str(), "T0000" | "T9999"));
    Joined {
        published: published.to_owned(),
        how: if known.is_some() { JoinPath::Same } else { JoinPath::NotJoined },
        mapped: known.into_iter().collect(),
    }
}

fn survey(name: &str) -> (Procedures, Vec<Diagnostic>) {
    let root = root(name);
    survey_procedures(&list(&root), &|path| open(&root, path), &join).into_parts()
}

fn find<'a>(found: &'a Procedures, id: &str) -> &'a Procedure {
    found.procedures.iter().find(|p| p.id.as_str() == id).unwrap_or_else(|| panic!("{id} is not there"))
}

#[test]
fn a_procedure_and_its_twin_are_read_whole() {
    let (found, said) = survey("procedures/good");
    assert_eq!(found.procedures.len(), 3);
    let p = find(&found, "account-files");
    assert_eq!((p.kind, p.executor.user), (RecordingKind::Attack, User::Root));
    assert_eq!((p.timeout, p.deadline), (Millis(2_000), Millis(600_000)));
    assert_eq!(p.expected_rules.iter().map(model::id::RuleId::as_str).collect::<Vec<_>>(), ["a", "b"]);
    let effects = p.effects().unwrap();
    assert_eq!(effects.files, ["/tmp/*"]);
    let job = p.job("fp-1");
    assert_eq!(job.argv, ["/bin/bash"]);
    let (prepared, script) = job.script.rsplit_once("}\n}\n").unwrap();
    assert_eq!(
        prepared,
        "(\ncommand -v getent\n) >/dev/null 2>&1 || {\n(\ntrue\n) >/dev/null 2>&1\n(\ncommand -v getent\n) \
         >/dev/null 2>&1 || { echo 'dependency not met: getent is there'; exit 125; "
    );
    assert_eq!(script, "cat /etc/passwd > /tmp/out\necho \"${#target} stays\"\n");
    assert_eq!(job.success.as_deref(), Some("grep -q root /tmp/out"));
    assert_eq!((job.files[0].bytes.as_slice(), job.files[0].mode), (b"a,/etc/passwd\n".as_slice(), 0o600));
    assert_eq!((job.files[0].owner, job.files[1].owner), (User::Ordinary, User::Root));
    assert_eq!((job.stubs.as_slice(), job.names.len()), (["/usr/bin/nmap".to_owned()].as_slice(), 2));
    assert_eq!((job.limits.deadline.as_millis(), job.marker.as_str()), (2_000, "fp-1"));

    let twin = find(&found, "account-files/twin");
    assert_eq!((twin.kind, twin.executor.user), (RecordingKind::Twin, User::Ordinary));
    assert_eq!(twin.techniques, p.techniques, "a twin has its procedure's techniques");
    assert_eq!(find(&found, "alone").executor.shell, "/usr/bin/python3");
    let codes: Vec<_> = said.iter().map(|d| (d.file.as_str(), d.code.as_str())).collect();
    let alone = "alone/procedure.yaml";
    assert_eq!(
        codes,
        [
            (alone, "procedure.no-twin"),
            (alone, "procedure.no-success"),
            (alone, "procedure.unknown-technique")
        ]
    );
}

#[test]
fn every_fault_of_a_procedure_is_told_with_its_place() {
    let bytes = std::fs::read(root("procedures/bad/procedure.yaml")).unwrap();
    let (procedure, diagnostics) = read_procedure("bad/procedure.yaml", &bytes, &join).into_parts();
    assert_eq!(procedure, None);
    assert!(diagnostics.iter().all(|d| d.position.is_some()), "{diagnostics:#?}");
    let told: Vec<String> = diagnostics
        .iter()
        .filter_map(|d| Some(format!("{}:{} {}", d.position?.line, d.position?.column, d.code)))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    let (_, unknown) = read_procedure("x/procedure.yaml", b"name: x\nexecuter: {}\n", &join).into_parts();
    assert!(unknown[0].message.contains("executer"), "{}", unknown[0]);
    assert_eq!(unknown[0].position.map(|p| p.line), Some(2));
}

/// What is in comes out: as a procedure, or with the reason why not.
#[test]
fn no_published_test_is_lost() {
    let (found, said) = survey("atomics");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for file in
        found.procedures.iter().map(|p| p.file.as_str()).chain(found.excluded.iter().map(|e| e.file.as_str()))
    {
        *counts.entry(file).or_default() += 1;
    }
    let expected = [
        ("T1053.003/T1053.003.yaml", 22),
        ("T1105/T1105.yaml", 6),
        ("T1548.003/T1548.003.yaml", 2),
        ("T1552.001/T1552.001.yaml", 3),
        ("T9999/T9999.yaml", 7),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
    let broken: Vec<_> = said.iter().filter(|d| d.code == "yaml.syntax").collect();
    assert_eq!(broken.len(), 1, "a file that is no YAML is told, not passed over");
    let reasons: Vec<String> =
        found.excluded.iter().map(|e| format!("{} | {} | {}", e.name, e.kind, e.reason)).collect();
    insta::assert_snapshot!(reasons.join("\n"));
    for excluded in &found.excluded {
        assert!(!excluded.name.starts_with("Runs"), "{}: {}", excluded.name, excluded.reason);
    }
    for procedure in &found.procedures {
        assert!(!procedure.name.starts_with("Excluded"), "{} is not excluded", procedure.name);
        assert_eq!(procedure.contract, Contract::ObservedOnly);
    }
}

#[test]
fn values_of_published_tests_keep_how_they_are_written() {
    let (found, _) = survey("atomics");
    let cron = find(&found, "T1053.003/1");
    assert_eq!((cron.executor.user, cron.techniques[0].as_str()), (User::Root, "T1053.003"));
    let script = cron.job("").script;
    assert_eq!(
        script,
        "# curl https://example.org is only a comment\n\
         echo \"* * * * * root echo 'it''s \"quoted\"'\" > /etc/cron.d/persist\n\
         chmod 0755 /etc/cron.d/persist && echo '1.10' \"\" yes\n"
    );
    let at = find(&found, "T1053.003/2");
    assert_eq!(at.dependencies[0].get, None, "a package manager fetches nothing here");
    assert_eq!(at.dependencies[1].get.as_deref(), Some("touch /tmp/#{f}"));
    let beside = find(&found, "T1552.001/1").job("");
    let staged: Vec<&str> = beside.files.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(staged, ["/opt/atomics/T1552.001/src/list.txt", "/opt/atomics/T1552.001/src/search.sh"]);
    assert!(
        beside
            .script
            .starts_with("bash \"/opt/atomics/T1552.001/src/search.sh\" /opt/atomics/T1552.001/src\n")
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_to_their_end(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_procedure("x/procedure.yaml", &bytes, &join);
        let _ = read_atomics("T1003/T1003.yaml", &bytes, &join);
    }

    /// Damaged files are as likely as any other in a folder of somebody else.
    #[test]
    fn damaged_files_lose_no_test(at in 0_usize..3_000, with in "\\PC{0,3}") {
        let mut text = std::fs::read_to_string(root("atomics/T1053.003/T1053.003.yaml")).unwrap();
        let at = (0..=at.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        text.insert_str(at, &with);
        let (found, said) = read_atomics("T1053.003/T1053.003.yaml", text.as_bytes(), &join).into_parts();
        let all = found.procedures.len() + found.excluded.len();
        prop_assert!(all > 0 || !said.is_empty());
        let own = std::fs::read_to_string(root("procedures/good/account-files/procedure.yaml")).unwrap();
        let cut = (0..=at.min(own.len())).rev().find(|i| own.is_char_boundary(*i)).unwrap_or(0);
        let (procedure, diagnostics) = read_procedure("a/procedure.yaml", &own.as_bytes()[..cut], &join).into_parts();
        prop_assert!(procedure.is_some() || !diagnostics.is_empty());
    }
}
