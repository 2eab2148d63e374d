//! From what the scanners read to numbers: units behind them, hedges around them, ranges.

use super::digits::shifted;
use super::{Hedge, Kind, Number, Raw, Unit, unit};
use crate::words;

/// Gives each number its unit, hedge and kind. `raws` in order, apart from each other.
pub(super) fn finish(text: &str, mut raws: Vec<Raw>) -> Vec<Number> {
    for at in 0..raws.len() {
        let limit = raws.get(at + 1).map_or(text.len(), |next| next.range.start);
        add_unit(text, &mut raws[at], limit);
    }
    for raw in &mut raws {
        keep_version(text, raw);
    }
    let ranges = join_ranges(text, &mut raws);
    raws.into_iter()
        .zip(ranges)
        .map(|(raw, in_range)| {
            let kind = kind_of(&raw, in_range);
            Number {
                value: value_of(&raw),
                hedge: hedge(text, &raw),
                range: raw.range,
                digits: raw.digits,
                unit: raw.unit,
                kind,
            }
        })
        .collect()
}

fn takes_unit(kind: Kind) -> bool {
    matches!(kind, Kind::Cardinal | Kind::Fraction)
}

/// Reads the unit behind a number, up to `limit`, where the next number begins.
fn add_unit(text: &str, raw: &mut Raw, limit: usize) {
    if !takes_unit(raw.kind) || matches!(raw.unit, Some(Unit::Currency(_) | Unit::Percent)) {
        return;
    }
    let rest = &text[raw.range.end..limit.max(raw.range.end)];
    let rest = rest
        .split(['.', ',', ';', ':', '(', ')', '\n', '"', '“', '”'])
        .next()
        .unwrap_or_default();
    if let Some(at) = rest.find('%').filter(|at| rest[..*at].trim().is_empty()) {
        raw.unit = Some(Unit::Percent);
        raw.range.end += at + 1;
        return;
    }
    if let Some(at) = rest.find('°').filter(|at| rest[..*at].trim().is_empty()) {
        let celsius = rest[at..].starts_with("°C");
        raw.unit = Some(Unit::Measure(if celsius { "°C" } else { "°" }));
        raw.range.end += at + "°".len() + usize::from(celsius);
        return;
    }
    let mut after = words::words(rest);
    let Some((range, first)) = after.next() else {
        return;
    };
    if !matches!(
        &rest[..range.start],
        " " | "-" | "\u{a0}" | "\u{202f}" | "\u{2009}"
    ) || raw.unit.is_some()
    {
        return;
    }
    let second = after.next();
    let next = second.as_ref().map_or("", |(_, word)| *word);
    let (found, end) = match (first.to_lowercase().as_str(), next) {
        ("per", "cent") => (Some(Unit::Percent), second.map(|(range, _)| range.end)),
        ("percentage", "points" | "point") => (Some(Unit::Points("pp")), second.map(|(range, _)| range.end)),
        ("basis", "points" | "point") => (Some(Unit::Points("bp")), second.map(|(range, _)| range.end)),
        ("us" | "u" | "s", "dollars") => (Some(Unit::Currency("USD")), second.map(|(range, _)| range.end)),
        // `5 s` and `5 d` are times; `5 a` is nothing, and `5 us` rather a pronoun.
        ("us" | "x", _) => (None, None),
        _ => (unit::named(first), Some(range.end)),
    };
    match (found, end) {
        (Some(found), Some(end)) => {
            raw.unit = Some(found);
            raw.range.end += end;
        }
        _ => raw.unit = noun(rest).map(Unit::Count),
    }
}

/// A decimal that ends in 0 and measures nothing is a version (pnpm 11.20): its last digit must not be lost.
fn keep_version(text: &str, raw: &mut Raw) {
    let written = &text[raw.range.clone()];
    let plain = written.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let decimal = written.matches('.').count() == 1 && written.ends_with('0') && !written.starts_with('.');
    if raw.kind == Kind::Cardinal && plain && decimal && matches!(raw.unit, None | Some(Unit::Count(_))) {
        raw.kind = Kind::Version;
        written.clone_into(&mut raw.digits);
        raw.unit = None;
    }
}

