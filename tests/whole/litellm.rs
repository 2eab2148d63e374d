//! A day whose every question goes through PyPI's `litellm[proxy]`; installed and run by `cargo xtask long`.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::programs::skipped;
use crate::rig::{Corpus, Desk, EVENING, list, word};
use crate::stub::Stub;

/// The proxy refuses to start without a key of its own.
const KEY: &str = "sk-litellm-test-0123";
/// It reads most of its half a million lines before it listens.
const START_MAX: Duration = Duration::from_mins(4);

/// A running proxy in front of one endpoint; it ends with the test.
struct Proxy {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Proxy {
    /// None, with a line that says so, where it is not installed.
    fn before(test: &str, endpoint: &str) -> Option<Self> {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../third-party/litellm/bin/litellm");
        if !program.exists() {
            skipped(test, "litellm is not installed (cargo xtask long)");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.yaml");
        let model = format!(
            "model_list:\n  - model_name: writer\n    litellm_params:\n      model: openai/stub-1\n      \
             api_base: http://{endpoint}/v1\n      api_key: none\nlitellm_settings:\n  num_retries: 0\n"
        );
        std::fs::write(&config, model).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new(program)
            .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--config"])
            .arg(config)
            .env("LITELLM_MASTER_KEY", KEY)
            // Its list of prices comes with it; it would fetch another one.
            .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut proxy = Self {
            child,
            port,
            _folder: folder,
        };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = proxy.child.try_wait().unwrap();
            assert!(ended.is_none(), "the proxy ended: {ended:?}");
            assert!(started.elapsed() < START_MAX, "the proxy does not listen");
            std::thread::sleep(Duration::from_millis(200));
        }
        Some(proxy)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder whose every task is asked at this address for money.
fn desk(corpus: &Corpus, host: &str, model: &str) -> Desk {
    let desk = Desk::of_corpus(corpus, "24h");
    desk.write("key", KEY);
    let key = desk.dir().join("key");
    let model = format!(
        "[models.asked]\nbase_url = \"http://{host}/v1\"\nmodel = \"{model}\"\napi_key_file = {}\n\
         price_in = \"$0.10/Mtok\"\nprice_out = \"$0.10/Mtok\"\n",
        json!(key.to_str().unwrap())
    );
    desk.replace("config.toml", "[models]\n", &format!("{model}\n"));
    desk.replace("config.toml", "default = [\"embedded\"]", "default = [\"asked\"]");
    desk
}

#[test]
fn a_day_through_litellm_is_the_day_that_its_provider_gives_for_the_same_money() {
    let test = "a_day_through_litellm_is_the_day_that_its_provider_gives_for_the_same_money";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    let stub = Stub::extracting(Duration::ZERO);
    let Some(proxy) = Proxy::before(test, &stub.host()) else {
        return;
    };
    let day = |host: &str, model: &str| {
        stub.clear();
        let desk = desk(&corpus, host, model);
        let run = desk.evening();
        assert_eq!(run["waiting_for"], json!(["approval"]), "{run}");
        let again: Vec<usize> = stub
            .by_question()
            .into_values()
            .filter(|count| *count > 1)
            .collect();
        assert_eq!(again, Vec::<usize>::new(), "nothing is asked twice");
        let asked = stub.calls().len();
        let stages = list(&run, "stages").iter();
        let made: Vec<_> = stages.map(|stage| stage["artifacts"].clone()).collect();
        let models = desk.json(0, &["show", word(&run, "run")])["models"].clone();
        assert!(
            list(&json!({ "models": models }), "models")
                .iter()
                .all(|model| model["model"] == "asked"),
            "{models}"
        );
        (made, asked, run["spend_microusd"].as_i64().unwrap())
    };
    let direct = day(&stub.host(), "stub-1");
    let proxied = day(&format!("127.0.0.1:{}", proxy.port), "writer");
    assert!(direct.2 > 0);
    println!("{} questions, {} millionths of a dollar", direct.1, direct.2);
    assert_eq!(proxied, direct);
}
