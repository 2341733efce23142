//! Seals of rows and hashes of what is stored in them.

use std::io::Write as _;

use rusqlite::{Connection, Row, params};

/// How hard a record is compressed: zstd's own default.
const ZSTD_LEVEL: i32 = 3;

/// The fields of a run's row that its seal covers, in the order of the seal.
pub(super) const RUN: &str = "id, stored_ms, verb, summary, hash";

/// Those of a scan's row.
pub(super) const OUTFLOW: &str = "id, stored_ms, store, summary, hash";

/// Returns the seal of a row: BLAKE3 of its fields, each after its length.
pub(super) fn of(fields: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for field in fields {
        hasher.update(&(field.len() as u64).to_le_bytes()).update(field.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// Returns the fields of a row as text, whatever a damaged one holds.
pub(super) fn fields(row: &Row<'_>, number: usize) -> rusqlite::Result<Vec<String>> {
    (0..number)
        .map(|at| {
            Ok(match row.get_ref(at)? {
                rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                rusqlite::types::ValueRef::Real(number) => number.to_string(),
                rusqlite::types::ValueRef::Text(bytes) | rusqlite::types::ValueRef::Blob(bytes) => {
                    String::from_utf8_lossy(bytes).into_owned()
                }
                rusqlite::types::ValueRef::Null => String::new(),
            })
        })
        .collect()
}

/// Seals every row that a version without seals has stored.
pub(super) fn all(connection: &Connection) -> rusqlite::Result<()> {
    for (table, columns) in [("runs", RUN), ("outflows", OUTFLOW)] {
        let mut rows = connection.prepare(&format!("SELECT {columns}, rowid FROM {table}"))?;
        let sealed = rows.query_map([], |row| {
            let fields = fields(row, 5)?;
            Ok((row.get::<_, i64>(5)?, of(&fields.iter().map(String::as_str).collect::<Vec<_>>())))
        })?;
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
pub(super) fn unpack(packed: &[u8], hash: &str) -> Result<Vec<u8>, String> {
    let bytes = zstd::decode_all(packed).map_err(|e| format!("it cannot be unpacked: {e}"))?;
    let found = blake3::hash(&bytes).to_hex();
    if found.as_str() == hash {
        return Ok(bytes);
    }
    Err(format!("its BLAKE3 is {found}, the one stored with it is {hash}"))
}
