//! What the tests stand on: the corpus server, a folder, and the binary.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// The evening that most tests stand in: nine posts told of one attack on that day.
pub const EVENING: &str = "2026-08-20T23:00:00Z";

/// The shared data; none, with a line that says so, where it is absent.
pub fn shared(test: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let dir = std::env::var_os("COPYDESK_SHARED").map_or_else(beside, PathBuf::from);
    if dir.join("corpus/serve.py").is_file() {
        return Some(dir);
    }
    println!("skipped: {test}: no shared data");
    None
}

/// The corpus, served on a port of the system's choice until dropped.
pub struct Corpus {
    child: Child,
    /// `127.0.0.1:PORT`
    pub host: String,
    /// The folder of the corpus.
    pub root: PathBuf,
}

impl Corpus {
    /// Serves the corpus as it was at `now`.
    pub fn serve(test: &str, now: &str) -> Option<Self> {
        Self::start(test, &["--now", now])
    }

    /// Serves the corpus with its newest day moved to today, for what runs by the machine's clock.
    pub fn serve_today(test: &str) -> Option<Self> {
        Self::start(test, &["--shift-to", "today"])
    }

    fn start(test: &str, clock: &[&str]) -> Option<Self> {
        let root = shared(test)?.join("corpus");
        let mut child = Command::new("python3")
            .arg(root.join("serve.py"))
            .args(["--port", "0", "--quiet"])
            .args(clock)
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is here");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let host = line
            .trim()
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        assert!(host.starts_with("127.0.0.1:"), "the corpus server said {line:?}");
        Some(Self { child, host, root })
    }

    /// `http://HOST` and a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    /// The body of one page, as sent: the status line must say 200.
    pub fn get(&self, path: &str) -> Vec<u8> {
        http_get(&self.host, path)
    }

    /// Moves the corpus' clock.
    pub fn move_to(&self, now: &str) {
        self.get(&format!("/_control/now?set={now}"));
    }

    /// The requests since the last time this was asked.
    pub fn take_log(&self) -> Vec<Value> {
        serde_json::from_slice(&self.get("/_control/log?clear=1")).unwrap()
    }

    /// The posts by their id.
    pub fn posts(&self) -> Vec<Value> {
        json_lines(&std::fs::read_to_string(self.root.join("posts.jsonl")).unwrap())
    }
}

impl Drop for Corpus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One GET over HTTP/1.0, so that the end of the body is the end of the connection.
pub fn http_get(host: &str, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .expect("a head ends with an empty line");
    let head = String::from_utf8_lossy(&bytes[..end]);
    assert!(head.lines().next().unwrap().contains(" 200 "), "{path}: {head}");
    bytes[end + 4..].to_vec()
}

/// A folder made by `copydesk init`, deleted in the end.
pub struct Desk {
    temporary: tempfile::TempDir,
}

impl Desk {
    /// A fresh folder without feeds.
    pub fn new() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// The same, in a folder of `parent`.
    pub fn below(parent: &Path) -> Self {
        let desk = Self {
            temporary: tempfile::tempdir_in(parent).unwrap(),
        };
        let output = Command::new(BINARY).arg("init").arg(desk.dir()).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let pipeline = desk.read("pipelines/daily.toml");
        let feeds = pipeline
            .find("\n[[feed]]")
            .expect("the shipped pipeline has feeds");
        desk.write("pipelines/daily.toml", &pipeline[..=feeds]);
        desk
    }

    /// A folder that is there already; it is deleted in the end.
    pub fn at(dir: tempfile::TempDir) -> Self {
        Self { temporary: dir }
    }

    /// A fresh folder with all feeds of the corpus and a window such as `7d`.
    pub fn of_corpus(corpus: &Corpus, window: &str) -> Self {
        let desk = Self::new();
        desk.replace(
            "pipelines/daily.toml",
            "window = \"24h\"",
            &format!("window = \"{window}\""),
        );
        desk.allow(&[&corpus.host]);
        let opml = desk.dir().join("corpus.opml");
        std::fs::write(&opml, corpus.get("/feeds.opml")).unwrap();
        let imported = desk.json(0, &["feeds", "import", opml.to_str().unwrap()]);
        assert_eq!(imported["added"], 23, "{imported}");
        desk
    }

