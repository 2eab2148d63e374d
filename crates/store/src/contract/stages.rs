//! Stage rounds and their artifacts.

use copydesk_domain::artifact::{Artifact, ArtifactKind};
use copydesk_domain::{ContentHash, Decision, IssueState, Round, StageName, StageState};

use super::scene::{Scene, at, custom, decide, draft, finish, issue};
use crate::record::ArtifactRef;
use crate::{Applied, Command, Lease, StoreError};

super::cases![
    the_first_now_holds_for_the_whole_round,
    a_round_ends_with_its_artifacts_and_bodies,
    stages_stand_in_order_of_first_start,
    a_waiting_round_has_no_end,
    a_skipped_stage_needs_no_start,
    a_completed_round_stays_completed,
    a_report_made_twice_counts_once,
    an_artifact_that_does_not_bear_its_hash_is_refused_whole,
    done_means_a_valid_artifact,
    one_artifact_can_be_made_by_many_rounds,
    a_finished_round_says_how_far_the_issue_is,
];

fn listed(artifact: &Artifact) -> ArtifactRef {
    ArtifactRef {
        kind: artifact.kind,
        hash: artifact.hash,
    }
}

fn end(lease: &Lease, stage: &str, outcome: StageState, reason: &str) -> Command {
    Command::FinishStage {
        lease: lease.clone(),
        stage: stage.into(),
        round: Round::FIRST,
        state: outcome,
        reason: Some(reason.to_owned()),
        artifacts: Vec::new(),
        bodies: Vec::new(),
        at: at(15),
    }
}

async fn the_first_now_holds_for_the_whole_round(scene: Scene) {
    let lease = scene.leased("r1").await;
    assert_eq!(scene.start(&lease, "research", 1).await, Applied::StageNow(at(2)));
    let again = |round| Command::StartStage {
        lease: lease.clone(),
        stage: "research".into(),
        round: Round(round),
        now: at(70),
        at: at(71),
    };
    assert_eq!(scene.apply(again(1)).await, Applied::StageNow(at(2)));
    assert_eq!(scene.apply(again(2)).await, Applied::StageNow(at(70)));
    let stages = scene.stages(&lease.run).await;
    assert_eq!(
        (stages[0].attempts, stages[0].now, stages[0].started_at),
        (2, at(2), at(3))
    );
    assert_eq!(
        (stages[1].attempts, stages[1].now, stages[1].started_at),
        (1, at(70), at(71))
    );
    assert_eq!(
        (stages[1].round, stages[1].state),
        (Round(2), StageState::Running)
    );
}

async fn a_round_ends_with_its_artifacts_and_bodies(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene.start(&lease, "review", 1).await;
    let artifacts = vec![custom("b"), issue("one"), custom("a")];
    let body = vec![7; 100_000];
    let command = Command::FinishStage {
        lease: lease.clone(),
        stage: "review".into(),
        round: Round::FIRST,
        state: StageState::Completed,
        reason: Some("three".to_owned()),
        artifacts: artifacts.clone(),
        bodies: vec![body.clone(), Vec::new()],
        at: at(11),
    };
    scene.apply(command).await;
    let stage = scene.stages(&lease.run).await.remove(0);
    assert_eq!(
        (stage.state, stage.finished_at),
        (StageState::Completed, Some(at(11)))
    );
    assert_eq!(stage.reason.as_deref(), Some("three"));
    assert_eq!(stage.artifacts, artifacts.iter().map(listed).collect::<Vec<_>>());
    for artifact in artifacts {
        let stored = scene
            .b
            .artifact(&artifact.hash)
            .await
            .expect("artifacts are readable");
        assert_eq!(stored, Some(artifact));
    }
    assert_eq!(scene.b.body(&ContentHash::of(&body)).await, Ok(Some(body)));
    assert_eq!(scene.b.body(&ContentHash::of(b"")).await, Ok(Some(Vec::new())));
    assert_eq!(scene.b.artifact(&ContentHash::of(b"none")).await, Ok(None));
    // A payload is no artifact.
    assert_eq!(scene.b.artifact(&ContentHash::of(b"")).await, Ok(None));
}

async fn stages_stand_in_order_of_first_start(scene: Scene) {
    let lease = scene.leased("r1").await;
    for (stage, round) in [
        ("research", 1),
        ("draft", 1),
        ("review", 1),
        ("draft", 2),
        ("research", 1),
    ] {
        scene.start(&lease, stage, round).await;
    }
    let stages = scene.stages(&lease.run).await;
    let order: Vec<_> = stages
        .iter()
        .map(|stage| (stage.stage.as_str(), stage.round.0))
        .collect();
    assert_eq!(
        order,
        [("research", 1), ("draft", 1), ("review", 1), ("draft", 2)]
    );
}

async fn a_waiting_round_has_no_end(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene.start(&lease, "research", 1).await;
    scene
        .apply(end(&lease, "research", StageState::Waiting, "budget"))
        .await;
    let stage = scene.stages(&lease.run).await.remove(0);
    assert_eq!((stage.state, stage.finished_at), (StageState::Waiting, None));
    assert_eq!(stage.reason.as_deref(), Some("budget"));
    scene.start(&lease, "research", 1).await;
    let stage = scene.stages(&lease.run).await.remove(0);
    assert_eq!(
        (stage.state, stage.attempts, stage.reason),
        (StageState::Running, 2, None)
    );
}

