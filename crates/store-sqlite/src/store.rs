use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use copydesk_domain::artifact::Artifact;
use copydesk_domain::{ContentHash, Instant, PipelineName, Round, RunId, StageName};
use copydesk_store::{
    Applied, ArchiveRecord, AuthorNote, Command, CountParams, Counts, DecisionRecord, EndpointRecord,
    ExchangeBodies, ExchangeCount, ExchangeRecord, FeedState, ImportedIssue, LabelRecord, LogLine,
    NoticeRecord, OutboxRecord, PipelineControl, PreflightRecord, PruningRecord, RunRecord, RunWatch,
    SearchHit, SlotRecord, SnapshotRecord, SpendRecord, StageRecord, StepRecord, Store, StoreError,
    StoredOutcome, TokenKind, TokenRecord, TrustRecord, WholeRun,
};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqlitePool};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::fault::{Result, fault, named};
use crate::migrate::{migrate, newest, version};
use crate::open::{connect_readers, connect_writer, first_options, look_options, pool_of, writer_options};
use crate::options::Options;
use crate::reserve;
use crate::tables::{
    archive, artifact, body, control, count, decision, exchange, feed, label, log, note, notice, outbox,
    preflight, retention, run, run_list, slot, snapshot, spend, stage, step, token, tool,
};
use crate::writer::{Job, QUEUE_MAX, Writer};
use crate::{condition, copy};

/// The store on one SQLite file.
///
/// Dropping it ends the writer after what is queued; [`SqliteStore::close`] also waits for that. One process opens one
/// of these: another one on the same file writes safely, but its commits are not notified here.
#[derive(Debug)]
pub struct SqliteStore {
    jobs: mpsc::Sender<Job>,
    changes: watch::Receiver<u64>,
    runs: Arc<RunWatch>,
    readers: SqlitePool,
    backup_options: SqliteConnectOptions,
    writer: JoinHandle<()>,
}

impl SqliteStore {
    /// Opens the database at `path`, making it where it is missing and bringing it to this version's schema. Needs
    /// a tokio runtime, in which its writer lives.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a database of a later version; [`StoreError::Database`] if it cannot be opened, the
    /// library is too old, or a setting that durability rests on did not take.
    /// [`StoreError::DiskFull`] where there is no room even for reading; [`StoreError::Damaged`] for a file that is no
    /// database.
    pub async fn open(path: &Path, options: Options) -> Result<Self> {
        let place = path.display().to_string();
        let opened = match Self::open_once(path, &options).await {
            Err(StoreError::DiskFull { .. }) if reserve::give_up(path) => {
                Self::open_once(path, &options).await
            }
            other => other,
        };
        let store = opened.map_err(|error| named(error, &place))?;
        reserve::keep(path);
        Ok(store)
    }

    async fn open_once(path: &Path, options: &Options) -> Result<Self> {
        let connect = writer_options(path, options);
        let first = first_options(path, &connect);
        let mut connection = connect_writer(&first, options.synchronous).await?;
        migrate(&mut connection, path).await?;
        let readers = connect_readers(path, options).await?;
        // A first read, so that a damaged file is met here, where nothing has been promised yet.
        run_list::open(&mut *readers.acquire().await.map_err(fault)?).await?;
        let (jobs, queue) = mpsc::channel(QUEUE_MAX);
        let (notifier, changes) = watch::channel(0);
        let runs = Arc::new(RunWatch::default());
        let writer = Writer {
            options: connect,
            synchronous: options.synchronous,
            connection: Some(connection),
            is_prepared: false,
            changes: notifier,
            runs: Arc::clone(&runs),
            place: path.display().to_string(),
            #[cfg(debug_assertions)]
            crash: crate::crash::CrashPoints::new(options.crash.clone()),
        };
        let backup_options = SqliteConnectOptions::new().filename(path).read_only(true);
        Ok(Self {
            jobs,
            changes,
            runs,
            readers,
            backup_options,
            writer: tokio::spawn(writer.run(queue)),
        })
    }

    /// Closes every connection, the writer's after what is queued: whoever closes the file last brings the WAL home, and
    /// a reader cannot.
    pub async fn close(self) {
        self.readers.close().await;
        drop(self.jobs);
        if let Err(error) = self.writer.await {
            tracing::error!(%error, "the writer ended early");
        }
    }

    /// Writes a copy of the database, as it is now, to the new file `to`. Writers go on meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Database`] if `to` exists and is not empty, [`StoreError::DiskFull`] where it does not fit.
    pub async fn backup(&self, to: &Path) -> Result<()> {
        // The readers may not write anything, not even another file.
        let mut connection = self.backup_options.connect().await.map_err(fault)?;
        copy::write(&mut connection, self.backup_options.get_filename(), to).await?;
        connection.close().await.map_err(fault)
    }

