//! Publishing: intent, call, receipt. Never twice.

use std::sync::Arc;

use copydesk_domain::artifact::{ArtifactKind, Issue, Payload};
use copydesk_domain::{ContentHash, IssueState, Round, StageName, StageState};
use copydesk_journal::{Approved, Channel, ChannelError, Delivery, Found, PayloadBytes, ProgressEvent};
use copydesk_store::{
    Applied, Command, DecisionRecord, Lease, OutboxRecord, OutboxState, StageRecord, StoreError,
};

use crate::error::EngineError;
use crate::next::newest_decision;
use crate::services::Engine;

/// Tries of one payload within one go, where the channel certainly did not take it.
const TRIES_MAX: u32 = 3;

impl Engine {
    /// Hands the approved payloads of a run to their channels. How far the issue is, and what happened in one line.
    pub(crate) async fn publish(
        &self,
        lease: &Lease,
        stages: &[StageRecord],
        decisions: &[DecisionRecord],
        channels: &[Arc<dyn Channel>],
    ) -> Result<(IssueState, String), EngineError> {
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
        let mut deliveries = Vec::new();
        for payload in &issue.payloads {
            let body = store.body(&payload.hash).await?.unwrap_or_default();
            let now = self.services.clock.now();
            let approved = Approved::payload(&bytes, decision, payload, body, now)
                .ok_or_else(|| nothing("the approval does not cover the payload"))?;
            let channel = channels.iter().find(|channel| *channel.name() == payload.channel);
            deliveries.push(self.deliver(lease, payload, &approved, channel).await?);
        }
        let (ended, issue_state) = outcome(&deliveries);
        let reason = summary(&issue, &deliveries, &store.outbox(&lease.run).await?);
        self.services.progress.report(ProgressEvent::StageFinished {
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
        Ok((issue_state, reason))
    }

    async fn deliver(
        &self,
        lease: &Lease,
        payload: &Payload,
        approved: &Approved<PayloadBytes>,
        channel: Option<&Arc<dyn Channel>>,
    ) -> Result<OutboxState, EngineError> {
        let key = idempotency_key(lease, payload);
        let store = &self.services.store;
        let at = self.services.clock.now();
        let known = store
            .outbox(&lease.run)
            .await?
            .into_iter()
            .any(|row| row.key == key);
        let intent = Command::PutIntent {
            lease: lease.clone(),
            channel: payload.channel.clone(),
            hash: payload.hash,
            key: key.clone(),
            at,
        };
        let state = match store.apply(intent).await? {
            Applied::Intent(state) => state,
            other => {
                return Err(StoreError::Database {
                    reason: format!("an intent gave {other:?}"),
                }
                .into());
            }
        };
        // One that was refused before is tried again: a person mended what was wrong and said so.
        if state == OutboxState::Delivered {
            return Ok(state);
        }
        let Some(channel) = channel else {
            let error = format!("there is no channel `{}`", payload.channel);
            return self
                .settle(lease, &key, OutboxState::Refused, None, Some(error))
                .await;
        };
        if known {
            match channel.find(approved, &key).await {
                Ok(Found::Yes(delivery)) => {
                    return self
                        .settle(lease, &key, OutboxState::Delivered, Some(delivery), None)
                        .await;
                }
                Ok(Found::No) => {}
                Ok(Found::CannotTell) => {
                    let error = Some("the channel cannot tell whether it took the payload".to_owned());
                    return self.settle(lease, &key, OutboxState::Unknown, None, error).await;
                }
                Err(error) => {
                    return self
                        .settle(lease, &key, OutboxState::Unknown, None, Some(error.to_string()))
                        .await;
                }
            }
        }
        self.call(lease, &key, approved, channel.as_ref()).await
    }

    async fn call(
        &self,
        lease: &Lease,
        key: &str,
        approved: &Approved<PayloadBytes>,
        channel: &dyn Channel,
    ) -> Result<OutboxState, EngineError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match channel.publish(approved, key).await {
                Ok(delivery) => {
                    return self
                        .settle(lease, key, OutboxState::Delivered, Some(delivery), None)
                        .await;
                }
                Err(ChannelError::NotTaken { .. }) if tries < TRIES_MAX => {}
                Err(error @ (ChannelError::Refused { .. } | ChannelError::NotTaken { .. })) => {
                    return self
                        .settle(lease, key, OutboxState::Refused, None, Some(error.to_string()))
                        .await;
                }
                Err(error @ ChannelError::Unknown { .. }) => {
                    return self
                        .settle(lease, key, OutboxState::Unknown, None, Some(error.to_string()))
                        .await;
                }
            }
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
    let faults = rows.iter().filter(|row| row.state != OutboxState::Delivered);
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
