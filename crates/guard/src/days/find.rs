//! Where a text names days.

use std::ops::Range;

use copydesk_text::{numbers, words};
use jiff::civil::Weekday;

use super::mention::{Mention, Period, When, Which};

/// A word with its place, in small letters.
struct Word<'a> {
    range: Range<usize>,
    written: &'a str,
    lower: String,
}

/// The days that a text names from its own day, and the dates of the calendar in it, in order.
pub(crate) fn find(text: &str) -> Vec<Mention> {
    let all: Vec<Word<'_>> = words::words(text)
        .map(|(range, written)| Word {
            range,
            written,
            lower: written.to_lowercase(),
        })
        .collect();
    let mut found: Vec<Mention> = numbers::dates(text)
        .into_iter()
        .filter(|date| date.month.is_some() || date.year.is_some())
        .map(|date| Mention {
            range: date.range.clone(),
            when: When::Date(date),
        })
        .collect();
    let dates: Vec<Range<usize>> = found.iter().map(|mention| mention.range.clone()).collect();
    let mut at = 0;
    while at < all.len() {
        let Some((when, first, last)) = at_word(text, &all, at) else {
            at += 1;
            continue;
        };
        let range = all[first].range.start..all[last].range.end;
        if !belongs_to_date(&range, &dates) {
            found.push(Mention { range, when });
        }
        at = last + 1;
    }
    found.sort_by_key(|mention| mention.range.start);
    found
}

/// `Monday, 20 August`: the day of the week says no more than the date beside it.
fn belongs_to_date(range: &Range<usize>, dates: &[Range<usize>]) -> bool {
    dates.iter().any(|date| {
        let gap = date
            .start
            .saturating_sub(range.end)
            .max(range.start.saturating_sub(date.end));
        let overlaps = range.start < date.end && date.start < range.end;
        overlaps || gap <= 3
    })
}

/// What the words from `at` name, with the first and the last word of it.
fn at_word(text: &str, all: &[Word<'_>], at: usize) -> Option<(When, usize, usize)> {
    let follows = |at: usize| {
        all.get(at).is_some_and(|word| {
            let gap = text.get(all[at - 1].range.end..word.range.start);
            gap.is_some_and(|gap| matches!(gap, " " | "\u{a0}" | "-"))
        })
    };
    let next = |at: usize| {
        if follows(at) { all[at].lower.as_str() } else { "" }
    };
    let word = all[at].lower.as_str();
    let one = |when: When| Some((when, at, at));
    match word {
        "today" | "tonight" => return one(When::Day(0)),
        "yesterday" => return one(When::Day(-1)),
        "tomorrow" => return one(When::Day(1)),
        _ => {}
    }
    if let Some(weekday) = weekday(all[at].written) {
        let before = at.checked_sub(1).filter(|_| follows(at));
        let is_habit = before.is_some_and(|before| matches!(all[before].lower.as_str(), "every" | "each"));
        if is_habit || before.is_some_and(|before| is_titled(&all[before])) {
            return None;
        }
        let which = before.map_or(Which::Nearest, |before| which(&all[before].lower));
        let first = if which == Which::Nearest { at } else { at - 1 };
        return Some((When::Weekday(weekday, which), first, at));
    }
    if let Some((days, off)) = days_of(next(at + 1))
        && let Some(count) = count(word).filter(|_| next(at + 2) == "ago")
    {
        return Some((When::Ago(count.saturating_mul(days), off), at, at + 2));
    }
    let period = period(next(at + 1));
    let (when, length) = match (word, next(at + 1), period) {
        ("this", "morning" | "afternoon" | "evening", _) => (When::Day(0), 2),
        ("last", "night" | "evening", _) => (When::Day(-1), 2),
        ("past", _, Some(period)) if next(at + 1).len() > 3 => (When::Lately(period.length()), 2),
        ("this" | "current", _, Some(period)) => (When::Period(period, 0), 2),
        ("last" | "previous", _, Some(period)) => (When::Period(period, -1), 2),
        ("next" | "coming", _, Some(period)) => (When::Period(period, 1), 2),
        _ => return None,
    };
    Some((when, at, at + length - 1))
}

/// `Patch Tuesday`, `Black Friday`: a name of its own.
fn is_titled(before: &Word<'_>) -> bool {
    before.written.starts_with(char::is_uppercase)
        && which(&before.lower) == Which::Nearest
        && !matches!(
            before.lower.as_str(),
            "on" | "this" | "by" | "since" | "until" | "late" | "early" | "from" | "and" | "or"
        )
}

fn which(before: &str) -> Which {
    match before {
        "last" => Which::Last,
        "next" => Which::Next,
        _ => Which::Nearest,
    }
}

/// A day of the week, which is written with a capital.
fn weekday(written: &str) -> Option<Weekday> {
    Some(match written {
        "Monday" => Weekday::Monday,
        "Tuesday" => Weekday::Tuesday,
        "Wednesday" => Weekday::Wednesday,
        "Thursday" => Weekday::Thursday,
        "Friday" => Weekday::Friday,
        "Saturday" => Weekday::Saturday,
        "Sunday" => Weekday::Sunday,
        _ => return None,
    })
}

fn period(word: &str) -> Option<Period> {
    Some(match word {
        "weekend" => Period::Weekend,
        "week" => Period::Week,
        "month" => Period::Month,
        "quarter" => Period::Quarter,
        "year" => Period::Year,
        _ => return None,
    })
}

impl Period {
    /// How many days it has, about.
    fn length(self) -> i32 {
        match self {
            Self::Weekend | Self::Week => 7,
            Self::Month => 31,
            Self::Quarter => 92,
            Self::Year => 366,
        }
    }
}

/// Days of a unit, and by how many a count of it may be off.
fn days_of(word: &str) -> Option<(i32, i32)> {
    Some(match word {
        "day" | "days" => (1, 0),
        "week" | "weeks" => (7, 3),
        "month" | "months" => (30, 16),
        "year" | "years" => (365, 183),
        _ => return None,
    })
}

fn count(word: &str) -> Option<i32> {
    const WORDS: &[&str] = &[
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    ];
    let named = WORDS.iter().position(|known| *known == word);
    let named = named.and_then(|at| i32::try_from(at + 1).ok());
    let article = matches!(word, "a" | "an").then_some(1);
    named
        .or(article)
        .or_else(|| word.parse().ok().filter(|count| (1..=400).contains(count)))
}

#[cfg(test)]
mod tests {
    use super::find;

    fn words(text: &str) -> Vec<&str> {
        find(text)
            .into_iter()
            .map(|mention| &text[mention.range])
            .collect()
    }

    #[test]
    fn days_are_found_and_names_and_habits_are_none() {
        assert_eq!(
            words("Today, on Monday, last Friday, two weeks ago, this morning and next year."),
            [
                "Today",
                "Monday",
                "last Friday",
                "two weeks ago",
                "this morning",
                "next year"
            ]
        );
        assert_eq!(
            words("On Thursday, 20 August 2026, in 2025."),
            ["20 August 2026", "2025"]
        );
        assert!(words("Every Monday the Patch Tuesday team sells on Black Friday.").is_empty());
    }
}
