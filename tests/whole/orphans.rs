//! A stdio tool server does not outlive the program, however that ends: also one that reads neither its closed stdin
//! nor signals, and what it has started.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::rig::Desk;

/// Until the processes are gone; the program itself is gone at once.
const GONE_MAX: Duration = Duration::from_secs(10);
/// Until the server has started.
const STARTED_MAX: Duration = Duration::from_secs(30);

/// Answers the handshake and lists two tools; then holds on to life. It writes its own process id and its child's.
const SERVER: &str = r#"
import json, os, signal, subprocess, sys, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
with open(sys.argv[1] + ".new", "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
os.rename(sys.argv[1] + ".new", sys.argv[1])
for line in sys.stdin:
    asked = json.loads(line)
    if asked.get("method") == "initialize":
        result = {"protocolVersion": asked["params"]["protocolVersion"], "capabilities": {"tools": {}},
                  "serverInfo": {"name": "clinging", "version": "1"}}
    elif asked.get("method") == "tools/list":
        time.sleep(float(sys.argv[2]))
        names = ["look", "listen"]
        result = {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in names]}
    else:
        continue
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
while True:
    time.sleep(60)
"#;

/// What the server and all that it has started find in their environment: `CLINGING_TO=FOLDER`.
const MARK: &str = "CLINGING_TO";

/// A folder with that server, which takes so many seconds to list its tools.
fn clinging(seconds: u32) -> Desk {
    let desk = Desk::new();
    configure(&desk, seconds);
    desk
}

/// Adds that server to a folder.
pub fn configure(desk: &Desk, seconds: u32) {
    desk.write("server.py", SERVER);
    let args = json!([desk.dir().join("server.py"), started(desk), seconds.to_string()]);
    let server = format!(
        "[mcpServers.clinging]\ncommand = \"python3\"\nargs = {args}\nenv = {{ {MARK} = {} }}\n",
        json!(desk.dir())
    );
    desk.replace("config.toml", "[mcpServers]\n", &server);
}

/// The same, trusted and among what research may call, so that it runs beside each research.
pub fn serve_research(desk: &Desk) {
    configure(desk, 0);
    desk.replace(
        "pipelines/daily.toml",
        "tools = [\"feeds/*\", ",
        "tools = [\"clinging/*\", \"feeds/*\", ",
    );
    desk.json(0, &["tools", "trust", "clinging"]);
}

/// Where the server says that it has started.
fn started(desk: &Desk) -> PathBuf {
    desk.dir().join("processes")
}

/// Whether the server has started since [`forget_start`].
pub fn has_started(desk: &Desk) -> bool {
    started(desk).exists()
}

/// Forgets that the server has started.
pub fn forget_start(desk: &Desk) {
    let _ = std::fs::remove_file(started(desk));
}

/// Waits until no process of a folder's server is left: the one that guards it, itself, and what it has started.
pub fn assert_none_left(desk: &Desk) {
    assert_gone_all(|| marked(desk));
}

/// The running processes that were started for a folder's server.
fn marked(desk: &Desk) -> Vec<u32> {
    let mark = format!("{MARK}={}", desk.dir().display());
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let ids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_marked = |id: &u32| {
        let surroundings = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        surroundings
            .split(|byte| *byte == 0)
            .any(|variable| variable == mark.as_bytes())
    };
    ids.filter(|id| is_marked(id) && runs(*id)).collect()
}

/// The server's process and its child's, once they are there.
fn processes(desk: &Desk) -> Vec<u32> {
    let waited = Instant::now();
    loop {
        assert!(waited.elapsed() < STARTED_MAX, "the server does not start");
        if let Ok(text) = std::fs::read_to_string(started(desk)) {
            return text.split(' ').map(|id| id.parse().unwrap()).collect();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a process runs; one that has ended and is not yet taken away does not.
fn runs(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}

fn assert_gone(processes: &[u32]) {
    assert_gone_all(|| {
        processes
            .iter()
            .copied()
            .filter(|process| runs(*process))
            .collect()
    });
}

fn assert_gone_all(left: impl Fn() -> Vec<u32>) {
    let ended = Instant::now();
    loop {
        let left = left();
        if left.is_empty() {
            return;
        }
        assert!(ended.elapsed() < GONE_MAX, "{left:?} outlive the program");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn start(desk: &Desk) -> Child {
    let mut command = desk.command(&["tools"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

#[test]
fn a_killed_program_leaves_no_tool_server_behind() {
    let desk = clinging(600);
    let mut program = start(&desk);
    let processes = processes(&desk);
    assert!(processes.iter().all(|process| runs(*process)), "it fires");
    let found = marked(&desk);
    assert!(
        processes.iter().all(|process| found.contains(process)),
        "{processes:?} are among what is looked for: {found:?}"
    );
    program.kill().unwrap();
    program.wait().unwrap();
    assert_gone(&processes);
    assert_none_left(&desk);
}

#[test]
fn a_program_that_ends_takes_its_tool_servers_along() {
    let desk = clinging(0);
    let tools = desk.json(0, &["tools"]);
    let listed = tools.as_array().unwrap().iter();
    assert!(
        listed
            .clone()
            .any(|tool| tool["server"] == "clinging" && tool["tool"] == "look"),
        "{tools}"
    );
    assert_gone(&processes(&desk));
}

#[test]
fn a_server_whose_program_is_missing_is_named() {
    let desk = Desk::new();
    let server = "[mcpServers.absent]\ncommand = \"no-such-program-anywhere\"\n";
    desk.replace("config.toml", "[mcpServers]\n", server);
    let output = desk.run(&["tools"]);
    let said = crate::rig::text(&output.stdout) + &crate::rig::text(&output.stderr);
    assert!(said.contains("no-such-program-anywhere"), "{said}");
}

/// A server that ends by itself, as one does whose pipes a dying program has closed, takes along what it started, and its
/// guard still tells how it ended.
#[test]
fn what_a_server_has_left_ends_with_it() {
    let desk = Desk::new();
    let own = std::process::id().to_string();
    let script = "sleep 600 > /dev/null 2>&1 & echo $! > left; exit 3";
    let mut command = desk.command(&["guard", &own, "--", "/bin/sh", "-c", script]);
    command.current_dir(desk.dir()).process_group(0);
    let status = command.status().unwrap();
    assert_eq!(status.code(), Some(3));
    let left: u32 = desk.read("left").trim().parse().unwrap();
    assert!(!runs(left), "{left} outlives its server");
}
