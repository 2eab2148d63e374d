//! A run as one file, replayed where nothing of its desk is.

use std::process::Command;

use serde_json::Value;

use super::{day, hashes};
use crate::rig::{BINARY, Corpus, EVENING, list, text, word, wrapped};

/// Replays a file in an empty folder, without network where the machine allows that.
fn elsewhere(file: &std::path::Path) -> (Option<i32>, Value, String) {
    let empty = tempfile::tempdir().unwrap();
    let allowed = Command::new("unshare")
        .args(["-n", "true"])
        .output()
        .is_ok_and(|output| output.status.success());
    let mut command = if allowed {
        let mut command = Command::new("unshare");
        command.args(["-n", BINARY]);
        command
    } else {
        Command::new(BINARY)
    };
    let output = command
        .args(["replay", "--json", "--recording"])
        .arg(file)
        .current_dir(empty.path())
        .output()
        .unwrap();
    assert_eq!(
        std::fs::read_dir(empty.path()).unwrap().count(),
        0,
        "nothing is left behind"
    );
    let data = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), data, text(&output.stderr))
}

#[test]
fn a_recording_replays_elsewhere_to_the_same_hashes_and_holds_no_key() {
    let name = "a_recording_replays_elsewhere_to_the_same_hashes_and_holds_no_key";
    let Some(corpus) = Corpus::serve(name, EVENING) else {
        return;
    };
    let (desk, run) = day(&corpus, |desk| {
        let model = "[models.far]\nbase_url = \"https://host-7q2x.example/v1\"\nmodel = \"m\"\nfree = true\n\
                     api_key_file = \"7q2x.key\"\n";
        desk.replace("config.toml", "[models]\n", &format!("{model}\n"));
        desk.write("7q2x.key", "secret-7q2x-value\n");
        desk.replace(
            "config.toml",
            "[alarms]\n",
            "[alarms]\nwebhook = \"https://hook-7q2x.example/x\"\n",
        );
    });
    drop(corpus);
    let file = desk.dir().join("run.jsonl");
    let written = desk.json(0, &["export", &run, "--recording", file.to_str().unwrap()]);
    assert_eq!(
        (&written["same"], &written["has_replies"]),
        (&true.into(), &true.into())
    );
    let bytes = std::fs::read_to_string(&file).unwrap();
    println!("{} lines, {} bytes", written["lines"], bytes.len());
    let head: Value = serde_json::from_str(bytes.lines().next().unwrap()).unwrap();
    assert_eq!(head["format"], "1.0");
    for planted in ["7q2x", desk.dir().to_str().unwrap()] {
        assert!(!bytes.contains(planted), "{planted} left the desk");
    }
    let (code, replay, stderr) = elsewhere(&file);
    assert_eq!(
        (code, &replay["same"]),
        (Some(0), &true.into()),
        "{stderr} {}",
        replay["difference"]
    );
    let shown = desk.json(0, &["show", &run]);
    let newest = |stages: Vec<(String, Vec<String>)>| {
        let mut last = std::collections::BTreeMap::new();
        last.extend(stages);
        last
    };
    assert_eq!(newest(hashes(&replay)), newest(hashes(&shown)));
    // Without the letters there is no engagement, and the rest is the same.
    let bare = desk.dir().join("bare.jsonl");
    desk.json(
        0,
        &[
            "export",
            &run,
            "--recording",
            bare.to_str().unwrap(),
            "--without-replies",
        ],
    );
    assert!(
        !std::fs::read_to_string(&bare)
            .unwrap()
            .contains("reader@readers.example")
    );
    let (code, replay, _) = elsewhere(&bare);
    assert_eq!((code, &replay["same"]), (Some(0), &true.into()));
    assert!(
        list(&replay, "stages")
            .iter()
            .all(|stage| stage["stage"] != "engagement")
    );
    refuses_what_was_changed(&bytes);
}

/// What must not be taken for the recording that it was.
fn refuses_what_was_changed(bytes: &str) {
    let lines: Vec<&str> = bytes.lines().collect();
    let joined = |lines: &[&str]| format!("{}\n", lines.join("\n"));
    let cut = joined(&lines[..lines.len() / 2]);
    let mid_line = bytes[..bytes.len() / 3].to_owned();
    let edited = bytes.replacen("malicious", "delicious", 1);
    let newer = bytes.replacen("\"format\":\"1.0\"", "\"format\":\"2.0\"", 1);
    let longer = format!("{bytes}{{\"round\":1}}\n");
    let shorter = joined(&[&lines[..1], &lines[2..]].concat());
    let forged = forged(&lines);
    for (name, changed, wanted) in [
        ("cut", cut, "cut"),
        ("cut in a line", mid_line, "cut"),
        ("edited", edited, "edited"),
        ("newer", newer, "2.0"),
        ("longer", longer, "edited"),
        ("a line less", shorter, "edited"),
        (
            "a source under another's hash",
            forged,
            "another hash than it says",
        ),
        ("no recording", "{}\n".to_owned(), "no recording"),
        ("empty", String::new(), "no recording"),
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), changed).unwrap();
        let (code, _, stderr) = elsewhere(file.path());
        let failure: Value = serde_json::from_str(stderr.lines().last().unwrap()).unwrap();
        assert_eq!(
            (code, word(&failure, "code")),
            (Some(2), "CD025"),
            "{name}: {stderr}"
        );
        assert!(word(&failure, "error").contains(wanted), "{name}: {failure}");
    }
}

/// The words of a source changed, and the last line made to fit.
fn forged(lines: &[&str]) -> String {
    let (last, body) = lines.split_last().unwrap();
    let mut values: Vec<Value> = body
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let source = values.iter_mut().find(|value| value.get("snapshot").is_some());
    let source = &mut source.expect("the day read something")["snapshot"];
    source["text"] = Value::from(format!("{} And more.", word(source, "text")));
    let lines: Vec<String> = values.iter().map(|value| format!("{value}\n")).collect();
    let text = lines.concat();
    let mut end: Value = serde_json::from_str(last).unwrap();
    end["end"]["sha256"] = Value::from(crate::rig::sha256(text.as_bytes()));
    format!("{text}{end}\n")
}

#[test]
fn a_recording_is_read_from_a_file_alone() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()));
    for path in [pipe.as_path(), folder.path(), std::path::Path::new("/dev/zero")] {
        // Nobody writes into the pipe: whoever opens it waits.
        let words = [
            "30",
            BINARY,
            "replay",
            "--json",
            "--recording",
            path.to_str().unwrap(),
        ];
        let output = wrapped("timeout", &words).output().unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        let failure: Value = serde_json::from_str(stderr.lines().last().unwrap()).unwrap();
        assert_eq!(word(&failure, "code"), "CD025", "{failure}");
        assert!(word(&failure, "error").contains("no regular file"), "{failure}");
    }
}
