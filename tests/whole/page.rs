//! The author's page in a real browser: log in, read, approve, see it published.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::daemon::ask;
use crate::rig::{BINARY, json_file, list, word};

const BROWSER: &str = "/usr/bin/chromium";
const DRIVER: &str = "/usr/bin/chromedriver";
/// From the approval to the page that says published: a hold of ten seconds, and time to publish.
const PUBLISHED_MAX: Duration = Duration::from_secs(30);
/// The next page is there within.
const PAGE_MAX: Duration = Duration::from_secs(20);
/// Ctrl-C ends the program within.
const STOP_MAX: Duration = Duration::from_secs(10);
/// A resized window is laid out within.
const LAYOUT_MAX: Duration = Duration::from_secs(5);
/// The narrowest window that the page must fit, in CSS pixels: a phone.
const PHONE_WIDTH: u32 = 400;
/// The key of an element's id in answers of the protocol.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What a reader of the page sees: the title, each sentence, and each claim's box with its quotes and links.
const SEEN: &str = "
const words = (found) => [...found].map((one) => one.textContent);
return {
    title: document.querySelector('article h2').textContent,
    scripts: document.scripts.length,
    rules: document.styleSheets[0].cssRules.length,
    sentences: Object.fromEntries([...document.querySelectorAll('[data-sentence]')]
        .map((one) => [one.dataset.sentence, one.textContent])),
    claims: Object.fromEntries([...document.querySelectorAll('[data-claim]')].map((one) => [one.dataset.claim, {
        quotes: words(one.querySelectorAll('blockquote')),
        links: [...one.querySelectorAll('figcaption a')].map((link) => link.href),
        is_visible: one.getClientRects().length > 0,
    }])),
};";

/// A headless browser, driven over `WebDriver`'s JSON protocol; it ends with the test.
struct Browser {
    driver: Child,
    host: String,
    session: String,
    /// Deleted with the browser.
    profile: tempfile::TempDir,
}

