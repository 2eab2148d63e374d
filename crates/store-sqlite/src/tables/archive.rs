//! The archive: full text over snapshots and past issues.

use copydesk_domain::{ContentHash, Instant, Untrusted};
use copydesk_store::contract::rules;
use copydesk_store::{ArchiveRecord, ImportedIssue, SearchHit, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::{Columns, records};

statements! {
    INSERT_TEXT = "
        INSERT INTO source_text (hash, text)
        VALUES (?1, ?2)
        ON CONFLICT (hash) DO NOTHING";
    INSERT_DOCUMENT = "
        INSERT INTO archive (hash, kind, title, url, at)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (hash) DO NOTHING";
    INSERT_INDEX = "
        INSERT INTO archive_index (rowid, title, text)
        VALUES (?1, ?2, ?3)";
    SELECT_DOCUMENT = "
        SELECT archive.id AS id, archive.hash AS hash, archive.kind AS kind, archive.title AS title,
               archive.url AS url, archive.at AS at, source_text.text AS text
        FROM archive
        JOIN source_text ON source_text.hash = archive.hash
        WHERE archive.hash = ?1";
    SELECT_IMPORTED = "
        SELECT id, hash, title, url, at
        FROM imported_issue
        WHERE at > ?1
          AND at <= ?2
        ORDER BY at DESC, id DESC
        LIMIT ?3";
    /// A word of the title weighs four of the text.
    SEARCH = "
        SELECT archive.id AS id, archive.hash AS hash, archive.kind AS kind, archive.title AS title,
               archive.url AS url, archive.at AS at,
               snippet(archive_index, 1, '', '', '…', 40) AS excerpt
        FROM archive_index
        JOIN archive ON archive.id = archive_index.rowid
        WHERE archive_index MATCH ?1
        ORDER BY bm25(archive_index, 4.0, 1.0), archive.id DESC
        LIMIT ?2";
}

fn hit(row: &SqliteRow) -> Result<SearchHit> {
    let columns = Columns::new(row, "archive", "id");
    Ok(SearchHit {
        hash: columns.hash("hash")?,
        kind: columns.get("kind")?,
        title: Untrusted::new(columns.get("title")?),
        url: columns.get("url")?,
        at: columns.instant_option("at")?,
        excerpt: Untrusted::new(columns.get("excerpt")?),
    })
}

/// Archives a document; a known text changes nothing.
///
/// # Errors
/// [`StoreError::Inconsistent`] if it does not bear the hash of its text.
pub(crate) async fn put(db: &mut SqliteConnection, document: &ArchiveRecord) -> Result<()> {
    let text = document.text.inspect().as_str();
    let hash = document.hash.to_string();
    if ContentHash::of(text.as_bytes()) != document.hash {
        return Err(StoreError::Inconsistent {
            table: "archive",
            column: "hash",
            id: hash,
        });
    }
    let statement = sqlx::query(INSERT_TEXT).bind(hash.as_str()).bind(text);
    statement.execute(&mut *db).await.map_err(fault)?;
    let title = document.title.inspect().as_str();
    let done = sqlx::query(INSERT_DOCUMENT)
        .bind(hash.as_str())
        .bind(document.kind.as_str())
        .bind(title)
        .bind(document.url.as_str())
        .bind(document.at.map(Instant::as_micros))
        .execute(&mut *db)
        .await
        .map_err(fault)?;
    if done.rows_affected() == 0 {
        return Ok(());
    }
    let statement = sqlx::query(INSERT_INDEX)
        .bind(done.last_insert_rowid())
        .bind(title)
        .bind(text);
    statement.execute(db).await.map_err(fault)?;
    Ok(())
}

/// A document of the archive.
pub(crate) async fn get(db: &mut SqliteConnection, hash: &ContentHash) -> Result<Option<ArchiveRecord>> {
    let row = sqlx::query(SELECT_DOCUMENT)
        .bind(hash.to_string())
        .fetch_optional(db)
        .await
        .map_err(fault)?;
    let Some(row) = row else {
        return Ok(None);
    };
    let columns = Columns::new(&row, "archive", "id");
    Ok(Some(ArchiveRecord {
        hash: *hash,
        kind: columns.get("kind")?,
        title: Untrusted::new(columns.get("title")?),
        url: columns.get("url")?,
        at: columns.instant_option("at")?,
        text: Untrusted::new(columns.get("text")?),
    }))
}

/// Issues that were imported, newest first.
pub(crate) async fn imported(
    db: &mut SqliteConnection,
    after: Instant,
    until: Instant,
    limit: u32,
) -> Result<Vec<ImportedIssue>> {
    let rows = sqlx::query(SELECT_IMPORTED)
        .bind(after.as_micros())
        .bind(until.as_micros())
        .bind(limit)
        .fetch_all(db)
        .await
        .map_err(fault)?;
    let issue = |row: &SqliteRow| {
        let columns = Columns::new(row, "archive", "id");
        Ok(ImportedIssue {
            hash: columns.hash("hash")?,
            title: Untrusted::new(columns.get("title")?),
            url: columns.get("url")?,
            at: columns.instant("at")?,
        })
    };
    rows.iter().map(issue).collect()
}

/// Documents with all the words, or, where there is none, with any of them; best first.
pub(crate) async fn search(db: &mut SqliteConnection, query: &str, limit: u32) -> Result<Vec<SearchHit>> {
    let words = rules::search_words(query);
    if words.is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    let hits = find(db, &expression(&words, " AND "), limit).await?;
    if hits.is_empty() && words.len() > 1 {
        return find(db, &expression(&words, " OR "), limit).await;
    }
    Ok(hits)
}

async fn find(db: &mut SqliteConnection, expression: &str, limit: u32) -> Result<Vec<SearchHit>> {
    let statement = sqlx::query(SEARCH).bind(expression).bind(limit);
    records(db, statement, hit).await
}

/// The words as FTS5 strings: within quotation marks nothing is syntax but the mark itself, which is doubled.
fn expression(words: &[String], joint: &str) -> String {
    let quoted: Vec<String> = words
        .iter()
        .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
        .collect();
    quoted.join(joint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_becomes_syntax() {
        let words = rules::search_words("title:x NEAR(a) \"b\" -c * OR");
        assert_eq!(
            expression(&words, " AND "),
            "\"title:x\" AND \"NEAR(a)\" AND \"\"\"b\"\"\" AND \"-c\" AND \"OR\""
        );
    }
}
