//! One file a table or two that change together: its statements, its writes, its reads.
//!
//! Writes run on the writer, inside the savepoint of their command; what decides them is read there too.

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* const $name: &str = $sql;)*

        /// Every statement of this file, for the test that prepares them all.
        #[cfg(test)]
        pub(super) const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

pub(crate) mod archive;
pub(crate) mod artifact;
pub(crate) mod body;
pub(crate) mod bundle;
pub(crate) mod control;
pub(crate) mod count;
pub(crate) mod decision;
pub(crate) mod exchange;
pub(crate) mod feed;
pub(crate) mod label;
pub(crate) mod lease;
pub(crate) mod log;
pub(crate) mod note;
pub(crate) mod notice;
pub(crate) mod outbox;
pub(crate) mod preflight;
pub(crate) mod retention;
pub(crate) mod run;
pub(crate) mod run_bundle;
pub(crate) mod run_list;
pub(crate) mod slot;
pub(crate) mod snapshot;
pub(crate) mod spend;
pub(crate) mod stage;
pub(crate) mod step;
pub(crate) mod supersede;
pub(crate) mod token;
pub(crate) mod tool;

use copydesk_store::{Applied, Command};
use sqlx::SqliteConnection;

use crate::fault::Result;

/// Carries out one command; an error leaves what it did to the caller to undo.
pub(crate) async fn apply(db: &mut SqliteConnection, command: &Command) -> Result<Applied> {
    match command {
        Command::CreateRun(params) => run::create(db, params).await,
        Command::LeaseRun {
            run,
            owner,
            now,
            until,
        } => lease::lease(db, run, owner, *now, *until).await,
        Command::Supersede { lease, reason, at } => supersede::supersede(db, &lease.run, reason, *at).await,
        Command::StartStage {
            lease,
            stage,
            round,
            now,
            at,
        } => stage::start(db, lease, stage, *round, *now, *at).await,
        Command::ReserveSpend { .. } => spend::reserve(db, command).await,
        Command::PutIntent {
            lease,
            channel,
            hash,
            key,
            at,
        } => outbox::intend(db, lease, channel, hash, key, *at).await,
        Command::Prune {
            before,
            snapshots_max,
            at,
        } => {
            let pruned = retention::prune(db, *before, *snapshots_max, *at).await?;
            Ok(Applied::Pruned(pruned))
        }
        Command::PutLabel(record) => label::put(db, record).await,
        Command::UndoLabel { id, at } => label::undo(db, id, *at).await,
        Command::TakeToken { hash, now } => token::take(db, hash, *now).await,
        Command::OpenSession { link, session, now } => token::open_session(db, link, session, *now).await,
        Command::RaiseNotice(record) => notice::raise(db, record).await,
        Command::PutPreflight(record) => preflight::put(db, record).await,
        Command::ImportIssue(issue) => snapshot::import(db, issue).await,
        other => apply_silent(db, other).await.map(|()| Applied::Done),
    }
}

/// Carries out a command that has nothing to tell.
async fn apply_silent(db: &mut SqliteConnection, command: &Command) -> Result<()> {
    match command {
        Command::RenewLease { .. } | Command::ReleaseLease { .. } | Command::UpdateRun { .. } => {
            apply_to_leased_run(db, command).await
        }
        Command::FinishStage { .. } => stage::finish(db, command).await,
        Command::FinishStep { lease, step } => step::finish(db, lease, step).await,
        Command::SettleSpend { .. } => spend::settle(db, command).await,
        Command::PutSnapshot { lease, snapshot } => snapshot::put(db, lease.as_ref(), snapshot).await,
        Command::KeepSnapshot { lease, snapshot } => snapshot::keep(db, lease, snapshot).await,
        Command::WriteLog { .. } => log::write(db, command).await,
        Command::PutExchange { .. } => exchange::put(db, command).await,
        Command::Decide { .. } => decision::decide(db, command).await,
        Command::ChooseDraft { run, artifacts, at } => artifact::choose(db, run, artifacts, *at).await,
        Command::SettleIntent { .. } => outbox::settle(db, command).await,
        Command::SettleUnknown { .. } => outbox::settle_unknown(db, command).await,
        Command::RequestCancel { run, at } => run::request_cancel(db, run, *at).await,
        Command::Retry {
            run,
            budget_extra,
            embedded_only,
            at,
        } => run::retry(db, run, *budget_extra, *embedded_only, *at).await,
        Command::GoOn { .. } => run::go_on(db, command).await,
        Command::ChooseRoute { run, route, at } => run::choose_route(db, run, route, *at).await,
        Command::NoteBreach { lease, breach } => run::note_breach(db, &lease.run, breach).await,
        other => apply_to_desk(db, other).await,
    }
}

