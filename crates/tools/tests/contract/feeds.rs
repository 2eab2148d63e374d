//! `feeds` against the corpus.

use std::collections::BTreeMap;

use copydesk_domain::Clock as _;
use copydesk_journal::FeedHistory as _;
use copydesk_tools::FeedMemory;
use serde_json::{Value, json};

use crate::support::{Corpus, House, house, shared_folder};

fn start(test: &str) -> Option<(Corpus, House)> {
    let corpus = Corpus::start(test, &["--now", "2026-08-20T23:00:00Z"])?;
    let house = house(BTreeMap::new(), &[corpus.host()]);
    Some((corpus, house))
}

impl House {
    async fn poll(&self, corpus: &Corpus, path: &str) -> Value {
        self.value("feeds/poll", json!({"url": format!("{}{path}", corpus.base)}))
            .await
    }

    async fn poll_fault(&self, corpus: &Corpus, path: &str) -> String {
        self.why("feeds/poll", json!({"url": format!("{}{path}", corpus.base)}))
            .await
    }
}

fn ids(feed: &Value) -> Vec<&str> {
    feed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn the_second_poll_is_conditional_and_gives_the_same_items() {
    let Some((corpus, house)) = start("the_second_poll_is_conditional_and_gives_the_same_items") else {
        return;
    };
    let first = house.poll(&corpus, "/s/rust-blog/feed.xml").await;
    let second = house.poll(&corpus, "/s/rust-blog/feed.xml").await;
    assert_eq!(
        (&first["not_modified"], &second["not_modified"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(first["items"], second["items"]);
    assert!(first["items"].as_array().unwrap().len() > 5);
    let log = corpus.log().await;
    assert_eq!(
        (&log[0]["status"], &log[1]["status"]),
        (&json!(200), &json!(304)),
        "{log:?}"
    );
    assert_eq!(log.len(), 2);
}

#[tokio::test]
async fn one_feed_polled_at_once_is_fetched_once_in_full() {
    let Some((corpus, house)) = start("one_feed_polled_at_once_is_fetched_once_in_full") else {
        return;
    };
    let polls = (0..5).map(|_| house.poll(&corpus, "/s/twir/rss.xml"));
    let feeds = futures::future::join_all(polls).await;
    assert!(feeds.iter().all(|feed| feed["items"] == feeds[0]["items"]));
    let statuses: Vec<Value> = corpus
        .log()
        .await
        .into_iter()
        .map(|line| line["status"].clone())
        .collect();
    assert_eq!(
        statuses.iter().filter(|status| **status == json!(200)).count(),
        1,
        "{statuses:?}"
    );
}

#[tokio::test]
async fn a_feed_that_moved_for_good_is_asked_at_its_new_address() {
    let Some((corpus, house)) = start("a_feed_that_moved_for_good_is_asked_at_its_new_address") else {
        return;
    };
    let first = house.poll(&corpus, "/s/mcp-blog/index.xml").await;
    let new_address = format!("{}/s/mcp-blog/feed.xml", corpus.base);
    assert_eq!(
        (&first["moved_to"], &first["url"]),
        (&json!(new_address), &json!(new_address))
    );
    let second = house.poll(&corpus, "/s/mcp-blog/index.xml").await;
    assert_eq!(second["moved_to"], json!(new_address));
    assert_eq!(second["not_modified"], true);
    let paths: Vec<Value> = corpus
        .log()
        .await
        .into_iter()
        .map(|line| line["path"].clone())
        .collect();
    assert_eq!(
        paths,
        [
            "/s/mcp-blog/index.xml",
            "/s/mcp-blog/feed.xml",
            "/s/mcp-blog/feed.xml"
        ]
    );
}

#[tokio::test]
async fn an_address_that_moved_and_died_falls_back_to_the_old_one() {
    let Some((corpus, house)) = start("an_address_that_moved_and_died_falls_back_to_the_old_one") else {
        return;
    };
    house.poll(&corpus, "/s/pnpm/feed.json").await;
    let url = format!("{}/s/pnpm/feed.json", corpus.base);
    let dead = format!("{}/fault/status/404", corpus.base);
    house.shelf.feeds.lock().unwrap().get_mut(&url).unwrap().moved_to = Some(dead);
    let feed = house.poll(&corpus, "/s/pnpm/feed.json").await;
    assert_eq!(
        (&feed["moved_to"], &feed["not_modified"]),
        (&Value::Null, &json!(false))
    );
}

#[tokio::test]
async fn older_pages_are_read_as_far_as_since_reaches() {
    let Some((corpus, house)) = start("older_pages_are_read_as_far_as_since_reaches") else {
        return;
    };
    let url = format!("{}/s/agentgateway/atom.xml", corpus.base);
    let poll = async |more: Value| {
        let mut arguments = json!({ "url": url });
        arguments
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        house.value("feeds/poll", arguments).await
    };
    let all = poll(json!({})).await;
    assert_eq!((&all["pages_read"], ids(&all).len()), (&json!(3), 32));
    let mut unique = ids(&all);
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), 32);
    let dates: Vec<&str> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["published_at"].as_str().unwrap())
        .collect();
    assert!(dates.is_sorted_by(|a, b| a >= b), "{dates:?}");
    assert_eq!(
        poll(json!({"max_pages": 1})).await["items"]
            .as_array()
            .unwrap()
            .len(),
        12
    );
    assert_eq!(poll(json!({"since": "2026-08-19"})).await["pages_read"], 1);
    let second = all["items"][14]["published_at"].clone();
    assert_eq!(poll(json!({ "since": second })).await["pages_read"], 2);
}

#[tokio::test]
async fn every_feed_of_the_corpus_is_read() {
    let Some((corpus, house)) = start("every_feed_of_the_corpus_is_read") else {
        return;
    };
    let opml = house.deps.client.get(copydesk_net::GetRequest::new(format!(
        "{}/feeds.opml",
        corpus.base
    )));
    let feeds = copydesk_text::feed::opml::parse(&opml.await.unwrap().body).unwrap();
    assert_eq!(feeds.len(), 23);
    let polls = feeds
        .iter()
        .map(|feed| house.value("feeds/poll", json!({"url": feed.url, "max_pages": 1})));
    for (feed, reply) in feeds.iter().zip(futures::future::join_all(polls).await) {
        let items = reply["items"].as_array().unwrap();
        assert!(
            !items.is_empty() && items.iter().all(|item| item["url"].is_string()),
            "{}",
            feed.url
        );
        let has_dates = items.iter().all(|item| item["published_at"].is_string());
        assert_eq!(has_dates, !feed.url.contains("/react/"), "{}", feed.url);
        assert_eq!(reply["items_cut"], 0, "{}", feed.url);
    }
}

/// Title and time of each post of a source that was out by then, newest first.
fn posts(source: &str) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(shared_folder().join("corpus/posts.jsonl")).unwrap();
    let posts = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of_source = posts.filter(|post| post["id"].as_str().unwrap().starts_with(&format!("{source}/")));
    let mut posts: Vec<(String, String)> = of_source
        .map(|post| {
            (
                post["published"].as_str().unwrap().to_owned(),
                post["title"].as_str().unwrap().to_owned(),
            )
        })
        .filter(|(published, _)| published.as_str() <= "2026-08-20T23:00:00Z")
        .collect();
    posts.sort();
    posts.reverse();
    posts
}

