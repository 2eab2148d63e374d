//! Artifacts, as the stage rounds that made them list them.

use copydesk_domain::artifact::{Artifact, ArtifactKind};
use copydesk_domain::{ContentHash, Instant, Round, RunId, StageName};
use copydesk_store::ArtifactRef;
use copydesk_store::contract::choice_rules::{self, Chosen};
use copydesk_store::contract::rules;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::Columns;
use crate::tables::{retention, run};

statements! {
    ADD = "
        INSERT INTO body (hash, bytes)
        VALUES ($1, $2)
        ON CONFLICT (hash) DO NOTHING;

        INSERT INTO artifact (run_id, stage, round, position, kind, hash)
        VALUES ($3, $4, $5, $6, $7, $1)";
    LIST_AGAIN = "
        INSERT INTO artifact (run_id, stage, round, position, kind, hash)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    SELECT_REVIEWED = "
        SELECT id, stage, round, kind, hash
        FROM artifact
        WHERE run_id = ?1 AND stage = ?2
              AND round = (SELECT MAX(round) FROM stage WHERE run_id = ?1 AND stage = ?2)
        ORDER BY position";
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

pub(crate) fn record(row: &SqliteRow) -> Result<ListedArtifact> {
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

/// Lists a draft of the newest round of review once more, behind all others. [`copydesk_store::Command::ChooseDraft`].
pub(crate) async fn choose(
    db: &mut SqliteConnection,
    run: &RunId,
    artifacts: &[ArtifactRef],
    at: Instant,
) -> Result<()> {
    let stored = run::known(db, run).await?;
    rules::require_own(stored.parent.as_ref(), "chosen")?;
    let statement = sqlx::query(SELECT_REVIEWED)
        .bind(run.as_str())
        .bind(StageName::REVIEW);
    let rows = statement.fetch_all(&mut *db).await.map_err(fault)?;
    let listed = rows.iter().map(record).collect::<Result<Vec<_>>>()?;
    let round = listed.last().map_or(Round::FIRST, |listed| listed.round);
    let listed: Vec<ArtifactRef> = listed.into_iter().map(|listed| listed.artifact).collect();
    if choice_rules::choose_draft((stored.state, stored.issue), &listed, artifacts)? == Chosen::First {
        return Ok(());
    }
    for (position, artifact) in (listed.len()..).zip(artifacts) {
        sqlx::query(LIST_AGAIN)
            .bind(run.as_str())
            .bind(StageName::REVIEW)
            .bind(round.0)
            .bind(i64::try_from(position).expect("a list in memory is shorter"))
            .bind(artifact.kind.as_str())
            .bind(artifact.hash.to_string())
            .execute(&mut *db)
            .await
            .map_err(fault)?;
    }
    // How far the issue is stays as it is; that the run changed is told.
    run::set_issue(db, run, stored.issue, at).await
}

/// Adds artifacts to the list of a stage round behind those that it has, with their bytes.
pub(crate) async fn add(
    db: &mut SqliteConnection,
    run: &RunId,
    (stage, round): (&StageName, Round),
    listed: &[ArtifactRef],
    artifacts: &[Artifact],
) -> Result<()> {
    let reference = |artifact: &Artifact| ArtifactRef {
        kind: artifact.kind,
        hash: artifact.hash,
    };
    let given: Vec<ArtifactRef> = artifacts.iter().map(reference).collect();
    if rules::artifacts_to_add(listed, &given).is_empty() {
        return Ok(());
    }
    for (position, artifact) in (listed.len()..).zip(artifacts) {
        sqlx::query(ADD)
            .bind(artifact.hash.to_string())
            .bind(artifact.bytes.as_slice())
            .bind(run.as_str())
            .bind(stage.as_str())
            .bind(round.0)
            .bind(i64::try_from(position).expect("a list in memory is shorter"))
            .bind(artifact.kind.as_str())
            .execute(&mut *db)
            .await
            .map_err(fault)?;
        retention::cite(db, &artifact.hash, &artifact.bytes).await?;
    }
    Ok(())
}
