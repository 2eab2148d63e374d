//! Custom stages that wait for the author: decided on by hash, in time, and once.

use copydesk_domain::{
    ContentHash, Decision, IssueState, RunId, RunState, SlotState, StageState, WaitingFor,
};
use copydesk_engine::view::RunView;
use copydesk_engine::{Advanced, Engine, EngineError, Scope, StartParams};
use copydesk_store::{Store, StoreError, Subject};
use serde_json::Value;
use tokio::sync::watch;

use crate::house::{House, own, release};

/// A manual run of `own` behind its first stage.
struct Gate {
    house: House,
    engine: Engine,
    run: RunId,
    _shutdown: watch::Sender<bool>,
}

impl Gate {
    async fn reach() -> Self {
        let house = House::new("2026-11-22T06:00:00Z", own());
        let (shutdown, receiver) = watch::channel(false);
        let engine = house.engine(receiver);
        let params = StartParams {
            release: release(own()),
            slot: None,
            fixed_now: None,
            notes: Vec::new(),
        };
        let run = engine.start(params).await.unwrap();
        let gate = Self {
            house,
            engine,
            run,
            _shutdown: shutdown,
        };
        let advanced = gate.advance().await;
        assert!(
            matches!(&advanced, Advanced::WaitFor(who, Some(_)) if *who == [WaitingFor::Approval]),
            "{advanced:?}"
        );
        gate
    }

    async fn advance(&self) -> Advanced {
        self.engine.advance(&self.run, &Scope::default()).await.unwrap()
    }

    async fn view(&self) -> RunView {
        self.engine.view(&self.run).await.unwrap()
    }

    async fn decide(&self, decision: Decision, hash: Option<ContentHash>) -> Result<(), EngineError> {
        let reason = Some("shorter".to_owned());
        if decision == Decision::Approved {
            return self
                .engine
                .approve(&self.run, hash, reason, None)
                .await
                .map(|_| ());
        }
        self.engine
            .decide_issue(&self.run, decision, hash, reason)
            .await
            .map(|_| ())
    }

    fn count(&self, line: &str) -> usize {
        self.house.script.diary.count(line)
    }

    async fn file(&self, name: &str) -> Value {
        let files = self.engine.export(&self.run).await.unwrap();
        let file = files.iter().find(|file| file.path == name);
        serde_json::from_slice(&file.unwrap_or_else(|| panic!("no {name}")).bytes).unwrap()
    }
}

fn states(view: &RunView) -> Vec<(String, StageState, u32)> {
    let stages = view.stages.iter();
    stages
        .map(|stage| (stage.stage.to_string(), stage.state, stage.round.0))
        .collect()
}

#[tokio::test]
async fn what_needs_it_starts_with_the_approval_of_its_hash() {
    let gate = Gate::reach().await;
    let view = gate.view().await;
    assert_eq!((view.state, view.issue), (RunState::Waiting, IssueState::None));
    assert_eq!(view.waiting_for, [WaitingFor::Approval]);
    let hash = view.approval.hash.unwrap();
    assert_eq!(hash, view.stages[0].artifacts[0].hash);
    assert_eq!(
        view.approval.expires_at.unwrap().to_string(),
        "2026-11-23T06:00:00Z"
    );
    let digest = |state| ("digest".to_owned(), state, 1);
    let posts = |state| ("posts".to_owned(), state, 1);
    assert_eq!(
        states(&view),
        [digest(StageState::Completed), posts(StageState::Pending)]
    );
    let other = ContentHash::of(b"other");
    let error = gate.decide(Decision::Approved, Some(other)).await.unwrap_err();
    assert!(
        matches!(error, EngineError::Store(StoreError::HashChanged { given, current }) if given == other && current == Some(hash)),
        "{error}"
    );
    gate.decide(Decision::Approved, Some(hash)).await.unwrap();
    assert_eq!(gate.view().await.waiting_for, [], "a decision counts at once");
    assert_eq!(gate.count("posts/1"), 0);
    assert_eq!(gate.advance().await, Advanced::Done);
    let view = gate.view().await;
    assert_eq!((view.state, view.issue), (RunState::Completed, IssueState::None));
    assert_eq!(
        states(&view),
        [digest(StageState::Completed), posts(StageState::Completed)]
    );
    assert_eq!((gate.count("digest/1"), gate.count("posts/1")), (1, 1));
    for decision in [Decision::Approved, Decision::Recalled] {
        let error = gate.decide(decision, None).await.unwrap_err();
        assert!(
            matches!(error, EngineError::Store(StoreError::DecisionRefused { .. })),
            "{error}"
        );
    }
    assert_eq!(gate.file("posts.json").await["stage"], "posts");
    assert_eq!(gate.file("digest.approval.json").await["decision"], "approved");
}

