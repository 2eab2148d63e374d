//! Commands that one statement carries out.
//!
//! Each text that sqlx is given changes threads twice, and each of its statements wakes its caller once more. So the
//! commands that a run makes by the dozen are rows of one INSERT into a view, and a trigger beside the statements of
//! their table writes what such a command writes where nothing stands in its way. Where something does (a lease that was
//! lost, an outcome that is there already) the trigger undoes the whole statement, and the commands are carried out one
//! by one, which finds out what each is to be answered.

use copydesk_store::contract::rules;
use copydesk_store::{Applied, Command, Lease};
use serde::Serialize;
use sqlx::SqliteConnection;

use crate::fault::{Result, fault, is_raised};
use crate::tables::{body, exchange, lease, log, run_bundle, spend, stage, step};

/// The trigger of a kind of row.
macro_rules! trigger {
    ($kind:literal, $statements:expr) => {
        trigger!("seldom", $kind, $statements)
    };
    ($view:literal, $kind:literal, $statements:expr) => {
        concat!(
            "CREATE TEMP TRIGGER ",
            $kind,
            " INSTEAD OF INSERT ON ",
            $view,
            " WHEN NEW.kind = '",
            $kind,
            "' BEGIN",
            $statements,
            "\nEND;"
        )
    };
}

/// That the row's lease is the newest one and was not released, or nothing of the statement is kept.
macro_rules! require_lease {
    () => {
        "
            SELECT RAISE(ABORT, 'alone')
            WHERE NOT EXISTS (
                SELECT 1
                FROM run
                WHERE id = NEW.row ->> 'run' AND fence = NEW.row ->> 'fence' AND lease_owner IS NOT NULL);"
    };
}

pub(crate) use {require_lease, trigger};

/// What belongs to a connection that carries bundles out; nothing of it is in the file. A row runs through every trigger of
/// its view, so that the kinds which every step writes have one for themselves.
const VIEWS: &str = "
    CREATE TEMP VIEW bundle (kind, row, bytes) AS SELECT NULL, NULL, NULL;
    CREATE TEMP VIEW seldom (kind, row, bytes) AS SELECT NULL, NULL, NULL;
    CREATE TEMP TRIGGER other INSTEAD OF INSERT ON bundle WHEN NEW.kind NOT IN ('finish_step', 'put_exchange') BEGIN
        INSERT INTO seldom (kind, row, bytes)
        VALUES (NEW.kind, NEW.row, NEW.bytes);
    END;";

/// With so many bytes a bundle takes no further list, so that it is no second copy of a whole queue.
const BYTES_MAX: usize = 1024 * 1024;

statements! {
    /// The rows in order, in the form in which SQLite reads them. Bytes stand behind each other in the second parameter,
    /// so that they need no form of JSON.
    INSERT = "
        INSERT INTO bundle (kind, row, bytes)
        SELECT part.value ->> 'part_kind', part.value,
               COALESCE(substr($2, part.value ->> 'part_from', part.value ->> 'part_length'), zeroblob(0))
        FROM jsonb_each($1) AS part
        ORDER BY part.rowid";
}

/// Makes a connection fit for bundles. The schema has to be there.
pub(crate) async fn prepare(db: &mut SqliteConnection) -> Result<()> {
    let mut texts = vec![VIEWS];
    for of_table in [
        body::TRIGGERS,
        exchange::TRIGGERS,
        lease::TRIGGERS,
        log::TRIGGERS,
        run_bundle::TRIGGERS,
        spend::TRIGGERS,
        stage::TRIGGERS,
        step::TRIGGERS,
    ] {
        texts.extend(of_table);
    }
    let text = sqlx::AssertSqlSafe(texts.concat());
    sqlx::raw_sql(text).execute(db).await.map(|_| ()).map_err(fault)
}

/// Rows of the view, and what their commands are answered once they are carried out.
#[derive(Default)]
pub(crate) struct Bundle {
    rows: String,
    bytes: Vec<u8>,
    answers: Vec<Vec<Applied>>,
}

