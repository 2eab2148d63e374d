//! Logging in again, and tokens for scripts, beside a running daemon.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::rig::{Desk, text, word};

/// Until an answer is there.
const ANSWER_MAX: Duration = Duration::from_secs(20);
/// A token that was taken back may open the API for so long yet.
const REVOKED_MAX: Duration = Duration::from_secs(2);

/// Sends a request with some header lines, and a form where `body` is not empty.
fn send(host: &str, request: &str, fields: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(ANSWER_MAX)).unwrap();
    let length = body.len();
    write!(
        stream,
        "{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{fields}\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    stream
}

fn answer(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    text(&answer)
}

/// What the form of the page behind a link sends, and the header lines that come with it.
fn form(host: &str, url: &str) -> (String, String) {
    let path = url.strip_prefix(&format!("http://{host}")).unwrap();
    let page = answer(send(host, &format!("GET {path}"), "", ""));
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    let value = |name: &str| {
        let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    let body = ["token", "to", "sheet"].map(|name| format!("{name}={}", value(name).replace('/', "%2F")));
    (body.join("&"), format!("Origin: http://{host}\r\n"))
}

#[test]
fn login_prints_a_link_of_whoever_serves_the_page_and_says_so_where_nobody_does() {
    let desk = Desk::new();
    let closed = desk.failure(3, &["login"]);
    assert_eq!(closed["code"], "CD013", "{closed}");
    assert!(word(&closed, "hint").contains("copydesk daemon"), "{closed}");
    let wrong = desk.failure(2, &["login", "--to", "//evil.example"]);
    assert_eq!(wrong["code"], "CD012", "{wrong}");

    let daemon = Daemon::start(&desk);
    let host = daemon.host.as_str();
    let output = desk.run(&["login", "--to", "/spend"]);
    let printed = text(&output.stdout);
    let url = printed.trim();
    assert!(
        output.status.success() && url.lines().count() == 1,
        "the link alone: {printed} {}",
        text(&output.stderr)
    );
    let (body, fields) = form(host, url);
    // A browser that goes away before the answer.
    drop(send(host, "POST /login", &fields, &body));
    let entered = answer(send(host, "POST /login", &fields, &body));
    assert!(
        entered.starts_with("HTTP/1.1 303") && entered.contains("location: /spend"),
        "{entered}"
    );
    let (_, cookie) = entered.split_once("set-cookie: ").expect("a session");
    let cookie = format!("Cookie: {}\r\n", cookie.split(';').next().unwrap());
    let shown = answer(send(host, "GET /spend", &cookie, ""));
    assert!(shown.starts_with("HTTP/1.1 200"), "{shown}");
    // Another link does not end that session, and each is used once.
    let second = desk.json(0, &["login"]);
    assert!(word(&second, "expires_at").ends_with('Z') && word(&second, "url") != url);
    let path = url.strip_prefix(&format!("http://{host}")).unwrap();
    let used = answer(send(host, &format!("GET {path}"), "", ""));
    assert!(
        used.starts_with("HTTP/1.1 401") && used.contains("copydesk login"),
        "{used}"
    );
    daemon.stop();
    assert_eq!(desk.failure(3, &["login"])["code"], "CD013");
}

#[test]
fn a_token_has_a_name_and_an_end_and_can_be_taken_back() {
    let desk = Desk::new();
    assert_eq!(desk.json(0, &["token", "list"]), json!([]));
    let daemon = Daemon::start(&desk);
    let runs = |token: &str| daemon.ask("GET", "/api/runs", Some(token), &Value::Null).0;
    let plain = Daemon::token(&desk);
    let named = desk.json(0, &["token", "new", "--name", "nightly", "--expires", "90d"]);
    let nightly = word(&named, "token");
    assert_eq!((runs(&plain), runs(nightly)), (200, 200));
    let twice = desk.failure(2, &["token", "new", "--name", "nightly"]);
    assert!(word(&twice, "hint").contains("revoke"), "{twice}");
    desk.failure(2, &["token", "new", "--expires", "90"]);

    let listed = desk.json(0, &["token", "list"]);
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert_eq!(listed[1]["id"], named["id"]);
    assert_eq!(listed[1]["name"], "nightly");
    assert_eq!(
        (&listed[0]["name"], &listed[0]["expires_at"]),
        (&Value::Null, &Value::Null)
    );
    let shown = format!("{listed:?} {}", text(&desk.run(&["token", "list"]).stdout));
    assert!(shown.contains("nightly") && !shown.contains(&plain) && !shown.contains(nightly));

    let gone = desk.json(0, &["token", "revoke", "nightly"]);
    assert_eq!((&gone["id"], &gone["state"]), (&named["id"], &json!("revoked")));
    desk.json(0, &["token", "revoke", &word(&listed[0], "id")[..6]]);
    desk.failure(2, &["token", "revoke", "nightly"]);
    std::thread::sleep(REVOKED_MAX);
    assert_eq!((runs(&plain), runs(nightly)), (401, 401));
    assert_eq!(desk.json(0, &["token", "list"]), json!([]));
    daemon.stop();
}
