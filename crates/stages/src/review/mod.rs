//! Review: the guard judges each claim, a model may propose changes, and the issue is rendered for its channels.
//!
//! What is `blocked` stays in the draft and out of every rendering. Where several drafts can be chosen, each is judged and
//! rendered by itself (`drafts`), and who rated whose draft how stands beside them (`ratings`, `matrix`).

mod contradictions;
mod drafts;
#[cfg(test)]
pub(crate) mod fixture;
mod heads;
mod issue;
mod judging;
mod links;
mod matrix;
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
use copydesk_domain::artifact::{
    Artifact, ArtifactKind, ClaimVerdict, Draft, FORMAT, Issue, ResearchBrief, Review,
};
use copydesk_domain::{ContentHash, Untrusted, Verdict, counted};
use copydesk_journal::{Renderer, Stage, StageContext, StageError, StageInputs, StageOutput};
pub(crate) use judging::zone;
pub(crate) use rules::{is_idiom, unsaid};
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
    /// The title that the draft came with: what models are asked about, so that each attempt asks the same.
    pub(crate) title_given: Untrusted<String>,
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

impl Bench {
    /// The key of a step about this draft: where drafters wrote it, the key ends in the one that did.
    pub(crate) fn key(&self, key: &str) -> String {
        match &self.draft.drafter {
            None => key.to_owned(),
            Some(drafter) => format!("{key}/{drafter}"),
        }
    }
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
        let made = drafts::under_review(inputs, &ctx.stage().stage_name());
        let mut benches = Vec::new();
        for draft in &made {
            benches.push(open(ctx, inputs, draft).await?);
        }
        let Some(first) = benches.first() else {
            return Err(missing("draft"));
        };
        let is_alone = benches.len() == 1 && first.draft.drafter.is_none() && ctx.stage().raters.is_empty();
        let mut pages = links::Pages::default();
        let mut reviewed = Vec::new();
        for bench in &mut benches {
            let (draft, mut review) = judged(ctx, bench, &mut pages).await?;
            if is_alone {
                review.ratings = ratings::of_one(ctx, bench, &mut review.models).await?;
            }
            log(ctx, bench, &review.verdicts);
            let (issue, bodies) = issue::render(ctx, inputs, bench, &review, &self.renderers)?;
            reviewed.push(Reviewed::of(bench, draft, &review, &issue, bodies)?);
        }
        if !is_alone {
            return drafts::output(ctx, inputs, &benches, reviewed).await;
        }
        let reviewed = reviewed.remove(0);
        let artifacts = reviewed.draft.into_iter();
        Ok(StageOutput {
            summary: reviewed.summary,
            artifacts: artifacts.chain([reviewed.review, reviewed.issue]).collect(),
            bodies: reviewed.bodies,
        })
    }
}

/// A draft with its review and its issue.
pub(crate) struct Reviewed {
    /// The draft, where review changed its head.
    pub(crate) draft: Option<Artifact>,
    pub(crate) review: Artifact,
    pub(crate) issue: Artifact,
    pub(crate) bodies: Vec<Vec<u8>>,
    /// What a person at a terminal reads of it.
    pub(crate) summary: String,
}

impl Reviewed {
    fn of(
        bench: &Bench,
        draft: Option<Artifact>,
        review: &Review,
        issue: &Issue,
        bodies: Vec<Vec<u8>>,
    ) -> Result<Self, StageError> {
        Ok(Self {
            draft,
            summary: summary(bench, review),
            review: Artifact::of(ArtifactKind::Review, review).map_err(invalid)?,
            issue: Artifact::of(ArtifactKind::Issue, issue).map_err(invalid)?,
            bodies,
        })
    }
}

/// A value that has no JSON form.
#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
pub(crate) fn invalid(error: serde_json::Error) -> StageError {
    StageError::Invalid {
        reason: error.to_string(),
    }
}

fn missing(what: &str) -> StageError {
    StageError::Input {
        what: what.to_owned(),
        reason: "no stage has made one".to_owned(),
    }
}

/// What code and models say of one draft, without ratings. Where its title or the line under it does not hold, what is on
/// the bench from then on is the draft with code's own, which is given back too.
async fn judged(
    ctx: &StageContext,
    bench: &mut Bench,
    pages: &mut links::Pages,
) -> Result<(Option<Artifact>, Review), StageError> {
    let mut models = Vec::new();
    let sentences = counted(bench.draft.sentences.len(), "sentence", "sentences");
    ctx.note(format!("checking {sentences}"));
    let verdicts = judging::judge(ctx, bench, &mut models).await?;
    let mut suggestions = Vec::new();
    let mut changed = None;
    if let Some(settled) = heads::settle(bench, &verdicts) {
        for finding in &settled.findings {
            ctx.log("warn", finding.reason.inspect().clone());
        }
        let artifact = Artifact::of(ArtifactKind::Draft, &settled.draft).map_err(invalid)?;
        bench.draft_hash = artifact.hash;
        bench.draft = settled.draft;
        suggestions = settled.findings;
        changed = Some(artifact);
    }
    let remarks = suggestions::collect(ctx, bench, &verdicts, pages, &mut models).await?;
    suggestions.extend(remarks.suggestions);
    let review = Review {
        format: FORMAT.to_owned(),
        draft: bench.draft_hash,
        verdicts,
        suggestions,
        ratings: Vec::new(),
        voice: remarks.voice,
        models,
    };
    Ok((changed, review))
}

async fn open(
    ctx: &StageContext,
    inputs: &StageInputs,
    draft_hash: &ContentHash,
) -> Result<Bench, StageError> {
    let brief = inputs
        .newest(ArtifactKind::ResearchBrief)
        .ok_or_else(|| missing("research_brief"))?;
    let draft_hash = *draft_hash;
    let draft: Draft = ctx.artifact(&draft_hash).await?;
    let brief = labelled(ctx, &brief, &draft.labels).await?;
    let mut texts = HashMap::new();
    for snapshot in &draft.sources {
        texts.insert(*snapshot, ctx.snapshot(snapshot).await?.text);
    }
    Ok(Bench {
        title_given: draft.title.clone(),
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
