//! Which bytes of a text belong to something that was read already.

use std::ops::Range;

/// One flag a byte: asking and marking cost the length of the range, however much was read before.
pub(super) struct Taken(Vec<bool>);

impl Taken {
    /// Nothing of `text` is taken but `ranges`.
    pub(super) fn of(text: &str, ranges: impl IntoIterator<Item = Range<usize>>) -> Self {
        let mut taken = Self(vec![false; text.len()]);
        for range in ranges {
            taken.mark(range);
        }
        taken
    }

    pub(super) fn mark(&mut self, range: Range<usize>) {
        self.0[range].fill(true);
    }

    pub(super) fn is_free(&self, range: &Range<usize>) -> bool {
        !self.0[range.clone()].contains(&true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_free_where_no_byte_of_it_is_taken() {
        let mut taken = Taken::of("0123456789", std::iter::once(2..4));
        assert!(taken.is_free(&(0..2)) && taken.is_free(&(4..10)) && taken.is_free(&(3..3)));
        assert!(!taken.is_free(&(1..3)) && !taken.is_free(&(3..5)));
        taken.mark(6..7);
        assert!(!taken.is_free(&(5..8)));
    }
}
