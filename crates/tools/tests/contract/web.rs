//! `web` against the corpus.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Corpus, House, house};

fn start(test: &str) -> Option<(Corpus, House)> {
    let corpus = Corpus::start(test, &[])?;
    let house = house(BTreeMap::new(), &[corpus.host()]);
    Some((corpus, house))
}

#[tokio::test]
async fn a_page_is_read_with_its_facts() {
    let Some((corpus, house)) = start("a_page_is_read_with_its_facts") else {
        return;
    };
    let feed = house
        .value(
            "feeds/poll",
            json!({"url": format!("{}/s/go-blog/feed.atom", corpus.base)}),
        )
        .await;
    let url = feed["items"][0]["url"].as_str().unwrap();
    let page = house.value("web/read", json!({ "url": url })).await;
    assert_eq!(page["kind"], "article");
    assert_eq!(page["title"], feed["items"][0]["title"]);
    assert!(page["text"].as_str().unwrap().len() > 500);
    assert_eq!(page["why"], Value::Null);
    let block = &page["blocks"][0];
    let end = usize::try_from(block["end"].as_u64().unwrap()).unwrap();
    assert!(end <= page["text"].as_str().unwrap().len());
    let listed = json!([{"id": "a", "url": url}, {"id": "b", "url": format!("{}/private/x", corpus.base)}]);
    let opened = house
        .value("web/open", json!({"id": "a", "listed": listed}))
        .await;
    assert_eq!(opened, page);
    assert!(
        house
            .why("web/open", json!({"id": "b", "listed": listed}))
            .await
            .contains("robots.txt")
    );
    assert!(
        house
            .why("web/open", json!({"id": "c", "listed": listed}))
            .await
            .contains("no entry `c`")
    );
}

#[tokio::test]
async fn robots_txt_is_asked_once_and_obeyed() {
    let Some((corpus, house)) = start("robots_txt_is_asked_once_and_obeyed") else {
        return;
    };
    let read = |path: &str| json!({"url": format!("{}{path}", corpus.base)});
    let reads = (0..3).map(|n| house.why("web/read", read(&format!("/private/{n}"))));
    for why in futures::future::join_all(reads).await {
        assert!(why.contains("does not allow /private/"), "{why}");
    }
    house.call("web/read", read("/private/open.html")).await;
    house.value("web/read", read("/fault/ok")).await;
    let log = corpus.log().await;
    let count = |path: &str| {
        log.iter()
            .filter(|line| line["path"].as_str().unwrap().starts_with(path))
            .count()
    };
    assert_eq!((count("/robots.txt"), count("/private/")), (1, 1), "{log:?}");
    house.clock.forward(25 * 3_600);
    house.value("web/read", read("/fault/ok")).await;
    assert_eq!(
        corpus
            .log()
            .await
            .iter()
            .filter(|line| line["path"] == "/robots.txt")
            .count(),
        2
    );
}

#[tokio::test]
async fn pages_without_text_and_pages_that_fail_say_why() {
    let Some((corpus, house)) = start("pages_without_text_and_pages_that_fail_say_why") else {
        return;
    };
    let read = |path: &str| json!({"url": format!("{}{path}", corpus.base)});
    assert_eq!(
        house.value("web/read", read("/fault/login")).await["why"],
        "login_wall"
    );
    assert_eq!(
        house.value("web/read", read("/fault/binary")).await["kind"],
        "no_text"
    );
    assert!(
        house
            .why("web/read", read("/fault/status/404"))
            .await
            .starts_with("HTTP 404")
    );
    assert!(
        house
            .why("web/read", read("/fault/loop"))
            .await
            .contains("circle")
    );
    assert!(
        house
            .why("web/read", read("/fault/ssrf?to=metadata"))
            .await
            .contains("not fetched")
    );
    let reply = house.call("web/read", read("/fault/429?after=60&case=web")).await;
    assert_eq!(
        reply.content.inspect(),
        &json!({"error": "HTTP 429", "retry_at": "2026-08-20T12:01:00Z"})
    );
    assert!(
        house
            .why("web/read", json!({"url": "http://10.0.0.1/"}))
            .await
            .contains("not fetched")
    );
    assert!(
        house
            .why("web/read", json!({"url": "nowhere"}))
            .await
            .contains("no address")
    );
}
