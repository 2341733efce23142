//! Seals of rows and hashes of what is stored in them.

use std::io::Write as _;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};

/// How hard a record is compressed: zstd's own default.
const ZSTD_LEVEL: i32 = 3;

/// The columns of a run's row that its seal covers, in the order of the seal.
pub(crate) const RUN: &str = "id, stored_ms, verb, summary, hash";

/// Those of a scan's row.
pub(crate) const OUTFLOW: &str = "id, stored_ms, store, summary, hash";

/// How many columns a seal covers.
pub(crate) const COLUMNS: usize = 5;

/// Returns the seal of a row: BLAKE3 of its columns, each after its length.
pub(crate) fn of<T: AsRef<str>>(columns: &[T; COLUMNS]) -> String {
    let mut hasher = blake3::Hasher::new();
    for column in columns {
        let bytes = column.as_ref().as_bytes();
        hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    }
    hasher.finalize().to_hex().to_string()
}

/// Returns the columns that a seal covers, which come first in a row.
pub(crate) fn columns(row: &Row<'_>) -> rusqlite::Result<[String; COLUMNS]> {
    Ok([text(row, 0)?, text(row, 1)?, text(row, 2)?, text(row, 3)?, text(row, 4)?])
}

/// Returns a column as text, whatever a damaged row holds.
pub(crate) fn text(row: &Row<'_>, at: usize) -> rusqlite::Result<String> {
    Ok(match row.get_ref(at)? {
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ValueRef::Null => String::new(),
    })
}

/// Seals every row that a version without seals has stored.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<()> {
    for (table, names) in [("runs", RUN), ("outflows", OUTFLOW)] {
        let mut rows = connection.prepare(&format!("SELECT {names}, rowid FROM {table}"))?;
        let sealed = rows.query_map([], |row| Ok((row.get::<_, i64>(COLUMNS)?, of(&columns(row)?))))?;
        for row in sealed.collect::<rusqlite::Result<Vec<_>>>()? {
            connection
                .execute(&format!("UPDATE {table} SET seal = ?2 WHERE rowid = ?1"), params![row.0, row.1])?;
        }
    }
    Ok(())
}

/// Returns bytes compressed, with a checksum of their own.
pub(crate) fn pack(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
    encoder.include_checksum(true)?;
    encoder.set_pledged_src_size(Some(bytes.len() as u64))?;
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Returns what was packed, if it has the hash that was noted with it; else why not.
pub(crate) fn unpack(packed: &[u8], hash: &str) -> Result<Vec<u8>, String> {
    let bytes = zstd::decode_all(packed).map_err(|e| format!("it cannot be unpacked: {e}"))?;
    let found = blake3::hash(&bytes).to_hex();
    if found.as_str() == hash {
        return Ok(bytes);
    }
    Err(format!("its BLAKE3 is {found}, the one stored with it is {hash}"))
}
