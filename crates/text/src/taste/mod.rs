//! What an author likes to tell, learned from what the author chose before.
//!
//! Each trait of a story (who publishes it, its beat, its kind, the words of its title) stands for the share of past
//! stories with that trait that were told. The shares are held against the author's usual share, drawn towards it
//! while they rest on few stories, and fade with age. Nothing in it knows a source, a language or a subject.

mod kind;
mod learn;
mod traits;

pub use kind::{Kind, explains, is_incident};
pub use learn::{Liking, PAST_MAX, Taste};
pub use traits::{Because, Features};

/// What became of a story that stood before the author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The author put it in, or further up, by hand.
    Raised,
    /// It was told in an issue that went out.
    Told,
    /// It was there and no issue told it.
    Passed,
    /// The author took it out, or said that it is of no interest.
    Refused,
}

impl Fate {
    /// Whether it was told.
    pub const fn is_told(self) -> bool {
        matches!(self, Self::Raised | Self::Told)
    }

    /// How many stories it counts for: what the author did by hand says more than what the author let stand.
    const fn weight(self) -> f64 {
        match self {
            Self::Raised => 2.0,
            Self::Told | Self::Passed => 1.0,
            Self::Refused => 3.0,
        }
    }
}

/// A story of a past issue.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// What it was like.
    pub story: Features,
    /// What became of it.
    pub fate: Fate,
    /// Days since; below 0 counts as 0.
    pub age_days: f64,
    /// Number of its issue: stories of one issue were chosen among each other.
    pub issue: usize,
}
