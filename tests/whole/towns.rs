//! A house whose feed has one very long post and many short ones, each with a page of its own.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};

use crate::rig::{Desk, EVENING};
use crate::served::Served;

/// Posts of the feed beside the long one.
pub const SHORT_POSTS: usize = 70;

/// A feed with one very long post and many short ones, and their pages.
pub struct House {
    server: Served,
    opened: Arc<Mutex<BTreeSet<String>>>,
}

impl House {
    /// Serves it until dropped.
    pub fn serve() -> Self {
        let opened = Arc::new(Mutex::new(BTreeSet::new()));
        let router = Router::new()
            .route("/feed.xml", axum::routing::get(feed))
            .route("/security.xml", axum::routing::get(security))
            .route("/post/{name}", axum::routing::get(page))
            .with_state(Arc::clone(&opened));
        Self {
            server: Served::start(router),
            opened,
        }
    }

    /// A folder with this feed alone.
    pub fn desk(&self) -> Desk {
        let desk = Desk::new();
        let host = self.server.address.to_string();
        desk.allow(&[&host]);
        desk.add_feed(&format!("http://{host}/feed.xml"), "The house");
        std::fs::remove_file(desk.dir().join("pipelines/weekly.toml")).unwrap();
        desk
    }

    /// The address of a second feed, of two other posts.
    pub fn second_feed(&self) -> String {
        format!("http://{}/security.xml", self.server.address)
    }

    /// Forgets which pages were opened.
    pub fn forget(&self) {
        self.opened.lock().unwrap().clear();
    }

    /// Pages that were opened so far.
    pub fn opened(&self) -> usize {
        self.opened.lock().unwrap().len()
    }
}

/// The short posts have only a teaser in the feed, so that a post that is read has its page opened.
async fn feed(request: Request) -> ([(&'static str, &'static str); 1], String) {
    let host = request.headers()["host"].to_str().unwrap().to_owned();
    let now: Timestamp = EVENING.parse().unwrap();
    let at = |minutes: usize| {
        let minutes = i64::try_from(minutes).unwrap();
        (now - SignedDuration::from_mins(minutes)).strftime("%a, %d %b %Y %H:%M:%S +0000")
    };
    let mut items = format!(
        "<item><title>Harbour registry 4 signs every package</title><link>http://{host}/post/long</link><guid>long</guid>\
         <pubDate>{}</pubDate><description>The harbour registry is out.</description></item>",
        at(1)
    );
    for number in 0..SHORT_POSTS {
        let _ = write!(
            items,
            "<item><title>{}</title><link>http://{host}/post/{number}</link><guid>{number}</guid><pubDate>{}</pubDate>\
             <description>A short note.</description></item>",
            title(number),
            at(10 + number)
        );
    }
    let body = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>The house</title><link>http://{host}/</link>\
         <description>Posts</description>{items}</channel></rss>"
    );
    ([("content-type", "application/rss+xml")], body)
}

/// A feed of another beat, with two posts.
async fn security(request: Request) -> ([(&'static str, &'static str); 1], String) {
    let host = request.headers()["host"].to_str().unwrap().to_owned();
    let now: Timestamp = EVENING.parse().unwrap();
    let at = (now - SignedDuration::from_hours(2)).strftime("%a, %d %b %Y %H:%M:%S +0000");
    let item = |number: usize| {
        format!(
            "<item><title>{}</title><link>http://{host}/post/{number}</link><guid>{number}</guid><pubDate>{at}</pubDate>\
             <description>A short note.</description></item>",
            title(number)
        )
    };
    let body = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>The tower</title><link>http://{host}/</link>\
         <description>Posts</description>{}{}</channel></rss>",
        item(SHORT_POSTS),
        item(SHORT_POSTS + 1)
    );
    ([("content-type", "application/rss+xml")], body)
}

const TOWNS: [&str; 10] = [
    "Oslo", "Lyon", "Porto", "Turku", "Graz", "Ghent", "Bergen", "Vilnius", "Split", "Cork",
];
const THINGS: [&str; 8] = [
    "brewery", "bakery", "library", "tramway", "orchard", "foundry", "aquarium", "theatre",
];

fn title(number: usize) -> String {
    if number % 10 == 9 {
        return format!("Meetup number {number} of the {} circle", TOWNS[number / 10]);
    }
    format!(
        "{} opens a {} with {} halls",
        TOWNS[number % 10],
        THINGS[number / 10],
        number + 3
    )
}

async fn page(State(opened): State<Arc<Mutex<BTreeSet<String>>>>, Path(name): Path<String>) -> Response {
    opened.lock().unwrap().insert(name.clone());
    let text = match name.parse::<usize>() {
        Ok(number) => format!(
            "<p>The town of {} opened its {} on Thursday. It has {} halls and cost {} million euros.</p><p>Visitors can \
             enter from nine to five. The mayor of the town said that the work took three years.</p>",
            TOWNS[number % 10],
            THINGS[number / 10],
            number + 3,
            2 * number + 5
        ),
        Err(_) => long_text(),
    };
    let title = name
        .parse::<usize>()
        .map_or_else(|_| "Harbour registry 4 signs every package".to_owned(), title);
    let body = format!(
        "<!doctype html><html><head><title>{title}</title></head><body><article><h1>{title}</h1>{text}</article></body></html>"
    );
    let response = Response::builder().header("content-type", "text/html; charset=utf-8");
    response.body(Body::from(body)).unwrap()
}

/// 60 KB: news at its head, then paragraph upon paragraph about every part.
fn long_text() -> String {
    let mut text =
        "<p>The harbour registry released version 4 on 20 August 2026 and now signs every package that it \
                    serves. Operators of mirrors have to rotate their keys before 1 September.</p>"
            .to_owned();
    for part in 0..220 {
        let _ = write!(
            text,
            "<p>Part {part} of the registry keeps an index of its own, which was written anew in the spring of this year \
             by {} people. Its lock has been divided so that readers no longer wait for writers, and a test of the team \
             shows {} requests in each second on one machine with {} cores.</p>",
            part % 7 + 2,
            part * 37 + 900,
            part % 5 + 4
        );
    }
    text
}
