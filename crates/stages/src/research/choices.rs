//! What the author chose in past issues, and what that says of today's stories.

use copydesk_domain::artifact::{Draft, LabelKind, ResearchBrief, Source, Story, StoryLabel};
use copydesk_domain::task::StoryLiking;
use copydesk_domain::{Instant, PromptData, StoryId};
use copydesk_journal::{PastIssue, StageContext, StageError};
use copydesk_text::taste::{Fate, Features, Kind, Past, Taste};

use super::ranking::is_routine;
use super::reading::AUTHOR;

/// A story that stood before the author.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    story: Features,
    fate: Fate,
    /// When its issue was researched: one instant for each issue.
    at: Instant,
}

/// The stories of an issue that the author approved.
pub(crate) async fn of(
    ctx: &StageContext,
    issue: &PastIssue,
    draft: &Draft,
    brief: &ResearchBrief,
    labels: &[StoryLabel],
) -> Result<Vec<Choice>, StageError> {
    let first: Option<Draft> = match &issue.first_draft {
        Some(hash) => Some(ctx.artifact(hash).await?),
        None => None,
    };
    Ok(judged(brief, draft, first.as_ref(), labels))
}

/// What became of each story of a brief that was the author's to choose.
fn judged(brief: &ResearchBrief, draft: &Draft, first: Option<&Draft>, labels: &[StoryLabel]) -> Vec<Choice> {
    let (last, first) = (places(draft), first.map(places));
    let choice = |story: &Story| {
        let sources = sources_of(story, brief);
        let fate = match fate(story, &last, first.as_deref(), labels) {
            // The author joined it with another one, which was told.
            Fate::Passed if is_cited(story, draft) => Fate::Told,
            fate => fate,
        };
        is_choice(story, &sources, fate).then(|| Choice {
            story: features(story, &sources),
            fate,
            at: brief.at,
        })
    };
    brief.stories.iter().filter_map(choice).collect()
}

/// Whether what became of a story says anything of the author: what the author noted is always told; what was told
/// before and routine are left out by rule, whoever the author is.
fn is_choice(story: &Story, sources: &[&Source], fate: Fate) -> bool {
    let has_news = story.is_new || !story.new_snapshots.is_empty();
    let is_left_out = !has_news || is_all_routine(sources);
    let is_noted = sources.iter().any(|source| source.owner == AUTHOR);
    !is_noted && (fate != Fate::Passed || !is_left_out)
}

fn is_all_routine(sources: &[&Source]) -> bool {
    sources.iter().all(|source| is_routine(source.title.inspect()))
}

fn is_cited(story: &Story, draft: &Draft) -> bool {
    story
        .snapshots
        .iter()
        .any(|snapshot| draft.sources.contains(snapshot))
}

/// Stories that a draft tells, in order.
fn places(draft: &Draft) -> Vec<&StoryId> {
    let mut told: Vec<&StoryId> = Vec::new();
    for id in draft.sections.iter().flat_map(|section| &section.stories) {
        if !told.contains(&id) {
            told.push(id);
        }
    }
    told
}

fn fate(story: &Story, last: &[&StoryId], first: Option<&[&StoryId]>, labels: &[StoryLabel]) -> Fate {
    let place = |told: &[&StoryId]| told.iter().position(|id| **id == story.id);
    let is_labelled = labels
        .iter()
        .filter(|label| label.kind == LabelKind::NotInterested)
        .any(|label| label.snapshots.iter().any(|one| story.snapshots.contains(one)));
    match (place(last), first.map(place)) {
        _ if is_labelled => Fate::Refused,
        (Some(_), Some(None)) => Fate::Raised,
        (Some(now), Some(Some(before))) if now < before => Fate::Raised,
        (Some(_), _) => Fate::Told,
        (None, Some(Some(_))) => Fate::Refused,
        (None, _) => Fate::Passed,
    }
}

fn sources_of<'a>(story: &Story, brief: &'a ResearchBrief) -> Vec<&'a Source> {
    let mut sources = Vec::new();
    for snapshot in &story.snapshots {
        sources.extend(brief.sources.iter().find(|source| source.snapshot == *snapshot));
    }
    sources
}

/// What a story is compared by.
pub(crate) fn features(story: &Story, sources: &[&Source]) -> Features {
    let publishers: Vec<&str> = sources
        .iter()
        .map(|source| source.publisher.inspect().as_str())
        .collect();
    let title = story.title.inspect();
    let kind = Kind::of(title, story.is_release, is_all_routine(sources));
    Features::of(title, &publishers, &story.beats, kind)
}

