//! What became of the wishes of an author's note.

use copydesk_domain::artifact::WishFate;
use copydesk_domain::task::{HeardWish, PlanIssueInput, PlanStory, PlannedSection};
use copydesk_text::words;

/// Titles that one line names.
const NAMED_MAX: usize = 3;

/// What a wish asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    /// To leave stories out.
    Drop,
    /// To lead with a story.
    Lead,
    /// Something else, which this planner cannot read.
    Unread,
}

/// A wish with the stories that it means.
pub(super) struct Heard<'n> {
    pub(super) wish: &'n str,
    pub(super) means: Means,
    pub(super) stories: Vec<&'n PlanStory>,
}

impl<'n> Heard<'n> {
    /// A wish that is not read; none where there are no words in it.
    pub(super) fn unread(wish: &'n str) -> Option<Self> {
        (words::count(wish) > 0).then_some(Self {
            wish,
            means: Means::Unread,
            stories: Vec::new(),
        })
    }

    /// What became of it in a plan.
    pub(super) fn settled(self, input: &PlanIssueInput, sections: &[PlannedSection]) -> HeardWish {
        let left_out = match self.means {
            Means::Drop => self.stories.iter().map(|story| story.id.clone()).collect(),
            Means::Lead | Means::Unread => Vec::new(),
        };
        let (fate, reason) = match self.means {
            Means::Unread => (
                WishFate::NotUnderstood,
                "the built-in writer reads wishes to drop a story or to lead with one; the rest is yours to edit".to_owned(),
            ),
            _ if self.stories.is_empty() => (
                WishFate::NotFollowed,
                "no story of the draft has these words in its title".to_owned(),
            ),
            Means::Drop => (WishFate::Followed, format!("left out: {}", titles(&self.stories))),
            Means::Lead => self.led(input, sections),
        };
        HeardWish {
            text: self.wish.trim().to_owned(),
            fate,
            reason,
            left_out,
        }
    }

    fn led(&self, input: &PlanIssueInput, sections: &[PlannedSection]) -> (WishFate, String) {
        let is_lead = |heading: &str| {
            let mut known = input.sections.iter();
            known.any(|section| section.heading == heading && section.kind == "lead")
        };
        let lead = sections.iter().find(|section| is_lead(&section.heading));
        let first = lead
            .or(sections.first())
            .and_then(|section| section.stories.first());
        let leading = self.stories.iter().find(|story| Some(&story.id) == first);
        match leading {
            Some(story) => (WishFate::Followed, format!("leads: “{}”", story.title.as_str())),
            None => (
                WishFate::NotFollowed,
                format!("nothing of it can be quoted as a lead: {}", titles(&self.stories)),
            ),
        }
    }
}

fn titles(stories: &[&PlanStory]) -> String {
    let named = stories.iter().take(NAMED_MAX);
    let mut shown: Vec<String> = named.map(|story| format!("“{}”", story.title.as_str())).collect();
    if stories.len() > NAMED_MAX {
        shown.push(format!("and {} more", stories.len() - NAMED_MAX));
    }
    shown.join(", ")
}
