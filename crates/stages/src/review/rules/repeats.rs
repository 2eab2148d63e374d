//! What was said before: in this issue, or in one before it.

use copydesk_domain::artifact::{Sentence, SentenceKind, Suggestion, SuggestionKind};
use copydesk_text::{quotes, similarity, words};

use super::super::past::{Past, is_coverage};
use super::{Line, about, shown};

/// Share of common stems from which two sentences say the same.
const ALIKE_MIN: f64 = 0.7;
/// With fewer words two sentences are alike by chance.
const WORDS_MIN: usize = 5;

/// Sentences that an earlier one of this issue says already.
pub(super) fn within(lines: &[Line<'_>]) -> Vec<Suggestion> {
    let mut found = Vec::new();
    for (at, line) in lines
        .iter()
        .enumerate()
        .filter(|(_, line)| can_repeat(line.sentence))
    {
        let twin = lines[..at]
            .iter()
            .filter(|other| can_repeat(other.sentence))
            .find(|other| say_the_same(other.text(), line.text()));
        if let Some(twin) = twin {
            let reason = format!(
                "{} says nearly the same: “{}”",
                twin.sentence.id,
                shown(twin.text())
            );
            found.push(about(line, SuggestionKind::Repeated, reason));
        }
    }
    found
}

/// Sentences that an issue of the past says already; the newest is named.
pub(super) fn before(lines: &[Line<'_>], past: &[Past]) -> Vec<Suggestion> {
    let mut found = Vec::new();
    for line in lines.iter().filter(|line| can_repeat(line.sentence)) {
        let told = past.iter().find_map(|issue| {
            let mut sentences = issue
                .draft
                .sentences
                .iter()
                .filter(|sentence| can_repeat(sentence));
            let twin = sentences.find(|sentence| say_the_same(sentence.text.inspect(), line.text()))?;
            Some((issue, twin))
        });
        if let Some((issue, twin)) = told {
            let text = shown(twin.text.inspect());
            let reason = format!("the issue {} said nearly the same: “{text}”", issue.slug);
            found.push(about(line, SuggestionKind::Repeated, reason));
        }
    }
    found
}

/// Only facts can be told twice; who was read is said of each beat in the same words.
fn can_repeat(sentence: &Sentence) -> bool {
    sentence.kind == SentenceKind::Claim
        && !is_coverage(sentence)
        && words::count(sentence.text.inspect()) >= WORDS_MIN
}

/// Whether two sentences say nearly the same: by what they quote where both quote, else by all their words.
fn say_the_same(a: &str, b: &str) -> bool {
    let quoted = |text: &str| {
        let all: Vec<String> = quotes::find(text).into_iter().map(|quote| quote.text).collect();
        all.join(" ")
    };
    let (inner_a, inner_b) = (quoted(a), quoted(b));
    let (a, b) = if inner_a.is_empty() || inner_b.is_empty() {
        (a, b)
    } else {
        (inner_a.as_str(), inner_b.as_str())
    };
    words::count(a) >= WORDS_MIN
        && words::count(b) >= WORDS_MIN
        && (similarity::jaccard(a, b) >= ALIKE_MIN || similarity::near_duplicate(a, b))
}

#[cfg(test)]
mod tests {
    use super::say_the_same;

    #[test]
    fn words_of_attribution_make_no_two_sentences_alike() {
        assert!(say_the_same(
            "The Norn Blog reports: “The update reached 4,200 clusters on Monday.”",
            "From Gazette: “On Monday, the update reached 4,200 clusters.”"
        ));
        assert!(!say_the_same(
            "The Norn Blog reports: “The planner is out.”",
            "The Norn Blog reports: “Nobody was harmed.”"
        ));
        assert!(!say_the_same(
            "We identified that arone contained malicious code.",
            "Lattice hired Ada Berg to lead all of its storage teams."
        ));
    }
}
