//! Money: reserves and bills.

use copydesk_domain::{Instant, MicroUsd, PipelineName, RunId, StageName, StepKey};
use copydesk_store::contract::budget_rules;
use copydesk_store::{Applied, BudgetLimit, BudgetScope, Command, Counted, Reserved, SpendRecord};
use serde::Serialize;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::{Columns, records, require_one, stored_size};
use crate::tables::bundle::{Bundle, require_lease, trigger};
use crate::tables::run;

macro_rules! select_spend {
    ($tail:literal) => {
        concat!(
            "
        SELECT spend.id AS id, spend.run_id AS run_id, run.pipeline AS pipeline, spend.stage AS stage,
               spend.key AS key, spend.task AS task, spend.model AS model, spend.at AS at,
               COALESCE(spend.settled, spend.reserved) AS amount, spend.is_assumed AS is_assumed,
               spend.settled IS NOT NULL AS is_settled, spend.reserved AS reserved, spend.tokens_in AS tokens_in,
               spend.tokens_out AS tokens_out, spend.tokens_cached AS tokens_cached, spend.cached AS cached
        FROM spend
        JOIN run ON run.id = spend.run_id
        ",
            $tail
        )
    };
}

statements! {
    SELECT_SINCE = select_spend!("WHERE spend.at >= ?1 ORDER BY spend.at, spend.id");
    SELECT_OF_RUN = select_spend!("WHERE spend.run_id = ?1 ORDER BY spend.id");
    SUM_OF_STAGE = "
        SELECT COALESCE(SUM(COALESCE(settled, reserved)), 0)
        FROM spend
        WHERE run_id = ?1 AND stage = ?2";
    SUM_OF_RUN = "
        SELECT COALESCE(SUM(COALESCE(settled, reserved)), 0)
        FROM spend
        WHERE run_id = ?1";
    SUM_SINCE = "
        SELECT COALESCE(SUM(COALESCE(settled, reserved)), 0)
        FROM spend
        WHERE at >= ?1";
    INSERT_RESERVE = "
        INSERT INTO spend (run_id, stage, round, key, task, model, at, reserved)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    /// The reserve, if it is there; and its bill, unless it has one.
    SETTLE = "
        SELECT id
        FROM spend
        WHERE id = $1 AND run_id = $2;

        UPDATE spend
        SET settled = $3, settled_at = $4, is_assumed = $5, tokens_in = $6, tokens_out = $7, tokens_cached = $8,
            cached = $9
        WHERE id = $1 AND run_id = $2 AND settled IS NULL";
}

pub(crate) const TRIGGERS: &[&str] = &[trigger!(
    "settle_spend",
    concat!(
        require_lease!(),
        "
            SELECT RAISE(ABORT, 'alone')
            WHERE NOT EXISTS (
                SELECT 1
                FROM spend
                WHERE id = NEW.row ->> 'reservation' AND run_id = NEW.row ->> 'run');

            UPDATE spend
            SET settled = NEW.row ->> 'amount', settled_at = NEW.row ->> 'at', is_assumed = NEW.row ->> 'is_assumed',
                tokens_in = NEW.row ->> 'tokens_in', tokens_out = NEW.row ->> 'tokens_out',
                tokens_cached = NEW.row ->> 'tokens_cached', cached = NEW.row ->> 'cached'
            WHERE id = NEW.row ->> 'reservation' AND settled IS NULL;"
    )
)];

#[derive(Serialize)]
struct SettleDto<'a> {
    run: &'a str,
    fence: i64,
    reservation: i64,
    amount: i64,
    is_assumed: bool,
    tokens_in: Option<i64>,
    tokens_out: Option<i64>,
    tokens_cached: Option<i64>,
    cached: Option<i64>,
    at: i64,
}

/// The row of a bill.
pub(crate) fn bundle(bundle: &mut Bundle, command: &Command) {
    let Command::SettleSpend {
        lease,
        reservation,
        amount,
        is_assumed,
        counted,
        at,
    } = command
    else {
        unreachable!("called for SettleSpend alone");
    };
    let row = SettleDto {
        run: lease.run.as_str(),
        fence: lease.fence.0,
        reservation: *reservation,
        amount: amount.0,
        is_assumed: *is_assumed,
        tokens_in: counted.map(|counted| stored_size(counted.tokens_in)),
        tokens_out: counted.map(|counted| stored_size(counted.tokens_out)),
        tokens_cached: counted.map(|counted| stored_size(counted.tokens_cached)),
        cached: counted.map(|counted| counted.cached.0),
        at: at.as_micros(),
    };
    bundle.push("settle_spend", &row, &[]);
}

