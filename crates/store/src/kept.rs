//! Inputs of runs, each content once under its hash.

use std::collections::BTreeMap;

use model::id::RunId;
use model::kept::{Content, Group, Held, Kept, Manifest};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use crate::error::Cause;
use crate::seal::{pack, unpack};

/// Stores the inputs of a run; what is there already is not stored again.
pub(crate) fn store(whole: &Transaction<'_>, run: &RunId, kept: Kept) -> Result<(), Cause> {
    for (group, files) in kept.groups {
        let mut manifest = Manifest::default();
        for (name, content) in files {
            let held = match content {
                Content::Whole(bytes) => Held::Hash(content_of(whole, &bytes)?),
                Content::Left { why } => Held::Left(why),
            };
            manifest.files.insert(name, held);
        }
        let manifest = content_of(whole, &manifest.to_bytes())?;
        whole.execute(
            "INSERT INTO run_inputs (run, kind, manifest) VALUES (?1, ?2, ?3)",
            params![run.as_str(), group.word(), manifest],
        )?;
    }
    Ok(())
}

fn content_of(whole: &Transaction<'_>, bytes: &[u8]) -> Result<String, Cause> {
    let hash = blake3::hash(bytes).to_hex().to_string();
    let known: Option<i64> =
        whole.query_row("SELECT 1 FROM contents WHERE hash = ?1", [&hash], |r| r.get(0)).optional()?;
    if known.is_none() {
        let packed = pack(bytes)?;
        whole.execute("INSERT INTO contents (hash, packed) VALUES (?1, ?2)", params![hash, packed])?;
    }
    Ok(hash)
}

/// Returns what is kept of a run's inputs; what is damaged or was taken away is left out with the reason.
pub(crate) fn load(connection: &Connection, run: &RunId) -> rusqlite::Result<Kept> {
    let mut rows = connection.prepare("SELECT kind, manifest FROM run_inputs WHERE run = ?1")?;
    let found = rows.query_map([run.as_str()], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?)))?;
    let mut kept = Kept::default();
    for row in found {
        let (kind, manifest) = row?;
        let Some(group) = Group::ALL.into_iter().find(|g| g.word() == kind) else { continue };
        let bytes = content(connection, &manifest)?;
        let files = match bytes.and_then(|bytes| Manifest::from_bytes(&bytes)) {
            Err(why) => BTreeMap::from([("all".to_owned(), Content::Left { why })]),
            Ok(manifest) => files(connection, manifest)?,
        };
        kept.groups.insert(group, files);
    }
    Ok(kept)
}

fn files(connection: &Connection, manifest: Manifest) -> rusqlite::Result<BTreeMap<String, Content>> {
    let mut files = BTreeMap::new();
    for (name, held) in manifest.files {
        let content = match held {
            Held::Left(why) => Content::Left { why },
            Held::Hash(hash) => match content(connection, &hash)? {
                Ok(bytes) => Content::Whole(bytes),
                Err(why) => Content::Left { why },
            },
        };
        files.insert(name, content);
    }
    Ok(files)
}

pub(crate) fn content(connection: &Connection, hash: &str) -> rusqlite::Result<Result<Vec<u8>, String>> {
    let packed: Option<Vec<u8>> = connection
        .query_row("SELECT packed FROM contents WHERE hash = ?1", [hash], |r| r.get(0))
        .optional()?;
    Ok(match packed {
        None => Err("it was removed from the ledger".to_owned()),
        Some(packed) => unpack(&packed, hash).map_err(|why| format!("it is damaged: {why}")),
    })
}
