//! Exchanges with models, and what was learnt of the endpoints.

use copydesk_domain::{ContentHash, Instant, Round, StageName, StepKey};
use serde::{Deserialize, Serialize};

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExchangeOutcome {
    /// With an answer that fits its task.
    Answered,
    /// The model would not answer.
    Refused,
    /// With an answer that does not fit.
    Invalid,
    /// Without a whole answer.
    Failed,
}

impl ExchangeOutcome {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Answered, Self::Refused, Self::Invalid, Self::Failed];

    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Invalid => "invalid",
            Self::Failed => "failed",
        }
    }

    /// The outcome of that name.
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// One exchange with a model's endpoint: one request, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeParams {
    /// The model's name in config.toml.
    pub model: String,
    /// Where it was asked.
    pub base_url: String,
    /// The model that was asked for there.
    pub asked: String,
    /// The model that says it answered.
    pub answered_by: Option<String>,
    /// The endpoint's own id of the exchange.
    pub request_id: Option<String>,
    /// HTTP status; none where no response came.
    pub status: Option<u16>,
    /// How it ended.
    pub outcome: ExchangeOutcome,
    /// Why it did not end well, in one line.
    pub reason: Option<String>,
    /// Why the model stopped, as the endpoint says it.
    pub finish_reason: Option<String>,
    /// The reply came as a stream.
    pub is_streamed: bool,
    /// Tokens read, as the endpoint counted them.
    pub tokens_in: Option<u64>,
    /// Tokens written.
    pub tokens_out: Option<u64>,
    /// Those of `tokens_in` that came from a cache.
    pub tokens_cached: Option<u64>,
    /// Duration in milliseconds.
    pub ms: u64,
    /// Body of the request: no header, so no key.
    pub request: Vec<u8>,
    /// The whole reply as JSON, fields that nobody here knows included; a stream is put together.
    pub reply: Option<Vec<u8>>,
}

/// A stored exchange. Its bodies are read by their hashes; they go when the run is pruned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeRecord {
    /// The stage.
    pub stage: StageName,
    /// The round.
    pub round: Round,
    /// The step.
    pub key: StepKey,
    /// The exchange, with empty bodies.
    pub exchange: ExchangeParams,
    /// Hash of the request's body.
    pub request_hash: Option<ContentHash>,
    /// Hash of the reply's body.
    pub reply_hash: Option<ContentHash>,
    /// Its end.
    pub at: Instant,
}

/// Exchanges that ended alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeCount {
    /// The model's name in config.toml.
    pub model: String,
    /// How they ended.
    pub outcome: ExchangeOutcome,
    /// How many they were.
    pub exchanges: u64,
}

/// What was learnt of one model at one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointRecord {
    /// Its address.
    pub base_url: String,
    /// The model's name there.
    pub model: String,
    /// Hash of what each request carries along; what was learnt holds for the same only.
    pub identity: ContentHash,
    /// JSON of whoever learnt it.
    pub knowledge: String,
    /// When.
    pub at: Instant,
}
