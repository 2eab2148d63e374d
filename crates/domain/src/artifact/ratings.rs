use serde::{Deserialize, Serialize};

use crate::artifact::Tenths;
use crate::hash::ContentHash;
use crate::untrusted::{Untrusted, persist_list};

/// Who rated whose draft how, for one round of review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ratings {
    /// [`crate::artifact::FORMAT`]
    pub format: String,
    /// The drafts that can be chosen, in the order of their labels.
    pub drafts: Vec<RatedDraft>,
    /// One for each rater, draft and purpose that was had, in that order.
    pub ratings: Vec<DraftRating>,
    /// Ratings that a rater did not give.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unrated: Vec<Unrated>,
    /// Drafters that made no draft in this round.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Label of the draft that stands first unless the author chooses another.
    pub default: String,
}

impl Ratings {
    /// The draft whose manifest has this hash.
    pub fn of_issue(&self, issue: &ContentHash) -> Option<&RatedDraft> {
        self.drafts.iter().find(|draft| draft.issue == *issue)
    }

    /// The draft with this label; letter case does not count.
    pub fn labelled(&self, label: &str) -> Option<&RatedDraft> {
        self.drafts
            .iter()
            .find(|draft| draft.label.eq_ignore_ascii_case(label))
    }
}

/// A draft that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RatedDraft {
    /// What it is called while nobody is to know who wrote it: `A`, `B`, …
    pub label: String,
    /// The model of `drafters` that wrote it; none where there are no drafters.
    pub drafter: Option<String>,
    /// The models that answered, in order of first use.
    pub models: Vec<String>,
    /// The draft.
    pub draft: ContentHash,
    /// What review says of it.
    pub review: ContentHash,
    /// The manifest that an approval of it binds.
    pub issue: ContentHash,
    /// Mean of what others gave it, 0 to 10; none where no other rated it.
    pub mean_of_others: Option<Tenths>,
}

/// One rating of one draft for one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftRating {
    /// The model that gave it.
    pub rater: String,
    /// Label of the draft.
    pub draft: String,
    /// What it was rated for: `first_draft` or `checklist`.
    pub purpose: String,
    /// 0 to 10, 10 is best.
    pub score: u8,
    /// The rater wrote the draft, so that it does not count for the default.
    pub is_own: bool,
    /// Why, one line each.
    #[serde(serialize_with = "persist_list")]
    pub reasons: Vec<Untrusted<String>>,
}

/// A rating that was asked for and not given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unrated {
    /// The model that was asked.
    pub rater: String,
    /// Label of the draft.
    pub draft: String,
    /// What it was to be rated for.
    pub purpose: String,
    /// Why there is none, in one line.
    pub reason: String,
}

/// The label of the draft in this place: `A` for the first.
pub fn draft_label(place: usize) -> String {
    let letter = u8::try_from(place).map_or('Z', |place| char::from(b'A' + place.min(25)));
    letter.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_letters_in_order() {
        let labels: Vec<String> = (0..4).map(draft_label).collect();
        assert_eq!(labels, ["A", "B", "C", "D"]);
        assert_eq!(draft_label(1_000), "Z");
    }
}
