//! Planned runs: each planned time of a schedule once, with what became of it.

use std::fs::{File, TryLockError};

use model::quantity::Timestamp;
use model::schedule::{Slot, SlotState};
use rusqlite::{OptionalExtension as _, TransactionBehavior, params};

use crate::error::Error;
use crate::ledger::Ledger;
use crate::schema;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// What the ledger knows about a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The last planned time that was decided, or when the schedule was first seen.
    pub settled: Timestamp,
    /// When runs of it were started in the last 24 hours.
    pub started: Vec<Timestamp>,
    /// When its last run came to its end, or when the schedule was first seen.
    pub finished: Timestamp,
}

/// The right to start planned runs; it ends with the process, however that ends.
#[derive(Debug)]
pub struct Turn {
    _lock: File,
}

impl Ledger {
    /// Returns the right to start planned runs, or `None` when another process has it. Slots that
    /// an ended process had started are noted as failed.
    ///
    /// # Errors
    /// [`Error::Unusable`].
    pub fn turn(&self, now: Timestamp) -> Result<Option<Turn>, Error> {
        let file = self.lock_beside(".tick").map_err(|e| self.fail(e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(e)) => return Err(self.fail(e)),
        }
        self.connection()
            .execute(
                "UPDATE slots SET state = 'failed', ended_ms = ?1, why = 'cut off: the process that ran it was ended' \
                 WHERE state = 'started'",
                params![now.0],
            )
            .map_err(|e| self.fail(e))?;
        Ok(Some(Turn { _lock: file }))
    }

    /// Returns what is known about a schedule; one that is new is known from now on.
    ///
    /// # Errors
    /// [`Error::Unusable`].
    pub fn progress(&self, schedule: &str, now: Timestamp) -> Result<Progress, Error> {
        let connection = self.connection();
        let ask = || {
            connection.execute(
                "INSERT INTO schedules (name, settled_ms, seen_ms) VALUES (?1, ?2, ?2) ON CONFLICT DO NOTHING",
                params![schedule, now.0],
            )?;
            let (settled, seen): (i64, i64) = connection.query_row(
                "SELECT settled_ms, seen_ms FROM schedules WHERE name = ?1",
                [schedule],
                |r| Ok((r.get(0)?, r.get(1)?)),
            )?;
            let mut rows = connection.prepare(
                "SELECT decided_ms FROM slots WHERE schedule = ?1 AND state <> 'skipped' AND decided_ms > ?2 \
                 ORDER BY decided_ms",
            )?;
            let started = rows
                .query_map(params![schedule, now.0.saturating_sub(DAY)], |r| r.get(0).map(Timestamp))?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            let finished: Option<i64> = connection.query_row(
                "SELECT max(ended_ms) FROM slots WHERE schedule = ?1 AND state = 'finished'",
                [schedule],
                |r| r.get(0),
            )?;
            Ok(Progress {
                settled: Timestamp(settled),
                started,
                finished: Timestamp(finished.unwrap_or(seen)),
            })
        };
        ask().map_err(|e: rusqlite::Error| self.fail(e))
    }

    /// Notes that the run planned at `planned` starts, or why it does not. Returns whether the slot
    /// was open: one that another process decided stays as it is.
    ///
    /// # Errors
    /// [`Error::Unusable`]; the run must then not be started.
    pub fn settle(
        &self,
        schedule: &str,
        planned: Timestamp,
        skipped: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let state = if skipped.is_some() { SlotState::Skipped } else { SlotState::Started };
        let mut connection = self.connection();
        let mut write = || {
            let whole = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let new = whole.execute(
                "INSERT INTO slots (schedule, planned_ms, decided_ms, state, why) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT DO NOTHING",
                params![schedule, planned.0, now.0, state.word(), skipped.unwrap_or_default()],
            )?;
            whole.execute(
                "UPDATE schedules SET settled_ms = max(settled_ms, ?2) WHERE name = ?1",
                params![schedule, planned.0],
            )?;
            whole.commit()?;
            Ok(new == 1)
        };
        write().map_err(|e: rusqlite::Error| self.fail(e))
    }

    /// Notes how the run planned at `planned` ended.
    ///
    /// # Errors
    /// [`Error::Unusable`].
    pub fn ended(
        &self,
        (schedule, planned): (&str, Timestamp),
        state: SlotState,
        why: &str,
        run: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.connection()
            .execute(
                "UPDATE slots SET state = ?3, why = ?4, run = ?5, ended_ms = ?6 WHERE schedule = ?1 AND planned_ms = ?2",
                params![schedule, planned.0, state.word(), why, run, now.0],
            )
            .map(drop)
            .map_err(|e| self.fail(e))
    }

    /// Returns the newest `most` planned times that were decided, newest first.
    ///
    /// # Errors
    /// [`Error::Unusable`] when the file cannot be read.
    pub fn slots(&self, most: u32) -> Result<Vec<Slot>, Error> {
        let connection = self.connection();
        if !schema::holds(&connection, "slots").map_err(|e| self.fail(e))? {
            return Ok(Vec::new());
        }
        let ask = || {
            let mut rows = connection.prepare(
                "SELECT schedule, planned_ms, state, why, run FROM slots \
                 ORDER BY planned_ms DESC, schedule LIMIT ?1",
            )?;
            let rows = rows.query_map([most], |r| {
                let state: String = r.get(2)?;
                Ok(Slot {
                    schedule: r.get(0)?,
                    planned: Timestamp(r.get(1)?),
                    state: SlotState::ALL.into_iter().find(|s| s.word() == state),
                    why: r.get(3)?,
                    run: r.get(4)?,
                })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        ask().map_err(|e: rusqlite::Error| self.fail(e))
    }

    /// Returns when the last run of a schedule came to its end, or when the schedule was first
    /// seen; `None` where it never was.
    ///
    /// # Errors
    /// [`Error::Unusable`] when the file cannot be read.
    pub fn last_finished(&self, schedule: &str) -> Result<Option<Timestamp>, Error> {
        let connection = self.connection();
        if !schema::holds(&connection, "slots").map_err(|e| self.fail(e))? {
            return Ok(None);
        }
        let seen: Option<i64> = connection
            .query_row("SELECT seen_ms FROM schedules WHERE name = ?1", [schedule], |r| r.get(0))
            .optional()
            .map_err(|e| self.fail(e))?;
        let finished: Option<i64> = connection
            .query_row(
                "SELECT max(ended_ms) FROM slots WHERE schedule = ?1 AND state = 'finished'",
                [schedule],
                |r| r.get(0),
            )
            .map_err(|e| self.fail(e))?;
        Ok(finished.or(seen).map(Timestamp))
    }
}
