//! Wrong files, feeds and folders: a clear error, the right exit code, and nothing stored lost.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::disk::small::SmallDisk;
use crate::rig::{BINARY, Corpus, Desk, EVENING, list, python, text, word};

/// The problem that both `check` and `run` name; `run` ends with 2.
fn refused(desk: &Desk, parts: &[&str]) {
    for arguments in [&["check"][..], &["run", "daily"]] {
        let output = desk.run(arguments);
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        for part in parts {
            assert!(said.contains(part), "{arguments:?} does not say {part:?}: {said}");
        }
    }
    desk.failure(2, &["run", "daily"]);
}

/// The line number of a text in a file.
fn line_of(text: &str, part: &str) -> usize {
    1 + text.lines().position(|line| line.contains(part)).unwrap()
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
    let desk = Desk::new();
    desk.replace("config.toml", "expires = \"24h\"", "expirse = \"24h\"");
    let line = line_of(&desk.read("config.toml"), "expirse");
    refused(&desk, &[&format!("config.toml:{line}"), "expirse", "`expires`"]);
}

#[test]
fn a_bad_cron_is_refused() {
    let desk = Desk::new();
    desk.replace("pipelines/daily.toml", "\"0 5 * * *\"", "\"0 25 * * *\"");
    let line = line_of(&desk.read("pipelines/daily.toml"), "schedule =");
    refused(&desk, &[&format!("daily.toml:{line}"), "0 25 * * *"]);
    desk.replace("pipelines/daily.toml", "\"0 25 * * *\"", "\"0 5 30 2 *\"");
    refused(&desk, &[&format!("daily.toml:{line}"), "never"]);
}

#[test]
fn a_bad_zone_is_refused() {
    let desk = Desk::new();
    desk.replace("pipelines/daily.toml", "Europe/Berlin", "Europe/Berlni");
    let line = line_of(&desk.read("pipelines/daily.toml"), "time_zone =");
    refused(&desk, &[&format!("daily.toml:{line}"), "Europe/Berlni"]);
}

#[test]
fn a_missing_prompt_is_named() {
    let desk = Desk::new();
    std::fs::remove_file(desk.dir().join("prompts/draft/write_title.md")).unwrap();
    refused(&desk, &["prompts/draft/write_title.md"]);
}

#[test]
fn all_problems_are_named_at_once() {
    let desk = Desk::new();
    desk.replace("config.toml", "expires = \"24h\"", "expirse = \"24h\"");
    desk.replace("pipelines/daily.toml", "Europe/Berlin", "Mars/Olympus");
    desk.replace(
        "pipelines/daily.toml",
        "budget = \"$0.50\"",
        "budget = \"half a dollar\"",
    );
    refused(&desk, &["expirse", "Mars/Olympus", "half a dollar"]);
}

#[test]
fn a_bad_opml_adds_nothing() {
    let desk = Desk::new();
    let before = desk.read("pipelines/daily.toml");
    for (name, bytes) in [
        (
            "cut.opml",
            "<opml><body><outline xmlUrl=\"http://a.example/feed\"/><outline",
        ),
        ("page.opml", "<html><body>No list.</body></html>"),
        ("empty.opml", ""),
    ] {
        desk.write(name, bytes);
        let path = desk.dir().join(name);
        let failure = desk.failure(2, &["feeds", "import", path.to_str().unwrap()]);
        assert!(word(&failure, "error").contains(name), "{failure}");
    }
    desk.failure(2, &["feeds", "import", "/no/such/file.opml"]);
    assert_eq!(desk.read("pipelines/daily.toml"), before);
}

#[test]
fn bad_feeds_and_pages_cost_no_issue_and_are_named() {
    let Some(corpus) = Corpus::serve("bad_feeds_and_pages_cost_no_issue_and_are_named", EVENING) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "24h");
    let bad = [
        "not-a-feed.xml",
        "status/503",
        "gone.xml",
        "drip?ms=500&bytes=5000",
        "loop",
        "binary",
        "ssrf?to=ten",
    ];
    for (number, path) in bad.iter().enumerate() {
        desk.add_feed(&corpus.url(&format!("/fault/{path}")), &format!("Bad {number}"));
    }
    let run = desk.evening();
    let dir = desk.export(word(&run, "run"));
    let export = crate::outside::check(&dir);
    let missing = list(&export.brief, "missing");
    for path in bad {
        let found = missing
            .iter()
            .find(|missing| word(missing, "feed").ends_with(path));
        println!(
            "{path}: {}",
            found.map_or("not missed", |found| word(found, "reason"))
        );
        assert!(
            found.is_some_and(|found| !word(found, "reason").is_empty()),
            "{path}: {missing:?}"
        );
    }
    assert_eq!(missing.len(), bad.len(), "{missing:?}");
    let answered = list(&export.brief, "feeds")
        .iter()
        .filter(|feed| feed["answered"] == true)
        .count();
    assert_eq!(answered, 23, "the others are read");
    let log = text(&desk.run(&["logs", word(&run, "run")]).stdout);
    assert!(
        log.contains("not-a-feed.xml") && log.contains("drip"),
        "the log names them: {log}"
    );
}

