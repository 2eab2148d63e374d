//! Lines for the operator.

use copydesk_domain::{Instant, Round, RunId, StageName};
use copydesk_store::{Command, LogLine};
use serde::Serialize;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::{Columns, records};
use crate::tables::bundle::{Bundle, require_lease, trigger};

statements! {
    INSERT_LINE = "
        INSERT INTO log_line (run_id, at, stage, round, level, message)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    SELECT_OF_RUN = "
        SELECT id, at, stage, round, level, message
        FROM log_line
        WHERE run_id = ?1
        ORDER BY id";
}

pub(crate) const TRIGGERS: &[&str] = &[trigger!(
    "write_log",
    concat!(
        require_lease!(),
        "
            INSERT INTO log_line (run_id, at, stage, round, level, message)
            VALUES (NEW.row ->> 'run', NEW.row ->> 'at', NEW.row ->> 'stage', NEW.row ->> 'round', NEW.row ->> 'level',
                    NEW.row ->> 'message');"
    )
)];

#[derive(Serialize)]
struct LineDto<'a> {
    run: &'a str,
    fence: i64,
    at: i64,
    stage: &'a str,
    round: u32,
    level: &'a str,
    message: &'a str,
}

/// The row of a line.
pub(crate) fn bundle(bundle: &mut Bundle, command: &Command) {
    let Command::WriteLog {
        lease,
        stage,
        round,
        level,
        message,
        at,
    } = command
    else {
        unreachable!("called for WriteLog alone");
    };
    let row = LineDto {
        run: lease.run.as_str(),
        fence: lease.fence.0,
        at: at.as_micros(),
        stage: stage.as_str(),
        round: round.0,
        level,
        message,
    };
    bundle.push("write_log", &row, &[]);
}

fn record(row: &SqliteRow) -> Result<LogLine> {
    let columns = Columns::new(row, "log_line", "id");
    Ok(LogLine {
        at: columns.instant("at")?,
        stage: StageName::new(columns.get::<String>("stage")?),
        round: columns.round("round")?,
        level: columns.get("level")?,
        message: columns.get("message")?,
    })
}

/// Lines of a run, in order.
pub(crate) async fn of_run(db: &mut SqliteConnection, run: &RunId) -> Result<Vec<LogLine>> {
    let statement = sqlx::query(SELECT_OF_RUN).bind(run.as_str());
    records(db, statement, record).await
}

/// Adds a line. [`Command::WriteLog`].
pub(crate) async fn write(db: &mut SqliteConnection, command: &Command) -> Result<()> {
    let Command::WriteLog {
        lease,
        stage,
        round,
        level,
        message,
        at,
    } = command
    else {
        unreachable!("called for WriteLog alone");
    };
    sqlx::query(INSERT_LINE)
        .bind(lease.run.as_str())
        .bind(at.as_micros())
        .bind(stage.as_str())
        .bind(round.0)
        .bind(level.as_str())
        .bind(message.as_str())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}

/// Adds a line about what goes out that no worker wrote.
pub(crate) async fn of_publisher(
    db: &mut SqliteConnection,
    run: &RunId,
    message: &str,
    at: Instant,
) -> Result<()> {
    sqlx::query(INSERT_LINE)
        .bind(run.as_str())
        .bind(at.as_micros())
        .bind(StageName::PUBLISH)
        .bind(Round::FIRST.0)
        .bind("warn")
        .bind(message)
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}
