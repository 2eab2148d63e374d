//! Numbers for people, not a test: `cargo test -p copydesk-store-sqlite --test throughput -- --ignored --nocapture`.

use std::sync::Arc;
use std::time::Instant as Stopwatch;

use copydesk_domain::{ContentHash, Instant, Round, StepState};
use copydesk_store::{Applied, Command, Lease, RunParams, StepParams, Store};
use copydesk_store_sqlite::{Options, SqliteStore, Synchronous};

const WRITERS: usize = 64;
const STEPS_EACH: usize = 50;

fn step(key: &str) -> StepParams {
    let body = format!("{{\"key\":\"{key}\",\"text\":\"{}\"}}", "x".repeat(1024)).into_bytes();
    StepParams {
        stage: "research".into(),
        round: Round::FIRST,
        input_hash: ContentHash::of(key.as_bytes()),
        key: key.into(),
        state: StepState::Completed,
        body,
        task: None,
        tool: None,
        model: None,
        answered_by: None,
        tokens_in: None,
        tokens_out: None,
        ms: 1,
        attempts: 1,
        outcome: "ok".to_owned(),
        at: Instant::from_micros(1),
    }
}

async fn lease(store: &SqliteStore) -> Lease {
    let at = Instant::from_micros(0);
    let params = RunParams {
        id: "r1".into(),
        pipeline: "daily".into(),
        slot: None,
        parent: None,
        release: ContentHash::of(b"release"),
        fixed_now: None,
        seed: 1,
        is_scheduled: false,
        at,
    };
    store.apply(Command::CreateRun(params)).await.unwrap();
    let (run, owner) = ("r1".into(), "worker".to_owned());
    match store
        .apply(Command::LeaseRun {
            run,
            owner,
            now: at,
            until: at,
        })
        .await
        .unwrap()
    {
        Applied::Leased(lease) => lease,
        other => panic!("{other:?}"),
    }
}

async fn measure(synchronous: Synchronous, writers: usize) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        synchronous,
        ..Options::SHIPPED
    };
    let store = Arc::new(
        SqliteStore::open(&folder.path().join("store.db"), options)
            .await
            .unwrap(),
    );
    let lease = lease(&store).await;
    let started = Stopwatch::now();
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..writers {
        let (store, lease) = (store.clone(), lease.clone());
        tasks.spawn(async move {
            for number in 0..STEPS_EACH {
                let step = step(&format!("step/{writer}/{number}"));
                store
                    .apply(Command::FinishStep {
                        lease: lease.clone(),
                        step,
                    })
                    .await
                    .unwrap();
            }
        });
    }
    tasks.join_all().await;
    let seconds = started.elapsed().as_secs_f64();
    let count = writers * STEPS_EACH;
    println!(
        "{synchronous:?}, {writers} writers: {:.0} steps/s",
        count as f64 / seconds
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn steps_per_second() {
    for synchronous in [Synchronous::Full, Synchronous::Normal] {
        for writers in [1, 4, WRITERS] {
            measure(synchronous, writers).await;
        }
    }
}

/// Runs that are over, and settled bills, of some years.
const RUNS: usize = 10_000;
const BILLS: usize = 50_000;

fn run(number: usize) -> Command {
    Command::CreateRun(RunParams {
        id: format!("old-{number}").as_str().into(),
        pipeline: "daily".into(),
        slot: None,
        parent: None,
        release: ContentHash::of(b"release"),
        fixed_now: None,
        seed: 1,
        is_scheduled: false,
        at: Instant::from_micros(1),
    })
}

async fn bill(store: &SqliteStore, lease: &Lease, numbers: std::ops::Range<usize>) {
    let reserve = |number: usize| Command::ReserveSpend {
        lease: lease.clone(),
        stage: "research".into(),
        round: Round::FIRST,
        key: format!("take_notes/{number}").as_str().into(),
        task: "take_notes".to_owned(),
        model: format!("model-{}", number % 3),
        amount: copydesk_domain::MicroUsd(9),
        limits: Vec::new(),
        at: Instant::from_micros(2),
    };
    let reserved = store.apply_all(numbers.map(reserve).collect()).await;
    let settle = |answer| match answer {
        Ok(Applied::Reserved(reserved)) => Command::SettleSpend {
            lease: lease.clone(),
            reservation: reserved.id,
            amount: copydesk_domain::MicroUsd(5),
            is_assumed: false,
            counted: None,
            at: Instant::from_micros(3),
        },
        other => panic!("{other:?}"),
    };
    store.apply_all(reserved.into_iter().map(settle).collect()).await;
}

#[tokio::test]
#[ignore = "a measurement"]
async fn counts_beside_the_rows_that_they_are_made_of() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("store.db"), Options::SHIPPED)
        .await
        .unwrap();
    let lease = lease(&store).await;
    store.apply_all((0..RUNS).map(run).collect()).await;
    for start in (0..BILLS).step_by(1_000) {
        bill(&store, &lease, start..start + 1_000).await;
    }
    let since = Instant::from_micros(0);
    let params = copydesk_store::CountParams {
        runs_max: 2_000,
        billed_since: since,
    };
    for _ in 0..3 {
        let started = Stopwatch::now();
        let counts = store.counts(params).await.unwrap();
        let counted = started.elapsed();
        assert_eq!(counts.bills.len(), 3);
        let started = Stopwatch::now();
        let rows = store.runs(None, 2_000).await.unwrap().len() + store.spends(since).await.unwrap().len();
        println!(
            "counted in {counted:?}, {rows} rows read in {:?}",
            started.elapsed()
        );
    }
}
