//! Tables of situations, each with what is to be done.

use copydesk_domain::{ContentHash, Decision};
use copydesk_store::Slot;

use super::scene::{Scene, at, clock};
use super::*;

fn run(stage: &str, round: u32) -> Next {
    Next::Run(stage.into(), Round(round))
}

fn skip(stage: &str, reason: &str) -> Next {
    Next::Skip(stage.into(), Round::FIRST, reason.to_owned())
}

fn approval(at: Instant) -> Next {
    Next::WaitFor(vec![WaitingFor::Approval], Some(at))
}

#[test]
fn stages_start_at_their_time() {
    let fresh = Scene::scheduled;
    assert_eq!(fresh().next("04:59"), Next::WakeAt(clock("05:00")));
    assert_eq!(fresh().next("05:00"), run("research", 1));
    assert_eq!(
        fresh().done(&["research"]).next("06:59"),
        Next::WakeAt(clock("07:00"))
    );
    assert_eq!(fresh().done(&["research"]).next("07:00"), run("draft", 1));
    assert_eq!(
        fresh().done(&["research", "draft"]).next("09:00"),
        run("review", 1)
    );
}

#[test]
fn a_manual_run_ignores_wall_times() {
    assert_eq!(Scene::manual().next("03:00"), run("research", 1));
    assert_eq!(Scene::manual().done(&["research"]).next("23:00"), run("draft", 1));
}

#[test]
fn past_its_worth_a_stage_is_skipped_and_so_is_what_needs_it() {
    let late = Scene::scheduled();
    assert_eq!(late.next("11:00"), run("research", 1));
    assert_eq!(
        late.next("11:01"),
        skip("research", "past worth_until 11:00 (2026-11-22T10:00:00Z)")
    );
    let after = Scene::scheduled().stage("research", 1, StageState::Skipped);
    assert_eq!(
        after.next("11:02"),
        skip("draft", "it needs research, which has no artifact")
    );
    let after = after
        .stage("draft", 1, StageState::Skipped)
        .stage("review", 1, StageState::Skipped);
    assert_eq!(after.next("11:03"), Next::WakeAt(clock("19:00")));
    assert_eq!(after.next("19:00"), run("engagement", 1));
    assert_eq!(
        after.done(&["engagement"]).next("19:05"),
        Next::End(RunState::Completed)
    );
}

#[test]
fn a_stage_that_began_in_time_goes_on_after_it() {
    for state in [StageState::Running, StageState::Waiting] {
        assert_eq!(
            Scene::scheduled().stage("research", 1, state).next("12:00"),
            run("research", 1)
        );
    }
}

#[test]
fn an_unapproved_day_waits_and_still_reads_its_replies() {
    let expires = clock("09:05").plus(jiff::SignedDuration::from_hours(24));
    assert_eq!(
        Scene::scheduled().reviewed().next("10:00"),
        approval(clock("19:00"))
    );
    assert_eq!(Scene::scheduled().reviewed().next("19:00"), run("engagement", 1));
    assert_eq!(
        Scene::scheduled().reviewed().done(&["engagement"]).next("20:00"),
        approval(expires)
    );
    // A manual run ends at the gate.
    assert_eq!(Scene::manual().reviewed().next("20:00"), approval(expires));
}

#[test]
fn silence_expires_and_never_publishes() {
    let mut scene = Scene::scheduled().reviewed().done(&["engagement"]);
    scene
        .stages
        .iter_mut()
        .for_each(|stage| stage.finished_at = Some(at("2026-11-21T09:00:00Z")));
    assert_eq!(scene.next("09:59"), approval(at("2026-11-22T09:00:00Z")));
    assert_eq!(scene.next("10:00"), Next::Expire(Subject::Issue));
    assert_eq!(
        scene.issue(IssueState::Expired).next("10:01"),
        Next::End(RunState::Completed)
    );
}

#[test]
fn an_approval_waits_for_its_hold_and_a_recall_waits_for_the_author() {
    let approved = || {
        Scene::scheduled()
            .reviewed()
            .issue(IssueState::Approved)
            .decided(Decision::Approved, Some("10:10"))
    };
    assert_eq!(approved().next("10:09"), Next::WakeAt(clock("10:10")));
    assert_eq!(approved().next("10:10"), Next::Publish);
    let recalled = approved()
        .issue(IssueState::Reviewed)
        .decided(Decision::Recalled, None);
    assert_eq!(recalled.next("10:11"), approval(clock("19:00")));
    let published = approved().issue(IssueState::Published);
    assert_eq!(published.next("10:11"), Next::WakeAt(clock("19:00")));
    assert_eq!(
        published.done(&["engagement"]).next("19:10"),
        Next::End(RunState::Completed)
    );
}

