//! A research brief with less in it, so that what a custom stage is given fits. Pure.

use std::collections::HashSet;

use copydesk_domain::ContentHash;
use copydesk_domain::artifact::{Note, ResearchBrief, Source, Story};
use serde::{Deserialize, Serialize};

/// How much of each list was left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shortened {
    pub(super) unread: usize,
    pub(super) outside: usize,
    pub(super) feeds: usize,
    pub(super) stories: usize,
    pub(super) sources: usize,
    pub(super) notes: usize,
}

impl Shortened {
    /// `left out 200 unread posts, 3 stories`; empty where it was left whole.
    pub(super) fn words(&self) -> String {
        let counts = [
            (self.unread, "unread posts"),
            (self.outside, "posts outside the window"),
            (self.feeds, "feeds"),
            (self.stories, "stories"),
            (self.sources, "sources"),
            (self.notes, "notes"),
        ];
        let told = counts.iter().filter(|(count, _)| *count > 0);
        let told: Vec<String> = told.map(|(count, what)| format!("{count} {what}")).collect();
        if told.is_empty() {
            return String::new();
        }
        format!("left out {}", told.join(", "))
    }
}

/// Leaves out what is worth least until some `excess` bytes of JSON are gone, or only the first story with one note is
/// left: posts that were not read, those outside the window, feeds (how many answered stands with the beats), then
/// sources that no story names, and the stories from the last one on, each with its notes and sources. Whatever stays
/// names nothing that went.
pub(super) fn shorten(brief: &mut ResearchBrief, excess: usize) -> Shortened {
    let mut left = Left { excess };
    let mut shortened = Shortened {
        unread: left.cut(&mut brief.unread.posts, 0),
        outside: left.cut(&mut brief.outside, 0),
        feeds: left.cut(&mut brief.feeds, 0),
        ..Shortened::default()
    };
    let (sources, notes) = (brief.sources.len(), brief.notes.len());
    if left.excess > 0 {
        drop_unnamed(brief, &mut left);
    }
    while left.excess > 0 && brief.stories.len() > 1 {
        shortened.stories += left.cut_one(&mut brief.stories);
        drop_unnamed(brief, &mut left);
    }
    left.cut(&mut brief.notes, 1);
    let kept: HashSet<_> = brief.notes.iter().map(|note| note.id.clone()).collect();
    for story in &mut brief.stories {
        story.new_notes.retain(|note| kept.contains(note));
    }
    shortened.sources = sources - brief.sources.len();
    shortened.notes = notes - brief.notes.len();
    shortened
}

/// Takes out the sources that no story names, but for originals of those that one names, and their notes.
fn drop_unnamed(brief: &mut ResearchBrief, left: &mut Left) {
    let mut named: HashSet<ContentHash> = brief.stories.iter().flat_map(of_story).collect();
    let of_named = brief
        .sources
        .iter()
        .filter(|source| named.contains(&source.snapshot));
    let originals: Vec<ContentHash> = of_named.filter_map(|source| source.copy_of).collect();
    named.extend(originals);
    left.retain(&mut brief.sources, |source: &Source| {
        named.contains(&source.snapshot)
    });
    left.retain(&mut brief.notes, |note: &Note| named.contains(&note.snapshot));
}

fn of_story(story: &Story) -> impl Iterator<Item = ContentHash> {
    story.snapshots.iter().chain(&story.new_snapshots).copied()
}

/// Bytes that are still too many.
struct Left {
    excess: usize,
}

impl Left {
    /// Takes items from the end while there is too much, down to `least`; gives how many went.
    fn cut<T: Serialize>(&mut self, items: &mut Vec<T>, least: usize) -> usize {
        let mut count = 0;
        while self.excess > 0 && items.len() > least {
            count += self.cut_one(items);
        }
        count
    }

    fn cut_one<T: Serialize>(&mut self, items: &mut Vec<T>) -> usize {
        items.pop().map_or(0, |item| {
            self.went(&item);
            1
        })
    }

    fn retain<T: Serialize>(&mut self, items: &mut Vec<T>, is_kept: impl Fn(&T) -> bool) {
        items.retain(|item| {
            let stays = is_kept(item);
            if !stays {
                self.went(item);
            }
            stays
        });
    }

