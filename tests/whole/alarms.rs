//! Alarms on their way out: receivers that hang and refuse, encryption, and a look ahead that finds something.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::rig::{Corpus, Desk, text, word};
use crate::smtp::{Certificate, Mode, Smtp};

/// Longer than any test waits for something that comes.
const PATIENCE: Duration = Duration::from_secs(150);

/// A receiver of webhooks and pings.
struct Receiver {
    at: String,
    heard: Arc<Mutex<Vec<(String, Value)>>>,
    connections: Arc<AtomicUsize>,
}

impl Receiver {
    /// Takes everything.
    fn takes() -> Self {
        Self::start(Some("200 OK"))
    }

    /// Connects, reads and never answers.
    fn hangs() -> Self {
        Self::start(None)
    }

    fn start(status: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap().to_string();
        let heard: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
        let connections = Arc::new(AtomicUsize::new(0));
        let (noted, counts) = (Arc::clone(&heard), Arc::clone(&connections));
        std::thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                counts.fetch_add(1, Ordering::SeqCst);
                let (path, body) = read_request(&mut stream);
                noted.lock().unwrap().push((path, body));
                match status {
                    Some(status) => {
                        let answer =
                            format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                        let _ = stream.write_all(answer.as_bytes());
                    }
                    None => open.push(stream),
                }
            }
        });
        Self {
            at,
            heard,
            connections,
        }
    }

    /// Paths with what was posted to them; text that is no JSON is a JSON string.
    fn heard(&self) -> Vec<(String, Value)> {
        self.heard.lock().unwrap().clone()
    }
}

fn read_request(stream: &mut std::net::TcpStream) -> (String, Value) {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut bytes = Vec::new();
    let mut piece = vec![0; 65_536];
    loop {
        let length = stream.read(&mut piece).unwrap_or(0);
        bytes.extend_from_slice(&piece[..length]);
        let shown = text(&bytes);
        if let Some((head, body)) = shown.split_once("\r\n\r\n") {
            let mut fields = head.lines().filter_map(|line| line.split_once(':'));
            let wanted = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let wanted: usize = wanted.map_or(0, |(_, length)| length.trim().parse().unwrap());
            if body.len() >= wanted || length == 0 {
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                let body = serde_json::from_str(body).unwrap_or_else(|_| json!(body));
                return (path, body);
            }
        }
        if length == 0 {
            return (String::new(), Value::Null);
        }
    }
}

/// Waits until `look` finds something.
fn until<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "{what} never came");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn alarms(desk: &Desk, keys: &str) {
    desk.replace("config.toml", "[alarms]\n", &format!("[alarms]\n{keys}\n"));
}

fn mail_to(smtp: &Smtp, more: &str) -> String {
    format!(
        "\n[alarms.mail]\nserver = \"{}\"\nfrom = \"copydesk@example.org\"\nto = [\"you@example.org\"]\n{more}\n",
        smtp.at
    )
}

/// Adds a section at the end of config.toml, behind the comments of `[alarms]`.
fn append(desk: &Desk, section: &str) {
    desk.write("config.toml", &format!("{}{section}", desk.read("config.toml")));
}

/// The report of one way.
fn way<'a>(report: &'a Value, name: &str) -> &'a Value {
    let list = report.as_array().unwrap();
    list.iter()
        .find(|way| way["way"] == name)
        .unwrap_or_else(|| panic!("no {name} in {report}"))
}

#[test]
fn a_fresh_folder_is_ready_and_has_no_way() {
    let desk = Desk::new();
    assert_eq!(desk.json(0, &["check", "--preflight"]), json!([]));
    assert_eq!(desk.json(0, &["check", "--alarms"]), json!([]));
}

