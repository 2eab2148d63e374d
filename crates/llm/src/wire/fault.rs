//! What can go wrong with one try, and what follows.

use std::time::Duration;

/// Why one try gave no usable answer. The texts never hold a prompt, a whole reply or a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// The endpoint answered with an error, by its status or inside a body with status 200.
    #[error("status {status}: {reason}")]
    Status {
        /// HTTP status, or the one that the body names.
        status: u16,
        /// What it said, in one line.
        reason: String,
        /// When it wants to be asked again, already read from seconds or a date.
        retry_after: Option<Duration>,
        /// Where the status stood.
        stood: Stood,
    },
    /// No connection came about, so nothing was sent.
    #[error("no connection: {reason}")]
    Connect {
        /// Why.
        reason: String,
    },
    /// The connection broke after the request was sent.
    #[error("the reply broke off: {reason}")]
    CutOff {
        /// Why.
        reason: String,
    },
    /// No whole reply in time.
    #[error("no reply within {} ms", timeout.as_millis())]
    Timeout {
        /// The limit.
        timeout: Duration,
    },
    /// The reply is longer than any answer can be.
    #[error("the reply is longer than {bytes_max} bytes")]
    TooLong {
        /// The limit.
        bytes_max: usize,
    },
    /// Status 200 and a body that is no reply.
    #[error("the reply is no JSON: {reason}")]
    NotJson {
        /// What it is instead.
        reason: String,
    },
    /// The body holds an error without a status.
    #[error("the endpoint failed: {reason}")]
    ErrorInside {
        /// What it said, in one line.
        reason: String,
    },
    /// The model does not want to answer.
    #[error("the model refused to answer")]
    Refused,
    /// The answer does not fit the task.
    #[error("the answer does not fit: {problem}")]
    Invalid {
        /// What does not fit: places and expectations, no words of the answer.
        problem: String,
        /// The answer itself, for the next question to the same model; never shown.
        said: Option<String>,
    },
}

/// Where an error's status stood: only what came before it tells whether a model can have worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stood {
    /// In the status line: nothing else came.
    First,
    /// In a body with status 2xx that holds nothing else: no choice, no word, no count.
    Alone,
    /// In a body with status 2xx, behind or beside what a model made.
    Amid,
}

/// What follows a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// The same model after a pause.
    Again,
    /// The same model at once, told what was wrong.
    ReAsk,
    /// The next model; this one may be asked again later.
    Later,
    /// The next model; this one is done with.
    Leave,
    /// Nobody but a person can help.
    Person,
}

impl Fault {
    /// What follows. No wildcard arm for the variants: a new one must choose.
    pub(crate) fn next(&self) -> Next {
        match self {
            Self::Status { status, .. } => match status {
                409 => Next::Again,
                402 => Next::Leave,
                408 | 425 | 429 | 500..=599 => Next::Later,
                // Wrong request, key, address or model, or a redirect: the same again would fail the same way.
                _ => Next::Person,
            },
            Self::Connect { .. }
            | Self::CutOff { .. }
            | Self::Timeout { .. }
            | Self::TooLong { .. }
            | Self::NotJson { .. }
            | Self::ErrorInside { .. } => Next::Later,
            Self::Refused => Next::Leave,
            Self::Invalid { .. } => Next::ReAsk,
        }
    }

    /// Whether the endpoint certainly billed nothing: it turned the request away, or never had it.
    ///
    /// In a status line 503 and 529 say "too busy". Other 5xx may come from a gateway behind which a model has worked,
    /// and so may 408, 425 and 499: a gateway's own limit of time ran out, or a client before it went away.
    ///
    /// With status 2xx an endpoint has taken the call, and what stands in the body is never free once anything else
    /// came. Where the error is all that came, five codes are: without a right to ask (401, 403), without money (402),
    /// without such a model (404) or out of turn (429) an endpoint asks no model at all, and gateways that say 200
    /// before their provider has answered say so in this way. 400 is not among them, since a filter that stops an
    /// answer says that too, and neither are 503 and 529, with which a model gives up half-way.
    pub(crate) fn is_free(&self) -> bool {
        match self {
            Self::Status { status, stood, .. } => match stood {
                Stood::First => matches!(status, 300..=499 | 503 | 529) && !matches!(status, 408 | 425 | 499),
                Stood::Alone => matches!(status, 401..=404 | 429),
                Stood::Amid => false,
            },
            Self::Connect { .. } => true,
            Self::CutOff { .. }
            | Self::Timeout { .. }
            | Self::TooLong { .. }
            | Self::NotJson { .. }
            | Self::ErrorInside { .. }
            | Self::Refused
            | Self::Invalid { .. } => false,
        }
    }

    /// When the endpoint wants to be asked again.
    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The same fault with its reason passed through `clean`.
    pub(crate) fn map_reason(mut self, clean: impl FnOnce(&str) -> String) -> Self {
        if let Self::Status { reason, .. }
        | Self::Connect { reason }
        | Self::CutOff { reason }
        | Self::NotJson { reason }
        | Self::ErrorInside { reason } = &mut self
        {
            *reason = clean(reason);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16) -> Fault {
        stood(status, Stood::First)
    }

    fn stood(status: u16, stood: Stood) -> Fault {
        Fault::Status {
            status,
            reason: String::new(),
            retry_after: None,
            stood,
        }
    }

    #[test]
    fn what_only_a_person_can_mend_is_not_tried_again() {
        for code in [301, 307, 400, 401, 403, 404, 405, 413, 422] {
            assert_eq!(status(code).next(), Next::Person, "{code}");
        }
    }

    #[test]
    fn what_may_pass_goes_to_the_next_model() {
        for code in [408, 429, 500, 502, 503, 520, 529] {
            assert_eq!(status(code).next(), Next::Later, "{code}");
        }
        assert_eq!(status(402).next(), Next::Leave);
        assert_eq!(status(409).next(), Next::Again);
    }

    #[test]
    fn an_unknown_bill_is_not_called_free() {
        assert!(status(429).is_free() && status(503).is_free());
        for code in [408, 425, 499, 500, 502, 504, 520] {
            assert!(!status(code).is_free(), "a model may have worked behind {code}");
        }
        assert!(
            !Fault::Timeout {
                timeout: Duration::from_secs(1)
            }
            .is_free()
        );
    }

    #[test]
    fn an_error_in_a_body_is_free_only_where_it_is_all_that_came_and_no_model_was_asked() {
        for code in 400..=599 {
            let is_unasked = [401, 402, 403, 404, 429].contains(&code);
            assert_eq!(stood(code, Stood::Alone).is_free(), is_unasked, "{code}");
            assert!(!stood(code, Stood::Amid).is_free(), "{code}");
        }
    }
}
