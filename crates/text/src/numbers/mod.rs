//! Numbers and dates of a text, with unit, hedge and exact value.

mod date;
mod digits;
mod finish;
mod same;
mod spelled;
mod taken;
mod unit;

use std::ops::Range;

pub use date::{FoundDate, dates};
pub use same::same;
pub use unit::Unit;

/// A number as a text gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// Byte range of the number with its currency sign, scale word and unit; without the noun that is counted.
    pub range: Range<usize>,
    /// The value, scale words multiplied in: `1.5 million` is 1500000. Of a date year, month and day as
    /// `yyyymmdd`, of a version its first two parts, of a time of day the minutes since midnight.
    pub value: f64,
    /// The exact value as text: decimal digits without separators or needless zeros; `1.98.0` of a version,
    /// `2026-08-20` of a date (`--08-20` without a year), `07:15` of a time.
    pub digits: String,
    /// What is counted or measured, where the text says it.
    pub unit: Option<Unit>,
    /// How the number is meant.
    pub kind: Kind,
    /// Words beside the number that make it less exact.
    pub hedge: Option<Hedge>,
}

/// How a number is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// So many.
    Cardinal,
    /// The so-manieth.
    Ordinal,
    /// A calendar year on its own.
    Year,
    /// A version of software.
    Version,
    /// A calendar date, at least a month with a day or a year.
    Date,
    /// A time of day.
    Time,
    /// A sum of money.
    Money,
    /// A share in percent or percentage points.
    Percent,
    /// One end of a range.
    Range,
    /// A fraction in words: a third, two-thirds, half.
    Fraction,
}

/// Words that make a number less exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hedge {
    /// About, around, roughly, some.
    About,
    /// Up to, at most, as many as.
    UpTo,
    /// More than, over, above.
    MoreThan,
    /// At least, or more, `+`.
    AtLeast,
    /// Less than, under, below, fewer than.
    LessThan,
    /// Nearly, almost, close to.
    Nearly,
}

/// A number on its way: what the scanners read, before units, hedges and ranges.
#[derive(Debug, Clone)]
struct Raw {
    range: Range<usize>,
    digits: String,
    kind: Kind,
    unit: Option<Unit>,
    /// Whether a scale word (million) or letter (k) is multiplied in, as a power of ten.
    scale: u32,
}

/// All numbers of a text in order, apart from each other.
///
/// Digits inside identifiers (`proc-macro1`, `CVE-2026-1`), addresses and hashes are no numbers. `one` counts
/// only before a scale, unit or hyphen, `first` and `second` only behind an article or pronoun.
pub fn find(text: &str) -> Vec<Number> {
    let mut raws: Vec<Raw> = date::as_numbers(text);
    digits::scan(text, &mut raws);
    spelled::scan(text, &mut raws);
    raws.sort_by_key(|raw| raw.range.start);
    finish::finish(text, raws)
}

/// Whether a number that was kept as a version for its last digit may as well say how much or how many: the `7.0` of
/// `scored 7.0`, but not of `Norn 7.0`, and not `v7` or `1.98.0`.
///
/// `number` is one that [`find`] gave of this `text`.
pub fn may_be_amount(text: &str, number: &Number) -> bool {
    number.kind == Kind::Version && digits::is_unnamed_decimal(text, number.range.clone())
}

