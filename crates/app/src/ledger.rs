//! The ledger: every run, stored before it is printed.
//!
//! One SQLite file in WAL mode. A run is one row written in one transaction, so
//! a kill at any moment leaves the older runs whole and the new one either
//! complete or absent. What is read is compared with the hash that was stored with
//! it, and a row with its seal: what was changed in between is refused by name.
//! Runs are in the order they were stored in, whatever the clock said.

use std::path::{Path, PathBuf};

use model::id::RunId;
use model::outflow::Outflow;
use model::quantity::Timestamp;
use model::record::{Record, RunInfo};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::clock;
use crate::error::Failure;

mod schema;
mod seal;

pub(crate) use schema::durable;
pub(crate) use seal::pack;

/// The verb of a run that is a decision card.
pub const CARD: &str = "decide";

/// Runs that made a sheet for the crisis team, by the word that names the latest of them and by
/// their verb; `latest` passes over them.
const SHEETS: [(&str, &str); 4] =
    [("card", CARD), ("restart", "restart"), ("impact", "impact"), ("tabletop", "tabletop")];

/// An open ledger.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    connection: Connection,
    /// Whether its rows carry seals.
    sealed: bool,
}

/// A row of the ledger without its record.
#[derive(Debug, Clone)]
pub struct Row {
    /// What the ledger knows about the run.
    pub info: RunInfo,
    /// One line about the result.
    pub summary: String,
    /// Whether it is as it was stored.
    pub intact: bool,
}

/// A stored scan without its result.
#[derive(Debug, Clone)]
pub struct Scan {
    /// Its id.
    pub id: String,
    /// When it was stored.
    pub stored: Timestamp,
    /// Asset of the estate the set is a copy of.
    pub store: String,
    /// One line about the result.
    pub summary: String,
    /// Whether it is as it was stored.
    pub intact: bool,
}

