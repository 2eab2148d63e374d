//! Bundles beside the commands one by one: the same rows, and the same answers.

use copydesk_domain::artifact::{Artifact, ArtifactKind, CustomResult, FORMAT};
use copydesk_domain::{
    ContentHash, Fence, Instant, MicroUsd, Round, RunState, StageState, StepState, Untrusted, WaitingFor,
};
use copydesk_store::retention::LONG_OUTCOME;
use copydesk_store::{
    Counted, ExchangeOutcome, ExchangeParams, Lease, RunParams, Shared, Slot, StepParams, StoreError,
};
use sqlx::Row as _;

use super::*;
use crate::migrate::migrate;
use crate::open::{connect_writer, writer_options};
use crate::options::Options;
use crate::tables::bundle::prepare;
use crate::writer::{COMMIT, say};

const RUN: &str = "r1";

fn at(micros: i64) -> Instant {
    Instant::from_micros(micros)
}

fn lease(fence: i64) -> Lease {
    Lease {
        run: RUN.into(),
        fence: Fence(fence),
    }
}

fn take(owner: &str, now: i64) -> Command {
    Command::LeaseRun {
        run: RUN.into(),
        owner: owner.to_owned(),
        now: at(now),
        until: at(now + 60),
    }
}

fn update(fence: i64, waiting_for: Vec<WaitingFor>) -> Command {
    Command::UpdateRun {
        lease: lease(fence),
        state: RunState::Running,
        waiting_for,
        issue: None,
        wake_at: Some(at(i64::MAX)),
        reason: Some("it \"waits\"\n\\ and more: é 🦀".to_owned()),
        at: at(3),
    }
}

fn start(fence: i64, round: u32, now: i64) -> Command {
    Command::StartStage {
        lease: lease(fence),
        stage: "part".into(),
        round: Round(round),
        now: at(now),
        at: at(now + 1),
    }
}

fn step(fence: i64, key: &str, input: &str, state: StepState, body: &[u8]) -> Command {
    let step = StepParams {
        stage: "part".into(),
        round: Round::FIRST,
        key: key.into(),
        input_hash: ContentHash::of(input.as_bytes()),
        state,
        body: body.to_vec(),
        task: Some("part".to_owned()),
        tool: None,
        model: Some("stub".to_owned()),
        answered_by: Some("stub-1".to_owned()),
        tokens_in: Some(u64::MAX),
        tokens_out: None,
        ms: 7,
        attempts: 2,
        outcome: "ok".to_owned(),
        at: at(5),
    };
    Command::FinishStep {
        lease: lease(fence),
        step,
    }
}

fn end(fence: i64, artifacts: Vec<Artifact>, state: StageState) -> Command {
    Command::FinishStage {
        lease: lease(fence),
        stage: "part".into(),
        round: Round::FIRST,
        state,
        reason: None,
        artifacts,
        bodies: vec![b"a body\0with a null".to_vec(), Vec::new()],
        at: at(9),
    }
}

fn artifact(cites: &[ContentHash]) -> Artifact {
    let cites: Vec<String> = cites.iter().map(ToString::to_string).collect();
    let result = CustomResult {
        format: FORMAT.to_owned(),
        stage: "part".into(),
        output: Untrusted::new(serde_json::json!({ "cites": cites })),
        models: Vec::new(),
    };
    Artifact::of(ArtifactKind::Custom, &result).unwrap()
}

fn log(fence: i64, message: &str) -> Command {
    Command::WriteLog {
        lease: lease(fence),
        stage: "part".into(),
        round: Round::FIRST,
        level: "warn".to_owned(),
        message: message.to_owned(),
        at: at(4),
    }
}

fn reserve(fence: i64) -> Command {
    Command::ReserveSpend {
        lease: lease(fence),
        stage: "part".into(),
        round: Round::FIRST,
        key: "turn-1".into(),
        task: "part".to_owned(),
        model: "stub".to_owned(),
        amount: MicroUsd(9),
        limits: Vec::new(),
        at: at(4),
    }
}

