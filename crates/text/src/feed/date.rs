//! Dates as feeds write them.
//!
//! RFC 822 and its relatives (named zones, two-digit years, asctime, month first), RFC 3339, ISO 8601 basic, extended
//! and ordinal, W3CDTF. A day without a time stays a day. A year or month alone is no date: it would be a guess. A time
//! without a zone, or with one that nobody knows, is read as UTC.

use copydesk_domain::{Instant, PublishedAt};
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

use super::date_words::{month, zone_minutes};

/// No date is longer; the rest of such a text is something else.
const BYTES_MAX: usize = 120;

/// Reads a date; `None` for what is none, never a default.
pub fn parse(text: &str) -> Option<PublishedAt> {
    let text = text.trim();
    if text.is_empty() || text.len() > BYTES_MAX {
        return None;
    }
    numeric(text)
        .or_else(|| east_asian(text))
        .or_else(|| worded(text))
}

/// Puts a day, a time and an offset together.
fn at(date: Date, time: Option<Time>, offset_minutes: i32) -> Option<PublishedAt> {
    let Some(time) = time else {
        return Some(PublishedAt::On(date));
    };
    let offset = Offset::from_seconds(offset_minutes * 60).ok()?;
    let timestamp = offset.to_timestamp(date.to_datetime(time)).ok()?;
    Some(PublishedAt::At(Instant::from_timestamp(timestamp)))
}

/// Dates that begin with their year in figures: ISO 8601 and what looks like it.
fn numeric(text: &str) -> Option<PublishedAt> {
    let (date, rest) = numeric_date(text)?;
    let rest = rest.trim_start_matches(['T', 't', ' ', ',', '_']);
    match time_and_zone(rest) {
        Some((time, offset)) => at(date, Some(time), offset),
        // The day stands even where the time cannot be read.
        None => Some(PublishedAt::On(date)),
    }
}

fn numeric_date(text: &str) -> Option<(Date, &str)> {
    let (year, rest) = digits(text, 4, 4)?;
    let year = i16::try_from(year).ok()?;
    let Some(rest) = rest.strip_prefix(['-', '/', '.']) else {
        // Basic form: 20260820 or 2026232.
        let run = rest.bytes().take_while(u8::is_ascii_digit).count();
        return match run {
            4 | 8 | 10 => day_of(year, &rest[..2], &rest[2..4]).map(|date| (date, &rest[4..])),
            3 => ordinal(year, &rest[..3]).map(|date| (date, &rest[3..])),
            _ => None,
        };
    };
    let run = rest.bytes().take_while(u8::is_ascii_digit).count();
    if run == 3 {
        return ordinal(year, &rest[..3]).map(|date| (date, &rest[3..]));
    }
    let (month, rest) = digits(rest, 1, 2)?;
    let (day, rest) = digits(rest.strip_prefix(['-', '/', '.'])?, 1, 2)?;
    Some((
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?,
        rest,
    ))
}

