//! Money, through the whole program: a run over its budget, a crash between reserve and bill, who really answered.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::rig::{Corpus, Desk, EVENING, json_file, list, text, word};
use crate::stub::Stub;

/// SIGABRT: the program ended at its crash point.
const ABORTED: i32 = 6;

/// A folder whose every task is asked at a stub that costs $1 a million tokens; `small` is the same stub for a
/// hundredth of that.
fn desk(corpus: &Corpus, stub: &Stub, budget: &str) -> Desk {
    let desk = Desk::of_corpus(corpus, "24h");
    let large = "[models.large]\nbase_url = \"http://HOST/v1\"\nmodel = \"stub-1\"\nprice_in = \"$1.00/Mtok\"\nprice_out = \"$1.00/Mtok\"\n";
    let small = large
        .replace("large", "small")
        .replace("stub-1", "stub-2")
        .replace("$1.00", "$0.01");
    let models = format!("{large}{small}").replace("HOST", &stub.host());
    desk.replace("config.toml", "[models]\n", &format!("{models}\n"));
    desk.replace("config.toml", "default = [\"embedded\"]", "default = [\"large\"]");
    desk.replace("config.toml", "run = \"$1.00\"", &format!("run = \"{budget}\""));
    desk
}

fn spent(desk: &Desk) -> i64 {
    let rows = desk.json(0, &["spend"]);
    let amounts = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["spend_microusd"].as_i64().unwrap());
    amounts.sum()
}

#[test]
fn a_run_over_its_budget_waits_with_its_choices_and_each_of_them_works() {
    let test = "a_run_over_its_budget_waits_with_its_choices_and_each_of_them_works";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    let stub = Stub::extracting(Duration::ZERO);
    let desk = desk(&corpus, &stub, "$0.02");
    let waits = desk.evening();
    let run = word(&waits, "run").to_owned();
    assert_eq!(waits["waiting_for"], json!(["budget"]), "{waits}");
    assert!(
        word(&waits, "reason").contains("the run budget of $0.02"),
        "{waits}"
    );
    assert!(spent(&desk) <= 20_000, "no call starts that does not fit");
    let shown = desk.json(0, &["show", &run]);
    let choices = &shown["choices"];
    let (breach, grant) = (&choices["breach"], choices["grant_microusd"].as_i64().unwrap());
    assert_eq!(
        (word(breach, "scope"), word(breach, "model")),
        ("run", "large"),
        "{choices}"
    );
    let short = breach["short"].as_i64().unwrap();
    assert!(short > 0 && grant >= short && grant - short < 10_000, "{choices}");
    assert_eq!(choices["cheaper"]["route"], "small", "{choices}");
    assert_eq!(choices["embedded"], true);
    let told = text(&desk.run(&["waiting"]).stdout);
    for command in ["--budget '+$", "--route small", "--embedded", "copydesk cancel"] {
        assert!(told.contains(command), "{command}: {told}");
    }

    // More money: it goes on where it stopped, and what was paid for is not asked again.
    let before = stub.calls().len();
    desk.json(0, &["retry", &run, "--budget", &format!("+${}", micro(grant))]);
    let again = desk.json(4, &["run", "daily", "--now", EVENING]);
    assert_eq!(word(&again, "run"), run);
    assert!(stub.calls().len() > before, "it went on");
    assert!(
        stub.by_question().values().all(|count| *count == 1),
        "nothing was paid twice"
    );

    // A cheaper model for the rest of it.
    let wrong = desk.failure(2, &["retry", &run, "--route", "smal"]);
    assert!(word(&wrong, "error").contains("did you mean `small`?"), "{wrong}");
    desk.json(0, &["retry", &run, "--route", "small"]);
    let done = desk.json(4, &["run", "daily", "--now", EVENING]);
    assert_eq!(done["waiting_for"], json!(["approval"]), "{done}");
    let shown = desk.json(0, &["show", &run]);
    assert!(shown.get("choices").is_none(), "{shown}");
    let answered: Vec<(&str, &str)> = list(&shown, "models")
        .iter()
        .map(|model| (word(model, "model"), word(model, "stage")))
        .collect();
    assert!(
        answered.contains(&("large", "research")) && answered.contains(&("small", "review")),
        "{answered:?}"
    );

    assert_spend_is_told(&desk);
    assert_the_chosen_model_is_replaced(&desk, &run, &stub);
}

