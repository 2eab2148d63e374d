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

/// What a request shares with the one before it in its round.
///
/// The turns of a loop repeat the whole conversation and its tools, so that nearly all of a request is in the one
/// before it; a store keeps the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shared {
    /// Bytes at its start.
    pub head: usize,
    /// Bytes at its end.
    pub tail: usize,
}

impl Shared {
    /// What `request` shares with `before`.
    pub fn of(before: &[u8], request: &[u8]) -> Self {
        let head = alike(before.iter(), request.iter());
        let tail = alike(before[head..].iter().rev(), request[head..].iter().rev());
        Self { head, tail }
    }

    /// The bytes of a request that are its own; none where it is shorter than what it is said to share.
    pub fn own<'a>(&self, request: &'a [u8]) -> Option<&'a [u8]> {
        request.get(self.head..request.len().checked_sub(self.tail)?)
    }

    /// A request from its own bytes and the one before it; none where that is too short.
    pub fn assemble(&self, before: &[u8], own: &[u8]) -> Option<Vec<u8>> {
        let head = before.get(..self.head)?;
        let tail = before.get(before.len().checked_sub(self.tail)?..)?;
        Some([head, own, tail].concat())
    }
}

/// How many items are the same until the first that is not.
fn alike<'a>(one: impl Iterator<Item = &'a u8>, other: impl Iterator<Item = &'a u8>) -> usize {
    one.zip(other).take_while(|(one, other)| one == other).count()
}

/// Bodies of a stored exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeBodies {
    /// Body of the request.
    pub request: Vec<u8>,
    /// The whole reply as JSON; none where no whole one came.
    pub reply: Option<Vec<u8>>,
}

/// A stored exchange. Its bodies are read apart; it goes when its run is pruned.
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
    /// Hash of the reply's body; none where none came.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_made_again_of_what_it_shares_and_its_own() {
        for (before, request, own) in [
            ("", "abc", "abc"),
            ("[1,2]{tools}", "[1,2,3]{tools}", ",3"),
            ("[1,2]{tools}", "[1,2]{tools}", ""),
            ("aaaa", "aa", ""),
            ("aa", "aaaa", "aa"),
            ("abc", "", ""),
        ] {
            let (before, request) = (before.as_bytes(), request.as_bytes());
            let shared = Shared::of(before, request);
            assert_eq!(shared.own(request), Some(own.as_bytes()), "{shared:?}");
            assert_eq!(
                shared.assemble(before, own.as_bytes()).as_deref(),
                Some(request),
                "{shared:?}"
            );
        }
    }

    #[test]
    fn another_request_than_the_one_before_is_noticed_where_it_is_too_short() {
        let shared = Shared { head: 3, tail: 2 };
        assert_eq!(shared.assemble(b"ab", b"x"), None);
        assert_eq!(Shared { head: 0, tail: 3 }.assemble(b"ab", b"x"), None);
        assert_eq!(shared.own(b"abcd"), None);
    }
}
