//! Steps and their attempts.

use copydesk_domain::{ContentHash, Instant, MicroUsd, Round, RunId, StageName, StepKey, StepState};
use copydesk_store::contract::rules;
use copydesk_store::{Lease, StepParams, StepRecord, StoreError, StoredOutcome, retention};
use serde::Serialize;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::{Columns, records, require_one, row_sets, stored_size};
use crate::tables::bundle::{Bundle, require_lease, trigger};

statements! {
    /// The last attempt, if there is one; and unless that was final, the new one with its outcome. One text, so that the
    /// most frequent of all writes is handed to the database once.
    FINISH = "
        SELECT id, input_hash, state
        FROM step
        WHERE run_id = $1 AND stage = $2 AND round = $3 AND key = $4;

        INSERT INTO body (hash, bytes)
        SELECT $7, $8
        WHERE $7 IS NOT NULL
              AND NOT EXISTS (
                  SELECT 1
                  FROM step
                  WHERE run_id = $1 AND stage = $2 AND round = $3 AND key = $4
                        AND state IN ('completed', 'discarded', 'cancelled'))
        ON CONFLICT (hash) DO NOTHING;

        INSERT INTO attempt (run_id, stage, round, key, input_hash, state, body, body_id, task, tool, model, tokens_in,
                             tokens_out, ms, tries, outcome, finished_at, answered_by)
        SELECT $1, $2, $3, $4, $5, $6, IIF($7 IS NULL, $8, NULL), (SELECT id FROM body WHERE hash = $7), $9, $10, $11,
               $12, $13, $14, $15, $16, $17, $18
        WHERE NOT EXISTS (
            SELECT 1
            FROM step
            WHERE run_id = $1 AND stage = $2 AND round = $3 AND key = $4
                  AND state IN ('completed', 'discarded', 'cancelled'))
        RETURNING id";
    SELECT_AFTER = "
        SELECT id, stage, round, key, input_hash, state, task, tool, model, tokens_in, tokens_out, ms, tries, outcome,
               finished_at, answered_by,
               (SELECT COALESCE(SUM(COALESCE(spend.settled, spend.reserved)), 0)
                FROM spend
                WHERE spend.run_id = step.run_id AND spend.stage = step.stage AND spend.round = step.round
                      AND spend.key = step.key) AS spend
        FROM step
        WHERE run_id = ?1 AND id > ?2
        ORDER BY id";
    SELECT_DISCARDED = "
        SELECT id, outcome
        FROM step
        WHERE run_id = ?1 AND stage = ?2 AND round = ?3 AND state = 'discarded'
        ORDER BY id DESC";
    REOPEN = "
        INSERT INTO attempt (run_id, stage, round, key, input_hash, state, body, body_id, task, tool, ms, tries, outcome,
                             finished_at)
        SELECT run_id, stage, round, key, input_hash, 'retryable', body, body_id, task, tool, 0, 0, ?2, ?3
        FROM attempt
        WHERE id = ?1";
    SELECT_FINISHED_CALLS = "
        SELECT COUNT(id) AS calls,
               COALESCE(SUM((SELECT SUM(COALESCE(spend.settled, spend.reserved))
                             FROM spend
                             WHERE spend.run_id = step.run_id AND spend.stage = step.stage
                                   AND spend.round = step.round AND spend.key = step.key)), 0) AS spend
        FROM step
        WHERE run_id = ?1 AND stage = ?2 AND round = ?3 AND state IN ('completed', 'discarded')
              AND (task IS NOT NULL OR tool IS NOT NULL)";
    SELECT_OUTCOMES = "
        SELECT step.id AS id, step.key AS key, step.input_hash AS input_hash, step.state AS state,
               COALESCE(step.body, body.bytes) AS bytes
        FROM step
        LEFT JOIN body ON body.id = step.body_id
        WHERE step.run_id = ?1 AND step.stage = ?2 AND step.round = ?3
              AND step.state IN ('completed', 'discarded', 'cancelled')
        ORDER BY step.id";
}

