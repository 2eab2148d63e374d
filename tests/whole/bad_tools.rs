//! Models and tool servers that fail: the run waits or goes on, and says why.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rig::{Corpus, Desk, EVENING, json_file, list, text, word};
use crate::stub::{Script, Stub, says};

/// A folder whose every task the stub answers by a script.
fn scripted(test: &str, script: Script) -> Option<(Corpus, Desk, Stub)> {
    let corpus = Corpus::serve(test, EVENING)?;
    let desk = Desk::of_corpus(&corpus, "24h");
    let stub = Stub::scripted(Duration::ZERO, script);
    stub.answers_for(&desk);
    Some((corpus, desk, stub))
}

#[test]
fn a_model_that_answers_prose_is_asked_again_and_then_the_run_waits() {
    let prose: Script = Box::new(|_| Some(says("Certainly! Here is what I think about your newsletter.")));
    let Some((_corpus, desk, stub)) = scripted(
        "a_model_that_answers_prose_is_asked_again_and_then_the_run_waits",
        prose,
    ) else {
        return;
    };
    let output = desk.run(&["run", "daily", "--now", EVENING, "--json"]);
    let run: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
    println!(
        "exit {:?} {} {} {}",
        output.status.code(),
        run["state"],
        run["waiting_for"],
        run["reason"]
    );
    let most = stub.by_question().values().copied().max().unwrap_or_default();
    println!("{} calls", stub.calls().len());
    assert!(most <= 4, "at most four tries a step, not {most}");
    assert_eq!(output.status.code(), Some(4), "{run}");
    assert_eq!(run["waiting_for"], json!(["model"]), "{run}");
    assert!(
        !word(&run, "reason").contains("Certainly"),
        "a reply is no reason: {run}"
    );
    // Nothing read so far is lost: the embedded model finishes the day.
    desk.json(0, &["retry", word(&run, "run"), "--embedded"]);
    let done = desk.json(4, &["run", "daily"]);
    assert_eq!(
        (&done["run"], &done["waiting_for"]),
        (&run["run"], &json!(["approval"])),
        "{done}"
    );
    crate::outside::check(&desk.export(word(&done, "run")));
}

#[test]
fn a_model_that_fails_on_one_task_falls_back_along_the_route() {
    let script: Script =
        Box::new(|task| (task == "write_title").then(|| (500, json!({ "error": { "message": "down" } }))));
    let Some((_corpus, desk, stub)) = scripted(
        "a_model_that_fails_on_one_task_falls_back_along_the_route",
        script,
    ) else {
        return;
    };
    desk.replace(
        "config.toml",
        "default = [\"stub\"]",
        "default = [\"stub\", \"embedded\"]",
    );
    let run = desk.evening();
    assert_eq!(run["waiting_for"], json!(["approval"]), "{run}");
    let steps = desk.json(0, &["logs", word(&run, "run"), "--stage", "draft"]);
    let title = steps
        .as_array()
        .unwrap()
        .iter()
        .find(|step| step["task"] == "write_title")
        .unwrap();
    assert_eq!(title["model"], "embedded", "{title}");
    for field in [
        "stage",
        "round",
        "key",
        "task",
        "model",
        "tokens_in",
        "tokens_out",
        "ms",
        "outcome",
    ] {
        assert!(title.get(field).is_some(), "no {field} in {title}");
    }
    assert!(
        stub.calls().iter().any(|call| call.task == "take_notes"),
        "the others were asked of the stub"
    );
}

#[test]
fn a_reader_that_invents_quotations_gives_no_note() {
    let invented = json!({
        "kind": "statement", "role": "news", "quote": "The foundation bought the moon for 4 billion dollars on Monday.",
        "who": "The foundation", "what": "the moon", "value": "4 billion", "unit": "dollars", "date": "Monday",
    });
    let reply = json!({ "notes": [invented] }).to_string();
    let script: Script = Box::new(move |task| (task == "take_notes").then(|| says(&reply)));
    let Some((_corpus, desk, stub)) = scripted("a_reader_that_invents_quotations_gives_no_note", script)
    else {
        return;
    };
    let run = desk.evening();
    let asked = stub
        .calls()
        .iter()
        .filter(|call| call.task == "take_notes")
        .count();
    assert!(asked > 3, "the reader was asked {asked} times");
    let dir = desk.export(word(&run, "run"));
    let brief = json_file(&dir.join("research_brief.json"));
    assert_eq!(brief["notes"], json!([]), "nothing of it is a note");
    assert_eq!(brief["notes_dropped"], json!(asked), "each one is counted");
    let issue = std::fs::read_to_string(dir.join("issue.md")).unwrap();
    assert!(!issue.contains("moon") && !issue.contains('“'), "{issue}");
    let log = desk.run(&["logs", word(&run, "run"), "--stage", "research"]);
    let log = text(&log.stdout);
    assert!(log.contains("quoted words that stand in no source"), "{log}");
}

