//! Claims for which an approval on the page gives a reason, which is kept.

use std::fmt;

use copydesk_domain::artifact::{ArtifactKind, Draft, Issue, Review};
use copydesk_domain::{
    ContentHash, Decision, IssueState, SentenceId, StageName, StageState, Verdict, counted,
};
use copydesk_store::{StageRecord, StoreError};

use crate::advance::Look;
use crate::error::EngineError;
use crate::services::Engine;

/// Claims of a draft that its sources do not bear, or of which code cannot tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenClaims {
    /// Code cannot tell.
    pub unsettled: usize,
    /// Readers do not get them.
    pub blocked: usize,
}

impl OpenClaims {
    /// Those that the draft still has. Pure.
    pub fn of(draft: &Draft, review: &Review) -> Self {
        let is_there = |id: &SentenceId| draft.sentences.iter().any(|sentence| sentence.id == *id);
        let of = |verdict: Verdict| {
            let verdicts = review.verdicts.iter().filter(|claim| claim.verdict == verdict);
            verdicts.filter(|claim| is_there(&claim.sentence)).count()
        };
        Self {
            unsettled: of(Verdict::Unsettled),
            blocked: of(Verdict::Blocked),
        }
    }

    /// How many there are.
    pub fn count(self) -> usize {
        self.unsettled + self.blocked
    }
}

impl fmt::Display for OpenClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unsettled = counted(
            self.unsettled,
            "claim that is unsettled",
            "claims that are unsettled",
        );
        let blocked = counted(self.blocked, "claim that is blocked", "claims that are blocked");
        match (self.unsettled, self.blocked) {
            (_, 0) => f.write_str(&unsettled),
            (0, _) => f.write_str(&blocked),
            _ => write!(f, "{blocked} and {unsettled}"),
        }
    }
}

impl Engine {
    /// That an approval by somebody who has the page before them says why where claims are open. Commands and scripts
    /// are asked for no reason: what the guard blocked reaches no reader either way. What could not be approved anyway
    /// is let through to its own refusal.
    ///
    /// # Errors
    /// [`EngineError::ReasonWanted`].
    pub(crate) async fn require_reason(
        &self,
        look: &Look,
        hash: ContentHash,
        reason: Option<&str>,
    ) -> Result<(), EngineError> {
        if reason.is_some_and(|reason| !reason.trim().is_empty()) {
            return Ok(());
        }
        let Some(claims) = self.claims_to_approve(look, hash).await? else {
            return Ok(());
        };
        if claims.count() == 0 {
            return Ok(());
        }
        self.refuse_late(look, Decision::Approved, self.clock().now())
            .await?;
        Err(EngineError::ReasonWanted {
            run: look.run.id.clone(),
            claims,
        })
    }

    /// Claims of the issue that an approval is of; none where no issue with that hash can be approved.
    async fn claims_to_approve(
        &self,
        look: &Look,
        hash: ContentHash,
    ) -> Result<Option<OpenClaims>, EngineError> {
        let current = self.issue_of(&look.stages).await?;
        // One that is approved already can give way to another draft of its round.
        let can_be = match look.run.issue {
            IssueState::Reviewed => true,
            IssueState::Approved => Some(hash) != current,
            _ => false,
        };
        if !can_be || look.run.state.is_final() || look.run.parent.is_some() {
            return Ok(None);
        }
        let newest = look.stages.iter().filter(|stage| {
            stage.stage.as_str() == StageName::REVIEW && stage.state == StageState::Completed
        });
        let Some(review) = newest.max_by_key(|stage| stage.round) else {
            return Ok(None);
        };
        match self.claims_of(review, hash).await {
            // Of what this version cannot read it cannot say what is open; the author's yes is a yes all the same.
            Err(EngineError::Store(StoreError::Inconsistent { .. })) => Ok(None),
            found => found,
        }
    }

    async fn claims_of(
        &self,
        review: &StageRecord,
        hash: ContentHash,
    ) -> Result<Option<OpenClaims>, EngineError> {
        let listed = |kind| review.artifacts.iter().filter(move |made| made.kind == kind);
        if !listed(ArtifactKind::Issue).any(|issue| issue.hash == hash) {
            return Ok(None);
        }
        let issue: Issue = self.read_artifact(&hash).await?;
        let draft: Draft = self.read_artifact(&issue.draft).await?;
        for artifact in listed(ArtifactKind::Review) {
            let found: Review = self.read_artifact(&artifact.hash).await?;
            if found.draft == issue.draft {
                return Ok(Some(OpenClaims::of(&draft, &found)));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_claims_are_told_by_their_verdict() {
        let told = |unsettled, blocked| OpenClaims { unsettled, blocked }.to_string();
        assert_eq!(told(1, 0), "1 claim that is unsettled");
        assert_eq!(told(0, 2), "2 claims that are blocked");
        assert_eq!(
            told(2, 1),
            "1 claim that is blocked and 2 claims that are unsettled"
        );
    }
}
