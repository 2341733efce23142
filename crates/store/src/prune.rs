//! Taking old runs out of a ledger, with the inputs that no other run needs.

use std::collections::BTreeSet;

use model::kept::{Held, Manifest};
use model::quantity::Timestamp;
use rusqlite::{Transaction, TransactionBehavior, params};

use crate::error::{Cause, Error};
use crate::kept;
use crate::ledger::{Ledger, RunRow, ScanRow};

/// What is taken out, or would be.
#[derive(Debug, Clone, Default)]
pub struct Pruned {
    /// The runs, newest first.
    pub runs: Vec<RunRow>,
    /// The scans for insured-person data, newest first.
    pub scans: Vec<ScanRow>,
    /// Rows that are not as they were stored; they are left alone.
    pub damaged: u64,
    /// Contents of inputs that no run needs.
    pub contents: u64,
    /// Bytes of records, results and contents as they are stored.
    pub bytes: u64,
    /// Whether the file was made smaller; space that is free is used again in any case.
    pub smaller: bool,
}

impl Ledger {
    /// Takes out the runs and scans stored before a moment, but for the newest run of each verb and
    /// the newest scan, and every content that no run needs; all or nothing. Without `delete` it
    /// says what that would be and changes nothing.
    ///
    /// # Errors
    /// [`Error::Unusable`]: it cannot be written, or the list of a run's inputs is damaged, so that
    /// which contents it needs is not known.
    pub fn prune(&self, before: Timestamp, delete: bool) -> Result<Pruned, Error> {
        let (runs, scans) = (self.runs()?, self.scans()?);
        let mut pruned = Pruned::default();
        let damaged = runs.iter().filter(|r| !r.intact).count() + scans.iter().filter(|s| !s.intact).count();
        pruned.damaged = u64::try_from(damaged).unwrap_or(u64::MAX);
        let mut verbs = BTreeSet::new();
        // The newest of a verb comes first and is kept whatever its age.
        let intact = runs.into_iter().filter(|row| row.intact);
        let older = intact.filter(|row| !verbs.insert(row.info.verb.clone()));
        pruned.runs = older.filter(|row| row.info.stored < before).collect();
        let older = scans.into_iter().filter(|s| s.intact).skip(1);
        pruned.scans = older.filter(|s| s.stored < before).collect();
        let mut connection = self.connection();
        let whole =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|e| self.fail(e))?;
        take_out(&whole, &mut pruned).map_err(|e| self.fail(e))?;
        if !delete {
            whole.rollback().map_err(|e| self.fail(e))?;
            return Ok(pruned);
        }
        whole.commit().map_err(|e| self.fail(e))?;
        pruned.smaller = connection.execute_batch("VACUUM").is_ok();
        Ok(pruned)
    }
}

fn take_out(whole: &Transaction<'_>, pruned: &mut Pruned) -> Result<(), Cause> {
    let mut size = |table: &str, column: &str, id: &str| -> rusqlite::Result<()> {
        let query = format!("SELECT coalesce(length({column}), 0) FROM {table} WHERE id = ?1");
        let bytes: i64 = whole.query_row(&query, [id], |row| row.get(0))?;
        pruned.bytes += u64::try_from(bytes).unwrap_or(0);
        whole.execute(&format!("DELETE FROM {table} WHERE id = ?1"), [id]).map(|_| ())
    };
    for run in &pruned.runs {
        size("runs", "record", run.info.id.as_str())?;
    }
    for scan in &pruned.scans {
        size("outflows", "result", &scan.id)?;
    }
    whole.execute("DELETE FROM run_inputs WHERE run NOT IN (SELECT id FROM runs)", [])?;
    let needed = needed(whole)?;
    let mut rows = whole.prepare("SELECT hash, length(packed) FROM contents")?;
    let all = rows.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    let all: Vec<(String, i64)> = all.collect::<rusqlite::Result<_>>()?;
    for (hash, bytes) in all.into_iter().filter(|(hash, _)| !needed.contains(hash)) {
        whole.execute("DELETE FROM contents WHERE hash = ?1", params![hash])?;
        pruned.contents += 1;
        pruned.bytes += u64::try_from(bytes).unwrap_or(0);
    }
    Ok(())
}

/// Returns the contents that the runs that are left need.
fn needed(whole: &Transaction<'_>) -> Result<BTreeSet<String>, Cause> {
    let mut rows = whole.prepare("SELECT run, manifest FROM run_inputs")?;
    let lists = rows.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let lists: Vec<(String, String)> = lists.collect::<rusqlite::Result<_>>()?;
    let mut needed = BTreeSet::new();
    for (run, list) in lists {
        if needed.contains(&list) {
            continue;
        }
        let manifest = kept::content(whole, &list)?.and_then(|bytes| Manifest::from_bytes(&bytes));
        let manifest = manifest.map_err(|why| {
            Cause::from(format!("which inputs run {run} needs is not known, so none are taken out: {why}"))
        })?;
        needed.extend(manifest.files.into_values().filter_map(|held| match held {
            Held::Hash(hash) => Some(hash),
            Held::Left(_) => None,
        }));
        needed.insert(list);
    }
    Ok(needed)
}
