//! A run as scripts see it: the JSON of `run`, `try` and `show`.

use copydesk_config::StageConfig;
use copydesk_domain::artifact::ArtifactKind;
use copydesk_domain::{
    ContentHash, Instant, IssueState, MicroUsd, PipelineName, Round, RunId, RunState, StageName, StageState,
    WaitingFor,
};
use copydesk_journal::trace::TraceId;
use copydesk_store::{RunRecord, Slot, StageRecord, WholeRun};
use serde::Serialize;

use crate::error::EngineError;
use crate::gates;
use crate::labels::LabelView;
use crate::next::View;
use crate::rounds::present_round;
use crate::services::Engine;

/// A run. Field names are fixed: people script on them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunView {
    /// Its id.
    pub run: RunId,
    /// Its pipeline.
    pub pipeline: PipelineName,
    /// Its slot; null for manual and replayed runs.
    pub slot: Option<Slot>,
    /// The run it replays.
    pub parent: Option<RunId>,
    /// What it is pinned to.
    pub release: ContentHash,
    /// Its state.
    pub state: RunState,
    /// What it waits for.
    pub waiting_for: Vec<WaitingFor>,
    /// How far its issue is.
    pub issue: IssueState,
    /// What can be approved.
    pub approval: ApprovalView,
    /// Its stages, in the order of the day.
    pub stages: Vec<StageView>,
    /// Money spent, in millionths of a US dollar.
    pub spend_microusd: MicroUsd,
    /// Steps that asked a model.
    pub model_calls: u64,
    /// Steps that called a tool.
    pub tool_calls: u64,
    /// What resuming spared.
    pub saved_by_resume: SavedView,
    /// What the author said of its stories.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<LabelView>,
    /// Why it failed or waits.
    pub reason: Option<String>,
    /// Its trace, as a collector of traces knows it: 32 hexadecimal digits.
    pub trace_id: String,
    /// Since when what its steps gave is gone, so that it can no longer be replayed.
    pub pruned_at: Option<Instant>,
}

/// Calls whose stored outcomes were used when a stage was started anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SavedView {
    /// Calls to models and tools.
    pub calls: u64,
    /// What they had cost, in millionths of a US dollar.
    pub spend_microusd: MicroUsd,
}

/// What can be approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApprovalView {
    /// The hash of what waits: a custom stage's artifact, or the issue; of the issue also after the decision. Null where
    /// the run ended before that, or before an approval was acted upon: nothing can be approved there any more.
    pub hash: Option<ContentHash>,
    /// When the chance ends: the issue expires, or the next slot takes the place of the run.
    pub expires_at: Option<Instant>,
}

/// A stage in its newest round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StageView {
    /// Its name.
    pub stage: StageName,
    /// Its state.
    pub state: StageState,
    /// Its round.
    pub round: Round,
    /// How often it was started.
    pub attempts: u32,
    /// First start.
    pub started_at: Option<Instant>,
    /// End.
    pub finished_at: Option<Instant>,
    /// Its artifacts.
    pub artifacts: Vec<ArtifactView>,
    /// Why it was skipped, failed or waits; what it did.
    pub reason: Option<String>,
}

/// An artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ArtifactView {
    /// Its kind.
    pub kind: ArtifactKind,
    /// Its hash.
    pub hash: ContentHash,
}

impl Engine {
    /// A run as scripts see it.
    pub async fn view(&self, run: &RunId) -> Result<RunView, EngineError> {
        let whole = self.whole_run(run).await?;
        let recorded = recorded(&whole);
        let (record, rounds, decisions) = (whole.run, whole.stages, whole.decisions);
        let release = self.release(&record).await?;
        let answers_open = self.pending_answers_of(&rounds, &decisions).await?.len();
        let view = View {
            run: &record,
            pipeline: &release.pipeline,
            stages: &rounds,
            decisions: &decisions,
            outbox: &[],
            answers_open: 0,
            expires: release.config.approval.expires,
            now: self.clock().now(),
            until: None,
            is_blank: self.is_blank_sent_back(&rounds, &decisions).await,
        };
        let issue = self.issue_of(&rounds).await?;
        let mut made = rounds.iter().flat_map(|round| &round.artifacts);
        // Labels are put on the stories of a brief.
        let labels = if made.any(|artifact| artifact.kind == ArtifactKind::ResearchBrief) {
            self.labels_of(&record).await?
        } else {
            Vec::new()
        };
        let waiting = gates::waiting(&view, issue);
        let waiting = self.until_superseded(&record, &release.pipeline, waiting).await?;
        let approval = ApprovalView {
            hash: match waiting.first() {
                Some(waiting) => Some(waiting.hash),
                None => issue.filter(|_| is_told(&record)),
            },
            expires_at: waiting.first().and_then(|waiting| waiting.expires_at),
        };
        Ok(RunView {
            waiting_for: waiting_for(&record, waiting.len(), answers_open),
            approval,
            stages: stage_views(&view, &record),
            labels,
            ..recorded
        })
    }

    /// A run of which the release cannot be read: what stands in its own records, with `error` as its reason. Nothing in
    /// it can be approved, since nobody knows what its stages are.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn view_without_release(
        &self,
        run: &RunId,
        error: &EngineError,
    ) -> Result<RunView, EngineError> {
        let whole = self.whole_run(run).await?;
        let recorded = recorded(&whole);
        let (record, rounds) = (whole.run, whole.stages);
        let mut newest: Vec<(StageName, Round)> = Vec::new();
        for round in &rounds {
            match newest.iter_mut().find(|(stage, _)| *stage == round.stage) {
                Some((_, known)) => *known = round.round.max(*known),
                None => newest.push((round.stage.clone(), round.round)),
            }
        }
        let stages = newest
            .into_iter()
            .map(|(stage, round)| stage_view(&rounds, &record, stage, round));
        let reasons = record.reason.iter().cloned().chain([error.to_string()]);
        Ok(RunView {
            stages: stages.collect(),
            reason: Some(reasons.collect::<Vec<_>>().join("; ")),
            ..recorded
        })
    }
}

