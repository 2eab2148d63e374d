//! What a model states that nothing bears: it reaches no reader, and the next day does not know it as told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::rig::{Desk, json_file, list, word};
use crate::served::Served;
use crate::stub::{Script, Stub, says};

const EARLIER: &str = "2026-08-20T18:00:00Z";
const FIRST: &str = "2026-08-20T23:00:00Z";
const SECOND: &str = "2026-08-21T23:00:00Z";

/// Feeds by name.
type Feeds = Arc<BTreeMap<&'static str, String>>;

/// A folder of two feeds: one has a post of the first day, the other one of the second day on the same event.
struct House {
    _server: Served,
    desk: Desk,
}

const RANSOM: &str = "Quill paid 5 million dollars to its attackers in March 2026. The company restored 40 clusters \
                      within two days. Its customers lost no data.";
const REPORT: &str = "In a report to its shareholders Quill says that it paid 5 million dollars to its attackers in March \
                      2026. The report names 12 systems that stood open to the attackers.";

impl House {
    fn serve() -> Self {
        let feeds: Feeds = Arc::new(BTreeMap::from([
            ("crab", rss("Quill paid a ransom to attackers", RANSOM, 20)),
            (
                "lock",
                rss("Quill reports on the ransom it paid to attackers", REPORT, 21),
            ),
        ]));
        let router = Router::new()
            .route("/{name}", axum::routing::get(feed))
            .with_state(feeds);
        let server = Served::start(router);
        let desk = Desk::new();
        desk.allow(&[&server.address.to_string()]);
        for name in ["crab", "lock"] {
            let url = format!("http://{}/{name}", server.address);
            let title = format!("The {name}");
            desk.json(
                0,
                &["feeds", "add", &url, "--title", &title, "--beat", "security"],
            );
        }
        desk.replace("config.toml", "hold = \"10m\"", "hold = \"0s\"");
        Self {
            _server: server,
            desk,
        }
    }
}

async fn feed(State(feeds): State<Feeds>, Path(name): Path<String>) -> Result<String, StatusCode> {
    feeds.get(name.as_str()).cloned().ok_or(StatusCode::NOT_FOUND)
}

fn rss(title: &str, text: &str, day: u8) -> String {
    format!(
        "<rss version=\"2.0\"><channel><title>A feed</title><item><title>{title}</title>\
         <guid isPermaLink=\"false\">of-{day}</guid><link>http://post-{day}.example/1</link>\
         <pubDate>{day} Aug 2026 12:00:00 GMT</pubDate><description>{text}</description></item></channel></rss>"
    )
}

/// Sentences of a section, each with every note that there may be.
fn section(sentences: &[&str]) -> String {
    let notes: Vec<String> = (1..=40).map(|number| format!("n{number}")).collect();
    let written = |text: &&str| json!({ "text": text, "kind": "claim", "notes": notes, "calc": null });
    json!({ "paragraphs": [sentences.iter().map(written).collect::<Vec<_>>()] }).to_string()
}

