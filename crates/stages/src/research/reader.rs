//! What a reader is given of a post, and of which posts: a language model is paid by the word.

use std::collections::HashSet;

use copydesk_config::POST_TOKENS_MAX;
use copydesk_domain::artifact::Story;
use copydesk_domain::task::{TakeNotes, Task};
use copydesk_domain::{ContentHash, Untrusted, counted, tokens};
use copydesk_journal::{StageContext, StepError};
use copydesk_text::excerpt::excerpt;
use serde::{Deserialize, Serialize};

use super::labels::UNWANTED;
use super::reading::Reading;

/// Text that the embedded model is given; a longer one is cut at a line's end. About 6,000 words.
const TEXT_MAX: usize = 40_000;
/// Tokens of title, publisher, dates and beats beside the text.
const BESIDE: u64 = 300;

/// The step that says of which posts no notes are taken.
const NO_NOTES: &str = "no_notes";

/// Who takes notes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader {
    /// Tokens of a post that a language model is given; none where only the embedded model reads, which costs nothing, or
    /// where what was read then is executed again.
    room: Option<u64>,
}

/// A post of which no notes are taken.
#[derive(Debug, Serialize, Deserialize)]
struct Unworthy {
    snapshot: ContentHash,
    reason: String,
}

/// What of a post a reader was given.
#[derive(Debug, Serialize, Deserialize)]
struct Given {
    left_out: usize,
    blocks: usize,
    tokens: u64,
}

impl Reader {
    /// By the route of the release.
    pub(super) fn of(ctx: &StageContext) -> Result<Self, StepError> {
        let post = u64::from(ctx.pipeline().pipeline.post_tokens_max.unwrap_or(POST_TOKENS_MAX));
        let room = ctx
            .room::<TakeNotes>()?
            .filter(|_| !ctx.has_recorded(TakeNotes::NAME));
        Ok(Self {
            room: room.map(|room| post.min(room.saturating_sub(BESIDE))),
        })
    }

    /// Snapshots of which no model is asked: what is known of them will not be told. The decision is a step.
    pub(super) async fn unworthy(
        self,
        ctx: &StageContext,
        stories: &[Story],
    ) -> Result<HashSet<ContentHash>, StepError> {
        let recalled = ctx.recall::<Vec<Unworthy>>(NO_NOTES)?;
        let is_known = recalled.is_some();
        let unworthy = recalled.unwrap_or_else(|| self.found_unworthy(stories));
        if !is_known && !unworthy.is_empty() {
            let words = format!(
                "no notes of {}: told before and unchanged, or not wanted",
                counted(unworthy.len(), "post", "posts")
            );
            ctx.decided(NO_NOTES, &unworthy, words.clone()).await?;
            ctx.log("info", words);
        }
        Ok(unworthy.into_iter().map(|one| one.snapshot).collect())
    }

    fn found_unworthy(self, stories: &[Story]) -> Vec<Unworthy> {
        let posts = stories
            .iter()
            .flat_map(|story| story.snapshots.iter().map(move |snapshot| (story, snapshot)));
        let unworthy = posts.filter(|(story, snapshot)| !self.is_worth(story, snapshot));
        unworthy
            .map(|(story, snapshot)| Unworthy {
                snapshot: *snapshot,
                reason: reason(story),
            })
            .collect()
    }

    /// Whether notes of a post can be told: not where its story was told and it says nothing since, or where the author
    /// does not want it. The embedded model reads all the same.
    fn is_worth(self, story: &Story, snapshot: &ContentHash) -> bool {
        let is_known = !story.is_new && !story.new_snapshots.contains(snapshot);
        self.room.is_none() || !(is_known || story.is_unwanted)
    }

    /// The text that the reader is given: all of it, or the parts that say most. What is left out is a step.
    pub(super) async fn text(
        self,
        ctx: &StageContext,
        reading: &Reading,
        place: &str,
    ) -> Result<Untrusted<String>, StepError> {
        let (title, text) = (reading.source.title.inspect(), reading.text.inspect());
        let beats = &ctx.pipeline().pipeline.beats;
        let key = format!("excerpt/{place}");
        if let Some(given) = ctx.recall::<Given>(&key)? {
            let short = excerpt(title, text, beats, given.tokens, tokens::estimated);
            return Ok(Untrusted::new(short.text));
        }
        let Some(room) = self.room else {
            return Ok(Untrusted::new(cut(text).to_owned()));
        };
        let short = excerpt(title, text, beats, room, tokens::estimated);
        if short.left_out > 0 || text.len() > TEXT_MAX {
            let words = format!(
                "{} of {} blocks left out of {room} tokens",
                short.left_out, short.blocks
            );
            let given = Given {
                left_out: short.left_out,
                blocks: short.blocks,
                tokens: room,
            };
            ctx.decided(&key, &given, words.clone()).await?;
            ctx.log("info", format!("{}: {words}", reading.source.url));
        }
        Ok(Untrusted::new(short.text))
    }
}

fn reason(story: &Story) -> String {
    if story.is_unwanted {
        return UNWANTED.to_owned();
    }
    story
        .told_in
        .as_ref()
        .map_or_else(|| "told before".to_owned(), |slug| format!("told in {slug}"))
}

/// The first lines of a text, at most [`TEXT_MAX`] bytes.
fn cut(text: &str) -> &str {
    if text.len() <= TEXT_MAX {
        return text;
    }
    let mut end = TEXT_MAX;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end]
        .rfind('\n')
        .map_or(&text[..end], |line_end| &text[..line_end])
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn hash(name: &str) -> ContentHash {
        ContentHash::of(name.as_bytes())
    }

    #[test]
    fn a_paid_reader_is_not_asked_about_what_nobody_will_tell() {
        let (paid, free) = (Reader { room: Some(9) }, Reader { room: None });
        let fresh = fixture::story("s1");
        let told = Story {
            is_new: false,
            new_snapshots: vec![hash("b")],
            ..fixture::story("s2")
        };
        let unwanted = Story {
            is_unwanted: true,
            ..fixture::story("s3")
        };
        assert!(paid.is_worth(&fresh, &hash("a")) && paid.is_worth(&told, &hash("b")));
        assert!(!paid.is_worth(&told, &hash("a")) && !paid.is_worth(&unwanted, &hash("a")));
        assert!(free.is_worth(&told, &hash("a")) && free.is_worth(&unwanted, &hash("a")));
    }

    #[test]
    fn the_embedded_model_reads_from_the_beginning() {
        assert_eq!(cut("short"), "short");
        let long = "A line of some words.\n".repeat(3_000);
        assert!(cut(&long).len() <= TEXT_MAX && cut(&long).ends_with("words."));
    }
}
