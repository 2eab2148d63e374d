//! The header `Retry-After`: seconds, or a date.

use std::time::Duration;

use copydesk_domain::Instant;

/// How long the endpoint wants to be left alone. `None` for what is neither whole seconds nor a date (RFC 9110,
/// 10.2.3), and for dates in the past.
pub(crate) fn retry_after(value: &str, now: Instant) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let at = jiff::fmt::rfc2822::parse(value).ok()?;
    let micros = at.timestamp().as_microsecond().checked_sub(now.as_micros())?;
    u64::try_from(micros).ok().map(Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_the_rest_is_not() {
        let now: Instant = "2026-08-20T23:00:00Z".parse().unwrap();
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(
            retry_after("Thu, 20 Aug 2026 23:00:05 GMT", now),
            Some(Duration::from_secs(5))
        );
        for odd in ["-1", "soon", "1e9", "", "1.5", "Thu, 20 Aug 2026 22:00:00 GMT"] {
            assert_eq!(retry_after(odd, now), None, "{odd}");
        }
        assert_eq!(
            retry_after("99999999999999999999999", now),
            Some(Duration::from_secs(u64::MAX))
        );
    }
}
