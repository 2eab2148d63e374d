//! Several models draft from one brief and rate each other; the author chooses without knowing who wrote what.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use serde_json::{Value, json};

use crate::feed_house::FeedHouse;
use crate::rig::{Desk, EVENING, json_file, list, word};
use crate::served::Served;
use crate::stub::says;

/// What a model makes of a question (`{"task","version","input"}`): a status and an output; none lets extraction answer.
type Answer = Box<dyn Fn(&Value) -> Option<(u16, Value)> + Send + Sync>;

struct Shared {
    answer: Answer,
    /// Task and all messages of each request.
    calls: Mutex<Vec<(String, String)>>,
}

/// A model on loopback with answers of its own.
struct Model {
    shared: Arc<Shared>,
    server: Served,
}

impl Model {
    fn serve(answer: Answer) -> Self {
        let shared = Arc::new(Shared {
            answer,
            calls: Mutex::default(),
        });
        let layer = from_fn_with_state(Arc::clone(&shared), reply);
        let server = Served::start(copydesk_llm::embedded::router().layer(layer));
        Self { shared, server }
    }

    /// Titles every draft so, and gives drafts of this title one score and all others another.
    fn titled(title: &'static str, own: u8, others: u8) -> Self {
        Self::serve(Box::new(move |asked| match asked["task"].as_str()? {
            "write_title" => Some((200, json!({ "title": title, "deck": null }))),
            "rate_draft" => {
                let score = if asked["input"]["title"] == title {
                    own
                } else {
                    others
                };
                Some((200, json!({ "score": score, "reasons": ["as it reads"] })))
            }
            _ => None,
        }))
    }

    fn config(&self, name: &str) -> String {
        format!(
            "[models.{name}]\nbase_url = \"http://{}/v1\"\nmodel = \"m\"\n",
            self.server.address
        )
    }

    fn calls(&self) -> Vec<(String, String)> {
        self.shared.calls.lock().unwrap().clone()
    }

    fn clear(&self) {
        self.shared.calls.lock().unwrap().clear();
    }

    /// What it was asked with, but for ratings.
    fn writing(&self) -> Vec<String> {
        let calls = self.calls().into_iter();
        calls
            .filter(|(task, _)| task != "rate_draft")
            .map(|(_, asked)| asked)
            .collect()
    }
}

async fn reply(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let bytes = to_bytes(body, 64 << 20).await.unwrap_or_default();
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    let last = messages.iter().rfind(|message| message["role"] == "user");
    let words = last
        .and_then(|message| message["content"].as_str())
        .unwrap_or_default();
    let asked: Value = serde_json::from_str(words).unwrap_or_default();
    let task = asked["task"].as_str().unwrap_or_default().to_owned();
    let all = body["messages"].to_string();
    shared.calls.lock().unwrap().push((task, all));
    match (shared.answer)(&asked) {
        Some((200, output)) => {
            let (_, reply) = says(&output.to_string());
            let head = Response::builder().header("content-type", "application/json");
            head.body(Body::from(reply.to_string())).unwrap()
        }
        Some((status, value)) => {
            let head = Response::builder().status(status);
            head.body(Body::from(value.to_string())).unwrap()
        }
        None => next.run(Request::from_parts(head, Body::from(bytes))).await,
    }
}

const MAPLE: &str = "Eighteen packages and one long day";
const BIRCH: &str = "Oslo opens while keys leak";

/// A folder with one feed whose drafts are written and rated so. `maple` and `birch` are not in any route.
fn desk(house: &FeedHouse, models: &[(&str, &Model)], drafters: &str, raters: &str) -> Desk {
    let desk = house.desk();
    let models: Vec<String> = models.iter().map(|(name, model)| model.config(name)).collect();
    desk.replace("config.toml", "[models]\n", &format!("{}\n", models.concat()));
    let pipeline = "pipelines/daily.toml";
    desk.replace(
        pipeline,
        "agent = \"draft\"\n",
        &format!("agent = \"draft\"\ndrafters = {drafters}\n"),
    );
    desk.replace(
        pipeline,
        "agent = \"review\"\n",
        &format!("agent = \"review\"\nraters = {raters}\n"),
    );
    desk
}

