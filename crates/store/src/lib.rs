//! What is stored and how it is changed: typed commands, reads, and the contract that each store passes.
//!
//! Invariant: no SQL, no path, no transaction and no closure in any signature; instants are microseconds.

mod applied;
mod archived;
mod command;
mod command_name;
pub mod contract;
mod count;
mod error;
mod exchange;
mod held;
mod impasse;
mod import;
mod money;
mod notice;
mod params;
mod record;
pub mod retention;
mod run_watch;
mod snapshot;
mod token;

use async_trait::async_trait;
use copydesk_domain::artifact::Artifact;
use copydesk_domain::{ContentHash, Instant, PipelineName, Round, RunId, StageName};
use tokio::sync::watch;

pub use applied::Applied;
pub use archived::archived;
pub use command::Command;
pub use command_name::COMMAND_NAMES;
pub use count::{BillSum, CountParams, Counts, PayloadCount, RunCount};
pub use error::StoreError;
pub use exchange::{
    EndpointRecord, ExchangeBodies, ExchangeCount, ExchangeOutcome, ExchangeParams, ExchangeRecord, Shared,
};
pub use held::Lease;
pub use import::{Imported, ImportedIssue, Present, imported};
pub use money::{Breach, BudgetLimit, BudgetScope, BudgetUse, Counted, PROBES, Reserved};
pub use notice::{NoticeRecord, PreflightArea, PreflightProblem, PreflightRecord};
pub use params::{RunParams, StepParams};
pub use record::{
    ArchiveRecord, ArtifactRef, AuthorNote, DecisionRecord, FeedState, LabelRecord, LogLine, OutboxRecord,
    OutboxState, PipelineControl, RunRecord, SearchHit, Sighting, Slot, SlotRecord, SnapshotRecord,
    SpendRecord, StageRecord, StepRecord, StoredOutcome, Subject, TrustRecord, WholeRun,
};
pub use retention::{Pruned, PruningRecord};
pub use run_watch::RunWatch;
pub use snapshot::SnapshotParams;
pub use token::{TokenKind, TokenRecord};

