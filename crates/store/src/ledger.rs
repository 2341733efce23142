//! The ledger: every run, stored before it is printed.
//!
//! One SQLite file in WAL mode. A run is one row written in one transaction, so
//! a kill at any moment leaves the older runs whole and the new one either
//! complete or absent. What is read is compared with the hash that was stored with
//! it, and a row with its seal: what was changed in between is refused by name.
//! Runs are in the order they were stored in, whatever the clock said.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::id::RunId;
use model::kept::Kept;
use model::outflow::Outflow;
use model::quantity::Timestamp;
use model::record::{Record, RunInfo};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use crate::error::{Cause, Error};
use crate::journal::{Contract, Journal, Resumed};
use crate::seal::{self, pack};
use crate::{id, journal, kept, schema};

/// The verb of a run that is a decision card.
pub const CARD: &str = "decide";

/// Runs that made a sheet for the crisis team, by the word that names the latest of them and by
/// their verb; `latest` passes over them.
const SHEETS: [(&str, &str); 4] =
    [("card", CARD), ("restart", "restart"), ("impact", "impact"), ("tabletop", "tabletop")];

/// An open ledger, which threads may share.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    connection: Mutex<Connection>,
    /// Whether its rows carry seals.
    sealed: bool,
}

/// A stored run without its record.
#[derive(Debug, Clone)]
pub struct RunRow {
    /// What the ledger knows about the run.
    pub info: RunInfo,
    /// One line about the result.
    pub summary: String,
    /// Whether it is as it was stored.
    pub intact: bool,
}

impl RunRow {
    /// Returns whether it made a sheet for the crisis team, such as a decision card.
    pub fn is_sheet(&self) -> bool {
        SHEETS.iter().any(|(_, verb)| self.info.verb == *verb)
    }
}

/// A stored scan without its result.
#[derive(Debug, Clone)]
pub struct ScanRow {
    /// Its id.
    pub id: String,
    /// When it was stored.
    pub stored: Timestamp,
    /// Asset of the estate the set is a copy of, if the scan was told.
    pub store: Option<String>,
    /// One line about the result.
    pub summary: String,
    /// Whether it is as it was stored.
    pub intact: bool,
}

/// The columns of a row that its seal covers, as text, whatever a damaged one holds.
struct Sealed {
    columns: [String; seal::COLUMNS],
    intact: bool,
}

