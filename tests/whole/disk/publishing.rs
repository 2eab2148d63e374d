//! A disk that is full just when an issue goes out: readers get it once, and its receipt is kept.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::small::{SmallDisk, fill};
use super::{RUN, is_sound};
use crate::feed_house::FeedHouse;
use crate::rig::{Desk, json_file, list, word};
use crate::served::Served;

/// What a receiver got, and what it does first.
#[derive(Default)]
struct Shelf {
    /// The key of each call.
    taken: Mutex<Vec<String>>,
    /// The key of each look.
    looks: Mutex<Vec<String>>,
    /// Filled when the first issue was taken, before the answer.
    ballast: Mutex<Option<PathBuf>>,
}

fn receiver(shelf: &Arc<Shelf>) -> Served {
    let router = Router::new()
        .route("/issues", post(take))
        .route("/issues/{key}", get(look))
        .with_state(Arc::clone(shelf));
    Served::start(router)
}

async fn take(State(shelf): State<Arc<Shelf>>, head: HeaderMap) -> (StatusCode, Json<Value>) {
    let key = head["idempotency-key"].to_str().unwrap().to_owned();
    let answer = json!({ "url": format!("http://news.invalid/{key}") });
    shelf.taken.lock().unwrap().push(key);
    if let Some(ballast) = shelf.ballast.lock().unwrap().take() {
        fill(&ballast);
    }
    (StatusCode::CREATED, Json(answer))
}

async fn look(State(shelf): State<Arc<Shelf>>, Path(key): Path<String>) -> StatusCode {
    let is_there = shelf.taken.lock().unwrap().contains(&key);
    shelf.looks.lock().unwrap().push(key);
    if is_there {
        StatusCode::OK
    } else {
        StatusCode::NOT_FOUND
    }
}

/// The one receipt of a run.
fn receipt(desk: &Desk, run: &str) -> Value {
    assert_eq!(desk.json(0, &["show", run])["issue"], "published");
    let elsewhere = tempfile::tempdir().unwrap();
    let to = elsewhere.path().join("export");
    desk.json(0, &["export", run, "--to", to.to_str().unwrap()]);
    let receipts = json_file(&to.join("receipts.json"));
    assert_eq!(receipts.as_array().unwrap().len(), 1, "{receipts}");
    receipts[0].clone()
}

#[test]
fn a_disk_that_fills_up_before_the_receipt_is_stored_costs_no_second_issue() {
    let test = "a_disk_that_fills_up_before_the_receipt_is_stored_costs_no_second_issue";
    let Some(small) = SmallDisk::mount(test, 16) else {
        return;
    };
    let feeds = FeedHouse::serve(super::NOW.parse().unwrap());
    let desk = feeds.desk_below(small.path());
    let shelf = Arc::new(Shelf::default());
    let server = receiver(&shelf);
    let url = format!("http://{}/issues", server.address);
    desk.replace(
        "pipelines/daily.toml",
        "[channels.site]\ndir = \"site\"\n",
        &format!(
            "[channels.cms]\nurl = \"{url}\"\nafter_doubt = \"look_up\"\nlook_up_url = \"{url}/{{key}}\"\n"
        ),
    );
    let run = desk.json(4, &RUN);
    let id = word(&run, "run");
    *shelf.ballast.lock().unwrap() = Some(small.ballast());
    let failure = desk.failure(3, &["approve", id, "--wait"]);
    assert_eq!(failure["code"], "CD005", "{failure}");
    assert!(shelf.ballast.lock().unwrap().is_none(), "the disk was filled up");
    assert_eq!(shelf.taken.lock().unwrap().len(), 1, "readers have it");
    let shown = desk.json(0, &["show", id]);
    assert_eq!(shown["issue"], "approved", "nothing says that it is out: {shown}");

    small.free();
    is_sound(&desk);
    desk.json(0, &RUN);
    let receipt = receipt(&desk, id);
    let (taken, looks) = (shelf.taken.lock().unwrap(), shelf.looks.lock().unwrap());
    assert_eq!(*taken, [word(&receipt, "key")], "called once, by one key");
    assert_eq!(looks.first(), taken.first(), "it looked before it said so");
    is_sound(&desk);
}

#[test]
fn a_disk_that_is_full_while_the_site_is_written_publishes_once_there_is_room() {
    let test = "a_disk_that_is_full_while_the_site_is_written_publishes_once_there_is_room";
    let Some(small) = SmallDisk::mount(test, 8) else {
        return;
    };
    let feeds = FeedHouse::serve(super::NOW.parse().unwrap());
    // The database has room: only the site is on the full disk.
    let desk = feeds.desk();
    std::os::unix::fs::symlink(small.path(), desk.dir().join("site")).unwrap();
    let run = desk.json(4, &RUN);
    let id = word(&run, "run");
    fill(&small.ballast());
    let output = desk.run(&["approve", id, "--wait"]);
    let shown = desk.json(0, &["show", id]);
    let publish = list(&shown, "stages")
        .iter()
        .find(|stage| stage["stage"] == "publish");
    let publish = publish.expect("it was tried");
    assert_eq!(
        (&publish["state"], &shown["issue"]),
        (&json!("failed"), &json!("approved")),
        "{shown}"
    );
    assert!(word(publish, "reason").contains("No space left"), "{publish}");
    assert_ne!(output.status.code(), Some(0));
    let files: Vec<String> = super::files_below(small.path());
    assert_eq!(files, ["ballast"], "no half of a page is left");

    small.free();
    desk.json(0, &["retry", id]);
    desk.json(0, &RUN);
    let receipt = receipt(&desk, id);
    assert!(word(&receipt, "key").len() > 8, "{receipt}");
    assert_eq!(desk.read("site/feed.xml").matches("<entry>").count(), 1);
    is_sound(&desk);
}
