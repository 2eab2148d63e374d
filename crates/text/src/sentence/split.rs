//! Where sentences begin and end.

use std::ops::Range;

use crate::{quotes, words};

/// Brackets longer than this many bytes may be cut.
const BRACKET_MAX: usize = 400;
/// Quotations longer than this many bytes may be cut.
const QUOTE_MAX: usize = 600;

/// Byte ranges of the sentences of a text, in order, without the space around them.
///
/// A line break always ends a sentence. Abbreviations, initials, versions, addresses, ellipses in mid-sentence,
/// and full stops inside brackets or quotations that go on do not.
pub fn split(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive(['\n', '\r', '\u{2028}', '\u{2029}']) {
        in_line(line, start, &mut found);
        start += line.len();
    }
    found
}

/// Cuts one line, which begins at `offset` of the text.
fn in_line(line: &str, offset: usize, found: &mut Vec<Range<usize>>) {
    let closed = closed_spans(line);
    let mut start = 0;
    let mut skip_to = 0;
    for (at, mark) in line.char_indices() {
        if at < skip_to || !is_terminator(mark) {
            continue;
        }
        let end = end_of_marks(line, at);
        skip_to = end;
        if ends_sentence(line, start, at, end, &closed) {
            push(line, start..end, offset, found);
            start = end;
        }
    }
    push(line, start..line.len(), offset, found);
}

fn push(line: &str, range: Range<usize>, offset: usize, found: &mut Vec<Range<usize>>) {
    let part = &line[range.clone()];
    let begin = range.start + part.len() - part.trim_start().len();
    let end = begin + part.trim().len();
    if begin < end {
        found.push(offset + begin..offset + end);
    }
}

fn is_terminator(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？')
}

fn is_closer(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | '“' | '»' | ')' | ']' | '*' | '_')
}

/// End of a group of terminators with the closing marks behind it.
fn end_of_marks(line: &str, at: usize) -> usize {
    let rest = &line[at..];
    let after = rest.find(|c| !is_terminator(c)).unwrap_or(rest.len());
    let mut end = at + after;
    for c in line[end..].chars() {
        // A mark that a word follows at once opens that word, or is a part of it: `_name`, `'n`.
        let is_of_word = matches!(c, '“' | '_' | '\'' | '’')
            && line[end + c.len_utf8()..].starts_with(words::is_word_char);
        if !is_closer(c) || is_of_word {
            break;
        }
        end += c.len_utf8();
    }
    end
}

/// Whether the marks at `at..end` end the sentence that began at `start`.
fn ends_sentence(line: &str, start: usize, at: usize, end: usize, closed: &[Range<usize>]) -> bool {
    let marks = &line[at..end];
    let wide = marks.starts_with(['。', '！', '？']);
    let rest = &line[end..];
    if rest.trim().is_empty() {
        return true;
    }
    if !wide && !rest.starts_with(char::is_whitespace) {
        return false;
    }
    // Inside a bracket or quotation that is still open behind the marks.
    if closed.iter().any(|span| span.start <= at && end < span.end) {
        return false;
    }
    let next = rest.trim_start();
    let before = line[start..at].trim_start();
    let is_stop = marks.starts_with('.');
    let ellipsis = marks.starts_with('…') || marks.starts_with("..");
    let quoted = marks.ends_with(is_closer);
    let lower = next.chars().next().is_some_and(char::is_lowercase);
    if lower && (quoted || ellipsis || !is_stop) {
        return false;
    }
    if quoted && is_attribution(next) {
        return false;
    }
    !is_stop || ellipsis || quoted || full_stop_ends(before, next, lower)
}

/// Whether a single full stop after `before` ends a sentence, given what comes next.
fn full_stop_ends(before: &str, next: &str, lower: bool) -> bool {
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let word = word.trim_start_matches(['(', '[', '"', '“', '‘', '\'']);
    if word.is_empty() {
        return false;
    }
    // `1. Install it`: the number of a list item.
    if word == before && word.len() <= 3 && word.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let starter = starts_like_a_sentence(next);
    let letters = word.chars().filter(|c| *c != '.').count();
    let initials = word
        .split('.')
        .all(|part| part.chars().count() == 1 && part.starts_with(char::is_alphabetic));
    if initials && letters == 1 {
        // `J. Smith`, but `plan B. The`.
        return !lower && starter && word.starts_with(char::is_uppercase);
    }
    if initials {
        return !lower && starter;
    }
    let lowered = word.to_lowercase();
    if NEVER_LAST.contains(&lowered.as_str()) {
        return false;
    }
    if matches!(
        lowered.as_str(),
        "no" | "nr" | "fig" | "sec" | "art" | "vol" | "p" | "pp" | "ch" | "eq"
    ) {
        return !next.starts_with(|c: char| c.is_ascii_digit()) && !lower;
    }
    if SOMETIMES_LAST.contains(&lowered.as_str()) {
        return !lower && starter;
    }
    // A word in small letters: a name such as npm, but only after a real word.
    !lower || (letters >= 3 && word.chars().all(char::is_alphabetic))
}

