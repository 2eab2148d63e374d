//! Snapshots and the fetches that gave them.

use copydesk_domain::artifact::Fetch;
use copydesk_domain::{ContentHash, Instant, PublishedAt, Untrusted};
use copydesk_store::retention::AUTHOR;
use copydesk_store::{
    Applied, ArchiveRecord, Imported, Lease, Present, SnapshotParams, SnapshotRecord, imported,
};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::Columns;
use crate::tables::archive;

statements! {
    INSERT_SNAPSHOT = "
        INSERT INTO snapshot (hash, owner, seen_at)
        VALUES (?1, ?2, COALESCE((SELECT created_at FROM run WHERE id = ?3), ?4))
        ON CONFLICT (hash) DO UPDATE SET seen_at = MAX(seen_at, excluded.seen_at)";
    INSERT_FETCH = "
        INSERT INTO fetch (snapshot_hash, url, fetched_at, title, authors, published_at, publisher, is_replayed)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        ON CONFLICT (snapshot_hash, url, fetched_at) DO UPDATE SET is_replayed = MIN(is_replayed, excluded.is_replayed)";
    INSERT_TEXT = "
        INSERT INTO source_text (hash, text)
        VALUES (?1, ?2)
        ON CONFLICT (hash) DO NOTHING";
    COUNT_SNAPSHOTS = "
        SELECT COUNT(hash)
        FROM snapshot
        WHERE hash = ?1";
    SELECT_SNAPSHOT = "
        SELECT snapshot.hash AS hash, snapshot.owner AS owner, source_text.text AS text
        FROM snapshot
        JOIN source_text ON source_text.hash = snapshot.hash
        WHERE snapshot.hash = ?1";
    SELECT_FETCHES = "
        SELECT id, url, fetched_at, title, authors, published_at, publisher
        FROM fetch
        WHERE snapshot_hash = ?1
        ORDER BY fetched_at, id";
    SELECT_NEWEST_OF_URL = "
        SELECT id, snapshot_hash
        FROM fetch
        WHERE url = ?1 AND is_replayed = 0
        ORDER BY fetched_at DESC, id DESC
        LIMIT 1";
    SELECT_NEWEST_OF_OWNER = "
        SELECT fetch.id AS id, fetch.snapshot_hash AS snapshot_hash
        FROM fetch
        JOIN snapshot ON snapshot.hash = fetch.snapshot_hash
        WHERE fetch.url = ?1
          AND snapshot.owner = ?2
          AND fetch.is_replayed = 0
        ORDER BY fetch.fetched_at DESC, fetch.id DESC
        LIMIT 1";
    SELECT_PAST_ISSUES = "
        SELECT id, hash
        FROM imported_issue
        ORDER BY at DESC, id DESC
        LIMIT ?1";
    COUNT_OF_OWNER = "
        SELECT COUNT(hash)
        FROM snapshot
        WHERE hash = ?1
          AND owner = ?2";
    GIVE_TO_OWNER = "
        UPDATE snapshot
        SET owner = ?2
        WHERE hash = ?1";
    /// The index holds title and text alone, so a kind may change.
    MAKE_ISSUE = "
        UPDATE archive
        SET kind = 'issue'
        WHERE hash = ?1";
}

fn fetch(row: &SqliteRow) -> Result<Fetch> {
    let columns = Columns::new(row, "fetch", "id");
    let published_at: Option<String> = columns.get("published_at")?;
    Ok(Fetch {
        url: columns.get("url")?,
        fetched_at: columns.instant("fetched_at")?,
        title: columns.get::<Option<String>>("title")?.map(Untrusted::new),
        authors: columns.json("authors")?,
        published_at: published_at
            .map(|text| text.parse::<PublishedAt>())
            .transpose()
            .map_err(|_| columns.inconsistent("published_at"))?,
        publisher: Untrusted::new(columns.get("publisher")?),
    })
}

/// A snapshot with its fetches, oldest first.
pub(crate) async fn get(db: &mut SqliteConnection, hash: &ContentHash) -> Result<Option<SnapshotRecord>> {
    let row = sqlx::query(SELECT_SNAPSHOT)
        .bind(hash.to_string())
        .fetch_optional(&mut *db)
        .await
        .map_err(fault)?;
    let Some(row) = row else {
        return Ok(None);
    };
    let columns = Columns::new(&row, "snapshot", "hash");
    let fetches = sqlx::query(SELECT_FETCHES)
        .bind(hash.to_string())
        .fetch_all(db)
        .await
        .map_err(fault)?;
    Ok(Some(SnapshotRecord {
        hash: *hash,
        text: Untrusted::new(columns.get("text")?),
        owner: columns.get("owner")?,
        fetches: fetches.iter().map(fetch).collect::<Result<_>>()?,
    }))
}

/// Issues that the author imported.
pub(crate) async fn past_issues(db: &mut SqliteConnection, limit: u32) -> Result<Vec<SnapshotRecord>> {
    let rows = sqlx::query(SELECT_PAST_ISSUES)
        .bind(limit)
        .fetch_all(&mut *db)
        .await
        .map_err(fault)?;
    let mut found = Vec::new();
    for row in rows {
        let hash = Columns::new(&row, "archive", "id").hash("hash")?;
        found.extend(get(&mut *db, &hash).await?);
    }
    Ok(found)
}

