//! What a waiting run shows whoever chooses how it goes on.

use copydesk_domain::{ContentHash, RunState, WaitingFor};

use crate::record::RunRecord;

impl RunRecord {
    /// What a person sees who lets this run go on: what was granted and chosen so far, and the call that does not fit. By its
    /// hash, so that a form can bear it; none where the run waits for neither money nor a model.
    ///
    /// A grant and another route change it, a look at the run and a decision on its issue do not.
    pub fn impasse(&self) -> Option<ContentHash> {
        let is_stuck = |what: &WaitingFor| matches!(what, WaitingFor::Budget | WaitingFor::Model);
        let waits = self.state == RunState::Waiting && !self.cancel_requested;
        if !waits || !self.waiting_for.iter().any(is_stuck) {
            return None;
        }
        // The route too: a run that waits for a model has no breach, and another route is what it was let go on with.
        let shown = (self.budget_extra, &self.breach, &self.route, self.embedded_only);
        let shown = serde_json::to_vec(&shown).expect("an amount, a breach and names have a JSON form");
        Some(ContentHash::of(&shown))
    }
}
