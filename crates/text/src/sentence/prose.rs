//! Whether a sentence is one.

use super::verbs::has_verb;
use crate::{quotes, words};

/// Fewer words make a heading or a caption.
const WORDS_MIN: usize = 4;
/// More words make a list or a table that lost its lines.
const WORDS_MAX: usize = 80;

/// Whether a text is one whole sentence of prose.
///
/// It has a verb, ends as sentences end, begins with a capital, a digit, a quotation or a name in small letters,
/// its marks are balanced, and it is no code, heading or list of links.
pub fn is_prose(sentence: &str) -> bool {
    let sentence = sentence.trim();
    let count = words::count(sentence);
    (WORDS_MIN..=WORDS_MAX).contains(&count)
        && begins_well(sentence)
        && ends_well(sentence)
        && !looks_like_code(sentence)
        && !looks_like_links(sentence)
        && brackets_balance(sentence)
        && quotes::are_balanced(sentence)
        && has_verb(sentence)
        && !is_headless(sentence)
}

/// Whether a thing is named and described, and nothing is said of it: `The old page, which came first, and was kept.`
fn is_headless(sentence: &str) -> bool {
    const NAMED_MAX: usize = 6;
    let Some((named, clause)) = sentence
        .split_once(", which ")
        .or_else(|| sentence.split_once(", who "))
    else {
        return false;
    };
    let found: Vec<&str> = words::words(named).map(|(_, word)| word).collect();
    // A form that may be a verb which nobody listed: `The planner outpaces Corrie, which …`.
    let may_act =
        |word: &&str| word.starts_with(char::is_lowercase) && (word.ends_with('s') || word.ends_with("ed"));
    let is_bare = found.len() <= NAMED_MAX && !found.iter().skip(1).any(may_act) && !has_verb(named);
    // The clause ends at a comma, and behind it stands the verb; `and` only goes on with the clause.
    let closes = clause
        .split(", ")
        .skip(1)
        .any(|part| !part.starts_with("and ") && !part.starts_with("or ") && !part.starts_with("which "));
    is_bare && !closes
}

fn begins_well(sentence: &str) -> bool {
    let Some(first) = sentence.chars().next() else {
        return false;
    };
    if first.is_uppercase() || first.is_ascii_digit() || "\"“‘„«('$€£`@".contains(first) {
        return true;
    }
    // `apiVersion: "serving/v1"`
    if sentence
        .split_whitespace()
        .next()
        .is_some_and(|head| head.ends_with(':'))
    {
        return false;
    }
    // Caseless scripts, and names such as npm, arrayref or crate_name: no common word begins so.
    let word = words::words(sentence).next().map_or("", |(_, word)| word);
    first.is_alphabetic() && (!first.is_lowercase() || (word.len() > 1 && !words::is_stop(word)))
}

fn ends_well(sentence: &str) -> bool {
    let bare = sentence.trim_end_matches(['"', '\'', '”', '’', '“', '»', ')', ']']);
    let last = if bare.len() < sentence.len() && bare.ends_with(char::is_alphanumeric) {
        // `… called it "a mess"` ends without a stop: whole only where the quotation closes the line.
        return sentence.ends_with(['"', '”', '»']);
    } else {
        bare.chars().next_back()
    };
    matches!(last, Some('.' | '!' | '?' | '。' | '！' | '？')) && !bare.ends_with("..")
}

fn looks_like_code(sentence: &str) -> bool {
    let marks = sentence
        .chars()
        .filter(|c| "{}<>=;|\\#$&^~_".contains(*c))
        .count();
    let letters = sentence.chars().filter(|c| c.is_alphabetic()).count();
    let all = sentence.chars().count().max(1);
    let tokens = [
        "()", "::", "=>", "->", "==", "&&", "||", "</", "/>", "$(", "${", "--", "//",
    ];
    let hits = tokens
        .iter()
        .filter(|token| sentence.replace("://", "").contains(**token))
        .count();
    letters * 10 < all * 6 || marks * 20 > all || hits >= 2 || sentence.contains(['{', '}'])
}

fn looks_like_links(sentence: &str) -> bool {
    let addresses = sentence.matches("://").count() + sentence.matches("www.").count();
    let bars = sentence
        .chars()
        .filter(|c| matches!(c, '|' | '•' | '·' | '›' | '→'))
        .count();
    // One bar alone parts two cells of a table.
    addresses >= 2 || bars >= 2 || sentence.contains(" | ") || (addresses == 1 && words::count(sentence) < 12)
}

fn brackets_balance(sentence: &str) -> bool {
    let mut depth = [0_i32; 2];
    for c in sentence.chars() {
        match c {
            '(' => depth[0] += 1,
            ')' => depth[0] -= 1,
            '[' => depth[1] += 1,
            ']' => depth[1] -= 1,
            _ => {}
        }
        if depth.iter().any(|d| *d < 0) {
            return false;
        }
    }
    depth == [0, 0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_sentences_are_prose() {
        for text in [
            "Rust 1.98.0 stabilises the new trait solver.",
            "We recommend that you check your local dependencies.",
            "npm removed 12 packages on Monday (after a report).",
            "“It works,” said the maintainer, “and it is fast.”",
            "The h2 crate, used by hyper, had a flaw.",
            "The h2 crate, which hyper uses, had a flaw.",
            "We removed the crate, which had eleven versions.",
            "The planner outpaces Corrie, which reads each row twice.",
        ] {
            assert!(is_prose(text), "{text}");
        }
    }

    #[test]
    fn headings_code_links_and_fragments_are_not() {
        for text in [
            "What you need to do",
            "Release notes for version 2.",
            "let x = foo(bar); return x;",
            "find ~/.cargo -type f -name 'a-0.1.crate' -o --print.",
            "See https://a.example and https://b.example for what changed.",
            "Home | Blog | About | Contact us for more.",
            "and then it was removed from the index.",
            "He said \"it works and left.",
            "The fix was shipped with the following change:",
            "Steady upgrades | Upgrading the controller won't break a valid configuration.",
            "NsReader, which resolves names by reading a tag and so reaches the same check internally.",
            "The HTML form, which came before the standard, and was standardized with PEP 503.",
        ] {
            assert!(!is_prose(text), "{text}");
        }
    }
}
