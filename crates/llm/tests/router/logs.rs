//! Nothing of a prompt, a reply or a key is ever logged, however much is logged.

use std::io::Write;
use std::sync::{Arc, Mutex};

use copydesk_journal::Models;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use super::calls::{Book, PRIVATE, call, config, router, spec};
use super::stub::{Answer, Stub, message, says, status, streams};

/// What the model says; [`PRIVATE`] is in the prompt.
const SAID: &str = "Falsches Üben von Xylophonmusik quält jeden größeren Zwerg";
/// The key of `calls::options`.
const KEY: &str = "sk-test-0123456789";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Answers of all kinds, each with the canary, and some with prompt and key repeated.
fn answers() -> Vec<Answer> {
    let echo = format!("{SAID}: {PRIVATE} {KEY}");
    let fits = json!({"a": 3, "note": SAID}).to_string();
    vec![
        says(&fits),
        streams(&fits),
        says(SAID),
        message(&json!({"content": null, "refusal": SAID}), "stop"),
        message(&json!({"content": fits, "reasoning_content": SAID}), "stop"),
        status(200, format!("{{\"choices\": {SAID}")),
        status(
            200,
            format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{SAID}\"}}}}]}}\n\n"),
        ),
        status(500, PRIVATE),
        status(400, json!({"error": {"message": PRIVATE}}).to_string()),
        status(400, json!({"detail": [{"msg": "no", "input": echo}]}).to_string()),
        status(401, json!({"error": format!("wrong key {KEY}")}).to_string()),
    ]
}

#[test]
fn no_log_holds_prompt_reply_or_key_at_any_level() {
    let log = Log::default();
    // The only subscriber of this process that takes everything, dependencies included; it sees other tests as well.
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            for answer in answers() {
                // A place that another test's thread came by first, while nobody listened there, is asked anew.
                tracing::callsite::rebuild_interest_cache();
                let stub = Stub::with(vec![answer]).await;
                for book in [Book::default(), Book::watched()] {
                    let _ = router()
                        .ask(call(vec![spec("m", config(&stub.base_url))]), &book)
                        .await;
                }
                assert!(stub.count() >= 2, "the answer was never given");
            }
        });
    });
    let bytes = log.0.lock().unwrap().clone();
    let text = String::from_utf8_lossy(&bytes);
    assert!(
        text.contains("a try failed") && text.contains("a model replied"),
        "nothing was logged"
    );
    for canary in ["Xylophonmusik", "Boxkämpfer", KEY] {
        let line = text.lines().find(|line| line.contains(canary));
        assert_eq!(line, None, "{canary} is in the log");
    }
}
