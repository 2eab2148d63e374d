//! Runs.

use copydesk_domain::{
    Fence, Instant, IssueState, MicroUsd, ModelName, PipelineName, RunId, RunState, WaitingFor,
};
use copydesk_store::contract::{impasse_rules, rules};
use copydesk_store::{Applied, Breach, Command, RunParams, RunRecord, Slot, StoreError, WholeRun, retention};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::{Columns, require_one, row_sets};
use crate::tables::{artifact, decision, lease, outbox, stage};

macro_rules! select_run {
    ($tail:literal) => {
        concat!(
            "
        SELECT id, pipeline, nominal, zone, parent, release_hash, state, waiting_for, issue, fixed_now, seed,
               is_scheduled, created_at, updated_at, wake_at, cancel_requested, reason, budget_extra, embedded_only,
               saved_calls, saved_spend, pruned_at, fence, route, breach,
               (SELECT MAX(decision.id) FROM decision WHERE decision.run_id = run.id) AS last_decision
        FROM run
        ",
            $tail
        )
    };
}

pub(crate) use select_run;

statements! {
    SELECT_RUN = select_run!("WHERE id = ?1");
    SELECT_WHOLE = concat!(
        select_run!("WHERE id = $1;"),
        "
        SELECT id, stage, round, state, attempts, now, started_at, finished_at, reason
        FROM stage
        WHERE run_id = $1
        ORDER BY id;

        SELECT id, stage, round, kind, hash
        FROM artifact
        WHERE run_id = $1
        ORDER BY stage, round, position;

        SELECT id, answer, stage, round, hash, decision, at, effective_at, reason
        FROM decision
        WHERE run_id = $1
        ORDER BY id;

        SELECT id, channel, hash, key, state, intended_at, delivered_at, location, error, author_reason
        FROM outbox
        WHERE run_id = $1
        ORDER BY id;

        SELECT COUNT(CASE WHEN tries > 0 THEN task END) AS model_calls,
               COUNT(CASE WHEN tries > 0 THEN tool END) AS tool_calls,
               (SELECT COALESCE(SUM(COALESCE(settled, reserved)), 0) FROM spend WHERE run_id = $1) AS spend
        FROM step
        WHERE run_id = $1"
    );
    SELECT_ID_OF_SLOT = "
        SELECT id
        FROM run
        WHERE pipeline = ?1 AND nominal = ?2";
    INSERT_RUN = "
        INSERT INTO run (id, pipeline, nominal, zone, parent, release_hash, state, waiting_for, issue, fixed_now, seed,
                         is_scheduled, created_at, updated_at, cancel_requested, budget_extra, embedded_only, fence)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'queued', '[]', 'none', ?7, ?8, ?9, ?10, ?10, 0, 0, 0, 0)";
    UPDATE_STATE = "
        UPDATE run
        SET state = ?2, waiting_for = ?3, wake_at = ?4, reason = ?5, updated_at = ?6
        WHERE id = ?1";
    UPDATE_ISSUE = "
        UPDATE run
        SET issue = ?2, updated_at = ?3
        WHERE id = ?1";
    REQUEST_CANCEL = "
        UPDATE run
        SET cancel_requested = 1, updated_at = ?2
        WHERE id = ?1";
    CANCEL = "
        UPDATE run
        SET state = 'cancelled', waiting_for = '[]', wake_at = NULL, reason = NULL, fence = fence + 1,
            lease_owner = NULL, lease_until = NULL
        WHERE id = ?1";
    GRANT = "
        UPDATE run
        SET cancel_requested = 0, budget_extra = budget_extra + ?2, embedded_only = MAX(embedded_only, ?3),
            wake_at = NULL, breach = NULL, updated_at = ?4
        WHERE id = ?1";
    CHOOSE_ROUTE = "
        UPDATE run
        SET route = ?2, embedded_only = 0, updated_at = ?3
        WHERE id = ?1";
    NOTE_BREACH = "
        UPDATE run
        SET breach = ?2
        WHERE id = ?1";
    ADD_SAVED = "
        UPDATE run
        SET saved_calls = saved_calls + ?2, saved_spend = saved_spend + ?3
        WHERE id = ?1";
    REQUEUE = "
        UPDATE run
        SET state = 'queued', waiting_for = '[]', reason = NULL
        WHERE id = ?1";
    REQUEUE_NOW = "
        UPDATE run
        SET state = 'queued', waiting_for = '[]', wake_at = NULL, reason = NULL, updated_at = ?2
        WHERE id = ?1";
}

