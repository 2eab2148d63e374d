//! A stage waits for an operator: what the author is asked stands beside that.

use copydesk_domain::Decision;

use super::scene::{Scene, at, clock};
use super::*;

#[test]
fn a_stage_that_waits_for_an_operator_keeps_the_issue_from_nothing() {
    let waits = |scene: Scene| {
        scene
            .reviewed()
            .stage("engagement", 1, StageState::Waiting)
            .with(|scene| {
                scene.run.state = RunState::Waiting;
                scene.run.waiting_for = vec![WaitingFor::Budget];
            })
    };
    let expires = clock("09:05").plus(jiff::SignedDuration::from_hours(24));
    for scene in [Scene::scheduled, Scene::manual] {
        let both = vec![WaitingFor::Budget, WaitingFor::Approval];
        assert_eq!(waits(scene()).next("19:10"), Next::WaitFor(both, Some(expires)));
        let approved = || {
            waits(scene())
                .issue(IssueState::Approved)
                .decided(Decision::Approved, Some("19:20"))
        };
        assert_eq!(
            approved().next("19:19"),
            Next::WaitFor(vec![WaitingFor::Budget], Some(clock("19:20")))
        );
        assert_eq!(approved().next("19:20"), Next::Publish);
        let published = approved().issue(IssueState::Published);
        assert_eq!(
            published.next("19:21"),
            Next::WaitFor(vec![WaitingFor::Budget], None)
        );
    }
    let silent = waits(Scene::scheduled()).with(|scene| {
        for stage in &mut scene.stages {
            stage.finished_at = stage.finished_at.map(|_| at("2026-11-21T09:00:00Z"));
        }
    });
    assert_eq!(silent.next("10:00"), Next::Expire(Subject::Issue));
}

#[test]
fn a_custom_stage_that_waits_for_the_author_expires_beside_an_operators_wait() {
    let waits = |finished_at: Instant| {
        let scene = Scene::own()
            .done(&["first"])
            .stage("other", 1, StageState::Waiting);
        scene.with(|scene| {
            scene.run.state = RunState::Waiting;
            scene.run.waiting_for = vec![WaitingFor::Model];
            scene.stages[0].finished_at = Some(finished_at);
        })
    };
    let both = vec![WaitingFor::Model, WaitingFor::Approval];
    let until = clock("09:00").plus(jiff::SignedDuration::from_hours(24));
    assert_eq!(
        waits(clock("09:00")).next("10:00"),
        Next::WaitFor(both, Some(until))
    );
    let expired = Next::Expire(Subject::Stage("first".into()));
    assert_eq!(waits(at("2026-11-21T09:00:00Z")).next("10:00"), expired);
}