fn day_of(year: i16, month: &str, day: &str) -> Option<Date> {
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

fn ordinal(year: i16, day: &str) -> Option<Date> {
    let day: i16 = day.parse().ok()?;
    let first = Date::new(year, 1, 1).ok()?;
    (1..=first.days_in_year())
        .contains(&day)
        .then(|| first.with().day_of_year(day).build().ok())
        .flatten()
}

/// A number of `least` to `most` digits at the start of `text`, and what follows.
fn digits(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let run = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if run < least {
        return None;
    }
    Some((text[..run].parse().ok()?, &text[run..]))
}

/// A time with the zone after it: `10:15`, `10:15:30.5+02:00`, `101530Z`, `10:15 pm EST`.
fn time_and_zone(text: &str) -> Option<(Time, i32)> {
    let (hour, rest) = digits(text, 1, 2)?;
    let (minute, rest) = match rest.strip_prefix([':', '.']) {
        Some(rest) => digits(rest, 2, 2)?,
        None => digits(rest, 2, 2)?,
    };
    let after_colon = rest.strip_prefix([':', '.']).unwrap_or(rest);
    let (second, rest) = digits(after_colon, 2, 2).unwrap_or((0, rest));
    let rest = rest
        .strip_prefix(['.', ',', ':'])
        .map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let (half, rest) = half_of_day(rest.trim_start());
    let hour = match (half, hour) {
        // Japan counts the hour behind noon as the afternoon's zeroth.
        (Some(is_pm), 0..=12) => hour % 12 + if is_pm { 12 } else { 0 },
        _ => hour,
    };
    // A leap second is the last one that clocks here know.
    let part = |value: u32| i8::try_from(value).ok();
    let time = Time::new(part(hour)?, part(minute)?, part(second.min(59))?, 0).ok()?;
    Some((time, zone(rest)))
}

/// `am`, `PM`, `p.m.` at the start of `text` and whether it is the second half, and what follows; no beginning of a
/// longer word, such as a zone's name.
fn half_of_day(text: &str) -> (Option<bool>, &str) {
    let half = || {
        let rest = text.strip_prefix(['a', 'A', 'p', 'P'])?;
        let rest = rest.strip_prefix('.').unwrap_or(rest).strip_prefix(['m', 'M'])?;
        let rest = rest.strip_prefix('.').unwrap_or(rest);
        let ends = !rest.starts_with(char::is_alphanumeric);
        ends.then(|| (Some(text.starts_with(['p', 'P'])), rest))
    };
    half().unwrap_or((None, text))
}

/// The offset in minutes that a zone means: `Z`, `+02:00`, `-0500`, `EST`, `GMT+2`; 0 for none or an unknown one.
fn zone(text: &str) -> i32 {
    let text = text.trim().trim_start_matches('(');
    if let Some(sign_at) = text
        .find(['+', '-', '\u{2212}'])
        .filter(|at| text[..*at].trim().chars().all(char::is_alphabetic))
    {
        let sign = if text[sign_at..].starts_with('+') { 1 } else { -1 };
        let figures: String = text[sign_at..]
            .chars()
            .skip(1)
            .take_while(|c| c.is_ascii_digit() || *c == ':')
            .collect();
        let (hours, minutes) = match figures.split_once(':') {
            Some(parts) => parts,
            None if figures.len() > 2 => figures.split_at(figures.len() - 2),
            None => (figures.as_str(), "0"),
        };
        let (hours, minutes) = (
            hours.parse::<i32>().unwrap_or(0),
            minutes.parse::<i32>().unwrap_or(0),
        );
        return if hours <= 15 && minutes < 60 {
            sign * (hours * 60 + minutes)
        } else {
            0
        };
    }
    let word: String = text.chars().take_while(|c| c.is_alphanumeric()).collect();
    zone_minutes(&word).unwrap_or(0)
}

/// `2026년 08월 20일 오후 3:15` and `2026年8月20日`, by turning them into figures.
fn east_asian(text: &str) -> Option<PublishedAt> {
    if !text.contains(['년', '年']) {
        return None;
    }
    let names = |halves: [&str; 3]| halves.iter().any(|half| text.contains(half));
    let half = match (names(["오전", "午前", "上午"]), names(["오후", "午後", "下午"])) {
        (true, _) => " am",
        (_, true) => " pm",
        _ => "",
    };
    let mut figures = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '년' | '年' | '월' | '月' => figures.push('-'),
            c if c.is_ascii_digit() || c == ':' => figures.push(c),
            _ if figures.ends_with(['-', ' ']) => {}
            _ => figures.push(' '),
        }
    }
    numeric(&format!("{}{half}", figures.trim()))
}

/// What the words of a date have said so far.
#[derive(Default)]
struct Words {
    day: Option<u32>,
    month: Option<i8>,
    /// A figure stood before the month.
    is_month_sure: bool,
    year: Option<i16>,
    time: Option<Time>,
    offset: Option<i32>,
}

