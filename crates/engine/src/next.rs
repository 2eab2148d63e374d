//! What a run does next. Pure: no clock, no store.

use copydesk_config::{Pipeline, StageConfig};
use copydesk_domain::{Instant, IssueState, Round, RunState, StageName, StageState, WaitingFor};
use copydesk_store::{DecisionRecord, OutboxRecord, OutboxState, RunRecord, StageRecord, Subject};

use crate::deadline::deadline;
use crate::gates;
use crate::rounds::present_round;
pub use crate::rounds::{round_of, writing_round};
pub use crate::starting::lack_of_new_run;
use crate::starting::{missing_need, start};

/// Everything that the decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The run.
    pub run: &'a RunRecord,
    /// Its pipeline.
    pub pipeline: &'a Pipeline,
    /// Its stage rounds.
    pub stages: &'a [StageRecord],
    /// Its decisions.
    pub decisions: &'a [DecisionRecord],
    /// Its payloads on their way out.
    pub outbox: &'a [OutboxRecord],
    /// Drafted answers that nobody decided on.
    pub answers_open: usize,
    /// How long an issue waits for the author.
    pub expires: jiff::SignedDuration,
    /// The machine's clock.
    pub now: Instant,
    /// Stop after this stage.
    pub until: Option<&'a StageName>,
    /// The newest research could read nothing at all, and the author sent back what was made of it.
    pub is_blank: bool,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Run this stage in this round.
    Run(StageName, Round),
    /// Skip this stage, for this reason.
    Skip(StageName, Round, String),
    /// Hand the approved payloads over.
    Publish,
    /// Nobody decided on this in time.
    Expire(Subject),
    /// Look again then.
    WakeAt(Instant),
    /// A person has to act; look again at the instant, if one is given.
    WaitFor(Vec<WaitingFor>, Option<Instant>),
    /// The asked-for part is done, the rest of the run is not.
    Stopped,
    /// The run ends in this state.
    End(RunState),
}

/// Decides what a run does next.
pub fn next(view: &View<'_>) -> Next {
    if view.run.state.is_final() {
        return Next::End(view.run.state);
    }
    if view.run.cancel_requested {
        return Next::End(RunState::Cancelled);
    }
    if view.run.state == RunState::Waiting && waits_for_operator(&view.run.waiting_for) {
        return beside_operator(view);
    }
    let writing = writing(view);
    let writing_is_done = matches!(writing, Step::Done);
    match writing {
        Step::Act(next @ (Next::Run(..) | Next::Skip(..) | Next::Expire(_))) => return next,
        Step::Stopped => return Next::Stopped,
        Step::Act(_) | Step::Done => {}
    }
    // A custom stage behind the review keeps the issue from nothing.
    let gate = gate(view);
    if let Step::Act(next @ (Next::Publish | Next::Expire(_))) = gate {
        return next;
    }
    let is_open = !writing_is_done || matches!(gate, Step::Act(_));
    let engagement = if is_open && !view.run.is_scheduled {
        Step::Done
    } else {
        engagement(view, is_open)
    };
    if let Step::Act(next @ (Next::Run(..) | Next::Skip(..))) = engagement {
        return next;
    }
    rest([writing, gate, engagement], view)
}

/// A stage waits for an operator, and none is begun meanwhile. The author is asked all the same: what was approved goes
/// out, and what nobody decided on expires.
fn beside_operator(view: &View<'_>) -> Next {
    let waiting = gates::waiting(view, None);
    if let Some(late) = late(&waiting, view.now) {
        return Next::Expire(late);
    }
    let gate = gate(view);
    match gate {
        Step::Act(next @ Next::Expire(_)) => return next,
        Step::Act(next @ Next::Publish) if view.until.is_none() => return next,
        _ => {}
    }
    let own = waiting.iter().map(|waiting| waiting.expires_at).min();
    rest(
        [operator(view), gate, own.map_or(Step::Done, wait), answers(view)],
        view,
    )
}

/// What only an operator's word ends.
fn operator(view: &View<'_>) -> Step {
    Step::Act(Next::WaitFor(operator_waits(&view.run.waiting_for), None))
}

/// Drafted answers that nobody decided on.
fn answers(view: &View<'_>) -> Step {
    if view.answers_open > 0 {
        Step::Act(Next::WaitFor(vec![WaitingFor::Answers], None))
    } else {
        Step::Done
    }
}

/// What the author was asked and did not decide in time.
fn late(waiting: &[gates::Waiting], now: Instant) -> Option<Subject> {
    let is_late = |waiting: &&gates::Waiting| waiting.expires_at.is_some_and(|at| at <= now);
    waiting.iter().find(is_late).map(|late| late.subject.clone())
}