/// A replay with the release's own model asks it for what another one had answered because a person chose that.
fn assert_the_chosen_model_is_replaced(desk: &Desk, run: &str, stub: &Stub) {
    let replay = |of: &str, more: &[&str]| {
        stub.clear();
        let words = ["replay", of, "--from", "review"];
        let replay = desk.json(0, &[&words[..], more].concat());
        let asked: Vec<String> = stub.calls().into_iter().map(|call| call.task).collect();
        let id = word(&replay, "run").to_owned();
        (asked, replay["sides"]["changes"].clone(), id)
    };
    let (asked, changes, unchanged) = replay(run, &[]);
    assert_eq!(
        (asked, changes),
        (Vec::new(), json!([])),
        "its answers are recorded"
    );
    let (asked, changes, _) = replay(&unchanged, &[]);
    assert_eq!(
        (asked, changes),
        (Vec::new(), json!([])),
        "also those of a replay"
    );
    let (asked, changes, _) = replay(run, &["--model", "large"]);
    assert!(
        !asked.is_empty(),
        "the release's own model is another one than was chosen"
    );
    assert_eq!(
        changes,
        json!(["models of review: small, as chosen → those of its release"])
    );
    let (asked, ..) = replay(run, &["--model", "small"]);
    assert_eq!(asked, Vec::<String>::new(), "it has answered");
}

/// What was spent is told by model and by day.
fn assert_spend_is_told(desk: &Desk) {
    let by_model = desk.json(0, &["spend", "--by", "model"]);
    let names: Vec<&str> = by_model
        .as_array()
        .unwrap()
        .iter()
        .map(|row| word(row, "model"))
        .collect();
    assert_eq!(names, ["large", "small"], "{by_model}");
    assert!(
        by_model[0].get("day").is_none() && by_model[0]["tokens_in"].as_i64() > Some(0),
        "{by_model}"
    );
    let chart = text(
        &desk
            .run(&["spend", "--by", "day", "--since", "2026-01-01"])
            .stdout,
    );
    assert!(
        chart.contains('█') && chart.contains("left (Europe/Berlin)"),
        "{chart}"
    );
}

#[test]
fn a_run_without_money_is_finished_by_the_embedded_model() {
    let test = "a_run_without_money_is_finished_by_the_embedded_model";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    let stub = Stub::extracting(Duration::ZERO);
    let desk = desk(&corpus, &stub, "$0.001");
    let waits = desk.evening();
    assert_eq!(waits["waiting_for"], json!(["budget"]), "{waits}");
    desk.json(0, &["retry", word(&waits, "run"), "--embedded"]);
    let done = desk.json(4, &["run", "daily", "--now", EVENING]);
    assert_eq!(done["waiting_for"], json!(["approval"]), "{done}");
    assert_eq!((spent(&desk), stub.calls().len()), (0, 0));
}

/// Dollars of millionths, as the command line takes them.
fn micro(amount: i64) -> String {
    format!("{}.{:06}", amount / 1_000_000, amount % 1_000_000)
}

#[test]
fn calls_at_the_same_time_wait_for_each_others_bills_rather_than_stop_their_run() {
    let test = "calls_at_the_same_time_wait_for_each_others_bills_rather_than_stop_their_run";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    let stub = Stub::extracting(Duration::from_millis(20));
    let rich = desk(&corpus, &stub, "$1.00");
    assert_eq!(rich.evening()["waiting_for"], json!(["approval"]));
    let needed = spent(&rich);
    // Room for the largest reserve beside all bills, and far from room for six at once.
    let largest = 40_000;
    let poor = desk(&corpus, &stub, &format!("${}", micro(needed + largest)));
    let done = poor.evening();
    assert_eq!(done["waiting_for"], json!(["approval"]), "{done}");
    assert_eq!(spent(&poor), needed, "the same calls for the same money");
}

#[test]
fn a_warning_at_four_fifths_stands_once_for_its_scope_and_period() {
    let test = "a_warning_at_four_fifths_stands_once_for_its_scope_and_period";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    let stub = Stub::extracting(Duration::ZERO);
    let desk = desk(&corpus, &stub, "$1.00");
    let price = "price_out = \"$1.00/Mtok\"";
    desk.replace("config.toml", price, &format!("{price}\ntokens_out_max = 64"));
    assert_eq!(desk.evening()["waiting_for"], json!(["approval"]));
    // What was spent is 85 % of a day's budget, of which the rest has room for some more calls.
    let day = micro(spent(&desk) * 100 / 85);
    desk.replace("config.toml", "day = \"$5.00\"", &format!("day = \"${day}\""));
    let again = desk.json(4, &["run", "daily", "--now", EVENING, "--new"]);
    let run = word(&again, "run").to_owned();
    let log = || text(&desk.run(&["logs", &run]).stdout);
    let warnings = || {
        let log = log();
        log.lines()
            .filter(|line| line.contains(" of the day budget of ") && line.contains("are used up"))
            .count()
    };
    assert_eq!(warnings(), 1, "{}", log());
    desk.json(0, &["retry", &run, "--budget", "+$0.01"]);
    desk.json(4, &["run", "daily", "--now", EVENING]);
    assert_eq!(warnings(), 1, "once, whoever goes on with it: {}", log());
}

/// What the ledger says of a folder's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Booked {
    calls: i64,
    spend: i64,
    assumed: i64,
}

