//! A custom stage whose question is longer than the window of its model.

use serde_json::json;

use crate::custom::{CALLS, World};
use crate::rig::{list, word};

#[test]
fn a_question_that_has_no_room_is_asked_of_a_larger_model_that_a_person_chooses() {
    let world = World::new();
    let desk = world.trusting(&[("gather", ""), ("digest", "needs = [\"gather\"]")]);
    let small = format!(
        "[models.small]\nbase_url = \"http://{}/v1\"\nmodel = \"small-1\"\ncontext_tokens = 8192\ntokens_out_max = 1024\n\n\
         [routes]\ndigest = [\"small\"]\n",
        world.server.address
    );
    desk.replace("config.toml", "[routes]\n", &small);
    world.seen.lock().unwrap().words = 20_000;
    let run = desk.json(4, &["run", "own"]);
    assert_eq!(run["waiting_for"], json!(["model"]), "{run}");
    let reason = word(&run, "reason");
    assert!(
        reason.contains("`digest` needs about") && reason.contains("retry RUN --route NAME"),
        "{reason}"
    );
    assert!(world.asked("digest").is_empty(), "what cannot fit is not sent");
    let id = word(&run, "run").to_owned();
    world.seen.lock().unwrap().words = 10;
    desk.json(0, &["retry", &id, "--route", "m"]);
    let run = desk.json(0, &["run", "own"]);
    assert_eq!(
        (word(&run, "run"), word(&run, "state")),
        (id.as_str(), "completed"),
        "{run}"
    );
    assert_eq!(world.asked("gather").len(), CALLS + 1, "nothing is paid twice");
    let logs = desk.json(0, &["logs", &id]);
    assert!(
        logs.to_string().contains("asked whole: `m` has room for it"),
        "{logs}"
    );
    let asked = world.asked("digest").len();
    let replayed = desk.json(0, &["replay", &id]);
    let compared = list(&replayed, "compared");
    assert!(compared.iter().all(|round| round["same"] == true), "{replayed}");
    assert_eq!(world.asked("digest").len(), asked, "a replay asks nobody");
}
