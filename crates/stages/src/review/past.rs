//! What issues of the last 14 days said: their claims, to be held against today's.

use copydesk_domain::artifact::{Draft, Evidence, ResearchBrief, Sentence};
use copydesk_guard::is_claim;
use copydesk_journal::{StageContext, StageError, StageInputs};
use jiff::civil::Date;

/// Claims of past issues that are compared with today's: two weeks of some forty a day.
const CLAIMS_MAX: usize = 600;

/// A claim of a past issue.
#[derive(Debug, Clone)]
pub(crate) struct PastClaim {
    pub(crate) sentence: Sentence,
    /// Slug of its issue.
    pub(crate) slug: String,
    /// The day on which it was written.
    pub(crate) date: Date,
    /// Publishers of its sources.
    pub(crate) publishers: Vec<String>,
}

/// The claims of past issues of other runs, newest issue first.
pub(crate) async fn load(ctx: &StageContext, inputs: &StageInputs) -> Result<Vec<PastClaim>, StageError> {
    let zone = super::judging::zone(ctx);
    let mut claims: Vec<PastClaim> = Vec::new();
    for issue in inputs.issues.iter().filter(|issue| issue.run != *ctx.run()) {
        let draft: Draft = ctx.artifact(&issue.draft).await?;
        let brief: ResearchBrief = ctx.artifact(&issue.brief).await?;
        let date = draft.at.timestamp().to_zoned(zone.clone()).date();
        let said = draft
            .sentences
            .into_iter()
            .filter(is_claim)
            .map(|sentence| PastClaim {
                publishers: publishers(&sentence, &brief),
                slug: issue.slug.clone(),
                sentence,
                date,
            });
        claims.extend(said);
        if claims.len() >= CLAIMS_MAX {
            claims.truncate(CLAIMS_MAX);
            break;
        }
    }
    Ok(claims)
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
