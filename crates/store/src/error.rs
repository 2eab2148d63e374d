//! Why a command or a read failed.

use copydesk_domain::{ContentHash, Instant, MicroUsd, RunId, StageName};

use crate::money::BudgetScope;

/// Why the store did not do what it was asked for. A failed command has changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The fence is older than the run's newest lease.
    #[error("the lease on run {run} was lost to another worker")]
    LeaseLost {
        /// The run.
        run: RunId,
    },
    /// Another worker holds the run.
    #[error("run {run} is held by {owner} until {until}")]
    Leased {
        /// The run.
        run: RunId,
        /// Who holds it.
        owner: String,
        /// Until when, unless renewed.
        until: Instant,
    },
    /// There is no such run.
    #[error("there is no run {run}")]
    RunUnknown {
        /// The run.
        run: RunId,
    },
    /// The hash that was decided on is not the one that waits now.
    #[error("the bytes changed: {given} was decided on, {current} waits", current = current.map_or_else(|| "nothing".to_owned(), |hash| hash.to_string()))]
    HashChanged {
        /// The hash in the decision.
        given: ContentHash,
        /// The hash that waits.
        current: Option<ContentHash>,
    },
    /// The decision does not fit the state of what it decides on.
    #[error("cannot be {decision} now: {state}")]
    DecisionRefused {
        /// The decision.
        decision: &'static str,
        /// The state, in words.
        state: String,
    },
    /// The reserve does not fit a limit.
    #[error("the {scope} budget of {limit} has {left} left and the call needs {needed}")]
    BudgetSpent {
        /// The scope whose limit is hit.
        scope: BudgetScope,
        /// The limit.
        limit: MicroUsd,
        /// What is left of it.
        left: MicroUsd,
        /// What the call needs.
        needed: MicroUsd,
        /// What has to be granted so that the call fits every limit.
        short: MicroUsd,
    },
    /// A stored step has another input than the one given under the same release: a bug.
    #[error("step `{key}` was stored with another input")]
    InputChanged {
        /// The step's key.
        key: String,
    },
    /// A stage is said to be done without an artifact, or with one that is none.
    #[error("stage `{stage}` is not done: {reason}")]
    NotDone {
        /// The stage.
        stage: StageName,
        /// What is wrong with what it made.
        reason: String,
    },
    /// A label, or what is taken back, names what is not there.
    #[error("{reason}")]
    LabelRefused {
        /// What is wrong with it.
        reason: String,
    },
    /// A row cannot be read.
    #[error("{table}.{column} of {id} cannot be read")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row.
        id: String,
    },
    /// The database was made by a newer version.
    #[error("the database has schema {found}, this version knows up to {known}")]
    Newer {
        /// Its schema version.
        found: i64,
        /// The newest one known here.
        known: i64,
    },
    /// The disk is full.
    #[error("the disk that holds {place} is full")]
    DiskFull {
        /// The database.
        place: String,
    },
    /// The file is no database any more, or a part of it cannot be read.
    #[error("{place} is damaged: {reason}")]
    Damaged {
        /// The database.
        place: String,
        /// What was found.
        reason: String,
    },
    /// The database failed in another way.
    #[error("the database failed: {reason}")]
    Database {
        /// What it said.
        reason: String,
    },
    /// The writer has stopped; the process is ending.
    #[error("the store is closed")]
    Closed,
}
