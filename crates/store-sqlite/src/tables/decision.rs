//! What the author decided, or time did.

use copydesk_domain::{AnswerId, ContentHash, Decision, Instant, IssueState, Round, RunId, StageName};
use copydesk_store::contract::gate_rules::{self, StageFacts};
use copydesk_store::contract::rules::{self, IssueFacts};
use copydesk_store::{Command, DecisionRecord, StoreError, Subject};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::{Columns, records};
use crate::tables::{artifact, body, outbox, run};

statements! {
    INSERT_DECISION = "
        INSERT INTO decision (run_id, answer, stage, round, hash, decision, at, effective_at, reason)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    SELECT_OF_RUN = "
        SELECT id, answer, stage, round, hash, decision, at, effective_at, reason
        FROM decision
        WHERE run_id = ?1
        ORDER BY id";
    SELECT_LAST_ON_ISSUE = "
        SELECT id, answer, stage, round, hash, decision, at, effective_at, reason
        FROM decision
        WHERE run_id = ?1 AND answer IS NULL AND stage IS NULL
        ORDER BY id DESC
        LIMIT 1";
    SELECT_LAST_ON_ANSWER = "
        SELECT id, answer, stage, round, hash, decision, at, effective_at, reason
        FROM decision
        WHERE run_id = ?1 AND answer = ?2
        ORDER BY id DESC
        LIMIT 1";
    SELECT_LAST_ON_STAGE = "
        SELECT id, answer, stage, round, hash, decision, at, effective_at, reason
        FROM decision
        WHERE run_id = ?1 AND stage = ?2
        ORDER BY id DESC
        LIMIT 1";
    SELECT_SENT_BACK_ROUND = "
        SELECT id, round
        FROM decision
        WHERE run_id = ?1 AND decision = 'sent_back' AND answer IS NULL AND stage IS NULL
        ORDER BY round DESC
        LIMIT 1";
}

pub(crate) fn record(row: &SqliteRow) -> Result<DecisionRecord> {
    let columns = Columns::new(row, "decision", "id");
    let answer: Option<String> = columns.get("answer")?;
    let stage: Option<String> = columns.get("stage")?;
    let subject = match (answer, stage) {
        (Some(answer), _) => Subject::Answer(AnswerId::new(answer)),
        (None, Some(stage)) => Subject::Stage(StageName::new(stage)),
        (None, None) => Subject::Issue,
    };
    Ok(DecisionRecord {
        sequence: columns.get("id")?,
        round: match subject {
            Subject::Answer(_) => None,
            Subject::Issue | Subject::Stage(_) => Some(columns.round("round")?),
        },
        subject,
        hash: columns.hash("hash")?,
        decision: columns.parsed("decision", Decision::parse)?,
        at: columns.instant("at")?,
        effective_at: columns.instant_option("effective_at")?,
        reason: columns.get("reason")?,
    })
}

/// Decisions of a run, in order.
pub(crate) async fn of_run(db: &mut SqliteConnection, run: &RunId) -> Result<Vec<DecisionRecord>> {
    let statement = sqlx::query(SELECT_OF_RUN).bind(run.as_str());
    records(db, statement, record).await
}

/// The newest decision on the issue of a run.
pub(crate) async fn last_on_issue(db: &mut SqliteConnection, run: &RunId) -> Result<Option<DecisionRecord>> {
    let row = sqlx::query(SELECT_LAST_ON_ISSUE)
        .bind(run.as_str())
        .fetch_optional(db)
        .await
        .map_err(fault)?;
    row.as_ref().map(record).transpose()
}

/// The newest round whose issue was sent back.
pub(crate) async fn sent_back_round(db: &mut SqliteConnection, run: &RunId) -> Result<Option<Round>> {
    let row = sqlx::query(SELECT_SENT_BACK_ROUND)
        .bind(run.as_str())
        .fetch_optional(db)
        .await
        .map_err(fault)?;
    row.map(|row| Columns::new(&row, "decision", "id").round("round"))
        .transpose()
}

/// Stores a decision if its hash is what waits now. [`Command::Decide`].
pub(crate) async fn decide(db: &mut SqliteConnection, command: &Command) -> Result<()> {
    let Command::Decide {
        run,
        subject,
        hash,
        decision,
        effective_at,
        reason,
        at,
    } = command
    else {
        unreachable!("called for Decide alone");
    };
    let parent = run::known(db, run).await?.parent;
    rules::require_own(parent.as_ref(), decision.participle())?;
    let round = match subject {
        Subject::Issue => Some(decide_issue(db, run, hash, *decision, *at).await?),
        Subject::Answer(answer) => {
            require_answer(db, run, answer, hash, *decision).await?;
            None
        }
        Subject::Stage(stage) => Some(decide_stage(db, run, stage, hash, *decision, *at).await?),
    };
    let record = DecisionRecord {
        sequence: GIVEN_BY_THE_TABLE,
        subject: subject.clone(),
        round,
        hash: *hash,
        decision: *decision,
        at: *at,
        effective_at: *effective_at,
        reason: reason.clone(),
    };
    insert(db, run, &record).await
}

