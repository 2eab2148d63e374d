//! Days one after another, and how two such ranges stand to each other.

use jiff::Span;
use jiff::civil::Date;

use super::shown;

/// Days one after another, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DayRange {
    pub(crate) from: Date,
    pub(crate) to: Date,
}

/// How what a source names stands to what a sentence names, from worst to best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Likeness {
    /// Other days.
    Other,
    /// Perhaps the same: only the day of the source is known, or the sentence is more exact than the source.
    Open,
    /// The source's day lies in what the sentence names.
    Same,
}

/// A date moved by so many days; held inside the calendar's range.
pub(crate) fn moved(date: Date, days: i32) -> Date {
    date.saturating_add(Span::new().days(days))
}

impl DayRange {
    pub(crate) fn day(date: Date) -> Self {
        Self { from: date, to: date }
    }

    pub(crate) fn is_day(self) -> bool {
        self.from == self.to
    }

    pub(crate) fn widened(self, days: i32) -> Self {
        Self {
            from: moved(self.from, -days),
            to: moved(self.to, days),
        }
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }

    /// How `source` stands to this range. `slack`: days by which the source's may be off.
    pub(crate) fn likeness(self, source: Self, slack: i32) -> Likeness {
        if self.from <= source.from && source.to <= self.to {
            Likeness::Same
        } else if self.overlaps(source.widened(slack)) {
            Likeness::Open
        } else {
            Likeness::Other
        }
    }

    /// For a reason: `20 August 2026`, or `17 August 2026 to 23 August 2026`.
    pub(crate) fn shown(self) -> String {
        if self.is_day() {
            shown(self.from)
        } else {
            format!("{} to {}", shown(self.from), shown(self.to))
        }
    }
}