impl Ledger {
    /// Opens the ledger at `path`, makes it if it is not there, and brings its tables up to date.
    ///
    /// # Errors
    /// [`Failure::Ledger`] with what the system said, [`Failure::NewerLedger`].
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let connection = schema::open(path)?;
        Ok(Self { path: path.to_owned(), connection, sealed: true })
    }

    /// Opens the ledger at `path` to read it: no file is made or changed, and one that
    /// is not there is empty.
    ///
    /// # Errors
    /// [`Failure::Ledger`] with what the system said, [`Failure::NewerLedger`].
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let (connection, version) = schema::read(path)?;
        Ok(Self { path: path.to_owned(), connection, sealed: version >= 4 })
    }

    /// Returns where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn fail(&self, why: impl std::fmt::Display) -> Failure {
        Failure::Ledger { path: self.path.display().to_string(), why: why.to_string() }
    }

    /// Stores a run and returns what the ledger knows about it. When this returns, the row is on disk.
    ///
    /// # Errors
    /// [`Failure::Ledger`]: a full disk, missing permission.
    pub fn store(
        &self,
        record: &Record,
        verb: &str,
        summary: &str,
        now: Timestamp,
    ) -> Result<RunInfo, Failure> {
        let bytes = record.to_bytes();
        let hash = blake3::hash(&bytes).to_hex().to_string();
        let packed = pack(&bytes).map_err(|e| self.fail(e))?;
        let id = RunId::new(&clock::id().to_string()).map_err(|e| self.fail(e))?;
        let seal = seal::of(&[id.as_str(), &now.0.to_string(), verb, summary, &hash]);
        self.connection
            .execute(
                "INSERT INTO runs (id, stored_ms, verb, summary, hash, record, seal) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![id.as_str(), now.0, verb, summary, hash, packed, seal],
            )
            .map_err(|e| self.fail(e))?;
        Ok(RunInfo { id, stored: now, verb: verb.to_owned(), hash })
    }

    /// Stores the result of a scan, without values in clear even when they were asked for. When this returns, the row is on disk.
    ///
    /// # Errors
    /// [`Failure::Ledger`]: a full disk, missing permission.
    pub fn store_outflow(&self, result: &Outflow, summary: &str, now: Timestamp) -> Result<(), Failure> {
        let bytes = result.masked().to_bytes();
        let hash = blake3::hash(&bytes).to_hex().to_string();
        let packed = pack(&bytes).map_err(|e| self.fail(e))?;
        let id = clock::id().to_string();
        let store = result.store.as_deref();
        let seal = seal::of(&[&id, &now.0.to_string(), store.unwrap_or_default(), summary, &hash]);
        self.connection
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
    /// [`Failure::Ledger`] when the file cannot be read.
    pub fn outflows(&self) -> Result<Vec<Scan>, Failure> {
        let rows = self.sealed_rows("outflows", seal::OUTFLOW)?;
        let scan = |(mut f, intact): (Vec<String>, bool)| Scan {
            intact,
            summary: std::mem::take(&mut f[3]),
            store: std::mem::take(&mut f[2]),
            stored: Timestamp(f[1].parse().unwrap_or(0)),
            id: std::mem::take(&mut f[0]),
        };
        Ok(rows.into_iter().map(scan).collect())
    }

    /// Returns all runs, newest first.
    ///
    /// # Errors
    /// [`Failure::Ledger`] when the file cannot be read.
    pub fn rows(&self) -> Result<Vec<Row>, Failure> {
        let row = |(mut f, intact): (Vec<String>, bool)| {
            let id = RunId::new(&f[0]).or_else(|_| RunId::new("damaged")).map_err(|e| self.fail(e))?;
            let stored = Timestamp(f[1].parse().unwrap_or(0));
            let (verb, summary) = (std::mem::take(&mut f[2]), std::mem::take(&mut f[3]));
            let info = RunInfo { id, stored, verb, hash: std::mem::take(&mut f[4]) };
            Ok(Row { info, summary, intact })
        };
        self.sealed_rows("runs", seal::RUN)?.into_iter().map(row).collect()
    }

    /// Returns the fields of every row, the newest first, each with whether its seal fits.
    fn sealed_rows(&self, table: &str, columns: &str) -> Result<Vec<(Vec<String>, bool)>, Failure> {
        if !schema::holds(&self.connection, table).map_err(|e| self.fail(e))? {
            return Ok(Vec::new());
        }
        let seal = if self.sealed { "seal" } else { "NULL" };
        let mut statement = self
            .connection
            .prepare(&format!("SELECT {columns}, {seal} FROM {table} ORDER BY rowid DESC"))
            .map_err(|e| self.fail(e))?;
        let rows = statement.query_map([], |row| seal::fields(row, 6)).map_err(|e| self.fail(e))?;
        rows.map(|row| {
            let mut row = row.map_err(|e| self.fail(e))?;
            let noted = row.pop().unwrap_or_default();
            let fields: Vec<&str> = row.iter().map(String::as_str).collect();
            let intact = !self.sealed || seal::of(&fields) == noted;
            Ok((row, intact))
        })
        .collect()
    }

    /// Returns the run named by `name`: `latest`, `latest~N`, the same with `card` for decision
    /// cards, or the start of an id that fits one run only.
    ///
    /// # Errors
    /// [`Failure::Unknown`] when no run or several fit, [`Failure::Damaged`] when it is
    /// not what was stored.
    pub fn load(&self, name: &str) -> Result<(RunInfo, Record), Failure> {
        let row = self.named(name)?;
        let damaged = |why: String| Failure::Damaged {
            ledger: self.path.display().to_string(),
            run: row.info.id.to_string(),
            why,
        };
        if !row.intact {
            return Err(damaged("its row is not the one that was stored".to_owned()));
        }
        let packed: Option<Vec<u8>> = self
            .connection
            .query_row("SELECT record FROM runs WHERE id = ?1", [row.info.id.as_str()], |r| r.get(0))
            .optional()
            .map_err(|e| damaged(e.to_string()))?;
        let packed = packed.ok_or_else(|| damaged("it was removed in the meantime".to_owned()))?;
        let bytes = seal::unpack(&packed, &row.info.hash).map_err(damaged)?;
        let record = Record::from_bytes(&self.path.display().to_string(), &bytes)
            .map_err(|d| Failure::Content(vec![d]))?;
        Ok((row.info.clone(), record))
    }

    fn named(&self, name: &str) -> Result<Row, Failure> {
        let mut rows = self.rows()?;
        let unknown =
            |hint: &str| Failure::Unknown { what: "run", name: name.to_owned(), hint: hint.to_owned() };
        let back = |word: &str| match name.strip_prefix(word) {
            Some("") => Some(0),
            Some(rest) => rest.strip_prefix('~').and_then(|n| n.parse::<usize>().ok()),
            None => None,
        };
        if let Some(n) = back("latest") {
            let mut runs = rows.iter().filter(|r| !SHEETS.iter().any(|(_, verb)| r.info.verb == *verb));
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
