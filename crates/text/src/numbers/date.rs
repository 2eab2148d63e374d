//! Dates of a text.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Match, Regex};

use super::taken::Taken;
use super::{Kind, Raw};
use crate::words;

/// A date as far as the text gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundDate {
    /// Byte range of the date; of a time stamp, without the time. Of two days of one month (`20–22 August`) each has its
    /// own part.
    pub range: Range<usize>,
    /// Year, four digits.
    pub year: Option<i16>,
    /// Month, 1 to 12.
    pub month: Option<u8>,
    /// Day of the month, 1 to 31.
    pub day: Option<u8>,
}

impl FoundDate {
    /// Whether the two can mean one day (month, year): no part that both name differs, and they share one.
    pub fn agrees(&self, other: &Self) -> bool {
        fn part<T: PartialEq>(a: Option<T>, b: Option<T>) -> Option<bool> {
            Some(a? == b?)
        }
        let parts = [
            part(self.year, other.year),
            part(self.month, other.month),
            part(self.day, other.day),
        ];
        parts.contains(&Some(true)) && !parts.contains(&Some(false))
    }
}

/// Month names, their usual short forms, and a full stop behind those.
const MONTH: &str = r"(?P<month>Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)";
const YEAR: &str = r"(?P<year>(?:19|20)\d\d)";
const DAY: &str = r"(?P<day>3[01]|[12]\d|0?[1-9])";
/// The first day of `20–22 August`, and the last one of `August 20–22`.
const FROM: &str = r"(?:(?P<from>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th|\.)?(?P<dash>\s?[–-]\s?))?";
const TO: &str = r"(?:(?P<dash>\s?[–-]\s?)(?P<to>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?)?";

static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"\b(?P<year>(?:19|20)\d\d)-(?P<number>0[1-9]|1[0-2])(?:-(?P<day>0[1-9]|[12]\d|3[01]))?(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?\b".to_owned(),
        r"\b(?P<year>(?:19|20)\d\d)/(?P<number>0[1-9]|1[0-2])/(?P<day>0[1-9]|[12]\d|3[01])\b".to_owned(),
        format!(r"\b{FROM}{DAY}(?:st|nd|rd|th|\.)?\s(?:of\s)?{MONTH}(?:,?\s{YEAR})?\b"),
        format!(r"\b{MONTH}\s{DAY}(?:st|nd|rd|th)?{TO}(?:,?\s{YEAR})?\b"),
        format!(r"\b{MONTH},?\s(?:of\s)?{YEAR}\b"),
        r"\b(?P<first>\d{1,2})[/.](?P<second>\d{1,2})[/.](?P<year>(?:19|20)\d\d)\b".to_owned(),
        format!(r"\b(?:[Ii]n|[Ss]ince|[Uu]ntil|[Bb]y|[Dd]uring|[Ee]arly|[Ll]ate|[Mm]id|[Ll]ast|[Nn]ext|[Oo]f|[Tt]his|[Ff]rom)[\s-](?P<only>{MONTH})\b"),
        r"\b(?:[Ii]n|[Ss]ince|[Uu]ntil|[Bb]y|[Dd]uring|[Ee]arly|[Ll]ate|[Mm]id|[Oo]f|[Ff]rom|[Yy]ear|[Bb]efore|[Aa]fter)[\s-](?P<only>(?P<year>(?:19|20)\d\d))\b".to_owned(),
    ]
    .iter()
    .map(|pattern| Regex::new(pattern).expect("the patterns are constants that the tests compile"))
    .collect()
});

/// A word that is the name of a month and nothing else.
static IS_MONTH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!("^{MONTH}$")).expect("the pattern is a constant that the tests compile")
});

/// All dates of a text in order, apart from each other: `2026-08-20`, `20 August 2026`, `Aug. 20`, `August 2026`,
/// `8/20/2026`, `in August`, `since 2024`. `August 20–22` and `20–22 August` are the same two dates.
///
/// Of `3/4/2026` only the year is taken: which of the two is the month depends on the country.
pub fn dates(text: &str) -> Vec<FoundDate> {
    let mut found: Vec<FoundDate> = Vec::new();
    let mut taken = Taken::of(text, []);
    for pattern in PATTERNS.iter() {
        for captures in pattern.captures_iter(text) {
            let Some(date) = read(text, &captures) else {
                continue;
            };
            for date in ends(text, date, &captures) {
                if taken.is_free(&date.range) {
                    taken.mark(date.range.clone());
                    found.push(date);
                }
            }
        }
    }
    found.sort_by_key(|date| date.range.start);
    found
}