    /// What is wrong with the database file, one line each; none if it is sound. Reads all of it.
    ///
    /// # Errors
    /// [`StoreError::Database`] if it cannot be read at all.
    pub async fn damage(&self) -> Result<Vec<String>> {
        condition::damage(&mut *self.reader().await?).await
    }

    /// A store that reads the database at `path` and changes nothing, whoever else has it open. Every command is
    /// [`StoreError::Closed`].
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a database of a later version, [`StoreError::Database`] for an older one, which only
    /// [`SqliteStore::open`] can read, and for what is no database.
    pub async fn look(path: &Path) -> Result<Self> {
        let options = look_options(path).await?;
        let mut connection = options.connect().await.map_err(fault)?;
        let (found, known) = (version(&mut connection).await?, newest());
        if found > known {
            return Err(StoreError::Newer { found, known });
        }
        if found < known {
            let reason = format!("it has schema {found}; the next start brings it to {known}");
            return Err(StoreError::Database { reason });
        }
        let (jobs, _) = mpsc::channel(1);
        let (_, changes) = watch::channel(0);
        Ok(Self {
            jobs,
            changes,
            runs: Arc::default(),
            readers: pool_of(options.clone()).await?,
            backup_options: options,
            writer: tokio::spawn(std::future::ready(())),
        })
    }