#[test]
fn a_send_back_opens_the_next_round_of_writing() {
    let sent_back = || {
        Scene::scheduled()
            .reviewed()
            .issue(IssueState::Drafted)
            .decided(Decision::SentBack, None)
    };
    // Rounds after the first do not ask whether they are worth it: the author does.
    assert_eq!(sent_back().next("20:00"), run("draft", 2));
    let drafted = sent_back().stage("draft", 2, StageState::Completed);
    assert_eq!(drafted.next("10:02"), run("review", 2));
    let again = drafted
        .stage("review", 2, StageState::Completed)
        .issue(IssueState::Reviewed);
    assert_eq!(again.next("10:03"), approval(clock("19:00")));
    let third = again.issue(IssueState::Drafted).decided(Decision::SentBack, None);
    assert_eq!(third.next("10:04"), run("draft", 3));
}

#[test]
fn a_rejected_issue_ends_the_day_after_its_replies() {
    let rejected = || {
        Scene::scheduled()
            .reviewed()
            .issue(IssueState::Rejected)
            .decided(Decision::Rejected, None)
    };
    assert_eq!(rejected().next("10:00"), Next::WakeAt(clock("19:00")));
    assert_eq!(
        rejected().done(&["engagement"]).next("19:10"),
        Next::End(RunState::Completed)
    );
}

#[test]
fn drafted_answers_wait_beside_the_issue() {
    let scene = || {
        Scene::scheduled()
            .reviewed()
            .done(&["engagement"])
            .with(|scene| scene.answers_open = 2)
    };
    let both = vec![WaitingFor::Approval, WaitingFor::Answers];
    let expires = clock("09:05").plus(jiff::SignedDuration::from_hours(24));
    assert_eq!(scene().next("20:00"), Next::WaitFor(both, Some(expires)));
    let published = scene().issue(IssueState::Published);
    assert_eq!(
        published.next("20:00"),
        Next::WaitFor(vec![WaitingFor::Answers], None)
    );
    assert_eq!(
        published.with(|scene| scene.answers_open = 0).next("20:01"),
        Next::End(RunState::Completed)
    );
}

#[test]
fn a_run_without_budget_waits_until_somebody_acts() {
    for what in [WaitingFor::Budget, WaitingFor::Model, WaitingFor::ToolTrust] {
        let waiting = Scene::scheduled()
            .stage("research", 1, StageState::Waiting)
            .with(|scene| {
                scene.run.state = RunState::Waiting;
                scene.run.waiting_for = vec![what];
            });
        assert_eq!(waiting.next("12:00"), Next::WaitFor(vec![what], None));
        let retried = waiting.with(|scene| {
            scene.run.state = RunState::Queued;
            scene.run.waiting_for.clear();
        });
        assert_eq!(retried.next("12:00"), run("research", 1));
    }
}

#[test]
fn a_failed_stage_fails_the_run_after_its_replies() {
    let failed = || Scene::scheduled().stage("research", 1, StageState::Failed);
    assert_eq!(failed().next("06:00"), Next::WakeAt(clock("19:00")));
    assert_eq!(
        failed().done(&["engagement"]).next("19:10"),
        Next::End(RunState::Failed)
    );
}

#[test]
fn a_refused_issue_leaves_the_day_its_replies_and_fails_it_at_its_end() {
    // `stage` ends at 09:05.
    let refused = |approved_at: &str| {
        let approved_at = clock(approved_at);
        Scene::scheduled()
            .reviewed()
            .issue(IssueState::Approved)
            .decided(Decision::Approved, Some("09:04"))
            .with(|scene| scene.decisions[0].at = approved_at)
            .stage("publish", 1, StageState::Failed)
    };
    assert_eq!(refused("09:04").next("10:00"), Next::WakeAt(clock("19:00")));
    assert_eq!(refused("09:04").next("19:00"), run("engagement", 1));
    assert_eq!(
        refused("09:04").done(&["engagement"]).next("19:10"),
        Next::End(RunState::Failed)
    );
    assert_eq!(
        refused("09:30").next("10:00"),
        Next::Publish,
        "the author said yes again"
    );
    let retried = refused("09:04").with(|scene| {
        let publish = scene.stages.last_mut().unwrap();
        (publish.state, publish.finished_at) = (StageState::Pending, None);
    });
    assert_eq!(retried.next("10:00"), Next::Publish);
}

#[test]
fn a_cancel_and_a_final_state_end_everything() {
    let cancelled = Scene::scheduled().with(|scene| scene.run.cancel_requested = true);
    assert_eq!(cancelled.next("06:00"), Next::End(RunState::Cancelled));
    let superseded = Scene::scheduled().with(|scene| scene.run.state = RunState::Superseded);
    assert_eq!(superseded.next("06:00"), Next::End(RunState::Superseded));
}

