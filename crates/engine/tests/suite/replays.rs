//! Past runs once more: from their records, and anew from one of their stages.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use copydesk_domain::artifact::Fetch;
use copydesk_domain::{
    ContentHash, Decision, IssueState, RunId, RunState, StageName, StageState, Untrusted, WaitingFor,
};
use copydesk_engine::replay::{
    Again, Anew, Recording, ReplayError, Replayer, ReplayerOptions, settle_replays,
};
use copydesk_journal::{Silent, Stage, StageContext, StageError, StageInputs, StageOutput};
use copydesk_store::{Command, RunParams, SnapshotParams, Store};
use copydesk_store_memory::MemoryStore;
use tokio::sync::watch;

use crate::house::{House, Process, daily};
use crate::stubs::{Nothing, StubStage, StubTools};

pub fn replayer(house: &House) -> Replayer {
    replayer_with(house, None)
}

/// The same, with another stage in place of research.
fn replayer_with(house: &House, research: Option<&Arc<dyn Stage>>) -> Replayer {
    let stages = ["research", "draft", "review", "engagement", "custom"].map(|agent| {
        let script = Arc::clone(&house.script);
        let stub: Arc<dyn Stage> = Arc::new(StubStage { agent, script });
        let other = research.filter(|stage| stage.agent() == agent);
        (agent, other.map_or(stub, Arc::clone))
    });
    Replayer::new(ReplayerOptions {
        store: Arc::new(house.store.clone()),
        clock: Arc::clone(&house.clock) as _,
        stages: stages.into_iter().collect(),
        models: Arc::new(Nothing),
        tools: Arc::new(StubTools(Arc::clone(&house.script))),
        progress: Arc::new(Silent),
        owner: "house".to_owned(),
        shutdown: watch::channel(false).1,
    })
}

pub async fn again(house: &House, run: &RunId) -> Again {
    let scratch = Arc::new(MemoryStore::new());
    replayer(house)
        .again(run, scratch)
        .await
        .expect("it can be replayed")
}

/// A day that was sent back once, published, and whose readers wrote.
async fn day(house: &House) -> (Process, RunId) {
    let process = house.start();
    process.idle().await;
    process.at(house, "2026-11-22T04:00:01Z");
    house.until_run(|run| run.state == RunState::Waiting).await;
    process.at(house, "2026-11-22T08:00:00Z");
    let waits = |run: &copydesk_store::RunRecord| run.waiting_for == [WaitingFor::Approval];
    let run = house.until_run(waits).await;
    let note = Some("shorter".to_owned());
    let sent_back = process
        .engine
        .decide_issue(&run, Decision::SentBack, None, note)
        .await;
    sent_back.expect("it waits for a decision");
    house
        .until(|| async { (house.script.diary.count("review/3") == 2).then_some(()) })
        .await;
    house.until_run(waits).await;
    let approved = process.engine.approve(&run, None, None, None).await;
    approved.expect("it waits for a decision");
    process.at(house, "2026-11-22T08:10:01Z");
    house.until_run(|run| run.issue == IssueState::Published).await;
    house
        .script
        .has_reader
        .store(true, std::sync::atomic::Ordering::SeqCst);
    process.at(house, "2026-11-22T18:00:00Z");
    house
        .until_run(|run| run.waiting_for == [WaitingFor::Answers])
        .await;
    (process, run)
}

#[tokio::test]
async fn a_day_comes_out_of_its_records_with_the_same_bytes_and_without_an_effect() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let (process, run) = day(&house).await;
    house.script.diary.clear();
    let notices = house.open_by("mail").await;
    for _ in 0..3 {
        let again = again(&house, &run).await;
        assert!(again.made.is_same(), "{:?}", again.made.difference);
        let rounds: Vec<String> = again
            .made
            .compared
            .iter()
            .map(|round| format!("{}{}", round.stage, round.round.0))
            .collect();
        assert_eq!(
            rounds,
            [
                "research1",
                "draft1",
                "review1",
                "draft2",
                "review2",
                "engagement1"
            ]
        );
        let view = process.engine.view(&again.run).await.unwrap();
        assert_eq!((view.parent.as_ref(), view.slot), (Some(&run), None));
        assert_eq!((view.state, view.issue), (RunState::Completed, IssueState::None));
        assert_eq!(
            (view.model_calls, view.tool_calls, view.waiting_for),
            (0, 0, Vec::new())
        );
        let draft = view
            .stages
            .iter()
            .find(|stage| stage.stage.as_str() == "draft")
            .unwrap();
        assert_eq!((draft.round.0, draft.state), (2, StageState::Completed));
    }
    process.idle().await;
    assert_eq!(
        house.script.diary.steps(),
        Vec::<String>::new(),
        "nothing was done"
    );
    assert_eq!(house.open_by("mail").await, notices, "and nobody told");
    assert!(house.store.outbox(&run).await.unwrap().len() == 1);
    process.stop().await;
}

