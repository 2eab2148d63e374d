//! The author's notes: which are new to a run, and as the stages of one advance read them.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use copydesk_config::{Pipeline, StageConfig};
use copydesk_domain::{Instant, RunState, StageName};
use copydesk_journal::AuthorNoteInput;
use copydesk_store::{RunRecord, StageRecord, Store, StoreError};
use tokio::sync::OnceCell;
use tokio::time::Instant as Tick;

use crate::inputs;

/// Notes that were read serve for so long: stages that take no time read them once.
const KEPT: Duration = Duration::from_secs(1);
/// Runs looked at first: the last one that told something is mostly among them.
const FIRST_LOOK: u32 = 8;

/// The notes that are new to a run.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    /// From when on a note is new; that is so for all of the run's stages.
    since: OnceCell<Instant>,
    recent: Mutex<Option<(Tick, Vec<AuthorNoteInput>)>>,
}

impl Noted {
    /// The notes, as they were within the last second.
    pub(crate) async fn read(
        &self,
        store: &dyn Store,
        pipeline: &Pipeline,
        run: &RunRecord,
    ) -> Result<Vec<AuthorNoteInput>, StoreError> {
        if let Some((read_at, notes)) = &*self.recent()
            && read_at.elapsed() < KEPT
        {
            return Ok(notes.clone());
        }
        let since = self
            .since
            .get_or_try_init(|| noted_since(store, pipeline, run))
            .await?;
        let read_at = Tick::now();
        let notes = inputs::author_notes(store, *since).await?;
        *self.recent() = Some((read_at, notes.clone()));
        Ok(notes)
    }

    fn recent(&self) -> MutexGuard<'_, Option<(Tick, Vec<AuthorNoteInput>)>> {
        self.recent.lock().expect("no holder of this lock panics")
    }
}

/// From when on the author's notes are new to a run.
pub(crate) async fn noted_since(
    store: &dyn Store,
    pipeline: &Pipeline,
    run: &RunRecord,
) -> Result<Instant, StoreError> {
    for limit in [FIRST_LOOK, inputs::RUNS_MAX] {
        let past = store.own_runs(&run.pipeline, limit).await?;
        if let Some(began_at) = last_told(store, pipeline, run, &past).await? {
            return Ok(began_at);
        }
        if past.len() < limit as usize {
            break;
        }
    }
    Ok(nothing_told_before(run))
}

/// The same, among the newest runs of its pipeline.
pub(crate) async fn noted_after(
    store: &dyn Store,
    pipeline: &Pipeline,
    run: &RunRecord,
    past: &[RunRecord],
) -> Result<Instant, StoreError> {
    let told = last_told(store, pipeline, run, past).await?;
    Ok(told.unwrap_or_else(|| nothing_told_before(run)))
}

fn nothing_told_before(run: &RunRecord) -> Instant {
    run.created_at.minus(inputs::HISTORY)
}

/// When the last of these runs before `run` began that told what it read: what the author noted since is new. A run that
/// came to nothing leaves its notes to the next.
async fn last_told(
    store: &dyn Store,
    pipeline: &Pipeline,
    run: &RunRecord,
    past: &[RunRecord],
) -> Result<Option<Instant>, StoreError> {
    let is_review = |stage: &StageConfig| stage.agent == StageName::REVIEW;
    let makes_issue = pipeline.stages.iter().any(is_review);
    let mut earlier: Vec<&RunRecord> = past
        .iter()
        .filter(|other| other.created_at < run.created_at)
        .collect();
    earlier.sort_by_key(|other| std::cmp::Reverse(other.created_at));
    for other in earlier {
        let rounds = store.stages(&other.id).await?;
        let has_told = if makes_issue {
            inputs::is_told(other, inputs::reviewed_at(&rounds), run.created_at)
        } else {
            may_have_made(other.state)
        };
        if has_told {
            return Ok(Some(began_at(other, &rounds)));
        }
    }
    Ok(None)
}

/// Whether a run whose pipeline makes no issue has made something, or may still.
const fn may_have_made(state: RunState) -> bool {
    match state {
        RunState::Completed | RunState::Running | RunState::Waiting => true,
        RunState::Queued | RunState::Failed | RunState::Cancelled | RunState::Superseded => false,
    }
}

/// When a run read the notes: as its first stage began.
fn began_at(run: &RunRecord, rounds: &[StageRecord]) -> Instant {
    let began = rounds.iter().map(|record| record.started_at).min();
    began.map_or(run.created_at, |at| at.max(run.created_at))
}

#[cfg(test)]
mod tests {
    use copydesk_domain::artifact::{Artifact, ArtifactKind, FORMAT, Issue, Payload};
    use copydesk_domain::{ContentHash, IssueState, Round, StageState, Untrusted};
    use copydesk_store::{Applied, AuthorNote, Command, Lease, RunParams};
    use copydesk_store_memory::MemoryStore;

    use super::*;

    fn pipeline(agents: &[&str]) -> Pipeline {
        let stage = |agent: &&str| format!("[[stage]]\nagent = \"{agent}\"\nname = \"{agent}\"\n");
        let stages: Vec<String> = agents.iter().map(stage).collect();
        toml::from_str(&format!("[pipeline]\nname = \"daily\"\n{}", stages.concat())).unwrap()
    }

    fn day() -> Pipeline {
        pipeline(&["research", "draft", "review"])
    }

    fn at(hours: i64) -> Instant {
        Instant::from_micros(hours * 3_600_000_000)
    }