fn booked(desk: &Desk) -> Booked {
    let rows = desk.json(0, &["spend", "--by", "task"]);
    let sum = |field: &str| -> i64 {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row[field].as_i64().unwrap()).sum()
    };
    Booked {
        calls: sum("calls"),
        spend: sum("spend_microusd"),
        assumed: sum("assumed_microusd"),
    }
}

/// Where the program ends; how many reserves it leaves without a bill, where that hangs on nothing else; whether their
/// calls were sent; and how often in a row: a process that goes on behind the end of the stage does not come by again.
const CUTS: &[(&str, Option<i64>, bool, usize)] = &[
    // The reserve is durable, the call was not sent.
    ("reserve_spend/after/3", Some(1), false, 2),
    // The call was answered, its bill and its answer are lost.
    ("settle_spend/before/3", Some(1), true, 2),
    // Its bill and its answer are durable; the reserve of the next call, which was not sent, may be in the same commit.
    ("settle_spend/after/3", None, false, 2),
    // The last bill of the stage may share its commit, and nothing is reserved behind it.
    ("finish_stage/before/1", None, true, 2),
    ("finish_stage/after/1", Some(0), false, 1),
];

#[test]
fn a_crash_between_reserve_and_bill_loses_no_money_and_counts_none_twice() {
    let test = "a_crash_between_reserve_and_bill_loses_no_money_and_counts_none_twice";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    let stub = Stub::extracting(Duration::ZERO);
    let research = ["run", "daily", "--now", EVENING, "--until", "research"];
    // One call at a time, so that what a crash leaves open is one call at most.
    let one_by_one = || {
        let desk = desk(&corpus, &stub, "$1.00");
        let price = "price_out = \"$1.00/Mtok\"";
        desk.replace("config.toml", price, &format!("{price}\nconcurrency_max = 1"));
        stub.clear();
        desk
    };
    let whole = one_by_one();
    whole.json(0, &research);
    let (golden, asked) = (booked(&whole), i64::try_from(stub.calls().len()).unwrap());
    assert_eq!(
        (golden.calls, golden.assumed),
        (asked, 0),
        "every call has its bill"
    );
    for (point, open, is_sent, most) in CUTS {
        // Once, and twice at the same place: the second crash is one of the process that went on.
        for crashes in 1..=*most {
            let desk = one_by_one();
            let (mut before, mut left) = (booked(&desk), 0);
            for _ in 0..crashes {
                let mut command = desk.command(&research);
                let crashed = command
                    .env("COPYDESK_CRASH", point)
                    .stderr(Stdio::piped())
                    .output();
                let crashed = crashed.unwrap();
                assert_eq!(
                    crashed.status.signal(),
                    Some(ABORTED),
                    "{point}: it never crashed: {}",
                    text(&crashed.stderr)
                );
                let now = booked(&desk);
                let one = i64::from(now.assumed > before.assumed);
                assert!(
                    open.is_none_or(|open| open == one),
                    "{point}: {now:?} after {before:?}"
                );
                left += one;
                before = now;
            }
            desk.json(0, &research);
            let (after, made) = (booked(&desk), i64::try_from(stub.calls().len()).unwrap());
            println!("{point} × {crashes}: {after:?}, {made} made; {golden:?}");
            assert_eq!(after.assumed, before.assumed, "{point}: booked as assumed once");
            assert_eq!(
                after.spend - after.assumed,
                golden.spend,
                "{point}: every bill is booked once, as it came"
            );
            assert_eq!(after.calls, golden.calls + left, "{point}");
            let again = if *is_sent { left } else { 0 };
            assert_eq!(made, asked + again, "{point}");
            let run = word(&desk.json(0, &["runs"])[0], "run").to_owned();
            let of_run = desk.json(0, &["show", &run])["spend_microusd"].as_i64().unwrap();
            assert_eq!(
                of_run, after.spend,
                "{point}: the run and the ledger say the same"
            );
        }
    }
}

#[test]
fn the_model_that_really_answered_is_named_in_logs_and_export() {
    let test = "the_model_that_really_answered_is_named_in_logs_and_export";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    let stub = Stub::extracting(Duration::ZERO);
    let desk = desk(&corpus, &stub, "$1.00");
    let run = word(&desk.evening(), "run").to_owned();
    let steps = desk.json(0, &["logs", &run]);
    let asked: Vec<&Value> = steps
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["task"].is_string())
        .collect();
    assert!(!asked.is_empty());
    for step in asked {
        assert_eq!(word(step, "model"), "large", "{step}");
        assert_eq!(word(step, "answered_by"), "embedded", "{step}");
    }
    let exported = json_file(&desk.export(&run).join("run.json"));
    let models = list(&exported, "models");
    assert!(
        models
            .iter()
            .any(|model| word(model, "answered_by") == "embedded"),
        "{models:?}"
    );
}
