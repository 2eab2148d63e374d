//! Brings a database to the schema of this version.

use copydesk_store::StoreError;
use sqlx::{Connection, SqliteConnection};

use crate::fault::{Result, fault};

/// The migrations in order; the schema's version is their number.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_initial.sql"),
    include_str!("../migrations/0002_saved_by_resume.sql"),
    include_str!("../migrations/0003_notice.sql"),
    include_str!("../migrations/0004_decision_on_stage.sql"),
    include_str!("../migrations/0005_alarms.sql"),
];

/// The newest schema known here.
pub(crate) fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).expect("a handful of migrations fits")
}

/// Applies what is missing, each migration in a transaction of its own.
///
/// # Errors
/// [`StoreError::Newer`] for a database of a later version, which is left untouched.
pub(crate) async fn migrate(connection: &mut SqliteConnection) -> Result<()> {
    loop {
        // Read under the write lock: another process may be migrating too.
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(fault)?;
        let found = version(&mut transaction).await?;
        if found > newest() || found < 0 {
            return Err(StoreError::Newer {
                found,
                known: newest(),
            });
        }
        let next = usize::try_from(found).expect("not negative, as checked");
        let Some(migration) = MIGRATIONS.get(next) else {
            return transaction.rollback().await.map_err(fault);
        };
        sqlx::raw_sql(*migration)
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        // A pragma takes no parameter; the number is ours.
        let stamp = format!("PRAGMA user_version = {}", found + 1);
        sqlx::raw_sql(sqlx::AssertSqlSafe(stamp))
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
    }
}

/// The schema's version as the database says.
pub(crate) async fn version(connection: &mut SqliteConnection) -> Result<i64> {
    sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(connection)
        .await
        .map_err(fault)
}

#[cfg(test)]
mod tests {
    use sqlx::{ConnectOptions, Row};

    use super::*;
    use crate::open::writer_options;
    use crate::options::Options;

    #[tokio::test]
    async fn a_newer_database_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let options = writer_options(&folder.path().join("store.db"), &Options::SHIPPED);
        let mut db = options.connect().await.unwrap();
        migrate(&mut db).await.unwrap();
        sqlx::raw_sql("PRAGMA user_version = 99")
            .execute(&mut db)
            .await
            .unwrap();
        assert_eq!(
            migrate(&mut db).await,
            Err(StoreError::Newer {
                found: 99,
                known: newest()
            })
        );
        assert_eq!(version(&mut db).await, Ok(99));
    }

    #[tokio::test]
    async fn a_second_migration_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let options = writer_options(&folder.path().join("store.db"), &Options::SHIPPED);
        let mut db = options.connect().await.unwrap();
        migrate(&mut db).await.unwrap();
        migrate(&mut db).await.unwrap();
        assert_eq!(version(&mut db).await, Ok(newest()));
    }

    #[tokio::test]
    async fn a_table_that_is_made_anew_keeps_its_rows() {
        let folder = tempfile::tempdir().unwrap();
        let options = writer_options(&folder.path().join("store.db"), &Options::SHIPPED);
        let mut db = options.connect().await.unwrap();
        let is_anew = |migration: &&str| migration.contains("RENAME TO notice");
        let before = MIGRATIONS.iter().position(is_anew).unwrap();
        for migration in &MIGRATIONS[..before] {
            sqlx::raw_sql(*migration).execute(&mut db).await.unwrap();
        }
        let rows = "
            INSERT INTO notice (id, key, way, kind, pipeline, run_id, message, raised_at, delivered_at)
            VALUES (7, 'failed/r1', 'webhook', 'failed', 'daily', 'r1', 'r1 failed', 5, NULL),
                   (9, 'started/r1', 'ping', 'started', 'daily', 'r1', 'r1 has started', 4, 6)";
        sqlx::raw_sql(rows).execute(&mut db).await.unwrap();
        let stamp = format!("PRAGMA user_version = {before}");
        let stamp = sqlx::raw_sql(sqlx::AssertSqlSafe(stamp));
        stamp.execute(&mut db).await.unwrap();
        migrate(&mut db).await.unwrap();
        let kept = "SELECT id, key, delivered_at FROM notice ORDER BY id";
        let rows = sqlx::query(kept).fetch_all(&mut db).await.unwrap();
        let rows: Vec<(i64, String, Option<i64>)> = rows
            .iter()
            .map(|row| (row.get(0), row.get(1), row.get(2)))
            .collect();
        let (first, second) = ("failed/r1".to_owned(), "started/r1".to_owned());
        assert_eq!(rows, [(7, first, None), (9, second, Some(6))]);
        assert_eq!(version(&mut db).await, Ok(newest()));
    }

    #[tokio::test]
    async fn every_table_of_ours_is_strict() {
        let folder = tempfile::tempdir().unwrap();
        let options = writer_options(&folder.path().join("store.db"), &Options::SHIPPED);
        let mut db = options.connect().await.unwrap();
        migrate(&mut db).await.unwrap();
        let lax =
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0";
        let rows = sqlx::query(lax).fetch_all(&mut db).await.unwrap();
        let names: Vec<String> = rows.iter().map(|row| row.get("name")).collect();
        assert!(names.iter().all(|name| name.starts_with("sqlite_")), "{names:?}");
    }
}