fn house() -> FeedHouse {
    FeedHouse::serve(EVENING.parse().unwrap())
}

/// The label of the draft that this model wrote, by the export, which names it.
fn label_of(ratings: &Value, drafter: &str) -> String {
    let drafts = list(ratings, "drafts").iter();
    let found = drafts.clone().find(|draft| draft["drafter"] == drafter);
    word(found.unwrap_or_else(|| panic!("{drafter} in {ratings}")), "label").to_owned()
}

fn replays_alike(desk: &Desk, run: &str) {
    let replay = desk.json(0, &["replay", run]);
    assert_eq!(replay["same"], true, "{}", replay["difference"]);
    assert_eq!(replay["model_calls"], 0, "{replay}");
}

#[test]
fn three_models_draft_blind_rate_each_other_and_the_author_chooses() {
    let house = house();
    let (maple, birch) = (Model::titled(MAPLE, 10, 4), Model::titled(BIRCH, 10, 8));
    let all = r#"["maple", "birch", "embedded"]"#;
    let desk = desk(&house, &[("maple", &maple), ("birch", &birch)], all, all);
    desk.json(0, &["check"]);
    let run = desk.evening();
    let id = word(&run, "run").to_owned();
    assert_blind_among_themselves(&maple, &birch);
    assert_blind_for_the_author(&desk, &id);
    // The matrix: each of three rates each of three for two purposes, and knows its own.
    let ratings = json_file(&desk.export(&id).join("ratings.json"));
    assert_eq!(
        (&ratings["format"], &ratings["choice"]),
        (&json!("1.0"), &Value::Null)
    );
    assert_eq!(list(&ratings, "ratings").len(), 18);
    for rating in list(&ratings, "ratings") {
        let is_own = word(rating, "draft") == label_of(&ratings, word(rating, "rater"));
        assert_eq!(rating["is_own"], is_own, "{rating}");
        assert!(rating["score"].as_u64().unwrap() <= 10 && !list(rating, "reasons").is_empty());
    }
    assert_first_by_the_mean_of_others(&ratings, &run);
    // The author takes one that does not stand first.
    let chosen = if ratings["default"] == label_of(&ratings, "maple") {
        "birch"
    } else {
        "maple"
    };
    let wrong = desk.failure(1, &["approve", &id, "--draft", "Q"]);
    assert!(word(&wrong, "error").contains("there is A, B, C"), "{wrong}");
    let label = label_of(&ratings, chosen);
    desk.json(0, &["approve", &id, "--draft", &label, "--wait"]);
    assert_chosen(&desk, &id, chosen);
    replays_alike(&desk, &id);
}

/// No drafter saw another's draft, and no rater a name.
fn assert_blind_among_themselves(maple: &Model, birch: &Model) {
    for (model, other) in [(maple, BIRCH), (birch, MAPLE)] {
        let writing = model.writing();
        assert!(writing.iter().any(|asked| asked.contains("write_section")));
        assert!(writing.iter().all(|asked| !asked.contains(other)));
    }
    for (task, asked) in maple.calls().iter().chain(&birch.calls()) {
        let mut names = ["maple", "birch", "embedded"].iter();
        assert!(
            task != "rate_draft" || !names.any(|name| asked.contains(name)),
            "{asked}"
        );
    }
}

/// Until the choice nobody is told who wrote what.
fn assert_blind_for_the_author(desk: &Desk, id: &str) {
    let shown = desk.json(0, &["show", id]);
    let round = &list(&shown, "rated")[0];
    assert_eq!(round["is_blind"], true);
    let words = round.to_string();
    assert!(!words.contains("maple") && !words.contains("birch"), "{words}");
    assert_eq!(list(round, "drafts").len(), 3);
    let people = String::from_utf8(desk.run(&["show", id]).stdout).unwrap();
    assert!(
        people.contains("Draft A") && people.contains("Rater 1"),
        "{people}"
    );
    assert!(
        people.contains(&format!("copydesk approve {id} --draft LETTER")),
        "{people}"
    );
}

