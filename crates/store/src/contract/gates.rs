//! Decisions on what custom stages made: bound to bytes, once a round, and no matter of the issue.

use copydesk_domain::artifact::{Artifact, ArtifactKind};
use copydesk_domain::{Decision, IssueState, Round, RunState};

use super::decisions::is_refused;
use super::scene::{Scene, at, decide, finish, update};
use crate::record::Subject;
use crate::{Command, Lease, StoreError};

super::cases![
    what_a_stage_made_is_decided_on_by_its_hash,
    a_stage_that_was_sent_back_is_decided_on_anew,
    decisions_on_a_stage_leave_the_issue_alone,
];

fn custom(text: &str) -> Artifact {
    Artifact::of(ArtifactKind::Custom, &text).expect("text has a JSON form")
}

fn on_stage(lease: &Lease, stage: &str, text: &str, decision: Decision) -> Command {
    Command::Decide {
        run: lease.run.clone(),
        subject: Subject::Stage(stage.into()),
        hash: custom(text).hash,
        decision,
        effective_at: None,
        reason: Some("because".to_owned()),
        at: at(60),
    }
}

async fn what_a_stage_made_is_decided_on_by_its_hash(scene: Scene) {
    let lease = scene.leased("r1").await;
    let given = custom("one").hash;
    let error = scene
        .refuse(on_stage(&lease, "digest", "one", Decision::Approved))
        .await;
    assert_eq!(error, StoreError::HashChanged { given, current: None });
    scene.start(&lease, "digest", 1).await;
    scene
        .apply(finish(&lease, "digest", 1, vec![custom("one")]))
        .await;
    for (stage, text, current) in [("digest", "other", Some(given)), ("second", "one", None)] {
        let error = scene
            .refuse(on_stage(&lease, stage, text, Decision::Approved))
            .await;
        let given = custom(text).hash;
        assert_eq!(error, StoreError::HashChanged { given, current }, "{stage}");
    }
    for decision in [Decision::Recalled, Decision::Voided] {
        let error = scene.refuse(on_stage(&lease, "digest", "one", decision)).await;
        assert!(
            is_refused(&error, decision.participle(), "acted upon at once"),
            "{error}"
        );
    }
    scene
        .apply(on_stage(&lease, "digest", "one", Decision::Approved))
        .await;
    for decision in [
        Decision::Approved,
        Decision::Rejected,
        Decision::SentBack,
        Decision::Expired,
    ] {
        let error = scene.refuse(on_stage(&lease, "digest", "one", decision)).await;
        assert!(
            is_refused(&error, decision.participle(), "already approved"),
            "{error}"
        );
    }
    let decisions = scene.b.decisions(&lease.run).await.expect("decisions");
    let read: Vec<_> = decisions
        .iter()
        .map(|record| (&record.subject, record.round, record.hash))
        .collect();
    assert_eq!(read, [(&Subject::Stage("digest".into()), Some(Round(1)), given)]);
    assert_eq!(decisions[0].reason.as_deref(), Some("because"));
}

async fn a_stage_that_was_sent_back_is_decided_on_anew(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene.start(&lease, "digest", 1).await;
    scene
        .apply(finish(&lease, "digest", 1, vec![custom("one")]))
        .await;
    scene
        .apply(on_stage(&lease, "digest", "one", Decision::SentBack))
        .await;
    let error = scene
        .refuse(on_stage(&lease, "digest", "one", Decision::Approved))
        .await;
    assert!(is_refused(&error, "approved", "already sent back"), "{error}");
    // A round that is under way has made nothing yet.
    scene.start(&lease, "digest", 2).await;
    let error = scene
        .refuse(on_stage(&lease, "digest", "one", Decision::Approved))
        .await;
    let given = custom("one").hash;
    assert_eq!(error, StoreError::HashChanged { given, current: None });
    // It may come to the same bytes.
    scene
        .apply(finish(&lease, "digest", 2, vec![custom("one")]))
        .await;
    scene
        .apply(on_stage(&lease, "digest", "one", Decision::Approved))
        .await;
    let decisions = scene.b.decisions(&lease.run).await.expect("decisions");
    let rounds: Vec<_> = decisions.iter().map(|record| record.round).collect();
    assert_eq!(rounds, [Some(Round(1)), Some(Round(2))]);
}

async fn decisions_on_a_stage_leave_the_issue_alone(scene: Scene) {
    let (lease, hash) = scene.reviewed("r1", "one").await;
    for (stage, decision) in [
        ("a", Decision::SentBack),
        ("b", Decision::Approved),
        ("c", Decision::Rejected),
    ] {
        scene.start(&lease, stage, 1).await;
        scene.apply(finish(&lease, stage, 1, vec![custom(stage)])).await;
        scene.apply(on_stage(&lease, stage, stage, decision)).await;
        let run = scene.run(&lease.run).await;
        assert_eq!(
            (run.issue, run.updated_at),
            (IssueState::Reviewed, at(60)),
            "{decision}"
        );
    }
    // Its rounds are its own: a stage that was sent back takes no issue of the same round back.
    scene
        .apply(update(&lease, RunState::Running, Some(IssueState::Reviewed)))
        .await;
    scene.apply(decide(&lease.run, hash, Decision::Approved)).await;
    scene.apply(update(&lease, RunState::Cancelled, None)).await;
    scene.start(&lease, "d", 1).await;
    scene.apply(finish(&lease, "d", 1, vec![custom("d")])).await;
    let error = scene.refuse(on_stage(&lease, "d", "d", Decision::Approved)).await;
    assert!(is_refused(&error, "approved", "cancelled"), "{error}");
}
