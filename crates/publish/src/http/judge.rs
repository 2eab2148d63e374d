//! What an answer to the POST means. Pure.
//!
//! In doubt it is doubt: only an answer by which the receiver certainly did nothing counts as not taken or refused.

use copydesk_journal::{AfterDoubt, ChannelError, Delivery, Found};
use copydesk_net::HttpAnswer;
use serde_json::Value;

/// The longest address that is kept as the place of an issue.
const LOCATION_CHARS_MAX: usize = 2_000;

/// Reads the answer to a POST.
///
/// # Source
/// RFC 9110 (303: the answer is elsewhere, the work is done; 408, 5xx: nothing is said of the work), RFC 6585 (429: the
/// request was not worked on), RFC 8470 (425: the same), draft-ietf-httpapi-idempotency-key-header, 2.7 (409: the first
/// request with this key is still being worked on; one that was ended is answered as it was then).
pub(super) fn delivery(
    answer: &HttpAnswer,
    kind: AfterDoubt,
    url: &str,
    key: &str,
) -> Result<Delivery, ChannelError> {
    let status = answer.status;
    let reason = format!("it answered {status}");
    match status {
        200..=299 => Ok(Delivery {
            location: location(answer, url),
        }),
        // It knows this key, and its first call may still be worked on or have failed since: the same call again tells.
        409 if kind == AfterDoubt::SameKey => Err(ChannelError::Unknown {
            reason: format!(
                "{reason}: it knows the key {key}, and does not say what became of its first call"
            ),
        }),
        409 => Err(ChannelError::Unknown {
            reason: format!("{reason}: something stands there already, perhaps this very issue (key {key})"),
        }),
        425 | 429 => Err(ChannelError::NotTaken { reason }),
        300 | 301 | 307 | 308 => Err(ChannelError::Refused {
            reason: format!("{reason}: it has moved; write its new address as `url`"),
        }),
        408 => Err(ChannelError::Unknown { reason }),
        400..=499 => Err(ChannelError::Refused { reason }),
        _ => Err(ChannelError::Unknown { reason }),
    }
}

/// What a look-up by `pattern` says of a payload that is there by its status. An address with `{key}` or `{hash}` in it is
/// asked for this very issue; under another one there may stand another, so the answer has to name the key or the hash.
pub(super) fn looked_up(answer: &HttpAnswer, pattern: &str, wanted: (&str, &str), url: &str) -> Found {
    let (key, hash) = wanted;
    let asks_for_it = pattern.contains("{key}") || pattern.contains("{hash}");
    let body = || String::from_utf8_lossy(answer.body.as_deref().unwrap_or_default());
    let names_it = || {
        let body = body();
        body.contains(key) || body.contains(hash)
    };
    if asks_for_it || names_it() {
        Found::Yes(Delivery {
            location: location(answer, url),
        })
    } else {
        Found::CannotTell
    }
}

/// Where the issue can be seen: `Location`, else `url` of the JSON.
pub(super) fn location(answer: &HttpAnswer, url: &str) -> Option<String> {
    let of_body = || {
        let json: Value = serde_json::from_slice(answer.body.as_deref()?).ok()?;
        json.get("url")?.as_str().map(str::to_owned)
    };
    let given = answer.location.clone().or_else(of_body)?;
    address(&given, url)
}

/// An address as it may be shown, on the receiver's own host where it has none.
pub(super) fn address(given: &str, url: &str) -> Option<String> {
    let whole = if given.starts_with('/') && !given.starts_with("//") {
        format!("{}{given}", origin(url)?)
    } else {
        given.to_owned()
    };
    let is_web = whole.starts_with("http://") || whole.starts_with("https://");
    let is_plain = whole.len() <= LOCATION_CHARS_MAX && whole.bytes().all(|byte| byte.is_ascii_graphic());
    (is_web && is_plain).then_some(whole)
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> Option<&str> {
    let host = url.find("://")? + 3;
    let end = url[host..]
        .find(['/', '?', '#'])
        .map_or(url.len(), |end| host + end);
    Some(&url[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://cms.example:8443/api/issues?draft=0";

    fn answer(status: u16, location: Option<&str>, body: &str) -> HttpAnswer {
        HttpAnswer {
            status,
            location: location.map(str::to_owned),
            body: Some(body.as_bytes().to_vec()),
        }
    }

    /// `taken`, `refused`, `not taken` or `unknown`.
    fn word(status: u16, kind: AfterDoubt) -> &'static str {
        match delivery(&answer(status, None, ""), kind, URL, "k") {
            Ok(_) => "taken",
            Err(ChannelError::Refused { .. }) => "refused",
            Err(ChannelError::NotTaken { .. }) => "not taken",
            Err(ChannelError::Unknown { .. }) => "unknown",
        }
    }

    #[test]
    fn a_status_is_doubt_unless_it_says_that_nothing_was_done() {
        for (statuses, expected) in [
            (&[200, 201, 202, 204][..], "taken"),
            (
                &[400, 401, 403, 404, 410, 413, 415, 422, 301, 307, 308],
                "refused",
            ),
            (&[425, 429], "not taken"),
            (&[302, 303, 408, 500, 502, 503, 504, 599], "unknown"),
        ] {
            for status in statuses {
                for kind in [AfterDoubt::SameKey, AfterDoubt::LookUp, AfterDoubt::Ask] {
                    assert_eq!(word(*status, kind), expected, "{status}");
                }
            }
        }
        for kind in [
            AfterDoubt::SameKey,
            AfterDoubt::LookUp,
            AfterDoubt::ListRecent,
            AfterDoubt::Ask,
        ] {
            assert_eq!(word(409, kind), "unknown");
        }
    }

    #[test]
    fn a_look_up_by_the_slug_alone_counts_only_where_the_answer_names_the_issue() {
        let found = |pattern: &str, body: &str| {
            let found = looked_up(&answer(200, None, body), pattern, ("k1k1", "h2h2"), URL);
            matches!(found, Found::Yes(_))
        };
        for by_itself in [
            "https://cms.example/{key}",
            "https://cms.example/x?h={hash}&s={slug}",
        ] {
            assert!(found(by_itself, ""), "{by_itself}");
        }
        let by_slug = "https://cms.example/{slug}";
        for (body, is_it) in [
            ("", false),
            (r#"{"slug":"2026-08-20-a-day"}"#, false),
            (r#"{"slug":"2026-08-20-a-day","key":"k1k1"}"#, true),
            (r#"<article data-hash="h2h2">"#, true),
            (r#"{"key":"another"}"#, false),
        ] {
            assert_eq!(found(by_slug, body), is_it, "{body}");
        }
    }

    #[test]
    fn the_place_is_the_header_or_the_json_and_never_something_odd() {
        let found = |location, body| self::location(&answer(201, location, body), URL);
        assert_eq!(
            found(Some("/p/1"), "").as_deref(),
            Some("https://cms.example:8443/p/1")
        );
        assert_eq!(
            found(None, r#"{"url": "https://news.example/1"}"#).as_deref(),
            Some("https://news.example/1")
        );
        for odd in [
            "javascript:alert(1)",
            "https://a/\u{1b}[31m",
            "https://a/ b",
            "p/1",
            "//a/b",
        ] {
            assert_eq!(found(Some(odd), ""), None, "{odd}");
        }
        assert_eq!(found(None, "not JSON"), None);
    }
}
