//! A stdio tool server does not outlive the program, however that ends: also one that reads neither its closed stdin
//! nor signals, and what it has started.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::rig::Desk;

/// Until the processes are gone; the program itself is gone at once.
const GONE_MAX: Duration = Duration::from_secs(10);
/// Until the server has started.
const STARTED_MAX: Duration = Duration::from_secs(30);

/// Answers the handshake and lists a tool; then holds on to life. It writes its own process id and its child's.
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
        result = {"tools": [{"name": "look", "inputSchema": {"type": "object"}}]}
    else:
        continue
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
while True:
    time.sleep(60)
"#;

/// A folder with that server, which takes so many seconds to list its tools.
fn clinging(seconds: u32) -> Desk {
    let desk = Desk::new();
    desk.write("server.py", SERVER);
    let args = json!([
        desk.dir().join("server.py"),
        desk.dir().join("processes"),
        seconds.to_string()
    ]);
    let server = format!("[mcpServers.clinging]\ncommand = \"python3\"\nargs = {args}\n");
    desk.replace("config.toml", "[mcpServers]\n", &server);
    desk
}

/// The server's process and its child's, once they are there.
fn processes(desk: &Desk) -> Vec<u32> {
    let started = Instant::now();
    loop {
        assert!(started.elapsed() < STARTED_MAX, "the server does not start");
        if let Ok(text) = std::fs::read_to_string(desk.dir().join("processes")) {
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
    let ended = Instant::now();
    while processes.iter().any(|process| runs(*process)) {
        let left: Vec<&u32> = processes.iter().filter(|process| runs(**process)).collect();
        assert!(ended.elapsed() < GONE_MAX, "{left:?} outlive the program");
        std::thread::sleep(Duration::from_millis(50));
    }
    println!("gone after {:?}", ended.elapsed());
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
    program.kill().unwrap();
    program.wait().unwrap();
    assert_gone(&processes);
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
