//! Waiting for a run, by notification.

use std::time::Duration;

use copydesk_domain::{RunId, RunState};
use copydesk_engine::EngineError;
use copydesk_engine::view::RunView;
use serde::Deserialize;

use crate::options::Desk;

/// The longest wait of one request, in seconds.
pub(crate) const WAIT_SECONDS_MAX: u64 = 600;
/// Where the caller names none.
const WAIT_SECONDS: u64 = 60;

/// The state that a caller waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WaitState {
    Waiting,
    Completed,
}

/// The query of `GET /api/runs/RUN`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaitParams {
    wait: Option<WaitState>,
    timeout_s: Option<u64>,
}

/// The run at the state that is waited for or a later one, at an end, or as it is when the time is up.
pub(crate) async fn wait_for(desk: &Desk, run: &RunId, params: &WaitParams) -> Result<RunView, EngineError> {
    let engine = desk.engine();
    let Some(wanted) = params.wait else {
        return engine.view(run).await;
    };
    let seconds = params.timeout_s.unwrap_or(WAIT_SECONDS).min(WAIT_SECONDS_MAX);
    let timeout = tokio::time::sleep(Duration::from_secs(seconds));
    tokio::pin!(timeout);
    let mut changes = engine.store().run_changes(run);
    let mut shutdown = desk.shutdown.clone();
    let state = engine.store().run(run).await?.map(|run| run.state);
    if state.is_none_or(|state| is_reached(state, wanted)) {
        return engine.view(run).await;
    }
    loop {
        let is_over = tokio::select! {
            () = &mut timeout => true,
            _ = shutdown.wait_for(|is_set| *is_set) => true,
            noticed = changes.changed() => noticed.is_err(),
        };
        changes.borrow_and_update();
        let view = engine.view(run).await?;
        if is_over || is_reached(view.state, wanted) {
            return Ok(view);
        }
    }
}

fn is_reached(state: RunState, wanted: WaitState) -> bool {
    state.is_final() || (wanted == WaitState::Waiting && state == RunState::Waiting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_state_and_every_end_count() {
        assert!(is_reached(RunState::Waiting, WaitState::Waiting));
        assert!(is_reached(RunState::Completed, WaitState::Waiting));
        assert!(is_reached(RunState::Failed, WaitState::Completed));
        assert!(!is_reached(RunState::Waiting, WaitState::Completed));
        assert!(!is_reached(RunState::Running, WaitState::Waiting));
    }
}
