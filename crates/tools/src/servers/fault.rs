//! Why a bundled tool gave nothing.

use copydesk_net::FetchError;
use copydesk_store::StoreError;
use serde_json::{Value, json};

/// One line for people, and the time before which asking again is useless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ToolFault {
    /// What was wrong, as a fragment: `HTTP 503`.
    pub why: String,
    /// When to ask again, as the other side said.
    pub retry_at: Option<copydesk_domain::Instant>,
}

impl ToolFault {
    /// A fault that nobody put a time on.
    pub(super) fn new(why: impl Into<String>) -> Self {
        let why: String = why
            .into()
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(600)
            .collect();
        Self { why, retry_at: None }
    }

    /// The structured content of an error result: `{"error","retry_at"}`.
    pub(super) fn to_json(&self) -> Value {
        json!({ "error": self.why, "retry_at": self.retry_at })
    }
}

impl From<StoreError> for ToolFault {
    fn from(error: StoreError) -> Self {
        Self::new(format!("the store cannot be used: {error}"))
    }
}

/// A failed fetch in one line, with its cause.
pub(super) fn fetch_fault(error: &FetchError) -> String {
    if let FetchError::RetryLater { status, .. } = error {
        return format!("HTTP {status}");
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// What a status outside 2xx means, in one line.
pub(super) fn status_fault(status: u16) -> String {
    let meaning = match status {
        401 | 403 => ": it is not for everyone",
        404 => ": there is nothing at this address",
        410 => ": it is gone for good",
        _ => "",
    };
    format!("HTTP {status}{meaning}")
}
