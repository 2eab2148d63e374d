//! What each line of the list of faults sends over the wire; the whole-program tests play it too.

use std::fmt::Write;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};

use super::wire::{Play, gzip, response};

/// A fault of the list.
#[derive(Debug, Deserialize)]
pub struct Line {
    pub id: String,
    pub kind: String,
    #[serde(default)]
    pub status: Option<u16>,
    #[serde(default)]
    pub headers: serde_json::Map<String, Value>,
    #[serde(default)]
    pub body: String,
    #[serde(default)]
    pub wire: String,
    #[serde(default)]
    pub stream: String,
}

/// The list; none, with a line that says so, where it is absent.
pub fn lines(test: &str) -> Option<Vec<Line>> {
    let shared = std::env::var_os("COPYDESK_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let Ok(list) = std::fs::read_to_string(shared.join("adversarial/model-faults.jsonl")) else {
        println!("skipped: {test}: no shared data");
        return None;
    };
    Some(
        list.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

/// A whole reply that fits the tests' task.
pub fn reply() -> Vec<u8> {
    json!({"choices": [{"message": {"content": "{\"a\": 3}"}, "finish_reason": "stop"}]})
        .to_string()
        .into_bytes()
}

/// A fault below HTTP.
pub fn wire(what: &str) -> Play {
    let reply = reply();
    let length = format!("Content-Length: {}\r\n", reply.len());
    match what {
        "reset after half of the body" => Play::Reset(response(&length, &reply[..reply.len() / 2])),
        "Content-Length larger than the body" => Play::Bytes(response("Content-Length: 9999\r\n", &reply)),
        "bad chunk size" => Play::Bytes(response(
            "Transfer-Encoding: chunked\r\n",
            b"zz\r\n{}\r\n0\r\n\r\n",
        )),
        "chunked body without last chunk" => {
            let mut body = format!("{:x}\r\n", reply.len()).into_bytes();
            body.extend_from_slice(&reply);
            body.extend_from_slice(b"\r\n");
            Play::Bytes(response("Transfer-Encoding: chunked\r\n", &body))
        }
        "10,000 headers" => {
            let mut headers = String::new();
            for number in 0..10_000 {
                write!(headers, "X-{number}: x\r\n").unwrap();
            }
            Play::Bytes(response(&(headers + &length), &reply))
        }
        "never-ending body" => Play::Endless(response("", b"{\"choices\":["), b' '),
        "Content-Encoding gzip on plain text" => {
            Play::Bytes(response(&format!("Content-Encoding: gzip\r\n{length}"), &reply))
        }
        "gzip in gzip in gzip" => {
            let body = gzip(&gzip(&gzip(&reply)));
            let headers = format!(
                "Content-Encoding: gzip, gzip, gzip\r\nContent-Length: {}\r\n",
                body.len()
            );
            Play::Bytes(response(&headers, &body))
        }
        "image/png" => Play::Bytes(response(&format!("Content-Type: image/png\r\n{length}"), &reply)),
        other => panic!("a fault of the wire that is not played: {other}"),
    }
}

/// A fault of a stream.
pub fn stream(what: &str) -> Play {
    let delta = |delta: Value| format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": delta}]}));
    let head = |body: &str| response("Content-Type: text/event-stream\r\n", body.as_bytes());
    let content = delta(json!({"content": "{\"a\": 3}"}));
    match what {
        "stream ends without the end mark" => Play::Bytes(head(&content)),
        "no event for 10 min after the first" => Play::Stall(head(&content)),
        "tool call parts interleaved" => {
            let part = |index: u8, text: &str| {
                delta(json!({"tool_calls": [{"index": index, "function": {"arguments": text}}]}))
            };
            let parts = [
                part(1, "{\"q\":"),
                part(0, "{\"q\":"),
                part(1, "1}"),
                part(0, "2}"),
            ]
            .concat();
            Play::Bytes(head(&format!("{parts}data: [DONE]\n\n")))
        }
        "no usage at the end" => Play::Bytes(head(&format!("{content}data: [DONE]\n\n"))),
        "two end marks" => Play::Bytes(head(&format!("{content}data: [DONE]\n\ndata: [DONE]\n\n"))),
        "one event of 50 MB" => Play::Bytes(head(&delta(json!({"content": "x".repeat(50 << 20)})))),
        other => panic!("a fault of a stream that is not played: {other}"),
    }
}
