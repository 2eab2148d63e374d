//! Tool servers that others wrote, and ours in another host.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::rig::{Corpus, Desk, EVENING, list, text, word};

const PACKAGE: &str = "@modelcontextprotocol/server-everything";
const VERSION: &str = "2026.8.31";

/// The program of a third party's server, installed below the target folder; none without npm.
fn everything(test: &str) -> Option<PathBuf> {
    let quiet = Stdio::null;
    if Command::new("npm")
        .arg("--version")
        .stdout(quiet())
        .stderr(quiet())
        .status()
        .is_err()
    {
        println!("skipped: {test}: no npm");
        return None;
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../third-party");
    let package = folder.join("node_modules").join(PACKAGE);
    let about = std::fs::read_to_string(package.join("package.json")).unwrap_or_default();
    if !about.contains(VERSION) {
        std::fs::create_dir_all(&folder).unwrap();
        let install = [
            "install",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            "--prefix",
        ];
        let status = Command::new("npm")
            .args(install)
            .arg(&folder)
            .arg(format!("{PACKAGE}@{VERSION}"))
            .status()
            .unwrap();
        assert!(status.success(), "npm: {status}");
    }
    Some(package.join("dist/index.js").canonicalize().unwrap())
}

fn register(desk: &Desk, program: &std::path::Path) {
    let server = format!(
        "[mcpServers.everything]\ncommand = \"node\"\nargs = [{}, \"stdio\"]\n",
        json!(program)
    );
    desk.write(
        "config.toml",
        &desk
            .read("config.toml")
            .replace("[mcpServers]\n", &format!("{server}\n")),
    );
}

fn state<'a>(tools: &'a Value, tool: &str) -> &'a Value {
    let mut all = tools.as_array().unwrap().iter();
    all.find(|known| known["server"] == "everything" && known["tool"] == tool)
        .unwrap_or_else(|| panic!("{tool}: {tools}"))
}

#[test]
fn a_server_that_repeats_its_key_is_heard_without_it() {
    let desk = Desk::new();
    let server = "[mcpServers.leaky]\ncommand = \"sh\"\nargs = [\"-c\", \"echo wrong key $API_KEY >&2; exit 1\"]\n\
        env = { API_KEY = \"${MYKEY}\" }\n";
    desk.replace("config.toml", "[mcpServers]\n", &format!("{server}\n"));
    for arguments in [
        &["tools"][..],
        &["tools", "--json"],
        &["tools", "trust", "leaky"],
        &["doctor"],
    ] {
        let output = desk
            .command(arguments)
            .env("MYKEY", "planted-key-0123")
            .output()
            .unwrap();
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(!said.contains("planted-key-0123"), "{arguments:?}: {said}");
        if arguments[0] == "tools" {
            assert!(said.contains("wrong key ***"), "{arguments:?}: {said}");
        }
    }
}

#[test]
fn a_new_tool_is_used_only_once_it_is_trusted() {
    let test = "a_new_tool_is_used_only_once_it_is_trusted";
    let Some(program) = everything(test) else { return };
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "24h");
    register(&desk, &program);
    let tools = desk.json(0, &["tools"]);
    assert_eq!(state(&tools, "echo")["trusted"], false);
    for (server, tool) in [
        ("feeds", "poll"),
        ("web", "read"),
        ("web", "open"),
        ("archive", "search"),
        ("replies", "list"),
    ] {
        let mut all = tools.as_array().unwrap().iter();
        let bundled = all.find(|known| known["server"] == server && known["tool"] == tool);
        assert!(
            bundled.is_some_and(|tool| tool["trusted"] == true),
            "{server}/{tool}: {tools}"
        );
    }
    // A stage that lists it waits for the author, and nothing was read so far.
    desk.replace(
        "pipelines/daily.toml",
        "[\"feeds/*\", \"web/*\", \"archive/*\"]",
        "[\"feeds/*\", \"web/*\", \"archive/*\", \"everything/echo\"]",
    );
    corpus.take_log();
    let run = desk.evening();
    assert_eq!(run["waiting_for"], json!(["tool_trust"]), "{run}");
    assert!(word(&run, "reason").contains("everything/echo"), "{run}");
    assert!(corpus.take_log().is_empty(), "the stage has not begun");
    let trusted = desk.json(0, &["tools", "trust", "everything/echo"]);
    assert_eq!(trusted, json!(["everything/echo"]));
    assert_eq!(state(&desk.json(0, &["tools"]), "echo")["trusted"], true);
    desk.json(0, &["retry", word(&run, "run")]);
    let done = desk.json(4, &["run", "daily"]);
    assert_eq!(
        (&done["run"], &done["waiting_for"]),
        (&run["run"], &json!(["approval"])),
        "{done}"
    );
}

