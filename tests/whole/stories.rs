//! What the author says of stories and chooses, and what the next days make of it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::outside;
use crate::rig::{Corpus, Desk, list, text, word};

/// Two evenings whose windows overlap, so that the second one reads what the first one told.
const FIRST: &str = "2026-08-20T23:00:00Z";
const SECOND: &str = "2026-08-21T12:00:00Z";
/// Soon enough after the first one that its window has every post of that one's.
const SOON: &str = "2026-08-20T23:30:00Z";

fn desk(corpus: &Corpus) -> Desk {
    let desk = Desk::of_corpus(corpus, "48h");
    desk.replace("config.toml", "hold = \"10m\"", "hold = \"0s\"");
    desk
}

fn run(desk: &Desk, corpus: &Corpus, now: &str) -> String {
    corpus.move_to(now);
    let run = desk.json(4, &["run", "daily", "--now", now]);
    word(&run, "run").to_owned()
}

fn posts(story: &Value) -> BTreeSet<&str> {
    list(story, "posts")
        .iter()
        .map(|post| word(post, "snapshot"))
        .collect()
}

/// The story with a post.
fn with<'a>(stories: &'a Value, snapshot: &str) -> &'a Value {
    let mut all = list(stories, "stories").iter();
    all.find(|story| posts(story).contains(snapshot))
        .unwrap_or_else(|| panic!("no story has {snapshot}"))
}

fn first_post(story: &Value) -> &str {
    word(&list(story, "posts")[0], "snapshot")
}

/// Stories that the newest draft of a run tells.
fn told(desk: &Desk, run: &str) -> BTreeSet<String> {
    let export = outside::check(&desk.export(run));
    let sections = list(&export.draft, "sections").iter();
    let ids = sections.flat_map(|section| list(section, "stories"));
    ids.map(|id| id.as_str().unwrap().to_owned()).collect()
}