fn settle(fence: i64, reservation: i64, amount: i64) -> Command {
    Command::SettleSpend {
        lease: lease(fence),
        reservation,
        amount: MicroUsd(amount),
        is_assumed: amount == 0,
        counted: (amount > 0).then_some(Counted {
            tokens_in: 5,
            tokens_out: 3,
            tokens_cached: 2,
            cached: MicroUsd(1),
        }),
        at: at(6),
    }
}

fn exchange(fence: i64, reply: Option<&[u8]>) -> Command {
    Command::PutExchange {
        lease: lease(fence),
        stage: "part".into(),
        round: Round::FIRST,
        key: "turn-1".into(),
        exchange: ExchangeParams {
            model: "stub".to_owned(),
            base_url: "http://127.0.0.1:1/v1".to_owned(),
            asked: "m".to_owned(),
            answered_by: Some("m-1".to_owned()),
            request_id: None,
            status: Some(200),
            outcome: ExchangeOutcome::Answered,
            reason: Some("a \"reason\"".to_owned()),
            finish_reason: None,
            is_streamed: true,
            tokens_in: Some(5),
            tokens_out: None,
            tokens_cached: Some(2),
            ms: 9,
            request: b"{\"asked\":1}".to_vec(),
            reply: reply.map(<[u8]>::to_vec),
        },
        shared: Shared { head: 2, tail: 1 },
        at: at(6),
    }
}

fn params() -> RunParams {
    RunParams {
        id: RUN.into(),
        pipeline: "daily".into(),
        slot: None,
        parent: None,
        release: ContentHash::of(b"release"),
        fixed_now: None,
        seed: 1,
        is_scheduled: false,
        at: at(0),
    }
}

/// A database with a run that nobody has taken.
async fn database(folder: &std::path::Path) -> SqliteConnection {
    let path = folder.join("store.db");
    let options = writer_options(&path, &Options::SHIPPED);
    let mut first = connect_writer(&options, Options::SHIPPED.synchronous)
        .await
        .unwrap();
    migrate(&mut first, &path).await.unwrap();
    drop(first);
    let mut db = connect_writer(&options, Options::SHIPPED.synchronous)
        .await
        .unwrap();
    prepare(&mut db).await.unwrap();
    let made = vec![
        Command::PutRelease {
            body: b"release".to_vec(),
            at: at(0),
        },
        Command::CreateRun(params()),
    ];
    commit(&mut db, vec![Share::Alone(&[made])]).await;
    db
}

async fn commit(db: &mut SqliteConnection, shares: Vec<Share<'_>>) -> Vec<Vec<Result<Applied>>> {
    let outcomes = apply_shares(db, shares).await.unwrap();
    say(db, COMMIT).await.unwrap();
    outcomes
}

/// Every row of the tables that runs write.
async fn rows(db: &mut SqliteConnection) -> Vec<String> {
    let mut all = Vec::new();
    for table in [
        "run",
        "stage",
        "step",
        "attempt",
        "body",
        "artifact",
        "citation",
        "spend",
        "exchange",
        "log_line",
        "pinned_release",
    ] {
        let columns = format!("SELECT group_concat(name, ', ') FROM pragma_table_info('{table}')");
        let columns: String = sqlx::query_scalar(sqlx::AssertSqlSafe(columns))
            .fetch_one(&mut *db)
            .await
            .unwrap();
        let quoted: Vec<String> = columns.split(", ").map(|name| format!("quote({name})")).collect();
        let text = format!("SELECT {} FROM {table} ORDER BY 1", quoted.join(" || ',' || "));
        let found = sqlx::query(sqlx::AssertSqlSafe(text))
            .fetch_all(&mut *db)
            .await
            .unwrap();
        all.extend(
            found
                .iter()
                .map(|row| format!("{table}: {}", row.get::<String, _>(0))),
        );
    }
    all
}

/// Carries the same lists out in both ways, list by list, and gives the answers and how many lists were one statement.
async fn both_ways(lists: &[Vec<Command>]) -> (Vec<Vec<Result<Applied>>>, usize) {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut bundled = database(one.path()).await;
    let mut alone = database(other.path()).await;
    let mut answers = Vec::new();
    let mut together = 0;
    for list in lists {
        let list = std::slice::from_ref(list);
        let cut = shares(list);
        together += usize::from(matches!(cut.as_slice(), [Share::Together(..)]));
        let by_bundle = commit(&mut bundled, cut).await;
        let by_command = commit(&mut alone, vec![Share::Alone(list)]).await;
        assert_eq!(by_bundle, by_command, "{list:?}");
        assert_eq!(rows(&mut bundled).await, rows(&mut alone).await, "{list:?}");
        answers.extend(by_bundle);
    }
    (answers, together)
}