    /// Where it lies.
    pub fn dir(&self) -> &Path {
        self.temporary.path()
    }

    /// A file of it.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir().join(name)).unwrap()
    }

    /// Writes a file of it.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.dir().join(name), text).unwrap();
    }

    /// Changes one place of a file; it must be there.
    pub fn replace(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert!(text.contains(old), "{name} has no {old:?}");
        self.write(name, &text.replacen(old, new, 1));
    }

    /// Allows exactly these hosts of the machine.
    pub fn allow(&self, hosts: &[&str]) {
        self.replace(
            "config.toml",
            "allow = []",
            &format!("allow = {}", serde_json::json!(hosts)),
        );
    }

    /// Adds a feed to `daily`.
    pub fn add_feed(&self, url: &str, title: &str) {
        self.json(0, &["feeds", "add", url, "--title", title, "--beat", "cloud"]);
    }

    /// The binary in this folder, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .arg("-C")
            .arg(self.dir())
            .args(arguments)
            .stdin(Stdio::null());
        for name in ["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs the binary to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs the binary with `--json`; it must end with `exit`. Gives what it printed as data.
    pub fn json(&self, exit: i32, arguments: &[&str]) -> Value {
        let output = self.command(arguments).arg("--json").output().unwrap();
        let shown = || {
            format!(
                "{arguments:?}\nstdout: {}\nstderr: {}",
                text(&output.stdout),
                text(&output.stderr)
            )
        };
        assert_eq!(output.status.code(), Some(exit), "{}", shown());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", shown()))
    }

    /// Runs the binary with `--json`; it must refuse with `exit`. Gives `{"error","code","hint"}`.
    pub fn failure(&self, exit: i32, arguments: &[&str]) -> Value {
        let output = self.command(arguments).arg("--json").output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(exit),
            "{arguments:?}: {} {}",
            text(&output.stdout),
            text(&output.stderr)
        );
        let stderr = text(&output.stderr);
        let last = stderr.lines().last().unwrap_or_default();
        let failure: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {stderr}"));
        for field in ["error", "code", "hint"] {
            assert!(
                failure[field].as_str().is_some_and(|words| !words.is_empty()),
                "{field} of {failure}"
            );
        }
        failure
    }

    /// `run daily --now EVENING` to the author's gate; gives the run's JSON.
    pub fn evening(&self) -> Value {
        self.json(4, &["run", "daily", "--now", EVENING])
    }

    /// Exports a run into a folder of its own and gives the folder.
    pub fn export(&self, run: &str) -> PathBuf {
        let to = self.dir().join(format!("export-{run}"));
        self.json(0, &["export", run, "--to", to.to_str().unwrap()]);
        to
    }
}

/// A program with these words, in the surroundings that the binary has.
pub fn wrapped(program: &str, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null());
    for name in ["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"] {
        command.env_remove(name);
    }
    command
}

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_copydesk");

/// Bytes for people.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A JSON file.
pub fn json_file(path: &Path) -> Value {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// JSON lines.
pub fn json_lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A field that is a string.
pub fn word<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} of {value}"))
}

/// A field that is a list.
pub fn list<'a>(value: &'a Value, field: &str) -> &'a Vec<Value> {
    value[field]
        .as_array()
        .unwrap_or_else(|| panic!("{field} of {value}"))
}

/// SHA-256 in lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// Runs a Python program and gives what it printed.
pub fn python(program: &str, arguments: &[&str], stdin: &[u8]) -> Vec<u8> {
    let mut child = Command::new("python3")
        .arg("-c")
        .arg(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is here");
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "python: {}", output.status);
    output.stdout
}
