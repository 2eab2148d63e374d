//! Numbers in digits.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::taken::Taken;
use super::unit;
use super::{Kind, Raw};

/// What holds digits but no number: addresses, hashes, ids of advisories, IPs. The name of a mail address has at most 64
/// letters; without a bound a run of such letters would be read anew for each find in it.
static NO_NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?x) \b[a-z]+://\S+ | \bwww\.\S+ | \b[A-Z][A-Z]+-\d[\d-]*(?:-\w+)* | \b(?:GHSA|CVE|RUSTSEC)-[\w-]+
        | \b[0-9a-f]{12,}\b | \b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b | \b0x[0-9a-fA-F]+\b
        | \b[A-Za-z0-9_.-]{1,64}@[\w-]+\.[a-z]{2,}\b | (?:^|\s)[~.]?/[\w./-]+",
    )
});

static VERSION: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\bv\d+(?:\.\d+)*(?:-(?:alpha|beta|rc|pre)[\w.]*)?\b|\b\d+\.\d+(?:\.\d+)+(?:-[0-9A-Za-z][\w.]*)?\b|\b\d+\.\d+(?:\.\d+)*-(?:alpha|beta|rc)[\w.]*\b",
    )
});

/// Decimals behind a capitalised name or the word version: `Go 1.27`.
static NAMED_VERSION: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?:\b[A-Z][\w.+-]*|\b[Vv]ersions?|\breleases?)\s(?P<version>\d+\.\d+)\b"));

static TIME: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?::[0-5]\d(?:\.\d+)?)?(?:\s?(?P<half>[ap])\.?m\b\.?)?|\b(?P<h2>1[0-2]|[1-9])\s?(?P<half2>[ap])\.?m\b\.?",
    )
});

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?x) (?P<sign>US\$|\b(?:USD|EUR|GBP|JPY|INR|CHF)\s|[$€£¥₹])?\s?
        (?P<minus>[−-])?
        (?P<core> \d{1,3}(?:[,'’_\u{a0}\u{202f}\u{2009}]\d{3})+(?:\.\d+)? | \d{1,3}(?:\.\d{3}){2,} | \d+(?:\.\d+)? | \.\d+ )
        (?P<glued>[\p{L}%°×]+)?
        (?:[\s-](?P<scale>(?i:thousand|million|billion|trillion|mln|mio|bln|bn)|[Mm]n|[Tt]n)\b)?",
    )
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant that the tests compile")
}

/// Adds the numbers in digits that stand outside those already found.
pub(super) fn scan(text: &str, raws: &mut Vec<Raw>) {
    let known = raws.iter().map(|raw| raw.range.clone());
    let mut taken = Taken::of(
        text,
        known.chain(NO_NUMBER.find_iter(text).map(|found| found.range())),
    );
    for raw in versions(text).into_iter().chain(times(text)) {
        if taken.is_free(&raw.range) {
            taken.mark(raw.range.clone());
            raws.push(raw);
        }
    }
    for captures in NUMBER.captures_iter(text) {
        if let Some(raw) = plain(text, &captures)
            && taken.is_free(&raw.range)
        {
            raws.push(raw);
        }
    }
}

fn versions(text: &str) -> Vec<Raw> {
    let whole = VERSION.find_iter(text).map(|found| found.range());
    let named = NAMED_VERSION.captures_iter(text).filter_map(|captures| {
        let version = captures.name("version")?.range();
        let lead = text[..version.start].trim_end();
        let word = lead.rsplit(char::is_whitespace).next().unwrap_or_default();
        let rest = text[version.end..].trim_start();
        let measured = rest.starts_with(['%', '°'])
            || crate::words::words(rest).next().is_some_and(|(range, next)| {
                range.start == 0
                    && (unit::named(next).is_some() || word_scale(&next.to_lowercase()).is_some())
            });
        (!measured && !is_common(word)).then_some(version)
    });
    whole
        .chain(named)
        .filter(|range| !text[..range.start].ends_with(|c: char| c.is_alphanumeric() || "$€£_".contains(c)))
        // Thousands with points between them.
        .filter(|range| !is_grouped(&text[range.clone()]))
        .map(|range| Raw {
            digits: text[range.clone()].trim_start_matches('v').to_owned(),
            range,
            kind: Kind::Version,
            unit: None,
            scale: 0,
        })
        .collect()
}

/// Whether a word that may stand before a version names nothing.
fn is_common(word: &str) -> bool {
    crate::words::is_stop(word) && !matches!(word, "Go" | "version")
}

/// Whether the digits at `range` are a decimal such as `7.0` without the name of a program before it.
pub(super) fn is_unnamed_decimal(text: &str, range: Range<usize>) -> bool {
    let written = &text[range.clone()];
    let is_decimal =
        written.matches('.').count() == 1 && written.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let Some(lead) = text[..range.start].strip_suffix(char::is_whitespace) else {
        return is_decimal;
    };
    let word = lead.rsplit(char::is_whitespace).next().unwrap_or_default();
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let is_whole = word.ends_with(|c: char| c.is_alphanumeric() || "_+-".contains(c));
    let names = word.starts_with(char::is_uppercase)
        || matches!(
            word,
            "version" | "versions" | "Version" | "Versions" | "release" | "releases"
        );
    is_decimal && !(is_whole && names && !is_common(word))
}

/// Whether points part thousands, as in 1.000.000.
fn is_grouped(number: &str) -> bool {
    let mut parts = number.split('.');
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    rest.len() >= 2
        && first != "0"
        && rest
            .iter()
            .all(|part| part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit()))
}

