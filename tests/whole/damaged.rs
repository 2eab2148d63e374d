//! Folders that something happened to: a page of the database that is overwritten, files that cannot be written, a lease
//! that another worker took. A clear error with the next step, and nothing stored is lost.

use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use copydesk_domain::{ContentHash, Instant, RunId};
use copydesk_store::{Applied, Command, RunParams, Store};
use copydesk_store_sqlite::{Options, SqliteStore};

use crate::disk::one_file;
use crate::disk::small::SmallDisk;
use crate::feed_house::FeedHouse;
use crate::rig::{Desk, text, word};
use crate::stub::Stub;

const NOW: &str = "2026-08-20T23:00:00Z";
const RUN: [&str; 4] = ["run", "daily", "--now", NOW];
/// How SQLite lays its files out.
const PAGE: usize = 4096;

fn database(desk: &Desk) -> PathBuf {
    desk.dir().join("data/copydesk.db")
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(work)
}

/// A run up to the author's gate, with everything in the one file of the database.
fn reviewed(feeds: &FeedHouse, desk: &Desk) -> String {
    let run = word(&desk.json(4, &RUN), "run").to_owned();
    assert!(feeds.asked() > 0);
    one_file(desk);
    run
}

#[test]
fn a_corrupted_page_is_named_and_nothing_is_written() {
    let feeds = FeedHouse::serve(NOW.parse().unwrap());
    let desk = feeds.desk();
    let run = reviewed(&feeds, &desk);
    let file = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(database(&desk))
        .unwrap();
    let whole = std::fs::read(database(&desk)).unwrap();
    assert!(whole.len() > 20 * PAGE);
    // Every page but the first, which says that this is a database and which schema it has.
    for page in 1..whole.len() / PAGE {
        file.write_all_at(&[0xA5; 64], u64::try_from(page * PAGE).unwrap())
            .unwrap();
    }
    let before = std::fs::read(database(&desk)).unwrap();
    for arguments in [&["show", &run][..], &["runs"], &RUN, &["daemon"]] {
        let failure = desk.failure(3, arguments);
        println!("{arguments:?}: {failure}");
        assert_eq!(failure["code"], "CD017", "{failure}");
        assert!(
            word(&failure, "error").contains("copydesk.db"),
            "it names the file: {failure}"
        );
        assert!(word(&failure, "hint").contains("backup"), "{failure}");
    }
    assert!(
        std::fs::read(database(&desk)).unwrap() == before,
        "what can still be read stays as it is"
    );
    // With the pages back, the run is where it was.
    file.write_all_at(&whole, 0).unwrap();
    assert_eq!(desk.json(0, &["show", &run])["issue"], "reviewed");
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let feeds = FeedHouse::serve(NOW.parse().unwrap());
    let desk = feeds.desk();
    reviewed(&feeds, &desk);
    std::fs::write(database(&desk), "This was a database. ".repeat(1000)).unwrap();
    for arguments in [&["runs"][..], &RUN, &["daemon"]] {
        let failure = desk.failure(3, arguments);
        assert_eq!(failure["code"], "CD017", "{failure}");
    }
    assert!(
        std::fs::read(database(&desk)).unwrap().starts_with(b"This was"),
        "it is left as it is"
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let test = "a_folder_that_cannot_be_written_is_named";
    let Some(small) = SmallDisk::mount(test, 32) else {
        return;
    };
    let feeds = FeedHouse::serve(NOW.parse().unwrap());
    let desk = feeds.desk_below(small.path());
    reviewed(&feeds, &desk);
    small.forbid_writing();
    for arguments in [&["runs"][..], &RUN, &["daemon"], &["note", "Keep this."]] {
        let failure = desk.failure(3, arguments);
        println!("{arguments:?}: {failure}");
        assert_eq!(failure["code"], "CD010", "{failure}");
        assert!(
            word(&failure, "error").contains(desk.dir().to_str().unwrap()),
            "it names the place: {failure}"
        );
        assert!(word(&failure, "hint").contains("permissions"), "{failure}");
    }
    let sound = text(&desk.run(&["check"]).stdout);
    println!("check reads without writing: {sound}");
}

#[test]
fn a_run_whose_release_cannot_be_read_hides_no_other() {
    let desk = Desk::new();
    let run = word(&desk.evening(), "run").to_owned();
    block_on(async {
        let store = SqliteStore::open(&database(&desk), Options::SHIPPED)
            .await
            .unwrap();
        let at = Instant::from_timestamp(jiff::Timestamp::now());
        let body = b"{\"of\":\"a newer version\"}".to_vec();
        let release = ContentHash::of(&body);
        store.apply(Command::PutRelease { body, at }).await.unwrap();
        let params = RunParams {
            id: RunId::new("daily-newer"),
            pipeline: "daily".into(),
            slot: None,
            parent: None,
            release,
            fixed_now: None,
            seed: 1,
            is_scheduled: true,
            at,
        };
        store.apply(Command::CreateRun(params)).await.unwrap();
        store.close().await;
    });
    let runs = desk.json(0, &["runs"]);
    let rows: Vec<(&str, &str)> = runs
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (word(row, "run"), word(row, "state")))
        .collect();
    assert_eq!(rows, [("daily-newer", "queued"), (run.as_str(), "waiting")]);
    assert!(word(&runs[0], "reason").contains("cannot be read"), "{runs}");
    let told = text(&desk.run(&["runs"]).stdout);
    assert!(told.contains("cannot be read"), "{told}");
    let waiting = desk.json(0, &["waiting"]);
    assert_eq!(waiting[0]["run"], run.as_str(), "{waiting}");
}

