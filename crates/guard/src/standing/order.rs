//! Which words two sentences share in the same order.

use crate::tokens::Token;

/// Letters by which two forms of one word may differ: authors and authorise have a stem in common and no more.
const ENDING_MAX: usize = 3;

/// Whether two words are forms of one.
pub(super) fn is_same(a: &Token, b: &Token) -> bool {
    a.stem == b.stem && a.range.len().abs_diff(b.range.len()) <= ENDING_MAX
}

/// Pairs of places of the longest common run of words in order.
pub(super) fn common(own: &[Token], source: &[Token]) -> Vec<(usize, usize)> {
    let width = source.len() + 1;
    let mut table = vec![0_u16; (own.len() + 1) * width];
    for (i, a) in own.iter().enumerate().rev() {
        for (j, b) in source.iter().enumerate().rev() {
            table[i * width + j] = if is_same(a, b) {
                table[(i + 1) * width + j + 1] + 1
            } else {
                table[(i + 1) * width + j].max(table[i * width + j + 1])
            };
        }
    }
    let mut pairs = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < own.len() && j < source.len() {
        if is_same(&own[i], &source[j]) {
            pairs.push((i, j));
            i += 1;
            j += 1;
        } else if table[(i + 1) * width + j] >= table[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    gather(own, source, &mut pairs);
    pairs
}

/// Moves each pair as near to the next one as its words allow: of two places of `the` the one that stands with the rest.
fn gather(own: &[Token], source: &[Token], pairs: &mut [(usize, usize)]) {
    for at in (0..pairs.len().saturating_sub(1)).rev() {
        let ((i, j), next) = (pairs[at], pairs[at + 1]);
        if let Some(later) = (i + 1..next.0)
            .rev()
            .find(|later| is_same(&own[*later], &source[j]))
        {
            pairs[at].0 = later;
        }
        let mine = pairs[at].0;
        if let Some(later) = (j + 1..next.1)
            .rev()
            .find(|later| is_same(&own[mine], &source[*later]))
        {
            pairs[at].1 = later;
        }
    }
}
