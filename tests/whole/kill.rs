//! `kill -9` at any moment: the run goes on at the next call.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::orphans;
use crate::rig::{Corpus, Desk, EVENING, list, word};
use crate::stub::Stub;

/// So many moments, half of them in each of two threads: the first asks several questions at a time, the second one,
/// beside a tool server of another's making that holds on to life.
const MOMENTS: u64 = 20;
const AT_ONCE: [usize; 2] = [CALLS_AT_ONCE, 1];
/// What the model takes for an answer, so that a run lasts long enough to be hit anywhere.
const DELAY: Duration = Duration::from_millis(20);
/// Between an answer on the wire and its row on the disk; an answer younger than that at the kill was under way.
/// Half a second, for a machine that does other things at the same time.
const COMMIT: Duration = Duration::from_millis(500);
/// So many questions are asked at a time.
const CALLS_AT_ONCE: usize = 6;
/// Eight calls of tools can be under way, one of them of a feed in three pages; a new process reads robots.txt again.
const FETCHES_AT_ONCE: usize = 8 + 2 + 1;

/// Kills of an approval, after one that is let through and timed.
const PUBLISH_MOMENTS: u32 = 6;

/// SplitMix64: small, seeded, and the same everywhere.
struct Random(u64);

impl Random {
    /// A number from 0 up to 1.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed >> 40) as f64 / (1_u64 << 24) as f64
    }
}

/// The seed of this process, said aloud.
fn seed() -> u64 {
    let given = std::env::var("COPYDESK_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or(20_260_820);
    println!("seed {seed} (COPYDESK_SEED sets another)");
    seed
}

/// What a run without a kill did.
struct Golden {
    lasted: Duration,
    calls: usize,
    fetches: usize,
    artifacts: Vec<(String, String)>,
}

struct House {
    corpus: Corpus,
    stub: Stub,
    /// So many questions are asked at a time.
    at_once: usize,
}

impl House {
    fn is_one_by_one(&self) -> bool {
        self.at_once == 1
    }
}

#[test]
fn killed_anywhere_it_goes_on_at_the_next_call() {
    let test = "killed_anywhere_it_goes_on_at_the_next_call";
    if crate::rig::shared(test).is_none() {
        return;
    }
    let seed = seed();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..)
            .zip(AT_ONCE)
            .map(|(thread, at_once)| scope.spawn(move || kill_some(test, seed + thread, at_once)))
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

fn kill_some(test: &str, seed: u64, at_once: usize) {
    let corpus = Corpus::serve(test, EVENING).expect("the shared data is here");
    let house = House {
        corpus,
        stub: Stub::extracting(DELAY),
        at_once,
    };
    let golden = golden(&house);
    println!(
        "{at_once} at a time: golden {:?}, {} calls, {} fetches",
        golden.lasted, golden.calls, golden.fetches
    );
    assert!(golden.calls > 10, "the stub is asked");
    let mut random = Random(seed);
    let mut beside_a_server = 0;
    for _ in 0..MOMENTS / 2 {
        // A first moment that comes too late is drawn again, earlier.
        let mut share = 0.02 + 0.96 * random.share();
        let killed = loop {
            if let Some(killed) = kill_once(&house, &golden, golden.lasted.mul_f64(share)) {
                break killed;
            }
            share *= 0.8;
        };
        beside_a_server += usize::from(killed.beside_a_server);
    }
    assert!(
        !house.is_one_by_one() || beside_a_server > 0,
        "no kill came while the tool server was there"
    );
}

/// What was there when a run was killed.
struct Killed {
    beside_a_server: bool,
}

fn new_desk(house: &House) -> Desk {
    let desk = Desk::of_corpus(&house.corpus, "7d");
    house.stub.answers_for(&desk);
    if house.is_one_by_one() {
        let stub = house.stub.config();
        desk.replace("config.toml", &stub, &format!("{stub}concurrency_max = 1\n"));
        orphans::serve_research(&desk);
    }
    house.stub.clear();
    house.corpus.take_log();
    desk
}

fn artifacts(run: &Value) -> Vec<(String, String)> {
    let of_stages = list(run, "stages")
        .iter()
        .flat_map(|stage| list(stage, "artifacts"));
    of_stages
        .map(|artifact| {
            (
                word(artifact, "kind").to_owned(),
                word(artifact, "hash").to_owned(),
            )
        })
        .collect()
}

fn golden(house: &House) -> Golden {
    let desk = new_desk(house);
    let started = Instant::now();
    let run = desk.evening();
    let lasted = started.elapsed();
    let artifacts = artifacts(&run);
    let kinds: Vec<&str> = artifacts.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["research_brief", "draft", "review", "issue"], "{run}");
    Golden {
        lasted,
        calls: house.stub.calls().len(),
        fetches: house.corpus.take_log().len(),
        artifacts,
    }
}

