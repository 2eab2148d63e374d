//! Why a fetch brought nothing.

use std::io;
use std::time::Duration;

use crate::address::Refusal;

/// Why a guarded GET brought no response.
///
/// Addresses in messages carry neither login nor query.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address, or one that it redirects to, must not be dialled.
    #[error("{url} is not fetched: {refusal}")]
    Refused {
        /// The address refused, without login and query.
        url: String,
        /// Why.
        refusal: Refusal,
    },
    /// A name has no address, or none could be asked for.
    #[error("no address for the name `{host}`")]
    Unresolved {
        /// The name.
        host: String,
        /// What the resolver said; `None` when it answered with an empty list.
        source: Option<io::Error>,
    },
    /// None of the host's addresses took a connection.
    #[error("no connection to {at}")]
    Unreachable {
        /// Host and port.
        at: String,
        /// What happened at the last address tried.
        source: io::Error,
    },
    /// The encrypted connection could not be set up: wrong certificate, no common version.
    #[error("no secure connection to {at}")]
    Insecure {
        /// Host and port.
        at: String,
        /// What TLS said.
        source: io::Error,
    },
    /// Connecting or the whole exchange, redirects included, took too long.
    #[error("{at} did not finish within {after:?}")]
    Timeout {
        /// Host and port that were busy.
        at: String,
        /// The time allowed.
        after: Duration,
    },
    /// The body is, or says that it is, longer than allowed, packed or unpacked.
    #[error("the body from {at} is larger than {bytes_max} bytes")]
    TooLarge {
        /// Host and port.
        at: String,
        /// The limit in bytes of the unpacked body.
        bytes_max: usize,
    },
    /// The connection ended before the response did.
    #[error("{at} cut the response off after {bytes} bytes of the body")]
    Cut {
        /// Host and port.
        at: String,
        /// Bytes of the body that came, as sent.
        bytes: usize,
        /// What the connection said.
        source: hyper::Error,
    },
    /// The reply is not HTTP, or its head is too large.
    #[error("{at} answered with something else than HTTP")]
    Garbled {
        /// Host and port.
        at: String,
        /// What the parser said.
        source: hyper::Error,
    },
    /// The body cannot be unpacked.
    #[error("the body from {at} is no valid gzip")]
    BadGzip {
        /// Host and port.
        at: String,
        /// What the unpacking said.
        source: io::Error,
    },
    /// The body is packed in a way that was not asked for.
    #[error("the body from {at} is encoded as `{encoding}`, which was not asked for")]
    UnknownEncoding {
        /// Host and port.
        at: String,
        /// The `Content-Encoding`, at most 40 characters.
        encoding: String,
    },
    /// A redirect leads back to an address of the same chain.
    #[error("redirects lead in a circle at {url}")]
    RedirectLoop {
        /// The address met twice, without query.
        url: String,
    },
    /// A redirect leads back and sets a cookie: the page is shown only to clients that keep cookies.
    #[error("{url} is shown only to clients that keep cookies")]
    CookiesWanted {
        /// The address met twice, without query.
        url: String,
    },
    /// More redirects than allowed.
    #[error("more than {redirects_max} redirects, the last one to {url}")]
    TooManyRedirects {
        /// Where the next redirect pointed, without query.
        url: String,
        /// The limit.
        redirects_max: usize,
    },
    /// The server asks for patience: 429 or 503.
    #[error("{at} answered {status} and wants to be asked later")]
    RetryLater {
        /// Host and port.
        at: String,
        /// 429 or 503.
        status: u16,
        /// How long to wait according to `Retry-After`, at most 30 days; `None` if it does not say.
        after: Option<Duration>,
    },
}

impl FetchError {
    /// Whether the same request may well succeed later without anyone changing anything.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Unresolved { .. }
            | Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::Cut { .. }
            | Self::RetryLater { .. } => true,
            Self::Refused { .. }
            | Self::Insecure { .. }
            | Self::TooLarge { .. }
            | Self::Garbled { .. }
            | Self::BadGzip { .. }
            | Self::UnknownEncoding { .. }
            | Self::RedirectLoop { .. }
            | Self::CookiesWanted { .. }
            | Self::TooManyRedirects { .. } => false,
        }
    }

    /// How long the server asked to wait, if it did.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RetryLater { after, .. } => *after,
            _ => None,
        }
    }
}
