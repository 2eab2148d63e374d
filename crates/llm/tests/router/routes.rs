//! What is sent, who answers, and what follows a failure.

use copydesk_config::ModelConfig;
use copydesk_journal::{ModelError, Models, ReplyContent};
use copydesk_llm::RouterOptions;
use serde_json::{Value, json};

use super::calls::{Book, PRIVATE, call, config, options, router, spec};
use super::stub::{Stub, message, says, status};

#[tokio::test]
async fn every_model_gets_the_same_request() {
    let stub = Stub::with(vec![says("{\"a\": 3}")]).await;
    let reply = router()
        .ask(call(vec![spec("m", config(&stub.base_url))]), &Book::default())
        .await
        .unwrap();
    assert_eq!(reply.content, ReplyContent::Output(json!({"a": 3})));
    assert_eq!(
        (
            reply.model.as_str(),
            reply.tokens_in,
            reply.tokens_out,
            reply.tries
        ),
        ("m", 100, 20, 1)
    );
    let seen = &stub.seen()[0];
    assert_eq!(seen.path, "/v1/chat/completions");
    assert_eq!(seen.headers["authorization"], "Bearer sk-test-0123456789");
    let body = &seen.body;
    assert_eq!(body["messages"].as_array().unwrap().len(), 2);
    assert_eq!(
        body["messages"][0],
        json!({"role": "system", "content": format!("You count. {PRIVATE}.")})
    );
    let user = body["messages"][1]["content"].as_str().unwrap();
    assert!(
        user.starts_with(r#"{"task":"count","version":1,"input":{"#),
        "{user}"
    );
    let format = &body["response_format"];
    assert_eq!(
        (format["type"].as_str(), format["json_schema"]["name"].as_str()),
        (Some("json_schema"), Some("count_v1"))
    );
    assert_eq!(format["json_schema"]["strict"], true);
    assert_eq!(format["json_schema"]["schema"]["additionalProperties"], false);
    assert_eq!(
        (&body["model"], &body["max_tokens"]),
        (&json!("test-model"), &json!(100))
    );
    assert_eq!(body["temperature"], json!(0.0));
    assert_eq!(body["seed"], json!(-7_i64 & 0x7fff_ffff));
    assert!(body.get("tools").is_none() && body.get("stream").is_none());
}

#[tokio::test]
async fn an_endpoint_without_a_key_gets_no_authorization() {
    let stub = Stub::with(vec![says("{\"a\": 3}")]).await;
    let keys = std::sync::Arc::new(|_: &ModelConfig| Ok(None));
    let router = copydesk_llm::Router::new(RouterOptions { keys, ..options() });
    router
        .ask(call(vec![spec("m", config(&stub.base_url))]), &Book::default())
        .await
        .unwrap();
    assert!(stub.seen()[0].headers.get("authorization").is_none());
}

#[tokio::test]
async fn a_missing_key_needs_a_person() {
    let stub = Stub::with(vec![says("{\"a\": 3}")]).await;
    let keys =
        std::sync::Arc::new(|_: &ModelConfig| Err("the environment variable `KEY` is not set".to_owned()));
    let router = copydesk_llm::Router::new(RouterOptions { keys, ..options() });
    let error = router
        .ask(call(vec![spec("m", config(&stub.base_url))]), &Book::default())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "model `m` needs a person: the environment variable `KEY` is not set"
    );
    assert_eq!(stub.count(), 0);
}