fn record(row: &SqliteRow) -> Result<SpendRecord> {
    let columns = Columns::new(row, "spend", "id");
    Ok(SpendRecord {
        run: RunId::new(columns.get::<String>("run_id")?),
        pipeline: PipelineName::new(columns.get::<String>("pipeline")?),
        stage: StageName::new(columns.get::<String>("stage")?),
        key: StepKey::new(columns.get::<String>("key")?),
        task: columns.get("task")?,
        model: columns.get("model")?,
        at: columns.instant("at")?,
        amount: columns.money("amount")?,
        is_assumed: columns.get("is_assumed")?,
        is_settled: columns.get("is_settled")?,
        reserved: columns.money("reserved")?,
        counted: counted(&columns)?,
    })
}

fn counted(columns: &Columns<'_>) -> Result<Option<Counted>> {
    let Some(tokens_in) = columns.size_option("tokens_in")? else {
        return Ok(None);
    };
    Ok(Some(Counted {
        tokens_in,
        tokens_out: columns.size("tokens_out")?,
        tokens_cached: columns.size("tokens_cached")?,
        cached: columns.money("cached")?,
    }))
}

/// Spends from `since` on, in order.
pub(crate) async fn since(db: &mut SqliteConnection, since: Instant) -> Result<Vec<SpendRecord>> {
    let statement = sqlx::query(SELECT_SINCE).bind(since.as_micros());
    records(db, statement, record).await
}

/// Spends of a run, in order.
pub(crate) async fn of_run(db: &mut SqliteConnection, run: &RunId) -> Result<Vec<SpendRecord>> {
    let statement = sqlx::query(SELECT_OF_RUN).bind(run.as_str());
    records(db, statement, record).await
}

/// Reserves money if it fits every limit. [`Command::ReserveSpend`].
pub(crate) async fn reserve(db: &mut SqliteConnection, command: &Command) -> Result<Applied> {
    let Command::ReserveSpend {
        lease,
        stage,
        round,
        key,
        task,
        model,
        amount,
        limits,
        at,
    } = command
    else {
        unreachable!("called for ReserveSpend alone");
    };
    let extra = run::known(db, &lease.run).await?.budget_extra;
    let mut uses = Vec::with_capacity(limits.len());
    for limit in limits {
        let spent = spent(db, limit, &lease.run, stage).await?;
        uses.push(budget_rules::used(limit, spent, extra));
    }
    budget_rules::fit(&uses, *amount)?;
    let done = sqlx::query(INSERT_RESERVE)
        .bind(lease.run.as_str())
        .bind(stage.as_str())
        .bind(round.0)
        .bind(key.as_str())
        .bind(task.as_str())
        .bind(model.as_str())
        .bind(at.as_micros())
        .bind(amount.0)
        .execute(db)
        .await
        .map_err(fault)?;
    let id = done.last_insert_rowid();
    Ok(Applied::Reserved(Reserved { id, uses }))
}

/// Bills and open reserves that count against a limit.
async fn spent(
    db: &mut SqliteConnection,
    limit: &BudgetLimit,
    run: &RunId,
    stage: &StageName,
) -> Result<MicroUsd> {
    let statement = match limit.scope {
        BudgetScope::Call => return Ok(MicroUsd::ZERO),
        BudgetScope::Stage => sqlx::query_scalar(SUM_OF_STAGE)
            .bind(run.as_str())
            .bind(stage.as_str()),
        BudgetScope::Run => sqlx::query_scalar(SUM_OF_RUN).bind(run.as_str()),
        BudgetScope::Day | BudgetScope::Month => {
            sqlx::query_scalar(SUM_SINCE).bind(limit.since.map_or(i64::MIN, Instant::as_micros))
        }
    };
    statement.fetch_one(db).await.map(MicroUsd).map_err(fault)
}

/// Books a bill, also one above its reserve. A second bill for the same reserve changes nothing.
pub(crate) async fn settle(db: &mut SqliteConnection, command: &Command) -> Result<()> {
    let Command::SettleSpend {
        lease,
        reservation,
        amount,
        is_assumed,
        counted,
        at,
    } = command
    else {
        unreachable!("called for SettleSpend alone");
    };
    let found = sqlx::query(SETTLE)
        .bind(reservation)
        .bind(lease.run.as_str())
        .bind(amount.0)
        .bind(at.as_micros())
        .bind(is_assumed)
        .bind(counted.map(|counted| stored_size(counted.tokens_in)))
        .bind(counted.map(|counted| stored_size(counted.tokens_out)))
        .bind(counted.map(|counted| stored_size(counted.tokens_cached)))
        .bind(counted.map(|counted| counted.cached.0))
        .fetch_all(db)
        .await
        .map_err(fault)?;
    require_one(found.len() as u64, "spend", "id", &reservation.to_string())
}
