//! Stage rounds.

use copydesk_domain::artifact::ArtifactKind;
use copydesk_domain::{Instant, Round, RunId, StageName, StageState};
use copydesk_store::contract::rules;
use copydesk_store::retention::cited;
use copydesk_store::{Applied, Command, Lease, StageRecord};
use serde::Serialize;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::{Columns, require_one, row_sets};
use crate::tables::bundle::{Bundle, require_lease, trigger};
use crate::tables::{artifact, body, run, step};

statements! {
    SELECT_OF_RUN = "
        SELECT id, stage, round, state, attempts, now, started_at, finished_at, reason
        FROM stage
        WHERE run_id = $1
        ORDER BY id;

        SELECT id, stage, round, kind, hash
        FROM artifact
        WHERE run_id = $1
        ORDER BY stage, round, position";
    /// The round, if it is there; else it is begun.
    BEGIN = "
        SELECT id, stage, round, state, attempts, now, started_at, finished_at, reason
        FROM stage
        WHERE run_id = $1 AND stage = $2 AND round = $3;

        INSERT INTO stage (run_id, stage, round, state, attempts, now, started_at)
        VALUES ($1, $2, $3, 'running', 1, $4, $5)
        ON CONFLICT (run_id, stage, round) DO NOTHING";
    START_AGAIN = "
        UPDATE stage
        SET state = 'running', attempts = attempts + 1, finished_at = NULL, reason = NULL
        WHERE run_id = ?1 AND stage = ?2 AND round = ?3";
    /// The round as it was and the artifacts that it lists; and its end, unless it has its artifacts already. One that
    /// was never started, because it is skipped, is begun without an attempt.
    FINISH = "
        SELECT id, stage, round, state, attempts, now, started_at, finished_at, reason
        FROM stage
        WHERE run_id = $1 AND stage = $2 AND round = $3;

        SELECT id, stage, round, kind, hash
        FROM artifact
        WHERE run_id = $1 AND stage = $2 AND round = $3
        ORDER BY position;

        INSERT INTO stage (run_id, stage, round, state, attempts, now, started_at, finished_at, reason)
        VALUES ($1, $2, $3, $4, 0, $7, $7, $5, $6)
        ON CONFLICT (run_id, stage, round) DO UPDATE
        SET state = excluded.state, finished_at = excluded.finished_at, reason = excluded.reason
        WHERE stage.state <> 'completed'";
    REOPEN = "
        UPDATE stage
        SET state = 'pending', finished_at = NULL
        WHERE run_id = ?1 AND stage = ?2 AND round = ?3";
    CANCEL_OPEN = "
        UPDATE stage
        SET state = 'cancelled', finished_at = ?2
        WHERE run_id = ?1 AND state IN ('pending', 'running', 'waiting')";
}

/// A new round begins; a running one that lists nothing yet ends, with its artifacts.
pub(crate) const TRIGGERS: &[&str] = &[
    trigger!(
        "start_stage",
        concat!(
            require_lease!(),
            "
            SELECT RAISE(ABORT, 'alone')
            FROM stage
            WHERE run_id = NEW.row ->> 'run' AND stage = NEW.row ->> 'stage' AND round = NEW.row ->> 'round';

            INSERT INTO stage (run_id, stage, round, state, attempts, now, started_at)
            VALUES (NEW.row ->> 'run', NEW.row ->> 'stage', NEW.row ->> 'round', 'running', 1, NEW.row ->> 'now',
                    NEW.row ->> 'at');"
        )
    ),
    trigger!(
        "finish_stage",
        concat!(
            require_lease!(),
            "
            SELECT RAISE(ABORT, 'alone')
            WHERE NOT EXISTS (
                      SELECT 1
                      FROM stage
                      WHERE run_id = NEW.row ->> 'run' AND stage = NEW.row ->> 'stage'
                            AND round = NEW.row ->> 'round' AND state = 'running')
                  OR EXISTS (
                      SELECT 1
                      FROM artifact
                      WHERE run_id = NEW.row ->> 'run' AND stage = NEW.row ->> 'stage'
                            AND round = NEW.row ->> 'round');

            UPDATE stage
            SET state = NEW.row ->> 'state', finished_at = NEW.row ->> 'at', reason = NEW.row ->> 'reason'
            WHERE run_id = NEW.row ->> 'run' AND stage = NEW.row ->> 'stage' AND round = NEW.row ->> 'round';"
        )
    ),
    trigger!(
        "artifact",
        "
            INSERT INTO body (hash, bytes)
            VALUES (NEW.row ->> 'hash', NEW.bytes)
            ON CONFLICT (hash) DO NOTHING;

            INSERT INTO artifact (run_id, stage, round, position, kind, hash)
            VALUES (NEW.row ->> 'run', NEW.row ->> 'stage', NEW.row ->> 'round', NEW.row ->> 'position',
                    NEW.row ->> 'kind', NEW.row ->> 'hash');

            INSERT INTO citation (cited, artifact_hash)
            SELECT value, NEW.row ->> 'hash'
            FROM json_each(NEW.row -> 'cited')
            WHERE TRUE
            ON CONFLICT (cited, artifact_hash) DO NOTHING;"
    ),
];

