//! Drafts of several models and who rated whose how, as people see them.
//!
//! While the author may still choose, no name stands beside a draft, and raters go by numbers: a rater that is marked as
//! the writer of a draft would tell who wrote it.

mod agreement;
mod choosing;
mod masked;

use copydesk_domain::artifact::{ArtifactKind, DraftRating, RatedDraft, Ratings, Unrated};
use copydesk_domain::{Decision, Instant, IssueState, Round, RunId, StageState};
use copydesk_store::{DecisionRecord, RunRecord, StageRecord, StoreError, Subject};
use serde::Serialize;

use crate::error::EngineError;
use crate::services::Engine;
pub use agreement::Agreement;

/// The drafts and ratings of one round of review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RatedRound {
    /// The round.
    pub round: Round,
    /// Nobody is told yet who wrote which draft.
    pub is_blind: bool,
    /// The drafts, in the order of their labels.
    pub drafts: Vec<DraftView>,
    /// Ratings by rater, draft and purpose.
    pub ratings: Vec<DraftRating>,
    /// Ratings that a rater did not give.
    pub unrated: Vec<Unrated>,
    /// Drafters that made no draft.
    pub left_out: Vec<String>,
    /// What the author chose; null while nothing is chosen.
    pub choice: Option<Choice>,
}

/// A draft that can be chosen, or could.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DraftView {
    /// The draft, without names where nobody is told.
    #[serde(flatten)]
    pub rated: RatedDraft,
    /// It stands first by its ratings.
    pub is_default: bool,
    /// It stands first now: an approval that names no hash is of this one.
    pub is_first: bool,
}

/// The author's choice among the drafts of a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Label of the draft.
    pub draft: String,
    /// The model of `drafters` that wrote it.
    pub drafter: Option<String>,
    /// `approved` or `sent_back`.
    pub decision: Decision,
    /// When.
    pub at: Instant,
    /// It is the one that stood first by its ratings.
    pub is_default: bool,
}

impl Engine {
    /// The rounds of review of a run in which drafts were rated, oldest first; none where its pipeline names neither
    /// drafters nor raters.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] where ratings cannot be read.
    pub async fn rated(&self, run: &RunId) -> Result<Vec<RatedRound>, EngineError> {
        let store = self.store();
        let stages = store.stages(run).await?;
        if !stages.iter().any(has_ratings) {
            return Ok(Vec::new());
        }
        let unknown = || StoreError::RunUnknown { run: run.clone() };
        let record = store.run(run).await?.ok_or_else(unknown)?;
        let decisions = store.decisions(run).await?;
        let newest = stages
            .iter()
            .filter(|stage| has_ratings(stage))
            .map(|stage| stage.round)
            .max();
        let mut rounds = Vec::new();
        for stage in stages.iter().filter(|stage| has_ratings(stage)) {
            let Some(ratings) = self.ratings_in(stage).await? else {
                continue;
            };
            let is_open = newest == Some(stage.round) && is_open(&record);
            rounds.push(round_of(&record, stage, ratings, &decisions, is_open));
        }
        Ok(rounds)
    }

    /// The ratings that a round of review has made.
    pub(crate) async fn ratings_in(&self, stage: &StageRecord) -> Result<Option<Ratings>, EngineError> {
        let mut made = stage.artifacts.iter();
        match made.find(|artifact| artifact.kind == ArtifactKind::Ratings) {
            Some(found) => self.read_artifact(&found.hash).await.map(Some),
            None => Ok(None),
        }
    }
}

/// Whether a round has rated drafts.
pub(crate) fn has_ratings(stage: &StageRecord) -> bool {
    let mut made = stage.artifacts.iter();
    stage.state == StageState::Completed && made.any(|artifact| artifact.kind == ArtifactKind::Ratings)
}

/// Whether the author may still choose.
fn is_open(run: &RunRecord) -> bool {
    run.issue == IssueState::Reviewed && !run.state.is_final() && run.parent.is_none()
}

/// A round as people see it. `is_open`: the author may still choose. Pure.
fn round_of(
    run: &RunRecord,
    stage: &StageRecord,
    ratings: Ratings,
    decisions: &[DecisionRecord],
    is_open: bool,
) -> RatedRound {
    let choice = choice_of(stage.round, &ratings, decisions);
    let mut issues = stage.artifacts.iter().rev();
    let first = issues.find(|artifact| artifact.kind == ArtifactKind::Issue);
    let default = ratings.default.clone();
    let is_blind = is_open && choice.is_none() && ratings.drafts.len() > 1;
    let shown = if is_blind {
        masked::masked(&ratings, run.seed)
    } else {
        ratings
    };
    let drafts = shown.drafts.into_iter().map(|rated| DraftView {
        is_default: rated.label == default,
        is_first: first.is_some_and(|issue| issue.hash == rated.issue),
        rated,
    });
    RatedRound {
        round: stage.round,
        is_blind,
        drafts: drafts.collect(),
        ratings: shown.ratings,
        unrated: shown.unrated,
        left_out: shown.left_out,
        choice,
    }
}

/// What the author chose in a round: the draft whose issue was approved or sent back, unless that was taken back.
pub(crate) fn choice_of(round: Round, ratings: &Ratings, decisions: &[DecisionRecord]) -> Option<Choice> {
    let of_round = |record: &&DecisionRecord| record.subject == Subject::Issue && record.round == Some(round);
    let last = decisions.iter().rfind(of_round)?;
    if !matches!(last.decision, Decision::Approved | Decision::SentBack) {
        return None;
    }
    let chosen = ratings.of_issue(&last.hash)?;
    Some(Choice {
        draft: chosen.label.clone(),
        drafter: chosen.drafter.clone(),
        decision: last.decision,
        at: last.at,
        is_default: chosen.label == ratings.default,
    })
}
