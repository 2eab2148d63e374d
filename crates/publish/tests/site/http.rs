//! The HTTP channel: what is sent, where its key goes, and where it does not.

#![expect(clippy::disallowed_methods, reason = "the receivers of these tests listen")]

use std::time::Duration;

use copydesk_config::{AfterDoubt, Environment};
use copydesk_domain::artifact::{Issue, Payload};
use copydesk_domain::{ChannelName, ContentHash, Decision, Instant};
use copydesk_journal::{Approved, Channel, ChannelError, Found, PayloadBytes, Renderer};
use copydesk_publish::{HttpChannel, HttpOptions, HttpRenderer};
use copydesk_store::{DecisionRecord, Subject};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::fixture::{AT, Desk, desk};

const KEY: &str = "0123456789abcdef";

/// A receiver that gives the replies in turn, each to one connection, and hands out what it was sent.
async fn receiver(replies: &'static [&'static str]) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let task = tokio::spawn(async move {
        let mut requests = Vec::new();
        for reply in replies {
            let (mut stream, _) = listener.accept().await.unwrap();
            requests.push(read(&mut stream).await);
            stream.write_all(reply.as_bytes()).await.unwrap();
        }
        requests
    });
    (host, task)
}

/// One request with its body.
async fn read(stream: &mut tokio::net::TcpStream) -> String {
    let mut request = Vec::new();
    loop {
        let mut part = vec![0; 65_536];
        let count = stream.read(&mut part).await.unwrap();
        request.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.parse().unwrap());
        if count == 0 || body.len() >= length {
            return text;
        }
    }
}

fn desk_with(url: &str, format: &str) -> Desk {
    let mut desk = desk();
    let channels = json!({ "blog": { "url": url, "format": format } });
    desk.pipeline.channels = serde_json::from_value(channels).unwrap();
    desk
}

fn approved(desk: &Desk) -> Approved<PayloadBytes> {
    let name = ChannelName::from("blog");
    assert!(HttpRenderer.serves(&name, &desk.pipeline));
    let rendered = HttpRenderer.render(&name, &desk.rendering()).unwrap();
    let payload = Payload {
        channel: name,
        audience: rendered.audience,
        not_before: None,
        hash: ContentHash::of(&rendered.bytes),
        media_type: rendered.media_type,
    };
    let issue = Issue {
        format: "1.0".to_owned(),
        title: desk.draft.title.clone(),
        slug: desk.slug.clone(),
        date: desk.date,
        draft: ContentHash::of(b"draft"),
        payloads: vec![payload.clone()],
    };
    let issue = serde_json::to_vec(&issue).unwrap();
    let now: Instant = AT.parse().unwrap();
    let decision = DecisionRecord {
        sequence: 1,
        subject: Subject::Issue,
        round: None,
        hash: ContentHash::of(&issue),
        decision: Decision::Approved,
        at: now,
        effective_at: None,
        reason: None,
    };
    Approved::payload(&issue, &decision, &payload, rendered.bytes, now).unwrap()
}

fn options(host: &str) -> HttpOptions {
    HttpOptions {
        name: ChannelName::from("blog"),
        url: format!("http://{host}/issues"),
        after_doubt: AfterDoubt::LookUp,
        look_up_url: Some(format!("http://{host}/issues/{{key}}?h={{hash}}&s={{slug}}")),
        list_url: None,
        key: Ok(Some(
            Environment::of([("K", "secret-key")]).expand("${K}").unwrap(),
        )),
        timeout: Duration::from_secs(10),
    }
}

