//! A limit that the sentence sets and the evidence does not: only, except, instead of.

use copydesk_text::words;

use super::without_quotations;
use crate::evidence::Evidence;
use crate::finding::Finding;
use crate::standing;
use crate::tokens::Analysis;

/// Words that set one limit, and the words of a source that set it too.
struct Limit {
    words: &'static [&'static str],
    same: &'static [&'static str],
}

const LIMITS: &[Limit] = &[
    Limit {
        words: &["only", "solely", "merely", "exclusively"],
        same: &[
            "only",
            "solely",
            "merely",
            "exclusively",
            "exclusive",
            "sole",
            "purely",
            "alone",
        ],
    },
    Limit {
        words: &["except", "excluding"],
        same: &[
            "except",
            "excluding",
            "excluded",
            "exclude",
            "excludes",
            "apart",
            "but",
            "aside",
            "other",
            "without",
        ],
    },
    Limit {
        words: &["instead", "rather"],
        same: &[
            "instead", "rather", "not", "no", "t", "but", "replace", "replaced", "replaces", "without",
            "than",
        ],
    },
];

/// `just` means only or means little: it counts where the source speaks of the same.
const WEAK: &str = "just";

/// Checks the limits outside quotation marks, each word once.
pub(crate) fn check(text: &str, own: &Analysis, evidence: &Evidence) -> Vec<Finding> {
    let outside = without_quotations(text);
    let lowers: Vec<String> = words::words(&outside)
        .map(|(_, word)| word.to_lowercase())
        .collect();
    let mut set: Vec<&str> = Vec::new();
    for (at, word) in lowers.iter().enumerate() {
        let next = lowers.get(at + 1).map_or("", String::as_str);
        if !set.contains(&word.as_str()) && limit_of(word).is_some() && is_limit(word, next, at) {
            set.push(word);
        }
    }
    set.into_iter()
        .filter(|word| !is_said(word, own, evidence))
        .map(|word| Finding::blocked(format!("it says “{word}”, the evidence sets no such limit")))
        .collect()
}

fn limit_of(word: &str) -> Option<&'static Limit> {
    LIMITS.iter().find(|limit| limit.words.contains(&word))
}

/// Whether the evidence sets the limit too: in one of its words, or weakly where it speaks of the same.
fn is_said(word: &str, own: &Analysis, evidence: &Evidence) -> bool {
    let Some(limit) = limit_of(word) else { return true };
    if limit.same.iter().any(|same| evidence.has_word(same)) {
        return true;
    }
    limit.words.contains(&"only")
        && standing::likely(own, evidence.index())
            .into_iter()
            .any(|sentence| {
                evidence.index().sentences[sentence]
                    .clone()
                    .any(|place| evidence.lower(place) == WEAK)
            })
}

/// Whether a word limits what it stands with: not `only 40`, which is a remark on a figure, nor `not only`.
fn is_limit(word: &str, next: &str, at: usize) -> bool {
    match word {
        "instead" => next == "of",
        "rather" => next == "than",
        _ => at > 0 && !next.starts_with(|c: char| c.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::evidence::Evidence;

    fn faults(document: &str, text: &str) -> usize {
        let evidence = Evidence::of(document);
        check(text, &evidence.index().read(text), &evidence).len()
    }

    #[test]
    fn a_limit_needs_one_in_the_evidence() {
        let document = "The fix is offered to all users of the cache.";
        assert_eq!(
            faults(document, "The fix is offered only to users of the cache."),
            1
        );
        assert_eq!(
            faults(document, "The fix is offered to all users except of the cache."),
            1
        );
        assert_eq!(
            faults(
                "Just users of the cache get the fix.",
                "The fix is only for users of the cache."
            ),
            0
        );
        assert_eq!(faults("The sole users get it.", "It is only for users."), 0);
        assert_eq!(faults(document, "It was offered to only 40 users."), 0);
    }
}
