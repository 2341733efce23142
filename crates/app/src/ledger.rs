//! The ledger: every run, stored before it is printed.
//!
//! One SQLite file in WAL mode. A run is one row written in one transaction, so
//! a kill at any moment leaves the older runs whole and the new one either
//! complete or absent.

use std::path::{Path, PathBuf};

use model::id::RunId;
use model::outflow::Outflow;
use model::quantity::Timestamp;
use model::record::{Record, RunInfo};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::error::Failure;

mod migrations {
    refinery::embed_migrations!("migrations");
}

/// How hard a record is compressed: zstd's own default.
const ZSTD_LEVEL: i32 = 3;

/// How long to wait for another process that writes.
const BUSY: std::time::Duration = std::time::Duration::from_secs(10);

/// An open ledger.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    connection: Connection,
}

/// A row of the ledger without its record.
#[derive(Debug, Clone)]
pub struct Row {
    /// What the ledger knows about the run.
    pub info: RunInfo,
    /// One line about the result.
    pub summary: String,
}

impl Ledger {
    /// Opens the ledger at `path`, makes it if it is not there, and brings its tables up to date.
    ///
    /// # Errors
    /// [`Failure::Ledger`] with what the system said.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let fail = |why: String| Failure::Ledger { path: path.display().to_string(), why };
        if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|e| fail(e.to_string()))?;
        }
        let mut connection = Connection::open(path).map_err(|e| fail(e.to_string()))?;
        connection
            .busy_timeout(BUSY)
            .and_then(|()| connection.pragma_update(None, "journal_mode", "WAL"))
            .and_then(|()| connection.pragma_update(None, "synchronous", "FULL"))
            .map_err(|e| fail(e.to_string()))?;
        migrations::migrations::runner().run(&mut connection).map_err(|e| fail(e.to_string()))?;
        Ok(Self { path: path.to_owned(), connection })
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
        let packed = zstd::encode_all(bytes.as_slice(), ZSTD_LEVEL).map_err(|e| self.fail(e))?;
        let id = RunId::new(&uuid::Uuid::now_v7().to_string()).map_err(|e| self.fail(e))?;
        self.connection
            .execute(
                "INSERT INTO runs (id, stored_ms, verb, summary, hash, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![id.as_str(), now.0, verb, summary, hash, packed],
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
        let packed = zstd::encode_all(bytes.as_slice(), ZSTD_LEVEL).map_err(|e| self.fail(e))?;
        let id = uuid::Uuid::now_v7().to_string();
        self.connection
            .execute(
                "INSERT INTO outflows (id, stored_ms, summary, store, hash, result) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![id, now.0, summary, result.store, hash, packed],
            )
            .map_err(|e| self.fail(e))?;
        Ok(())
    }

    /// Returns the stored scans, newest first: id, when, store, one line.
    ///
    /// # Errors
    /// [`Failure::Ledger`] when the file cannot be read.
    pub fn outflows(&self) -> Result<Vec<Vec<String>>, Failure> {
        let mut statement = self
            .connection
            .prepare("SELECT id, stored_ms, store, summary FROM outflows ORDER BY stored_ms DESC, id DESC")
            .map_err(|e| self.fail(e))?;
        let rows = statement
            .query_map([], |r| {
                let stored = crate::clock::show(Timestamp(r.get(1)?));
                let store: Option<String> = r.get(2)?;
                Ok(vec![r.get(0)?, stored, store.unwrap_or_default(), r.get(3)?])
            })
            .map_err(|e| self.fail(e))?;
        rows.map(|row| row.map_err(|e| self.fail(e))).collect()
    }

    /// Returns all runs, newest first.
    ///
    /// # Errors
    /// [`Failure::Ledger`] when the file cannot be read.
    pub fn rows(&self) -> Result<Vec<Row>, Failure> {
        let mut statement = self
            .connection
            .prepare("SELECT id, stored_ms, verb, hash, summary FROM runs ORDER BY stored_ms DESC, id DESC")
            .map_err(|e| self.fail(e))?;
        let rows = statement
            .query_map([], |r| {
                Ok((
                    r.get::<_, String>(0)?,
                    r.get::<_, i64>(1)?,
                    r.get::<_, String>(2)?,
                    r.get::<_, String>(3)?,
                    r.get::<_, String>(4)?,
                ))
            })
            .map_err(|e| self.fail(e))?;
        rows.map(|row| {
            let (id, stored, verb, hash, summary) = row.map_err(|e| self.fail(e))?;
            let id = RunId::new(&id).map_err(|e| self.fail(e))?;
            Ok(Row { info: RunInfo { id, stored: Timestamp(stored), verb, hash }, summary })
        })
        .collect()
    }

    /// Returns the run named by `name`: `latest`, `latest~N`, or the start of an id that fits one run only.
    ///
    /// # Errors
    /// [`Failure::Unknown`] when no run or several fit, [`Failure::Ledger`] when its row is damaged.
    pub fn load(&self, name: &str) -> Result<(RunInfo, Record), Failure> {
        let rows = self.rows()?;
        let unknown =
            |hint: &str| Failure::Unknown { what: "run", name: name.to_owned(), hint: hint.to_owned() };
        let back = match name.strip_prefix("latest") {
            Some("") => Some(0),
            Some(rest) => rest.strip_prefix('~').and_then(|n| n.parse::<usize>().ok()),
            None => None,
        };
        let row = match back {
            Some(n) => rows.get(n).ok_or_else(|| unknown("`feuerprobe run` makes one"))?,
            None => {
                let mut fitting = rows.iter().filter(|r| r.info.id.as_str().starts_with(name));
                let first =
                    fitting.next().ok_or_else(|| unknown("`feuerprobe list runs` shows what there is"))?;
                if fitting.next().is_some() {
                    return Err(unknown("several runs begin like this; give more of the id"));
                }
                first
            }
        };
        let packed: Option<Vec<u8>> = self
            .connection
            .query_row("SELECT record FROM runs WHERE id = ?1", [row.info.id.as_str()], |r| r.get(0))
            .optional()
            .map_err(|e| self.fail(e))?;
        let packed = packed.ok_or_else(|| unknown("it was removed in the meantime"))?;
        let bytes = zstd::decode_all(packed.as_slice()).map_err(|e| self.fail(e))?;
        let record = Record::from_bytes(&self.path.display().to_string(), &bytes)
            .map_err(|d| Failure::Content(vec![d]))?;
        Ok((row.info.clone(), record))
    }
}
