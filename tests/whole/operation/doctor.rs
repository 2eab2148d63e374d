//! `doctor` says how a desk is, whatever is wrong with it, and never what is secret.

use std::process::{Command, Output};

use serde_json::Value;

use super::sql;
use crate::daemon::Daemon;
use crate::rig::{Desk, python, text, word};

/// What `doctor` found, with its exit code; each entry has the fields that scripts read.
fn examined(desk: &Desk) -> (Value, Option<i32>) {
    let output = desk.run(&["doctor", "--json"]);
    let found: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {} {}", text(&output.stdout), text(&output.stderr)));
    for finding in found.as_array().unwrap() {
        assert!(
            !word(finding, "check").is_empty() && !word(finding, "found").is_empty(),
            "{finding}"
        );
        let is_ok = finding["state"] == "ok";
        assert!(
            is_ok || ["warn", "fail"].contains(&word(finding, "state")),
            "{finding}"
        );
        assert_eq!(
            finding["next"].is_null(),
            is_ok,
            "what is not well has a next step: {finding}"
        );
    }
    (found, output.status.code())
}

fn finding<'a>(found: &'a Value, check: &str) -> &'a Value {
    let mut all = found.as_array().unwrap().iter();
    all.find(|finding| finding["check"] == check)
        .unwrap_or_else(|| panic!("there is no check {check}: {found}"))
}

fn state(found: &Value, check: &str) -> String {
    word(finding(found, check), "state").to_owned()
}

fn signal(daemon: &Daemon, name: &str) {
    let mut kill = Command::new("kill");
    kill.args([&format!("-{name}"), &daemon.child.id().to_string()]);
    assert!(kill.status().unwrap().success());
}

#[test]
fn a_desk_is_examined_with_and_without_a_daemon() {
    let desk = Desk::new();
    let (fresh, exit) = examined(&desk);
    assert_eq!(exit, Some(0), "{fresh}");
    assert!(!desk.dir().join("data").exists(), "it changes nothing");
    let problems = text(&desk.run(&["check", "--json"]).stdout);
    let problems: Value = serde_json::from_str(&problems).unwrap();
    let is_right = problems.as_array().unwrap().is_empty();
    assert_eq!(
        state(&fresh, "config") == "ok",
        is_right,
        "as `check` says: {fresh}"
    );
    desk.json(0, &["runs"]);
    let daemon = Daemon::start(&desk);
    daemon.is_ready();
    let (beside, exit) = examined(&desk);
    assert_eq!(exit, Some(0), "{beside}");
    let owner = finding(&beside, "owner");
    assert!(
        word(owner, "found").contains(&daemon.child.id().to_string()),
        "{owner}"
    );
    for check in ["owner", "page", "database", "integrity", "disk", "wal", "folder"] {
        assert_eq!(state(&beside, check), "ok", "{beside}");
    }
    signal(&daemon, "STOP");
    let (stopped, exit) = examined(&desk);
    signal(&daemon, "CONT");
    assert_eq!(
        (state(&stopped, "owner").as_str(), exit),
        ("fail", Some(3)),
        "{stopped}"
    );
    daemon.stop();
    let (alone, _) = examined(&desk);
    assert!(
        word(finding(&alone, "owner"), "found").contains("nobody"),
        "{alone}"
    );
    let shown = desk.run(&["doctor"]);
    assert!(
        text(&shown.stdout).contains("ok    version"),
        "{}",
        text(&shown.stdout)
    );
}

/// Secrets wherever an operator may have put one.
const PLANTED: &[&str] = &[
    "planted-key-env-1",
    "planted-key-file-2",
    "planted-header-3",
    "planted-env-4",
    "planted-user-5",
    "planted-pass-6",
    "planted-query-7",
    "planted-ping-uuid-0123456789",
    "planted-wrong-key-9",
    "planted-prompt-10",
    "plantedvoiceeleven",
    "planted-written-12",
    "planted-command-13",
    "planted-note-14",
    "planted-feed-15",
];

