//! Custom stages: a model that calls tools of a server over streamable HTTP, and the author's yes by the API.

use std::fmt::Write as _;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::rig::{Desk, json_file, list, word};
use crate::served::Served;
use crate::stub::says;

/// Calls of the tool in each stage; the model then answers.
pub const CALLS: usize = 2;
/// A held call is there within.
const HELD_MAX: Duration = Duration::from_secs(20);

/// What the two servers saw.
#[derive(Default)]
pub struct Seen {
    /// Questions: task, messages, and whether tools were offered.
    asked: Vec<(String, Value, bool)>,
    /// Arguments of calls of the tool.
    called: Vec<Value>,
    /// The number of the question that is never answered, once.
    holds: Option<usize>,
    /// Words of the answers.
    pub words: usize,
    /// The model answers with fields that hold nothing.
    is_blank: bool,
}

/// A model and a tool server on one port; they end with the test.
pub struct World {
    pub seen: Arc<Mutex<Seen>>,
    pub server: Served,
}

impl World {
    pub fn new() -> Self {
        let seen = Arc::new(Mutex::new(Seen {
            words: 10,
            ..Seen::default()
        }));
        let router = Router::new()
            .route("/v1/chat/completions", post(answer))
            .route("/mcp", post(tool))
            .with_state(Arc::clone(&seen));
        let server = Served::start(router);
        Self { seen, server }
    }

    /// A folder with a pipeline `own` of these stages; each has the tool, the prompt and the schema of the test.
    fn desk(&self, stages: &[(&str, &str)]) -> Desk {
        let desk = Desk::new();
        let servers = format!(
            "[web]\nlisten = \"127.0.0.1:7420\"\n\n[models.m]\nbase_url = \"http://{0}/v1\"\nmodel = \"stub-1\"\n\n[routes]\ndefault = [\"m\"]\n\n\
             [mcpServers.facts]\nurl = \"http://{0}/mcp\"\n",
            self.server.address
        );
        desk.write("config.toml", &servers);
        std::fs::create_dir_all(desk.dir().join("prompts/custom")).unwrap();
        desk.write(
            "prompts/custom/own.md",
            "---\nversion: 1\n---\nYou collect for {{ newsletter }}.\n",
        );
        let schema = json!({ "type": "object", "additionalProperties": false, "required": ["title", "body"],
            "properties": { "title": { "type": "string" }, "body": { "type": "string" } } });
        desk.write("prompts/custom/own.schema.json", &schema.to_string());
        let mut pipeline = "[pipeline]\nname = \"own\"\n".to_owned();
        for (name, keys) in stages {
            let _ = write!(
                pipeline,
                "\n[[stage]]\nagent = \"custom\"\nname = \"{name}\"\nprompt = \"prompts/custom/own.md\"\noutput_schema = \
                 \"prompts/custom/own.schema.json\"\ntools = [\"facts/*\"]\nmodel_tools = [\"facts/lookup\"]\nturns_max = 4\n{keys}\n"
            );
        }
        desk.write("pipelines/own.toml", &pipeline);
        desk
    }

    /// The same, with its tools trusted.
    pub fn trusting(&self, stages: &[(&str, &str)]) -> Desk {
        let desk = self.desk(stages);
        desk.json(0, &["tools", "trust", "facts"]);
        desk
    }

    pub fn asked(&self, task: &str) -> Vec<(String, Value, bool)> {
        let seen = self.seen.lock().unwrap();
        seen.asked.iter().filter(|(of, ..)| of == task).cloned().collect()
    }

    /// The `input` of the first question of the last round of a task.
    fn input(&self, task: &str) -> Value {
        let asked = self.asked(task);
        let first = asked
            .iter()
            .rfind(|(_, messages, _)| messages.as_array().unwrap().len() == 2);
        let content = word(&first.unwrap().1[1], "content").to_owned();
        serde_json::from_str::<Value>(&content).unwrap()["input"].take()
    }
}