impl Browser {
    fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Command::new(DRIVER)
            .arg("--port=0")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(driver.stdout.take().unwrap());
        let mut browser = Self {
            driver,
            host: String::new(),
            session: String::new(),
            profile,
        };
        let line = line_with(&mut said, "started successfully on port ");
        let port = line.rsplit(' ').next().unwrap().trim_end_matches('.');
        browser.host = format!("127.0.0.1:{port}");
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        let folder = browser.profile.path().display();
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            &format!("--user-data-dir={folder}"),
        ];
        let options = json!({ "binary": BROWSER, "args": arguments });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } });
        let (status, answer) = ask(&browser.host, "POST", "/session", None, &wanted);
        assert_eq!(status, 200, "{answer}");
        word(&answer["value"], "sessionId").clone_into(&mut browser.session);
        // A click may answer before the next page is there, so that each look for an element waits for it.
        browser.order("timeouts", &json!({ "implicit": PAGE_MAX.as_millis() }));
        browser
    }

    /// One command of the session; its value.
    fn order(&self, command: &str, body: &Value) -> Value {
        let path = format!("/session/{}/{command}", self.session);
        let (status, mut answer) = ask(&self.host, "POST", &path, None, body);
        assert_eq!(status, 200, "{command}: {answer}");
        answer["value"].take()
    }

    fn open(&self, url: &str) {
        self.order("url", &json!({ "url": url }));
    }

    /// The id of what a selector finds, waiting until it is there.
    fn find(&self, selector: &str) -> String {
        let found = self.order("element", &json!({ "using": "css selector", "value": selector }));
        word(&found, ELEMENT).to_owned()
    }

    /// Presses what a selector finds, as a person would: it must be there and uncovered.
    fn press(&self, selector: &str) {
        self.order(&format!("element/{}/click", self.find(selector)), &json!({}));
    }

    /// What a function body returns on the page.
    fn ask_page(&self, script: &str) -> Value {
        self.order("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits until the card that says how far the issue is has some words.
    fn wait_for_status(&self, words: &str, time_max: Duration) {
        let asked = Instant::now();
        loop {
            // Between two pages there is no card.
            let script = "return document.querySelector('.status')?.textContent ?? ''";
            let status = self.ask_page(script);
            if status.as_str().unwrap().contains(words) {
                return;
            }
            assert!(asked.elapsed() < time_max, "no {words:?} in {status}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver leads a group of its own, and its browser is in it.
        let group = format!("-{}", self.driver.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.driver.wait();
    }
}

/// `try --sample` on a terminal, which `script` of util-linux stands for.
struct Trial {
    child: Child,
    keyboard: ChildStdin,
    /// The one-time link.
    link: String,
}

impl Trial {
    fn start(dir: &Path) -> Self {
        let command = format!("exec '{BINARY}' -C '{}' try --sample --no-open", dir.display());
        let mut child = Command::new("script")
            .args(["-qefc", &command, "/dev/null"])
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let keyboard = child.stdin.take().unwrap();
        let mut screen = BufReader::new(child.stdout.take().unwrap());
        let shown = line_with(&mut screen, "/login?token=");
        std::thread::spawn(move || std::io::copy(&mut screen, &mut std::io::sink()));
        let link = shown[shown.find("http://").unwrap()..].to_owned();
        Self {
            child,
            keyboard,
            link,
        }
    }

    /// Presses Ctrl-C and waits for the end.
    fn interrupt(&mut self) -> ExitStatus {
        self.keyboard.write_all(b"\x03").unwrap();
        self.keyboard.flush().unwrap();
        let pressed = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(pressed.elapsed() < STOP_MAX, "Ctrl-C does not end it");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_some()) {
            return;
        }
        // Asked to end, `script` hangs up the terminal; killed outright it would leave the program behind.
        let id = self.child.id().to_string();
        let _ = Command::new("kill").arg(id).status();
        let _ = self.child.wait();
    }
}

/// The first line that has a part, without its end.
fn line_with(lines: &mut impl BufRead, part: &str) -> String {
    let mut all = String::new();
    loop {
        let start = all.len();
        assert!(lines.read_line(&mut all).unwrap() > 0, "no {part:?} in: {all}");
        if all[start..].contains(part) {
            return all[start..].trim().to_owned();
        }
    }
}

fn is_missing(test: &str) -> bool {
    let has_browser = Path::new(BROWSER).exists() && Path::new(DRIVER).exists();
    let version = Command::new("script")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    let has_terminal = version.is_ok_and(|status| status.success());
    if !has_browser {
        println!("skipped: {test}: no chromium");
    } else if !has_terminal {
        println!("skipped: {test}: no script of util-linux");
    }
    !has_browser || !has_terminal
}

#[test]
fn the_author_logs_in_reads_approves_and_sees_it_published() {
    if is_missing("page") {
        return;
    }
    let desk = tempfile::tempdir().unwrap();
    let mut trial = Trial::start(desk.path());
    let browser = Browser::start();
    browser.open(&trial.link);
    browser.press("form[action='/login'] button");
    browser.find("article h2");
    let (server, path) = trial.link["http://".len()..].split_once('/').unwrap();
    let asked = Command::new(BINARY)
        .arg("-C")
        .arg(desk.path())
        .arg("login")
        .output()
        .unwrap();
    let again = String::from_utf8(asked.stdout).unwrap();
    assert!(
        again.starts_with(&format!("http://{server}/login?token=")),
        "a second link beside `try`: {again}"
    );
    let (status, _) = ask(server, "GET", &format!("/{path}"), None, &Value::Null);
    assert_eq!(status, 401, "the link works once");
    let mut exports = std::fs::read_dir(desk.path().join("out")).unwrap();
    let draft = json_file(&exports.next().unwrap().unwrap().path().join("draft.json"));
    shows(&browser.ask_page(SEEN), &draft);
    fits_a_phone(&browser);
    browser.wait_for_status("Ready for you.", PAGE_MAX);
    let (_, run) = path.split_once("&to=").unwrap();
    browser.open(&elsewhere(&format!("http://{server}{run}")));
    browser.press("#go");
    browser.find("article h2");
    browser.wait_for_status("Ready for you.", PAGE_MAX);
    let index = desk.path().join("site/index.html");
    assert!(!index.exists(), "nothing goes out without a yes");
    browser.press("form.approve button");
    let approved = Instant::now();
    browser.wait_for_status("It goes out in", PAGE_MAX);
    while !index.exists() {
        assert!(approved.elapsed() < PUBLISHED_MAX, "it is not published");
        std::thread::sleep(Duration::from_millis(200));
    }
    browser.order("refresh", &json!({}));
    // The receipt follows the files; until it is there the page loads itself again.
    browser.wait_for_status("Published.", PUBLISHED_MAX);
    println!(
        "published {:.1} s after the approval",
        approved.elapsed().as_secs_f64()
    );
    let approve = browser.ask_page("return document.querySelector('form.approve')");
    assert!(approve.is_null(), "what is published cannot be approved again");
    assert_eq!(trial.interrupt().code(), Some(0));
}

/// A page of another site, as a webmail is one, with a link; its address.
fn elsewhere(link: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    // Another name is another site, also on the same machine.
    let address = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
    let page = format!("<!doctype html><title>Mail</title><a id=\"go\" href=\"{link}\">Your issue waits</a>");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = String::new();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
            let length = page.len();
            let fields = "Content-Type: text/html\r\nConnection: close";
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\n{fields}\r\nContent-Length: {length}\r\n\r\n{page}"
            );
        }
    });
    address
}

