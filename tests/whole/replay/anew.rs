//! Anew from a stage on: what is asked again, what is not, and where it goes.

use std::time::Duration;

use serde_json::{Value, json};

use super::day;
use crate::rig::{Corpus, Desk, EVENING, list, word};
use crate::stub::{Stub, says};

fn stage<'a>(sides: &'a Value, name: &str) -> &'a Value {
    let mut stages = list(sides, "stages").iter();
    stages.find(|stage| stage["stage"] == name).unwrap()
}

#[test]
fn with_another_prompt_only_its_own_questions_are_asked_again() {
    let name = "with_another_prompt_only_its_own_questions_are_asked_again";
    let Some(corpus) = Corpus::serve(name, EVENING) else {
        return;
    };
    let stub = Stub::extracting(Duration::ZERO);
    let (desk, run) = day(&corpus, |desk| stub.answers_for(desk));
    drop(corpus);
    stub.clear();
    let prompt = desk.read("prompts/draft/write_title.md");
    desk.write("title.md", &format!("{prompt}\nNever use a colon.\n"));
    let file = desk.dir().join("title.md");
    let replay = desk.json(
        0,
        &[
            "replay",
            &run,
            "--from",
            "draft",
            "--prompt",
            file.to_str().unwrap(),
        ],
    );
    let asked: Vec<String> = stub.calls().into_iter().map(|call| call.task).collect();
    assert_eq!(
        asked,
        ["write_title"],
        "the other questions have their recorded answers"
    );
    assert_eq!(replay["model_calls"], 1, "{replay}");
    let sides = &replay["sides"];
    assert_eq!(sides["changes"], json!(["prompts/draft/write_title.md"]));
    assert_eq!(
        sides["same"], true,
        "the stub answers by extraction, whatever the prompt says"
    );
    assert_eq!(stage(sides, "research")["replayed"]["model_calls"], 0);
    assert!(stage(sides, "draft")["replayed"]["from_recording"].as_u64() > Some(1));
    assert_eq!(word(&replay, "parent"), run);
    assert_eq!(
        (word(&replay, "issue"), &replay["waiting_for"]),
        ("none", &json!([]))
    );
}

#[test]
fn another_model_answers_from_the_stage_on_and_both_sides_are_shown() {
    let name = "another_model_answers_from_the_stage_on_and_both_sides_are_shown";
    let Some(corpus) = Corpus::serve(name, EVENING) else {
        return;
    };
    let (desk, run) = day(&corpus, |_| {});
    drop(corpus);
    let title = says(&json!({ "title": "Quite another title", "deck": null }).to_string());
    let script = move |task: &str| (task == "write_title").then(|| title.clone());
    let stub = Stub::scripted(Duration::ZERO, Box::new(script));
    desk.replace("config.toml", "[models]\n", &format!("{}\n", stub.config()));
    let before = desk.json(0, &["show", &run]);
    let replay = desk.json(0, &["replay", &run, "--from", "draft", "--model", "stub"]);
    let sides = &replay["sides"];
    assert_eq!(sides["changes"], json!(["route default: embedded → stub"]));
    assert_eq!(sides["same"], false);
    assert_eq!(stage(sides, "research")["same"], true);
    assert_eq!(stage(sides, "draft")["same"], false);
    assert_eq!(
        stage(sides, "engagement")["same"],
        true,
        "the letters were to what was published"
    );
    let draft = list(sides, "texts")
        .iter()
        .find(|text| text["kind"] == "draft")
        .unwrap();
    assert!(draft["words_added"].as_u64() >= Some(2), "{draft}");
    let pieces = list(draft, "pieces")
        .iter()
        .filter(|piece| piece["op"] == "added");
    let added: String = pieces.map(|piece| word(piece, "text")).collect();
    assert!(added.contains("Quite another"), "{added}");
    assert!(sides["verdicts"]["replayed"]["supported"].as_u64() > Some(0));
    let tasks: Vec<String> = stub.calls().into_iter().map(|call| call.task).collect();
    assert!(
        !tasks
            .iter()
            .any(|task| task == "take_notes" || task == "triage_reply"),
        "{tasks:?}"
    );
    // It went nowhere, and no later run reads it.
    assert_eq!(desk.json(0, &["show", &run]), before);
    let id = word(&replay, "run").to_owned();
    for refused in [
        vec!["approve", &id],
        vec!["send-back", &id, "--note", "x"],
        vec!["retry", &id],
    ] {
        assert_eq!(desk.failure(1, &refused)["code"], "CD009");
    }
    let text = crate::rig::text(&desk.run(&["runs"]).stdout);
    assert!(text.contains(&format!("replay of {run}")), "{text}");
    let again = desk.json(0, &["replay", &id]);
    assert_eq!(
        again["same"], true,
        "a replay is recorded like any run: {}",
        again["difference"]
    );
}

