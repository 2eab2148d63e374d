//! Figures of a sentence with the words that belong to them.

use std::ops::Range;
use std::sync::LazyLock;

use copydesk_text::numbers::{self, Hedge, Kind, Number, Unit};
use copydesk_text::words;
use regex::Regex;

use super::fit::regex;

/// Words before a number that make it less exact, longest first. In small letters.
const HEDGES: &[&str] = &[
    "no more than",
    "no fewer than",
    "no less than",
    "as many as",
    "as much as",
    "more than",
    "less than",
    "fewer than",
    "close to",
    "at least",
    "at most",
    "up to",
    "approximately",
    "approx.",
    "roughly",
    "around",
    "about",
    "nearly",
    "almost",
    "over",
    "above",
    "under",
    "below",
    "some",
    "circa",
    "an estimated",
];

/// More words would make a run of eight with the publisher's own text likely.
const FRAGMENT_WORDS_MAX: usize = 7;

/// A figure as a sentence gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Bytes of the sentence from its hedge to the thing that is counted: `about 3,600 clusters`.
    pub range: Range<usize>,
    /// The number alone, with its scale: `3,600`, `4.2 million`.
    pub value: String,
    /// Its unit as written: the thing that is counted, `%`, `ms`, `$`; empty where it has none in letters.
    pub unit: String,
    /// What stands behind the number inside the range: `affected clusters`.
    pub thing: String,
    /// The number as code reads it.
    pub number: Number,
}

/// The figures of a sentence that say what they count or measure, in order.
pub fn find(sentence: &str) -> Vec<Figure> {
    numbers::find(sentence)
        .into_iter()
        .filter_map(|number| figure(sentence, number))
        .collect()
}

fn figure(sentence: &str, number: Number) -> Option<Figure> {
    let counts = matches!(number.kind, Kind::Cardinal | Kind::Money | Kind::Percent);
    let unit = number.unit.clone()?;
    if !counts || number.value < 2.0 || is_label(&sentence[..number.range.start]) {
        return None;
    }
    let start = hedge_start(sentence, &number)?;
    let end = end_of_thing(sentence, &number, &unit)?;
    let parts = Parts::of(&sentence[number.range.start..end], &unit);
    let figure = Figure {
        range: start..end,
        value: parts.value.to_owned(),
        unit: parts.unit.to_owned(),
        thing: parts.thing.to_owned(),
        number,
    };
    let text = &sentence[figure.range.clone()];
    (words::count(text) <= FRAGMENT_WORDS_MAX && !text.contains(['"', '“', '”', '('])).then_some(figure)
}

/// Whether what stands before a number makes it a name, a place or half of a sum: `port 7443`, `Corrie 2`,
/// `6 hours and 20 minutes`.
fn is_label(before: &str) -> bool {
    static LABEL: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?x)(?:\b(?:port|version|line|step|section|page|figure|table|chapter|rule|status|code|error|request|issue|episode|part|level|phase|chart|ports|versions|lines|number|no\.|item|day|level|tier|RFC|CVE|HTTP|exit)\s*\#?
            | (?:\S\s+)[A-Z][\w-]*\s | ^[A-Z][\w-]*\s | \d\s\w+\sand\s | [-–/\#.\w])$",
        )
    });
    static DAY: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?:day|ary|March|April|May|June|July|August|ber|About|Around|Some|Nearly|Over|Almost|Roughly|Only|All|A|An|The|Of|With|At|In|On|For|After|Up|Than)\s$",
        )
    });
    LABEL.is_match(before) && !DAY.is_match(before)
}

/// Where the figure begins with its hedge; `None` where a hedge stands in a place that cannot be taken along.
fn hedge_start(sentence: &str, number: &Number) -> Option<usize> {
    let before = sentence[..number.range.start].to_lowercase();
    // Lower case may change the length of foreign letters; then the hedge is not looked for.
    if before.len() != number.range.start {
        return number.hedge.is_none().then_some(number.range.start);
    }
    let trimmed = before.trim_end();
    for hedge in HEDGES {
        let Some(head) = trimmed.strip_suffix(hedge) else {
            continue;
        };
        if head.is_empty() || head.ends_with([' ', '(', ',']) {
            return Some(head.len());
        }
    }
    matches!(number.hedge, None | Some(Hedge::AtLeast)).then_some(number.range.start)
}

/// Where the thing that is counted ends.
fn end_of_thing(sentence: &str, number: &Number, unit: &Unit) -> Option<usize> {
    let rest = &sentence[number.range.end..];
    match unit {
        Unit::Count(stem) => words::words(rest)
            .take(3)
            .find(|(_, word)| words::stem(word) == *stem)
            .map(|(range, _)| number.range.end + range.end),
        Unit::Percent => Some(number.range.end + share_of(rest)),
        _ => Some(number.range.end),
    }
}

/// Length of ` of the clusters` behind a percentage; 0 where it goes on otherwise.
fn share_of(rest: &str) -> usize {
    let Some(after) = rest.strip_prefix(" of ") else {
        return 0;
    };
    let offset = rest.len() - after.len();
    for (range, word) in words::words(after).take(3) {
        if after[..range.start].contains([',', '.', ';', ':', '(']) {
            return 0;
        }
        if !words::is_stop(word) {
            return offset + range.end;
        }
    }
    0
}