/// The page has the draft's title, each sentence, and beside each claim the words of its sources.
fn shows(seen: &Value, draft: &Value) {
    assert_eq!(seen["title"], draft["title"]);
    assert_eq!(seen["scripts"], 0);
    assert!(seen["rules"].as_u64().unwrap() > 0, "the style sheet is loaded");
    let mut claims = 0;
    for sentence in list(draft, "sentences") {
        let id = word(sentence, "id");
        assert_eq!(seen["sentences"][id], sentence["text"], "{sentence}");
        if sentence["kind"] != "claim" {
            continue;
        }
        let claim = &seen["claims"][id];
        assert_eq!(claim["is_visible"], true, "{sentence}: {claim}");
        let is_span = |evidence: &&Value| evidence.get("snapshot").is_some();
        let spans = list(sentence, "evidence").iter().filter(is_span).count();
        let quotes = list(claim, "quotes");
        assert!(quotes.len() >= spans, "{sentence}: {claim}");
        assert!(quotes.iter().all(|quote| quote.as_str() != Some("")), "{claim}");
        let links = list(claim, "links");
        assert!(links.len() >= spans, "{sentence}: {claim}");
        claims += spans.min(1);
    }
    println!("{claims} claims with the words of their sources");
    assert!(claims > 0);
}

fn fits_a_phone(browser: &Browser) {
    let size = json!({ "width": PHONE_WIDTH, "height": 800 });
    browser.order("window/rect", &size);
    // The scroll bar at the side takes a part of the window.
    let script =
        "const page = document.documentElement; return [innerWidth, page.clientWidth, page.scrollWidth,
        [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > page.clientWidth)
            .map((one) => one.outerHTML.slice(0, 200))]";
    // A window takes a moment to lay itself out anew.
    let resized = Instant::now();
    let mut widths = browser.ask_page(script);
    while widths[1] != widths[2] && resized.elapsed() < LAYOUT_MAX {
        std::thread::sleep(Duration::from_millis(100));
        widths = browser.ask_page(script);
    }
    assert_eq!(widths[0], PHONE_WIDTH, "the window is that narrow");
    assert_eq!(widths[1], widths[2], "nothing is cut off at the side: {widths}");
}
