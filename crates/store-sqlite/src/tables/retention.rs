//! What goes once it is old, in small parts. The rules: [`copydesk_store::retention`].

use std::collections::BTreeSet;

use copydesk_domain::{ContentHash, Instant};
use copydesk_store::retention::{AUTHOR, PRUNED_OUTCOME, cited};
use copydesk_store::{Pruned, PruningRecord};
use futures::TryStreamExt as _;
use sqlx::SqliteConnection;

use crate::fault::{Result, fault};
use crate::row::{Columns, require_one, stored_size};

/// Pages given back to the file system in one go, 8 MiB, where the database was made to give them back.
const GIVE_BACK: &str = "PRAGMA incremental_vacuum(2048)";

statements! {
    SELECT_OLD_RUN = "
        SELECT id
        FROM run
        WHERE pruned_at IS NULL AND state IN ('completed', 'failed', 'cancelled', 'superseded')
              AND updated_at < ?1 AND (lease_until IS NULL OR lease_until <= ?2)
        ORDER BY updated_at, sequence
        LIMIT 1";
    SELECT_SHORT_OUTCOMES = "
        SELECT length(body) AS length
        FROM step
        WHERE run_id = ?1 AND body IS NOT NULL AND body <> ?2";
    SELECT_LONG_OUTCOMES = "
        SELECT DISTINCT body_id
        FROM step
        WHERE run_id = ?1 AND body_id IS NOT NULL";
    FORGET_OUTCOMES = "
        UPDATE attempt
        SET body = ?2, body_id = NULL
        WHERE id IN (SELECT id FROM step WHERE run_id = ?1)";
    /// A payload or a mail is named by its artifact.
    DELETE_BODY = "
        DELETE FROM body
        WHERE id = ?1
              AND NOT EXISTS (SELECT 1 FROM attempt WHERE attempt.body_id = body.id)
              AND NOT EXISTS (SELECT 1 FROM artifact WHERE artifact.hash = body.hash)
              AND NOT EXISTS (SELECT 1 FROM pinned_release WHERE pinned_release.hash = body.hash)
              AND NOT EXISTS (SELECT 1 FROM citation WHERE citation.cited = body.hash)
        RETURNING length(bytes) AS length";
    SELECT_EXCHANGED = "
        SELECT length(request_own) AS length
        FROM exchange
        WHERE run_id = ?1 AND request_own IS NOT NULL
        UNION ALL
        SELECT length(reply) AS length
        FROM exchange
        WHERE run_id = ?1 AND reply IS NOT NULL";
    DELETE_EXCHANGES = "
        DELETE FROM exchange
        WHERE run_id = ?1";
    DELETE_LINES = "
        DELETE FROM log_line
        WHERE run_id = ?1
        RETURNING length(message) AS length";
    MARK_RUN = "
        UPDATE run
        SET pruned_at = ?2
        WHERE id = ?1";
    /// Outcomes that a worker, or a retry, may read again. First the runs, which are fewer than their attempts.
    SELECT_READ_AGAIN = "
        SELECT COALESCE(step.body, body.bytes) AS bytes
        FROM run
        CROSS JOIN step ON step.run_id = run.id
        LEFT JOIN body ON body.id = step.body_id
        WHERE run.pruned_at IS NULL AND run.state NOT IN ('completed', 'superseded')";
    /// A brief holds its sources only while its run can be replayed.
    SELECT_LOOSE_SNAPSHOTS = "
        SELECT archive.id AS id, archive.hash AS hash, archive.title AS title, source_text.text AS text
        FROM snapshot
        JOIN archive ON archive.hash = snapshot.hash
        JOIN source_text ON source_text.hash = snapshot.hash
        WHERE snapshot.seen_at < ?1 AND snapshot.owner <> ?2 AND archive.kind = 'snapshot'
              AND snapshot.hash NOT IN (SELECT value FROM json_each(?3))
              AND NOT EXISTS (
                  SELECT 1
                  FROM citation
                  JOIN artifact ON artifact.hash = citation.artifact_hash
                  JOIN run ON run.id = artifact.run_id
                  WHERE citation.cited = snapshot.hash
                        AND (artifact.kind <> 'research_brief' OR run.pruned_at IS NULL))
        ORDER BY snapshot.seen_at, snapshot.hash
        LIMIT ?4";
    /// The index holds no text of its own, so it is told what it loses.
    DELETE_INDEX = "
        INSERT INTO archive_index (archive_index, rowid, title, text)
        VALUES ('delete', ?1, ?2, ?3)";
    DELETE_DOCUMENT = "
        DELETE FROM archive
        WHERE hash = ?1";
    DELETE_FETCHES = "
        DELETE FROM fetch
        WHERE snapshot_hash = ?1";
    DELETE_SNAPSHOT = "
        DELETE FROM snapshot
        WHERE hash = ?1";
    DELETE_TEXT = "
        DELETE FROM source_text
        WHERE hash = ?1";
    DELETE_FEEDS = "
        DELETE FROM feed_state
        WHERE COALESCE(answered_at, fetched_at) < ?1 AND (retry_at IS NULL OR retry_at <= ?2)
        RETURNING length(body) AS length";
    ADD_UP = "
        INSERT INTO pruning (at, runs, bodies, snapshots, log_lines, feeds, bytes)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (at) DO UPDATE
        SET runs = runs + excluded.runs, bodies = bodies + excluded.bodies,
            snapshots = snapshots + excluded.snapshots, log_lines = log_lines + excluded.log_lines,
            feeds = feeds + excluded.feeds, bytes = bytes + excluded.bytes";
    SELECT_LAST = "
        SELECT at, runs, bodies, snapshots, log_lines, feeds, bytes
        FROM pruning
        ORDER BY at DESC
        LIMIT 1";
    INSERT_CITATION = "
        INSERT INTO citation (cited, artifact_hash)
        VALUES (?1, ?2)
        ON CONFLICT (cited, artifact_hash) DO NOTHING";
}