/// What a run waits for after one of its stages was run alone: nothing else is begun.
pub fn next_after_alone(view: &View<'_>, stage: &StageName, round: Round) -> Next {
    if record(view, stage, round).is_some_and(|record| record.state == StageState::Failed) {
        return Next::End(RunState::Failed);
    }
    let gate = match gate(view) {
        Step::Act(wait @ Next::WaitFor(..)) => Step::Act(wait),
        Step::Act(_) | Step::Done | Step::Stopped => Step::Stopped,
    };
    if waits_for_operator(&view.run.waiting_for) {
        return rest([operator(view), gate, answers(view)], view);
    }
    let mine = gates::waiting(view, None)
        .into_iter()
        .find(|waiting| waiting.subject == Subject::Stage(stage.clone()));
    let own = mine.map_or(Step::Done, |waiting| wait(waiting.expires_at));
    rest([own, gate, answers(view)], view)
}

/// Whether the approved issue can go out now; if not, why.
pub fn is_ready_to_publish(view: &View<'_>) -> Result<(), String> {
    match gate(view) {
        Step::Act(Next::Publish) => Ok(()),
        Step::Done if is_refused(view.stages, view.decisions) => {
            Err("a channel refused the issue; `copydesk retry` hands it over again".to_owned())
        }
        Step::Act(Next::WakeAt(at)) => Err(format!("the approval is acted upon at {at}")),
        Step::Act(_) | Step::Done | Step::Stopped => Err(format!("its issue is {}", view.run.issue)),
    }
}

/// Nothing can be done now: wait for the earliest instant and for everybody that is asked, or end.
fn rest<const STEPS: usize>(steps: [Step; STEPS], view: &View<'_>) -> Next {
    let mut waiting = Vec::new();
    let mut wake_at: Option<Instant> = None;
    let is_stopped = steps.contains(&Step::Stopped);
    for step in steps {
        match step {
            Step::Act(Next::WakeAt(at)) => wake_at = earliest(wake_at, Some(at)),
            Step::Act(Next::WaitFor(who, at)) => {
                waiting.extend(
                    who.into_iter()
                        .filter(|who| !waiting.contains(who))
                        .collect::<Vec<_>>(),
                );
                wake_at = earliest(wake_at, at);
            }
            Step::Act(_) | Step::Done | Step::Stopped => {}
        }
    }
    match (waiting.is_empty(), wake_at) {
        (false, at) => Next::WaitFor(waiting, at),
        (true, Some(at)) => Next::WakeAt(at),
        (true, None) if is_stopped => Next::Stopped,
        (true, None) => Next::End(end_state(view)),
    }
}

fn earliest(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn end_state(view: &View<'_>) -> RunState {
    if failed(view.stages).next().is_some() {
        RunState::Failed
    } else {
        RunState::Completed
    }
}

/// The stages whose last round failed.
pub(crate) fn failed(stages: &[StageRecord]) -> impl Iterator<Item = &StageRecord> {
    let is_last = |record: &StageRecord| {
        let mut rounds = stages.iter().filter(|other| other.stage == record.stage);
        rounds.all(|other| other.round <= record.round)
    };
    let has_failed = |record: &&StageRecord| record.state == StageState::Failed;
    stages
        .iter()
        .filter(has_failed)
        .filter(move |record| is_last(record))
}

fn waits_for_operator(waiting_for: &[WaitingFor]) -> bool {
    !operator_waits(waiting_for).is_empty()
}

/// Those of the reasons to wait that only an operator's word ends.
pub(crate) fn operator_waits(waiting_for: &[WaitingFor]) -> Vec<WaitingFor> {
    let of_operator = |what: &WaitingFor| match what {
        WaitingFor::Budget | WaitingFor::Model | WaitingFor::ToolTrust => true,
        WaitingFor::Approval | WaitingFor::PublishUnknown | WaitingFor::Answers => false,
    };
    waiting_for.iter().copied().filter(of_operator).collect()
}

/// What one part of the day has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Act(Next),
    Done,
    Stopped,
}

pub(crate) fn record<'a>(view: &View<'a>, stage: &StageName, round: Round) -> Option<&'a StageRecord> {
    view.stages
        .iter()
        .find(|record| record.stage == *stage && record.round == round)
}

fn is_engagement(stage: &StageConfig) -> bool {
    stage.agent == StageName::ENGAGEMENT
}

/// Waits for the author, at most until `at`.
fn wait(at: Option<Instant>) -> Step {
    Step::Act(Next::WaitFor(vec![WaitingFor::Approval], at))
}