    async fn reader(&self) -> Result<PoolConnection<Sqlite>> {
        self.readers.acquire().await.map_err(fault)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn apply_all(&self, commands: Vec<Command>) -> Vec<Result<Applied>> {
        let (answer, outcomes) = oneshot::channel();
        if self.jobs.send(Job { commands, answer }).await.is_err() {
            return vec![Err(StoreError::Closed)];
        }
        outcomes.await.unwrap_or_else(|_| vec![Err(StoreError::Closed)])
    }

    fn changes(&self) -> watch::Receiver<u64> {
        let mut changes = self.changes.clone();
        // Whoever asks now is told of what comes next, not of what was.
        changes.mark_unchanged();
        changes
    }

    fn run_changes(&self, run: &RunId) -> watch::Receiver<u64> {
        self.runs.subscribe(run)
    }

    async fn run(&self, run: &RunId) -> Result<Option<RunRecord>> {
        run::get(&mut *self.reader().await?, run).await
    }

    async fn whole_run(&self, run: &RunId) -> Result<Option<WholeRun>> {
        run::whole(&mut *self.reader().await?, run).await
    }

    async fn runs(&self, pipeline: Option<&PipelineName>, limit: u32) -> Result<Vec<RunRecord>> {
        run_list::newest(&mut *self.reader().await?, pipeline, limit).await
    }

    async fn own_runs(&self, pipeline: &PipelineName, limit: u32) -> Result<Vec<RunRecord>> {
        run_list::own(&mut *self.reader().await?, pipeline, limit).await
    }

    async fn open_runs(&self) -> Result<Vec<RunRecord>> {
        run_list::open(&mut *self.reader().await?).await
    }

    async fn ended_runs(&self, since: Instant) -> Result<Vec<RunRecord>> {
        run_list::ended(&mut *self.reader().await?, since).await
    }

    async fn newest_run_at(&self, until: Instant) -> Result<Option<Instant>> {
        run_list::newest_at(&mut *self.reader().await?, until).await
    }

    async fn stages(&self, run: &RunId) -> Result<Vec<StageRecord>> {
        stage::of_run(&mut *self.reader().await?, run).await
    }

    async fn steps(&self, run: &RunId, after: i64) -> Result<Vec<StepRecord>> {
        step::after(&mut *self.reader().await?, run, after).await
    }

    async fn outcomes(&self, run: &RunId, stage: &StageName, round: Round) -> Result<Vec<StoredOutcome>> {
        step::outcomes(&mut *self.reader().await?, run, stage, round).await
    }

    async fn logs(&self, run: &RunId) -> Result<Vec<LogLine>> {
        log::of_run(&mut *self.reader().await?, run).await
    }

    async fn artifact(&self, hash: &ContentHash) -> Result<Option<Artifact>> {
        artifact::get(&mut *self.reader().await?, hash).await
    }

    async fn body(&self, hash: &ContentHash) -> Result<Option<Vec<u8>>> {
        body::get(&mut *self.reader().await?, hash).await
    }

    async fn snapshot(&self, hash: &ContentHash) -> Result<Option<SnapshotRecord>> {
        let mut reader = self.readers.begin().await.map_err(fault)?;
        snapshot::get(&mut reader, hash).await
    }

    async fn snapshot_of_url(&self, url: &str) -> Result<Option<SnapshotRecord>> {
        let mut reader = self.readers.begin().await.map_err(fault)?;
        snapshot::of_url(&mut reader, url).await
    }

    async fn past_issues(&self, limit: u32) -> Result<Vec<SnapshotRecord>> {
        let mut reader = self.readers.begin().await.map_err(fault)?;
        snapshot::past_issues(&mut reader, limit).await
    }

    async fn decisions(&self, run: &RunId) -> Result<Vec<DecisionRecord>> {
        decision::of_run(&mut *self.reader().await?, run).await
    }

    async fn outbox(&self, run: &RunId) -> Result<Vec<OutboxRecord>> {
        outbox::of_run(&mut *self.reader().await?, run).await
    }

    async fn slots(&self, pipeline: &PipelineName, from: Instant) -> Result<Vec<SlotRecord>> {
        slot::from(&mut *self.reader().await?, pipeline, from).await
    }

    async fn slots_of_interest(&self, pipeline: &PipelineName, now: Instant) -> Result<Option<Instant>> {
        slot::of_interest(&mut *self.reader().await?, pipeline, now).await
    }

    async fn controls(&self) -> Result<Vec<PipelineControl>> {
        let mut reader = self.readers.begin().await.map_err(fault)?;
        control::all(&mut reader).await
    }

    async fn notes(&self, since: Instant) -> Result<Vec<AuthorNote>> {
        note::since(&mut *self.reader().await?, since).await
    }

    async fn labels(&self, pipeline: &PipelineName, since: Instant) -> Result<Vec<LabelRecord>> {
        label::since(&mut *self.reader().await?, pipeline, since).await
    }

    async fn token(&self, hash: &ContentHash) -> Result<Option<TokenRecord>> {
        token::get(&mut *self.reader().await?, hash).await
    }

    async fn tokens(&self, kind: TokenKind) -> Result<Vec<TokenRecord>> {
        token::of_kind(&mut *self.reader().await?, kind).await
    }

    async fn counts(&self, params: CountParams) -> Result<Counts> {
        count::all(&mut *self.reader().await?, params).await
    }

    async fn open_notices(&self, limit: u32) -> Result<Vec<NoticeRecord>> {
        notice::open(&mut *self.reader().await?, limit).await
    }

    async fn last_pruning(&self) -> Result<Option<PruningRecord>> {
        retention::last(&mut *self.reader().await?).await
    }

    async fn preflights(&self, pipeline: &PipelineName, from: Instant) -> Result<Vec<PreflightRecord>> {
        preflight::from(&mut *self.reader().await?, pipeline, from).await
    }

    async fn trusted_tools(&self) -> Result<Vec<TrustRecord>> {
        tool::trusted(&mut *self.reader().await?).await
    }

    async fn exchanges(&self, run: &RunId) -> Result<Vec<ExchangeRecord>> {
        exchange::of_run(&mut *self.reader().await?, run).await
    }

    async fn exchange_bodies(
        &self,
        run: &RunId,
        stage: &StageName,
        round: Round,
    ) -> Result<Vec<ExchangeBodies>> {
        exchange::bodies(&mut *self.reader().await?, run, stage, round).await
    }

    async fn exchange_counts(&self, since: Instant) -> Result<Vec<ExchangeCount>> {
        exchange::counts(&mut *self.reader().await?, since).await
    }

    async fn endpoints(&self) -> Result<Vec<EndpointRecord>> {
        exchange::endpoints(&mut *self.reader().await?).await
    }

    async fn feed_state(&self, url: &str) -> Result<Option<FeedState>> {
        feed::get(&mut *self.reader().await?, url).await
    }

    async fn spends(&self, since: Instant) -> Result<Vec<SpendRecord>> {
        spend::since(&mut *self.reader().await?, since).await
    }

    async fn run_spends(&self, run: &RunId) -> Result<Vec<SpendRecord>> {
        spend::of_run(&mut *self.reader().await?, run).await
    }

    async fn search(&self, query: &str, limit: u32) -> Result<Vec<SearchHit>> {
        archive::search(&mut *self.reader().await?, query, limit).await
    }

    async fn imported_issues(
        &self,
        after: Instant,
        until: Instant,
        limit: u32,
    ) -> Result<Vec<ImportedIssue>> {
        archive::imported(&mut *self.reader().await?, after, until, limit).await
    }

    async fn archived(&self, hash: &ContentHash) -> Result<Option<ArchiveRecord>> {
        archive::get(&mut *self.reader().await?, hash).await
    }
}
