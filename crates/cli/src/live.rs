//! What models write now, for those who look at a run from outside: `logs -f`, `show`, the page.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use copydesk_domain::RunId;
use copydesk_journal::{InWriting, Progress, ProgressEvent};

/// Whoever looked at a run so lately is still there: the page looks every two seconds, `logs -f` more often.
const WATCHED_FOR: Duration = Duration::from_secs(6);

/// Hands progress on, and remembers what is being written.
pub struct Live {
    inner: Arc<dyn Progress>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By run, stage and key of the step.
    writing: BTreeMap<(RunId, String, String), InWriting>,
    looked_at: BTreeMap<RunId, Instant>,
}

impl Live {
    /// Around whoever else watches.
    pub fn around(inner: Arc<dyn Progress>) -> Self {
        Self {
            inner,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }
}

impl Progress for Live {
    fn report(&self, event: ProgressEvent) {
        match &event {
            ProgressEvent::Writing {
                run,
                stage,
                key,
                model,
                tokens,
            } => {
                let now = InWriting {
                    stage: stage.clone(),
                    key: key.clone(),
                    model: model.clone(),
                    tokens: *tokens,
                };
                let place = (run.clone(), stage.to_string(), key.clone());
                self.state().writing.insert(place, now);
            }
            ProgressEvent::StepFinished { run, stage, key, .. } => {
                let place = (run.clone(), stage.to_string(), key.clone());
                self.state().writing.remove(&place);
            }
            // What a go that was cut off left ends with the next one.
            ProgressEvent::StageStarted { run, stage } | ProgressEvent::StageFinished { run, stage, .. } => {
                let is_of = |at: &(RunId, String, String)| at.0 == *run && at.1 == stage.as_str();
                self.state().writing.retain(|at, _| !is_of(at));
            }
            ProgressEvent::Note { .. } | ProgressEvent::Warned { .. } => {}
        }
        self.inner.report(event);
    }

    fn is_watched(&self, run: &RunId) -> bool {
        let looked_at = self.state().looked_at.get(run).copied();
        looked_at.is_some_and(|at| at.elapsed() < WATCHED_FOR) || self.inner.is_watched(run)
    }

    fn look(&self, run: &RunId) -> Vec<InWriting> {
        let mut state = self.state();
        state.looked_at.retain(|_, at| at.elapsed() < WATCHED_FOR);
        state.looked_at.insert(run.clone(), Instant::now());
        let of_run = state.writing.iter().filter(|((of, _, _), _)| of == run);
        of_run.map(|(_, writing)| writing.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use copydesk_journal::Silent;

    use super::*;

    fn writes(run: &str, key: &str, tokens: u64) -> ProgressEvent {
        ProgressEvent::Writing {
            run: run.into(),
            stage: "draft".into(),
            key: key.to_owned(),
            model: "near".into(),
            tokens,
        }
    }

    #[test]
    fn who_looks_sees_what_is_written_until_the_step_is_done() {
        let live = Live::around(Arc::new(Silent));
        assert!(!live.is_watched(&"r1".into()));
        for event in [writes("r1", "a", 3), writes("r2", "b", 9), writes("r1", "a", 7)] {
            live.report(event);
        }
        let seen = live.look(&"r1".into());
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].key.as_str(), seen[0].tokens), ("a", 7));
        assert!(live.is_watched(&"r1".into()) && !live.is_watched(&"r2".into()));
        for another in [finished("r2"), finished("r1")] {
            live.report(another);
        }
        assert!(live.look(&"r1".into()).is_empty());
        assert_eq!(live.look(&"r2".into()).len(), 1, "its step `b` goes on");
        live.report(ProgressEvent::StageFinished {
            run: "r1".into(),
            stage: "draft".into(),
            summary: String::new(),
        });
        assert_eq!(live.look(&"r2".into()).len(), 1, "another run's stage ended");
        live.report(ProgressEvent::StageStarted {
            run: "r2".into(),
            stage: "draft".into(),
        });
        assert!(
            live.look(&"r2".into()).is_empty(),
            "a go that was cut off is over"
        );
    }

    fn finished(run: &str) -> ProgressEvent {
        ProgressEvent::StepFinished {
            run: run.into(),
            stage: "draft".into(),
            key: "a".to_owned(),
            is_stored: false,
        }
    }
}
