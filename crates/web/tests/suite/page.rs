//! What the author sees and does.

use copydesk_domain::{Decision, IssueState, RunState, WaitingFor};
use jiff::SignedDuration;
use reqwest::StatusCode;

use crate::browser::{Browser, field};
use crate::house::{House, RUN, TEXT};
use crate::material;

#[tokio::test]
async fn the_page_shows_each_claim_beside_its_source() {
    let house = House::open().await;
    let page = Browser::logged_in(&house).await.page().await;
    assert_eq!(page.status, StatusCode::OK);
    for part in [
        "data-claim=\"p1\"",
        "in source",
        "wants you",
        "<blockquote>Prices fell by 3 percent.</blockquote>",
        material::ADDRESS,
        "9 stands in no source",
        "https://silent.example/feed",
        "answered 503",
        "orders to a language model",
        "Ready for you.",
        "Approve",
        "1 wants you",
        "version <code>",
        "Draft again with this note",
        "only plain wishes are followed",
    ] {
        assert!(page.text.contains(part), "{part}\n{}", page.text);
    }
    assert!(
        page.text.contains("Measured") && page.text.contains("11 words on average"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("of 10"), "counting is no judgement");
    assert!(
        !page.text.contains("http-equiv=\"refresh\""),
        "the page moves while the author types"
    );
}

#[tokio::test]
async fn text_from_outside_stays_text() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    for path in [
        format!("/runs/{RUN}"),
        format!("/runs/{RUN}/issue"),
        "/".to_owned(),
    ] {
        let page = browser.get(&path).await.text;
        assert!(!page.contains("<script") && !page.contains("<i>9</i>"), "{path}");
    }
    assert!(browser.page().await.text.contains("&lt;script&gt;"));
    let named = browser.get("/runs/%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
    assert_eq!(named.status, StatusCode::NOT_FOUND);
    assert!(!named.text.contains("<script"), "{}", named.text);
}

#[tokio::test]
async fn readers_do_not_get_what_is_blocked() {
    let house = House::open().await;
    let issue = Browser::logged_in(&house)
        .await
        .get(&format!("/runs/{RUN}/issue"))
        .await;
    assert!(
        issue.text.contains("Prices fell by 3 percent") && !issue.text.contains("9&lt;"),
        "{}",
        issue.text
    );
}

#[tokio::test]
async fn approving_starts_the_hold_and_recall_ends_it() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    let approved = browser.press("approve", "the open claim is mine").await;
    assert_eq!(
        (approved.status, approved.header("location")),
        (StatusCode::SEE_OTHER, &*format!("/runs/{RUN}"))
    );
    let decisions = house.store.decisions(&RUN.into()).await.unwrap();
    assert_eq!(decisions[0].decision, Decision::Approved);
    assert_eq!(decisions[0].reason.as_deref(), Some("the open claim is mine"));
    house.pass(SignedDuration::from_secs(9));
    let page = browser.page().await.text;
    assert!(
        page.contains("It goes out in <strong>9 min 51 s</strong>"),
        "{page}"
    );
    assert!(page.contains("http-equiv=\"refresh\""));
    assert!(!page.contains(&format!("/runs/{RUN}/approve")));
    assert_eq!(browser.press("recall", "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.issue_state().await, IssueState::Reviewed);
    assert!(browser.page().await.text.contains("Ready for you."));
}

#[tokio::test]
async fn a_published_issue_shows_its_receipts() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    browser.press("approve", "I looked").await;
    house.pass(SignedDuration::from_mins(11));
    house.try_to_publish(TEXT).await.unwrap();
    let lease = house.lease().await;
    house
        .apply(copydesk_store::Command::SettleIntent {
            lease: lease.clone(),
            key: "key".to_owned(),
            state: copydesk_store::OutboxState::Delivered,
            location: Some("https://news.example/prices/".to_owned()),
            error: None,
            at: house.now(),
        })
        .await;
    house
        .report(&lease, RunState::Waiting, Some(IssueState::Published), vec![])
        .await;
    let page = browser.page().await.text;
    assert!(
        page.contains("Published.") && page.contains("href=\"https://news.example/prices/\""),
        "{page}"
    );
    assert!(
        !page.contains(&format!("/runs/{RUN}/recall")),
        "what is out cannot be recalled"
    );
    house
        .stage(
            &lease,
            "engagement",
            1,
            vec![material::report(house.now(), "Dear reader")],
        )
        .await;
    let page = browser.page().await.text;
    assert!(
        page.find("id=\"replies\"").unwrap() < page.find("data-claim").unwrap(),
        "replies stand above an issue that is out: {page}"
    );
    assert!(
        page.contains("Its sources do not settle:")
            && page.contains("It is &lt;b&gt;cheap&lt;/b&gt;.")
            && page.contains("the evidence does not say it in these words"),
        "what code leaves open stands below the answer: {page}"
    );
    let home = browser.get("/").await.text;
    assert!(
        home.contains("published") && home.contains(" prices</bdi>") && home.contains("waits for letters"),
        "it has its title: {home}"
    );
}

#[tokio::test]
async fn sending_back_keeps_the_note_and_rejecting_the_reason() {
    for (action, decision) in [("send-back", Decision::SentBack), ("reject", Decision::Rejected)] {
        let house = House::open().await;
        let browser = Browser::logged_in(&house).await;
        assert_eq!(
            browser.press(action, "less about prices").await.status,
            StatusCode::SEE_OTHER
        );
        let decisions = house.store.decisions(&RUN.into()).await.unwrap();
        let stored = (decisions[0].decision, decisions[0].reason.as_deref());
        assert_eq!(stored, (decision, Some("less about prices")));
    }
}

#[tokio::test]
async fn other_bytes_than_those_looked_at_are_not_approved() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    let page = browser.page().await.text;
    let (csrf, hash) = (field(&page, "csrf").unwrap(), field(&page, "hash").unwrap());
    house.review_again("public", None, "Another title", TEXT).await;
    let answer = browser
        .post(
            &format!("/runs/{RUN}/approve"),
            &[("csrf", &csrf), ("hash", &hash)],
        )
        .await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(
        answer.text.contains("Not as you saw it") && answer.text.contains(&format!("href=\"/runs/{RUN}\""))
    );
    assert_eq!(house.issue_state().await, IssueState::Reviewed);
}

