//! A replay from records as a run beside the one that it replays, in one commit.

use copydesk_domain::{RunId, RunState, StageState};
use copydesk_journal::StageOutput;
use copydesk_store::{Command, Lease, RunParams, SnapshotParams, StoreError};

use super::compare::{Compared, Made};
use super::execute::Remade;
use super::recording::{RecordedRound, Recording};
use super::replayer::{Replayer, leased};

/// What is kept.
pub(super) struct Kept<'a> {
    /// The id of the replay.
    pub(super) id: RunId,
    /// What was replayed.
    pub(super) recording: &'a Recording,
    /// What came out.
    pub(super) made: &'a Made,
    /// Texts that are not stored yet.
    pub(super) snapshots: Vec<SnapshotParams>,
}

/// Keeps a replay. Its run is made first and ended in the same commit as its rounds: a crash between leaves an empty
/// one, which the next process ends.
pub(super) async fn keep(replayer: &Replayer, kept: Kept<'_>) -> Result<RunId, StoreError> {
    let options = &replayer.options;
    let run = &kept.recording.run;
    let at = options.clock.now();
    let params = RunParams {
        id: kept.id.clone(),
        pipeline: run.pipeline.clone(),
        slot: None,
        parent: Some(run.run.clone()),
        release: run.release,
        fixed_now: run.fixed_now,
        seed: run.seed,
        is_scheduled: false,
        at,
    };
    let opened = vec![Command::CreateRun(params), replayer.lease_command(&kept.id)];
    let mut answers = options.store.apply_all(opened).await;
    let lease = leased(answers.pop().unwrap_or(Err(StoreError::Closed))?)?;
    let mut commands: Vec<Command> = Vec::new();
    for snapshot in kept.snapshots {
        let lease = lease.clone();
        commands.push(Command::KeepSnapshot { lease, snapshot });
    }
    for round in kept
        .recording
        .rounds
        .iter()
        .filter(|round| round.state.is_final())
    {
        let again = kept
            .made
            .remade
            .iter()
            .find(|again| again.stage == round.stage && again.round == round.round);
        commands.extend(of_round(replayer, &lease, round, again));
    }
    commands.push(Command::UpdateRun {
        lease: lease.clone(),
        state: RunState::Completed,
        waiting_for: Vec::new(),
        issue: None,
        wake_at: None,
        reason: Some(verdict(&run.run, kept.made)),
        at: options.clock.now(),
    });
    commands.push(Command::ReleaseLease { lease });
    options
        .store
        .apply_all(commands)
        .await
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    Ok(kept.id)
}

/// A round as it came out again; one that was not executed stays as it was.
fn of_round(
    replayer: &Replayer,
    lease: &Lease,
    round: &RecordedRound,
    again: Option<&Remade>,
) -> Vec<Command> {
    let at = replayer.options.clock.now();
    let mut commands = vec![Command::StartStage {
        lease: lease.clone(),
        stage: round.stage.clone(),
        round: round.round,
        now: round.now,
        at,
    }];
    commands.extend(round.steps.iter().map(|step| Command::FinishStep {
        lease: lease.clone(),
        step: step.taken_over(&round.stage, round.round, at),
    }));
    let (state, reason, output) = match again.map(|again| &again.made) {
        Some(Ok(output)) => (
            StageState::Completed,
            Some(output.summary.clone()),
            output.clone(),
        ),
        Some(Err(reason)) => (StageState::Failed, Some(reason.clone()), StageOutput::default()),
        None => (round.state, round.reason.clone(), StageOutput::default()),
    };
    commands.push(Command::FinishStage {
        lease: lease.clone(),
        stage: round.stage.clone(),
        round: round.round,
        state,
        reason,
        artifacts: output.artifacts,
        bodies: output.bodies,
        at,
    });
    commands
}

/// How the replay compares, in one line.
fn verdict(run: &RunId, made: &Made) -> String {
    let differs = |round: &&Compared| !round.same;
    match made.compared.iter().find(differs) {
        None => format!("replayed {run} from its records: the same bytes"),
        Some(round) => format!(
            "replayed {run} from its records: it differs from {} (round {}) on",
            round.stage, round.round.0
        ),
    }
}
