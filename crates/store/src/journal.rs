//! The journal: what the sandbox is going to do, stored before it does it.
//!
//! It lies in the ledger's file. All contracts of a run (declared effects,
//! limits, clean-up) are written and flushed to disk in one transaction before
//! the first process starts; start and end of each exercise follow as they
//! happen. A kill at any moment leaves a run that is open and a lock that nobody
//! holds: the next run with the same plan takes over what has ended.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use model::quantity::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::error::{Cause, Error};
use crate::{id, schema, seal};

/// One exercise before it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// The procedure's id.
    pub procedure: String,
    /// BLAKE3 of its text.
    pub hash: String,
    /// Declared effects, limits and clean-up, as JSON.
    pub terms: String,
}

/// What an interrupted run with the same plan had got to.
#[derive(Debug, Default)]
pub struct Resumed {
    /// Results by place.
    pub done: BTreeMap<usize, Vec<u8>>,
    /// Procedures that had started and not ended.
    pub cut: Vec<String>,
    /// When it began.
    pub began: Option<Timestamp>,
    /// Whether an interrupted run was found that had another plan, and is left as it is.
    pub other: bool,
}

/// The open journal of one run.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    run: String,
    connection: Mutex<Connection>,
    _lock: File,
}

impl Journal {
    /// Stores `contracts` in the ledger at `ledger`, or takes over an interrupted run.
    pub(crate) fn begin(
        ledger: &Path,
        plan: &str,
        contracts: &[Contract],
        fresh: bool,
        now: Timestamp,
    ) -> Result<(Self, Resumed), Error> {
        let fail = |e: rusqlite::Error| Error::unusable(ledger, e);
        let lock = lock(ledger).map_err(|e| Error::unusable(ledger, e))?;
        let connection = Connection::open(ledger).map_err(fail)?;
        schema::durable(&connection).map_err(fail)?;
        let (run, resumed) = begin(&connection, plan, contracts, fresh, now).map_err(fail)?;
        // Starts and ends must survive a kill, which they do once they are handed
        // to the system; a flush for each would cost more than the exercise.
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(fail)?;
        let journal = Self { path: ledger.to_owned(), run, connection: Mutex::new(connection), _lock: lock };
        Ok((journal, resumed))
    }

    /// Notes that the exercise at `place` starts.
    ///
    /// # Errors
    /// [`Error::Unusable`]; the exercise must then not be started.
    pub fn started(&self, place: usize, now: Timestamp) -> Result<(), Error> {
        self.write(
            "UPDATE exercises SET state = 'started', began_ms = ?3 WHERE run = ?1 AND place = ?2",
            params![self.run, place as i64, now.0],
        )
    }

    /// Keeps what the exercise at `place` left.
    ///
    /// # Errors
    /// [`Error::Unusable`].
    pub fn ended(&self, place: usize, result: &[u8], now: Timestamp) -> Result<(), Error> {
        let packed = seal::pack(result).map_err(|e| self.fail(e))?;
        self.write(
            "UPDATE exercises SET state = 'ended', ended_ms = ?3, result = ?4 WHERE run = ?1 AND place = ?2",
            params![self.run, place as i64, now.0, packed],
        )
    }

    /// Closes the run once its record is stored; the single results are then of no further use.
    ///
    /// # Errors
    /// [`Error::Unusable`].
    pub fn stored(&self) -> Result<(), Error> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let close = || {
            let whole = connection.unchecked_transaction()?;
            whole.execute("UPDATE exercises SET result = NULL WHERE run = ?1", params![self.run])?;
            whole.execute("UPDATE exercise_runs SET state = 'stored' WHERE id = ?1", params![self.run])?;
            whole.commit()
        };
        close().map_err(|e| self.fail(e))
    }

    fn write(&self, statement: &str, values: impl rusqlite::Params) -> Result<(), Error> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection.execute(statement, values).map(drop).map_err(|e| self.fail(e))
    }

    fn fail(&self, cause: impl Into<Cause>) -> Error {
        Error::unusable(&self.path, cause)
    }
}

/// Takes the lock that ends with the process, however it ends.
fn lock(ledger: &Path) -> Result<File, Cause> {
    let file = beside(ledger, ".exercise")?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err("another exercise is running with it".into()),
        Err(TryLockError::Error(e)) => Err(e.into()),
    }
}

/// Opens the file beside the ledger with this ending; it is made where it is not there.
pub(crate) fn beside(ledger: &Path, ending: &str) -> std::io::Result<File> {
    let mut name = ledger.as_os_str().to_owned();
    name.push(ending);
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&name)
}

fn begin(
    connection: &Connection,
    plan: &str,
    contracts: &[Contract],
    fresh: bool,
    now: Timestamp,
) -> rusqlite::Result<(String, Resumed)> {
    let last: Option<(String, String, i64)> = connection
        .query_row(
            "SELECT id, plan, began_ms FROM exercise_runs WHERE state = 'open' ORDER BY rowid DESC LIMIT 1",
            [],
            |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
        )
        .optional()?;
    let mut resumed = Resumed::default();
    if let Some((run, theirs, began)) = last {
        if theirs == plan && !fresh {
            take_over(connection, &run, &mut resumed)?;
            resumed.began = Some(Timestamp(began));
            return Ok((run, resumed));
        }
        resumed.other = !fresh;
    }
    let run = id(now).to_string();
    let whole = connection.unchecked_transaction()?;
    whole.execute(
        "UPDATE exercises SET result = NULL WHERE run IN (SELECT id FROM exercise_runs WHERE state = 'open')",
        [],
    )?;
    whole.execute("UPDATE exercise_runs SET state = 'left' WHERE state = 'open'", [])?;
    whole.execute(
        "INSERT INTO exercise_runs (id, began_ms, plan, state) VALUES (?1, ?2, ?3, 'open')",
        params![run, now.0, plan],
    )?;
    let mut insert = whole.prepare(
        "INSERT INTO exercises (run, place, procedure, hash, contract, state) VALUES (?1, ?2, ?3, ?4, ?5, 'planned')",
    )?;
    for (place, contract) in contracts.iter().enumerate() {
        insert.execute(params![run, place as i64, contract.procedure, contract.hash, contract.terms])?;
    }
    drop(insert);
    whole.commit()?;
    Ok((run, resumed))
}

fn take_over(connection: &Connection, run: &str, resumed: &mut Resumed) -> rusqlite::Result<()> {
    let mut rows =
        connection.prepare("SELECT place, procedure, state, result FROM exercises WHERE run = ?1")?;
    let rows = rows.query_map([run], |r| {
        Ok((
            r.get::<_, i64>(0)?,
            r.get::<_, String>(1)?,
            r.get::<_, String>(2)?,
            r.get::<_, Option<Vec<u8>>>(3)?,
        ))
    })?;
    for row in rows {
        let (place, procedure, state, result) = row?;
        // A result that cannot be unpacked counts as not there, and is made again.
        let result = result.and_then(|packed| zstd::decode_all(packed.as_slice()).ok());
        match (state.as_str(), result, usize::try_from(place)) {
            ("ended", Some(result), Ok(place)) => drop(resumed.done.insert(place, result)),
            ("started", ..) => resumed.cut.push(procedure),
            _ => {}
        }
    }
    Ok(())
}