fn read(text: &str, captures: &Captures<'_>) -> Option<FoundDate> {
    let number = |name| captures.name(name).and_then(|m| m.as_str().parse::<u8>().ok());
    let whole = captures.name("only").or_else(|| captures.get(0))?;
    let mut range = whole.range();
    if let Some(time) = text[range.clone()].find('T').filter(|at| *at == 10 || *at == 7) {
        range.end = range.start + time;
    }
    let mut month = captures
        .name("month")
        .and_then(|m| month_number(m.as_str()))
        .or_else(|| number("number"));
    let mut day = number("day");
    if let (Some(first), Some(second)) = (number("first"), number("second")) {
        (month, day) = match (first, second) {
            (13..=31, 1..=12) => (Some(second), Some(first)),
            (1..=12, 13..=31) => (Some(first), Some(second)),
            (1..=12, 1..=12) if first == second => (Some(first), Some(first)),
            (1..=12, 1..=12) => (None, None),
            _ => return None,
        };
    }
    let year = captures.name("year").and_then(|m| m.as_str().parse().ok());
    Some(FoundDate {
        range,
        year,
        month,
        day,
    })
}

/// Both days of a stretch within a month, the first one first; the date alone where it is none.
fn ends(text: &str, date: FoundDate, captures: &Captures<'_>) -> Vec<FoundDate> {
    let (Some(day), Some(dash)) = (date.day, captures.name("dash")) else {
        return vec![date];
    };
    let end = |name| {
        captures
            .name(name)
            .and_then(|found| found.as_str().parse::<u8>().ok())
    };
    let (from, to) = (end("from").unwrap_or(day), end("to").unwrap_or(day));
    let one = |range: Range<usize>, day: u8| FoundDate {
        range,
        day: Some(day),
        ..date.clone()
    };
    let first = one(date.range.start..dash.start(), from);
    let last = one(dash.end()..date.range.end, to);
    if from < to && is_stretch(text, captures, &dash) {
        return vec![first, last];
    }
    // `9–5 August` and `Norn 1.2.3 – 20 August` are no stretches of days: the day beside the month is the date.
    vec![if captures.name("to").is_some() {
        first
    } else {
        last
    }]
}

/// Whether the day on the far side of the dash belongs to the date, and not to what stands beside it.
fn is_stretch(text: &str, captures: &Captures<'_>, dash: &Match<'_>) -> bool {
    let is_loose = dash.as_str().contains(char::is_whitespace);
    if let Some(from) = captures.name("from") {
        return may_be_first(&text[..from.start()], is_loose);
    }
    // `August 20 – 22, 2026`.
    let Some(to) = captures.name("to").filter(|_| captures.name("year").is_none()) else {
        return true;
    };
    may_be_last(&text[to.end()..], is_loose)
}

/// Whether the day behind `lead` can be the first of `20–22 August`, and is no part of a version, time or other date
/// (`1.2.3`, `19:15`, `May 1 - 30 June`), nor, where space is around the dash, the number of something (`Episode 5 – 20
/// August`).
fn may_be_first(lead: &str, is_loose: bool) -> bool {
    let opens = |c: char| c.is_whitespace() || "([{\"“„‘'«".contains(c);
    if lead.chars().next_back().is_some_and(|c| !opens(c)) {
        return false;
    }
    let before = lead.trim_end_matches([' ', '\t', '\u{a0}']);
    let start = before
        .rfind(|c: char| !c.is_alphanumeric() && c != '.')
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let word = &before[start..];
    if IS_MONTH.is_match(word) {
        return false;
    }
    let is_head = before.chars().next_back().is_none_or(|c| opens(c) || c == '\n');
    !is_loose || is_head || STRETCH_LEADS.contains(&word.to_lowercase().as_str())
}

/// Words before a stretch of days.
const STRETCH_LEADS: &[&str] = &["from", "between", "on", "during", "vom"];

/// Whether the day before `rest` can be the last of `August 20–22`, and not the head of a time or decimal
/// (`May 5 - 19:15`), nor, where space is around the dash, a count (`May 5 – 12 crates`).
fn may_be_last(rest: &str, is_loose: bool) -> bool {
    let mut next = rest.chars();
    match (next.next(), next.next()) {
        (Some('%' | '$' | '€' | '£'), _) => return false,
        (Some('.' | ':' | ',' | '/' | '-' | '–'), Some(c)) if c.is_alphanumeric() => return false,
        _ => {}
    }
    let word = rest.trim_start_matches([' ', '\u{a0}']);
    let word = word
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    !is_loose || word.is_empty() || words::is_stop(word)
}

fn month_number(name: &str) -> Option<u8> {
    let names = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let head = name.get(..3)?.to_lowercase();
    names
        .iter()
        .position(|month| *month == head)
        .and_then(|at| u8::try_from(at + 1).ok())
}

/// The dates that name a month with a day or a year, as numbers on their way.
pub(super) fn as_numbers(text: &str) -> Vec<Raw> {
    dates(text)
        .into_iter()
        .filter(|date| date.month.is_some() && (date.day.is_some() || date.year.is_some()))
        .map(|date| Raw {
            digits: iso(&date),
            range: date.range,
            kind: Kind::Date,
            unit: None,
            scale: 0,
        })
        .collect()
}

