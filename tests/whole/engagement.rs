//! Replies from readers, and the answers drafted for them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::rig::{Corpus, Desk, EVENING, json_file, list, text, word};

/// Name, what it is, and text.
const MAILS: [(&str, &str, &str); 6] = [
    (
        "question",
        "question",
        "When was the proc-macro1 crate reported as malicious?",
    ),
    (
        "no-source",
        "question",
        "How much does a yearly support contract for Rust 1.98.0 cost in Norway?",
    ),
    (
        "correction",
        "correction",
        "There is a mistake in your issue: you wrote Rust 1.98.0, but the new version is 1.99.0. Please correct it.",
    ),
    (
        "praise",
        "praise",
        "Thank you for this newsletter, I read it every morning. Great work!",
    ),
    (
        "pitch",
        "pitch",
        "We sell guest posts and backlinks. Get 20 % off our SEO package this week only, book a call with our sales team today.",
    ),
    (
        "other",
        "other",
        "I am out of the office until 31 August and will read your mail when I return. This is an automatic reply.",
    ),
];

fn deliver(desk: &Desk, slug: &str) {
    let new = desk.dir().join("replies/new");
    std::fs::create_dir_all(&new).unwrap();
    std::fs::create_dir_all(desk.dir().join("replies/cur")).unwrap();
    for (name, _, words) in MAILS {
        let automatic = if name == "other" {
            "Auto-Submitted: auto-replied\n"
        } else {
            ""
        };
        let mail = format!(
            "From: Reader {name} <{name}@readers.example>\nTo: author@copydesk.example\nDate: Fri, 21 Aug 2026 07:00:00 +0000\n\
             Message-ID: <{name}@readers.example>\nIn-Reply-To: <{slug}@copydesk.local>\n{automatic}Subject: Re: today\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\n\n{words}\n"
        );
        std::fs::write(new.join(format!("{name}.host")), mail).unwrap();
    }
}

#[test]
fn replies_are_sorted_and_answers_wait_for_the_author() {
    let Some(corpus) = Corpus::serve("replies_are_sorted_and_answers_wait_for_the_author", EVENING) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "7d");
    desk.replace("config.toml", "hold = \"10m\"", "hold = \"0s\"");
    let id = desk.evening()["run"].as_str().unwrap().to_owned();
    let slug = word(&json_file(&desk.export(&id).join("issue.json")), "slug").to_owned();
    deliver(&desk, &slug);
    desk.json(0, &["approve", &id, "--wait"]);
    // The day goes on by itself, at the latest with the next run.
    let shown = desk.json(0, &["show", &id]);
    let shown = if shown["state"] == "running" {
        desk.json(4, &["run", "daily"])
    } else {
        shown
    };
    assert_eq!(shown["waiting_for"], serde_json::json!(["answers"]), "{shown}");
    let report = json_file(&desk.export(&id).join("engagement_report.json"));
    let replies: BTreeMap<String, &Value> = list(&report, "replies")
        .iter()
        .map(|reply| {
            (
                word(reply, "id")
                    .trim_matches(['<', '>'])
                    .trim_end_matches("@readers.example")
                    .to_owned(),
                reply,
            )
        })
        .collect();
    assert_eq!(replies.len(), MAILS.len(), "no reply is hidden: {report}");
    for (name, kind, _) in MAILS {
        let reply = replies[name];
        println!(
            "{name}: {} {} {}",
            reply["kind"], reply["state"], reply["answer"]["text"]
        );
        assert_eq!(reply["kind"], kind, "{name}");
        assert_eq!(reply["issue"], slug.as_str(), "{name}");
        assert_eq!(
            reply["answer"].is_object(),
            kind == "question" || kind == "correction",
            "{name}: {reply}"
        );
    }
    assert!(
        !list(&replies["question"]["answer"], "evidence").is_empty(),
        "an answer cites its snapshots"
    );
    assert_eq!(
        replies["no-source"]["answer"]["is_answered"], false,
        "the sources do not tell"
    );
    decide(&desk, &id);
}

