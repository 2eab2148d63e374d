//! The one task that writes.

use std::sync::Arc;

use copydesk_store::{Applied, Command, Lease, RunWatch, StoreError};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot, watch};

use crate::fault::{Result, breaks_transaction, fault, named};
use crate::open::connect_writer;
use crate::options::Synchronous;
use crate::shares::{Share, apply_shares, fine, shares};
use crate::tables;

/// Jobs that share a commit. A commit waits for the disk once, however many share it.
pub(crate) const BATCH_MAX: usize = 64;
/// Jobs that may wait: four batches, then callers wait.
pub(crate) const QUEUE_MAX: usize = 4 * BATCH_MAX;

pub(crate) const COMMIT: &str = "COMMIT";
const SAVE: &str = "SAVEPOINT command";
const RELEASE: &str = "RELEASE command";
const UNDO: &str = "ROLLBACK TO command; RELEASE command";

/// Commands in their order, with the place for their answers.
pub(crate) struct Job {
    pub(crate) commands: Vec<Command>,
    pub(crate) answer: oneshot::Sender<Vec<Result<Applied>>>,
}

/// The writer's state.
pub(crate) struct Writer {
    pub(crate) options: SqliteConnectOptions,
    pub(crate) synchronous: Synchronous,
    /// None after a fault: the next batch connects anew.
    pub(crate) connection: Option<SqliteConnection>,
    /// It can carry out bundles; until the first of them it need not, and an idle process needs no memory for it.
    pub(crate) is_prepared: bool,
    pub(crate) changes: watch::Sender<u64>,
    pub(crate) runs: Arc<RunWatch>,
    /// What a full disk is reported with.
    pub(crate) place: String,
    #[cfg(debug_assertions)]
    pub(crate) crash: crate::crash::CrashPoints,
}

impl Writer {
    /// Works until every handle is dropped and the queue is empty.
    pub(crate) async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while jobs.recv_many(&mut batch, BATCH_MAX).await > 0 {
            let (lists, answers): (Vec<Vec<Command>>, Vec<_>) =
                batch.drain(..).map(|job| (job.commands, job.answer)).unzip();
            let outcomes = self.commit(&lists).await;
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                // A caller that went away does not undo its commands.
                let _ = answer.send(outcome);
            }
        }
        if let Some(connection) = self.connection
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the database did not close cleanly; the next start recovers it");
        }
    }

    /// Carries out a batch: lists of commands, with the answers to each list. A fault of the database fails every
    /// command of it, and none is kept.
    async fn commit(&mut self, lists: &[Vec<Command>]) -> Vec<Vec<Result<Applied>>> {
        match self.try_commit(lists).await {
            Ok(outcomes) => {
                self.notify(lists, &outcomes);
                let named = |list: Vec<Result<Applied>>| {
                    list.into_iter()
                        .map(|outcome| outcome.map_err(|error| named(error, &self.place)))
                        .collect()
                };
                outcomes.into_iter().map(named).collect()
            }
            Err(error) => {
                let error = named(error, &self.place);
                tracing::error!(%error, lists = lists.len(), "a commit failed");
                // Dropping the connection rolls back, whatever state it is in.
                self.connection = None;
                vec![vec![Err(error)]; lists.len()]
            }
        }
    }

    async fn try_commit(&mut self, lists: &[Vec<Command>]) -> Result<Vec<Vec<Result<Applied>>>> {
        let is_watched = self.is_watched();
        let connection = match &mut self.connection {
            Some(connection) => connection,
            empty => {
                self.is_prepared = false;
                empty.insert(connect_writer(&self.options, self.synchronous).await?)
            }
        };
        let shares = shares(lists);
        if !self.is_prepared && shares.iter().any(|share| matches!(share, Share::Together(..))) {
            tables::bundle::prepare(connection).await?;
            self.is_prepared = true;
        }
        let shares = match <[Share<'_>; 1]>::try_from(shares) {
            // One statement is a transaction of its own.
            Ok([Share::Together(bundle, _)]) if !is_watched => match bundle.carry_out(connection).await? {
                Some(answers) => return Ok(fine(answers)),
                None => vec![Share::Alone(lists)],
            },
            Ok(share) => share.into(),
            Err(shares) => shares,
        };
        let outcomes = apply_shares(connection, shares).await?;
        #[cfg(debug_assertions)]
        self.crash.before(carried_out(lists, &outcomes));
        say(connection, COMMIT).await?;
        #[cfg(debug_assertions)]
        self.crash.after();
        Ok(outcomes)
    }

    /// Whether a test watches the moments beside each commit, which then has to be a text of its own.
    #[cfg(debug_assertions)]
    const fn is_watched(&self) -> bool {
        self.crash.is_armed()
    }

    #[cfg(not(debug_assertions))]
    #[expect(clippy::unused_self, reason = "tests watch the writer")]
    const fn is_watched(&self) -> bool {
        false
    }

    /// Wakes whoever waits for what was carried out.
    fn notify(&self, lists: &[Vec<Command>], outcomes: &[Vec<Result<Applied>>]) {
        if carried_out(lists, outcomes).next().is_some() {
            self.changes.send_modify(|version| *version += 1);
        }
        self.runs.committed(carried_out(lists, outcomes));
    }
}

