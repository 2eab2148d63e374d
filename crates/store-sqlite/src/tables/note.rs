//! Notes of the author.

use copydesk_domain::{ContentHash, Instant};
use copydesk_store::AuthorNote;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::{Columns, records};

statements! {
    INSERT_NOTE = "
        INSERT INTO author_note (hash, text, origin, made_at)
        VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (hash) DO NOTHING";
    SELECT_SINCE = "
        SELECT id, hash, text, origin, made_at
        FROM author_note
        WHERE made_at > ?1
        ORDER BY made_at, id";
    DELETE_OTHERS = "
        DELETE FROM author_note
        WHERE hash NOT IN (SELECT value FROM json_each(?1))";
}

fn record(row: &SqliteRow) -> Result<AuthorNote> {
    let columns = Columns::new(row, "author_note", "id");
    Ok(AuthorNote {
        hash: columns.hash("hash")?,
        text: columns.get("text")?,
        from: columns.get("origin")?,
        at: columns.instant("made_at")?,
    })
}

/// Notes made after `since`, oldest first.
pub(crate) async fn since(db: &mut SqliteConnection, since: Instant) -> Result<Vec<AuthorNote>> {
    let statement = sqlx::query(SELECT_SINCE).bind(since.as_micros());
    records(db, statement, record).await
}

/// Stores a note; a known one changes nothing.
pub(crate) async fn add(db: &mut SqliteConnection, note: &AuthorNote) -> Result<()> {
    sqlx::query(INSERT_NOTE)
        .bind(note.hash.to_string())
        .bind(note.text.as_str())
        .bind(note.from.as_str())
        .bind(note.at.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}

/// Forgets notes with other texts than these.
pub(crate) async fn forget(db: &mut SqliteConnection, kept: &[ContentHash]) -> Result<()> {
    sqlx::query(DELETE_OTHERS)
        .bind(serde_json::to_string(kept).expect("a list of hashes has a JSON form"))
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}
