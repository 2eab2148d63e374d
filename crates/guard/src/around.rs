//! What stands around a piece of a source and belongs to what it says: the rest of its sentence, and a line before it that
//! leads on to it.

use std::ops::Range;

use copydesk_text::{sentence, words};

const LINE_ENDS: [char; 4] = ['\n', '\r', '\u{2028}', '\u{2029}'];

/// Items of a list that are passed on the way up to the line that introduces it.
const ITEMS_MAX: usize = 40;

/// Words that end no line but one that the next goes on with: `It is wrong to say that`.
const LEADING: &[&str] = &[
    "that",
    "whether",
    "because",
    "than",
    "the",
    "a",
    "an",
    "of",
    "to",
    "by",
    "from",
    "with",
    "is",
    "was",
    "are",
    "were",
    "says",
    "said",
    "claim",
    "claimed",
    "claiming",
    "believes",
    "believed",
    "suggests",
    "suggested",
    "denies",
    "denied",
    "alleges",
    "alleged",
    "reported",
];

/// The whole sentences that a range of a text touches, with a line before them that leads on to them.
pub(crate) fn whole(text: &str, range: &Range<usize>) -> Range<usize> {
    let start = line_start(text, range.start);
    let end = line_end(text, range.end);
    let lines = text.get(start..end).unwrap_or_default();
    let mut whole = range.clone();
    for sentence in sentence::split(lines) {
        let sentence = start + sentence.start..start + sentence.end;
        if sentence.start < range.end && range.start < sentence.end {
            whole.start = whole.start.min(sentence.start);
            whole.end = whole.end.max(sentence.end);
        }
    }
    if let Some(lead) = lead(text, whole.start) {
        whole.start = lead.start;
    }
    whole
}

/// The line that leads on to what begins at a place: the one before it, where it ends with a colon or a word that ends no
/// sentence; for an item of a list the line above all items.
pub(crate) fn lead(text: &str, at: usize) -> Option<Range<usize>> {
    // Nothing but marks may stand before it on its line.
    let mut marks = text.get(..at)?.char_indices().rev();
    let (end, mark) = marks.find(|(_, c)| LINE_ENDS.contains(c) || c.is_alphanumeric())?;
    if !LINE_ENDS.contains(&mark) {
        return None;
    }
    let mut start = end + mark.len_utf8();
    for _ in 0..ITEMS_MAX {
        let end = text.get(..start)?.trim_end().len();
        let above = line_start(text, end);
        let line = text.get(above..end).filter(|line| !line.is_empty())?;
        if is_item(text.get(start..)?) && is_item(line) && !leads_on(line) {
            start = above;
            continue;
        }
        return leads_on(line).then_some(above..end);
    }
    None
}

fn leads_on(line: &str) -> bool {
    let bare = line.trim_end_matches(['"', '“', '”', '*', '_', ' ']);
    if bare.ends_with(':') || (bare.ends_with('.') && bare.to_lowercase().contains("following")) {
        return true;
    }
    let last = words::words(bare)
        .last()
        .filter(|(range, _)| range.end == bare.len());
    last.is_some_and(|(_, word)| LEADING.contains(&word.to_lowercase().as_str()))
}

/// Whether a line begins like an item of a list: `- `, `• `, `1. `.
fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    line.starts_with(['-', '*', '•', '–', '·'])
        || ((1..=2).contains(&digits) && line[digits..].starts_with(['.', ')']))
}

fn line_start(text: &str, at: usize) -> usize {
    let head = text.get(..at).unwrap_or_default();
    head.rfind(LINE_ENDS).map_or(0, |end| {
        end + head[end..].chars().next().map_or(1, char::len_utf8)
    })
}

fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.find(LINE_ENDS).map_or(text.len(), |end| at + end)
}

#[cfg(test)]
mod tests {
    use super::{lead, whole};

    /// The whole sentences around a piece of a text.
    fn around<'a>(text: &'a str, piece: &str) -> &'a str {
        let at = text.find(piece).expect("the piece stands in the text");
        &text[whole(text, &(at..at + piece.len()))]
    }

    #[test]
    fn a_piece_is_widened_to_its_sentences() {
        let text = "One is out. It is false that Norn changed 40 crates. Two follows.\nThe end.";
        assert_eq!(
            around(text, "Norn changed 40 crates"),
            "It is false that Norn changed 40 crates."
        );
        assert_eq!(
            around(text, "40 crates. Two"),
            "It is false that Norn changed 40 crates. Two follows."
        );
        assert_eq!(around(text, "The end."), "The end.");
    }

    #[test]
    fn a_line_that_leads_on_belongs_to_it() {
        let cut = "It is wrong to say that\nNorn paid.";
        assert_eq!(around(cut, "Norn paid."), cut);
        assert_eq!(around("News of Norn\nNorn paid.", "Norn paid."), "Norn paid.");
        let list = "These are false:\n- Norn paid.\n- Norn lost.";
        assert_eq!(
            lead(list, list.find("- Norn lost").expect("it stands there")),
            Some(0..16)
        );
        assert_eq!(lead("Norn paid.", 0), None);
        assert_eq!(lead("a\nNorn paid. It lost.", 13), None);
    }
}
