//! The library and the database file.

use std::path::PathBuf;
use std::time::Duration;

use copydesk_store::StoreError;
use copydesk_store_sqlite::Condition;

use super::Patient;
use super::finding::Finding;
use crate::words::{bytes, line};

/// Longer than reading some gigabytes takes.
const INTEGRITY_MAX: Duration = Duration::from_mins(2);
/// Faults that are shown.
const FAULTS_SHOWN: usize = 3;

pub async fn version() -> Finding {
    const CHECK: &str = "version";
    let own = env!("CARGO_PKG_VERSION");
    match Condition::library().await {
        Ok(library) => Finding::ok(CHECK, format!("copydesk {own}, SQLite {library}")),
        Err(error) => Finding::fail(
            CHECK,
            format!("copydesk {own}; SQLite: {error}"),
            "install copydesk anew",
        ),
    }
}

/// Where the database lies.
pub fn path(patient: &Patient<'_>) -> PathBuf {
    patient.dir.join(&patient.workspace.config.store.path)
}

pub async fn database(patient: &Patient<'_>) -> Vec<Finding> {
    const CHECK: &str = "database";
    let path = path(patient);
    if !path.exists() {
        return vec![Finding::ok(CHECK, "none yet; the first run makes it")];
    }
    match Condition::of(&path).await {
        Ok(condition) => vec![schema(&condition), integrity(&path).await],
        Err(error) => vec![unreadable(CHECK, &error)],
    }
}

/// What to do with a file that is no whole database.
fn unreadable(check: &'static str, error: &StoreError) -> Finding {
    let next = "check the disk; stop the daemon, keep the file, and `copydesk restore BACKUP -C NEWDIR`";
    Finding::fail(check, line(&error.to_string()), next)
}

fn schema(condition: &Condition) -> Finding {
    const CHECK: &str = "database";
    let found = format!(
        "schema {}, {}, {} of it free",
        condition.schema,
        bytes(condition.bytes),
        bytes(condition.free_bytes)
    );
    if condition.schema > condition.known {
        let found = format!("{found}; this version knows up to {}", condition.known);
        return Finding::fail(
            CHECK,
            found,
            "use the newer copydesk that made it, or restore a backup (CD004)",
        );
    }
    if condition.schema < condition.known {
        let next = format!(
            "the next start brings it to schema {} and keeps a copy beside it; see that twice its size is free",
            condition.known
        );
        return Finding::warn(CHECK, found, next);
    }
    Finding::ok(CHECK, found)
}

async fn integrity(path: &std::path::Path) -> Finding {
    const CHECK: &str = "integrity";
    let damage = match tokio::time::timeout(INTEGRITY_MAX, Condition::damage(path)).await {
        Err(_) => {
            let found = format!("not known: reading all of it takes longer than {INTEGRITY_MAX:?}");
            return Finding::warn(
                CHECK,
                found,
                "`copydesk backup FILE` checks it too, and takes its time",
            );
        }
        Ok(Err(error)) => return unreadable(CHECK, &error),
        Ok(Ok(damage)) => damage,
    };
    if damage.is_empty() {
        return Finding::ok(CHECK, "every page and reference is right");
    }
    let shown: Vec<String> = damage
        .iter()
        .take(FAULTS_SHOWN)
        .map(|fault| line(fault))
        .collect();
    let found = format!("{} faults: {}", damage.len(), shown.join("; "));
    let next = "check the disk; stop the daemon, keep the file, and `copydesk restore BACKUP -C NEWDIR`";
    Finding::fail(CHECK, found, next)
}
