//! Sentences that a publisher puts into every post: no news, whatever they say.

use copydesk_domain::ContentHash;
use copydesk_domain::artifact::{Note, Story, Window};
use copydesk_text::page;

use super::feeds::Polled;
use super::reading::Reading;

/// Older posts of one feed that are looked at; a sentence of every post stands in the last few.
const OLDER_MAX: usize = 8;

/// A text of a publisher that is no part of today's news: an older post of its feed.
struct Older {
    owner: String,
    text: String,
}

/// What was said before, in the words of each publisher.
pub(crate) struct Habits(Vec<Older>);

impl Habits {
    /// Reads the posts of the feeds that lie before the window, as far as the feeds themselves give their text.
    pub(crate) fn of(polled: &[Polled], window: Window) -> Self {
        let mut older = Vec::new();
        for polled in polled {
            let Ok(poll) = &polled.result else { continue };
            let is_past = |at: Option<copydesk_domain::PublishedAt>| at.is_some_and(|at| !window.holds(at));
            let items = poll.items.iter().filter(|item| is_past(item.published_at));
            for item in items.take(OLDER_MAX) {
                let Some(html) = item.content.as_ref().or(item.summary.as_ref()) else {
                    continue;
                };
                let base = item
                    .url
                    .as_ref()
                    .and_then(|url| url::Url::parse(url.inspect()).ok());
                let Some(base) = base else { continue };
                older.push(Older {
                    owner: polled.owner.clone(),
                    text: page::extract_fragment(html.inspect(), &base).text,
                });
            }
        }
        Self(older)
    }

    /// Whether a note says what its publisher says elsewhere too: in an older post, or in a post of another story.
    fn holds(&self, note: &Note, readings: &[Reading], stories: &[Story]) -> bool {
        let Some(own) = readings
            .iter()
            .find(|reading| reading.source.snapshot == note.snapshot)
        else {
            return false;
        };
        let Some(quote) = own.text.inspect().get(note.start..note.end) else {
            return false;
        };
        let story_of = |snapshot: &ContentHash| {
            stories
                .iter()
                .position(|story| story.snapshots.contains(snapshot))
        };
        let story = story_of(&note.snapshot);
        let elsewhere = readings.iter().filter(|other| {
            other.source.owner == own.source.owner
                && other.source.snapshot != note.snapshot
                && story_of(&other.source.snapshot) != story
        });
        let older = self.0.iter().filter(|older| older.owner == own.source.owner);
        elsewhere
            .map(|other| other.text.inspect())
            .any(|text| text.contains(quote))
            || older.map(|older| &older.text).any(|text| text.contains(quote))
    }

    /// The notes without those that their publisher repeats; a snapshot with nothing else keeps them.
    pub(crate) fn sift(&self, notes: Vec<Note>, readings: &[Reading], stories: &[Story]) -> Vec<Note> {
        let is_habit: Vec<bool> = notes
            .iter()
            .map(|note| self.holds(note, readings, stories))
            .collect();
        let has_other = |snapshot: &ContentHash| {
            notes
                .iter()
                .zip(&is_habit)
                .any(|(note, is_habit)| note.snapshot == *snapshot && !is_habit)
        };
        let kept: Vec<bool> = notes
            .iter()
            .zip(&is_habit)
            .map(|(note, is_habit)| !is_habit || !has_other(&note.snapshot))
            .collect();
        let mut kept = kept.into_iter();
        let mut notes = notes;
        notes.retain(|_| kept.next().unwrap_or(true));
        notes
    }
}