/// The newest snapshot fetched from an address.
pub(crate) async fn of_url(db: &mut SqliteConnection, url: &str) -> Result<Option<SnapshotRecord>> {
    let row = sqlx::query(SELECT_NEWEST_OF_URL)
        .bind(url)
        .fetch_optional(&mut *db)
        .await
        .map_err(fault)?;
    match row {
        Some(row) => get(db, &Columns::new(&row, "fetch", "id").hash("snapshot_hash")?).await,
        None => Ok(None),
    }
}

/// Stores a snapshot with its fetch, and archives it. Whoever owned a known text first, owns it.
pub(crate) async fn put(
    db: &mut SqliteConnection,
    lease: Option<&Lease>,
    snapshot: &SnapshotParams,
) -> Result<()> {
    let hash = ContentHash::of(snapshot.text.inspect().as_bytes());
    archive::put(db, &archived(hash, snapshot)).await?;
    let statement = sqlx::query(INSERT_SNAPSHOT)
        .bind(hash.to_string())
        .bind(snapshot.owner.as_str())
        .bind(lease.map(|lease| lease.run.as_str()))
        .bind(snapshot.fetch.fetched_at.as_micros());
    statement.execute(&mut *db).await.map_err(fault)?;
    insert_fetch(db, &hash, &snapshot.fetch, false).await
}

/// Stores a text that a replay read, unless it is there; nothing but its artifacts finds it.
pub(crate) async fn keep(db: &mut SqliteConnection, lease: &Lease, snapshot: &SnapshotParams) -> Result<()> {
    let hash = ContentHash::of(snapshot.text.inspect().as_bytes());
    let known: i64 = sqlx::query_scalar(COUNT_SNAPSHOTS)
        .bind(hash.to_string())
        .fetch_one(&mut *db)
        .await
        .map_err(fault)?;
    if known > 0 {
        return Ok(());
    }
    sqlx::query(INSERT_TEXT)
        .bind(hash.to_string())
        .bind(snapshot.text.inspect().as_str())
        .execute(&mut *db)
        .await
        .map_err(fault)?;
    let statement = sqlx::query(INSERT_SNAPSHOT)
        .bind(hash.to_string())
        .bind(snapshot.owner.as_str())
        .bind(lease.run.as_str())
        .bind(snapshot.fetch.fetched_at.as_micros());
    statement.execute(&mut *db).await.map_err(fault)?;
    insert_fetch(db, &hash, &snapshot.fetch, true).await
}

/// Stores a past issue of the author's, unless it is there. A text that was read as a source before becomes the author's.
pub(crate) async fn import(db: &mut SqliteConnection, issue: &SnapshotParams) -> Result<Applied> {
    let hash = ContentHash::of(issue.text.inspect().as_bytes());
    let decided = imported(hash, present(db, &hash, &issue.fetch.url).await?);
    if decided == Imported::Known {
        return Ok(Applied::Imported(decided));
    }
    put(db, None, issue).await?;
    let statement = sqlx::query(GIVE_TO_OWNER).bind(hash.to_string()).bind(AUTHOR);
    statement.execute(&mut *db).await.map_err(fault)?;
    let statement = sqlx::query(MAKE_ISSUE).bind(hash.to_string());
    statement.execute(db).await.map_err(fault)?;
    Ok(Applied::Imported(decided))
}

/// What the author has of a text and its address.
async fn present(db: &mut SqliteConnection, hash: &ContentHash, url: &str) -> Result<Present> {
    let newest = sqlx::query(SELECT_NEWEST_OF_OWNER)
        .bind(url)
        .bind(AUTHOR)
        .fetch_optional(&mut *db)
        .await
        .map_err(fault)?;
    let newest_of_url = newest
        .map(|row| Columns::new(&row, "fetch", "id").hash("snapshot_hash"))
        .transpose()?;
    let count: i64 = sqlx::query_scalar(COUNT_OF_OWNER)
        .bind(hash.to_string())
        .bind(AUTHOR)
        .fetch_one(db)
        .await
        .map_err(fault)?;
    Ok(Present {
        newest_of_url,
        has_text: count > 0,
    })
}

/// The snapshot as a document of the archive.
fn archived(hash: ContentHash, snapshot: &SnapshotParams) -> ArchiveRecord {
    ArchiveRecord {
        hash,
        kind: "snapshot".to_owned(),
        title: snapshot.fetch.title.clone().unwrap_or_default(),
        url: snapshot.fetch.url.clone(),
        at: snapshot.fetch.published_at.map(PublishedAt::earliest),
        text: snapshot.text.clone(),
    }
}

async fn insert_fetch(
    db: &mut SqliteConnection,
    hash: &ContentHash,
    fetch: &Fetch,
    is_replayed: bool,
) -> Result<()> {
    let authors: Vec<&String> = fetch.authors.iter().map(Untrusted::inspect).collect();
    sqlx::query(INSERT_FETCH)
        .bind(hash.to_string())
        .bind(fetch.url.as_str())
        .bind(Instant::as_micros(fetch.fetched_at))
        .bind(fetch.title.as_ref().map(|title| title.inspect().as_str()))
        .bind(serde_json::to_string(&authors).expect("a list of names has a JSON form"))
        .bind(fetch.published_at.map(|at| at.to_string()))
        .bind(fetch.publisher.inspect().as_str())
        .bind(is_replayed)
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}
