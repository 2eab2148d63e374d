//! The account of one attempt, and how it becomes a stored step.

use copydesk_domain::{ContentHash, Instant, ModelName, StepKey, StepState};
use copydesk_store::StepParams;
use serde::Serialize;

use crate::context::Place;
use crate::step::{Disposition, RecordedError, StepError};

/// What a step used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) task: Option<String>,
    pub(crate) tool: Option<String>,
    pub(crate) model: Option<ModelName>,
    pub(crate) answered_by: Option<String>,
    pub(crate) tokens_in: Option<u64>,
    pub(crate) tokens_out: Option<u64>,
    pub(crate) tries: u32,
    /// What the row says of a success; `ok` where nothing is said.
    pub(crate) outcome: Option<String>,
}

/// The row for a success.
pub(crate) fn completed(
    place: &Place,
    key: &StepKey,
    input_hash: ContentHash,
    body: Vec<u8>,
    mut account: Account,
    times: (Instant, Instant),
) -> StepParams {
    let outcome = account.outcome.take().unwrap_or_else(|| "ok".to_owned());
    row(
        place,
        key,
        input_hash,
        StepState::Completed,
        body,
        account,
        outcome,
        times,
    )
}

/// The row for an error; none where no attempt is counted.
pub(crate) fn failed(
    place: &Place,
    key: &StepKey,
    input_hash: ContentHash,
    error: &StepError,
    is_last: bool,
    account: Account,
    times: (Instant, Instant),
) -> Option<StepParams> {
    let state = match error.disposition() {
        Disposition::Retry if !is_last => StepState::Retryable,
        Disposition::Retry | Disposition::Discard => StepState::Discarded,
        Disposition::AwaitAuthor(_) => StepState::Suspended,
        Disposition::Stop => return None,
    };
    let message = error.to_string();
    let body = to_json(&RecordedError {
        error: message.clone(),
    });
    Some(row(place, key, input_hash, state, body, account, message, times))
}

#[expect(
    clippy::too_many_arguments,
    reason = "a row has these columns; both callers name them in order"
)]
fn row(
    place: &Place,
    key: &StepKey,
    input_hash: ContentHash,
    state: StepState,
    body: Vec<u8>,
    account: Account,
    outcome: String,
    (started_at, finished_at): (Instant, Instant),
) -> StepParams {
    StepParams {
        stage: place.stage.clone(),
        round: place.round,
        key: key.clone(),
        input_hash,
        state,
        body,
        task: account.task,
        tool: account.tool,
        model: account.model.map(|model| model.as_str().to_owned()),
        answered_by: account.answered_by,
        tokens_in: account.tokens_in,
        tokens_out: account.tokens_out,
        ms: u64::try_from(finished_at.since(started_at).as_millis()).unwrap_or(0),
        attempts: account.tries.max(1),
        outcome,
        at: finished_at,
    }
}

/// JSON of a value that always has one.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("journal values are structs with text keys")
}
