//! What a stage works from, gathered once at the start of its round.

use copydesk_config::{Pipeline, StageConfig};
use copydesk_domain::artifact::{ArtifactKind, EngagementReport, Topic};
use copydesk_domain::{Decision, Instant, IssueState, RunState, StageState};
use copydesk_journal::{AuthorNoteInput, PastIssue, ReadRun, StageArtifact, StageInputs};
use copydesk_store::{
    AuthorNote, DecisionRecord, OutboxState, RunRecord, StageRecord, Store, StoreError, Subject,
};

use crate::next::works_from_writing;

/// How far back issues count as told, and replies are matched.
const HISTORY: jiff::SignedDuration = jiff::SignedDuration::from_hours(14 * 24);
/// Undecided issues younger than this belong to the same day.
const SAME_DAY: jiff::SignedDuration = jiff::SignedDuration::from_hours(12);
/// Runs looked at for history: two a day for 14 days, and as many that failed or were replayed.
const RUNS_MAX: u32 = 60;
/// Runs among which the one before is looked for: those that are under way at the same time come first.
const RUNS_NEAR: u32 = 8;

/// Gathers the inputs of a stage of `pipeline`. `note`: the author's, of the send-back that opened the round; `now` is
/// `ctx.now()`.
pub(crate) async fn gather(
    store: &dyn Store,
    pipeline: &Pipeline,
    run: &RunRecord,
    stages: &[StageRecord],
    note: Option<String>,
    now: Instant,
) -> Result<StageInputs, StoreError> {
    let past = store.runs(Some(&run.pipeline), RUNS_MAX).await?;
    let past: Vec<RunRecord> = past.into_iter().filter(|other| other.id != run.id).collect();
    let (issues, topics) = history(store, run, stages, &past, now).await?;
    Ok(StageInputs {
        artifacts: newest_artifacts(stages),
        note,
        issues,
        author_notes: author_notes(store, run, &past).await?,
        topics,
        reads: reads(store, pipeline, now).await?,
    })
}

/// Runs of the pipelines that `pipeline` reads whose research lies in its window, newest first. A replay is no day.
async fn reads(store: &dyn Store, pipeline: &Pipeline, now: Instant) -> Result<Vec<ReadRun>, StoreError> {
    let since = now.minus(pipeline.pipeline.window);
    let mut found: Vec<(Instant, ReadRun)> = Vec::new();
    for name in &pipeline.pipeline.reads {
        let runs = store.runs(Some(name), RUNS_MAX).await?;
        for run in runs.iter().filter(|run| run.parent.is_none()) {
            let rounds = store.stages(&run.id).await?;
            let artifacts = newest_artifacts(&rounds);
            let newest = |kind| artifacts.iter().rev().find(|artifact| artifact.kind == kind);
            let Some(brief) = newest(ArtifactKind::ResearchBrief) else {
                continue;
            };
            let made_at = rounds
                .iter()
                .filter(|record| record.stage == brief.stage && record.round == brief.round)
                .map(|record| record.now)
                .max();
            let Some(at) = made_at.filter(|at| *at > since && *at <= now) else {
                continue;
            };
            let is_out = run.issue == IssueState::Published;
            let published = newest(ArtifactKind::Draft)
                .filter(|_| is_out)
                .map(|draft| draft.hash);
            found.push((
                at,
                ReadRun {
                    run: run.id.clone(),
                    brief: brief.hash,
                    published,
                },
            ));
        }
    }
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.run.cmp(&b.1.run)));
    Ok(found.into_iter().map(|(_, read)| read).collect())
}

/// The inputs of a stage that reads no history.
pub(crate) async fn gather_without_history(
    store: &dyn Store,
    run: &RunRecord,
    stages: &[StageRecord],
    note: Option<String>,
) -> Result<StageInputs, StoreError> {
    let past = store.runs(Some(&run.pipeline), RUNS_NEAR).await?;
    Ok(StageInputs {
        artifacts: newest_artifacts(stages),
        note,
        author_notes: author_notes(store, run, &past).await?,
        ..StageInputs::default()
    })
}

/// Issues that count as told, newest first, and the open questions of readers.
async fn history(
    store: &dyn Store,
    run: &RunRecord,
    stages: &[StageRecord],
    past: &[RunRecord],
    now: Instant,
) -> Result<(Vec<PastIssue>, Vec<Topic>), StoreError> {
    let mut issues = Vec::new();
    let mut topics = None;
    // This run's own issue has readers once it is out, and engagement answers them.
    if run.issue == IssueState::Published {
        issues.extend(past_issue(store, run, stages, now).await?);
    }
    for other in past {
        let rounds = store.stages(&other.id).await?;
        if let Some(issue) = past_issue(store, other, &rounds, now).await? {
            issues.push(issue);
        }
        if topics.is_none() {
            topics = open_questions(store, &rounds).await?;
        }
    }
    Ok((issues, topics.unwrap_or_default()))
}

