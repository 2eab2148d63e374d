//! Alarms and pings, each raised once.

use copydesk_domain::{Instant, NoticeKind, PipelineName, RunId};
use copydesk_store::{Applied, NoticeRecord, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::{Columns, records};

statements! {
    INSERT_NOTICE = "
        INSERT INTO notice (key, way, kind, pipeline, run_id, message, body, details, raised_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        ON CONFLICT (key, way) DO NOTHING";
    SETTLE = "
        UPDATE notice
        SET delivered_at = ?3
        WHERE key = ?1 AND way = ?2 AND delivered_at IS NULL";
    SELECT_KEY = "
        SELECT key
        FROM notice
        WHERE key = ?1 AND way = ?2";
    SELECT_OPEN = "
        SELECT key, way, kind, pipeline, run_id, message, body, details, raised_at
        FROM notice
        WHERE delivered_at IS NULL
        ORDER BY id
        LIMIT 0 + ?1";
}

fn record(row: &SqliteRow) -> Result<NoticeRecord> {
    let columns = Columns::new(row, "notice", "key");
    Ok(NoticeRecord {
        key: columns.get("key")?,
        way: columns.get("way")?,
        kind: columns.parsed("kind", NoticeKind::parse)?,
        pipeline: PipelineName::new(columns.get::<String>("pipeline")?),
        run: columns.get::<Option<String>>("run_id")?.map(RunId::new),
        message: columns.get("message")?,
        body: columns.get("body")?,
        details: columns.get("details")?,
        raised_at: columns.instant("raised_at")?,
    })
}

/// Stores a notice, unless its key is known for its way.
pub(crate) async fn raise(db: &mut SqliteConnection, notice: &NoticeRecord) -> Result<Applied> {
    let done = sqlx::query(INSERT_NOTICE)
        .bind(&notice.key)
        .bind(&notice.way)
        .bind(notice.kind.as_str())
        .bind(notice.pipeline.as_str())
        .bind(notice.run.as_ref().map(RunId::as_str))
        .bind(&notice.message)
        .bind(notice.body.as_deref())
        .bind(notice.details.as_deref())
        .bind(notice.raised_at.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(Applied::Taken(done.rows_affected() == 1))
}

/// Stores that a notice was told or given up; one that was told before stays as it is.
pub(crate) async fn settle(db: &mut SqliteConnection, key: &str, way: &str, at: Instant) -> Result<()> {
    let known: Option<String> = sqlx::query_scalar(SELECT_KEY)
        .bind(key)
        .bind(way)
        .fetch_optional(&mut *db)
        .await
        .map_err(fault)?;
    if known.is_none() {
        return Err(StoreError::Inconsistent {
            table: "notice",
            column: "key",
            id: key.to_owned(),
        });
    }
    sqlx::query(SETTLE)
        .bind(key)
        .bind(way)
        .bind(at.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}

/// Notices that nobody was told yet, oldest first.
pub(crate) async fn open(db: &mut SqliteConnection, limit: u32) -> Result<Vec<NoticeRecord>> {
    let statement = sqlx::query(SELECT_OPEN).bind(limit);
    records(db, statement, record).await
}