impl Bundle {
    /// The first lists that can be bundled. It holds as many as it has answers to.
    pub(crate) fn of(lists: &[Vec<Command>]) -> Self {
        let mut bundle = Self::default();
        for list in lists {
            if bundle.bytes.len() >= BYTES_MAX {
                break;
            }
            let before = (bundle.rows.len(), bundle.bytes.len());
            let answers: Option<Vec<Applied>> = (0..list.len())
                .map(|at| bundle.take(&list[at], &list[at + 1..]))
                .collect();
            // SQLite's JSON ends a text at a null character.
            let is_whole = !bundle.rows[before.0..].contains("\\u0000");
            let Some(answers) = answers.filter(|_| is_whole) else {
                bundle.rows.truncate(before.0);
                bundle.bytes.truncate(before.1);
                break;
            };
            bundle.answers.push(answers);
        }
        bundle
    }

    /// How many lists it holds.
    pub(crate) const fn len(&self) -> usize {
        self.answers.len()
    }

    /// Adds a row: an object, which also says, by names that no row has itself, of which kind it is and where its bytes
    /// are, counted from one.
    pub(crate) fn push(&mut self, kind: &'static str, row: &impl Serialize, bytes: &[u8]) {
        self.rows.push(if self.rows.is_empty() { '[' } else { ',' });
        let (from, length) = (self.bytes.len() + 1, bytes.len());
        let row = serde_json::to_string(row).expect("a row of words and numbers has a JSON form");
        let rest = row.strip_prefix('{').expect("a row is an object");
        let head = format!("{{\"part_kind\":\"{kind}\",\"part_from\":{from},\"part_length\":{length},");
        self.rows.extend([head.as_str(), rest]);
        self.bytes.extend_from_slice(bytes);
    }

    /// The answer to a command that can be bundled, which then is. `rest`: what follows it.
    fn take(&mut self, command: &Command, rest: &[Command]) -> Option<Applied> {
        match command {
            Command::LeaseRun { run, .. } => {
                // Which fence it gets shows in what is written with it.
                let of_run = |lease: &&Lease| lease.run == *run;
                let taken = rest.iter().find_map(|next| next.fence().filter(of_run))?;
                lease::bundle_taking(self, command, taken.fence);
                Some(Applied::Leased(taken.clone()))
            }
            Command::CreateRun(params) => {
                run_bundle::bundle_new(self, params);
                Some(Applied::Run {
                    id: params.id.clone(),
                    is_new: true,
                })
            }
            Command::StartStage { now, .. } => {
                stage::bundle_start(self, command);
                Some(Applied::StageNow(*now))
            }
            other => self.take_silent(other).then_some(Applied::Done),
        }
    }

    /// Whether a command that has nothing to tell was bundled.
    fn take_silent(&mut self, command: &Command) -> bool {
        match command {
            Command::FinishStep { lease, step } => step::bundle(self, lease, step),
            Command::RenewLease { .. } | Command::ReleaseLease { .. } => lease::bundle(self, command),
            Command::UpdateRun { issue: None, .. } => run_bundle::bundle(self, command),
            Command::SettleSpend { .. } => spend::bundle(self, command),
            Command::WriteLog { .. } => log::bundle(self, command),
            Command::PutExchange { .. } => exchange::bundle(self, command),
            Command::PutRelease { body, at } => body::bundle_release(self, body, *at),
            Command::FinishStage {
                stage,
                state,
                artifacts,
                ..
            } => {
                let kinds: Vec<_> = artifacts.iter().map(|artifact| artifact.kind).collect();
                if rules::require_done(stage, *state, artifacts).is_err()
                    || rules::issue_after(*state, &kinds).is_some()
                {
                    return false;
                }
                stage::bundle_end(self, command);
            }
            _ => return false,
        }
        true
    }

    /// Carries all of it out and gives the answers; none where something stands in the way, and then nothing of it is
    /// written.
    pub(crate) async fn carry_out(self, db: &mut SqliteConnection) -> Result<Option<Vec<Vec<Applied>>>> {
        let Self {
            mut rows,
            bytes,
            answers,
        } = self;
        if rows.is_empty() {
            return Ok(Some(answers));
        }
        rows.push(']');
        match sqlx::query(INSERT).bind(rows).bind(bytes).execute(db).await {
            Ok(_) => Ok(Some(answers)),
            Err(error) if is_raised(&error) => Ok(None),
            Err(error) => Err(fault(error)),
        }
    }
}
