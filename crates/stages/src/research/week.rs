//! What other pipelines read already: their briefs, and the time that no brief covers.

use std::collections::{HashMap, HashSet};

use copydesk_config::FeedConfig;
use copydesk_domain::artifact::{Draft, Note, ReadFrom, ResearchBrief, Source, Story, Window};
use copydesk_domain::{ContentHash, Instant, StoryId, Untrusted};
use copydesk_journal::{StageContext, StageError, StageInputs};

use super::author;
use super::feeds::{self, Poll, Polled};
use super::labels;
use super::owner::owner_of;
use super::reading::{AUTHOR, Reading};

/// A shorter time without a brief is the morning of a late run, and no day.
const GAP_MIN: jiff::SignedDuration = jiff::SignedDuration::from_hours(12);

/// The briefs of the pipelines that this one reads. Empty where it reads none.
#[derive(Debug, Default)]
pub(crate) struct Week {
    briefs: Vec<ResearchBrief>,
    /// Posts that the briefs read, oldest brief first.
    pub(crate) readings: Vec<Reading>,
    /// Notes that were taken of them.
    pub(crate) notes: Vec<Note>,
    /// Addresses of pages whose stories led a published issue: a page may have changed since.
    led: HashSet<String>,
    /// Addresses of pages whose stories a published issue told.
    told: HashSet<String>,
}

/// Loads the briefs, their posts and their notes from the store; no source is asked.
pub(crate) async fn load(
    ctx: &StageContext,
    inputs: &StageInputs,
    window: Window,
) -> Result<Week, StageError> {
    let mut week = Week::default();
    let mut briefs = Vec::new();
    for read in inputs.reads.iter().rev() {
        let draft: Option<Draft> = match &read.published {
            Some(draft) => Some(ctx.artifact(draft).await?),
            None => None,
        };
        let labels = draft.as_ref().map_or(&[][..], |draft| &draft.labels);
        briefs.push((labels::labelled(ctx, &read.brief, labels).await?, draft));
    }
    let held = held(inputs);
    let newest = newest_of_each(briefs.iter().map(|(brief, _)| brief.sources.as_slice()));
    let mut seen = HashSet::new();
    for (brief, draft) in briefs {
        for source in &brief.sources {
            let is_in = source.published_at.is_none_or(|at| window.holds(at));
            let is_newest = newest.get(&place_of(source)) == Some(&source.snapshot);
            if !is_in || is_withdrawn(source, &held) || !is_newest || !seen.insert(place_of(source)) {
                continue;
            }
            let record = ctx.snapshot(&source.snapshot).await?;
            week.readings.push(Reading {
                feed: feed_of(ctx, &brief, &source.publisher),
                source: source.clone(),
                text: record.text,
                links: Vec::new(),
                page_fault: None,
                fetched_from: source.url.clone(),
                claimed_url: None,
            });
        }
        let noted: HashSet<ContentHash> = week.notes.iter().map(|note| note.snapshot).collect();
        let fresh = brief.notes.iter().filter(|note| !noted.contains(&note.snapshot));
        week.notes.extend(fresh.cloned());
        if let Some(draft) = &draft {
            week.note_told(draft, &brief);
        }
        week.briefs.push(brief);
    }
    let kept: HashSet<ContentHash> = week
        .readings
        .iter()
        .map(|reading| reading.source.snapshot)
        .collect();
    week.notes.retain(|note| kept.contains(&note.snapshot));
    Ok(week)
}

/// Texts that the author notes now, by the hash of the snapshot that is made of each.
fn held(inputs: &StageInputs) -> HashSet<ContentHash> {
    let notes = inputs.author_notes.iter();
    notes
        .map(|note| ContentHash::of(author::text_of(note).as_bytes()))
        .collect()
}

