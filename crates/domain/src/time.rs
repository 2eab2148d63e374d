//! Instants, publication dates and the clock.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time: microseconds since the Unix epoch, UTC.
///
/// Written as RFC 3339 with `Z`, to the second where the microseconds are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// Text that is no RFC 3339 instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a time such as 2026-08-20T23:00:00Z")]
pub struct InstantError {
    /// The text as given.
    pub text: String,
}

impl Instant {
    /// From microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// From jiff's timestamp, cut to microseconds.
    pub fn from_timestamp(timestamp: jiff::Timestamp) -> Self {
        Self(timestamp.as_microsecond())
    }

    /// As jiff's timestamp, held inside its range of years -9999 to 9999.
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }

    /// This instant moved by a span; saturates at the ends of the range.
    #[must_use]
    pub fn plus(self, duration: jiff::SignedDuration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(if duration.is_negative() {
            i64::MIN
        } else {
            i64::MAX
        });
        Self(self.0.saturating_add(micros))
    }

    /// This instant moved back by a span.
    #[must_use]
    pub fn minus(self, duration: jiff::SignedDuration) -> Self {
        self.plus(-duration)
    }

    /// Time from `earlier` to this instant; negative when `earlier` is later.
    pub fn since(self, earlier: Self) -> jiff::SignedDuration {
        jiff::SignedDuration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// The date in UTC.
    pub fn date(self) -> jiff::civil::Date {
        self.timestamp().to_zoned(jiff::tz::TimeZone::UTC).date()
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.timestamp())
    }
}

impl FromStr for Instant {
    type Err = InstantError;

    fn from_str(text: &str) -> Result<Self, InstantError> {
        text.parse::<jiff::Timestamp>()
            .map(Self::from_timestamp)
            .map_err(|_| InstantError {
                text: text.to_owned(),
            })
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// When a source says that it was published: an instant, or only a day.
///
/// Written as RFC 3339 with `Z`, or as a bare date (`2026-08-20`) when only the day is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PublishedAt {
    /// The source names the time.
    At(Instant),
    /// The source names the day only.
    On(jiff::civil::Date),
}

impl PublishedAt {
    /// The first instant that this can mean, reading a bare date as UTC.
    pub fn earliest(self) -> Instant {
        match self {
            Self::At(at) => at,
            Self::On(date) => date
                .to_zoned(jiff::tz::TimeZone::UTC)
                .map_or(Instant(i64::MIN), |zoned| {
                    Instant::from_timestamp(zoned.timestamp())
                }),
        }
    }

    /// The last instant that this can mean, reading a bare date as UTC.
    pub fn latest(self) -> Instant {
        match self {
            Self::At(at) => at,
            Self::On(_) => self.earliest().plus(jiff::SignedDuration::from_secs(86_399)),
        }
    }

    /// The day in UTC.
    pub fn date(self) -> jiff::civil::Date {
        match self {
            Self::At(at) => at.date(),
            Self::On(date) => date,
        }
    }
}

impl fmt::Display for PublishedAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => at.fmt(f),
            Self::On(date) => date.fmt(f),
        }
    }
}

impl FromStr for PublishedAt {
    type Err = InstantError;

    fn from_str(text: &str) -> Result<Self, InstantError> {
        if let Ok(at) = text.parse() {
            return Ok(Self::At(at));
        }
        text.parse::<jiff::civil::Date>()
            .map(Self::On)
            .map_err(|_| InstantError {
                text: text.to_owned(),
            })
    }
}

impl Serialize for PublishedAt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublishedAt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Where "now" comes from. The system's clock lives in `net`; tests bring their own.
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Instant;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_in_utc_with_z() {
        let at: Instant = "2026-08-20T23:00:00Z".parse().unwrap();
        assert_eq!(at.to_string(), "2026-08-20T23:00:00Z");
        assert_eq!("2026-08-21T01:00:00+02:00".parse::<Instant>().unwrap(), at);
    }

    #[test]
    fn a_day_stays_a_day() {
        let on: PublishedAt = "2026-08-20".parse().unwrap();
        assert_eq!(serde_json::to_string(&on).unwrap(), "\"2026-08-20\"");
        assert_eq!(on.latest().to_string(), "2026-08-20T23:59:59Z");
    }
}
