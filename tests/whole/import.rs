//! Past issues: from the corpus' feeds, from folders, from what the program itself published; and sources that change.

use std::fs;

use serde_json::{Value, json};

use crate::rig::{Corpus, Desk, EVENING, list, text, word};
use crate::tools::Host;

/// All posts are out: a year after the newest.
const LATER: &str = "2027-08-20T23:00:00Z";

/// Searches the archive as any MCP host does.
pub fn search(desk: &Desk, query: &str) -> Vec<Value> {
    let mut host = Host::start(desk, "archive");
    let arguments = json!({ "query": query, "limit": 20 });
    let found = host.call(2, "search", &arguments);
    host.end();
    list(&found, "hits").clone()
}

#[test]
fn a_whole_source_of_the_corpus_is_imported_once() {
    let Some(corpus) = Corpus::serve("a_whole_source_of_the_corpus_is_imported_once", LATER) else {
        return;
    };
    let desk = Desk::new();
    let feed = corpus.url("/s/rust-blog/feed.xml");
    let refused = desk.failure(1, &["import", &feed]);
    assert_eq!(refused["code"], "CD018", "{refused}");
    assert!(word(&refused, "hint").contains("[net] allow"), "{refused}");
    desk.allow(&[&corpus.host]);
    let first = desk.json(0, &["import", &feed]);
    let found = first["found"].as_u64().unwrap();
    assert!(found >= 15, "{first}");
    assert_eq!(
        (&first["added"], &first["known"]),
        (&json!(found), &json!(0)),
        "{first}"
    );
    assert_eq!(list(&first, "skipped").len(), 0, "{first}");
    let again = desk.json(0, &["import", &feed]);
    assert_eq!(
        (&again["added"], &again["known"]),
        (&json!(0), &json!(found)),
        "{again}"
    );
    let hits = search(&desk, "Rust release");
    let hit = &hits[0];
    assert_eq!(hit["kind"], "issue", "{hits:?}");
    assert!(
        word(hit, "url").starts_with(&corpus.url("/s/rust-blog/")),
        "{hits:?}"
    );
    let voice = desk.read("voice.proposed.md");
    assert!(
        voice.contains("## How it sounds") && voice.contains("  - As in: "),
        "{voice}"
    );
    println!("{voice}");
}

#[test]
fn a_feed_of_summaries_and_a_feed_of_pages_give_whole_issues() {
    let Some(corpus) = Corpus::serve("a_feed_of_summaries_and_a_feed_of_pages_give_whole_issues", LATER)
    else {
        return;
    };
    let desk = Desk::new();
    desk.allow(&[&corpus.host]);
    let sources = crate::rig::json_file(&corpus.root.join("sources.json"));
    let with = |quirk: &str| {
        let sources = sources.as_array().unwrap().iter();
        let mut found = sources.filter(|source| {
            source["feed"]["quirks"]
                .as_array()
                .is_some_and(|quirks| quirks.iter().any(|one| one == quirk))
        });
        found.next().map(|source| {
            (
                word(source, "id").to_owned(),
                word(&source["feed"], "path").to_owned(),
            )
        })
    };
    let posts_of = |id: &str| {
        corpus
            .posts()
            .iter()
            .filter(|post| word(post, "source") == id)
            .count()
    };
    let summaries = desk.json(0, &["import", &corpus.url(&path_of(&sources, "react"))]);
    assert_eq!(summaries["pages_read"], summaries["found"], "{summaries}");
    let (id, path) = with("paged").expect("one feed of the corpus has pages");
    let paged = desk.json(0, &["import", &corpus.url(&path)]);
    assert_eq!(paged["found"], posts_of(&id), "{paged}");
}

/// The path of a source's feed.
fn path_of(sources: &Value, id: &str) -> String {
    let source = sources
        .as_array()
        .unwrap()
        .iter()
        .find(|source| source["id"] == id);
    word(&source.unwrap()["feed"], "path").to_owned()
}

