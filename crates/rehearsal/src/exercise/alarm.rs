//! The streaming detector: rules look at each action as the observer reports it.
//!
//! The delay of an alert is measured here: from the start of the procedure on the
//! observer's clock to the moment at which the detector had its verdict. It holds
//! everything in between: the stop of the procedure, the hand-over to this
//! thread, the writing of the telemetry line, its reading, and the rules. A
//! correlation rule fires with the action that completes it.

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ::exercise::sandbox::{Action, Clean, End, Observed, Refusal, Tier};
use detect::{RuleSet, Seen, Watch};
use model::event::Event;

use super::{Left, Task, convert};

/// Actions after which not every single one is looked at: a procedure that does
/// thousands of things is looked at each time it did an eighth more, and at its end.
const CLOSELY: usize = 256;

/// Runs `run` with the detector listening; returns what it returns, and after how
/// many microseconds the first rule for the procedure's techniques had fired.
///
/// # Errors
/// Those of `run`.
pub(super) fn listened(
    rules: &RuleSet,
    task: &Task,
    tick: &(dyn Fn() -> Instant + Sync),
    run: impl FnOnce(&mut dyn FnMut(&Action)) -> Result<Observed, Refusal>,
) -> Result<(Observed, Option<u64>), Refusal> {
    let (sender, receiver) = channel();
    std::thread::scope(|scope| {
        let listener = scope.spawn(|| listen(rules, task, tick, receiver));
        let observed = run(&mut |action| {
            // The listener goes away once it has its alert.
            let _ = sender.send((action.clone(), tick()));
        });
        drop(sender);
        let alert = listener.join().ok().flatten();
        observed.map(|observed| (observed, alert))
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the listener's going away must close the channel")]
fn listen(
    rules: &RuleSet,
    task: &Task,
    tick: &(dyn Fn() -> Instant + Sync),
    receiver: Receiver<(Action, Instant)>,
) -> Option<u64> {
    let empty = observed(Vec::new());
    let recording = convert::left(task, &empty, None).recording;
    let watch = Watch::new(rules, &recording);
    let mut seen = Seen::default();
    let mut so_far = empty;
    let mut looked: Looked = Looked::default();
    let mut start: Option<Instant> = None;
    loop {
        let received = receiver.recv();
        let over = received.is_err();
        if let Ok((action, at)) = received {
            let began = at.checked_sub(Duration::from_micros(action.at));
            start.get_or_insert(began.unwrap_or(at));
            so_far.actions.push(action);
            so_far.actions.extend(receiver.try_iter().map(|(action, _)| action));
        }
        let more = so_far.actions.len() >= looked.actions + looked.actions / 8;
        if so_far.actions.len() <= CLOSELY || more || over {
            looked.actions = so_far.actions.len();
            let fresh = looked.fresh(&convert::left(task, &so_far, None));
            if !fresh.is_empty() {
                seen.absorb(watch.look(&fresh));
                if watch.alerted(&seen) {
                    let after = tick().saturating_duration_since(start?);
                    return Some(u64::try_from(after.as_micros()).unwrap_or(u64::MAX));
                }
            }
        }
        if over {
            return None;
        }
    }
}

/// What was looked at already: lines only ever come at the end of a file.
#[derive(Debug, Default)]
struct Looked {
    actions: usize,
    bytes: std::collections::BTreeMap<String, usize>,
    events: u64,
}

impl Looked {
    /// Returns the events of lines that are new.
    fn fresh(&mut self, left: &Left) -> Vec<Event> {
        let mut events = Vec::new();
        for (path, text) in &left.files {
            let known = self.bytes.entry(path.clone()).or_default();
            let fresh = text.get(*known..).unwrap_or_default().to_owned();
            *known = text.len();
            let mut recording = left.recording.clone();
            recording.files = vec![path.clone()];
            let open = |_: &str| {
                let bytes = std::io::Cursor::new(fresh.clone().into_bytes());
                Ok(model::reading::Input::Seek(Box::new(bytes)))
            };
            telemetry::read_events(&recording, &open, &mut |batch| events.extend(batch.parse().events));
        }
        for event in &mut events {
            event.index = self.events;
            self.events += 1;
        }
        events
    }
}

fn observed(actions: Vec<Action>) -> Observed {
    Observed {
        tier: Tier::Namespaces,
        end: End::Exited(0),
        success: None,
        actions,
        changes: Vec::new(),
        output: Vec::new(),
        // Later than any event: the end of the act is not known while it goes on.
        elapsed: 3_600_000_000,
        clean: Clean::default(),
        notes: Vec::new(),
    }
}