fn no_secret(output: &Output) {
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    for secret in PLANTED {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
}

#[test]
fn no_secret_is_ever_shown() {
    let desk = Desk::new();
    std::fs::create_dir(desk.dir().join("secrets")).unwrap();
    desk.write("secrets/model.key", "planted-key-file-2\n");
    desk.write("voice.md", "plantedvoiceeleven");
    desk.json(0, &["note", "planted-note-14"]);
    let shipped = desk.read("config.toml");
    let planted = shipped
        .replace(
            "[routes]",
            "[models.a]\nbase_url = \"http://127.0.0.1:9/v1\"\nquery = { token = \"planted-query-7\" }\nmodel = \"m\"\nfree = true\napi_key_env = \"KEY\"\n\
             [models.b]\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\nfree = true\napi_key_file = \"secrets/model.key\"\n[routes]",
        )
        .replace(
            "[budget]",
            "[mcpServers.web2]\nurl = \"https://tools.example/mcp?x=planted-query-7\"\nheaders = { Authorization = \"Bearer ${TOKEN}\", X = \"planted-written-12\" }\n\
             [mcpServers.files]\ncommand = \"files\"\nargs = [\"--password\", \"planted-command-13\"]\nenv = { A = \"${OTHER}\" }\n[budget]",
        );
    let ping = "[alarms]\nping = \"https://pings.example/planted-ping-uuid-0123456789\"\n";
    let planted = planted.replace("[alarms]\n", ping);
    desk.write("config.toml", &planted);
    let examine = || {
        let mut command = desk.command(&["doctor"]);
        command
            .env("KEY", "planted-key-env-1")
            .env("TOKEN", "planted-header-3")
            .env("OTHER", "planted-env-4");
        let people = command.output().unwrap();
        let machines = command.arg("--json").output().unwrap();
        no_secret(&people);
        no_secret(&machines);
        (people.status.code(), text(&machines.stdout))
    };
    let (exit, found) = examine();
    assert_eq!(exit, Some(0), "{found}");
    for named in [
        "web2 (tools.example)",
        "files (files)",
        "ping to pings.example",
        "others can read",
    ] {
        assert!(found.contains(named), "{named}: {found}");
    }
    // Secrets in the wrong places, so that the messages of `check` repeat them.
    let wrong = planted
        .replace("api_key_env = \"KEY\"", "api_key = \"planted-wrong-key-9\"")
        .replace(
            "https://tools.example/mcp?x=planted-query-7",
            "ftp://planted-user-5:planted-pass-6@tools.example/",
        )
        .replace(
            "[approval]",
            "[approval]\nhold2 = \"planted-wrong-key-9\"\n[planted-wrong-key-9]",
        );
    desk.write("config.toml", &wrong);
    desk.replace(
        "pipelines/daily.toml",
        "time_zone = ",
        "time_zone = \"planted-feed-15\" # ",
    );
    desk.write("prompts/draft/write_title.md", "{{ planted-prompt-10");
    let (exit, found) = examine();
    assert_eq!(exit, Some(2), "only files are wrong: {found}");
    assert!(found.contains("config.toml:"), "{found}");
    // And a file that is no TOML at all.
    desk.write("config.toml", "api_key = planted-wrong-key-9 \u{0} [");
    let (exit, found) = examine();
    assert_eq!(exit, Some(2), "{found}");
}

/// The number of the first page of a table.
fn page_of(desk: &Desk, table: &str) -> usize {
    let program = "import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(db.execute('SELECT rootpage FROM sqlite_schema WHERE name = ?', (sys.argv[2],)).fetchone()[0])";
    let database = desk.dir().join("data/copydesk.db");
    let read = python(program, &[database.to_str().unwrap(), table], b"");
    text(&read).trim().parse().unwrap()
}

/// A database that a command made, all of it in the file and nothing in the WAL.
fn database(desk: &Desk) -> (std::path::PathBuf, Vec<u8>) {
    desk.json(0, &["runs"]);
    sql(desk, "PRAGMA wal_checkpoint(TRUNCATE)");
    let database = desk.dir().join("data/copydesk.db");
    let whole = std::fs::read(&database).unwrap();
    (database, whole)
}

#[test]
fn a_broken_page_is_found_and_backed_up_by_nobody() {
    let desk = Desk::new();
    let (database, whole) = database(&desk);
    let mut broken = whole;
    let page = 4096 * (page_of(&desk, "run") - 1);
    broken[page..page + 4096].fill(0x58);
    std::fs::write(&database, &broken).unwrap();
    let (found, exit) = examined(&desk);
    assert_eq!(exit, Some(3), "{found}");
    assert_eq!(state(&found, "integrity"), "fail", "{found}");
    assert!(
        word(finding(&found, "integrity"), "next").contains("restore"),
        "{found}"
    );
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("desk.tar");
    let refused = desk.failure(3, &["backup", file.to_str().unwrap()]);
    assert!(
        ["CD010", "CD016", "CD017"].contains(&word(&refused, "code")),
        "{refused}"
    );
    super::backup::nothing_half_left(elsewhere.path());
    assert!(!file.exists());
    assert!(std::fs::read(&database).unwrap() == broken, "it is left as it is");
}

#[test]
fn a_database_of_another_version_is_told_and_left_as_it_is() {
    let desk = Desk::new();
    let (database, whole) = database(&desk);

    // No database at all under its name.
    std::fs::write(&database, vec![0x58; 9000]).unwrap();
    let (found, exit) = examined(&desk);
    assert_eq!(
        (exit, state(&found, "database").as_str()),
        (Some(3), "fail"),
        "{found}"
    );

    // One of a later version: refused, untouched, with the page that says what to do.
    let mut newer = whole;
    newer[60..64].copy_from_slice(&999_u32.to_be_bytes());
    std::fs::write(&database, &newer).unwrap();
    let (found, exit) = examined(&desk);
    assert_eq!(
        (exit, state(&found, "database").as_str()),
        (Some(3), "fail"),
        "{found}"
    );
    assert!(
        word(finding(&found, "database"), "next").contains("CD004"),
        "{found}"
    );
    let refused = desk.failure(3, &["runs"]);
    assert_eq!(refused["code"], "CD004", "{refused}");
    assert!(std::fs::read(&database).unwrap() == newer, "it is left as it is");

    // One of an earlier version: the next command upgrades it, beside a copy.
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(desk.dir().join(format!("data/copydesk.db{ending}")));
    }
    let first = include_str!("../../../crates/store-sqlite/migrations/0001_initial.sql");
    sql(
        &desk,
        &format!(
            "{first}\nINSERT INTO author_note (hash, text, origin, made_at) VALUES ('{}', 'kept', 'note', 1);\nPRAGMA user_version = 1;",
            "a".repeat(64)
        ),
    );
    let (found, exit) = examined(&desk);
    assert_eq!(
        (exit, state(&found, "database").as_str()),
        (Some(0), "warn"),
        "{found}"
    );
    assert!(
        !desk.dir().join("data/copydesk.db.schema-1").exists(),
        "a look upgrades nothing"
    );
    assert_eq!(desk.json(0, &["runs"]), serde_json::json!([]));
    assert!(desk.dir().join("data/copydesk.db.schema-1").exists());
    let (found, _) = examined(&desk);
    assert_eq!(state(&found, "database"), "ok", "{found}");
}