#[derive(Serialize)]
struct RoundDto<'a> {
    run: &'a str,
    fence: i64,
    stage: &'a str,
    round: u32,
    state: &'static str,
    now: Option<i64>,
    at: Option<i64>,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct ArtifactDto<'a> {
    run: &'a str,
    stage: &'a str,
    round: u32,
    position: usize,
    kind: &'static str,
    hash: String,
    cited: Vec<String>,
}

/// The row of a round that begins.
pub(crate) fn bundle_start(bundle: &mut Bundle, command: &Command) {
    let Command::StartStage {
        lease,
        stage,
        round,
        now,
        at,
    } = command
    else {
        unreachable!("called for StartStage alone");
    };
    let row = RoundDto {
        run: lease.run.as_str(),
        fence: lease.fence.0,
        stage: stage.as_str(),
        round: round.0,
        state: StageState::Running.as_str(),
        now: Some(now.as_micros()),
        at: Some(at.as_micros()),
        reason: None,
    };
    bundle.push("start_stage", &row, &[]);
}

/// The rows of a round's end.
pub(crate) fn bundle_end(bundle: &mut Bundle, command: &Command) {
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
    let row = RoundDto {
        run: lease.run.as_str(),
        fence: lease.fence.0,
        stage: stage.as_str(),
        round: round.0,
        state: state.as_str(),
        now: None,
        at: state.is_final().then_some(at.as_micros()),
        reason: reason.as_deref(),
    };
    bundle.push("finish_stage", &row, &[]);
    for bytes in bodies {
        body::bundle(bundle, bytes);
    }
    for (position, artifact) in artifacts.iter().enumerate() {
        let row = ArtifactDto {
            run: lease.run.as_str(),
            stage: stage.as_str(),
            round: round.0,
            position,
            kind: artifact.kind.as_str(),
            hash: artifact.hash.to_string(),
            cited: cited(&artifact.bytes).iter().map(ToString::to_string).collect(),
        };
        bundle.push("artifact", &row, &artifact.bytes);
    }
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
    let sets = row_sets(db, sqlx::query(SELECT_OF_RUN).bind(run.as_str())).await?;
    let [rounds, artifacts] = sets.as_slice() else {
        unreachable!("two statements have two answers");
    };
    with_artifacts(rounds, artifacts)
}

/// Stage rounds, each with those of the artifacts that it lists.
pub(crate) fn with_artifacts(rounds: &[SqliteRow], artifacts: &[SqliteRow]) -> Result<Vec<StageRecord>> {
    let mut stages = rounds.iter().map(record).collect::<Result<Vec<_>>>()?;
    for row in artifacts {
        let listed = artifact::record(row)?;
        let of = |stage: &&mut StageRecord| stage.stage == listed.stage && stage.round == listed.round;
        if let Some(stage) = stages.iter_mut().find(of) {
            stage.artifacts.push(listed.artifact);
        }
    }
    Ok(stages)
}

/// The round as it was; one that was not there is begun.
async fn begin(
    db: &mut SqliteConnection,
    run: &RunId,
    (stage, round): (&StageName, Round),
    now: Instant,
    at: Instant,
) -> Result<Option<StageRecord>> {
    let rows = sqlx::query(BEGIN)
        .bind(run.as_str())
        .bind(stage.as_str())
        .bind(round.0)
        .bind(now.as_micros())
        .bind(at.as_micros())
        .fetch_all(db)
        .await
        .map_err(fault)?;
    rows.first().map(record).transpose()
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
    let Some(stored) = begin(db, &lease.run, (stage, round), now, at).await? else {
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
    let ended = sqlx::query(FINISH)
        .bind(lease.run.as_str())
        .bind(stage.as_str())
        .bind(round.0)
        .bind(state.as_str())
        .bind(state.is_final().then_some(at.as_micros()))
        .bind(reason.as_deref())
        .bind(at.as_micros());
    let sets = row_sets(db, ended).await?;
    let [before, listed, _] = sets.as_slice() else {
        unreachable!("three statements have three answers");
    };
    let before = before.first().map(record).transpose()?;
    let listed = listed
        .iter()
        .map(|row| Ok(artifact::record(row)?.artifact))
        .collect::<Result<Vec<_>>>()?;
    for bytes in bodies {
        body::put(db, bytes).await?;
    }
    artifact::add(db, &lease.run, (stage, *round), &listed, artifacts).await?;
    if before.is_some_and(|before| rules::is_settled(before.state)) {
        return Ok(());
    }
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
