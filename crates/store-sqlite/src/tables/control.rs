//! What a person set for a pipeline, and the schedule it was last seen with.

use copydesk_domain::{Instant, PipelineName};
use copydesk_store::PipelineControl;
use sqlx::SqliteConnection;

use crate::fault::{Result, fault};
use crate::row::Columns;

statements! {
    SET_PAUSED = "
        INSERT INTO pipeline_control (pipeline, paused_at)
        VALUES (?1, ?2)
        ON CONFLICT (pipeline) DO UPDATE SET paused_at = excluded.paused_at";
    SET_SCHEDULE = "
        INSERT INTO pipeline_control (pipeline, schedule, since)
        VALUES (?1, ?2, ?3)
        ON CONFLICT (pipeline) DO UPDATE SET schedule = excluded.schedule, since = excluded.since";
    ADD_PIPELINE = "
        INSERT INTO pipeline_control (pipeline)
        VALUES (?1)
        ON CONFLICT (pipeline) DO NOTHING";
    SKIP_DATE = "
        INSERT INTO skipped_date (pipeline, date)
        VALUES (?1, ?2)
        ON CONFLICT (pipeline, date) DO NOTHING";
    KEEP_DATE = "
        DELETE FROM skipped_date
        WHERE pipeline = ?1 AND date = ?2";
    SELECT_CONTROLS = "
        SELECT pipeline, paused_at, schedule, since
        FROM pipeline_control
        ORDER BY pipeline";
    SELECT_SKIPPED = "
        SELECT pipeline, date
        FROM skipped_date
        ORDER BY pipeline, date";
}

/// What a person set for each pipeline, by name.
pub(crate) async fn all(db: &mut SqliteConnection) -> Result<Vec<PipelineControl>> {
    let rows = sqlx::query(SELECT_CONTROLS)
        .fetch_all(&mut *db)
        .await
        .map_err(fault)?;
    let mut controls = Vec::with_capacity(rows.len());
    for row in &rows {
        let columns = Columns::new(row, "pipeline_control", "pipeline");
        controls.push(PipelineControl {
            pipeline: PipelineName::new(columns.get::<String>("pipeline")?),
            paused_at: columns.instant_option("paused_at")?,
            skipped: Vec::new(),
            since: columns.instant_option("since")?,
            schedule: columns.get("schedule")?,
        });
    }
    for row in &sqlx::query(SELECT_SKIPPED).fetch_all(db).await.map_err(fault)? {
        let columns = Columns::new(row, "skipped_date", "pipeline");
        let pipeline: String = columns.get("pipeline")?;
        let date = columns.parsed("date", |text| text.parse().ok())?;
        if let Some(control) = controls
            .iter_mut()
            .find(|control| control.pipeline.as_str() == pipeline)
        {
            control.skipped.push(date);
        }
    }
    Ok(controls)
}

/// Pauses or resumes a pipeline.
pub(crate) async fn set_paused(
    db: &mut SqliteConnection,
    pipeline: &PipelineName,
    paused_at: Option<Instant>,
) -> Result<()> {
    let statement = sqlx::query(SET_PAUSED)
        .bind(pipeline.as_str())
        .bind(paused_at.map(Instant::as_micros));
    statement.execute(db).await.map_err(fault)?;
    Ok(())
}

/// Remembers the schedule that a pipeline is seen with.
pub(crate) async fn set_schedule(
    db: &mut SqliteConnection,
    pipeline: &PipelineName,
    schedule: &str,
    since: Instant,
) -> Result<()> {
    let statement = sqlx::query(SET_SCHEDULE)
        .bind(pipeline.as_str())
        .bind(schedule)
        .bind(since.as_micros());
    statement.execute(db).await.map_err(fault)?;
    Ok(())
}

/// Skips a local date.
pub(crate) async fn skip(
    db: &mut SqliteConnection,
    pipeline: &PipelineName,
    date: jiff::civil::Date,
) -> Result<()> {
    sqlx::query(ADD_PIPELINE)
        .bind(pipeline.as_str())
        .execute(&mut *db)
        .await
        .map_err(fault)?;
    let statement = sqlx::query(SKIP_DATE)
        .bind(pipeline.as_str())
        .bind(date.to_string());
    statement.execute(db).await.map_err(fault)?;
    Ok(())
}

/// Skips a local date no more.
pub(crate) async fn keep(
    db: &mut SqliteConnection,
    pipeline: &PipelineName,
    date: jiff::civil::Date,
) -> Result<()> {
    let statement = sqlx::query(KEEP_DATE)
        .bind(pipeline.as_str())
        .bind(date.to_string());
    statement.execute(db).await.map_err(fault)?;
    Ok(())
}
