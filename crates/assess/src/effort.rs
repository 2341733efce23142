//! What changes cost: person-days by kind of work, from a file that the user edits.

use std::collections::BTreeMap;

use model::diagnostic::Diagnostic;
use model::document::{Spanned, place, yaml};
use model::read::Read;

/// Every kind of work: key, person-days where no file says otherwise, and what is counted.
/// All are assumptions.
pub const EFFORTS: [(&str, f64, &str); 24] = [
    ("narrow-filter", 0.5, "narrow a filter that hides an alert"),
    ("repair-lost-rule", 1.0, "repair a rule that must fire and did not"),
    ("repair-rule", 1.0, "repair a rule that stays silent"),
    ("write-rule", 2.0, "write a rule for telemetry that is there"),
    ("alert-sooner", 2.0, "let a search run more often"),
    ("fill-fields", 3.0, "fill fields that rules read"),
    ("collect-log-source", 5.0, "collect a log source"),
    ("collect-and-write-rule", 7.0, "collect a log source and write a rule for it"),
    ("exercise", 3.0, "exercise a technique until it is alerted on"),
    ("sensor-project", 1.0, "bring sensors to hosts: the work that does not depend on their number"),
    ("sensor-per-host", 0.02, "bring a sensor to one host: ten minutes"),
    ("analyst", 220.0, "one more seat in the team for a year"),
    ("halve-triage", 15.0, "enrich alerts so that a look takes half the time"),
    ("cut-noise", 10.0, "tune the loudest rules until a fifth of the other alerts is gone"),
    ("train-escalation", 5.0, "train analysts on alerts that they dismissed"),
    ("settle-decision", 5.0, "settle beforehand who may cut what, and exercise it"),
    ("change-step", 3.0, "change one step of the plan, and exercise it"),
    ("replace-plan", 10.0, "agree on another plan, and exercise it"),
    ("recovery-crew", 40.0, "train one more recovery crew at one site, for each skill"),
    ("forensic-team", 20.0, "contract one more forensic team, and exercise with it"),
    ("restore-rate", 30.0, "read backups back twice as fast at one site, proven by a test"),
    ("staged-return", 10.0, "write and exercise the plan by which tenants return in stages"),
    ("all-clear", 5.0, "agree what must be seen before an earlier all-clear, and exercise it"),
    ("second-look", 15.0, "prepare and exercise a second look at every system before it starts"),
];

/// The largest effort that is read: a hundred people for a year.
const MOST: f64 = 36_500.0;

/// Person-days by kind of work.
#[derive(Debug, Clone, PartialEq)]
pub struct Efforts(BTreeMap<&'static str, f64>);

impl Default for Efforts {
    fn default() -> Self {
        Self(EFFORTS.iter().map(|(key, days, _)| (*key, *days)).collect())
    }
}

impl Efforts {
    /// Returns the person-days of a kind of work; of one that is not in the list none.
    pub fn days(&self, key: &str) -> f64 {
        self.0.get(key).copied().unwrap_or(0.0)
    }
}

/// Returns the efforts in `bytes`, a YAML map from kinds of work to person-days; what it
/// does not name stays as it is. A line that cannot be used is named, and the efforts
/// then hold what was assumed for it.
pub fn read_efforts(file: &str, bytes: &[u8]) -> Read<Efforts> {
    let mut efforts = Efforts::default();
    let blank = std::str::from_utf8(bytes)
        .is_ok_and(|t| t.lines().all(|l| l.trim().is_empty() || l.trim_start().starts_with('#')));
    if blank {
        return Read::new(efforts, Vec::new());
    }
    let given: BTreeMap<String, Spanned<f64>> = match yaml(file, bytes) {
        Ok(given) => given,
        Err(said) => return Read::new(efforts, vec![said]),
    };
    let mut said = Vec::new();
    for (key, days) in given {
        let Some((known, _, _)) = EFFORTS.iter().find(|(known, _, _)| *known == key) else {
            let keys: Vec<&str> = EFFORTS.iter().map(|(known, _, _)| *known).collect();
            let text = format!("{key:?} is no kind of work");
            let unknown = Diagnostic::error(file, "efforts.unknown-key", text)
                .help(format!("there are {}", keys.join(", ")));
            said.push(place(unknown, &days));
            continue;
        };
        if days.value > 0.0 && days.value <= MOST {
            efforts.0.insert(known, days.value);
        } else {
            let text = format!("{known}: {} is no effort in person-days", days.value);
            let wrong = Diagnostic::error(file, "efforts.out-of-range", text)
                .help(format!("write a number above 0 and at most {MOST}, such as 0.5 or 3"));
            said.push(place(wrong, &days));
        }
    }
    said.sort();
    Read::new(efforts, said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_names_counts_and_the_rest_stays() {
        let (efforts, said) =
            read_efforts("efforts.yaml", b"# ours\nwrite-rule: 4.5\nanalyst: 180\n").into_parts();
        assert_eq!(said, []);
        assert_eq!((efforts.days("write-rule"), efforts.days("analyst")), (4.5, 180.0));
        assert_eq!(efforts.days("repair-rule"), 1.0);
        assert_eq!(
            read_efforts("efforts.yaml", b"# nothing yet\n").into_parts(),
            (Efforts::default(), vec![])
        );
    }

    #[test]
    fn every_line_that_cannot_be_used_is_named_with_its_place() {
        let (efforts, said) =
            read_efforts("efforts.yaml", b"write-rule: 0\nwrite-rul: 2\nanalyst: -1\nexercise: 1\n")
                .into_parts();
        let places: Vec<_> =
            said.iter().filter_map(|d| d.position.map(|p| (p.line, d.code.as_str()))).collect();
        assert_eq!(
            places,
            [(1, "efforts.out-of-range"), (2, "efforts.unknown-key"), (3, "efforts.out-of-range")]
        );
        assert_eq!((efforts.days("write-rule"), efforts.days("exercise")), (2.0, 1.0));
        assert_eq!(read_efforts("efforts.yaml", b"write-rule: soon\n").into_parts().1.len(), 1);
    }
}
