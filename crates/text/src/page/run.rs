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
        let is_sentence = self.words >= 7
            && self.kind != BlockKind::ListItem
            && self.text.ends_with(['.', '!', '?', '…', '。']);
        let flows = matches!(
            self.kind,
            BlockKind::Paragraph | BlockKind::Quote | BlockKind::ListItem
        );
        flows && (self.words >= 12 || is_sentence) && self.link_share(|_| true) < 0.5
    }
}
