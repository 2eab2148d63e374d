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

/// Quotations inside each other, the outermost among them. Each is given with its text, so that what is given has at most
/// so many times the length of what was read.
const DEPTH_MAX: usize = 8;

/// The quotations of a text, by where they begin; a quotation inside another comes after it, and one inside eight others
/// is left out.
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
    let mut open = Waiting::default();
    let singles = SingleEnds::of(line);
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut before = None;
    let mut chars = line.char_indices().peekable();
    while let Some((at, mark)) = chars.next() {
        let after = chars.peek().map(|(_, c)| *c);
        let inside = at + mark.len_utf8();
        if let Some(depth) = closes(&open, mark, before, after) {
            let start = open.close(depth);
            if start < at {
                found.push(start..at);
            }
        } else if opens(mark, before, after) && (mark != '\'' || singles.follow(line, inside)) {
            open.push(mark, inside);
        }
        before = Some(mark);
    }
    found.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    outer(found)
}

/// The ranges that lie in fewer than [`DEPTH_MAX`] others. They are in order, and no two of them cross.
fn outer(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut around: Vec<usize> = Vec::new();
    ranges.retain(|range| {
        while around.last().is_some_and(|end| *end <= range.start) {
            around.pop();
        }
        let is_kept = around.len() < DEPTH_MAX;
        if is_kept {
            around.push(range.end);
        }
        is_kept
    });
    ranges
}

/// Marks that open a quotation.
const OPENING: [char; 7] = ['"', '“', '„', '«', '»', '‘', '\''];

/// Opening marks that wait for their other half, with how many of each kind there are: a closing mark looks back only where
/// it finds one, and drops what it passes, so that a line costs its length.
#[derive(Default)]
struct Waiting {
    /// The mark, as its place in [`OPENING`], and the byte behind it.
    marks: Vec<(usize, usize)>,
    counts: [usize; OPENING.len()],
}

impl Waiting {
    fn push(&mut self, mark: char, inside: usize) {
        if let Some(kind) = OPENING.iter().position(|opening| *opening == mark) {
            self.marks.push((kind, inside));
            self.counts[kind] += 1;
        }
    }

    /// The last one that a mark is the other half of.
    fn other_half(&self, mark: char) -> Option<usize> {
        let waits = |(kind, count): (&char, &usize)| *count > 0 && is_pair(*kind, mark);
        OPENING.iter().zip(&self.counts).any(waits).then_some(())?;
        self.marks
            .iter()
            .rposition(|(kind, _)| is_pair(OPENING[*kind], mark))
    }

    /// Takes out the one at a depth, with all that were opened after it, and gives the byte behind it.
    fn close(&mut self, depth: usize) -> usize {
        let inside = self.marks[depth].1;
        for (kind, _) in self.marks.drain(depth..) {
            self.counts[kind] -= 1;
        }
        inside
    }
}

/// The open mark that this one closes, if any; marks opened after it are dropped.
fn closes(open: &Waiting, mark: char, before: Option<char>, after: Option<char>) -> Option<usize> {
    let fits = match mark {
        // A straight mark after a space and before a word opens rather than closes.
        '"' => !(before.is_none_or(char::is_whitespace) && after.is_some_and(char::is_alphanumeric)),
        '\'' | '’' => {
            before.is_some_and(|c| !c.is_whitespace()) && !after.is_some_and(char::is_alphanumeric)
        }
        '”' | '“' | '»' | '«' => true,
        _ => false,
    };
    fits.then(|| open.other_half(mark)).flatten()
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

/// The straight single marks of a line that stand at the end of a word.
#[derive(Default)]
struct SingleEnds {
    /// The last one that is no possessive.
    last: Option<usize>,
    /// Those that may be possessives, in order.
    possessive: Vec<usize>,
}

impl SingleEnds {
    fn of(line: &str) -> Self {
        let mut ends = Self::default();
        for (at, _) in line.match_indices('\'') {
            let before = line[..at].chars().next_back();
            let after = line[at + 1..].chars().next();
            if before.is_none_or(char::is_whitespace) || after.is_some_and(char::is_alphanumeric) {
                continue;
            }
            if before == Some('s') && after == Some(' ') {
                ends.possessive.push(at);
            } else {
                ends.last = Some(at);
            }
        }
        ends
    }

    /// Whether a quotation that begins at a byte may end: of the possible possessives the next one is the nearest.
    fn follow(&self, line: &str, inside: usize) -> bool {
        let next = self.possessive.partition_point(|at| *at <= inside);
        let is_short = |at: &usize| words::words(&line[inside..*at]).nth(POSSESSIVE_WORDS).is_none();
        self.last.is_some_and(|at| at > inside) || self.possessive.get(next).is_some_and(is_short)
    }
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

    /// The first of these took minutes while each mark looked through the line again.
    #[test]
    fn a_long_line_costs_its_length() {
        let long = |part: &str| part.repeat(1_000_000 / part.len());
        for line in [
            long("'a ") + &long("s' "),
            long("'a s' "),
            long("“a "),
            long("“") + &long("» "),
            long("'aaaaaaaaa\u{a0}..........s' "),
        ] {
            assert!(find(&line).len() < line.len());
        }
    }

    #[test]
    fn quotations_inside_each_other_have_an_end() {
        let line = format!("{}a{} “b”", "“".repeat(50_000), "”".repeat(50_000));
        let found = texts(&line);
        assert_eq!(found.len(), DEPTH_MAX + 1);
        assert!(found[0].len() > found[1].len() && found[DEPTH_MAX] == "b");
    }

    #[test]
    fn a_mark_behind_an_s_ends_a_short_quotation() {
        assert_eq!(
            texts("They call it 'a way of the users' now."),
            ["a way of the users"]
        );
        assert!(texts("The 'a one two three four five six seven eight users' data.").is_empty());
    }

    #[test]
    fn ranges_are_inside_the_marks() {
        let text = "x “é” y";
        let quote = &find(text)[0];
        assert_eq!(&text[quote.range.clone()], "é");
    }
}
