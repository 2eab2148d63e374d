//! Each quotation stands in the evidence, letter for letter.

use copydesk_text::quotes;

use crate::evidence::Evidence;
use crate::finding::Finding;

/// Checks every quotation of a sentence that quotes a word.
pub(crate) fn check(text: &str, evidence: &Evidence) -> Vec<Finding> {
    quotes::find(text)
        .iter()
        .filter(|quote| quote.text.contains(char::is_alphanumeric))
        .map(|quote| check_one(&quote.text, evidence))
        .collect()
}

fn check_one(quote: &str, evidence: &Evidence) -> Finding {
    let short = shortened(quote);
    let plain = plain(quote);
    let grounds = &evidence.grounds;
    if evidence.plain_spans().iter().any(|span| stands_in(&plain, span)) {
        return Finding::supported(format!("“{short}” stands in the source"));
    }
    if grounds.attribution.iter().any(|name| name.contains(quote.trim())) {
        return Finding::supported(format!("“{short}” is a title of the source"));
    }
    let small = plain.to_lowercase();
    if evidence
        .plain_spans()
        .iter()
        .any(|span| stands_in(&small, &span.to_lowercase()))
    {
        return Finding::unsettled(format!("“{short}” stands in the source with other capitals"));
    }
    Finding::blocked(format!("“{short}” does not stand in the evidence"))
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

/// Whether the parts of a quotation between ellipses stand in the span, in order. A comma or full stop before the
/// closing mark may belong to the sentence around it, and its first letter may be a capital for it.
fn stands_in(quote: &str, span: &str) -> bool {
    let mut rest = span;
    let mut has_part = false;
    for part in quote.split("...") {
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        let bare = part.trim_end_matches([',', '.', ';']);
        let found = place(part, rest).or_else(|| place(bare, rest));
        let Some(end) = found else { return false };
        rest = &rest[end..];
        has_part = true;
    }
    has_part
}

/// Where a part ends in the span, with its first letter large or small.
fn place(part: &str, span: &str) -> Option<usize> {
    if let Some(at) = span.find(part) {
        return Some(at + part.len());
    }
    let first = part.chars().next()?;
    let turned: String = if first.is_uppercase() {
        first.to_lowercase().collect()
    } else {
        first.to_uppercase().collect()
    };
    let other = format!("{turned}{}", &part[first.len_utf8()..]);
    span.find(&other).map(|at| at + other.len())
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
        assert!(!stands("to upgrade … We removed"));
        assert!(!stands("…"));
    }

    #[test]
    fn how_marks_are_set_does_not_count() {
        let span = plain("“Don’t forget to  pin it.”");
        assert!(stands_in(&plain("Don't forget to pin it"), &span));
    }
}