pub(crate) fn record(row: &SqliteRow) -> Result<RunRecord> {
    let columns = Columns::new(row, "run", "id");
    let zone: Option<String> = columns.get("zone")?;
    let slot = match zone {
        Some(zone) => Some(Slot {
            nominal: columns.instant("nominal")?,
            zone,
        }),
        None => None,
    };
    Ok(RunRecord {
        id: RunId::new(columns.get::<String>("id")?),
        pipeline: PipelineName::new(columns.get::<String>("pipeline")?),
        slot,
        parent: columns.get::<Option<String>>("parent")?.map(RunId::new),
        release: columns.hash("release_hash")?,
        state: columns.parsed("state", RunState::parse)?,
        waiting_for: columns.json("waiting_for")?,
        issue: columns.parsed("issue", IssueState::parse)?,
        fixed_now: columns.instant_option("fixed_now")?,
        seed: columns.get("seed")?,
        is_scheduled: columns.get("is_scheduled")?,
        created_at: columns.instant("created_at")?,
        updated_at: columns.instant("updated_at")?,
        wake_at: columns.instant_option("wake_at")?,
        cancel_requested: columns.get("cancel_requested")?,
        reason: columns.get("reason")?,
        budget_extra: columns.money("budget_extra")?,
        embedded_only: columns.get("embedded_only")?,
        route: columns.json("route")?,
        breach: columns.json_option("breach")?,
        saved_calls: columns.size("saved_calls")?,
        saved_spend: columns.money("saved_spend")?,
        pruned_at: columns.instant_option("pruned_at")?,
        fence: Fence(columns.get("fence")?),
        last_decision: columns.get("last_decision")?,
    })
}

/// A run.
pub(crate) async fn get(db: &mut SqliteConnection, run: &RunId) -> Result<Option<RunRecord>> {
    let row = sqlx::query(SELECT_RUN)
        .bind(run.as_str())
        .fetch_optional(db)
        .await
        .map_err(fault)?;
    row.as_ref().map(record).transpose()
}

/// A run with what belongs to it. The statements need not see one moment: a round without its newest artifacts is one
/// that has not ended yet, and a writer that came between has a higher fence than the run that was read.
pub(crate) async fn whole(db: &mut SqliteConnection, run: &RunId) -> Result<Option<WholeRun>> {
    let sets = row_sets(db, sqlx::query(SELECT_WHOLE).bind(run.as_str())).await?;
    let [runs, rounds, artifacts, decisions, payloads, sums] = sets.as_slice() else {
        unreachable!("six statements have six answers");
    };
    let (Some(row), Some(sums)) = (runs.first(), sums.first()) else {
        return Ok(None);
    };
    let sums = Columns::new(sums, "step", "model_calls");
    Ok(Some(WholeRun {
        run: record(row)?,
        stages: stage::with_artifacts(rounds, artifacts)?,
        decisions: decisions.iter().map(decision::record).collect::<Result<_>>()?,
        outbox: payloads.iter().map(outbox::record).collect::<Result<_>>()?,
        model_calls: sums.size("model_calls")?,
        tool_calls: sums.size("tool_calls")?,
        spend: sums.money("spend")?,
    }))
}

/// A run that must be there.
pub(crate) async fn known(db: &mut SqliteConnection, run: &RunId) -> Result<RunRecord> {
    get(db, run)
        .await?
        .ok_or_else(|| StoreError::RunUnknown { run: run.clone() })
}

