//! One habit of an author.

/// Where a rule stands in `voice.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// How it sounds.
    Sounds,
    /// How an issue is built.
    Built,
    /// What it never does.
    Never,
    /// Spelling, numbers, marks.
    Small,
}

impl Part {
    /// All of them, in the order of the file.
    pub const ALL: [Self; 4] = [Self::Sounds, Self::Built, Self::Never, Self::Small];

    /// Its heading in the file.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Sounds => "How it sounds",
            Self::Built => "How an issue is built",
            Self::Never => "What it never does",
            Self::Small => "Small things",
        }
    }
}

/// A habit, as an instruction with what it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Where it stands.
    pub part: Part,
    /// What to do, one sentence or two.
    pub text: String,
    /// The counts that it was read from.
    pub measured: String,
    /// Words of the author's own, at most two; each of one line.
    pub examples: Vec<String>,
}

impl Rule {
    pub(super) fn new(part: Part, text: impl Into<String>, measured: impl Into<String>) -> Self {
        Self {
            part,
            text: text.into(),
            measured: measured.into(),
            examples: Vec::new(),
        }
    }

    /// The same with examples.
    pub(super) fn with(mut self, examples: Vec<String>) -> Self {
        self.examples = examples;
        self
    }
}

/// The value below which a share of sorted numbers lies; 0 of none.
pub(super) fn quantile(sorted: &[usize], share: f64) -> usize {
    let last = sorted.len().saturating_sub(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of an index is one"
    )]
    let at = (last as f64 * share).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}

/// So many of a thousand words.
pub(super) fn per_thousand(count: usize, words: usize) -> f64 {
    count as f64 * 1_000.0 / words.max(1) as f64
}

/// `a` as a share of `a + b`; none where both are too few to tell.
pub(super) fn share(a: usize, b: usize, enough: usize) -> Option<f64> {
    (a + b >= enough).then(|| a as f64 / (a + b) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_and_shares_of_few_numbers_are_careful() {
        assert_eq!(quantile(&[], 0.5), 0);
        assert_eq!(quantile(&[1, 2, 9], 0.5), 2);
        assert_eq!(share(1, 2, 4), None);
        assert!((share(3, 1, 4).unwrap() - 0.75).abs() < 1e-9);
    }
}