/// A worker that stalled and comes back finds that another one has its run: it changes nothing more.
#[test]
fn a_worker_that_lost_its_lease_changes_nothing() {
    let feeds = FeedHouse::serve(NOW.parse().unwrap());
    let (asked, is_asked) = channel();
    let (go_on, may_go_on) = channel();
    let gate = Mutex::new((0, asked, may_go_on));
    let script = move |_: &str| {
        let mut gate = gate.lock().unwrap();
        gate.0 += 1;
        // The eighth answer comes once the lease is somebody else's.
        if gate.0 == 8 {
            gate.1.send(()).unwrap();
            gate.2.recv_timeout(Duration::from_mins(1)).unwrap();
        }
        None
    };
    let stub = Stub::scripted(Duration::ZERO, Box::new(script));
    let desk = Arc::new(feeds.desk());
    stub.answers_for(&desk);
    let stalled = {
        let desk = Arc::clone(&desk);
        std::thread::spawn(move || desk.failure(3, &RUN))
    };
    is_asked.recv_timeout(Duration::from_mins(1)).unwrap();
    let (run, steps) = take_over(&desk);
    go_on.send(()).unwrap();
    let failure = stalled.join().unwrap();
    println!("{failure}");
    assert_eq!(failure["code"], "CD003", "{failure}");
    assert!(word(&failure, "error").contains("lease"), "{failure}");
    assert_eq!(
        steps_of(&desk, &run),
        steps,
        "the stalled worker wrote nothing more"
    );
    let done = desk.json(4, &RUN);
    assert_eq!(
        (word(&done, "run"), &done["issue"]),
        (run.as_str(), &"reviewed".into()),
        "{done}"
    );
}

/// Takes the lease of the only run, as the process that owns the folder after a crash does. The run and its steps then.
fn take_over(desk: &Desk) -> (String, usize) {
    block_on(async {
        let store = SqliteStore::open(&database(desk), Options::SHIPPED)
            .await
            .unwrap();
        let run = store.runs(None, 1).await.unwrap().remove(0).id;
        let now = Instant::from_timestamp(jiff::Timestamp::now());
        let lease = Command::LeaseRun {
            run: run.clone(),
            owner: "owner of the folder".to_owned(),
            now,
            until: now.plus(jiff::SignedDuration::from_mins(1)),
        };
        assert!(matches!(store.apply(lease).await, Ok(Applied::Leased(_))));
        let steps = store.steps(&run, 0).await.unwrap().len();
        (run.to_string(), steps)
    })
}

fn steps_of(desk: &Desk, run: &str) -> usize {
    block_on(async {
        let store = SqliteStore::open(&database(desk), Options::SHIPPED)
            .await
            .unwrap();
        store.steps(&RunId::new(run), 0).await.unwrap().len()
    })
}
