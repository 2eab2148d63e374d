//! Why a bundled tool gave nothing.

use std::time::Duration;

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
    /// The same request may well succeed later without anyone changing anything; none where it would not.
    pub passing: Option<Passing>,
    /// The store failed, and not what was asked.
    pub store: Option<Box<StoreError>>,
}

/// A fault that may pass by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Passing {
    /// How long the other side wants to be left alone, where it says so.
    pub after: Option<Duration>,
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
        Self {
            why,
            retry_at: None,
            passing: None,
            store: None,
        }
    }

    /// The fault of a failed fetch.
    pub(super) fn of_fetch(error: &FetchError) -> Self {
        let after = error.retry_after();
        Self {
            passing: error.is_transient().then_some(Passing { after }),
            ..Self::new(fetch_fault(error))
        }
    }

    /// The fault of a status outside 2xx.
    pub(super) fn of_status(status: u16) -> Self {
        // 408: the server waited too long; 501: it never will.
        let passes = status == 408 || ((500..600).contains(&status) && status != 501);
        Self {
            passing: passes.then(Passing::default),
            ..Self::new(status_fault(status))
        }
    }

    /// The structured content of an error result: `{"error","retry_at"}`, and of one that may pass by itself also
    /// `"passing": true` and `"retry_after_s"`, whole seconds or null. A caller that keeps replies can tell by that how
    /// long to wait whatever its clock says.
    pub(super) fn to_json(&self) -> Value {
        let mut told = json!({ "error": self.why, "retry_at": self.retry_at });
        if let Some(passing) = self.passing {
            told["passing"] = json!(true);
            // Rounded up: nobody is asked too soon.
            let seconds = |after: Duration| after.as_secs() + u64::from(after.subsec_nanos() > 0);
            told["retry_after_s"] = json!(passing.after.map(seconds));
        }
        told
    }
}

impl From<StoreError> for ToolFault {
    fn from(error: StoreError) -> Self {
        Self {
            store: Some(Box::new(error.clone())),
            ..Self::new(format!("the store cannot be used: {error}"))
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_by_itself_is_called_passing() {
        let told = |status| ToolFault::of_status(status).to_json();
        for status in [408, 500, 502, 503, 504, 520] {
            assert_eq!(told(status)["passing"], true, "{status}");
        }
        for status in [301, 400, 401, 403, 404, 410, 451, 501] {
            assert_eq!(told(status).get("passing"), None, "{status}");
        }
        let later = |after| FetchError::RetryLater {
            at: "a.example:443".to_owned(),
            status: 429,
            after,
        };
        let told = |after| ToolFault::of_fetch(&later(after)).to_json()["retry_after_s"].clone();
        assert_eq!(told(Some(Duration::from_millis(1_200))), 2);
        assert_eq!(told(None), Value::Null);
        let circle = FetchError::RedirectLoop { url: String::new() };
        assert_eq!(ToolFault::of_fetch(&circle).to_json().get("passing"), None);
    }
}