#[tokio::test]
async fn a_wrong_answer_is_asked_again_with_its_problem() {
    let stub = Stub::with(vec![
        says("Three, I think."),
        says("{\"a\": \"three\"}"),
        says("{\"a\": 3}"),
    ])
    .await;
    let book = Book::default();
    let reply = router()
        .ask(call(vec![spec("m", config(&stub.base_url))]), &book)
        .await
        .unwrap();
    assert_eq!((reply.tries, reply.tokens_in, reply.tokens_out), (3, 300, 60));
    assert_eq!(book.entries().len(), 3);
    let messages = stub.seen()[2].body["messages"].clone();
    let text = |at: usize| messages[at]["content"].as_str().unwrap().to_owned();
    assert_eq!(
        (messages[2]["role"].as_str(), text(2).as_str()),
        (Some("assistant"), "Three, I think.")
    );
    assert!(
        text(3).contains("there is no JSON object in the answer"),
        "{}",
        text(3)
    );
    assert_eq!(text(4), "{\"a\": \"three\"}");
    assert!(text(5).contains("`a` is a string and not integer"), "{}", text(5));
}

#[tokio::test]
async fn after_two_re_asks_the_next_model_answers() {
    let bad = Stub::with(vec![says("no")]).await;
    let good = Stub::with(vec![says("```json\n{\"a\": 3}\n```")]).await;
    let route = vec![
        spec("bad", config(&bad.base_url)),
        spec("good", config(&good.base_url)),
    ];
    let reply = router().ask(call(route), &Book::default()).await.unwrap();
    assert_eq!(
        (reply.model.as_str(), reply.tries, bad.count(), good.count()),
        ("good", 4, 3, 1)
    );
    assert_eq!(
        good.seen()[0].body["messages"].as_array().unwrap().len(),
        2,
        "a fresh question"
    );
}

