//! A page that shows its text only in a browser, read through npm's `@playwright/mcp` with Debian's Chromium.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::programs::skipped;
use crate::rig::{Desk, json_file, list, text, word};

const NOW: &str = "2026-08-20T23:00:00Z";

/// What the page's script writes.
const SENTENCE: &str =
    "The port of Rotterdam moved 3.4 million containers in June, the harbour master said on Monday.";

/// A site whose feed has titles and whose page is written by its script.
fn site() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let base = format!("http://{host}");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut line = String::new();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let _ = reader.read_line(&mut line);
            let mut head = String::new();
            while reader.read_line(&mut head).is_ok_and(|read| read > 2) {
                head.clear();
            }
            let (status, kind, body) = answer(&base, line.split(' ').nth(1).unwrap_or("/"));
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            let mut stream = stream;
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    host
}

fn answer(base: &str, path: &str) -> (&'static str, &'static str, String) {
    match path {
        "/feed" => {
            let feed = format!(
                "<rss version=\"2.0\"><channel><title>Harbour News</title><link>{base}/</link><item><title>Containers in \
                 June</title><link>{base}/june</link><guid>{base}/june</guid><pubDate>Thu, 20 Aug 2026 08:00:00 GMT\
                 </pubDate></item></channel></rss>"
            );
            ("200 OK", "application/rss+xml", feed)
        }
        "/june" => {
            let more = "Ships waited for two days on average, and the terminals worked through the night. "
                .repeat(6);
            let article =
                format!("<article><h1>Containers in June</h1><p>{SENTENCE}</p><p>{more}</p></article>");
            let page = format!(
                "<!doctype html><html><head><title>Containers in June</title></head><body><div id=\"app\"></div><script>\
                 setTimeout(() => {{ document.getElementById('app').innerHTML = {}; }}, 200);</script></body></html>",
                json!(article)
            );
            ("200 OK", "text/html; charset=utf-8", page)
        }
        _ => ("404 Not Found", "text/plain", String::new()),
    }
}

/// The server's program and the browser's; says that the test is skipped where one is missing.
fn programs(test: &str) -> Option<(PathBuf, PathBuf)> {
    let server =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("../third-party/node_modules/@playwright/mcp/cli.js");
    let chromium = [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ];
    let chromium = chromium.iter().map(PathBuf::from).find(|path| path.is_file());
    match (server.canonicalize(), chromium) {
        (Ok(server), Some(chromium)) => Some((server, chromium)),
        (Err(_), _) => {
            skipped(
                test,
                "no @playwright/mcp; `cargo xtask verify` installs it where it can",
            );
            None
        }
        (_, None) => {
            skipped(test, "no Chromium");
            None
        }
    }
}

/// A desk with one feed.
fn desk(host: &str) -> Desk {
    let desk = Desk::new();
    desk.allow(&[host]);
    desk.add_feed(&format!("http://{host}/feed"), "Harbour News");
    desk
}

#[test]
fn a_page_that_needs_a_browser_is_read_through_a_tool_server_by_code() {
    let test = "a_page_that_needs_a_browser_is_read_through_a_tool_server_by_code";
    let Some((server, chromium)) = programs(test) else {
        return;
    };
    let host = site();
    let without = desk(&host);
    let run = without.json(4, &["run", "daily", "--now", NOW]);
    let brief = json_file(&without.export(word(&run, "run")).join("research_brief.json"));
    assert!(
        list(&brief, "stories").is_empty(),
        "the page has no text without a browser: {brief}"
    );

    let desk = desk(&host);
    let args = json!([
        server,
        "--headless",
        "--no-sandbox",
        "--isolated",
        "--executable-path",
        chromium,
        "--output-dir",
        desk.dir().join("browser")
    ]);
    desk.replace(
        "config.toml",
        "[mcpServers]\n",
        &format!("[mcpServers.playwright]\ncommand = \"node\"\nargs = {args}\n"),
    );
    let tools = "[\"feeds/*\", \"web/*\", \"archive/*\"";
    let more = format!("{tools}, \"playwright/browser_navigate\", \"playwright/browser_evaluate\"");
    desk.replace("pipelines/daily.toml", tools, &more);
    let pipeline = desk.read("pipelines/daily.toml");
    let browser = "\n[browser]\nserver = \"playwright\"\nhosts = [\"127.0.0.1\"]\n";
    desk.write("pipelines/daily.toml", &format!("{pipeline}{browser}"));
    desk.json(0, &["tools", "trust", "playwright/browser_navigate"]);
    desk.json(0, &["tools", "trust", "playwright/browser_evaluate"]);
    let run = desk.json(4, &["run", "daily", "--now", NOW]);
    let dir = desk.export(word(&run, "run"));
    let brief = json_file(&dir.join("research_brief.json"));
    let snapshot = list(&brief, "stories")
        .first()
        .and_then(|story| story["snapshots"][0].as_str())
        .unwrap_or_else(|| panic!("no story in {brief}"));
    let read = std::fs::read_to_string(dir.join(format!("snapshots/{snapshot}.txt"))).unwrap();
    assert!(read.contains(SENTENCE), "{read}");
    let steps = desk.json(0, &["logs", word(&run, "run"), "--stage", "research"]);
    let of_browser = |step: &&serde_json::Value| {
        step["tool"]
            .as_str()
            .is_some_and(|tool| tool.starts_with("playwright/"))
    };
    let called = steps.as_array().unwrap().iter().filter(of_browser).count();
    assert_eq!(called, 2, "{steps}");
    let left = std::process::Command::new("pgrep")
        .args(["-f", desk.dir().join("browser").to_str().unwrap()])
        .output();
    if let Ok(left) = left {
        assert_eq!(text(&left.stdout), "", "no process is left");
    }
}
