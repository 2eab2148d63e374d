//! Tokens, by their hashes.

use copydesk_domain::{ContentHash, Instant};
use copydesk_store::{Applied, TokenKind, TokenRecord};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::{Columns, records, require_one};

statements! {
    PUT_TOKEN = "
        INSERT INTO token (hash, kind, created_at, expires_at, name)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (hash) DO UPDATE
        SET kind = excluded.kind, created_at = excluded.created_at, expires_at = excluded.expires_at,
            name = excluded.name";
    SELECT_TOKEN = "
        SELECT hash, kind, created_at, expires_at, name
        FROM token
        WHERE hash = ?1";
    SELECT_OF_KIND = "
        SELECT hash, kind, created_at, expires_at, name
        FROM token
        WHERE kind = ?1
        ORDER BY created_at, hash";
    PROLONG_TOKEN = "
        UPDATE token
        SET expires_at = ?2
        WHERE hash = ?1";
    FORGET_ENDED = "
        DELETE FROM token
        WHERE kind <> 'api' AND expires_at <= ?1";
    DELETE_TOKEN = "
        DELETE FROM token
        WHERE hash = ?1";
}

/// The word for a kind in the store.
const fn word(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Login => "login",
        TokenKind::Session => "session",
        TokenKind::Api => "api",
    }
}

fn parse(word_given: &str) -> Option<TokenKind> {
    [TokenKind::Login, TokenKind::Session, TokenKind::Api]
        .into_iter()
        .find(|kind| word(*kind) == word_given)
}

fn record(row: &SqliteRow) -> Result<TokenRecord> {
    let columns = Columns::new(row, "token", "hash");
    Ok(TokenRecord {
        hash: columns.hash("hash")?,
        kind: columns.parsed("kind", parse)?,
        created_at: columns.instant("created_at")?,
        expires_at: columns.instant_option("expires_at")?,
        name: columns.get("name")?,
    })
}

/// A token by its hash.
pub(crate) async fn get(db: &mut SqliteConnection, hash: &ContentHash) -> Result<Option<TokenRecord>> {
    let row = sqlx::query(SELECT_TOKEN)
        .bind(hash.to_string())
        .fetch_optional(db)
        .await
        .map_err(fault)?;
    row.as_ref().map(record).transpose()
}

/// Tokens of a kind, oldest first.
pub(crate) async fn of_kind(db: &mut SqliteConnection, kind: TokenKind) -> Result<Vec<TokenRecord>> {
    let statement = sqlx::query(SELECT_OF_KIND).bind(word(kind));
    records(db, statement, record).await
}

/// Stores a token.
pub(crate) async fn put(db: &mut SqliteConnection, token: &TokenRecord) -> Result<()> {
    sqlx::query(PUT_TOKEN)
        .bind(token.hash.to_string())
        .bind(word(token.kind))
        .bind(token.created_at.as_micros())
        .bind(token.expires_at.map(Instant::as_micros))
        .bind(token.name.as_deref())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}

/// Takes a one-time token: it is gone afterwards, also where it had run out.
pub(crate) async fn take(db: &mut SqliteConnection, hash: &ContentHash, now: Instant) -> Result<Applied> {
    let Some(token) = get(db, hash).await? else {
        return Ok(Applied::Taken(false));
    };
    delete(db, hash).await?;
    Ok(Applied::Taken(token.expires_at.is_none_or(|end| end > now)))
}

async fn delete(db: &mut SqliteConnection, hash: &ContentHash) -> Result<()> {
    let done = sqlx::query(DELETE_TOKEN)
        .bind(hash.to_string())
        .execute(db)
        .await
        .map_err(fault)?;
    require_one(done.rows_affected(), "token", "hash", &hash.to_string())
}

/// Trades a link for a session. [`copydesk_store::Command::OpenSession`].
pub(crate) async fn open_session(
    db: &mut SqliteConnection,
    link: &ContentHash,
    session: &TokenRecord,
    now: Instant,
) -> Result<Applied> {
    let found = get(db, link).await?;
    if !found.is_some_and(|token| token.opens(TokenKind::Login, now)) {
        return Ok(Applied::Taken(false));
    }
    delete(db, link).await?;
    put(db, session).await?;
    Ok(Applied::Taken(true))
}

/// Moves the end of a token, if it is there.
pub(crate) async fn prolong(db: &mut SqliteConnection, hash: &ContentHash, until: Instant) -> Result<()> {
    sqlx::query(PROLONG_TOKEN)
        .bind(hash.to_string())
        .bind(until.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}

/// Forgets links and sessions that have ended.
pub(crate) async fn forget(db: &mut SqliteConnection, now: Instant) -> Result<()> {
    sqlx::query(FORGET_ENDED)
        .bind(now.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}