#[tokio::test]
async fn a_whole_run_is_bundled_and_leaves_the_rows_that_its_commands_leave() {
    let cited = ContentHash::of(b"cited");
    let (answers, together) = both_ways(&[
        vec![
            take("me", 0),
            update(1, vec![WaitingFor::Answers]),
            start(1, 1, 7),
        ],
        vec![
            step(1, "inputs", "i", StepState::Completed, b"{}"),
            log(1, "a 'line'"),
        ],
        vec![step(1, "turn-1", "t", StepState::Retryable, "\"é\"".as_bytes())],
        vec![
            exchange(1, None),
            exchange(1, Some(b"{\"said\":\"\xc3\xa9\"}")),
            step(1, "turn-1", "t", StepState::Completed, b"{}"),
        ],
        vec![
            Command::RenewLease {
                lease: lease(1),
                until: at(99),
            },
            end(1, vec![artifact(&[cited]), artifact(&[])], StageState::Completed),
            start(1, 2, 8),
        ],
        vec![update(1, Vec::new()), Command::ReleaseLease { lease: lease(1) }],
    ])
    .await;
    assert_eq!(together, answers.len());
    assert!(answers.iter().flatten().all(Result::is_ok), "{answers:?}");
    assert_eq!(answers[0][0], Ok(Applied::Leased(lease(1))));
    assert_eq!(answers[0][2], Ok(Applied::StageNow(at(7))));
}

#[tokio::test]
async fn what_stands_in_the_way_is_answered_as_if_nobody_had_tried_to_bundle() {
    let taken = [take("me", 0), start(1, 1, 7)];
    let (answers, together) = both_ways(&[
        taken.to_vec(),
        vec![step(1, "a", "i", StepState::Completed, b"1")],
        vec![
            log(1, "kept"),
            step(1, "a", "i", StepState::Completed, b"2"),
            log(1, "kept too"),
        ],
        vec![log(1, "kept"), step(1, "a", "other", StepState::Completed, b"3")],
        vec![log(2, "of a fence that nobody has")],
        vec![exchange(2, None)],
        vec![take("another", 1), log(2, "too early")],
        vec![take("another", 1), log(1, "with the fence of who has it")],
        vec![start(1, 1, 8)],
        vec![end(1, vec![artifact(&[])], StageState::Completed)],
        vec![end(1, vec![artifact(&[])], StageState::Completed)],
        vec![take("another", 100), update(2, Vec::new())],
        vec![update(1, Vec::new())],
    ])
    .await;
    assert_eq!(together, answers.len(), "each looked as if it could be bundled");
    let failed = |at: usize| answers[at].last().unwrap().as_ref().unwrap_err();
    assert!(matches!(failed(3), StoreError::InputChanged { .. }));
    assert!(matches!(failed(4), StoreError::LeaseLost { .. }));
    assert!(matches!(failed(5), StoreError::LeaseLost { .. }));
    assert!(matches!(failed(6), StoreError::Leased { .. }));
    assert!(matches!(failed(7), StoreError::Leased { .. }));
    assert_eq!(answers[8], [Ok(Applied::StageNow(at(7)))]);
    assert_eq!(answers[11][0], Ok(Applied::Leased(lease(2))));
    assert!(matches!(failed(12), StoreError::LeaseLost { .. }));
}

