//! A daemon under a wrapper such as `strace` or `faketime`, with what it says.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::rig::{BINARY, Desk, text};

/// The longest wait for anything that the daemon is to do.
const WAIT_MAX: Duration = Duration::from_secs(90);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// A running daemon; killed with the test.
pub struct Service {
    child: Child,
    /// `127.0.0.1:PORT`
    pub host: String,
    said: Arc<Mutex<String>>,
    lock: std::path::PathBuf,
}

impl Service {
    /// Starts `WRAPPER… copydesk -C DIR OPTIONS… daemon` on a free port and waits until it listens.
    pub fn start(desk: &Desk, wrapper: &[&str], options: &[&str], variables: &[(&str, &str)]) -> Self {
        let port = free_port();
        let old = desk.read("config.toml");
        let line = old.lines().find(|line| line.starts_with("listen = ")).unwrap();
        let new = format!("listen = \"127.0.0.1:{port}\"");
        desk.write("config.toml", &old.replace(line, &new));
        let mut words: Vec<&str> = wrapper.to_vec();
        let dir = desk.dir().to_str().unwrap();
        words.extend([BINARY, "-C", dir]);
        words.extend(options);
        words.push("daemon");
        let mut command = Command::new(words[0]);
        for name in ["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"] {
            command.env_remove(name);
        }
        let mut child = command
            .args(&words[1..])
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let (stderr, heard) = (child.stderr.take().unwrap(), Arc::clone(&said));
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let _ = writeln!(heard.lock().unwrap(), "{line}");
            }
        });
        let service = Self {
            child,
            host: format!("127.0.0.1:{port}"),
            said,
            lock: desk.dir().join("data/lock"),
        };
        service.wait_for("it listens", || {
            service.said().contains("log in with").then_some(())
        });
        service
    }

    /// What it said so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until `look` finds something.
    pub fn wait_for<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        let asked = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(
                asked.elapsed() < WAIT_MAX,
                "waited for: {what}; it said\n{}",
                self.said()
            );
            std::thread::sleep(LOOK);
        }
    }

    /// A request to the API with a token; it must be answered with 2xx.
    pub fn ask(&self, method: &str, path: &str, token: &str, body: &Value) -> Value {
        let (status, answer) = crate::daemon::ask(&self.host, method, path, Some(token), body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// Sends the daemon itself a signal such as `-TERM`, whatever wraps it.
    pub fn signal(&self, signal: &str) {
        let about = std::fs::read_to_string(&self.lock).unwrap();
        let id = about.trim().trim_start_matches("process ").to_owned();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success(), "{about}");
    }

    /// Waits until it ends by itself; the signal that it ended by.
    pub fn ended_by(mut self) -> Option<i32> {
        loop_until(|| self.child.try_wait().unwrap()).signal()
    }

    /// Ends it as a service manager would.
    pub fn stop(mut self) {
        self.signal("-TERM");
        let status = loop_until(|| self.child.try_wait().unwrap());
        assert_eq!(status.code(), Some(0), "a stop is no failure: {}", self.said());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            if let Ok(about) = std::fs::read_to_string(&self.lock) {
                let id = about.trim().trim_start_matches("process ").to_owned();
                let _ = Command::new("kill").args(["-KILL", &id]).status();
            }
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on now.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn loop_until<T>(look: impl FnMut() -> Option<T>) -> T {
    let mut look = look;
    let asked = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(asked.elapsed() < WAIT_MAX, "it does not end");
        std::thread::sleep(LOOK);
    }
}

/// A token of the API, as a person makes one in another terminal.
pub fn token(desk: &Desk, options: &[&str]) -> String {
    let output = desk.run(&[options, &["token", "new"]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout).trim().to_owned()
}
