//! A feed of three short posts, for tests that need a whole day and little to read.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::rig::Desk;
use crate::served::Served;

/// Title and text of each post.
const POSTS: [(&str, &str); 3] = [
    (
        "Rust 1.98 is out",
        "The Rust team released version 1.98.0 on 20 August 2026. The release stabilises 14 library functions and speeds up \
         incremental builds by 12 percent. Users can update with rustup. The next version follows in six weeks.",
    ),
    (
        "Cloud region opens in Oslo",
        "Nimbus opened a new cloud region in Oslo with three zones. The company invested 400 million euros. Customers can \
         start instances today. Prices match those of Frankfurt.",
    ),
    (
        "Attack on npm packages",
        "Attackers published 18 malicious npm packages that steal tokens. Researchers at Hawk found them on Thursday. The \
         registry removed all of them within four hours. Users should rotate their keys.",
    ),
];

struct Shared {
    now: Mutex<Timestamp>,
    is_down: Mutex<bool>,
    asked: Mutex<usize>,
    alarms: Mutex<Vec<Value>>,
    pings: Mutex<Vec<String>>,
}

/// A running server of the feed; it ends with the test.
pub struct FeedHouse {
    shared: Arc<Shared>,
    server: Served,
}

impl FeedHouse {
    /// Serves posts of the hours before `now`.
    pub fn serve(now: Timestamp) -> Self {
        let shared = Arc::new(Shared {
            now: Mutex::new(now),
            is_down: Mutex::new(false),
            asked: Mutex::new(0),
            alarms: Mutex::new(Vec::new()),
            pings: Mutex::new(Vec::new()),
        });
        let router = Router::new()
            .route("/feed.xml", get(feed))
            .route("/alarms", post(alarm))
            .route("/ping/{*what}", any(ping))
            .with_state(Arc::clone(&shared));
        let server = Served::start(router);
        Self { shared, server }
    }

    /// Moves the posts to the hours before `now`.
    pub fn move_to(&self, now: Timestamp) {
        *self.shared.now.lock().unwrap() = now;
    }

    /// Has the feed answer 503 from now on, or as ever.
    pub fn is_down(&self, is_down: bool) {
        *self.shared.is_down.lock().unwrap() = is_down;
    }

    /// How often the feed was asked for so far.
    pub fn asked(&self) -> usize {
        *self.shared.asked.lock().unwrap()
    }

    /// Has the alarms of a folder posted here.
    pub fn hears_of(&self, desk: &Desk) {
        let webhook = format!("webhook = \"http://{}/alarms\"", self.server.address);
        desk.replace("config.toml", "[alarms]\n", &format!("[alarms]\n{webhook}\n"));
    }

    /// Has the pings of a folder sent here.
    pub fn is_pinged_by(&self, desk: &Desk) {
        let ping = format!("ping = \"http://{}/ping/daily\"", self.server.address);
        desk.replace("config.toml", "[alarms]\n", &format!("[alarms]\n{ping}\n"));
    }

    /// The pings so far, such as `daily/start`.
    pub fn pings(&self) -> Vec<String> {
        self.shared.pings.lock().unwrap().clone()
    }

    /// The alarms so far.
    pub fn alarms(&self) -> Vec<Value> {
        self.shared.alarms.lock().unwrap().clone()
    }

    /// A folder with this feed alone, whose approved issues go out at once.
    pub fn desk(&self) -> Desk {
        self.desk_below(&std::env::temp_dir())
    }

    /// The same, in a folder of `parent`.
    pub fn desk_below(&self, parent: &Path) -> Desk {
        let desk = Desk::below(parent);
        desk.allow(&[&self.server.address.to_string()]);
        desk.replace("config.toml", "hold = \"10m\"", "hold = \"0s\"");
        desk.add_feed(&format!("http://{}/feed.xml", self.server.address), "Local");
        std::fs::remove_file(desk.dir().join("pipelines/weekly.toml")).unwrap();
        desk
    }
}

async fn ping(State(shared): State<Arc<Shared>>, axum::extract::Path(what): axum::extract::Path<String>) {
    shared.pings.lock().unwrap().push(what);
}

async fn alarm(State(shared): State<Arc<Shared>>, Json(alarm): Json<Value>) {
    shared.alarms.lock().unwrap().push(alarm);
}

type Answer = ([(HeaderName, &'static str); 1], String);

async fn feed(State(shared): State<Arc<Shared>>) -> Result<Answer, StatusCode> {
    *shared.asked.lock().unwrap() += 1;
    if *shared.is_down.lock().unwrap() {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    let now = *shared.now.lock().unwrap();
    let mut items = String::new();
    for (number, (title, text)) in (1_i64..).zip(POSTS) {
        let at = (now - SignedDuration::from_hours(number)).strftime("%a, %d %b %Y %H:%M:%S +0000");
        let _ = write!(
            items,
            "<item><title>{title}</title><link>http://posts.invalid/{day}/{number}</link><guid>{day}-{number}</guid>\
             <pubDate>{at}</pubDate><description>{text}</description></item>",
            day = now.strftime("%F")
        );
    }
    let body = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Local</title><link>http://posts.invalid/</link>\
         <description>Posts</description>{items}</channel></rss>"
    );
    Ok(([(CONTENT_TYPE, "application/rss+xml")], body))
}
