//! Review: the guard judges each claim, a model may propose changes, and the issue is rendered for its channels.
//!
//! What is `blocked` stays in the draft and out of every rendering.

mod contradictions;
mod issue;
mod judging;
mod links;
mod past;
mod ratings;
mod rules;
mod suggestions;
mod voice;

use std::collections::HashMap;
use std::sync::Arc;

use crate::research::labelled;
use async_trait::async_trait;
use copydesk_config::Pipeline;
use copydesk_domain::artifact::{Artifact, ArtifactKind, ClaimVerdict, Draft, FORMAT, ResearchBrief, Review};
use copydesk_domain::{ContentHash, Untrusted, Verdict, counted};
use copydesk_journal::{Renderer, Stage, StageContext, StageError, StageInputs, StageOutput};
pub(crate) use voice::words_and_share;

/// The review agent.
pub struct ReviewStage {
    renderers: Vec<Arc<dyn Renderer>>,
}

impl ReviewStage {
    /// A review that renders with these.
    pub fn new(renderers: Vec<Arc<dyn Renderer>>) -> Self {
        Self { renderers }
    }
}

/// What is under review.
pub(crate) struct Bench {
    pub(crate) draft: Draft,
    pub(crate) draft_hash: ContentHash,
    pub(crate) brief: ResearchBrief,
    pub(crate) texts: HashMap<ContentHash, Untrusted<String>>,
    /// Issues of the last 14 days, newest first.
    pub(crate) past: Vec<past::Past>,
    /// Approved issues before those, newest first.
    pub(crate) older: Vec<Draft>,
    /// Texts of issues that the author published elsewhere, newest first.
    pub(crate) imported: Vec<String>,
    /// The pipeline as the run is pinned to it.
    pub(crate) pipeline: Pipeline,
}

#[async_trait]
impl Stage for ReviewStage {
    fn agent(&self) -> &'static str {
        "review"
    }

    fn reads_choices(&self) -> bool {
        true
    }

    async fn run(&self, ctx: &StageContext, inputs: &StageInputs) -> Result<StageOutput, StageError> {
        let bench = open(ctx, inputs).await?;
        let mut models = Vec::new();
        let sentences = counted(bench.draft.sentences.len(), "sentence", "sentences");
        ctx.note(format!("checking {sentences}"));
        let verdicts = judging::judge(ctx, &bench, &mut models).await?;
        let remarks = suggestions::collect(ctx, &bench, &verdicts, &mut models).await?;
        let ratings = ratings::collect(ctx, &bench, &mut models).await?;
        let review = Review {
            format: FORMAT.to_owned(),
            draft: bench.draft_hash,
            verdicts,
            suggestions: remarks.suggestions,
            ratings,
            voice: remarks.voice,
            models,
        };
        log(ctx, &bench, &review.verdicts);
        let (issue, bodies) = issue::render(ctx, inputs, &bench, &review, &self.renderers)?;
        let invalid = |error: serde_json::Error| StageError::Invalid {
            reason: error.to_string(),
        };
        let artifacts = vec![
            Artifact::of(ArtifactKind::Review, &review).map_err(invalid)?,
            Artifact::of(ArtifactKind::Issue, &issue).map_err(invalid)?,
        ];
        Ok(StageOutput {
            summary: summary(&bench, &review),
            artifacts,
            bodies,
        })
    }
}

async fn open(ctx: &StageContext, inputs: &StageInputs) -> Result<Bench, StageError> {
    let missing = |what: &str| StageError::Input {
        what: what.to_owned(),
        reason: "no stage has made one".to_owned(),
    };
    let draft_hash = inputs
        .newest(ArtifactKind::Draft)
        .ok_or_else(|| missing("draft"))?;
    let brief = inputs
        .newest(ArtifactKind::ResearchBrief)
        .ok_or_else(|| missing("research_brief"))?;
    let draft: Draft = ctx.artifact(&draft_hash).await?;
    let brief = labelled(ctx, &brief, &draft.labels).await?;
    let mut texts = HashMap::new();
    for snapshot in &draft.sources {
        texts.insert(*snapshot, ctx.snapshot(snapshot).await?.text);
    }
    Ok(Bench {
        draft,
        draft_hash,
        brief,
        texts,
        past: past::load(ctx, inputs).await?,
        older: past::older(ctx, inputs).await?,
        imported: past::imported(ctx, inputs).await?,
        pipeline: ctx.pipeline().clone(),
    })
}

fn count(verdicts: &[ClaimVerdict], verdict: Verdict) -> usize {
    verdicts.iter().filter(|claim| claim.verdict == verdict).count()
}

/// What a person at a terminal reads when review is done.
fn summary(bench: &Bench, review: &Review) -> String {
    let claims = &review.verdicts;
    let orders = bench
        .brief
        .sources
        .iter()
        .filter(|source| source.gives_orders)
        .count();
    let orders = match orders {
        0 => String::new(),
        1 => " · 1 post gave orders to a model: kept as data".to_owned(),
        many => format!(" · {many} posts gave orders to a model: kept as data"),
    };
    format!(
        "{}: {} in source, {}, {} blocked{orders}",
        counted(claims.len(), "claim", "claims"),
        count(claims, Verdict::Supported),
        counted(count(claims, Verdict::Unsettled), "wants you", "want you"),
        count(claims, Verdict::Blocked),
    )
}

fn log(ctx: &StageContext, bench: &Bench, verdicts: &[ClaimVerdict]) {
    for claim in verdicts.iter().filter(|claim| claim.verdict == Verdict::Blocked) {
        let sentence = bench
            .draft
            .sentences
            .iter()
            .find(|sentence| sentence.id == claim.sentence);
        let text: String = sentence
            .map(|sentence| sentence.text.inspect().chars().take(80).collect())
            .unwrap_or_default();
        ctx.log(
            "warn",
            format!(
                "{} is left out ({}): {text}",
                claim.sentence,
                claim.reasons.join("; ")
            ),
        );
    }
}