/// Whether a text may hold a number or a date at all: a digit, or a word that begins like a number word or a month.
/// Quick, and never wrong with no.
pub fn may_stand_in(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        || crate::words::words(text).any(|(_, word)| spelled::may_count(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Number {
        let found = find(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found.into_iter().next().unwrap()
    }

    fn digits(text: &str) -> Vec<String> {
        find(text).into_iter().map(|number| number.digits).collect()
    }

    #[test]
    fn spellings_of_one_amount_are_the_same() {
        for (a, b) in [
            ("1,000", "a thousand"),
            ("1000 users", "1,000"),
            ("12 %", "12 percent"),
            ("$1.5 billion", "1,500 million dollars"),
            ("1.5 GB", "1,500 MB"),
            ("10 Gb/s", "10,000 megabits a second"),
            ("90 minutes", "1.5 hours"),
            ("20 August", "2026-08-20"),
            ("Aug. 20, 2026", "2026-08-20"),
            ("version v1.98.0", "Rust 1.98.0"),
            ("twenty-one crates", "21"),
            ("5 p.m.", "17:00"),
            ("2 years", "24 months"),
        ] {
            assert!(same(&one(a), &one(b)), "{a} and {b}: {:?} {:?}", one(a), one(b));
        }
    }

    #[test]
    fn other_amounts_are_not() {
        for (a, b) in [
            ("12 %", "12"),
            ("12 %", "12 percentage points"),
            ("$5", "€5"),
            ("5 ms", "5 s"),
            ("10 Gb/s", "10 GB/s"),
            ("100 Mbit", "100 MB"),
            ("the 3rd", "3"),
            ("1.98.0", "1.98.1"),
            ("2026-08-20", "2026-08-21"),
            ("1,000", "1,001"),
            ("Go 1.2", "Go 1.20"),
            ("pnpm 11.2 fixes it", "pnpm 11.20"),
        ] {
            assert!(!same(&one(a), &one(b)), "{a} and {b}: {:?} {:?}", one(a), one(b));
        }
    }

    #[test]
    fn scale_words_count_in_any_case() {
        for text in [
            "$50 Million",
            "$50 MILLION",
            "$50million",
            "$50Million",
            "$50 Mln",
            "$50MLN",
            "$50Mn",
            "$0.05Bn",
            "$0.05 BN",
            "$0.05Billion",
        ] {
            assert!(
                same(&one(text), &one("50,000,000 dollars")),
                "{text}: {:?}",
                one(text)
            );
        }
        for (text, digits) in [
            ("€3Mln", "3000000"),
            ("$5Bn", "5000000000"),
            ("2Tn", "2000000000000"),
        ] {
            assert_eq!(one(text).digits, digits, "{text}");
        }
        assert!(!same(&one("$50 Million"), &one("$50")));
        // Minnesota and Tennessee.
        assert_eq!(one("at 12 MN roads").digits, "12");
        assert_eq!(one("of 12 TN towns").digits, "12");
    }

    #[test]
    fn a_single_letter_is_a_unit_in_its_own_case() {
        assert!(find("3D printing").is_empty(), "{:?}", find("3D printing"));
        assert!(
            find("an iPhone 5S or 3H")
                .iter()
                .all(|number| number.unit.is_none())
        );
        for (text, unit) in [
            ("5s", "s"),
            ("after 30s", "s"),
            ("the 30s timeout", "s"),
            ("the 60s rule", "s"),
            ("the 10s it took", "s"),
            ("the 20s it took", "s"),
            ("the 10s", "s"),
            ("its 60s-rule", "s"),
            ("3d", "day"),
            ("8 h", "h"),
        ] {
            assert_eq!(one(text).unit, Some(Unit::Time(unit)), "{text}");
        }
    }

    #[test]
    fn a_decade_is_no_time_span() {
        for text in [
            "the 90s",
            "the ’90s",
            "the late 90s",
            "in the mid-90s",
            "in his 90s",
            "the 90s, and later",
            "the 90s were loud",
            "the ’90s music",
            "late 90s music",
        ] {
            let found = one(text);
            assert_eq!(
                (found.kind, found.unit, found.digits.as_str()),
                (Kind::Year, None, "90"),
                "{text}"
            );
        }
        assert_eq!(one("the 1990s").kind, Kind::Year);
    }

    #[test]
    fn a_decimal_that_ends_in_0_may_be_an_amount_where_no_name_stands_before_it() {
        let is_amount = |text: &str| may_be_amount(text, &one(text));
        for text in [
            "7.0",
            "scored 7.0",
            "It rose by 2.0",
            "rated (3.0 stars)",
            "Rating: 4.0",
        ] {
            assert!(is_amount(text), "{text}");
        }
        for text in [
            "Norn 7.0",
            "in (Norn 7.0)",
            "version 7.0",
            "Go 1.20",
            "1.98.0",
            "v7",
            "v7.0",
            "7.5",
        ] {
            assert!(!is_amount(text), "{text}");
        }
    }

    #[test]
    fn identifiers_hold_no_numbers() {
        for text in [
            "CVE-2026-33056",
            "proc-macro1",
            "x86_64",
            "GPT-4",
            "h2",
            "127.0.0.1:8080",
            "https://a.example/5/6",
            "a 5G phone",
            "deadbeef0123456789",
        ] {
            assert!(find(text).is_empty(), "{text}: {:?}", find(text));
        }
    }

    #[test]
    fn units_hedges_and_kinds_are_read() {
        let found = one("up to 2,285 downloads");
        assert_eq!(
            (found.hedge, found.unit, found.kind),
            (
                Some(Hedge::UpTo),
                Some(Unit::Count("download".to_owned())),
                Kind::Cardinal
            )
        );
        let found = one("fell by less than 10% of traffic");
        assert_eq!((found.hedge, found.kind), (Some(Hedge::LessThan), Kind::Percent));
        assert_eq!(one("in 2026").kind, Kind::Year);
        assert_eq!(one("Go 1.27 is out").kind, Kind::Version);
        assert_eq!(one("€5m").unit, Some(Unit::Currency("EUR")));
        assert_eq!(one("at -5 °C").digits, "-5");
        assert_eq!(one("nearly half of users").kind, Kind::Fraction);
    }

    /// On the first of these each find read on to the end of the line.
    #[test]
    fn a_long_line_costs_its_length() {
        let long = |part: &str| part.repeat(1_000_000 / part.len());
        for line in [
            long("x.0x1."),
            long("Go 1.2 x "),
            long("1-1-"),
            long("3 ms "),
            long("ada5@norn.example "),
        ] {
            let found = find(&line);
            assert!(
                found
                    .windows(2)
                    .all(|pair| pair[0].range.end <= pair[1].range.start)
            );
        }
    }

    #[test]
    fn both_ends_of_a_range_have_unit_and_scale() {
        let found = find("between 3 and 4 million dollars");
        assert_eq!(
            found.iter().map(|n| n.digits.as_str()).collect::<Vec<_>>(),
            ["3000000", "4000000"]
        );
        assert!(found.iter().all(|n| n.unit == Some(Unit::Currency("USD"))));
        assert_eq!(digits("$3–4 billion"), ["3000000000", "4000000000"]);
        assert_eq!(digits("rose 12 percent to $1.5 billion"), ["12", "1500000000"]);
    }

    #[test]
    fn values_are_exact() {
        assert_eq!(
            digits("0.1 and 1.50 dollars and 007 and 2.5 million"),
            ["0.1", "1.5", "7", "2500000"]
        );
        assert_eq!(
            digits("three hundred and five; half a million; a dozen"),
            ["305", "500000", "12"]
        );
        assert_eq!(
            digits("one and a half million; two and a half weeks; twelve and a half of them"),
            ["1500000", "2.5", "12.5"]
        );
    }
}
