//! Tools that a person trusts.

use copydesk_store::TrustRecord;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::{Columns, records};

statements! {
    TRUST = "
        INSERT INTO trusted_tool (tool, fingerprint, trusted_at)
        VALUES (?1, ?2, ?3)
        ON CONFLICT (tool) DO UPDATE SET fingerprint = excluded.fingerprint, trusted_at = excluded.trusted_at";
    SELECT_TRUSTED = "
        SELECT tool, fingerprint, trusted_at
        FROM trusted_tool
        ORDER BY tool";
}

fn record(row: &SqliteRow) -> Result<TrustRecord> {
    let columns = Columns::new(row, "trusted_tool", "tool");
    Ok(TrustRecord {
        tool: columns.get("tool")?,
        fingerprint: columns.hash("fingerprint")?,
        at: columns.instant("trusted_at")?,
    })
}

/// Trusted tools, by name.
pub(crate) async fn trusted(db: &mut SqliteConnection) -> Result<Vec<TrustRecord>> {
    records(db, sqlx::query(SELECT_TRUSTED), record).await
}

/// Trusts a tool as it is now.
pub(crate) async fn trust(db: &mut SqliteConnection, tool: &TrustRecord) -> Result<()> {
    sqlx::query(TRUST)
        .bind(tool.tool.as_str())
        .bind(tool.fingerprint.to_string())
        .bind(tool.at.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}
