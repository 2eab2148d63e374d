//! What became of the wishes of the author's note, in the author's own words.

use copydesk_domain::Untrusted;
use copydesk_domain::artifact::{Wish, WishFate};
use copydesk_domain::task::PlanIssueOutput;

/// Wishes that are told; a longer note is a letter.
const WISHES_MAX: usize = 40;

/// The wishes of a note with what the planner says of them. `note`: none where nothing was sent back. A planner that
/// names no words of the note leaves the whole of it unsettled: nothing that the author asked for goes without a word.
pub(crate) fn of(plan: &PlanIssueOutput, note: Option<&str>) -> Vec<Wish> {
    let Some(note) = note.map(str::trim).filter(|note| !note.is_empty()) else {
        return Vec::new();
    };
    let said = plan.wishes.iter().filter(|heard| {
        let words = heard.text.trim();
        !words.is_empty() && note.contains(words)
    });
    let wishes: Vec<Wish> = said
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
    use copydesk_domain::task::HeardWish;

    use super::*;

    fn plan(wishes: &[(&str, WishFate)]) -> PlanIssueOutput {
        let heard = wishes.iter().map(|(text, fate)| HeardWish {
            text: (*text).to_owned(),
            fate: *fate,
            reason: "so".to_owned(),
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
