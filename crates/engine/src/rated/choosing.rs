//! The author's choice of another draft of the newest round.

use copydesk_domain::artifact::{ArtifactKind, RatedDraft, Ratings};
use copydesk_domain::{ContentHash, Decision, Instant, IssueState, RunId};
use copydesk_store::{ArtifactRef, Command, StageRecord, Subject};

use super::has_ratings;
use crate::advance::Look;
use crate::error::EngineError;
use crate::services::Engine;

impl Engine {
    /// The hash of the issue of a draft that can be chosen, by its label.
    ///
    /// # Errors
    /// [`EngineError::NothingWaits`] with the labels that there are.
    pub async fn issue_of_draft(&self, run: &RunId, label: &str) -> Result<ContentHash, EngineError> {
        let stages = self.store().stages(run).await?;
        let ratings = self.newest_ratings(&stages).await?;
        if let Some(draft) = ratings.as_ref().and_then(|ratings| ratings.labelled(label)) {
            return Ok(draft.issue);
        }
        let labels: Vec<&str> = ratings
            .iter()
            .flat_map(|ratings| &ratings.drafts)
            .map(|draft| draft.label.as_str())
            .collect();
        let reason = if labels.is_empty() {
            "there are no drafts to choose from".to_owned()
        } else {
            format!("there is no draft `{label}`; there is {}", labels.join(", "))
        };
        Err(EngineError::NothingWaits {
            run: run.clone(),
            reason,
        })
    }

    /// What has to be written before a decision on the issue `hash`: what puts its draft in the first place, where it
    /// is another one of the round that waits. An approval of the one before is void. Nothing where the decision needs
    /// no choice. Who decides writes these and the decision together, so that nobody is left without an approval.
    ///
    /// # Errors
    /// [`copydesk_store::StoreError::DecisionRefused`] where the time to decide is over; what was approved stays so.
    pub(crate) async fn choice_before(
        &self,
        look: &Look,
        decision: Decision,
        hash: ContentHash,
        at: Instant,
    ) -> Result<Vec<Command>, EngineError> {
        if !matches!(decision, Decision::Approved | Decision::SentBack) {
            return Ok(Vec::new());
        }
        let Some(first) = self.issue_of(&look.stages).await?.filter(|first| *first != hash) else {
            return Ok(Vec::new());
        };
        let Some(ratings) = self.newest_ratings(&look.stages).await? else {
            return Ok(Vec::new());
        };
        let Some(draft) = ratings.of_issue(&hash) else {
            return Ok(Vec::new());
        };
        let run = look.run.id.clone();
        let mut commands = Vec::with_capacity(3);
        if look.run.issue == IssueState::Approved {
            self.require_time(look, decision, at).await?;
            let void = Command::Decide {
                run: run.clone(),
                subject: Subject::Issue,
                hash: first,
                decision: Decision::Voided,
                effective_at: None,
                reason: Some(format!("draft {} was chosen instead", draft.label)),
                at,
            };
            commands.push(void);
        }
        let artifacts = listed(draft);
        commands.push(Command::ChooseDraft { run, artifacts, at });
        Ok(commands)
    }

    async fn newest_ratings(&self, stages: &[StageRecord]) -> Result<Option<Ratings>, EngineError> {
        let rated = stages.iter().filter(|stage| has_ratings(stage));
        match rated.max_by_key(|stage| stage.round) {
            Some(stage) => self.ratings_in(stage).await,
            None => Ok(None),
        }
    }
}

/// A draft with what belongs to it, as a round of review lists it.
fn listed(draft: &RatedDraft) -> Vec<ArtifactRef> {
    let reference = |kind, hash| ArtifactRef { kind, hash };
    vec![
        reference(ArtifactKind::Draft, draft.draft),
        reference(ArtifactKind::Review, draft.review),
        reference(ArtifactKind::Issue, draft.issue),
    ]
}