/// Dates with the month in letters, in any order: RFC 822, RFC 850, asctime, `August 20, 2026 3:15 pm`.
fn worded(text: &str) -> Option<PublishedAt> {
    let mut words = Words::default();
    let mut rest: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')'))
        .collect();
    rest.retain(|word| !word.is_empty());
    for (index, word) in rest.iter().enumerate() {
        words.take(word, rest.get(index + 1).copied().unwrap_or_default());
    }
    let day = i8::try_from(words.day?).ok()?;
    let date = Date::new(words.year?, words.month?, day).ok()?;
    at(date, words.time, words.offset.unwrap_or(0))
}

impl Words {
    fn take(&mut self, word: &str, next: &str) {
        let starts_with_digit = word.starts_with(|c: char| c.is_ascii_digit());
        if self.time.is_none() && starts_with_digit && word.contains(':') {
            let with_half = if half_of_day(next).0.is_some() {
                format!("{word} {next}")
            } else {
                word.to_owned()
            };
            if let Some((time, offset)) = time_and_zone(&with_half) {
                self.time = Some(time);
                self.offset = Some(offset).filter(|offset| *offset != 0);
            }
        } else if self.time.is_some() && is_zone(word) {
            self.offset = self.offset.or(Some(zone(word)));
        } else if word.contains(['-', '/', '.'])
            && word.chars().any(char::is_alphanumeric)
            && !word.starts_with(['+', '-'])
        {
            word.split(['-', '/', '.']).for_each(|part| self.plain(part));
        } else {
            self.plain(word);
        }
    }

    fn plain(&mut self, word: &str) {
        let figures = word.trim_end_matches(|c: char| c.is_alphabetic() || c == '.');
        if let Ok(number) = figures.parse::<u32>() {
            return self.number(number, figures.len());
        }
        // A weekday in front may be short for a month as well: "mar. 18 août" is a Tuesday in August.
        let is_sure = self.is_month_sure || self.year.is_some() || self.time.is_some();
        if (self.month.is_none() || !is_sure)
            && let Some(month) = month(word)
        {
            self.month = Some(month);
            self.is_month_sure = self.day.is_some();
        }
    }

    fn number(&mut self, number: u32, length: usize) {
        if self.day.is_none() && length <= 2 {
            self.day = Some(number);
        } else if self.year.is_none() && length <= 4 {
            // RFC 2822, 4.3: two figures below 50 are of this century, others and three figures count from 1900.
            let year = match (length, number) {
                (1 | 2, 0..50) => number + 2000,
                (1..=3, _) => number + 1900,
                _ => number,
            };
            self.year = i16::try_from(year).ok();
        }
    }
}