/// Posts that the newest draft of a run names by title alone.
fn listed(desk: &Desk, run: &str) -> BTreeSet<String> {
    let export = outside::check(&desk.export(run));
    let sections = list(&export.draft, "sections").iter();
    let posts = sections.flat_map(|section| list(section, "listed"));
    posts.map(|post| post.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_story_of_no_interest_leaves_the_issue_and_stays_last_on_the_days_after_until_it_is_taken_back() {
    let test = "a_story_of_no_interest_leaves_the_issue";
    let Some(corpus) = Corpus::serve(test, FIRST) else {
        return;
    };
    let desk = desk(&corpus);
    let first = run(&desk, &corpus, FIRST);
    let stories = desk.json(0, &["stories", &first]);
    let lead = &list(&stories, "stories")[0];
    let (id, post) = (word(lead, "id"), first_post(lead));
    assert!(told(&desk, &first).contains(id), "it leads");
    let own: BTreeSet<String> = posts(lead).into_iter().map(str::to_owned).collect();
    let said = desk.json(0, &["stories", &first, "not-interested", id]);
    let label = word(&said["label"], "id").to_owned();
    assert_eq!(word(&desk.json(0, &["show", &first])["labels"][0], "id"), label);
    desk.json(0, &["send-back", &first, "--note", "shorter"]);
    desk.json(4, &["run", "daily", "--now", FIRST]);
    let after = told(&desk, &first);
    assert!(!after.is_empty() && !after.contains(id), "{after:?}");
    let listed = listed(&desk, &first);
    assert!(
        !listed.is_empty() && listed.is_disjoint(&own),
        "it is not named below the text either: {listed:?}"
    );
    let approved = desk.run(&["approve", &first, "--wait"]);
    let talk = text(&approved.stderr);
    assert!(approved.status.success() && !talk.contains("label"), "{talk}");
    // The next evening reads the same posts again.
    let second = run(&desk, &corpus, SECOND);
    let stories = desk.json(0, &["stories", &second]);
    let unwanted = with(&stories, post);
    assert_eq!(unwanted["is_unwanted"], true, "{unwanted}");
    let reason = word(unwanted, "reason");
    assert!(reason.starts_with("you said not interested"), "{reason}");
    let last = list(&stories, "stories").last().unwrap();
    assert_eq!(last["is_unwanted"], true, "{last}");
    let brief = outside::check(&desk.export(&second)).brief;
    assert_eq!(brief["labels"][0]["kind"], "not_interested");
    // What was chosen yesterday says something today.
    let reasons: Vec<&str> = list(&stories, "stories")
        .iter()
        .map(|story| word(story, "reason"))
        .collect();
    assert!(
        reasons.iter().any(|reason| reason.contains("you told ")),
        "{reasons:#?}"
    );
    // Taken back, it counts no more.
    assert_eq!(
        desk.json(0, &["stories", &first, "undo", &label[..8]])["undone"],
        true
    );
    desk.json(0, &["reject", &second]);
    let third = desk.json(4, &["run", "daily", "--now", SECOND, "--new"]);
    let stories = desk.json(0, &["stories", word(&third, "run")]);
    assert_eq!(with(&stories, post)["is_unwanted"], false);
}

#[test]
fn stories_that_were_joined_or_parted_are_so_in_the_next_run() {
    let test = "stories_that_were_joined_or_parted_are_so_in_the_next_run";
    let Some(corpus) = Corpus::serve(test, FIRST) else {
        return;
    };
    let desk = desk(&corpus);
    let first = run(&desk, &corpus, FIRST);
    let stories = desk.json(0, &["stories", &first]);
    let all = list(&stories, "stories");
    let large = all
        .iter()
        .find(|story| posts(story).len() > 2)
        .expect("a story of many posts");
    let others: Vec<&Value> = all
        .iter()
        .filter(|story| story["id"] != large["id"])
        .take(2)
        .collect();
    let (one, two) = (first_post(others[0]), first_post(others[1]));
    let parted = word(&list(large, "posts")[1], "snapshot");
    let stayed = first_post(large);
    desk.json(
        0,
        &[
            "stories",
            &first,
            "merge",
            word(others[0], "id"),
            word(others[1], "id"),
        ],
    );
    desk.json(0, &["stories", &first, "split", word(large, "id"), &parted[..12]]);
    let shown = desk.run(&["stories", &first]);
    let label = format!("one story: “{}", &word(others[0], "title")[..20]);
    assert!(text(&shown.stdout).contains(&label), "{}", text(&shown.stdout));
    let unknown = desk.failure(1, &["stories", &first, "undo", "ffffffff"]);
    assert_eq!(unknown["error"], "the run has no label `ffffffff`", "{unknown}");
    let approved = desk.run(&["approve", &first, "--wait"]);
    let talk = text(&approved.stderr);
    assert!(
        approved.status.success() && talk.contains("2 labels since this issue was made are not in it"),
        "{talk}"
    );
    let second = run(&desk, &corpus, SOON);
    let stories = desk.json(0, &["stories", &second]);
    assert!(posts(with(&stories, one)).contains(two), "joined");
    assert!(!posts(with(&stories, stayed)).contains(parted), "parted");
    let failure = desk.failure(1, &["stories", &second, "not-interested", "s999"]);
    assert_eq!(failure["code"], "CD009", "{failure}");
}

/// Two evenings of the corpus of which the second has a new advisory on what the first one told.
const TOLD: &str = "2026-07-14T23:00:00Z";
const FOLLOWED: &str = "2026-07-15T23:00:00Z";

#[test]
fn a_story_that_was_told_gives_what_is_new_and_the_day_on_which_it_was_told() {
    let test = "a_story_that_was_told_gives_what_is_new_and_the_day_on_which_it_was_told";
    let Some(corpus) = Corpus::serve(test, TOLD) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "24h");
    desk.replace("config.toml", "hold = \"10m\"", "hold = \"0s\"");
    let first = run(&desk, &corpus, TOLD);
    let before = outside::check(&desk.export(&first)).draft;
    desk.json(0, &["approve", &first, "--wait"]);
    let second = run(&desk, &corpus, FOLLOWED);
    let export = outside::check(&desk.export(&second));
    let new: Vec<&Value> = list(&export.draft, "sentences")
        .iter()
        // The author counts days in Berlin, where it was past midnight.
        .filter(|sentence| word(sentence, "text").starts_with("New since our issue of 15 July 2026, from "))
        .collect();
    assert!(!new.is_empty(), "{}", export.draft);
    let stories = list(&export.brief, "stories").iter();
    let told: Vec<&Value> = stories.filter(|story| story["is_new"] == false).collect();
    for sentence in new {
        let span = &list(sentence, "evidence")[0];
        let story = told
            .iter()
            .find(|story| list(story, "snapshots").contains(&span["snapshot"]))
            .expect("it belongs to a story that was told");
        let notes = list(&export.brief, "notes").iter();
        let notes = notes.filter(|note| list(story, "new_notes").contains(&note["id"]));
        assert!(
            notes
                .into_iter()
                .any(|note| note["snapshot"] == span["snapshot"] && note["start"] == span["start"]),
            "{sentence} stands on no new note"
        );
        let verdict = list(&export.review, "verdicts")
            .iter()
            .find(|verdict| verdict["sentence"] == sentence["id"])
            .unwrap();
        assert_eq!(verdict["verdict"], "supported", "{verdict}");
        let said = list(&before, "sentences").iter();
        assert!(said.into_iter().all(|old| old["text"] != sentence["text"]));
    }
}

#[test]
fn a_sent_back_draft_says_what_became_of_each_wish() {
    let test = "a_sent_back_draft_says_what_became_of_each_wish";
    let Some(corpus) = Corpus::serve(test, FIRST) else {
        return;
    };
    let desk = desk(&corpus);
    let first = run(&desk, &corpus, FIRST);
    assert!(desk.json(0, &["show", &first]).get("wishes").is_none());
    let note = "Drop the story on arrayref. Make it funnier; lead with the weather in Tromvik.";
    desk.json(0, &["send-back", &first, "--note", note]);
    desk.json(4, &["run", "daily", "--now", FIRST]);
    let export = outside::check(&desk.export(&first));
    let fates: Vec<(&str, &str)> = list(&export.draft, "wishes")
        .iter()
        .map(|wish| (word(wish, "text"), word(wish, "fate")))
        .collect();
    assert_eq!(
        fates,
        [
            ("Drop the story on arrayref", "followed"),
            ("Make it funnier", "not_understood"),
            ("lead with the weather in Tromvik.", "not_followed"),
        ]
    );
    let arrayref = list(&export.brief, "stories")
        .iter()
        .find(|story| word(story, "title").contains("arrayref"))
        .expect("the story is there");
    let shown = |section: &Value| {
        let listed = list(section, "listed").iter();
        listed
            .chain(list(section, "stories"))
            .cloned()
            .collect::<Vec<_>>()
    };
    let shown: Vec<Value> = list(&export.draft, "sections").iter().flat_map(shown).collect();
    assert!(!shown.contains(&arrayref["id"]), "{shown:?}");
    for snapshot in list(arrayref, "snapshots") {
        assert!(
            !shown.contains(snapshot),
            "what is dropped is not linked to either: {shown:?}"
        );
    }
    assert_eq!(desk.json(0, &["show", &first])["wishes"], export.draft["wishes"]);
    let shown = desk.run(&["show", &first]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("not understood: “Make it funnier”"), "{shown}");
}
