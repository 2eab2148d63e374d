//! Who may write for a run.

use copydesk_domain::{Fence, Instant, RunId};
use copydesk_store::{Applied, Lease, StoreError};
use sqlx::SqliteConnection;

use crate::fault::{Result, fault};
use crate::row::{Columns, require_one};

statements! {
    SELECT_LEASE = "
        SELECT id, fence, lease_owner, lease_until
        FROM run
        WHERE id = ?1";
    TAKE = "
        UPDATE run
        SET fence = ?2, lease_owner = ?3, lease_until = ?4
        WHERE id = ?1";
    RENEW = "
        UPDATE run
        SET lease_until = ?2
        WHERE id = ?1";
    RELEASE = "
        UPDATE run
        SET lease_owner = NULL, lease_until = NULL
        WHERE id = ?1";
}

/// The newest lease of a run: its fence, and who holds it until when.
pub(crate) struct LeaseRow {
    pub(crate) fence: Fence,
    pub(crate) holder: Option<(String, Instant)>,
}

impl LeaseRow {
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
    let row = row.ok_or_else(|| StoreError::RunUnknown { run: run.clone() })?;
    let columns = Columns::new(&row, "run", "id");
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

/// That `lease` is the newest one and was not released. One that ran out still holds while nobody else took the run.
///
/// # Errors
/// [`StoreError::LeaseLost`].
pub(crate) async fn require(db: &mut SqliteConnection, lease: &Lease) -> Result<()> {
    let newest = read(db, &lease.run).await?;
    if newest.fence == lease.fence && newest.holder.is_some() {
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
    let newest = read(db, run).await?;
    if let Some((holder, until)) = newest.held_by(now).filter(|(holder, _)| holder != owner) {
        return Err(StoreError::Leased {
            run: run.clone(),
            owner: holder.clone(),
            until: *until,
        });
    }
    let fence = Fence(newest.fence.0 + 1);
    let done = sqlx::query(TAKE)
        .bind(run.as_str())
        .bind(fence.0)
        .bind(owner)
        .bind(until.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    require_one(done.rows_affected(), "run", "fence", run.as_str())?;
    Ok(Applied::Leased(Lease {
        run: run.clone(),
        fence,
    }))
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
