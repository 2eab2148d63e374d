//! Bodies by hash, and the releases among them.

use copydesk_domain::{ContentHash, Instant};
use serde::Serialize;
use sqlx::SqliteConnection;

use crate::fault::{Result, fault};
use crate::tables::bundle::{Bundle, trigger};

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

pub(crate) const TRIGGERS: &[&str] = &[
    trigger!(
        "body",
        "
            INSERT INTO body (hash, bytes)
            VALUES (NEW.row ->> 'hash', NEW.bytes)
            ON CONFLICT (hash) DO NOTHING;"
    ),
    trigger!(
        "put_release",
        "
            INSERT INTO body (hash, bytes)
            VALUES (NEW.row ->> 'hash', NEW.bytes)
            ON CONFLICT (hash) DO NOTHING;

            INSERT INTO pinned_release (hash, created_at)
            VALUES (NEW.row ->> 'hash', NEW.row ->> 'at')
            ON CONFLICT (hash) DO NOTHING;"
    ),
];

#[derive(Serialize)]
struct BodyDto {
    hash: String,
    at: Option<i64>,
}

/// The row of some bytes.
pub(crate) fn bundle(bundle: &mut Bundle, bytes: &[u8]) {
    let hash = ContentHash::of(bytes).to_string();
    bundle.push("body", &BodyDto { hash, at: None }, bytes);
}

/// The row of a release.
pub(crate) fn bundle_release(bundle: &mut Bundle, bytes: &[u8], at: Instant) {
    let row = BodyDto {
        hash: ContentHash::of(bytes).to_string(),
        at: Some(at.as_micros()),
    };
    bundle.push("put_release", &row, bytes);
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
