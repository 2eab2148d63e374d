//! What of a task's input may be left out where it is too long for a model's window: the least telling part first.

use super::{
    DraftAnswerInput, FollowUpInput, JudgeClaimInput, OpenQuestionsInput, PlanIssueInput, RankStoriesInput,
    RankStory, RateDraftInput, SuggestEditsInput, TakeNotesInput, TriageReplyInput, WriteSectionInput,
    WriteStory, WriteTitleInput,
};
use crate::tokens;
use crate::untrusted::PromptData;

/// Text of which nothing more is cut: a sentence or two.
const TEXT_MIN: usize = 240;
/// Sentences of the issue that a writer is shown first of all: what it must not say again is most likely near.
const SAID_MIN: usize = 12;
/// Notes of one story that a writer keeps as long as other parts can go.
const NOTES_MIN: usize = 2;

/// An input whose least telling part can be left out.
pub trait Shorten {
    /// Leaves out the least telling part that is still there, or of a text about `tokens`, and says what it was, such as
    /// `note`; none where nothing more may be left out.
    fn shorten(&mut self, tokens: u64) -> Option<&'static str>;
}

impl Shorten for TakeNotesInput {
    fn shorten(&mut self, tokens: u64) -> Option<&'static str> {
        cut(&mut self.text, tokens).then_some("end of the text")
    }
}

impl Shorten for RankStoriesInput {
    fn shorten(&mut self, _: u64) -> Option<&'static str> {
        for quotes_max in [2, 1] {
            let long = self
                .stories
                .iter_mut()
                .rfind(|story| story.quotes.len() >= quotes_max);
            if let Some(story) = long {
                story.quotes.pop();
                return Some("quotation");
            }
        }
        let weight = |at: usize, story: &RankStory| {
            let is_known = !story.is_new && !story.has_news;
            (
                story.is_unwanted,
                is_known,
                story.is_routine,
                std::cmp::Reverse(story.witnesses),
                at,
            )
        };
        let stories = self.stories.iter().enumerate();
        let (at, _) = stories.max_by_key(|(at, story)| weight(*at, story))?;
        (self.stories.len() > 1).then(|| {
            self.stories.remove(at);
            "story"
        })
    }
}

impl Shorten for FollowUpInput {
    fn shorten(&mut self, _: u64) -> Option<&'static str> {
        pop(&mut self.topics, 0, "question of a reader").or_else(|| pop(&mut self.terms, 1, "term"))
    }
}

impl Shorten for PlanIssueInput {
    fn shorten(&mut self, _: u64) -> Option<&'static str> {
        pop(&mut self.stories, 1, "story")
    }
}

impl Shorten for WriteSectionInput {
    fn shorten(&mut self, _: u64) -> Option<&'static str> {
        for (said_min, notes_min) in [(SAID_MIN, NOTES_MIN), (0, 1)] {
            if self.said.len() > said_min {
                self.said.remove(0);
                return Some("earlier sentence of the issue");
            }
            let fullest = self.stories.iter_mut().max_by_key(|story| story.notes.len());
            if let Some(story) = fullest.filter(|story| story.notes.len() > notes_min) {
                leave_out_note(story);
                return Some("note");
            }
        }
        None
    }
}

/// Leaves out the last note of the source with the most: what is told is told by several before one tells it at length.
fn leave_out_note(story: &mut WriteStory) {
    let count = |source: u32| story.notes.iter().filter(|note| note.source == source).count();
    let notes = story.notes.iter().enumerate();
    if let Some((at, _)) = notes.max_by_key(|(at, note)| (count(note.source), *at)) {
        story.notes.remove(at);
    }
}

impl Shorten for WriteTitleInput {
    fn shorten(&mut self, _: u64) -> Option<&'static str> {
        pop(&mut self.other_titles, 0, "title of another story")
            .or_else(|| pop(&mut self.lead_sentences, 1, "sentence of the lead"))
            .or_else(|| pop(&mut self.lead_titles, 1, "title of the lead"))
            .or_else(|| pop(&mut self.publishers, 0, "publisher"))
    }
}