fn iso(date: &FoundDate) -> String {
    let year = date
        .year
        .map_or_else(|| "-".to_owned(), |year| format!("{year:04}"));
    let month = date.month.unwrap_or_default();
    match date.day {
        Some(day) => format!("{year}-{month:02}-{day:02}"),
        None => format!("{year}-{month:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<(Option<i16>, Option<u8>, Option<u8>)> {
        dates(text)
            .into_iter()
            .map(|date| (date.year, date.month, date.day))
            .collect()
    }

    #[test]
    fn dates_in_many_shapes() {
        let full = (Some(2026), Some(8), Some(20));
        for text in [
            "2026-08-20",
            "at 2026-08-20T07:37:49Z",
            "20 August 2026",
            "Aug. 20, 2026",
            "the 20th of August 2026",
            "8/20/2026",
            "20.08.2026",
        ] {
            assert_eq!(read_all(text), [full], "{text}");
        }
        assert_eq!(read_all("on August 20"), [(None, Some(8), Some(20))]);
        assert_eq!(read_all("August 2026"), [(Some(2026), Some(8), None)]);
        assert_eq!(
            read_all("in May, since 2024"),
            [(None, Some(5), None), (Some(2024), None, None)]
        );
        assert_eq!(read_all("3/4/2026"), [(Some(2026), None, None)]);
    }

    #[test]
    fn both_ends_of_a_stretch_are_dates_in_either_order() {
        let of = |first, last| [(None, Some(8), Some(first)), (None, Some(8), Some(last))];
        for text in [
            "August 20–22",
            "20–22 August",
            "Aug. 20 - 22",
            "20th-22nd of August",
            "August 20th–22nd",
        ] {
            assert_eq!(read_all(text), of(20, 22), "{text}");
        }
        assert_eq!(read_all("on August 20–25"), of(20, 25));
        let year = |day| (Some(2026), Some(8), Some(day));
        for text in ["August 20–22, 2026", "20–22 August 2026"] {
            assert_eq!(read_all(text), [year(20), year(22)], "{text}");
        }
        let text = "from 20–22 August 2026";
        let words: Vec<&str> = dates(text).into_iter().map(|date| &text[date.range]).collect();
        assert_eq!(words, ["20", "22 August 2026"]);
        let text = "August 20–22, 2026";
        let words: Vec<&str> = dates(text).into_iter().map(|date| &text[date.range]).collect();
        assert_eq!(words, ["August 20", "22, 2026"]);
        assert_eq!(
            read_all("August 20–5, 9–5 August"),
            [(None, Some(8), Some(20)), (None, Some(8), Some(5))]
        );
    }

    #[test]
    fn a_number_before_a_dash_and_a_date_is_no_day() {
        let august = |day| [(Some(2026), Some(8), Some(day))];
        for (text, day) in [
            ("Norn 1.2.3 – 20 August 2026", 20),
            ("Norn 1.2.3–20 August 2026", 20),
            ("v2.1 - 5 August 2026", 5),
            ("Episode 5 – 20 August 2026", 20),
            ("19:15 – 20 August 2026", 20),
            ("2/3 – 20 August 2026", 20),
            ("1-2-20 August 2026", 20),
        ] {
            assert_eq!(read_all(text), august(day), "{text}");
        }
        for text in ["May 1 - 30 June 2026", "May 1–30 June 2026"] {
            let days = [(None, Some(5), Some(1)), (Some(2026), Some(6), Some(30))];
            assert_eq!(read_all(text), days, "{text}");
        }
        for text in ["May 5 - 19:15", "May 5 – 12 crates", "May 5–12.5"] {
            assert_eq!(read_all(text), [(None, Some(5), Some(5))], "{text}");
        }
        let both = [august(20), august(22)].concat();
        for text in [
            "20 – 22 August 2026",
            "Norn\n20 – 22 August 2026",
            "(20 - 22 August 2026)",
            "from 20 – 22 August 2026",
            "the week of 20–22 August 2026",
            "Market 20–22 August 2026",
            "August 20 – 22, 2026",
        ] {
            assert_eq!(read_all(text), both, "{text}");
        }
    }

    /// Here every date looked through all others.
    #[test]
    fn a_long_line_costs_its_length() {
        let line = "3 May, in June 2026-08-20; ".repeat(40_000);
        assert_eq!(dates(&line).len(), 120_000);
    }

    #[test]
    fn a_verb_is_no_month() {
        assert!(read_all("You may march 7 miles. 2026 crates, v20.8.20").is_empty());
    }

    #[test]
    fn parts_that_both_name_must_agree() {
        let one = &dates("20 August")[0];
        assert!(one.agrees(&dates("2026-08-20")[0]) && !one.agrees(&dates("2026-08-21")[0]));
        assert!(!one.agrees(&dates("since 2026")[0]));
    }
}
