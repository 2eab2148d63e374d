//! The daemon from outside: health, API, other commands beside it, and its end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::rig::{Corpus, Desk, http_get, list, text, word};

/// A daemon; killed with the test if it did not end before.
struct Daemon {
    child: Child,
    host: String,
}

impl Daemon {
    /// Starts it on a free port and waits for its first line, which it says once it listens.
    fn start(desk: &Desk) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let old = desk.read("config.toml");
        let line = old
            .lines()
            .find(|line| line.starts_with("listen = "))
            .unwrap()
            .to_owned();
        desk.write(
            "config.toml",
            &old.replace(&line, &format!("listen = \"127.0.0.1:{port}\"")),
        );
        let mut child = desk
            .command(&["daemon"])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("log in with") {
            let read = stderr.read_line(&mut said).unwrap();
            assert!(read > 0, "the daemon ended: {said}");
        }
        // Whatever it says later must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        Self {
            child,
            host: format!("127.0.0.1:{port}"),
        }
    }

    /// A request to the API; status and JSON.
    fn ask(&self, method: &str, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let bearer = token
            .map(|token| format!("Authorization: Bearer {token}\r\n"))
            .unwrap_or_default();
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let host = &self.host;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{bearer}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let reply = text(&bytes);
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// Ends it as a service manager would; it must say that all went well.
    fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "a stop is no failure");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_run_started_over_the_api_is_approved_and_published_by_the_daemon() {
    let test = "a_run_started_over_the_api_is_approved_and_published_by_the_daemon";
    let Some(corpus) = Corpus::serve_today(test) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "7d");
    desk.replace("config.toml", "hold = \"10m\"", "hold = \"1s\"");
    let daemon = Daemon::start(&desk);
    assert!(http_get(&daemon.host, "/healthz").len() < 1000);
    http_get(&daemon.host, "/readyz");
    assert!(text(&http_get(&daemon.host, "/metrics")).contains("# TYPE"));
    let (status, _) = daemon.ask("POST", "/api/runs", None, &json!({ "pipeline": "daily" }));
    assert_eq!(status, 401, "the API wants a token");
    let output = desk.run(&["token", "new"]);
    let token = text(&output.stdout).trim().to_owned();
    assert!(
        !token.is_empty() && !token.contains(char::is_whitespace),
        "the token alone"
    );
    let token = Some(token.as_str());
    let (status, started) = daemon.ask("POST", "/api/runs", token, &json!({ "pipeline": "daily" }));
    assert!((200..300).contains(&status), "{status} {started}");
    let run = word(&started, "run");
    let (status, waiting) = daemon.ask(
        "GET",
        &format!("/api/runs/{run}?wait=waiting&timeout_s=60"),
        token,
        &Value::Null,
    );
    assert_eq!(
        (status, waiting["waiting_for"].clone()),
        (200, json!(["approval"])),
        "{waiting}"
    );
    let wrong = json!({ "hash": "0".repeat(64) });
    let (status, _) = daemon.ask("POST", &format!("/api/runs/{run}/approve"), token, &wrong);
    assert!(
        (400..500).contains(&status),
        "a wrong hash approves nothing: {status}"
    );
    let hash = json!({ "hash": waiting["approval"]["hash"] });
    let (status, approved) = daemon.ask("POST", &format!("/api/runs/{run}/approve"), token, &hash);
    assert!((200..300).contains(&status), "{status} {approved}");
    let (status, done) = daemon.ask(
        "GET",
        &format!("/api/runs/{run}?wait=completed&timeout_s=60"),
        token,
        &Value::Null,
    );
    assert_eq!((status, word(&done, "issue")), (200, "published"), "{done}");
    assert!(desk.read("site/index.html").contains("</html>"));
    // Beside it, a command goes through its socket, and its answer is the same as alone.
    assert_eq!(desk.json(0, &["runs"])[0]["run"], run);
    let export = desk.export(run);
    crate::outside::check(&export);
    daemon.stop();
    assert_eq!(desk.json(0, &["runs"])[0]["issue"], "published");
}

#[test]
fn a_second_daemon_and_a_taken_port_are_refused() {
    let desk = Desk::new();
    let daemon = Daemon::start(&desk);
    let second = desk.failure(3, &["daemon"]);
    assert_eq!(second["code"], "CD003", "{second}");
    assert!(word(&second, "error").contains("data"), "{second}");
    let other = Desk::new();
    other.replace("config.toml", "127.0.0.1:7420", &daemon.host);
    let taken = other.failure(3, &["daemon"]);
    assert_eq!(taken["code"], "CD006", "{taken}");
    assert!(
        word(&taken, "error").contains(&daemon.host),
        "it names the port: {taken}"
    );
    http_get(&daemon.host, "/healthz");
    daemon.stop();
    let again = Daemon::start(&desk);
    again.stop();
}

#[test]
fn the_schedule_shows_the_next_slots_and_what_is_left_out() {
    let desk = Desk::new();
    let slots = desk.json(0, &["schedule"]);
    assert!(!slots.as_array().unwrap().is_empty());
    let daily: Vec<&Value> = slots
        .as_array()
        .unwrap()
        .iter()
        .filter(|slot| slot["pipeline"] == "daily")
        .collect();
    let next = daily.last().unwrap();
    let date: String = word(next, "local").chars().take(10).collect();
    desk.json(0, &["skip", "daily", &date]);
    desk.json(0, &["pause", "daily"]);
    desk.json(0, &["resume", "daily"]);
    desk.failure(2, &["skip", "daily", "tomorrow"]);
    desk.failure(2, &["pause", "dialy"]);
    println!("{}", list(&json!({ "slots": slots }), "slots").len());
}