/// A place that keeps everything. Handles are shared; every write goes through [`Store::apply`].
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Carries out commands in their order, and answers after the one commit that holds them. One that fails ends the
    /// list: those before it are kept, those behind it are not carried out, and the answer ends with its error.
    async fn apply_all(&self, commands: Vec<Command>) -> Vec<Result<Applied, StoreError>>;

    /// Carries out one command and answers after its commit.
    async fn apply(&self, command: Command) -> Result<Applied, StoreError> {
        let answers = self.apply_all(vec![command]).await;
        answers.into_iter().next().unwrap_or(Err(StoreError::Closed))
    }

    /// Rises with each commit of this process; waiting is by notification.
    fn changes(&self) -> watch::Receiver<u64>;
    /// Rises with each commit of this process that made a run wait or ended it, or by which a person changed it: a
    /// decision, a retry, a cancel. The work of its stages does not count.
    fn run_changes(&self, run: &RunId) -> watch::Receiver<u64>;

    /// A run.
    async fn run(&self, run: &RunId) -> Result<Option<RunRecord>, StoreError>;
    /// A run with what was made, decided and sent in it. The run is read first: who wrote since has a higher fence.
    async fn whole_run(&self, run: &RunId) -> Result<Option<WholeRun>, StoreError>;
    /// Runs, newest first; of one pipeline where given. [`PROBES`] is none of them.
    async fn runs(&self, pipeline: Option<&PipelineName>, limit: u32) -> Result<Vec<RunRecord>, StoreError>;
    /// Runs of a pipeline that replay no other, newest first.
    async fn own_runs(&self, pipeline: &PipelineName, limit: u32) -> Result<Vec<RunRecord>, StoreError>;
    /// Runs that are not final, oldest first.
    async fn open_runs(&self) -> Result<Vec<RunRecord>, StoreError>;
    /// Scheduled runs that are final and were changed at `since` or later, the last changed one last.
    async fn ended_runs(&self, since: Instant) -> Result<Vec<RunRecord>, StoreError>;
    /// When the newest of the runs was made that were made at `until` or before. [`PROBES`] is none of them.
    async fn newest_run_at(&self, until: Instant) -> Result<Option<Instant>, StoreError>;
    /// Stage rounds of a run, in order of first start.
    async fn stages(&self, run: &RunId) -> Result<Vec<StageRecord>, StoreError>;
    /// Steps of a run with a sequence above `after`, in order.
    async fn steps(&self, run: &RunId, after: i64) -> Result<Vec<StepRecord>, StoreError>;
    /// Final outcomes of one stage round.
    async fn outcomes(
        &self,
        run: &RunId,
        stage: &StageName,
        round: Round,
    ) -> Result<Vec<StoredOutcome>, StoreError>;
    /// Lines for the operator, in order.
    async fn logs(&self, run: &RunId) -> Result<Vec<LogLine>, StoreError>;
    /// An artifact.
    async fn artifact(&self, hash: &ContentHash) -> Result<Option<Artifact>, StoreError>;
    /// A body: payload, mail or release, by hash.
    async fn body(&self, hash: &ContentHash) -> Result<Option<Vec<u8>>, StoreError>;
    /// A snapshot.
    async fn snapshot(&self, hash: &ContentHash) -> Result<Option<SnapshotRecord>, StoreError>;
    /// The newest snapshot fetched from an address.
    async fn snapshot_of_url(&self, url: &str) -> Result<Option<SnapshotRecord>, StoreError>;
    /// Decisions of a run, in order.
    async fn decisions(&self, run: &RunId) -> Result<Vec<DecisionRecord>, StoreError>;
    /// Payloads of a run on their way out.
    async fn outbox(&self, run: &RunId) -> Result<Vec<OutboxRecord>, StoreError>;
    /// Slots of a pipeline from `from` on, in order.
    async fn slots(&self, pipeline: &PipelineName, from: Instant) -> Result<Vec<SlotRecord>, StoreError>;
    /// From where on a pipeline's slots are of interest to who plans at `now`: the oldest pending one, or the newest that
    /// is due where that is older. None where there is neither.
    async fn slots_of_interest(
        &self,
        pipeline: &PipelineName,
        now: Instant,
    ) -> Result<Option<Instant>, StoreError>;
    /// What a person set for each pipeline.
    async fn controls(&self) -> Result<Vec<PipelineControl>, StoreError>;
    /// Notes of the author made after `since`, oldest first.
    async fn notes(&self, since: Instant) -> Result<Vec<AuthorNote>, StoreError>;
    /// Labels of a pipeline that were put after `since` and not taken back, oldest first; of more than
    /// [`LabelRecord::LIST_MAX`] the newest.
    async fn labels(&self, pipeline: &PipelineName, since: Instant) -> Result<Vec<LabelRecord>, StoreError>;
    /// A token by its hash.
    async fn token(&self, hash: &ContentHash) -> Result<Option<TokenRecord>, StoreError>;
    /// Tokens of a kind, also those that have ended, oldest first.
    async fn tokens(&self, kind: TokenKind) -> Result<Vec<TokenRecord>, StoreError>;
    /// Sums over runs, payloads and bills.
    async fn counts(&self, params: CountParams) -> Result<Counts, StoreError>;
    /// Notices that nobody was told yet, oldest first.
    async fn open_notices(&self, limit: u32) -> Result<Vec<NoticeRecord>, StoreError>;
    /// The last go that pruned something.
    async fn last_pruning(&self) -> Result<Option<PruningRecord>, StoreError>;
    /// What was found before the slots of a pipeline from `from` on, in order.
    async fn preflights(
        &self,
        pipeline: &PipelineName,
        from: Instant,
    ) -> Result<Vec<PreflightRecord>, StoreError>;
    /// Trusted tools.
    async fn trusted_tools(&self) -> Result<Vec<TrustRecord>, StoreError>;
    /// Exchanges of a run with models, in order.
    async fn exchanges(&self, run: &RunId) -> Result<Vec<ExchangeRecord>, StoreError>;
    /// Bodies of those of one round, in order.
    async fn exchange_bodies(
        &self,
        run: &RunId,
        stage: &StageName,
        round: Round,
    ) -> Result<Vec<ExchangeBodies>, StoreError>;
    /// How exchanges ended since `since`, by model and outcome, in this order.
    async fn exchange_counts(&self, since: Instant) -> Result<Vec<ExchangeCount>, StoreError>;
    /// What was learnt of endpoints, by address and model.
    async fn endpoints(&self) -> Result<Vec<EndpointRecord>, StoreError>;
    /// What is kept of a feed.
    async fn feed_state(&self, url: &str) -> Result<Option<FeedState>, StoreError>;
    /// Spends from `since` on, in order.
    async fn spends(&self, since: Instant) -> Result<Vec<SpendRecord>, StoreError>;
    /// Spends of one run, in order.
    async fn run_spends(&self, run: &RunId) -> Result<Vec<SpendRecord>, StoreError>;
    /// Full-text search, best first. The query is plain words, never query syntax.
    async fn search(&self, query: &str, limit: u32) -> Result<Vec<SearchHit>, StoreError>;
    /// Of [`Store::past_issues`] those that were published after `after` and not after `until`, newest first. Those
    /// without a day are left out.
    async fn imported_issues(
        &self,
        after: Instant,
        until: Instant,
        limit: u32,
    ) -> Result<Vec<ImportedIssue>, StoreError>;
    /// A document of the archive.
    async fn archived(&self, hash: &ContentHash) -> Result<Option<ArchiveRecord>, StoreError>;
    /// Issues that the author imported, newest first, those without a date last; of one address the text that was read
    /// last. What only a replay read does not count.
    async fn past_issues(&self, limit: u32) -> Result<Vec<SnapshotRecord>, StoreError>;
}
