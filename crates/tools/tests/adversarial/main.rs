//! Every hostile server of `adversarial/mcp.jsonl` in the shared data, each for real: it does what it does (its mark says
//! so), what follows is bounded and named, another server goes on, and no process is left.

#[expect(dead_code, reason = "the other test program uses the rest")]
#[path = "../contract/support.rs"]
mod support;

mod cases;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use copydesk_config::McpServerConfig;
use copydesk_journal::{ToolError, ToolReply};
use futures::StreamExt;
use serde_json::{Value, json};

use support::{House, Shelf, house_on, shared_folder};

/// From the start of a server to the end of the last call: a handshake that never comes takes 15 s.
const CASE_MAX: Duration = Duration::from_secs(40);
/// Memory of this process beside what the other cases hold at the same time.
const MEMORY_MAX_KB: u64 = 600_000;

/// A hostile server, and one that behaves.
pub struct Bench {
    /// The case.
    pub id: String,
    /// Where the servers leave their marks.
    pub folder: tempfile::TempDir,
    /// What was trusted, for one hub after another.
    pub shelf: Arc<Shelf>,
}

impl Bench {
    fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            folder: tempfile::tempdir().unwrap(),
            shelf: Arc::default(),
        }
    }

    /// A hub with both servers.
    pub fn house(&self) -> House {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/adversarial/hostile.py");
        let server = |case: &str, folder: PathBuf| McpServerConfig {
            command: Some("python3".to_owned()),
            args: [
                script.display().to_string(),
                case.to_owned(),
                folder.display().to_string(),
            ]
            .to_vec(),
            timeout: cases::timeout(&self.id),
            ..McpServerConfig::default()
        };
        let good = self.folder.path().join("good");
        fs::create_dir_all(&good).unwrap();
        let servers = BTreeMap::from([
            ("bad".to_owned(), server(&self.id, self.folder.path().to_owned())),
            ("good".to_owned(), server("good", good)),
        ]);
        house_on(Arc::clone(&self.shelf), servers, &[])
    }

    /// The lines of a mark.
    pub fn lines(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// A person has trusted the server; from now on it is another.
    pub fn turn(&self) {
        fs::write(self.folder.path().join("phase"), "after").unwrap();
    }

    /// The well-behaved server still answers, and nothing of the other one is left after the end.
    pub async fn end(&self, house: &House) {
        house.hub.trust(Some("good")).await.unwrap();
        assert_eq!(
            house.value("good/act", json!({})).await,
            json!("done"),
            "{}",
            self.id
        );
        house.hub.close().await;
        let mut pids = self.lines("pids");
        pids.extend(
            fs::read_to_string(self.folder.path().join("good/pids"))
                .unwrap()
                .lines()
                .map(str::to_owned),
        );
        let start = Instant::now();
        while let Some(pid) = pids.iter().find(|pid| is_alive(pid)) {
            assert!(
                start.elapsed() < Duration::from_secs(5),
                "{}: {pid} is left",
                self.id
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Whether a process is there and is no zombie.
fn is_alive(pid: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    !status.is_empty() && !status.contains("State:\tZ")
}

/// What a call came to, in a word.
pub fn word(result: &Result<ToolReply, ToolError>) -> &'static str {
    match result {
        Ok(reply) if reply.is_error => "tool_error",
        Ok(_) => "ok",
        Err(error) => error.kind(),
    }
}

fn listed() -> Option<Vec<Value>> {
    let text = fs::read_to_string(shared_folder().join("adversarial/mcp.jsonl")).ok()?;
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_hostile_server_ends_in_bounded_time_and_leaves_nothing() {
    let Some(listed) = listed() else {
        println!("skipped: every_hostile_server_ends_in_bounded_time_and_leaves_nothing: no shared data");
        return;
    };
    let count = listed.len();
    let run = |case: Value| async move {
        let id = case["id"].as_str().unwrap().to_owned();
        let bench = Bench::new(&id);
        let start = Instant::now();
        match case["group"].as_str().unwrap() {
            "fault" => cases::fault(&bench).await,
            "pin" => cases::pin(&bench).await,
            "poison" => cases::poison(&bench).await,
            other => panic!("{id}: the group `{other}` is not known here"),
        }
        assert!(!bench.lines("fired").is_empty(), "{id}: the fault never happened");
        assert!(start.elapsed() < CASE_MAX, "{id}: {:?}", start.elapsed());
        println!("{id}: {:.1} s", start.elapsed().as_secs_f64());
    };
    futures::stream::iter(listed).for_each_concurrent(6, run).await;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak: u64 = peak.map_or(0, |text| text.trim().trim_end_matches(" kB").parse().unwrap());
    println!("{count} cases, {} MB at the most", peak / 1024);
    assert!(peak < MEMORY_MAX_KB, "{peak} kB");
}
