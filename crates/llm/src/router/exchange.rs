//! One exchange with an endpoint: what is sent, what comes back, and what is kept of both.

use std::time::Instant;

use copydesk_journal::Ledger;
use copydesk_store::{ExchangeOutcome, ExchangeParams};
use serde_json::value::RawValue;

use super::attempt::Attempted;
use super::route::Candidate;
use super::signal::Signal;
use crate::reply::{ChatReply, Usage, read};
use crate::request::Question;
use crate::wire::{Endpoint, Fault, Seen, line_of, without_echo};

/// Sends a request, reads the reply, and keeps both, unless the built-in model answers: what that gives follows from the
/// question alone. Whoever watches hears how far the model is.
pub(super) async fn exchange(
    endpoint: &Endpoint,
    candidate: &Candidate,
    question: &Question<'_>,
    request: &RawValue,
    ledger: &dyn Ledger,
) -> Attempted {
    let body = request.get();
    let started = Instant::now();
    let mut signal = Signal::open(candidate, body);
    let on_written = |tokens| ledger.writing(&candidate.name, tokens);
    let (result, seen) = endpoint.complete(request, &on_written).await;
    let told = Told::of(&seen);
    let is_kept = !candidate.is_embedded;
    let (attempted, reply, whole) = match result {
        Ok(reply) => {
            let reply = endpoint.clean(reply);
            let whole =
                is_kept.then(|| serde_json::to_vec(&reply).expect("JSON that was read can be written"));
            let reply = ChatReply::of(reply);
            signal.replied(candidate, &reply);
            tell(candidate, &seen, &reply);
            let attempted = Attempted {
                usage: told.of_reply(&reply),
                usage_min: told.usage_min,
                answered_by: reply.model.as_deref().map(line_of),
                over: None,
                result: read(&reply, question),
            };
            (attempted, Some(reply), whole)
        }
        Err(fault) => {
            let attempted = Attempted {
                usage: told.usage,
                usage_min: told.usage_min,
                answered_by: None,
                over: None,
                result: Err(fault.map_reason(|reason| without_echo(reason, body))),
            };
            (attempted, None, None)
        }
    };
    if let Err(fault) = &attempted.result {
        let request_id = seen.request_id.as_deref();
        tracing::info!(model = %candidate.name, schema = question.schema_name, request_id, %fault, "a try failed");
    }
    signal.end(&attempted);
    if is_kept {
        let seen = endpoint.redacted(seen);
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let exchange = kept(candidate, &seen, reply.as_ref(), &attempted, ms);
        ledger.keep(ExchangeParams {
            request: body.as_bytes().to_vec(),
            reply: whole,
            ..exchange
        });
    }
    attempted
}

/// What the endpoint counted on the way.
#[derive(Debug, Clone, Copy)]
struct Told {
    /// The tokens of the whole exchange.
    usage: Option<Usage>,
    /// The tokens that it had at least.
    usage_min: Option<Usage>,
}

impl Told {
    fn of(seen: &Seen) -> Self {
        let count = seen.count.as_ref();
        let usage_of = |is_final| {
            let count = count.filter(|count| count.is_final == is_final)?;
            Usage::of(&count.usage).filter(|usage| usage.tokens_out > 0 || !count.has_words)
        };
        Self {
            usage: usage_of(true),
            usage_min: usage_of(false),
        }
    }

    /// The tokens of a whole reply: none where what it counted is less than it wrote.
    fn of_reply(self, reply: &ChatReply) -> Option<Usage> {
        match self.usage_min {
            Some(_) => None,
            None => reply.usage(),
        }
    }
}

/// Facts about a reply for whoever looks into an endpoint; none of its words.
fn tell(candidate: &Candidate, seen: &Seen, reply: &ChatReply) {
    tracing::debug!(
        model = %candidate.name,
        request_id = seen.request_id.as_deref(),
        answered_by = reply.model.as_deref().map(line_of),
        usage = ?reply.usage(),
        thought_chars = reply.thought_chars(),
        is_streamed = seen.is_streamed,
        other_fields = ?reply.extra.keys().map(|name| line_of(name)).collect::<Vec<_>>(),
        "a model replied"
    );
}

/// The record of an exchange, without its bodies. Pure.
fn kept(
    candidate: &Candidate,
    seen: &Seen,
    reply: Option<&ChatReply>,
    attempted: &Attempted,
    ms: u64,
) -> ExchangeParams {
    let usage = attempted.usage;
    let outcome = match &attempted.result {
        Ok(_) => ExchangeOutcome::Answered,
        Err(Fault::Refused) => ExchangeOutcome::Refused,
        Err(Fault::Invalid { .. }) => ExchangeOutcome::Invalid,
        Err(_) => ExchangeOutcome::Failed,
    };
    ExchangeParams {
        model: candidate.name.to_string(),
        base_url: candidate.config.base_url.clone(),
        asked: candidate.config.model.clone(),
        answered_by: attempted.answered_by.clone(),
        request_id: seen.request_id.clone(),
        status: seen.status,
        outcome,
        reason: attempted.result.as_ref().err().map(ToString::to_string),
        finish_reason: reply.and_then(ChatReply::finish_reason).map(line_of),
        is_streamed: seen.is_streamed,
        tokens_in: usage.map(|usage| usage.tokens_in),
        tokens_out: usage.map(|usage| usage.tokens_out),
        tokens_cached: usage.map(|usage| usage.cached),
        ms,
        request: Vec::new(),
        reply: None,
    }
}