    async fn make(store: &MemoryStore, id: &str, made_at: Instant) -> RunRecord {
        let params = RunParams {
            id: id.into(),
            pipeline: "daily".into(),
            slot: None,
            parent: None,
            release: ContentHash::of(b"release"),
            fixed_now: None,
            seed: 1,
            is_scheduled: false,
            at: made_at,
        };
        store.apply(Command::CreateRun(params)).await.unwrap();
        store.run(&id.into()).await.unwrap().unwrap()
    }

    async fn lease(store: &MemoryStore, id: &str) -> Lease {
        let command = Command::LeaseRun {
            run: id.into(),
            owner: "worker".to_owned(),
            now: at(0),
            until: at(1),
        };
        match store.apply(command).await.unwrap() {
            Applied::Leased(lease) => lease,
            other => panic!("no lease but {other:?}"),
        }
    }

    /// A run that began one hour after it was made, in this state and with its issue so far.
    async fn past(store: &MemoryStore, id: &str, made_at: i64, state: RunState, issue: IssueState) {
        make(store, id, at(made_at)).await;
        let lease = lease(store, id).await;
        let began = at(made_at + 1);
        let start = Command::StartStage {
            lease: lease.clone(),
            stage: StageName::new("research"),
            round: Round::FIRST,
            now: began,
            at: began,
        };
        store.apply(start).await.unwrap();
        if issue != IssueState::None {
            approve(store, &lease, began).await;
        }
        let update = Command::UpdateRun {
            lease: lease.clone(),
            state,
            waiting_for: Vec::new(),
            issue: Some(issue),
            wake_at: None,
            reason: None,
            at: began,
        };
        store.apply(update).await.unwrap();
        store.apply(Command::ReleaseLease { lease }).await.unwrap();
    }

    async fn approve(store: &MemoryStore, lease: &Lease, at: Instant) {
        let payload = Payload {
            channel: "site".into(),
            audience: "public".to_owned(),
            not_before: None,
            hash: ContentHash::of(b"payload"),
            media_type: "text/html".to_owned(),
        };
        let issue = Issue {
            format: FORMAT.to_owned(),
            title: Untrusted::new("A day".to_owned()),
            slug: "a-day".to_owned(),
            date: jiff::civil::date(2026, 11, 22),
            draft: ContentHash::of(b"draft"),
            payloads: vec![payload],
        };
        let issue = Artifact::of(ArtifactKind::Issue, &issue).unwrap();
        let hash = issue.hash;
        let finish = Command::FinishStage {
            lease: lease.clone(),
            stage: StageName::REVIEW.into(),
            round: Round::FIRST,
            state: StageState::Completed,
            reason: None,
            artifacts: vec![issue],
            bodies: Vec::new(),
            at,
        };
        let decide = Command::Decide {
            run: lease.run.clone(),
            subject: copydesk_store::Subject::Issue,
            hash,
            decision: copydesk_domain::Decision::Approved,
            effective_at: Some(at),
            reason: None,
            at,
        };
        for command in [finish, decide] {
            store.apply(command).await.unwrap();
        }
    }

    #[tokio::test]
    async fn notes_count_from_the_last_run_whose_issue_was_told() {
        let store = MemoryStore::new();
        past(&store, "told", 100, RunState::Completed, IssueState::Published).await;
        past(&store, "failed", 120, RunState::Failed, IssueState::None).await;
        past(&store, "given way", 130, RunState::Superseded, IssueState::None).await;
        past(&store, "parked", 140, RunState::Queued, IssueState::None).await;
        let run = make(&store, "now", at(150)).await;
        past(&store, "later", 160, RunState::Completed, IssueState::Published).await;
        let since = noted_since(&store, &day(), &run).await.unwrap();
        assert_eq!(since, at(101), "what came before its research was told by it");
        let first = store.run(&"told".into()).await.unwrap().unwrap();
        let since = noted_since(&store, &day(), &first).await.unwrap();
        assert_eq!(since, at(100).minus(inputs::HISTORY), "nothing was told before");
    }

    #[tokio::test]
    async fn a_run_that_told_is_found_behind_many_that_failed() {
        let store = MemoryStore::new();
        past(&store, "told", 100, RunState::Completed, IssueState::Published).await;
        for hour in 0..i64::from(FIRST_LOOK) {
            let id = format!("failed {hour}");
            past(&store, &id, 110 + hour, RunState::Failed, IssueState::None).await;
        }
        let run = make(&store, "now", at(150)).await;
        let since = noted_since(&store, &day(), &run).await.unwrap();
        assert_eq!(since, at(101));
    }

    #[tokio::test]
    async fn where_no_issue_is_made_notes_count_from_the_last_run_that_made_something() {
        let store = MemoryStore::new();
        past(&store, "made", 100, RunState::Completed, IssueState::None).await;
        past(&store, "failed", 120, RunState::Failed, IssueState::None).await;
        let run = make(&store, "now", at(150)).await;
        let since = noted_since(&store, &pipeline(&["custom"]), &run).await.unwrap();
        assert_eq!(since, at(101));
    }

    #[tokio::test(start_paused = true)]
    async fn a_note_is_read_by_the_stage_that_begins_a_second_after_it() {
        let (store, noted, day) = (MemoryStore::new(), Noted::default(), day());
        let run = make(&store, "a", at(0)).await;
        assert_eq!(noted.read(&store, &day, &run).await.unwrap(), []);
        let note = AuthorNote {
            hash: ContentHash::of(b"seen"),
            text: "seen".to_owned(),
            from: "notes/seen.md".to_owned(),
            at: at(0),
        };
        store.apply(Command::AddNote(note)).await.unwrap();
        assert_eq!(noted.read(&store, &day, &run).await.unwrap(), []);
        tokio::time::advance(KEPT).await;
        assert_eq!(noted.read(&store, &day, &run).await.unwrap()[0].text, "seen");
    }
}