/// The commands that did not fail.
fn carried_out<'a>(
    lists: &'a [Vec<Command>],
    outcomes: &'a [Vec<Result<Applied>>],
) -> impl Iterator<Item = &'a Command> {
    let done = |outcomes: &[Result<Applied>]| outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    lists
        .iter()
        .zip(outcomes)
        .flat_map(move |(list, outcomes)| &list[..done(outcomes)])
}

/// Leases that were found to be the newest ones within a transaction.
pub(crate) struct Fences(Vec<Lease>);

impl Fences {
    /// Begins a transaction, and finds those of `leases` good that are.
    pub(crate) async fn begin(db: &mut SqliteConnection, leases: Vec<&Lease>) -> Result<Self> {
        tables::lease::begin(db, leases).await.map(Self)
    }

    /// What was found good counts no more.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }

    /// That the command may write. Leases are read as the transaction begins, and after a command that moves them.
    async fn check(&mut self, db: &mut SqliteConnection, command: &Command) -> Result<()> {
        if matches!(
            command,
            Command::LeaseRun { .. }
                | Command::RequestCancel { .. }
                | Command::Retry { .. }
                | Command::GoOn { .. }
        ) {
            self.forget();
        }
        let Some(lease) = command.fence() else {
            return Ok(());
        };
        if !self.0.contains(lease) {
            tables::lease::require(db, lease).await?;
            self.0.push(lease.clone());
        }
        if matches!(command, Command::ReleaseLease { .. }) {
            self.0.retain(|held| held != lease);
        }
        Ok(())
    }
}

/// Carries out commands up to the first that fails.
///
/// # Errors
/// A fault after which the whole transaction may be gone.
pub(crate) async fn apply_list(
    connection: &mut SqliteConnection,
    commands: &[Command],
    fences: &mut Fences,
) -> Result<Vec<Result<Applied>>> {
    let mut outcomes = Vec::with_capacity(commands.len());
    for command in commands {
        let outcome = match fences.check(connection, command).await {
            Ok(()) if decides_first(command) => apply_bare(connection, command).await?,
            Ok(()) => apply_alone(connection, command).await?,
            Err(error) if breaks_transaction(&error) => return Err(error),
            Err(error) => Err(error),
        };
        if let Ok(Applied::Leased(lease)) = &outcome {
            fences.0.push(lease.clone());
        }
        outcomes.push(outcome);
        if outcomes.last().is_some_and(Result::is_err) {
            break;
        }
    }
    Ok(outcomes)
}

/// Carries out a command that decides before it writes.
///
/// # Errors
/// A fault after which the whole transaction may be gone, or a row that cannot be read, which may be found after a
/// write.
async fn apply_bare(connection: &mut SqliteConnection, command: &Command) -> Result<Result<Applied>> {
    match tables::apply(connection, command).await {
        Err(error) if breaks_transaction(&error) || matches!(error, StoreError::Inconsistent { .. }) => {
            Err(error)
        }
        outcome => Ok(outcome),
    }
}

/// Commands that are refused, if at all, before they write anything: they need no savepoint to be undone. They are
/// those that a run makes by the dozen.
const fn decides_first(command: &Command) -> bool {
    matches!(
        command,
        Command::LeaseRun { .. }
            | Command::RenewLease { .. }
            | Command::ReleaseLease { .. }
            | Command::UpdateRun { .. }
            | Command::StartStage { .. }
            | Command::FinishStage { .. }
            | Command::FinishStep { .. }
            | Command::ReserveSpend { .. }
            | Command::SettleSpend { .. }
            | Command::WriteLog { .. }
            | Command::PutRelease { .. }
            | Command::Decide { .. }
    )
}

