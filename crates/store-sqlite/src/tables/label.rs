//! Labels that the author put on stories.

use copydesk_domain::artifact::{LabelKind, StoryLabel};
use copydesk_domain::{ContentHash, Instant, PipelineName, RunId};
use copydesk_store::contract::label_rules::{require_label, require_own_run};
use copydesk_store::{Applied, LabelRecord, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::Columns;

statements! {
    SELECT_PIPELINE = "
        SELECT pipeline
        FROM run
        WHERE id = ?1 AND parent IS NULL";
    SELECT_PARENT = "
        SELECT parent
        FROM run
        WHERE id = ?1 AND parent IS NOT NULL";
    SELECT_MISSING = "
        SELECT value
        FROM json_each(?1)
        WHERE NOT EXISTS (SELECT 1 FROM snapshot WHERE snapshot.hash = value)
        LIMIT 1";
    /// One that was taken back is put anew, and one that is said again later counts from then.
    INSERT_LABEL = "
        INSERT INTO label (id, sequence, pipeline, run_id, kind, snapshots, others, made_at)
        VALUES (?1, (SELECT coalesce(max(sequence), 0) + 1 FROM label), ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (id) DO UPDATE
        SET sequence = excluded.sequence, run_id = excluded.run_id, made_at = excluded.made_at, undone_at = NULL
        WHERE undone_at IS NOT NULL OR made_at < excluded.made_at";
    SELECT_ID = "
        SELECT id
        FROM label
        WHERE id = ?1";
    UNDO = "
        UPDATE label
        SET undone_at = ?2
        WHERE id = ?1 AND undone_at IS NULL";
    SELECT_NEWEST = "
        SELECT id, pipeline, run_id, kind, snapshots, others, made_at
        FROM label
        WHERE pipeline = ?1 AND made_at > ?2 AND undone_at IS NULL
        ORDER BY made_at DESC, sequence DESC
        LIMIT ?3";
}

fn record(row: &SqliteRow) -> Result<LabelRecord> {
    let columns = Columns::new(row, "label", "id");
    Ok(LabelRecord {
        id: columns.hash("id")?,
        pipeline: PipelineName::new(columns.get::<String>("pipeline")?),
        run: RunId::new(columns.get::<String>("run_id")?),
        label: StoryLabel {
            kind: columns.parsed("kind", LabelKind::parse)?,
            snapshots: columns.json("snapshots")?,
            others: columns.json("others")?,
            at: columns.instant("made_at")?,
        },
    })
}

fn list(hashes: &[ContentHash]) -> String {
    serde_json::to_string(hashes).expect("hashes have a JSON form")
}

/// Puts a label, if its run and snapshots are there.
pub(crate) async fn put(db: &mut SqliteConnection, record: &LabelRecord) -> Result<Applied> {
    let pipeline: Option<String> = sqlx::query_scalar(SELECT_PIPELINE)
        .bind(record.run.as_str())
        .fetch_optional(&mut *db)
        .await
        .map_err(fault)?;
    let Some(pipeline) = pipeline else {
        let parent: Option<String> = sqlx::query_scalar(SELECT_PARENT)
            .bind(record.run.as_str())
            .fetch_optional(&mut *db)
            .await
            .map_err(fault)?;
        require_own_run(&record.run, parent.map(RunId::new).as_ref())?;
        let run = record.run.clone();
        return Err(StoreError::RunUnknown { run });
    };
    let (snapshots, others) = (list(&record.label.snapshots), list(&record.label.others));
    let mut missing = None;
    for named in [&snapshots, &others] {
        let found: Option<String> = sqlx::query_scalar(SELECT_MISSING)
            .bind(named.as_str())
            .fetch_optional(&mut *db)
            .await
            .map_err(fault)?;
        missing = missing.or(found.and_then(|hash| hash.parse().ok()));
    }
    require_label(record, &PipelineName::new(pipeline), missing)?;
    let done = sqlx::query(INSERT_LABEL)
        .bind(record.id.to_string())
        .bind(record.pipeline.as_str())
        .bind(record.run.as_str())
        .bind(record.label.kind.as_str())
        .bind(snapshots)
        .bind(others)
        .bind(record.label.at.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(Applied::Taken(done.rows_affected() == 1))
}

/// Takes a label back.
pub(crate) async fn undo(db: &mut SqliteConnection, id: &ContentHash, at: Instant) -> Result<Applied> {
    let known: Option<String> = sqlx::query_scalar(SELECT_ID)
        .bind(id.to_string())
        .fetch_optional(&mut *db)
        .await
        .map_err(fault)?;
    if known.is_none() {
        return Err(StoreError::LabelRefused {
            reason: format!("there is no label {id}"),
        });
    }
    let done = sqlx::query(UNDO)
        .bind(id.to_string())
        .bind(at.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(Applied::Taken(done.rows_affected() == 1))
}

/// Labels of a pipeline that were put after `since` and not taken back, oldest first; of too many the newest.
pub(crate) async fn since(
    db: &mut SqliteConnection,
    pipeline: &PipelineName,
    since: Instant,
) -> Result<Vec<LabelRecord>> {
    let rows = sqlx::query(SELECT_NEWEST)
        .bind(pipeline.as_str())
        .bind(since.as_micros())
        .bind(LabelRecord::LIST_MAX)
        .fetch_all(db)
        .await
        .map_err(fault)?;
    rows.iter().rev().map(record).collect()
}
