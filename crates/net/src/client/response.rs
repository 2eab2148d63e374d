//! What came back.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{self, HeaderMap};

/// One redirect that was followed: from, to, and whether it is permanent (301 or 308).
pub type RedirectHop = (String, String, bool);

/// The last response of a guarded GET, whole and unpacked. Any status but 429 and 503 can stand here, also 304
/// (with an empty body) and errors.
#[derive(Debug, Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// The address that answered, after all redirects, without fragment.
    pub final_url: String,
    /// The redirects followed, in order.
    pub redirects: Vec<RedirectHop>,
    /// Headers as sent; `Content-Encoding` and `Content-Length` speak of the packed body.
    pub headers: HeaderMap,
    /// The body, unpacked.
    pub body: Bytes,
    /// `Content-Type` as sent, with its parameters.
    pub content_type: Option<String>,
    /// How long the server asked to wait before the next request, at most 30 days.
    pub retry_after: Option<Duration>,
}

impl Response {
    /// Whether the status is 2xx.
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// Whether the copy at hand is still good: 304.
    pub const fn is_unmodified(&self) -> bool {
        self.status == 304
    }

    /// A header's text, if it is there and is ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// `ETag`, for the next `If-None-Match`.
    pub fn etag(&self) -> Option<&str> {
        self.header(header::ETAG.as_str())
    }

    /// `Last-Modified`, for the next `If-Modified-Since`.
    pub fn last_modified(&self) -> Option<&str> {
        self.header(header::LAST_MODIFIED.as_str())
    }

    /// Where the address has moved for good: the end of the permanent redirects at the start of the chain.
    pub fn moved_to(&self) -> Option<&str> {
        let permanent = self.redirects.iter().take_while(|(_, _, permanent)| *permanent);
        permanent.last().map(|(_, to, _)| to.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_moved_up_to_the_first_temporary_redirect() {
        let hop = |from: &str, to: &str, permanent| (from.to_owned(), to.to_owned(), permanent);
        let mut response = Response {
            status: 200,
            final_url: "d".to_owned(),
            redirects: vec![hop("a", "b", true), hop("b", "c", false), hop("c", "d", true)],
            headers: HeaderMap::new(),
            body: Bytes::new(),
            content_type: None,
            retry_after: None,
        };
        assert_eq!(response.moved_to(), Some("b"));
        response.redirects.remove(0);
        assert_eq!(response.moved_to(), None);
    }
}
