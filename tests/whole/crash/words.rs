//! A crash beside the one commit of a person's word: before it nothing was said, after it the word stands.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;

use rusqlite::{Connection, OpenFlags};

use super::day::ABORTED;
use super::registry::{WORDS, assert_covered};
use crate::orphans;
use crate::rig::{Desk, EVENING, text};

/// The first and the second time that a word is said; each says something of its own.
type Says = fn(&Desk, usize) -> Vec<String>;

/// What commits each of [`WORDS`], and what counts how often it was said.
const SAID: &[(&str, Says, &str)] = &[
    (
        "set_paused",
        |_, number| words(&["pause", ["daily", "weekly"][number]]),
        "SELECT count(*) FROM pipeline_control WHERE paused_at IS NOT NULL",
    ),
    (
        "skip_date",
        |_, number| words(&["skip", "daily", DATES[number]]),
        "SELECT count(*) FROM skipped_date",
    ),
    (
        "keep_date",
        |_, number| words(&["skip", "daily", DATES[number], "--undo"]),
        "SELECT -count(*) FROM skipped_date",
    ),
    (
        "put_token",
        |_, number| words(&["token", "new", "--name", ["first", "second"][number]]),
        "SELECT count(*) FROM token",
    ),
    ("add_note", note, "SELECT count(*) FROM author_note"),
    ("import_issue", import, "SELECT count(*) FROM archive"),
    (
        "trust_tool",
        |_, number| words(&["tools", "trust", ["clinging/look", "clinging/listen"][number]]),
        "SELECT count(*) FROM trusted_tool",
    ),
];

/// Far enough ahead to be skipped.
const DATES: [&str; 2] = ["2090-01-01", "2090-01-02"];

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A note, which the run that begins next takes up.
fn note(desk: &Desk, number: usize) -> Vec<String> {
    desk.write(
        &format!("notes/{number}.md"),
        &format!("The author saw {number} releases.\n"),
    );
    words(&["run", "daily", "--now", EVENING, "--until", "research", "--new"])
}

/// One past issue, in a file of its own.
fn import(desk: &Desk, number: usize) -> Vec<String> {
    let name = format!("past-{number}.md");
    let text = [
        "The registry removed the packages within four hours.",
        "Users should rotate their keys as soon as they can.",
        "Researchers at Hawk found the attack on Thursday and told everyone who had installed one of them.",
        "The next version of the registry asks for a second factor before anything is published.",
    ];
    let issue = format!("# Issue {number}\n\nThis is issue {number}. {}\n", text.join(" "));
    desk.write(&name, &issue);
    words(&["import", desk.dir().join(name).to_str().unwrap()])
}

/// How often a word stands in the database.
fn count(desk: &Desk, sql: &str) -> i64 {
    let file = desk.dir().join("data/copydesk.db");
    let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Says a word, with a crash or without one.
fn say(desk: &Desk, said: &[String], crash: Option<&str>) -> BTreeSet<String> {
    let log = desk.dir().join("commits.log");
    let _ = std::fs::remove_file(&log);
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    let mut command = desk.command(&said);
    command.env("COPYDESK_CRASH_LOG", &log);
    if let Some(point) = crash {
        command.env("COPYDESK_CRASH", point);
    }
    let output = command.output().unwrap();
    if let Some(point) = crash {
        let said = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(
            output.status.signal(),
            Some(ABORTED),
            "{point}: it never crashed: {said}"
        );
    }
    let committed = std::fs::read_to_string(&log).unwrap_or_default();
    committed.lines().map(ToOwned::to_owned).collect()
}

#[test]
fn a_crash_beside_a_persons_word_keeps_it_whole_or_not_at_all() {
    let desk = Desk::new();
    orphans::configure(&desk, 0);
    desk.json(0, &["runs"]);
    let named: Vec<&str> = SAID.iter().map(|(name, ..)| *name).collect();
    assert_eq!(named, WORDS);
    for &(name, says, counted) in SAID {
        let before = count(&desk, counted);
        let first = says(&desk, 0);
        say(&desk, &first, Some(&format!("{name}/before/1")));
        assert_eq!(count(&desk, counted), before, "{name}: nothing was said");
        let committed = say(&desk, &first, None);
        assert_eq!(count(&desk, counted), before + 1, "{name}: it can be said again");
        assert_covered(name, &committed, &[name]);
        say(&desk, &says(&desk, 1), Some(&format!("{name}/after/1")));
        assert_eq!(count(&desk, counted), before + 2, "{name}: it stands");
        orphans::assert_none_left(&desk);
    }
}
