//! A real database whose disk fails for some writes.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use copydesk_domain::artifact::Artifact;
use copydesk_domain::{ContentHash, Instant, PipelineName, Round, RunId, StageName};
use copydesk_store::{
    Applied, ArchiveRecord, AuthorNote, Command, DecisionRecord, EndpointRecord, ExchangeBodies,
    ExchangeCount, ExchangeRecord, FeedState, ImportedIssue, LabelRecord, LogLine, NoticeRecord,
    OutboxRecord, PipelineControl, PreflightRecord, PruningRecord, RunRecord, SearchHit, SlotRecord,
    SnapshotRecord, SpendRecord, StageRecord, StepRecord, Store, StoreError, StoredOutcome, TokenRecord,
    TrustRecord, WholeRun,
};
use copydesk_store_sqlite::{Options, SqliteStore};
use tokio::sync::watch;

/// A store whose disk fails for some writes: before the commit, and after it, when nobody learns of it.
pub struct Failing {
    inner: SqliteStore,
    /// Writes that are still to fail.
    pub left: AtomicU32,
    /// Writes that failed.
    pub fired: AtomicU32,
}

impl Failing {
    pub async fn open(path: &Path) -> Self {
        Self {
            inner: SqliteStore::open(path, Options::SHIPPED).await.unwrap(),
            left: AtomicU32::new(0),
            fired: AtomicU32::new(0),
        }
    }

    fn takes_a_fault(&self) -> bool {
        let taken = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        taken.is_ok()
    }

    /// A list whose disk fails at its first write, before the commit or after it.
    async fn write(&self, commands: Vec<Command>) -> Vec<Result<Applied, StoreError>> {
        if !self.takes_a_fault() {
            return self.inner.apply_all(commands).await;
        }
        if self.fired.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            let place = "the soak".to_owned();
            return vec![Err(StoreError::DiskFull { place })];
        }
        self.inner.apply_all(commands).await;
        vec![Err(StoreError::Database {
            reason: "the answer was lost".to_owned(),
        })]
    }
}

/// Writes may fail, reads go through.
macro_rules! failing_store {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl Store for Failing {
            async fn apply_all(&self, commands: Vec<Command>) -> Vec<Result<Applied, StoreError>> {
                self.write(commands).await
            }

            fn changes(&self) -> watch::Receiver<u64> {
                self.inner.changes()
            }

            fn run_changes(&self, run: &RunId) -> watch::Receiver<u64> {
                self.inner.run_changes(run)
            }

            $(async fn $name(&self, $($argument: $kind),*) -> Result<$answer, StoreError> {
                self.inner.$name($($argument),*).await
            })*
        }
    };
}

failing_store! {
    run(run: &RunId) -> Option<RunRecord>;
    whole_run(run: &RunId) -> Option<WholeRun>;
    runs(pipeline: Option<&PipelineName>, limit: u32) -> Vec<RunRecord>;
    own_runs(pipeline: &PipelineName, limit: u32) -> Vec<RunRecord>;
    open_runs() -> Vec<RunRecord>;
    ended_runs(since: Instant) -> Vec<RunRecord>;
    newest_run_at(until: Instant) -> Option<Instant>;
    stages(run: &RunId) -> Vec<StageRecord>;
    steps(run: &RunId, after: i64) -> Vec<StepRecord>;
    outcomes(run: &RunId, stage: &StageName, round: Round) -> Vec<StoredOutcome>;
    logs(run: &RunId) -> Vec<LogLine>;
    artifact(hash: &ContentHash) -> Option<Artifact>;
    body(hash: &ContentHash) -> Option<Vec<u8>>;
    snapshot(hash: &ContentHash) -> Option<SnapshotRecord>;
    snapshot_of_url(url: &str) -> Option<SnapshotRecord>;
    decisions(run: &RunId) -> Vec<DecisionRecord>;
    outbox(run: &RunId) -> Vec<OutboxRecord>;
    slots(pipeline: &PipelineName, from: Instant) -> Vec<SlotRecord>;
    slots_of_interest(pipeline: &PipelineName, now: Instant) -> Option<Instant>;
    controls() -> Vec<PipelineControl>;
    notes(since: Instant) -> Vec<AuthorNote>;
    labels(pipeline: &PipelineName, since: Instant) -> Vec<LabelRecord>;
    token(hash: &ContentHash) -> Option<TokenRecord>;
    tokens(kind: copydesk_store::TokenKind) -> Vec<TokenRecord>;
    counts(params: copydesk_store::CountParams) -> copydesk_store::Counts;
    open_notices(limit: u32) -> Vec<NoticeRecord>;
    preflights(pipeline: &PipelineName, from: Instant) -> Vec<PreflightRecord>;
    last_pruning() -> Option<PruningRecord>;
    trusted_tools() -> Vec<TrustRecord>;
    exchanges(run: &RunId) -> Vec<ExchangeRecord>;
    exchange_bodies(run: &RunId, stage: &StageName, round: Round) -> Vec<ExchangeBodies>;
    exchange_counts(since: Instant) -> Vec<ExchangeCount>;
    endpoints() -> Vec<EndpointRecord>;
    feed_state(url: &str) -> Option<FeedState>;
    spends(since: Instant) -> Vec<SpendRecord>;
    run_spends(run: &RunId) -> Vec<SpendRecord>;
    search(query: &str, limit: u32) -> Vec<SearchHit>;
    imported_issues(after: Instant, until: Instant, limit: u32) -> Vec<ImportedIssue>;
    archived(hash: &ContentHash) -> Option<ArchiveRecord>;
    past_issues(limit: u32) -> Vec<SnapshotRecord>;
}