/// Remembers what an artifact names.
pub(crate) async fn cite(db: &mut SqliteConnection, artifact: &ContentHash, bytes: &[u8]) -> Result<()> {
    for hash in cited(bytes) {
        sqlx::query(INSERT_CITATION)
            .bind(hash.to_string())
            .bind(artifact.to_string())
            .execute(&mut *db)
            .await
            .map_err(fault)?;
    }
    Ok(())
}

/// The last go that pruned something.
pub(crate) async fn last(db: &mut SqliteConnection) -> Result<Option<PruningRecord>> {
    let row = sqlx::query(SELECT_LAST).fetch_optional(db).await.map_err(fault)?;
    let Some(row) = row else {
        return Ok(None);
    };
    let columns = Columns::new(&row, "pruning", "at");
    let pruned = Pruned {
        runs: columns.size("runs")?,
        bodies: columns.size("bodies")?,
        snapshots: columns.size("snapshots")?,
        log_lines: columns.size("log_lines")?,
        feeds: columns.size("feeds")?,
        bytes: columns.size("bytes")?,
    };
    let at = columns.instant("at")?;
    Ok(Some(PruningRecord { at, pruned }))
}

async fn add_up(db: &mut SqliteConnection, pruned: Pruned, at: Instant) -> Result<()> {
    sqlx::query(ADD_UP)
        .bind(at.as_micros())
        .bind(stored_size(pruned.runs))
        .bind(stored_size(pruned.bodies))
        .bind(stored_size(pruned.snapshots))
        .bind(stored_size(pruned.log_lines))
        .bind(stored_size(pruned.feeds))
        .bind(stored_size(pruned.bytes))
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}

/// Prunes a run, else snapshots, else feeds.
pub(crate) async fn prune(
    db: &mut SqliteConnection,
    before: Instant,
    snapshots_max: u32,
    at: Instant,
) -> Result<Pruned> {
    let old: Option<String> = sqlx::query_scalar(SELECT_OLD_RUN)
        .bind(before.as_micros())
        .bind(at.as_micros())
        .fetch_optional(&mut *db)
        .await
        .map_err(fault)?;
    let mut pruned = match old {
        Some(run) => run_outcomes(db, &run, at).await?,
        None => snapshots(db, before, snapshots_max).await?,
    };
    if pruned.is_empty() {
        pruned = feeds(db, before, at).await?;
    }
    if pruned.is_empty() {
        return Ok(pruned);
    }
    add_up(db, pruned, at).await?;
    sqlx::raw_sql(GIVE_BACK).execute(db).await.map_err(fault)?;
    Ok(pruned)
}