/// Stages in their order. One that waits for the author keeps back what needs it, and nothing else.
fn writing(view: &View<'_>) -> Step {
    let waiting = gates::waiting(view, None);
    if let Some(late) = late(&waiting, view.now) {
        return Step::Act(Next::Expire(late));
    }
    let gate = waiting.iter().map(|waiting| waiting.expires_at).min();
    let is_kept_back = |stage: &StageConfig| {
        let waits = |other: &StageConfig| gates::gate(view, other) == gates::StageGate::Waits;
        gate.is_some() && view.pipeline.is_after(stage, &waits)
    };
    for stage in view.pipeline.stages.iter().filter(|stage| !is_engagement(stage)) {
        let name = stage.stage_name();
        let round = present_round(view, stage);
        let state = record(view, &name, round).map(|record| record.state);
        if state == Some(StageState::Failed) {
            break;
        }
        if !state.is_some_and(StageState::is_final) {
            if is_kept_back(stage) {
                continue;
            }
            return match (start(view, stage, round), gate) {
                (Next::WakeAt(wake), Some(at)) => wait(earliest(Some(wake), at)),
                (next, _) => Step::Act(next),
            };
        }
        if view.until == Some(&name) && name.as_str() != StageName::REVIEW {
            return gate.map_or(Step::Stopped, wait);
        }
    }
    gate.map_or(Step::Done, wait)
}

/// `is_open`: writing, or the author's decision, is still to come.
fn engagement(view: &View<'_>, is_open: bool) -> Step {
    let Some(stage) = view.pipeline.stages.iter().find(|stage| is_engagement(stage)) else {
        return Step::Done;
    };
    let name = stage.stage_name();
    let round = present_round(view, stage);
    let found = record(view, &name, round).map(|record| record.state);
    let is_final = found.is_some_and(StageState::is_final);
    if view.until.is_some_and(|until| *until != name) {
        // An issue that is on its way has an evening to come; one that was turned down has nothing to go on for.
        let is_going_out = matches!(view.run.issue, IssueState::Approved | IssueState::Published);
        return if is_going_out && !is_final {
            Step::Stopped
        } else {
            Step::Done
        };
    }
    match found {
        Some(StageState::Completed) if view.answers_open > 0 => {
            Step::Act(Next::WaitFor(vec![WaitingFor::Answers], None))
        }
        Some(_) if is_final => Step::Done,
        // What it needs may still come; then it is looked at again.
        _ if is_open && missing_need(view, stage).is_some() => Step::Done,
        _ => Step::Act(start(view, stage, round)),
    }
}

fn gate(view: &View<'_>) -> Step {
    match view.run.issue {
        IssueState::None
        | IssueState::Drafted
        | IssueState::Rejected
        | IssueState::Expired
        | IssueState::Published => Step::Done,
        IssueState::Reviewed => {
            let deadline = deadline(view.stages, view.decisions, view.expires);
            if deadline.is_some_and(|at| at <= view.now) {
                return Step::Act(Next::Expire(Subject::Issue));
            }
            Step::Act(Next::WaitFor(vec![WaitingFor::Approval], deadline))
        }
        IssueState::Approved
            if view
                .until
                .is_some_and(|until| until.as_str() == StageName::REVIEW) =>
        {
            Step::Stopped
        }
        // The day goes on without it; at its end the run has failed.
        IssueState::Approved if is_refused(view.stages, view.decisions) => Step::Done,
        IssueState::Approved => {
            let effective_at = newest_decision(view.decisions).and_then(|record| record.effective_at);
            match effective_at.filter(|at| *at > view.now) {
                Some(at) => Step::Act(Next::WakeAt(at)),
                None => Step::Act(Next::Publish),
            }
        }
        IssueState::Unknown => unknown(view),
    }
}

/// Waits for the author where a channel cannot tell; goes on with what the author has settled, or wants looked at
/// again, whatever else is unknown.
fn unknown(view: &View<'_>) -> Step {
    if is_all_unknown(view.outbox) {
        Step::Act(Next::WaitFor(vec![WaitingFor::PublishUnknown], None))
    } else {
        Step::Act(Next::Publish)
    }
}

/// Whether a channel refused the issue as it was approved last. A retry, or a recall and a new approval, has it handed
/// over again.
pub fn is_refused(stages: &[StageRecord], decisions: &[DecisionRecord]) -> bool {
    let approved_at = newest_decision(decisions).map(|record| record.at);
    let is_publish = |record: &&StageRecord| record.stage.as_str() == StageName::PUBLISH;
    stages
        .iter()
        .find(is_publish)
        .is_some_and(|record| record.state == StageState::Failed && record.finished_at >= approved_at)
}

/// Whether a payload is unknown and nothing else of the run is left to be handed over or looked at.
pub(crate) fn is_all_unknown(outbox: &[OutboxRecord]) -> bool {
    let any = |states: &[OutboxState]| outbox.iter().any(|row| states.contains(&row.state));
    any(&[OutboxState::Unknown]) && !any(&[OutboxState::Intended, OutboxState::Absent])
}

/// The newest decision on the issue.
pub fn newest_decision(decisions: &[DecisionRecord]) -> Option<&DecisionRecord> {
    decisions
        .iter()
        .rev()
        .find(|record| record.subject == Subject::Issue)
}

#[cfg(test)]
#[path = "next_operator_tests.rs"]
mod operator_tests;
#[cfg(test)]
#[path = "next_scene.rs"]
mod scene;
#[cfg(test)]
#[path = "next_tests.rs"]
mod tests;
#[cfg(test)]
#[path = "next_waiting_tests.rs"]
mod waiting_tests;
