//! What goes into a prompt: it fits the window, a long post does not stop the day, and posts that gave way are told.

use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use serde_json::{Value, json};

use crate::rig::{Desk, EVENING, json_file, list, word};
use crate::served::Served;
use crate::towns::{House, SHORT_POSTS};

/// Bytes of English that a tokenizer makes one token of.
const BYTES_A_TOKEN: usize = 4;

/// A model with a window: what is longer it turns away, as an OpenAI endpoint does; else it answers by extraction.
struct Narrow {
    shared: Arc<Shared>,
    server: Served,
}

struct Shared {
    window: usize,
    bodies: Mutex<Vec<Value>>,
    turned_away: Mutex<usize>,
}

impl Narrow {
    fn serve(window: usize) -> Self {
        let shared = Arc::new(Shared {
            window,
            bodies: Mutex::default(),
            turned_away: Mutex::default(),
        });
        let layer = from_fn_with_state(Arc::clone(&shared), judge);
        let server = Served::start(copydesk_llm::embedded::router().layer(layer));
        Self { shared, server }
    }

    fn answers_for(&self, desk: &Desk, settings: &str) {
        let model = format!(
            "[models.narrow]\nbase_url = \"http://{}/v1\"\nmodel = \"narrow-1\"\nfree = true\n{settings}\n",
            self.server.address
        );
        desk.replace("config.toml", "[models]\n", &format!("{model}\n"));
        desk.replace(
            "config.toml",
            "default = [\"embedded\"]",
            "default = [\"narrow\"]",
        );
    }

    fn turned_away(&self) -> usize {
        *self.shared.turned_away.lock().unwrap()
    }

    /// The messages of each call of a task, as sent.
    fn messages(&self, task: &str) -> Vec<String> {
        let asked = format!("{{\"task\":\"{task}\"");
        let bodies = self.shared.bodies.lock().unwrap();
        let of_task = bodies.iter().map(|body| body["messages"].to_string());
        of_task
            .filter(|messages| messages.contains(&asked.replace('"', "\\\"")))
            .collect()
    }
}

async fn judge(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let bytes: Bytes = to_bytes(body, 64 << 20).await.unwrap_or_default();
    let tokens = bytes.len() / BYTES_A_TOKEN;
    if tokens > shared.window {
        *shared.turned_away.lock().unwrap() += 1;
        let message = format!(
            "This model's maximum context length is {} tokens. However, your messages resulted in {tokens} tokens.",
            shared.window
        );
        let error = json!({ "error": { "message": message, "type": "invalid_request_error", "code": "context_length_exceeded" } });
        let response = Response::builder()
            .status(400)
            .header("content-type", "application/json");
        return response.body(Body::from(error.to_string())).unwrap();
    }
    shared
        .bodies
        .lock()
        .unwrap()
        .push(serde_json::from_slice(&bytes).unwrap_or_default());
    next.run(Request::from_parts(head, Body::from(bytes))).await
}

/// Outcomes of the steps of a run whose key begins so.
fn outcomes(desk: &Desk, run: &Value, key: &str) -> Vec<String> {
    let steps = desk.json(0, &["logs", word(run, "run")]);
    let steps = steps.as_array().unwrap().iter();
    let named = steps.filter(|step| word(step, "key").starts_with(key));
    named.map(|step| word(step, "outcome").to_owned()).collect()
}

#[test]
fn what_is_asked_fits_the_window_that_the_settings_name_and_what_was_left_out_is_told() {
    let house = House::serve();
    let narrow = Narrow::serve(7_000 - 1_800);
    let desk = house.desk();
    narrow.answers_for(&desk, "context_tokens = 7000\ntokens_out_max = 1800");
    let run = desk.evening();
    assert_eq!(run["waiting_for"], json!(["approval"]), "{run}");
    assert_eq!(
        narrow.turned_away(),
        0,
        "everything was packed before it was sent"
    );
    let excerpts = outcomes(&desk, &run, "excerpt/");
    assert_eq!(
        excerpts.len(),
        1,
        "one post is longer than its room: {excerpts:?}"
    );
    assert!(excerpts[0].contains("blocks left out"), "{excerpts:?}");
    let left_out = outcomes(&desk, &run, "left_out/");
    println!("{left_out:?}");
    assert!(left_out.iter().any(|words| words.contains(" × ")), "{left_out:?}");
    assert!(left_out[0].contains("of `narrow`"), "{left_out:?}");
    let text = crate::rig::text(&desk.run(&["logs", word(&run, "run")]).stdout);
    assert!(
        text.contains("blocks left out of") && text.contains(": left out: "),
        "{text}"
    );
    let brief = json_file(&desk.export(word(&run, "run")).join("research_brief.json"));
    let long = list(&brief, "sources")
        .iter()
        .find(|source| word(source, "url").ends_with("/post/long"));
    let long = long.expect("the long post is read")["snapshot"].clone();
    let notes = list(&brief, "notes")
        .iter()
        .filter(|note| note["snapshot"] == long);
    assert!(notes.count() > 0, "notes are taken of it");
    // Whatever models its run names later, a replay asks what was asked, and asks nobody.
    let id = word(&run, "run");
    let before = narrow.shared.bodies.lock().unwrap().len();
    assert_eq!(desk.json(0, &["replay", id])["same"], true);
    let other = desk.json(0, &["replay", id, "--from", "draft", "--model", "embedded"]);
    assert_eq!(desk.json(0, &["replay", word(&other, "run")])["same"], true);
    assert_eq!(narrow.shared.bodies.lock().unwrap().len(), before);
}

