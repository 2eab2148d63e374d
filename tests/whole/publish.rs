//! The author's decisions, and what goes out.

use serde_json::Value;

use crate::daemon::Daemon;
use crate::import::search;
use crate::rig::{Corpus, Desk, EVENING, json_file, list, python, sha256, text, word};

/// A folder at the gate, with a short hold.
fn at_the_gate(test: &str, hold: &str) -> Option<(Corpus, Desk, Value)> {
    let corpus = Corpus::serve(test, EVENING)?;
    let desk = Desk::of_corpus(&corpus, "7d");
    desk.replace("config.toml", "hold = \"10m\"", &format!("hold = \"{hold}\""));
    let run = desk.evening();
    Some((corpus, desk, run))
}

/// The entries of a folder's Atom feed, by a parser that is not ours.
fn entries(desk: &Desk) -> Vec<Value> {
    let program = "import json, sys, xml.etree.ElementTree as tree
ns = '{http://www.w3.org/2005/Atom}'
feed = tree.fromstring(sys.stdin.buffer.read())
assert feed.tag == ns + 'feed' and feed.find(ns + 'id') is not None and feed.find(ns + 'updated') is not None
print(json.dumps([{part: (entry.find(ns + part).text or '') for part in ('id', 'title', 'updated')} for entry in feed.findall(ns + 'entry')]))";
    let read = python(program, &[], desk.read("site/feed.xml").as_bytes());
    serde_json::from_slice(&read).unwrap()
}

#[test]
fn an_approved_issue_goes_out_once() {
    let Some((_corpus, desk, run)) = at_the_gate("an_approved_issue_goes_out_once", "1s") else {
        return;
    };
    let id = word(&run, "run");
    let hash = word(&run["approval"], "hash");
    assert!(!desk.dir().join("site").exists(), "silence publishes nothing");
    let done = desk.json(0, &["approve", id, "--hash", hash, "--wait"]);
    assert_eq!(done["issue"], "published");
    let dir = desk.export(id);
    let issue = json_file(&dir.join("issue.json"));
    let slug = word(&issue, "slug");
    for name in [
        "index.html".to_owned(),
        format!("{slug}/index.html"),
        format!("{slug}/index.md"),
    ] {
        let page = desk.read(&format!("site/{name}"));
        assert!(
            page.contains("1.98") || name == "index.html",
            "{name} tells of the day"
        );
    }
    assert!(
        desk.read(&format!("site/{slug}/index.md")).starts_with("---\n"),
        "Markdown has front matter"
    );
    let page = desk.read(&format!("site/{slug}/index.html"));
    assert!(
        !page.contains("<script") && page.contains("/s/rust-blog/"),
        "plain, with its sources"
    );
    assert_eq!(entries(&desk).len(), 1);
    let receipts = json_file(&dir.join("receipts.json"));
    let payload = &list(&issue, "payloads")[0];
    assert_eq!(receipts.as_array().unwrap().len(), 1);
    for field in ["channel", "hash", "key", "at"] {
        assert!(receipts[0][field].is_string(), "{field} of {receipts}");
    }
    assert_eq!(receipts[0]["hash"], payload["hash"]);
    let approval = json_file(&dir.join("approval.json"));
    assert_eq!(
        (word(&approval, "hash"), word(&approval, "decision")),
        (hash, "approved")
    );
    assert_eq!(sha256(&std::fs::read(dir.join("issue.json")).unwrap()), hash);
    let before = tree(&desk);
    desk.run(&["run", "daily"]);
    desk.failure(1, &["approve", id, "--wait"]);
    assert_eq!(tree(&desk), before, "a second approval changes nothing");
    assert_eq!(entries(&desk).len(), 1);
    let hits = search(&desk, word(&issue, "title"));
    let found: Vec<&Value> = hits.iter().filter(|hit| hit["kind"] == "issue").collect();
    assert_eq!(found.len(), 1, "the archive has what went out, once: {hits:?}");
    assert_eq!(found[0]["url"], *slug);
}

