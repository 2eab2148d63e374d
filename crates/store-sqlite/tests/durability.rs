//! What was acknowledged is there after a restart, however the process ended.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command as Process, Stdio};

use copydesk_domain::{ContentHash, Instant};
use copydesk_store::{Applied, Command, RunParams, Store, StoreError};
use copydesk_store_sqlite::{Options, SqliteStore};

/// Names the database to the child process.
const DATABASE: &str = "COPYDESK_TEST_DATABASE";

fn make_run(number: u32) -> Command {
    Command::CreateRun(RunParams {
        id: format!("r{number}").as_str().into(),
        pipeline: "daily".into(),
        slot: None,
        parent: None,
        release: ContentHash::of(b"release"),
        fixed_now: None,
        seed: 1,
        is_scheduled: false,
        at: Instant::from_micros(i64::from(number)),
    })
}

async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, Options::SHIPPED).await.unwrap()
}

#[tokio::test]
async fn a_reopened_store_has_everything_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    for start in [0, 100] {
        let store = open(&path).await;
        for number in start..start + 100 {
            assert!(matches!(
                store.apply(make_run(number)).await,
                Ok(Applied::Run { is_new: true, .. })
            ));
        }
        // The first time it is closed, the second time only dropped.
        if start == 0 {
            store.close().await;
        }
    }
    let store = open(&path).await;
    assert_eq!(store.runs(None, 1000).await.unwrap().len(), 200);
    assert_eq!(store.damage().await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_killed_process_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let mut child = Process::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "writes_until_it_is_killed",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(DATABASE, &path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = 0;
    for line in lines {
        if line.unwrap().starts_with("acknowledged ") {
            acknowledged += 1;
        }
        if acknowledged == 200 {
            child.kill().unwrap();
            break;
        }
    }
    child.wait().unwrap();
    assert_eq!(acknowledged, 200);
    let store = open(&path).await;
    for number in 0..acknowledged {
        let run = format!("r{number}").as_str().into();
        assert!(
            store.run(&run).await.unwrap().is_some(),
            "r{number} was acknowledged"
        );
    }
    assert_eq!(store.damage().await, Ok(Vec::new()));
}

#[tokio::test]
#[ignore = "the child of the test above"]
#[expect(
    clippy::disallowed_methods,
    reason = "how the parent tells its child which database to use"
)]
async fn writes_until_it_is_killed() {
    let Some(path) = std::env::var_os(DATABASE) else {
        return;
    };
    let store = open(Path::new(&path)).await;
    for number in 0..1_000_000 {
        store.apply(make_run(number)).await.unwrap();
        println!("acknowledged {number}");
    }
}

#[tokio::test]
async fn a_backup_is_a_whole_store_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("store.db")).await;
    store.apply(make_run(1)).await.unwrap();
    let copy = folder.path().join("it's a copy.db");
    store.backup(&copy).await.unwrap();
    store.apply(make_run(2)).await.unwrap();
    assert!(matches!(
        store.backup(&copy).await,
        Err(StoreError::Database { .. })
    ));
    let restored = open(&copy).await;
    assert_eq!(restored.runs(None, 10).await.unwrap().len(), 1);
    assert_eq!(restored.damage().await, Ok(Vec::new()));
    restored.apply(make_run(2)).await.unwrap();
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    open(&path).await.close().await;
    // The schema's version is the big-endian number at byte 60 of the file.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[60..64].copy_from_slice(&1000_u32.to_be_bytes());
    std::fs::write(&path, &bytes).unwrap();
    let refused = SqliteStore::open(&path, Options::SHIPPED).await.map(|_| ());
    assert!(
        matches!(refused, Err(StoreError::Newer { found: 1000, .. })),
        "{refused:?}"
    );
    assert!(
        std::fs::read(&path).unwrap() == bytes,
        "not a byte of it is changed"
    );
}