#[test]
fn a_replay_leaves_no_mark_on_the_next_run() {
    let name = "a_replay_leaves_no_mark_on_the_next_run";
    let Some(corpus) = Corpus::serve(name, EVENING) else {
        return;
    };
    let made = |replays: bool| {
        let desk = Desk::of_corpus(&corpus, "7d");
        desk.replace("config.toml", "hold = \"10m\"", "hold = \"0s\"");
        let run = word(&desk.evening(), "run").to_owned();
        desk.json(0, &["approve", &run, "--wait"]);
        if replays {
            desk.json(0, &["replay", &run]);
            desk.json(0, &["replay", &run, "--from", "research"]);
        }
        let next = desk.json(4, &["run", "daily", "--now", "2026-08-21T23:00:00Z", "--new"]);
        super::hashes(&next)
    };
    assert_eq!(made(true), made(false));
}

#[test]
fn a_model_that_fails_ends_the_replay_with_its_reason() {
    let script = |_: &str| Some((401, json!({ "error": { "message": "no such key" } })));
    let stub = Stub::scripted(Duration::ZERO, Box::new(script));
    let name = "a_model_that_fails_ends_the_replay_with_its_reason";
    let Some(corpus) = Corpus::serve(name, EVENING) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "7d");
    let run = word(&desk.evening(), "run").to_owned();
    desk.replace("config.toml", "[models]\n", &format!("{}\n", stub.config()));
    let replay = desk.json(1, &["replay", &run, "--from", "draft", "--model", "stub"]);
    assert_eq!(
        (word(&replay, "state"), &replay["waiting_for"]),
        ("failed", &json!([]))
    );
    assert!(
        word(&replay, "reason").contains("needs a person"),
        "{}",
        replay["reason"]
    );
    let shown = desk.json(0, &["show", &run]);
    assert_eq!(
        shown["waiting_for"],
        json!(["approval"]),
        "the run itself waits on"
    );
}

#[test]
fn a_replay_keeps_to_the_budget_and_what_it_spends_is_booked() {
    let name = "a_replay_keeps_to_the_budget_and_what_it_spends_is_booked";
    let Some(corpus) = Corpus::serve(name, EVENING) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "7d");
    let run = word(&desk.evening(), "run").to_owned();
    let stub = Stub::extracting(Duration::ZERO);
    let priced = stub
        .config()
        .replace("free = true", "price_in = \"$2/Mtok\"\nprice_out = \"$4/Mtok\"");
    desk.replace("config.toml", "[models]\n", &format!("{priced}\n"));
    let paid = desk.json(0, &["replay", &run, "--from", "draft", "--model", "stub"]);
    let spent = paid["spend_microusd"].as_u64().unwrap();
    assert!(spent > 0, "{paid}");
    assert_eq!(paid["sides"]["figures"]["replayed"]["spend_microusd"], spent);
    assert_eq!(paid["sides"]["figures"]["recorded"]["spend_microusd"], 0);
    let booked = desk.json(0, &["spend"]);
    let rows = booked.as_array().unwrap().iter();
    let sum: u64 = rows.filter_map(|row| row["spend_microusd"].as_u64()).sum();
    assert_eq!(sum, spent, "{booked}");
    // A price that no run can pay: nothing is asked.
    let dear = desk.read("config.toml").replace("$2/Mtok", "$90000/Mtok");
    desk.write("config.toml", &dear);
    stub.clear();
    let replay = desk.json(1, &["replay", &run, "--from", "draft", "--model", "stub"]);
    assert!(word(&replay, "reason").contains("budget"), "{}", replay["reason"]);
    assert_eq!((stub.calls().len(), &replay["spend_microusd"]), (0, &json!(0)));
}

#[test]
fn a_run_that_waits_for_its_model_is_shown_with_another_and_pays_for_no_answer_twice() {
    let name = "a_run_that_waits_for_its_model_is_shown_with_another_and_pays_for_no_answer_twice";
    let Some(corpus) = Corpus::serve(name, EVENING) else {
        return;
    };
    let script =
        |task: &str| (task == "write_title").then(|| (401, json!({ "error": { "message": "no such key" } })));
    let stub = Stub::scripted(Duration::ZERO, Box::new(script));
    let desk = Desk::of_corpus(&corpus, "7d");
    stub.answers_for(&desk);
    let run = desk.evening();
    assert_eq!(run["waiting_for"], json!(["model"]), "{run}");
    let id = word(&run, "run");
    stub.clear();
    let replay = desk.json(
        0,
        &["replay", id, "--from", "draft", "--route", "write_title=embedded"],
    );
    assert_eq!(word(&replay, "state"), "completed", "{replay}");
    let asked: Vec<String> = stub.calls().into_iter().map(|call| call.task).collect();
    assert!(
        !asked
            .iter()
            .any(|task| task == "plan_issue" || task == "write_section"),
        "{asked:?}"
    );
    assert_eq!(desk.json(0, &["show", id])["waiting_for"], json!(["model"]));
}
