//! Slots with their outcomes.

use copydesk_domain::{Instant, PipelineName, RunId, SlotState};
use copydesk_store::{Slot, SlotRecord};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::{Columns, records};
use crate::tables::run;

statements! {
    /// A settled row stays as it is; so does the run of a pending one unless another is named.
    PUT_SLOT = "
        INSERT INTO slot (pipeline, nominal, zone, state, reason, run_id)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (pipeline, nominal) DO UPDATE
        SET state = excluded.state, reason = excluded.reason, run_id = COALESCE(excluded.run_id, run_id)
        WHERE slot.state = 'pending'";
    DELETE_AFTER = "
        DELETE FROM slot
        WHERE pipeline = ?1 AND nominal > ?2 AND state = 'skipped' AND run_id IS NULL";
    SELECT_FROM = "
        SELECT id, pipeline, nominal, zone, state, reason, run_id
        FROM slot
        WHERE pipeline = ?1 AND nominal >= ?2
        ORDER BY nominal";
    /// The aggregate passes over what is missing.
    SELECT_OF_INTEREST = "
        SELECT MIN(nominal)
        FROM (
            SELECT MIN(nominal) AS nominal
            FROM slot
            WHERE pipeline = ?1 AND state = 'pending'
            UNION ALL
            SELECT MAX(nominal)
            FROM slot
            WHERE pipeline = ?1 AND nominal <= ?2)";
}

fn record(row: &SqliteRow) -> Result<SlotRecord> {
    let columns = Columns::new(row, "slot", "id");
    Ok(SlotRecord {
        pipeline: PipelineName::new(columns.get::<String>("pipeline")?),
        slot: Slot {
            nominal: columns.instant("nominal")?,
            zone: columns.get("zone")?,
        },
        state: columns.parsed("state", SlotState::parse)?,
        reason: columns.get("reason")?,
        run: columns.get::<Option<String>>("run_id")?.map(RunId::new),
    })
}

/// Slots of a pipeline from `from` on, in order.
pub(crate) async fn from(
    db: &mut SqliteConnection,
    pipeline: &PipelineName,
    from: Instant,
) -> Result<Vec<SlotRecord>> {
    let statement = sqlx::query(SELECT_FROM)
        .bind(pipeline.as_str())
        .bind(from.as_micros());
    records(db, statement, record).await
}

/// The oldest pending slot of a pipeline, or the newest that is due where that is older.
pub(crate) async fn of_interest(
    db: &mut SqliteConnection,
    pipeline: &PipelineName,
    now: Instant,
) -> Result<Option<Instant>> {
    let found: Option<i64> = sqlx::query_scalar(SELECT_OF_INTEREST)
        .bind(pipeline.as_str())
        .bind(now.as_micros())
        .fetch_one(db)
        .await
        .map_err(fault)?;
    Ok(found.map(Instant::from_micros))
}

/// Removes the rows of skipped slots after an instant that led to no run, as many as there are.
pub(crate) async fn forget(db: &mut SqliteConnection, pipeline: &PipelineName, after: Instant) -> Result<()> {
    sqlx::query(DELETE_AFTER)
        .bind(pipeline.as_str())
        .bind(after.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}

/// Makes or settles the row of a slot. `by`: the run that it led to.
pub(crate) async fn put(
    db: &mut SqliteConnection,
    pipeline: &PipelineName,
    slot: &Slot,
    state: SlotState,
    reason: Option<&str>,
    by: Option<&RunId>,
) -> Result<()> {
    if let Some(by) = by {
        run::known(db, by).await?;
    }
    // The row count may be 0: a settled row is never reopened.
    sqlx::query(PUT_SLOT)
        .bind(pipeline.as_str())
        .bind(slot.nominal.as_micros())
        .bind(slot.zone.as_str())
        .bind(state.as_str())
        .bind(reason)
        .bind(by.map(RunId::as_str))
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}
