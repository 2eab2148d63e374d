//! File systems of 8, 16 and 32 MiB that are filled up while a run works.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::small::{SmallDisk, fill};
use super::{Golden, RUN, is_sound, nothing_is_half_stored, one_file};
use crate::feed_house::FeedHouse;
use crate::rig::{Desk, http_get, text, word};
use crate::service::{Service, token};
use crate::stub::Stub;

/// Size of the file system in MiB, and the call of a model at which it is filled up.
const DISKS: [(u32, usize); 3] = [(8, 2), (16, 8), (32, 14)];

/// A stub that fills a disk at a call.
struct Filler {
    stub: Stub,
    target: Arc<Mutex<Option<(usize, PathBuf)>>>,
    calls: Arc<AtomicUsize>,
}

impl Filler {
    fn new() -> Self {
        let target: Arc<Mutex<Option<(usize, PathBuf)>>> = Arc::default();
        let calls = Arc::new(AtomicUsize::new(0));
        let (aim, count) = (Arc::clone(&target), Arc::clone(&calls));
        let script = move |_: &str| {
            let call = 1 + count.fetch_add(1, Ordering::SeqCst);
            let mut aim = aim.lock().unwrap();
            if let Some((_, ballast)) = aim.take_if(|(at, _)| *at == call) {
                fill(&ballast);
            }
            None
        };
        Self {
            stub: Stub::scripted(Duration::ZERO, Box::new(script)),
            target,
            calls,
        }
    }

    fn fill_at(&self, call: usize, small: &SmallDisk) {
        self.calls.store(0, Ordering::SeqCst);
        *self.target.lock().unwrap() = Some((call, small.ballast()));
    }

    fn has_filled(&self) -> bool {
        self.target.lock().unwrap().is_none()
    }
}

fn desk(feeds: &FeedHouse, filler: &Filler, small: &SmallDisk) -> Desk {
    let desk = feeds.desk_below(small.path());
    filler.stub.answers_for(&desk);
    filler.stub.clear();
    desk
}

#[test]
fn a_disk_that_fills_up_stops_the_run_and_nothing_else() {
    let test = "a_disk_that_fills_up_stops_the_run_and_nothing_else";
    let feeds = FeedHouse::serve(super::NOW.parse().unwrap());
    let filler = Filler::new();
    let elsewhere = feeds.desk();
    filler.stub.answers_for(&elsewhere);
    let golden = Golden::of(&elsewhere, &filler.stub);
    for (size, call) in DISKS {
        let Some(small) = SmallDisk::mount(test, size) else {
            return;
        };
        let desk = desk(&feeds, &filler, &small);
        filler.fill_at(call, &small);
        let failure = desk.failure(3, &RUN);
        println!("{size} MiB, full at call {call}: {failure}");
        assert!(filler.has_filled(), "the disk was filled up");
        assert_eq!(failure["code"], "CD005", "{failure}");
        assert!(
            word(&failure, "error").contains("copydesk.db"),
            "it names the place: {failure}"
        );
        assert!(word(&failure, "hint").contains("free some space"), "{failure}");
        let before = filler.stub.calls().len();
        reading_works(&desk);
        small.free();
        is_sound(&desk);
        golden.goes_on(&desk, &filler.stub, before);
    }
}

/// On the full disk.
fn reading_works(desk: &Desk) {
    let runs = desk.json(0, &["runs"]);
    let run = word(&runs[0], "run");
    nothing_is_half_stored(desk, &desk.json(0, &["show", run]));
    desk.json(0, &["logs", run]);
    desk.json(0, &["waiting"]);
    desk.json(0, &["schedule"]);
}

#[test]
fn a_full_disk_can_be_read_where_the_index_is_gone_too() {
    let test = "a_full_disk_can_be_read_where_the_index_is_gone_too";
    let Some(small) = SmallDisk::mount(test, 8) else {
        return;
    };
    let feeds = FeedHouse::serve(super::NOW.parse().unwrap());
    let filler = Filler::new();
    let desk = desk(&feeds, &filler, &small);
    desk.json(4, &RUN);
    one_file(&desk);
    std::fs::remove_file(desk.dir().join("data/lock")).unwrap();
    fill(&small.ballast());
    reading_works(&desk);
    // Reading took the room that is kept for it; what is left of that is taken too.
    fill(&small.path().join("more"));
    let failure = desk.failure(3, &["note", "This does not fit any more."]);
    assert_eq!(failure["code"], "CD005", "{failure}");
    assert_eq!(
        std::fs::read_dir(desk.dir().join("notes")).unwrap().count(),
        0,
        "no half of a note is left"
    );
}

#[test]
fn a_daemon_on_a_full_disk_says_so_and_goes_on_by_itself() {
    let test = "a_daemon_on_a_full_disk_says_so_and_goes_on_by_itself";
    let Some(small) = SmallDisk::mount(test, 16) else {
        return;
    };
    let feeds = FeedHouse::serve(jiff::Timestamp::now());
    let filler = Filler::new();
    let desk = desk(&feeds, &filler, &small);
    feeds.hears_of(&desk);
    desk.replace("pipelines/daily.toml", "schedule = ", "# schedule = ");
    let service = Service::start(&desk, &[], &[], &[]);
    let token = token(&desk, &[]);
    filler.fill_at(8, &small);
    let started = service.ask("POST", "/api/runs", &token, &json!({ "pipeline": "daily" }));
    let run = word(&started, "run");
    let alarm = service.wait_for("an alarm", || {
        let mut alarms = feeds.alarms().into_iter();
        alarms.find(|alarm| word(alarm, "message").contains("full"))
    });
    assert!(filler.has_filled(), "the disk was filled up");
    assert_eq!(
        (word(&alarm, "kind"), word(&alarm, "run")),
        ("failed", run),
        "{alarm}"
    );
    assert!(
        word(&alarm, "message").contains("copydesk.db"),
        "it names the place: {alarm}"
    );
    assert!(
        service.said().contains("is full"),
        "the log says so too: {}",
        service.said()
    );
    // Reading goes on meanwhile.
    let shown = service.ask("GET", &format!("/api/runs/{run}"), &token, &Value::Null);
    nothing_is_half_stored(&desk, &shown);
    assert_eq!(text(&http_get(&service.host, "/healthz")), "ok\n");
    desk.json(0, &["logs", run]);
    small.free();
    service.wait_for("the run goes on", || {
        let shown = service.ask("GET", &format!("/api/runs/{run}"), &token, &Value::Null);
        (shown["waiting_for"] == json!(["approval"])).then_some(())
    });
    let again = filler.stub.calls().len() - filler.stub.by_question().len();
    assert!(
        again <= super::CALLS_AT_ONCE,
        "{again} questions are asked again, and only those under way may be"
    );
    let told = feeds
        .alarms()
        .into_iter()
        .filter(|alarm| word(alarm, "message").contains("full"));
    assert_eq!(told.count(), 1, "it is told once");
    service.stop();
    is_sound(&desk);
}
