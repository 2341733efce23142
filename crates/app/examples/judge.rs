//! What `scripts/sigma-judge` compares with: every event as rules see it, and what fired.
//!
//! `judge RECORDINGS RULES...` prints one JSON object a line: `{"r", "fired"}` for each
//! recording with the rules that fired and on how many events, then `{"r", "o", "f"}` for each
//! of its events with its origin (product, categories, services) and its fields.

#![expect(clippy::print_stdout, reason = "it prints what the script reads")]

use std::io::Write as _;
use std::path::PathBuf;

use app::intake::Tree;
use detect::{RuleFile, RuleSet};
use model::attack::Joined;
use rehearsal::{Files as _, Silent, watch_all};
use serde_json::json;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [recordings, folders @ ..] = arguments.as_slice() else {
        println!("usage: judge RECORDINGS RULES...");
        return;
    };
    let matrix = threat::catalogue();
    let map = threat::version_map();
    let joiner = threat::Joiner::new(&matrix, &map);
    let join = |published: &str| -> Joined { joiner.join(published) };
    let files = folders.iter().flat_map(|folder| rule_files(folder)).collect();
    let (rules, _) = RuleSet::read(files, &join).into_parts().0;
    let tree = Tree::Folder(PathBuf::from(recordings));
    let paths = tree.list().expect("the recordings folder can be read").files;
    let survey = telemetry::survey(&paths, &|p| tree.open(p), &join).into_parts().0;

    let (watched, _) = watch_all(&rules, &survey, &tree, &Silent);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (recording, seen) in survey.recordings.iter().zip(&watched) {
        let fired = seen.replay.firings.iter().map(|f| (f.rule.to_string(), json!(f.events)));
        let fired: serde_json::Map<String, serde_json::Value> = fired.collect();
        writeln!(out, "{}", json!({"r": recording.id, "fired": fired})).expect("it can be written");
        telemetry::read_events(recording, &|p| tree.open(p), &mut |batch| {
            for event in &batch.parse().events {
                let origin = &event.origin;
                let origin = json!([origin.product, origin.categories, origin.services]);
                let line = json!({"r": recording.id, "o": origin, "f": event.fields});
                writeln!(out, "{line}").expect("it can be written");
            }
        });
    }
}

fn rule_files(folder: &str) -> Vec<RuleFile> {
    let tree = Tree::Folder(PathBuf::from(folder));
    let paths = tree.list().expect("the rules folder can be read").files;
    let rules = paths.into_iter().filter(|path| path.ends_with(".yml"));
    let read = |path: String| RuleFile { bytes: tree.read(&path).expect("it can be read"), path };
    rules.map(read).map(|file| RuleFile { path: format!("{folder}/{}", file.path), ..file }).collect()
}
