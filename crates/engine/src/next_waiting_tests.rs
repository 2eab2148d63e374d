//! Stages that are put off, and days that are read again.

use copydesk_domain::Decision;

use super::scene::{Scene, clock};
use super::*;

fn put_off() -> Scene {
    Scene::scheduled()
        .stage("research", 1, StageState::Waiting)
        .with(|scene| {
            scene.run.state = RunState::Waiting;
            scene.run.wake_at = Some(clock("05:02"));
        })
}

fn again() -> Next {
    Next::Run("research".into(), Round::FIRST)
}

#[test]
fn a_stage_that_is_put_off_is_tried_again_at_its_time_and_after_a_word() {
    assert_eq!(put_off().next("05:01"), Next::WakeAt(clock("05:02")));
    assert_eq!(put_off().next("05:02"), again());
    let late = put_off().next("11:30");
    assert_eq!(late, again(), "it was begun while it was worth it");
    let retried = put_off().with(|scene| scene.run.state = RunState::Queued);
    assert_eq!(retried.next("05:01"), again());
}

#[test]
fn what_is_put_off_keeps_the_evening_from_nothing() {
    let evening = put_off().with(|scene| scene.run.wake_at = Some(clock("19:05")));
    let engagement = Next::Run("engagement".into(), Round::FIRST);
    assert_eq!(evening.next("19:00"), engagement);
}

fn sent_back(is_blank: bool) -> Scene {
    Scene::scheduled()
        .done(&["research", "draft", "review"])
        .issue(IssueState::Drafted)
        .decided(Decision::SentBack, None)
        .with(|scene| scene.is_blank = is_blank)
}

#[test]
fn sources_are_asked_again_where_none_could_be_read_and_once_for_each_send_back() {
    let run = |stage: &str| Next::Run(stage.into(), Round(2));
    assert_eq!(sent_back(false).next("10:01"), run("draft"));
    assert_eq!(sent_back(true).next("10:01"), run("research"));
    let is_late = sent_back(true).next("12:00");
    assert_eq!(is_late, run("research"), "the author wants it, whatever the hour");
    let read_again = sent_back(true).stage("research", 2, StageState::Completed);
    assert_eq!(read_again.next("10:02"), run("draft"));
}
