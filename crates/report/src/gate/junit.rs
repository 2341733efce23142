//! JUnit: what build systems show as tests.

use std::collections::BTreeMap;

use model::gate::{Answer, Gate};
use model::record::Record;
use model::recording::RunStatus;
use model::verdict::{Outcome, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{limit, measured, name, sentence};
use crate::words;

/// Returns the gate and the verdicts as JUnit: one suite for the requirements and one for each
/// technique with a case for each recording.
///
/// Logged, blind and late are failures; what came to no outcome is an error, never a pass; what
/// is accepted is skipped with reason and date. There are no times: they would differ from run to
/// run.
pub fn junit(record: &Record, gate: &Gate) -> String {
    let mut report = Report::new("feuerprobe");
    report.add_test_suite(requirements(gate));
    let mut suites: BTreeMap<String, TestSuite> = BTreeMap::new();
    for verdict in &record.verdicts {
        let name = format!("{} {}", verdict.technique, words::technique_name(record, &verdict.technique));
        let suite = suites.entry(name.clone()).or_insert_with(|| TestSuite::new(name));
        suite.add_test_case(case(record, gate, verdict));
    }
    report.add_test_suites(suites.into_values());
    report.to_string().unwrap_or_default()
}

fn requirements(gate: &Gate) -> TestSuite {
    let mut suite = TestSuite::new("gate");
    for line in &gate.lines {
        let told = format!("{}; required: {}; {}", measured(line), limit(&line.requirement), line.why);
        let status = match line.answer {
            Answer::Passed => TestCaseStatus::success(),
            Answer::Undecided if !gate.undecided_fails => skipped(&format!("undecided: {told}")),
            _ => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(told);
                let open = line.offences.iter().filter(|o| o.accepted.is_none());
                status.set_description(open.map(sentence).collect::<Vec<_>>().join("\n"));
                status
            }
        };
        let mut case = TestCase::new(name(&line.requirement), status);
        case.set_classname("gate");
        suite.add_test_case(case);
    }
    suite
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    status
}

fn case(record: &Record, gate: &Gate, verdict: &Verdict) -> TestCase {
    let mut case = TestCase::new(verdict.recording.to_string(), status(record, gate, verdict));
    case.set_classname(verdict.technique.to_string());
    case
}

fn status(record: &Record, gate: &Gate, verdict: &Verdict) -> TestCaseStatus {
    let key = format!("verdict:{}", verdict.id);
    let accepted = gate.offences().into_iter().find(|o| o.key == key).and_then(|o| o.accepted.clone());
    if let Some(a) = accepted {
        return skipped(&format!("accepted until {} by {}: {}", a.until, a.approved_by, a.reason));
    }
    let failure = |kind, message: String| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_message(message);
        let causes = verdict.causes.iter().map(|cause| words::cause(record, cause));
        status.set_description(causes.collect::<Vec<_>>().join("\n"));
        status
    };
    match (&verdict.outcome, &verdict.run) {
        (Some(Outcome::Prevented { .. } | Outcome::Alerted { late: false, .. }), _) => {
            TestCaseStatus::success()
        }
        (Some(Outcome::Inconclusive { why }), _) => {
            failure(NonSuccessKind::Error, format!("inconclusive: {why}"))
        }
        (Some(_), _) => failure(NonSuccessKind::Failure, words::outcome(verdict)),
        (None, RunStatus::NotRun { reason } | RunStatus::Refused { reason }) => {
            skipped(&format!("not run: {reason}"))
        }
        (None, _) => failure(NonSuccessKind::Error, words::outcome(verdict)),
    }
}
