//! What sqlx reports, in the store's words.

use copydesk_store::StoreError;

/// SQLITE_CORRUPT and SQLITE_NOTADB.
const DAMAGED: [i64; 2] = [11, 26];
/// SQLITE_FULL.
const FULL: i64 = 13;
/// SQLITE_IOERR_SHMSIZE: the WAL's index could not grow, which a full disk causes.
const SHM_SIZE: i64 = 4874;

/// SQLITE_CONSTRAINT_TRIGGER: one of our triggers has undone its statement.
const RAISED: &str = "1811";

/// Shorthand of this crate.
pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// Turns what sqlx reports into the store's error. The message names no value of a row.
pub(crate) fn fault(error: sqlx::Error) -> StoreError {
    if let sqlx::Error::Database(database) = &error {
        let code = database.code().and_then(|code| code.parse::<i64>().ok());
        // The low byte is the primary code, the rest refines it.
        if code.is_some_and(|code| code & 0xff == FULL || code == SHM_SIZE) {
            return StoreError::DiskFull {
                place: "the database".to_owned(),
            };
        }
        if code.is_some_and(|code| DAMAGED.contains(&(code & 0xff))) {
            return StoreError::Damaged {
                place: "the database".to_owned(),
                reason: database.message().to_owned(),
            };
        }
    }
    match error {
        sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => StoreError::Closed,
        other => StoreError::Database {
            reason: other.to_string(),
        },
    }
}

/// Whether a trigger has undone the statement, and nothing else happened.
pub(crate) fn is_raised(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(database) if database.code().is_some_and(|code| code == RAISED))
}

/// The same error with the database's place, for people.
pub(crate) fn named(error: StoreError, place: &str) -> StoreError {
    match error {
        StoreError::DiskFull { .. } => StoreError::DiskFull {
            place: place.to_owned(),
        },
        StoreError::Damaged { reason, .. } => StoreError::Damaged {
            place: place.to_owned(),
            reason,
        },
        other => other,
    }
}

/// Whether the transaction itself may be gone, and with it what other commands of the batch did.
pub(crate) fn breaks_transaction(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::DiskFull { .. }
            | StoreError::Damaged { .. }
            | StoreError::Database { .. }
            | StoreError::Closed
    )
}