#[test]
fn an_endpoint_that_finds_a_prompt_too_long_is_asked_with_half_of_it() {
    let house = House::serve();
    let narrow = Narrow::serve(3_400);
    let desk = house.desk();
    desk.replace("pipelines/daily.toml", "# posts_max = 60", "posts_max = 3");
    narrow.answers_for(&desk, "");
    desk.replace(
        "pipelines/daily.toml",
        "# post_tokens_max = 2500",
        "post_tokens_max = 5000",
    );
    let run = desk.evening();
    assert_eq!(run["waiting_for"], json!(["approval"]), "{run}");
    assert_eq!(narrow.turned_away(), 1, "the long post, once");
    let asked = outcomes(&desk, &run, "take_notes/");
    assert_eq!(asked.len(), 4, "three posts, and the half of one: {asked:?}");
    let again = asked
        .iter()
        .find(|outcome| outcome.contains("asked again with half"));
    assert!(
        again.is_some_and(|outcome| outcome.contains("maximum context length is 3400")),
        "{asked:?}"
    );
    let left_out = outcomes(&desk, &run, "left_out/take_notes");
    assert!(left_out[0].contains("end of the text"), "{left_out:?}");
    // What was paid for is not asked again, and a replay asks nobody.
    let before = narrow.shared.bodies.lock().unwrap().len();
    let replayed = desk.json(0, &["replay", word(&run, "run")]);
    assert_eq!(narrow.shared.bodies.lock().unwrap().len(), before, "{replayed}");
}

#[test]
fn a_window_that_holds_no_prompt_makes_the_run_wait_with_the_next_step() {
    let house = House::serve();
    let narrow = Narrow::serve(500);
    let desk = house.desk();
    narrow.answers_for(&desk, "");
    let run = desk.evening();
    assert_eq!(run["waiting_for"], json!(["model"]), "{run}");
    let reason = word(&run, "reason");
    assert!(reason.contains("maximum context length is 500"), "{reason}");
    assert!(
        reason.contains("`context_tokens` of [models.narrow] in config.toml"),
        "{reason}"
    );
}

#[test]
fn a_window_smaller_than_a_prompt_is_found_before_anything_runs() {
    let house = House::serve();
    let desk = house.desk();
    Narrow::serve(1).answers_for(&desk, "context_tokens = 4096");
    let config = desk.read("config.toml");
    let line = 1 + config
        .lines()
        .position(|line| line == "context_tokens = 4096")
        .unwrap();
    let failure = desk.failure(2, &["run", "daily", "--now", EVENING]);
    let told = failure.to_string();
    assert!(
        told.contains(&format!(
            "config.toml:{line}: a window of 4096 tokens has no room"
        )),
        "{told}"
    );
    assert!(told.contains("`context_tokens` at least"), "{told}");
    assert_eq!(house.opened(), 0);
}

