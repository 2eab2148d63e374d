//! Stage rounds.

use copydesk_domain::artifact::ArtifactKind;
use copydesk_domain::{Instant, Round, RunId, StageName, StageState};
use copydesk_store::contract::rules;
use copydesk_store::{Applied, Command, Lease, StageRecord};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::{Columns, require_one};
use crate::tables::{artifact, body, run, step};

statements! {
    SELECT_ROUND = "
        SELECT id, stage, round, state, attempts, now, started_at, finished_at, reason
        FROM stage
        WHERE run_id = ?1 AND stage = ?2 AND round = ?3";
    SELECT_OF_RUN = "
        SELECT id, stage, round, state, attempts, now, started_at, finished_at, reason
        FROM stage
        WHERE run_id = ?1
        ORDER BY id";
    INSERT_ROUND = "
        INSERT INTO stage (run_id, stage, round, state, attempts, now, started_at)
        VALUES (?1, ?2, ?3, 'running', ?4, ?5, ?6)";
    START_AGAIN = "
        UPDATE stage
        SET state = 'running', attempts = attempts + 1, finished_at = NULL, reason = NULL
        WHERE run_id = ?1 AND stage = ?2 AND round = ?3";
    FINISH = "
        UPDATE stage
        SET state = ?4, finished_at = ?5, reason = ?6
        WHERE run_id = ?1 AND stage = ?2 AND round = ?3";
    REOPEN = "
        UPDATE stage
        SET state = 'pending', finished_at = NULL
        WHERE run_id = ?1 AND stage = ?2 AND round = ?3";
    CANCEL_OPEN = "
        UPDATE stage
        SET state = 'cancelled', finished_at = ?2
        WHERE run_id = ?1 AND state IN ('pending', 'running', 'waiting')";
}

fn record(row: &SqliteRow) -> Result<StageRecord> {
    let columns = Columns::new(row, "stage", "id");
    Ok(StageRecord {
        stage: StageName::new(columns.get::<String>("stage")?),
        round: columns.round("round")?,
        state: columns.parsed("state", StageState::parse)?,
        attempts: columns.count("attempts")?,
        now: columns.instant("now")?,
        started_at: columns.instant("started_at")?,
        finished_at: columns.instant_option("finished_at")?,
        reason: columns.get("reason")?,
        artifacts: Vec::new(),
    })
}

/// Stage rounds of a run with their artifacts, in order of first start.
pub(crate) async fn of_run(db: &mut SqliteConnection, run: &RunId) -> Result<Vec<StageRecord>> {
    let rows = sqlx::query(SELECT_OF_RUN)
        .bind(run.as_str())
        .fetch_all(&mut *db)
        .await
        .map_err(fault)?;
    let mut stages = rows.iter().map(record).collect::<Result<Vec<_>>>()?;
    for listed in artifact::of_run(db, run).await? {
        let of = |stage: &&mut StageRecord| stage.stage == listed.stage && stage.round == listed.round;
        if let Some(stage) = stages.iter_mut().find(of) {
            stage.artifacts.push(listed.artifact);
        }
    }
    Ok(stages)
}

async fn get(
    db: &mut SqliteConnection,
    run: &RunId,
    stage: &StageName,
    round: Round,
) -> Result<Option<StageRecord>> {
    let statement = sqlx::query(SELECT_ROUND)
        .bind(run.as_str())
        .bind(stage.as_str())
        .bind(round.0);
    statement
        .fetch_optional(db)
        .await
        .map_err(fault)?
        .as_ref()
        .map(record)
        .transpose()
}

async fn insert(
    db: &mut SqliteConnection,
    run: &RunId,
    (stage, round): (&StageName, Round),
    attempts: u32,
    now: Instant,
    at: Instant,
) -> Result<()> {
    sqlx::query(INSERT_ROUND)
        .bind(run.as_str())
        .bind(stage.as_str())
        .bind(round.0)
        .bind(attempts)
        .bind(now.as_micros())
        .bind(at.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}

/// Opens a round, or counts one more attempt of it; a completed one stays as it is.
pub(crate) async fn start(
    db: &mut SqliteConnection,
    lease: &Lease,
    stage: &StageName,
    round: Round,
    now: Instant,
    at: Instant,
) -> Result<Applied> {
    let Some(stored) = get(db, &lease.run, stage, round).await? else {
        insert(db, &lease.run, (stage, round), 1, now, at).await?;
        return Ok(Applied::StageNow(now));
    };
    if !rules::is_settled(stored.state) {
        let (calls, spend) = step::finished_calls(db, &lease.run, stage, round).await?;
        run::add_saved(db, &lease.run, calls, spend).await?;
        let statement = sqlx::query(START_AGAIN)
            .bind(lease.run.as_str())
            .bind(stage.as_str())
            .bind(round.0);
        let done = statement.execute(db).await.map_err(fault)?;
        require_one(done.rows_affected(), "stage", "attempts", stage.as_str())?;
    }
    Ok(Applied::StageNow(stored.now))
}

/// Ends a round, with its artifacts and bodies. [`Command::FinishStage`].
///
/// A round that was never started, because it is skipped, gets its row here.
pub(crate) async fn finish(db: &mut SqliteConnection, command: &Command) -> Result<()> {
    let Command::FinishStage {
        lease,
        stage,
        round,
        state,
        reason,
        artifacts,
        bodies,
        at,
    } = command
    else {
        unreachable!("called for FinishStage alone");
    };
    rules::require_done(stage, *state, artifacts)?;
    let stored = get(db, &lease.run, stage, *round).await?;
    if stored.is_none() {
        insert(db, &lease.run, (stage, *round), 0, *at, *at).await?;
    }
    for bytes in bodies {
        body::put(db, bytes).await?;
    }
    artifact::add(db, &lease.run, stage, *round, artifacts).await?;
    if stored.is_some_and(|stored| rules::is_settled(stored.state)) {
        return Ok(());
    }
    let done = sqlx::query(FINISH)
        .bind(lease.run.as_str())
        .bind(stage.as_str())
        .bind(round.0)
        .bind(state.as_str())
        .bind(state.is_final().then_some(at.as_micros()))
        .bind(reason.as_deref())
        .execute(&mut *db)
        .await
        .map_err(fault)?;
    require_one(done.rows_affected(), "stage", "state", stage.as_str())?;
    let kinds: Vec<ArtifactKind> = artifacts.iter().map(|artifact| artifact.kind).collect();
    match rules::issue_after(*state, &kinds) {
        Some(issue) => run::report_issue(db, &lease.run, issue, *at).await,
        None => Ok(()),
    }
}

/// Ends every round that is not at an end, because the run was stopped.
pub(crate) async fn cancel_open(db: &mut SqliteConnection, run: &RunId, at: Instant) -> Result<()> {
    sqlx::query(CANCEL_OPEN)
        .bind(run.as_str())
        .bind(at.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}

/// Opens the failed and cancelled rounds of a run again, and the steps that they failed by.
pub(crate) async fn reopen(db: &mut SqliteConnection, run: &RunId, at: Instant) -> Result<()> {
    let rounds = of_run(db, run).await?;
    for failed in rounds.iter().filter(|record| rules::is_reopened(record.state)) {
        let round = (&failed.stage, failed.round);
        step::reopen(db, run, round, failed.reason.as_deref(), at).await?;
        let done = sqlx::query(REOPEN)
            .bind(run.as_str())
            .bind(failed.stage.as_str())
            .bind(failed.round.0)
            .execute(&mut *db)
            .await
            .map_err(fault)?;
        require_one(done.rows_affected(), "stage", "state", failed.stage.as_str())?;
    }
    Ok(())
}
