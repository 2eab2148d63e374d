//! The parts of a long text that say most of what is new, for a reader who has no room for all of it.

use std::collections::HashSet;
use std::ops::Range;

use crate::{sentence, summarise, words};

/// Stands where blocks were left out.
pub const GAP: &str = "[…]";
/// What a block is worth for each stem of a beat that it has, at most twice.
const BEAT: f64 = 0.25;
/// What a block loses that has no sentence: code, tables, lists of names.
const NO_PROSE: f64 = 4.0;
/// A line of so few words without an end mark is a heading, and goes with what stands below it.
const HEADING_WORDS_MAX: usize = 14;

/// A text that is short enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// Whole blocks of the text in their order, [`GAP`] on a line of its own where some were left out between.
    pub text: String,
    /// Blocks that were left out.
    pub left_out: usize,
    /// Blocks in all.
    pub blocks: usize,
}

/// Blocks of `text` (its lines) that say most, as many as fit; the text itself where it fits as a whole.
///
/// `wanted`: words of the reader's fields, such as beats. `cost` measures a block, in the unit of `room`; that of a whole
/// must be about the sum of its parts. The first block that tells something is always there; where it does not fit
/// alone it is given all the same, since an excerpt without an opening says nothing.
///
/// # Source
/// The sentence scores of [`summarise`]; blocks are taken by their best sentence, as long as they fit.
pub fn excerpt(title: &str, text: &str, wanted: &[String], room: u64, cost: impl Fn(&str) -> u64) -> Excerpt {
    let blocks: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let whole = |text: &str| Excerpt {
        text: text.to_owned(),
        left_out: 0,
        blocks: blocks.len(),
    };
    if cost(text) <= room || blocks.len() < 2 {
        return whole(text);
    }
    let groups = groups(&blocks);
    let scores = scores(title, &blocks, &groups, wanted);
    let opening = scores
        .iter()
        .position(|score| *score > -NO_PROSE / 2.0)
        .unwrap_or(0);
    let mut order: Vec<usize> = (0..groups.len()).collect();
    // A stable sort keeps the order of the text among equals.
    order.sort_by(|a, b| {
        (*b == opening)
            .cmp(&(*a == opening))
            .then(scores[*b].total_cmp(&scores[*a]))
    });
    let mut left = room;
    let mut kept = vec![false; groups.len()];
    for at in order {
        let price: u64 = blocks[groups[at].clone()]
            .iter()
            .map(|block| cost(block) + 1)
            .sum();
        if price <= left || at == opening {
            left = left.saturating_sub(price);
            kept[at] = true;
        }
    }
    joined(&blocks, &groups, &kept)
}

/// Blocks that belong together: a heading with what stands below it.
fn groups(blocks: &[&str]) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for (at, block) in blocks.iter().enumerate() {
        if !is_heading(block) || at + 1 == blocks.len() {
            groups.push(start..at + 1);
            start = at + 1;
        }
    }
    groups
}

fn is_heading(block: &str) -> bool {
    let is_ended = block
        .trim_end()
        .ends_with(['.', '!', '?', ':', ';', ',', '…', '”', '"', ')']);
    let signs = block
        .chars()
        .filter(|c| !c.is_alphanumeric() && !c.is_whitespace())
        .count();
    let is_plain =
        signs * 5 <= block.chars().count() && block.trim_start().starts_with(char::is_alphanumeric);
    !is_ended && is_plain && words::count(block) <= HEADING_WORDS_MAX
}

/// What each group is worth: its best sentence, and the reader's own words in it.
fn scores(title: &str, blocks: &[&str], groups: &[Range<usize>], wanted: &[String]) -> Vec<f64> {
    let stems: HashSet<String> = wanted
        .iter()
        .flat_map(|word| words::content_stems(word))
        .collect();
    let mut sentences: Vec<String> = Vec::new();
    let mut of_group: Vec<Range<usize>> = Vec::new();
    for group in groups {
        let start = sentences.len();
        for block in &blocks[group.clone()] {
            let ranges = sentence::split(block).into_iter();
            let prose = ranges
                .filter_map(|range| block.get(range))
                .filter(|one| sentence::is_prose(one));
            sentences.extend(prose.map(str::to_owned));
        }
        of_group.push(start..sentences.len());
    }
    let scored = summarise::scores(title, &sentences);
    let values = groups.iter().zip(of_group).map(|(group, own)| {
        let best = scored[own].iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if best.is_infinite() {
            return -NO_PROSE;
        }
        let found: HashSet<String> = blocks[group.clone()]
            .iter()
            .flat_map(|block| words::content_stems(block))
            .filter(|stem| stems.contains(stem))
            .collect();
        best + BEAT * found.len().min(2) as f64
    });
    values.collect()
}

fn joined(blocks: &[&str], groups: &[Range<usize>], kept: &[bool]) -> Excerpt {
    let mut lines: Vec<&str> = Vec::new();
    let mut left_out = 0;
    for (group, is_kept) in groups.iter().zip(kept) {
        if *is_kept {
            lines.extend(&blocks[group.clone()]);
            continue;
        }
        left_out += group.len();
        if lines.last() != Some(&GAP) {
            lines.push(GAP);
        }
    }
    Excerpt {
        text: lines.join("\n"),
        left_out,
        blocks: blocks.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Package registries have been with us for many years and are used by everybody.\n\
        Signed packages\n\
        Today the Foo registry releases version 3, which signs every package that it serves.\n\
        fn main() { let registry = Registry::new(); registry.sign(&package)?; }\n\
        $ foo publish --sign && foo verify\n\
        Sign up for our newsletter today!\n\
        Operators of mirrors have to rotate their keys before 1 September, since old signatures expire.";

    fn bytes(text: &str) -> u64 {
        text.len() as u64
    }

    #[test]
    fn what_fits_is_given_whole() {
        let whole = excerpt("Foo 3", TEXT, &[], 10_000, bytes);
        assert_eq!((whole.text.as_str(), whole.left_out, whole.blocks), (TEXT, 0, 7));
        assert_eq!(excerpt("", "", &[], 0, bytes).text, "");
    }

    #[test]
    fn the_news_is_kept_and_code_goes_first() {
        let short = excerpt("Foo registry 3 signs packages", TEXT, &[], 330, bytes);
        assert!(
            short.text.contains("Today the Foo registry releases version 3"),
            "{}",
            short.text
        );
        assert!(
            short.text.contains("Signed packages\nToday"),
            "a heading goes with its text: {}",
            short.text
        );
        assert!(
            !short.text.contains("fn main") && !short.text.contains("$ foo"),
            "{}",
            short.text
        );
        assert!(short.text.contains(GAP) && short.left_out > 0, "{}", short.text);
        assert!(bytes(&short.text) <= 330 + 2 * GAP.len() as u64, "{}", short.text);
    }

    #[test]
    fn every_block_is_of_the_text_and_in_its_order() {
        let short = excerpt(
            "Foo registry 3 signs packages",
            TEXT,
            &["mirrors".to_owned()],
            330,
            bytes,
        );
        let mut from = 0;
        for line in short.text.lines().filter(|line| *line != GAP) {
            from += TEXT[from..].find(line).unwrap_or_else(|| panic!("{line}")) + line.len();
        }
    }

    #[test]
    fn an_opening_is_there_whatever_the_room() {
        let short = excerpt("Foo 3", TEXT, &[], 1, bytes);
        assert!(
            short.text.starts_with("Package registries have been"),
            "{}",
            short.text
        );
    }
}
