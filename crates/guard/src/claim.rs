//! Which sentences are treated as claims, whatever the model called them.

use copydesk_domain::artifact::{Sentence, SentenceKind};
use copydesk_text::{names, numbers, quotes};

/// Whether code treats a sentence as a claim: it is one, or it is voice or a question with a number, a date, a name, a
/// quotation or a link in it.
pub fn is_claim(sentence: &Sentence) -> bool {
    sentence.kind == SentenceKind::Claim || carries_fact(sentence.text.inspect())
}

fn carries_fact(text: &str) -> bool {
    let has_link = ["http://", "https://", "www.", "](", "mailto:"]
        .iter()
        .any(|mark| text.contains(mark));
    let has_figure = text.chars().any(|c| c.is_ascii_digit()) || !numbers::find(text).iter().all(is_idiom);
    has_link
        || has_figure
        || !numbers::dates(text).is_empty()
        || !quotes::find(text).is_empty()
        || !names::find(text).is_empty()
}

/// "One" as a word is mostly a pronoun or an article.
fn is_idiom(number: &numbers::Number) -> bool {
    number.digits.eq_ignore_ascii_case("one") || number.digits.eq_ignore_ascii_case("first")
}

#[cfg(test)]
mod tests {
    use copydesk_domain::artifact::{Sentence, SentenceKind};
    use copydesk_domain::{SentenceId, Untrusted};

    use super::is_claim;

    fn voice(text: &str) -> Sentence {
        Sentence {
            id: SentenceId::new("p1"),
            text: Untrusted::new(text.to_owned()),
            kind: SentenceKind::Voice,
            evidence: Vec::new(),
        }
    }

    #[test]
    fn voice_with_a_fact_in_it_is_a_claim() {
        assert!(is_claim(&voice("I would not trust 40 percent of it.")));
        assert!(is_claim(&voice("They said “never again” and meant it.")));
        assert!(is_claim(&voice("See https://evil.example/ for more.")));
        assert!(!is_claim(&voice("What would you want followed up tomorrow?")));
    }
}
