//! What a stage works from, gathered once at the start of its round.

use copydesk_config::{Pipeline, StageConfig};
use copydesk_domain::artifact::{ArtifactKind, StoryLabel, Topic};
use copydesk_domain::{ContentHash, Decision, Instant, IssueState, RunState, StageName, StageState};
use copydesk_journal::{AuthorNoteInput, ImportedInput, PastIssue, ReadRun, StageArtifact, StageInputs};
use copydesk_store::{
    ArtifactRef, AuthorNote, DecisionRecord, ImportedIssue, OutboxState, RunRecord, StageRecord, Store,
    StoreError, Subject,
};

use crate::noted::noted_after;
use crate::questions::{Questions, newest_report};
use crate::rounds::works_from_writing;

/// How far back issues count as told, and replies are matched.
pub(crate) const HISTORY: jiff::SignedDuration = jiff::SignedDuration::from_hours(14 * 24);
/// How far back the author's choices count.
const CHOICES: jiff::SignedDuration = jiff::SignedDuration::from_hours(180 * 24);
/// Issues that are learned from beside those of the history: a month of dailies.
const CHOICES_MAX: usize = 30;
/// Imported issues that a stage is given: the two weeks that count as told, of a daily piece, and as many before.
const IMPORTED_MAX: u32 = 28;
/// Undecided issues younger than this belong to the same day.
pub(crate) const SAME_DAY: jiff::SignedDuration = jiff::SignedDuration::from_hours(12);
/// Runs looked at for history: two a day for 14 days, and as many that failed.
pub(crate) const RUNS_MAX: u32 = 60;

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
    let past = store.own_runs(&run.pipeline, RUNS_MAX).await?;
    let past: Vec<RunRecord> = past.into_iter().filter(|other| other.id != run.id).collect();
    let history = history(store, run, stages, &past, now).await?;
    Ok(StageInputs {
        artifacts: newest_artifacts(stages),
        note,
        issues: history.issues,
        author_notes: author_notes(store, noted_after(store, pipeline, run, &past).await?).await?,
        topics: history.topics,
        choices: history.choices,
        labels: labels(store, run, pipeline, now).await?,
        reads: reads(store, pipeline, now).await?,
        imported: imported(store, now).await?,
        read_replies: Vec::new(),
    })
}

/// What the author said of stories of this pipeline and of those that it reads, oldest first.
async fn labels(
    store: &dyn Store,
    run: &RunRecord,
    pipeline: &Pipeline,
    now: Instant,
) -> Result<Vec<StoryLabel>, StoreError> {
    let mut labels: Vec<StoryLabel> = Vec::new();
    for name in std::iter::once(&run.pipeline).chain(&pipeline.pipeline.reads) {
        let found = store.labels(name, now.minus(CHOICES)).await?;
        labels.extend(found.into_iter().map(|record| record.label));
    }
    labels.sort_by_key(|label| label.at);
    Ok(labels)
}

