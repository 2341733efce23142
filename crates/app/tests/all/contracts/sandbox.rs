//! The arrows that begin in the sandbox: what an exercise really leaves is what `detect` judges,
//! and what `assess` counts.

#![allow(clippy::disallowed_methods, reason = "the exercise of a test has a clock of its own")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use detect::{RuleFile, RuleSet, Seen, Watch};
use exercise::procedure::survey_procedures;
use model::attack::Joined;
use model::event::LogSource;
use model::evidence::EvidenceClass;
use model::id::{RecordingId, TechniqueId};
use model::reading::Join;
use model::recording::RecordingKind;
use model::verdict::{Cause, Outcome, OutcomeKind};
use rehearsal::Silent;
use rehearsal::exercise::{Drill, Journal, Left, Task};
use threat::Joiner;

use super::rule;

fn procedure(technique: &str, name: &str, command: &str, success: &str) -> String {
    format!(
        "name: {name}\ndescription: Written for this test.\ntechniques: [{technique}]\n\
         executor: {{shell: sh, elevation: false, command: \"{command}\"}}\n\
         effects: {{files: [/tmp/contract-tool], processes: [cp, contract-tool, 'true']}}\n\
         success: {success}\n\
         telemetry: [{{product: linux, category: process_creation}}]\n\
         expected-rules: []\nsource: written for this test\n"
    )
}

const RULE: &str = "title: Contract tool\nid: r-tool\ntags: [attack.t1560.001]\n\
    logsource: {product: linux, category: process_creation}\n\
    detection:\n  s: {Image|endswith: /contract-tool}\n  condition: s\n";

/// Runs three procedures: one that the rule sees, one that no rule is about, and one whose success
/// is not shown.
fn left(rules: &RuleSet, join: &Join<'_>) -> Vec<Left> {
    let made = "cp /bin/true /tmp/contract-tool && /tmp/contract-tool";
    let shown = "test -s /tmp/contract-tool";
    let texts = BTreeMap::from([
        ("a/procedure.yaml", procedure("T1560.001", "Seen", made, shown)),
        ("b/procedure.yaml", procedure("T1070.004", "Not seen", made, shown)),
        ("c/procedure.yaml", procedure("T1560.001", "Not done", "true", shown)),
    ]);
    let open = |path: &str| {
        let text = texts.get(path).ok_or(std::io::ErrorKind::NotFound)?;
        Ok(model::reading::Input::Seek(Box::new(Cursor::new(text.clone().into_bytes()))))
    };
    let files: Vec<String> = texts.keys().map(|p| (*p).to_owned()).collect();
    let mut said = Vec::new();
    let found = survey_procedures(&files, &open, join).report(&mut said);
    said.retain(|d: &model::diagnostic::Diagnostic| d.severity > model::diagnostic::Severity::Note);
    assert_eq!(said, [], "the procedures are sound");
    let task = |procedure: exercise::procedure::Procedure| Task {
        hash: procedure.file.clone(),
        text: texts[procedure.file.as_str()].clone().into_bytes().into(),
        procedure,
    };
    let tasks: Vec<Task> = found.procedures.into_iter().map(task).collect();
    assert_eq!(tasks.len(), 3);
    let drill = Drill {
        tasks: &tasks,
        tier: exercise::sandbox::tier().expect("the sandbox works here, as the tests of exercises need"),
        profile: None,
        rules,
        journal: Journal { started: &|_| Ok(()), ended: &|_, _| Ok(()) },
        stop: &AtomicBool::new(false),
        threads: 1,
        tick: &Instant::now,
    };
    drill.run(BTreeMap::new(), &Silent).expect("a journal that never fails").into_iter().flatten().collect()
}