async fn a_skipped_stage_needs_no_start(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene
        .apply(end(&lease, "draft", StageState::Skipped, "past its time"))
        .await;
    let stage = scene.stages(&lease.run).await.remove(0);
    assert_eq!(
        (stage.state, stage.attempts, stage.finished_at),
        (StageState::Skipped, 0, Some(at(15)))
    );
}

async fn a_completed_round_stays_completed(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene.start(&lease, "draft", 1).await;
    scene.apply(finish(&lease, "draft", 1, vec![custom("one")])).await;
    assert_eq!(scene.start(&lease, "draft", 1).await, Applied::StageNow(at(2)));
    scene
        .apply(end(&lease, "draft", StageState::Failed, "late"))
        .await;
    let stage = scene.stages(&lease.run).await.remove(0);
    assert_eq!(
        (stage.state, stage.attempts, stage.finished_at),
        (StageState::Completed, 1, Some(at(11)))
    );
    assert_eq!(stage.reason.as_deref(), Some("done"));
    assert_eq!(stage.artifacts, [listed(&custom("one"))]);
}

async fn a_report_made_twice_counts_once(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene.start(&lease, "review", 1).await;
    for text in ["one", "one", "two", "one"] {
        scene.apply(finish(&lease, "review", 1, vec![issue(text)])).await;
    }
    let stage = scene.stages(&lease.run).await.remove(0);
    assert_eq!(
        stage.artifacts,
        ["one", "two", "one"].map(|text| listed(&issue(text)))
    );
}

async fn an_artifact_that_does_not_bear_its_hash_is_refused_whole(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene.start(&lease, "draft", 1).await;
    let good = custom("good");
    let wrong = Artifact {
        hash: ContentHash::of(b"other"),
        ..custom("wrong")
    };
    let error = scene
        .refuse(finish(&lease, "draft", 1, vec![good.clone(), wrong]))
        .await;
    assert!(matches!(error, StoreError::NotDone { .. }), "{error}");
    let stage = scene.stages(&lease.run).await.remove(0);
    assert_eq!((stage.state, stage.artifacts.len()), (StageState::Running, 0));
    assert_eq!(scene.a.artifact(&good.hash).await, Ok(None));
    assert_eq!(scene.a.body(&good.hash).await, Ok(None));
}

async fn done_means_a_valid_artifact(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene.start(&lease, "draft", 1).await;
    let of = |kind, bytes: &[u8]| Artifact {
        kind,
        hash: ContentHash::of(bytes),
        bytes: bytes.to_vec(),
    };
    let silent = draft_without_reason();
    for artifacts in [
        Vec::new(),
        vec![of(ArtifactKind::Draft, b"")],
        vec![of(ArtifactKind::Draft, b"I am sorry, I cannot help with that.")],
        vec![of(ArtifactKind::Draft, &issue("one").bytes)],
        vec![of(ArtifactKind::Custom, b"{}")],
        vec![draft("one"), of(ArtifactKind::Draft, &silent)],
    ] {
        let error = scene.refuse(finish(&lease, "draft", 1, artifacts)).await;
        assert!(matches!(error, StoreError::NotDone { .. }), "{error}");
        let stage = scene.stages(&lease.run).await.remove(0);
        assert_eq!((stage.state, stage.artifacts.len()), (StageState::Running, 0));
    }
    assert_eq!(scene.b.body(&draft("one").hash).await, Ok(None), "refused whole");
    // Other ends need none, and publishing leaves receipts instead.
    scene
        .apply(end(&lease, "draft", StageState::Failed, "no model"))
        .await;
    scene
        .apply(end(
            &lease,
            StageName::PUBLISH,
            StageState::Completed,
            "delivered",
        ))
        .await;
    scene.start(&lease, "draft", 1).await;
    scene.apply(finish(&lease, "draft", 1, vec![draft("one")])).await;
}

/// A draft that says nothing, and not why.
fn draft_without_reason() -> Vec<u8> {
    let text = String::from_utf8(draft("one").bytes).expect("JSON is text");
    let silent = text.replace("\"Nothing happened.\"", "null");
    assert_ne!(silent, text);
    silent.into_bytes()
}

async fn one_artifact_can_be_made_by_many_rounds(scene: Scene) {
    for id in ["r1", "r2"] {
        let lease = scene.leased(id).await;
        for round in 1..=2 {
            scene.start(&lease, "draft", round).await;
            scene
                .apply(finish(&lease, "draft", round, vec![custom("same")]))
                .await;
        }
        let stages = scene.stages(&lease.run).await;
        assert!(
            stages
                .iter()
                .all(|stage| stage.artifacts == [listed(&custom("same"))])
        );
    }
}

async fn a_finished_round_says_how_far_the_issue_is(scene: Scene) {
    let lease = scene.leased("r1").await;
    let state = async || scene.run(&lease.run).await.issue;
    scene.apply(finish(&lease, "draft", 1, vec![draft("one")])).await;
    assert_eq!(state().await, IssueState::Drafted);
    let first = issue("one");
    scene
        .apply(finish(&lease, StageName::REVIEW, 1, vec![first.clone()]))
        .await;
    assert_eq!(
        state().await,
        IssueState::Reviewed,
        "in the commit that stores the issue"
    );
    scene
        .apply(decide(&lease.run, first.hash, Decision::Approved))
        .await;
    scene
        .apply(finish(&lease, StageName::REVIEW, 1, vec![first]))
        .await;
    assert_eq!(
        state().await,
        IssueState::Approved,
        "a report made twice undoes nothing"
    );
}
