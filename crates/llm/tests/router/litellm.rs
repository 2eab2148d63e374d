//! The router through PyPI's `litellm[proxy]`; installed and run by `cargo xtask long`.

use std::process::Command;
use std::time::Duration;

use copydesk_config::ModelConfig;
use copydesk_journal::{Models, ReplyContent};
use copydesk_llm::{Check, Router, RouterOptions};
use serde_json::json;

use super::calls::{Book, call, config, options, spec};
use super::servers::{Server, installed};

/// The proxy refuses to start without a key of its own.
const KEY: &str = "sk-litellm-test-0123";

const CONFIG: &str = r#"
model_list:
  - model_name: mocked
    litellm_params:
      model: openai/mocked
      api_key: none
      mock_response: '{"a": 3}'
  - model_name: busy
    litellm_params:
      model: openai/busy
      api_key: none
      mock_response: "litellm.RateLimitError"
"#;

#[tokio::test]
async fn a_proxy_in_front_of_other_providers_is_understood() {
    let test = "a_proxy_in_front_of_other_providers_is_understood";
    let Some(program) = installed(test, "litellm/bin/litellm") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.yaml"), CONFIG).unwrap();
    let server = Server::start_silent(folder, Duration::from_mins(3), |folder, port| {
        let mut command = Command::new(program);
        command
            .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--config"])
            .arg(folder.join("config.yaml"))
            .env("LITELLM_MASTER_KEY", KEY);
        command
    });
    let keys = std::sync::Arc::new(|_: &ModelConfig| Ok(Some(KEY.to_owned())));
    let router = Router::new(RouterOptions { keys, ..options() });
    let model = |name: &str| ModelConfig {
        model: name.to_owned(),
        timeout: jiff::SignedDuration::from_mins(1),
        stall_timeout: jiff::SignedDuration::from_secs(30),
        ..config(&server.base_url())
    };
    for book in [Book::default(), Book::watched()] {
        let reply = router
            .ask(call(vec![spec("m", model("mocked"))]), &book)
            .await
            .unwrap();
        assert_eq!(reply.content, ReplyContent::Output(json!({"a": 3})));
    }
    let route = vec![spec("busy", model("busy")), spec("free", model("mocked"))];
    let reply = router.ask(call(route), &Book::default()).await.unwrap();
    assert_eq!(reply.model.as_str(), "free");
    let report = router.probe(&spec("m", model("mockd")), &Book::default()).await;
    let Check::No { next, .. } = &report.listed else {
        panic!("{report:?}")
    };
    assert!(next.contains("`mocked`"), "{next}");
}