#[test]
fn every_way_is_tried_and_one_that_refuses_says_why() {
    let desk = Desk::new();
    let (receiver, smtp) = (Receiver::takes(), Smtp::start(Mode::Refuse));
    let script = "cat > trial.json";
    alarms(
        &desk,
        &format!(
            "webhook = \"http://{0}/hook\"\nping = \"http://{0}/ping/secret\"",
            receiver.at
        ),
    );
    desk.replace(
        "config.toml",
        "command = []",
        &format!("command = [\"/bin/sh\", \"-c\", \"{script}\"]"),
    );
    append(&desk, &mail_to(&smtp, "tls = \"none\""));
    let report = desk.json(1, &["check", "--alarms"]);
    for name in ["ping", "webhook", "command"] {
        assert_eq!(way(&report, name)["ok"], true, "{report}");
    }
    until("the refusal", || smtp.heard("refused").pop());
    let mail = way(&report, "mail");
    assert_eq!(mail["ok"], false, "{report}");
    assert!(word(mail, "error").contains("554"), "{report}");
    let paths: Vec<String> = receiver.heard().into_iter().map(|(path, _)| path).collect();
    assert!(
        paths.contains(&"/hook".to_owned()) && paths.contains(&"/ping/secret/log".to_owned()),
        "{paths:?}"
    );
    let trial: Value = serde_json::from_str(&desk.read("trial.json")).unwrap();
    assert_eq!(trial["kind"], "test", "{trial}");
    // Mended, the mail goes through.
    let mended = Smtp::start(Mode::Accept);
    desk.replace("config.toml", &smtp.at, &mended.at);
    desk.json(0, &["check", "--alarms"]);
    let trial = until("the mail", || mended.heard("mail").pop());
    let subject = "Subject: [copydesk] none: a trial of this way";
    assert!(word(&trial, "text").contains(subject), "{trial}");
}

#[test]
fn a_password_travels_encrypted_and_never_comes_up() {
    let test = "a_password_travels_encrypted_and_never_comes_up";
    let desk = Desk::new();
    let Some(certificate) = Certificate::make(test, desk.dir()) else {
        return;
    };
    let login = "user = \"me\"\npassword_env = \"SMTP_PASSWORD\"";
    append(&desk, "\n[alarms.mail]\nPLACE\n");
    let section = |smtp: &Smtp, tls: &str| {
        let server = smtp.at.replace("127.0.0.1", "localhost");
        format!(
            "server = \"{server}\"\ntls = \"{tls}\"\nfrom = \"c@example.org\"\nto = [\"y@example.org\"]\n{login}"
        )
    };
    let mut place = "PLACE".to_owned();
    let mut check = |smtp: &Smtp, tls: &str, trusts: bool| {
        let new = section(smtp, tls);
        desk.replace("config.toml", &place, &new);
        place = new;
        let mut command = desk.command(&["check", "--alarms", "--json"]);
        command
            .env("SMTP_PASSWORD", "correct-horse")
            .env("RUST_LOG", "trace");
        if trusts {
            command.env("SSL_CERT_FILE", &certificate.file);
        }
        let output = command.output().unwrap();
        let all = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert!(
            !all.contains("correct-horse") && !all.contains("AG1lAGNvcnJlY3QtaG9yc2U"),
            "{all}"
        );
        let report: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {all}"));
        way(&report, "mail").clone()
    };
    for tls in ["tls", "starttls"] {
        let smtp = Smtp::encrypted(Mode::Accept, tls, &certificate);
        let unknown = check(&smtp, tls, false);
        assert_eq!(
            unknown["ok"], false,
            "a certificate that nobody signed is not trusted: {unknown}"
        );
        assert!(smtp.heard("login").is_empty(), "{tls}: no password before trust");
        let known = check(&smtp, tls, true);
        assert_eq!(known["ok"], true, "{tls}: {known}");
        let login = until("the login", || smtp.heard("login").pop());
        assert_eq!(
            (word(&login, "password"), login["secure"].as_bool()),
            ("correct-horse", Some(true)),
            "{tls}"
        );
        let mail = until("the mail", || smtp.heard("mail").pop());
        assert_eq!(mail["secure"], true);
    }
    let smtp = Smtp::encrypted(Mode::WrongLogin, "tls", &certificate);
    let refused = check(&smtp, "tls", true);
    until("the login that is refused", || smtp.heard("login").pop());
    assert!(
        word(&refused, "error").contains("refused the login of `me`"),
        "{refused}"
    );
}