/// Whether the author corrected or deleted this note since a brief read it. One that the last issue of this pipeline had
/// before it is not among `held` either, and was told there.
fn is_withdrawn(source: &Source, held: &HashSet<ContentHash>) -> bool {
    source.read_from == Some(ReadFrom::Note) && !held.contains(&source.snapshot)
}

/// Where a source is found: its address; a text that the author noted is the same wherever it was noted.
fn place_of(source: &Source) -> String {
    if source.owner == AUTHOR {
        source.snapshot.to_string()
    } else {
        source.url.clone()
    }
}

/// The snapshot of each place as the last of some briefs has it: a page that changed within the week is told once, as it
/// is now. `briefs`: oldest first.
fn newest_of_each<'b>(briefs: impl Iterator<Item = &'b [Source]>) -> HashMap<String, ContentHash> {
    let mut newest = HashMap::new();
    for sources in briefs {
        newest.extend(sources.iter().map(|source| (place_of(source), source.snapshot)));
    }
    newest
}

/// The address of the feed with this publisher: this pipeline's, else the brief's.
fn feed_of(ctx: &StageContext, brief: &ResearchBrief, publisher: &Untrusted<String>) -> String {
    let read = brief.feeds.iter().find(|feed| feed.title == *publisher);
    let own = ctx.pipeline().feeds.iter().find(|feed| {
        read.is_some_and(|read| read.feed == feed.url) || feed.title.as_ref() == Some(publisher.inspect())
    });
    own.map(|feed| feed.url.clone())
        .or_else(|| read.map(|read| read.feed.clone()))
        .unwrap_or_default()
}

impl Week {
    fn note_told(&mut self, draft: &Draft, brief: &ResearchBrief) {
        for section in &draft.sections {
            let stories = section
                .stories
                .iter()
                .filter_map(|id| brief.stories.iter().find(|story| story.id == *id));
            let snapshots: Vec<&ContentHash> = stories.flat_map(|story| &story.snapshots).collect();
            let sources = brief.sources.iter();
            for source in sources.filter(|source| snapshots.contains(&&source.snapshot)) {
                self.told.insert(place_of(source));
                if section.kind == "lead" {
                    self.led.insert(place_of(source));
                }
            }
        }
    }

    /// Asks the feeds of the pipeline whose time the briefs leave open; the others are as the briefs found them.
    /// `has_more`: there is something to read beside them.
    pub(crate) async fn poll(
        &self,
        ctx: &StageContext,
        window: Window,
        has_more: bool,
    ) -> Result<Vec<Polled>, StageError> {
        let feeds = &ctx.pipeline().feeds;
        let gaps: Vec<Vec<Window>> = feeds.iter().map(|feed| self.gaps(feed, window)).collect();
        let open: Vec<FeedConfig> = feeds
            .iter()
            .zip(&gaps)
            .filter(|(_, gaps)| !gaps.is_empty())
            .map(|(feed, _)| feed.clone())
            .collect();
        // Where hits of a search, a note or the brief of a day are there to read, it does with those.
        let asked = if open.len() == feeds.len() && !has_more && self.readings.is_empty() {
            feeds::poll_all(ctx, open, window).await?
        } else {
            feeds::poll(ctx, open, window).await?
        };
        let mut asked = asked.into_iter();
        let mut polled = Vec::new();
        for (feed, gaps) in feeds.iter().zip(gaps) {
            if gaps.is_empty() {
                polled.push(self.as_found(feed));
                continue;
            }
            let Some(mut one) = asked.next() else { break };
            if let Ok(poll) = &mut one.result {
                // What the briefs cover was read; an item without a date may be of any day.
                poll.items.retain(|item| {
                    item.published_at
                        .is_none_or(|at| gaps.iter().any(|gap| gap.holds(at)) || !window.holds(at))
                });
            }
            polled.push(one);
        }
        Ok(polled)
    }

