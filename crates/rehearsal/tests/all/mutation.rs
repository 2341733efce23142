//! Faults made on purpose in the built-in content.

use std::collections::BTreeMap;
use std::path::Path;

use model::mutation::{MutationScore, Operator};
use model::quantity::Seed;
use rehearsal::{Extent, Memory, Settings, Silent, Sources, WorkspaceFile};

use crate::support::gather;

const SETTINGS: Settings = Settings { seed: Seed(1), trials: 1 };

type Tree = BTreeMap<String, Vec<u8>>;

fn built_in() -> Tree {
    let mut files = Tree::new();
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content");
    gather(&content.join("rules"), "rules/", &mut files);
    gather(&content.join("recordings"), "recordings/", &mut files);
    files
}

fn score(files: &Tree) -> MutationScore {
    let sources = Sources::new(Memory::new("content", files.clone()), WorkspaceFile::default(), SETTINGS);
    let intake = sources.read(Extent::Replay).unwrap().measurable().unwrap();
    let record = rehearsal::replay_only(&intake, SETTINGS.seed, &Silent);
    rehearsal::mutate(&intake, &record, &|file| sources.rule_text(file), &Silent)
}

#[test]
#[expect(clippy::print_stderr, reason = "the figures are the result")]
fn faults_of_the_built_in_content_are_noticed_and_named() {
    let score = score(&built_in());
    for own in &score.operators {
        eprintln!("{:?} {} {} {}", own.operator, own.mutants, own.killed, own.localised);
    }
    assert!(score.nulls >= 300, "{} nulls", score.nulls);
    assert_eq!(score.false_notices, 0);
    // What more recordings and twins exercise raises this; it must not fall.
    assert!(score.killed.value >= 0.36, "{:?}", score.killed);
    assert!(score.localised.value >= 0.95, "{:?}", score.localised);
    let of_events = score.operators.iter().filter(|o| !o.operator.is_of_rule());
    for own in of_events {
        assert!(own.mutants > 20 && own.killed * 10 >= own.mutants * 8, "{own:?}");
    }
}

#[test]
fn a_rule_whose_recording_is_gone_is_named_as_not_tested() {
    let rule = "641ecf24-0e9d-4056-891f-d5c196c9c4f6";
    let untested = |files: &Tree| score(files).untested.iter().any(|(id, _)| id.as_str() == rule);
    let files = built_in();
    assert!(!untested(&files));
    let mut less = files;
    less.retain(|name, _| !name.contains("linux/service-unit-written"));
    assert!(untested(&less));
}

/// A test that only a twin can notice: the operator that takes it away survives without the twin.
#[test]
fn without_its_twin_a_dropped_test_survives() {
    let rule = "title: Copy\nid: 11111111-2222-4333-8444-555555555555\ntags: [attack.t1105]\nlogsource: {product: linux, \
                category: process_creation}\ndetection:\n  selection:\n    Image|endswith: '/scp'\n    \
                CommandLine|contains: ' -3 '\n  condition: selection\nlevel: low\n";
    let event = |line: &str| {
        format!(
            r#"{{"product":"linux","category":"process_creation","Image":"/usr/bin/scp","CommandLine":"{line}"}}"#
        )
    };
    let kind = |kind: &str| format!("title: x\nkind: {kind}\ntechniques: [T1105]\nfiles: [events.jsonl]\n");
    let mut files = Tree::new();
    let mut put = |name: &str, text: String| {
        files.insert(name.to_owned(), text.into_bytes());
    };
    put("rules/copy.yml", rule.to_owned());
    put("recordings/copy/recording.yaml", kind("attack"));
    put("recordings/copy/events.jsonl", event("scp -3 a:x b:y"));
    put("recordings/twin/recording.yaml", kind("twin"));
    put("recordings/twin/events.jsonl", event("scp x b:y"));
    let dropped = |files: &Tree| {
        let score = score(files);
        let found = score.survivors.into_iter().filter(|s| s.operator == Operator::TestDropped);
        found.map(|s| (s.line, s.what)).collect::<Vec<_>>()
    };
    let only_image = vec![(7, "selection: the test of Image|endswith is gone".to_owned())];
    assert_eq!(dropped(&files), only_image, "the twin exercises the test of the command line");
    files.retain(|name, _| !name.contains("/twin/"));
    let both =
        [only_image, vec![(8, "selection: the test of CommandLine|contains is gone".to_owned())]].concat();
    assert_eq!(dropped(&files), both);
}
