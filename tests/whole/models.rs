//! Models over HTTP as a person sees them: probes that are remembered, and how far a model is while it writes.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use serde_json::{Value, json};

use crate::programs::skipped;
use crate::rig::{BINARY, Desk, EVENING, list, text, word, wrapped};

/// A model that answers by extraction, as a stream where it is asked to.
struct Streaming {
    address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

impl Streaming {
    /// With so long between two parts of a reply.
    fn serve(pause: Duration) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let router = copydesk_llm::embedded::router().layer(from_fn_with_state(pause, in_parts));
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            _runtime: runtime,
        }
    }

    /// A folder with one feed whose tasks are asked here.
    fn desk(&self, house: &crate::feed_house::FeedHouse) -> Desk {
        let desk = house.desk();
        let model = format!(
            "[models.far]\nbase_url = \"http://{}/v1\"\nmodel = \"m-1\"\n",
            self.address
        );
        desk.replace("config.toml", "[models]\n", &format!("{model}\n"));
        desk.replace("config.toml", "default = [\"embedded\"]", "default = [\"far\"]");
        desk
    }
}

async fn in_parts(State(pause): State<Duration>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let bytes = to_bytes(body, 64 << 20).await.unwrap();
    let mut asked: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let is_stream = asked["stream"] == true;
    let mut request = Request::from_parts(head, Body::from(bytes));
    if let Some(fields) = asked.as_object_mut().filter(|_| is_stream) {
        // Extraction answers at once and does not stream.
        fields.retain(|name, _| !name.starts_with("stream"));
        let (mut head, _) = request.into_parts();
        head.headers.remove("content-length");
        request = Request::from_parts(head, Body::from(asked.to_string()));
    }
    let response = next.run(request).await;
    if !is_stream || !response.status().is_success() {
        return response;
    }
    let reply = to_bytes(response.into_body(), 64 << 20).await.unwrap();
    let reply: Value = serde_json::from_slice(&reply).unwrap();
    let events = futures::stream::unfold(events_of(&reply).into_iter(), move |mut rest| async move {
        let event = rest.next()?;
        tokio::time::sleep(pause).await;
        Some((Ok::<_, std::io::Error>(format!("data: {event}\n\n")), rest))
    });
    let head = Response::builder().header("content-type", "text/event-stream");
    head.body(Body::from_stream(events)).unwrap()
}

/// The same reply in parts of its content, or with its tool calls in one.
fn events_of(reply: &Value) -> Vec<String> {
    let message = &reply["choices"][0]["message"];
    let content: Vec<char> = message["content"].as_str().unwrap_or_default().chars().collect();
    let part = |delta: Value| json!({"choices": [{"index": 0, "delta": delta}]}).to_string();
    let mut events: Vec<String> = content
        .chunks(content.len().div_ceil(6).max(1))
        .map(|chunk| part(json!({"content": chunk.iter().collect::<String>()})))
        .collect();
    if let Some(calls) = message["tool_calls"].as_array() {
        let calls: Vec<Value> = (0..)
            .zip(calls)
            .map(|(index, call): (u32, &Value)| json!({"index": index, "id": call["id"], "function": call["function"]}))
            .collect();
        events.push(part(json!({"tool_calls": calls})));
    }
    let finish = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reply["choices"][0]["finish_reason"]}]});
    events.push(finish.to_string());
    events.push(json!({"choices": [], "usage": reply["usage"]}).to_string());
    events.push("[DONE]".to_owned());
    events
}

fn house() -> crate::feed_house::FeedHouse {
    crate::feed_house::FeedHouse::serve(EVENING.parse().unwrap())
}

/// The binary on a terminal of its own, both streams together; none where `script` is missing.
fn on_terminal(dir: &Path, words: &str) -> Option<Child> {
    let line = format!("{BINARY} -C {} {words}", dir.display());
    let mut command = wrapped("script", &["-qfec", &line, "/dev/null"]);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()
}

