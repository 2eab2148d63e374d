//! Shorter forms of a sentence for quotation: ellipses stand where words went, and what went changed nothing.
//!
//! Only whole parts go, at marks that the writer set: an opening that announces or joins, an aside, a second clause, a
//! remark hung on at the end. A part with a denial, a hedge, a condition, a contrast, a comparison or a speaker in it
//! always stays, and then the sentence stays as it is. So does an opening that means what stood before (`In such a
//! scenario`, `In that post`): it is a condition or a subject, and without it the rest says something else.

use std::borrow::Cow;
use std::sync::LazyLock;

use copydesk_text::words;
use regex::Regex;

use super::fit::{self, regex};

/// A quotation of so many words is read at one go; a longer one is shortened where that changes nothing.
const EASY_WORDS: usize = 28;
/// What is left says something.
const KEPT_WORDS_MIN: usize = 7;

/// The sentence as it can be quoted: as it stands, or with ellipses; `None` where neither can be.
pub fn form(sentence: &str) -> Option<Cow<'_, str>> {
    let whole = sentence.len();
    // An announcement is worth less than what it announces, whole or not.
    let announced = announced(sentence);
    let is_fit = fit::is_quotable(sentence) && announced.is_none();
    let day = day_in_front(sentence);
    if is_fit && day.is_none() && words::count(sentence) <= EASY_WORDS {
        return Some(Cow::Borrowed(sentence));
    }
    let heads: Vec<usize> = if is_fit {
        vec![day.unwrap_or(0)]
    } else {
        match announced {
            Some(head) => vec![head],
            None => std::iter::once(0).chain(opening(sentence)).collect(),
        }
    };
    let mut best: Option<(usize, usize)> = None;
    for head in heads {
        for tail in std::iter::once(whole).chain(tail_cuts(sentence)) {
            let is_new = (head, tail) != (0, whole);
            if is_new
                && tail > head
                && stands(&sentence[head..tail])
                && is_better((head, tail), best, sentence)
            {
                best = Some((head, tail));
            }
        }
    }
    match best {
        Some((head, tail)) => Some(Cow::Owned(marked(sentence, head, tail))),
        None => fit::is_quotable(sentence).then_some(Cow::Borrowed(sentence)),
    }
}

/// The form that keeps most within an easy length; where none is so short, the shortest.
fn is_better(new: (usize, usize), best: Option<(usize, usize)>, sentence: &str) -> bool {
    let Some(best) = best else { return true };
    let count = |(head, tail): (usize, usize)| words::count(&sentence[head..tail]);
    let (new, best) = (count(new), count(best));
    match (new <= EASY_WORDS, best <= EASY_WORDS) {
        (true, true) => new > best,
        (is_easy, was_easy) if is_easy != was_easy => is_easy,
        _ => new < best,
    }
}

/// The pieces of a quotation between its ellipses, each bytes of the source.
pub fn pieces(quotation: &str) -> impl Iterator<Item = &str> {
    quotation
        .split('…')
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
}

/// Whether all pieces of a quotation stand in a text, in order.
pub fn stands_in(quotation: &str, text: &str) -> bool {
    let mut rest = text;
    pieces(quotation).all(|piece| {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
        true
    })
}

fn marked(sentence: &str, head: usize, tail: usize) -> String {
    let kept = sentence[head..tail].trim_matches([' ', ',', ';', '—', '–', '-']);
    let before = if head > 0 { "… " } else { "" };
    let after = if tail < sentence.len() { " …" } else { "" };
    format!("{before}{kept}{after}")
}

/// Whether what is left is a sentence of its own.
fn stands(kept: &str) -> bool {
    let bare = kept.trim_matches([' ', ',', ';', '—', '–', '-']);
    let mut letters = bare.chars();
    let Some(first) = letters.next() else { return false };
    let capital: String = first.to_uppercase().chain(letters).collect();
    let whole = format!("{}.", capital.trim_end_matches(['.', '!']));
    let is_personal = words::words(bare).any(|(_, word)| matches!(word, "I" | "me" | "my" | "My"));
    words::count(bare) >= KEPT_WORDS_MIN
        && !is_personal
        && fit::is_quotable(&whole)
        && begins_with_subject(bare)
}

