//! The numbers that decide how alike posts of one story are.

/// Numbers that are fitted to stories which people have told apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Weights of words, names and numbers in the likeness of two posts; they sum to 1.
    pub weights: [f64; 3],
    /// Share of company in the likeness of a pair, `0.0..=1.0`; the rest is their own.
    pub company: f64,
    /// Mean likeness at which two groups become one story.
    pub likeness_min: f64,
    /// The same for stories of few posts, where a mean over few pairs says little.
    pub few_likeness_min: f64,
    /// Share of names in the likeness of posts within one story, `0.0..=1.0`; the rest is words.
    pub camp_names: f64,
    /// Likeness between two camps, as a share of that within the looser one, up to which they are two stories.
    pub between_max: f64,
}

impl Settings {
    /// What the product uses.
    ///
    /// # Source
    /// `cargo run --release -p copydesk-eval --example fit_stories`: the best on undated news of look-alike events
    /// (B-cubed F 0.944; 0.928 with topics held out). `few_likeness_min` and `company` were set on dated developer
    /// posts, whose stories are small.
    pub const SHIPPED: Self = Self {
        weights: [0.75, 0.20, 0.05],
        company: 0.5,
        likeness_min: 0.25,
        few_likeness_min: 0.40,
        camp_names: 0.3,
        between_max: 0.40,
    };

    /// Whether groups before the look at camps are the same under both.
    pub(super) fn links_like(&self, other: &Self) -> bool {
        let links = |settings: &Self| Self {
            camp_names: 0.0,
            between_max: 0.0,
            ..*settings
        };
        links(self) == links(other)
    }
}