fn times(text: &str) -> Vec<Raw> {
    TIME.captures_iter(text)
        .filter_map(|captures| {
            let part = |a, b| captures.name(a).or_else(|| captures.name(b)).map(|m| m.as_str());
            let mut hour: u32 = part("h", "h2")?.parse().ok()?;
            let minute = captures.name("m").map_or("00", |m| m.as_str());
            match part("half", "half2") {
                Some("p") if hour < 12 => hour += 12,
                Some("a") if hour == 12 => hour = 0,
                _ => {}
            }
            let range = captures.get(0)?.range();
            Some(Raw {
                digits: format!("{hour:02}:{minute}"),
                range,
                kind: Kind::Time,
                unit: None,
                scale: 0,
            })
        })
        .collect()
}

/// Reads one match of [`NUMBER`]; `None` where the digits belong to an identifier.
fn plain(text: &str, captures: &regex::Captures<'_>) -> Option<Raw> {
    let core = captures.name("core")?;
    let sign = captures.name("sign");
    let before = text[..core.start()].chars().next_back();
    let minus = captures
        .name("minus")
        .filter(|minus| is_minus(text, minus.start()));
    if sign.is_none() && minus.is_none() && joins_word(text, core.start(), before) {
        return None;
    }
    let mut end = core.end();
    let mut kind = Kind::Cardinal;
    let mut named = sign.and_then(|sign| unit::currency(sign.as_str().trim()));
    let mut scale = 0;
    if let Some(glued) = captures.name("glued") {
        let after = text[glued.end()..].chars().next();
        if after.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            return None;
        }
        match glued.as_str() {
            "st" | "nd" | "rd" | "th" => kind = Kind::Ordinal,
            "s" if is_decade(text, core.range(), glued.end()) => kind = Kind::Year,
            letters => match letter_scale(letters) {
                Some(power) => scale = power,
                None => named = Some(unit::named(letters)?),
            },
        }
        end = glued.end();
    }
    if let Some(word) = captures.name("scale").filter(|_| scale == 0) {
        scale = word_scale(&word.as_str().to_lowercase())?;
        end = word.end();
    }
    let mut digits = cleaned(core.as_str());
    if minus.is_some() {
        digits.insert(0, '-');
    }
    let start = sign.or(minus).map_or(core.start(), |lead| lead.start());
    Some(Raw {
        range: start..end,
        digits: shifted(&digits, scale),
        kind,
        unit: named,
        scale,
    })
}

/// Whether a hyphen is a minus: at the head or behind space or a bracket.
fn is_minus(text: &str, at: usize) -> bool {
    text[..at]
        .chars()
        .next_back()
        .is_none_or(|c| c.is_whitespace() || c == '(')
}

