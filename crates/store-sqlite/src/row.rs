//! Reads columns, naming the row that cannot be read.

use copydesk_domain::{ContentHash, Instant, MicroUsd, Round};
use copydesk_store::StoreError;
use futures::TryStreamExt as _;
use serde::de::DeserializeOwned;
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{Decode, Either, Execute, Executor as _, Row, SqliteConnection, Type};

use crate::fault::{Result, fault};

/// A row, with what names it in an error.
pub(crate) struct Columns<'row> {
    row: &'row SqliteRow,
    table: &'static str,
    id: &'static str,
}

impl<'row> Columns<'row> {
    /// Columns of `row`; the one called `id` names it.
    pub(crate) const fn new(row: &'row SqliteRow, table: &'static str, id: &'static str) -> Self {
        Self { row, table, id }
    }

    /// A column of any type that SQLite holds, checked against the declared one.
    pub(crate) fn get<T>(&self, column: &'static str) -> Result<T>
    where
        T: Decode<'row, Sqlite> + Type<Sqlite>,
    {
        self.row.try_get(column).map_err(|_| self.inconsistent(column))
    }

    /// Text that `parse` understands.
    pub(crate) fn parsed<T>(&self, column: &'static str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        let text: String = self.get(column)?;
        parse(&text).ok_or_else(|| self.inconsistent(column))
    }

    /// A hash in hexadecimal.
    pub(crate) fn hash(&self, column: &'static str) -> Result<ContentHash> {
        self.parsed(column, |text| text.parse().ok())
    }

    /// An instant.
    pub(crate) fn instant(&self, column: &'static str) -> Result<Instant> {
        self.get(column).map(Instant::from_micros)
    }

    /// An instant that may be missing.
    pub(crate) fn instant_option(&self, column: &'static str) -> Result<Option<Instant>> {
        Ok(self.get::<Option<i64>>(column)?.map(Instant::from_micros))
    }

    /// An amount of money.
    pub(crate) fn money(&self, column: &'static str) -> Result<MicroUsd> {
        self.get(column).map(MicroUsd)
    }

    /// A number of a round.
    pub(crate) fn round(&self, column: &'static str) -> Result<Round> {
        self.count(column).map(Round)
    }

    /// A count that fits 32 bits.
    pub(crate) fn count(&self, column: &'static str) -> Result<u32> {
        let number: i64 = self.get(column)?;
        u32::try_from(number).map_err(|_| self.inconsistent(column))
    }

    /// A count.
    pub(crate) fn size(&self, column: &'static str) -> Result<u64> {
        let number: i64 = self.get(column)?;
        u64::try_from(number).map_err(|_| self.inconsistent(column))
    }

    /// A count that may be missing.
    pub(crate) fn size_option(&self, column: &'static str) -> Result<Option<u64>> {
        let number: Option<i64> = self.get(column)?;
        number
            .map(u64::try_from)
            .transpose()
            .map_err(|_| self.inconsistent(column))
    }

    /// JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T> {
        self.parsed(column, |text| serde_json::from_str(text).ok())
    }

    /// The value of a JSON text, where there is one.
    pub(crate) fn json_option<T: DeserializeOwned>(&self, column: &'static str) -> Result<Option<T>> {
        let text: Option<String> = self.get(column)?;
        let read = |text: String| serde_json::from_str(&text).map_err(|_| self.inconsistent(column));
        text.map(read).transpose()
    }

    /// The error that names this row and `column`.
    pub(crate) fn inconsistent(&self, column: &'static str) -> StoreError {
        let text = self.row.try_get::<String, _>(self.id);
        let number = || self.row.try_get::<i64, _>(self.id).map(|id| id.to_string());
        let id = text.or_else(|_| number()).unwrap_or_else(|_| "?".to_owned());
        StoreError::Inconsistent {
            table: self.table,
            column,
            id,
        }
    }
}

/// The rows of a statement as what they stand for. Each is read as it comes: SQLite's own form of a row takes many times
/// the memory, and a list may have thousands.
pub(crate) async fn records<'q, T>(
    db: &mut SqliteConnection,
    statement: impl Execute<'q, Sqlite> + 'q,
    record: impl Fn(&SqliteRow) -> Result<T>,
) -> Result<Vec<T>> {
    let mut rows = db.fetch(statement);
    let mut found = Vec::new();
    while let Some(row) = rows.try_next().await.map_err(fault)? {
        found.push(record(&row)?);
    }
    Ok(found)
}

/// The rows of each statement of one text.
pub(crate) async fn row_sets<'q>(
    db: &mut SqliteConnection,
    text: impl Execute<'q, Sqlite> + 'q,
) -> Result<Vec<Vec<SqliteRow>>> {
    let mut answers = db.fetch_many(text);
    let (mut sets, mut rows) = (Vec::new(), Vec::new());
    while let Some(answer) = answers.try_next().await.map_err(fault)? {
        match answer {
            Either::Right(row) => rows.push(row),
            Either::Left(_) => sets.push(std::mem::take(&mut rows)),
        }
    }
    Ok(sets)
}

/// A count as SQLite holds it; one beyond its range becomes the largest.
pub(crate) fn stored_size(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// A statement's row count, which says whether it did what it was written for.
pub(crate) fn require_one(changed: u64, table: &'static str, column: &'static str, id: &str) -> Result<()> {
    if changed == 1 {
        return Ok(());
    }
    Err(StoreError::Inconsistent {
        table,
        column,
        id: id.to_owned(),
    })
}
