//! What is kept of runs for trends, also when their records are deleted.

use std::collections::BTreeSet;

use model::id::RunId;
use model::trend::MeasuredRun;
use rusqlite::params;

use crate::error::Error;
use crate::ledger::{Ledger, RunRow};
use crate::schema;
use crate::seal::{pack, unpack};

impl Ledger {
    /// Returns the intact runs of which no measures are kept yet, oldest first.
    ///
    /// # Errors
    /// [`Error::Unusable`] when the file cannot be read.
    pub fn unmeasured(&self) -> Result<Vec<RunRow>, Error> {
        let known: BTreeSet<String> = {
            let connection = self.connection();
            if schema::holds(&connection, "measured").map_err(|e| self.fail(e))? {
                let ask = || {
                    let mut rows = connection.prepare("SELECT run FROM measured")?;
                    rows.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()
                };
                ask().map_err(|e: rusqlite::Error| self.fail(e))?
            } else {
                BTreeSet::new()
            }
        };
        let mut rows = self.runs()?;
        rows.retain(|row| row.intact && !row.is_sheet() && !known.contains(row.info.id.as_str()));
        rows.reverse();
        Ok(rows)
    }

    /// Keeps the measures of a run; those that are kept already stay.
    ///
    /// # Errors
    /// [`Error::Unusable`].
    pub fn keep_measures(&self, run: &MeasuredRun) -> Result<(), Error> {
        let bytes = run.to_bytes();
        let hash = blake3::hash(&bytes).to_hex().to_string();
        let packed = pack(&bytes).map_err(|e| self.fail(e))?;
        self.connection()
            .execute(
                "INSERT INTO measured (run, stored_ms, hash, packed) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                params![run.run.as_str(), run.stored.0, hash, packed],
            )
            .map(drop)
            .map_err(|e| self.fail(e))
    }

    /// Returns the measures that are kept, by the time their run was stored, oldest first. A row that
    /// is not what was stored is named by its run.
    ///
    /// # Errors
    /// [`Error::Unusable`] when the file cannot be read.
    pub fn measures(&self) -> Result<(Vec<MeasuredRun>, Vec<RunId>), Error> {
        let connection = self.connection();
        if !schema::holds(&connection, "measured").map_err(|e| self.fail(e))? {
            return Ok((Vec::new(), Vec::new()));
        }
        let ask = || {
            let mut rows =
                connection.prepare("SELECT run, hash, packed FROM measured ORDER BY stored_ms, run")?;
            let rows = rows.query_map([], |r| {
                Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?, r.get::<_, Vec<u8>>(2)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let (mut found, mut damaged) = (Vec::new(), Vec::new());
        for (run, hash, packed) in ask().map_err(|e: rusqlite::Error| self.fail(e))? {
            let bytes = unpack(&packed, &hash);
            match bytes.and_then(|bytes| MeasuredRun::from_bytes(&bytes)) {
                Ok(one) => found.push(one),
                Err(_) => damaged.extend(RunId::new(&run).ok()),
            }
        }
        Ok((found, damaged))
    }
}
