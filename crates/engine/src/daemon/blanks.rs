//! Which runs could read nothing at all, read once for each state of a run.

use std::collections::HashMap;

use copydesk_domain::{Instant, IssueState, RunId, RunState};
use copydesk_store::RunRecord;

use crate::error::EngineError;
use crate::services::Engine;

/// Runs that are remembered; some days of a busy desk.
const KEPT_MAX: usize = 256;

/// How a run stood: its last change, and the last decision on it, without which nothing is read again.
type Stand = (Instant, Option<i64>);

/// What is known, with how the run stood when it was read.
#[derive(Default)]
pub(crate) struct Blanks(HashMap<RunId, (Stand, bool)>);

impl Blanks {
    /// Whether a run that has made its issue, or has ended, could read nothing at all.
    pub(crate) async fn of(&mut self, engine: &Engine, run: &RunRecord) -> Result<bool, EngineError> {
        let is_written = !matches!(run.issue, IssueState::None | IssueState::Drafted);
        if !is_written && run.state != RunState::Completed {
            return Ok(false);
        }
        let stand = (run.updated_at, run.last_decision);
        if let Some((_, known)) = self.0.get(&run.id).filter(|(then, _)| *then == stand) {
            return Ok(*known);
        }
        if self.0.len() > KEPT_MAX {
            self.0.clear();
        }
        let is_blank = engine.is_blank(&engine.store().stages(&run.id).await?).await;
        self.0.insert(run.id.clone(), (stand, is_blank));
        Ok(is_blank)
    }
}