/// Makes a run, or finds the one that its slot or its id has.
pub(crate) async fn create(db: &mut SqliteConnection, params: &RunParams) -> Result<Applied> {
    if get(db, &params.id).await?.is_some() {
        return Ok(Applied::Run {
            id: params.id.clone(),
            is_new: false,
        });
    }
    if let Some(slot) = &params.slot {
        let statement = sqlx::query_scalar(SELECT_ID_OF_SLOT)
            .bind(params.pipeline.as_str())
            .bind(slot.nominal.as_micros());
        let found: Option<String> = statement.fetch_optional(&mut *db).await.map_err(fault)?;
        if let Some(id) = found {
            return Ok(Applied::Run {
                id: RunId::new(id),
                is_new: false,
            });
        }
    }
    sqlx::query(INSERT_RUN)
        .bind(params.id.as_str())
        .bind(params.pipeline.as_str())
        .bind(params.slot.as_ref().map(|slot| slot.nominal.as_micros()))
        .bind(params.slot.as_ref().map(|slot| slot.zone.as_str()))
        .bind(params.parent.as_ref().map(RunId::as_str))
        .bind(params.release.to_string())
        .bind(params.fixed_now.map(Instant::as_micros))
        .bind(params.seed)
        .bind(params.is_scheduled)
        .bind(params.at.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(Applied::Run {
        id: params.id.clone(),
        is_new: true,
    })
}

/// Stores what a worker decided about its run. [`Command::UpdateRun`].
pub(crate) async fn update(db: &mut SqliteConnection, command: &Command) -> Result<()> {
    let Command::UpdateRun {
        lease,
        state,
        waiting_for,
        issue,
        wake_at,
        reason,
        at,
    } = command
    else {
        unreachable!("called for UpdateRun alone");
    };
    let statement = sqlx::query(UPDATE_STATE)
        .bind(lease.run.as_str())
        .bind(state.as_str())
        .bind(words(waiting_for))
        .bind(wake_at.map(Instant::as_micros))
        .bind(reason.as_deref())
        .bind(at.as_micros());
    let done = statement.execute(&mut *db).await.map_err(fault)?;
    require_one(done.rows_affected(), "run", "state", lease.run.as_str())?;
    match issue {
        Some(given) => report_issue(db, &lease.run, *given, *at).await,
        None => Ok(()),
    }
}

/// Stores how far the issue is after a worker's report.
pub(crate) async fn report_issue(
    db: &mut SqliteConnection,
    run: &RunId,
    given: IssueState,
    at: Instant,
) -> Result<()> {
    let known = known(db, run).await?;
    if known.parent.is_some() {
        // The issue of a replay goes nowhere.
        return Ok(());
    }
    let stored = known.issue;
    let newest = artifact::newest_issue(db, run).await?.map(|(round, _)| round);
    let is_new_issue = rules::is_new_issue(newest, decision::sent_back_round(db, run).await?);
    let issue = rules::report_issue(stored, given, is_new_issue);
    set_issue(db, run, issue, at).await
}

/// The list as JSON.
pub(crate) fn words(waiting_for: &[WaitingFor]) -> String {
    serde_json::to_string(waiting_for).expect("a list of words has a JSON form")
}

/// Counts calls that were not made again, and what they had cost.
pub(crate) async fn add_saved(
    db: &mut SqliteConnection,
    run: &RunId,
    calls: i64,
    spend: MicroUsd,
) -> Result<()> {
    let done = sqlx::query(ADD_SAVED)
        .bind(run.as_str())
        .bind(calls)
        .bind(spend.0)
        .execute(db)
        .await
        .map_err(fault)?;
    require_one(done.rows_affected(), "run", "saved_calls", run.as_str())
}

/// Sets how far the issue is, as a decision left it.
pub(crate) async fn set_issue(
    db: &mut SqliteConnection,
    run: &RunId,
    issue: IssueState,
    at: Instant,
) -> Result<()> {
    let statement = sqlx::query(UPDATE_ISSUE)
        .bind(run.as_str())
        .bind(issue.as_str())
        .bind(at.as_micros());
    let done = statement.execute(db).await.map_err(fault)?;
    require_one(done.rows_affected(), "run", "issue", run.as_str())
}

/// Asks a worker to stop, or stops the run where nobody holds it. A final run stays as it is.
pub(crate) async fn request_cancel(db: &mut SqliteConnection, run: &RunId, at: Instant) -> Result<()> {
    if known(db, run).await?.state.is_final() {
        return Ok(());
    }
    let statement = sqlx::query(REQUEST_CANCEL)
        .bind(run.as_str())
        .bind(at.as_micros());
    let done = statement.execute(&mut *db).await.map_err(fault)?;
    require_one(done.rows_affected(), "run", "cancel_requested", run.as_str())?;
    decision::take_back(db, run, at).await?;
    if lease::read(db, run).await?.held_by(at).is_some() {
        return Ok(());
    }
    stage::cancel_open(db, run, at).await?;
    let done = sqlx::query(CANCEL)
        .bind(run.as_str())
        .execute(db)
        .await
        .map_err(fault)?;
    require_one(done.rows_affected(), "run", "state", run.as_str())
}

/// Grants what a person granted, and queues the run unless a worker has it.
pub(crate) async fn retry(
    db: &mut SqliteConnection,
    run: &RunId,
    budget_extra: MicroUsd,
    embedded_only: bool,
    at: Instant,
) -> Result<()> {
    let stored = known(db, run).await?;
    rules::require_own(stored.parent.as_ref(), "retried")?;
    rules::require_retryable(stored.state)?;
    retention::require_outcomes(stored.pruned_at)?;
    let statement = sqlx::query(GRANT)
        .bind(run.as_str())
        .bind(budget_extra.0)
        .bind(embedded_only)
        .bind(at.as_micros());
    let done = statement.execute(&mut *db).await.map_err(fault)?;
    require_one(done.rows_affected(), "run", "budget_extra", run.as_str())?;
    let stages = stage::of_run(db, run).await?;
    if lease::read(db, run).await?.held_by(at).is_some()
        || !rules::is_requeued_by_retry(stored.state, &stored.waiting_for, &stages)
    {
        return Ok(());
    }
    stage::reopen(db, run, at).await?;
    outbox::look_again(db, run).await?;
    let done = sqlx::query(REQUEUE)
        .bind(run.as_str())
        .execute(db)
        .await
        .map_err(fault)?;
    require_one(done.rows_affected(), "run", "state", run.as_str())
}

/// Lets a run go on as a person chose who saw what it waits with. [`Command::GoOn`].
pub(crate) async fn go_on(db: &mut SqliteConnection, command: &Command) -> Result<()> {
    let Command::GoOn {
        run,
        seen,
        route,
        budget_extra,
        embedded_only,
        at,
    } = command
    else {
        unreachable!("called for GoOn alone");
    };
    impasse_rules::require_impasse(&known(db, run).await?, seen)?;
    if let Some(route) = route {
        choose_route(db, run, route, *at).await?;
    }
    retry(db, run, *budget_extra, *embedded_only, *at).await
}

/// Has other models answer the rest of a run.
pub(crate) async fn choose_route(
    db: &mut SqliteConnection,
    run: &RunId,
    route: &[ModelName],
    at: Instant,
) -> Result<()> {
    let stored = known(db, run).await?;
    rules::require_own(stored.parent.as_ref(), "retried")?;
    rules::require_retryable(stored.state)?;
    retention::require_outcomes(stored.pruned_at)?;
    let names = serde_json::to_string(route).expect("a list of names has a JSON form");
    let statement = sqlx::query(CHOOSE_ROUTE)
        .bind(run.as_str())
        .bind(names)
        .bind(at.as_micros());
    let done = statement.execute(db).await.map_err(fault)?;
    require_one(done.rows_affected(), "run", "route", run.as_str())
}

/// Stores the call that did not fit a budget.
pub(crate) async fn note_breach(db: &mut SqliteConnection, run: &RunId, breach: &Breach) -> Result<()> {
    let json = serde_json::to_string(breach).expect("a breach is a plain struct with a JSON form");
    let statement = sqlx::query(NOTE_BREACH).bind(run.as_str()).bind(json);
    let done = statement.execute(db).await.map_err(fault)?;
    require_one(done.rows_affected(), "run", "breach", run.as_str())
}

/// Queues a run after the author's word, unless a worker has it or it waits for another word of the author's.
pub(crate) async fn requeue(db: &mut SqliteConnection, run: &RunId, at: Instant) -> Result<()> {
    let stored = known(db, run).await?;
    let is_held = lease::read(db, run).await?.held_by(at).is_some();
    if is_held || !rules::is_requeued_by_word(stored.state, &stored.waiting_for) {
        return Ok(());
    }
    let statement = sqlx::query(REQUEUE_NOW).bind(run.as_str()).bind(at.as_micros());
    let done = statement.execute(db).await.map_err(fault)?;
    require_one(done.rows_affected(), "run", "state", run.as_str())
}
