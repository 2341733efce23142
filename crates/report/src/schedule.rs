//! Planned runs as rows.

use model::schedule::{Slot, SlotState, Standing};

use crate::list::{Cell, Table};
use crate::number::moment;

/// Returns the planned times that were decided, in the order given.
pub fn slots(slots: Vec<Slot>) -> Table {
    let rows = slots.into_iter().map(|slot| {
        vec![
            Cell::from(slot.schedule),
            moment(slot.planned).into(),
            slot.state.map_or("unknown", SlotState::word).into(),
            slot.why.into(),
            slot.run.into(),
        ]
    });
    Table::new(["schedule", "planned", "state", "result", "run"], rows)
}

/// Returns the schedules with their next planned time and their last finished run.
pub fn standings(all: Vec<Standing>) -> Table {
    let rows = all.into_iter().map(|one| {
        vec![Cell::from(one.schedule), one.run.into(), one.next.into(), one.finished.into(), one.alarm.into()]
    });
    Table::new(["schedule", "run", "next", "finished", "alarm"], rows)
}
