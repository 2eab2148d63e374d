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

/// A line, with what is asked of it at each of its marks: looked for once, so that a line costs its length.
struct Line<'a> {
    text: &'a str,
    /// Where the space at its end begins.
    end: usize,
    /// Where the last character of its last word stands, if it has one.
    last_word: Option<usize>,
    /// What is kept whole, by where it begins.
    closed: Vec<Range<usize>>,
}

/// Cuts one line, which begins at `offset` of the text.
fn in_line(text: &str, offset: usize, found: &mut Vec<Range<usize>>) {
    let line = Line {
        text,
        end: text.trim_end().len(),
        last_word: text.rfind(words::is_word_char),
        closed: closed_spans(text),
    };
    let mut start = space_end(text, 0);
    let mut skip_to = 0;
    let mut closed = line.closed.iter().peekable();
    // How far anything reaches that is kept whole and has begun.
    let mut whole_to = 0;
    for (at, mark) in text.char_indices() {
        if at < skip_to || !is_terminator(mark) {
            continue;
        }
        let end = end_of_marks(text, at);
        skip_to = end;
        while let Some(span) = closed.next_if(|span| span.start <= at) {
            whole_to = whole_to.max(span.end);
        }
        // Inside a bracket or quotation that is still open behind the marks nothing ends but the line.
        if (end >= line.end || end >= whole_to) && line.ends_sentence(start, at, end) {
            push(text, start..end, offset, found);
            start = space_end(text, end);
        }
    }
    push(text, start..text.len(), offset, found);
}

/// Where the space that begins at a byte has its end.
fn space_end(line: &str, at: usize) -> usize {
    line.len() - line[at..].trim_start().len()
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

impl Line<'_> {
    /// Whether the marks at `at..end` end the sentence whose first word begins at `start`.
    fn ends_sentence(&self, start: usize, at: usize, end: usize) -> bool {
        let marks = &self.text[at..end];
        let wide = marks.starts_with(['。', '！', '？']);
        let rest = &self.text[end..];
        if end >= self.end {
            return true;
        }
        if !wide && !rest.starts_with(char::is_whitespace) {
            return false;
        }
        let next = rest.trim_start();
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
        !is_stop || ellipsis || quoted || full_stop_ends(&self.text[start..at], next, || self.starts(next))
    }

    /// Whether what comes next, which is an end of the line, reads like the head of a sentence: a common word with a
    /// capital, or no word at all.
    fn starts(&self, next: &str) -> bool {
        let next = next.trim_start_matches(['"', '“', '‘', '\'', '(', '[', '«', '„']);
        let from = self.text.len() - next.len();
        if self.last_word.is_none_or(|last| last < from) {
            return true;
        }
        let word = next
            .find(|c| !words::is_word_char(c))
            .map_or(next, |end| &next[..end]);
        word.starts_with(char::is_uppercase) && words::is_stop(word)
    }
}

/// Whether a single full stop after `before` ends a sentence, given what comes next.
fn full_stop_ends(before: &str, next: &str, starts: impl Fn() -> bool) -> bool {
    let lower = next.starts_with(char::is_lowercase);
    let mut last = before.rsplit(char::is_whitespace);
    let word = last.next().unwrap_or_default();
    let word = word.trim_start_matches(['(', '[', '"', '“', '‘', '\'']);
    if word.is_empty() {
        return false;
    }
    // `1. Install it`: the number of a list item.
    if word == before && word.len() <= 3 && word.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let letters = word.chars().filter(|c| *c != '.').count();
    let initials = word
        .split('.')
        .all(|part| part.chars().count() == 1 && part.starts_with(char::is_alphabetic));
    if initials && letters == 1 {
        // `J. Smith`, but `plan B. The`.
        return !lower && starts() && word.starts_with(char::is_uppercase);
    }
    if initials {
        return !lower && starts();
    }
    let lowered = word.to_lowercase();
    if NEVER_LAST.contains(&lowered.as_str()) {
        return false;
    }
    let mut is_counted = || {
        last.next()
            .is_some_and(|before| before.ends_with(|c: char| c.is_ascii_digit()))
    };
    if TITLES.contains(&lowered.as_str()) {
        // `ms. Ada`, but `It took 5 ms. Ada`.
        return word == "ms" && !lower && is_counted();
    }
    if matches!(
        lowered.as_str(),
        "no" | "nr" | "fig" | "sec" | "art" | "vol" | "p" | "pp" | "ch" | "eq"
    ) {
        return !next.starts_with(|c: char| c.is_ascii_digit()) && !lower;
    }
    if SOMETIMES_LAST.contains(&lowered.as_str()) {
        // `5 min. Ada`: minutes, and no minimum.
        return !lower && (starts() || lowered == "min" && is_counted());
    }
    // A word in small letters: a name such as npm, but only after a real word.
    !lower || (letters >= 3 && word.chars().all(char::is_alphabetic))
}

