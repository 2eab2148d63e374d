use serde::{Deserialize, Serialize};

use crate::hash::ContentHash;
use crate::time::Instant;

/// What the author said of stories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelKind {
    /// Two stories are one.
    Merge,
    /// A post is of another story than the rest.
    Split,
    /// A story, and what follows on it, is of no interest.
    NotInterested,
}

impl LabelKind {
    /// Every kind.
    pub const ALL: &[Self] = &[Self::Merge, Self::Split, Self::NotInterested];

    /// The word for it in JSON and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Split => "split",
            Self::NotInterested => "not_interested",
        }
    }

    /// The kind of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }
}

/// A label that the author put on stories, named by their snapshots: ids of stories change with each brief.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryLabel {
    /// What was said.
    pub kind: LabelKind,
    /// The first story; for [`LabelKind::Split`] what leaves it. At least one, at most [`StoryLabel::SNAPSHOTS_MAX`].
    pub snapshots: Vec<ContentHash>,
    /// What they belong with (`Merge`) or not (`Split`); empty for `NotInterested`.
    pub others: Vec<ContentHash>,
    /// When, on the machine's clock.
    pub at: Instant,
}

impl StoryLabel {
    /// Snapshots on either side: more than a story of a day has.
    pub const SNAPSHOTS_MAX: usize = 40;

    /// Whether both sides are as their kind wants them.
    pub fn is_whole(&self) -> bool {
        let within = |side: &[ContentHash]| (1..=Self::SNAPSHOTS_MAX).contains(&side.len());
        let is_paired = match self.kind {
            LabelKind::Merge | LabelKind::Split => within(&self.others),
            LabelKind::NotInterested => self.others.is_empty(),
        };
        let is_on_both = self.snapshots.iter().any(|one| self.others.contains(one));
        within(&self.snapshots) && is_paired && !is_on_both
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_names_two_sides_or_one_as_its_kind_wants() {
        let hash = |name: &str| ContentHash::of(name.as_bytes());
        let label = |kind, snapshots: &[&str], others: &[&str]| StoryLabel {
            kind,
            snapshots: snapshots.iter().map(|name| hash(name)).collect(),
            others: others.iter().map(|name| hash(name)).collect(),
            at: Instant::from_micros(0),
        };
        assert!(label(LabelKind::Merge, &["a"], &["b"]).is_whole());
        assert!(label(LabelKind::NotInterested, &["a"], &[]).is_whole());
        assert!(!label(LabelKind::Merge, &["a"], &[]).is_whole());
        assert!(!label(LabelKind::Split, &["a"], &["a", "b"]).is_whole());
        assert!(!label(LabelKind::NotInterested, &["a"], &["b"]).is_whole());
        assert!(!label(LabelKind::NotInterested, &[], &[]).is_whole());
        for kind in LabelKind::ALL {
            assert_eq!(LabelKind::parse(kind.as_str()), Some(*kind));
        }
    }
}