/// Whether the first words can be the subject of a sentence: a name, `we`, or an article with its noun.
fn begins_with_subject(kept: &str) -> bool {
    static SUBJECT: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"^(?:\p{Lu}|we(?:['’](?:re|ve|ll))?\s|(?:the|an?|all|our|two|three|four|five|six|seven|eight|nine|ten|\d[\d.,]*)\s+\p{L}|[a-z]+[\w-]*\s+(?:is|are|was|were|has|have|had|now|will|adds?|gets?|supports?|removes?|ships?)\b)",
        )
    });
    // `Also new is …` without its head.
    SUBJECT.is_match(kept) && !kept.starts_with("new is ") && !kept.starts_with("new are ")
}

/// Words that change what a sentence says; a part that has one is never cut.
fn is_risky(part: &str) -> bool {
    static RISKY: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?xi)n['’]t\b | \b(?:not|no|none|never|neither|nor|without|nobody|nothing|hardly|barely|rarely|cannot
            | if|unless|when|whenever|once|until|provided|assuming|except|only|even|just|whether|where|in\s+case
            | may|might|could|would|should|must|can|will|possibly|perhaps|probably|likely|unlikely|reportedly|allegedly|apparently|supposedly
            | almost|nearly|about|approximately|roughly|around|up\s+to|at\s+least|at\s+most|more\s+than|less\s+than|fewer|than|versus|vs|compared|unlike|against
            | but|however|although|though|while|whereas|despite|instead|rather|yet|still|except|beta|alpha|preview|experimental|draft|proposed|planned
            | says?|said|claims?|claimed|according|believes?|thinks?|estimates?|estimated|expects?|expected|hopes?|plans?|warns?|warned|tests?|internal|some|most|many|partly|partially|limited|selected|certain)\b",
        )
    });
    RISKY.is_match(part)
}

/// The place behind an opening that only announces what follows.
fn announced(sentence: &str) -> Option<usize> {
    // `Today, the team is proud to announce that …`, `I'm happy to share two updates: …`
    static ANNOUNCES: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?xi)^(?:today,?\s+)?(?:we|i|the\s+[\w\s]{2,40}?|\w+\s+team)(?:\s+(?:is|are|am|were|was)|['’](?:re|m))\s+(?:\w+ly\s+|very\s+|so\s+)?(?:happy|pleased|proud|glad|excited|thrilled|delighted)\s+to\s+(?:announce|share|report|say|tell\s+you)(?:\s+that\s+|[^:]{0,60}:\s+)",
        )
    });
    ANNOUNCES.find(sentence).map(|found| found.end())
}

/// The place behind a `Today,` in front, which means the day of the writer and seldom that of the reader.
fn day_in_front(sentence: &str) -> Option<usize> {
    static DAY: LazyLock<Regex> = LazyLock::new(|| regex(r"^Today,?\s+"));
    DAY.find(sentence).map(|found| found.end())
}

/// The place behind an opening that binds the sentence to the one before it.
fn opening(sentence: &str) -> Option<usize> {
    // `In addition, Norn …`; what the subject knew (`Recognizing this, the team …`) limits nothing of what it did.
    static OPENS: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?xi)^(?:recogni[sz]ing\s+(?:all\s+)?(?:this|that|these|those)\b[^,;:]{0,40},\s+
            | (?:additionally|also|finally|furthermore|moreover|in\s+addition|meanwhile|today|lastly|first|second|third|next|notably|importantly|specifically|in\s+particular|as\s+always|in\s+short|of\s+note|in\s+fact|indeed|and),?\s+(?:,\s*)?)",
        )
    });
    let found = OPENS.find(sentence).filter(|found| !is_risky(found.as_str()))?;
    Some(found.end())
}

/// Places before ends that may go, where each ends the sentence.
fn tail_cuts(sentence: &str) -> Vec<usize> {
    static SEAMS: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?xi),\s+(?:which|who|including|such\s+as|making|allowing|enabling|giving|providing|helping|letting|bringing|marking|reflecting|ensuring|improving|powering|along\s+with|together\s+with|as\s+well\s+as)\b
            | ,\s+and\s+(?:we|they|it|the|our|you|i)\s | ,\s+and\s+(?-i:\p{Lu}\p{L}+)(?:\s(?-i:\p{Lu}\p{L}+))?\s+(?:is|was|has|are|have)\s | \s[—–]\s | — | \s\(see\s[^()]*\)\.?$",
        )
    });
    let seams = SEAMS.find_iter(sentence).map(|seam| seam.start());
    seams
        .filter(|at| !is_risky(&sentence[*at..]) && closes(&sentence[..*at]))
        .collect()
}