#[test]
fn what_the_program_published_and_exported_is_imported_beside_a_daemon_too() {
    let Some(corpus) = Corpus::serve(
        "what_the_program_published_and_exported_is_imported_beside_a_daemon_too",
        EVENING,
    ) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "24h");
    let run = desk.evening();
    let exported = desk.export(word(&run, "run"));
    let first = desk.json(0, &["import", exported.to_str().unwrap()]);
    assert_eq!(
        (&first["found"], &first["added"]),
        (&json!(1), &json!(1)),
        "{first}"
    );
    assert!(
        first["voice"]["reason"]
            .as_str()
            .is_some_and(|reason| reason.starts_with("too few")),
        "{first}"
    );
    let hits = search(&desk, "arrayref");
    assert!(hits.iter().any(|hit| hit["kind"] == "issue"), "{hits:?}");
    let daemon = crate::daemon::Daemon::start(&desk);
    let again = desk.json(0, &["import", exported.to_str().unwrap()]);
    assert_eq!(
        (&again["added"], &again["known"]),
        (&json!(0), &json!(1)),
        "{again}"
    );
    drop(daemon);
}

#[test]
fn a_folder_of_many_hands_is_read_through_with_reasons() {
    let desk = Desk::new();
    let dir = tempfile::tempdir().unwrap();
    let paragraph =
        "I think that the colour of it isn't what you expect. It was a long day, and it went well.\n\n";
    for number in 1..=4 {
        let folder = dir.path().join(format!("202{number}"));
        fs::create_dir_all(&folder).unwrap();
        let text = format!(
            "---\ntitle: Number {number}\ndate: 202{number}-03-01\n---\n{}",
            paragraph.repeat(20)
        );
        fs::write(
            folder.join("issue.md"),
            text.replace("long day", &format!("long day {number}")),
        )
        .unwrap();
    }
    fs::write(dir.path().join("broken.md"), b"\0\0\0\0").unwrap();
    fs::write(dir.path().join("sound.mp3"), b"ID3").unwrap();
    let before = desk.read("voice.md");
    let first = desk.json(0, &["import", dir.path().to_str().unwrap()]);
    assert_eq!(
        (&first["added"], list(&first, "skipped").len()),
        (&json!(4), 2),
        "{first}"
    );
    assert_eq!(desk.read("voice.md"), before);
    let voice = desk.read("voice.proposed.md");
    assert!(
        voice.contains("The author says “I”") && voice.contains("British spelling"),
        "{voice}"
    );
    let issue = dir.path().join("2022/issue.md");
    let corrected = fs::read_to_string(&issue)
        .unwrap()
        .replacen("went well", "went badly", 1);
    fs::write(&issue, corrected).unwrap();
    let second = desk.json(0, &["import", dir.path().to_str().unwrap()]);
    assert_eq!(
        (&second["added"], &second["changed"], &second["known"]),
        (&json!(0), &json!(1), &json!(3)),
        "{second}"
    );
    assert_eq!(search(&desk, "badly").len(), 1);
    let shown = desk.run(&["import", dir.path().to_str().unwrap()]);
    assert!(
        text(&shown.stdout).contains("0 added, 0 changed, 4 there already"),
        "{}",
        text(&shown.stdout)
    );
    assert!(
        text(&shown.stderr).contains("voice.md is still the shipped one"),
        "{}",
        text(&shown.stderr)
    );
    let unknown = desk.failure(2, &["import", dir.path().to_str().unwrap(), "--pipeline", "none"]);
    assert_eq!(unknown["code"], "CD008");
    let nothing = desk.failure(2, &["import", "/nowhere/at/all"]);
    assert_eq!(nothing["code"], "CD018", "{nothing}");
}