/// Paths and hashes below `site`.
fn tree(desk: &Desk) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![desk.dir().join("site")];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push((path.display().to_string(), sha256(&std::fs::read(&path).unwrap())));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_wrong_hash_approves_nothing() {
    let Some((_corpus, desk, run)) = at_the_gate("a_wrong_hash_approves_nothing", "1s") else {
        return;
    };
    let id = word(&run, "run");
    let failure = desk.failure(1, &["approve", id, "--hash", &"0".repeat(64), "--wait"]);
    assert_eq!(failure["code"], "CD009");
    assert!(
        word(&failure, "error").contains(word(&run["approval"], "hash")),
        "it names what waits: {failure}"
    );
    desk.failure(2, &["approve", id, "--hash", "yes"]);
    assert_eq!(desk.json(0, &["show", id])["issue"], "reviewed");
    assert!(!desk.dir().join("site").exists());
    desk.failure(2, &["approve", "daily-no-such-run"]);
}

#[test]
fn an_approval_without_a_daemon_says_who_publishes_and_can_be_waited_for_later() {
    let test = "an_approval_without_a_daemon_says_who_publishes_and_can_be_waited_for_later";
    let Some((_corpus, desk, run)) = at_the_gate(test, "1s") else {
        return;
    };
    let id = word(&run, "run");
    let hash = word(&run["approval"], "hash");
    let approved = desk.run(&["approve", id]);
    let talk = text(&approved.stderr);
    let command = format!("`copydesk approve {id} --wait`");
    assert!(
        talk.contains("no daemon runs here") && talk.contains(&command),
        "{talk}"
    );
    let again = desk.failure(1, &["approve", id]);
    assert_eq!(again["code"], "CD009", "{again}");
    let wrong = desk.failure(1, &["approve", id, "--hash", &"0".repeat(64), "--wait"]);
    assert_eq!(wrong["code"], "CD009", "{wrong}");
    assert!(!desk.dir().join("site").exists(), "nothing went out by itself");
    let done = desk.json(0, &["approve", id, "--hash", hash, "--wait"]);
    assert_eq!(done["issue"], "published", "{done}");
    assert_eq!(entries(&desk).len(), 1);
}

#[test]
fn a_recall_within_the_hold_keeps_the_issue_here() {
    let Some((_corpus, desk, run)) = at_the_gate("a_recall_within_the_hold_keeps_the_issue_here", "10m")
    else {
        return;
    };
    let id = word(&run, "run");
    desk.json(0, &["approve", id]);
    let again = desk.failure(1, &["approve", id]);
    assert!(word(&again, "error").contains("already approved"), "{again}");
    desk.json(0, &["recall", id]);
    let shown = desk.json(0, &["show", id]);
    assert_eq!(
        (shown["issue"].as_str(), shown["waiting_for"][0].as_str()),
        (Some("reviewed"), Some("approval"))
    );
    desk.failure(1, &["recall", id]);
    assert_eq!(desk.json(4, &["run", "daily"])["issue"], "reviewed");
    let daemon = Daemon::start(&desk);
    let talk = text(&desk.run(&["approve", id]).stderr);
    assert!(
        talk.contains("copydesk recall") && !talk.contains("no daemon runs here"),
        "{talk}"
    );
    desk.json(0, &["recall", id]);
    daemon.stop();
    assert!(!desk.dir().join("site").exists(), "nothing went out");
}

#[test]
fn what_is_sent_back_is_drafted_again_and_the_first_draft_kept() {
    let test = "what_is_sent_back_is_drafted_again_and_the_first_draft_kept";
    let Some((_corpus, desk, run)) = at_the_gate(test, "1s") else {
        return;
    };
    let id = word(&run, "run");
    desk.json(0, &["send-back", id, "--note", "Lead with the release."]);
    let waiting = text(&desk.run(&["waiting"]).stdout);
    assert!(
        waiting.contains(&format!("{id}  drafts again with the next run")),
        "{waiting}"
    );
    let named = desk.failure(2, &["show", "daily"]);
    assert!(word(&named, "hint").contains(id), "it names the runs: {named}");
    let again = desk.json(4, &["run", "daily"]);
    assert_eq!(again["run"], run["run"], "the same run goes on");
    let round = |name: &str| {
        list(&again, "stages")
            .iter()
            .find(|stage| stage["stage"] == name)
            .unwrap()["round"]
            .clone()
    };
    assert_eq!(
        (round("research"), round("draft"), round("review")),
        (1.into(), 2.into(), 2.into())
    );
    let dir = desk.export(id);
    let first = list(&run, "stages")
        .iter()
        .find(|stage| stage["stage"] == "draft")
        .unwrap()["artifacts"][0]["hash"]
        .clone();
    assert_eq!(
        sha256(&std::fs::read(dir.join("draft.v1.json")).unwrap()),
        first.as_str().unwrap()
    );
    crate::outside::check(&dir);
}