async fn answer(State(seen): State<Arc<Mutex<Seen>>>, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let messages = body["messages"].as_array().unwrap();
    let user = messages
        .iter()
        .rfind(|message| message["role"] == "user")
        .unwrap();
    let asked: Value = serde_json::from_str(user["content"].as_str().unwrap()).unwrap();
    let task = asked["task"].as_str().unwrap().to_owned();
    let schema = &body["response_format"]["json_schema"]["name"];
    assert_eq!(*schema, json!(format!("{task}_v1")));
    let tools = body["tools"].as_array().cloned().unwrap_or_default();
    let results = messages
        .iter()
        .filter(|message| message["role"] == "tool")
        .count();
    let (is_held, words, is_blank) = {
        let mut seen = seen.lock().unwrap();
        seen.asked
            .push((task.clone(), body["messages"].clone(), !tools.is_empty()));
        let is_held = seen.holds == Some(seen.asked.len());
        if is_held {
            seen.holds = None;
        }
        (is_held, seen.words, seen.is_blank)
    };
    if is_held {
        std::future::pending::<()>().await;
    }
    if let Some(tool) = tools.first().filter(|_| results < CALLS) {
        let arguments = json!({ "query": format!("{task} {results}") }).to_string();
        let function = json!({ "name": tool["function"]["name"], "arguments": arguments });
        let call = json!({ "id": format!("call-{results}"), "type": "function", "function": function });
        let (_, mut reply) = says("");
        reply["choices"][0]["message"] =
            json!({ "role": "assistant", "content": null, "tool_calls": [call] });
        reply["choices"][0]["finish_reason"] = json!("tool_calls");
        return axum::Json(reply).into_response();
    }
    let output = if is_blank {
        json!({ "title": "", "body": " " })
    } else {
        json!({ "title": format!("{task} <b>after {results}</b>"), "body": "word ".repeat(words) })
    };
    axum::Json(says(&output.to_string()).1).into_response()
}

/// A tool server: just enough of the protocol.
async fn tool(State(seen): State<Arc<Mutex<Seen>>>, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap();
    if request.get("id").is_none() {
        return StatusCode::ACCEPTED.into_response();
    }
    let schema =
        json!({ "type": "object", "required": ["query"], "properties": { "query": { "type": "string" } } });
    let result = match request["method"].as_str().unwrap() {
        "initialize" => {
            json!({ "protocolVersion": request["params"]["protocolVersion"], "capabilities": { "tools": {} },
            "serverInfo": { "name": "facts", "version": "1" } })
        }
        "ping" => json!({}),
        "tools/list" => json!({ "tools": [
            { "name": "lookup", "description": "Looks a fact up.", "inputSchema": schema, "annotations": { "readOnlyHint": true } },
            { "name": "note", "description": "Says nothing of itself.", "inputSchema": schema },
            { "name": "drop", "description": "Drops a fact.", "inputSchema": schema, "annotations": { "destructiveHint": true } },
        ] }),
        "tools/call" => {
            let arguments = request["params"]["arguments"].clone();
            let text = format!("a fact on {}", arguments["query"]);
            seen.lock().unwrap().called.push(arguments);
            json!({ "content": [{ "type": "text", "text": text }] })
        }
        _ => {
            let error = json!({ "code": -32601, "message": "method not found" });
            return axum::Json(json!({ "jsonrpc": "2.0", "id": request["id"], "error": error }))
                .into_response();
        }
    };
    axum::Json(json!({ "jsonrpc": "2.0", "id": request["id"], "result": result })).into_response()
}

/// State and artifact of each stage.
fn stages(run: &Value) -> Vec<(String, String, usize)> {
    let stages = list(run, "stages").iter();
    stages
        .map(|stage| {
            let made = list(stage, "artifacts").len();
            (
                word(stage, "stage").to_owned(),
                word(stage, "state").to_owned(),
                made,
            )
        })
        .collect()
}

#[test]
fn four_stages_with_tools_run_over_the_api_and_end_with_the_authors_yes() {
    let world = World::new();
    world.seen.lock().unwrap().words = 1_600;
    let gate = "approval = true";
    let desk = world.trusting(&[("a", ""), ("b", ""), ("c", ""), ("d", gate)]);
    let daemon = Daemon::start(&desk);
    let token = Daemon::token(&desk);
    let ask = |method: &str, path: &str, body: &Value| daemon.ask(method, path, Some(&token), body);
    let (status, started) = ask("POST", "/api/runs", &json!({ "pipeline": "own" }));
    assert_eq!(status, 201, "{started}");
    let run = word(&started, "run");
    let path = format!("/api/runs/{run}");
    let (_, waiting) = ask("GET", &format!("{path}?wait=waiting&timeout_s=60"), &Value::Null);
    assert_eq!(waiting["waiting_for"], json!(["approval"]), "{waiting}");
    assert_eq!(
        (word(&waiting, "issue"), &waiting["slot"]),
        ("none", &Value::Null)
    );
    let hash = &list(&waiting, "stages")[3]["artifacts"][0]["hash"];
    assert_eq!(waiting["approval"]["hash"], *hash, "{waiting}");
    assert!(waiting["approval"]["expires_at"].is_string(), "{waiting}");
    let (status, refused) = ask(
        "POST",
        &format!("{path}/approve"),
        &json!({ "hash": "0".repeat(64) }),
    );
    assert_eq!(status, 409, "{refused}");
    let (status, approved) = ask("POST", &format!("{path}/approve"), &json!({ "hash": hash }));
    assert_eq!(status, 200, "{approved}");
    let (_, done) = ask(
        "GET",
        &format!("{path}?wait=completed&timeout_s=60"),
        &Value::Null,
    );
    assert_eq!(word(&done, "state"), "completed", "{done}");
    let completed = |name: &str| (name.to_owned(), "completed".to_owned(), 1);
    assert_eq!(stages(&done), ["a", "b", "c", "d"].map(completed));
    assert_eq!(
        (&done["model_calls"], &done["tool_calls"]),
        (&json!(12), &json!(8))
    );
    daemon.stop();
    assert_eq!(world.seen.lock().unwrap().called.len(), 8);
    assert_eq!(
        world.input("b")["needs"][0]["artifact"]["title"],
        "a <b>after 2</b>"
    );
    let export = desk.export(run);
    let made = json_file(&export.join("b.json"));
    assert_eq!((word(&made, "format"), word(&made, "stage")), ("1.0", "b"));
    assert_eq!(made["models"], json!(["m"]));
    assert!(std::fs::metadata(export.join("d.json")).unwrap().len() > 8_000);
    assert_eq!(json_file(&export.join("d.approval.json"))["decision"], "approved");
}

