//! The author's past issues, as review compares with them.

use copydesk_domain::artifact::{Draft, Evidence, ResearchBrief, Sentence};
use copydesk_guard::is_claim;
use copydesk_journal::{StageContext, StageError, StageInputs};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::readers;

/// Issues that are looked at, newest first.
const ISSUES_MAX: usize = 14;
/// Claims of past issues that are compared with today's: two weeks of some forty a day.
const CLAIMS_MAX: usize = 600;

/// An issue of the past.
pub(crate) struct Past {
    pub(crate) slug: String,
    pub(crate) is_published: bool,
    /// As its readers got it.
    pub(crate) draft: Draft,
    pub(crate) brief: ResearchBrief,
}

/// A claim of a past issue.
#[derive(Debug, Clone)]
pub(crate) struct PastClaim<'a> {
    pub(crate) sentence: &'a Sentence,
    /// Slug of its issue.
    pub(crate) slug: &'a str,
    /// The day on which it was written.
    pub(crate) date: Date,
    /// Publishers of its sources.
    pub(crate) publishers: Vec<String>,
}

/// The past issues that readers have, or will have by the author's word, newest first.
pub(crate) async fn load(ctx: &StageContext, inputs: &StageInputs) -> Result<Vec<Past>, StageError> {
    let mut past = Vec::new();
    let others = inputs.issues.iter().filter(|issue| issue.run != *ctx.run());
    let others = others.filter(|issue| readers::reaches_readers(issue));
    for issue in others.take(ISSUES_MAX) {
        past.push(Past {
            slug: issue.slug.clone(),
            is_published: issue.published_at.is_some(),
            draft: readers::draft_of(ctx, issue).await?,
            brief: ctx.artifact(&issue.brief).await?,
        });
    }
    Ok(past)
}

/// Drafts of issues before those, newest first, as far as the author approved them.
pub(crate) async fn older(ctx: &StageContext, inputs: &StageInputs) -> Result<Vec<Draft>, StageError> {
    let mut drafts = Vec::new();
    for issue in inputs.choices.iter().take(ISSUES_MAX) {
        drafts.push(readers::draft_of(ctx, issue).await?);
    }
    Ok(drafts)
}

/// Texts of issues that the author published elsewhere, newest first.
pub(crate) async fn imported(ctx: &StageContext, inputs: &StageInputs) -> Result<Vec<String>, StageError> {
    let mut texts = Vec::new();
    for issue in inputs.imported.iter().take(ISSUES_MAX) {
        texts.push(ctx.snapshot(&issue.snapshot).await?.text.inspect().clone());
    }
    Ok(texts)
}

/// The claims of past issues, newest issue first. `zone`: the one in which the author counts days.
pub(crate) fn claims<'a>(past: &'a [Past], zone: &TimeZone) -> Vec<PastClaim<'a>> {
    let of = |issue: &'a Past| {
        let date = issue.draft.at.timestamp().to_zoned(zone.clone()).date();
        let said = issue.draft.sentences.iter().filter(|sentence| is_claim(sentence));
        said.map(move |sentence| PastClaim {
            publishers: publishers(sentence, &issue.brief),
            slug: &issue.slug,
            sentence,
            date,
        })
    };
    past.iter().flat_map(of).take(CLAIMS_MAX).collect()
}

/// Publishers of the sources that a sentence stands on.
pub(crate) fn publishers(sentence: &Sentence, brief: &ResearchBrief) -> Vec<String> {
    let mut publishers: Vec<String> = Vec::new();
    for span in sentence.evidence.iter().flat_map(Evidence::spans) {
        let source = brief
            .sources
            .iter()
            .find(|source| source.snapshot == span.snapshot);
        let Some(source) = source else { continue };
        let publisher = source.publisher.inspect().clone();
        if !publishers.contains(&publisher) {
            publishers.push(publisher);
        }
    }
    publishers
}

/// Whether a sentence speaks of who was read and of nothing else.
pub(crate) fn is_coverage(sentence: &Sentence) -> bool {
    let is_about_reading = |evidence: &Evidence| matches!(evidence, Evidence::Coverage { .. });
    !sentence.evidence.is_empty() && sentence.evidence.iter().all(is_about_reading)
}