/// Runs the evening alone; the report, and what the log says.
fn evening_of(desk: &Desk) -> (Value, String) {
    let run = desk.json(0, &["run", "daily", "--only", "engagement", "--now", EVENING]);
    let id = word(&run, "run");
    let report = json_file(&desk.export(id).join("engagement_report.json"));
    let logs = String::from_utf8(desk.run(&["logs", id]).stdout).unwrap();
    (report, logs)
}

#[test]
fn a_flood_of_letters_hides_no_reader() {
    let desk = Desk::new();
    let new = desk.dir().join("replies/new");
    // 20 August 2026, 20:00 UTC.
    let before = 1_787_256_000;
    let letter = |name: &str, headers: &str, words: &str| {
        let mail = format!(
            "From: {name}@mail.example\nMessage-ID: <{name}@mail.example>\n{headers}Subject: Re: today\n\n{words}\n"
        );
        std::fs::write(new.join(name), mail).unwrap();
    };
    for n in 0..2_100 {
        let name = format!("{before}.M{n:04}.host");
        letter(&name, "Date: Thu, 01 Jan 2099 00:00:00 +0000\n", "Buy this.");
    }
    let long = "x".repeat(90_000);
    for n in 0..40 {
        let name = format!("{}.L{n}.host", before + 60);
        letter(&name, &format!("References: <{n}{long}>\n"), "Buy that.");
    }
    for n in 0..300 {
        let name = format!("{}.B{n}.host", before + 120);
        letter(&name, "Precedence: bulk\n", "Our offers.");
    }
    let reader = format!("{}.R.host", before + 90);
    letter(
        &reader,
        "Date: Thu, 20 Aug 2026 20:01:30 +0000\n",
        "Is that per day?",
    );
    let (report, logs) = evening_of(&desk);
    let replies = list(&report, "replies");
    assert_eq!(replies.len(), 200);
    let id = format!("{reader}@mail.example");
    assert!(
        replies
            .iter()
            .any(|reply| word(reply, "id").trim_matches(['<', '>']) == id),
        "{report}"
    );
    let missing: Vec<&str> = list(&report, "missing")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        missing
            .iter()
            .any(|line| line.contains("300 mails that were sent to many")),
        "{missing:?}"
    );
    assert!(missing.iter().any(|line| line.contains("older")), "{missing:?}");
    assert!(logs.contains("sent to many"), "{logs}");
}

#[test]
fn a_mail_folder_that_cannot_be_listed_is_no_evening_without_replies() {
    let desk = Desk::new();
    std::fs::remove_dir_all(desk.dir().join("replies")).unwrap();
    let (report, logs) = evening_of(&desk);
    assert_eq!(
        report["unread"],
        "replies: it is no Maildir: it has neither `new` nor `cur`"
    );
    assert_eq!(report["missing"], serde_json::json!([report["unread"]]));
    assert!(
        logs.contains("replies could not be read: replies: it is no Maildir"),
        "{logs}"
    );
}