    /// The comma beside it is not counted: rather a little too much goes than too little.
    fn went<T: Serialize>(&mut self, item: &T) {
        let bytes = serde_json::to_string(item).map_or(0, |text| text.len());
        self.excess = self.excess.saturating_sub(bytes);
    }
}

#[cfg(test)]
mod tests {
    use copydesk_domain::NoteId;
    use copydesk_domain::artifact::{OutsidePost, OutsideWhy};

    use super::*;
    use crate::research::fixture;

    /// Three stories of a post with a note each, a copy of the third one's in the first, and a post of no story.
    fn brief() -> ResearchBrief {
        let source = |text: &str| fixture::source("norn.example", text, text);
        let mut sources: Vec<Source> = ["one", "two", "three", "copy of three", "alone"]
            .map(source)
            .into();
        sources[3].copy_of = Some(sources[2].snapshot);
        let of = |at: usize| sources[at].snapshot;
        let notes = vec![
            fixture::note("n1", of(0)),
            fixture::note("n2", of(1)),
            fixture::note("n3", of(2)),
        ];
        let mut stories: Vec<Story> = ["s1", "s2", "s3"].map(fixture::story).into();
        stories[0].snapshots = vec![of(0), of(3)];
        stories[1].snapshots = vec![of(1)];
        stories[1].new_notes = vec!["n2".into()];
        stories[2].snapshots = vec![of(2)];
        let mut brief = fixture::brief(sources);
        (brief.stories, brief.notes) = (stories, notes);
        brief.outside = vec![OutsidePost {
            feed: "https://norn.example/feed".to_owned(),
            url: "https://norn.example/x".to_owned(),
            title: None,
            published_at: None,
            why: OutsideWhy::Undated,
        }];
        brief
    }

    fn bytes(brief: &ResearchBrief) -> usize {
        serde_json::to_string(brief).unwrap().len()
    }

    #[test]
    fn what_was_not_read_goes_first_and_the_first_story_stays() {
        let whole = brief();
        let excesses = [1, 150, 700, 1_400, 1_000_000];
        let left: Vec<(usize, usize, usize)> = excesses
            .map(|excess| {
                let mut brief = brief();
                let shortened = shorten(&mut brief, excess);
                let gone = bytes(&whole) - bytes(&brief);
                assert!(
                    gone >= excess || brief.notes.len() == 1,
                    "{excess}: {shortened:?}"
                );
                assert_eq!(shortened.outside, 1);
                assert_eq!(brief.stories.len() + shortened.stories, 3);
                (brief.sources.len(), brief.stories.len(), brief.notes.len())
            })
            .into();
        assert_eq!(
            left,
            [(5, 3, 3), (4, 3, 3), (4, 2, 3), (3, 1, 2), (3, 1, 1)],
            "{left:?}"
        );
    }

    #[test]
    fn whatever_stays_names_nothing_that_went() {
        for excess in (0..2_500).step_by(50) {
            let mut brief = brief();
            shorten(&mut brief, excess);
            let there: HashSet<ContentHash> = brief.sources.iter().map(|source| source.snapshot).collect();
            let notes: HashSet<NoteId> = brief.notes.iter().map(|note| note.id.clone()).collect();
            let copied = brief.sources.iter().filter_map(|source| source.copy_of);
            let of_notes = brief.notes.iter().map(|note| note.snapshot);
            let told = brief.stories.iter().flat_map(of_story);
            for named in copied.chain(of_notes).chain(told) {
                assert!(there.contains(&named), "{excess}");
            }
            let new = brief.stories.iter().flat_map(|story| &story.new_notes);
            for note in new {
                assert!(notes.contains(note), "{excess}");
            }
        }
    }

    #[test]
    fn what_went_is_told_in_words() {
        let shortened = Shortened {
            unread: 200,
            stories: 3,
            ..Shortened::default()
        };
        assert_eq!(shortened.words(), "left out 200 unread posts, 3 stories");
        assert_eq!(Shortened::default().words(), "");
    }
}