#[test]
fn a_desk_without_data_and_a_folder_without_a_desk_are_told() {
    let desk = Desk::new();
    desk.json(0, &["runs"]);
    std::fs::remove_dir_all(desk.dir().join("data")).unwrap();
    assert_eq!(examined(&desk).1, Some(0));
    std::fs::remove_dir_all(desk.dir()).unwrap();
    let (found, exit) = examined(&desk);
    assert_eq!(
        (exit, state(&found, "folder").as_str()),
        (Some(2), "fail"),
        "{found}"
    );
    std::fs::create_dir(desk.dir()).unwrap();
}

#[test]
fn a_folder_that_is_only_read_is_examined_all_the_same() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    desk.json(0, &["runs"]);
    let data = desk.dir().join("data");
    let allow = |mode: u32| {
        std::fs::set_permissions(&data, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(0o500);
    let is_bound = std::fs::write(data.join("probe"), "x").is_err();
    let (found, exit) = examined(&desk);
    allow(0o700);
    assert_eq!(state(&found, "integrity"), "ok", "{found}");
    if !is_bound {
        println!("skipped: a_folder_that_is_only_read: this user may write anywhere");
        return;
    }
    assert_eq!(
        (exit, state(&found, "folder").as_str()),
        (Some(3), "fail"),
        "{found}"
    );
}
