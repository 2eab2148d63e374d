//! Schedules and time zones as they are written in pipelines.

use croner::Cron;
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::{Time, date};
use jiff::tz::TimeZone;

use crate::nearest::nearest;

/// Why a schedule is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// A field is wrong.
    #[error("`{text}` is not a schedule: {reason}")]
    Invalid {
        /// The schedule as written.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It has seconds, and so could fire more than once a minute.
    #[error("`{text}` has {fields} fields: five are accepted, so that nothing fires more than once a minute")]
    TooFrequent {
        /// The schedule as written.
        text: String,
        /// Number of its fields.
        fields: usize,
    },
    /// It has no next time, such as the 30th of February.
    #[error("`{text}` never fires")]
    Never {
        /// The schedule as written.
        text: String,
    },
}

/// Reads a 5-field cron text or `@daily` and its like. It fires at least once, and at most once a minute.
pub fn parse(text: &str) -> Result<Cron, ScheduleError> {
    let fields = text.split_whitespace().count();
    if fields > 5 {
        return Err(ScheduleError::TooFrequent {
            text: text.to_owned(),
            fields,
        });
    }
    let invalid = |reason: String| ScheduleError::Invalid {
        text: text.to_owned(),
        reason,
    };
    if fields != 5 && !text.trim().starts_with('@') {
        return Err(invalid(format!(
            "{fields} of five fields (minute hour day month weekday)"
        )));
    }
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build();
    let cron = parser
        .parse(text.trim())
        .map_err(|error| invalid(culprit(parser, text).unwrap_or_else(|| reason(&error))))?;
    // Any fixed start will do: whether a schedule ever fires does not depend on today.
    let start = date(2026, 1, 1)
        .to_zoned(TimeZone::UTC)
        .expect("midnight exists in UTC on every day of the calendar");
    match cron.find_next_occurrence(&start, true) {
        Ok(_) => Ok(cron),
        Err(_) => Err(ScheduleError::Never {
            text: text.to_owned(),
        }),
    }
}

/// The earliest time of day at which a schedule fires. Each of its days has the same times; none for one that never fires.
pub(crate) fn earliest_time(cron: &Cron) -> Option<Time> {
    // The first day from any midnight on, in a zone without gaps.
    let start = date(2026, 1, 1).to_zoned(TimeZone::UTC).ok()?;
    let first = cron.find_next_occurrence(&start, true).ok()?;
    Some(first.time())
}

/// The zone by its IANA name, from the machine's database or the one built in.
///
/// # Errors
/// What is wrong, and the nearest known name where one is near.
pub fn time_zone(name: &str) -> Result<TimeZone, UnknownZone> {
    TimeZone::get(name).map_err(|_| {
        let available: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let near = nearest(name, available.iter().map(String::as_str)).map(ToOwned::to_owned);
        UnknownZone {
            name: name.to_owned(),
            nearest: near,
        }
    })
}

/// No time zone has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a time zone such as \"Europe/Berlin\" or \"UTC\"")]
pub struct UnknownZone {
    /// The name as written.
    pub name: String,
    /// The nearest name that exists.
    pub nearest: Option<String>,
}

/// The first field that is wrong by itself, with its reason.
fn culprit(parser: CronParser, text: &str) -> Option<String> {
    const FIELDS: [&str; 5] = ["minute", "hour", "day", "month", "weekday"];
    let written = text.split_whitespace().enumerate().zip(FIELDS);
    written
        .filter(|_| !text.trim().starts_with('@'))
        .find_map(|((position, field), name)| {
            let mut alone = ["*"; 5];
            alone[position] = field;
            let error = parser.parse(&alone.join(" ")).err()?;
            Some(format!("{name} `{field}`, {}", reason(&error)))
        })
}

fn reason(error: &CronError) -> String {
    let text = match error {
        CronError::InvalidPattern(text)
        | CronError::IllegalCharacters(text)
        | CronError::ComponentError(text) => text.trim_end_matches('.').to_owned(),
        other => other.to_string().trim_end_matches('.').to_owned(),
    };
    let mut letters = text.chars();
    letters.next().map_or(text.clone(), |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_schedules_are_accepted() {
        for text in [
            "0 5 * * *",
            "*/15 * * * *",
            "@daily",
            "@weekly",
            "30 2 * * 1-5",
            "0 6 29 2 *",
            "0 6 * * SAT",
        ] {
            assert!(parse(text).is_ok(), "{text}: {:?}", parse(text).err());
        }
    }

    #[test]
    fn schedules_that_never_fire_are_refused() {
        for text in ["0 5 30 2 *", "0 0 31 4,6,9,11 *"] {
            assert_eq!(
                parse(text).unwrap_err().to_string(),
                format!("`{text}` never fires")
            );
        }
    }

    #[test]
    fn seconds_are_refused() {
        let message = parse("*/10 * * * * *").unwrap_err().to_string();
        assert!(
            message.contains("six") || message.contains("6 fields"),
            "{message}"
        );
    }

    #[test]
    fn mistakes_say_what_is_wrong() {
        for text in [
            "",
            "0 5",
            "61 5 * * *",
            "0 25 * * *",
            "@dayly",
            "@reboot",
            "a b c d e",
        ] {
            let error = parse(text).unwrap_err();
            assert!(matches!(error, ScheduleError::Invalid { .. }), "{text}: {error}");
        }
        let message = parse("0 25 * * *").unwrap_err().to_string();
        assert_eq!(
            message,
            "`0 25 * * *` is not a schedule: hour `25`, number out of bounds"
        );
    }

    #[test]
    fn a_zone_that_is_none_names_the_nearest() {
        assert!(time_zone("Europe/Berlin").is_ok() && time_zone("UTC").is_ok());
        assert_eq!(
            time_zone("Europe/Berln").unwrap_err().nearest.as_deref(),
            Some("Europe/Berlin")
        );
        assert_eq!(
            time_zone("Berlin").unwrap_err().nearest.as_deref(),
            Some("Europe/Berlin")
        );
        assert_eq!(time_zone("").unwrap_err().nearest, None);
    }
}