impl Ledger {
    /// Opens the ledger at `path`, makes it if it is not there, and brings its tables up to date.
    ///
    /// # Errors
    /// [`Error::Unusable`] with what the system said, [`Error::Newer`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let connection = schema::open(path)?;
        Ok(Self { path: path.to_owned(), connection: Mutex::new(connection), sealed: true })
    }

    /// Opens the ledger at `path` to read it: no file is made or changed, and one that
    /// is not there is empty.
    ///
    /// # Errors
    /// [`Error::Unusable`] with what the system said, [`Error::Newer`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        let (connection, version) = schema::read(path)?;
        Ok(Self { path: path.to_owned(), connection: Mutex::new(connection), sealed: version >= 4 })
    }

    /// Begins the journal of an exercise: stores `contracts`, which are on disk when this
    /// returns. An interrupted run with the same `plan` is taken over, unless `fresh`.
    ///
    /// # Errors
    /// [`Error::Unusable`]: it cannot be written, or another exercise is running with it.
    pub fn journal(
        &self,
        plan: &str,
        contracts: &[Contract],
        fresh: bool,
        now: Timestamp,
    ) -> Result<(Journal, Resumed), Error> {
        Journal::begin(&self.path, plan, contracts, fresh, now)
    }

    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lock_beside(&self, ending: &str) -> std::io::Result<std::fs::File> {
        journal::beside(&self.path, ending)
    }

    pub(crate) fn fail(&self, cause: impl Into<Cause>) -> Error {
        Error::unusable(&self.path, cause)
    }

    /// Stores a run and returns what the ledger knows about it. When this returns, the row is on disk.
    ///
    /// # Errors
    /// [`Error::Unusable`]: a full disk, missing permission.
    pub fn store(
        &self,
        record: &Record,
        verb: &str,
        summary: &str,
        now: Timestamp,
    ) -> Result<RunInfo, Error> {
        self.store_with(record, Kept::default(), verb, summary, now)
    }

    /// Stores a run with inputs by which its verdicts can be judged again, all or nothing. A
    /// content that is in the ledger already is not stored a second time.
    ///
    /// # Errors
    /// [`Error::Unusable`]: a full disk, missing permission.
    pub fn store_with(
        &self,
        record: &Record,
        inputs: Kept,
        verb: &str,
        summary: &str,
        now: Timestamp,
    ) -> Result<RunInfo, Error> {
        let bytes = record.to_bytes();
        let hash = blake3::hash(&bytes).to_hex().to_string();
        let packed = pack(&bytes).map_err(|e| self.fail(e))?;
        let id = RunId::new(&id(now).to_string()).map_err(|e| self.fail(e.to_string()))?;
        let seal = seal::of(&[id.as_str(), &now.0.to_string(), verb, summary, &hash]);
        let mut connection = self.connection();
        let whole =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|e| self.fail(e))?;
        whole
            .execute(
                "INSERT INTO runs (id, stored_ms, verb, summary, hash, record, seal) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![id.as_str(), now.0, verb, summary, hash, packed, seal],
            )
            .map_err(|e| self.fail(e))?;
        kept::store(&whole, &id, inputs).map_err(|e| self.fail(e))?;
        whole.commit().map_err(|e| self.fail(e))?;
        Ok(RunInfo { id, stored: now, verb: verb.to_owned(), hash })
    }

    /// Returns the inputs that are kept of a run. What was not kept, was taken away or is damaged
    /// says so in its place.
    ///
    /// # Errors
    /// [`Error::Unusable`] when the file cannot be read.
    pub fn inputs(&self, run: &RunId) -> Result<Kept, Error> {
        let connection = self.connection();
        // A ledger that is only read may be of a version without inputs.
        if !schema::holds(&connection, "run_inputs").map_err(|e| self.fail(e))? {
            return Ok(Kept::default());
        }
        kept::load(&connection, run).map_err(|e| self.fail(e))
    }

    /// Stores the result of a scan, without values in clear even when they were asked for. When this returns, the row is on disk.
    ///
    /// # Errors
    /// [`Error::Unusable`]: a full disk, missing permission.
    pub fn store_outflow(&self, result: &Outflow, summary: &str, now: Timestamp) -> Result<(), Error> {
        let bytes = result.masked().to_bytes();
        let hash = blake3::hash(&bytes).to_hex().to_string();
        let packed = pack(&bytes).map_err(|e| self.fail(e))?;
        let id = id(now).to_string();
        let store = result.store.as_deref();
        let seal = seal::of(&[&id, &now.0.to_string(), store.unwrap_or_default(), summary, &hash]);
        self.connection()
            .execute(
                "INSERT INTO outflows (id, stored_ms, summary, store, hash, result, seal) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![id, now.0, summary, store, hash, packed, seal],
            )
            .map_err(|e| self.fail(e))?;
        Ok(())
    }

    /// Returns the stored scans, newest first.
    ///
    /// # Errors
    /// [`Error::Unusable`] when the file cannot be read.
    pub fn scans(&self) -> Result<Vec<ScanRow>, Error> {
        let scan = |Sealed { columns: [id, stored, store, summary, _], intact }: Sealed| ScanRow {
            id,
            stored: moment(&stored),
            store: Some(store).filter(|s| !s.is_empty()),
            summary,
            intact,
        };
        Ok(self.sealed("outflows", seal::OUTFLOW)?.into_iter().map(scan).collect())
    }

    /// Returns all runs, newest first.
    ///
    /// # Errors
    /// [`Error::Unusable`] when the file cannot be read.
    pub fn runs(&self) -> Result<Vec<RunRow>, Error> {
        let run = |Sealed { columns: [id, stored, verb, summary, hash], intact }: Sealed| {
            let id = RunId::new(&id).or_else(|_| RunId::new("damaged"));
            let id = id.map_err(|e| self.fail(e.to_string()))?;
            Ok(RunRow { info: RunInfo { id, stored: moment(&stored), verb, hash }, summary, intact })
        };
        self.sealed("runs", seal::RUN)?.into_iter().map(run).collect()
    }

    /// Returns every row of a table, the newest first, each with whether its seal fits.
    fn sealed(&self, table: &str, columns: &str) -> Result<Vec<Sealed>, Error> {
        let connection = self.connection();
        if !schema::holds(&connection, table).map_err(|e| self.fail(e))? {
            return Ok(Vec::new());
        }
        let seal = if self.sealed { "seal" } else { "NULL" };
        let mut statement = connection
            .prepare(&format!("SELECT {columns}, {seal}, rowid FROM {table} ORDER BY rowid DESC"))
            .map_err(|e| self.fail(e))?;
        let rows = statement
            .query_map([], |row| {
                let columns = seal::columns(row)?;
                let intact = !self.sealed || seal::of(&columns) == seal::text(row, seal::COLUMNS)?;
                Ok((row.get::<_, i64>(seal::COLUMNS + 1)?, Sealed { columns, intact }))
            })
            .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
            .map_err(|e| self.fail(e))?;
        // A damaged page may give a row twice; places in the table only fall.
        if !rows.is_sorted_by(|a, b| a.0 > b.0) {
            return Err(self.fail(format!("its table of {table} is damaged")));
        }
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// Returns the run named by `name`: `latest`, `latest~N`, the same with `card` for decision
    /// cards, or the start of an id that fits one run only.
    ///
    /// # Errors
    /// [`Error::Unknown`] when no run or several fit, [`Error::Damaged`] when it is
    /// not what was stored.
    pub fn load(&self, name: &str) -> Result<(RunInfo, Record), Error> {
        let row = self.named(name)?;
        let ledger = self.path.display().to_string();
        let damaged =
            |why: String| Error::Damaged { ledger: ledger.clone(), run: row.info.id.to_string(), why };
        if !row.intact {
            return Err(damaged("its row is not the one that was stored".to_owned()));
        }
        let packed: Option<Vec<u8>> = self
            .connection()
            .query_row("SELECT record FROM runs WHERE id = ?1", [row.info.id.as_str()], |r| r.get(0))
            .optional()
            .map_err(|e| damaged(e.to_string()))?;
        let packed = packed.ok_or_else(|| damaged("it was removed in the meantime".to_owned()))?;
        let bytes = seal::unpack(&packed, &row.info.hash).map_err(damaged)?;
        let record = Record::from_bytes(&ledger, &bytes).map_err(|d| Error::Unreadable(Box::new(d)))?;
        Ok((row.info, record))
    }

    fn named(&self, name: &str) -> Result<RunRow, Error> {
        let mut rows = self.runs()?;
        let unknown = |hint: &str| Error::Unknown { name: name.to_owned(), hint: hint.to_owned() };
        let back = |word: &str| match name.strip_prefix(word) {
            Some("") => Some(0),
            Some(rest) => rest.strip_prefix('~').and_then(|n| n.parse::<usize>().ok()),
            None => None,
        };
        if let Some(n) = back("latest") {
            let mut runs = rows.iter().filter(|r| !r.is_sheet());
            return runs.nth(n).cloned().ok_or_else(|| unknown("`feuerprobe run` makes one"));
        }
        for (word, verb) in SHEETS {
            if let Some(n) = back(word) {
                let made = rows.iter().filter(|r| r.info.verb == verb).nth(n);
                return made.cloned().ok_or_else(|| unknown(&format!("`feuerprobe {verb}` makes one")));
            }
        }
        rows.retain(|r| r.info.id.as_str().starts_with(name));
        match rows.len() {
            0 => Err(unknown("`feuerprobe list runs` shows what there is")),
            1 => Ok(rows.swap_remove(0)),
            _ => Err(unknown("several runs begin like this; give more of the id")),
        }
    }
}

/// Returns the moment in a column; a damaged one is shown as the beginning of 1970.
fn moment(column: &str) -> Timestamp {
    Timestamp(column.parse().unwrap_or(0))
}
