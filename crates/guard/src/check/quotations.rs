//! Each quotation stands in the evidence, letter for letter.

mod witness;

use copydesk_text::{quotes, words};

use super::CHECKED_MAX;
use crate::evidence::Evidence;
use crate::finding::Finding;

/// Checks every quotation of a sentence that quotes a word.
pub(crate) fn check(text: &str, evidence: &Evidence) -> Vec<Finding> {
    let found = quotes::find(text);
    let quoted = found
        .iter()
        .filter(|quote| quote.text.contains(char::is_alphanumeric));
    let checked = quoted.clone().take(checked_max(evidence));
    let mut findings: Vec<Finding> = checked.map(|quote| check_one(&quote.text, evidence)).collect();
    findings.extend(witness::check(text, &found, evidence));
    findings.extend(super::unchecked(
        "quotations",
        quoted.count(),
        checked_max(evidence),
    ));
    findings
}

/// How many quotations of one sentence are looked for: each costs a walk or two through all words of the evidence.
fn checked_max(evidence: &Evidence) -> usize {
    let bytes = evidence.text.len().max(1);
    (SCANNED_MAX / bytes).clamp(CHECKED_MIN, CHECKED_MAX)
}

/// Bytes of evidence that the quotations of one sentence are looked for in, all of them together.
const SCANNED_MAX: usize = 100 << 20;
const CHECKED_MIN: usize = 10;

fn check_one(quote: &str, evidence: &Evidence) -> Finding {
    let short = shortened(quote);
    let plain = plain(quote);
    let grounds = &evidence.grounds;
    let may_stand = may_stand(quote, evidence);
    if may_stand && evidence.plain_spans().iter().any(|span| stands_in(&plain, span)) {
        return Finding::supported(format!("“{short}” stands in the source"));
    }
    if grounds
        .attribution
        .iter()
        .any(|name| stands_in(&plain, &self::plain(name)))
    {
        return Finding::supported(format!("“{short}” is a title of the source"));
    }
    let small = plain.to_lowercase();
    if may_stand && evidence.small_spans().iter().any(|span| stands_in(&small, span)) {
        return Finding::unsettled(format!("“{short}” stands in the source with other capitals"));
    }
    Finding::blocked(format!("“{short}” does not stand in the evidence"))
}

/// Whether the words of a quotation stand anywhere at all; quick.
fn may_stand(quote: &str, evidence: &Evidence) -> bool {
    // The ending of `O'Brien's` is no word of the index.
    let is_known = |word: &str| word.eq_ignore_ascii_case("s") || evidence.has_word(&word.to_lowercase());
    // A soft hyphen parts a word of the index that is whole in the quotation.
    words::words(quote).all(|(_, word)| is_known(word)) || evidence.text.contains(['\u{ad}', '\u{200b}'])
}

/// The first words of a quotation, for a reason.
fn shortened(quote: &str) -> String {
    const LENGTH: usize = 60;
    if quote.chars().count() <= LENGTH {
        return quote.to_owned();
    }
    let head: String = quote.chars().take(LENGTH).collect();
    let end = head.rfind(' ').unwrap_or(head.len());
    format!("{}…", &head[..end])
}

/// A text with straight quotation marks and single spaces: how it was set, not what it says.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '‘' | '’' | '‚' | '`' => plain.push('\''),
            '“' | '”' | '„' | '«' | '»' => plain.push('"'),
            '\u{ad}' | '\u{200b}' => {}
            '…' => plain.push_str("..."),
            c if c.is_whitespace() => {
                if !plain.ends_with(' ') {
                    plain.push(' ');
                }
            }
            c => plain.push(c),
        }
    }
    plain
}

/// Whether the parts of a quotation between ellipses stand in the span, in order, each from word to word. A comma or full stop before the
/// closing mark may belong to the sentence around it, and its first letter may be a capital for it.
pub(super) fn stands_in(quote: &str, span: &str) -> bool {
    let mut from = 0;
    let mut has_part = false;
    for part in quote.split("...") {
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        let bare = part.trim_end_matches([',', '.', ';']);
        let found = place(part, span, from).or_else(|| (bare != part).then(|| place(bare, span, from))?);
        let Some(end) = found else { return false };
        from = end;
        has_part = true;
    }
    has_part
}

/// Where a part ends in the span, with its first letter large or small.
fn place(part: &str, span: &str, from: usize) -> Option<usize> {
    if let Some(end) = whole(part, span, from) {
        return Some(end);
    }
    let first = part.chars().next()?;
    let turned: String = if first.is_uppercase() {
        first.to_lowercase().collect()
    } else {
        first.to_uppercase().collect()
    };
    if turned.starts_with(first) {
        return None;
    }
    whole(&format!("{turned}{}", &part[first.len_utf8()..]), span, from)
}

/// Where a part ends at its first place that cuts no word and no figure.
fn whole(part: &str, span: &str, from: usize) -> Option<usize> {
    let places = span.get(from..)?.match_indices(part);
    places
        .map(|(at, part)| from + at..from + at + part.len())
        .find(|range| words::is_whole(span, range))
        .map(|range| range.end)
}

#[cfg(test)]
mod tests {
    use super::{plain, stands_in};

    #[test]
    fn a_quotation_is_compared_letter_for_letter() {
        let span = "We removed the crate, then told its 40 users to upgrade.";
        let stands = |quote: &str| stands_in(&plain(quote), &plain(span));
        assert!(stands("told its 40 users to upgrade."));
        assert!(stands("We removed the crate … to upgrade"));
        assert!(stands("Told its 40 users"));
        assert!(!stands("told its 41 users"));
        assert!(!stands("old its 40 users") && !stands("told its 40 user"));
        assert!(!stands("to upgrade … We removed"));
        assert!(!stands("…"));
    }

    #[test]
    fn how_marks_are_set_does_not_count() {
        let span = plain("“Don’t forget to  pin it.”");
        assert!(stands_in(&plain("Don't forget to pin it"), &span));
    }
}