#[tokio::test]
async fn a_form_without_a_hash_approves_nothing() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    let csrf = browser.csrf().await;
    for hash in ["", "x"] {
        let answer = browser
            .post(
                &format!("/runs/{RUN}/approve"),
                &[("csrf", &csrf), ("hash", hash)],
            )
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(house.issue_state().await, IssueState::Reviewed);
}

#[tokio::test]
async fn each_answer_wants_its_own_yes() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    let lease = house.lease().await;
    house
        .stage(
            &lease,
            "engagement",
            1,
            vec![material::report(house.now(), "Dear reader")],
        )
        .await;
    house
        .report(
            &lease,
            RunState::Waiting,
            None,
            vec![WaitingFor::Approval, WaitingFor::Answers],
        )
        .await;
    let page = browser.page().await.text;
    assert!(
        page.contains("Why &lt;em&gt;now&lt;/em&gt;?") && page.contains("Dear reader"),
        "{page}"
    );
    let (_, form) = page.split_once("/answers/a1/approve").unwrap();
    let (csrf, hash) = (field(form, "csrf").unwrap(), field(form, "hash").unwrap());
    let path = format!("/runs/{RUN}/answers/a1/approve");
    let stale = house.issue_hash().await.to_string();
    assert_eq!(
        browser
            .post(&path, &[("csrf", &csrf), ("hash", &stale)])
            .await
            .status,
        StatusCode::CONFLICT
    );
    assert!(house.outbox.out.lock().unwrap().is_empty());
    assert_eq!(
        browser
            .post(&path, &[("csrf", &csrf), ("hash", &hash)])
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        *house.outbox.out.lock().unwrap(),
        [(format!("{RUN}-a1"), b"Dear reader".to_vec())]
    );
    assert_eq!(
        browser
            .post(&path, &[("csrf", &csrf), ("hash", &hash)])
            .await
            .status,
        StatusCode::SEE_OTHER,
        "a second press leads to the page"
    );
    assert_eq!(house.outbox.out.lock().unwrap().len(), 1);
    let page = browser.page().await.text;
    assert!(
        page.contains("put into the outbox") && !page.contains("/answers/a1/approve"),
        "{page}"
    );
}

#[tokio::test]
async fn the_first_page_names_what_waits() {
    let house = House::open().await;
    let home = Browser::logged_in(&house).await.get("/").await;
    assert!(
        home.text.contains("your decision") && home.text.contains(RUN),
        "{}",
        home.text
    );
}

#[tokio::test]
async fn what_the_author_saw_at_a_channel_that_cannot_tell_is_asked_with_its_reason() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    browser.press("approve", "I looked").await;
    house.pass(SignedDuration::from_mins(11));
    house.try_to_publish(TEXT).await.unwrap();
    let lease = house.lease().await;
    house
        .apply(copydesk_store::Command::SettleIntent {
            lease: lease.clone(),
            key: "key".to_owned(),
            state: copydesk_store::OutboxState::Unknown,
            location: None,
            error: Some("outcome unknown: cut off".to_owned()),
            at: house.now(),
        })
        .await;
    let waits = vec![WaitingFor::PublishUnknown];
    house
        .report(&lease, RunState::Waiting, Some(IssueState::Unknown), waits)
        .await;
    let page = browser.page().await.text;
    for words in [
        "A channel cannot tell whether it took the issue.",
        "Outcome unknown: cut off",
        "It is out",
        "It is not out",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let csrf = field(&page, "csrf").unwrap();
    let path = format!("/runs/{RUN}/channel");
    let say = async |csrf: &str, saw: &str, reason: &str| {
        let form = [
            ("csrf", csrf),
            ("channel", "site"),
            ("saw", saw),
            ("reason", reason),
        ];
        browser.post(&path, &form).await.status.as_u16()
    };
    assert_eq!(say("wrong", "there", "I looked").await, 403);
    assert_eq!(say(&csrf, "", "I looked").await, 400, "what was seen is said");
    assert_eq!(say(&csrf, "there", " ").await, 400, "and how one knows");
    let row = async || house.store.outbox(&RUN.into()).await.unwrap().remove(0);
    assert_eq!(row().await.state, copydesk_store::OutboxState::Unknown);
    assert_eq!(say(&csrf, "there", "It stands <there>.").await, 303);
    let row = row().await;
    assert_eq!(
        (row.state, row.author_reason.as_deref()),
        (copydesk_store::OutboxState::Delivered, Some("It stands <there>."))
    );
    assert!(
        browser
            .page()
            .await
            .text
            .contains("by your word: It stands &lt;there&gt;.")
    );
    assert_eq!(say(&csrf, "absent", "No.").await, 409, "a word is given once");
}