#[tokio::test]
async fn a_paged_feed_and_one_without_dates_are_complete() {
    let Some((corpus, house)) = start("a_paged_feed_and_one_without_dates_are_complete") else {
        return;
    };
    let paged = house.poll(&corpus, "/s/agentgateway/atom.xml").await;
    let text = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    let items = |feed: &Value| feed["items"].as_array().unwrap().clone();
    let found: Vec<_> = items(&paged)
        .iter()
        .map(|item| (text(item, "published_at"), text(item, "title")))
        .collect();
    assert_eq!(found, posts("agentgateway"));
    let undated = house.poll(&corpus, "/s/react/rss.xml").await;
    let found: Vec<String> = items(&undated).iter().map(|item| text(item, "title")).collect();
    let expected: Vec<String> = posts("react").into_iter().map(|(_, title)| title).collect();
    assert_eq!(found, expected);
    assert!(items(&undated).iter().all(|item| item["published_at"].is_null()));
}

#[tokio::test]
async fn a_feed_that_asks_for_patience_is_not_asked_before() {
    let Some((corpus, house)) = start("a_feed_that_asks_for_patience_is_not_asked_before") else {
        return;
    };
    let url = format!("{}/fault/429?after=120&case=feeds", corpus.base);
    let reply = house.call("feeds/poll", json!({ "url": url })).await;
    assert_eq!(
        reply.content.inspect(),
        &json!({"error": "HTTP 429", "retry_at": "2026-08-20T12:02:00Z", "passing": true, "retry_after_s": 120})
    );
    let why = house.why("feeds/poll", json!({ "url": url })).await;
    assert!(why.contains("left alone until 2026-08-20T12:02:00Z"), "{why}");
    assert_eq!(corpus.log().await.len(), 1);
    house.clock.forward(121);
    assert_eq!(house.why("feeds/poll", json!({ "url": url })).await, "HTTP 429");
    assert_eq!(corpus.log().await.len(), 2);
    let reply = house
        .call(
            "feeds/poll",
            json!({"url": format!("{}/fault/503-date", corpus.base)}),
        )
        .await;
    assert_eq!(reply.content.inspect()["error"], "HTTP 503");
    assert!(reply.content.inspect()["retry_at"].is_string());
}