/// Runs of the pipelines that `pipeline` reads whose research lies in its window, newest first. A replay is no day.
async fn reads(store: &dyn Store, pipeline: &Pipeline, now: Instant) -> Result<Vec<ReadRun>, StoreError> {
    let since = now.minus(pipeline.pipeline.window);
    let mut found: Vec<(Instant, ReadRun)> = Vec::new();
    for name in &pipeline.pipeline.reads {
        let runs = store.own_runs(name, RUNS_MAX).await?;
        for run in &runs {
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
pub(crate) fn without_history(
    stages: &[StageRecord],
    note: Option<String>,
    author_notes: Vec<AuthorNoteInput>,
) -> StageInputs {
    StageInputs {
        artifacts: newest_artifacts(stages),
        note,
        author_notes,
        ..StageInputs::default()
    }
}

/// What the last weeks' runs left.
#[derive(Default)]
struct History {
    /// Issues that count as told, newest first.
    issues: Vec<PastIssue>,
    /// Older ones that the author approved, newest first.
    choices: Vec<PastIssue>,
    /// The open questions of readers.
    topics: Vec<Topic>,
}

/// Reads the runs before this one, newest first.
async fn history(
    store: &dyn Store,
    run: &RunRecord,
    stages: &[StageRecord],
    past: &[RunRecord],
    now: Instant,
) -> Result<History, StoreError> {
    let mut history = History::default();
    let mut questions = Questions::default();
    // This run's own issue has readers once it is out, and engagement answers them.
    if run.issue == IssueState::Published {
        let own = past_issue(store, run, stages, now).await?;
        let own = own.filter(|(made_at, issue)| use_of(*made_at, issue.is_approved, now) == Some(Use::Told));
        history.issues.extend(own.map(|(_, issue)| issue));
    }
    for other in past {
        let rounds = store.stages(&other.id).await?;
        if let Some((made_at, issue)) = past_issue(store, other, &rounds, now).await? {
            match use_of(made_at, issue.is_approved, now) {
                Some(Use::Told) => history.issues.push(issue),
                Some(Use::Chosen) if history.choices.len() < CHOICES_MAX => history.choices.push(issue),
                Some(Use::Chosen) | None => {}
            }
        }
        if !questions.is_complete()
            && let Some(report) = newest_report(store, &rounds).await?
        {
            questions.add(report);
        }
    }
    history.topics = questions.into_topics();
    Ok(history)
}

/// What the author published elsewhere and imported.
async fn imported(store: &dyn Store, now: Instant) -> Result<Vec<ImportedInput>, StoreError> {
    let issues = store
        .imported_issues(now.minus(CHOICES), now, IMPORTED_MAX)
        .await?;
    let input = |issue: ImportedIssue| ImportedInput {
        snapshot: issue.hash,
        url: issue.url,
        at: issue.at,
    };
    Ok(issues.into_iter().map(input).collect())
}

pub(crate) async fn author_notes(
    store: &dyn Store,
    since: Instant,
) -> Result<Vec<AuthorNoteInput>, StoreError> {
    let noted = |note: AuthorNote| AuthorNoteInput {
        text: note.text,
        from: note.from,
        at: note.at,
    };
    Ok(store.notes(since).await?.into_iter().map(noted).collect())
}

/// The artifacts that a stage works from: of each stage those of its newest round that was completed.
pub(crate) fn newest_artifacts(stages: &[StageRecord]) -> Vec<StageArtifact> {
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

/// What a past issue is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// It counts as told.
    Told,
    /// Readers have forgotten it; what the author chose in it still says something.
    Chosen,
}

fn use_of(made_at: Instant, is_approved: bool, now: Instant) -> Option<Use> {
    if made_at > now {
        None
    } else if made_at >= now.minus(HISTORY) {
        Some(Use::Told)
    } else if is_approved && made_at >= now.minus(CHOICES) {
        Some(Use::Chosen)
    } else {
        None
    }
}

/// Whether an issue counts as told: it was published, or may still be. `made_at`: when it was reviewed.
pub(crate) fn is_told(run: &RunRecord, made_at: Option<Instant>, now: Instant) -> bool {
    match run.issue {
        IssueState::Published | IssueState::Approved | IssueState::Unknown => true,
        // It may still go out; a second run of the same day is another try at the same issue.
        IssueState::Reviewed => {
            let is_open = !run.state.is_final() || run.state == RunState::Completed;
            is_open && made_at.is_some_and(|at| at <= now.minus(SAME_DAY))
        }
        IssueState::None | IssueState::Drafted | IssueState::Rejected | IssueState::Expired => false,
    }
}

/// When the newest round of review began, as `ctx.now()` of that round.
pub(crate) fn reviewed_at(rounds: &[StageRecord]) -> Option<Instant> {
    let reviews = rounds
        .iter()
        .filter(|record| record.stage.as_str() == StageName::REVIEW);
    reviews.map(|record| record.now).max()
}

/// A past issue that counts as told; with it, when it was reviewed.
async fn past_issue(
    store: &dyn Store,
    run: &RunRecord,
    rounds: &[StageRecord],
    now: Instant,
) -> Result<Option<(Instant, PastIssue)>, StoreError> {
    let made_at = reviewed_at(rounds);
    let is_approved = matches!(
        run.issue,
        IssueState::Published | IssueState::Approved | IssueState::Unknown
    );
    let is_told = is_told(run, made_at, now);
    let made_at = made_at.filter(|at| use_of(*at, is_approved, now).is_some());
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
    let Some(made_at) = made_at.filter(|_| is_told) else {
        return Ok(None);
    };
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
    let past = PastIssue {
        run: run.id.clone(),
        slug,
        issue,
        draft,
        brief,
        published_at,
        review: newest(ArtifactKind::Review),
        first_draft: first_draft(rounds).filter(|first| *first != draft),
        is_approved,
    };
    Ok(Some((made_at, past)))
}

/// The draft that the draft stage made before the author sent anything back; none where there was one round only.
fn first_draft(rounds: &[StageRecord]) -> Option<ContentHash> {
    let drafts = |record: &&StageRecord| {
        let made = record
            .artifacts
            .iter()
            .any(|artifact| artifact.kind == ArtifactKind::Draft);
        made && record.stage.as_str() == "draft" && record.state == StageState::Completed
    };
    let made: Vec<&StageRecord> = rounds.iter().filter(drafts).collect();
    let first = made.iter().min_by_key(|record| record.round)?;
    // Of several drafts the one that stood first at the end of the round, which review lists once more.
    let mut reviews = rounds
        .iter()
        .filter(|record| record.round == first.round && record.stage.as_str() == "review");
    let artifact = match reviews.find_map(newest_draft) {
        Some(artifact) if first.artifacts.contains(artifact) => artifact,
        _ => newest_draft(first)?,
    };
    (made.len() > 1).then_some(artifact.hash)
}

fn newest_draft(record: &StageRecord) -> Option<&ArtifactRef> {
    let mut artifacts = record.artifacts.iter().rev();
    artifacts.find(|artifact| artifact.kind == ArtifactKind::Draft)
}

fn slug_of(issue: &[u8]) -> Option<String> {
    serde_json::from_slice::<copydesk_domain::artifact::Issue>(issue)
        .ok()
        .map(|issue| issue.slug)
}

#[cfg(test)]
mod tests {
    use super::*;
    use copydesk_domain::Round;

    fn round(stage: &str, round: u32, kind: ArtifactKind, made: &str) -> StageRecord {
        let at = Instant::from_micros(0);
        StageRecord {
            stage: stage.into(),
            round: Round(round),
            state: StageState::Completed,
            attempts: 1,
            now: at,
            started_at: at,
            finished_at: Some(at),
            reason: None,
            artifacts: vec![ArtifactRef {
                kind,
                hash: ContentHash::of(made.as_bytes()),
            }],
        }
    }

    #[test]
    fn the_first_draft_counts_where_the_author_got_another() {
        let one = [
            round("draft", 1, ArtifactKind::Draft, "first"),
            round("review", 1, ArtifactKind::Draft, "reviewed"),
        ];
        assert_eq!(first_draft(&one), None);
        let two = [
            round("draft", 2, ArtifactKind::Draft, "second"),
            round("draft", 1, ArtifactKind::Draft, "first"),
            round("review", 2, ArtifactKind::Draft, "reviewed"),
        ];
        assert_eq!(first_draft(&two), Some(ContentHash::of(b"first")));
    }

    #[test]
    fn of_several_first_drafts_the_one_counts_that_stood_first_when_it_was_sent_back() {
        let listed = |record: StageRecord, made: &[&str]| StageRecord {
            artifacts: made
                .iter()
                .map(|made| ArtifactRef {
                    kind: ArtifactKind::Draft,
                    hash: ContentHash::of(made.as_bytes()),
                })
                .collect(),
            ..record
        };
        let drafted = listed(round("draft", 1, ArtifactKind::Draft, ""), &["B", "A"]);
        let again = round("draft", 2, ArtifactKind::Draft, "second");
        let reviewed = |made: &[&str]| listed(round("review", 1, ArtifactKind::Draft, ""), made);
        let hash = |made: &str| Some(ContentHash::of(made.as_bytes()));
        let found = |made: &[&str]| first_draft(&[drafted.clone(), reviewed(made), again.clone()]);
        assert_eq!(found(&["B", "A", "B"]), hash("B"));
        assert_eq!(found(&["B", "A"]), hash("A"));
        assert_eq!(found(&[]), hash("A"));
    }

    #[test]
    fn an_issue_is_told_for_two_weeks_and_learned_from_for_half_a_year() {
        let now = Instant::from_micros(400 * 86_400_000_000);
        let days_ago = |days: i64| now.minus(jiff::SignedDuration::from_hours(24 * days));
        assert_eq!(use_of(days_ago(14), false, now), Some(Use::Told));
        assert_eq!(use_of(days_ago(15), true, now), Some(Use::Chosen));
        assert_eq!(use_of(days_ago(15), false, now), None, "nobody chose it");
        assert_eq!(use_of(days_ago(181), true, now), None);
        assert_eq!(
            use_of(days_ago(-1), true, now),
            None,
            "a replay knows no later day"
        );
    }
}
