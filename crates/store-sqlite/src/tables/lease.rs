//! Who may write for a run.

use std::collections::{BTreeMap, BTreeSet};

use copydesk_domain::{Fence, Instant, RunId};
use copydesk_store::{Applied, Command, Lease, StoreError};
use serde::Serialize;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::{Columns, require_one};
use crate::tables::bundle::{Bundle, require_lease, trigger};

statements! {
    /// Begins a transaction, and reads the leases of some runs in it.
    BEGIN = "
        BEGIN IMMEDIATE;

        SELECT id, fence, lease_owner, lease_until
        FROM run
        WHERE id IN (SELECT value FROM json_each($1))";
    SELECT_LEASE = "
        SELECT id, fence, lease_owner, lease_until
        FROM run
        WHERE id = ?1";
    TAKE = "
        UPDATE run
        SET fence = fence + 1, lease_owner = ?2, lease_until = ?3
        WHERE id = ?1 AND (lease_owner IS NULL OR lease_owner = ?2 OR lease_until <= ?4)
        RETURNING fence";
    RENEW = "
        UPDATE run
        SET lease_until = ?2
        WHERE id = ?1";
    RELEASE = "
        UPDATE run
        SET lease_owner = NULL, lease_until = NULL
        WHERE id = ?1";
}

pub(crate) const TRIGGERS: &[&str] = &[
    trigger!(
        "lease_run",
        "
            SELECT RAISE(ABORT, 'alone')
            WHERE NOT EXISTS (
                SELECT 1
                FROM run
                WHERE id = NEW.row ->> 'run' AND fence + 1 = NEW.row ->> 'fence'
                      AND (lease_owner IS NULL OR lease_owner = NEW.row ->> 'owner'
                           OR lease_until <= NEW.row ->> 'now'));

            UPDATE run
            SET fence = fence + 1, lease_owner = NEW.row ->> 'owner', lease_until = NEW.row ->> 'until'
            WHERE id = NEW.row ->> 'run';"
    ),
    trigger!(
        "renew_lease",
        concat!(
            require_lease!(),
            "
            UPDATE run
            SET lease_until = NEW.row ->> 'until'
            WHERE id = NEW.row ->> 'run';"
        )
    ),
    trigger!(
        "release_lease",
        concat!(
            require_lease!(),
            "
            UPDATE run
            SET lease_owner = NULL, lease_until = NULL
            WHERE id = NEW.row ->> 'run';"
        )
    ),
];

#[derive(Serialize)]
struct LeaseDto<'a> {
    run: &'a str,
    fence: i64,
    owner: Option<&'a str>,
    now: Option<i64>,
    until: Option<i64>,
}

/// The row of a taking that is expected to give `fence`.
pub(crate) fn bundle_taking(bundle: &mut Bundle, command: &Command, fence: Fence) {
    let Command::LeaseRun {
        run,
        owner,
        now,
        until,
    } = command
    else {
        unreachable!("called for LeaseRun alone");
    };
    let row = LeaseDto {
        run: run.as_str(),
        fence: fence.0,
        owner: Some(owner),
        now: Some(now.as_micros()),
        until: Some(until.as_micros()),
    };
    bundle.push("lease_run", &row, &[]);
}

/// The row of a lease that is moved or ends.
pub(crate) fn bundle(bundle: &mut Bundle, command: &Command) {
    let (kind, lease, until) = match command {
        Command::RenewLease { lease, until } => ("renew_lease", lease, Some(until.as_micros())),
        Command::ReleaseLease { lease } => ("release_lease", lease, None),
        other => unreachable!("called for RenewLease and ReleaseLease alone: {other:?}"),
    };
    let row = LeaseDto {
        run: lease.run.as_str(),
        fence: lease.fence.0,
        owner: None,
        now: None,
        until,
    };
    bundle.push(kind, &row, &[]);
}

/// The newest lease of a run: its fence, and who holds it until when.
pub(crate) struct LeaseRow {
    pub(crate) fence: Fence,
    pub(crate) holder: Option<(String, Instant)>,
}

impl LeaseRow {
    /// Whether a worker with this fence may write.
    fn is_held_with(&self, fence: Fence) -> bool {
        self.fence == fence && self.holder.is_some()
    }

