//! Evidence that grows: earlier runs of the same tests, counted with what is measured now.

use std::collections::BTreeMap;

use assess::drift::{Configuration, Series, repeated, rules_about, series};
use model::exercise::Tier;
use model::id::RecordingId;
use model::quantity::Timestamp;
use model::record::{Input, Record, RunInfo};

use crate::exercise::Host;
use crate::workspace::Intake;

/// The inputs that are in use now, beside the rules and ATT&CK.
#[derive(Debug)]
pub struct Present<'a> {
    /// The host.
    pub host: &'a Host,
    /// Procedures by id, with the hash of their text.
    pub procedures: BTreeMap<&'a RecordingId, &'a str>,
    /// What confines procedures and the hash of the profile they run under; `None` where nothing
    /// is run now: then runs under a profile do not count, and any tier does.
    pub sandbox: Option<(Tier, Option<String>)>,
    /// The time.
    pub now: Timestamp,
}

impl Intake {
    /// Lets earlier exercises count whose inputs are those of now. What is counted becomes an input
    /// of the run. Replays are not looked at: a recording replayed again gives what it gave.
    pub fn remember(&mut self, earlier: &[(RunInfo, Record)], present: &Present<'_>) {
        let host = present.host.hash();
        let same = |series: &Series, then: &Configuration| {
            let of = |id: &RecordingId| {
                series.verdict.as_str().strip_prefix(id.as_str()).is_some_and(|rest| rest.starts_with('/'))
            };
            let procedure = present.procedures.iter().any(|(id, hash)| *hash == then.procedure && of(id));
            let sandbox = match &present.sandbox {
                Some((tier, profile)) => then.tier == Some(*tier) && then.profile == *profile,
                None => then.profile.is_none(),
            };
            procedure
                && sandbox
                && then.host.as_deref() == Some(host.as_str())
                && then.attack == self.matrix.version
                && then.product == env!("CARGO_PKG_VERSION")
                && then.rules == rules_about(self.rules.rules(), &series.technique)
        };
        let all = series(earlier.iter().map(|(info, record)| (info, record)));
        let found = repeated(all, present.now, &same);
        if !found.is_empty() {
            let mut hasher = blake3::Hasher::new();
            for run in found.iter().flat_map(|r| r.counted().map(move |run| (&r.test, run))) {
                let (test, run) = run;
                hasher.update(format!("{test} {} {}\n", run.run, run.outcome.word()).as_bytes());
            }
            let hash = hasher.finalize().to_hex().to_string();
            self.inputs.push(Input { name: "exercises".to_owned(), source: "ledger".to_owned(), hash });
            self.inputs.sort();
        }
        self.repeats = found;
    }
}
