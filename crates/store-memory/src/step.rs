//! Steps and their attempts.

use std::collections::BTreeMap;

use copydesk_domain::{Instant, MicroUsd, Round, RunId, StageName, StepState};
use copydesk_store::contract::rules;
use copydesk_store::{Applied, Lease, StepParams, StepRecord, StoreError, StoredOutcome, retention};

use crate::state::{Result, State};

/// One attempt; its place in the list is its sequence.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) run: RunId,
    pub(crate) step: StepParams,
}

impl Attempt {
    fn is_of(&self, run: &RunId, step: &StepParams) -> bool {
        self.run == *run
            && self.step.stage == step.stage
            && self.step.round == step.round
            && self.step.key == step.key
    }
}

impl State {
    pub(crate) fn finish_step(&mut self, lease: &Lease, step: StepParams) -> Result<Applied> {
        let last = self
            .attempts
            .iter()
            .rfind(|attempt| attempt.is_of(&lease.run, &step));
        if let Some(last) = last.filter(|last| last.step.state.is_final()) {
            if last.step.input_hash == step.input_hash {
                return Ok(Applied::Done);
            }
            return Err(StoreError::InputChanged {
                key: step.key.to_string(),
            });
        }
        if step.body.len() >= retention::LONG_OUTCOME {
            self.put_body(&step.body);
        }
        self.attempts.push(Attempt {
            run: lease.run.clone(),
            step,
        });
        Ok(Applied::Done)
    }

    /// Opens the discarded steps of a round that it failed by. What happened stays: the opening is a row of its own.
    pub(crate) fn reopen_steps(
        &mut self,
        run: &RunId,
        (stage, round): (&StageName, Round),
        reason: Option<&str>,
        at: Instant,
    ) {
        let is_failed_by = |step: &StepParams| {
            step.stage == *stage
                && step.round == round
                && step.state == StepState::Discarded
                && rules::is_tried_again(reason, &step.outcome)
        };
        let mut last = self.last_attempts(run).into_iter().map(|(_, step)| step);
        let opened: Option<StepParams> = last.rfind(|step| is_failed_by(step)).map(|step| StepParams {
            state: StepState::Retryable,
            model: None,
            answered_by: None,
            tokens_in: None,
            tokens_out: None,
            ms: 0,
            attempts: 0,
            outcome: rules::REOPENED.to_owned(),
            at,
            ..step.clone()
        });
        let attempts = opened.into_iter().map(|step| Attempt {
            run: run.clone(),
            step,
        });
        self.attempts.extend(attempts);
    }

    /// The last attempt of each step of a run, in order, with its sequence.
    fn last_attempts(&self, run: &RunId) -> Vec<(i64, &StepParams)> {
        let mut last = BTreeMap::new();
        for (sequence, attempt) in (1..)
            .zip(&self.attempts)
            .filter(|(_, attempt)| attempt.run == *run)
        {
            let step = &attempt.step;
            last.insert((&step.stage, step.round, &step.key), (sequence, step));
        }
        let mut attempts: Vec<_> = last.into_values().collect();
        attempts.sort_by_key(|(sequence, _)| *sequence);
        attempts
    }

    /// Sequences of the last attempt of each step of a run.
    pub(crate) fn last_sequences(&self, run: &RunId) -> Vec<i64> {
        self.last_attempts(run)
            .into_iter()
            .map(|(sequence, _)| sequence)
            .collect()
    }

    pub(crate) fn steps_after(&self, run: &RunId, after: i64) -> Vec<StepRecord> {
        let newer = self
            .last_attempts(run)
            .into_iter()
            .filter(|(sequence, _)| *sequence > after);
        newer
            .map(|(sequence, step)| record(sequence, step, self.spend_of_step(run, step)))
            .collect()
    }

    pub(crate) fn outcomes(&self, run: &RunId, stage: &StageName, round: Round) -> Vec<StoredOutcome> {
        let is_asked =
            |step: &&StepParams| step.stage == *stage && step.round == round && step.state.is_final();
        let steps = self.last_attempts(run).into_iter().map(|(_, step)| step);
        steps.filter(is_asked).map(outcome).collect()
    }

    /// Counts on the run what a new attempt of a stage finds done.
    pub(crate) fn add_saved(&mut self, run: &RunId, stage: &StageName, round: Round) {
        let is_call = |step: &&StepParams| {
            step.stage == *stage
                && step.round == round
                && matches!(step.state, StepState::Completed | StepState::Discarded)
                && (step.task.is_some() || step.tool.is_some())
        };
        let last = self.last_attempts(run).into_iter().map(|(_, step)| step);
        let spends: Vec<MicroUsd> = last
            .filter(is_call)
            .map(|step| self.spend_of_step(run, step))
            .collect();
        if let Ok(known) = self.run_mut(run) {
            known.record.saved_calls += spends.len() as u64;
            known.record.saved_spend += spends.into_iter().sum();
        }
    }

    fn spend_of_step(&self, run: &RunId, step: &StepParams) -> MicroUsd {
        let of_step = self.spends.iter().filter(|spend| {
            spend.record.run == *run
                && spend.record.stage == step.stage
                && spend.round == step.round
                && spend.record.key == step.key
        });
        of_step.map(|spend| spend.record.amount).sum()
    }
}

fn record(sequence: i64, step: &StepParams, spend: MicroUsd) -> StepRecord {
    StepRecord {
        sequence,
        stage: step.stage.clone(),
        round: step.round,
        key: step.key.clone(),
        input_hash: step.input_hash,
        state: step.state,
        task: step.task.clone(),
        tool: step.tool.clone(),
        model: step.model.clone(),
        answered_by: step.answered_by.clone(),
        tokens_in: step.tokens_in,
        tokens_out: step.tokens_out,
        ms: step.ms,
        spend,
        attempts: step.attempts,
        outcome: step.outcome.clone(),
        finished_at: step.at,
    }
}

fn outcome(step: &StepParams) -> StoredOutcome {
    StoredOutcome {
        key: step.key.clone(),
        input_hash: step.input_hash,
        state: step.state,
        body: step.body.clone(),
    }
}