    /// Who holds the run at `now`.
    pub(crate) fn held_by(&self, now: Instant) -> Option<&(String, Instant)> {
        self.holder.as_ref().filter(|(_, until)| *until > now)
    }
}

/// Reads the newest lease.
///
/// # Errors
/// [`StoreError::RunUnknown`].
pub(crate) async fn read(db: &mut SqliteConnection, run: &RunId) -> Result<LeaseRow> {
    let row = sqlx::query(SELECT_LEASE)
        .bind(run.as_str())
        .fetch_optional(db)
        .await
        .map_err(fault)?;
    record(&row.ok_or_else(|| StoreError::RunUnknown { run: run.clone() })?)
}

fn record(row: &SqliteRow) -> Result<LeaseRow> {
    let columns = Columns::new(row, "run", "id");
    let owner: Option<String> = columns.get("lease_owner")?;
    let holder = match owner {
        Some(owner) => Some((owner, columns.instant("lease_until")?)),
        None => None,
    };
    Ok(LeaseRow {
        fence: Fence(columns.get("fence")?),
        holder,
    })
}

/// Begins a transaction. Gives those of `leases` that are the newest ones of their runs and were not released.
pub(crate) async fn begin(db: &mut SqliteConnection, leases: Vec<&Lease>) -> Result<Vec<Lease>> {
    let runs: BTreeSet<&str> = leases.iter().map(|lease| lease.run.as_str()).collect();
    let runs = serde_json::to_string(&runs).expect("a list of words has a JSON form");
    let rows = sqlx::query(BEGIN).bind(runs).fetch_all(db).await.map_err(fault)?;
    let mut newest = BTreeMap::new();
    for row in &rows {
        let run: String = Columns::new(row, "run", "id").get("id")?;
        newest.insert(run, record(row)?);
    }
    let is_good = |lease: &&Lease| {
        let found = newest.get(lease.run.as_str());
        found.is_some_and(|found| found.is_held_with(lease.fence))
    };
    Ok(leases.into_iter().filter(is_good).cloned().collect())
}

/// That `lease` is the newest one and was not released. One that ran out still holds while nobody else took the run.
///
/// # Errors
/// [`StoreError::LeaseLost`].
pub(crate) async fn require(db: &mut SqliteConnection, lease: &Lease) -> Result<()> {
    if read(db, &lease.run).await?.is_held_with(lease.fence) {
        return Ok(());
    }
    Err(StoreError::LeaseLost {
        run: lease.run.clone(),
    })
}

/// Takes the run, or takes it again.
pub(crate) async fn lease(
    db: &mut SqliteConnection,
    run: &RunId,
    owner: &str,
    now: Instant,
    until: Instant,
) -> Result<Applied> {
    let statement = sqlx::query_scalar(TAKE)
        .bind(run.as_str())
        .bind(owner)
        .bind(until.as_micros())
        .bind(now.as_micros());
    if let Some(fence) = statement.fetch_optional(&mut *db).await.map_err(fault)? {
        let (run, fence) = (run.clone(), Fence(fence));
        return Ok(Applied::Leased(Lease { run, fence }));
    }
    let newest = read(db, run).await?;
    let (owner, until) = newest.holder.unwrap_or_else(|| (String::new(), now));
    Err(StoreError::Leased {
        run: run.clone(),
        owner,
        until,
    })
}

/// Moves the end of a lease.
pub(crate) async fn renew(db: &mut SqliteConnection, lease: &Lease, until: Instant) -> Result<()> {
    let statement = sqlx::query(RENEW)
        .bind(lease.run.as_str())
        .bind(until.as_micros());
    let done = statement.execute(db).await.map_err(fault)?;
    require_one(done.rows_affected(), "run", "lease_until", lease.run.as_str())
}

/// Ends a lease; its fence is worth nothing from here on.
pub(crate) async fn release(db: &mut SqliteConnection, lease: &Lease) -> Result<()> {
    let done = sqlx::query(RELEASE)
        .bind(lease.run.as_str())
        .execute(db)
        .await
        .map_err(fault)?;
    require_one(done.rows_affected(), "run", "lease_owner", lease.run.as_str())
}