/// What the run's own records say, without what only its release tells: its stages, and what can be approved.
fn recorded(whole: &WholeRun) -> RunView {
    let record = &whole.run;
    RunView {
        run: record.id.clone(),
        pipeline: record.pipeline.clone(),
        slot: record.slot.clone(),
        parent: record.parent.clone(),
        release: record.release,
        state: record.state,
        waiting_for: record.waiting_for.clone(),
        issue: record.issue,
        approval: ApprovalView {
            hash: None,
            expires_at: None,
        },
        stages: Vec::new(),
        spend_microusd: whole.spend,
        model_calls: whole.model_calls,
        tool_calls: whole.tool_calls,
        saved_by_resume: SavedView {
            calls: record.saved_calls,
            spend_microusd: record.saved_spend,
        },
        labels: Vec::new(),
        reason: record.reason.clone(),
        trace_id: TraceId::of_run(&record.id, record.seed).to_string(),
        pruned_at: record.pruned_at,
    }
}

/// Whether the issue is told where nothing waits: it is being written or was decided on. Of a run that has ended, only
/// where the decision holds.
fn is_told(run: &RunRecord) -> bool {
    if run.parent.is_some() {
        // Nobody decides on a replay; its issue is set beside the recorded one.
        return true;
    }
    let is_stopped = matches!(run.state, RunState::Cancelled | RunState::Superseded);
    match run.issue {
        IssueState::None | IssueState::Drafted | IssueState::Reviewed => !run.state.is_final(),
        IssueState::Approved => !is_stopped,
        IssueState::Published | IssueState::Unknown | IssueState::Rejected | IssueState::Expired => true,
    }
}

/// What the run waits for. A decision takes effect on it with the next advance; what it settled is left out at once.
fn waiting_for(run: &RunRecord, undecided: usize, answers_open: usize) -> Vec<WaitingFor> {
    let is_settled = |what: &WaitingFor| match what {
        WaitingFor::Approval => undecided == 0,
        WaitingFor::Answers => answers_open == 0,
        WaitingFor::Budget | WaitingFor::Model | WaitingFor::ToolTrust | WaitingFor::PublishUnknown => false,
    };
    run.waiting_for
        .iter()
        .copied()
        .filter(|what| !is_settled(what))
        .collect()
}

/// The stages in the order of the day: writing, publish (where an issue is made), engagement.
fn stage_views(view: &View<'_>, run: &RunRecord) -> Vec<StageView> {
    let mut views = Vec::new();
    let publish = StageName::new(StageName::PUBLISH);
    let has_issue = view
        .pipeline
        .stages
        .iter()
        .any(|stage| stage.agent == StageName::REVIEW);
    let has_engagement = view
        .pipeline
        .stages
        .iter()
        .any(|stage| stage.agent == StageName::ENGAGEMENT);
    for stage in &view.pipeline.stages {
        if has_issue && stage.agent == StageName::ENGAGEMENT {
            views.push(stage_view(view.stages, run, publish.clone(), Round::FIRST));
        }
        views.push(stage_view(
            view.stages,
            run,
            stage.stage_name(),
            shown_round(view, stage),
        ));
    }
    if has_issue && !has_engagement {
        views.push(stage_view(view.stages, run, publish, Round::FIRST));
    }
    views
}

/// The round that a stage is in. A replay has the rounds of the run that it replays, and none of its decisions.
fn shown_round(view: &View<'_>, stage: &StageConfig) -> Round {
    if view.run.parent.is_none() {
        return present_round(view, stage);
    }
    let name = stage.stage_name();
    let rounds = view.stages.iter().filter(|record| record.stage == name);
    rounds.map(|record| record.round).max().unwrap_or(Round::FIRST)
}

fn stage_view(rounds: &[StageRecord], run: &RunRecord, stage: StageName, round: Round) -> StageView {
    let Some(record) = rounds
        .iter()
        .find(|record| record.stage == stage && record.round == round)
    else {
        let (ended, reason) = untouched(run);
        return StageView {
            stage,
            state: ended,
            round,
            attempts: 0,
            started_at: None,
            finished_at: None,
            artifacts: Vec::new(),
            reason,
        };
    };
    let artifacts = record.artifacts.iter().map(|artifact| ArtifactView {
        kind: artifact.kind,
        hash: artifact.hash,
    });
    StageView {
        stage,
        state: record.state,
        round,
        attempts: record.attempts,
        started_at: Some(record.started_at),
        finished_at: record.finished_at,
        artifacts: artifacts.collect(),
        reason: record.reason.clone(),
    }
}

/// State of a stage that has no record. A failed run may be retried, so that what it did not reach is still to come.
fn untouched(run: &RunRecord) -> (StageState, Option<String>) {
    match run.state {
        RunState::Cancelled => (StageState::Cancelled, None),
        RunState::Completed | RunState::Superseded => {
            let why = format!("the run ended without it: its issue is {}", run.issue);
            (StageState::Skipped, Some(why))
        }
        RunState::Queued | RunState::Running | RunState::Waiting | RunState::Failed => {
            (StageState::Pending, None)
        }
    }
}