#[test]
fn a_rejected_issue_stays_here_and_the_run_ends() {
    let Some((_corpus, desk, run)) = at_the_gate("a_rejected_issue_stays_here_and_the_run_ends", "1s") else {
        return;
    };
    let id = word(&run, "run");
    desk.json(0, &["reject", id, "--reason", "Not today."]);
    let shown = desk.json(0, &["show", id]);
    assert_eq!(shown["issue"], "rejected");
    desk.failure(1, &["approve", id, "--wait"]);
    let done = desk.json(0, &["run", "daily"]);
    assert_eq!(
        (&done["run"], done["state"].as_str()),
        (&run["run"], Some("completed")),
        "{done}"
    );
    assert!(list(&done, "waiting_for").is_empty(), "{done}");
    let approval = json_file(&desk.export(id).join("approval.json"));
    assert_eq!(
        (word(&approval, "decision"), word(&approval, "reason")),
        ("rejected", "Not today.")
    );
    assert!(!desk.dir().join("site").exists());
}

#[test]
fn two_letters_of_one_day_and_title_make_one_site() {
    let now = "2026-08-22T05:00:00Z";
    let house = crate::feed_house::FeedHouse::serve(now.parse().unwrap());
    let desk = house.desk();
    let weekly = desk
        .read("pipelines/daily.toml")
        .replace("name = \"daily\"", "name = \"weekly\"")
        .replace("The Daily Brief", "The Weekly Brief");
    desk.write("pipelines/weekly.toml", &weekly);
    let checked = desk.json(0, &["check"]);
    assert!(
        !checked.to_string().contains("write to the same folder"),
        "{checked}"
    );
    // Both wait before either goes out, and the letter that is first by name goes out last.
    let mut runs: Vec<String> = Vec::new();
    for pipeline in ["daily", "weekly"] {
        let run = desk.json(4, &["run", pipeline, "--now", now]);
        runs.push(word(&run, "run").to_owned());
    }
    for run in runs.iter().rev() {
        let approved = desk.json(0, &["approve", run, "--wait"]);
        assert_eq!(approved["issue"], "published", "{approved}");
    }
    let index = desk.read("site/index.html");
    assert!(
        index.contains("<h1>The Daily Brief &amp; The Weekly Brief</h1>"),
        "{index}"
    );
    let pages: Vec<&str> = index
        .split("href=\"")
        .filter_map(|part| part.split_once("/index.html\"").map(|(slug, _)| slug))
        .collect();
    assert_eq!(pages.len(), 2, "{pages:?}");
    let (of_weekly, of_daily): (Vec<&str>, Vec<&str>) = pages
        .iter()
        .partition(|slug| slug.starts_with("2026-08-22-weekly-"));
    assert_eq!(
        of_weekly[0].trim_start_matches("2026-08-22-weekly-"),
        of_daily[0].trim_start_matches("2026-08-22-"),
        "the title is the same"
    );
    for slug in &pages {
        assert!(
            desk.read(&format!("site/{slug}/index.md"))
                .contains("newsletter:")
        );
    }
    let entries = |name: &str| desk.read(name).matches("<entry>").count();
    let counts =
        ["feed.xml", "feed-daily.xml", "feed-weekly.xml"].map(|name| entries(&format!("site/{name}")));
    assert_eq!(counts, [2, 1, 1]);
}
