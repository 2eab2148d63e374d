//! Publishing: intent, call, receipt. Never twice.

use std::sync::Arc;
use std::time::Duration;

use copydesk_domain::artifact::{ArtifactKind, Issue, Payload};
use copydesk_domain::{ContentHash, Instant, IssueState, Round, RunId, StageName, StageState};
use copydesk_journal::{Approved, Channel, Course, Delivery, Move, PayloadBytes, ProgressEvent};
use copydesk_store::{
    Applied, Command, DecisionRecord, Lease, OutboxRecord, OutboxState, StageRecord, StoreError,
};

use crate::error::EngineError;
use crate::next::newest_decision;
use crate::services::Engine;

/// One payload on its way to one channel.
struct Handover<'a> {
    lease: &'a Lease,
    payload: &'a Payload,
    approved: Approved<PayloadBytes>,
    key: String,
    /// No call for it was made before.
    since: Instant,
}

impl Engine {
    /// Hands the approved payloads of a run to their channels. How far the issue is, and what happened in one line; none
    /// if the process is ending and some are left for its next start.
    pub(crate) async fn publish(
        &self,
        lease: &Lease,
        stages: &[StageRecord],
        decisions: &[DecisionRecord],
        channels: &[Arc<dyn Channel>],
    ) -> Result<Option<(IssueState, String)>, EngineError> {
        let store = &self.services.store;
        let nothing = |reason: &str| EngineError::NothingWaits {
            run: lease.run.clone(),
            reason: reason.to_owned(),
        };
        let decision = newest_decision(decisions).ok_or_else(|| nothing("there is no approval"))?;
        let bytes = issue_bytes(self, stages)
            .await?
            .ok_or_else(|| nothing("there is no issue"))?;
        let issue: Issue = serde_json::from_slice(&bytes).map_err(|error| nothing(&error.to_string()))?;
        let now = self.services.clock.now();
        let stage = StageName::new(StageName::PUBLISH);
        store
            .apply(Command::StartStage {
                lease: lease.clone(),
                stage: stage.clone(),
                round: Round::FIRST,
                now,
                at: now,
            })
            .await?;
        self.services.progress.report(ProgressEvent::StageStarted {
            run: lease.run.clone(),
            stage: stage.clone(),
        });
        let deliveries = self.hand_all(lease, (&bytes, &issue), decision, channels).await?;
        if deliveries.contains(&OutboxState::Intended) {
            return Ok(None);
        }
        let (ended, issue_state) = outcome(&deliveries);
        let reason = summary(&issue, &deliveries, &store.outbox(&lease.run).await?);
        self.services.progress.report(ProgressEvent::StageFinished {
            run: lease.run.clone(),
            stage: stage.clone(),
            summary: reason.clone(),
        });
        let at = self.services.clock.now();
        let level = if ended == StageState::Completed {
            "info"
        } else {
            "warn"
        };
        store
            .apply(Command::WriteLog {
                lease: lease.clone(),
                stage: stage.clone(),
                round: Round::FIRST,
                level: level.to_owned(),
                message: reason.clone(),
                at,
            })
            .await?;
        if deliveries.contains(&OutboxState::Delivered) {
            // Before the stage ends: a crash in between does it again, and it changes nothing.
            self.archive((lease, &stage), stages, &issue, at).await?;
        }
        let finish = Command::FinishStage {
            lease: lease.clone(),
            stage,
            round: Round::FIRST,
            state: ended,
            reason: Some(reason.clone()),
            artifacts: Vec::new(),
            bodies: Vec::new(),
            at,
        };
        store.apply(finish).await?;
        Ok(Some((issue_state, reason)))
    }

    /// How far the payloads of a run's newest issue are on their way out. What was refused of an earlier one, which was
    /// recalled or sent back since, is over.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] where the issue cannot be read.
    pub async fn payloads_out(&self, run: &RunId) -> Result<Vec<OutboxRecord>, EngineError> {
        let issue: Option<Issue> = self.newest_artifact(run, ArtifactKind::Issue).await?;
        let Some(issue) = issue else {
            return Ok(Vec::new());
        };
        let mut rows = self.services.store.outbox(run).await?;
        rows.retain(|row| is_of(row, &issue));
        Ok(rows)
    }

