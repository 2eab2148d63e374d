//! What sqlx reports, in the store's words.

use copydesk_store::StoreError;

/// SQLITE_FULL.
const FULL: i64 = 13;
/// SQLITE_IOERR_SHMSIZE: the WAL's index could not grow, which a full disk causes.
const SHM_SIZE: i64 = 4874;

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
    }
    match error {
        sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => StoreError::Closed,
        other => StoreError::Database {
            reason: other.to_string(),
        },
    }
}

/// Whether the transaction itself may be gone, and with it what other commands of the batch did.
pub(crate) fn breaks_transaction(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::DiskFull { .. } | StoreError::Database { .. } | StoreError::Closed
    )
}