/// The stem of the noun that is counted: the first plural within three words, or else the next word.
fn noun(rest: &str) -> Option<String> {
    let mut next = None;
    for (range, word) in words::words(rest).take(3) {
        let lead = &rest[..range.start];
        if words::is_stop(word) || !word.starts_with(char::is_alphabetic) || lead.contains(['–', '—', '/'])
        {
            break;
        }
        let plural = word.len() > 3 && word.ends_with('s') && !word.ends_with("ss");
        if plural {
            return Some(words::stem(word));
        }
        if next.is_none() && word.len() > 2 && word.starts_with(char::is_lowercase) {
            next = Some(words::stem(word));
        }
    }
    next
}

fn ends_with_between(lead: &str) -> bool {
    let lead = lead.trim_end();
    let start = lead.len().saturating_sub("between".len());
    lead.get(start..)
        .is_some_and(|last| last.eq_ignore_ascii_case("between"))
}

/// Marks both ends of each range, and lends the first end the scale and unit of the second.
fn join_ranges(text: &str, raws: &mut [Raw]) -> Vec<bool> {
    let mut marked = vec![false; raws.len()];
    for at in 1..raws.len() {
        let between = &text[raws[at - 1].range.end..raws[at].range.start];
        let bare = matches!(between, "-" | "–" | "—" | " – " | " - " | " to ");
        let both = between == " and " && ends_with_between(&text[..raws[at - 1].range.start]);
        let counts = |raw: &Raw| matches!(raw.kind, Kind::Cardinal);
        if !(bare || both)
            || !counts(&raws[at - 1])
            || !counts(&raws[at])
            || !units_join(&raws[at - 1], &raws[at])
        {
            continue;
        }
        let (scale, unit) = (raws[at].scale, raws[at].unit.clone());
        let lent = raws[at - 1].unit.clone();
        let first = &mut raws[at - 1];
        if first.scale == 0 && scale > 0 && !matches!(first.unit, Some(Unit::Count(_))) {
            first.digits = shifted(&first.digits, scale);
            first.scale = scale;
        }
        if first.unit.is_none() {
            first.unit = unit;
        } else if raws[at].unit.is_none() || matches!(raws[at].unit, Some(Unit::Count(_))) {
            raws[at].unit.clone_from(&lent);
        }
        marked[at - 1] = true;
        marked[at] = true;
    }
    marked
}

/// Whether the ends can share a unit: `12 percent to $2 million` is no range.
fn units_join(first: &Raw, second: &Raw) -> bool {
    let measure = |raw: &Raw| raw.unit.clone().filter(|unit| !matches!(unit, Unit::Count(_)));
    match (measure(first), measure(second)) {
        (Some(a), Some(b)) => a == b,
        // `$3–4 billion`, but not `5 ms to 40 users`.
        (Some(a), None) => matches!(a, Unit::Currency(_)) || second.unit.is_none(),
        _ => true,
    }
}

fn kind_of(raw: &Raw, in_range: bool) -> Kind {
    if raw.kind != Kind::Cardinal {
        return raw.kind;
    }
    match &raw.unit {
        Some(Unit::Currency(_)) => Kind::Money,
        Some(Unit::Percent | Unit::Points(_)) => Kind::Percent,
        None | Some(Unit::Count(_)) if is_year(raw) => Kind::Year,
        _ if in_range => Kind::Range,
        _ => Kind::Cardinal,
    }
}

/// Four digits of this century or the last, with nothing between them.
fn is_year(raw: &Raw) -> bool {
    raw.scale == 0
        && raw.range.len() == 4
        && raw.digits.len() == 4
        && matches!(&raw.digits[..2], "19" | "20")
        && raw.digits.bytes().all(|b| b.is_ascii_digit())
}