/// An MCP host with a session with a bundled server.
pub struct Host {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Host {
    /// Starts the server and shakes hands.
    pub fn start(desk: &Desk, name: &str) -> Self {
        let mut child = desk
            .command(&["mcp", name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut host = Self { child, stdin, stdout };
        let params = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "host", "version": "1" } });
        host.say(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params }));
        let hello = host.answer(1);
        assert!(hello["result"]["capabilities"]["tools"].is_object(), "{hello}");
        host.say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        host
    }

    fn say(&mut self, message: &Value) {
        writeln!(self.stdin, "{message}").unwrap();
    }

    /// The message with this id; each line is one message.
    fn answer(&mut self, id: u64) -> Value {
        loop {
            let mut line = String::new();
            let read = self.stdout.read_line(&mut line).unwrap();
            assert!(read > 0, "the server ended before it answered {id}");
            let message: Value =
                serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            if message["id"] == id {
                return message;
            }
        }
    }

    /// Its tools.
    fn tools(&mut self, id: u64) -> Vec<Value> {
        self.say(&json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list" }));
        let listed = self.answer(id);
        list(&listed["result"], "tools").clone()
    }

    /// Calls a tool; what it gave as data.
    pub fn call(&mut self, id: u64, tool: &str, arguments: &Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments });
        self.say(&json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }));
        self.answer(id)["result"]["structuredContent"].clone()
    }

    /// Ends the session as hosts do, with stdin; its exit code.
    pub fn end(mut self) -> Option<i32> {
        drop(self.stdin);
        self.child.wait().unwrap().code()
    }
}

#[test]
fn the_bundled_servers_answer_any_host() {
    for (name, wanted) in [
        ("feeds", "poll"),
        ("web", "read"),
        ("archive", "search"),
        ("replies", "list"),
    ] {
        let desk = Desk::new();
        let mut host = Host::start(&desk, name);
        let tools = host.tools(2);
        let tool = tools
            .iter()
            .find(|tool| tool["name"] == wanted)
            .unwrap_or_else(|| panic!("{name}: {tools:?}"));
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
        assert_eq!(host.end(), Some(0), "{name}");
    }
}

#[test]
fn replies_reads_the_maildirs_of_the_pipelines_and_nothing_else() {
    let desk = Desk::new();
    let other = tempfile::tempdir().unwrap();
    std::fs::create_dir(other.path().join("new")).unwrap();
    let mut host = Host::start(&desk, "replies");
    let listed = host.call(2, "list", &json!({ "maildir": "replies" }));
    assert_eq!(listed["replies"], json!([]), "{listed}");
    let why = host.call(3, "list", &json!({ "maildir": other.path() }));
    assert!(
        word(&why, "error").contains("the pipelines name replies"),
        "{why}"
    );
    // What is written into a pipeline later holds at once.
    desk.replace(
        "pipelines/daily.toml",
        "maildir = \"replies\"",
        &format!("maildir = {:?}", other.path()),
    );
    let listed = host.call(4, "list", &json!({ "maildir": other.path() }));
    assert_eq!(listed["replies"], json!([]), "{listed}");
    assert_eq!(host.end(), Some(0));
}

