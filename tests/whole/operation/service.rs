//! The daemon and its service manager.

use std::io::Write as _;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::daemon::Daemon;
use crate::rig::{Desk, http_get, text};

/// The planner looks every five seconds; this is for a busy machine.
const LOOK_MAX: Duration = Duration::from_mins(1);
/// Two looks would fit in.
const SILENCE: Duration = Duration::from_secs(11);

/// The socket of a service manager that remembers what it is told.
struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Manager {
    fn new(folder: &Path) -> Self {
        let path = folder.join("notify.sock");
        let socket = UnixDatagram::bind(&path).unwrap();
        Self { socket, path }
    }

    /// The next message within `patience`.
    fn next(&self, patience: Duration) -> Option<String> {
        let mut buffer = [0; 4096];
        self.socket.set_read_timeout(Some(patience)).unwrap();
        let length = self.socket.recv(&mut buffer).ok()?;
        Some(text(&buffer[..length]))
    }

    /// Reads on until a message holds a line; what was said until then.
    fn until(&self, line: &str) -> Vec<String> {
        let asked = Instant::now();
        let mut said = Vec::new();
        while asked.elapsed() < LOOK_MAX {
            let Some(message) = self.next(LOOK_MAX) else { break };
            let is_it = message.lines().any(|said| said == line);
            said.push(message);
            if is_it {
                return said;
            }
        }
        panic!("it never said {line}: {said:?}")
    }

    /// Forgets what was said.
    fn drain(&self) {
        while self.next(Duration::from_millis(50)).is_some() {}
    }
}

#[test]
fn the_watchdog_is_fed_by_the_planner_and_by_nothing_else() {
    let desk = Desk::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let manager = Manager::new(elsewhere.path());
    let daemon = Daemon::start_with(&desk, |command| {
        command.env("NOTIFY_SOCKET", &manager.path);
    });
    let said = manager.until("READY=1");
    assert_eq!(said.len(), 1, "nothing comes before it is ready: {said:?}");
    assert!(
        said[0].contains("STATUS=") && said[0].contains("WATCHDOG=1"),
        "{said:?}"
    );
    manager.until("WATCHDOG=1");
    manager.until("WATCHDOG=1");

    // The planner hangs: its workspace is on something that does not answer. The page still does.
    let config = desk.dir().join("config.toml");
    let (pipe, real) = (desk.dir().join("pipe"), desk.read("config.toml"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::rename(&pipe, &config).unwrap();
    let silent = Instant::now();
    loop {
        manager.drain();
        // A look may have been under way.
        if manager.next(SILENCE).is_none() {
            break;
        }
        assert!(
            silent.elapsed() < LOOK_MAX,
            "a planner that hangs feeds the watchdog"
        );
    }
    http_get(&daemon.host, "/healthz");

    // It answers again, and so does the planner.
    std::fs::rename(&config, &pipe).unwrap();
    desk.write("config.toml", &real);
    let mut writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    writer.write_all(real.as_bytes()).unwrap();
    drop(writer);
    manager.until("WATCHDOG=1");
    daemon.stop();
    manager.until("STOPPING=1");
    assert_eq!(
        manager.next(Duration::from_millis(50)),
        None,
        "nothing comes after the end"
    );
}

/// The unit alone in a folder, with or without its drop-in.
fn unit(folder: &Path, drop_in: bool) -> PathBuf {
    let packaging = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/systemd");
    let unit = folder.join("copydesk.service");
    std::fs::copy(packaging.join("copydesk.service"), &unit).unwrap();
    if drop_in {
        let to = folder.join("copydesk.service.d");
        std::fs::create_dir_all(&to).unwrap();
        let from = packaging.join("copydesk.service.d/stdio-tools.conf");
        std::fs::copy(from, to.join("stdio-tools.conf")).unwrap();
    }
    unit
}

#[test]
fn the_unit_leaves_the_service_little() {
    let analyze = |unit: &Path| {
        Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--threshold=20", "--no-pager"])
            .arg(unit)
            .output()
    };
    let folder = tempfile::tempdir().unwrap();
    let Ok(alone) = analyze(&unit(folder.path(), false)) else {
        println!("skipped: the_unit_leaves_the_service_little: there is no systemd-analyze");
        return;
    };
    println!("{}", text(&alone.stdout).lines().last().unwrap_or_default());
    assert!(
        alone.status.success(),
        "{}{}",
        text(&alone.stdout),
        text(&alone.stderr)
    );
    let with_tools = analyze(&unit(folder.path(), true)).unwrap();
    println!(
        "with stdio tools: {}",
        text(&with_tools.stdout).lines().last().unwrap_or_default()
    );
    assert!(with_tools.status.success(), "{}", text(&with_tools.stdout));
}

#[test]
fn a_key_may_come_from_the_service_manager() {
    let desk = Desk::new();
    let credentials = tempfile::tempdir().unwrap();
    std::fs::write(credentials.path().join("model"), "a-key-of-the-manager\n").unwrap();
    desk.replace(
        "config.toml",
        "[routes]",
        "[models.m]\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\nfree = true\napi_key_file = \"${CREDENTIALS_DIRECTORY}/model\"\n[routes]",
    );
    let check = |with: bool| {
        let mut command = desk.command(&["check"]);
        if with {
            command.env("CREDENTIALS_DIRECTORY", credentials.path());
        }
        command.output().unwrap()
    };
    assert_eq!(
        check(true).status.code(),
        Some(0),
        "{}",
        text(&check(true).stdout)
    );
    assert!(
        text(&check(false).stdout).contains("CREDENTIALS_DIRECTORY"),
        "{}",
        text(&check(false).stdout)
    );
}
