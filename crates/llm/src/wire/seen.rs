//! What is known of one exchange, however it ended.

use std::sync::{Arc, Mutex};

use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::sync::watch;

use super::reason::line_of;

/// Facts of one exchange, as far as it got.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// HTTP status.
    pub(crate) status: Option<u16>,
    /// The endpoint's own id of the exchange, for its support.
    pub(crate) request_id: Option<String>,
    /// Ids, limits and times that the endpoint sent along; nothing else of its headers.
    pub(crate) headers: HeaderMap,
    /// The reply came as a stream.
    pub(crate) is_streamed: bool,
    /// The tokens that the endpoint counted on the way, however the exchange ended; none where the whole reply holds them.
    pub(crate) count: Option<Count>,
    /// The whole reply, until it is taken.
    pub(super) reply: Option<Value>,
}

/// A count of tokens as an endpoint sent it, before it is known whether a whole reply comes of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Count {
    /// The field `usage`.
    pub(crate) usage: Value,
    /// It is the endpoint's last word: nothing was written behind it, and it stood where the count of the whole stands.
    /// Else it says how much it was at least: some endpoints count on with each part of a stream.
    pub(crate) is_final: bool,
    /// Words came, so that a count of none written is none.
    pub(crate) has_words: bool,
}

/// Where an exchange writes down what it sees while somebody may look.
#[derive(Debug, Clone)]
pub(crate) struct Notebook {
    seen: Arc<Mutex<Seen>>,
    written: watch::Sender<u64>,
}

impl Default for Notebook {
    fn default() -> Self {
        Self {
            seen: Arc::default(),
            written: watch::Sender::new(0),
        }
    }
}

impl Notebook {
    /// Notes what the head of a response says.
    pub(crate) fn head(&self, status: u16, headers: &HeaderMap) {
        self.change(|seen| {
            seen.status = Some(status);
            seen.request_id = request_id(headers);
            seen.headers = kept(headers);
        });
    }

    /// Notes that the reply comes as a stream.
    pub(crate) fn streams(&self) {
        self.change(|seen| seen.is_streamed = true);
    }

    /// Notes how many tokens were written so far.
    pub(crate) fn wrote(&self, tokens: u64) {
        self.written
            .send_if_modified(|written| std::mem::replace(written, tokens) != tokens);
    }

    /// Notes the last count of tokens.
    pub(crate) fn counted(&self, count: Option<Count>) {
        if count.is_some() {
            self.change(|seen| seen.count = count);
        }
    }

    /// Notes the whole reply.
    pub(crate) fn reply(&self, reply: Value) {
        self.change(|seen| seen.reply = Some(reply));
    }

    /// Tokens written, as they become more.
    pub(crate) fn written(&self) -> watch::Receiver<u64> {
        self.written.subscribe()
    }

    /// The endpoint's id, as soon as it is known.
    pub(crate) fn request_id(&self) -> Option<String> {
        let seen = self.seen.lock().expect("no holder of this lock can panic");
        seen.request_id.clone()
    }

    /// Everything.
    pub(crate) fn take(&self) -> Seen {
        std::mem::take(&mut *self.seen.lock().expect("no holder of this lock can panic"))
    }

    fn change(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen.lock().expect("no holder of this lock can panic"));
    }
}

/// Headers in which providers put the id of an exchange, the commonest first.
const IDS: [&str; 6] = [
    "x-request-id",
    "request-id",
    "apim-request-id",
    "x-ms-request-id",
    "x-amzn-requestid",
    "cf-ray",
];

fn request_id(headers: &HeaderMap) -> Option<String> {
    let found = IDS.iter().find_map(|name| headers.get(*name))?;
    found.to_str().ok().map(line_of)
}

/// Headers worth keeping; cookies and whatever may name an account stay out.
fn kept(headers: &HeaderMap) -> HeaderMap {
    let is_kept = |name: &str| {
        IDS.contains(&name)
            || name.contains("ratelimit")
            || name.starts_with("retry-after")
            || matches!(name, "date" | "server" | "content-type" | "openai-processing-ms")
    };
    let wanted = headers.iter().filter(|(name, _)| is_kept(name.as_str()));
    wanted
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn ids_and_limits_are_kept_and_cookies_are_not() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-request-id", "req-1"),
            ("x-ratelimit-remaining-tokens", "5"),
            ("set-cookie", "secret"),
            ("openai-organization", "org-1"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let notebook = Notebook::default();
        notebook.head(200, &headers);
        let seen = notebook.take();
        assert_eq!(
            (seen.status, seen.request_id.as_deref()),
            (Some(200), Some("req-1"))
        );
        assert_eq!(seen.headers.len(), 2);
    }
}
