//! What the author says of stories, on the page and over the API.

use copydesk_domain::ContentHash;
use copydesk_domain::artifact::LabelKind;
use copydesk_store::LabelRecord;
use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::browser::{Answer, Browser};
use crate::house::{House, RUN};
use crate::material::POSTS;

fn hash(post: usize) -> ContentHash {
    ContentHash::of(POSTS[post].as_bytes())
}

async fn labels(house: &House) -> Vec<LabelRecord> {
    let long_ago = house.now().minus(SignedDuration::from_hours(24));
    house.store.labels(&"daily".into(), long_ago).await.unwrap()
}

async fn say(browser: &Browser, label: &str, story: &str, other: &str) -> Answer {
    let csrf = browser.csrf().await;
    let form = [
        ("csrf", &*csrf),
        ("label", label),
        ("story", story),
        ("other", other),
    ];
    browser.post(&format!("/runs/{RUN}/stories"), &form).await
}

#[tokio::test]
async fn the_page_lists_stories_with_their_reasons() {
    let house = House::open().await;
    let page = Browser::logged_in(&house).await.page().await.text;
    for part in [
        "Stories by rank",
        "2 posts, new today",
        "1 posts, new today",
        "Not interested",
        "Another story",
        "is one story with",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[tokio::test]
async fn what_the_author_says_is_kept_shown_and_taken_back() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    // After the draft was made.
    house.pass(SignedDuration::from_mins(1));
    let said = say(&browser, "not_interested", "s1", "").await;
    let place = format!("/runs/{RUN}#stories");
    assert_eq!(
        (said.status, said.header("location")),
        (StatusCode::SEE_OTHER, &*place)
    );
    let kept = labels(&house).await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].label.kind, LabelKind::NotInterested);
    assert_eq!(kept[0].label.snapshots, [hash(0), hash(1)]);
    let page = browser.page().await.text;
    assert!(
        page.contains("You said that you are not interested in this"),
        "{page}"
    );
    assert!(page.contains("1 label not in this draft"), "{page}");
    let undone = say(&browser, "undo", "", &kept[0].id.to_string()).await;
    assert_eq!(undone.status, StatusCode::SEE_OTHER);
    assert_eq!(labels(&house).await, []);
    assert!(
        !browser
            .page()
            .await
            .text
            .contains("You said that you are not interested")
    );
}

#[tokio::test]
async fn two_stories_are_joined_and_a_post_is_parted() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    say(&browser, "merge", "s1", "s2").await;
    say(&browser, "split", "s1", &hash(1).to_string()).await;
    let kept = labels(&house).await;
    let sides: Vec<_> = kept
        .iter()
        .map(|record| {
            (
                record.label.kind,
                &record.label.snapshots[..],
                &record.label.others[..],
            )
        })
        .collect();
    assert_eq!(
        sides,
        [
            (LabelKind::Merge, &[hash(0), hash(1)][..], &[hash(2)][..]),
            (LabelKind::Split, &[hash(1)][..], &[hash(0)][..]),
        ]
    );
}

#[tokio::test]
async fn what_is_not_there_cannot_be_labelled() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    for (label, story, other, status) in [
        ("not_interested", "s9", "", StatusCode::CONFLICT),
        ("merge", "s1", "s1", StatusCode::CONFLICT),
        ("split", "s2", &*hash(2).to_string(), StatusCode::CONFLICT),
        ("split", "s1", "", StatusCode::CONFLICT),
        ("undo", "", "0000", StatusCode::CONFLICT),
        ("praise", "s1", "", StatusCode::BAD_REQUEST),
    ] {
        let said = say(&browser, label, story, other).await;
        assert_eq!(said.status, status, "{label} {story} {other}: {}", said.text);
        assert!(said.text.contains("Look at it again"), "{label}");
    }
    assert_eq!(labels(&house).await, []);
    let form = [("csrf", "made up"), ("label", "not_interested"), ("story", "s1")];
    let forged = browser.post(&format!("/runs/{RUN}/stories"), &form).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_script_with_a_token_says_the_same() {
    let house = House::open().await;
    let authorization = format!("Bearer {}", house.api_token().await);
    let browser = Browser::new(&house);
    let post = async |path: &str, body: Value| {
        let headers = [
            ("authorization", &*authorization),
            ("content-type", "application/json"),
        ];
        let path = format!("/api/runs/{RUN}{path}");
        let answer = browser
            .send(Method::POST, &path, Some(body.to_string()), &headers)
            .await;
        let body: Value = serde_json::from_str(&answer.text).unwrap();
        (answer.status, body)
    };
    let (status, label) = post("/labels", json!({ "kind": "merge", "story": "s1", "with": "s2" })).await;
    assert_eq!(status, StatusCode::OK, "{label}");
    assert_eq!(label["others"], json!([hash(2)]));
    let headers = [("authorization", &*authorization)];
    let shown = browser
        .send(Method::GET, &format!("/api/runs/{RUN}"), None, &headers)
        .await;
    let shown: Value = serde_json::from_str(&shown.text).unwrap();
    assert_eq!(shown["labels"], json!([label]));
    let (status, fault) = post("/labels", json!({ "kind": "split", "story": "s1", "with": "s2" })).await;
    assert_eq!(
        (status, &fault["code"]),
        (StatusCode::BAD_REQUEST, &json!("CD012"))
    );
    let path = format!("/labels/{}/undo", label["id"].as_str().unwrap());
    let (status, undone) = post(&path, json!({})).await;
    assert_eq!((status, &undone["undone"]), (StatusCode::OK, &json!(true)));
    assert_eq!(labels(&house).await, []);
}
