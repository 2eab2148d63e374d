//! Counts for machines: added up here, read without their rows.

use copydesk_domain::{Instant, IssueState, PipelineName, RunState};
use copydesk_store::{BillSum, CountParams, Counts, OutboxState, PayloadCount, RunCount};
use sqlx::SqliteConnection;

use crate::fault::{Result, fault};
use crate::row::Columns;

statements! {
    COUNT_RUNS = "
        SELECT pipeline, state, issue, COUNT(id) AS count
        FROM (
            SELECT id, pipeline, state, issue
            FROM run
            WHERE parent IS NULL AND id <> 'models probe'
            ORDER BY created_at DESC, sequence DESC
            LIMIT 0 + ?1)
        GROUP BY pipeline, state, issue
        ORDER BY pipeline, state, issue";
    /// Open runs in the words of their index.
    COUNT_PAYLOADS = "
        SELECT state, COUNT(id) AS count
        FROM outbox
        WHERE run_id IN (
            SELECT id
            FROM run
            WHERE state = 'queued' OR state = 'running' OR state = 'waiting'
            UNION
            SELECT run_id
            FROM outbox
            WHERE state = 'unknown')
        GROUP BY state
        ORDER BY state";
    SUM_BILLS = "
        SELECT model, SUM(settled) AS amount
        FROM spend
        WHERE at >= ?1 AND settled IS NOT NULL
        GROUP BY model
        ORDER BY model";
}

/// All counts.
pub(crate) async fn all(db: &mut SqliteConnection, params: CountParams) -> Result<Counts> {
    Ok(Counts {
        runs: runs(db, params.runs_max).await?,
        payloads: payloads(db).await?,
        bills: bills(db, params.billed_since).await?,
    })
}

async fn runs(db: &mut SqliteConnection, runs_max: u32) -> Result<Vec<RunCount>> {
    let statement = sqlx::query(COUNT_RUNS).bind(runs_max);
    let rows = statement.fetch_all(db).await.map_err(fault)?;
    let count = |row| {
        let columns = Columns::new(row, "run", "pipeline");
        Ok(RunCount {
            pipeline: PipelineName::new(columns.get::<String>("pipeline")?),
            state: columns.parsed("state", RunState::parse)?,
            issue: columns.parsed("issue", IssueState::parse)?,
            count: columns.size("count")?,
        })
    };
    rows.iter().map(count).collect()
}

async fn payloads(db: &mut SqliteConnection) -> Result<Vec<PayloadCount>> {
    let rows = sqlx::query(COUNT_PAYLOADS).fetch_all(db).await.map_err(fault)?;
    let count = |row| {
        let columns = Columns::new(row, "outbox", "state");
        Ok(PayloadCount {
            state: columns.parsed("state", OutboxState::parse)?,
            count: columns.size("count")?,
        })
    };
    rows.iter().map(count).collect()
}

async fn bills(db: &mut SqliteConnection, since: Instant) -> Result<Vec<BillSum>> {
    let statement = sqlx::query(SUM_BILLS).bind(since.as_micros());
    let rows = statement.fetch_all(db).await.map_err(fault)?;
    let sum = |row| {
        let columns = Columns::new(row, "spend", "model");
        Ok(BillSum {
            model: columns.get("model")?,
            amount: columns.money("amount")?,
        })
    };
    rows.iter().map(sum).collect()
}
