//! What each request carries along: keys, headers, parameters; and what is kept of each exchange.

use std::collections::BTreeMap;
use std::sync::Arc;

use copydesk_config::ModelConfig;
use copydesk_journal::{ModelError, Models};
use copydesk_llm::{Router, RouterOptions};
use copydesk_store::ExchangeOutcome;
use serde_json::{Value, json};

use super::calls::{Book, call, config, options, router, spec};
use super::stub::{Answer, Stub, message, says, status};

fn entries<const N: usize>(entries: [(&str, &str); N]) -> BTreeMap<String, String> {
    entries
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// A router that knows one variable, `TEAM`.
fn with_team() -> Router {
    let expand = |text: &str| match text {
        "${GONE}" => Err("the environment variable `GONE` is not set".to_owned()),
        text => Ok(text.replace("${TEAM}", "team-secret-7")),
    };
    Router::new(RouterOptions {
        expand: Arc::new(expand),
        ..options()
    })
}

#[tokio::test]
async fn headers_parameters_organisation_and_project_go_with_each_request() {
    let stub = Stub::with(vec![says("{\"a\": 3}")]).await;
    let config = ModelConfig {
        organization: Some("org-1".to_owned()),
        project: Some("proj_1".to_owned()),
        api_key_header: Some("api-key".to_owned()),
        headers: entries([("X-Team", "${TEAM}")]),
        query: entries([("api-version", "2024-10-21"), ("t", "${TEAM}")]),
        ..config(&stub.base_url)
    };
    let router = with_team();
    router
        .ask(call(vec![spec("m", config.clone())]), &Book::default())
        .await
        .unwrap();
    router.reach(&spec("m", config)).await;
    assert_eq!(stub.count(), 2);
    for seen in stub.seen() {
        assert_eq!(seen.query, "api-version=2024-10-21&t=team-secret-7");
        for (name, value) in [
            ("openai-organization", "org-1"),
            ("openai-project", "proj_1"),
            ("api-key", "sk-test-0123456789"),
            ("x-team", "team-secret-7"),
        ] {
            assert_eq!(seen.headers[name], value, "{name}");
        }
        assert_eq!(
            seen.headers.get("authorization"),
            None,
            "the key goes into its own header"
        );
    }
}

#[tokio::test]
async fn a_variable_that_is_not_set_needs_a_person_and_sends_nothing() {
    let stub = Stub::with(vec![says("{\"a\": 3}")]).await;
    let config = ModelConfig {
        headers: entries([("X-Team", "${GONE}")]),
        ..config(&stub.base_url)
    };
    let error = with_team()
        .ask(call(vec![spec("m", config)]), &Book::default())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`GONE` is not set"), "{error}");
    assert!(matches!(error, ModelError::NeedsPerson { .. }));
    assert_eq!(stub.count(), 0);
}

#[tokio::test]
async fn the_id_of_an_exchange_is_in_its_error_and_its_record() {
    let failed = Answer {
        headers: vec![("x-request-id".to_owned(), "req-42".to_owned())],
        ..status(500, r#"{"error":"it broke with team-secret-7"}"#)
    };
    let stub = Stub::with(vec![failed]).await;
    let config = ModelConfig {
        headers: entries([("X-Team", "${TEAM}")]),
        ..config(&stub.base_url)
    };
    let book = Book::default();
    let error = with_team()
        .ask(call(vec![spec("m", config)]), &book)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("it broke with *** (request req-42)"),
        "{error}"
    );
    let kept = book.kept();
    assert_eq!(kept.len(), 4);
    assert_eq!(
        (kept[0].request_id.as_deref(), kept[0].status),
        (Some("req-42"), Some(500))
    );
    assert_eq!(
        (kept[0].outcome, kept[0].reply.is_none()),
        (ExchangeOutcome::Failed, true)
    );
}

#[tokio::test]
async fn a_token_is_blanked_where_an_endpoint_repeats_it_without_the_words_around_it() {
    let long = "x".repeat(170);
    for (said, told) in [
        ("wrong token team-secret-7, sorry", "wrong token ***, sorry"),
        ("sent Bearer team-secret-7", "sent ***"),
        ("wrong token written-out-9, sorry", "wrong token ***, sorry"),
        ("wrong cookie crumbs-0123, sorry", "wrong cookie ***, sorry"),
        ("at /v1?signature=a%2Fb%2Fc%2Fd%2Fe", "at /v1?signature=***"),
        // Cut at its two hundredth character, in the middle of the token.
        (
            &format!("{long} the token was team-secret-7"),
            &format!("{long} the token was ***"),
        ),
    ] {
        let stub = Stub::with(vec![status(500, json!({"error": said}).to_string())]).await;
        let config = ModelConfig {
            headers: entries([
                ("Authorization", "Bearer ${TEAM}"),
                ("X-Auth", "Bearer written-out-9"),
                ("Cookie", "a=1; session=crumbs-0123"),
            ]),
            query: entries([("signature", "a/b/c/d/e")]),
            ..config(&stub.base_url)
        };
        let book = Book::default();
        let error = with_team()
            .ask(call(vec![spec("m", config)]), &book)
            .await
            .unwrap_err();
        assert!(error.to_string().contains(told), "{said}: {error}");
        let kept = book.kept()[0].reason.clone().unwrap();
        assert!(kept.contains(told), "{said}: {kept}");
    }
}

#[tokio::test]
async fn unknown_fields_of_a_reply_are_kept_and_secrets_in_it_are_not() {
    let body = json!({
        "id": "c1", "model": "other-model", "x_vendor": {"trace": "sk-test-0123456789", "n": 7},
        "choices": [{"message": {"content": "{\"a\": 3}", "reasoning": "hm"}, "finish_reason": "stop", "logprobs": [1]}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "prompt_cache_hit_tokens": 64},
    });
    let stub = Stub::with(vec![status(200, body.to_string())]).await;
    let book = Book::default();
    router()
        .ask(call(vec![spec("m", config(&stub.base_url))]), &book)
        .await
        .unwrap();
    let kept = &book.kept()[0];
    let reply: Value = serde_json::from_slice(kept.reply.as_ref().unwrap()).unwrap();
    assert_eq!(reply["x_vendor"], json!({"trace": "***", "n": 7}));
    assert_eq!(reply["choices"][0]["logprobs"], json!([1]));
    assert_eq!(reply["choices"][0]["message"]["reasoning"], "hm");
    assert_eq!(
        (kept.tokens_cached, kept.answered_by.as_deref()),
        (Some(64), Some("other-model"))
    );
    let request: Value = serde_json::from_slice(&kept.request).unwrap();
    assert_eq!(request["model"], "test-model");
}

#[tokio::test]
async fn a_refusal_goes_to_the_next_model_and_is_kept_as_one() {
    let refused = message(
        &json!({"content": null, "refusal": "I would rather not."}),
        "stop",
    );
    let filtered = message(&json!({"content": ""}), "content_filter");
    let stopped = status(400, r#"{"error":{"message":"filtered","code":"content_filter"}}"#);
    for answer in [refused, filtered, stopped] {
        let (bad, good) = (
            Stub::with(vec![answer]).await,
            Stub::with(vec![says("{\"a\": 3}")]).await,
        );
        let route = vec![
            spec("bad", config(&bad.base_url)),
            spec("good", config(&good.base_url)),
        ];
        let book = Book::default();
        let reply = router().ask(call(route), &book).await.unwrap();
        assert_eq!(reply.model.as_str(), "good");
        let outcomes: Vec<ExchangeOutcome> = book.kept().iter().map(|kept| kept.outcome).collect();
        assert_eq!(outcomes, [ExchangeOutcome::Refused, ExchangeOutcome::Answered]);
    }
}

#[tokio::test]
async fn a_wrong_address_names_the_likely_one() {
    let stub = Stub::at("/v1", vec![says("{\"a\": 3}")]).await;
    let root = stub.base_url.trim_end_matches("/v1").to_owned();
    let error = router()
        .ask(call(vec![spec("m", config(&root))]), &Book::default())
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(&format!("perhaps {root}/v1,")) && text.contains("models probe m"),
        "{text}"
    );
}
