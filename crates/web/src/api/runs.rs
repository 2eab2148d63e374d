//! Runs over the API.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use copydesk_domain::{
    ContentHash, Decision, Instant, IssueState, PipelineName, RunId, RunState, WaitingFor,
};
use copydesk_engine::view::RunView;
use copydesk_store::RunRecord;
use serde::{Deserialize, Serialize};

use super::asked::{Path, Query};
use super::caller::Body;
use super::wait::{WaitParams, wait_for};
use crate::fault::{ApiFault, Fault};
use crate::options::Desk;

/// Newest runs in a list.
const LIST_MAX: u32 = 100;

/// A run in a list.
#[derive(Serialize)]
pub(crate) struct RunLineDto {
    run: RunId,
    pipeline: PipelineName,
    state: RunState,
    waiting_for: Vec<WaitingFor>,
    issue: IssueState,
    created_at: Instant,
    reason: Option<String>,
}

impl From<RunRecord> for RunLineDto {
    fn from(run: RunRecord) -> Self {
        Self {
            run: run.id,
            pipeline: run.pipeline,
            state: run.state,
            waiting_for: run.waiting_for,
            issue: run.issue,
            created_at: run.created_at,
            reason: run.reason,
        }
    }
}

/// `GET /api/runs`: the newest runs, newest first.
pub(crate) async fn list(State(desk): State<Desk>) -> Result<Json<Vec<RunLineDto>>, ApiFault> {
    let runs = desk.engine().store().runs(None, LIST_MAX).await?;
    Ok(Json(runs.into_iter().map(RunLineDto::from).collect()))
}

/// `POST /api/runs`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartDto {
    pipeline: PipelineName,
}

#[derive(Serialize)]
pub(crate) struct StartedDto {
    run: RunId,
}

/// Starts a new run, always.
pub(crate) async fn start(
    State(desk): State<Desk>,
    Body(body): Body<StartDto>,
) -> Result<(StatusCode, Json<StartedDto>), ApiFault> {
    let started = (desk.options.start)(body.pipeline).await;
    let run = started.map_err(|reason| Fault {
        code: "CD008",
        ..Fault::bad(
            reason,
            "name a pipeline of the folder, or mend its files: `copydesk check` names their problems",
        )
    })?;
    Ok((StatusCode::CREATED, Json(StartedDto { run })))
}

/// `GET /api/runs/RUN`
pub(crate) async fn show(
    State(desk): State<Desk>,
    Path(run): Path<String>,
    Query(params): Query<WaitParams>,
) -> Result<Json<RunView>, ApiFault> {
    Ok(Json(wait_for(&desk, &RunId::new(run), &params).await?))
}

/// `POST /api/runs/RUN/approve`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApproveDto {
    hash: ContentHash,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct ApprovedDto {
    run: RunId,
    hash: ContentHash,
    decision: Decision,
    effective_at: Option<Instant>,
}

/// Approves the issue with this hash.
pub(crate) async fn approve(
    State(desk): State<Desk>,
    Path(run): Path<String>,
    Body(body): Body<ApproveDto>,
) -> Result<Json<ApprovedDto>, ApiFault> {
    let run = RunId::new(run);
    let decided = desk
        .engine()
        .approve(&run, Some(body.hash), body.reason, None)
        .await?;
    let (hash, effective_at) = (decided.hash, decided.effective_at);
    Ok(Json(ApprovedDto {
        run,
        hash,
        decision: Decision::Approved,
        effective_at,
    }))
}