/// What the author noted since the run before.
async fn author_notes(
    store: &dyn Store,
    run: &RunRecord,
    past: &[RunRecord],
) -> Result<Vec<AuthorNoteInput>, StoreError> {
    let since = past
        .iter()
        .map(|other| other.created_at)
        .filter(|at| *at < run.created_at)
        .max();
    let since = since.unwrap_or_else(|| run.created_at.minus(HISTORY));
    let noted = |note: AuthorNote| AuthorNoteInput {
        text: note.text,
        from: note.from,
        at: note.at,
    };
    Ok(store.notes(since).await?.into_iter().map(noted).collect())
}

fn newest_artifacts(stages: &[StageRecord]) -> Vec<StageArtifact> {
    let is_newest = |record: &&StageRecord| {
        !stages.iter().any(|other| {
            other.stage == record.stage && other.round > record.round && other.state == StageState::Completed
        })
    };
    stages
        .iter()
        .filter(|record| record.state == StageState::Completed)
        .filter(is_newest)
        .flat_map(|record| {
            record.artifacts.iter().map(|artifact| StageArtifact {
                stage: record.stage.clone(),
                round: record.round,
                kind: artifact.kind,
                hash: artifact.hash,
            })
        })
        .collect()
}

/// The author's note of the newest send-back that opened a round of this stage.
pub(crate) fn send_back_note(
    pipeline: &Pipeline,
    stage: &StageConfig,
    decisions: &[DecisionRecord],
) -> Option<String> {
    let is_about = |subject: &Subject| match subject {
        Subject::Issue => !stage.is_custom() || works_from_writing(pipeline, stage),
        Subject::Stage(name) => *name == stage.stage_name(),
        Subject::Answer(_) => false,
    };
    decisions
        .iter()
        .rev()
        .find(|record| record.decision == Decision::SentBack && is_about(&record.subject))
        .and_then(|record| record.reason.clone())
}

/// An issue counts as told when it was published, or may still be.
async fn past_issue(
    store: &dyn Store,
    run: &RunRecord,
    rounds: &[StageRecord],
    now: Instant,
) -> Result<Option<PastIssue>, StoreError> {
    let made_at = rounds
        .iter()
        .filter(|record| record.stage.as_str() == "review")
        .map(|record| record.now)
        .max();
    let is_told = match run.issue {
        IssueState::Published | IssueState::Approved | IssueState::Unknown => true,
        // It may still go out; a second run of the same day is another try at the same issue.
        IssueState::Reviewed => {
            let is_open = !run.state.is_final() || run.state == RunState::Completed;
            is_open && made_at.is_some_and(|at| at <= now.minus(SAME_DAY))
        }
        IssueState::None | IssueState::Drafted | IssueState::Rejected | IssueState::Expired => false,
    };
    let is_recent = made_at.is_some_and(|at| at <= now && at >= now.minus(HISTORY));
    let artifacts = newest_artifacts(rounds);
    let newest = |kind| {
        artifacts
            .iter()
            .rev()
            .find(|artifact| artifact.kind == kind)
            .map(|artifact| artifact.hash)
    };
    let found = (
        newest(ArtifactKind::Issue),
        newest(ArtifactKind::Draft),
        newest(ArtifactKind::ResearchBrief),
    );
    let (Some(issue), Some(draft), Some(brief)) = found else {
        return Ok(None);
    };
    if !is_told || !is_recent {
        return Ok(None);
    }
    let outbox = store.outbox(&run.id).await?;
    let published_at = outbox
        .iter()
        .filter(|row| row.state == OutboxState::Delivered)
        .filter_map(|row| row.delivered_at)
        .min();
    let slug = store
        .artifact(&issue)
        .await?
        .and_then(|artifact| slug_of(&artifact.bytes))
        .unwrap_or_default();
    Ok(Some(PastIssue {
        run: run.id.clone(),
        slug,
        issue,
        draft,
        brief,
        published_at,
    }))
}

fn slug_of(issue: &[u8]) -> Option<String> {
    serde_json::from_slice::<copydesk_domain::artifact::Issue>(issue)
        .ok()
        .map(|issue| issue.slug)
}

/// Questions of the newest engagement report.
async fn open_questions(store: &dyn Store, rounds: &[StageRecord]) -> Result<Option<Vec<Topic>>, StoreError> {
    let artifacts = newest_artifacts(rounds);
    let Some(report) = artifacts
        .iter()
        .find(|artifact| artifact.kind == ArtifactKind::EngagementReport)
    else {
        return Ok(None);
    };
    let bytes = store
        .artifact(&report.hash)
        .await?
        .map(|artifact| artifact.bytes)
        .unwrap_or_default();
    Ok(serde_json::from_slice::<EngagementReport>(&bytes)
        .ok()
        .map(|report| report.questions))
}