/// Whether nothing is left open: brackets, quotation marks, and the first of two dashes.
fn closes(head: &str) -> bool {
    let count = |mark: char| head.matches(mark).count();
    count('(') == count(')') && count('"') % 2 == 0 && count('“') == count('”') && !head.contains(['—', '–'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(text: &str) -> Option<String> {
        form(text).map(Cow::into_owned)
    }

    #[test]
    fn an_opening_that_announces_or_points_back_goes() {
        assert_eq!(
            short("Today, the Profiling group is proud to announce that the Profiles signal has entered public testing for all users, and we are ready for feedback.").as_deref(),
            Some("… the Profiles signal has entered public testing for all users …")
        );
        assert_eq!(
            short("Recognizing this, the Norn team established a group that looks after the experience of its users.").as_deref(),
            Some("… the Norn team established a group that looks after the experience of its users.")
        );
        assert_eq!(
            short(
                "I'm happy to share two updates: Ada Berg is joining the group of lead maintainers at Norn."
            )
            .as_deref(),
            Some("… Ada Berg is joining the group of lead maintainers at Norn.")
        );
    }

    #[test]
    fn the_writers_today_goes_from_the_front() {
        for (text, kept) in [
            (
                "Today, Norn releases a planner for all clusters of rows.",
                "… Norn releases a planner for all clusters of rows.",
            ),
            (
                "Today we're officially pushing the release button on Norn 4.2.",
                "… we're officially pushing the release button on Norn 4.2.",
            ),
            ("Today, Norn reads rows twice.", "Today, Norn reads rows twice."),
        ] {
            assert_eq!(short(text).as_deref(), Some(kept));
        }
    }

    #[test]
    fn an_opening_that_means_what_stood_before_stays() {
        for text in [
            "In that talk, we took the planner of Norn for a clerk that files all pages by their dates.",
            "In such a week, the night shift of the mirrors loses two pages of its rows.",
            "With this change, the planner of Norn reads all rows of a zone in one go.",
            "After that, the planner of Norn reads all rows of a zone in one go.",
            "To do so, the operators of Norn restart all nodes of a zone in one go.",
            "So the planner of Norn reads all rows of a zone in one go.",
            "Additionally, in such a scenario, the receiving node suffers from a high overhead.",
        ] {
            assert_eq!(short(text), None, "{text}");
        }
    }

    #[test]
    fn an_end_that_only_adds_goes_from_a_long_sentence() {
        let long = "Norn 4.2 replaces the old scheduler of all its clusters with one queue for each zone and each kind of \
                    work that runs there today, making the whole of it faster for everybody and easier to watch.";
        assert_eq!(
            short(long).as_deref(),
            Some(
                "Norn 4.2 replaces the old scheduler of all its clusters with one queue for each zone and each kind of work that runs there today …"
            )
        );
    }

    #[test]
    fn a_pointer_to_a_link_of_the_page_goes() {
        assert_eq!(
            short("The author of norn-parser has stated that the crate will not receive fixes (see the referenced issue).")
                .as_deref(),
            Some("The author of norn-parser has stated that the crate will not receive fixes …")
        );
    }

    #[test]
    fn what_limits_denies_or_conditions_stays() {
        for tail in [
            ", which it does only on test clusters of the smaller kind that nobody uses in production now.",
            ", and the old one may come back where a cluster has more than forty nodes in a single zone.",
            ", according to the first tests of the team that wrote it over the summer of this long year.",
            ", which nobody has yet seen at work outside the rooms of the company that makes the database.",
        ] {
            let long = format!(
                "Norn 4.2 replaces the old scheduler of all its clusters with one queue for each zone{tail}"
            );
            assert_eq!(short(&long).as_deref(), Some(long.as_str()));
        }
        assert_eq!(
            short("However, the fix for the planner of Norn came two days late for all of them."),
            None
        );
        assert_eq!(
            short("Also new is the planner of Norn, which reads all pages twice as fast as before."),
            None
        );
        assert_eq!(
            short("If this is set, the planner of Norn reads all tables twice before each write of a row."),
            None
        );
    }

    #[test]
    fn pieces_are_bytes_of_the_sentence_in_order() {
        let text = "In addition, Norn 4.2 removes the old planner and all of its settings, making upgrades much simpler.";
        let found = short(text).unwrap();
        assert!(found.starts_with("… Norn 4.2"), "{found}");
        assert!(stands_in(&found, text));
        assert!(!stands_in("settings … Norn 4.2", text));
    }

    #[test]
    fn short_sentences_stay_whole() {
        let text = "Norn lost writes on 3,600 clusters before the rollback, including two in Tromvik.";
        assert!(matches!(form(text), Some(Cow::Borrowed(same)) if same == text));
    }
}
