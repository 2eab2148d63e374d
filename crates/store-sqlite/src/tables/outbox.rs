//! Payloads on their way out.

use copydesk_domain::{ChannelName, ContentHash, Instant, RunId};
use copydesk_store::contract::rules::{self, IntentFacts};
use copydesk_store::{Applied, Command, Lease, OutboxRecord, OutboxState, Sighting, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::{Columns, records, require_one};
use crate::tables::{artifact, body, decision, log, run};

statements! {
    SELECT_OF_RUN = "
        SELECT id, channel, hash, key, state, intended_at, delivered_at, location, error,
               author_reason
        FROM outbox
        WHERE run_id = ?1
        ORDER BY id";
    SELECT_OF_KEY = "
        SELECT id, channel, hash, key, state, intended_at, delivered_at, location, error,
               author_reason
        FROM outbox
        WHERE run_id = ?1 AND key = ?2";
    SELECT_IS_INTENDED = "
        SELECT EXISTS (SELECT 1 FROM outbox WHERE run_id = ?1 AND state <> 'refused')";
    INTEND_ANEW = "
        UPDATE outbox
        SET state = 'intended', error = NULL
        WHERE run_id = ?1 AND key = ?2";
    SETTLE_UNKNOWN = "
        UPDATE outbox
        SET state = ?3, delivered_at = ?4, error = NULL, author_reason = ?5
        WHERE run_id = ?1 AND key = ?2 AND state = 'unknown'";
    INSERT_INTENT = "
        INSERT INTO outbox (run_id, channel, hash, key, state, intended_at)
        VALUES (?1, ?2, ?3, ?4, 'intended', ?5)";
    LOOK_AGAIN = "
        UPDATE outbox
        SET state = 'intended', error = NULL
        WHERE run_id = ?1 AND state = 'unknown'";
    SETTLE = "
        UPDATE outbox
        SET state = ?3, delivered_at = ?4, location = ?5, error = ?6, author_reason = NULL
        WHERE run_id = ?1 AND key = ?2";
}

pub(crate) fn record(row: &SqliteRow) -> Result<OutboxRecord> {
    let columns = Columns::new(row, "outbox", "id");
    Ok(OutboxRecord {
        channel: ChannelName::new(columns.get::<String>("channel")?),
        hash: columns.hash("hash")?,
        key: columns.get("key")?,
        state: columns.parsed("state", OutboxState::parse)?,
        intended_at: columns.instant("intended_at")?,
        delivered_at: columns.instant_option("delivered_at")?,
        location: columns.get("location")?,
        error: columns.get("error")?,
        author_reason: columns.get("author_reason")?,
    })
}

/// Payloads of a run, in order of their intents.
pub(crate) async fn of_run(db: &mut SqliteConnection, run: &RunId) -> Result<Vec<OutboxRecord>> {
    let statement = sqlx::query(SELECT_OF_RUN).bind(run.as_str());
    records(db, statement, record).await
}

/// Whether any payload of a run is, or was, on its way; one that its channel refused is not.
pub(crate) async fn is_intended(db: &mut SqliteConnection, run: &RunId) -> Result<bool> {
    sqlx::query_scalar(SELECT_IS_INTENDED)
        .bind(run.as_str())
        .fetch_one(db)
        .await
        .map_err(fault)
}

/// Payloads whose outcome is unknown are looked for again: an intent whose key is known is never sent unseen.
pub(crate) async fn look_again(db: &mut SqliteConnection, run: &RunId) -> Result<()> {
    sqlx::query(LOOK_AGAIN)
        .bind(run.as_str())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}

async fn of_key(db: &mut SqliteConnection, run: &RunId, key: &str) -> Result<Option<OutboxRecord>> {
    let statement = sqlx::query(SELECT_OF_KEY).bind(run.as_str()).bind(key);
    statement
        .fetch_optional(db)
        .await
        .map_err(fault)?
        .as_ref()
        .map(record)
        .transpose()
}

/// Stores the intent to hand a payload over, or finds the one that the key has.
pub(crate) async fn intend(
    db: &mut SqliteConnection,
    lease: &Lease,
    channel: &ChannelName,
    hash: &ContentHash,
    key: &str,
    at: Instant,
) -> Result<Applied> {
    if let Some(known) = of_key(db, &lease.run, key).await? {
        if known.hash != *hash || known.channel != *channel {
            return Err(StoreError::InputChanged { key: key.to_owned() });
        }
        if rules::is_intended_anew(known.state) {
            require_approved(db, &lease.run, channel, hash, at).await?;
            let statement = sqlx::query(INTEND_ANEW).bind(lease.run.as_str()).bind(key);
            let done = statement.execute(db).await.map_err(fault)?;
            require_one(done.rows_affected(), "outbox", "state", key)?;
        }
        return Ok(Applied::Intent(known.state));
    }
    require_approved(db, &lease.run, channel, hash, at).await?;
    sqlx::query(INSERT_INTENT)
        .bind(lease.run.as_str())
        .bind(channel.as_str())
        .bind(hash.to_string())
        .bind(key)
        .bind(at.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(Applied::Intent(OutboxState::Intended))
}

/// That the author's approval is in force and covers this payload.
async fn require_approved(
    db: &mut SqliteConnection,
    run: &RunId,
    channel: &ChannelName,
    hash: &ContentHash,
    at: Instant,
) -> Result<()> {
    let last = decision::last_on_issue(db, run).await?;
    let facts = IntentFacts {
        issue: run::known(db, run).await?.issue,
        current: artifact::newest_issue(db, run).await?.map(|(_, hash)| hash),
        last: last.map(|last| (last.decision, last.hash, last.effective_at)),
    };
    let issue = rules::approved_issue(&facts, at)?;
    let missing = || StoreError::Inconsistent {
        table: "body",
        column: "bytes",
        id: issue.to_string(),
    };
    let bytes = body::get(db, &issue).await?.ok_or_else(missing)?;
    rules::require_payload(&bytes, &issue, channel, hash)
}

/// Stores what came of an intent; what was delivered stays delivered. [`Command::SettleIntent`].
pub(crate) async fn settle(db: &mut SqliteConnection, command: &Command) -> Result<()> {
    let Command::SettleIntent {
        lease,
        key,
        state,
        location,
        error,
        at,
    } = command
    else {
        unreachable!("called for SettleIntent alone");
    };
    let Some(known) = of_key(db, &lease.run, key).await? else {
        return Err(StoreError::Inconsistent {
            table: "outbox",
            column: "key",
            id: key.clone(),
        });
    };
    if known.state == OutboxState::Delivered {
        return Ok(());
    }
    let done = sqlx::query(SETTLE)
        .bind(lease.run.as_str())
        .bind(key.as_str())
        .bind(state.as_str())
        .bind((*state == OutboxState::Delivered).then_some(at.as_micros()))
        .bind(location.as_deref())
        .bind(error.as_deref())
        .execute(db)
        .await
        .map_err(fault)?;
    require_one(done.rows_affected(), "outbox", "state", key)
}

/// Stores what the author saw at a channel that cannot tell. [`Command::SettleUnknown`].
pub(crate) async fn settle_unknown(db: &mut SqliteConnection, command: &Command) -> Result<()> {
    let Command::SettleUnknown {
        run,
        channel,
        sighting,
        reason,
        at,
    } = command
    else {
        unreachable!("called for SettleUnknown alone");
    };
    run::known(db, run).await?;
    let rows = of_run(db, run).await?;
    let key = rules::unknown_at(&rows, channel)?;
    let (state, delivered_at) = match sighting {
        Sighting::There => (OutboxState::Delivered, Some(at.as_micros())),
        Sighting::Absent => (OutboxState::Absent, None),
    };
    let done = sqlx::query(SETTLE_UNKNOWN)
        .bind(run.as_str())
        .bind(key)
        .bind(state.as_str())
        .bind(delivered_at)
        .bind(reason.as_str())
        .execute(&mut *db)
        .await
        .map_err(fault)?;
    require_one(done.rows_affected(), "outbox", "state", key)?;
    let message = rules::word_of_author(channel, *sighting, reason);
    log::of_publisher(db, run, &message, *at).await?;
    run::requeue(db, run, *at).await
}
