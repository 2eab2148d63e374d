//! One try: reserve, ask, settle.

use async_openai::types::chat::CreateChatCompletionRequest;
use copydesk_domain::MicroUsd;
use copydesk_journal::{Bill, Ledger, ReplyContent, Reservation};
use copydesk_store::{Counted, StoreError};
use serde_json::value::{RawValue, to_raw_value};

use super::exchange::exchange;
use super::route::Candidate;
use super::tariff::Tariff;
use super::tokens;
use crate::reply::Usage;
use crate::request::{Question, ReAsk, as_stream, build};
use crate::wire::{Endpoint, Fault};

/// A request that is ready to be sent: written once, and the bytes of it are counted, sent and kept.
pub(crate) struct Prepared {
    body: Box<RawValue>,
    tokens_in_max: u64,
}

/// Builds the request of one try; in parts, where somebody watches and the model does not answer at once.
pub(crate) fn prepare(
    endpoint: &Endpoint,
    candidate: &Candidate,
    question: &Question<'_>,
    re_asks: &[ReAsk],
    is_watched: bool,
) -> Prepared {
    let dialect = endpoint.dialect();
    let mut request = build(question, &candidate.config, dialect, re_asks);
    if is_watched && !candidate.is_embedded {
        request = as_stream(request, dialect);
    }
    let body = written(&request);
    // Whom nobody pays for is not worth the count.
    let model = candidate.tariff.map_or("", |_| candidate.config.model.as_str());
    Prepared {
        tokens_in_max: tokens::at_most(model, body.get()),
        body,
    }
}

/// The bytes of a request.
fn written(request: &CreateChatCompletionRequest) -> Box<RawValue> {
    to_raw_value(request).expect("a chat request holds only strings, numbers and JSON")
}

impl Prepared {
    /// Tokens that it has at most; see [`tokens::at_most`].
    pub(crate) fn tokens_in_max(&self) -> u64 {
        self.tokens_in_max
    }

    /// Tokens that it will be counted as by a limit, as far as one can guess: four bytes a token, as in English, and
    /// all that it may write.
    pub(crate) fn tokens_guessed(&self, candidate: &Candidate) -> u64 {
        let bytes = u64::try_from(self.body.get().len()).unwrap_or(u64::MAX);
        bytes / 4 + u64::from(candidate.config.tokens_out_max)
    }
}

/// What came of one try.
#[derive(Debug)]
pub(crate) struct Attempted {
    /// Tokens, where the endpoint counted them; also those of a reply that then broke off.
    pub(crate) usage: Option<Usage>,
    /// Tokens that it had at least, where the endpoint's count ends before its reply does.
    pub(crate) usage_min: Option<Usage>,
    /// What the endpoint calls the model that answered.
    pub(crate) answered_by: Option<String>,
    /// A bill that was larger than its reserve, and that reserve.
    pub(crate) over: Option<(MicroUsd, MicroUsd)>,
    /// The content, or the fault.
    pub(crate) result: Result<ReplyContent, Fault>,
}

/// The reserve of one try.
pub(crate) struct Reserved {
    tariff: Tariff,
    amount: MicroUsd,
    reservation: Reservation,
}

/// Reserves what one try may cost at most, before anything is sent; none for a free model, which never touches the
/// ledger.
///
/// # Errors
/// Those of the ledger.
pub(crate) async fn reserve(
    candidate: &Candidate,
    prepared: &Prepared,
    ledger: &dyn Ledger,
) -> Result<Option<Reserved>, StoreError> {
    let Some(tariff) = candidate.tariff else {
        return Ok(None);
    };
    let amount = tariff.reserve(prepared.tokens_in_max(), candidate.config.tokens_out_max);
    let reservation = ledger.reserve(&candidate.name, amount).await?;
    Ok(Some(Reserved {
        tariff,
        amount,
        reservation,
    }))
}

/// Asks once, and settles what was reserved whatever comes back. Where the process ends in between, the reserve stays
/// booked.
///
/// # Errors
/// Those of the ledger.
pub(crate) async fn attempt(
    endpoint: &Endpoint,
    candidate: &Candidate,
    question: &Question<'_>,
    prepared: &Prepared,
    (reserved, ledger): (Option<Reserved>, &dyn Ledger),
) -> Result<Attempted, StoreError> {
    let request = &*prepared.body;
    let attempted = exchange(endpoint, candidate, question, request, ledger).await;
    let Some(reserved) = reserved else {
        return Ok(attempted);
    };
    let bill = bill(reserved.tariff, reserved.amount, &attempted);
    ledger.settle(reserved.reservation, bill).await?;
    Ok(Attempted {
        over: (bill.amount > reserved.amount).then_some((bill.amount, reserved.amount)),
        ..attempted
    })
}

/// What is booked: what was counted; nothing where nothing can have been made; else the whole reserve, as assumed, or
/// what was counted up to the break where that is more already.
fn bill(tariff: Tariff, reserve: MicroUsd, attempted: &Attempted) -> Bill {
    let uncounted = |amount, is_assumed| Bill {
        amount,
        is_assumed,
        counted: None,
    };
    match (attempted.usage, &attempted.result) {
        (Some(usage), _) => {
            let (amount, cached) = tariff.bill(usage);
            let counted = Counted {
                tokens_in: usage.tokens_in,
                tokens_out: usage.tokens_out,
                tokens_cached: usage.cached.min(usage.tokens_in),
                cached,
            };
            Bill {
                amount,
                is_assumed: false,
                counted: Some(counted),
            }
        }
        (None, Err(fault)) if fault.is_free() => uncounted(MicroUsd::ZERO, false),
        (None, _) => {
            let counted = attempted.usage_min.map(|usage| tariff.bill(usage).0);
            uncounted(counted.unwrap_or_default().max(reserve), true)
        }
    }
}
