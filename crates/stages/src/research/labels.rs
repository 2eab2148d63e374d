//! What the author said of stories: joined, parted, or of no interest.
//!
//! A label holds for the snapshots that it names and so for whatever is told beside them on the following days.

use std::collections::{BTreeMap, BTreeSet};

use copydesk_domain::artifact::{LabelKind, Note, ResearchBrief, Source, Story, StoryLabel};
use copydesk_domain::{ContentHash, Instant, StoryId};
use copydesk_journal::{StageContext, StageError};

/// A label acts so long: posts more than ten days apart are never one story, and an event that comes back after a
/// month is another one.
const ACTS_FOR: jiff::SignedDuration = jiff::SignedDuration::from_hours(30 * 24);

/// The labels that act now, oldest first.
pub(crate) fn acting(labels: &[StoryLabel], now: Instant) -> Vec<StoryLabel> {
    let is_acting = |label: &&StoryLabel| label.at >= now.minus(ACTS_FOR) && label.is_whole();
    labels.iter().filter(is_acting).cloned().collect()
}

/// Story numbers of snapshots as the author wants them. Where two labels contradict each other, the later one holds.
///
/// `numbers`: one for each of `snapshots`, as clustering found them.
pub(crate) fn constrain(
    snapshots: &[ContentHash],
    mut numbers: Vec<usize>,
    labels: &[StoryLabel],
) -> Vec<usize> {
    let mut free = numbers.iter().max().map_or(0, |max| max + 1);
    for label in labels {
        let of = |side: &[ContentHash]| -> BTreeSet<usize> {
            let named = snapshots.iter().zip(&numbers);
            named
                .filter(|(snapshot, _)| side.contains(snapshot))
                .map(|(_, number)| *number)
                .collect()
        };
        let (first, others) = (of(&label.snapshots), of(&label.others));
        match label.kind {
            LabelKind::Merge if !first.is_empty() && !others.is_empty() => {
                let all: BTreeSet<usize> = first.union(&others).copied().collect();
                let to = *all.first().expect("neither side is empty");
                for number in numbers.iter_mut().filter(|number| all.contains(number)) {
                    *number = to;
                }
            }
            LabelKind::Split => {
                let shared: Vec<usize> = first.intersection(&others).copied().collect();
                for from in shared {
                    for (snapshot, number) in snapshots.iter().zip(numbers.iter_mut()) {
                        if *number == from && label.snapshots.contains(snapshot) {
                            *number = free;
                        }
                    }
                    free += 1;
                }
            }
            LabelKind::Merge | LabelKind::NotInterested => {}
        }
    }
    numbers
}

/// Whether the author said that a story with one of these snapshots is of no interest.
pub(crate) fn is_unwanted<'a>(
    snapshots: impl IntoIterator<Item = &'a ContentHash>,
    labels: &[StoryLabel],
) -> bool {
    let unwanted = |snapshot: &ContentHash| {
        let mut labels = labels
            .iter()
            .filter(|label| label.kind == LabelKind::NotInterested);
        labels.any(|label| label.snapshots.contains(snapshot))
    };
    snapshots.into_iter().any(unwanted)
}

/// Reads a brief as it is with some labels; ids of stories in a draft are those of the brief with `draft.labels`. Whoever
/// looks up a draft's stories reads the brief by this.
pub(crate) async fn labelled(
    ctx: &StageContext,
    brief: &ContentHash,
    labels: &[StoryLabel],
) -> Result<ResearchBrief, StageError> {
    let mut brief: ResearchBrief = ctx.artifact(brief).await?;
    relabel(&mut brief, labels);
    Ok(brief)
}

