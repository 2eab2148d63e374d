//! Many runs of one daemon that ask at once, and a limit with room for few of them.

use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::rig::{Desk, list, word};
use crate::served::Served;
use crate::stub::Stub;

/// Runs, each of which asks one question of the model that costs money.
const RUNS: usize = 64;
/// Calls for which there is money.
const FITTING: i64 = 10;

/// A feed of one post, so that every run asks the same.
fn feed() -> Served {
    let at = (Timestamp::now() - SignedDuration::from_hours(1)).strftime("%a, %d %b %Y %H:%M:%S +0000");
    let body = format!(
        "<rss version=\"2.0\"><channel><title>Local</title><item><title>Cloud region opens in Oslo</title>\
         <link>http://posts.invalid/1</link><guid>1</guid><pubDate>{at}</pubDate><description>Nimbus opened a new cloud \
         region in Oslo with three zones. The company invested 400 million euros. Customers can start instances \
         today.</description></item></channel></rss>"
    );
    let feed = move || async move { ([(CONTENT_TYPE, "application/rss+xml")], body) };
    Served::start(Router::new().route("/feed.xml", get(feed)))
}

/// Takes notes and counts no tokens, so that each call is booked at its whole reserve.
fn uncounting() -> Stub {
    let message = json!({ "role": "assistant", "content": json!({ "notes": [] }).to_string() });
    let reply = json!({ "choices": [{ "index": 0, "finish_reason": "stop", "message": message }] });
    Stub::scripted(
        Duration::from_secs(2),
        Box::new(move |_| Some((200, reply.clone()))),
    )
}

fn desk(feed: &Served, stub: &Stub, day: &str) -> Desk {
    let desk = Desk::new();
    desk.allow(&[&feed.address.to_string()]);
    desk.add_feed(&format!("http://{}/feed.xml", feed.address), "Local");
    let model = format!(
        "[models.large]\nbase_url = \"http://{}/v1\"\nmodel = \"stub-1\"\nprice_in = \"$1.00/Mtok\"\nprice_out = \"$1.00/Mtok\"\n",
        stub.host()
    );
    desk.replace("config.toml", "[models]\n", &format!("{model}\n"));
    let routes = "default = [\"embedded\"]";
    desk.replace(
        "config.toml",
        routes,
        &format!("{routes}\ntake_notes = [\"large\"]"),
    );
    desk.replace("config.toml", "day = \"$5.00\"", &format!("day = \"{day}\""));
    desk
}

/// Calls and money that are booked for taking notes.
fn booked(desk: &Desk) -> (i64, i64) {
    let rows = desk.json(0, &["spend", "--by", "task"]);
    let row = rows
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["task"] == "take_notes");
    let number = |field: &str| row.map_or(0, |row| row[field].as_i64().unwrap());
    (number("calls"), number("spend_microusd"))
}

#[test]
fn of_sixty_four_runs_that_ask_at_once_exactly_those_calls_are_made_that_fit_the_day() {
    let (feed, stub) = (feed(), uncounting());
    let rich = desk(&feed, &stub, "$5.00");
    rich.json(4, &["run", "daily"]);
    let (calls, reserve) = booked(&rich);
    assert_eq!((calls, stub.calls().len()), (1, 1), "one question a run");
    stub.clear();

    let limit = FITTING * reserve + reserve / 2;
    let day = format!("${}.{:06}", limit / 1_000_000, limit % 1_000_000);
    let poor = desk(&feed, &stub, &day);
    let daemon = Daemon::start(&poor);
    let token = Daemon::token(&poor);
    let token = Some(token.as_str());
    let start = json!({ "pipeline": "daily" });
    let runs: Vec<String> = (0..RUNS)
        .map(|_| word(&daemon.ask("POST", "/api/runs", token, &start).1, "run").to_owned())
        .collect();
    let waits: Vec<Value> = runs
        .iter()
        .map(|run| {
            let path = format!("/api/runs/{run}?wait=waiting&timeout_s=60");
            daemon.ask("GET", &path, token, &Value::Null).1
        })
        .collect();
    let waiting = |what: &str| {
        waits
            .iter()
            .filter(|run| list(run, "waiting_for").contains(&json!(what)))
            .count()
    };
    // The number of a run's seed makes a request some bytes longer or shorter.
    let (calls, spend) = booked(&poor);
    assert_eq!(calls, FITTING);
    assert!(
        spend <= limit && spend + reserve > limit + 100,
        "{spend} of {limit}"
    );
    assert_eq!(stub.calls().len(), 10, "no call starts that does not fit");
    assert_eq!((waiting("approval"), waiting("budget")), (10, RUNS - 10));
    daemon.stop();
}