#[test]
fn a_wrong_key_makes_the_run_wait_and_is_not_tried_elsewhere() {
    let script: Script = Box::new(|_| Some((401, json!({ "error": { "message": "bad key" } }))));
    let Some((_corpus, desk, _stub)) = scripted(
        "a_wrong_key_makes_the_run_wait_and_is_not_tried_elsewhere",
        script,
    ) else {
        return;
    };
    desk.replace(
        "config.toml",
        "default = [\"stub\"]",
        "default = [\"stub\", \"embedded\"]",
    );
    let run = desk.evening();
    assert_eq!(run["waiting_for"], json!(["model"]), "{run}");
    assert!(word(&run, "reason").contains("401"), "{run}");
}

#[test]
fn a_model_without_a_price_is_refused() {
    let desk = Desk::new();
    let model = "[models.far]\nbase_url = \"https://models.example/v1\"\nmodel = \"any\"\n";
    desk.replace("config.toml", "[models]\n", &format!("{model}\n"));
    desk.replace("config.toml", "default = [\"embedded\"]", "default = [\"far\"]");
    let failure = desk.failure(2, &["run", "daily"]);
    assert!(word(&failure, "error").contains("price"), "{failure}");
}

/// A tool server that greets, lists one tool, and dies when it is called.
const DIES: &str = r"
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    method, number = asked.get('method'), asked.get('id')
    if method == 'initialize':
        result = {'protocolVersion': asked['params']['protocolVersion'], 'capabilities': {'tools': {}}, 'serverInfo': {'name': 'feeds', 'version': '1'}}
    elif method == 'tools/list':
        schema = {'type': 'object', 'properties': {}, 'additionalProperties': True}
        result = {'tools': [{'name': name, 'description': 'Dies.', 'inputSchema': schema} for name in ('search', 'poll')]}
    elif method == 'tools/call':
        sys.exit(1)
    elif number is None:
        continue
    else:
        result = {}
    print(json.dumps({'jsonrpc': '2.0', 'id': number, 'result': result}), flush=True)
";

#[test]
fn a_tool_server_that_dies_in_a_call_costs_no_issue() {
    let test = "a_tool_server_that_dies_in_a_call_costs_no_issue";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "24h");
    desk.write("dies.py", DIES);
    let program = desk.dir().join("dies.py");
    let server = format!(
        "[mcpServers.dies]\ncommand = \"python3\"\nargs = [{}]\n",
        json!(program)
    );
    desk.write(
        "config.toml",
        &desk
            .read("config.toml")
            .replace("[mcpServers]\n", &format!("{server}\n")),
    );
    desk.replace(
        "pipelines/daily.toml",
        "[\"feeds/*\", \"web/*\", \"archive/*\"]",
        "[\"feeds/*\", \"web/*\", \"archive/*\", \"dies/*\"]",
    );
    desk.replace(
        "pipelines/daily.toml",
        "[\"archive/search\", \"web/open\"]",
        "[\"dies/search\", \"web/open\"]",
    );
    desk.json(0, &["tools", "trust", "dies"]);
    let run = desk.evening();
    assert_eq!(run["waiting_for"], json!(["approval"]), "{run}");
    let steps = desk.json(0, &["logs", word(&run, "run"), "--stage", "research"]);
    let called: Vec<&Value> = steps
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["tool"].as_str().is_some_and(|tool| tool.contains("dies")))
        .collect();
    println!("{} calls of the server that dies", called.len());
    for step in &called {
        assert_ne!(step["outcome"], "ok", "{step}");
    }
    assert!(!list(&run, "stages").is_empty());
}
