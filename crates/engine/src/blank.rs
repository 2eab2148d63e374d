//! Days on which nothing at all could be read. An issue is made that says so, and whoever looks from outside is told that
//! the day failed.

use copydesk_domain::{Decision, IssueState, Round, RunId};
use copydesk_store::{DecisionRecord, StageRecord};

use crate::choices::GoOn;
use crate::error::EngineError;
use crate::next::operator_waits;
use crate::rounds::writing_round;
use crate::services::Engine;

impl Engine {
    /// Whether the newest research could read nothing at all. A brief that this version cannot read counts as read.
    pub(crate) async fn is_blank(&self, stages: &[StageRecord]) -> bool {
        let brief = self.brief_of(stages).await.unwrap_or_default();
        brief.is_some_and(|brief| brief.is_blank())
    }

    /// The same, where the author sent back what was made of it: only then is a new round of research to be thought of.
    pub(crate) async fn is_blank_sent_back(
        &self,
        stages: &[StageRecord],
        decisions: &[DecisionRecord],
    ) -> bool {
        writing_round(decisions) > Round::FIRST && self.is_blank(stages).await
    }

    /// Has the sources of a run asked again whose issue waits for the author and says that none could be read: it is
    /// sent back, without a wish. Gives false where that is not so, and changes nothing.
    ///
    /// # Errors
    /// As of any decision.
    pub async fn ask_sources_again(&self, run: &RunId) -> Result<bool, EngineError> {
        let look = self.look(run).await?;
        let is_open = look.run.parent.is_none() && !look.run.state.is_final();
        if !is_open || look.run.issue != IssueState::Reviewed || !self.is_blank(&look.stages).await {
            return Ok(false);
        }
        // Something else may wait for the author before it.
        let Some(issue) = self.issue_of(&look.stages).await? else {
            return Ok(false);
        };
        self.decide_issue(run, Decision::SentBack, Some(issue), None)
            .await?;
        if !operator_waits(&look.run.waiting_for).is_empty() {
            self.go_on(run, GoOn::default()).await?;
        }
        Ok(true)
    }
}