const TAKEN: &str = "HTTP/1.1 201 x\r\nLocation: /p/1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn an_issue_is_one_post_with_its_key() {
    let (host, receiver) = receiver(&[TAKEN]).await;
    let payload = approved(&desk_with("http://unused.example/", "html"));
    let channel = HttpChannel::open(options(&host));
    let delivery = channel.publish(&payload, KEY).await.unwrap();
    assert_eq!(delivery.location, Some(format!("http://{host}/p/1")));
    let request = receiver.await.unwrap().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /issues HTTP/1.1"), "{head}");
    for header in [
        "idempotency-key: 0123456789abcdef",
        "authorization: Bearer secret-key",
        "content-type: application/json",
    ] {
        assert!(head.contains(header), "{head}");
    }
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["slug"], "2026-08-20-tarnhelm-3-8-2");
    assert_eq!(
        (&body["key"], &body["media_type"]),
        (&json!(KEY), &json!("text/html"))
    );
    assert_eq!(
        body["title"],
        "Tarnhelm 3.8.2 closes a hole in renewal: \"update <now>\""
    );
    // The documented way to the hash: the object up to `payload`, as it was sent.
    let sent = request.split_once("\r\n\r\n").unwrap().1;
    let stored = format!("{}}}", &sent[..sent.find(",\"hash\":").unwrap()]);
    assert_eq!(body["hash"], ContentHash::of(stored.as_bytes()).to_string());
    let html = body["payload"].as_str().unwrap();
    assert!(
        html.starts_with("<section") && !html.contains("BLOCKED") && !html.contains("<script"),
        "{html}"
    );
}

#[test]
fn a_pipeline_may_ask_for_markdown() {
    let payload = approved(&desk_with("http://unused.example/", "markdown"));
    let body: Value = serde_json::from_slice(&payload.get().bytes).unwrap();
    assert_eq!(body["media_type"], "text/markdown");
    assert!(body["payload"].as_str().unwrap().starts_with("---\ntitle: "));
}

#[tokio::test]
async fn no_redirect_takes_the_key_to_another_host() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let other = elsewhere.local_addr().unwrap();
    for (status, is_doubt) in [(301, false), (302, true), (303, true), (307, false), (308, false)] {
        let reply = format!(
            "HTTP/1.1 {status} x\r\nLocation: http://{other}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let (host, receiver) = receiver(vec![&*reply.leak()].leak()).await;
        let payload = approved(&desk_with("http://unused.example/", "html"));
        let error = HttpChannel::open(options(&host))
            .publish(&payload, KEY)
            .await
            .unwrap_err();
        assert_eq!(
            matches!(error, ChannelError::Unknown { .. }),
            is_doubt,
            "{status}: {error}"
        );
        assert_eq!(receiver.await.unwrap().len(), 1);
    }
    let came = tokio::time::timeout(Duration::from_millis(50), elsewhere.accept()).await;
    assert!(came.is_err(), "somebody followed a redirect");
}

#[tokio::test]
async fn an_issue_is_looked_up_by_what_the_address_asks_for() {
    const THERE: &str =
        "HTTP/1.1 200 x\r\nContent-Length: 29\r\nConnection: close\r\n\r\n{\"url\": \"https://n.example/\"}";
    const GONE: &str = "HTTP/1.1 404 x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const BROKEN: &str = "HTTP/1.1 500 x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let (host, receiver) = receiver(&[GONE, THERE, BROKEN]).await;
    let payload = approved(&desk_with("http://unused.example/", "html"));
    let channel = HttpChannel::open(options(&host));
    let since: Instant = AT.parse().unwrap();
    assert_eq!(channel.find(&payload, KEY, since).await, Ok(Found::No));
    let found = channel.find(&payload, KEY, since).await.unwrap();
    assert!(
        matches!(&found, Found::Yes(delivery) if delivery.location.as_deref() == Some("https://n.example/")),
        "{found:?}"
    );
    assert!(channel.find(&payload, KEY, since).await.is_err());
    let asked = receiver.await.unwrap();
    let hash = payload.get().payload.hash;
    let path = format!("GET /issues/{KEY}?h={hash}&s=2026-08-20-tarnhelm-3-8-2 HTTP/1.1");
    assert!(
        asked.iter().all(|request| request.starts_with(&path)),
        "{asked:?}"
    );
    assert!(asked[0].contains("authorization: Bearer secret-key"));
}

#[tokio::test]
async fn without_its_key_nothing_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let channel = HttpChannel::open(HttpOptions {
        key: Err("the environment variable `CMS_KEY` is not set".to_owned()),
        ..options(&host)
    });
    let payload = approved(&desk_with("http://unused.example/", "html"));
    let error = channel.publish(&payload, KEY).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "refused: the environment variable `CMS_KEY` is not set"
    );
    let came = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(came.is_err(), "somebody called without a key");
}