#[tokio::test]
async fn a_send_back_opens_the_next_round_with_its_note() {
    let gate = Gate::reach().await;
    let first = gate.view().await.approval.hash.unwrap();
    gate.decide(Decision::SentBack, None).await.unwrap();
    gate.advance().await;
    assert_eq!(gate.count("digest reads shorter"), 1);
    let view = gate.view().await;
    assert_eq!(
        (view.stages[0].round.0, view.waiting_for.as_slice()),
        (2, [WaitingFor::Approval].as_slice())
    );
    let second = view.approval.hash.unwrap();
    assert_ne!(second, first);
    let error = gate.decide(Decision::Approved, Some(first)).await.unwrap_err();
    assert!(
        matches!(error, EngineError::Store(StoreError::HashChanged { .. })),
        "{error}"
    );
    gate.decide(Decision::Approved, Some(second)).await.unwrap();
    assert_eq!(gate.advance().await, Advanced::Done);
    assert_eq!(
        gate.count("posts reads shorter"),
        0,
        "the note was for the other stage"
    );
    assert_eq!(gate.file("digest.v1.json").await["output"]["round"], 1);
    assert_eq!(gate.file("digest.json").await["output"]["round"], 2);
}

#[tokio::test]
async fn a_rejection_skips_what_needs_it_and_ends_the_run() {
    let gate = Gate::reach().await;
    gate.decide(Decision::Rejected, None).await.unwrap();
    assert_eq!(gate.advance().await, Advanced::Done);
    let view = gate.view().await;
    assert_eq!(view.state, RunState::Completed);
    assert_eq!(view.stages[1].state, StageState::Skipped);
    let reason = view.stages[1].reason.as_deref();
    assert_eq!(reason, Some("it needs digest, which the author rejected"));
    assert_eq!(
        view.reason.as_deref(),
        Some("it ended at digest, which the author rejected")
    );
    assert_eq!(gate.count("posts/1"), 0);
}

#[tokio::test]
async fn silence_expires_and_is_recorded() {
    for decides in [true, false] {
        let gate = Gate::reach().await;
        gate.house.clock.set("2026-11-23T06:00:00Z");
        if decides {
            let error = gate.decide(Decision::Approved, None).await.unwrap_err();
            assert!(
                error.to_string().contains("it expired at 2026-11-23T06:00:00Z"),
                "{error}"
            );
        }
        assert_eq!(gate.advance().await, Advanced::Done);
        let decisions = gate.house.store.decisions(&gate.run).await.unwrap();
        let made: Vec<_> = decisions
            .iter()
            .map(|record| (&record.subject, record.decision))
            .collect();
        assert_eq!(made, [(&Subject::Stage("digest".into()), Decision::Expired)]);
        assert_eq!(gate.view().await.stages[1].state, StageState::Skipped);
        assert_eq!(gate.count("posts/1"), 0);
    }
}

#[tokio::test]
async fn a_stage_run_alone_ends_at_its_gate() {
    let gate = Gate::reach().await;
    let only = Scope {
        until: None,
        only: Some("posts".into()),
    };
    let error = gate.engine.advance(&gate.run, &only).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("it needs digest, which waits for the author"),
        "{error}"
    );
    gate.decide(Decision::SentBack, None).await.unwrap();
    let only = Scope {
        until: None,
        only: Some("digest".into()),
    };
    let advanced = gate.engine.advance(&gate.run, &only).await.unwrap();
    assert!(
        matches!(&advanced, Advanced::WaitFor(who, Some(_)) if *who == [WaitingFor::Approval]),
        "{advanced:?}"
    );
}

#[tokio::test]
async fn the_slot_of_custom_stages_ran_once_the_last_artifact_exists() {
    let mut pipeline = own();
    pipeline.pipeline.name = "daily".into();
    pipeline.pipeline.schedule = Some("0 5 * * *".to_owned());
    let house = House::new("2026-11-22T04:59:00Z", pipeline);
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T05:00:00Z");
    let run = house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    process.idle().await;
    assert_eq!(house.outcomes().await, ["11-22:05:00 pending"]);
    process.engine.approve(&run, None, None, None).await.unwrap();
    house.until_slot(SlotState::Ran).await;
    house.until_run(|run| run.state == RunState::Completed).await;
    process.stop().await;
}
