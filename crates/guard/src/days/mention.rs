//! A day or a stretch of days as a text names it, and which days that is.

use std::ops::Range;

use copydesk_text::numbers::FoundDate;
use copydesk_text::words;
use jiff::civil::{Date, Weekday};

use super::range::{DayRange, moved};

/// Where a text names days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mention {
    pub(crate) range: Range<usize>,
    pub(crate) when: When,
}

/// What it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum When {
    /// So many days after the text's own day.
    Day(i32),
    /// A stretch of the calendar, so many after the one of the text's own day.
    Period(Period, i32),
    /// So many days up to the text's own day.
    Lately(i32),
    /// About so many days before: the number, and by how much it may be off.
    Ago(i32, i32),
    /// A day of the week, with the word before it.
    Weekday(Weekday, Which),
    /// A date of the calendar.
    Date(FoundDate),
}

/// A stretch of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Period {
    Weekend,
    Week,
    Month,
    Quarter,
    Year,
}

/// Which of the days of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// The nearest, on the side that the sentence speaks of.
    Nearest,
    Last,
    Next,
}

/// Whether a sentence speaks of what was or of what will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tense {
    Past,
    Future,
    Unknown,
}

const COMING: &[&str] = &[
    "will",
    "ll",
    "shall",
    "plan",
    "plans",
    "scheduled",
    "upcoming",
    "expected",
    "expects",
    "intends",
    "slated",
];
/// The same behind a form of `to be` only: `is due on Monday`, but not `down on Monday due to a fire`.
const COMING_BEHIND_BE: &[&str] = &["due", "going", "coming"];
/// The same where nothing speaks of the past: `done by Monday`, but not `was fined by the regulator on Monday`.
const PERHAPS_COMING: &[&str] = &["by", "until"];
const GONE: &[&str] = &[
    "was", "were", "had", "said", "told", "became", "began", "came", "went", "made", "took", "won", "lost",
    "fell", "rose", "grew", "met", "left", "gave", "got", "saw", "ran", "beat", "held", "shut", "struck",
    "died", "since", "has", "have",
];

/// The tense of a sentence, as far as its words tell.
pub(crate) fn tense(sentence: &str) -> Tense {
    let (mut is_past, mut is_open, mut is_behind_be) = (false, false, false);
    for (_, word) in words::words(sentence) {
        let word = word.to_lowercase();
        let word = word.as_str();
        if COMING.contains(&word) || (is_behind_be && COMING_BEHIND_BE.contains(&word)) {
            return Tense::Future;
        }
        is_past |= GONE.contains(&word) || (word.len() > 4 && word.ends_with("ed"));
        is_open |= PERHAPS_COMING.contains(&word);
        is_behind_be = matches!(word, "is" | "are" | "be" | "s" | "re");
    }
    match (is_past, is_open) {
        (true, _) => Tense::Past,
        (false, true) => Tense::Future,
        (false, false) => Tense::Unknown,
    }
}

impl When {
    /// The days that this means in a text of `today`; more than one range where the words leave it open, none where
    /// they name no day of the calendar.
    pub(crate) fn days(&self, today: Date, tense: Tense) -> Vec<DayRange> {
        match self {
            Self::Day(days) => vec![DayRange::day(moved(today, *days))],
            Self::Period(period, count) => vec![period.range(today, *count)],
            Self::Lately(days) => vec![DayRange {
                from: moved(today, -days),
                to: today,
            }],
            Self::Ago(days, off) => vec![DayRange::day(moved(today, -days)).widened(*off)],
            Self::Weekday(weekday, which) => weekdays(*weekday, *which, today, tense),
            Self::Date(date) => on(date, today).into_iter().collect(),
        }
    }
}

impl When {
    /// What this may mean with some good will: `this week` reaches back to the days before Monday.
    pub(crate) fn loosely(&self, today: Date) -> Option<DayRange> {
        matches!(self, Self::Period(Period::Week, 0)).then(|| DayRange {
            from: moved(today, -6),
            to: today,
        })
    }
}

fn weekdays(weekday: Weekday, which: Which, today: Date, tense: Tense) -> Vec<DayRange> {
    let back = i32::from(today.weekday().since(weekday));
    let last = DayRange::day(moved(today, -back));
    let next = DayRange::day(moved(today, 7 - back));
    let before = DayRange::day(moved(today, -back - 7));
    match (which, tense) {
        (Which::Last, _) if back == 0 => vec![before],
        (Which::Last, _) => vec![last, before],
        (Which::Next, _) => vec![next, DayRange::day(moved(today, 14 - back))],
        (Which::Nearest, Tense::Past) => vec![last],
        (Which::Nearest, Tense::Future) if back == 0 => vec![last, next],
        (Which::Nearest, Tense::Future) => vec![next],
        (Which::Nearest, Tense::Unknown) => vec![last, next],
    }
}

/// A date of the calendar; without a year the one nearest to `today`, without a day the whole month or year.
fn on(date: &FoundDate, today: Date) -> Option<DayRange> {
    if date.month.is_none() {
        let from = Date::new(date.year?, 1, 1).ok()?;
        return Some(DayRange {
            from,
            to: from.last_of_year(),
        });
    }
    let month = i8::try_from(date.month?).ok()?;
    let first = i8::try_from(date.day.unwrap_or(1)).ok()?;
    let in_year = |year: i16| Date::new(year, month, first).ok();
    let from = match date.year {
        Some(year) => in_year(year)?,
        None => [today.year() - 1, today.year(), today.year() + 1]
            .into_iter()
            .filter_map(in_year)
            .min_by_key(|date| (*date - today).get_days().unsigned_abs())?,
    };
    Some(DayRange {
        from,
        to: if date.day.is_some() {
            from
        } else {
            from.last_of_month()
        },
    })
}

impl Period {
    fn range(self, today: Date, count: i32) -> DayRange {
        let monday = moved(today, -i32::from(today.weekday().to_monday_zero_offset()));
        match self {
            Self::Week => DayRange {
                from: moved(monday, 7 * count),
                to: moved(monday, 7 * count + 6),
            },
            Self::Weekend => DayRange {
                from: moved(monday, 7 * count + 5),
                to: moved(monday, 7 * count + 6),
            },
            Self::Month => months(today, count, 1),
            Self::Quarter => {
                let back = (i32::from(today.month()) - 1) % 3;
                months(today, 3 * count - back, 3)
            }
            Self::Year => {
                let year = today
                    .first_of_year()
                    .saturating_add(jiff::Span::new().years(count));
                DayRange {
                    from: year,
                    to: year.last_of_year(),
                }
            }
        }
    }
}

/// `length` whole months, the first of them `count` months after the one of `today`.
fn months(today: Date, count: i32, length: i32) -> DayRange {
    let first = today.first_of_month();
    let from = first.saturating_add(jiff::Span::new().months(count));
    let last = first.saturating_add(jiff::Span::new().months(count + length - 1));
    DayRange {
        from,
        to: last.last_of_month(),
    }
}
