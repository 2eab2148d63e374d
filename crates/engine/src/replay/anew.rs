//! A run executed anew from one of its stages on, kept beside it.

use std::sync::Arc;

use copydesk_config::Release;
use copydesk_domain::{ContentHash, RunId, RunState, StageName, StageState};
use copydesk_journal::Batch;
use copydesk_store::{Command, Lease, RunParams, StoreError, WholeRun};
use tokio::sync::watch;

use super::change::ModelChoice;
use super::error::ReplayError;
use super::plan::{Course, Planned, plan};
use super::recording::Recording;
use super::replayer::{Replayer, leased};
use super::taking::Taking;
use crate::lease::LeaseKeeper;

/// What is executed anew.
#[derive(Debug, Clone)]
pub struct Anew {
    /// The run.
    pub run: RunId,
    /// The stage to begin with.
    pub from: StageName,
    /// What it is pinned to this time: the run's release with a change in it.
    pub release: Release,
    /// The models that a person named for it, as `release` has them too; none where those of then are asked.
    pub choice: Option<ModelChoice>,
}

/// The right to write a replay, and what belongs to it.
pub(super) struct Hold {
    pub(super) lease: Lease,
    pub(super) batch: Arc<Batch>,
    pub(super) cancel: watch::Receiver<bool>,
    _keeper: LeaseKeeper,
}

/// A replay under way.
pub(super) struct Going<'a> {
    pub(super) recording: &'a Recording,
    pub(super) parent: &'a WholeRun,
    pub(super) release: Arc<Release>,
    pub(super) choice: Option<ModelChoice>,
    pub(super) hold: Hold,
}

impl Replayer {
    /// Executes a run anew from a stage on and keeps it as a run beside it. Steps that ask what was asked then are
    /// answered from the recording; others ask models and tools that read, within the budget. Earlier stages are taken
    /// over. Gives the replay's id; whether it came to its end is its state.
    ///
    /// # Errors
    /// Those of [`Recording::read`], [`ReplayError::StageUnknown`], and those of the store. A stage that fails is no
    /// error: the replay is kept as failed, with the reason.
    pub async fn anew(&self, anew: Anew) -> Result<RunId, ReplayError> {
        let store = &self.options.store;
        let recording = Recording::read(store.as_ref(), &anew.run).await?;
        let planned = plan(&anew.release.pipeline, &anew.run, &recording.rounds, &anew.from)?;
        let parent = store.whole_run(&anew.run).await?;
        let parent = parent.ok_or_else(|| StoreError::RunUnknown {
            run: anew.run.clone(),
        })?;
        let hold = self.open(&recording, &anew.release).await?;
        let run = hold.lease.run.clone();
        let going = Going {
            recording: &recording,
            parent: &parent,
            release: Arc::new(anew.release),
            choice: anew.choice,
            hold,
        };
        let ended = self.execute(&going, &planned).await;
        let (state, reason) = match &ended {
            Ok(end) => end.clone(),
            Err(error) => (RunState::Failed, error.to_string()),
        };
        let closed = self.close(&going.hold, state, reason).await;
        ended?;
        closed?;
        Ok(run)
    }

    async fn open(&self, recording: &Recording, release: &Release) -> Result<Hold, ReplayError> {
        let (store, clock) = (&self.options.store, &self.options.clock);
        let at = clock.now();
        let body = serde_json::to_vec(release).map_err(|error| StoreError::Database {
            reason: format!("the release has no JSON form: {error}"),
        })?;
        let recorded = &recording.run;
        let id = self.new_id(&recorded.run).await?;
        let params = RunParams {
            id: id.clone(),
            pipeline: recorded.pipeline.clone(),
            slot: None,
            parent: Some(recorded.run.clone()),
            release: ContentHash::of(&body),
            fixed_now: recorded.fixed_now,
            seed: recorded.seed,
            is_scheduled: false,
            at,
        };
        let opened = vec![
            Command::PutRelease { body, at },
            Command::CreateRun(params),
            self.lease_command(&id),
        ];
        let mut answers = store.apply_all(opened).await;
        let lease = leased(answers.pop().unwrap_or(Err(StoreError::Closed))?)?;
        let batch = Arc::new(Batch::new(Arc::clone(store), Arc::clone(&self.options.progress)));
        let keeper = LeaseKeeper::start(
            Arc::clone(store),
            Arc::clone(clock),
            lease.clone(),
            Arc::clone(&batch),
        );
        let hold = Hold {
            cancel: keeper.cancel.clone(),
            lease,
            batch,
            _keeper: keeper,
        };
        self.update(&hold, RunState::Running, None);
        Ok(hold)
    }

    async fn execute(
        &self,
        going: &Going<'_>,
        planned: &[Planned],
    ) -> Result<(RunState, String), ReplayError> {
        let mut taking = Taking::default();
        let parent = &going.parent.run.id;
        for one in planned {
            let failed = match one.course {
                Course::TakeOver => {
                    self.take_over(going, one, &mut taking).await?;
                    None
                }
                Course::Anew => self.round_anew(going, one, &mut taking).await?,
            };
            if *self.options.shutdown.borrow() || *going.hold.cancel.borrow() {
                return Ok((RunState::Cancelled, format!("the replay of {parent} was stopped")));
            }
            if let Some(reason) = failed {
                return Ok((RunState::Failed, format!("{} of the replay: {reason}", one.stage)));
            }
        }
        let anew: Vec<&str> = planned
            .iter()
            .filter(|one| one.course == Course::Anew)
            .map(|one| one.stage.as_str())
            .collect();
        Ok((
            RunState::Completed,
            format!("replayed {parent}, anew: {}", anew.join(", ")),
        ))
    }

    async fn close(&self, hold: &Hold, state: RunState, reason: String) -> Result<(), StoreError> {
        self.update(hold, state, Some(reason));
        let lease = hold.lease.clone();
        hold.batch
            .apply(Command::ReleaseLease { lease })
            .await
            .map(|_| ())
    }

    fn update(&self, hold: &Hold, state: RunState, reason: Option<String>) {
        hold.batch.hold(Command::UpdateRun {
            lease: hold.lease.clone(),
            state,
            waiting_for: Vec::new(),
            issue: None,
            wake_at: None,
            reason,
            at: self.options.clock.now(),
        });
    }
}

/// Whether a round that ended so has artifacts to work from.
pub(super) fn is_done(state: StageState) -> bool {
    state == StageState::Completed
}