/// Carries out one command in a savepoint: if it fails, it alone is undone.
///
/// # Errors
/// A fault after which the whole transaction may be gone.
async fn apply_alone(connection: &mut SqliteConnection, command: &Command) -> Result<Result<Applied>> {
    say(connection, SAVE).await?;
    match tables::apply(connection, command).await {
        Ok(applied) => {
            say(connection, RELEASE).await?;
            Ok(Ok(applied))
        }
        Err(error) => match say(connection, UNDO).await {
            Ok(()) => Ok(Err(error)),
            Err(_) if breaks_transaction(&error) => Err(error),
            Err(lost) => Err(lost),
        },
    }
}

/// A statement without arguments.
pub(crate) async fn say(connection: &mut SqliteConnection, statement: &'static str) -> Result<()> {
    sqlx::query(statement)
        .execute(connection)
        .await
        .map(|_| ())
        .map_err(fault)
}

#[cfg(test)]
mod tests {
    use copydesk_domain::Instant;
    use copydesk_store::StoreError;

    use super::*;
    use crate::migrate::migrate;
    use crate::open::writer_options;
    use crate::options::Options;

    fn release(size: usize) -> Command {
        Command::PutRelease {
            body: vec![7; size],
            at: Instant::from_micros(0),
        }
    }

    /// A writer whose database may not grow beyond `pages`.
    async fn writer(folder: &std::path::Path, pages: u32) -> (Writer, watch::Receiver<u64>) {
        let options = writer_options(&folder.join("store.db"), &Options::SHIPPED);
        let mut connection = connect_writer(&options, Synchronous::Full).await.unwrap();
        migrate(&mut connection, &folder.join("store.db")).await.unwrap();
        let options = options.pragma("max_page_count", pages.to_string());
        let connection = Some(connect_writer(&options, Synchronous::Full).await.unwrap());
        let (changes, seen) = watch::channel(0);
        let synchronous = Synchronous::Full;
        (
            Writer {
                options,
                synchronous,
                connection,
                is_prepared: false,
                changes,
                runs: Arc::default(),
                place: "here".to_owned(),
                #[cfg(debug_assertions)]
                crash: crate::crash::CrashPoints::default(),
            },
            seen,
        )
    }

    #[tokio::test]
    async fn a_full_disk_is_named_and_the_writer_works_on() {
        let folder = tempfile::tempdir().unwrap();
        let (mut writer, seen) = writer(folder.path(), 150).await;
        let full = Err(StoreError::DiskFull {
            place: "here".to_owned(),
        });
        assert_eq!(writer.commit(&[vec![release(4_000_000)]]).await, [[full]]);
        assert_eq!(*seen.borrow(), 0);
        assert_eq!(writer.commit(&[vec![release(10)]]).await, [[Ok(Applied::Done)]]);
        assert_eq!(*seen.borrow(), 1);
    }

    #[tokio::test]
    async fn a_refused_command_is_undone_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (mut writer, seen) = writer(folder.path(), 1_000_000).await;
        let run = || "nowhere".into();
        let refused = Command::RequestCancel {
            run: run(),
            at: Instant::from_micros(0),
        };
        let lists = [vec![release(1), refused, release(2)], vec![release(3)]];
        let outcomes = writer.commit(&lists).await;
        let unknown = Err(StoreError::RunUnknown { run: run() });
        assert_eq!(
            outcomes,
            [vec![Ok(Applied::Done), unknown], vec![Ok(Applied::Done)]]
        );
        assert_eq!(*seen.borrow(), 1, "one commit for the batch");
    }

    #[tokio::test]
    async fn a_lost_database_fails_the_batch_and_not_the_writer() {
        let folder = tempfile::tempdir().unwrap();
        let (mut writer, _seen) = writer(folder.path(), 1_000_000).await;
        let good = writer.options.clone();
        writer.connection = None;
        writer.options = good
            .clone()
            .filename(folder.path().join("missing").join("store.db"));
        let outcomes = writer.commit(&[vec![release(1)], vec![release(2)]]).await;
        assert!(
            outcomes
                .iter()
                .flatten()
                .all(|outcome| matches!(outcome, Err(StoreError::Database { .. })))
        );
        writer.options = good;
        assert_eq!(writer.commit(&[vec![release(1)]]).await, [[Ok(Applied::Done)]]);
    }
}
