//! What issues of the last 14 days told, and what the author said of stories.

use copydesk_domain::artifact::{Draft, ResearchBrief, StoryLabel};
use copydesk_domain::{ContentHash, Instant, PublishedAt, Untrusted};
use copydesk_journal::{PastIssue, StageContext, StageError, StageInputs};

use super::choices::{self, Choice};
use super::first_seen::first_seen;
use super::imported;
use super::labels;
use crate::readers;

/// Snapshots of past issues that are compared with today's posts: some two weeks of twelve sources a day.
const DOCUMENTS_MAX: usize = 160;
/// Snapshots that labels name and no issue told, compared too: a dozen stories of some posts each.
const LABELLED_MAX: usize = 60;

/// How a source of the past is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// An issue told it in full.
    Told,
    /// Only its title stood in a list.
    Listed,
    /// The author put a label on it, and no issue had it.
    Labelled,
}

/// A source of the past.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) snapshot: ContentHash,
    /// The issue; empty where there is none.
    pub(crate) slug: String,
    /// When that was drafted.
    pub(crate) at: Instant,
    pub(crate) how: How,
    pub(crate) title: Untrusted<String>,
    pub(crate) text: Untrusted<String>,
    pub(crate) url: String,
    pub(crate) published_at: Option<PublishedAt>,
}

/// What is known of the past.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    /// Sources of past issues, newest issue first, those that an issue told before those that it only listed by title;
    /// then what labels name beside them.
    pub(crate) told: Vec<Told>,
    /// Sentences of those issues, newest issue first.
    pub(crate) said: Vec<Untrusted<String>>,
    /// Stories that stood before the author, and what became of them.
    pub(crate) choices: Vec<Choice>,
    /// Labels that act now, oldest first.
    pub(crate) labels: Vec<StoryLabel>,
}

/// Reads past issues and labels.
pub(crate) async fn load(ctx: &StageContext, inputs: &StageInputs) -> Result<History, StageError> {
    let mut history = History {
        labels: labels::acting(&inputs.labels, ctx.now()),
        ..History::default()
    };
    for issue in &inputs.issues {
        let draft: Draft = ctx.artifact(&issue.draft).await?;
        let brief = labels::labelled(ctx, &issue.brief, &draft.labels).await?;
        if issue.is_approved {
            let choices = choices::of(ctx, issue, &draft, &brief, &inputs.labels).await?;
            history.choices.extend(choices);
        }
        if !readers::reaches_readers(issue) {
            continue;
        }
        let got = readers::draft_of(ctx, issue).await?;
        add_sources(ctx, &mut history, issue, &got, &brief).await?;
        history
            .said
            .extend(got.sentences.into_iter().map(|sentence| sentence.text));
    }
    for issue in &inputs.choices {
        let draft: Draft = ctx.artifact(&issue.draft).await?;
        let brief = labels::labelled(ctx, &issue.brief, &draft.labels).await?;
        let choices = choices::of(ctx, issue, &draft, &brief, &inputs.labels).await?;
        history.choices.extend(choices);
    }
    for issue in &inputs.imported {
        if issue.at < ctx.now().minus(imported::TOLD_FOR) {
            continue;
        }
        let record = ctx.snapshot(&issue.snapshot).await?;
        let room = DOCUMENTS_MAX.saturating_sub(history.told.len());
        history.told.extend(
            imported::told(issue, record.text.inspect())
                .into_iter()
                .take(room),
        );
        let said = imported::sentences(record.text.inspect());
        history.said.extend(said.into_iter().map(Untrusted::new));
    }
    add_labelled(ctx, &mut history).await?;
    Ok(history)
}

async fn add_sources(
    ctx: &StageContext,
    history: &mut History,
    issue: &PastIssue,
    draft: &Draft,
    brief: &ResearchBrief,
) -> Result<(), StageError> {
    let stories = draft.sections.iter().flat_map(|section| &section.stories);
    let listed = draft
        .sections
        .iter()
        .flat_map(|section| section.listed.iter().copied());
    let in_stories = stories
        .filter_map(|id| brief.stories.iter().find(|story| story.id == *id))
        .flat_map(|story| story.snapshots.iter().copied());
    let in_issue = draft
        .sources
        .iter()
        .copied()
        .chain(in_stories)
        .map(|one| (one, How::Told));
    let all: Vec<(ContentHash, How)> = in_issue.chain(listed.map(|one| (one, How::Listed))).collect();
    for (snapshot, how) in all {
        let is_known = history
            .told
            .iter()
            .any(|known| known.snapshot == snapshot && (known.how == How::Told || how == How::Listed));
        let Some(source) = brief.sources.iter().find(|source| source.snapshot == snapshot) else {
            continue;
        };
        if is_known || history.told.len() >= DOCUMENTS_MAX {
            continue;
        }
        let record = ctx.snapshot(&snapshot).await?;
        history.told.push(Told {
            snapshot,
            slug: issue.slug.clone(),
            at: draft.at,
            how,
            title: source.title.clone(),
            text: record.text,
            url: source.url.clone(),
            published_at: source.published_at,
        });
    }
    Ok(())
}

/// A label holds for what follows on its snapshots, so these are compared with today's posts as well.
async fn add_labelled(ctx: &StageContext, history: &mut History) -> Result<(), StageError> {
    let newest_first = history.labels.iter().rev();
    let named: Vec<(ContentHash, Instant)> = newest_first
        .flat_map(|label| {
            label
                .snapshots
                .iter()
                .chain(&label.others)
                .map(|one| (*one, label.at))
        })
        .collect();
    let mut added = 0;
    for (snapshot, at) in named {
        let is_known = history.told.iter().any(|known| known.snapshot == snapshot);
        if is_known || added >= LABELLED_MAX {
            continue;
        }
        let record = first_seen(ctx, &snapshot).await?;
        let Some(fetch) = record.fetches.first() else {
            continue;
        };
        added += 1;
        history.told.push(Told {
            snapshot,
            slug: String::new(),
            at,
            how: How::Labelled,
            title: fetch
                .title
                .clone()
                .unwrap_or_else(|| Untrusted::new(String::new())),
            url: fetch.url.clone(),
            published_at: fetch.published_at,
            text: record.text,
        });
    }
    Ok(())
}
