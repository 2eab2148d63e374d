//! Each quotation stands in the evidence, byte for byte.

use copydesk_text::quotes;

use super::Grounds;
use crate::finding::Finding;

/// Checks every quotation of a sentence.
pub(crate) fn check(text: &str, grounds: &Grounds) -> Vec<Finding> {
    quotes::find(text)
        .iter()
        .map(|quote| check_one(&quote.text, grounds))
        .collect()
}

fn check_one(quote: &str, grounds: &Grounds) -> Finding {
    let short = shortened(quote);
    if grounds.spans.iter().any(|span| stands_in(quote, span)) {
        return Finding::supported(format!("“{short}” stands in the source"));
    }
    if grounds.attribution.iter().any(|name| name.contains(quote.trim())) {
        return Finding::supported(format!("“{short}” is a title of the source"));
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

/// Whether the parts of a quotation between ellipses stand in the span, in order. A comma or full stop before the
/// closing mark may belong to the sentence around it.
fn stands_in(quote: &str, span: &str) -> bool {
    let mut rest = span;
    let parts = quote.split(['…']).flat_map(|part| part.split("..."));
    let mut has_part = false;
    for part in parts {
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        let bare = part.trim_end_matches([',', '.', ';']);
        let found = rest
            .find(part)
            .map(|at| at + part.len())
            .or_else(|| rest.find(bare).map(|at| at + bare.len()));
        let Some(end) = found else { return false };
        rest = &rest[end..];
        has_part = true;
    }
    has_part
}

#[cfg(test)]
mod tests {
    use super::stands_in;

    #[test]
    fn a_quotation_is_compared_byte_for_byte() {
        let span = "We removed the crate, then told its 40 users to upgrade.";
        assert!(stands_in("told its 40 users to upgrade.", span));
        assert!(stands_in("We removed the crate … to upgrade", span));
        assert!(!stands_in("told its 41 users", span));
        assert!(!stands_in("to upgrade … We removed", span));
        assert!(!stands_in("…", span));
    }
}
