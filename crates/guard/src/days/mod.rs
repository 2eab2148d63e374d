//! Days that a text names from the day it was written on (`today`, `last week`, `on Monday`), and what they mean.

mod find;
mod mention;
mod range;

pub(crate) use find::find;
pub(crate) use mention::{Mention, Tense, When, tense};
pub(crate) use range::{DayRange, Likeness};

use copydesk_domain::PublishedAt;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The day that an issue speaks from: its `today`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueDay {
    /// The date that the issue bears.
    pub date: Date,
    /// The zone in which its author counts days.
    pub zone: TimeZone,
}

/// The day that a source speaks from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Anchor {
    pub(crate) date: Date,
    /// Days by which the date may be off: a source that names its day only counts it in a zone of its own.
    pub(crate) slack: i32,
}

impl IssueDay {
    /// The day of a source as this issue counts days.
    pub(crate) fn anchor(&self, published_at: PublishedAt) -> Anchor {
        match published_at {
            PublishedAt::At(at) => Anchor {
                date: at.timestamp().to_zoned(self.zone.clone()).date(),
                slack: 0,
            },
            PublishedAt::On(date) => Anchor { date, slack: 1 },
        }
    }
}

/// A date in our own words: `20 August 2026`. Quotations keep theirs.
pub fn shown(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// Days for a reason, where the words may mean several.
pub(crate) fn listed(days: &[DayRange]) -> String {
    let shown: Vec<String> = days.iter().map(|days| days.shown()).collect();
    shown.join(" or ")
}