fn is_zone(word: &str) -> bool {
    let letters: String = word.chars().take_while(char::is_ascii_alphabetic).collect();
    word.starts_with(['+', '-']) || zone_minutes(&letters).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        parse(text).map_or_else(|| "none".to_owned(), |at| at.to_string())
    }

    #[test]
    fn rfc_822_and_its_relatives_are_read() {
        for (text, expected) in [
            ("Thu, 01 Jan 2004 19:48:21 GMT", "2004-01-01T19:48:21Z"),
            ("Thu, 20 Aug 26 05:00:00 EST", "2026-08-20T10:00:00Z"),
            ("20 Aug 2026 12:00 +0200", "2026-08-20T10:00:00Z"),
            ("Thu, 20 Aug 2026 10:00:00 PDT", "2026-08-20T17:00:00Z"),
            ("Thu,20 Aug 2026 10:00:00 MST", "2026-08-20T17:00:00Z"),
            ("Thu, 20 Aug 2026 12:00:00 +0200 (CEST)", "2026-08-20T10:00:00Z"),
            ("Thursday, 20-Aug-26 10:00:00 UT", "2026-08-20T10:00:00Z"),
            ("Thu Aug 20 10:00:00 2026", "2026-08-20T10:00:00Z"),
            ("Sun Jan  4 16:29:06 PST 2004", "2004-01-05T00:29:06Z"),
            ("August 20, 2026 3:15 pm", "2026-08-20T15:15:00Z"),
            ("Aug 20th, 2026", "2026-08-20"),
            ("20 Aug 2026", "2026-08-20"),
            ("Thu, 20 Aug 2026 10:00:00 GMT+2", "2026-08-20T08:00:00Z"),
            ("Thu, 20 Aug 1999 10:00:00 Z", "1999-08-20T10:00:00Z"),
            ("Thu, 20 Aug 99 10:00:60 GMT", "1999-08-20T10:00:59Z"),
            ("20. Oktober 2026 10:00:00 MEZ", "2026-10-20T09:00:00Z"),
            ("August 20, 2026 3:15 p.m.", "2026-08-20T15:15:00Z"),
            ("20 Aug 2026 12:15 A.M. EST", "2026-08-20T05:15:00Z"),
            ("20 Aug 2026 12:15:00 America/New_York", "2026-08-20T12:15:00Z"),
            ("20 Aug 2026 12:15:00 AMT", "2026-08-20T12:15:00Z"),
            ("Κυρ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T17:00:00Z"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn iso_8601_and_its_relatives_are_read() {
        for (text, expected) in [
            ("2026-08-20T12:00:00+02:00", "2026-08-20T10:00:00Z"),
            ("2026-08-20T10:00:00.123Z", "2026-08-20T10:00:00Z"),
            ("2026-08-20T03:00-07:00", "2026-08-20T10:00:00Z"),
            ("2026-08-20 10:00:00", "2026-08-20T10:00:00Z"),
            ("2026-08-20T10:00:00 EST", "2026-08-20T15:00:00Z"),
            ("20260820T100000Z", "2026-08-20T10:00:00Z"),
            ("2026-08-20", "2026-08-20"),
            ("20260820", "2026-08-20"),
            ("2026/8/2", "2026-08-02"),
            ("2026-232", "2026-08-20"),
            ("2026-08-20T25:00:00Z", "2026-08-20"),
            ("2026년 08월 20일  오후 3:15:30", "2026-08-20T15:15:30Z"),
            ("2026년 8월 20일 오전 12:15", "2026-08-20T00:15:00Z"),
            ("2026年8月20日 午後0:15", "2026-08-20T12:15:00Z"),
            ("2026-08-20 12:15:00 America/New_York", "2026-08-20T12:15:00Z"),
            ("2026-08-20 12:15 AMT", "2026-08-20T12:15:00Z"),
            ("2026-08-20 3:15 p.m.", "2026-08-20T15:15:00Z"),
            ("2026年8月20日", "2026-08-20"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn weekdays_are_no_months() {
        for (text, expected) in [
            ("mardi 18 août 2026", "2026-08-18"),
            ("mar. 18 août 2026 10:00 CEST", "2026-08-18T08:00:00Z"),
            ("martes, 18 de agosto de 2026", "2026-08-18"),
            ("martedì 18 agosto 2026", "2026-08-18"),
            ("maandag 17 augustus 2026", "2026-08-17"),
            ("maandag, augustus 17, 2026", "2026-08-17"),
            ("maanantai 17 Aug 2026", "2026-08-17"),
            ("maanantai 17. elokuuta 2026", "none"),
            ("mars 18, 2026", "2026-03-18"),
            ("Mar 18 2026 10:00 NOVT", "2026-03-18T10:00:00Z"),
            ("Wed Mar 18 10:00:00 DECT 2026", "2026-03-18T10:00:00Z"),
            ("18 maart 2026", "2026-03-18"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_stays_none() {
        for text in [
            "",
            "yesterday-ish",
            "2026",
            "2026-08",
            "1724155200",
            "Thu, 31 Feb 2026 10:00:00 GMT",
            "10:00",
            "Aug 2026",
            "-",
            "日年",
        ] {
            assert_eq!(read(text), "none", "{text}");
        }
    }
}