#[test]
fn what_a_probe_finds_is_listed_after_a_restart() {
    let (streaming, house) = (Streaming::serve(Duration::ZERO), house());
    let desk = streaming.desk(&house);
    let listed = desk.json(0, &["models"]);
    assert_eq!(list(&listed, "models")[1]["known"], Value::Null);
    let probed = desk.json(0, &["models", "probe", "far"]);
    let report = &probed[0];
    for question in ["reachable", "json", "streams", "tool_calls", "usage"] {
        assert_eq!(report[question]["result"], "yes", "{question}: {report}");
    }
    assert_eq!(report["way"], "json_schema");
    assert!(report["latency_ms"].is_u64());
    // Its list names another model, which is told with a next step.
    assert_eq!(report["listed"]["result"], "no");
    assert!(
        report["listed"]["next"]
            .as_str()
            .unwrap()
            .contains("[models.far]"),
        "{report}"
    );
    let known = desk.json(0, &["models"]);
    let known = &list(&known, "models")[1]["known"];
    assert_eq!(
        (&known["way"], &known["streams"]),
        (&json!("json_schema"), &json!(true))
    );
    assert_eq!(known["probe"]["latency_ms"], report["latency_ms"]);
    let shown = text(&desk.run(&["models"]).stdout);
    assert!(
        shown.contains("output by json_schema, streams, calls tools"),
        "{shown}"
    );
}

#[test]
fn a_probe_is_paid_from_the_budget_and_says_what_it_cost() {
    let (streaming, house) = (Streaming::serve(Duration::ZERO), house());
    let desk = streaming.desk(&house);
    let price = "model = \"m-1\"\nprice_in = \"$1.00/Mtok\"\nprice_out = \"$2.00/Mtok\"";
    desk.replace("config.toml", "model = \"m-1\"", price);
    let report = desk.json(0, &["models", "probe", "far"])[0].clone();
    let cost = report["spend_microusd"].as_i64().unwrap();
    assert!(cost > 0 && report["requests"] == 3, "{report}");
    let spent = desk.json(0, &["spend", "--by", "pipeline,task,model"]);
    let row = &spent[0];
    assert_eq!(
        (&row["pipeline"], &row["task"], &row["model"]),
        (&json!("models probe"), &json!("probe"), &json!("far"))
    );
    assert_eq!(
        (row["spend_microusd"].as_i64(), &row["calls"]),
        (Some(cost), &json!(3))
    );
    assert_eq!(desk.json(0, &["runs"]), json!([]), "no run asked for it");
    let shown = text(&desk.run(&["models", "probe", "far"]).stdout);
    assert!(shown.contains("cost           $0.00"), "{shown}");
    // Where the day has no room nothing is asked.
    desk.replace("config.toml", "day = \"$5.00\"", "day = \"$0.0001\"");
    let report = desk.json(1, &["models", "probe", "far"])[0].clone();
    assert_eq!(
        (&report["json"]["result"], &report["requests"]),
        (&json!("no"), &json!(0))
    );
    assert!(word(&report["json"], "reason").contains("day budget"), "{report}");
}

#[test]
fn an_address_without_its_version_is_said_with_the_right_one() {
    let (streaming, house) = (Streaming::serve(Duration::ZERO), house());
    let desk = streaming.desk(&house);
    desk.replace("config.toml", "/v1\"\nmodel = \"m-1\"", "\"\nmodel = \"m-1\"");
    let probed = desk.json(1, &["models", "probe", "far"]);
    assert_eq!(probed[0]["reachable"]["code"], "CD021");
    let next = probed[0]["reachable"]["next"].as_str().unwrap();
    let meant = format!("did you mean `base_url = \"http://{}/v1\"`?", streaming.address);
    assert!(next.starts_with(&meant), "{next}");
    let run = desk.evening();
    assert_eq!(run["waiting_for"], json!(["model"]), "{run}");
    assert!(run.to_string().contains("models probe far"), "{run}");
}

