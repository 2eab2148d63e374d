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
    /// It was told in full; otherwise only its title stood in a list.
    pub(crate) in_full: bool,
    pub(crate) title: Untrusted<String>,
    pub(crate) text: Untrusted<String>,
    pub(crate) url: String,
    pub(crate) published_at: Option<PublishedAt>,
}

/// Sources of past issues, newest issue first, those that an issue told before those that it only listed by title.
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
        let in_issue = draft
            .sources
            .iter()
            .copied()
            .chain(in_stories)
            .map(|one| (one, true));
        let all: Vec<(ContentHash, bool)> = in_issue.chain(listed.map(|one| (one, false))).collect();
        for (snapshot, in_full) in all {
            let is_known = told
                .iter()
                .any(|known| known.snapshot == snapshot && (known.in_full || !in_full));
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
                in_full,
                title: source.title.clone(),
                text: record.text,
                url: source.url.clone(),
                published_at: source.published_at,
            });
        }
    }
    Ok(told)
}
