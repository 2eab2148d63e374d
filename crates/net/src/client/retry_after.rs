//! The `Retry-After` header.

use std::time::Duration;

use copydesk_domain::Instant;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// The longest wait that is believed; a server that says more is broken or hostile.
pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(30 * 24);

/// Reads `Retry-After`: whole seconds, or an HTTP date that is compared with `now` (past dates give zero).
///
/// `None` if the header is missing or unreadable.
pub(super) fn retry_after(headers: &HeaderMap, now: Instant) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Too many digits for a number: a wait beyond any limit.
        return Some(
            text.parse()
                .map_or(RETRY_AFTER_MAX, Duration::from_secs)
                .min(RETRY_AFTER_MAX),
        );
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?;
    let wait = Instant::from_timestamp(at.timestamp()).since(now);
    Some(Duration::try_from(wait).unwrap_or_default().min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn read(value: &'static str) -> Option<Duration> {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
        retry_after(&headers, "2026-08-20T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(read("120"), Some(Duration::from_mins(2)));
        assert_eq!(read(" 0 "), Some(Duration::ZERO));
        assert_eq!(
            read("Thu, 20 Aug 2026 12:00:30 GMT"),
            Some(Duration::from_secs(30))
        );
    }

    #[test]
    fn past_far_and_unreadable_values_do_no_harm() {
        assert_eq!(read("Thu, 20 Aug 2026 11:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("99999999999999999999999999"), Some(RETRY_AFTER_MAX));
        assert_eq!(read("Fri, 20 Aug 2100 11:00:00 GMT"), Some(RETRY_AFTER_MAX));
        for value in ["", "soon", "-5", "1.5", "+3"] {
            assert_eq!(read(value), None, "{value}");
        }
    }
}
