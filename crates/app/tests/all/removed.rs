//! Evidence that is taken away: no risk that is told falls, and the gap is said.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use model::record::Record;

fn feuerprobe() -> &'static str {
    env!("CARGO_BIN_EXE_feuerprobe")
}

/// Returns a starter workspace in a folder of its own.
fn starter(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("removed-{name}"));
    let _ = fs::remove_dir_all(&folder);
    let made = Command::new(feuerprobe()).arg("init").arg(&folder).output().expect("init runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    folder
}

fn verb(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(feuerprobe()).current_dir(folder).args(arguments).output().expect("it runs")
}

fn raced(folder: &Path) -> Record {
    let output = verb(folder, &["race", "--trials", "400", "--format", "json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Record::from_bytes("stdout", &output.stdout).expect("a record")
}

fn text(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn no_subset_of_the_starters_recordings_lowers_a_risk_that_is_told() {
    let folder = starter("subsets");
    let aside = folder.with_extension("aside");
    let _ = fs::remove_dir_all(&aside);
    fs::create_dir_all(&aside).expect("a folder");
    let kept = folder.join("recordings");
    let mut names: Vec<_> =
        fs::read_dir(&kept).expect("recordings").map(|e| e.expect("an entry").file_name()).collect();
    names.sort();
    let told = |record: &Record| {
        let score = record.scores.first().expect("a score");
        (score.payload.hits, score.payload.exercises.high, score.unnoticed.hits)
    };
    let whole = raced(&folder);
    let (payload, high, unnoticed) = told(&whole);
    let mut higher = 0;
    for subset in 1..1_u32 << names.len() {
        let gone: Vec<_> = names.iter().enumerate().filter(|(n, _)| subset >> n & 1 == 1).collect();
        for (_, name) in &gone {
            fs::rename(kept.join(name), aside.join(name)).expect("moved away");
        }
        let record = raced(&folder);
        let now = told(&record);
        assert!(now.0 >= payload && now.2 >= unnoticed, "without {gone:?}: {now:?}, {payload}, {unnoticed}");
        assert!(now.1 + 0.02 >= high, "without {gone:?} the interval ends at {} before {high}", now.1);
        higher += u32::from(now.0 > payload);
        for (_, name) in &gone {
            fs::rename(aside.join(name), kept.join(name)).expect("moved back");
        }
    }
    assert!(higher > 0, "no recording counts for anything");
}

#[test]
fn every_verb_says_that_nothing_was_measured() {
    let folder = starter("nothing");
    let kept = folder.join("recordings");
    fs::remove_dir_all(&kept).expect("removed");
    fs::create_dir_all(&kept).expect("a folder");
    let race = verb(&folder, &["race", "--trials", "100"]);
    assert!(text(&race).contains("NOTHING MEASURED"), "{}", text(&race));
    let impact = verb(&folder, &["impact"]);
    assert!(text(&impact).contains("NOTHING MEASURED"), "{}", text(&impact));
    let tabletop = verb(&folder, &["tabletop", "--trial", "0"]);
    assert!(text(&tabletop).contains("NOTHING MEASURED"), "{}", text(&tabletop));
    let page = folder.join("card.html");
    let page_name = page.to_string_lossy().into_owned();
    let decide = verb(&folder, &["decide", "--trials", "60", "-o", &page_name]);
    assert!(text(&decide).contains("NOTHING MEASURED"), "{}", text(&decide));
    assert!(fs::read_to_string(&page).expect("a page").contains("NOTHING MEASURED"));
    let german = verb(&folder, &["decide", "--trials", "60", "--lang", "de"]);
    assert!(text(&german).contains("NICHTS GEMESSEN"), "{}", text(&german));
}