/// Abbreviations that something always follows.
const NEVER_LAST: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "st", "gen", "col", "sgt", "capt", "lt", "rep", "sen", "gov", "hon",
    "rev", "messrs", "vs", "e.g", "i.e", "eg", "ie", "cf", "viz", "approx", "ca", "incl", "excl", "resp",
    "figs", "eqs", "z.b", "d.h", "bzw", "mt",
];

/// Abbreviations that may be the last word of a sentence.
const SOMETIMES_LAST: &[&str] = &[
    "inc", "ltd", "co", "corp", "llc", "bros", "etc", "jr", "sr", "al", "ph.d", "u.s", "u.k", "u.n", "a.m",
    "p.m", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "mon", "tue",
    "tues", "wed", "thu", "thur", "thurs", "fri", "min", "max", "avg", "est", "dept", "univ", "assn", "ave",
    "blvd", "rd", "ed", "eds", "vols",
];

/// Whether what comes next reads like the head of a sentence: a common word with a capital.
fn starts_like_a_sentence(next: &str) -> bool {
    let next = next.trim_start_matches(['"', '“', '‘', '\'', '(', '[', '«', '„']);
    let Some((_, word)) = words::words(next).next() else {
        return true;
    };
    word.starts_with(char::is_uppercase) && next.starts_with(word) && words::is_stop(word)
}

/// Whether what follows a quotation says who spoke.
fn is_attribution(next: &str) -> bool {
    words::words(next).take(3).any(|(_, word)| {
        matches!(
            word,
            "said" | "says" | "asked" | "asks" | "wrote" | "writes" | "added" | "adds" | "told" | "replied"
        )
    })
}

/// Brackets and quotations of a line that are closed and short enough to be kept whole.
fn closed_spans(line: &str) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = quotes::find(line)
        .into_iter()
        .map(|quote| quote.range)
        .filter(|range| range.len() <= QUOTE_MAX)
        .map(|range| range.start..range.end + 1)
        .collect();
    let mut open: Vec<(char, usize)> = Vec::new();
    for (at, c) in line.char_indices() {
        match c {
            '(' | '[' => open.push((c, at)),
            ')' | ']' => {
                let wanted = if c == ')' { '(' } else { '[' };
                if let Some(depth) = open.iter().rposition(|(bracket, _)| *bracket == wanted) {
                    let start = open[depth].1;
                    open.truncate(depth);
                    if at - start <= BRACKET_MAX {
                        spans.push(start..at + 1);
                    }
                }
            }
            _ => {}
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        split(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn full_stops_end_sentences() {
        assert_eq!(
            parts(" One is out. Two follows!  Three? "),
            ["One is out.", "Two follows!", "Three?"]
        );
        assert_eq!(
            parts("A line\nAnother one. npm is next"),
            ["A line", "Another one.", "npm is next"]
        );
    }

    #[test]
    fn versions_addresses_and_abbreviations_do_not() {
        for text in [
            "Rust 1.98.0 is out, see https://example.org/a.b?c. for more.",
            "Dr. J. R. Smith of Acme Inc. spoke at 5 p.m. on Monday.",
            "Some tools, e.g. Node.js, vs. others, cost approx. 5 dollars, etc. and more.",
            "The U.S. Army and the U.N. Security Council met on Jan. 5 in St. Louis.",
            "1. Install the tool.",
            "It was ... well, fine.",
        ] {
            assert_eq!(parts(text), [text], "{text}");
        }
    }

    #[test]
    fn an_abbreviation_can_be_last() {
        assert_eq!(
            parts("They met at 5 p.m. The talk was long."),
            ["They met at 5 p.m.", "The talk was long."]
        );
        assert_eq!(
            parts("It runs on Node.js. Users like it."),
            ["It runs on Node.js.", "Users like it."]
        );
    }

    #[test]
    fn quotes_and_brackets_stay_whole() {
        for text in [
            "He said “It works. We ship.” to the press.",
            "The fix (see below. It is long.) landed today.",
            "\"Does it work?\" she asked.",
            "\"It works.\" Smith said.",
        ] {
            assert_eq!(parts(text), [text], "{text}");
        }
        assert_eq!(
            parts("“It works.” The team left. (It was late.) All slept."),
            ["“It works.”", "The team left.", "(It was late.)", "All slept."]
        );
    }

    #[test]
    fn a_mark_that_opens_a_word_stays_with_it() {
        assert_eq!(parts("日本。__a b"), ["日本。", "__a b"]);
        assert_eq!(parts("日本。_ B"), ["日本。_", "B"]);
    }

    #[test]
    fn an_ellipsis_ends_before_a_capital() {
        assert_eq!(parts("Wait… The end."), ["Wait…", "The end."]);
    }
}
