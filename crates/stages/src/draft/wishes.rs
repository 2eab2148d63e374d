//! What became of the wishes of the author's note, in the author's own words.

use copydesk_domain::artifact::{Wish, WishFate};
use copydesk_domain::task::{HeardWish, PlanIssueOutput};
use copydesk_domain::{StoryId, Untrusted};

/// Wishes that are told; a longer note is a letter.
const WISHES_MAX: usize = 40;

/// The wishes of a note with what the planner says of them. `note`: none where nothing was sent back. A planner that
/// names no words of the note leaves the whole of it unsettled: nothing that the author asked for goes without a word.
pub(crate) fn of(plan: &PlanIssueOutput, note: Option<&str>) -> Vec<Wish> {
    let Some(note) = note.map(str::trim).filter(|note| !note.is_empty()) else {
        return Vec::new();
    };
    let wishes: Vec<Wish> = heard(plan, note)
        .take(WISHES_MAX)
        .map(|heard| Wish {
            text: heard.text.trim().to_owned(),
            fate: heard.fate,
            reason: Untrusted::new(heard.reason.clone()),
        })
        .collect();
    if !wishes.is_empty() {
        return wishes;
    }
    vec![Wish {
        text: note.to_owned(),
        fate: WishFate::NotUnderstood,
        reason: Untrusted::new("the planner did not say what became of it".to_owned()),
    }]
}

/// What the planner heard in a note: of the author's own words alone.
fn heard<'p>(plan: &'p PlanIssueOutput, note: &str) -> impl Iterator<Item = &'p HeardWish> {
    plan.wishes.iter().filter(move |heard| {
        let words = heard.text.trim();
        !words.is_empty() && note.contains(words)
    })
}

/// The stories that a note wants left out, and that are: they are not linked to either. `note`: none where nothing was
/// sent back.
pub(crate) fn left_out(plan: &PlanIssueOutput, note: Option<&str>) -> Vec<StoryId> {
    let Some(note) = note else { return Vec::new() };
    heard(plan, note)
        .filter(|heard| heard.fate == WishFate::Followed)
        .flat_map(|heard| &heard.left_out)
        .map(|id| StoryId::new(id.as_str()))
        .collect()
}

/// How many wishes were followed, for a person at a terminal; empty without a note.
pub(crate) fn summary(wishes: &[Wish]) -> String {
    let followed = wishes
        .iter()
        .filter(|wish| wish.fate == WishFate::Followed)
        .count();
    match wishes.len() {
        0 => String::new(),
        1 => format!(
            " · your wish: {}",
            if followed == 1 { "followed" } else { "not followed" }
        ),
        all => format!(" · {followed} of your {all} wishes followed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(wishes: &[(&str, WishFate)]) -> PlanIssueOutput {
        let heard = wishes.iter().map(|(text, fate)| HeardWish {
            text: (*text).to_owned(),
            fate: *fate,
            reason: "so".to_owned(),
            left_out: vec![format!("s{}", text.len())],
        });
        PlanIssueOutput {
            sections: Vec::new(),
            wishes: heard.collect(),
        }
    }

    #[test]
    fn only_the_authors_words_are_wishes() {
        let planned = plan(&[
            ("Drop the keys", WishFate::Followed),
            ("Praise Norn", WishFate::Followed),
        ]);
        let found = of(&planned, Some("Drop the keys. Make it short."));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].text, "Drop the keys");
        assert!(of(&planned, None).is_empty());
    }

    #[test]
    fn a_story_is_left_out_by_the_authors_words_where_they_were_followed() {
        let planned = plan(&[
            ("Drop the keys", WishFate::Followed),
            ("Drop the bridge", WishFate::NotFollowed),
            ("Drop Norn as well", WishFate::Followed),
        ]);
        let note = "Drop the keys. Drop the bridge.";
        assert_eq!(left_out(&planned, Some(note)), [StoryId::from("s13")]);
        assert!(left_out(&planned, None).is_empty());
    }

    #[test]
    fn a_note_that_the_planner_passes_over_is_told_as_not_understood() {
        let found = of(&plan(&[]), Some(" Make it short. "));
        assert_eq!(
            (found[0].text.as_str(), found[0].fate),
            ("Make it short.", WishFate::NotUnderstood)
        );
        assert_eq!(summary(&found), " · your wish: not followed");
        assert_eq!(summary(&[]), "");
    }
}
