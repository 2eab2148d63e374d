//! What an endpoint tells of its rate limits in its headers, in whatever form. Pure.

use std::time::Duration;

use copydesk_domain::Instant;
use reqwest::header::HeaderMap;

use super::retry_after::wanted_pause;

/// No window of a provider is longer than a day.
const RESET_MAX: Duration = Duration::from_hours(24);

/// What is left of one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    /// Requests or tokens that are left.
    pub(crate) remaining: u64,
    /// When the limit is whole again; unknown where it is not told.
    pub(crate) reset: Option<Duration>,
}

/// What one answer told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RateLimits {
    /// Of requests.
    pub(crate) requests: Option<Quota>,
    /// Of tokens; of several kinds the one of which least is left.
    pub(crate) tokens: Option<Quota>,
    /// When the endpoint wants to be asked again.
    pub(crate) retry_after: Option<Duration>,
}

/// Names of the headers of one quota: what is left, and when it is whole again.
type Names = (&'static str, &'static str);

const REQUESTS: &[Names] = &[
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    (
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset",
    ),
    ("x-ratelimit-remaining-req-minute", "x-ratelimit-reset-req-minute"),
    ("ratelimit-remaining", "ratelimit-reset"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
];
const TOKENS: &[Names] = &[
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    (
        "anthropic-ratelimit-tokens-remaining",
        "anthropic-ratelimit-tokens-reset",
    ),
    (
        "anthropic-ratelimit-input-tokens-remaining",
        "anthropic-ratelimit-input-tokens-reset",
    ),
    (
        "anthropic-ratelimit-output-tokens-remaining",
        "anthropic-ratelimit-output-tokens-reset",
    ),
    (
        "x-ratelimit-remaining-tokens-minute",
        "x-ratelimit-reset-tokens-minute",
    ),
];

/// Reads them. What cannot be read is as if it were not there.
pub(crate) fn rate_limits(headers: &HeaderMap, now: Instant) -> RateLimits {
    RateLimits {
        requests: scarcest(headers, REQUESTS, now).or_else(|| structured(headers)),
        tokens: scarcest(headers, TOKENS, now),
        retry_after: wanted_pause(headers, now),
    }
}

/// The quota of which least is left.
fn scarcest(headers: &HeaderMap, names: &[Names], now: Instant) -> Option<Quota> {
    let told = names.iter().filter_map(|(remaining, reset)| {
        Some(Quota {
            remaining: count(text(headers, remaining)?)?,
            reset: text(headers, reset).and_then(|value| span(value, now)),
        })
    });
    told.min_by_key(|quota| quota.remaining)
}

/// The drafts of the header `RateLimit`: `limit=100, remaining=50, reset=5`, and `"default";r=50;t=30`, where several
/// policies may stand with commas between them.
fn structured(headers: &HeaderMap) -> Option<Quota> {
    let value = text(headers, "ratelimit")?;
    let is_list_of_policies = value.contains(';');
    let mut scarcest: Option<Quota> = None;
    let parts: Vec<&str> = if is_list_of_policies {
        value.split(',').collect()
    } else {
        vec![value]
    };
    for part in parts {
        let field = |names: [&str; 2]| {
            part.split([';', ',']).find_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                names.contains(&name.trim()).then(|| value.trim())
            })
        };
        let Some(remaining) = field(["r", "remaining"]).and_then(count) else {
            continue;
        };
        let reset = field(["t", "reset"]).and_then(|value| seconds(value.parse().ok()?));
        let quota = Quota { remaining, reset };
        if scarcest.is_none_or(|known| quota.remaining < known.remaining) {
            scarcest = Some(quota);
        }
    }
    scarcest
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// A whole number, also written as `12.0`. What is below nothing is nothing.
fn count(text: &str) -> Option<u64> {
    if let Ok(number) = text.parse::<u64>() {
        return Some(number);
    }
    let number: f64 = text.parse().ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is clamped to what fits"
    )]
    number.is_finite().then(|| number.clamp(0.0, 1e15) as u64)
}

/// `1s`, `6m0s`, `120ms`, `1h2m3.5s`, seconds, seconds or milliseconds since 1970, or a date of RFC 3339 or 9110.
fn span(text: &str, now: Instant) -> Option<Duration> {
    if let Ok(number) = text.parse::<f64>() {
        return from_number(number, now);
    }
    if let Some(span) = with_units(text) {
        return Some(span.min(RESET_MAX));
    }
    let at = text.parse::<jiff::Timestamp>().ok();
    let at = at.or_else(|| {
        jiff::fmt::rfc2822::parse(text)
            .ok()
            .map(|zoned| zoned.timestamp())
    })?;
    let micros = at.as_microsecond().saturating_sub(now.as_micros());
    // A reset that has passed means that the limit is whole.
    Some(Duration::from_micros(u64::try_from(micros).unwrap_or(0)).min(RESET_MAX))
}

