//! A run: what a reader would see as one paragraph, heading, item, row or code line.

use std::ops::Range;

use super::model::BlockKind;

/// One run of text and where it stands.
#[derive(Debug, Clone)]
pub struct Run {
    /// The block element that holds the run directly.
    pub owner: usize,
    /// First node of the run.
    pub node: usize,
    /// What it is, judged by its ancestors.
    pub kind: BlockKind,
    /// Text, white space collapsed but in code.
    pub text: String,
    /// Words in the text.
    pub words: usize,
    /// Links with visible text: byte range in `text` and the element.
    pub links: Vec<(Range<usize>, usize)>,
}

/// Signs with which sentences end, in the scripts that have others than the full stop.
pub const SENTENCE_ENDS: [char; 10] = ['.', '!', '?', '…', '。', '！', '？', '؟', '۔', '।'];

/// Words of a text: what stands between blanks. In scripts that set none, two letters count as a word.
pub fn word_count(text: &str) -> usize {
    if text.is_ascii() {
        return text.split_ascii_whitespace().count();
    }
    let words = text.split_whitespace();
    words
        .map(|word| {
            word.chars()
                .filter(|c| is_unspaced(*c))
                .count()
                .div_ceil(2)
                .max(1)
        })
        .sum()
}

/// Whether a text has fewer words than `count`, read no further than that takes.
pub fn is_shorter_than(text: &str, count: usize) -> bool {
    // No word of a text worth asking about has more bytes.
    const BYTES_OF_WORD: usize = 200;
    let head = &text[..text.floor_char_boundary(count * BYTES_OF_WORD)];
    head.len() == text.len() && word_count(head) < count
}

/// Letters of Thai, Lao, Burmese, Khmer, kana and Han, whose words stand side by side.
fn is_unspaced(c: char) -> bool {
    matches!(
        c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
            | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}'
    )
}

impl Run {
    /// Share of the text's bytes that are links of a kind that `counts` accepts.
    pub fn link_share(&self, counts: impl Fn(usize) -> bool) -> f64 {
        let linked: usize = self
            .links
            .iter()
            .filter(|link| counts(link.1))
            .map(|link| link.0.len())
            .sum();
        linked as f64 / self.text.len().max(1) as f64
    }

    /// Running text: long enough, and not mostly links.
    pub fn is_prose(&self) -> bool {
        let is_sentence =
            self.words >= 7 && self.kind != BlockKind::ListItem && self.text.ends_with(SENTENCE_ENDS);
        let flows = matches!(
            self.kind,
            BlockKind::Paragraph | BlockKind::Quote | BlockKind::ListItem
        );
        flows && (self.words >= 12 || is_sentence) && self.link_share(|_| true) < 0.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_without_blanks_have_words_too() {
        assert_eq!(word_count("two words"), 2);
        assert_eq!(word_count("größe zählt"), 2);
        assert_eq!(word_count("岬の灯台は光る"), 4);
        assert_eq!(word_count("Rust 言語"), 2);
        assert_eq!(word_count(""), 0);
    }

    #[test]
    fn a_long_text_is_not_read_to_its_end() {
        assert!(is_shorter_than("a b c", 4) && !is_shorter_than("a b c", 3));
        assert!(!is_shorter_than(&"x".repeat(10_000), 12));
    }
}
