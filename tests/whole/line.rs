//! What the command line says, and what it refuses.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::daemon::Daemon;
use crate::rig::{Desk, list, text, word};

/// A command that was told to end has so long; an unoptimised build on a busy machine needs some of it.
const END_MAX: Duration = Duration::from_secs(8);

/// A folder whose only source is the author's note, at the gate; its run.
fn at_the_gate(hold: &str) -> (Desk, String) {
    let desk = Desk::new();
    desk.replace("config.toml", "hold = \"10m\"", &format!("hold = \"{hold}\""));
    desk.json(
        0,
        &[
            "note",
            "The council of Springfield voted 7 to 2 on 27 November 2026 to close the Elm Street bridge.",
        ],
    );
    let run = desk.json(4, &["run", "daily"]);
    assert_eq!(run["issue"], "reviewed", "{run}");
    let id = word(&run, "run").to_owned();
    (desk, id)
}

/// `approve --wait`, once it has said that it waits; what it said until then.
struct Waiting {
    child: Child,
    stderr: BufReader<ChildStderr>,
    said: String,
}

impl Waiting {
    fn start(desk: &Desk, id: &str) -> Self {
        let mut command = desk.command(&["approve", id, "--wait"]);
        let mut child = command
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("copydesk recall") {
            let read = stderr.read_line(&mut said).unwrap();
            assert!(read > 0, "it ended before it waited: {said}");
        }
        Self { child, stderr, said }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Its exit code and all that it said; it must end in time.
    fn end(mut self) -> (Option<i32>, String) {
        let asked = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if asked.elapsed() > END_MAX {
                self.child.kill().unwrap();
                panic!("it goes on after {END_MAX:?}: {}", self.said);
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        self.stderr.read_to_string(&mut self.said).unwrap();
        (status.code(), self.said)
    }
}

#[test]
fn an_approval_that_is_waited_for_ends_at_a_signal_and_publishes_nothing() {
    let (desk, id) = at_the_gate("4s");
    let waiting = Waiting::start(&desk, &id);
    assert!(waiting.said.contains("it goes out after"), "{}", waiting.said);
    waiting.signal("-TERM");
    let (code, said) = waiting.end();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("your approval stands"), "{said}");
    assert!(!desk.dir().join("site").exists(), "nothing went out");
    assert_eq!(desk.json(0, &["show", &id])["issue"], "approved");
    let done = desk.json(0, &["approve", &id, "--wait"]);
    assert_eq!(done["issue"], "published", "{done}");
}

#[test]
fn a_recall_from_another_terminal_ends_the_wait_of_an_approval() {
    let (desk, id) = at_the_gate("1h");
    let waiting = Waiting::start(&desk, &id);
    assert_eq!(desk.json(0, &["show", &id])["issue"], "approved");
    assert_eq!(desk.json(0, &["runs"])[0]["run"], id.as_str());
    desk.json(0, &["recall", &id]);
    let (code, said) = waiting.end();
    assert_eq!(code, Some(1), "{said}");
    assert!(!desk.dir().join("site").exists(), "nothing went out");
    assert_eq!(desk.json(0, &["show", &id])["issue"], "reviewed");
}

#[test]
fn beside_a_daemon_the_wait_is_told_too_and_ends_with_its_asker() {
    let (desk, id) = at_the_gate("1h");
    let daemon = Daemon::start(&desk);
    let waiting = Waiting::start(&desk, &id);
    assert!(waiting.said.contains("it goes out after"), "{}", waiting.said);
    waiting.signal("-KILL");
    assert_eq!(waiting.end().0, None);
    desk.json(0, &["recall", &id]);
    // A command that nobody waits for any more would hold the daemon's end up.
    let asked = Instant::now();
    daemon.stop();
    assert!(asked.elapsed() < END_MAX, "{:?}", asked.elapsed());
    assert!(!desk.dir().join("site").exists(), "nothing went out");
}

#[test]
fn a_stage_that_cannot_run_alone_leaves_no_run_behind() {
    let desk = Desk::new();
    for stage in ["draft", "publish"] {
        let failure = desk.failure(2, &["run", "daily", "--only", stage]);
        assert_eq!(failure["code"], "CD012", "{failure}");
        assert!(word(&failure, "hint").contains("copydesk run daily"), "{failure}");
    }
    assert_eq!(desk.json(0, &["runs"]), serde_json::json!([]), "no run was made");
    let (desk, id) = at_the_gate("1h");
    let failure = desk.failure(2, &["run", "daily", "--only", "draft"]);
    let hint = word(&failure, "hint");
    assert!(hint.contains(&format!("copydesk show {id}")), "{failure}");
}

/// Runs a command whose data goes where no byte fits.
fn into_a_full_disk(desk: &Desk, arguments: &[&str]) -> Output {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    desk.command(arguments).stdout(full).output().unwrap()
}

#[test]
fn data_that_cannot_be_written_is_a_failure() {
    if !std::path::Path::new("/dev/full").exists() {
        println!("skipped: data_that_cannot_be_written_is_a_failure: no /dev/full");
        return;
    }
    let desk = Desk::new();
    for arguments in [
        vec!["token", "new"],
        vec!["feeds", "export"],
        vec!["runs", "--json"],
        vec!["--help"],
    ] {
        let output = into_a_full_disk(&desk, &arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {said}");
        assert!(
            said.contains("stdout") && said.contains("CD005"),
            "{arguments:?}: {said}"
        );
    }
}

#[test]
fn a_cancelled_run_asks_again_before_its_issue_goes_out() {
    let (desk, id) = at_the_gate("0s");
    desk.json(0, &["approve", &id]);
    let cancelled = desk.run(&["cancel", &id]);
    assert!(
        text(&cancelled.stderr).contains("your approval is taken back"),
        "{}",
        text(&cancelled.stderr)
    );
    desk.json(0, &["retry", &id]);
    let again = desk.json(4, &["run", "daily"]);
    assert_eq!(
        (again["run"].as_str(), &again["issue"]),
        (Some(&*id), &"reviewed".into())
    );
    assert!(!desk.dir().join("site").exists(), "nothing went out");
    let approval = desk.export(&id).join("approval.json");
    let approval = crate::rig::json_file(&approval);
    assert_eq!(word(&approval, "decision"), "recalled");
    assert!(word(&approval, "reason").contains("cancelled"), "{approval}");
}

#[test]
fn what_is_approved_can_be_read_on_the_command_line() {
    let (desk, id) = at_the_gate("1h");
    let waiting = text(&desk.run(&["waiting"]).stdout);
    let command = format!("copydesk show {id} --issue");
    assert!(waiting.contains(&command), "{waiting}");
    let issue = text(&desk.run(&["show", &id, "--issue"]).stdout);
    assert!(issue.contains("Elm Street bridge"), "{issue}");
    let data = desk.json(0, &["show", &id, "--issue"]);
    let shown = desk.json(0, &["show", &id]);
    assert_eq!(data["issue"], shown["approval"]["hash"]);
    let exported = std::fs::read_to_string(desk.export(&id).join("issue.md")).unwrap();
    assert_eq!(word(&data, "markdown"), exported);
    let daemon = Daemon::start(&desk);
    let page = format!("http://{}/runs/{id}", daemon.host);
    let waiting = text(&desk.run(&["waiting"]).stdout);
    assert!(waiting.contains(&page), "{waiting}");
    daemon.stop();
    let empty = Desk::new();
    let none = empty.json(0, &["run", "daily", "--until", "research"]);
    empty.failure(1, &["show", word(&none, "run"), "--issue"]);
}

#[test]
fn names_that_nobody_has_are_refused_with_those_there_are() {
    let (desk, id) = at_the_gate("1h");
    let failure = desk.failure(2, &["runs", "--pipeline", "dialy"]);
    assert_eq!(failure["code"], "CD008");
    assert!(word(&failure, "hint").contains("daily"), "{failure}");
    desk.failure(2, &["runs", "--limit", "0"]);
    let failure = desk.failure(2, &["logs", &id, "--stage", "nope"]);
    assert!(word(&failure, "hint").contains("research"), "{failure}");
    let steps = desk.json(0, &["logs", &id, "--stage", "draft"]);
    assert!(!steps.as_array().unwrap().is_empty());
    assert_eq!(
        desk.json(0, &["logs", &id, "--stage", "publish"]),
        serde_json::json!([])
    );
    assert_eq!(
        desk.json(0, &["runs", "--pipeline", "weekly"]),
        serde_json::json!([])
    );
}

#[test]
fn what_cannot_be_read_is_not_said_to_be_absent() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("config.toml")).unwrap();
    let desk = Desk::at(folder);
    for arguments in [vec!["runs"], vec!["lab", "url"]] {
        let failure = desk.failure(3, &arguments);
        assert_eq!(failure["code"], "CD010", "{arguments:?}: {failure}");
        assert!(word(&failure, "error").contains("is no file"), "{failure}");
    }
    let desk = Desk::new();
    // In the way of the file that is written beside the old one.
    std::fs::create_dir(desk.dir().join("pipelines/daily.toml.new")).unwrap();
    let failure = desk.failure(3, &["feeds", "add", "https://a.example/feed"]);
    assert_eq!(failure["code"], "CD010", "{failure}");
    assert!(word(&failure, "error").contains("daily.toml"), "{failure}");
    let failure = Command::new(crate::rig::BINARY)
        .args(["-C", "/no/such/folder", "lab", "url", "--json"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(failure.status.code(), Some(2), "{}", text(&failure.stderr));
}

#[test]
fn a_retry_with_nothing_to_try_is_refused() {
    let (desk, id) = at_the_gate("1h");
    let failure = desk.failure(1, &["retry", &id]);
    assert_eq!(failure["code"], "CD009", "{failure}");
    assert!(word(&failure, "hint").contains("copydesk waiting"), "{failure}");
    for nothing in ["+$0", "+$0.00"] {
        desk.failure(2, &["retry", &id, "--budget", nothing]);
    }
    assert_eq!(
        desk.json(0, &["show", &id])["state"],
        "waiting",
        "nothing was changed"
    );
}

#[test]
fn a_date_that_is_left_out_is_shown_and_can_be_taken_back() {
    let desk = Desk::new();
    let far = days_from_now(60);
    desk.json(0, &["skip", "daily", &far]);
    let slots = desk.json(0, &["schedule", "daily"]);
    let shown = slots.as_array().unwrap().iter().find(|slot| {
        slot["local"]
            .as_str()
            .is_some_and(|local| local.starts_with(&far))
    });
    assert_eq!(
        shown.map(|slot| word(slot, "reason")),
        Some("skipped by the author"),
        "{slots}"
    );
    desk.json(0, &["skip", "daily", &far, "--undo"]);
    let slots = desk.json(0, &["schedule", "daily"]).to_string();
    assert!(!slots.contains("skipped by the author"), "{slots}");
    desk.failure(2, &["skip", "daily", &far, "--undo"]);
}

/// A date so many days from now, as `2026-12-24`.
fn days_from_now(days: u32) -> String {
    let program =
        format!("import datetime; print(datetime.date.today() + datetime.timedelta(days={days}), end='')");
    text(&crate::rig::python(&program, &[], b""))
}

#[test]
fn feeds_that_nobody_will_ever_fetch_are_told_and_a_list_of_nothing_else_is_a_failure() {
    let desk = Desk::new();
    let added = desk.run(&["feeds", "add", "http://127.0.0.1:9/feed"]);
    assert!(
        text(&added.stderr).contains("[net] allow"),
        "{}",
        text(&added.stderr)
    );
    assert_eq!(added.status.code(), Some(0));
    let opml = desk.dir().join("bad.opml");
    let outline = "<outline text='x' xmlUrl='ftp://a.example/feed'/>";
    std::fs::write(
        &opml,
        format!("<opml version='2.0'><body>{outline}</body></opml>"),
    )
    .unwrap();
    let done = desk.json(1, &["feeds", "import", opml.to_str().unwrap()]);
    assert_eq!(
        (&done["added"], list(&done, "refused").len()),
        (&0.into(), 1),
        "{done}"
    );
}

#[test]
fn a_tool_server_that_does_not_start_is_told_and_trust_goes_on() {
    let desk = Desk::new();
    assert_eq!(
        text(&desk.run(&["tools", "trust"]).stdout),
        "nothing new to trust\n"
    );
    let broken = "[mcpServers.broken]\ncommand = \"/no/such/program\"\n";
    let config = desk.read("config.toml");
    desk.write("config.toml", &format!("{config}\n{broken}"));
    let output = desk.run(&["tools", "trust"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("`broken` did not start"),
        "{}",
        text(&output.stderr)
    );
    desk.failure(2, &["tools", "trust", "nobody"]);
}

#[test]
fn a_model_that_is_left_alone_is_told_off_a_terminal_too() {
    let desk = Desk::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap();
    drop(port);
    let config = desk.read("config.toml");
    let model = format!(
        "[models.dead]\nbase_url = \"http://{address}/v1\"\nmodel = \"m\"\nfree = true\ntimeout = \"2s\"\n"
    );
    let config = config.replacen("[models]\n", &format!("{model}\n"), 1);
    desk.write("config.toml", &config.replacen("[\"embedded\"]", "[\"dead\"]", 1));
    for town in ["Springfield", "Shelbyville", "Ogdenville", "Brockway"] {
        let note =
            format!("The council of {town} voted 7 to 2 on 27 November 2026 to close the Elm Street bridge.");
        desk.json(0, &["note", &note]);
    }
    let run = desk.run(&["run", "daily"]);
    let said = text(&run.stderr);
    assert_eq!(run.status.code(), Some(4), "{said}");
    assert!(
        said.contains("research: model `dead` keeps failing and is left alone for"),
        "{said}"
    );
    assert!(!said.contains("in 1 tries"), "{said}");
}
