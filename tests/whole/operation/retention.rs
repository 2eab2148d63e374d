//! What is old goes, and what an issue cites stays.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{files, sql};
use crate::daemon::Daemon;
use crate::rig::{Corpus, Desk, EVENING, json_file, list, text, word};

/// The daemon prunes with its first look; this is for a busy machine.
const PRUNED_MAX: Duration = Duration::from_mins(1);

/// Puts everything so far 400 days back.
const AGE: &str =
    "UPDATE run SET created_at = created_at - 34560000000000, updated_at = updated_at - 34560000000000;
UPDATE snapshot SET seen_at = seen_at - 34560000000000;";

/// Waits until the old run and some texts are gone; what `doctor` says of it.
fn until_pruned(desk: &Desk) -> String {
    let asked = Instant::now();
    loop {
        let doctor = desk.run(&["doctor", "--json"]);
        let found: Value = serde_json::from_slice(&doctor.stdout).unwrap();
        let mut findings = found.as_array().unwrap().iter();
        let kept = findings.find(|finding| finding["check"] == "retention");
        let found = word(kept.unwrap(), "found").to_owned();
        if found.contains("1 runs") && !found.contains(" 0 texts") {
            return found;
        }
        assert!(asked.elapsed() < PRUNED_MAX, "nothing is pruned: {found}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn an_old_issue_stays_byte_for_byte_while_the_rest_goes() {
    let Some(corpus) = Corpus::serve("an_old_issue_stays_byte_for_byte_while_the_rest_goes", EVENING) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "7d");
    desk.replace("config.toml", "hold = \"10m\"", "hold = \"1s\"");
    let run = desk.evening();
    let run = word(&run, "run");
    desk.json(0, &["approve", run, "--wait"]);
    let before = files(&desk.export(run));
    sql(&desk, AGE);
    // Something happens on the desk today, with no word of the old day.
    let daily = desk.read("pipelines/daily.toml");
    let feeds = daily.find("\n[[feed]]").unwrap();
    desk.write("pipelines/daily.toml", &daily[..=feeds]);
    desk.run(&["run", "daily", "--new"]);
    assert_eq!(desk.json(0, &["runs"]).as_array().unwrap().len(), 2);
    // What was made within a day does not count: the clock may be wrong.
    sql(
        &desk,
        "UPDATE run SET created_at = created_at - 172800000000 WHERE sequence = 2;",
    );

    let daemon = Daemon::start(&desk);
    let freed = until_pruned(&desk);
    println!("{freed}");
    daemon.stop();
    let shown = desk.json(0, &["show", run]);
    assert!(shown["pruned_at"].is_string(), "{shown}");
    assert_eq!(
        desk.json(0, &["logs", run]).as_array().map(Vec::is_empty),
        Some(false),
        "the steps are still told"
    );

    std::fs::remove_dir_all(desk.dir().join(format!("export-{run}"))).unwrap();
    let dir = desk.export(run);
    let after = files(&dir);
    let mut gone = 0;
    for (name, bytes) in &before {
        match after.get(name) {
            _ if name == "run.json" => {}
            Some(kept) => assert_eq!(kept, bytes, "{name}"),
            None => {
                assert!(name.starts_with("snapshots/"), "{name} is gone");
                gone += 1;
            }
        }
    }
    assert!(gone > 0, "some texts were cited by nobody");
    // Each source that the issue rests on is there, and is what its name says.
    let draft = json_file(&dir.join("draft.json"));
    let mut cited = 0;
    for sentence in list(&draft, "sentences") {
        for span in list(sentence, "evidence")
            .iter()
            .filter(|evidence| evidence["snapshot"].is_string())
        {
            let bytes = std::fs::read(dir.join(format!("snapshots/{}.txt", word(span, "snapshot")))).unwrap();
            assert_eq!(crate::rig::sha256(&bytes), word(span, "snapshot"));
            cited += 1;
        }
    }
    assert!(cited > 0, "{draft}");
    let refused = desk.run(&["retry", run]);
    assert_ne!(refused.status.code(), Some(0), "{}", text(&refused.stdout));
    assert_eq!(desk.json(0, &["doctor"])[0]["state"], "ok");
}

#[test]
fn a_retention_that_is_too_short_is_refused() {
    let desk = Desk::new();
    desk.replace("config.toml", "retention = \"180d\"", "retention = \"7d\"");
    let output = desk.run(&["check"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("`1w` is too short") && said.contains("30d"),
        "{said}"
    );
    desk.replace("config.toml", "retention = \"7d\"", "retention = \"0d\"");
    assert_eq!(desk.run(&["check"]).status.code(), Some(0));
}