/// Brings a brief up to labels that were made after it: an issue that is sent back is drafted by them.
fn relabel(brief: &mut ResearchBrief, labels: &[StoryLabel]) {
    let places: Vec<(usize, ContentHash)> = brief
        .stories
        .iter()
        .enumerate()
        .flat_map(|(at, story)| story.snapshots.iter().map(move |snapshot| (at, *snapshot)))
        .collect();
    let (found, snapshots): (Vec<usize>, Vec<ContentHash>) = places.iter().copied().unzip();
    let wanted = constrain(&snapshots, found.clone(), labels);
    if wanted != found {
        let mut groups: BTreeMap<usize, Vec<(usize, ContentHash)>> = BTreeMap::new();
        for (number, place) in wanted.iter().zip(&places) {
            groups.entry(*number).or_default().push(*place);
        }
        let mut order: Vec<Vec<(usize, ContentHash)>> = groups.into_values().collect();
        order.sort_by_key(|group| places.iter().position(|place| *place == group[0]));
        let mut used: Vec<StoryId> = Vec::new();
        let stories = order.iter().map(|group| {
            let story = regrouped(group, brief, &used);
            used.push(story.id.clone());
            story
        });
        brief.stories = stories.collect();
    }
    for story in &mut brief.stories {
        if !story.is_unwanted && is_unwanted(&story.snapshots, labels) {
            story.is_unwanted = true;
            story.reason = format!("{UNWANTED}, {}", story.reason);
        }
    }
    // A stable sort keeps the rank among the others.
    brief.stories.sort_by_key(|story| story.is_unwanted);
}

/// The reason of a story that the author does not want.
pub(crate) const UNWANTED: &str = "you said not interested";

/// The story of some snapshots, each with the place of the story that it was in; that story itself where they are it.
fn regrouped(group: &[(usize, ContentHash)], brief: &ResearchBrief, used: &[StoryId]) -> Story {
    let first = &brief.stories[group[0].0];
    let snapshots: Vec<ContentHash> = group.iter().map(|(_, snapshot)| *snapshot).collect();
    if snapshots == first.snapshots {
        return first.clone();
    }
    let mut from: Vec<usize> = group.iter().map(|(at, _)| *at).collect();
    from.dedup();
    let parts: Vec<&Story> = from.iter().map(|at| &brief.stories[*at]).collect();
    let sources: Vec<&Source> = snapshots
        .iter()
        .filter_map(|snapshot| brief.sources.iter().find(|source| source.snapshot == *snapshot))
        .collect();
    let mut beats: Vec<String> = sources.iter().flat_map(|source| source.beats.clone()).collect();
    let mut seen = BTreeSet::new();
    beats.retain(|beat| seen.insert(beat.clone()));
    let owners: BTreeSet<&str> = sources.iter().map(|source| source.owner.as_str()).collect();
    let is_new = parts.iter().all(|part| part.is_new);
    let is_news = |(at, snapshot): &&(usize, ContentHash)| {
        let part = &brief.stories[*at];
        part.is_new || part.new_snapshots.contains(snapshot)
    };
    let of_group = |id: &copydesk_domain::NoteId| {
        let mut notes = brief.notes.iter();
        notes.any(|note| note.id == *id && snapshots.contains(&note.snapshot))
    };
    // Of a part that nobody told, every note is news.
    let of_new = |note: &&Note| {
        let mut new = parts.iter().filter(|part| part.is_new);
        new.any(|part| part.snapshots.contains(&note.snapshot))
    };
    let all_of_new = brief.notes.iter().filter(of_new).map(|note| &note.id);
    let told_parts = parts.iter().filter(|part| !part.is_new);
    let new_notes = told_parts.flat_map(|part| &part.new_notes).chain(all_of_new);
    let title = sources.first().map_or(&first.title, |source| &source.title);
    Story {
        id: free_id(first, brief, used),
        title: title.clone(),
        reason: match parts.len() {
            1 => format!("you parted it, {}", first.reason),
            _ => format!("you joined it, {}", first.reason),
        },
        is_new,
        new_snapshots: group
            .iter()
            .filter(|place| !is_new && is_news(place))
            .map(|(_, snapshot)| *snapshot)
            .collect(),
        told_in: parts.iter().find_map(|part| part.told_in.clone()),
        told_at: parts.iter().filter_map(|part| part.told_at).max(),
        listed_in: parts.iter().find_map(|part| part.listed_in.clone()),
        new_notes: new_notes.filter(|id| !is_new && of_group(id)).cloned().collect(),
        is_release: super::is_release(title.inspect()),
        is_unwanted: false,
        witnesses: u32::try_from(owners.len()).unwrap_or(u32::MAX),
        beats,
        snapshots,
    }
}