/// Seconds, unless they are far more than a day: then they count from 1970, in seconds or milliseconds.
fn from_number(number: f64, now: Instant) -> Option<Duration> {
    let now_s = now.as_micros() as f64 / 1e6;
    if number > 1e11 {
        return seconds((number / 1_000.0 - now_s).max(0.0));
    }
    if number > 1e8 {
        return seconds((number - now_s).max(0.0));
    }
    seconds(number)
}

fn seconds(number: f64) -> Option<Duration> {
    let span = Duration::try_from_secs_f64(number).ok()?;
    Some(span.min(RESET_MAX))
}

fn with_units(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit_end = rest[end..]
            .find(|c: char| c.is_ascii_digit())
            .map_or(rest.len(), |at| end + at);
        let unit = match rest[end..unit_end].trim() {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        total = total.checked_add(Duration::try_from_secs_f64(number * unit).ok()?)?;
        rest = &rest[unit_end..];
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn now() -> Instant {
        "2026-11-27T20:00:00Z".parse().unwrap()
    }

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        });
        pairs.collect()
    }

    fn s(seconds: f64) -> Option<Duration> {
        Duration::try_from_secs_f64(seconds).ok()
    }

    #[test]
    fn every_form_of_a_reset_is_read() {
        for (text, expected) in [
            ("1s", s(1.0)),
            ("6m0s", s(360.0)),
            ("20ms", s(0.02)),
            ("1m12.5s", s(72.5)),
            ("2h", s(7_200.0)),
            ("1d2h", s(86_400.0)),
            ("12", s(12.0)),
            ("0.5", s(0.5)),
            ("2026-11-27T20:00:07Z", s(7.0)),
            ("2026-11-27T19:00:00Z", s(0.0)),
            ("Fri, 27 Nov 2026 20:00:09 GMT", s(9.0)),
            ("1795809605", s(5.0)),
            ("1795809605000", s(5.0)),
            ("9999999", s(86_400.0)),
            ("soon", None),
            ("", None),
            ("5x", None),
            ("-3", None),
            ("s", None),
            ("NaN", None),
        ] {
            assert_eq!(span(text, now()), expected, "{text}");
        }
    }

    #[test]
    fn quotas_of_the_known_providers_are_read() {
        let openai = headers(&[
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-remaining-tokens", "149984"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ]);
        let told = rate_limits(&openai, now());
        assert_eq!(
            told.requests,
            Some(Quota {
                remaining: 59,
                reset: s(1.0)
            })
        );
        assert_eq!(
            told.tokens,
            Some(Quota {
                remaining: 149_984,
                reset: s(360.0)
            })
        );
        let anthropic = headers(&[
            ("anthropic-ratelimit-requests-remaining", "3"),
            ("anthropic-ratelimit-requests-reset", "2026-11-27T20:00:30Z"),
            ("anthropic-ratelimit-input-tokens-remaining", "90000"),
            ("anthropic-ratelimit-input-tokens-reset", "2026-11-27T20:00:10Z"),
            ("anthropic-ratelimit-output-tokens-remaining", "800"),
            ("anthropic-ratelimit-output-tokens-reset", "2026-11-27T20:00:20Z"),
        ]);
        let told = rate_limits(&anthropic, now());
        assert_eq!(
            told.requests,
            Some(Quota {
                remaining: 3,
                reset: s(30.0)
            })
        );
        assert_eq!(
            told.tokens,
            Some(Quota {
                remaining: 800,
                reset: s(20.0)
            }),
            "the scarcest kind counts"
        );
    }

    #[test]
    fn the_drafts_of_a_standard_are_read() {
        for (name, value) in [
            ("ratelimit", "limit=100, remaining=50, reset=5"),
            ("ratelimit", "\"default\";r=50;t=5"),
            ("ratelimit", "\"hour\";r=900;t=3000, \"burst\";r=50;t=5"),
        ] {
            let told = rate_limits(&headers(&[(name, value)]), now());
            assert_eq!(
                told.requests,
                Some(Quota {
                    remaining: 50,
                    reset: s(5.0)
                }),
                "{value}"
            );
        }
        let apart = headers(&[("ratelimit-remaining", "0"), ("ratelimit-reset", "30")]);
        assert_eq!(
            rate_limits(&apart, now()).requests,
            Some(Quota {
                remaining: 0,
                reset: s(30.0)
            })
        );
        let policy = headers(&[
            ("ratelimit-policy", "\"default\";q=100;w=10"),
            ("ratelimit", "nonsense"),
        ]);
        assert_eq!(rate_limits(&policy, now()), RateLimits::default());
    }

    #[test]
    fn a_wish_to_be_left_alone_is_read_from_either_header() {
        let told = |pairs: &[(&str, &str)]| rate_limits(&headers(pairs), now()).retry_after;
        assert_eq!(told(&[("retry-after", "7")]), s(7.0));
        assert_eq!(told(&[("retry-after-ms", "250"), ("retry-after", "7")]), s(0.25));
        assert_eq!(told(&[("retry-after", "soon")]), None);
    }
}
