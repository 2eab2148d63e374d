//! Dates as pages write them. A day stays a day: midnight and times without a zone name no instant.

use std::borrow::Cow;
use std::sync::LazyLock;

use copydesk_domain::{Instant, PublishedAt};
use jiff::civil::Date;
use regex::Regex;

/// Years that a page can have been published in.
const YEARS: std::ops::RangeInclusive<i16> = 1990..=2100;

/// A date as found: what it means and the day as written, in the writer's own zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The instant, or only the day.
    pub at: PublishedAt,
    /// The day as written.
    pub day: Date,
}

impl Found {
    /// A day and nothing more.
    pub fn on(day: Date) -> Self {
        Self {
            at: PublishedAt::On(day),
            day,
        }
    }
}

/// Order of day and month in dates such as 3/4/2026.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlashOrder {
    /// As in the United States.
    MonthFirst,
    /// As in most of the world.
    DayFirst,
    /// Not known: only unambiguous dates are read.
    Unknown,
}

impl SlashOrder {
    /// The order that is usual in a language, given as a tag.
    pub fn of_language(tag: Option<&str>) -> Self {
        match tag {
            Some("en-us") => Self::MonthFirst,
            None | Some("en") => Self::Unknown,
            Some(_) => Self::DayFirst,
        }
    }
}

static STAMP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^\s* (\d{4})-(\d{1,2})-(\d{1,2})
          (?: [T\s]+ (\d{1,2}):(\d{2}) (?: :(\d{2}) (?:[.,]\d+)? )?
              \s* (Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})? )?",
    )
    .expect("the pattern is fixed and valid")
});
static YEAR_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|\D)((?:19|20)\d\d)\s?[-/.年년]\s?(\d{1,2})\s?[-/.月월]\s?(\d{1,2})(?:\D|$)")
        .expect("the pattern is fixed and valid")
});
static DAY_MONTH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:^|[^\d\pL])(\d{1,2})(?:st|nd|rd|th|º|er|\.)?\s*(?:of\s+|de\s+|[-/]\s*)?(\pL{2,12})[.,/-]*\s*(?:de\s+|del\s+)?((?:19|20)\d\d)(?:\D|$)")
        .expect("the pattern is fixed and valid")
});
static MONTH_DAY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:^|[^\pL])(\pL{2,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+((?:19|20)\d\d)(?:\D|$)")
        .expect("the pattern is fixed and valid")
});
static SLASHED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^\d./])(\d{1,2})([./-])(\d{1,2})[./-]((?:19|20)\d\d)(?:[^\d./]|$)")
        .expect("the pattern is fixed and valid")
});
static COMPACT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^((?:19|20)\d\d)(\d\d)(\d\d)(?:\D|$)").expect("the pattern is fixed and valid")
});
static IN_PATH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x) (?:^|[/_-]) ((?:19|20)\d\d) (?:
            ([/_-]) (0?[1-9]|1[0-2]) [/_-] (0?[1-9]|[12]\d|3[01])
            | (0[1-9]|1[0-2]) (0[1-9]|[12]\d|3[01])
          ) (?:[/_.-]|$)",
    )
    .expect("the pattern is fixed and valid")
});

/// A value made for machines: RFC 3339 and its relatives, RFC 2822, a compact day; else like [`written`].
pub fn stamp(value: &str, order: SlashOrder) -> Option<Found> {
    let value = value.trim();
    if let Some(parts) = STAMP.captures(value) {
        return from_stamp(&parts);
    }
    if let Ok(zoned) = jiff::fmt::rfc2822::parse(value) {
        let at = PublishedAt::At(Instant::from_timestamp(zoned.timestamp()));
        return YEARS.contains(&zoned.year()).then(|| Found {
            at,
            day: zoned.date(),
        });
    }
    if let Some(parts) = COMPACT.captures(value) {
        return day(&parts[1], &parts[2], &parts[3]).map(Found::on);
    }
    written(value, order).map(Found::on)
}

fn from_stamp(parts: &regex::Captures<'_>) -> Option<Found> {
    let day = day(&parts[1], &parts[2], &parts[3])?;
    let on = Some(Found::on(day));
    let number = |group: usize| parts.get(group).and_then(|text| text.as_str().parse::<i8>().ok());
    let (Some(hour), Some(minute), Some(zone)) = (number(4), number(5), parts.get(7)) else {
        return on;
    };
    let second = number(6).unwrap_or(0).min(59);
    // Generators write midnight where they know the day only.
    if (hour, minute, second) == (0, 0, 0) {
        return on;
    }
    let Ok(time) = jiff::civil::Time::new(hour, minute, second, 0) else {
        return on;
    };
    let Some(offset) = offset(zone.as_str()) else {
        return on;
    };
    let Ok(timestamp) = offset.to_timestamp(day.to_datetime(time)) else {
        return on;
    };
    Some(Found {
        at: PublishedAt::At(Instant::from_timestamp(timestamp)),
        day,
    })
}