#[test]
fn posts_that_give_way_are_not_opened_and_are_told_as_not_read() {
    let house = House::serve();
    let desk = house.desk();
    desk.replace("pipelines/daily.toml", "# posts_max = 60", "posts_max = 5");
    let run = desk.evening();
    let id = word(&run, "run").to_owned();
    assert_eq!(house.opened(), 5, "a page that is not read is not opened");
    let export = desk.export(&id);
    let brief = json_file(&export.join("research_brief.json"));
    assert_eq!(list(&brief, "sources").len(), 5);
    assert_eq!(
        brief["unread"]["count"],
        SHORT_POSTS + 1 - 5,
        "{}",
        brief["unread"]
    );
    let unread = list(&brief["unread"], "posts");
    let meetups = unread
        .iter()
        .filter(|post| word(post, "title").starts_with("Meetup"));
    assert_eq!(meetups.count(), SHORT_POSTS / 10, "routine gives way first");
    assert!(unread.iter().all(|post| !word(post, "reason").is_empty()));
    let cloud = list(&brief, "beats")
        .iter()
        .find(|beat| beat["beat"] == "cloud")
        .unwrap();
    assert_eq!(
        (&cloud["posts"], &cloud["unread"]),
        (&json!(5), &json!(66)),
        "{cloud}"
    );
    let issue = std::fs::read_to_string(export.join("issue.md")).unwrap();
    assert!(
        issue.contains("66 posts were weighed by what their feeds say of them, and not read."),
        "{issue}"
    );
    assert!(!issue.contains("Cloud: nothing new"), "{issue}");
    let decided = outcomes(&desk, &run, "triage");
    assert!(decided[0].starts_with("5 posts read, 66 not"), "{decided:?}");
    let text = crate::rig::text(&desk.run(&["logs", &id]).stdout);
    assert!(text.contains("not read: http://"), "{text}");
    assert_eq!(desk.json(0, &["replay", &id])["same"], true);
}

#[test]
fn a_beat_whose_posts_gave_way_is_not_called_quiet() {
    let house = House::serve();
    let desk = house.desk();
    let url = house.second_feed();
    desk.json(
        0,
        &["feeds", "add", &url, "--title", "The tower", "--beat", "security"],
    );
    desk.replace("pipelines/daily.toml", "# posts_max = 60", "posts_max = 1");
    let run = desk.evening();
    let export = desk.export(word(&run, "run"));
    let brief = json_file(&export.join("research_brief.json"));
    let security = list(&brief, "beats")
        .iter()
        .find(|beat| beat["beat"] == "security")
        .unwrap();
    assert_eq!(
        (
            &security["asked"],
            &security["answered"],
            &security["posts"],
            &security["unread"]
        ),
        (&json!(1), &json!(1), &json!(0), &json!(2)),
        "{security}"
    );
    let issue = std::fs::read_to_string(export.join("issue.md")).unwrap();
    assert!(
        issue.contains("Security: not read; other posts came first."),
        "{issue}"
    );
    assert!(!issue.contains("nothing new"), "{issue}");
    let draft = json_file(&export.join("draft.json"));
    let sentence = list(&draft, "sentences")
        .iter()
        .find(|one| word(one, "text").starts_with("Security: not read"));
    let review = json_file(&export.join("review.json"));
    let verdicts = list(&review, "verdicts").iter();
    let verdict = verdicts
        .clone()
        .find(|one| one["sentence"] == sentence.unwrap()["id"]);
    assert_eq!(verdict.unwrap()["verdict"], "supported", "{verdict:?}");
}

#[test]
fn where_reading_is_free_all_are_read_and_a_paid_reader_stops_at_sixty() {
    let house = House::serve();
    let free = house.desk();
    free.evening();
    assert_eq!(house.opened(), SHORT_POSTS + 1);
    house.forget();
    let paid = house.desk();
    let narrow = Narrow::serve(usize::MAX);
    narrow.answers_for(&paid, "");
    paid.evening();
    assert_eq!(house.opened(), 60);
}

#[test]
fn calls_of_a_stage_share_their_beginning() {
    let house = House::serve();
    let desk = house.desk();
    let narrow = Narrow::serve(usize::MAX);
    narrow.answers_for(&desk, "");
    desk.evening();
    for (task, share_min) in [("take_notes", 0.80), ("write_section", 0.25)] {
        let calls = narrow.messages(task);
        assert!(calls.len() >= 2, "{task}: {}", calls.len());
        let (mut shared, mut all) = (0, 0);
        for pair in calls.windows(2) {
            shared += common(&pair[0], &pair[1]);
            all += pair[1].len();
        }
        let share = shared as f64 / all as f64;
        println!(
            "{task}: {} calls share {:.0} % of their bytes with the one before",
            calls.len(),
            share * 100.0
        );
        assert!(share >= share_min, "{task}: {share:.2}");
        let prefix = &calls[0][..common(&calls[0], &calls[1])];
        assert!(
            prefix.contains(&format!("\\\"task\\\":\\\"{task}\\\"")),
            "the whole system message and more: {prefix}"
        );
    }
    let notes = narrow.messages("take_notes");
    let prefix = &notes[0][..common(&notes[0], &notes[1])];
    assert!(
        prefix.contains("\\\"now\\\":") && prefix.contains("\\\"notes_max\\\":"),
        "{prefix}"
    );
}

/// Bytes that two texts begin with in common.
fn common(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}
