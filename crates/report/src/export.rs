//! Forms in which other programs take a run.
//!
//! Each form is one file here and one row of [`EXPORTS`]. Equal runs give equal bytes: ids are
//! UUIDs of version 5 over what they name, times are those of the run, lists are sorted.

mod attack_flow;
mod attire;
mod navigator;
mod ocsf;
mod openmetrics;
mod oscal;
mod stix;
mod verdicts;

use model::quantity::Timestamp;
use model::record::{Record, RunInfo};
use uuid::Uuid;

pub use navigator::navigator;

/// A form.
#[derive(Debug, Clone, Copy)]
pub struct Export {
    /// The name on the command line.
    pub name: &'static str,
    /// The usual ending of its file.
    pub ending: &'static str,
    /// What it is and which version of which standard.
    pub what: &'static str,
    /// Writes it.
    of: fn(&Record, Option<&RunInfo>) -> Result<String, &'static str>,
}

/// Every form, by name.
pub const EXPORTS: [Export; 8] = [
    Export {
        name: "attack-flow",
        ending: "json",
        what: "campaigns as they were run, with what was measured of each step, Attack Flow 2.0",
        of: attack_flow::attack_flow,
    },
    Export {
        name: "attire",
        ending: "json",
        what: "execution log of the exercises, ATTiRe 1.1",
        of: attire::attire,
    },
    Export {
        name: "csv",
        ending: "csv",
        what: "verdicts as comma-separated values, RFC 4180",
        of: verdicts::csv,
    },
    Export {
        name: "navigator",
        ending: "json",
        what: "share prevented or alerted in time, ATT&CK Navigator layer 4.5",
        of: |record, _| Ok(navigator(record)),
    },
    Export {
        name: "ocsf",
        ending: "json",
        what: "a detection finding for each verdict that is a miss, OCSF 1.8",
        of: ocsf::ocsf,
    },
    Export {
        name: "openmetrics",
        ending: "txt",
        what: "figures of the run, OpenMetrics 1.0",
        of: openmetrics::openmetrics,
    },
    Export {
        name: "oscal",
        ending: "json",
        what: "an observation for each verdict, OSCAL assessment results 1.2",
        of: oscal::oscal,
    },
    Export {
        name: "stix",
        ending: "json",
        what: "a sighting for each technique that was alerted on, STIX 2.1",
        of: stix::stix,
    },
];

impl Export {
    /// Returns the form with this name.
    pub fn named(name: &str) -> Option<Self> {
        EXPORTS.into_iter().find(|export| export.name == name)
    }

    /// Writes a run in this form.
    ///
    /// # Errors
    /// What the form needs and this run does not have, in one sentence without a full stop.
    pub fn write(self, record: &Record, info: Option<&RunInfo>) -> Result<String, &'static str> {
        (self.of)(record, info)
    }
}

/// Returns the forms as rows.
pub fn exports() -> crate::list::Table {
    let rows = EXPORTS.iter().map(|e| vec![e.name.to_owned(), e.ending.to_owned(), e.what.to_owned()]);
    crate::list::Table::new(["export", "ending", "what it is"], rows)
}

/// Why a form cannot be written that tells when the run was stored.
const NO_TIME: &str =
    "it tells when the run was stored, and a record from a file does not know; name a run of the ledger";

/// Returns the id of a thing: a UUID of version 5 over its kind and name, below one of our own.
fn id(kind: &str, name: &str) -> Uuid {
    let ours = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"https://feuerprobe.invalid/export");
    Uuid::new_v5(&ours, format!("{kind}\u{0}{name}").as_bytes())
}

/// Returns a moment as RFC 3339 with milliseconds in UTC: `2026-11-30T12:00:00.000Z`.
fn rfc3339(moment: Timestamp) -> String {
    let ms = moment.0.rem_euclid(60_000);
    let end = format!(":{:02}.{:03}Z", ms / 1_000, ms % 1_000);
    crate::number::moment(moment).replacen(' ', "T", 1).replace(" UTC", &end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_other_calendars_say() {
        // Values of GNU date 9.1.
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_001, "2000-02-29T00:00:00.001Z"),
            (1_796_083_199_999, "2026-11-30T23:59:59.999Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(Timestamp(ms)), text);
        }
    }

    #[test]
    fn the_table_is_sorted_and_each_name_is_found() {
        assert!(EXPORTS.windows(2).all(|w| matches!(w, [a, b] if a.name < b.name)));
        assert!(EXPORTS.iter().all(|e| Export::named(e.name).is_some()));
    }
}