#[test]
fn sandbox_to_detect_and_assess_what_an_exercise_leaves_is_judged_and_counted() {
    let (matrix, map) = (threat::catalogue(), threat::version_map());
    let joiner = Joiner::new(&matrix, &map);
    let join = |published: &str| -> Joined { joiner.join(published) };
    let mut said = Vec::new();
    let files = vec![RuleFile { path: "tool.yml".to_owned(), bytes: RULE.as_bytes().to_vec() }];
    let (rules, _) = RuleSet::read(files, &join).report(&mut said);
    assert_eq!(said, [], "the rule is sound");
    let left = left(&rules, &join);
    let (mut watched, mut verdicts) = (Vec::new(), Vec::new());
    for one in &left {
        let open = |path: &str| {
            let text = one.files.get(path).ok_or(std::io::ErrorKind::NotFound)?;
            Ok(model::reading::Input::Seek(Box::new(Cursor::new(text.clone().into_bytes()))))
        };
        let watch = Watch::new(&rules, &one.recording);
        let mut seen = Seen::default();
        let read = telemetry::read_events(&one.recording, &open, &mut |batch| {
            seen.absorb(watch.look(&batch.parse().events));
        });
        assert_eq!(read.unreadable, 0, "{}: the sandbox writes what our readers read", one.recording.id);
        let got = watch.finish(seen, read.unreadable);
        verdicts.extend(got.observations.iter().map(detect::judge));
        watched.push(got);
    }
    // Exercise to detect: the events are routed, tied to the act, and the rule fires on the act alone.
    assert!(left.iter().all(|l| l.recording.kind == RecordingKind::Attack && l.recording.act.is_some()));
    let started = LogSource {
        product: Some("linux".to_owned()),
        category: Some("process_creation".to_owned()),
        service: None,
    };
    // What only the shell itself does starts no process.
    let routed = |w: &detect::Watched| w.replay.sources.keys().any(|origin| origin.serves(&started));
    assert!(watched.iter().take(2).all(routed));
    let fired: Vec<u64> = watched.iter().map(|w| w.replay.passed(&rule("r-tool"))).collect();
    assert!(fired[0] > 0 && fired[1] > 0 && fired[2] == 0, "{fired:?}");
    let kinds: Vec<Option<OutcomeKind>> =
        verdicts.iter().map(|v| v.outcome.as_ref().map(Outcome::kind)).collect();
    let [seen, unseen, undone] = kinds.as_slice() else { panic!("{kinds:?}") };
    assert_eq!((*seen, *unseen), (Some(OutcomeKind::Alerted), Some(OutcomeKind::Logged)));
    assert!(
        !matches!(undone, Some(OutcomeKind::Blind | OutcomeKind::Logged)),
        "what did not take place: {undone:?}"
    );
    assert!(verdicts[0].attribution.events > 0 && verdicts[0].attribution.confidence.get() > 0.5);
    let causes = &verdicts[1].causes;
    assert!(
        matches!(causes.as_slice(), [Cause::NoRule | Cause::OtherTechniqueOnly { .. }, ..]),
        "{causes:?}"
    );
    // Detect to assess: each exercise with an outcome counts once and is said to be exercised.
    let mut evidence = assess::evidence(&verdicts, &[], &[], &BTreeMap::new());
    let exercised: BTreeSet<&RecordingId> = left.iter().map(|l| &l.recording.id).collect();
    assess::note_exercised(&mut evidence, &verdicts, &exercised);
    let of = |id: &str| &evidence.techniques[&TechniqueId::new(id).expect("an id")];
    let (archive, removed) = (of("T1560.001"), of("T1070.004"));
    assert_eq!((archive.counts.alerted, archive.counts.measured(), removed.counts.logged), (1, 1, 1));
    assert_eq!((&archive.class, &removed.class), (&EvidenceClass::Exercised, &EvidenceClass::Exercised));
    assert_eq!(archive.verdicts, [verdicts[0].id.clone()]);
    assert!(archive.alerted.value > 0.0 && removed.alerted.value == 0.0);
    // The alert has a time, so that the delay is that of the run and not only the assumed one.
    assert_eq!((archive.delay.observed, removed.delay.censored), (1, 1));
}