async fn apply_to_leased_run(db: &mut SqliteConnection, command: &Command) -> Result<()> {
    match command {
        Command::RenewLease { lease, until } => lease::renew(db, lease, *until).await,
        Command::ReleaseLease { lease } => lease::release(db, lease).await,
        other => run::update(db, other).await,
    }
}

/// Carries out a command that belongs to no run.
async fn apply_to_desk(db: &mut SqliteConnection, command: &Command) -> Result<()> {
    match command {
        Command::PutRelease { body, at } => body::put_release(db, body, *at).await,
        Command::SetPaused { pipeline, paused_at } => control::set_paused(db, pipeline, *paused_at).await,
        Command::SkipDate { pipeline, date } => control::skip(db, pipeline, *date).await,
        Command::KeepDate { pipeline, date } => control::keep(db, pipeline, *date).await,
        Command::SetSchedule {
            pipeline,
            schedule,
            since,
        } => control::set_schedule(db, pipeline, schedule, *since).await,
        Command::PutSlot {
            pipeline,
            slot,
            state,
            reason,
            run,
        } => slot::put(db, pipeline, slot, *state, reason.as_deref(), run.as_ref()).await,
        Command::ForgetSlots { pipeline, after } => slot::forget(db, pipeline, *after).await,
        Command::AddNote(note) => note::add(db, note).await,
        Command::ForgetNotes { kept } => note::forget(db, kept).await,
        Command::PutToken(record) => token::put(db, record).await,
        Command::ProlongToken { hash, until } => token::prolong(db, hash, *until).await,
        Command::ForgetTokens { now } => token::forget(db, *now).await,
        Command::SettleNotice { key, way, at } => notice::settle(db, key, way, *at).await,
        Command::TrustTool(record) => tool::trust(db, record).await,
        Command::PutEndpoint(record) => exchange::put_endpoint(db, record).await,
        Command::PutFeedState(state) => feed::put(db, state).await,
        Command::NoteFeedAnswer { url, moved_to, at } => {
            feed::note_answer(db, url, moved_to.as_deref(), *at).await
        }
        Command::PutArchive(record) => archive::put(db, record).await,
        other => unreachable!("`apply` and `apply_silent` take every other command: {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Executor, Row, SqlSafeStr};

    use super::*;
    use crate::migrate::migrate;
    use crate::open::{connect_writer, writer_options};
    use crate::options::Options;

    const FILES: &[Statements] = &[
        archive::STATEMENTS,
        artifact::STATEMENTS,
        body::STATEMENTS,
        bundle::STATEMENTS,
        control::STATEMENTS,
        count::STATEMENTS,
        decision::STATEMENTS,
        exchange::STATEMENTS,
        feed::STATEMENTS,
        label::STATEMENTS,
        lease::STATEMENTS,
        log::STATEMENTS,
        note::STATEMENTS,
        notice::STATEMENTS,
        outbox::STATEMENTS,
        retention::STATEMENTS,
        preflight::STATEMENTS,
        run::STATEMENTS,
        run_list::STATEMENTS,
        slot::STATEMENTS,
        snapshot::STATEMENTS,
        spend::STATEMENTS,
        stage::STATEMENTS,
        step::STATEMENTS,
        supersede::STATEMENTS,
        token::STATEMENTS,
        tool::STATEMENTS,
    ];

    #[tokio::test]
    async fn every_statement_fits_the_schema() {
        let folder = tempfile::tempdir().unwrap();
        let mut db = migrated(folder.path()).await;
        bundle::prepare(&mut db).await.unwrap();
        for (name, sql) in FILES.iter().copied().flatten() {
            let prepared = (&mut db).prepare(AssertSqlSafe(*sql).into_sql_str()).await;
            assert!(prepared.is_ok(), "{name}: {:?}", prepared.err());
        }
    }

    type Statements = &'static [(&'static str, &'static str)];

    /// How SQLite would carry out the statement of this name.
    async fn plan(db: &mut sqlx::SqliteConnection, file: Statements, name: &str) -> Vec<String> {
        let (_, sql) = file.iter().find(|(known, _)| *known == name).expect(name);
        let explained = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let rows = sqlx::query(explained).fetch_all(db).await.unwrap();
        rows.iter().map(|row| row.get("detail")).collect()
    }

    async fn migrated(folder: &std::path::Path) -> sqlx::SqliteConnection {
        let path = folder.join("store.db");
        let options = writer_options(&path, &Options::SHIPPED);
        let mut db = connect_writer(&options, Options::SHIPPED.synchronous)
            .await
            .unwrap();
        migrate(&mut db, &path).await.unwrap();
        db
    }

    #[tokio::test]
    async fn imported_issues_are_found_by_their_index() {
        let folder = tempfile::tempdir().unwrap();
        let mut db = migrated(folder.path()).await;
        for (file, name) in [
            (archive::STATEMENTS, "SELECT_IMPORTED"),
            (snapshot::STATEMENTS, "SELECT_PAST_ISSUES"),
        ] {
            let steps = plan(&mut db, file, name).await;
            let of_archive = steps.iter().find(|step| step.contains("archive")).unwrap();
            assert!(of_archive.contains("archive_issue_by_time"), "{name}: {steps:#?}");
            let is_scanned =
                |step: &&String| step.contains("SCAN") && !step.contains("archive_issue_by_time");
            assert_eq!(steps.iter().find(is_scanned), None, "{name}: {steps:#?}");
            let is_sorted = steps.iter().any(|step| step.contains("USE TEMP B-TREE"));
            assert!(!is_sorted, "{name}: {steps:#?}");
        }
    }

    /// These are asked for by every run, whatever the number of those that are over.
    #[tokio::test]
    async fn open_runs_and_the_steps_of_one_are_found_by_their_indexes() {
        let folder = tempfile::tempdir().unwrap();
        let mut db = migrated(folder.path()).await;
        for (file, name, index) in [
            (run_list::STATEMENTS, "SELECT_OPEN", "run_open"),
            (run_list::STATEMENTS, "SELECT_ENDED", "run_ended"),
            (run_list::STATEMENTS, "SELECT_NEWEST_AT", "run_by_age"),
            (step::STATEMENTS, "SELECT_AFTER", "attempt_by_step"),
            (step::STATEMENTS, "SELECT_FINISHED_CALLS", "attempt_by_step"),
            (retention::STATEMENTS, "SELECT_LONG_OUTCOMES", "attempt_by_step"),
        ] {
            let steps = plan(&mut db, file, name).await;
            assert!(steps[0].contains(index), "{name}: {steps:#?}");
            let is_scanned = |step: &&String| step.starts_with("SCAN") && !step.contains(index);
            assert_eq!(steps.iter().find(is_scanned), None, "{name}: {steps:#?}");
        }
        let steps = plan(&mut db, count::STATEMENTS, "COUNT_PAYLOADS").await;
        let is_of_all = |step: &&String| *step == "SCAN outbox" || *step == "SCAN run";
        assert_eq!(steps.iter().find(is_of_all), None, "{steps:#?}");
        let steps = plan(&mut db, retention::STATEMENTS, "SELECT_READ_AGAIN").await;
        assert!(steps[0].starts_with("SCAN run"), "{steps:#?}");
        assert!(steps[1].contains("attempt_by_step"), "{steps:#?}");
    }

    /// sqlx counts `?1` by place where a statement of several leaves one out, and binds nothing to what comes after.
    #[test]
    fn texts_of_several_statements_name_their_parameters() {
        let several: Vec<_> = FILES
            .iter()
            .copied()
            .flatten()
            .filter(|(_, sql)| sql.contains(';'))
            .collect();
        assert!(several.len() > 4, "{several:?}");
        for (name, sql) in several {
            assert!(!sql.contains('?'), "{name}");
        }
    }

    #[test]
    fn no_statement_asks_for_whatever_columns_there_are() {
        for (name, sql) in FILES.iter().copied().flatten() {
            assert!(!sql.contains('*'), "{name}");
        }
    }
}