#[test]
fn a_server_that_offers_no_encryption_gets_no_password() {
    let desk = Desk::new();
    let smtp = Smtp::start(Mode::Accept);
    let login = "tls = \"starttls\"\nuser = \"me\"\npassword_file = \"password\"";
    append(&desk, &mail_to(&smtp, login));
    desk.write("password", "correct-horse");
    let report = desk.json(1, &["check", "--alarms"]);
    let error = word(way(&report, "mail"), "error");
    assert!(error.contains("could not be encrypted"), "{report}");
    until("the connection", || smtp.heard("connected").pop());
    assert!(smtp.heard("login").is_empty());
}

/// A pipeline whose next slot comes in so many minutes.
fn due_in(desk: &Desk, minutes: i64) {
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(minutes);
    let cron = at.strftime("%-M %-H * * *").to_string();
    desk.replace(
        "pipelines/daily.toml",
        "schedule = \"0 5 * * *\"",
        &format!("schedule = \"{cron}\""),
    );
    // Whatever hour it is.
    let pipeline = desk
        .read("pipelines/daily.toml")
        .replace("\nworth_until = ", "\n# worth_until = ");
    desk.write("pipelines/daily.toml", &pipeline);
    let zone = pipeline
        .lines()
        .find(|line| line.starts_with("time_zone"))
        .unwrap()
        .to_owned();
    desk.replace("pipelines/daily.toml", &zone, "time_zone = \"UTC\"");
    // On a Saturday its own time may be near.
    std::fs::remove_file(desk.dir().join("pipelines/weekly.toml")).unwrap();
}

/// A model that nobody serves, and a tool server that ends at once, each in the way of `daily`.
fn break_model_and_tool(desk: &Desk) {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let model = format!("[models.far]\nbase_url = \"http://{nobody}/v1\"\nmodel = \"m\"\nfree = true\n");
    desk.replace("config.toml", "[models]\n", &format!("{model}\n"));
    let route = "default = [\"far\", \"embedded\"]";
    desk.replace("config.toml", "default = [\"embedded\"]", route);
    let server = "[mcpServers.broken]\ncommand = \"/bin/false\"\n";
    desk.replace("config.toml", "[mcpServers]\n", server);
    let tools = "tools = [\"broken/*\", \"feeds/*\"";
    desk.replace("pipelines/daily.toml", "tools = [\"feeds/*\"", tools);
}

#[test]
fn what_a_look_ahead_finds_is_told_though_one_way_hangs_and_another_refuses_at_first() {
    let desk = Desk::new();
    let (hanging, smtp) = (Receiver::hangs(), Smtp::start(Mode::Greylist));
    break_model_and_tool(&desk);
    due_in(&desk, 20);
    alarms(&desk, &format!("webhook = \"http://{}/hook\"", hanging.at));
    let script = "cat > alarm-$COPYDESK_KIND.json";
    desk.replace(
        "config.toml",
        "command = []",
        &format!("command = [\"/bin/sh\", \"-c\", \"{script}\"]"),
    );
    append(&desk, &mail_to(&smtp, "tls = \"none\""));
    let daemon = Daemon::start(&desk);
    let file = desk.dir().join("alarm-preflight.json");
    let alarm: Value = until("the alarm", || {
        serde_json::from_str(&std::fs::read_to_string(&file).ok()?).ok()
    });
    let found: Vec<(&str, &str)> = alarm["details"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| (word(problem, "area"), word(problem, "about")))
        .collect();
    assert!(found.contains(&("tools", "tool server broken")), "{alarm}");
    assert!(found.contains(&("models", "model far")), "{alarm}");
    assert!(
        word(&alarm, "body").contains("copydesk models probe far"),
        "{alarm}"
    );
    let mail = until("the mail", || smtp.heard("mail").pop());
    assert_eq!(
        smtp.heard("refused").len(),
        1,
        "it was refused once, and tried again"
    );
    assert!(
        word(&mail, "text").contains("Subject: [copydesk] daily: is not ready for its next run"),
        "{mail}"
    );
    assert!(
        hanging.connections.load(Ordering::SeqCst) >= 1,
        "the other fault fired too"
    );
    // By hand the same is found, through the daemon that has the folder.
    let by_hand = desk.json(1, &["check", "--preflight"]);
    assert!(
        by_hand
            .as_array()
            .unwrap()
            .iter()
            .any(|problem| problem["about"] == "model far"),
        "{by_hand}"
    );
    daemon.stop();
    // A second daemon neither looks nor tells again.
    std::fs::remove_file(&file).unwrap();
    let daemon = Daemon::start(&desk);
    daemon.ask("GET", "/healthz", None, &Value::Null);
    std::thread::sleep(Duration::from_secs(2));
    assert!(!file.exists(), "it was told already");
    assert_eq!(smtp.heard("mail").len(), 1);
    daemon.stop();
}