/// What the model says to a task; other tasks are answered by extraction.
#[derive(Clone, Default)]
struct Says(Arc<Mutex<BTreeMap<&'static str, Vec<Value>>>>);

impl Says {
    /// These words each time, or in turn where they are several; the last one stays.
    fn to(&self, task: &'static str, replies: &[Value]) {
        self.0.lock().unwrap().insert(task, replies.to_vec());
    }

    fn words(&self, task: &'static str, words: &str) {
        self.to(task, &[says(words).1]);
    }

    fn script(&self) -> Script {
        let all = self.clone();
        Box::new(move |task| {
            let mut all = all.0.lock().unwrap();
            let replies = all.get_mut(task)?;
            let reply = if replies.len() > 1 {
                replies.remove(0)
            } else {
                replies.first()?.clone()
            };
            Some((200, reply))
        })
    }
}

/// A reply that calls a tool.
fn calls(tool: &str, arguments: &Value) -> Value {
    let (_, mut reply) = says("");
    let function = json!({ "name": tool, "arguments": arguments.to_string() });
    let call = json!({ "id": format!("call-{tool}"), "type": "function", "function": function });
    reply["choices"][0]["message"] = json!({ "role": "assistant", "content": null, "tool_calls": [call] });
    reply["choices"][0]["finish_reason"] = json!("tool_calls");
    reply
}

/// The draft, the review and the Markdown of a run.
fn made(desk: &Desk, run: &Value) -> (Value, Value, String) {
    let dir = desk.export(word(run, "run"));
    let markdown = std::fs::read_to_string(dir.join("issue.md")).unwrap();
    println!("{markdown}");
    (
        json_file(&dir.join("draft.json")),
        json_file(&dir.join("review.json")),
        markdown,
    )
}

fn replays_the_same(desk: &Desk, run: &Value) {
    let again = desk.json(0, &["replay", word(run, "run")]);
    assert_eq!(again["same"], true, "{}", again["difference"]);
}

#[test]
fn a_title_and_a_deck_that_no_line_bears_reach_no_reader() {
    let house = House::serve();
    let model = Says::default();
    let head =
        json!({ "title": "Quill paid attackers 77 million dollars", "deck": "Lattice lost 900 servers" });
    model.words("write_title", &head.to_string());
    let stub = Stub::scripted(Duration::ZERO, model.script());
    stub.answers_for(&house.desk);
    let run = house.desk.json(4, &["run", "daily", "--now", FIRST]);
    let (draft, review, text) = made(&house.desk, &run);
    assert!(draft["nothing_today"].is_null(), "{draft}");
    assert!(!text.contains("77") && !text.contains("900"), "{text}");
    assert_eq!(word(&draft, "title"), "Quill paid a ransom to attackers");
    let dir = house.desk.dir().join(format!("export-{}", word(&run, "run")));
    let before = json_file(&dir.join("draft.v1.json"));
    assert_eq!(before["title"], head["title"], "what the model wrote is kept");
    let issue = json_file(&dir.join("issue.json"));
    assert_eq!(
        issue["draft"], review["draft"],
        "what was judged is what goes out"
    );
    assert_eq!(issue["title"], draft["title"]);
    let reasons: Vec<&str> = list(&review, "suggestions")
        .iter()
        .filter(|one| one["kind"] == "title")
        .map(|one| word(one, "reason"))
        .collect();
    assert!(
        reasons.iter().any(|reason| reason.contains("77 million"))
            && reasons.iter().any(|reason| reason.contains("Lattice")),
        "{reasons:?}"
    );
    replays_the_same(&house.desk, &run);
}

#[test]
fn a_day_whose_claims_are_all_blocked_says_that_there_is_nothing() {
    let house = House::serve();
    let model = Says::default();
    let head =
        json!({ "title": "Quill paid attackers 77 million dollars", "deck": "An attack of the century" });
    model.words("write_title", &head.to_string());
    model.words(
        "write_section",
        &section(&["Quill paid 77 million dollars to its attackers."]),
    );
    let stub = Stub::scripted(Duration::ZERO, model.script());
    stub.answers_for(&house.desk);
    let run = house.desk.json(4, &["run", "daily", "--now", FIRST]);
    let (draft, review, text) = made(&house.desk, &run);
    assert_eq!(word(&draft, "title"), "Nothing worth your time today");
    assert!(
        draft["deck"] != head["deck"] && draft["nothing_today"].is_string(),
        "{draft}"
    );
    for said in ["77", "century", "each factual sentence points"] {
        assert!(!text.contains(said), "{said}: {text}");
    }
    let blocked = list(&review, "verdicts")
        .iter()
        .filter(|one| one["verdict"] == "blocked");
    assert!(blocked.count() > 0, "{review}");
    assert!(
        list(&draft, "sentences")
            .iter()
            .any(|one| word(one, "text").contains("77")),
        "the author sees what was left out: {draft}"
    );
    replays_the_same(&house.desk, &run);
}

#[test]
fn a_blocked_sentence_of_yesterday_makes_nothing_of_today_doubtful() {
    let house = House::serve();
    let desk = &house.desk;
    let model = Says::default();
    model.words(
        "write_section",
        &section(&[
            "Quill paid 77 million dollars to its attackers.",
            "The crab reports: “The company restored 40 clusters within two days.”",
        ]),
    );
    let stub = Stub::scripted(Duration::ZERO, model.script());
    stub.answers_for(desk);
    let first = desk.json(4, &["run", "daily", "--now", FIRST]);
    let (_, review, text) = made(desk, &first);
    assert!(
        text.contains("40 clusters") && !text.contains("77 million"),
        "{review}"
    );
    let approved = desk.json(0, &["approve", word(&first, "run"), "--wait"]);
    assert_eq!(approved["issue"], "published", "{approved}");
    model.words(
        "write_section",
        &section(&["Quill paid 5 million dollars to attackers."]),
    );
    let second = desk.json(4, &["run", "daily", "--now", SECOND, "--new"]);
    let (draft, review, _) = made(desk, &second);
    assert!(
        list(&draft, "sentences")
            .iter()
            .any(|one| word(one, "text").contains("5 million")),
        "readers were told of no sum: {draft}"
    );
    for verdict in list(&review, "verdicts") {
        assert!(verdict["contradicts"].is_null(), "{verdict}");
    }
}

#[test]
fn what_a_follow_up_opened_and_found_useful_is_a_source_of_its_story() {
    let house = House::serve();
    let desk = &house.desk;
    let model = Says::default();
    let nothing = says(&json!({ "useful": [] }).to_string()).1;
    model.to("follow_up", &[nothing]);
    let stub = Stub::scripted(Duration::ZERO, model.script());
    stub.answers_for(desk);
    let first = desk.json(4, &["run", "daily", "--now", FIRST]);
    let brief = json_file(&desk.export(word(&first, "run")).join("research_brief.json"));
    let earlier = brief["stories"][0]["snapshots"][0].as_str().unwrap().to_owned();
    let open = json!({ "id": earlier });
    model.to(
        "follow_up",
        &[
            calls("archive__search", &json!({ "query": "Quill attackers" })),
            calls("web__open", &open),
            says(&json!({ "useful": [earlier, "never-opened"] }).to_string()).1,
        ],
    );
    let second = desk.json(4, &["run", "daily", "--now", SECOND, "--new"]);
    let brief = json_file(&desk.export(word(&second, "run")).join("research_brief.json"));
    let story = list(&brief, "stories")
        .iter()
        .find(|story| word(story, "title").contains("reports"))
        .unwrap_or_else(|| panic!("{brief}"));
    let has_it = list(story, "snapshots").contains(&json!(earlier));
    assert!(has_it, "{story}");
    assert_eq!(story["witnesses"], 2, "{story}");
    let notes = list(&brief, "notes")
        .iter()
        .filter(|note| note["snapshot"] == earlier.as_str());
    assert!(notes.count() > 0, "{brief}");
    replays_the_same(desk, &second);
    // A later run fetches the same text as of an earlier hour.
    desk.json(4, &["run", "daily", "--now", EARLIER, "--new"]);
    replays_the_same(desk, &second);
}