/// A second process on the same folder.
#[test]
fn a_second_run_on_a_folder_is_refused_or_carried_out_by_its_owner() {
    let desk = Desk::new();
    let program = "import fcntl, sys, time
held = open(sys.argv[1], 'a+')
fcntl.flock(held, fcntl.LOCK_EX)
print('held', flush=True)
sys.stdin.read()";
    std::fs::create_dir_all(desk.dir().join("data")).unwrap();
    let lock = desk.dir().join("data/lock");
    let mut owner = Command::new("python3")
        .args(["-c", program])
        .arg(&lock)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(owner.stdout.take().unwrap()),
        &mut line,
    )
    .unwrap();
    assert_eq!(line.trim(), "held");
    for arguments in [&["run", "daily"][..], &["runs"], &["mcp", "archive"]] {
        let output = desk.run(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {said}");
        assert!(
            said.contains("CD003") && said.contains("data") && said.contains("next:"),
            "{said}"
        );
    }
    assert_eq!(desk.failure(3, &["run", "daily"])["code"], "CD003");
    drop(owner.stdin.take());
    owner.wait().unwrap();
    assert_eq!(desk.json(0, &["runs"]), serde_json::json!([]), "it is free again");
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let desk = Desk::new();
    desk.json(0, &["note", "Keep this."]);
    let program = "import sqlite3, sys
base = sqlite3.connect(sys.argv[1])
base.execute('PRAGMA wal_checkpoint(TRUNCATE)')
tables = [row[0] for row in base.execute(\"SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%migration%'\")]
for table in tables:
    columns = [row[1] for row in base.execute('PRAGMA table_info(%s)' % table)]
    row = list(base.execute('SELECT %s FROM %s' % (', '.join(columns), table)).fetchone())
    row[columns.index('version')] = 9000
    base.execute('INSERT INTO %s VALUES (%s)' % (table, ', '.join('?' * len(row))), row)
if not tables:
    base.execute('PRAGMA user_version = 9000')
base.commit()";
    let database = desk.dir().join("data/copydesk.db");
    python(program, &[database.to_str().unwrap()], b"");
    let before = std::fs::read(&database).unwrap();
    let failure = desk.failure(3, &["runs"]);
    assert_eq!(failure["code"], "CD004", "{failure}");
    assert!(word(&failure, "error").contains("9000"), "{failure}");
    assert_eq!(std::fs::read(&database).unwrap(), before, "it is untouched");
}

#[test]
fn a_folder_without_config_and_unknown_names_are_refused() {
    let empty = tempfile::tempdir().unwrap();
    let output = Command::new(BINARY)
        .arg("-C")
        .arg(empty.path())
        .args(["run", "daily", "--json"])
        .output()
        .unwrap();
    let failure: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), word(&failure, "code")),
        (Some(2), "CD002"),
        "{failure}"
    );
    assert!(
        std::fs::read_dir(empty.path()).unwrap().next().is_none(),
        "nothing was written there"
    );
    let desk = Desk::new();
    assert_eq!(desk.failure(2, &["run", "dialy"])["code"], "CD008");
    assert_eq!(desk.failure(2, &["show", "no-such-run"])["code"], "CD007");
    desk.failure(2, &["run", "daily", "--now", "yesterday"]);
    desk.failure(2, &["run", "daily", "--until", "lunch"]);
    desk.failure(2, &["no-such-command"]);
}

#[test]
fn a_full_disk_is_said_and_with_room_the_run_goes_on() {
    let test = "a_full_disk_is_said_and_with_room_the_run_goes_on";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    let Some(small) = SmallDisk::mount(test, 4) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "7d");
    let database = small.path().join("copydesk.db");
    desk.replace(
        "config.toml",
        "path = \"data/copydesk.db\"",
        &format!("path = {}", serde_json::json!(database)),
    );
    let failure = desk.failure(3, &["run", "daily", "--now", EVENING]);
    println!("{failure}");
    assert_eq!(failure["code"], "CD005", "{failure}");
    let more = Command::new("mount")
        .args(["-o", "remount,size=64m"])
        .arg(small.path())
        .status()
        .unwrap();
    assert!(more.success());
    let runs = desk.json(0, &["runs"]);
    let done = desk.json(4, &["run", "daily", "--now", EVENING]);
    assert_eq!(done["issue"], "reviewed");
    assert_eq!(
        runs[0]["run"], done["run"],
        "what was stored is gone on with: {runs}"
    );
    crate::outside::check(&desk.export(word(&done, "run")));
}

#[test]
fn a_cut_off_file_is_refused_before_anything_runs() {
    let desk = Desk::new();
    desk.write(
        "pipelines/daily.toml",
        "[pipeline]\nname = \"daily\"\nschedule = \"0 5 *",
    );
    refused(&desk, &["daily.toml:3"]);
}