fn offset(zone: &str) -> Option<jiff::tz::Offset> {
    let Some(digits) = zone.strip_prefix(['+', '-']) else {
        return Some(jiff::tz::Offset::UTC);
    };
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits
        .get(2..)
        .filter(|rest| !rest.is_empty())
        .map_or(Some(0), |rest| rest.parse().ok())?;
    let seconds = hours * 3_600 + minutes * 60;
    jiff::tz::Offset::from_seconds(if zone.starts_with('-') { -seconds } else { seconds }).ok()
}

/// The first day written in a piece of text made for people.
pub fn written(text: &str, order: SlashOrder) -> Option<Date> {
    let text = &*digits(text);
    let found = [
        YEAR_FIRST
            .captures(text)
            .and_then(|p| Some((p.get(1)?.start(), day(&p[1], &p[2], &p[3])?))),
        first_named(&DAY_MONTH, text, (3, 2, 1)),
        first_named(&MONTH_DAY, text, (3, 1, 2)),
        SLASHED
            .captures(text)
            .and_then(|p| Some((p.get(1)?.start(), slashed(&p, order)?))),
    ];
    found
        .into_iter()
        .flatten()
        .min_by_key(|(at, _)| *at)
        .map(|(_, day)| day)
}

/// The text with the digits of other scripts as those that numbers are read from.
fn digits(text: &str) -> Cow<'_, str> {
    let zeros = ['\u{660}', '\u{6f0}', '\u{966}', '\u{ff10}'];
    let plain = |c: char| {
        let of = |zero: &char| {
            u32::from(c)
                .checked_sub(u32::from(*zero))
                .filter(|digit| *digit < 10)
        };
        zeros
            .iter()
            .find_map(of)
            .and_then(|digit| char::from_digit(digit, 10))
    };
    if text.is_ascii() || !text.chars().any(|c| plain(c).is_some()) {
        return Cow::Borrowed(text);
    }
    text.chars().map(|c| plain(c).unwrap_or(c)).collect()
}

/// The first match whose word is a month's name; `groups`: year, month, day.
fn first_named(pattern: &Regex, text: &str, groups: (usize, usize, usize)) -> Option<(usize, Date)> {
    pattern.captures_iter(text).take(5).find_map(|parts| {
        let month = month(&parts[groups.1])?.to_string();
        Some((
            parts.get(1)?.start(),
            day(&parts[groups.0], &month, &parts[groups.2])?,
        ))
    })
}

fn slashed(parts: &regex::Captures<'_>, order: SlashOrder) -> Option<Date> {
    let (first, second, year) = (&parts[1], &parts[3], &parts[4]);
    let day_first = day(year, second, first);
    let month_first = day(year, first, second);
    // With dots the day always comes first.
    if &parts[2] == "." {
        return day_first;
    }
    match (day_first, month_first) {
        (Some(date), None) | (None, Some(date)) => Some(date),
        (Some(one), Some(other)) if one == other => Some(one),
        (Some(date), Some(_)) if order == SlashOrder::DayFirst => Some(date),
        (Some(_), Some(date)) if order == SlashOrder::MonthFirst => Some(date),
        _ => None,
    }
}

/// The day in the path of an address, such as `/2026/08/20/` or `2026-08-20-title`.
pub fn in_path(path: &str) -> Option<Date> {
    let parts = IN_PATH.captures(path)?;
    let group = |one: usize, other: usize| {
        parts
            .get(one)
            .or_else(|| parts.get(other))
            .map_or("", |part| part.as_str())
    };
    day(&parts[1], group(3, 5), group(4, 6))
}

fn day(year: &str, month: &str, day: &str) -> Option<Date> {
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    YEARS.contains(&date.year()).then_some(date)
}

/// Beginnings of month names in English, German, French, Spanish, Italian, Portuguese and Dutch, by month.
const MONTHS: [&[&str]; 12] = [
    &["jan", "jän", "ene", "gen"],
    &["feb", "fév", "fev"],
    &["mar", "mär", "maa", "mrt"],
    &["apr", "avr", "abr"],
    &["may", "mai", "mei", "mag"],
    &["jun", "juin", "giu"],
    &["jul", "juil", "lug"],
    &["aug", "aoû", "aou", "ago"],
    &["sep", "set"],
    &["oct", "okt", "ott", "out"],
    &["nov"],
    &["dec", "dez", "déc", "dic"],
];

