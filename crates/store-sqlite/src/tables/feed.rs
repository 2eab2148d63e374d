//! What is kept of a feed between polls.

use copydesk_domain::Instant;
use copydesk_store::FeedState;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::Columns;

statements! {
    PUT_STATE = "
        INSERT INTO feed_state (url, moved_to, etag, last_modified, content_type, body, retry_at, fetched_at,
                                answered_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        ON CONFLICT (url) DO UPDATE
        SET moved_to = excluded.moved_to, etag = excluded.etag, last_modified = excluded.last_modified,
            content_type = excluded.content_type, body = excluded.body, retry_at = excluded.retry_at,
            fetched_at = excluded.fetched_at, answered_at = excluded.answered_at";
    NOTE_ANSWER = "
        UPDATE feed_state
        SET moved_to = ?2, retry_at = NULL, answered_at = ?3
        WHERE url = ?1";
    SELECT_STATE = "
        SELECT url, moved_to, etag, last_modified, content_type, body, retry_at, fetched_at,
               COALESCE(answered_at, fetched_at) AS answered_at
        FROM feed_state
        WHERE url = ?1";
}

fn record(row: &SqliteRow) -> Result<FeedState> {
    let columns = Columns::new(row, "feed_state", "url");
    Ok(FeedState {
        url: columns.get("url")?,
        moved_to: columns.get("moved_to")?,
        etag: columns.get("etag")?,
        last_modified: columns.get("last_modified")?,
        content_type: columns.get("content_type")?,
        body: columns.get("body")?,
        retry_at: columns.instant_option("retry_at")?,
        fetched_at: columns.instant("fetched_at")?,
        answered_at: columns.instant("answered_at")?,
    })
}

/// What is kept of a feed.
pub(crate) async fn get(db: &mut SqliteConnection, url: &str) -> Result<Option<FeedState>> {
    let row = sqlx::query(SELECT_STATE)
        .bind(url)
        .fetch_optional(db)
        .await
        .map_err(fault)?;
    row.as_ref().map(record).transpose()
}

/// Keeps a feed's validators and bytes.
pub(crate) async fn put(db: &mut SqliteConnection, state: &FeedState) -> Result<()> {
    sqlx::query(PUT_STATE)
        .bind(state.url.as_str())
        .bind(state.moved_to.as_deref())
        .bind(state.etag.as_deref())
        .bind(state.last_modified.as_deref())
        .bind(state.content_type.as_deref())
        .bind(state.body.as_slice())
        .bind(state.retry_at.map(Instant::as_micros))
        .bind(state.fetched_at.as_micros())
        .bind(state.answered_at.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}

/// Notes that a feed has not changed. No row is no fault: it was pruned while it was asked.
pub(crate) async fn note_answer(
    db: &mut SqliteConnection,
    url: &str,
    moved_to: Option<&str>,
    at: Instant,
) -> Result<()> {
    sqlx::query(NOTE_ANSWER)
        .bind(url)
        .bind(moved_to)
        .bind(at.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}