/// What went out is the draft of this model, judged by the guard; the choice and who agreed with it are told.
fn assert_chosen(desk: &Desk, id: &str, chosen: &str) {
    let title = if chosen == "maple" { MAPLE } else { BIRCH };
    let site = desk.read("site/index.html");
    assert!(site.contains(title), "{site}");
    let dir = desk.export(id);
    let ratings = json_file(&dir.join("ratings.json"));
    assert_eq!(ratings["choice"]["drafter"], chosen);
    assert_eq!(ratings["choice"]["is_default"], false);
    assert_eq!(json_file(&dir.join("draft.json"))["title"], title);
    let mut drafts = list(&ratings, "drafts").iter();
    let of_chosen = drafts.find(|draft| draft["drafter"] == chosen).unwrap();
    assert_eq!(json_file(&dir.join("approval.json"))["hash"], of_chosen["issue"]);
    let review = json_file(&dir.join("review.json"));
    assert_eq!(
        review["draft"], of_chosen["draft"],
        "the guard has judged this draft"
    );
    assert!(!list(&review, "verdicts").is_empty());
    let shown = desk.json(0, &["show", id]);
    let round = &list(&shown, "rated")[0];
    assert_eq!(
        (&round["is_blind"], &round["choice"]["drafter"]),
        (&json!(false), &json!(chosen))
    );
    let mut raters = list(&shown, "agreement").iter().map(|one| word(one, "rater"));
    assert!(raters.any(|rater| rater == chosen), "{shown}");
}

/// What stands first is what others, and not its writer, gave the most.
fn assert_first_by_the_mean_of_others(ratings: &Value, run: &Value) {
    let mean = |label: &str| {
        let given: Vec<f64> = list(ratings, "ratings")
            .iter()
            .filter(|rating| rating["draft"] == label && rating["is_own"] == false)
            .map(|rating| rating["score"].as_f64().unwrap())
            .collect();
        assert_eq!(given.len(), 4, "two others for two purposes");
        given.iter().sum::<f64>() / 4.0
    };
    let drafts = list(ratings, "drafts");
    let first = drafts
        .iter()
        .find(|draft| draft["label"] == ratings["default"])
        .unwrap();
    for draft in drafts {
        let own = mean(word(draft, "label"));
        let told = draft["mean_of_others"].as_f64().unwrap();
        assert!((own - told).abs() < 0.051, "{own} {draft}");
        assert!(told <= first["mean_of_others"].as_f64().unwrap(), "{ratings}");
    }
    assert_eq!(run["approval"]["hash"], first["issue"]);
}

