//! Quotations: what stands between quotation marks.

use std::ops::Range;

use crate::words;

/// A quotation of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Byte range of what stands between the marks.
    pub range: Range<usize>,
    /// What stands between the marks.
    pub text: String,
}

/// An opening mark that waits for its closing one.
struct Open {
    mark: char,
    inside: usize,
}

/// The quotations of a text, by where they begin; a quotation inside another comes after it.
///
/// Reads `"…"`, `“…”`, `„…“`, `«…»`, `»…«` and, where they cannot be apostrophes, `‘…’` and `'…'`. A mark
/// without its other half on the same line opens nothing.
pub fn find(text: &str) -> Vec<Quote> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        for range in in_line(line) {
            let range = start + range.start..start + range.end;
            found.push(Quote {
                text: text[range.clone()].to_owned(),
                range,
            });
        }
        start += line.len();
    }
    found
}

/// Whether every double quotation mark of a text has its other half on its line.
pub fn are_balanced(text: &str) -> bool {
    let marks = text
        .chars()
        .filter(|c| matches!(c, '"' | '“' | '”' | '„' | '«' | '»'))
        .count();
    let closed = find(text)
        .iter()
        .filter(|quote| {
            text[..quote.range.start]
                .chars()
                .next_back()
                .is_some_and(|c| c != '\'' && c != '‘')
        })
        .count();
    marks == 2 * closed
}

/// Ranges inside the marks of one line, by their start.
fn in_line(line: &str) -> Vec<Range<usize>> {
    if !line.contains(['"', '“', '„', '«', '»', '‘', '\'']) {
        return Vec::new();
    }
    let mut open: Vec<Open> = Vec::new();
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut before = None;
    let mut chars = line.char_indices().peekable();
    while let Some((at, mark)) = chars.next() {
        let after = chars.peek().map(|(_, c)| *c);
        let inside = at + mark.len_utf8();
        if let Some(depth) = closes(&open, mark, before, after) {
            let start = open[depth].inside;
            open.truncate(depth);
            if start < at {
                found.push(start..at);
            }
        } else if opens(mark, before, after) && (mark != '\'' || has_single_end(&line[inside..])) {
            open.push(Open { mark, inside });
        }
        before = Some(mark);
    }
    found.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    found
}

/// The open mark that this one closes, if any; marks opened after it are dropped.
fn closes(open: &[Open], mark: char, before: Option<char>, after: Option<char>) -> Option<usize> {
    let depth = open.iter().rposition(|o| is_pair(o.mark, mark))?;
    let fits = match mark {
        // A straight mark after a space and before a word opens rather than closes.
        '"' => !(before.is_none_or(char::is_whitespace) && after.is_some_and(char::is_alphanumeric)),
        '\'' | '’' => {
            before.is_some_and(|c| !c.is_whitespace()) && !after.is_some_and(char::is_alphanumeric)
        }
        _ => true,
    };
    fits.then_some(depth)
}

fn is_pair(open: char, close: char) -> bool {
    match open {
        '"' => close == '"',
        '“' => close == '”',
        '„' => matches!(close, '“' | '”'),
        '«' => close == '»',
        '»' => close == '«',
        '‘' => close == '’',
        '\'' => close == '\'',
        _ => false,
    }
}

fn opens(mark: char, before: Option<char>, after: Option<char>) -> bool {
    let free = before.is_none_or(|c| c.is_whitespace() || "([{—–-/“‘\"'„«:>".contains(c));
    let touches = after.is_some_and(|c| !c.is_whitespace());
    match mark {
        '“' | '„' | '«' => true,
        '"' | '»' => free && touches,
        // An apostrophe at the head of a word ('90s, ’tis) is told from a quotation by its missing end.
        '‘' => free && after.is_some_and(char::is_alphanumeric),
        '\'' => free && after.is_some_and(char::is_alphabetic),
        _ => false,
    }
}

/// Longest quotation in words whose single mark behind an `s` is taken for its end rather than a possessive.
const POSSESSIVE_WORDS: usize = 8;

/// Whether a straight single mark closes later on the line, at the end of a word.
fn has_single_end(rest: &str) -> bool {
    rest.match_indices('\'').any(|(at, _)| {
        let before = rest[..at].chars().next_back();
        let after = rest[at + 1..].chars().next();
        let possessive =
            before == Some('s') && after == Some(' ') && words::count(&rest[..at]) > POSSESSIVE_WORDS;
        before.is_some_and(|c| !c.is_whitespace()) && !after.is_some_and(char::is_alphanumeric) && !possessive
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        find(text).into_iter().map(|quote| quote.text).collect()
    }

    #[test]
    fn all_kinds_of_double_marks() {
        assert_eq!(
            texts(r#"He said "yes." Then “no”, „ja“, « oui » and »doch«."#),
            ["yes.", "no", "ja", " oui ", "doch"]
        );
    }

    #[test]
    fn apostrophes_are_no_quotes() {
        assert!(texts("It's the users' data, don't touch '90s code; the crates’ owners’ keys.").is_empty());
    }

    #[test]
    fn single_quotes_count_when_they_are_clear() {
        assert_eq!(
            texts("She called it 'a mess' and ‘don’t ask’."),
            ["a mess", "don’t ask"]
        );
    }

    #[test]
    fn nested_quotes_come_after_their_parent() {
        assert_eq!(
            texts("“He wrote ‘stop’ twice” and \"a 'b c' d\""),
            ["He wrote ‘stop’ twice", "stop", "a 'b c' d", "b c"]
        );
    }

    #[test]
    fn a_lone_mark_opens_nothing() {
        assert!(texts("A 19\" screen\nand \"an open end").is_empty());
        assert!(!are_balanced("and \"an open end"));
        assert!(are_balanced("“a” and \"b\" aren't 'c'"));
    }

    #[test]
    fn ranges_are_inside_the_marks() {
        let text = "x “é” y";
        let quote = &find(text)[0];
        assert_eq!(&text[quote.range.clone()], "é");
    }
}
