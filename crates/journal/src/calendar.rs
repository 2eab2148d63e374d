//! Where the days and months of a pipeline begin: budgets, spends and receipts count from there.

use copydesk_domain::Instant;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The zone of a name that the config has checked; UTC where this machine does not know it.
pub fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// The local date of an instant.
pub fn date(at: Instant, zone: &TimeZone) -> Date {
    at.timestamp().to_zoned(zone.clone()).date()
}

/// The first instant of a local date; none at the ends of the calendar.
pub fn start(date: Date, zone: &TimeZone) -> Option<Instant> {
    let zoned = date.to_zoned(zone.clone()).ok()?;
    Some(Instant::from_timestamp(zoned.timestamp()))
}