    /// Hands every payload of an issue over; how far each is.
    async fn hand_all(
        &self,
        lease: &Lease,
        (bytes, issue): (&[u8], &Issue),
        decision: &DecisionRecord,
        channels: &[Arc<dyn Channel>],
    ) -> Result<Vec<OutboxState>, EngineError> {
        let mut handed = Vec::new();
        for payload in &issue.payloads {
            let body = self.services.store.body(&payload.hash).await?.unwrap_or_default();
            let now = self.services.clock.now();
            let approved = Approved::payload(bytes, decision, payload, body, now).ok_or_else(|| {
                EngineError::NothingWaits {
                    run: lease.run.clone(),
                    reason: "the approval does not cover the payload".to_owned(),
                }
            })?;
            let channel = channels.iter().find(|channel| *channel.name() == payload.channel);
            handed.push(self.deliver(lease, payload, approved, channel));
        }
        // At once, so that a channel that answers nothing holds up no other.
        let handed = futures::future::join_all(handed).await;
        handed.into_iter().collect()
    }

    /// Hands one payload over and stores what came of it. `Intended`: the process is ending, and the payload is looked
    /// after at its next start.
    async fn deliver(
        &self,
        lease: &Lease,
        payload: &Payload,
        approved: Approved<PayloadBytes>,
        channel: Option<&Arc<dyn Channel>>,
    ) -> Result<OutboxState, EngineError> {
        let key = idempotency_key(lease, payload);
        let known = self.known_intent(lease, &key).await?;
        let found = self.intend(lease, payload, &key).await?;
        if matches!(found, OutboxState::Delivered | OutboxState::Unknown) {
            // An unknown one waits for the author's word, whatever happens to the others.
            return Ok(found);
        }
        let Some(channel) = channel else {
            let error = format!("there is no channel `{}`", payload.channel);
            return self
                .settle(lease, &key, OutboxState::Refused, None, Some(error))
                .await;
        };
        let course = match (known, found) {
            (Some(_), OutboxState::Intended) => Course::doubtful(channel.after_doubt()),
            _ => Course::fresh(channel.after_doubt()),
        };
        let since = known.unwrap_or_else(|| self.services.clock.now());
        let handover = Handover {
            lease,
            payload,
            approved,
            key,
            since,
        };
        self.follow(course, &handover, channel.as_ref()).await
    }

    /// When the intent with this key was stored, if it was.
    async fn known_intent(&self, lease: &Lease, key: &str) -> Result<Option<Instant>, EngineError> {
        let rows = self.services.store.outbox(&lease.run).await?;
        let row = rows.into_iter().find(|row| row.key == key);
        Ok(row.map(|row| row.intended_at))
    }

    /// Stores the intent; the state in which it was found.
    async fn intend(&self, lease: &Lease, payload: &Payload, key: &str) -> Result<OutboxState, EngineError> {
        let intent = Command::PutIntent {
            lease: lease.clone(),
            channel: payload.channel.clone(),
            hash: payload.hash,
            key: key.to_owned(),
            at: self.services.clock.now(),
        };
        match self.services.store.apply(intent).await? {
            Applied::Intent(state) => Ok(state),
            other => Err(StoreError::Database {
                reason: format!("an intent gave {other:?}"),
            }
            .into()),
        }
    }

    /// Goes the way that the course decides, to its end.
    async fn follow(
        &self,
        mut course: Course,
        handover: &Handover<'_>,
        channel: &dyn Channel,
    ) -> Result<OutboxState, EngineError> {
        let Handover {
            lease,
            payload,
            approved,
            key,
            since,
        } = handover;
        let mut next = course.first();
        loop {
            if course.is_repeat(&next) {
                if !self.pause(channel.patience()).await {
                    return Ok(OutboxState::Intended);
                }
                // Time has passed: whoever took the lease meanwhile has taken the payload too.
                let found = self.intend(lease, payload, key).await?;
                if found != OutboxState::Intended {
                    return Ok(found);
                }
            }
            next = match next {
                Move::Call => course.after_call(channel.publish(approved, key).await),
                Move::Look => course.after_look(channel.find(approved, key, *since).await),
                Move::Deliver(delivery) => {
                    let state = OutboxState::Delivered;
                    return self.settle(lease, key, state, Some(delivery), None).await;
                }
                Move::Refuse(error) => {
                    let state = OutboxState::Refused;
                    return self.settle(lease, key, state, None, Some(error)).await;
                }
                Move::Ask(error) => {
                    let state = OutboxState::Unknown;
                    return self.settle(lease, key, state, None, Some(error)).await;
                }
            };
        }
    }