#[tokio::test]
async fn the_replay_of_a_replay_is_the_same_too() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let (process, run) = day(&house).await;
    let first = again(&house, &run).await.run;
    let second = again(&house, &first).await;
    assert!(second.made.is_same());
    process.stop().await;
}

#[tokio::test]
async fn a_stage_that_makes_something_else_is_the_first_difference() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let (process, run) = day(&house).await;
    let brief = house.store.stages(&run).await.unwrap()[0].artifacts[0];
    let stored = house.store.artifact(&brief.hash).await.unwrap().unwrap();
    let mut value: serde_json::Value = serde_json::from_slice(&stored.bytes).unwrap();
    value["notes_dropped"] = serde_json::json!(7);
    let other = copydesk_domain::artifact::Artifact::of(brief.kind, &value).unwrap();
    *house.script.makes.lock().unwrap() = Some(other.clone());
    let again = again(&house, &run).await;
    assert!(!again.made.is_same());
    let found = again.made.difference.expect("it differs");
    assert_eq!((found.stage.as_str(), found.round.0), ("research", 1));
    assert_eq!(found.path.as_deref(), Some("$.notes_dropped"));
    assert_eq!(
        (
            found.recorded.inspect().as_str(),
            found.replayed.inspect().as_str()
        ),
        ("1", "7")
    );
    let kept = house.store.stages(&again.run).await.unwrap();
    assert_eq!(kept[0].artifacts[0].hash, other.hash, "what came out is kept");
    process.stop().await;
}

#[tokio::test]
async fn a_round_that_ends_otherwise_than_then_differs() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    house.script.fails_research.send_replace(true);
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T04:00:01Z");
    let has_failed = |run: &copydesk_store::RunRecord| run.state == RunState::Waiting;
    house.until_slot(copydesk_domain::SlotState::Skipped).await;
    let run = house.until_run(has_failed).await;
    assert!(
        again(&house, &run).await.made.is_same(),
        "it fails again, for the same reason"
    );
    house.script.fails_research.send_replace(false);
    let found = again(&house, &run).await.made.difference.expect("it differs");
    assert!(found.recorded.inspect().contains("no feed answered"));
    assert_eq!(found.replayed.inspect(), "it was completed");
    process.stop().await;
}

#[tokio::test]
async fn from_a_stage_on_the_newest_round_and_what_works_from_it_are_done_anew() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let (process, run) = day(&house).await;
    let record = house.store.run(&run).await.unwrap().unwrap();
    let release = process.engine.release(&record).await.unwrap();
    house.script.diary.clear();
    let anew = Anew {
        run: run.clone(),
        from: StageName::new("draft"),
        release: (*release).clone(),
        choice: None,
    };
    let replay = replayer(&house).anew(anew).await.expect("it can be replayed");
    let steps = house.script.diary.steps();
    assert!(steps.is_empty(), "every step was recorded: {steps:?}");
    assert_eq!(
        house.script.diary.count("draft reads shorter"),
        1,
        "the author's note is an input"
    );
    let sides = process
        .engine
        .sides(&replay)
        .await
        .unwrap()
        .expect("it has a parent");
    assert!(sides.same, "nothing was changed");
    let stages = house.store.stages(&replay).await.unwrap();
    let rounds: Vec<String> = stages
        .iter()
        .map(|stage| format!("{}{}", stage.stage, stage.round.0))
        .collect();
    assert_eq!(
        rounds,
        [
            "research1",
            "draft1",
            "review1",
            "draft2",
            "review2",
            "engagement1"
        ]
    );
    let record = house.store.run(&replay).await.unwrap().unwrap();
    assert_eq!(
        (record.state, record.issue),
        (RunState::Completed, IssueState::None)
    );
    process.idle().await;
    assert_eq!(house.script.diary.count("publish/an-issue"), 0);
    process.stop().await;
}

#[tokio::test]
async fn of_a_pruned_run_the_earlier_stages_are_still_taken_over() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let (process, run) = day(&house).await;
    let at = "2026-11-22T18:00:02Z".parse().unwrap();
    house
        .store
        .apply(Command::RequestCancel { run: run.clone(), at })
        .await
        .unwrap();
    house
        .until(|| async {
            let record = house.store.run(&run).await.unwrap().unwrap();
            record.state.is_final().then_some(())
        })
        .await;
    let before = "2027-11-22T18:00:00Z".parse().unwrap();
    let prune = Command::Prune {
        before,
        snapshots_max: 100,
        at: before,
    };
    house.store.apply(prune).await.unwrap();
    let scratch = Arc::new(MemoryStore::new());
    let refused = replayer(&house).again(&run, scratch).await;
    assert!(matches!(refused, Err(ReplayError::Pruned { .. })), "{refused:?}");
    let record = house.store.run(&run).await.unwrap().unwrap();
    let release = (*process.engine.release(&record).await.unwrap()).clone();
    house.script.diary.clear();
    let from = StageName::new("review");
    let replay = replayer(&house)
        .anew(Anew {
            run: run.clone(),
            from,
            release,
            choice: None,
        })
        .await
        .expect("it can be replayed");
    assert_eq!(house.script.diary.steps(), ["review/1", "review/2", "review/3"]);
    let state = house.store.run(&replay).await.unwrap().unwrap().state;
    assert_eq!(state, RunState::Completed);
    process.stop().await;
}