/// Learns from past choices; none where there is nothing to learn.
pub(crate) fn learn(choices: &[Choice], now: Instant) -> Option<Taste> {
    let mut issues: Vec<Instant> = Vec::new();
    let past: Vec<Past> = choices
        .iter()
        .map(|choice| {
            let known = issues.iter().position(|at| *at == choice.at);
            let issue = known.unwrap_or_else(|| {
                issues.push(choice.at);
                issues.len() - 1
            });
            Past {
                story: choice.story.clone(),
                fate: choice.fate,
                age_days: now.since(choice.at).as_secs_f64() / 86_400.0,
                issue,
            }
        })
        .collect();
    Taste::learn(&past)
}

/// What past choices say of a story, as a model is told.
pub(crate) fn liking(taste: Option<&Taste>, story: &Features) -> Option<StoryLiking> {
    let liking = taste?.of(story)?;
    let because = liking.because.iter().map(ToString::to_string);
    Some(StoryLiking {
        score: liking.score,
        because: because.map(|line| PromptData::from(line.as_str())).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn hash(name: &str) -> copydesk_domain::ContentHash {
        copydesk_domain::ContentHash::of(name.as_bytes())
    }

    fn story(id: &str) -> Story {
        Story {
            id: StoryId::new(id),
            title: copydesk_domain::Untrusted::new(format!("Title of {id}")),
            snapshots: vec![hash(id)],
            reason: String::new(),
            is_new: true,
            new_snapshots: Vec::new(),
            told_in: None,
            listed_in: None,
            beats: Vec::new(),
            witnesses: 1,
            is_release: false,
            told_at: None,
            new_notes: Vec::new(),
            is_unwanted: false,
        }
    }

    fn fate_of(id: &str, last: &[&str], first: Option<&[&str]>, labels: &[StoryLabel]) -> Fate {
        let ids = |names: &[&str]| names.iter().map(|name| StoryId::new(*name)).collect::<Vec<_>>();
        let (last, first) = (ids(last), first.map(ids));
        let first: Option<Vec<&StoryId>> = first.as_ref().map(|ids| ids.iter().collect());
        fate(
            &story(id),
            &last.iter().collect::<Vec<_>>(),
            first.as_deref(),
            labels,
        )
    }

    #[test]
    fn what_the_author_moved_or_cut_says_more_than_what_stood() {
        assert_eq!(fate_of("a", &["a", "b"], None, &[]), Fate::Told);
        assert_eq!(fate_of("c", &["a", "b"], None, &[]), Fate::Passed);
        assert_eq!(fate_of("b", &["b", "a"], Some(&["a", "b"]), &[]), Fate::Raised);
        assert_eq!(fate_of("a", &["b", "a"], Some(&["a", "b"]), &[]), Fate::Told);
        assert_eq!(fate_of("c", &["a", "c"], Some(&["a", "b"]), &[]), Fate::Raised);
        assert_eq!(fate_of("b", &["a", "c"], Some(&["a", "b"]), &[]), Fate::Refused);
    }

    #[test]
    fn what_is_not_wanted_counts_as_refused_even_if_it_was_told() {
        let label = StoryLabel {
            kind: LabelKind::NotInterested,
            snapshots: vec![hash("a")],
            others: Vec::new(),
            at: Instant::from_micros(0),
        };
        assert_eq!(
            fate_of("a", &["a"], None, std::slice::from_ref(&label)),
            Fate::Refused
        );
        assert_eq!(fate_of("b", &["a"], None, &[label]), Fate::Passed);
    }

    #[test]
    fn what_a_rule_left_out_is_no_choice_of_the_author() {
        let source = |title: &str, owner: &str| fixture::source(owner, title, "a");
        let (news, noted) = (source("A mirror moves", "moss"), source("A mirror moves", AUTHOR));
        let routine = source("Join us for a meetup", "moss");
        let told_before = Story {
            is_new: false,
            ..story("a")
        };
        assert!(is_choice(&story("a"), &[&news], Fate::Passed));
        assert!(!is_choice(&told_before, &[&news], Fate::Passed));
        assert!(!is_choice(&story("a"), &[&routine], Fate::Passed));
        assert!(is_choice(&story("a"), &[&routine], Fate::Told));
        assert!(is_choice(&told_before, &[&news], Fate::Refused));
        assert!(!is_choice(&story("a"), &[&noted], Fate::Told));
    }
}