async fn run_outcomes(db: &mut SqliteConnection, run: &str, at: Instant) -> Result<Pruned> {
    let short = sqlx::query_scalar(SELECT_SHORT_OUTCOMES)
        .bind(run)
        .bind(PRUNED_OUTCOME);
    let short = deleted(db, short).await?;
    let long: Vec<i64> = sqlx::query_scalar(SELECT_LONG_OUTCOMES)
        .bind(run)
        .fetch_all(&mut *db)
        .await
        .map_err(fault)?;
    sqlx::query(FORGET_OUTCOMES)
        .bind(run)
        .bind(PRUNED_OUTCOME)
        .execute(&mut *db)
        .await
        .map_err(fault)?;
    let (bodies, bytes) = deleted(db, sqlx::query_scalar(SELECT_EXCHANGED).bind(run)).await?;
    let gone = sqlx::query(DELETE_EXCHANGES).bind(run);
    gone.execute(&mut *db).await.map_err(fault)?;
    let mut pruned = Pruned {
        runs: 1,
        bodies: bodies + short.0,
        bytes: bytes + short.1,
        ..Pruned::default()
    };
    for body in long {
        let (bodies, bytes) = deleted(db, sqlx::query_scalar(DELETE_BODY).bind(body)).await?;
        pruned.bodies += bodies;
        pruned.bytes += bytes;
    }
    let (lines, bytes) = deleted(db, sqlx::query_scalar(DELETE_LINES).bind(run)).await?;
    pruned.log_lines += lines;
    pruned.bytes += bytes;
    let done = sqlx::query(MARK_RUN)
        .bind(run)
        .bind(at.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    require_one(done.rows_affected(), "run", "pruned_at", run)?;
    Ok(pruned)
}

type Lengths<'a> = sqlx::query::QueryScalar<'a, sqlx::Sqlite, i64, sqlx::sqlite::SqliteArguments>;

/// Carries out a statement that answers the length of each row that goes; how many they were, and their bytes.
async fn deleted(db: &mut SqliteConnection, deletion: Lengths<'_>) -> Result<(u64, u64)> {
    let lengths = deletion.fetch_all(db).await.map_err(fault)?;
    let bytes = lengths.iter().map(|length| length.unsigned_abs()).sum();
    Ok((lengths.len() as u64, bytes))
}

async fn snapshots(db: &mut SqliteConnection, before: Instant, snapshots_max: u32) -> Result<Pruned> {
    let held = read_again(db).await?;
    let rows = sqlx::query(SELECT_LOOSE_SNAPSHOTS)
        .bind(before.as_micros())
        .bind(AUTHOR)
        .bind(serde_json::to_string(&held).expect("a list of hashes has a JSON form"))
        .bind(snapshots_max)
        .fetch_all(&mut *db)
        .await
        .map_err(fault)?;
    let mut pruned = Pruned::default();
    for row in &rows {
        let columns = Columns::new(row, "archive", "id");
        let hash: String = columns.get("hash")?;
        let text: String = columns.get("text")?;
        sqlx::query(DELETE_INDEX)
            .bind(columns.get::<i64>("id")?)
            .bind(columns.get::<String>("title")?)
            .bind(text.as_str())
            .execute(&mut *db)
            .await
            .map_err(fault)?;
        for deletion in [DELETE_DOCUMENT, DELETE_FETCHES, DELETE_SNAPSHOT, DELETE_TEXT] {
            let statement = sqlx::query(deletion).bind(hash.as_str());
            statement.execute(&mut *db).await.map_err(fault)?;
        }
        pruned.snapshots += 1;
        pruned.bytes += text.len() as u64;
    }
    Ok(pruned)
}

/// Hashes in outcomes that may be read again. The outcomes are looked at one by one: together they are as much as all
/// failed runs of half a year have stored.
async fn read_again(db: &mut SqliteConnection) -> Result<BTreeSet<ContentHash>> {
    let outcomes = sqlx::query_scalar::<_, Vec<u8>>(SELECT_READ_AGAIN).fetch(db);
    let hashes = outcomes.map_ok(|bytes| cited(&bytes));
    hashes
        .try_fold(BTreeSet::new(), async |mut held, found| {
            held.extend(found);
            Ok(held)
        })
        .await
        .map_err(fault)
}

async fn feeds(db: &mut SqliteConnection, before: Instant, at: Instant) -> Result<Pruned> {
    let deletion = sqlx::query_scalar(DELETE_FEEDS)
        .bind(before.as_micros())
        .bind(at.as_micros());
    let (feeds, bytes) = deleted(db, deletion).await?;
    Ok(Pruned {
        feeds,
        bytes,
        ..Pruned::default()
    })
}