#[test]
fn an_unknown_delivery_waits_for_the_author_and_then_goes_on() {
    let record = |state| OutboxRecord {
        channel: "site".into(),
        hash: ContentHash::of(b""),
        key: "k".to_owned(),
        state,
        intended_at: clock("10:10"),
        delivered_at: None,
        location: None,
        error: None,
        author_reason: None,
    };
    let unknown = || {
        Scene::manual()
            .reviewed()
            .issue(IssueState::Unknown)
            .done(&["engagement"])
    };
    let waiting = unknown().with(|scene| scene.outbox.push(record(OutboxState::Unknown)));
    assert_eq!(
        waiting.next("10:20"),
        Next::WaitFor(vec![WaitingFor::PublishUnknown], None)
    );
    let settled = unknown().with(|scene| scene.outbox.push(record(OutboxState::Delivered)));
    assert_eq!(settled.next("10:21"), Next::Publish);
    // One that is settled goes on although another is not; one that was refused is no reason to go round.
    for (beside, expected) in [
        (OutboxState::Absent, Next::Publish),
        (OutboxState::Intended, Next::Publish),
        (
            OutboxState::Refused,
            Next::WaitFor(vec![WaitingFor::PublishUnknown], None),
        ),
    ] {
        let mixed = unknown().with(|scene| {
            scene.outbox.push(record(OutboxState::Unknown));
            scene.outbox.push(record(beside));
        });
        assert_eq!(mixed.next("10:21"), expected, "{beside:?}");
    }
}

#[test]
fn until_stops_after_its_stage_and_loses_nothing() {
    assert_eq!(
        Scene::manual().until("research").next("06:00"),
        run("research", 1)
    );
    assert_eq!(
        Scene::manual()
            .done(&["research"])
            .until("research")
            .next("06:00"),
        Next::Stopped
    );
    let expires = clock("09:05").plus(jiff::SignedDuration::from_hours(24));
    assert_eq!(
        Scene::manual().reviewed().until("review").next("10:00"),
        approval(expires)
    );
    // An approved issue is not dropped because the caller wanted to see the review.
    let approved = Scene::manual()
        .reviewed()
        .issue(IssueState::Approved)
        .decided(Decision::Approved, Some("10:00"));
    assert_eq!(approved.until("review").next("11:00"), Next::Stopped);
    let published = Scene::manual().reviewed().issue(IssueState::Published);
    assert_eq!(published.until("publish").next("11:00"), Next::Stopped);
    let rejected = Scene::manual().reviewed().issue(IssueState::Rejected);
    assert_eq!(
        rejected.until("review").next("11:00"),
        Next::End(RunState::Completed)
    );
}

#[test]
fn an_engagement_that_needs_the_issue_waits_for_it_and_is_skipped_without_it() {
    let needing = |needs: &str, scene: Scene| {
        let needs: StageName = needs.into();
        scene.with(|scene| scene.pipeline.stages[3].needs = Some(vec![needs]))
    };
    let early = needing("review", Scene::scheduled().done(&["research"]));
    // Draft is due and comes first; were it not, engagement would wait and not be skipped.
    assert_eq!(
        early.next("19:00"),
        skip("draft", "past worth_until 14:00 (2026-11-22T13:00:00Z)")
    );
    let unapproved = needing("publish", Scene::scheduled().reviewed());
    let expires = clock("09:05").plus(jiff::SignedDuration::from_hours(24));
    assert_eq!(unapproved.next("20:00"), approval(expires));
    let rejected = needing(
        "publish",
        Scene::scheduled().reviewed().issue(IssueState::Rejected),
    );
    let reason = "it needs publish, which has no artifact";
    assert_eq!(rejected.next("20:00"), skip("engagement", reason));
    let published = needing(
        "publish",
        Scene::scheduled()
            .reviewed()
            .done(&["publish"])
            .issue(IssueState::Published),
    );
    assert_eq!(published.next("20:00"), run("engagement", 1));
}

#[test]
fn wall_times_follow_the_day_of_the_slot_through_clock_changes() {
    let mut scene = Scene::scheduled();
    scene.run.slot = Some(Slot {
        nominal: at("2027-03-27T23:30:00Z"),
        zone: "Europe/Berlin".to_owned(),
    });
    scene.pipeline.stages[0].at = Some(jiff::civil::time(2, 30, 0, 0));
    let view = |scene: &Scene, now: &str| {
        next(&View {
            run: &scene.run,
            pipeline: &scene.pipeline,
            stages: &scene.stages,
            decisions: &[],
            outbox: &[],
            answers_open: 0,
            expires: jiff::SignedDuration::from_hours(24),
            now: at(now),
            until: None,
            is_blank: false,
        })
    };
    // 02:30 does not exist on that day and means the transition.
    assert_eq!(
        view(&scene, "2027-03-28T00:30:00Z"),
        Next::WakeAt(at("2027-03-28T01:00:00Z"))
    );
    scene.run.slot = Some(Slot {
        nominal: at("2027-10-30T22:30:00Z"),
        zone: "Europe/Berlin".to_owned(),
    });
    // It comes twice on this one and means the first pass.
    assert_eq!(
        view(&scene, "2027-10-30T23:30:00Z"),
        Next::WakeAt(at("2027-10-31T00:30:00Z"))
    );
}