#[test]
fn a_person_at_a_terminal_sees_how_much_a_model_has_written() {
    let test = "a_person_at_a_terminal_sees_how_much_a_model_has_written";
    let (streaming, house) = (Streaming::serve(Duration::from_millis(20)), house());
    let desk = streaming.desk(&house);
    let Some(child) = on_terminal(desk.dir(), &format!("run daily --now {EVENING}")) else {
        skipped(test, "script is missing");
        return;
    };
    let shown = text(&child.wait_with_output().unwrap().stdout);
    assert!(shown.contains("writing ≈"), "{shown}");
    let runs = desk.json(0, &["runs"]);
    let run = runs[0]["run"].as_str().unwrap();
    assert_eq!(runs[0]["issue"], "reviewed", "{runs}");
    let steps = desk.json(0, &["logs", run]);
    let exchanges: Vec<&Value> = steps
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|step| list(step, "exchanges"))
        .collect();
    assert!(
        exchanges.iter().all(|exchange| exchange["is_streamed"] == true),
        "{exchanges:?}"
    );
    let last = exchanges.last().unwrap()["number"].to_string();
    let whole = desk.json(0, &["logs", run, "--exchange", &last]);
    assert_eq!(whole["request_body"]["stream"], true, "{whole}");
    assert!(
        whole["reply_body"]["choices"][0]["message"].is_object(),
        "{whole}"
    );
    let count = exchanges.len();
    let none = desk.failure(2, &["logs", run, "--exchange", &(count + 1).to_string()]);
    assert!(none.to_string().contains(&format!("{count} exchanges")), "{none}");
    // Nobody watches the same day through a pipe, so its replies come whole.
    let again = desk.json(4, &["run", "daily", "--now", EVENING, "--new"]);
    let steps = desk.json(0, &["logs", again["run"].as_str().unwrap()]);
    let exchanges: Vec<&Value> = steps
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|step| list(step, "exchanges"))
        .collect();
    assert!(
        exchanges.iter().all(|exchange| exchange["is_streamed"] == false),
        "{exchanges:?}"
    );
}

#[test]
fn who_follows_a_run_from_elsewhere_sees_it_too() {
    let test = "who_follows_a_run_from_elsewhere_sees_it_too";
    let (streaming, house) = (Streaming::serve(Duration::from_millis(250)), house());
    let desk = streaming.desk(&house);
    let mut running = desk
        .command(&["run", "daily", "--now", EVENING])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let run = first_run(&desk);
    let Some(mut follower) = on_terminal(desk.dir(), &format!("logs {run} -f")) else {
        let _ = running.kill();
        let _ = running.wait();
        skipped(test, "script is missing");
        return;
    };
    let _ = running.wait();
    let _ = stop_soon(&mut follower);
    let shown = text(&follower.wait_with_output().unwrap().stdout);
    assert!(shown.contains(": far ≈") && shown.contains(" tokens"), "{shown}");
}

#[test]
fn no_log_of_a_whole_day_holds_prompt_reply_or_key() {
    const KEY: &str = "sk-canary-8d1f0c7b5a";
    let (streaming, house) = (Streaming::serve(Duration::ZERO), house());
    let desk = streaming.desk(&house);
    desk.replace(
        "config.toml",
        "model = \"m-1\"\n",
        "model = \"m-1\"\napi_key_env = \"FAR_KEY\"\n",
    );
    let mut command = desk.command(&["run", "daily", "--now", EVENING]);
    let output = command
        .env("FAR_KEY", KEY)
        .env("COPYDESK_LOG", "trace")
        .output()
        .unwrap();
    let log = text(&output.stderr);
    assert!(log.contains("a model replied"), "nothing was logged");
    let words = "a weak note is worse than none";
    assert!(desk.read("prompts/research/take_notes.md").contains(words));
    for canary in [KEY, "400 million euros", words] {
        let line = log.lines().find(|line| line.contains(canary));
        assert_eq!(line, None, "{canary}");
    }
}

/// The run that another process has begun.
fn first_run(desk: &Desk) -> String {
    let started = Instant::now();
    loop {
        let output = desk.command(&["runs", "--json"]).output().unwrap();
        let runs: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        if let Some(run) = runs[0]["run"].as_str() {
            return run.to_owned();
        }
        assert!(started.elapsed() < Duration::from_secs(30), "no run was begun");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Ends a follower that is still there some seconds after its run.
fn stop_soon(child: &mut Child) -> std::io::Result<()> {
    for _ in 0..50 {
        if child.try_wait()?.is_some() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Command::new("kill")
        .arg(child.id().to_string())
        .status()
        .map(drop)
}
