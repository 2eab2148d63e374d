//! What issues of the last 14 days told.

use copydesk_domain::artifact::{Draft, ResearchBrief};
use copydesk_domain::{ContentHash, PublishedAt, Untrusted};
use copydesk_journal::{StageContext, StageError, StageInputs};

/// Snapshots of past issues that are compared with today's posts: some two weeks of twelve sources a day.
const DOCUMENTS_MAX: usize = 160;

/// A source of a past issue.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) snapshot: ContentHash,
    pub(crate) slug: String,
    pub(crate) title: Untrusted<String>,
    pub(crate) text: Untrusted<String>,
    pub(crate) url: String,
    pub(crate) published_at: Option<PublishedAt>,
}

/// Sources of past issues, newest issue first. Those that an issue only listed by title count as told too.
pub(crate) async fn load(ctx: &StageContext, inputs: &StageInputs) -> Result<Vec<Told>, StageError> {
    let mut told: Vec<Told> = Vec::new();
    for issue in &inputs.issues {
        let draft: Draft = ctx.artifact(&issue.draft).await?;
        let brief: ResearchBrief = ctx.artifact(&issue.brief).await?;
        let stories = draft.sections.iter().flat_map(|section| &section.stories);
        let listed = draft
            .sections
            .iter()
            .flat_map(|section| section.listed.iter().copied());
        let in_stories = stories
            .filter_map(|id| brief.stories.iter().find(|story| story.id == *id))
            .flat_map(|story| story.snapshots.iter().copied());
        let all: Vec<ContentHash> = draft
            .sources
            .iter()
            .copied()
            .chain(in_stories)
            .chain(listed)
            .collect();
        for snapshot in all {
            let is_known = told.iter().any(|known| known.snapshot == snapshot);
            let Some(source) = brief.sources.iter().find(|source| source.snapshot == snapshot) else {
                continue;
            };
            if is_known || told.len() >= DOCUMENTS_MAX {
                continue;
            }
            let record = ctx.snapshot(&snapshot).await?;
            told.push(Told {
                snapshot,
                slug: issue.slug.clone(),
                title: source.title.clone(),
                text: record.text,
                url: source.url.clone(),
                published_at: source.published_at,
            });
        }
    }
    Ok(told)
}
