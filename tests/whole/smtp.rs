//! A mail server for tests: it answers as its mode says, and tells what it heard.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::rig::text;

/// How a server behaves.
#[derive(Debug, Clone, Copy)]
pub enum Mode {
    /// Takes every mail.
    Accept,
    /// Refuses at its greeting.
    Refuse,
    /// Refuses the first recipient for now, and takes what comes later.
    Greylist,
    /// Refuses every login, and repeats it.
    WrongLogin,
    /// Connects and never says a word.
    Hang,
}

impl Mode {
    const fn word(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Refuse => "refuse",
            Self::Greylist => "greylist",
            Self::WrongLogin => "wrong_login",
            Self::Hang => "hang",
        }
    }
}

/// A running server; it ends with the test.
pub struct Smtp {
    child: Child,
    /// `127.0.0.1:PORT`
    pub at: String,
    heard: Arc<Mutex<Vec<Value>>>,
}

impl Smtp {
    /// Without encryption.
    pub fn start(mode: Mode) -> Self {
        Self::run(mode, "none", None)
    }

    /// Encrypted from the first byte (`tls`), or after STARTTLS (`starttls`).
    pub fn encrypted(mode: Mode, tls: &str, certificate: &Certificate) -> Self {
        Self::run(mode, tls, Some(certificate))
    }

    fn run(mode: Mode, tls: &str, certificate: Option<&Certificate>) -> Self {
        let mut command = Command::new("python3");
        command.arg("-c").arg(SERVER).args([mode.word(), tls]);
        if let Some(Certificate { file, key }) = certificate {
            command.arg(file).arg(key);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().expect("python3 is here");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.next().expect("it says its port").unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&heard);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                noted.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Self {
            child,
            at: format!("127.0.0.1:{port}"),
            heard,
        }
    }

    /// Everything of a kind that it heard so far: `connected`, `encrypted`, `login`, `refused`, `mail`.
    pub fn heard(&self, event: &str) -> Vec<Value> {
        let heard = self.heard.lock().unwrap();
        heard
            .iter()
            .filter(|one| one["event"] == event)
            .cloned()
            .collect()
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A self-made certificate for `localhost`.
pub struct Certificate {
    /// The certificate, which is its own root.
    pub file: PathBuf,
    key: PathBuf,
}

impl Certificate {
    /// Made in a folder; none, with a line that says so, where OpenSSL is absent.
    pub fn make(test: &str, dir: &Path) -> Option<Self> {
        let (file, key) = (dir.join("mail.pem"), dir.join("mail.key"));
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
            ])
            .args([
                "-days",
                "2",
                "-subj",
                "/CN=Copydesk test",
                "-addext",
                "subjectAltName=DNS:localhost",
            ])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-out")
            .arg(&file)
            .arg("-keyout")
            .arg(&key)
            .output();
        let Ok(made) = made else {
            println!("skipped: {test}: no openssl");
            return None;
        };
        assert!(made.status.success(), "{}", text(&made.stderr));
        Some(Self { file, key })
    }
}

const SERVER: &str = r#"
import base64, json, socket, ssl, sys, threading

mode, tls = sys.argv[1:3]
context = None
if tls != "none":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
refused = set()

def tell(event, **more):
    print(json.dumps(dict(event=event, **more)), flush=True)

def talk(line):
    secure = False
    try:
        if tls == "tls":
            line = context.wrap_socket(line, server_side=True)
            secure = True
    except (ssl.SSLError, OSError) as error:
        return tell("refused", why=str(error))
    tell("connected", secure=secure)
    if mode == "hang":
        threading.Event().wait()
    stream = line.makefile("rwb")
    def say(words):
        stream.write(words.encode() + b"\r\n")
        stream.flush()
    if mode == "refuse":
        say("554 no service here")
        tell("refused", why="554")
        return line.close()
    say("220 test ready")
    while True:
        heard = stream.readline().decode().strip()
        word = heard.upper()
        if not heard:
            return
        if word.startswith("EHLO"):
            say("250-test")
            say("250 STARTTLS" if tls == "starttls" and not secure else "250 AUTH PLAIN LOGIN")
        elif word == "STARTTLS":
            say("220 go on")
            try:
                line = context.wrap_socket(line, server_side=True)
            except (ssl.SSLError, OSError) as error:
                return tell("refused", why=str(error))
            stream = line.makefile("rwb")
            secure = True
            tell("encrypted")
        elif word.startswith("AUTH PLAIN"):
            _, user, password = base64.b64decode(heard.split()[2]).decode().split("\0")
            tell("login", user=user, password=password, secure=secure)
            say("535 not " + password if mode == "wrong_login" else "235 welcome")
        elif word.startswith("RCPT") and mode == "greylist" and heard not in refused:
            refused.add(heard)
            tell("refused", why="451")
            say("451 come back later")
        elif word == "DATA":
            say("354 go on")
            mail = b""
            while not mail.endswith(b"\r\n.\r\n"):
                mail += stream.readline()
            tell("mail", text=mail.decode(), secure=secure)
            say("250 taken")
        elif word == "QUIT":
            say("221 bye")
            return line.close()
        else:
            say("250 fine")

while True:
    line, _ = listener.accept()
    threading.Thread(target=talk, args=(line,), daemon=True).start()
"#;