fn value_of(raw: &Raw) -> f64 {
    let digits = &raw.digits;
    let plain = || digits.parse().unwrap_or(0.0);
    match raw.kind {
        Kind::Time => {
            let (hour, minute) = digits.split_once(':').unwrap_or((digits, "0"));
            hour.parse::<f64>().unwrap_or(0.0) * 60.0 + minute.parse::<f64>().unwrap_or(0.0)
        }
        Kind::Date => {
            let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
            digits.parse().unwrap_or(0.0)
        }
        Kind::Version => {
            let mut parts = digits.split('.');
            let head = [parts.next(), parts.next()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(".");
            head.parse().unwrap_or(0.0)
        }
        _ => plain(),
    }
}

/// The hedge in the words before a number, or right behind it.
fn hedge(text: &str, raw: &Raw) -> Option<Hedge> {
    let rest = text[raw.range.end..].trim_start();
    let plus = rest.starts_with('+') && !rest[1..].starts_with(char::is_alphanumeric);
    if plus || rest.starts_with("or more") || rest.starts_with("plus") {
        return Some(Hedge::AtLeast);
    }
    if rest.starts_with("or so") {
        return Some(Hedge::About);
    }
    if rest.starts_with("or fewer") || rest.starts_with("or less") {
        return Some(Hedge::UpTo);
    }
    let before = text[..raw.range.start].trim_end_matches(|c: char| c.is_whitespace() || c == '(');
    if before.ends_with(['~', '≈', '±']) {
        return Some(Hedge::About);
    }
    if before.ends_with(['>', '≥']) {
        return Some(if before.ends_with('>') {
            Hedge::MoreThan
        } else {
            Hedge::AtLeast
        });
    }
    if before.ends_with(['<', '≤']) {
        return Some(if before.ends_with('<') {
            Hedge::LessThan
        } else {
            Hedge::UpTo
        });
    }
    let from = before
        .char_indices()
        .rev()
        .take(20)
        .last()
        .map_or(0, |(at, _)| at);
    let lead = before[from..].to_lowercase();
    let lead = lead.trim_end_matches(" the");
    HEDGES
        .iter()
        .find(|(words, _)| ends_with_words(lead, words))
        .map(|(_, hedge)| *hedge)
}

fn ends_with_words(lead: &str, ending: &str) -> bool {
    lead.strip_suffix(ending)
        .is_some_and(|head| !head.ends_with(char::is_alphanumeric))
}

/// Longer phrases first: `no more than` is not `more than`.
const HEDGES: &[(&str, Hedge)] = &[
    ("no more than", Hedge::UpTo),
    ("not more than", Hedge::UpTo),
    ("no fewer than", Hedge::AtLeast),
    ("no less than", Hedge::AtLeast),
    ("as many as", Hedge::UpTo),
    ("as much as", Hedge::UpTo),
    ("more than", Hedge::MoreThan),
    ("greater than", Hedge::MoreThan),
    ("fewer than", Hedge::LessThan),
    ("less than", Hedge::LessThan),
    ("close to", Hedge::Nearly),
    ("at least", Hedge::AtLeast),
    ("at most", Hedge::UpTo),
    ("up to", Hedge::UpTo),
    ("exceeding", Hedge::MoreThan),
    ("over", Hedge::MoreThan),
    ("above", Hedge::MoreThan),
    ("under", Hedge::LessThan),
    ("below", Hedge::LessThan),
    ("nearly", Hedge::Nearly),
    ("almost", Hedge::Nearly),
    ("approximately", Hedge::About),
    ("approx.", Hedge::About),
    ("roughly", Hedge::About),
    ("around", Hedge::About),
    ("about", Hedge::About),
    ("some", Hedge::About),
    ("circa", Hedge::About),
    ("an estimated", Hedge::About),
];
