//! Model servers that others wrote, started for a test. `cargo xtask programs` installs them below the target folder.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What `cargo xtask programs` installed under this name; none, with a line that says so, where it is absent.
pub fn installed(test: &str, name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("../third-party")
        .join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {test}: {name} is not installed (cargo xtask programs)");
    None
}

/// The shared data; none, with a line that says so, where it is absent.
pub fn shared(test: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("COPYDESK_SHARED").map_or_else(beside, PathBuf::from);
    if shared.join("tinymodel/serve.py").is_file() {
        return Some(shared);
    }
    println!("skipped: {test}: no shared data");
    None
}

/// A running server; it ends with the test.
pub struct Server {
    child: Child,
    /// `http://127.0.0.1:PORT`
    pub root: String,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts a command that is given a free port, and waits until it says one of its words of readiness.
    pub fn start(
        folder: tempfile::TempDir,
        ready: &str,
        command: impl FnOnce(&Path, u16) -> Command,
    ) -> Self {
        let port = free_port();
        let mut command = command(folder.path(), port);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut lines = output.lines().map_while(Result::ok);
        assert!(
            lines.any(|line| line.contains(ready)),
            "the server ended before it was ready"
        );
        // Its later words are read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            root: format!("http://127.0.0.1:{port}"),
            _folder: folder,
        }
    }

    /// The same for a server that says nothing: waits until it takes connections.
    pub fn start_silent(
        folder: tempfile::TempDir,
        patience: Duration,
        command: impl FnOnce(&Path, u16) -> Command,
    ) -> Self {
        let port = free_port();
        let mut command = command(folder.path(), port);
        let silent = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = silent.spawn().unwrap();
        let server = Self {
            child,
            root: format!("http://127.0.0.1:{port}"),
            _folder: folder,
        };
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < patience, "the server takes no connection");
            std::thread::sleep(Duration::from_millis(100));
        }
        server
    }

    pub fn base_url(&self) -> String {
        format!("{}/v1", self.root)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