/// Kills a run at a moment and lets it go on; none where it had ended before.
fn kill_once(house: &House, golden: &Golden, moment: Duration) -> Option<Killed> {
    let desk = new_desk(house);
    orphans::forget_start(&desk);
    let quiet = Stdio::null;
    let mut child = desk
        .command(&["run", "daily", "--now", EVENING])
        .stdout(quiet())
        .stderr(quiet())
        .spawn()
        .unwrap();
    std::thread::sleep(moment);
    if child.try_wait().unwrap().is_some() {
        return None;
    }
    child.kill().unwrap();
    let killed_at = Instant::now();
    let status = child.wait().unwrap();
    if status.signal() != Some(9) {
        return None;
    }
    let beside_a_server = orphans::has_started(&desk);
    orphans::assert_none_left(&desk);
    let before = house.stub.calls();
    let is_open = |at: Option<Instant>| at.is_none_or(|at| at + COMMIT > killed_at);
    let under_way = before.iter().filter(|call| is_open(call.answered_at)).count();
    let unanswered = before
        .iter()
        .filter(|call| call.answered_at.is_none_or(|at| at > killed_at))
        .count();
    let found = desk.json(0, &["runs"])[0].clone();
    let kept = found["model_calls"].as_u64().unwrap_or_default();
    let lost = before.len() - usize::try_from(kept).unwrap();
    let run = go_on(&desk);
    let calls = house.stub.calls().len();
    let fetches = house.corpus.take_log().len();
    println!(
        "killed at {moment:?}: {} calls, {kept} of them kept, {unanswered} not answered; {calls} in all, {fetches} fetches",
        before.len()
    );
    assert!(
        lost <= under_way.min(house.at_once),
        "{lost} lost, {under_way} were under way"
    );
    let saved = run["saved_by_resume"]["calls"].as_u64().unwrap();
    // Later stages may be killed before their first call.
    let is_in_research = found["stages"][0]["state"] == "running";
    assert!(
        !is_in_research || kept == 0 || saved >= kept,
        "{kept} calls were kept and {saved} are said to be saved"
    );
    assert!(
        calls <= golden.calls + lost,
        "{calls} calls, {} without a kill",
        golden.calls
    );
    assert!(
        fetches <= golden.fetches + FETCHES_AT_ONCE,
        "{fetches} fetches, {} without a kill",
        golden.fetches
    );
    assert_eq!(artifacts(&run), golden.artifacts, "killed at {moment:?}");
    Some(Killed { beside_a_server })
}

/// Goes on as a person would, until the gate.
fn go_on(desk: &Desk) -> Value {
    let runs = desk.json(0, &["runs"]);
    let Some(run) = runs.as_array().unwrap().first() else {
        return desk.evening();
    };
    if run["state"] == "waiting" {
        return run.clone();
    }
    let done = desk.json(4, &["run", "daily"]);
    assert_eq!(done["run"], run["run"], "it goes on with the same run");
    done
}

#[test]
fn killed_while_it_publishes_it_publishes_once() {
    let test = "killed_while_it_publishes_it_publishes_once";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    let mut random = Random(seed());
    let (mut lasted, mut hits) = (Duration::ZERO, 0);
    for moment in 0..=PUBLISH_MOMENTS {
        let desk = Desk::of_corpus(&corpus, "7d");
        desk.replace("config.toml", "hold = \"10m\"", "hold = \"0s\"");
        let run = desk.evening();
        let id = word(&run, "run");
        let mut child = desk
            .command(&["approve", id, "--wait"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        if moment == 0 {
            let started = Instant::now();
            child.wait().unwrap();
            lasted = started.elapsed();
        } else {
            std::thread::sleep(lasted.mul_f64(random.share()));
            child.kill().unwrap();
        }
        let is_hit = child.wait().unwrap().signal() == Some(9);
        hits += u32::from(is_hit);
        let shown = desk.json(0, &["show", id]);
        println!("{moment}: hit {is_hit}, {}", shown["issue"]);
        match word(&shown, "issue") {
            "reviewed" => desk.json(0, &["approve", id, "--wait"]),
            "approved" => desk.json(0, &["run", "daily"]),
            other => other.into(),
        };
        let done = desk.json(0, &["show", id]);
        assert_eq!(done["issue"], "published", "{done}");
        assert_eq!(desk.read("site/feed.xml").matches("<entry>").count(), 1);
        let receipts = crate::rig::json_file(&desk.export(id).join("receipts.json"));
        assert_eq!(receipts.as_array().unwrap().len(), 1, "{receipts}");
    }
    println!("{hits} of {PUBLISH_MOMENTS} kills hit a live process; an approval takes {lasted:?}");
    assert!(hits > 0);
}
