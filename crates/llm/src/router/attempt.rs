//! One try: reserve, ask, settle.

use copydesk_domain::MicroUsd;
use copydesk_journal::{Ledger, ReplyContent};
use copydesk_store::StoreError;

use super::exchange::exchange;
use super::route::Candidate;
use super::tariff::Tariff;
use crate::reply::Usage;
use crate::request::{Question, ReAsk, as_stream, build};
use crate::wire::{Endpoint, Fault};

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
    let dialect = endpoint.dialect();
    let mut request = build(question, &candidate.config, dialect, re_asks);
    // The built-in model answers at once.
    if ledger.is_watched() && !candidate.is_embedded {
        request = as_stream(request, dialect);
    }
    let body = serde_json::to_string(&request).expect("a chat request holds only strings, numbers and JSON");
    let Some(tariff) = candidate.tariff else {
        return Ok(exchange(endpoint, candidate, question, (&request, &body), ledger).await);
    };
    let reserve = tariff.reserve(body.len(), candidate.config.tokens_out_max);
    let reservation = ledger.reserve(&candidate.name, reserve).await?;
    let attempted = exchange(endpoint, candidate, question, (&request, &body), ledger).await;
    let (bill, is_assumed) = bill(tariff, reserve, &attempted);
    ledger.settle(reservation, bill, is_assumed).await?;
    Ok(attempted)
}

/// What is booked, and whether that is an assumption.
fn bill(tariff: Tariff, reserve: MicroUsd, attempted: &Attempted) -> (MicroUsd, bool) {
    match (attempted.usage, &attempted.result) {
        (Some(usage), _) => (tariff.bill(usage), false),
        (None, Err(fault)) if fault.is_free() => (MicroUsd::ZERO, false),
        (None, _) => (reserve, true),
    }
}
