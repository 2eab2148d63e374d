//! Bodies by hash, and the releases among them.

use copydesk_domain::{ContentHash, Instant};
use sqlx::SqliteConnection;

use crate::fault::{Result, fault};

statements! {
    INSERT_BODY = "
        INSERT INTO body (hash, bytes)
        VALUES (?1, ?2)
        ON CONFLICT (hash) DO NOTHING";
    SELECT_BODY = "
        SELECT bytes
        FROM body
        WHERE hash = ?1";
    INSERT_RELEASE = "
        INSERT INTO pinned_release (hash, created_at)
        VALUES (?1, ?2)
        ON CONFLICT (hash) DO NOTHING";
}

/// Stores bytes under their hash, which it answers.
pub(crate) async fn put(db: &mut SqliteConnection, bytes: &[u8]) -> Result<ContentHash> {
    let hash = ContentHash::of(bytes);
    sqlx::query(INSERT_BODY)
        .bind(hash.to_string())
        .bind(bytes)
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(hash)
}

/// The bytes under a hash.
pub(crate) async fn get(db: &mut SqliteConnection, hash: &ContentHash) -> Result<Option<Vec<u8>>> {
    sqlx::query_scalar(SELECT_BODY)
        .bind(hash.to_string())
        .fetch_optional(db)
        .await
        .map_err(fault)
}

/// Stores a release.
pub(crate) async fn put_release(db: &mut SqliteConnection, bytes: &[u8], at: Instant) -> Result<()> {
    let hash = put(db, bytes).await?;
    sqlx::query(INSERT_RELEASE)
        .bind(hash.to_string())
        .bind(at.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}
