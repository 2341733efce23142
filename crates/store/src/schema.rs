//! The ledger's file: made, opened, and brought up to date in one transaction.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::error::{Cause, Error};
use crate::seal;

/// Marks a SQLite file as a ledger: the letters `FPLG`.
const MARK: i64 = 0x4650_4c47;

/// What brings the tables from each version to the next. Those of the first three
/// may find their tables there already: a program that knew no transaction around
/// them was killed between the table and the note that it is made.
const STEPS: [&str; 6] = [
    include_str!("../migrations/V1__runs.sql"),
    include_str!("../migrations/V2__exercises.sql"),
    include_str!("../migrations/V3__outflow.sql"),
    include_str!("../migrations/V4__seals.sql"),
    include_str!("../migrations/V5__inputs.sql"),
    include_str!("../migrations/V6__schedules.sql"),
];

/// The version of the tables that this program makes and knows.
pub(crate) const VERSION: u32 = STEPS.len() as u32;

/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(10);

/// How long to wait between two questions.
const PAUSE: Duration = Duration::from_millis(10);

/// Opens a ledger for writing. It is made if it is not there, readable by its owner
/// only, and its tables are brought up to date.
pub(crate) fn open(path: &Path) -> Result<Connection, Error> {
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|e| Error::unusable(path, e))?;
    }
    make(path).map_err(|e| Error::unusable(path, e))?;
    let fail = |e: rusqlite::Error| Error::unusable(path, e);
    let mut connection = Connection::open(path).map_err(fail)?;
    connection.busy_timeout(BUSY).map_err(fail)?;
    // What is no ledger is left as it is.
    known(path, &connection)?;
    durable(&connection).map_err(fail)?;
    up_to_date(path, &mut connection)?;
    Ok(connection)
}

/// Opens a ledger for reading and returns the version of its tables. Nothing is made
/// or changed, and permission to read the file is enough.
pub(crate) fn read(path: &Path) -> Result<(Connection, u32), Error> {
    if !path.exists() && !path.is_symlink() {
        let empty = Connection::open_in_memory().map_err(|e| Error::unusable(path, e))?;
        return Ok((empty, 0));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags).and_then(|connection| {
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "query_only", true)?;
        tables(&connection).map(|_| connection)
    });
    let connection = match opened {
        Ok(connection) => connection,
        Err(e) if unwritable(&e) => unchanging(path).map_err(|e| Error::unusable(path, e))?,
        Err(e) => return Err(Error::unusable(path, e)),
    };
    let version = known(path, &connection)?;
    Ok((connection, version))
}

/// Makes the file with permissions of its own; one that is there is left as it is.
fn make(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(e),
        _ => Ok(()),
    }
}

/// Sets a connection so that what is committed is on disk.
pub(crate) fn durable(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    // The change to this mode does not wait for others by itself.
    patient(|| connection.pragma_update(None, "journal_mode", "WAL"))?;
    connection.pragma_update(None, "synchronous", "FULL")
}

/// Asks again while another process holds the file, as long as [`BUSY`] says.
fn patient<T>(mut ask: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let mut waited = Duration::ZERO;
    loop {
        match ask() {
            Err(e) if is_busy(&e) && waited < BUSY => {
                pause(PAUSE);
                waited += PAUSE;
            }
            answer => return answer,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "another process holds the ledger; no result depends on it")]
fn pause(length: Duration) {
    std::thread::sleep(length);
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Whether a file may be readable although this went wrong: SQLite makes a file
/// beside a ledger even to read it.
fn unwritable(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

/// Opens a ledger in a place that cannot be written to.
fn unchanging(path: &Path) -> Result<Connection, Cause> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let log = PathBuf::from(log);
    if std::fs::metadata(&log).is_ok_and(|m| m.len() > 0) {
        return Err(format!(
            "its newest changes are in {} and cannot be read where nothing may be written: copy both files to a folder of yours",
            log.display()
        )
        .into());
    }
    let name = format!("file:{}?immutable=1", encoded(path.as_os_str()));
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(name, flags)
        .and_then(|connection| tables(&connection).map(|_| connection))
        .map_err(Into::into)
}

/// Returns a path as it stands in a URI.
fn encoded(path: &OsStr) -> String {
    let mut text = String::new();
    for byte in path.as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "%{byte:02x}");
        }
    }
    text
}

fn tables(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |r| r.get(0))
}

/// Returns whether there is a table of this name.
pub(crate) fn holds(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    let number: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?1",
        [table],
        |r| r.get(0),
    )?;
    Ok(number > 0)
}

/// Returns the version of the tables, 0 for a file with none; refuses what another
/// program made, and what a newer version of this one did.
fn known(path: &Path, connection: &Connection) -> Result<u32, Error> {
    let version = version(connection)
        .map_err(|e| Error::unusable(path, e))?
        .ok_or_else(|| Error::unusable(path, "it is a database of another program"))?;
    if version > VERSION {
        let ledger = path.display().to_string();
        return Err(Error::Newer { ledger, version, known: VERSION });
    }
    Ok(version)
}

/// Returns the version of the tables; `None` when they are not a ledger's. All is read
/// from one state of the file: another process may be making the tables meanwhile.
fn version(connection: &Connection) -> rusqlite::Result<Option<u32>> {
    let _state = match connection.is_autocommit() {
        true => Some(connection.unchecked_transaction()?),
        false => None,
    };
    let mark: i64 = connection.pragma_query_value(None, "application_id", |r| r.get(0))?;
    let own: u32 = connection.pragma_query_value(None, "user_version", |r| r.get(0))?;
    if mark == MARK {
        return Ok(Some(own));
    }
    // Before ledgers were marked, this table told their version.
    if mark == 0 && holds(connection, "refinery_schema_history")? {
        let old: Option<u32> =
            connection.query_row("SELECT max(version) FROM refinery_schema_history", [], |r| r.get(0))?;
        return Ok(Some(old.unwrap_or(0)));
    }
    Ok((mark == 0 && own == 0 && tables(connection)? == 0).then_some(0))
}

/// Takes every step that is missing, all or none. Who comes second waits, and finds
/// them taken.
fn up_to_date(path: &Path, connection: &mut Connection) -> Result<(), Error> {
    let fail = |e: rusqlite::Error| Error::unusable(path, e);
    if known(path, connection)? == VERSION && marked(connection).map_err(fail)? {
        return Ok(());
    }
    let whole = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
    let from = known(path, &whole)?;
    take(&whole, from).and_then(|()| whole.commit()).map_err(fail)
}

fn marked(connection: &Connection) -> rusqlite::Result<bool> {
    connection.pragma_query_value(None, "application_id", |r| r.get::<_, i64>(0)).map(|mark| mark == MARK)
}

fn take(whole: &Transaction<'_>, from: u32) -> rusqlite::Result<()> {
    for step in STEPS.iter().skip(from as usize) {
        whole.execute_batch(step)?;
    }
    if from < 4 {
        seal::all(whole)?;
    }
    whole.pragma_update(None, "application_id", MARK)?;
    whole.pragma_update(None, "user_version", VERSION)
}
