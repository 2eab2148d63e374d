//! What a collector that others wrote (PyPI `rotel`) gets of a day.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::programs::skipped;
use crate::rig::{Corpus, Desk, EVENING, text, word};
use crate::stub::Stub;

/// The collector; it prints what it takes.
struct Collector {
    child: Child,
    log: PathBuf,
    url: String,
}

/// Its program, where `cargo xtask verify` has installed it.
fn program() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../third-party/python/lib");
    let libraries = std::fs::read_dir(python).ok()?.flatten();
    libraries
        .map(|library| library.path().join("site-packages/rotel/rotel-agent"))
        .find(|path| path.is_file())
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Collector {
    fn start(test: &str, folder: &Path, shows: &str) -> Option<Self> {
        let Some(program) = program() else {
            skipped(test, "no rotel; `cargo xtask verify` installs it where it can");
            return None;
        };
        let (port, grpc) = (free_port(), free_port());
        let log = folder.join("collector.log");
        let out = std::fs::File::create(&log).unwrap();
        let child = Command::new(program)
            .args(["start", "--exporter", "blackhole", "--batch-timeout", "50ms"])
            .args(["--debug-log", shows, "--debug-log-verbosity", "detailed"])
            .args(["--otlp-http-endpoint", &format!("127.0.0.1:{port}")])
            .args(["--otlp-grpc-endpoint", &format!("127.0.0.1:{grpc}")])
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap();
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "the collector does not listen"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        let url = format!("http://127.0.0.1:{port}");
        Some(Self { child, log, url })
    }

    /// What it printed, once it holds `what`.
    fn told(&self, what: &str) -> String {
        let start = Instant::now();
        loop {
            let told = std::fs::read_to_string(&self.log).unwrap();
            if told.contains(what) {
                return told;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "no {what} in\n{told}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A span as the collector prints it: its fields and attributes by name.
type Printed = BTreeMap<String, String>;

fn spans(told: &str) -> Vec<Printed> {
    let mut spans: Vec<Printed> = Vec::new();
    for line in told.lines() {
        if line.starts_with("Span #") {
            spans.push(Printed::new());
        }
        let Some(span) = spans.last_mut() else { continue };
        let line = line.trim_start().trim_start_matches("-> ");
        if let Some((name, value)) = line.split_once(':') {
            span.insert(name.trim().to_owned(), value.trim().to_owned());
        }
    }
    spans
}

fn collect(desk: &Desk, url: &str) {
    let section = format!("[telemetry]\notlp = \"{url}\"\n");
    desk.replace("config.toml", "[telemetry]\n", &section);
}

/// What each call of a model says of itself.
const OF_CHATS: &[&str] = &[
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "gen_ai.response.id",
    "gen_ai.response.finish_reasons",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "server.address",
    "server.port",
    "gen_ai.conversation.id",
    "copydesk.task",
    "copydesk.step",
];

#[test]
fn a_day_is_one_trace_of_stages_model_calls_and_tool_calls() {
    let test = "a_day_is_one_trace_of_stages_model_calls_and_tool_calls";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "24h");
    let Some(collector) = Collector::start(test, desk.dir(), "traces") else {
        return;
    };
    let stub = Stub::extracting(Duration::ZERO);
    stub.answers_for(&desk);
    collect(&desk, &collector.url);
    let run = desk.evening();
    let told = collector.told("invoke_agent review");
    let spans = spans(&told);
    let trace = word(&run, "trace_id");
    let of = |operation: &str| -> Vec<&Printed> {
        let value = format!("Str({operation})");
        let is_it = |span: &&Printed| span.get("gen_ai.operation.name") == Some(&value);
        spans.iter().filter(is_it).collect()
    };
    let (stages, chats, tools) = (of("invoke_agent"), of("chat"), of("execute_tool"));
    println!(
        "{} stages, {} model calls, {} tool calls",
        stages.len(),
        chats.len(),
        tools.len()
    );
    assert_eq!(stages.len() + chats.len() + tools.len(), spans.len());
    assert_eq!(json!(chats.len()), run["model_calls"]);
    assert_eq!(json!(tools.len()), run["tool_calls"]);
    assert!(
        spans.iter().all(|span| span["Trace ID"] == trace),
        "one trace: {trace}"
    );
    let ids: BTreeMap<&str, &str> = stages
        .iter()
        .map(|span| (span["ID"].as_str(), span["copydesk.stage"].as_str()))
        .collect();
    assert_eq!(ids.len(), 3);
    for span in chats.iter().chain(&tools) {
        let stage = ids.get(span["Parent ID"].as_str());
        assert_eq!(stage, Some(&span["copydesk.stage"].as_str()), "{span:?}");
    }
    for name in OF_CHATS {
        assert!(
            chats.iter().all(|span| span.contains_key(*name)),
            "{name}: {:?}",
            chats[0]
        );
    }
    assert_eq!(chats[0]["gen_ai.request.model"], "Str(stub-1)");
    assert!(tools.iter().all(|span| span.contains_key("gen_ai.tool.call.id")));
    assert!(
        !told.contains("gen_ai.input.messages"),
        "no words unless they are asked for"
    );
    let shown = desk.run(&["show", word(&run, "run")]);
    assert!(text(&shown.stdout).contains(trace), "{}", text(&shown.stdout));
}

#[test]
fn words_of_prompts_go_along_only_where_they_are_asked_for() {
    let test = "words_of_prompts_go_along_only_where_they_are_asked_for";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "24h");
    let Some(collector) = Collector::start(test, desk.dir(), "traces") else {
        return;
    };
    collect(&desk, &collector.url);
    desk.replace("config.toml", "prompts = false", "prompts = true");
    desk.evening();
    let told = collector.told("invoke_agent review");
    for name in [
        "gen_ai.system_instructions",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
    ] {
        assert!(told.contains(name), "{name}");
    }
}

#[test]
fn the_histograms_of_the_conventions_reach_the_collector() {
    let test = "the_histograms_of_the_conventions_reach_the_collector";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "24h");
    let Some(collector) = Collector::start(test, desk.dir(), "metrics") else {
        return;
    };
    collect(&desk, &collector.url);
    desk.evening();
    let told = collector.told("gen_ai.client.token.usage");
    assert!(told.contains("gen_ai.client.operation.duration"), "{told}");
    assert!(told.contains("gen_ai.token.type"), "{told}");
}

#[test]
fn a_collector_that_is_not_there_costs_a_warning_and_no_issue() {
    let test = "a_collector_that_is_not_there_costs_a_warning_and_no_issue";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "24h");
    collect(&desk, &format!("http://127.0.0.1:{}", free_port()));
    let output = desk.run(&["run", "daily", "--now", EVENING]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(
        said.contains("spans for the collector of [telemetry] were dropped"),
        "{said}"
    );
}