#[test]
fn a_mail_server_that_says_nothing_is_given_up_in_time() {
    if std::env::var_os("COPYDESK_LONG").is_none() {
        println!("skipped: a_mail_server_that_says_nothing_is_given_up_in_time: it waits for 25 s");
        return;
    }
    let desk = Desk::new();
    let smtp = Smtp::start(Mode::Hang);
    append(&desk, &mail_to(&smtp, "tls = \"none\""));
    let report = desk.json(1, &["check", "--alarms"]);
    assert_eq!(smtp.heard("connected").len(), 1, "the fault fired");
    assert!(
        word(way(&report, "mail"), "error").contains("within 25 s"),
        "{report}"
    );
}

#[test]
fn a_day_is_pinged_and_its_receipt_comes_by_mail_and_webhook() {
    let test = "a_day_is_pinged_and_its_receipt_comes_by_mail_and_webhook";
    if std::env::var_os("COPYDESK_LONG").is_none() {
        println!("skipped: {test}: it waits for the next minute");
        return;
    }
    let Some(corpus) = Corpus::serve_today(test) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "7d");
    let (receiver, smtp) = (Receiver::takes(), Smtp::start(Mode::Accept));
    due_in(&desk, 1);
    let pipeline = desk.read("pipelines/daily.toml");
    let timeless: Vec<&str> = pipeline
        .lines()
        .filter(|line| !line.starts_with("at = ") && !line.starts_with("worth_until = "))
        .collect();
    desk.write("pipelines/daily.toml", &timeless.join("\n"));
    alarms(
        &desk,
        &format!(
            "webhook = \"http://{0}/hook\"\nping = \"http://{0}/ping\"",
            receiver.at
        ),
    );
    append(&desk, &mail_to(&smtp, "tls = \"none\""));
    let daemon = Daemon::start(&desk);
    let receipt = until("the receipt", || {
        let heard = receiver.heard().into_iter();
        heard.map(|(_, body)| body).find(|body| body["kind"] == "receipt")
    });
    assert!(
        word(&receipt, "message").ends_with("an issue waits for you"),
        "{receipt}"
    );
    let page = receipt["details"]["run"]["page"].as_str().unwrap();
    assert!(
        page.starts_with("http://127.0.0.1:") && page.contains("/runs/daily-"),
        "{page}"
    );
    assert!(
        receipt["details"]["run"]["sources_read"].as_u64().unwrap() > 0,
        "{receipt}"
    );
    let mail = until("the mail", || smtp.heard("mail").pop());
    assert!(word(&mail, "text").contains("an issue waits for you"), "{mail}");
    let paths: Vec<String> = until("both pings", || {
        let paths: Vec<String> = receiver.heard().into_iter().map(|(path, _)| path).collect();
        (paths.iter().filter(|path| path.starts_with("/ping")).count() == 2).then_some(paths)
    });
    let rid = |path: &str| path.split_once("rid=").map(|(_, rid)| rid.to_owned());
    let pings: Vec<&String> = paths.iter().filter(|path| path.starts_with("/ping")).collect();
    assert!(
        pings[0].starts_with("/ping/start?") && pings[1].starts_with("/ping?"),
        "{pings:?}"
    );
    assert_eq!(rid(pings[0]), rid(pings[1]));
    daemon.stop();
}
