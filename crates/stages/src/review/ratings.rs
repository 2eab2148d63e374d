//! Ratings of the whole draft. They stand beside the author's decision and decide nothing.

use copydesk_domain::Untrusted;
use copydesk_domain::artifact::Rating;
use copydesk_domain::task::{RateDraft, RateDraftInput};
use copydesk_journal::{StageContext, StageError};

use super::Bench;
use crate::models_used;

/// What review has a draft rated for; drafts against each other are another matter.
const PURPOSE: &str = "checklist";
/// The end of the scale.
const SCORE_MAX: u8 = 10;
/// Reasons of one rating that are kept.
const REASONS_MAX: usize = 10;

/// Has the draft rated; none where there is nothing to rate.
pub(crate) async fn collect(
    ctx: &StageContext,
    bench: &Bench,
    models: &mut Vec<String>,
) -> Result<Vec<Rating>, StageError> {
    let draft = &bench.draft;
    if draft.sentences.is_empty() {
        return Ok(Vec::new());
    }
    let text: Vec<&str> = draft
        .sentences
        .iter()
        .map(|sentence| sentence.text.inspect().as_str())
        .collect();
    let input = RateDraftInput {
        purpose: PURPOSE.to_owned(),
        title: draft.title.prompt_data(),
        text: Untrusted::new(text.join("\n")).prompt_data(),
    };
    let asked = ctx
        .ask::<RateDraft>(&format!("rate_draft/{PURPOSE}"), &input)
        .await?;
    models_used::note(models, &asked.model);
    let rated = asked.output.inspect();
    let reasons = rated.reasons.iter().take(REASONS_MAX).cloned();
    Ok(vec![Rating {
        model: asked.model.to_string(),
        purpose: PURPOSE.to_owned(),
        score: rated.score.min(SCORE_MAX),
        reasons: reasons.map(Untrusted::new).collect(),
    }])
}