/// `3,600 affected clusters` taken apart.
struct Parts<'a> {
    value: &'a str,
    unit: &'a str,
    thing: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str, unit: &Unit) -> Self {
        static VALUE: LazyLock<Regex> = LazyLock::new(|| {
            let words = "half|quarter|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen\
                |fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?\
                |thousands?|millions?|billions?|trillions?|dozens?|couple";
            regex(&format!(
                r"(?i)^(?:(?:{words}|an?)(?:[\s-]+(?:{words}|an?|and)\b)*|\d[\d.,\u{{a0}}\u{{202f}}]*(?:\s?(?:thousand|million|billion|trillion|bn|mn|[kmb])\b)?)"
            ))
        });
        let is_money = matches!(unit, Unit::Currency(_));
        let mark = text.len() - text.trim_start_matches(|c: char| !c.is_alphanumeric()).len();
        let sign = if is_money {
            mark.max(letters_of_currency(text))
        } else {
            0
        };
        let rest = text[sign..].trim_start();
        let at = text.len() - rest.len();
        let end = VALUE.find(rest).map_or(rest.len(), |found| found.end());
        let value = rest[..end].trim_end_matches([',', '.', ' ']);
        let thing = text[at + value.len()..]
            .trim_start_matches(['-', ' ', '\u{a0}', '\u{202f}'])
            .trim();
        let unit = match unit {
            Unit::Currency(_) if sign > 0 => text[..sign].trim(),
            Unit::Count(_) => thing.rsplit([' ', '-']).next().unwrap_or(thing),
            _ => thing.split_whitespace().next().unwrap_or_default(),
        };
        Self { value, unit, thing }
    }
}

/// Length of `USD ` or `US$` before the digits; 0 where the text begins otherwise.
fn letters_of_currency(text: &str) -> usize {
    let digits = text.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let head = &text[..digits];
    let is_code = head
        .chars()
        .all(|c| c.is_ascii_uppercase() || !c.is_alphanumeric());
    if is_code { digits } else { 0 }
}

/// Whether two figures count or measure the same kind of thing.
pub fn same_thing(a: &Number, b: &Number) -> bool {
    match (&a.unit, &b.unit) {
        (Some(x), Some(y)) if x == y => true,
        (Some(x), Some(y)) => match (x.factor(), y.factor()) {
            (Some((dimension, _)), Some((other, _))) => dimension == other,
            _ => false,
        },
        _ => false,
    }
}

/// How many times the larger value is the smaller one, units brought together; infinite for zero.
pub fn ratio(a: &Number, b: &Number) -> f64 {
    let factor = |number: &Number| {
        number
            .unit
            .as_ref()
            .and_then(Unit::factor)
            .map_or(1.0, |(_, factor)| factor)
    };
    let (x, y) = (a.value * factor(a), b.value * factor(b));
    x.max(y) / x.min(y)
}

/// Whether both figures can be true of one thing: equal, or one a bound or rounding that holds the other.
pub fn agree(a: &Number, b: &Number) -> bool {
    if numbers::same(a, b) {
        return true;
    }
    let factor = |number: &Number| {
        number
            .unit
            .as_ref()
            .and_then(Unit::factor)
            .map_or(1.0, |(_, factor)| factor)
    };
    let (x, y) = (a.value * factor(a), b.value * factor(b));
    let near = (x - y).abs() <= 0.05 * x.abs().max(y.abs());
    let holds = |hedge: Option<Hedge>, bound: f64, other: f64| match hedge {
        Some(Hedge::About | Hedge::Nearly) => near,
        Some(Hedge::UpTo | Hedge::LessThan) => other <= bound,
        Some(Hedge::MoreThan | Hedge::AtLeast) => other >= bound,
        None => false,
    };
    holds(a.hedge, x, y) || holds(b.hedge, y, x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fragments(text: &str) -> Vec<&str> {
        find(text).into_iter().map(|figure| &text[figure.range]).collect()
    }

    #[test]
    fn a_figure_takes_its_hedge_and_its_thing_along() {
        assert_eq!(
            fragments("We saw about 3,600 affected clusters and 12 % of the nodes."),
            ["about 3,600 affected clusters", "12 % of the nodes"]
        );
        assert_eq!(
            fragments("The fix took 86 minutes and cost $4.2 million."),
            ["86 minutes", "$4.2 million"]
        );
    }

    #[test]
    fn versions_years_and_bare_numbers_are_no_figures() {
        assert!(fragments("Norn 4.2 came in 2026 as number 7.").is_empty());
    }

    #[test]
    fn values_keep_their_scale_and_units_are_as_written() {
        let parts = |text: &str| {
            let figure = find(text).remove(0);
            (figure.value, figure.unit)
        };
        let is = |text: &str, value: &str, unit: &str| {
            assert_eq!(parts(text), (value.to_owned(), unit.to_owned()), "{text}");
        };
        is("Norn saw 1 billion total downloads.", "1 billion", "downloads");
        is("The fix cost $4.2 million.", "4.2 million", "$");
        is("It fell by 20 % of all monthly queries.", "20", "%");
        is("A twelve-month window follows.", "twelve", "month");
        is("Latency fell to 30.3ms for all.", "30.3", "ms");
        is("It counts 3,600 affected clusters.", "3,600", "clusters");
        is("It saw half a billion downloads.", "half a billion", "downloads");
    }

    #[test]
    fn value_and_unit_come_apart() {
        let figure = &find("It hit 4,200 clusters.")[0];
        assert_eq!(
            (figure.value.as_str(), figure.unit.as_str()),
            ("4,200", "clusters")
        );
    }

    #[test]
    fn bounds_and_roundings_agree() {
        let number = |text: &str| find(text).remove(0).number;
        assert!(agree(&number("about 3,600 clusters"), &number("3,612 clusters")));
        assert!(agree(
            &number("more than 4,000 clusters"),
            &number("4,200 clusters")
        ));
        assert!(!agree(&number("about 3,600 clusters"), &number("4,200 clusters")));
        assert!(same_thing(&number("2 hours"), &number("90 minutes")));
    }
}
