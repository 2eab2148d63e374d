//! How a database file is, for whoever diagnoses it. Nothing here changes the file or needs it to be whole.

use std::path::Path;

use copydesk_store::StoreError;
use sqlx::{Connection, SqliteConnection};

use crate::copy;
use crate::fault::{Result, fault};
use crate::migrate::{newest, version};
use crate::open::connect_look;

const LIBRARY: &str = "SELECT sqlite_version()";
const PAGES: &str = "SELECT page_count FROM pragma_page_count";
const FREE_PAGES: &str = "SELECT freelist_count FROM pragma_freelist_count";
const PAGE_SIZE: &str = "SELECT page_size FROM pragma_page_size";
const CHECK_INTEGRITY: &str = "PRAGMA integrity_check";
const CHECK_REFERENCES: &str = "SELECT DISTINCT \"table\" FROM pragma_foreign_key_check";

/// How a database file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Its schema.
    pub schema: i64,
    /// The newest schema known here.
    pub known: i64,
    /// Its bytes.
    pub bytes: u64,
    /// Of them, those that the next writes use.
    pub free_bytes: u64,
}

impl Condition {
    /// Looks at the head of a file.
    ///
    /// # Errors
    /// [`StoreError::Database`] if there is no database, or it cannot be read.
    pub async fn of(path: &Path) -> Result<Self> {
        let mut connection = connect_look(path).await?;
        let page = number(&mut connection, PAGE_SIZE).await?;
        Ok(Self {
            schema: version(&mut connection).await?,
            known: newest(),
            bytes: page * number(&mut connection, PAGES).await?,
            free_bytes: page * number(&mut connection, FREE_PAGES).await?,
        })
    }

    /// What is wrong with a file, one line each; none if it is sound. Reads all of it.
    ///
    /// # Errors
    /// [`StoreError::Database`] if it cannot be read at all.
    pub async fn damage(path: &Path) -> Result<Vec<String>> {
        damage(&mut connect_look(path).await?).await
    }

    /// Writes a copy of a database, as it is now, to the new file `to`, whoever has it open.
    ///
    /// # Errors
    /// As [`crate::SqliteStore::backup`].
    pub async fn copy(path: &Path, to: &Path) -> Result<()> {
        let mut connection = connect_look(path).await?;
        copy::write(&mut connection, path, to).await?;
        connection.close().await.map_err(fault)
    }

    /// The version of the SQLite library in this program.
    ///
    /// # Errors
    /// [`StoreError::Database`] if it does not answer.
    pub async fn library() -> Result<String> {
        let mut connection = SqliteConnection::connect("sqlite::memory:")
            .await
            .map_err(fault)?;
        sqlx::query_scalar(LIBRARY)
            .fetch_one(&mut connection)
            .await
            .map_err(fault)
    }

    /// Whether this version can read the schema, perhaps after it brought it to its own.
    ///
    /// # Errors
    /// [`StoreError::Newer`].
    pub fn require_known(&self) -> Result<()> {
        let (found, known) = (self.schema, self.known);
        if (1..=known).contains(&found) {
            return Ok(());
        }
        Err(StoreError::Newer { found, known })
    }
}

async fn number(db: &mut SqliteConnection, sql: &'static str) -> Result<u64> {
    let number: i64 = sqlx::query_scalar(sql).fetch_one(db).await.map_err(fault)?;
    Ok(number.unsigned_abs())
}

/// What is wrong with the database, one line each.
pub(crate) async fn damage(db: &mut SqliteConnection) -> Result<Vec<String>> {
    let lines: Vec<String> = sqlx::query_scalar(CHECK_INTEGRITY)
        .fetch_all(&mut *db)
        .await
        .map_err(fault)?;
    let broken: Vec<String> = sqlx::query_scalar(CHECK_REFERENCES)
        .fetch_all(db)
        .await
        .map_err(fault)?;
    let dangling = broken
        .into_iter()
        .map(|table| format!("a row of {table} points to one that is missing"));
    Ok(faults(&lines).chain(dangling).collect())
}

/// The faults in what the check of integrity says: several may stand in one row, a line each, below a heading that
/// names the database.
fn faults(rows: &[String]) -> impl Iterator<Item = String> {
    let lines = rows.iter().flat_map(|row| row.lines());
    let is_fault = |line: &&str| *line != "ok" && !line.starts_with("*** in database");
    lines.filter(is_fault).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_without_the_heading_above_it() {
        let rows = [
            "*** in database main ***\nTree 5 page 5: btreeInitPage() returns error code 11".to_owned(),
            "row 3 missing from index x".to_owned(),
            "ok".to_owned(),
        ];
        let faults: Vec<String> = faults(&rows).collect();
        assert_eq!(
            faults,
            [
                "Tree 5 page 5: btreeInitPage() returns error code 11",
                "row 3 missing from index x"
            ]
        );
    }
}
