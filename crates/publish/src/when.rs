//! Dates in words.

use copydesk_domain::{Instant, PublishedAt};
use jiff::civil::Date;

/// `20 August 2026`
pub(crate) fn day(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// `20 August 2026, 23:00 UTC`
pub(crate) fn minute(at: Instant) -> String {
    format!("{} UTC", at.timestamp().strftime("%-d %B %Y, %H:%M"))
}

/// `published 20 August 2026` or `undated`.
pub(crate) fn published(at: Option<PublishedAt>) -> String {
    at.map_or_else(
        || "undated".to_owned(),
        |at| format!("published {}", day(at.date())),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_as_words() {
        let at: Instant = "2026-08-05T07:04:59Z".parse().unwrap();
        assert_eq!(minute(at), "5 August 2026, 07:04 UTC");
        assert_eq!(published(Some(PublishedAt::At(at))), "published 5 August 2026");
        assert_eq!(published(None), "undated");
    }
}
