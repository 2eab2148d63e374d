//! Artifacts, as the stage rounds that made them list them.

use copydesk_domain::artifact::{Artifact, ArtifactKind};
use copydesk_domain::{ContentHash, Round, RunId, StageName};
use copydesk_store::contract::rules;
use copydesk_store::{ArtifactRef, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::Columns;
use crate::tables::{body, retention};

statements! {
    INSERT_ARTIFACT = "
        INSERT INTO artifact (run_id, stage, round, position, kind, hash)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    SELECT_OF_ROUND = "
        SELECT id, stage, round, kind, hash
        FROM artifact
        WHERE run_id = ?1 AND stage = ?2 AND round = ?3
        ORDER BY position";
    SELECT_OF_RUN = "
        SELECT id, stage, round, kind, hash
        FROM artifact
        WHERE run_id = ?1
        ORDER BY stage, round, position";
    SELECT_BYTES = "
        SELECT artifact.id AS id, artifact.kind AS kind, body.bytes AS bytes
        FROM artifact
        JOIN body ON body.hash = artifact.hash
        WHERE artifact.hash = ?1
        ORDER BY artifact.id
        LIMIT 1";
    /// Nothing where the newest round has none: what an earlier round made waits no more.
    SELECT_NEWEST_ISSUE = "
        SELECT id, stage, round, kind, hash
        FROM artifact
        WHERE run_id = ?1 AND stage = ?2 AND kind = 'issue'
              AND round = (SELECT MAX(round) FROM stage WHERE run_id = ?1 AND stage = ?2)
        ORDER BY position DESC
        LIMIT 1";
    SELECT_NEWEST_CUSTOM = "
        SELECT id, stage, round, kind, hash
        FROM artifact
        WHERE run_id = ?1 AND stage = ?2 AND kind = 'custom'
              AND round = (SELECT MAX(round) FROM stage WHERE run_id = ?1 AND stage = ?2)
        ORDER BY position DESC
        LIMIT 1";
    SELECT_NEWEST_REPORT = "
        SELECT id, stage, round, kind, hash
        FROM artifact
        WHERE run_id = ?1 AND kind = 'engagement_report'
        ORDER BY round DESC, id DESC
        LIMIT 1";
}

/// An artifact in the list of a stage round.
pub(crate) struct ListedArtifact {
    pub(crate) stage: StageName,
    pub(crate) round: Round,
    pub(crate) artifact: ArtifactRef,
}

fn record(row: &SqliteRow) -> Result<ListedArtifact> {
    let columns = Columns::new(row, "artifact", "id");
    Ok(ListedArtifact {
        stage: StageName::new(columns.get::<String>("stage")?),
        round: columns.round("round")?,
        artifact: ArtifactRef {
            kind: columns.parsed("kind", ArtifactKind::parse)?,
            hash: columns.hash("hash")?,
        },
    })
}

/// Every artifact of a run, those of a round in the order that it made them.
pub(crate) async fn of_run(db: &mut SqliteConnection, run: &RunId) -> Result<Vec<ListedArtifact>> {
    let rows = sqlx::query(SELECT_OF_RUN)
        .bind(run.as_str())
        .fetch_all(db)
        .await
        .map_err(fault)?;
    rows.iter().map(record).collect()
}

/// An artifact by its hash.
pub(crate) async fn get(db: &mut SqliteConnection, hash: &ContentHash) -> Result<Option<Artifact>> {
    let row = sqlx::query(SELECT_BYTES)
        .bind(hash.to_string())
        .fetch_optional(db)
        .await
        .map_err(fault)?;
    let Some(row) = row else {
        return Ok(None);
    };
    let columns = Columns::new(&row, "artifact", "id");
    let kind = columns.parsed("kind", ArtifactKind::parse)?;
    Ok(Some(Artifact {
        kind,
        hash: *hash,
        bytes: columns.get("bytes")?,
    }))
}

/// The issue that waits for the author or has his decision, with its round.
pub(crate) async fn newest_issue(
    db: &mut SqliteConnection,
    run: &RunId,
) -> Result<Option<(Round, ContentHash)>> {
    let statement = sqlx::query(SELECT_NEWEST_ISSUE)
        .bind(run.as_str())
        .bind(StageName::REVIEW);
    let row = statement.fetch_optional(db).await.map_err(fault)?;
    let issue = row.as_ref().map(record).transpose()?;
    Ok(issue.map(|listed| (listed.round, listed.artifact.hash)))
}

/// The custom artifact of a stage's newest round, with that round.
pub(crate) async fn newest_custom(
    db: &mut SqliteConnection,
    run: &RunId,
    stage: &StageName,
) -> Result<Option<(Round, ContentHash)>> {
    let statement = sqlx::query(SELECT_NEWEST_CUSTOM)
        .bind(run.as_str())
        .bind(stage.as_str());
    let row = statement.fetch_optional(db).await.map_err(fault)?;
    let made = row.as_ref().map(record).transpose()?;
    Ok(made.map(|listed| (listed.round, listed.artifact.hash)))
}

/// The newest engagement report of a run.
pub(crate) async fn newest_report(db: &mut SqliteConnection, run: &RunId) -> Result<Option<ContentHash>> {
    let row = sqlx::query(SELECT_NEWEST_REPORT)
        .bind(run.as_str())
        .fetch_optional(db)
        .await
        .map_err(fault)?;
    Ok(row
        .as_ref()
        .map(record)
        .transpose()?
        .map(|listed| listed.artifact.hash))
}

/// Adds artifacts to the list of a stage round, with their bytes.
///
/// # Errors
/// [`StoreError::Inconsistent`] if an artifact does not bear the hash of its bytes.
pub(crate) async fn add(
    db: &mut SqliteConnection,
    run: &RunId,
    stage: &StageName,
    round: Round,
    artifacts: &[Artifact],
) -> Result<()> {
    let statement = sqlx::query(SELECT_OF_ROUND)
        .bind(run.as_str())
        .bind(stage.as_str())
        .bind(round.0);
    let rows = statement.fetch_all(&mut *db).await.map_err(fault)?;
    let listed = rows
        .iter()
        .map(|row| Ok(record(row)?.artifact))
        .collect::<Result<Vec<_>>>()?;
    let given: Vec<ArtifactRef> = artifacts
        .iter()
        .map(|a| ArtifactRef {
            kind: a.kind,
            hash: a.hash,
        })
        .collect();
    for artifact in artifacts {
        if body::put(db, &artifact.bytes).await? != artifact.hash {
            let id = artifact.hash.to_string();
            return Err(StoreError::Inconsistent {
                table: "artifact",
                column: "hash",
                id,
            });
        }
        retention::cite(db, &artifact.hash, &artifact.bytes).await?;
    }
    for (position, artifact) in (listed.len()..).zip(rules::artifacts_to_add(&listed, &given)) {
        sqlx::query(INSERT_ARTIFACT)
            .bind(run.as_str())
            .bind(stage.as_str())
            .bind(round.0)
            .bind(i64::try_from(position).expect("a list in memory is shorter"))
            .bind(artifact.kind.as_str())
            .bind(artifact.hash.to_string())
            .execute(&mut *db)
            .await
            .map_err(fault)?;
    }
    Ok(())
}
