//! Turns of an agent loop.

use copydesk_config::ModelConfig;
use copydesk_journal::{AgentMessage, ModelCall, Models, ReplyContent, ToolCall, ToolSpec};
use serde_json::{Value, json};

use super::calls::{Book, call, config, router, spec};
use super::stub::{Answer, Stub, message, says, status};

pub fn tool(name: &str, argument: &str) -> ToolSpec {
    ToolSpec {
        name: name.parse().unwrap(),
        description: format!("Does {name}."),
        input_schema: json!({"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]}),
        is_read_only: true,
    }
}

fn turn(stub: &Stub, history: Vec<AgentMessage>) -> ModelCall {
    ModelCall {
        tools: vec![tool("archive/search", "query"), tool("web/open", "id")],
        history,
        ..call(vec![spec("m", config(&stub.base_url))])
    }
}

/// A turn that offers tools to one model.
pub fn turn_at(config: ModelConfig, tools: Vec<ToolSpec>) -> ModelCall {
    ModelCall {
        tools,
        ..call(vec![spec("m", config)])
    }
}

fn calls(calls: &Value) -> Answer {
    message(
        &json!({"role": "assistant", "content": null, "tool_calls": calls}),
        "tool_calls",
    )
}

fn search(id: &str, arguments: &Value) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "archive__search", "arguments": arguments}})
}

#[tokio::test]
async fn a_model_calls_tools_and_then_answers() {
    let stub = Stub::with(vec![
        calls(&json!([search("c1", &json!("{\"query\":\"x\"}"))])),
        says("{\"a\": 3}"),
    ])
    .await;
    let router = router();
    let first = router
        .ask(turn(&stub, Vec::new()), &Book::default())
        .await
        .unwrap();
    let made = ToolCall {
        id: "c1".into(),
        name: "archive/search".into(),
        arguments: json!({"query": "x"}),
    };
    assert_eq!(first.content, ReplyContent::Calls(vec![made.clone()]));
    let result = AgentMessage::Result {
        id: "c1".into(),
        content: "[]".into(),
    };
    let second = router
        .ask(
            turn(&stub, vec![AgentMessage::Calls(vec![made]), result]),
            &Book::default(),
        )
        .await;
    assert_eq!(second.unwrap().content, ReplyContent::Output(json!({"a": 3})));
    let body = &stub.seen()[1].body;
    let offered: Vec<&str> = body["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["function"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(offered, ["archive__search", "web__open"]);
    assert_eq!(body["parallel_tool_calls"], false);
    let messages = body["messages"].as_array().unwrap();
    let roles: Vec<&str> = messages
        .iter()
        .map(|message| message["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["system", "user", "assistant", "tool"]);
    assert_eq!(
        messages[2]["tool_calls"][0]["function"]["name"],
        "archive__search"
    );
    assert_eq!(
        (&messages[3]["tool_call_id"], &messages[3]["content"]),
        (&json!("c1"), &json!("[]"))
    );
}

#[tokio::test]
async fn odd_calls_are_put_right() {
    let same = search("", &json!({"query": "x"}));
    let stub = Stub::with(vec![calls(&json!([
        same,
        same,
        search("c2", &json!("{\"query\":\"y\"}"))
    ]))])
    .await;
    let reply = router()
        .ask(turn(&stub, Vec::new()), &Book::default())
        .await
        .unwrap();
    let ReplyContent::Calls(calls) = reply.content else {
        panic!("calls were made")
    };
    let ids: Vec<(&str, &str)> = calls
        .iter()
        .map(|call| (call.id.as_str(), call.arguments["query"].as_str().unwrap()))
        .collect();
    assert_eq!(ids, [("call_0_0", "x"), ("c2", "y")]);
}

#[tokio::test]
async fn calls_that_cannot_be_made_are_asked_for_again() {
    let unknown = json!([{"id": "c", "function": {"name": "desk__approve", "arguments": "{}"}}]);
    for bad in [
        unknown,
        json!([search("c", &json!("{\"query\":"))]),
        json!([search("c", &json!("{\"q\":\"x\"}"))]),
    ] {
        let stub = Stub::with(vec![calls(&bad), says("{\"a\": 3}")]).await;
        let reply = router()
            .ask(turn(&stub, Vec::new()), &Book::default())
            .await
            .unwrap();
        assert_eq!(
            (reply.content, reply.tries),
            (ReplyContent::Output(json!({"a": 3})), 2),
            "{bad}"
        );
        let messages = stub.seen()[1].body["messages"].clone();
        assert!(
            messages[2].get("tool_calls").is_none(),
            "a call that cannot be made is not sent back"
        );
    }
}

#[tokio::test]
async fn a_call_where_no_tool_is_offered_is_no_answer() {
    let stub = Stub::with(vec![
        calls(&json!([search("c", &json!("{\"query\":\"x\"}"))])),
        says("{\"a\": 3}"),
    ])
    .await;
    let reply = router()
        .ask(call(vec![spec("m", config(&stub.base_url))]), &Book::default())
        .await
        .unwrap();
    assert_eq!(
        (reply.content, reply.tries),
        (ReplyContent::Output(json!({"a": 3})), 2)
    );
}

#[tokio::test]
async fn an_endpoint_that_takes_tools_or_a_schema_gets_the_schema_in_words() {
    let complaint = r#"{"error":"Cannot use custom grammar constraints with tools."}"#;
    let stub = Stub::with(vec![
        status(400, complaint),
        says("{\"a\": 3}"),
        says("{\"a\": 3}"),
    ])
    .await;
    let router = router();
    assert_eq!(
        router
            .ask(turn(&stub, Vec::new()), &Book::default())
            .await
            .unwrap()
            .tries,
        2
    );
    router
        .ask(call(vec![spec("m", config(&stub.base_url))]), &Book::default())
        .await
        .unwrap();
    let formats: Vec<Value> = stub
        .seen()
        .iter()
        .map(|seen| seen.body["response_format"]["type"].clone())
        .collect();
    assert_eq!(formats, ["json_schema", "json_object", "json_schema"]);
}
