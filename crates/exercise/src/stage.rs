//! Where an exercise takes place, and what it must hand over whichever place that is.
//!
//! There are two places: a *recording* of an act that took place somewhere else,
//! which this crate reads, and a *sandbox* in which a procedure is run and
//! observed. Both hand over the same: a [`Recording`] with its [`RunStatus`], and
//! batches of raw events in reading order. Everything after this room is built on
//! [`Handover`] alone and cannot tell the two apart.
//!
//! There is no `Stage` trait: what a sandbox observed is written as telemetry bytes
//! and read like those of a recording, so that nothing is left for a trait to tell
//! apart. What only a sandbox knows stands beside it, in `model::exercise`.

use model::diagnostic::Diagnostic;
use model::recording::{Recording, RunStatus};

use crate::batch::Batch;
use crate::input::Open;
use crate::read::{ReadSummary, read_events};

/// What a stage hands over about one exercise before its events are read.
#[derive(Debug, Clone, PartialEq)]
pub struct Handover<'a> {
    /// What was done, with what is known about it.
    pub recording: &'a Recording,
    /// What happened to the exercise itself; says nothing about the defence.
    pub run: &'a RunStatus,
    /// Whether there can be telemetry at all: an exercise that was not run, or that
    /// names no file, leaves none, and "no evidence possible" is not "no evidence found".
    pub observable: bool,
}

/// Returns what a recording hands over.
pub fn recorded(recording: &Recording) -> Handover<'_> {
    let ran = !matches!(recording.run, RunStatus::NotRun { .. } | RunStatus::Refused { .. });
    Handover { recording, run: &recording.run, observable: ran && !recording.files.is_empty() }
}

impl Handover<'_> {
    /// Streams the raw batches of a recorded exercise; nothing when there can be none.
    pub fn play(&self, open: &Open<'_>, sink: &mut dyn FnMut(Batch)) -> ReadSummary {
        if self.observable { read_events(self.recording, open, sink) } else { ReadSummary::default() }
    }

    /// Returns a note when telemetry is impossible, so that its absence is not read as silence.
    pub fn note(&self) -> Option<Diagnostic> {
        (!self.observable).then(|| {
            Diagnostic::note(
                self.recording.id.as_str(),
                "recording.no-telemetry",
                "this exercise cannot have left telemetry",
            )
            .help("nothing can be concluded from the silence of the rules")
        })
    }
}
