//! When an endpoint wants to be asked again: `Retry-After` as seconds or a date, and `retry-after-ms`.

use std::time::Duration;

use copydesk_domain::Instant;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// How long the endpoint wants to be left alone. `None` for what is neither whole seconds nor a date (RFC 9110,
/// 10.2.3), and for dates in the past.
///
/// A date is compared with the reply's own `Date`, so that a clock that is wrong, here or there, changes nothing;
/// with `now` where the reply has none.
pub(crate) fn wanted_pause(headers: &HeaderMap, now: Instant) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(millis) = text("retry-after-ms").and_then(whole) {
        return Some(Duration::from_millis(millis));
    }
    let value = text(RETRY_AFTER.as_str())?;
    if let Some(seconds) = whole(value) {
        return Some(Duration::from_secs(seconds));
    }
    let sent_at = text(DATE.as_str()).and_then(http_date);
    let since = sent_at.unwrap_or_else(|| now.as_micros());
    let micros = http_date(value)?.checked_sub(since)?;
    u64::try_from(micros).ok().map(Duration::from_micros)
}

/// A whole number without a sign; one that is too long for a number is beyond any limit.
fn whole(text: &str) -> Option<u64> {
    let text = text.trim();
    let is_whole = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then(|| text.parse().unwrap_or(u64::MAX))
}

/// Microseconds since 1970 of a date in any of the three forms of RFC 9110, 5.6.7.
fn http_date(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(date) = jiff::fmt::rfc2822::parse(text) {
        return Some(date.timestamp().as_microsecond());
    }
    let old = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let date = old.iter().find_map(|form| DateTime::strptime(form, text).ok())?;
    Some(Offset::UTC.to_timestamp(date).ok()?.as_microsecond())
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn read(headers: &[(&'static str, &str)]) -> Option<Duration> {
        let headers = headers.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            )
        });
        let headers: HeaderMap = headers.collect();
        wanted_pause(&headers, "2026-08-20T23:00:00Z".parse().unwrap())
    }

    #[test]
    fn seconds_and_dates_are_read_and_the_rest_is_not() {
        let after = |value: &str| read(&[("retry-after", value)]);
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        for five in [
            "Thu, 20 Aug 2026 23:00:05 GMT",
            "Thursday, 20-Aug-26 23:00:05 GMT",
            "Thu Aug 20 23:00:05 2026",
        ] {
            assert_eq!(after(five), Some(Duration::from_secs(5)), "{five}");
        }
        for odd in ["-1", "soon", "1e9", "", "1.5", "Thu, 20 Aug 2026 22:00:00 GMT"] {
            assert_eq!(after(odd), None, "{odd}");
        }
        assert_eq!(
            after("99999999999999999999999"),
            Some(Duration::from_secs(u64::MAX))
        );
    }

    #[test]
    fn a_date_counts_from_the_date_of_its_reply() {
        // Their clock is two hours ahead of ours; they want four seconds all the same.
        let ahead = read(&[
            ("retry-after", "Fri, 21 Aug 2026 01:00:04 GMT"),
            ("date", "Fri, 21 Aug 2026 01:00:00 GMT"),
        ]);
        assert_eq!(ahead, Some(Duration::from_secs(4)));
        let behind = read(&[
            ("retry-after", "Thu, 20 Aug 2026 21:00:04 GMT"),
            ("date", "Thu, 20 Aug 2026 21:00:00 GMT"),
        ]);
        assert_eq!(behind, Some(Duration::from_secs(4)));
    }

    #[test]
    fn milliseconds_are_finer_and_come_first() {
        assert_eq!(
            read(&[("retry-after-ms", "250"), ("retry-after", "1")]),
            Some(Duration::from_millis(250))
        );
    }
}