impl Shorten for JudgeClaimInput {
    fn shorten(&mut self, _: u64) -> Option<&'static str> {
        pop(&mut self.evidence, 1, "piece of evidence")
    }
}

impl Shorten for SuggestEditsInput {
    fn shorten(&mut self, _: u64) -> Option<&'static str> {
        pop(&mut self.sentences, 1, "sentence")
    }
}

impl Shorten for RateDraftInput {
    fn shorten(&mut self, tokens: u64) -> Option<&'static str> {
        cut(&mut self.text, tokens).then_some("end of the text")
    }
}

impl Shorten for TriageReplyInput {
    fn shorten(&mut self, tokens: u64) -> Option<&'static str> {
        cut(&mut self.text, tokens).then_some("end of the text")
    }
}

impl Shorten for DraftAnswerInput {
    fn shorten(&mut self, _: u64) -> Option<&'static str> {
        pop(&mut self.passages, 1, "passage").or_else(|| pop(&mut self.sentences, 1, "sentence of the issue"))
    }
}

impl Shorten for OpenQuestionsInput {
    fn shorten(&mut self, _: u64) -> Option<&'static str> {
        pop(&mut self.replies, 1, "reply")
    }
}

fn pop<T>(list: &mut Vec<T>, keep: usize, what: &'static str) -> Option<&'static str> {
    (list.len() > keep).then(|| {
        list.pop();
        what
    })
}

/// Cuts about `tokens`, and at least one sentence, off the end of a text; `false` where too little would be left.
fn cut(text: &mut PromptData, tokens: u64) -> bool {
    let whole = text.as_str();
    let wanted = tokens::estimated(whole).saturating_sub(tokens.max(1));
    // What is kept is found by halving: the estimate grows with the text.
    let (mut low, mut high) = (0, whole.len());
    while low < high {
        let middle = whole.floor_char_boundary((low + high).div_ceil(2));
        if middle <= low {
            break;
        }
        if tokens::estimated(&whole[..middle]) <= wanted {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    let kept = upto_sentence(whole, low.max(TEXT_MIN));
    if kept.len() >= whole.len() {
        return false;
    }
    *text = PromptData::from(kept);
    true
}

/// The beginning of a text of at most `bytes_max` bytes, up to the end of its last whole sentence or line, or of its last
/// word where there is none.
///
/// A sentence ends with `.`, `!`, `?` and white space behind it, or with such a sign of Chinese or Japanese.
pub fn upto_sentence(text: &str, bytes_max: usize) -> &str {
    if text.len() <= bytes_max {
        return text;
    }
    let near = &text[..text.floor_char_boundary(bytes_max)];
    let next = text[near.len()..].chars().next();
    let mut ends = near.char_indices().filter_map(|(at, character)| {
        let behind = at + character.len_utf8();
        let follows = near[behind..].chars().next().or(next);
        let is_end = match character {
            '\n' => return Some(at),
            '.' | '!' | '?' => follows.is_some_and(char::is_whitespace),
            '。' | '！' | '？' => true,
            _ => false,
        };
        is_end.then_some(behind)
    });
    let end = ends.next_back().filter(|end| *end > 0);
    let end = end
        .or_else(|| near.rfind(char::is_whitespace))
        .unwrap_or(near.len());
    &near[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{NoteKind, NoteRole};
    use crate::task::{HouseStyle, WriteNote};

    fn data(text: &str) -> PromptData {
        PromptData::from(text)
    }

    #[test]
    fn a_text_is_cut_behind_a_sentence_or_a_line() {
        assert_eq!(upto_sentence("One. Two is long.", 9), "One.");
        assert_eq!(upto_sentence("One. Two is long.", 4), "One.");
        assert_eq!(
            upto_sentence("Version 1.98 is out. Next", 22),
            "Version 1.98 is out."
        );
        assert_eq!(upto_sentence("A heading\nand a line", 14), "A heading");
        assert_eq!(upto_sentence("only words here", 12), "only words");
        assert_eq!(upto_sentence("新聞。次の", 12), "新聞。");
        assert_eq!(upto_sentence("éééé", 3), "é");
        assert_eq!(upto_sentence("whole", 99), "whole");
    }

    #[test]
    fn a_text_gives_as_much_as_is_asked_and_keeps_its_beginning() {
        let text = "The mirror fell at noon and was up again. ".repeat(100);
        let mut reply = TriageReplyInput {
            subject: data("s"),
            text: data(&text),
            issue_title: None,
            closing_question: None,
        };
        let before = tokens::estimated(&text);
        assert_eq!(reply.shorten(before / 2), Some("end of the text"));
        let after = tokens::estimated(reply.text.as_str());
        assert!(
            after <= before - before / 2 && after > before / 3,
            "{after} of {before}"
        );
        assert!(reply.text.as_str().ends_with("again."));
        while reply.shorten(1).is_some() {}
        assert!(reply.text.as_str().len() <= TEXT_MIN, "{}", reply.text.as_str());
        assert!(reply.text.as_str().ends_with("again."));
    }

    fn write_note(id: &str, source: u32) -> WriteNote {
        WriteNote {
            id: id.to_owned(),
            source,
            publisher: data("p"),
            title: data("t"),
            kind: NoteKind::Statement,
            role: NoteRole::News,
            quote: data("q"),
            context: data("c"),
            who: None,
            what: None,
            value: None,
            unit: None,
            published_at: None,
            is_new: true,
        }
    }

    #[test]
    fn a_section_keeps_a_note_of_each_story_and_of_many_sources() {
        let notes = [("n1", 1), ("n2", 1), ("n3", 1), ("n4", 2)];
        let story = |id: &str, count: usize| WriteStory {
            id: id.to_owned(),
            title: data("t"),
            posts: 1,
            witnesses: 1,
            publishers: Vec::new(),
            told_in: None,
            told_on: None,
            notes: notes[..count]
                .iter()
                .map(|(id, source)| write_note(id, *source))
                .collect(),
        };
        let mut input = WriteSectionInput {
            heading: "h".to_owned(),
            kind: "roundup".to_owned(),
            words_max: 100,
            plain: false,
            stories: vec![story("s1", 4), story("s2", 1)],
            format: String::new(),
            style: HouseStyle::default(),
            said: vec![data("a"); 13],
            quoted_words: Vec::new(),
            author_note: None,
        };
        let ids = |input: &WriteSectionInput| -> Vec<String> {
            input.stories[0]
                .notes
                .iter()
                .map(|note| note.id.clone())
                .collect()
        };
        assert_eq!(input.shorten(1), Some("earlier sentence of the issue"));
        assert_eq!(input.shorten(1), Some("note"));
        assert_eq!(ids(&input), ["n1", "n2", "n4"]);
        assert_eq!(input.shorten(1), Some("note"));
        assert_eq!(ids(&input), ["n1", "n4"]);
        let mut left = 0;
        while input.shorten(1).is_some() {
            left += 1;
        }
        assert_eq!((left, input.said.len()), (13, 0));
        assert!(input.stories.iter().all(|story| story.notes.len() == 1));
    }

    fn rank(id: &str, quotes: usize, is_routine: bool) -> RankStory {
        RankStory {
            id: id.to_owned(),
            title: data("t"),
            publishers: Vec::new(),
            posts: 1,
            witnesses: 1,
            beats: Vec::new(),
            published_at: None,
            is_new: true,
            has_news: false,
            is_release: false,
            is_routine,
            quotes: vec![data("q"); quotes],
            liking: None,
            is_unwanted: false,
        }
    }

    #[test]
    fn of_stories_to_rank_quotations_go_first_and_then_what_is_routine() {
        let mut input = RankStoriesInput {
            now: crate::Instant::from_micros(0),
            newsletter: String::new(),
            beats: Vec::new(),
            topics: Vec::new(),
            stories: vec![rank("s1", 2, false), rank("s2", 1, true), rank("s3", 0, false)],
        };
        let said: Vec<_> = std::iter::from_fn(|| input.shorten(1)).collect();
        assert_eq!(said, ["quotation", "quotation", "quotation", "story", "story"]);
        assert_eq!(input.stories[0].id, "s1");
        assert_eq!(input.stories.len(), 1);
    }
}
