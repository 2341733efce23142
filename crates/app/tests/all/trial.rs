//! One trial on a slider: what the page shows is what the record's trial is.

#![cfg(target_os = "linux")]

use std::path::Path;

use model::quantity::Millis;
use model::record::Record;
use model::timeline::TrialSide;
use serde_json::Value;

use crate::tampering::ended;

fn record(folder: &Path) -> Record {
    let (code, out, said) = ended(folder, &["--trials", "60", "--format", "json"]);
    assert!(matches!(code, Some(0 | 1)), "{said}");
    Record::from_bytes("stdout", out.as_bytes()).expect("a record")
}

/// People times hours of the times of a side, by attack and by containment.
fn hours(side: &TrialSide) -> [u64; 2] {
    [true, false].map(|attack| {
        let sum: u128 = side
            .timeline
            .hostings
            .iter()
            .flat_map(|h| h.any.iter().filter(|t| t.attack == attack).map(|t| (h.insured, t.to.0 - t.from.0)))
            .map(|(people, length)| u128::from(people) * u128::from(length))
            .sum();
        let hour = u128::from(Millis::HOUR.0);
        u64::try_from((sum + hour / 2) / hour).expect("it fits")
    })
}

#[test]
fn timelines_add_up_to_the_impacts_of_their_trials() {
    let dir = tempfile::tempdir().expect("a folder");
    let record = record(dir.path());
    let (mut attacked, mut contained) = (0, 0);
    for campaign in &record.campaigns {
        for number in 0..record.trials {
            let sides =
                rehearsal::sides(&record, &format!("{}/{number}", campaign.id), "nothing").expect("sides");
            for side in &sides {
                let [attack, containment] = hours(side);
                assert_eq!(
                    (attack, containment),
                    (side.impact.attack.0, side.impact.containment.0),
                    "{number}"
                );
                attacked += u32::from(attack > 0);
                contained += u32::from(containment > 0);
                let hit: u32 =
                    side.timeline.hostings.iter().filter(|h| !h.any.is_empty()).map(|h| h.tenants).sum();
                assert_eq!(hit, side.impact.tenants_hit);
                assert!(
                    side.timeline.hostings.iter().all(|h| h.any.windows(2).all(|w| w[0].to <= w[1].from))
                );
            }
        }
    }
    assert!(attacked > 10 && contained > 10, "{attacked} {contained}");
}

/// The lines of a section of `explain`, each as one text.
fn section(text: &str, heading: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().skip_while(|l| *l != heading).skip(1).take_while(|l| !l.is_empty()) {
        // A line that goes on has no time at its beginning.
        if line.starts_with("             ") {
            let last = lines.last_mut().expect("a first line");
            last.push(' ');
            last.push_str(line.trim());
        } else {
            lines.push(line.trim().to_owned());
        }
    }
    lines
}

#[test]
fn the_page_lists_what_explain_lists_and_its_data_are_the_trial() {
    let dir = tempfile::tempdir().expect("a folder");
    let record = record(dir.path());
    let name = "april-intrusion/17";
    let (code, _, said) = ended(dir.path(), &["trial", name, "--against", "best", "-o", "t.html"]);
    assert_eq!(code, Some(0), "{said}");
    let page = std::fs::read_to_string(dir.path().join("t.html")).expect("the page");
    let (_, explained, _) = ended(dir.path(), &["explain", &format!("trial:{name}")]);
    let wanted = section(&explained, "What went down");
    assert!(wanted.len() > 10, "{explained}");
    let first =
        page.split("What went down").nth(1).and_then(|rest| rest.split("</ol>").next()).expect("a list");
    let listed: Vec<&str> =
        first.split("<li>").skip(1).filter_map(|item| item.split("</li>").next()).collect();
    assert_eq!(listed.len(), wanted.len());
    for (listed, wanted) in listed.iter().zip(&wanted) {
        let flat = |text: &str| text.replace([':', ' '], "");
        assert_eq!(flat(listed), flat(wanted));
    }
    let data =
        page.split("id=\"trial\">").nth(1).and_then(|rest| rest.split("</script>").next()).expect("data");
    let data: Value = serde_json::from_str(data).expect("JSON");
    let sides = rehearsal::sides(&record, name, "best").expect("sides");
    for (shown, side) in data["sides"].as_array().expect("two").iter().zip(&sides) {
        assert_eq!(shown["name"], side.name.as_str());
        assert_eq!(shown["absences"].as_array().map(Vec::len), Some(side.timeline.absences.len()));
        assert_eq!(shown["events"].as_array().map(Vec::len), Some(side.trace.moments.len()));
    }
    assert!(!page.contains("action--"), "an action is called by its id");
    assert!(
        page.contains("Content-Security-Policy") && !page.contains("http://") && !page.contains("https://")
    );
}

#[test]
fn what_is_not_there_is_named_with_what_is() {
    let dir = tempfile::tempdir().expect("a folder");
    record(dir.path());
    for (arguments, wanted) in [
        (["april-intrusion/60", "nothing"], "with a number below the run's trials"),
        (["march/1", "nothing"], "with a number below the run's trials"),
        (["april-intrusion/1", "pray"], "there are: nothing, best, "),
    ] {
        let [trial, against] = arguments;
        let (code, _, said) = ended(dir.path(), &["trial", trial, "--against", against]);
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains(wanted), "{said}");
        assert!(!dir.path().join("trial.html").exists(), "nothing is written");
    }
}
