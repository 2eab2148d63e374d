//! Replies that earlier reports of a pipeline hold: who was read once is not answered a second time.

use copydesk_domain::artifact::{ArtifactKind, EngagementReport, Reply};
use copydesk_domain::{Instant, RunState, StageName, Untrusted};
use copydesk_journal::ReadReply;
use copydesk_store::{DecisionRecord, RunRecord, StageRecord, Store, StoreError};

use crate::answers::is_decided;
use crate::inputs::newest_artifacts;

/// How far back reports count. Replies are listed for 14 days by the age of their files, which a copied folder makes
/// younger: twice that.
const LOOK_BACK: jiff::SignedDuration = jiff::SignedDuration::from_hours(28 * 24);
/// Runs looked at: one an hour over the 14 days, and some.
const RUNS_MAX: u32 = 400;

/// What earlier reports of the pipeline of `run` hold, as of `now`, newest run first. `own`: the stage that asks, whose
/// report is none of an earlier one; `stages`: the rounds of `run`.
///
/// A reply whose answer nobody decided on waits in its own run. Where a newer slot took the place of that run nobody is
/// asked there any more, and the reply is new.
pub(crate) async fn gather(
    store: &dyn Store,
    run: &RunRecord,
    stages: &[StageRecord],
    own: &StageName,
    now: Instant,
) -> Result<Vec<ReadReply>, StoreError> {
    let others: Vec<StageRecord> = stages
        .iter()
        .filter(|record| record.stage != *own)
        .cloned()
        .collect();
    let mut read = of_run(store, run, &others, now).await?;
    let past = store.own_runs(&run.pipeline, RUNS_MAX).await?;
    for other in past.iter().filter(|other| other.id != run.id) {
        let rounds = store.stages(&other.id).await?;
        read.extend(of_run(store, other, &rounds, now).await?);
    }
    Ok(read)
}

/// Whether a run that is newer than `run` holds the reply `id`: its answer waits there.
pub(crate) async fn newer_run_with(
    store: &dyn Store,
    run: &RunRecord,
    id: &Untrusted<String>,
) -> Result<Option<RunRecord>, StoreError> {
    let runs = store.own_runs(&run.pipeline, RUNS_MAX).await?;
    for newer in runs
        .into_iter()
        .filter(|other| other.id != run.id && other.created_at >= run.created_at)
    {
        let rounds = store.stages(&newer.id).await?;
        let reports = reports(store, &rounds).await?;
        let has_it =
            |(_, report): &(Instant, EngagementReport)| report.replies.iter().any(|reply| reply.id == *id);
        if reports.iter().any(has_it) {
            return Ok(Some(newer));
        }
    }
    Ok(None)
}

async fn of_run(
    store: &dyn Store,
    run: &RunRecord,
    rounds: &[StageRecord],
    now: Instant,
) -> Result<Vec<ReadReply>, StoreError> {
    let mut reports = reports(store, rounds).await?;
    reports.retain(|(at, _)| *at <= now && *at >= now.minus(LOOK_BACK));
    if reports.is_empty() {
        return Ok(Vec::new());
    }
    let decisions = if asks_nobody(run.state) {
        store.decisions(&run.id).await?
    } else {
        Vec::new()
    };
    let replies = reports.into_iter().flat_map(|(_, report)| report.replies);
    let counts = replies.filter(|reply| !is_orphaned(run.state, reply, &decisions));
    let read = counts.map(|reply| ReadReply {
        id: reply.id,
        text: reply.text.digest(),
        run: run.id.clone(),
        state: reply.state,
    });
    Ok(read.collect())
}

/// Whether nobody will be asked any more what becomes of a drafted answer.
fn is_orphaned(run: RunState, reply: &Reply, decisions: &[DecisionRecord]) -> bool {
    let is_open = reply
        .answer
        .as_ref()
        .is_some_and(|answer| !is_decided(decisions, answer));
    asks_nobody(run) && is_open
}

/// Whether a run has ended in a way that leaves nobody to decide on the answers that it drafted.
pub(crate) fn asks_nobody(run: RunState) -> bool {
    matches!(run, RunState::Superseded | RunState::Cancelled)
}

/// The reports among the newest artifacts of some rounds, with the `now` of their round.
async fn reports(
    store: &dyn Store,
    rounds: &[StageRecord],
) -> Result<Vec<(Instant, EngagementReport)>, StoreError> {
    let mut found = Vec::new();
    for artifact in newest_artifacts(rounds) {
        if artifact.kind != ArtifactKind::EngagementReport {
            continue;
        }
        let is_its = |record: &&StageRecord| record.stage == artifact.stage && record.round == artifact.round;
        let at = rounds.iter().find(is_its).map(|record| record.now);
        let stored = store.artifact(&artifact.hash).await?;
        let (Some(at), Some(stored)) = (at, stored) else {
            continue;
        };
        let report = serde_json::from_slice(&stored.bytes).map_err(|_| StoreError::Inconsistent {
            table: "artifact",
            column: "bytes",
            id: artifact.hash.to_string(),
        })?;
        found.push((at, report));
    }
    Ok(found)
}