#[test]
fn what_is_sent_back_goes_to_the_model_whose_draft_was_chosen() {
    let house = house();
    let (maple, birch) = (Model::titled(MAPLE, 10, 4), Model::titled(BIRCH, 10, 8));
    let models = [("maple", &maple), ("birch", &birch)];
    let desk = desk(&house, &models, r#"["maple", "birch"]"#, r#"["maple", "birch"]"#);
    let run = desk.evening();
    let id = word(&run, "run");
    let ratings = json_file(&desk.export(id).join("ratings.json"));
    let draft = label_of(&ratings, "maple");
    desk.json(
        0,
        &[
            "send-back",
            id,
            "--note",
            "Drop the story on Oslo.",
            "--draft",
            &draft,
        ],
    );
    maple.clear();
    birch.clear();
    let again = desk.evening();
    assert_eq!(again["run"], run["run"]);
    assert!(!maple.writing().is_empty());
    assert_eq!(
        birch.writing(),
        Vec::<String>::new(),
        "only the chosen draft's model is asked"
    );
    let shown = desk.json(0, &["show", id]);
    let rounds = list(&shown, "rated");
    assert_eq!(rounds.len(), 2);
    assert_eq!(rounds[0]["choice"]["decision"], "sent_back");
    assert_eq!(list(&rounds[1], "drafts").len(), 1);
    assert_eq!(rounds[1]["drafts"][0]["drafter"], "maple");
    let dir = desk.export(id);
    assert_eq!(
        json_file(&dir.join("ratings.v1.json"))["choice"]["drafter"],
        "maple"
    );
    assert_eq!(list(&json_file(&dir.join("ratings.json")), "ratings").len(), 4);
    desk.json(0, &["approve", id, "--wait"]);
    replays_alike(&desk, id);
}

#[test]
fn a_drafter_and_a_rater_that_fail_leave_the_others_and_are_told() {
    let house = house();
    let down = Model::serve(Box::new(|_| Some((401, json!({ "error": "no such key" })))));
    let birch = Model::titled(BIRCH, 10, 8);
    let models = [("maple", &down), ("birch", &birch)];
    let desk = desk(
        &house,
        &models,
        r#"["maple", "birch"]"#,
        r#"["maple", "birch", "embedded"]"#,
    );
    let run = desk.evening();
    assert_eq!(run["waiting_for"], json!(["approval"]), "{run}");
    let id = word(&run, "run");
    let shown = desk.json(0, &["show", id]);
    let round = &list(&shown, "rated")[0];
    assert_eq!(round["left_out"], json!(["maple"]));
    assert_eq!(list(round, "drafts").len(), 1);
    let unrated: BTreeSet<&str> = list(round, "unrated")
        .iter()
        .map(|one| word(one, "rater"))
        .collect();
    assert_eq!(unrated, BTreeSet::from(["maple"]));
    let raters: BTreeSet<&str> = list(round, "ratings")
        .iter()
        .map(|one| word(one, "rater"))
        .collect();
    assert_eq!(raters, BTreeSet::from(["birch", "embedded"]));
    let stages = list(&shown, "stages").iter();
    let drafting = stages.clone().find(|stage| stage["stage"] == "draft").unwrap();
    assert!(
        word(drafting, "reason").contains("`maple` made none"),
        "{drafting}"
    );
    let asked = down.calls().len();
    replays_alike(&desk, id);
    assert_eq!(down.calls().len(), asked, "a replay asks nobody again");
}

#[test]
fn money_that_fits_one_drafter_stops_the_run_and_keeps_what_the_other_wrote() {
    let house = house();
    let (maple, birch) = (Model::titled(MAPLE, 10, 4), Model::titled(BIRCH, 10, 8));
    let models = [("maple", &maple), ("birch", &birch)];
    let desk = desk(
        &house,
        &models,
        r#"["maple", "birch"]"#,
        r#"["maple", "embedded"]"#,
    );
    // One call reserves more than a run may cost.
    let price = "price_in = \"$900/Mtok\"\nprice_out = \"$900/Mtok\"\n";
    desk.replace(
        "config.toml",
        "[models.birch]\n",
        &format!("[models.birch]\n{price}"),
    );
    let run = desk.evening();
    assert_eq!(run["waiting_for"], json!(["budget"]), "{run}");
    let id = word(&run, "run");
    assert_eq!(
        birch.calls().len(),
        0,
        "no call starts whose reserve does not fit"
    );
    let asked = maple.calls().len();
    assert!(asked > 0);
    desk.json(0, &["retry", id, "--embedded"]);
    let run = desk.evening();
    assert_eq!(run["waiting_for"], json!(["approval"]), "{run}");
    assert_eq!(
        maple.calls().len(),
        asked,
        "what was written was kept, and a person chose who goes on"
    );
    let ratings = json_file(&desk.export(id).join("ratings.json"));
    let of = |drafter: &str| {
        let drafts = list(&ratings, "drafts").iter();
        let found = drafts.clone().find(|draft| draft["drafter"] == drafter);
        found.unwrap_or_else(|| panic!("{drafter} in {ratings}"))["models"].clone()
    };
    assert_eq!(of("maple"), json!(["maple"]));
    assert_eq!(
        of("birch"),
        json!(["embedded"]),
        "the models that really wrote it"
    );
    let raters: BTreeSet<&str> = list(&ratings, "ratings")
        .iter()
        .map(|one| word(one, "rater"))
        .collect();
    assert_eq!(raters, BTreeSet::from(["embedded"]));
    assert_eq!(
        list(&ratings, "ratings").len(),
        4,
        "one rater for two drafts and two purposes"
    );
    replays_alike(&desk, id);
}