/// A step without a final outcome gets one more attempt.
pub(crate) const TRIGGERS: &[&str] = &[trigger!(
    "bundle",
    "finish_step",
    concat!(
        require_lease!(),
        "
            SELECT RAISE(ABORT, 'alone')
            FROM (
                SELECT state
                FROM attempt
                WHERE run_id = NEW.row ->> 'run' AND stage = NEW.row ->> 'stage' AND round = NEW.row ->> 'round'
                      AND key = NEW.row ->> 'key'
                ORDER BY id DESC
                LIMIT 1) AS last
            WHERE last.state = 'completed' OR last.state = 'discarded' OR last.state = 'cancelled';

            INSERT INTO body (hash, bytes)
            SELECT NEW.row ->> 'body', NEW.bytes
            WHERE NEW.row ->> 'body' IS NOT NULL
            ON CONFLICT (hash) DO NOTHING;

            INSERT INTO attempt (run_id, stage, round, key, input_hash, state, body, body_id, task, tool, model,
                                 tokens_in, tokens_out, ms, tries, outcome, finished_at, answered_by)
            VALUES (NEW.row ->> 'run', NEW.row ->> 'stage', NEW.row ->> 'round', NEW.row ->> 'key',
                    NEW.row ->> 'input', NEW.row ->> 'state', IIF(NEW.row ->> 'body' IS NULL, NEW.bytes, NULL),
                    (SELECT id FROM body WHERE hash = NEW.row ->> 'body'), NEW.row ->> 'task', NEW.row ->> 'tool',
                    NEW.row ->> 'model', NEW.row ->> 'tokens_in', NEW.row ->> 'tokens_out', NEW.row ->> 'ms',
                    NEW.row ->> 'tries', NEW.row ->> 'outcome', NEW.row ->> 'at', NEW.row ->> 'answered_by');"
    )
)];

#[derive(Serialize)]
struct FinishDto<'a> {
    run: &'a str,
    fence: i64,
    stage: &'a str,
    round: u32,
    key: &'a str,
    input: String,
    state: &'static str,
    /// None where the outcome stands in its attempt.
    body: Option<String>,
    task: Option<&'a str>,
    tool: Option<&'a str>,
    model: Option<&'a str>,
    tokens_in: Option<i64>,
    tokens_out: Option<i64>,
    ms: i64,
    tries: u32,
    outcome: &'a str,
    at: i64,
    answered_by: Option<&'a str>,
}

/// The hash that an outcome is stored by; none for one that stands in its attempt.
fn hash_of_long(outcome: &[u8]) -> Option<String> {
    (outcome.len() >= retention::LONG_OUTCOME).then(|| ContentHash::of(outcome).to_string())
}

/// The row of an attempt's end.
pub(crate) fn bundle(bundle: &mut Bundle, lease: &Lease, step: &StepParams) {
    let row = FinishDto {
        run: lease.run.as_str(),
        fence: lease.fence.0,
        stage: step.stage.as_str(),
        round: step.round.0,
        key: step.key.as_str(),
        input: step.input_hash.to_string(),
        state: step.state.as_str(),
        body: hash_of_long(&step.body),
        task: step.task.as_deref(),
        tool: step.tool.as_deref(),
        model: step.model.as_deref(),
        tokens_in: step.tokens_in.map(stored_size),
        tokens_out: step.tokens_out.map(stored_size),
        ms: stored_size(step.ms),
        tries: step.attempts,
        outcome: &step.outcome,
        at: step.at.as_micros(),
        answered_by: step.answered_by.as_deref(),
    };
    bundle.push("finish_step", &row, &step.body);
}

fn record(row: &SqliteRow) -> Result<StepRecord> {
    let columns = Columns::new(row, "attempt", "id");
    Ok(StepRecord {
        sequence: columns.get("id")?,
        stage: StageName::new(columns.get::<String>("stage")?),
        round: columns.round("round")?,
        key: StepKey::new(columns.get::<String>("key")?),
        input_hash: columns.hash("input_hash")?,
        state: columns.parsed("state", StepState::parse)?,
        task: columns.get("task")?,
        tool: columns.get("tool")?,
        model: columns.get("model")?,
        answered_by: columns.get("answered_by")?,
        tokens_in: columns.size_option("tokens_in")?,
        tokens_out: columns.size_option("tokens_out")?,
        ms: columns.size("ms")?,
        spend: columns.money("spend")?,
        attempts: columns.count("tries")?,
        outcome: columns.get("outcome")?,
        finished_at: columns.instant("finished_at")?,
    })
}