    /// A feed that the briefs cover.
    fn as_found(&self, feed: &FeedConfig) -> Polled {
        let read = self
            .briefs
            .iter()
            .flat_map(|brief| &brief.feeds)
            .find(|read| read.feed == feed.url);
        let publisher = feed
            .title
            .clone()
            .map(Untrusted::new)
            .or_else(|| read.map(|read| read.title.clone()))
            .unwrap_or_else(|| Untrusted::new(feed.url.clone()));
        let owner = feed
            .owner
            .clone()
            .or_else(|| owner_of(&feed.url))
            .unwrap_or_else(|| publisher.inspect().to_lowercase());
        Polled {
            feed: feed.clone(),
            publisher,
            owner,
            result: Ok(Poll {
                title: None,
                items: Vec::new(),
            }),
            passing: None,
        }
    }

    /// The parts of the window in which no brief read this feed.
    fn gaps(&self, feed: &FeedConfig, window: Window) -> Vec<Window> {
        let covered = self
            .briefs
            .iter()
            .filter(|brief| {
                brief
                    .feeds
                    .iter()
                    .any(|read| read.feed == feed.url && read.answered)
            })
            .map(|brief| brief.window);
        uncovered(window, covered.collect())
    }

    /// The posts of the briefs, and those of `read` that no brief had, the author's notes among them.
    pub(crate) fn with(&self, read: Vec<Reading>) -> Vec<Reading> {
        let is_new = |reading: &Reading| {
            let place = place_of(&reading.source);
            !self.readings.iter().any(|known| place_of(&known.source) == place)
        };
        self.readings
            .iter()
            .cloned()
            .chain(read.into_iter().filter(is_new))
            .collect()
    }

    /// Stories that led or stood in a published issue come first, each group in its rank.
    pub(crate) fn prefer(&self, stories: &mut [Story]) {
        if self.told.is_empty() {
            return;
        }
        let places: HashMap<ContentHash, String> = self
            .readings
            .iter()
            .map(|reading| (reading.source.snapshot, place_of(&reading.source)))
            .collect();
        let is_in = |story: &Story, set: &HashSet<String>| {
            let mut own = story.snapshots.iter().filter_map(|one| places.get(one));
            !story.is_unwanted && own.any(|place| set.contains(place))
        };
        stories.sort_by_key(
            |story| match (is_in(story, &self.led), is_in(story, &self.told)) {
                (true, _) => 0,
                (false, true) => 1,
                (false, false) => 2,
            },
        );
        for (index, story) in stories.iter_mut().enumerate() {
            story.id = StoryId::new(format!("s{}", index + 1));
            if is_in(story, &self.led) {
                story.reason = format!("led an issue of these days; {}", story.reason);
            } else if is_in(story, &self.told) {
                story.reason = format!("stood in an issue of these days; {}", story.reason);
            }
        }
    }

    /// Whether a snapshot's notes are known.
    pub(crate) fn has_notes(&self, snapshot: &ContentHash) -> bool {
        self.readings
            .iter()
            .any(|reading| reading.source.snapshot == *snapshot)
    }
}

/// What of a window some others leave open, each part at least [`GAP_MIN`] long.
fn uncovered(window: Window, mut covered: Vec<Window>) -> Vec<Window> {
    covered.sort_by_key(|one| one.from);
    let mut gaps = Vec::new();
    let mut open_from: Instant = window.from;
    for one in covered {
        if one.from > open_from {
            gaps.push(Window {
                from: open_from,
                to: one.from.min(window.to),
            });
        }
        open_from = open_from.max(one.to);
    }
    if open_from < window.to {
        gaps.push(Window {
            from: open_from,
            to: window.to,
        });
    }
    gaps.retain(|gap| gap.to.since(gap.from) >= GAP_MIN);
    gaps
}

#[cfg(test)]
mod tests {
    use copydesk_journal::AuthorNoteInput;

    use super::super::fixture;
    use super::*;

    fn window(from: &str, to: &str) -> Window {
        let at = |day: &str| format!("2026-08-{day}:00:00Z").parse().unwrap();
        Window {
            from: at(from),
            to: at(to),
        }
    }

