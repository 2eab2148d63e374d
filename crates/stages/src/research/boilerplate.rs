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
            let is_past =
                |at: Option<copydesk_domain::PublishedAt>| at.is_some_and(|at| at.latest() < window.from);
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

    /// In how many other texts of its publisher the words of a note stand: older posts, and posts of other stories.
    fn count(&self, note: &Note, readings: &[Reading], stories: &[Story]) -> usize {
        let Some(own) = readings
            .iter()
            .find(|reading| reading.source.snapshot == note.snapshot)
        else {
            return 0;
        };
        let Some(quote) = own.text.inspect().get(note.start..note.end) else {
            return 0;
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
        let texts = elsewhere.map(|other| other.text.inspect().as_str());
        texts
            .chain(older.map(|older| older.text.as_str()))
            .filter(|text| text.contains(quote))
            .count()
    }

    /// The notes without those that their publisher repeats. What stands in one other text only stays where its
    /// snapshot has nothing else.
    pub(crate) fn sift(&self, notes: Vec<Note>, readings: &[Reading], stories: &[Story]) -> Vec<Note> {
        let counts: Vec<usize> = notes
            .iter()
            .map(|note| self.count(note, readings, stories))
            .collect();
        let has_own = |snapshot: &ContentHash| {
            let mut all = notes.iter().zip(&counts);
            all.any(|(note, count)| note.snapshot == *snapshot && *count == 0)
        };
        let kept: Vec<bool> = notes
            .iter()
            .zip(&counts)
            .map(|(note, count)| *count == 0 || (*count == 1 && !has_own(&note.snapshot)))
            .collect();
        let both = notes.into_iter().zip(kept);
        both.filter_map(|(note, is_kept)| is_kept.then_some(note))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use copydesk_domain::NoteId;
    use copydesk_domain::artifact::{NoteKind, NoteRole, Source};

    use super::super::fixture;
    use super::*;

    const HABIT: &str = "Every week the team reads what came in.";
    const NEWS: &str = "Norn 4.2 is out.";

    fn reading(url: &str, text: &str) -> Reading {
        let source = Source {
            url: url.to_owned(),
            ..fixture::source("norn.example", "A post", text)
        };
        fixture::reading(source, text)
    }

    fn note(reading: &Reading, quote: &str) -> Note {
        let start = reading.text.inspect().find(quote).unwrap();
        Note {
            id: NoteId::new("n"),
            snapshot: reading.source.snapshot,
            start,
            end: start + quote.len(),
            kind: NoteKind::Statement,
            role: NoteRole::News,
            who: None,
            what: None,
            value: None,
            unit: None,
            date: None,
        }
    }

    fn older(count: usize) -> Habits {
        let one = || Older {
            owner: "norn.example".to_owned(),
            text: format!("Last week. {HABIT}"),
        };
        Habits((0..count).map(|_| one()).collect())
    }

    fn kept(habits: &Habits, quotes: &[&str]) -> usize {
        let readings = [reading("https://norn.example/1", &format!("{NEWS} {HABIT}"))];
        let notes = quotes.iter().map(|quote| note(&readings[0], quote)).collect();
        habits.sift(notes, &readings, &[]).len()
    }

    #[test]
    fn what_a_publisher_says_in_every_post_is_left_out() {
        assert_eq!(kept(&older(0), &[NEWS, HABIT]), 2);
        assert_eq!(kept(&older(1), &[NEWS, HABIT]), 1);
        assert_eq!(
            kept(&older(1), &[HABIT]),
            1,
            "there is nothing else, and it may be chance"
        );
        assert_eq!(kept(&older(2), &[HABIT]), 0);
    }
}