/// Whether digits at `at` go on a word or identifier: `h2`, `GPT-4`, `proc_macro.1`.
fn joins_word(text: &str, at: usize, before: Option<char>) -> bool {
    let Some(before) = before else { return false };
    if before.is_alphanumeric() || before == '_' {
        return true;
    }
    if !matches!(before, '-' | '.' | '/' | ':' | '+') {
        return false;
    }
    let lead = &text[..at - before.len_utf8()];
    let word = lead
        .rsplit(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
        .unwrap_or_default();
    let loose = [
        "pre", "mid", "post", "sub", "over", "late", "early", "top", "Pre", "Mid", "Post", "Top",
    ];
    !word.is_empty()
        && !word.chars().all(|c| c.is_ascii_digit())
        && !loose.contains(&word)
        && !is_measured(word)
}

/// `10ms-20ms`: digits with a unit glued to them.
fn is_measured(word: &str) -> bool {
    let letters = word.trim_start_matches(|c: char| c.is_ascii_digit());
    letters.len() < word.len() && (unit::named(letters).is_some() || letter_scale(letters).is_some())
}

/// Whether the `s` behind a number makes it a decade rather than seconds: `the 1990s`, `the late 90s`, but not `after 30s`,
/// `the 30s timeout` and `the 60s rule`.
fn is_decade(text: &str, core: Range<usize>, end: usize) -> bool {
    let digits = &text[core.clone()];
    if !digits.ends_with('0') || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let before = text[..core.start].trim_end_matches(['\'', '’', '‘']);
    let lead = before.strip_suffix([' ', '-', '\u{a0}']).unwrap_or_default();
    let word = lead
        .rsplit(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    let next = text[end..].strip_prefix([' ', '-']).unwrap_or_default();
    let next = next
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    let (word, next) = (word.to_lowercase(), next.to_lowercase());
    // `the ’90s`.
    let is_cut = before.len() < core.start;
    match digits.len() {
        4 => true,
        2 if SPANS.contains(&next.as_str()) => false,
        2 if matches!(word.as_str(), "early" | "mid" | "late") => true,
        2 if !DECADE_LEADS.contains(&word.as_str()) => false,
        // What lasts seconds has a name (`the 60s rule`) or is told of by a pronoun (`the 20s it took`).
        2 => {
            let is_alone =
                next.is_empty() || crate::words::is_stop(&next) && !TELLERS.contains(&next.as_str());
            is_cut || digits >= "20" && is_alone
        }
        _ => false,
    }
}

/// Words before a decade of two digits.
const DECADE_LEADS: &[&str] = &["the", "his", "her", "their", "my", "our", "your", "its"];

/// Words that go on to tell of a span of time.
const TELLERS: &[&str] = &[
    "it", "i", "we", "you", "he", "she", "they", "that", "which", "this", "these", "those",
];

/// What lasts seconds.
const SPANS: &[&str] = &[
    "timeout", "timeouts", "limit", "delay", "pause", "wait", "interval", "window", "deadline", "default",
    "mark", "ttl", "clip", "cap", "grace",
];

/// Power of ten of letters or a scale word glued to a number. A single letter is a scale in the case that people use.
fn letter_scale(letters: &str) -> Option<u32> {
    match letters {
        "k" | "K" => Some(3),
        "m" | "M" => Some(6),
        "b" | "B" => Some(9),
        "T" => Some(12),
        _ => word_scale(&letters.to_lowercase()),
    }
}

/// Power of ten of a scale word in small letters.
pub(super) fn word_scale(word: &str) -> Option<u32> {
    match word {
        "hundred" => Some(2),
        "thousand" => Some(3),
        "million" | "mn" | "mln" | "mio" => Some(6),
        "billion" | "bn" | "bln" => Some(9),
        "trillion" | "tn" => Some(12),
        _ => None,
    }
}

/// Digits without separators: commas, spaces, and points where they part thousands.
fn cleaned(core: &str) -> String {
    let grouped = is_grouped(core);
    core.chars()
        .filter(|c| c.is_ascii_digit() || (*c == '.' && !grouped))
        .collect()
}

/// A decimal number times a power of ten, exactly; without zeros that say nothing.
pub(super) fn shifted(digits: &str, power: u32) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let power = power as usize;
    let mut fraction = fraction.to_owned();
    while fraction.len() < power {
        fraction.push('0');
    }
    let (moved, rest) = fraction.split_at(power);
    let whole = format!("{whole}{moved}");
    let whole = whole.trim_start_matches('0');
    let rest = rest.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if rest.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{rest}")
    }
}