    #[test]
    fn a_page_that_changed_within_the_week_counts_as_it_is_now_and_a_note_once() {
        let page = |text: &str| Source {
            url: "https://norn.example/a".to_owned(),
            ..fixture::source("norn.example", "A", text)
        };
        let noted = |from: &str| Source {
            url: format!("note:{from}"),
            ..fixture::source(AUTHOR, "I saw a mirror", "I saw a mirror fall.")
        };
        let monday = [page("before"), noted("page")];
        let friday = [page("after"), noted("file")];
        let newest = newest_of_each([&monday[..], &friday[..]].into_iter());
        assert_eq!(newest.len(), 2);
        assert_eq!(newest[&place_of(&monday[0])], friday[0].snapshot);
        let week = Week {
            readings: vec![fixture::reading(noted("page"), "I saw a mirror fall.")],
            ..Week::default()
        };
        let again = fixture::reading(noted("file"), "I saw a mirror fall.");
        assert_eq!(week.with(vec![again]).len(), 1);
    }

    #[test]
    fn a_note_that_the_author_took_back_since_a_brief_read_it_is_withdrawn() {
        let noted = |text: &str| Source {
            read_from: Some(ReadFrom::Note),
            ..fixture::source(AUTHOR, "I saw a mirror", text)
        };
        let now = AuthorNoteInput {
            text: "It took 4 % less time.\n".to_owned(),
            from: "n.md".to_owned(),
            at: window("15T05", "16T05").to,
        };
        let held = held(&StageInputs {
            author_notes: vec![now],
            ..StageInputs::default()
        });
        assert!(!is_withdrawn(&noted("It took 4 % less time."), &held));
        assert!(is_withdrawn(&noted("It took 14 % less time."), &held));
        let page = fixture::source("norn.example", "A", "It took 14 % less time.");
        assert!(
            !is_withdrawn(&page, &held),
            "a page is not the author's to take back"
        );
    }

    #[test]
    fn a_story_that_led_keeps_its_place_though_its_page_changed() {
        let page = |text: &str| Source {
            url: "https://norn.example/a".to_owned(),
            ..fixture::source("norn.example", "A", text)
        };
        let week = Week {
            readings: vec![fixture::reading(page("after"), "after")],
            led: HashSet::from([place_of(&page("before"))]),
            told: HashSet::from([place_of(&page("before"))]),
            ..Week::default()
        };
        let story = |source: &Source| Story {
            snapshots: vec![source.snapshot],
            ..fixture::story("s9")
        };
        let mut stories = [
            story(&fixture::source("b.example", "B", "b")),
            story(&page("after")),
        ];
        week.prefer(&mut stories);
        assert_eq!(stories[0].snapshots, [page("after").snapshot]);
        assert!(
            stories[0].reason.starts_with("led an issue"),
            "{}",
            stories[0].reason
        );
    }

    #[test]
    fn only_days_without_a_brief_are_open() {
        let week = window("15T05", "22T06");
        let days = |all: &[u8]| -> Vec<Window> {
            let day = |day: &u8| window(&format!("{:02}T05", day - 1), &format!("{day:02}T05"));
            all.iter().map(day).collect()
        };
        assert!(uncovered(week, days(&[16, 17, 18, 19, 20, 21, 22])).is_empty());
        assert_eq!(
            uncovered(week, days(&[22, 16, 18, 19, 21])),
            [window("16T05", "17T05"), window("19T05", "20T05")]
        );
        assert_eq!(uncovered(week, Vec::new()), [week]);
    }

    #[test]
    fn briefs_that_overlap_leave_nothing_open_between_them() {
        let week = window("15T05", "22T05");
        let wide = vec![window("14T05", "20T05"), window("18T05", "22T05")];
        assert!(uncovered(week, wide).is_empty());
    }
}
