//! Adversary emulation plans: every step comes out, as a procedure or with its reason.

use std::path::Path;

use exercise::procedure::{Procedure, Procedures, is_plan, read_plan, survey_procedures};
use model::diagnostic::Diagnostic;
use model::exercise::User;
use proptest::prelude::*;

use crate::support::{join, list, open};

fn survey() -> (Procedures, Vec<Diagnostic>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans");
    survey_procedures(&list(&root), &|path| open(&root, path), &join).into_parts()
}

fn find<'a>(found: &'a Procedures, id: &str) -> &'a Procedure {
    found.procedures.iter().find(|p| p.id.as_str() == id).unwrap_or_else(|| {
        panic!("no {id} among {:?}", found.procedures.iter().map(|p| p.id.as_str()).collect::<Vec<_>>())
    })
}

#[test]
fn no_step_is_lost() {
    let (found, said) = survey();
    assert_eq!(found.procedures.len() + found.excluded.len(), 11);
    let excluded: Vec<_> =
        found.excluded.iter().map(|e| format!("{} | {} | {}", e.name, e.kind, e.reason)).collect();
    insta::assert_snapshot!(excluded.join("\n"));
    assert!(found.procedures.iter().all(|p| p.name.starts_with("Runs")));
    assert!(found.excluded.iter().all(|e| !e.name.starts_with("Runs")));
    let codes: Vec<&str> = said.iter().map(|d| d.code.as_str()).collect();
    assert!(codes.contains(&"plan.unknown-technique") && codes.contains(&"plan.no-technique"), "{codes:?}");
}

#[test]
fn a_step_runs_as_its_plan_says() {
    let (found, _) = survey();
    let cron = find(&found, "two-faced/1.A.1");
    assert_eq!((cron.executor.user, cron.timeout.0), (User::Root, 20_000));
    assert_eq!(cron.techniques[0].as_str(), "T1053.003");
    assert!(cron.job("").script.contains("root /bin/true' > /etc/cron.d/plan"), "{}", cron.job("").script);
    assert_eq!(
        cron.executor.cleanup.as_deref().map(|c| cron.fill(c)).as_deref(),
        Some("rm -f /etc/cron.d/plan")
    );
    let again = find(&found, "two-faced/1.A.2");
    assert_eq!(again.executor.user, User::Ordinary);
    assert_eq!(again.job("").script.trim(), "cat /etc/cron.d/plan # /bin/true");
    // A step whose name stands twice is known by its place, and no step runs without an end.
    let waits = find(&found, "two-faced/3");
    assert!(waits.techniques.is_empty());
    assert_eq!(waits.timeout, exercise::procedure::MAX_TIMEOUT);
}

#[test]
fn only_a_list_of_steps_is_a_plan() {
    assert!(is_plan(b"\xef\xbb\xbf# text\n---\n- id: x\n  technique:\n    attack_id: T1018\n"));
    for other in [
        "attack_technique: T1018\natomic_tests:\n- name: x\n",
        "- a\n- b\n",
        "",
        "id: x\nsteps:\n- attack_id: T1\n",
    ] {
        assert!(!is_plan(other.as_bytes()), "{other}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_to_their_end(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = is_plan(&bytes);
        let _ = read_plan("x.yaml", &bytes, &join);
    }

    /// A plan with one byte changed is a plan, or says that it is none.
    #[test]
    fn a_damaged_plan_is_survived(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans/two-faced.yaml");
        let mut bytes = std::fs::read(root).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let (found, said) = read_plan("x.yaml", &bytes, &join).into_parts();
        prop_assert!(found.procedures.len() + found.excluded.len() >= 1 || !said.is_empty());
    }
}
