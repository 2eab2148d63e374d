//! What a person sets while an advance is about to wait: acted upon at once, and not lost.

use copydesk_domain::{MicroUsd, RunId, WaitingFor};
use copydesk_store::{Command, RunRecord, StoreError};

use crate::daemon::Mark;
use crate::error::EngineError;
use crate::services::Engine;

impl Engine {
    /// Whether a person has set something on a run that now waits for `who`. `seen`: its mark as the advance began. What
    /// it was granted meanwhile has put it back into the queue then.
    pub(crate) async fn is_set_meanwhile(
        &self,
        run: &RunId,
        seen: &Mark,
        who: &[WaitingFor],
    ) -> Result<bool, EngineError> {
        let now = self.known_run(run).await?;
        let mark = Mark::of(&now);
        if mark == *seen {
            return self.is_settled_by_word(run, who).await;
        }
        if !mark.has_means_of(seen) {
            self.go_on_after_all(&now).await?;
        }
        Ok(true)
    }

    /// Whether the author has settled what a channel could not tell while the run was about to wait for that.
    async fn is_settled_by_word(&self, run: &RunId, who: &[WaitingFor]) -> Result<bool, EngineError> {
        if !who.contains(&WaitingFor::PublishUnknown) {
            return Ok(false);
        }
        let rows = self.services.store.outbox(run).await?;
        Ok(!crate::next::is_all_unknown(&rows))
    }

    /// Puts a run back into the queue that waits for money or a model. A retry leaves a run that is held to its worker, and
    /// that had begun without what the retry gave.
    async fn go_on_after_all(&self, run: &RunRecord) -> Result<(), EngineError> {
        let Some(seen) = run.impasse() else {
            return Ok(());
        };
        let command = Command::GoOn {
            run: run.id.clone(),
            seen,
            route: None,
            budget_extra: MicroUsd::ZERO,
            embedded_only: false,
            at: self.services.clock.now(),
        };
        match self.services.store.apply(command).await {
            // Somebody has stopped it since, or let it go on.
            Ok(_) | Err(StoreError::DecisionRefused { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
