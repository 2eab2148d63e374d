//! Opens connections and refuses those that do not keep what the store promises.

use std::path::Path;
use std::time::Duration;

use copydesk_store::StoreError;
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, SqliteConnection};

use crate::fault::{Result, fault};
use crate::options::{Options, Synchronous};

/// The oldest library that is safe here: earlier ones can lose commits when a WAL is reset.
const LIBRARY_MIN: (u32, u32, u32) = (3, 51, 3);
/// Reads at once; more would only queue at the disk.
const READERS: u32 = 4;
/// Pages that the writer keeps at most, in KiB as SQLite wants it said: the inner pages of its indexes over hashes, each of
/// which a row needs anywhere, for some ten thousand runs. What it does not keep the system's own cache has.
const WRITER_CACHE: &str = "-4096";
/// Pages that each reader keeps. A commit makes it read them anew.
const READER_CACHE: &str = "-256";
/// Statements kept prepared on each connection; above the number of statements in this crate.
const STATEMENTS_KEPT: usize = 128;
/// How long a look waits for a writer of another process.
const LOOK_PATIENCE: Duration = Duration::from_secs(5);

/// How the writer connects.
pub(crate) fn writer_options(path: &Path, options: &Options) -> SqliteConnectOptions {
    let synchronous = match options.synchronous {
        Synchronous::Full => SqliteSynchronous::Full,
        Synchronous::Normal => SqliteSynchronous::Normal,
    };
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true)
        .pragma("cache_size", WRITER_CACHE)
        .busy_timeout(options.busy_timeout)
        .statement_cache_capacity(STATEMENTS_KEPT)
        .disable_statement_logging()
}

/// The same for the first connection to a database, which makes a new file so that what is pruned later goes back to
/// the file system. Said to a file that is there, it would be a write, and that to a database of a newer version too.
pub(crate) fn first_options(path: &Path, writer: &SqliteConnectOptions) -> SqliteConnectOptions {
    let is_there = std::fs::metadata(path).is_ok_and(|file| file.len() > 0);
    if is_there {
        return writer.clone();
    }
    writer.clone().auto_vacuum(SqliteAutoVacuum::Incremental)
}

/// Connects the writer and reads back what it was told.
///
/// # Errors
/// [`StoreError::Database`] if the library is too old or a setting did not take.
pub(crate) async fn connect_writer(
    options: &SqliteConnectOptions,
    synchronous: Synchronous,
) -> Result<SqliteConnection> {
    let mut connection = options.connect().await.map_err(fault)?;
    require_library(&mut connection).await?;
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut connection)
        .await
        .map_err(fault)?;
    require("journal_mode", "wal", &journal)?;
    let level: i64 = sqlx::query_scalar("PRAGMA synchronous")
        .fetch_one(&mut connection)
        .await
        .map_err(fault)?;
    require(
        "synchronous",
        &synchronous.level().to_string(),
        &level.to_string(),
    )?;
    let keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys")
        .fetch_one(&mut connection)
        .await
        .map_err(fault)?;
    require("foreign_keys", "1", &keys.to_string())?;
    Ok(connection)
}

/// A pool whose connections cannot write.
pub(crate) async fn connect_readers(path: &Path, options: &Options) -> Result<SqlitePool> {
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(options.busy_timeout);
    pool_of(connect).await
}

/// A pool of such connections.
pub(crate) async fn pool_of(connect: SqliteConnectOptions) -> Result<SqlitePool> {
    let connect = connect
        .pragma("query_only", "ON")
        .pragma("cache_size", READER_CACHE)
        .statement_cache_capacity(STATEMENTS_KEPT)
        .disable_statement_logging();
    SqlitePoolOptions::new()
        .max_connections(READERS)
        // A file does not go away as a server does; asking it first would double the cost of each read.
        .test_before_acquire(false)
        .connect_with(connect)
        .await
        .map_err(fault)
}