/// The id of the story that the first snapshot was in, or the next number where another part of it has that.
fn free_id(first: &Story, brief: &ResearchBrief, used: &[StoryId]) -> StoryId {
    if !used.contains(&first.id) {
        return first.id.clone();
    }
    let is_taken = |id: &StoryId| used.contains(id) || brief.stories.iter().any(|story| story.id == *id);
    let known = brief.stories.len() + used.len();
    (1..=known + 1)
        .map(|number| StoryId::new(format!("s{number}")))
        .find(|id| !is_taken(id))
        .expect("there is a number more than ids that are taken")
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn hash(name: &str) -> ContentHash {
        ContentHash::of(name.as_bytes())
    }

    fn label(kind: LabelKind, snapshots: &[&str], others: &[&str], day: i64) -> StoryLabel {
        StoryLabel {
            kind,
            snapshots: snapshots.iter().map(|name| hash(name)).collect(),
            others: others.iter().map(|name| hash(name)).collect(),
            at: Instant::from_micros(day * 86_400_000_000),
        }
    }

    fn numbers(found: [usize; 5], labels: &[StoryLabel]) -> Vec<usize> {
        let snapshots = ["a", "b", "c", "d", "e"].map(hash);
        constrain(&snapshots, found.to_vec(), labels)
    }

    #[test]
    fn joined_stories_stay_together_with_all_that_follows_them() {
        let merge = label(LabelKind::Merge, &["a"], &["c"], 1);
        assert_eq!(
            numbers([0, 0, 1, 1, 2], std::slice::from_ref(&merge)),
            [0, 0, 0, 0, 2]
        );
        let gone = label(LabelKind::Merge, &["a"], &["not read today"], 1);
        assert_eq!(numbers([0, 0, 1, 1, 2], &[gone]), [0, 0, 1, 1, 2]);
    }

    #[test]
    fn a_parted_post_stays_apart() {
        let split = label(LabelKind::Split, &["b"], &["a", "c"], 1);
        assert_eq!(numbers([0, 0, 0, 1, 1], &[split]), [0, 2, 0, 1, 1]);
    }

    #[test]
    fn of_labels_that_contradict_each_other_the_later_one_holds() {
        let merge = label(LabelKind::Merge, &["a"], &["b"], 1);
        let split = label(LabelKind::Split, &["b"], &["a"], 2);
        assert_eq!(
            numbers([0, 1, 2, 3, 4], &[merge.clone(), split.clone()])[..2],
            [0, 5]
        );
        let again = label(LabelKind::Merge, &["a"], &["b"], 3);
        assert_eq!(numbers([0, 1, 2, 3, 4], &[merge, split, again])[..2], [0, 0]);
    }

    #[test]
    fn what_is_not_wanted_is_told_by_any_of_its_posts_and_only_by_its_own_label() {
        let labels = [
            label(LabelKind::NotInterested, &["a", "b"], &[], 1),
            label(LabelKind::Merge, &["c"], &["d"], 1),
        ];
        assert!(is_unwanted(&[hash("e"), hash("b")], &labels));
        assert!(!is_unwanted(&[hash("c"), hash("d")], &labels));
    }

    #[test]
    fn labels_act_for_a_month() {
        let labels = [
            label(LabelKind::NotInterested, &["a"], &[], 1),
            label(LabelKind::NotInterested, &["b"], &[], 9),
        ];
        let now = Instant::from_micros(32 * 86_400_000_000);
        assert_eq!(acting(&labels, now), labels[1..]);
    }

    fn story(id: &str, snapshots: &[&str], told_in: Option<&str>) -> Story {
        Story {
            snapshots: snapshots.iter().map(|name| hash(name)).collect(),
            is_new: told_in.is_none(),
            told_in: told_in.map(str::to_owned),
            ..fixture::story(id)
        }
    }

    fn brief(stories: &[Story]) -> ResearchBrief {
        let source = |snapshot: &ContentHash| Source {
            snapshot: *snapshot,
            beats: vec!["cloud".to_owned()],
            ..fixture::source(&snapshot.short(6), &format!("Post {}", snapshot.short(4)), "")
        };
        let snapshots = stories.iter().flat_map(|story| &story.snapshots);
        ResearchBrief {
            stories: stories.to_vec(),
            ..fixture::brief(snapshots.map(source).collect())
        }
    }

    fn ids(brief: &ResearchBrief) -> Vec<&str> {
        brief.stories.iter().map(|story| story.id.as_str()).collect()
    }

    #[test]
    fn a_brief_without_new_labels_stays_as_it_is() {
        let before = brief(&[story("s1", &["a", "b"], None), story("s2", &["c"], None)]);
        let mut after = before.clone();
        relabel(&mut after, &[label(LabelKind::Merge, &["a"], &["not here"], 1)]);
        assert_eq!(after, before);
    }

    #[test]
    fn joined_stories_of_a_brief_are_one_with_all_their_witnesses() {
        let mut brief = brief(&[
            story("s1", &["a"], Some("2026-08-12")),
            story("s2", &["x"], None),
            story("s3", &["c", "d"], None),
        ]);
        relabel(&mut brief, &[label(LabelKind::Merge, &["c", "d"], &["a"], 1)]);
        assert_eq!(ids(&brief), ["s1", "s2"]);
        let joined = &brief.stories[0];
        assert_eq!(joined.snapshots, ["a", "c", "d"].map(hash));
        assert_eq!((joined.witnesses, joined.is_new), (3, false));
        assert_eq!(
            joined.new_snapshots,
            ["c", "d"].map(hash),
            "only these were not told"
        );
        assert!(joined.reason.starts_with("you joined it"), "{}", joined.reason);
    }

    #[test]
    fn of_a_told_story_joined_with_a_new_one_the_new_ones_notes_are_news() {
        let mut brief = brief(&[story("s1", &["a"], Some("2026-08-12")), story("s2", &["c"], None)]);
        brief.notes = vec![fixture::note("n1", hash("a")), fixture::note("n2", hash("c"))];
        relabel(&mut brief, &[label(LabelKind::Merge, &["c"], &["a"], 1)]);
        assert_eq!(brief.stories[0].new_notes, ["n2".into()]);
    }

    #[test]
    fn a_parted_post_of_a_brief_is_a_story_of_its_own() {
        let mut brief = brief(&[story("s1", &["a", "b"], None), story("s2", &["c"], None)]);
        relabel(&mut brief, &[label(LabelKind::Split, &["a"], &["b"], 1)]);
        assert_eq!(ids(&brief), ["s1", "s3", "s2"]);
        assert_eq!(brief.stories[0].snapshots, [hash("a")]);
        assert_eq!(brief.stories[1].snapshots, [hash("b")]);
    }

    #[test]
    fn an_unwanted_story_of_a_brief_stands_last_and_says_why() {
        let mut brief = brief(&[story("s1", &["a"], None), story("s2", &["c"], None)]);
        relabel(&mut brief, &[label(LabelKind::NotInterested, &["a"], &[], 1)]);
        assert_eq!(ids(&brief), ["s2", "s1"]);
        assert_eq!(brief.stories[1].reason, "you said not interested, 1 post");
    }
}
