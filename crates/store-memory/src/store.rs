use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use copydesk_domain::artifact::Artifact;
use copydesk_domain::{ContentHash, Instant, PipelineName, Round, RunId, StageName};
use copydesk_store::{
    Applied, ArchiveRecord, AuthorNote, Command, CountParams, Counts, DecisionRecord, EndpointRecord,
    ExchangeBodies, ExchangeCount, ExchangeRecord, FeedState, ImportedIssue, LabelRecord, LogLine,
    NoticeRecord, OutboxRecord, PipelineControl, PreflightRecord, PruningRecord, RunRecord, RunWatch,
    SearchHit, SlotRecord, SnapshotRecord, SpendRecord, StageRecord, StepRecord, Store, StoredOutcome,
    TokenKind, TokenRecord, TrustRecord, WholeRun,
};
use tokio::sync::watch;

use crate::state::{Result, State};

/// A store that forgets everything when its last handle is dropped. A clone is another handle on the same store.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    changes: watch::Sender<u64>,
    runs: Arc<RunWatch>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that failed while it held the lock is already reported; the state of the others is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Carries out one command; each checks before it changes anything.
    fn apply(&mut self, command: Command) -> Result<Applied> {
        if let Some(lease) = command.fence() {
            self.require_lease(lease)?;
        }
        match command {
            Command::CreateRun(params) => Ok(self.create_run(params)),
            Command::LeaseRun {
                run,
                owner,
                now,
                until,
            } => self.lease_run(&run, owner, now, until),
            Command::RenewLease { lease, until } => self.renew_lease(&lease, until),
            Command::ReleaseLease { lease } => self.release_lease(&lease),
            Command::UpdateRun { .. } => self.update_run(command),
            Command::Supersede { lease, reason, at } => self.supersede(&lease.run, &reason, at),
            Command::StartStage {
                lease,
                stage,
                round,
                now,
                at,
            } => Ok(self.start_stage(&lease, stage, round, now, at)),
            Command::FinishStage { .. } => self.finish_stage(command),
            Command::FinishStep { lease, step } => self.finish_step(&lease, step),
            Command::ReserveSpend { .. } => self.reserve_spend(command),
            Command::SettleSpend {
                lease,
                reservation,
                amount,
                is_assumed,
                counted,
                ..
            } => self.settle_spend(&lease, reservation, amount, is_assumed, counted),
            Command::PutSnapshot { lease, snapshot } => self.put_snapshot(lease.as_ref(), snapshot),
            Command::KeepSnapshot { lease, snapshot } => Ok(self.keep_snapshot(&lease, snapshot)),
            Command::PutArchive(record) => self.put_archive(record),
            Command::ImportIssue(issue) => self.import_issue(issue),
            Command::Decide { .. } => self.decide(command),
            Command::ChooseDraft { run, artifacts, at } => self.choose_draft(&run, &artifacts, at),
            Command::PutIntent {
                lease,
                channel,
                hash,
                key,
                at,
            } => self.put_intent(&lease, channel, hash, key, at),
            Command::SettleIntent { .. } => self.settle_intent(command),
            Command::SettleUnknown { .. } => self.settle_unknown(command),
            Command::RequestCancel { run, at } => self.request_cancel(&run, at),
            Command::Retry {
                run,
                budget_extra,
                embedded_only,
                at,
            } => self.retry(&run, budget_extra, embedded_only, at),
            Command::GoOn { .. } => self.go_on(command),
            Command::ChooseRoute { run, route, at } => self.choose_route(&run, route, at),
            Command::NoteBreach { lease, breach } => self.note_breach(&lease, breach),
            other => self.apply_to_desk(other),
        }
    }

    /// Carries out a command that belongs to no run.
    fn apply_to_desk(&mut self, command: Command) -> Result<Applied> {
        match command {
            Command::PutSlot {
                pipeline,
                slot,
                state,
                reason,
                run,
            } => self.put_slot(pipeline, slot, state, reason, run),
            Command::Prune {
                before,
                snapshots_max,
                at,
            } => Ok(Applied::Pruned(self.prune(before, snapshots_max, at))),
            Command::ForgetSlots { pipeline, after } => Ok(self.forget_slots(&pipeline, after)),
            Command::PutLabel(record) => self.put_label(record),
            Command::UndoLabel { id, at } => self.undo_label(&id, at),
            Command::TakeToken { hash, now } => Ok(self.take_token(&hash, now)),
            Command::OpenSession { link, session, now } => Ok(self.open_session(&link, session, now)),
            Command::RaiseNotice(record) => Ok(self.raise_notice(record)),
            Command::PutPreflight(record) => Ok(self.put_preflight(record)),
            Command::SettleNotice { key, way, at } => self.settle_notice(&key, &way, at),
            other => {
                self.put(other);
                Ok(Applied::Done)
            }
        }
    }

    /// Carries out a command that cannot be refused.
    fn put(&mut self, command: Command) {
        match command {
            Command::PutRelease { body, .. } => self.put_body(&body),
            Command::WriteLog {
                lease,
                stage,
                round,
                level,
                message,
                at,
            } => {
                self.logs.push((
                    lease.run,
                    LogLine {
                        at,
                        stage,
                        round,
                        level,
                        message,
                    },
                ));
            }
            Command::SetPaused { pipeline, paused_at } => self.control_mut(pipeline).paused_at = paused_at,
            Command::SkipDate { .. } | Command::KeepDate { .. } => self.set_date(command),
            Command::SetSchedule {
                pipeline,
                schedule,
                since,
            } => {
                let control = self.control_mut(pipeline);
                control.schedule = Some(schedule);
                control.since = Some(since);
            }
            Command::AddNote(note) => self.add_note(note),
            Command::ForgetNotes { kept } => self.notes.retain(|note| kept.contains(&note.hash)),
            Command::PutToken(token) => {
                self.tokens.insert(token.hash, token);
            }
            Command::ProlongToken { hash, until } => {
                if let Some(token) = self.tokens.get_mut(&hash) {
                    token.expires_at = Some(until);
                }
            }
            Command::ForgetTokens { now } => self.forget_tokens(now),
            Command::TrustTool(tool) => {
                self.tools.insert(tool.tool.clone(), tool);
            }
            Command::PutExchange { .. } => self.put_exchange(command),
            Command::PutEndpoint(record) => {
                let place = (record.base_url.clone(), record.model.clone());
                self.endpoints.insert(place, record);
            }
            Command::PutFeedState(feed) => {
                self.feeds.insert(feed.url.clone(), feed);
            }
            Command::NoteFeedAnswer { url, moved_to, at } => {
                if let Some(feed) = self.feeds.get_mut(&url) {
                    feed.moved_to = moved_to;
                    feed.retry_at = None;
                    feed.answered_at = at;
                }
            }
            other => unreachable!("`apply` takes every other command: {other:?}"),
        }
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn apply_all(&self, commands: Vec<Command>) -> Vec<Result<Applied>> {
        let mut answers = Vec::with_capacity(commands.len());
        {
            let mut state = self.state();
            for command in &commands {
                answers.push(state.apply(command.clone()));
                if answers.last().is_some_and(Result::is_err) {
                    break;
                }
            }
        }
        let done = answers.iter().filter(|answer| answer.is_ok()).count();
        if done > 0 {
            self.changes.send_modify(|version| *version += 1);
            self.runs.committed(&commands[..done]);
        }
        answers
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn run_changes(&self, run: &RunId) -> watch::Receiver<u64> {
        self.runs.subscribe(run)
    }

    async fn run(&self, run: &RunId) -> Result<Option<RunRecord>> {
        Ok(self.state().run(run).ok().map(|run| run.record.clone()))
    }

    async fn whole_run(&self, run: &RunId) -> Result<Option<WholeRun>> {
        Ok(self.state().whole_run(run))
    }

    async fn runs(&self, pipeline: Option<&PipelineName>, limit: u32) -> Result<Vec<RunRecord>> {
        Ok(self.state().newest_runs(pipeline, limit))
    }

    async fn own_runs(&self, pipeline: &PipelineName, limit: u32) -> Result<Vec<RunRecord>> {
        Ok(self.state().own_runs(pipeline, limit))
    }

    async fn open_runs(&self) -> Result<Vec<RunRecord>> {
        Ok(self.state().open_runs())
    }

    async fn ended_runs(&self, since: Instant) -> Result<Vec<RunRecord>> {
        Ok(self.state().ended_runs(since))
    }

    async fn newest_run_at(&self, until: Instant) -> Result<Option<Instant>> {
        Ok(self.state().newest_run_at(until))
    }

    async fn stages(&self, run: &RunId) -> Result<Vec<StageRecord>> {
        Ok(self.state().stages_of(run).cloned().collect())
    }

    async fn steps(&self, run: &RunId, after: i64) -> Result<Vec<StepRecord>> {
        Ok(self.state().steps_after(run, after))
    }

    async fn outcomes(&self, run: &RunId, stage: &StageName, round: Round) -> Result<Vec<StoredOutcome>> {
        Ok(self.state().outcomes(run, stage, round))
    }

    async fn logs(&self, run: &RunId) -> Result<Vec<LogLine>> {
        Ok(self
            .state()
            .logs
            .iter()
            .filter(|(of, _)| of == run)
            .map(|(_, line)| line.clone())
            .collect())
    }

    async fn artifact(&self, hash: &ContentHash) -> Result<Option<Artifact>> {
        Ok(self.state().artifact(hash))
    }

    async fn body(&self, hash: &ContentHash) -> Result<Option<Vec<u8>>> {
        Ok(self.state().bodies.get(hash).cloned())
    }

    async fn snapshot(&self, hash: &ContentHash) -> Result<Option<SnapshotRecord>> {
        Ok(self.state().snapshot(hash).cloned())
    }

    async fn snapshot_of_url(&self, url: &str) -> Result<Option<SnapshotRecord>> {
        Ok(self.state().snapshot_of_url(url).cloned())
    }

    async fn past_issues(&self, limit: u32) -> Result<Vec<SnapshotRecord>> {
        Ok(self.state().past_issues(limit))
    }

    async fn decisions(&self, run: &RunId) -> Result<Vec<DecisionRecord>> {
        Ok(self.state().decisions_of(run).cloned().collect())
    }

    async fn outbox(&self, run: &RunId) -> Result<Vec<OutboxRecord>> {
        Ok(self.state().outbox_of(run))
    }

    async fn slots(&self, pipeline: &PipelineName, from: Instant) -> Result<Vec<SlotRecord>> {
        Ok(self.state().slots_from(pipeline, from))
    }

    async fn slots_of_interest(&self, pipeline: &PipelineName, now: Instant) -> Result<Option<Instant>> {
        Ok(self.state().slots_of_interest(pipeline, now))
    }

    async fn controls(&self) -> Result<Vec<PipelineControl>> {
        Ok(self.state().controls.values().cloned().collect())
    }

    async fn notes(&self, since: Instant) -> Result<Vec<AuthorNote>> {
        Ok(self.state().notes_since(since))
    }

    async fn labels(&self, pipeline: &PipelineName, since: Instant) -> Result<Vec<LabelRecord>> {
        Ok(self.state().labels_since(pipeline, since))
    }

    async fn token(&self, hash: &ContentHash) -> Result<Option<TokenRecord>> {
        Ok(self.state().tokens.get(hash).cloned())
    }

    async fn tokens(&self, kind: TokenKind) -> Result<Vec<TokenRecord>> {
        Ok(self.state().tokens_of(kind))
    }

    async fn counts(&self, params: CountParams) -> Result<Counts> {
        Ok(self.state().counts(params))
    }

    async fn open_notices(&self, limit: u32) -> Result<Vec<NoticeRecord>> {
        Ok(self.state().open_notices(limit))
    }

    async fn last_pruning(&self) -> Result<Option<PruningRecord>> {
        let last = self
            .state()
            .prunings
            .last_key_value()
            .map(|(at, pruned)| (*at, *pruned));
        Ok(last.map(|(at, pruned)| PruningRecord { at, pruned }))
    }

    async fn preflights(&self, pipeline: &PipelineName, from: Instant) -> Result<Vec<PreflightRecord>> {
        Ok(self.state().preflights_from(pipeline, from))
    }

    async fn trusted_tools(&self) -> Result<Vec<TrustRecord>> {
        Ok(self.state().tools.values().cloned().collect())
    }

    async fn exchanges(&self, run: &RunId) -> Result<Vec<ExchangeRecord>> {
        let state = self.state();
        let of_run = state.exchanges.iter().filter(|(of, ..)| of == run);
        Ok(of_run.map(|(_, record, _)| record.clone()).collect())
    }

    async fn exchange_bodies(
        &self,
        run: &RunId,
        stage: &StageName,
        round: Round,
    ) -> Result<Vec<ExchangeBodies>> {
        let all = self.state();
        let of_round = all
            .exchanges
            .iter()
            .filter(|(of, record, _)| of == run && record.stage == *stage && record.round == round);
        Ok(of_round.map(|(.., bodies)| bodies.clone()).collect())
    }

    async fn exchange_counts(&self, since: Instant) -> Result<Vec<ExchangeCount>> {
        Ok(self.state().exchange_counts(since))
    }

    async fn endpoints(&self) -> Result<Vec<EndpointRecord>> {
        Ok(self.state().endpoints.values().cloned().collect())
    }

    async fn feed_state(&self, url: &str) -> Result<Option<FeedState>> {
        Ok(self.state().feeds.get(url).cloned())
    }

    async fn spends(&self, since: Instant) -> Result<Vec<SpendRecord>> {
        Ok(self.state().spends_since(since))
    }

    async fn run_spends(&self, run: &RunId) -> Result<Vec<SpendRecord>> {
        Ok(self.state().spends_of(run))
    }

    async fn search(&self, query: &str, limit: u32) -> Result<Vec<SearchHit>> {
        Ok(self.state().search(query, limit))
    }

    async fn imported_issues(
        &self,
        after: Instant,
        until: Instant,
        limit: u32,
    ) -> Result<Vec<ImportedIssue>> {
        Ok(self.state().imported_issues(after, until, limit))
    }

    async fn archived(&self, hash: &ContentHash) -> Result<Option<ArchiveRecord>> {
        Ok(self.state().archived(hash).cloned())
    }
}