/// Abbreviations that something always follows.
const NEVER_LAST: &[&str] = &[
    "vs", "e.g", "i.e", "eg", "ie", "cf", "viz", "approx", "ca", "incl", "excl", "resp", "figs", "eqs",
    "z.b", "d.h", "bzw",
];

/// Abbreviations that a name follows.
const TITLES: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "gen", "col", "sgt", "capt", "lt", "rep", "sen", "gov", "hon", "rev",
    "messrs", "mt",
];

/// Abbreviations that may be the last word of a sentence.
const SOMETIMES_LAST: &[&str] = &[
    "inc", "ltd", "co", "corp", "llc", "bros", "etc", "jr", "sr", "al", "ph.d", "u.s", "u.k", "u.n", "a.m",
    "p.m", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "mon", "tue",
    "tues", "wed", "thu", "thur", "thurs", "fri", "min", "max", "avg", "est", "dept", "univ", "assn", "ave",
    "blvd", "rd", "ed", "eds", "vols", "st",
];

/// Characters behind a quotation among which its speaker is looked for: three long words.
const ATTRIBUTION_MAX: usize = 200;

/// Whether what follows a quotation says who spoke.
fn is_attribution(next: &str) -> bool {
    let end = next
        .char_indices()
        .nth(ATTRIBUTION_MAX)
        .map_or(next.len(), |(at, _)| at);
    words::words(&next[..end]).take(3).any(|(_, word)| {
        matches!(
            word,
            "said" | "says" | "asked" | "asks" | "wrote" | "writes" | "added" | "adds" | "told" | "replied"
        )
    })
}

/// Brackets and quotations of a line that are closed and short enough to be kept whole, by where they begin.
fn closed_spans(line: &str) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = quotes::find(line)
        .into_iter()
        .map(|quote| quote.range)
        .filter(|range| range.len() <= QUOTE_MAX)
        .map(|range| range.start..range.end + 1)
        .collect();
    let mut open: Vec<(char, usize)> = Vec::new();
    // Open round ones: those of a kind that is not open are not looked for among the others.
    let mut round = 0;
    for (at, c) in line.char_indices() {
        match c {
            '(' | '[' => {
                open.push((c, at));
                round += usize::from(c == '(');
            }
            ')' if round > 0 => spans.extend(close(&mut open, &mut round, '(', at)),
            ']' if open.len() > round => spans.extend(close(&mut open, &mut round, '[', at)),
            _ => {}
        }
    }
    spans.sort_by_key(|span| span.start);
    spans
}

/// Takes the last open bracket of a kind with all that were opened after it; gives what it held, where that is short enough.
fn close(open: &mut Vec<(char, usize)>, round: &mut usize, wanted: char, at: usize) -> Option<Range<usize>> {
    while let Some((bracket, start)) = open.pop() {
        *round -= usize::from(bracket == '(');
        if bracket == wanted {
            return (at - start <= BRACKET_MAX).then_some(start..at + 1);
        }
    }
    None
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
    fn a_measure_and_a_street_can_be_last() {
        assert_eq!(
            parts("It took 5 ms. Ada waited for 3 min. Berg slept."),
            ["It took 5 ms.", "Ada waited for 3 min.", "Berg slept."]
        );
        assert_eq!(
            parts("They met on Wall St. The Dow fell."),
            ["They met on Wall St.", "The Dow fell."]
        );
        for text in [
            "In 2024 Ms. Berg and Gen. Will met prof. smith near Mt. Fuji.",
            "They met in St. Louis on St. James St. in 2024.",
            "It took 5 ms. then it stopped.",
            "They asked prof. Rossi, dr. Novák, gen. Smith and mr. Jones in 2024.",
            "Then ms. Berg met Dr. Who in 5 ms.",
        ] {
            assert_eq!(parts(text), [text], "{text}");
        }
    }

    /// Some of these took minutes while each mark looked through the line again.
    #[test]
    fn a_long_line_costs_its_length() {
        let long = |part: &str| part.repeat(1_000_000 / part.len());
        for line in [
            long("(") + &long("]"),
            long("(a). "),
            long(". ") + &long(" "),
            long(" ") + &long("e.g. "),
            long(".” "),
            long("x -. "),
            long("-. "),
            long("“A. B” c. "),
        ] {
            let found = split(&line);
            assert!(found.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }
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
