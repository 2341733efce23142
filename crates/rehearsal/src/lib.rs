//! The use cases: what a user asks, answered by the rooms.
//!
//! Takes content from any [`Files`] and settings, gives a record. Joins the rooms and does
//! nothing that touches the world: files are opened, time is read and results are kept by the
//! caller, who may be a program with a terminal, a server or a test. Progress goes to a
//! [`Progress`].
//!
//! ```
//! use model::quantity::Seed;
//! use rehearsal::{Extent, Memory, Settings, Silent, Sources, WorkspaceFile};
//!
//! // The workspace in memory: no rules, no recordings.
//! let files = Memory::new("example", [("rules/.keep", ""), ("recordings/.keep", "")]);
//! let settings = Settings { seed: Seed(1), trials: 10 };
//! let sources = Sources::new(files, WorkspaceFile::default(), settings);
//! let intake = sources.read(Extent::Replay)?.sound()?;
//! let record = rehearsal::replay_only(&intake, settings.seed, &Silent);
//! assert!(record.verdicts.is_empty());
//! # Ok::<(), rehearsal::Error>(())
//! ```

mod again;
mod archive;
mod binder;
mod campaign_run;
mod compare;
mod convergence;
mod decide;
mod drift;
mod error;
pub mod exercise;
mod files;
mod gate;
mod growth;
mod live;
mod mask;
mod measure;
mod mutation;
mod on_log;
mod outage;
mod paired;
mod progress;
mod rehearse;
mod repair;
mod replay;
pub mod schedule;
mod sides;
mod tabletop;
mod variants;
mod watching;
mod workspace;

pub use ::live::{Act, Failed, Profile};
pub use archive::archive;
pub use assess::compare as comparison;
pub use assess::{measures, trend};
pub use binder::{Binder, BinderCard, BinderOutage, binder};
pub use campaign_run::{again, check_record, crisis, retell};
pub use convergence::Long;
pub use decide::{Case, decide, policies};
pub use drift::drift;
pub use error::{Cause, Error};
pub use files::{Files, Listing, Memory, NamedFile, findings};
pub use gate::{Held, gate, rules_lost};
pub use growth::Present;
pub use live::{Asking, ask, read_acts, unanswered};
pub use mask::private;
pub use measure::of_estate;
pub use mutation::mutate;
pub use on_log::{OnLog, OnLogs, on_logs};
pub use outage::{Down, Since, carry_on, down, down_in, impact, restart};
pub use paired::paired;
pub use progress::{Progress, Silent};
pub use rehearse::{KEPT, exercised, incomplete, prepared, race_only, rehearse, replay_only};
pub use repair::propose;
pub use replay::watch_all;
pub use sides::{Against, sides};
pub use tabletop::tabletop;
pub use watching::Watching;
pub use workspace::{
    ACCEPTANCES, Changed, Choice, Extent, GateRules, Intake, Known, Pair, SecretAt, Settings, Siem, Sources,
    Unchecked, WORKSPACE_FILE, WorkspaceFile, Zones, answers_to, is_day, read_acceptances, refuse,
};
