//! One try: reserve, ask, settle.

use copydesk_domain::MicroUsd;
use copydesk_journal::{Ledger, ReplyContent};
use copydesk_store::StoreError;

use super::route::Candidate;
use super::tariff::Tariff;
use crate::reply::{ChatReply, Usage, read};
use crate::request::{Question, ReAsk, build};
use crate::wire::{Endpoint, Fault, line_of, without_echo};

/// What came of one try.
#[derive(Debug)]
pub(crate) struct Attempted {
    /// Tokens, where the endpoint counted them.
    pub(crate) usage: Option<Usage>,
    /// The content, or the fault.
    pub(crate) result: Result<ReplyContent, Fault>,
}

/// Asks once. Money is reserved before anything is sent and settled whatever comes back; a free model never
/// touches the ledger. Where the process ends in between, the reserve stays booked.
///
/// # Errors
/// Those of the ledger; nothing was sent if the reserve failed.
pub(crate) async fn attempt(
    endpoint: &Endpoint,
    candidate: &Candidate,
    question: &Question<'_>,
    re_asks: &[ReAsk],
    ledger: &dyn Ledger,
) -> Result<Attempted, StoreError> {
    let request = build(question, &candidate.config, endpoint.dialect(), re_asks);
    let Some(tariff) = candidate.tariff else {
        return Ok(exchange(endpoint, candidate, question, &request).await);
    };
    let reserve = tariff.reserve(body_of(&request).len(), candidate.config.tokens_out_max);
    let reservation = ledger.reserve(&candidate.name, reserve).await?;
    let attempted = exchange(endpoint, candidate, question, &request).await;
    let (bill, is_assumed) = bill(tariff, reserve, &attempted);
    ledger.settle(reservation, bill, is_assumed).await?;
    Ok(attempted)
}

/// The request as it is sent.
fn body_of<R: serde::Serialize>(request: &R) -> String {
    serde_json::to_string(request).expect("a chat request holds only strings, numbers and JSON")
}

async fn exchange<R: serde::Serialize>(
    endpoint: &Endpoint,
    candidate: &Candidate,
    question: &Question<'_>,
    request: &R,
) -> Attempted {
    let attempted = match endpoint.complete(request).await {
        Ok(received) => {
            let reply = ChatReply::of(received.reply);
            tell(candidate, received.request_id.as_deref(), &reply);
            Attempted {
                usage: reply.usage(),
                result: read(&reply, question),
            }
        }
        Err(fault) => {
            let fault = fault.map_reason(|reason| without_echo(reason, &body_of(request)));
            Attempted {
                usage: None,
                result: Err(fault),
            }
        }
    };
    if let Err(fault) = &attempted.result {
        tracing::info!(model = %candidate.name, schema = question.schema_name, %fault, "a try failed");
    }
    attempted
}

/// Facts about a reply for whoever looks into an endpoint; none of its words.
fn tell(candidate: &Candidate, request_id: Option<&str>, reply: &ChatReply) {
    tracing::debug!(
        model = %candidate.name,
        request_id,
        answered_by = reply.model.as_deref().map(line_of),
        usage = ?reply.usage(),
        thought_chars = reply.thought_chars(),
        other_fields = ?reply.extra.keys().map(|name| line_of(name)).collect::<Vec<_>>(),
        "a model replied"
    );
}

/// What is booked, and whether that is an assumption.
fn bill(tariff: Tariff, reserve: MicroUsd, attempted: &Attempted) -> (MicroUsd, bool) {
    match (attempted.usage, &attempted.result) {
        (Some(usage), _) => (tariff.bill(usage), false),
        (None, Err(fault)) if fault.is_free() => (MicroUsd::ZERO, false),
        (None, _) => (reserve, true),
    }
}