#[test]
fn a_stage_that_is_sent_back_and_then_rejected_ends_the_run() {
    let world = World::new();
    let desk = world.trusting(&[("digest", "approval = true"), ("posts", "")]);
    let run = desk.json(4, &["run", "own"]);
    let id = word(&run, "run");
    assert_eq!(run["waiting_for"], json!(["approval"]), "{run}");
    desk.json(0, &["send-back", id, "--note", "say it shorter"]);
    let again = desk.json(4, &["run", "own"]);
    assert_eq!(
        (word(&again, "run"), &again["stages"][0]["round"]),
        (id, &json!(2)),
        "{again}"
    );
    let input = world.input("digest");
    assert_eq!(input["note"], "say it shorter");
    assert_eq!(input["previous"]["title"], "digest <b>after 2</b>");
    let late = desk.failure(1, &["recall", id]);
    assert!(word(&late, "error").contains("acted upon at once"), "{late}");
    desk.json(0, &["reject", id]);
    let done = desk.json(0, &["run", "own"]);
    assert_eq!(word(&done, "state"), "completed", "{done}");
    let posts = &list(&done, "stages")[1];
    assert_eq!(word(posts, "state"), "skipped", "{done}");
    assert_eq!(
        word(posts, "reason"),
        "it needs digest, which the author rejected"
    );
    assert!(world.asked("posts").is_empty());
    let logs = desk.json(0, &["logs", id]);
    let keys: Vec<&str> = logs
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|line| line["key"].as_str())
        .collect();
    for key in ["turn-1", "turn-1/call-1", "turn-2", "turn-2/call-1", "turn-3"] {
        assert_eq!(
            keys.iter().filter(|found| **found == key).count(),
            2,
            "{key}: {logs}"
        );
    }
}

#[test]
fn the_last_turn_offers_no_tools() {
    let world = World::new();
    let desk = world.trusting(&[("digest", "")]);
    desk.replace("pipelines/own.toml", "turns_max = 4", "turns_max = 2");
    let run = desk.json(0, &["run", "own"]);
    assert_eq!(word(&run, "state"), "completed", "{run}");
    let offered: Vec<bool> = world.asked("digest").iter().map(|(.., offers)| *offers).collect();
    assert_eq!(offered, [true, false]);
}