/// One answer is approved, the others are rejected; then nothing waits.
fn decide(desk: &Desk, id: &str) {
    let waiting = desk.json(0, &["waiting"]);
    let answers: Vec<String> = list(&waiting[0], "answers")
        .iter()
        .map(|answer| word(answer, "id").to_owned())
        .collect();
    assert_eq!(answers.len(), 3, "{waiting}");
    let first = &list(&waiting[0], "answers")[0];
    for field in ["to", "subject", "reply", "text", "hash"] {
        assert!(!word(first, field).is_empty(), "{field}: {first}");
    }
    for command in [vec!["waiting"], vec!["show", id]] {
        let shown = text(&desk.run(&command).stdout);
        for field in ["to", "text"] {
            let line = word(first, field).lines().next().unwrap();
            assert!(shown.contains(line), "{command:?} shows {line:?}: {shown}");
        }
    }
    assert!(!desk.dir().join("outbox").exists(), "no answer goes by itself");
    let approved = desk.json(0, &["approve", id, "--answer", &answers[0]]);
    let mail = std::fs::read_to_string(word(&approved, "file")).unwrap();
    let place = std::path::Path::new(word(&approved, "file"));
    assert!(
        place.starts_with(desk.dir().join("outbox")) && place.extension().is_some_and(|end| end == "eml"),
        "{approved}"
    );
    assert!(
        mail.contains("In-Reply-To: <") && mail.contains("@readers.example"),
        "{mail}"
    );
    desk.failure(1, &["approve", id, "--answer", &answers[0]]);
    for answer in &answers[1..] {
        desk.json(0, &["reject", id, "--answer", answer]);
    }
    let done = desk.json(0, &["run", "daily"]);
    assert_eq!(
        (done["run"].as_str(), done["state"].as_str()),
        (Some(id), Some("completed")),
        "{done}"
    );
    let report = json_file(&desk.export(id).join("engagement_report.json"));
    let state_of = |answer: &str| {
        let mut replies = list(&report, "replies").iter();
        let reply = replies.find(|reply| reply["answer"]["id"] == answer).unwrap();
        word(reply, "state").to_owned()
    };
    let states: Vec<String> = answers.iter().map(|answer| state_of(answer)).collect();
    assert_eq!(states, ["approved", "rejected", "rejected"]);
    let mails = std::fs::read_dir(desk.dir().join("outbox")).unwrap();
    let count = mails
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|end| end == "eml")
        })
        .count();
    assert_eq!(count, 1, "rejected answers stay here");
}

/// The ids of the replies of a run's report.
fn read_by(desk: &Desk, run: &str) -> Vec<String> {
    let report = json_file(&desk.export(run).join("engagement_report.json"));
    list(&report, "replies")
        .iter()
        .map(|reply| word(reply, "id").trim_matches(['<', '>']).to_owned())
        .collect()
}

/// Runs a day to its published issue; gives the run and its slug.
fn published(desk: &Desk, now: &str) -> (String, String) {
    let run = desk.json(4, &["run", "daily", "--now", now, "--new"]);
    let id = word(&run, "run").to_owned();
    let slug = word(&json_file(&desk.export(&id).join("issue.json")), "slug").to_owned();
    (id, slug)
}

#[test]
fn a_reply_is_answered_on_one_evening_only() {
    let Some(corpus) = Corpus::serve("a_reply_is_answered_on_one_evening_only", EVENING) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "24h");
    desk.replace("config.toml", "hold = \"10m\"", "hold = \"0s\"");
    let (first, slug) = published(&desk, EVENING);
    deliver(&desk, &slug);
    desk.json(0, &["approve", &first, "--wait"]);
    let shown = desk.json(0, &["show", &first]);
    if shown["state"] == "running" {
        desk.json(4, &["run", "daily", "--now", EVENING]);
    }
    assert_eq!(read_by(&desk, &first).len(), MAILS.len());

    let next = "2026-08-21T23:00:00Z";
    corpus.move_to(next);
    let (second, _) = published(&desk, next);
    // The reader of the first evening writes once more, in the same thread.
    let again = format!(
        "From: Reader <question@readers.example>\nTo: author@copydesk.example\nDate: Sat, 22 Aug 2026 07:00:00 +0000\n\
         Message-ID: <again@readers.example>\nIn-Reply-To: <{slug}@copydesk.local>\n\
         References: <{slug}@copydesk.local> <question@readers.example>\nSubject: Re: today\n\nAnd who reported it?\n"
    );
    std::fs::write(desk.dir().join("replies/new/again.host"), again).unwrap();
    desk.json(0, &["approve", &second, "--wait"]);
    if desk.json(0, &["show", &second])["state"] == "running" {
        desk.run(&["run", "daily", "--now", next]);
    }
    assert_eq!(read_by(&desk, &second), ["again@readers.example"]);
    let waiting = desk.json(0, &["waiting"]);
    let runs = waiting.as_array().unwrap();
    let of_first = runs
        .iter()
        .find(|run| run["run"] == first.as_str())
        .map(|run| list(run, "answers").len());
    assert_eq!(
        of_first,
        Some(3),
        "what nobody decided on stays where it is: {waiting}"
    );
    let again = desk.json(0, &["replay", &second]);
    assert_eq!(again["same"], true, "{}", again["difference"]);
}
