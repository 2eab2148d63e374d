//! What went wrong, as a page or as JSON.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use copydesk_engine::EngineError;
use copydesk_store::StoreError;
use serde_json::json;

use crate::{api, page};

/// What went wrong, and what to do.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) status: StatusCode,
    /// A page below `docs/errors`.
    pub(crate) code: &'static str,
    pub(crate) error: String,
    pub(crate) hint: String,
    /// Where on the desk to go on.
    pub(crate) back: Option<String>,
    /// Where a person who has to log in wanted to go: a path of the desk.
    pub(crate) login: Option<String>,
}

impl Fault {
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        error: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            error: error.into(),
            hint: hint.into(),
            back: None,
            login: None,
        }
    }

    /// The request is not what the page or a script would send.
    pub(crate) fn bad(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "CD012", error, hint)
    }

    /// The request may not do that.
    pub(crate) fn forbidden(error: impl Into<String>) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "CD013",
            error,
            "open the page again and press the button there",
        )
    }

    /// Nobody is logged in, or the token is none of ours.
    pub(crate) fn stranger(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "CD013", error, hint)
    }

    /// The same with a way in, for a person who wants to go to `path`.
    pub(crate) fn login(mut self, path: impl Into<String>) -> Self {
        self.login = Some(path.into());
        self
    }

    /// The answer to whoever asked for `path`: a page, or JSON below `/api`.
    pub(crate) fn answer(self, path: &str) -> Response {
        if api::is_below(path) {
            ApiFault(self).into_response()
        } else {
            PageFault(self).into_response()
        }
    }

    /// The same, with a way back.
    pub(crate) fn back(mut self, path: impl Into<String>) -> Self {
        self.back = Some(path.into());
        self
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        let text = error.to_string();
        match error {
            StoreError::RunUnknown { .. } => Self::new(
                StatusCode::NOT_FOUND,
                "CD007",
                text,
                "the desk's first page and `copydesk runs` list the runs",
            ),
            StoreError::HashChanged { .. } => Self::new(
                StatusCode::CONFLICT,
                "CD009",
                text,
                "what you looked at is no longer what waits: look at it again, then decide",
            ),
            StoreError::DecisionRefused { .. } => Self::new(
                StatusCode::CONFLICT,
                "CD009",
                text,
                "the page of the run shows how far it is",
            ),
            StoreError::DiskFull { .. } => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "CD005",
                text,
                "free some space; nothing stored is lost",
            ),
            StoreError::Damaged { .. } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "CD017",
                text,
                "stop the daemon, keep a copy of `data`, and put a backup back",
            ),
            StoreError::LabelRefused { .. } => Self::new(
                StatusCode::CONFLICT,
                "CD009",
                text,
                "look at the stories again, then decide",
            ),
            StoreError::LeaseLost { .. }
            | StoreError::Leased { .. }
            | StoreError::BudgetSpent { .. }
            | StoreError::InputChanged { .. }
            | StoreError::NotDone { .. }
            | StoreError::Inconsistent { .. }
            | StoreError::Newer { .. }
            | StoreError::Database { .. }
            | StoreError::Closed => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "CD010",
                text,
                "try again; if it stays, `copydesk doctor` says more",
            ),
        }
    }
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        let text = error.to_string();
        match error {
            EngineError::Store(error) => error.into(),
            EngineError::NothingWaits { .. } => Self::new(
                StatusCode::CONFLICT,
                "CD009",
                text,
                "the page of the run shows how far it is",
            ),
            EngineError::ReasonWanted { .. } => Self::new(
                StatusCode::CONFLICT,
                "CD009",
                text,
                "look at them on the page, then approve with a `reason` beside the hash; it is kept",
            ),
            EngineError::Release { .. } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "CD010",
                text,
                "the run was made by another version; start a new one",
            ),
            EngineError::ClockDoubted { .. } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "CD010",
                text,
                "set the machine's clock and decide again; one that is right is believed once it has stood for ten minutes",
            ),
            EngineError::Outbox { .. } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "CD010",
                text,
                "mend the folder `outbox` and decide again; an answer that is approved already goes out by itself",
            ),
            EngineError::AgentUnknown { .. } | EngineError::StageUnready { .. } => {
                Self::bad(text, "`copydesk check` names the file")
            }
        }
    }
}

/// Why what stands behind the question mark of an address cannot be read. `error`: the words of the library that reads it.
pub(crate) fn unreadable_query(error: &str) -> String {
    let why = error.strip_prefix("Failed to deserialize query string: ");
    format!(
        "what stands behind the `?` cannot be read: {}",
        why.unwrap_or(error)
    )
}

/// A fault shown to a person.
#[derive(Debug)]
pub(crate) struct PageFault(Fault);

impl<T: Into<Fault>> From<T> for PageFault {
    fn from(fault: T) -> Self {
        Self(fault.into())
    }
}

impl IntoResponse for PageFault {
    fn into_response(self) -> Response {
        (self.0.status, page::fault(&self.0)).into_response()
    }
}

/// A fault told to a script: `{"error","code","hint"}`.
#[derive(Debug)]
pub(crate) struct ApiFault(Fault);

impl<T: Into<Fault>> From<T> for ApiFault {
    fn from(fault: T) -> Self {
        Self(fault.into())
    }
}

impl IntoResponse for ApiFault {
    fn into_response(self) -> Response {
        let Fault {
            status,
            code,
            error,
            hint,
            ..
        } = self.0;
        let mut response = (
            status,
            Json(json!({ "error": error, "code": code, "hint": hint })),
        )
            .into_response();
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_got_wrong_is_told_in_plain_words() {
        let error = "Failed to deserialize query string: timeout_s: invalid digit found in string";
        assert_eq!(
            unreadable_query(error),
            "what stands behind the `?` cannot be read: timeout_s: invalid digit found in string"
        );
        let unknown = Fault::from(StoreError::RunUnknown { run: "r1".into() });
        assert!(
            unknown.hint.contains("`copydesk runs`"),
            "a script has no first page"
        );
    }
}