    /// Waits; false if the process is ending.
    async fn pause(&self, patience: Duration) -> bool {
        let mut shutdown = self.services.shutdown.clone();
        let ending = async move {
            if shutdown.wait_for(|is_set| *is_set).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            () = ending => false,
            () = tokio::time::sleep(patience) => true,
        }
    }

    async fn settle(
        &self,
        lease: &Lease,
        key: &str,
        state: OutboxState,
        delivery: Option<Delivery>,
        error: Option<String>,
    ) -> Result<OutboxState, EngineError> {
        let command = Command::SettleIntent {
            lease: lease.clone(),
            key: key.to_owned(),
            state,
            location: delivery.and_then(|delivery| delivery.location),
            error,
            at: self.services.clock.now(),
        };
        self.services.store.apply(command).await?;
        Ok(state)
    }
}

/// The same for every attempt at one payload of one run.
fn idempotency_key(lease: &Lease, payload: &Payload) -> String {
    ContentHash::of(format!("{}/{}/{}", lease.run, payload.channel, payload.hash).as_bytes()).short(32)
}

fn outcome(states: &[OutboxState]) -> (StageState, IssueState) {
    if states.contains(&OutboxState::Unknown) {
        (StageState::Waiting, IssueState::Unknown)
    } else if states.contains(&OutboxState::Refused) {
        (StageState::Failed, IssueState::Approved)
    } else {
        (StageState::Completed, IssueState::Published)
    }
}

/// Whether a row is of a payload of this issue, and not of one that was approved before it and taken back.
fn is_of(row: &OutboxRecord, issue: &Issue) -> bool {
    let mut payloads = issue.payloads.iter();
    payloads.any(|payload| payload.channel == row.channel && payload.hash == row.hash)
}

/// What happened in one line, with the error of each channel that did not take its payload.
fn summary(issue: &Issue, states: &[OutboxState], rows: &[OutboxRecord]) -> String {
    let delivered = states
        .iter()
        .filter(|state| **state == OutboxState::Delivered)
        .count();
    let told = format!(
        "{} delivered to {delivered} of {} channels",
        issue.slug,
        states.len()
    );
    let of_issue = rows.iter().filter(|row| is_of(row, issue));
    let faults = of_issue.filter(|row| row.state != OutboxState::Delivered);
    let fault = |row: &OutboxRecord| {
        let error = row.error.as_deref().unwrap_or("no word from it");
        format!("{}: {error}", row.channel)
    };
    let parts: Vec<String> = std::iter::once(told).chain(faults.map(fault)).collect();
    parts.join("; ")
}

/// Bytes of the run's newest issue.
pub(crate) async fn issue_bytes(
    engine: &Engine,
    stages: &[StageRecord],
) -> Result<Option<Vec<u8>>, StoreError> {
    let newest = stages
        .iter()
        .filter(|record| record.state == StageState::Completed)
        .filter(|record| {
            record
                .artifacts
                .iter()
                .any(|artifact| artifact.kind == ArtifactKind::Issue)
        })
        .max_by_key(|record| record.round);
    let hash = newest
        .and_then(|record| {
            record
                .artifacts
                .iter()
                .rev()
                .find(|artifact| artifact.kind == ArtifactKind::Issue)
        })
        .map(|artifact| artifact.hash);
    match hash {
        Some(hash) => Ok(engine
            .services
            .store
            .artifact(&hash)
            .await?
            .map(|artifact| artifact.bytes)),
        None => Ok(None),
    }
}