#[test]
fn the_voice_is_that_of_all_imports_and_a_desks_own_files_are_no_issues() {
    let desk = Desk::new();
    let paragraph =
        "I think that the colour of it isn't what you expect. It was a long day, and it went well.\n\n";
    let folder = |numbers: std::ops::RangeInclusive<u32>| {
        let dir = tempfile::tempdir().unwrap();
        for number in numbers {
            let text = paragraph
                .replace("long day", &format!("long day {number}"))
                .repeat(9);
            let text = format!("Hello from the harbour,\n\n{text}Until next week,\n\n— Ada\n");
            fs::write(dir.path().join(format!("2025-03-0{number}-issue.md")), text).unwrap();
        }
        dir
    };
    let (early, late) = (folder(1..=4), folder(5..=5));
    let first = desk.json(0, &["import", early.path().to_str().unwrap()]);
    assert_eq!(first["voice"]["issues"], 4, "{first}");
    let second = desk.json(0, &["import", late.path().to_str().unwrap()]);
    assert_eq!(
        (&second["found"], &second["voice"]["issues"]),
        (&json!(1), &json!(5)),
        "{second}"
    );
    let voice = desk.read("voice.proposed.md");
    for words in [
        "Greet the reader first",
        "As in: Hello from the harbour",
        "Until next week, / — Ada",
    ] {
        assert!(voice.contains(words), "{words}\n{voice}");
    }
    // Named as a whole, the desk's own folder gives only what is the author's.
    fs::write(desk.dir().join("2025-04-01-mine.md"), paragraph.repeat(4)).unwrap();
    let own = desk.json(0, &["import", desk.dir().to_str().unwrap()]);
    let skipped: Vec<&str> = list(&own, "skipped")
        .iter()
        .map(|one| word(one, "what"))
        .collect();
    assert_eq!(own["found"], 1, "{own}");
    assert!(
        skipped.contains(&"voice.md") && skipped.contains(&"notes"),
        "{own}"
    );
}

#[test]
fn what_an_imported_issue_told_is_no_news_and_its_habits_are_the_authors() {
    let name = "what_an_imported_issue_told_is_no_news_and_its_habits_are_the_authors";
    let Some(corpus) = Corpus::serve(name, EVENING) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "24h");
    let folder = desk.dir().join("mine");
    fs::create_dir_all(&folder).unwrap();
    for (day, item) in [
        (
            "2026-08-20",
            "## A supply chain attack on the arrayref crate\n\nA malicious version of the arrayref crate was published to the index of crates on Thursday, with a dependency on proc-macro1 and its malicious build script. The security response team of Rust removed proc-macro1, proc-macro-en, arone, aronenao, aovine and tinymember.\n",
        ),
        (
            "2026-08-12",
            "## Choirs\n\nThe choir of the old town sang twice in the rain on Sunday, and nobody who had come to listen to it went home early that day.\n",
        ),
        (
            "2026-08-05",
            "## Boats\n\nThe ferry to the island went twice as often this summer as in the one before, and still there was no seat on it most of the days.\n",
        ),
    ] {
        let text = format!(
            "---\ntitle: The week of {day}\ndate: {day}\n---\n\n{item}\nThat is all for now, and there is more of it on the next of these days.\n"
        );
        fs::write(folder.join(format!("{day}.md")), text).unwrap();
    }
    let imported = desk.json(0, &["import", folder.to_str().unwrap()]);
    assert_eq!(imported["added"], 3, "{imported}");
    let run = desk.evening();
    let export = crate::outside::check(&desk.export(word(&run, "run")));
    let attack = list(&export.brief, "stories")
        .iter()
        .find(|story| word(story, "title").contains("arrayref"))
        .expect("the story is there");
    assert_eq!(attack["is_new"], false, "{attack}");
    assert!(word(attack, "told_in").contains("2026-08-20"), "{attack}");
    let grade = list(&export.review, "voice")
        .iter()
        .find(|measure| measure["name"] == "grade")
        .unwrap();
    assert_eq!(grade["past"]["issues"], 3, "{grade}");
}
