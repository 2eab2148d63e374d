//! Brings a database to the schema of this version.

use std::path::{Path, PathBuf};

use copydesk_store::StoreError;
use sqlx::{Connection, SqliteConnection};

use crate::copy;
use crate::fault::{Result, fault};

/// The migrations in order; the schema's version is their number.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_initial.sql"),
    include_str!("../migrations/0002_saved_by_resume.sql"),
    include_str!("../migrations/0003_notice.sql"),
    include_str!("../migrations/0004_decision_on_stage.sql"),
    include_str!("../migrations/0005_retention.sql"),
    include_str!("../migrations/0006_alarms.sql"),
    include_str!("../migrations/0007_author_settles_unknown.sql"),
    include_str!("../migrations/0008_run_by_pipeline.sql"),
    include_str!("../migrations/0009_label.sql"),
    include_str!("../migrations/0010_money.sql"),
    include_str!("../migrations/0011_exchange.sql"),
    include_str!("../migrations/0012_replay.sql"),
    include_str!("../migrations/0013_exchange_bodies.sql"),
    include_str!("../migrations/0014_imported_issue.sql"),
    include_str!("../migrations/0015_ratings.sql"),
    include_str!("../migrations/0016_step_in_attempt.sql"),
    include_str!("../migrations/0017_token_name.sql"),
    include_str!("../migrations/0018_feed_answered.sql"),
    include_str!("../migrations/0019_alarms_of_events.sql"),
];

/// Copies of one schema beside a database: one for each upgrade that was tried.
const COPIES_MAX: u32 = 100;

/// The newest schema known here.
pub(crate) fn newest() -> i64 {
    count(MIGRATIONS)
}

fn count(migrations: &[&str]) -> i64 {
    i64::try_from(migrations.len()).expect("a handful of migrations fits")
}

/// Applies what is missing to the database at `path`, all of it in one transaction. An older database that is not
/// empty is copied beside itself before.
///
/// # Errors
/// [`StoreError::Newer`] for a database of a later version; a copy or a migration that failed. The database is then
/// as it was.
pub(crate) async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<()> {
    migrate_by(connection, path, MIGRATIONS).await
}

async fn migrate_by(connection: &mut SqliteConnection, path: &Path, migrations: &[&str]) -> Result<()> {
    let known = count(migrations);
    let found = version(connection).await?;
    require_known(found, known)?;
    if found == known {
        return Ok(());
    }
    let copy = if found == 0 {
        None
    } else {
        Some(safety_copy(connection, path, found).await?)
    };
    match apply(connection, migrations).await {
        Ok(()) => {}
        Err(StoreError::Database { reason }) => {
            let reason =
                format!("schema {known} could not be made of schema {found}, which is as it was: {reason}");
            return Err(StoreError::Database { reason });
        }
        Err(other) => return Err(other),
    }
    if let Some(copy) = copy {
        tracing::info!(from = found, to = known, copy = %copy.display(), "the database was brought to this version; a copy of it as it was lies beside it");
    }
    Ok(())
}

async fn apply(connection: &mut SqliteConnection, migrations: &[&str]) -> Result<()> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(fault)?;
    // Under the write lock: another process may have migrated meanwhile.
    let found = version(&mut transaction).await?;
    require_known(found, count(migrations))?;
    let done = usize::try_from(found).expect("not negative, as checked");
    for migration in &migrations[done..] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(*migration))
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
    }
    // A pragma takes no parameter; the number is ours.
    let stamp = format!("PRAGMA user_version = {}", count(migrations));
    sqlx::raw_sql(sqlx::AssertSqlSafe(stamp))
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
    transaction.commit().await.map_err(fault)
}

fn require_known(found: i64, known: i64) -> Result<()> {
    if (0..=known).contains(&found) {
        return Ok(());
    }
    Err(StoreError::Newer { found, known })
}