#[tokio::test]
async fn failures_that_may_pass_go_to_the_next_model() {
    let refusal = message(
        &json!({"role": "assistant", "content": null, "refusal": "I would rather not."}),
        "stop",
    );
    let filtered = message(
        &json!({"role": "assistant", "content": "{\"a\": 3}"}),
        "content_filter",
    );
    let wrapped = status(200, r#"{"error":{"message":"upstream is busy","code":429}}"#);
    for answer in [
        status(429, ""),
        status(402, ""),
        status(500, ""),
        status(503, "x"),
        refusal,
        filtered,
        wrapped,
    ] {
        let bad = Stub::with(vec![answer.clone()]).await;
        let good = Stub::with(vec![says("{\"a\": 3}")]).await;
        let route = vec![
            spec("bad", config(&bad.base_url)),
            spec("good", config(&good.base_url)),
        ];
        let reply = router().ask(call(route), &Book::default()).await.unwrap();
        assert_eq!(
            (reply.model.as_str(), reply.tries, bad.count()),
            ("good", 2, 1),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn what_a_person_must_mend_stops_the_route() {
    for code in [400, 401, 403, 404, 422, 307] {
        let bad = Stub::with(vec![status(
            code,
            r#"{"error":{"message":"sk-test-0123456789 is wrong"}}"#,
        )])
        .await;
        let good = Stub::with(vec![says("{\"a\": 3}")]).await;
        let route = vec![
            spec("bad", config(&bad.base_url)),
            spec("good", config(&good.base_url)),
        ];
        let error = router().ask(call(route), &Book::default()).await.unwrap_err();
        assert!(matches!(error, ModelError::NeedsPerson { .. }), "{code}: {error}");
        assert!(!error.to_string().contains("sk-test"), "{error}");
        assert_eq!((bad.count(), good.count()), (1, 0), "{code}");
    }
}

#[tokio::test]
async fn a_conflict_is_tried_again_at_the_same_model() {
    let stub = Stub::with(vec![status(409, ""), status(409, ""), says("{\"a\": 3}")]).await;
    let reply = router()
        .ask(call(vec![spec("m", config(&stub.base_url))]), &Book::default())
        .await
        .unwrap();
    assert_eq!((reply.tries, stub.count()), (3, 3));
}

#[tokio::test]
async fn an_endpoint_without_schemas_is_told_by_a_tool_from_then_on() {
    let complaint = r#"{"error":{"message":"response_format type json_schema is not supported"}}"#;
    let called = json!([{"id": "c", "function": {"name": "count_v1", "arguments": "{\"a\": 3}"}}]);
    let called = message(&json!({"role": "assistant", "tool_calls": called}), "tool_calls");
    let stub = Stub::with(vec![status(400, complaint), called]).await;
    let router = router();
    let route = vec![spec("m", config(&stub.base_url))];
    for tries in [2, 1] {
        let reply = router.ask(call(route.clone()), &Book::default()).await.unwrap();
        assert_eq!(
            (reply.content, reply.tries),
            (ReplyContent::Output(json!({"a": 3})), tries)
        );
    }
    for seen in &stub.seen()[1..] {
        assert_eq!(seen.body.get("response_format"), None);
        let tool = &seen.body["tools"][0]["function"];
        assert_eq!(tool["name"], "count_v1");
        assert_eq!(tool["parameters"]["properties"]["a"]["type"], "integer");
        assert_eq!(seen.body["tool_choice"]["function"]["name"], "count_v1");
        assert_eq!(seen.body["parallel_tool_calls"], false);
    }
}

#[tokio::test]
async fn an_endpoint_without_schemas_and_tools_is_told_in_words_from_then_on() {
    let complaint = r#"{"error":{"message":"response_format type json_schema is not supported"}}"#;
    let stub = Stub::with(vec![
        status(400, complaint),
        status(
            400,
            r#"{"error":{"message":"this model does not support tools"}}"#,
        ),
        says("{\"a\": 3}"),
        says("{\"a\": 4}"),
    ])
    .await;
    let router = router();
    let route = vec![spec("m", config(&stub.base_url))];
    assert_eq!(
        router
            .ask(call(route.clone()), &Book::default())
            .await
            .unwrap()
            .tries,
        3
    );
    assert_eq!(router.ask(call(route), &Book::default()).await.unwrap().tries, 1);
    for seen in &stub.seen()[2..] {
        assert_eq!(seen.body["response_format"], json!({"type": "json_object"}));
        let system = seen.body["messages"][0]["content"].as_str().unwrap();
        assert!(
            system.contains("JSON schema") && system.contains("\"integer\""),
            "{system}"
        );
    }
}

#[tokio::test]
async fn calls_that_are_refused_together_all_go_on_in_the_form_that_the_first_one_found() {
    let complaint = status(
        400,
        r#"{"error":{"message":"response_format type json_schema is not supported"}}"#,
    );
    let called = json!([{"id": "c", "function": {"name": "count_v1", "arguments": "{\"a\": 3}"}}]);
    let called = message(&json!({"role": "assistant", "tool_calls": called}), "tool_calls");
    // All four are under way before the first one is answered.
    let stub = Stub::slow(vec![
        complaint.clone(),
        complaint.clone(),
        complaint.clone(),
        complaint,
        called,
    ])
    .await;
    let router = router();
    let route = vec![spec("m", config(&stub.base_url))];
    let book = Book::default();
    let asked = (0..4).map(|_| router.ask(call(route.clone()), &book));
    for reply in futures::future::join_all(asked).await {
        assert_eq!(reply.unwrap().tries, 2);
    }
    for seen in &stub.seen()[4..] {
        assert_eq!(
            seen.body["tool_choice"]["function"]["name"], "count_v1",
            "no form was skipped"
        );
    }
}

#[tokio::test]
async fn fields_that_an_endpoint_refuses_are_told_otherwise() {
    let stub = Stub::with(vec![
        status(400, r#"{"error":{"message":"Unsupported parameter: use 'max_completion_tokens'.","param":"max_tokens"}}"#),
        status(400, r#"{"error":{"message":"Unsupported value: 0","param":"temperature"}}"#),
        says("{\"a\": 3}"),
    ])
    .await;
    let reply = router()
        .ask(call(vec![spec("m", config(&stub.base_url))]), &Book::default())
        .await
        .unwrap();
    assert_eq!(reply.tries, 3);
    let last = &stub.seen()[2].body;
    assert_eq!(
        (last.get("max_tokens"), &last["max_completion_tokens"]),
        (None, &json!(100))
    );
    assert_eq!(last.get("temperature"), None);
}

#[tokio::test]
async fn no_error_repeats_the_prompt_or_the_answer() {
    let echo = json!({"error": {"message": format!("cannot handle: {PRIVATE}")}}).to_string();
    for answer in [
        status(400, echo.clone()),
        status(500, echo),
        says(PRIVATE),
        status(200, format!("{{{PRIVATE}")),
    ] {
        let stub = Stub::with(vec![answer]).await;
        let error = router()
            .ask(call(vec![spec("m", config(&stub.base_url))]), &Book::default())
            .await
            .unwrap_err();
        assert!(!error.to_string().contains("Boxkämpfer jagen"), "{error}");
    }
}

#[tokio::test]
async fn a_pinned_task_never_leaves_the_machine() {
    let here = Stub::with(vec![status(503, "")]).await;
    let pinned = ModelConfig {
        local_only: true,
        ..config(&here.base_url)
    };
    let away = ModelConfig {
        timeout: jiff::SignedDuration::from_millis(100),
        ..config("http://192.0.2.1/v1")
    };
    let error = router()
        .ask(
            call(vec![spec("here", pinned), spec("away", away)]),
            &Book::default(),
        )
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`here`"), "{error}");
    assert_eq!(here.count(), 4, "all tries went to the one model on this machine");
}

#[tokio::test]
async fn odd_but_whole_replies_are_taken() {
    let parts = json!([{"type": "text", "text": "{\"a\":"}, {"type": "text", "text": "3}"}]);
    for content in [
        parts,
        json!({"a": 3}),
        json!("\u{feff}{\"a\": 3.0}"),
        json!("<think>{}</think>{\"a\":3}"),
    ] {
        let body = json!({"choices": [{"finish_reason": "eos", "message": {"content": content}}], "created": 1.5,
            "usage": {"prompt_tokens": "many"}, "service_tier": "on_demand"});
        let stub = Stub::with(vec![status(200, body.to_string())]).await;
        let reply = router()
            .ask(call(vec![spec("m", config(&stub.base_url))]), &Book::default())
            .await
            .unwrap();
        assert_eq!(reply.content, ReplyContent::Output(json!({"a": 3})), "{content}");
    }
}

#[tokio::test]
async fn a_reply_cut_at_the_limit_is_no_answer() {
    let cut = message(&json!({"role": "assistant", "content": "{\"a\": 3}"}), "length");
    let stub = Stub::with(vec![cut, says("{\"a\": 3}")]).await;
    let reply = router()
        .ask(call(vec![spec("m", config(&stub.base_url))]), &Book::default())
        .await
        .unwrap();
    assert_eq!(reply.tries, 2);
    let problem = stub.seen()[1].body["messages"][3]["content"].clone();
    assert!(matches!(problem, Value::String(text) if text.contains("cut off at the limit")));
}

#[tokio::test]
async fn a_prompt_that_is_too_long_goes_back_to_whoever_asked_and_to_no_other_model() {
    let said = json!({"error": {
        "message": "This model's maximum context length is 4096 tokens. However, your messages resulted in 9000 tokens.",
        "type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded",
    }});
    let near = Stub::with(vec![status(400, said.to_string())]).await;
    let far = Stub::with(vec![says("{\"a\": 3}")]).await;
    let route = vec![
        spec("near", config(&near.base_url)),
        spec("far", config(&far.base_url)),
    ];
    let book = Book::default();
    let error = router().ask(call(route), &book).await.unwrap_err();
    assert!(
        matches!(&error, ModelError::TooLong { model, .. } if model == "near"),
        "{error}"
    );
    assert!(
        error.to_string().contains("`context_tokens` of [models.near]"),
        "{error}"
    );
    assert_eq!((near.count(), far.count()), (1, 0));
    assert_eq!(book.settled(), 0, "what was turned away costs nothing");
}
