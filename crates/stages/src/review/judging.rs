//! Verdicts: code first, and a model's opinion beside what code cannot settle.

use copydesk_domain::artifact::{ClaimVerdict, Opinion, Sentence};
use copydesk_domain::task::{JudgeClaim, JudgeClaimInput, JudgeEvidence, JudgeVerdict, Task};
use copydesk_domain::untrusted::span;
use copydesk_domain::{PromptData, Untrusted, Verdict};
use copydesk_guard::{IssueDay, Ledger, is_claim, judge as judge_by_code};
use copydesk_journal::{StageContext, StageError};
use jiff::tz::TimeZone;

use super::Bench;
use super::contradictions;
use crate::models_used;

/// Opinions asked for at once.
const AT_ONCE: usize = 4;

/// A verdict for each claim, in draft order.
pub(crate) async fn judge(
    ctx: &StageContext,
    bench: &Bench,
    models: &mut Vec<String>,
) -> Result<Vec<ClaimVerdict>, StageError> {
    let day = IssueDay {
        date: ctx.now().timestamp().to_zoned(zone(ctx)).date(),
        zone: zone(ctx),
    };
    let ledger = Ledger {
        day: Some(&day),
        texts: &bench.texts,
        sources: &bench.brief.sources,
        beats: &bench.brief.beats,
        feeds: &bench.brief.feeds,
        stories: &bench.brief.stories,
    };
    let claims: Vec<&Sentence> = bench
        .draft
        .sentences
        .iter()
        .filter(|sentence| is_claim(sentence))
        .collect();
    let mut verdicts: Vec<ClaimVerdict> = claims
        .iter()
        .map(|sentence| judge_by_code(sentence, &ledger))
        .collect();
    contradictions::mark(bench, &claims, &day, &mut verdicts);
    if !ctx.has_language_model(JudgeClaim::NAME) {
        return Ok(verdicts);
    }
    let open: Vec<usize> = (0..verdicts.len())
        .filter(|index| verdicts[*index].verdict == Verdict::Unsettled)
        .collect();
    let (unsettled, claims) = (verdicts.as_slice(), claims.as_slice());
    let asked = ctx
        .for_each(open, AT_ONCE, |index| async move {
            (index, opinion(ctx, bench, claims[index], &unsettled[index]).await)
        })
        .await;
    for (index, opinion) in asked {
        let opinion = opinion?;
        if !models.contains(&opinion.model) {
            models_used::note(models, &copydesk_domain::ModelName::new(opinion.model.clone()));
        }
        verdicts[index].opinion = Some(opinion);
    }
    Ok(verdicts)
}

/// The zone in which the pipeline's author counts days.
pub(crate) fn zone(ctx: &StageContext) -> TimeZone {
    TimeZone::get(&ctx.pipeline().pipeline.time_zone).unwrap_or(TimeZone::UTC)
}

async fn opinion(
    ctx: &StageContext,
    bench: &Bench,
    sentence: &Sentence,
    claim: &ClaimVerdict,
) -> Result<Opinion, StageError> {
    let evidence = claim.spans.iter().filter_map(|place| {
        let quote = span(bench.texts.get(&place.snapshot)?, place.start, place.end)?;
        let source = bench
            .brief
            .sources
            .iter()
            .find(|source| source.snapshot == place.snapshot)?;
        Some(JudgeEvidence {
            publisher: source.publisher.prompt_data(),
            quote: PromptData::from(quote.as_str()),
        })
    });
    let input = JudgeClaimInput {
        claim: sentence.text.prompt_data(),
        evidence: evidence.collect(),
        doubts: claim.reasons.clone(),
    };
    let asked = ctx
        .ask::<JudgeClaim>(&bench.key(&format!("judge_claim/{}", sentence.id)), &input)
        .await?;
    let verdict = match asked.output.inspect().verdict {
        JudgeVerdict::Supported => "supported",
        JudgeVerdict::Unsupported => "unsupported",
        JudgeVerdict::Unclear => "unclear",
    };
    let reason = asked.output.map(|output| output.reason);
    Ok(Opinion {
        model: asked.model.to_string(),
        verdict: verdict.to_owned(),
        reason,
    })
}

/// Text of code, kept beside texts of others.
pub(crate) fn by_code(text: impl Into<String>) -> Untrusted<String> {
    Untrusted::new(text.into())
}
