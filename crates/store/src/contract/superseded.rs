//! A run gives way to a newer slot, unless somebody has decided on its issue.

use copydesk_domain::{Decision, IssueState, RunState, StageState};

use super::decisions::is_refused;
use super::scene::{Scene, at, decide, supersede, update};
use crate::Applied;

super::cases![
    a_run_that_gives_way_ends_with_its_open_rounds,
    a_run_whose_issue_was_decided_on_does_not_give_way,
    a_run_that_has_ended_does_not_give_way,
];

async fn a_run_that_gives_way_ends_with_its_open_rounds(scene: Scene) {
    let (lease, hash) = scene.reviewed("r1", "one").await;
    scene.start(&lease, "engagement", 1).await;
    assert_eq!(scene.apply(supersede(&lease, 30)).await, Applied::Taken(true));
    let run = scene.run(&lease.run).await;
    assert_eq!(
        (run.state, run.issue, run.updated_at),
        (RunState::Superseded, IssueState::Reviewed, at(30))
    );
    assert_eq!(run.reason.as_deref(), Some("a newer slot"));
    let ends: Vec<_> = scene
        .stages(&lease.run)
        .await
        .into_iter()
        .map(|stage| (stage.state, stage.finished_at, stage.reason))
        .collect();
    let (done, newer) = ("done".to_owned(), "a newer slot".to_owned());
    assert_eq!(
        ends,
        [
            (StageState::Completed, Some(at(11)), Some(done)),
            (StageState::Cancelled, Some(at(30)), Some(newer)),
        ]
    );
    let error = scene.refuse(decide(&lease.run, hash, Decision::Approved)).await;
    assert!(is_refused(&error, "approved", "superseded"), "{error}");
}

async fn a_run_whose_issue_was_decided_on_does_not_give_way(scene: Scene) {
    for decision in [Decision::Approved, Decision::Rejected, Decision::Expired] {
        let (lease, hash) = scene.reviewed(decision.as_str(), "one").await;
        scene.apply(decide(&lease.run, hash, decision)).await;
        let before = scene.run(&lease.run).await;
        assert_eq!(scene.apply(supersede(&lease, 30)).await, Applied::Taken(false));
        assert_eq!(scene.run(&lease.run).await, before);
    }
}

async fn a_run_that_has_ended_does_not_give_way(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene.apply(update(&lease, RunState::Failed, None)).await;
    assert_eq!(scene.apply(supersede(&lease, 30)).await, Applied::Taken(false));
    assert_eq!(scene.run(&lease.run).await.state, RunState::Failed);
}