/// The sequence of a decision that is not stored yet.
const GIVEN_BY_THE_TABLE: i64 = 0;

async fn insert(db: &mut SqliteConnection, run: &RunId, record: &DecisionRecord) -> Result<()> {
    let (answer, stage) = match &record.subject {
        Subject::Issue => (None, None),
        Subject::Answer(answer) => (Some(answer.as_str()), None),
        Subject::Stage(stage) => (None, Some(stage.as_str())),
    };
    sqlx::query(INSERT_DECISION)
        .bind(run.as_str())
        .bind(answer)
        .bind(stage)
        .bind(record.round.map(|round| round.0))
        .bind(record.hash.to_string())
        .bind(record.decision.as_str())
        .bind(record.at.as_micros())
        .bind(record.effective_at.map(Instant::as_micros))
        .bind(record.reason.as_deref())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}

/// Recalls the approval of a run that is cancelled, where nothing of its issue is on its way.
pub(crate) async fn take_back(db: &mut SqliteConnection, run: &RunId, at: Instant) -> Result<()> {
    let (facts, round) = issue_facts(db, run).await?;
    let Some(hash) = rules::taken_back_by_cancel(&facts) else {
        return Ok(());
    };
    run::set_issue(db, run, IssueState::Reviewed, at).await?;
    let record = DecisionRecord {
        sequence: GIVEN_BY_THE_TABLE,
        subject: Subject::Issue,
        round: Some(round),
        hash,
        decision: Decision::Recalled,
        at,
        effective_at: None,
        reason: Some(rules::TAKEN_BACK.to_owned()),
    };
    insert(db, run, &record).await
}

/// Moves the issue to where the decision puts it, and answers the round that was decided on.
async fn decide_issue(
    db: &mut SqliteConnection,
    run: &RunId,
    hash: &ContentHash,
    decision: Decision,
    at: Instant,
) -> Result<Round> {
    let (facts, round) = issue_facts(db, run).await?;
    let issue = rules::decide_issue(&facts, hash, decision)?;
    run::set_issue(db, run, issue, at).await?;
    Ok(round)
}

/// What is known of a run's issue, and the round that made it.
async fn issue_facts(db: &mut SqliteConnection, run: &RunId) -> Result<(IssueFacts, Round)> {
    let stored = run::known(db, run).await?;
    let current = artifact::newest_issue(db, run).await?;
    let last = last_on_issue(db, run).await?;
    let facts = IssueFacts {
        run: stored.state,
        issue: stored.issue,
        current: current.map(|(_, hash)| hash),
        approved: last
            .filter(|last| last.decision == Decision::Approved)
            .map(|last| last.hash),
        is_intended: outbox::is_intended(db, run).await?,
    };
    Ok((facts, current.map_or(Round::FIRST, |(round, _)| round)))
}

/// The round of the stage that is decided on.
async fn decide_stage(
    db: &mut SqliteConnection,
    run: &RunId,
    stage: &StageName,
    hash: &ContentHash,
    decision: Decision,
    at: Instant,
) -> Result<Round> {
    let stored = run::known(db, run).await?;
    let statement = sqlx::query(SELECT_LAST_ON_STAGE)
        .bind(run.as_str())
        .bind(stage.as_str());
    let row = statement.fetch_optional(&mut *db).await.map_err(fault)?;
    let last = row.as_ref().map(record).transpose()?;
    let facts = StageFacts {
        run: stored.state,
        current: artifact::newest_custom(db, run, stage).await?,
        last: last.and_then(|last| Some((last.round?, last.decision))),
    };
    let round = gate_rules::decide_stage(&facts, hash, decision)?;
    // How far the issue is stays as it is; that the run changed is told.
    run::set_issue(db, run, stored.issue, at).await?;
    Ok(round)
}

/// That the newest report has this answer, undecided.
async fn require_answer(
    db: &mut SqliteConnection,
    run: &RunId,
    answer: &AnswerId,
    hash: &ContentHash,
    decision: Decision,
) -> Result<()> {
    run::known(db, run).await?;
    let current = match artifact::newest_report(db, run).await? {
        Some(report) => {
            let missing = || StoreError::Inconsistent {
                table: "body",
                column: "bytes",
                id: report.to_string(),
            };
            let bytes = body::get(db, &report).await?.ok_or_else(missing)?;
            rules::answer_hash(&bytes, &report, answer)?
        }
        None => None,
    };
    let statement = sqlx::query(SELECT_LAST_ON_ANSWER)
        .bind(run.as_str())
        .bind(answer.as_str());
    let row = statement.fetch_optional(db).await.map_err(fault)?;
    let last = row
        .as_ref()
        .map(record)
        .transpose()?
        .map(|last| (last.hash, last.decision));
    rules::decide_answer(current, last, hash, decision)
}
