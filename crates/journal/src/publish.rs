//! Renderers make payloads from drafts; channels take approved payloads.

use std::time::Duration;

use async_trait::async_trait;
use copydesk_config::Pipeline;
use copydesk_domain::artifact::{Draft, Issue, Payload, Review, Source};
use copydesk_domain::{ChannelName, ContentHash, Decision, Instant};
use copydesk_store::{DecisionRecord, Subject};

use crate::doubt::AfterDoubt;

/// What a renderer works from.
#[derive(Debug, Clone, Copy)]
pub struct Rendering<'a> {
    /// The draft.
    pub draft: &'a Draft,
    /// Its sources, numbered from 1 in this order.
    pub sources: &'a [RenderSource],
    /// The review of this draft.
    pub review: &'a Review,
    /// The pipeline, with the newsletter's name and form.
    pub pipeline: &'a Pipeline,
    /// Path of the issue.
    pub slug: &'a str,
    /// The date it bears.
    pub date: jiff::civil::Date,
    /// `ctx.now()`.
    pub at: Instant,
}

/// A numbered source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderSource {
    /// Its number in the issue, from 1; none where it is only listed by title.
    pub number: Option<u32>,
    /// The source.
    pub source: Source,
}

/// A rendered payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Who receives it.
    pub audience: String,
    /// Media type of the bytes.
    pub media_type: String,
    /// The payload.
    pub bytes: Vec<u8>,
}

/// Why a payload cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{channel}: {reason}")]
pub struct RenderError {
    /// The channel.
    pub channel: String,
    /// Why.
    pub reason: String,
}

/// Makes a channel's payload from a draft. Pure: the same draft gives the same bytes.
pub trait Renderer: Send + Sync + 'static {
    /// Whether this renderer serves a channel of the pipeline.
    fn serves(&self, channel: &ChannelName, pipeline: &Pipeline) -> bool;
    /// Renders.
    fn render(&self, channel: &ChannelName, rendering: &Rendering<'_>) -> Result<Rendered, RenderError>;
}

/// A value that the author's approval covers. Only [`Approved::payload`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved<T>(T);

impl<T> Approved<T> {
    /// The value.
    pub const fn get(&self) -> &T {
        &self.0
    }
}

/// A payload with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadBytes {
    /// Slug of the issue.
    pub slug: String,
    /// The payload's place in the manifest.
    pub payload: Payload,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Approved<PayloadBytes> {
    /// The payload as approved, if the newest decision on the issue is an approval of exactly `issue_bytes`, is in
    /// force at `now`, the manifest names the payload, and `bytes` are its bytes.
    pub fn payload(
        issue_bytes: &[u8],
        newest: &DecisionRecord,
        payload: &Payload,
        bytes: Vec<u8>,
        now: Instant,
    ) -> Option<Self> {
        let is_approved = newest.subject == Subject::Issue
            && newest.decision == Decision::Approved
            && newest.hash == ContentHash::of(issue_bytes)
            && newest.effective_at.is_none_or(|at| at <= now);
        let issue: Issue = serde_json::from_slice(issue_bytes).ok()?;
        let is_named = issue.payloads.contains(payload) && payload.hash == ContentHash::of(&bytes);
        (is_approved && is_named).then(|| {
            Self(PayloadBytes {
                slug: issue.slug.clone(),
                payload: payload.clone(),
                bytes,
            })
        })
    }
}

/// Proof that a channel took a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Where it can be seen.
    pub location: Option<String>,
}

/// What a look at the target found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is there.
    Yes(Delivery),
    /// It is not there.
    No,
    /// The channel cannot tell.
    CannotTell,
}

/// Why a channel did not take a payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// It said no; trying again will not help.
    #[error("refused: {reason}")]
    Refused {
        /// Why.
        reason: String,
    },
    /// It certainly did not take it; trying again may help.
    #[error("not taken: {reason}")]
    NotTaken {
        /// Why.
        reason: String,
    },
    /// Nobody knows whether it took it.
    #[error("outcome unknown: {reason}")]
    Unknown {
        /// Why.
        reason: String,
    },
}

/// Where approved payloads go.
#[async_trait]
pub trait Channel: Send + Sync + 'static {
    /// Its name in the pipeline.
    fn name(&self) -> &ChannelName;
    /// What it can do about a call of which nobody knows whether it was taken.
    fn after_doubt(&self) -> AfterDoubt;
    /// How long a call that was given up may still take effect: so much time lies between two calls or looks.
    fn patience(&self) -> Duration;
    /// Hands a payload over. `key` stays the same over every attempt.
    async fn publish(&self, payload: &Approved<PayloadBytes>, key: &str) -> Result<Delivery, ChannelError>;
    /// Looks whether the payload is there. Asked only of channels that look up or list; `since`: no call for it was
    /// made before.
    async fn find(
        &self,
        payload: &Approved<PayloadBytes>,
        key: &str,
        since: Instant,
    ) -> Result<Found, ChannelError>;
}