#[test]
fn a_custom_stage_waits_for_the_author_and_keeps_back_only_what_needs_it() {
    let expires = clock("09:05").plus(jiff::SignedDuration::from_hours(24));
    assert_eq!(Scene::own().next("10:00"), run("first", 1));
    let made = || Scene::own().done(&["first"]);
    assert_eq!(made().next("10:00"), run("other", 1));
    let waits = || made().done(&["other"]);
    assert_eq!(waits().next("10:00"), approval(expires));
    let approved = waits().decided_on("first", 1, Decision::Approved);
    assert_eq!(approved.next("10:00"), run("second", 1));
    assert_eq!(
        approved.done(&["second"]).next("10:00"),
        Next::End(RunState::Completed)
    );
}

#[test]
fn silence_on_a_custom_stage_expires_and_approves_nothing() {
    let late = || {
        Scene::own().done(&["first", "other"]).with(|scene| {
            scene.stages[0].finished_at = Some(at("2026-11-21T09:00:00Z"));
        })
    };
    assert_eq!(late().next("09:59"), approval(at("2026-11-22T09:00:00Z")));
    assert_eq!(late().next("10:00"), Next::Expire(Subject::Stage("first".into())));
    let expired = late().decided_on("first", 1, Decision::Expired);
    assert_eq!(
        expired.next("10:01"),
        skip("second", "it needs first, on which nobody decided in time")
    );
}

#[test]
fn a_custom_stage_that_is_sent_back_runs_again_and_wants_a_new_yes() {
    let sent_back = || {
        Scene::own()
            .done(&["first", "other"])
            .decided_on("first", 1, Decision::SentBack)
    };
    assert_eq!(sent_back().next("10:00"), run("first", 2));
    let again = sent_back().stage("first", 2, StageState::Completed);
    assert!(matches!(again.next("09:10"), Next::WaitFor(who, Some(_)) if who == [WaitingFor::Approval]));
    let approved = again.decided_on("first", 2, Decision::Approved);
    assert_eq!(approved.next("10:00"), run("second", 1));
}

#[test]
fn a_rejected_custom_stage_ends_what_needs_it() {
    let rejected = Scene::own()
        .done(&["first", "other"])
        .decided_on("first", 1, Decision::Rejected);
    assert_eq!(
        rejected.next("10:00"),
        skip("second", "it needs first, which the author rejected")
    );
    let skipped = rejected.stage("second", 1, StageState::Skipped);
    assert_eq!(skipped.next("10:00"), Next::End(RunState::Completed));
}

#[test]
fn a_custom_stage_between_the_others_follows_the_issue() {
    let text = format!(
        "{}\n[[stage]]\nagent = \"custom\"\nname = \"posts\"\nneeds = [\"review\"]\napproval = true\nat = \"20:00\"\n",
        super::scene::DAY
    );
    let day = |scene: Scene| scene.with(|scene| scene.pipeline = toml::from_str(&text).unwrap());
    // It keeps the issue from nothing: the author is asked for both, in the order of the pipeline.
    let both = day(Scene::manual().reviewed().done(&["posts"]));
    assert!(matches!(both.next("10:00"), Next::WaitFor(who, Some(_)) if who == [WaitingFor::Approval]));
    let early = day(Scene::scheduled()
        .reviewed()
        .done(&["engagement"])
        .issue(IssueState::Approved)
        .decided(Decision::Approved, Some("10:00")));
    assert_eq!(early.next("10:01"), Next::Publish);
    // A send-back of the issue makes anew what works from the draft.
    let sent_back = day(Scene::manual()
        .reviewed()
        .done(&["posts"])
        .issue(IssueState::Drafted)
        .decided(Decision::SentBack, None)
        .stage("draft", 2, StageState::Completed)
        .stage("review", 2, StageState::Completed))
    .issue(IssueState::Reviewed);
    assert_eq!(sent_back.next("10:00"), run("posts", 2));
}

#[test]
fn until_a_custom_stage_ends_at_its_gate() {
    let waits = Scene::own().done(&["first"]).until("first");
    assert!(matches!(waits.next("10:00"), Next::WaitFor(who, _) if who == [WaitingFor::Approval]));
    let approved = waits.decided_on("first", 1, Decision::Approved);
    assert_eq!(approved.next("10:00"), Next::Stopped);
}
