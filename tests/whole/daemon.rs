//! The daemon from outside: health, API, other commands beside it, and its end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::rig::{Corpus, Desk, http_get, list, text, word};

/// A stop takes at most so long.
const STOP_MAX: Duration = Duration::from_secs(10);
/// The longest wait of the API, and some time to answer.
const ANSWER_MAX: Duration = Duration::from_secs(90);
/// Until it listens, in an unoptimised build on a busy machine too.
const START_MAX: Duration = Duration::from_secs(10);

/// A daemon; killed with the test if it did not end before.
pub struct Daemon {
    pub child: Child,
    pub host: String,
}

impl Daemon {
    /// Starts it on a free port and waits for its first line, which it says once it listens.
    pub fn start(desk: &Desk) -> Self {
        Self::start_with(desk, |_| {})
    }

    /// The same, with more said about how it is started.
    pub fn start_with(desk: &Desk, more: impl FnOnce(&mut Command)) -> Self {
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
        let mut command = desk.command(&["daemon"]);
        command.stderr(Stdio::piped()).stdout(Stdio::null());
        more(&mut command);
        let mut child = command.spawn().unwrap();
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

    /// Ends once `/readyz` says so: after the planner's first look.
    pub fn is_ready(&self) {
        let asked = Instant::now();
        while self.ask("GET", "/readyz", None, &Value::Null).0 != 200 {
            assert!(asked.elapsed() < START_MAX, "it does not become ready");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// A request to the API; status and JSON.
    pub fn ask(&self, method: &str, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        ask(&self.host, method, path, token, body)
    }

    /// Makes a token, as a person does in another terminal.
    pub fn token(desk: &Desk) -> String {
        let output = desk.run(&["token", "new"]);
        let token = text(&output.stdout).trim().to_owned();
        assert!(
            output.status.success() && !token.is_empty() && !token.contains(char::is_whitespace),
            "the token alone: {token:?} {}",
            text(&output.stderr)
        );
        token
    }

    /// Ends it as a machine that loses its power would.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it as a service manager would; it must say that all went well.
    pub fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        let asked = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(asked.elapsed() < STOP_MAX, "it does not stop");
            std::thread::sleep(Duration::from_millis(20));
        };
        assert_eq!(status.code(), Some(0), "a stop is no failure");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request with a body of JSON, and none where `body` is null; status and JSON, null where the answer is none.
pub fn ask(host: &str, method: &str, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
    let mut stream = TcpStream::connect(host).unwrap();
    let bearer = token
        .map(|token| format!("Authorization: Bearer {token}\r\n"))
        .unwrap_or_default();
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{bearer}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    // Some servers keep the connection open, so the length says where the body ends.
    stream.set_read_timeout(Some(ANSWER_MAX)).unwrap();
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "{path}: {head}");
    }
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let length = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let mut body = Vec::new();
    match length {
        Some((_, length)) => {
            body.resize(length.trim().parse().unwrap(), 0);
            reader.read_exact(&mut body).unwrap();
        }
        None => drop(reader.read_to_end(&mut body).unwrap()),
    }
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
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
    daemon.is_ready();
    assert!(text(&http_get(&daemon.host, "/metrics")).contains("# TYPE"));
    let (status, _) = daemon.ask("POST", "/api/runs", None, &json!({ "pipeline": "daily" }));
    assert_eq!(status, 401, "the API wants a token");
    let token = Daemon::token(&desk);
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
    assert_eq!((status, word(&waiting, "state")), (200, "waiting"), "{waiting}");
    assert_eq!(waiting["waiting_for"], json!(["approval"]), "{waiting}");
    let (status, _) = daemon.ask("GET", &format!("/api/runs/{run}"), None, &Value::Null);
    assert_eq!(status, 401, "reading wants a token too");
    assert!(
        !desk.dir().join("site").exists(),
        "nothing goes out without a yes"
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
fn after_a_kill_a_new_daemon_starts_at_once() {
    let desk = Desk::new();
    let daemon = Daemon::start(&desk);
    let token = Daemon::token(&desk);
    daemon.kill();
    let started = Instant::now();
    let daemon = Daemon::start(&desk);
    assert!(started.elapsed() < START_MAX, "{:?}", started.elapsed());
    http_get(&daemon.host, "/healthz");
    // The token outlives the process, and the socket that the dead one left is replaced.
    let (status, runs) = daemon.ask("GET", "/api/runs", Some(&token), &Value::Null);
    assert_eq!((status, runs), (200, json!([])));
    assert_ne!(Daemon::token(&desk), token);
    daemon.stop();
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
    let over = desk.failure(2, &["skip", "daily", "2020-01-01"]);
    assert_eq!(over["error"], "2020-01-01 is over");
    desk.failure(2, &["pause", "dialy"]);
    println!("{}", list(&json!({ "slots": slots }), "slots").len());
}