/// How to connect to look and nothing else: the file is neither made nor changed.
///
/// A folder that nobody may write to has no room for the index of a WAL. The file is then read as one that never
/// changes, which is right where there is no WAL beside it.
///
/// # Errors
/// [`StoreError::Database`] if there is no database, or it cannot be read.
pub(crate) async fn look_options(path: &Path) -> Result<SqliteConnectOptions> {
    let look = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(LOOK_PATIENCE);
    let Err(failed) = answering(&look).await else {
        return Ok(look);
    };
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    if std::fs::metadata(wal).is_ok_and(|wal| wal.len() > 0) {
        return Err(failed);
    }
    let frozen = look.immutable(true);
    match answering(&frozen).await {
        Ok(_) => Ok(frozen),
        Err(_) => Err(failed),
    }
}

/// A connection that only looks.
///
/// # Errors
/// As [`look_options`].
pub(crate) async fn connect_look(path: &Path) -> Result<SqliteConnection> {
    answering(&look_options(path).await?).await
}

/// A connection on which the file answered.
async fn answering(options: &SqliteConnectOptions) -> Result<SqliteConnection> {
    let mut connection = options.connect().await.map_err(fault)?;
    sqlx::query("PRAGMA schema_version")
        .fetch_one(&mut connection)
        .await
        .map_err(fault)?;
    Ok(connection)
}

async fn require_library(connection: &mut SqliteConnection) -> Result<()> {
    let found: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(connection)
        .await
        .map_err(fault)?;
    if is_library_safe(&found) {
        return Ok(());
    }
    let (major, minor, patch) = LIBRARY_MIN;
    Err(StoreError::Database {
        reason: format!("SQLite {found} is older than {major}.{minor}.{patch}"),
    })
}

/// Whether a version such as `3.51.3` is not older than [`LIBRARY_MIN`].
fn is_library_safe(version: &str) -> bool {
    let mut parts = version.split('.').map(str::parse::<u32>);
    let mut next = || parts.next().unwrap_or(Ok(0));
    match (next(), next(), next()) {
        (Ok(major), Ok(minor), Ok(patch)) => (major, minor, patch) >= LIBRARY_MIN,
        _ => false,
    }
}

fn require(setting: &str, wanted: &str, found: &str) -> Result<()> {
    if found.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    Err(StoreError::Database {
        reason: format!("{setting} is {found} where {wanted} was set"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_library_is_refused() {
        assert!(is_library_safe("3.51.3"));
        assert!(is_library_safe("3.52.0"));
        assert!(is_library_safe("4.0"));
        assert!(!is_library_safe("3.51.2"));
        assert!(!is_library_safe("3.9.99"));
        assert!(!is_library_safe("unknown"));
    }

    #[tokio::test]
    async fn the_writer_reads_back_what_it_was_told() {
        let folder = tempfile::tempdir().unwrap();
        for synchronous in [Synchronous::Full, Synchronous::Normal] {
            let options = Options {
                synchronous,
                ..Options::SHIPPED
            };
            let connect = writer_options(&folder.path().join("store.db"), &options);
            let mut db = connect_writer(&connect, synchronous).await.unwrap();
            let level: i64 = sqlx::query_scalar("PRAGMA synchronous")
                .fetch_one(&mut db)
                .await
                .unwrap();
            assert_eq!(level, synchronous.level());
        }
    }

    #[tokio::test]
    async fn a_database_that_keeps_no_wal_is_refused() {
        let options = writer_options(Path::new(":memory:"), &Options::SHIPPED).in_memory(true);
        let refused = connect_writer(&options, Synchronous::Full).await.map(|_| ());
        assert!(matches!(refused, Err(StoreError::Database { reason }) if reason.contains("journal_mode")));
    }

    #[tokio::test]
    async fn a_reader_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let writer = writer_options(&path, &Options::SHIPPED);
        let _db = connect_writer(&writer, Synchronous::Full).await.unwrap();
        let readers = connect_readers(&path, &Options::SHIPPED).await.unwrap();
        let written = sqlx::raw_sql("CREATE TABLE x (y)").execute(&readers).await;
        assert!(written.is_err());
    }

    #[test]
    fn a_setting_that_did_not_take_is_refused() {
        assert_eq!(require("journal_mode", "wal", "WAL"), Ok(()));
        assert!(require("synchronous", "2", "1").is_err());
    }
}