#[tokio::test]
async fn a_run_at_work_is_not_replayed_and_an_unknown_stage_is_named() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    house.script.holds_research.send_replace(true);
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T04:00:01Z");
    let run = house.until_run(|run| run.state == RunState::Running).await;
    let read = Recording::read(&house.store, &run).await;
    assert!(matches!(read, Err(ReplayError::UnderWay { .. })), "{read:?}");
    house.script.holds_research.send_replace(false);
    house.until_run(|run| run.state == RunState::Waiting).await;
    let record = house.store.run(&run).await.unwrap().unwrap();
    let release = (*process.engine.release(&record).await.unwrap()).clone();
    let from = StageName::new("drafd");
    let refused = replayer(&house)
        .anew(Anew {
            run,
            from,
            release,
            choice: None,
        })
        .await;
    assert!(
        matches!(refused, Err(ReplayError::StageUnknown { .. })),
        "{refused:?}"
    );
    assert_eq!(house.runs().await.len(), 1, "nothing was kept");
    process.stop().await;
}

#[tokio::test]
async fn a_replay_that_its_process_did_not_end_is_ended_by_the_next() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let (process, run) = day(&house).await;
    let record = house.store.run(&run).await.unwrap().unwrap();
    let at = record.created_at;
    let id = RunId::new("daily-left");
    let params = RunParams {
        id: id.clone(),
        pipeline: record.pipeline.clone(),
        slot: None,
        parent: Some(run.clone()),
        release: record.release,
        fixed_now: None,
        seed: 1,
        is_scheduled: false,
        at,
    };
    house.store.apply(Command::CreateRun(params)).await.unwrap();
    let advanced = process
        .engine
        .advance(&id, &copydesk_engine::Scope::default())
        .await;
    assert!(advanced.is_ok());
    assert_eq!(
        house.store.stages(&id).await.unwrap().len(),
        0,
        "the daemon does not move it"
    );
    settle_replays(&house.store, house.clock.as_ref(), "house")
        .await
        .unwrap();
    let left = house.store.run(&id).await.unwrap().unwrap();
    assert_eq!(left.state, RunState::Cancelled);
    assert!(
        !house.store.run(&run).await.unwrap().unwrap().state.is_final(),
        "the run itself is left alone"
    );
    process.stop().await;
}

/// Research that reads one page, which says something else each time that it is told so.
struct Reader(Mutex<String>);

const PAGE: &str = "https://paper.example/a";

#[async_trait]
impl Stage for Reader {
    fn agent(&self) -> &'static str {
        "research"
    }

    async fn run(&self, ctx: &StageContext, _: &StageInputs) -> Result<StageOutput, StageError> {
        let text = self.0.lock().unwrap().clone();
        let fetch = Fetch {
            url: PAGE.to_owned(),
            fetched_at: ctx.now(),
            title: None,
            authors: Vec::new(),
            published_at: None,
            publisher: Untrusted::new("The Paper".to_owned()),
        };
        let (text, owner) = (Untrusted::new(text), "paper.example".to_owned());
        ctx.put_snapshot(SnapshotParams { text, owner, fetch }).await?;
        Err(StageError::Invalid {
            reason: "it only reads".to_owned(),
        })
    }
}

#[tokio::test]
async fn what_only_a_replay_read_is_nothing_that_a_later_run_has_seen() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let (process, run) = day(&house).await;
    let reader: Arc<dyn Stage> = Arc::new(Reader(Mutex::new("as a replay read it".to_owned())));
    let replayer = replayer_with(&house, Some(&reader));
    let record = house.store.run(&run).await.unwrap().unwrap();
    let release = (*process.engine.release(&record).await.unwrap()).clone();
    let from = StageName::new("research");
    let replay = replayer
        .anew(Anew {
            run,
            from,
            release,
            choice: None,
        })
        .await
        .expect("it can be replayed");
    let ended = house.store.run(&replay).await.unwrap().unwrap();
    assert_eq!(
        ended.state,
        RunState::Failed,
        "a stage that fails ends the replay"
    );
    assert!(ended.reason.unwrap().contains("it only reads"));
    let hash = ContentHash::of(b"as a replay read it");
    assert!(house.store.snapshot(&hash).await.unwrap().is_some());
    assert!(house.store.snapshot_of_url(PAGE).await.unwrap().is_none());
    process.stop().await;
}
