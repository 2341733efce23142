//! SigmaHQ's rules, when the shared data is there.

use std::path::{Path, PathBuf};

use crate::support::join;
use detect::{RuleFile, RuleSet};

fn folder() -> Option<PathBuf> {
    let root = std::env::var_os("FEUERPROBE_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let sigma = root.join("sigma");
    sigma.join("rules").is_dir().then_some(sigma)
}

fn gather(root: &Path, folder: &Path, files: &mut Vec<RuleFile>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(root, &path, files);
        } else if path.extension().is_some_and(|ending| ending == "yml") {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            files.push(RuleFile { path: name, bytes: std::fs::read(&path).unwrap() });
        }
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped must say so")]
fn the_public_rules_load_and_only_those_with_placeholders_are_left_out() {
    let Some(root) = folder() else {
        eprintln!("SKIPPED: the shared data is not here; set FEUERPROBE_SHARED");
        return;
    };
    let mut files = Vec::new();
    gather(&root, &root.join("rules"), &mut files);
    let main = files.len() as u64;
    gather(&root, &root.join("rules-placeholder"), &mut files);
    let (rules, summary) = RuleSet::read(files, &join).into_parts().0;
    assert_eq!(summary.loaded + summary.rejected.len() as u64, summary.files, "each file is accounted for");
    let others: Vec<_> = summary.rejected.iter().filter(|r| !r.reason.contains("placeholders")).collect();
    assert!(others.is_empty(), "{others:#?}");
    assert!(main >= 3_000 && summary.loaded >= main, "{} rules of {main} loaded", summary.loaded);
    assert!(summary.rejected.len() >= 20, "{} rules need placeholder values", summary.rejected.len());
    assert_eq!(rules.rules().len() as u64, summary.loaded);
    assert!(rules.rules().is_sorted_by(|a, b| a.id < b.id));
}
