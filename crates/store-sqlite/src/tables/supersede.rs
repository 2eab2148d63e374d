//! A run that gives way to a newer slot, with its open rounds.

use copydesk_domain::{Instant, RunId};
use copydesk_store::Applied;
use copydesk_store::contract::rules;
use sqlx::SqliteConnection;

use crate::fault::{Result, fault};
use crate::row::require_one;
use crate::tables::run;

statements! {
    SUPERSEDE = "
        UPDATE run
        SET state = 'superseded', waiting_for = '[]', wake_at = NULL, reason = ?2, updated_at = ?3
        WHERE id = ?1";
    END_OPEN = "
        UPDATE stage
        SET state = 'cancelled', reason = ?2, finished_at = ?3
        WHERE run_id = ?1 AND state IN ('pending', 'running', 'waiting')";
}

/// Ends a run in favour of a newer slot, unless somebody has decided on its issue.
pub(crate) async fn supersede(
    db: &mut SqliteConnection,
    run: &RunId,
    reason: &str,
    at: Instant,
) -> Result<Applied> {
    let stored = run::known(db, run).await?;
    if !rules::gives_way(stored.state, stored.issue) {
        return Ok(Applied::Taken(false));
    }
    let bound = |statement| {
        sqlx::query(statement)
            .bind(run.as_str())
            .bind(reason.to_owned())
            .bind(at.as_micros())
    };
    let done = bound(SUPERSEDE).execute(&mut *db).await.map_err(fault)?;
    require_one(done.rows_affected(), "run", "state", run.as_str())?;
    bound(END_OPEN).execute(db).await.map_err(fault)?;
    Ok(Applied::Taken(true))
}
