//! What a story that was told before has to tell now.

use std::collections::HashSet;

use copydesk_domain::Untrusted;
use copydesk_domain::artifact::{Note, Story};
use copydesk_text::{sentence, words};

use super::history::{History, How};
use super::reading::Reading;

/// A sentence is told again where the issue's sentence has this share of its telling words, and all its figures.
const SAID_SHARE: f64 = 0.7;
/// Shorter sentences have too few telling words for a share to mean anything.
const STEMS_MIN: usize = 3;

/// Marks the notes of told stories that say what neither the last issues nor their sources said.
pub(crate) fn mark(stories: &mut [Story], notes: &[Note], readings: &[Reading], history: &History) {
    if stories.iter().all(|story| story.is_new) {
        return;
    }
    let known = Known::of(history);
    for story in stories.iter_mut().filter(|story| !story.is_new) {
        let is_news = |note: &&Note| {
            let reading = readings
                .iter()
                .find(|reading| reading.source.snapshot == note.snapshot);
            story.new_snapshots.contains(&note.snapshot)
                && reading.is_some_and(|reading| !known.has(&around(&reading.text, note)))
        };
        story.new_notes = notes.iter().filter(is_news).map(|note| note.id.clone()).collect();
    }
}

/// The sentence that a note was taken from.
fn around(text: &Untrusted<String>, note: &Note) -> String {
    let text = text.inspect();
    let start = text[..note.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[note.end..].find('\n').map_or(text.len(), |at| note.end + at);
    let block = &text[start..end];
    let (from, to) = (note.start - start, note.end - start);
    let found = sentence::split(block)
        .into_iter()
        .find(|range| range.start <= from && to <= range.end);
    found
        .and_then(|range| block.get(range))
        .unwrap_or(&text[note.start..note.end])
        .to_owned()
}

/// What readers of the last issues know.
#[derive(Default)]
struct Known {
    /// Sentences of told sources, as runs of lower-case words.
    sentences: HashSet<String>,
    /// Telling words of each sentence of an issue.
    said: Vec<HashSet<String>>,
}

impl Known {
    fn of(history: &History) -> Self {
        let mut known = Self::default();
        for told in history.told.iter().filter(|told| told.how == How::Told) {
            for line in told.text.inspect().lines() {
                let ranges = sentence::split(line).into_iter();
                known
                    .sentences
                    .extend(ranges.filter_map(|range| line.get(range)).map(plain));
            }
        }
        for sentence in &history.said {
            known
                .said
                .push(words::content_stems(sentence.inspect()).into_iter().collect());
        }
        known
    }

    fn has(&self, sentence: &str) -> bool {
        if self.sentences.contains(&plain(sentence)) {
            return true;
        }
        let stems: HashSet<String> = words::content_stems(sentence).into_iter().collect();
        if stems.len() < STEMS_MIN {
            return false;
        }
        let is_figure = |stem: &&String| stem.bytes().any(|byte| byte.is_ascii_digit());
        self.said.iter().any(|said| {
            let shared = stems.intersection(said).count() as f64;
            shared >= SAID_SHARE * stems.len() as f64
                && stems.iter().filter(is_figure).all(|figure| said.contains(figure))
        })
    }
}

/// The words of a sentence in lower case, without what stands between them.
fn plain(sentence: &str) -> String {
    let lower = sentence.to_lowercase();
    let all: Vec<&str> = words::words(&lower).map(|(_, word)| word).collect();
    all.join(" ")
}

#[cfg(test)]
mod tests {
    use copydesk_domain::{ContentHash, Instant};

    use super::super::history::Told;
    use super::*;

    fn known() -> Known {
        Known::of(&History {
            told: vec![Told {
                snapshot: ContentHash::of(b"a"),
                slug: "2026-08-12".to_owned(),
                at: Instant::from_micros(0),
                how: How::Told,
                title: Untrusted::new(String::new()),
                text: Untrusted::new(
                    "The mirror fell at noon. Moss lost 40 images.\nNobody was hurt.".to_owned(),
                ),
                url: String::new(),
                published_at: None,
            }],
            said: vec![Untrusted::new(
                "Moss says that \"40 images were lost when the mirror fell\".".to_owned(),
            )],
            ..History::default()
        })
    }

    #[test]
    fn what_a_told_source_said_is_no_news() {
        assert!(known().has("The mirror fell at noon!"));
        assert!(known().has("nobody was hurt"));
        assert!(!known().has("The mirror fell at night."));
    }

    #[test]
    fn what_the_issue_said_in_other_words_is_no_news_unless_a_figure_differs() {
        assert!(known().has("When the mirror fell, 40 images were lost."));
        assert!(!known().has("When the mirror fell, 55 images were lost."));
        assert!(!known().has("Moss pays each owner of an image 200 euros."));
    }

    #[test]
    fn the_sentence_around_a_note_is_compared() {
        let text = Untrusted::new("First. Moss lost 55 images.\nLast.".to_owned());
        let start = text.inspect().find("55").unwrap();
        let note = Note {
            id: "n1".into(),
            snapshot: ContentHash::of(b"b"),
            start,
            end: start + 9,
            kind: copydesk_domain::artifact::NoteKind::Number,
            role: copydesk_domain::artifact::NoteRole::Figure,
            who: None,
            what: None,
            value: None,
            unit: None,
            date: None,
        };
        assert_eq!(around(&text, &note), "Moss lost 55 images.");
    }
}
