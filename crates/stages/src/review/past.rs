//! The author's past issues, as review compares with them.

use copydesk_domain::artifact::{Draft, Evidence, Sentence};
use copydesk_journal::{StageContext, StageError, StageInputs};

/// Issues that are looked at, newest first.
const ISSUES_MAX: usize = 14;

/// An issue of the past.
pub(crate) struct Past {
    pub(crate) slug: String,
    pub(crate) is_published: bool,
    pub(crate) draft: Draft,
}

/// The drafts of past issues, newest first.
pub(crate) async fn load(ctx: &StageContext, inputs: &StageInputs) -> Result<Vec<Past>, StageError> {
    let mut past = Vec::new();
    let others = inputs.issues.iter().filter(|issue| issue.run != *ctx.run());
    for issue in others.take(ISSUES_MAX) {
        past.push(Past {
            slug: issue.slug.clone(),
            is_published: issue.published_at.is_some(),
            draft: ctx.artifact(&issue.draft).await?,
        });
    }
    Ok(past)
}

/// Whether a sentence speaks of who was read and of nothing else.
pub(crate) fn is_coverage(sentence: &Sentence) -> bool {
    let is_about_reading = |evidence: &Evidence| matches!(evidence, Evidence::Coverage { .. });
    !sentence.evidence.is_empty() && sentence.evidence.iter().all(is_about_reading)
}