#[test]
fn an_agent_at_the_desk_reads_and_sends_back_and_cannot_approve() {
    let Some(corpus) = Corpus::serve(
        "an_agent_at_the_desk_reads_and_sends_back_and_cannot_approve",
        EVENING,
    ) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "24h");
    let mut host = Host::start(&desk, "desk");
    assert_eq!(host.call(2, "list", &json!({}))["waiting"], json!([]));
    let run = desk.evening()["run"].as_str().unwrap().to_owned();
    let tools = host.tools(3);
    let names: Vec<&str> = tools.iter().map(|tool| word(tool, "name")).collect();
    assert_eq!(names, ["list", "read", "request_changes"], "nothing approves");
    assert_eq!(tools[2]["annotations"]["readOnlyHint"], false);
    let listed = host.call(4, "list", &json!({}));
    let entry = &listed["waiting"][0];
    assert_eq!(
        (word(entry, "run"), word(entry, "what")),
        (run.as_str(), "issue"),
        "{listed}"
    );
    let read = host.call(5, "read", &json!({ "run": run }));
    assert_eq!(read["entry"], *entry);
    let exported = std::fs::read_to_string(desk.export(&run).join("issue.md")).unwrap();
    assert_eq!(word(&read, "text"), exported);
    let claims = list(&read, "claims");
    let is_cited =
        |claim: &Value| claim["verdict"] == "supported" && claim["evidence"][0]["words"].is_string();
    assert!(claims.iter().any(is_cited), "{read}");
    // Another hash is not what waits, and an empty note says nothing.
    let change = |hash: &str, note: &str| json!({ "run": run, "hash": hash, "note": note });
    let why = host.call(6, "request_changes", &change(&"0".repeat(64), "Shorter."));
    assert!(why["error"].is_string(), "{why}");
    let hash = word(entry, "hash");
    let why = host.call(7, "request_changes", &change(hash, " "));
    assert!(word(&why, "error").contains("empty"), "{why}");
    assert_eq!(desk.json(0, &["show", &run])["issue"], "reviewed");
    let sent = host.call(8, "request_changes", &change(hash, "Make it shorter."));
    assert_eq!(sent["decision"], "sent_back", "{sent}");
    assert_eq!(host.call(9, "list", &json!({}))["waiting"], json!([]));
    let shown = desk.json(0, &["show", &run]);
    assert_eq!(shown["issue"], "drafted", "{shown}");
    assert_eq!(host.end(), Some(0));
}

#[test]
fn commands_and_sessions_share_a_folder() {
    let desk = Desk::new();
    std::thread::scope(|scope| {
        let looks: Vec<_> = (0..8).map(|_| scope.spawn(|| desk.json(0, &["runs"]))).collect();
        for look in looks {
            look.join().unwrap();
        }
    });
    // The first session owns the folder, the second goes through it, and so do commands.
    let mut owner = Host::start(&desk, "web");
    let mut other = Host::start(&desk, "feeds");
    desk.json(0, &["runs"]);
    desk.json(0, &["pause", "daily"]);
    assert!(!owner.tools(2).is_empty() && !other.tools(2).is_empty());
    // What is left of its own session keeps the owner there for the other.
    drop(owner.stdin);
    assert!(!other.tools(3).is_empty());
    assert_eq!(other.end(), Some(0));
    assert_eq!(owner.child.wait().unwrap().code(), Some(0));

    let mut owner = Host::start(&desk, "web");
    let mut other = Host::start(&desk, "feeds");
    assert!(!other.tools(2).is_empty());
    owner.child.kill().unwrap();
    owner.child.wait().unwrap();
    let code = other.child.wait().unwrap().code();
    assert_eq!(code, Some(3), "a session that is lost is no success");
    desk.json(0, &["runs"]);
}