/// Copies the database as it is to a name beside it that is free.
async fn safety_copy(connection: &mut SqliteConnection, path: &Path, schema: i64) -> Result<PathBuf> {
    let beside = |ending: String| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let free = (1..=COPIES_MAX)
        .map(|number| match number {
            1 => beside(format!(".schema-{schema}")),
            _ => beside(format!(".schema-{schema}.{number}")),
        })
        .find(|name| !name.exists());
    let to = free.ok_or_else(|| StoreError::Database {
        reason: format!(
            "{COPIES_MAX} copies of schema {schema} lie beside {}",
            path.display()
        ),
    })?;
    copy::write(connection, path, &to).await?;
    Ok(to)
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

    async fn connect(path: &Path) -> SqliteConnection {
        writer_options(path, &Options::SHIPPED).connect().await.unwrap()
    }

    async fn text(db: &mut SqliteConnection, sql: &'static str) -> String {
        sqlx::query_scalar(sql).fetch_one(db).await.unwrap()
    }

    #[tokio::test]
    async fn a_newer_database_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let mut db = connect(&path).await;
        migrate(&mut db, &path).await.unwrap();
        sqlx::raw_sql("PRAGMA user_version = 99")
            .execute(&mut db)
            .await
            .unwrap();
        assert_eq!(
            migrate(&mut db, &path).await,
            Err(StoreError::Newer {
                found: 99,
                known: newest()
            })
        );
        assert_eq!(version(&mut db).await, Ok(99));
    }

    #[tokio::test]
    async fn a_second_migration_changes_nothing_and_copies_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let mut db = connect(&path).await;
        migrate(&mut db, &path).await.unwrap();
        migrate(&mut db, &path).await.unwrap();
        assert_eq!(version(&mut db).await, Ok(newest()));
        assert!(!folder.path().join("store.db.schema-7").exists());
        assert!(!folder.path().join("store.db.schema-0").exists());
    }

    #[tokio::test]
    async fn a_migration_that_fails_leaves_the_database_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let mut db = connect(&path).await;
        let first = "CREATE TABLE a (x TEXT) STRICT; INSERT INTO a VALUES ('kept')";
        migrate_by(&mut db, &path, &[first]).await.unwrap();
        let second = "ALTER TABLE a ADD COLUMN y TEXT; UPDATE a SET x = 'changed'";
        let broken = "INSERT INTO b VALUES (1)";
        let failed = migrate_by(&mut db, &path, &[first, second, broken]).await;
        assert!(
            matches!(&failed, Err(StoreError::Database { reason }) if reason.contains("as it was")),
            "{failed:?}"
        );
        assert_eq!(version(&mut db).await, Ok(1));
        assert_eq!(text(&mut db, "SELECT x FROM a").await, "kept");
        assert!(sqlx::query("SELECT y FROM a").fetch_all(&mut db).await.is_err());
        let mut copy = connect(&folder.path().join("store.db.schema-1")).await;
        assert_eq!(text(&mut copy, "SELECT x FROM a").await, "kept");
        // The next try makes a copy of its own.
        migrate_by(&mut db, &path, &[first, second]).await.unwrap();
        assert_eq!(text(&mut db, "SELECT x FROM a").await, "changed");
        assert!(folder.path().join("store.db.schema-1.2").exists());
    }

    #[tokio::test]
    async fn the_copy_of_an_older_database_is_as_closed_as_the_database() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        for mode in [0o600, 0o640] {
            let path = folder.path().join(format!("{mode:o}.db"));
            let mut db = connect(&path).await;
            let first = "CREATE TABLE a (x TEXT) STRICT";
            migrate_by(&mut db, &path, &[first]).await.unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            migrate_by(&mut db, &path, &[first, "ALTER TABLE a ADD COLUMN y TEXT"])
                .await
                .unwrap();
            let copy = std::fs::metadata(folder.path().join(format!("{mode:o}.db.schema-1"))).unwrap();
            assert_eq!(copy.permissions().mode() & 0o777, mode);
        }
    }

    #[tokio::test]
    async fn a_table_that_is_made_anew_keeps_its_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let mut db = connect(&path).await;
        let is_anew = |migration: &&str| migration.contains("RENAME TO notice");
        let before = MIGRATIONS.iter().position(is_anew).unwrap();
        migrate_by(&mut db, &path, &MIGRATIONS[..before]).await.unwrap();
        let rows = "
            INSERT INTO notice (id, key, way, kind, pipeline, run_id, message, raised_at, delivered_at)
            VALUES (7, 'failed/r1', 'webhook', 'failed', 'daily', 'r1', 'r1 failed', 5, NULL),
                   (9, 'started/r1', 'ping', 'started', 'daily', 'r1', 'r1 has started', 4, 6)";
        sqlx::raw_sql(rows).execute(&mut db).await.unwrap();
        migrate(&mut db, &path).await.unwrap();
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
        let path = folder.path().join("store.db");
        let mut db = connect(&path).await;
        migrate(&mut db, &path).await.unwrap();
        let lax =
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0";
        let rows = sqlx::query(lax).fetch_all(&mut db).await.unwrap();
        let names: Vec<String> = rows.iter().map(|row| row.get("name")).collect();
        assert!(names.iter().all(|name| name.starts_with("sqlite_")), "{names:?}");
    }
}
