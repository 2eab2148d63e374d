//! What was found before slots.

use copydesk_domain::{Instant, PipelineName};
use copydesk_store::{Applied, PreflightRecord, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::{Columns, records};

statements! {
    INSERT_LOOK = "
        INSERT INTO preflight (pipeline, nominal, looked_at, problems)
        VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (pipeline, nominal) DO NOTHING";
    SELECT_FROM = "
        SELECT id, pipeline, nominal, looked_at, problems
        FROM preflight
        WHERE pipeline = ?1 AND nominal >= ?2
        ORDER BY nominal";
}

fn record(row: &SqliteRow) -> Result<PreflightRecord> {
    let columns = Columns::new(row, "preflight", "id");
    Ok(PreflightRecord {
        pipeline: PipelineName::new(columns.get::<String>("pipeline")?),
        nominal: columns.instant("nominal")?,
        looked_at: columns.instant("looked_at")?,
        problems: columns.json("problems")?,
    })
}

/// Stores what was found, unless somebody looked before.
pub(crate) async fn put(db: &mut SqliteConnection, look: &PreflightRecord) -> Result<Applied> {
    let problems = serde_json::to_string(&look.problems).map_err(|error| StoreError::Database {
        reason: format!("problems have no JSON form: {error}"),
    })?;
    let done = sqlx::query(INSERT_LOOK)
        .bind(look.pipeline.as_str())
        .bind(look.nominal.as_micros())
        .bind(look.looked_at.as_micros())
        .bind(problems)
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(Applied::Taken(done.rows_affected() == 1))
}

/// What was found before the slots of a pipeline from `from` on, in order.
pub(crate) async fn from(
    db: &mut SqliteConnection,
    pipeline: &PipelineName,
    from: Instant,
) -> Result<Vec<PreflightRecord>> {
    let statement = sqlx::query(SELECT_FROM)
        .bind(pipeline.as_str())
        .bind(from.as_micros());
    records(db, statement, record).await
}
