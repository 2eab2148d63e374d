//! What is asked for.

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};

/// One GET. There is no place for credentials or cookies, so none can leak to a host that a redirect names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetRequest {
    /// The address, as it came from outside.
    pub url: String,
    /// `ETag` of the copy at hand.
    pub if_none_match: Option<String>,
    /// `Last-Modified` of the copy at hand.
    pub if_modified_since: Option<String>,
    /// Media types wanted; anything if `None`.
    pub accept: Option<String>,
    /// Bytes of the longest unpacked body; the client's limit if `None` or larger than that.
    pub body_bytes_max: Option<usize>,
}

impl GetRequest {
    /// A plain request without conditions.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            if_none_match: None,
            if_modified_since: None,
            accept: None,
            body_bytes_max: None,
        }
    }

    /// The request's own headers. A value that cannot stand in a header is left out: a condition saves
    /// traffic, it decides nothing.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut put = |name: HeaderName, value: Option<&str>| {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.insert(name, value);
            }
        };
        put(header::ACCEPT, Some(self.accept.as_deref().unwrap_or("*/*")));
        put(header::IF_NONE_MATCH, self.if_none_match.as_deref());
        put(header::IF_MODIFIED_SINCE, self.if_modified_since.as_deref());
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_with_a_line_break_is_left_out() {
        let mut request = GetRequest::new("http://news.example/");
        request.if_none_match = Some("\"a\"\r\nAuthorization: x".to_owned());
        request.if_modified_since = Some("Wed, 19 Aug 2026 10:00:00 GMT".to_owned());
        let headers = request.headers();
        assert!(!headers.contains_key(header::IF_NONE_MATCH));
        assert_eq!(
            headers[header::IF_MODIFIED_SINCE],
            "Wed, 19 Aug 2026 10:00:00 GMT"
        );
        assert_eq!(headers[header::ACCEPT], "*/*");
    }
}