#[tokio::test]
async fn a_time_to_come_back_counts_no_more_once_a_wrong_clock_is_right() {
    let Some((corpus, house)) = start("a_time_to_come_back_counts_no_more_once_a_wrong_clock_is_right")
    else {
        return;
    };
    let url = format!("{}/fault/429?after=120&case=clock", corpus.base);
    house.clock.forward(3 * 86_400);
    assert_eq!(house.why("feeds/poll", json!({ "url": url })).await, "HTTP 429");
    house.clock.forward(-3 * 86_400);
    assert_eq!(house.why("feeds/poll", json!({ "url": url })).await, "HTTP 429");
    assert_eq!(corpus.log().await.len(), 2, "it was asked again");
}

#[tokio::test]
async fn what_is_no_feed_says_so_in_one_line() {
    let Some((corpus, house)) = start("what_is_no_feed_says_so_in_one_line") else {
        return;
    };
    let why = house.poll_fault(&corpus, "/s/rust-blog/").await;
    assert!(
        why.contains("HTML page") && why.contains("/s/rust-blog/feed.xml"),
        "{why}"
    );
    for (path, word) in [
        ("/fault/ok", "names no feed"),
        ("/fault/not-a-feed.xml", "not a feed"),
        ("/fault/empty", "empty"),
        ("/fault/gone.xml", "HTTP 410"),
        ("/fault/status/500", "HTTP 500"),
        ("/fault/bad-gzip", "gzip"),
        ("/fault/cut", "cut"),
        ("/fault/huge?mb=25", "larger"),
        ("/fault/ssrf?to=metadata", "not fetched"),
    ] {
        let why = house.poll_fault(&corpus, path).await;
        assert!(why.contains(word) && !why.contains('\n'), "{path}: {why}");
    }
    assert_eq!(
        house.poll(&corpus, "/fault/malformed.xml").await["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn a_failure_keeps_what_was_read_before() {
    let Some((corpus, house)) = start("a_failure_keeps_what_was_read_before") else {
        return;
    };
    let url = format!("{}/s/go-blog/feed.atom", corpus.base);
    house.value("feeds/poll", json!({ "url": url })).await;
    let kept = house.shelf.feeds.lock().unwrap()[&url].clone();
    house.shelf.feeds.lock().unwrap().get_mut(&url).unwrap().body = b"spoilt".to_vec();
    // The kept bytes can no longer be read, so a 304 is of no use and the feed is fetched again in full.
    let feed = house.value("feeds/poll", json!({ "url": url })).await;
    assert_eq!(feed["not_modified"], false);
    assert_eq!(house.shelf.feeds.lock().unwrap()[&url].body, kept.body);
}

#[tokio::test]
async fn a_feed_that_has_not_changed_has_answered_now() {
    let Some((corpus, house)) = start("a_feed_that_has_not_changed_has_answered_now") else {
        return;
    };
    let path = "/s/rust-blog/feed.xml";
    let url = format!("{}{path}", corpus.base);
    let memory = FeedMemory::new(house.shelf.clone());
    let kept = || house.shelf.feeds.lock().unwrap()[&url].clone();
    house.poll(&corpus, path).await;
    let first = kept();
    let heard = memory.heard(&url).await.unwrap();
    assert_eq!(
        (first.fetched_at, heard.answered_at),
        (first.answered_at, first.fetched_at)
    );
    house.clock.forward(86_400);
    assert_eq!(house.poll(&corpus, path).await["not_modified"], true);
    let second = kept();
    assert_eq!(
        second.fetched_at, first.fetched_at,
        "its bytes are those of the day before"
    );
    assert_eq!(memory.heard(&url).await.unwrap().answered_at, house.clock.now());
}
