//! Lists of runs.

use copydesk_domain::{Instant, PipelineName};
use copydesk_store::RunRecord;
use sqlx::SqliteConnection;

use crate::fault::{Result, fault};
use crate::row::records;
use crate::tables::run::{record, select_run};

statements! {
    /// SQLite prepares a statement whose limit is a parameter alone anew for each value.
    SELECT_OF_PIPELINE = select_run!(
        "WHERE pipeline = ?1 AND id <> 'models probe' ORDER BY created_at DESC, sequence DESC LIMIT 0 + ?2"
    );
    SELECT_OWN = select_run!(
        "WHERE pipeline = ?1 AND parent IS NULL AND id <> 'models probe' ORDER BY created_at DESC, sequence DESC LIMIT 0 + ?2"
    );
    /// Without the one that stands for probes: `copydesk_store::PROBES`.
    SELECT_NEWEST =
        select_run!("WHERE id <> 'models probe' ORDER BY created_at DESC, sequence DESC LIMIT 0 + ?1");
    /// In the words of its index, which SQLite compares.
    SELECT_OPEN = select_run!(
        "WHERE state = 'queued' OR state = 'running' OR state = 'waiting' ORDER BY created_at, sequence"
    );
    /// In the words and the order of its index.
    SELECT_ENDED = select_run!(
        "WHERE updated_at >= ?1 AND is_scheduled = 1
              AND (state = 'completed' OR state = 'failed' OR state = 'cancelled' OR state = 'superseded')
        ORDER BY updated_at, sequence"
    );
    SELECT_NEWEST_AT = "
        SELECT created_at
        FROM run
        WHERE created_at <= ?1 AND id <> 'models probe'
        ORDER BY created_at DESC
        LIMIT 1";
}

/// Runs, newest first.
pub(crate) async fn newest(
    db: &mut SqliteConnection,
    pipeline: Option<&PipelineName>,
    limit: u32,
) -> Result<Vec<RunRecord>> {
    let statement = match pipeline {
        Some(pipeline) => sqlx::query(SELECT_OF_PIPELINE)
            .bind(pipeline.as_str())
            .bind(limit),
        None => sqlx::query(SELECT_NEWEST).bind(limit),
    };
    records(db, statement, record).await
}

/// Runs of a pipeline that replay no other, newest first.
pub(crate) async fn own(
    db: &mut SqliteConnection,
    pipeline: &PipelineName,
    limit: u32,
) -> Result<Vec<RunRecord>> {
    let statement = sqlx::query(SELECT_OWN).bind(pipeline.as_str()).bind(limit);
    records(db, statement, record).await
}

/// Runs that are not final, oldest first.
pub(crate) async fn open(db: &mut SqliteConnection) -> Result<Vec<RunRecord>> {
    records(db, sqlx::query(SELECT_OPEN), record).await
}

/// Scheduled runs that are final and were changed at `since` or later, the last changed one last.
pub(crate) async fn ended(db: &mut SqliteConnection, since: Instant) -> Result<Vec<RunRecord>> {
    let statement = sqlx::query(SELECT_ENDED).bind(since.as_micros());
    records(db, statement, record).await
}

/// When the newest of the runs was made that were made at `until` or before.
pub(crate) async fn newest_at(db: &mut SqliteConnection, until: Instant) -> Result<Option<Instant>> {
    let statement = sqlx::query_scalar(SELECT_NEWEST_AT).bind(until.as_micros());
    let found: Option<i64> = statement.fetch_optional(db).await.map_err(fault)?;
    Ok(found.map(Instant::from_micros))
}