/// Month names of other languages as dates have them, by month: Danish and Swedish, Polish, Russian, Ukrainian, Turkish,
/// Arabic in the east and the west of the Arab world, Hebrew.
const WHOLE: [&str; 12] = [
    "stycznia января січня ocak يناير جانفي ינואר",
    "lutego февраля лютого şubat فبراير شباط فيفري פברואר",
    "marts marca марта березня mart مارس آذار מרץ מרס",
    "kwietnia апреля квітня nisan أبريل ابريل إبريل نيسان أفريل אפריל",
    "maj maja мая травня mayıs مايو أيار ماي מאי",
    "czerwca июня червня haziran يونيو حزيران جوان יוני",
    "lipca июля липня temmuz يوليو تموز جويلية יולי",
    "augusti sierpnia августа серпня ağustos أغسطس اغسطس آب أوت אוגוסט",
    "września сентября вересня eylül سبتمبر أيلول ספטמבר",
    "października октября жовтня ekim أكتوبر اكتوبر אוקטובר",
    "listopada ноября листопада kasım نوفمبر נובמבר",
    "grudnia декабря грудня aralık ديسمبر דצמבר",
];

fn month(word: &str) -> Option<usize> {
    let word = word.to_lowercase();
    // Hebrew writes "in" as the first letter of the month.
    let bare = word.strip_prefix('ב').unwrap_or(&word);
    let is_whole = |names: &str| names.split(' ').any(|name| name == bare);
    if let Some(at) = WHOLE.iter().position(|names| is_whole(names)) {
        return Some(at + 1);
    }
    // "juillet" and "juin" share three letters with each other, not with a longer match.
    let fits = |names: &&[&str]| names.iter().any(|name| word.starts_with(name));
    let known = MONTHS.iter().position(fits)?;
    is_month_name(&word).then_some(known + 1)
}

/// "Marketing 20, 2026" begins like March: a word counts when it is an abbreviation or ends like a month's name.
fn is_month_name(word: &str) -> bool {
    word.chars().count() <= 4
        || [
            "uary", "uar", "ch", "il", "ust", "ber", "bre", "bro", "ne", "ly", "ier", "ars", "let", "oût",
            "ero", "rzo", "nio", "lio", "sto", "aio", "prile", "ril", "iro", "ço", "nho", "lho", "rt", "ari",
            "ugno", "glio", "ai", "uli", "uni", "uari", "aggio", "ustus", "änner",
        ]
        .iter()
        .any(|ending| word.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        written(text, SlashOrder::Unknown).map(|day| day.to_string())
    }

    #[test]
    fn written_days_are_read_in_several_languages() {
        for text in [
            "By Ann, August 20, 2026 · 4 min",
            "20 Aug 2026",
            "20th of August 2026",
            "20. August 2026",
            "20 août 2026",
            "20 augustus 2026",
            "20 de agosto de 2026",
            "2026-08-20",
            "2026/8/20",
            "2026年8月20日",
            "20.08.2026",
            "Thu 20/08/2026",
            "Aug. 20, 2026",
            "2026년 8월 20일",
            "20 августа 2026 г.",
            "20 sierpnia 2026",
            "20 Ağustos 2026",
            "20 augusti 2026",
            "20 أغسطس 2026",
            "٢٠ أغسطس ٢٠٢٦",
            "20 آب 2026",
            "20 באוגוסט 2026",
            "２０２６年８月２０日",
        ] {
            assert_eq!(read(text).as_deref(), Some("2026-08-20"), "{text}");
        }
    }

    #[test]
    fn months_are_known_by_their_longer_names_too() {
        assert_eq!(read("20 maggio 2026").as_deref(), Some("2026-05-20"));
        assert_eq!(read("20. Jänner 2026").as_deref(), Some("2026-01-20"));
    }

    #[test]
    fn what_is_no_date_or_ambiguous_is_not_read() {
        for text in [
            "Marketing 20, 2026",
            "version 2026.13.40",
            "3/4/2026",
            "20 Magnus 2026",
            "31 Feb 2026",
            "10,000 in 2026",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(
            written("3/4/2026", SlashOrder::DayFirst).unwrap().to_string(),
            "2026-04-03"
        );
    }

    #[test]
    fn a_stamp_names_an_instant_only_with_time_and_zone() {
        let read = |text: &str| stamp(text, SlashOrder::Unknown).unwrap().at.to_string();
        assert_eq!(read("2026-08-20T14:30:00+02:00"), "2026-08-20T12:30:00Z");
        assert_eq!(read("2026-08-20 14:30 +0200"), "2026-08-20T12:30:00Z");
        assert_eq!(read("Thu, 20 Aug 2026 12:30:00 GMT"), "2026-08-20T12:30:00Z");
        assert_eq!(read("2026-08-20T14:30:00"), "2026-08-20");
        assert_eq!(read("2026-08-20T00:00:00Z"), "2026-08-20");
        assert_eq!(read("20260820"), "2026-08-20");
    }

    #[test]
    fn paths_carry_days() {
        let read = |path: &str| in_path(path).map(|day| day.to_string());
        assert_eq!(read("/blog/2026/08/20/title").as_deref(), Some("2026-08-20"));
        assert_eq!(
            read("/posts/2026-08-20-title.html").as_deref(),
            Some("2026-08-20")
        );
        assert_eq!(read("/rustsec-2026-0237"), None);
    }
}