fn outcome(row: &SqliteRow) -> Result<StoredOutcome> {
    let columns = Columns::new(row, "attempt", "id");
    Ok(StoredOutcome {
        key: StepKey::new(columns.get::<String>("key")?),
        input_hash: columns.hash("input_hash")?,
        state: columns.parsed("state", StepState::parse)?,
        body: columns.get("bytes")?,
    })
}

/// Steps of a run whose last attempt is above `after`, in order of that attempt.
pub(crate) async fn after(db: &mut SqliteConnection, run: &RunId, after: i64) -> Result<Vec<StepRecord>> {
    let statement = sqlx::query(SELECT_AFTER).bind(run.as_str()).bind(after);
    records(db, statement, record).await
}

/// Final outcomes of a stage round.
pub(crate) async fn outcomes(
    db: &mut SqliteConnection,
    run: &RunId,
    stage: &StageName,
    round: Round,
) -> Result<Vec<StoredOutcome>> {
    let statement = sqlx::query(SELECT_OUTCOMES)
        .bind(run.as_str())
        .bind(stage.as_str())
        .bind(round.0);
    records(db, statement, outcome).await
}

/// Calls of a round whose outcomes are stored, and what they cost.
pub(crate) async fn finished_calls(
    db: &mut SqliteConnection,
    run: &RunId,
    stage: &StageName,
    round: Round,
) -> Result<(i64, MicroUsd)> {
    let row = sqlx::query(SELECT_FINISHED_CALLS)
        .bind(run.as_str())
        .bind(stage.as_str())
        .bind(round.0)
        .fetch_one(db)
        .await
        .map_err(fault)?;
    let columns = Columns::new(&row, "step", "calls");
    Ok((columns.get("calls")?, columns.money("spend")?))
}

/// Opens the discarded steps of a round that it failed by. What happened stays: the opening is a row of its own.
pub(crate) async fn reopen(
    db: &mut SqliteConnection,
    run: &RunId,
    (stage, round): (&StageName, Round),
    reason: Option<&str>,
    at: Instant,
) -> Result<()> {
    let statement = sqlx::query(SELECT_DISCARDED)
        .bind(run.as_str())
        .bind(stage.as_str())
        .bind(round.0);
    for row in statement.fetch_all(&mut *db).await.map_err(fault)? {
        let columns = Columns::new(&row, "attempt", "id");
        let outcome: String = columns.get("outcome")?;
        if rules::is_tried_again(reason, &outcome) {
            return reopen_attempt(db, columns.get("id")?, at).await;
        }
    }
    Ok(())
}

async fn reopen_attempt(db: &mut SqliteConnection, attempt: i64, at: Instant) -> Result<()> {
    let opened = sqlx::query(REOPEN)
        .bind(attempt)
        .bind(rules::REOPENED)
        .bind(at.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    require_one(opened.rows_affected(), "attempt", "id", &attempt.to_string())
}

/// Stores the end of an attempt. The statements decide what this reads from their first rows: after a final outcome they
/// write nothing.
pub(crate) async fn finish(db: &mut SqliteConnection, lease: &Lease, step: &StepParams) -> Result<()> {
    let statement = sqlx::query(FINISH)
        .bind(lease.run.as_str())
        .bind(step.stage.as_str())
        .bind(step.round.0)
        .bind(step.key.as_str())
        .bind(step.input_hash.to_string())
        .bind(step.state.as_str())
        .bind(hash_of_long(&step.body))
        .bind(step.body.as_slice())
        .bind(step.task.as_deref())
        .bind(step.tool.as_deref())
        .bind(step.model.as_deref())
        .bind(step.tokens_in.map(stored_size))
        .bind(step.tokens_out.map(stored_size))
        .bind(stored_size(step.ms))
        .bind(step.attempts)
        .bind(step.outcome.as_str())
        .bind(step.at.as_micros())
        .bind(step.answered_by.as_deref());
    let sets = row_sets(db, statement).await?;
    let [last, _, written] = sets.as_slice() else {
        unreachable!("three statements have three answers");
    };
    if let Some(row) = last.first() {
        let columns = Columns::new(row, "attempt", "id");
        if columns.parsed("state", StepState::parse)?.is_final() {
            if columns.hash("input_hash")? == step.input_hash {
                return Ok(());
            }
            return Err(StoreError::InputChanged {
                key: step.key.to_string(),
            });
        }
    }
    require_one(written.len() as u64, "attempt", "key", step.key.as_str())
}