#[tokio::test]
async fn outcomes_of_any_length_and_reopened_steps_are_stored_alike() {
    let long = vec![b'7'; LONG_OUTCOME];
    let retry = Command::Retry {
        run: RUN.into(),
        budget_extra: MicroUsd::ZERO,
        embedded_only: false,
        at: at(40),
    };
    let mut failed = end(1, Vec::new(), StageState::Failed);
    if let Command::FinishStage { reason, .. } = &mut failed {
        *reason = Some("ok".to_owned());
    }
    let mut fail = update(1, Vec::new());
    if let Command::UpdateRun { state, .. } = &mut fail {
        *state = RunState::Failed;
    }
    let (answers, _) = both_ways(&[
        vec![take("me", 0), start(1, 1, 7)],
        vec![
            step(1, "a", "i", StepState::Completed, &long),
            step(1, "b", "i", StepState::Completed, &long),
            step(1, "c", "i", StepState::Completed, &long[1..]),
            step(1, "d", "i", StepState::Discarded, &long),
        ],
        vec![failed, fail, Command::ReleaseLease { lease: lease(1) }],
        vec![retry],
        vec![take("me", 50), step(2, "d", "other", StepState::Completed, b"")],
        vec![step(2, "d", "other", StepState::Completed, b"")],
        vec![step(2, "d", "a third", StepState::Completed, b"")],
    ])
    .await;
    assert!(answers[..6].iter().flatten().all(Result::is_ok), "{answers:?}");
    assert!(matches!(answers[6][0], Err(StoreError::InputChanged { .. })));
}

#[tokio::test]
async fn a_slot_yields_one_run_and_a_release_is_stored_once_in_either_way() {
    let slot = Slot {
        nominal: at(-5),
        zone: "Europe/Berlin".to_owned(),
    };
    let new = |id: &str, slot: Option<&Slot>| {
        Command::CreateRun(RunParams {
            id: id.into(),
            slot: slot.cloned(),
            parent: Some("r0".into()),
            seed: i64::MAX,
            is_scheduled: true,
            ..params()
        })
    };
    let release = |body: &[u8]| Command::PutRelease {
        body: body.to_vec(),
        at: at(8),
    };
    let (answers, together) = both_ways(&[
        vec![release(b"release"), release(b"another"), new("r2", Some(&slot))],
        vec![new("r3", Some(&slot))],
        vec![new("r2", None)],
        vec![new("r4", None)],
    ])
    .await;
    assert_eq!(together, answers.len());
    let run = |id: &str, is_new| {
        Ok(Applied::Run {
            id: id.into(),
            is_new,
        })
    };
    let last: Vec<_> = answers.iter().map(|list| list.last().unwrap().clone()).collect();
    assert_eq!(
        last,
        [
            run("r2", true),
            run("r2", false),
            run("r2", false),
            run("r4", true)
        ]
    );
}

#[tokio::test]
async fn a_bill_is_booked_once_in_either_way() {
    let (answers, together) = both_ways(&[
        vec![take("me", 0), reserve(1)],
        vec![settle(1, 1, 5)],
        vec![settle(1, 1, 6)],
    ])
    .await;
    assert_eq!(together, 2, "a reserve has something to tell");
    assert_eq!(answers[1..].concat(), [Ok(Applied::Done), Ok(Applied::Done)]);
}

#[tokio::test]
async fn a_text_with_a_null_character_is_stored_whole() {
    let (answers, together) = both_ways(&[vec![take("me", 0), log(1, "before\0after")]]).await;
    assert_eq!(together, 0);
    assert!(answers[0][1].is_ok());
}

#[test]
fn a_bundle_with_many_bytes_takes_no_further_list() {
    let big = vec![b'x'; 700_000];
    let list = |key: &str| vec![step(1, key, "i", StepState::Completed, &big)];
    let lists = [list("a"), list("b"), list("c")];
    let cut = shares(&lists);
    assert!(matches!(
        cut.as_slice(),
        [Share::Together(_, [_, _]), Share::Together(_, [_])]
    ));
}

#[tokio::test]
async fn a_batch_is_cut_where_a_command_needs_its_own_statements() {
    let lists = [
        vec![take("me", 0), log(1, "a")],
        vec![log(1, "b")],
        vec![reserve(1)],
        vec![log(1, "c")],
    ];
    let cut = shares(&lists);
    assert!(matches!(
        cut.as_slice(),
        [
            Share::Together(_, [_, _]),
            Share::Alone([_]),
            Share::Together(_, [_])
        ]
    ));
    let folder = tempfile::tempdir().unwrap();
    let mut db = database(folder.path()).await;
    let outcomes = commit(&mut db, cut).await;
    assert_eq!(outcomes.len(), lists.len());
    assert!(outcomes.iter().flatten().all(Result::is_ok), "{outcomes:?}");
}