#[test]
fn killed_within_a_stage_it_goes_on_at_the_next_call() {
    let world = World::new();
    let desk = world.trusting(&[("a", ""), ("b", "")]);
    // The fifth question is the second of stage `b`.
    world.seen.lock().unwrap().holds = Some(5);
    let mut child = desk
        .command(&["run", "own"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while world.seen.lock().unwrap().asked.len() < 5 {
        assert!(started.elapsed() < HELD_MAX, "the question never came");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(world.seen.lock().unwrap().holds.is_none(), "the fault fired");
    let run = desk.json(0, &["run", "own"]);
    assert_eq!(word(&run, "state"), "completed", "{run}");
    let seen = world.seen.lock().unwrap();
    assert_eq!(
        (seen.asked.len(), seen.called.len()),
        (7, 4),
        "only the held question is asked again"
    );
    assert_eq!(seen.asked[4], seen.asked[5]);
    assert!(run["saved_by_resume"]["calls"].as_u64().unwrap() >= 2, "{run}");
}

#[test]
fn without_a_language_model_the_run_waits_and_says_what_to_do() {
    let world = World::new();
    let desk = world.trusting(&[("digest", "")]);
    desk.replace("config.toml", "default = [\"m\"]", "default = [\"embedded\"]");
    let checked = desk.json(0, &["check"]);
    assert!(
        checked
            .to_string()
            .contains("no model can answer the custom stage `digest`"),
        "{checked}"
    );
    let run = desk.json(4, &["run", "own"]);
    assert_eq!(run["waiting_for"], json!(["model"]), "{run}");
    let reason = word(&run, "reason");
    assert!(
        reason.contains("cannot answer the custom stage `digest`")
            && reason.contains("`digest = [\"NAME\"]` under [routes]"),
        "{reason}"
    );
    assert_eq!(stages(&run), [("digest".to_owned(), "waiting".to_owned(), 0)]);
    assert!(world.asked("digest").is_empty());
}

#[test]
fn an_answer_that_holds_nothing_is_no_artifact() {
    let world = World::new();
    let desk = world.trusting(&[("digest", "")]);
    world.seen.lock().unwrap().is_blank = true;
    let run = desk.json(4, &["run", "own"]);
    assert_eq!(run["waiting_for"], json!(["model"]), "{run}");
    assert_eq!(stages(&run), [("digest".to_owned(), "waiting".to_owned(), 0)]);
    world.seen.lock().unwrap().is_blank = false;
    desk.json(0, &["retry", word(&run, "run")]);
    let run = desk.json(0, &["run", "own"]);
    assert_eq!(word(&run, "state"), "completed", "{run}");
    assert_eq!(world.asked("digest").len(), 4, "the turns before are kept");
}

#[test]
fn a_tool_that_may_change_something_is_not_offered() {
    let world = World::new();
    let desk = world.trusting(&[("digest", "")]);
    let with = |tools: &str| {
        let text = desk.read("pipelines/own.toml");
        let line = text
            .lines()
            .find(|line| line.starts_with("model_tools"))
            .unwrap()
            .to_owned();
        desk.write(
            "pipelines/own.toml",
            &text.replace(&line, &format!("model_tools = [\"{tools}\"]")),
        );
    };
    with("facts/note");
    let run = desk.json(1, &["run", "own", "--new"]);
    let reason = word(&run, "reason");
    assert!(
        reason.contains("`facts/note`") && reason.contains("read_only_tools"),
        "{reason}"
    );
    with("facts/*");
    desk.json(0, &["run", "own", "--new"]);
    let offered = |world: &World| world.seen.lock().unwrap().called.len();
    assert_eq!(offered(&world), CALLS, "behind a star the others are left out");
    // The operator vouches for one that is silent, and cannot for one that says that it destroys.
    desk.replace("config.toml", "/mcp\"\n", "/mcp\"\nread_only_tools = [\"*\"]\n");
    with("facts/note");
    desk.json(0, &["run", "own", "--new"]);
    with("facts/drop");
    let run = desk.json(1, &["run", "own", "--new"]);
    assert!(word(&run, "reason").contains("`facts/drop`"), "{run}");
}

#[test]
fn the_example_of_the_documentation_runs() {
    let world = World::new();
    let desk = world.desk(&[("unused", "")]);
    std::fs::remove_file(desk.dir().join("pipelines/own.toml")).unwrap();
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/recap");
    for name in ["recap.md", "recap.schema.json", "posts.md", "posts.schema.json"] {
        std::fs::copy(examples.join(name), desk.dir().join("prompts/custom").join(name)).unwrap();
    }
    std::fs::copy(
        examples.join("recap.toml"),
        desk.dir().join("pipelines/recap.toml"),
    )
    .unwrap();
    let checked = desk.json(0, &["check"]);
    assert!(!checked.to_string().contains("recap"), "{checked}");
}

#[test]
fn a_custom_stage_replays_without_its_model_and_its_tools() {
    let world = World::new();
    let desk = world.trusting(&[("digest", "approval = true"), ("posts", "")]);
    let run = word(&desk.json(4, &["run", "own"]), "run").to_owned();
    desk.json(0, &["approve", &run, "--wait"]);
    let (asked, called) = {
        let seen = world.seen.lock().unwrap();
        (seen.asked.len(), seen.called.len())
    };
    let replay = desk.json(0, &["replay", &run]);
    assert_eq!(replay["same"], true, "{}", replay["difference"]);
    assert_eq!(
        (&replay["model_calls"], &replay["waiting_for"]),
        (&json!(0), &json!([]))
    );
    assert_eq!(replay["approval"]["hash"], Value::Null, "nobody decides on it");
    let file = desk.dir().join("own.jsonl");
    desk.json(0, &["export", &run, "--recording", file.to_str().unwrap()]);
    let elsewhere = Desk::new().json(0, &["replay", "--recording", file.to_str().unwrap()]);
    assert_eq!(elsewhere["same"], true, "{}", elsewhere["difference"]);
    // Anew with the same model and prompt every question has its answer.
    let anew = desk.json(0, &["replay", &run, "--from", "digest"]);
    assert_eq!(anew["sides"]["same"], true, "{}", anew["sides"]);
    let seen = world.seen.lock().unwrap();
    assert_eq!(
        (seen.asked.len(), seen.called.len()),
        (asked, called),
        "nobody was asked"
    );
}
