//! Decisions that come late, meet a refusal, or are cut off in the middle; stages that run alone or again.

use std::sync::atomic::Ordering;

use copydesk_domain::{ContentHash, Decision, IssueState, RunState, StageState, WaitingFor};
use copydesk_engine::{Advanced, EngineError, Scope};
use copydesk_journal::ToolError;
use copydesk_store::{Command, Slot, Store, StoreError};

use crate::gate::Gate;

#[tokio::test]
async fn an_approved_issue_goes_out_though_engagement_waits_for_a_model() {
    let gate = Gate::reach().await;
    let starves = &gate.house.script.starves_engagement;
    starves.store(true, Ordering::SeqCst);
    let who = |advanced: Advanced| match advanced {
        Advanced::WaitFor(who, at) => (who, at.is_some()),
        other => panic!("{other:?}"),
    };
    let alone = gate.alone("engagement").await.unwrap();
    let both = (vec![WaitingFor::Model, WaitingFor::Approval], true);
    assert_eq!(who(alone), both, "its expiry is not forgotten");
    assert_eq!(who(gate.advance().await), both);
    gate.approve().await;
    assert_eq!(who(gate.advance().await), (vec![WaitingFor::Model], false));
    assert_eq!(gate.published(), 1);
    let waits = (RunState::Waiting, IssueState::Published, vec![WaitingFor::Model]);
    assert_eq!(gate.state().await, waits);
    starves.store(false, Ordering::SeqCst);
    gate.retry().await;
    assert_eq!(gate.advance().await, Advanced::Done);
    assert_eq!(gate.state().await.0, RunState::Completed);
    assert_eq!(gate.published(), 1);
}

#[tokio::test]
async fn a_cancel_that_was_taken_back_in_time_cuts_the_work_short_and_no_more() {
    let gate = Gate::reach().await;
    gate.approve().await;
    let holds = &gate.house.script.holds_payloads;
    holds.send_replace(true);
    let (engine, run) = (gate.engine.clone(), gate.run.clone());
    let advance = tokio::spawn(async move { engine.advance(&run, &Scope::default()).await });
    let begun = || async { (gate.house.script.diary.count("publish begun") == 1).then_some(()) };
    gate.house.until(begun).await;
    let cancel = Command::RequestCancel {
        run: gate.run.clone(),
        at: gate.engine.clock().now(),
    };
    gate.house.store.apply(cancel).await.unwrap();
    // The worker has heard of it before it is taken back.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    gate.retry().await;
    holds.send_replace(false);
    let advanced = tokio::time::timeout(std::time::Duration::from_secs(10), advance).await;
    let advanced = advanced.expect("it ends").unwrap().unwrap();
    assert_eq!(advanced, Advanced::Interrupted);
    assert_eq!(gate.state().await.0, RunState::Queued);
    assert_eq!(gate.advance().await, Advanced::Done);
    assert_eq!(gate.state().await.0, RunState::Completed);
    assert_eq!(gate.published(), 1);
}

#[tokio::test]
async fn who_is_told_to_end_hands_nothing_over() {
    let gate = Gate::reach().await;
    gate.approve().await;
    gate.shutdown.send_replace(true);
    assert_eq!(gate.advance().await, Advanced::Interrupted);
    assert_eq!(gate.published(), 0);
    assert_eq!(
        gate.state().await.1,
        IssueState::Approved,
        "the next start goes on"
    );
    gate.shutdown.send_replace(false);
    assert_eq!(gate.advance().await, Advanced::Done);
    assert_eq!(gate.published(), 1);
}

#[tokio::test]
async fn a_run_that_was_cancelled_before_its_issue_went_out_waits_for_a_new_yes_after_a_retry() {
    let gate = Gate::reach().await;
    gate.approve().await;
    gate.engine.stop(&gate.run).await.unwrap();
    assert_eq!(gate.state().await.0, RunState::Cancelled);
    gate.retry().await;
    let advanced = gate.advance().await;
    assert!(
        matches!(&advanced, Advanced::WaitFor(who, Some(_)) if *who == [WaitingFor::Approval]),
        "{advanced:?}"
    );
    assert_eq!(gate.published(), 0);
    gate.approve().await;
    assert_eq!(gate.advance().await, Advanced::Done);
    assert_eq!(gate.published(), 1);
}

#[tokio::test]
async fn a_refused_issue_names_its_channel_and_goes_out_after_a_retry() {
    let gate = Gate::reach().await;
    let refuses = &gate.house.script.refuses_payloads;
    refuses.store(true, Ordering::SeqCst);
    gate.approve().await;
    gate.advance().await;
    assert_eq!(
        gate.state().await,
        (RunState::Failed, IssueState::Approved, Vec::new())
    );
    let reason = gate.reason("publish").await;
    assert!(reason.contains("site: refused: the folder is a file"), "{reason}");
    let logs = gate.house.store.logs(&gate.run).await.unwrap();
    assert!(
        logs.iter()
            .any(|line| line.level == "warn" && line.message == reason),
        "{logs:?}"
    );

    refuses.store(false, Ordering::SeqCst);
    gate.retry().await;
    gate.advance().await;
    assert_eq!(gate.state().await.1, IssueState::Published);
    assert_eq!(gate.published(), 1);
}

#[tokio::test]
async fn a_scheduled_day_whose_issue_is_refused_still_has_its_replies_read() {
    let slot = Slot {
        nominal: "2026-11-22T04:00:00Z".parse().unwrap(),
        zone: "Europe/Berlin".to_owned(),
    };
    let gate = Gate::start_for(Some(slot)).await;
    gate.house.script.refuses_payloads.store(true, Ordering::SeqCst);
    gate.house.clock.set("2026-11-22T08:30:00Z");
    gate.advance().await;
    gate.approve().await;
    let evening = "2026-11-22T18:00:00Z";
    assert_eq!(gate.advance().await, Advanced::WakeAt(evening.parse().unwrap()));
    let view = gate.engine.view(&gate.run).await.unwrap();
    assert_eq!(
        (view.state, view.issue),
        (RunState::Waiting, IssueState::Approved)
    );
    let reason = view.reason.unwrap();
    assert!(reason.contains("site: refused: the folder is a file"), "{reason}");
    assert_eq!(gate.advance().await, Advanced::WakeAt(evening.parse().unwrap()));
    let tries = || gate.house.script.diary.count("publish refused");
    assert_eq!(tries(), 1, "it is not handed over again by itself");

    gate.house.clock.set(evening);
    assert_eq!(gate.advance().await, Advanced::Done);
    assert_eq!(gate.house.script.diary.count("engagement/1"), 1);
    assert_eq!(
        gate.state().await,
        (RunState::Failed, IssueState::Approved, Vec::new())
    );
    assert_eq!((tries(), gate.published()), (1, 0));
}

#[tokio::test]
async fn an_issue_whose_draft_cannot_be_read_is_out_and_the_log_says_what_the_archive_lacks() {
    let gate = Gate::reach().await;
    gate.approve().await;
    gate.advance().await;
    assert_eq!(
        (gate.state().await.1, gate.published()),
        (IssueState::Published, 1)
    );
    let logs = gate.house.store.logs(&gate.run).await.unwrap();
    let draft = ContentHash::of(b"draft");
    let warning = format!("it is not in the archive: artifact.bytes of {draft} cannot be read");
    assert!(
        logs.iter()
            .any(|line| line.level == "warn" && line.message.ends_with(&warning)),
        "{logs:?}"
    );
}

#[tokio::test]
async fn a_refused_issue_can_be_recalled() {
    let gate = Gate::reach().await;
    gate.house.script.refuses_payloads.store(true, Ordering::SeqCst);
    gate.approve().await;
    gate.advance().await;
    let recalled = gate
        .engine
        .decide_issue(&gate.run, Decision::Recalled, None, None);
    recalled.await.unwrap();
    assert_eq!(gate.state().await.1, IssueState::Reviewed);
    gate.house.script.refuses_payloads.store(false, Ordering::SeqCst);
    gate.retry().await;
    gate.approve().await;
    gate.advance().await;
    assert_eq!(
        (gate.state().await.1, gate.published()),
        (IssueState::Published, 1)
    );
}

#[tokio::test]
async fn a_recall_late_in_the_hold_leaves_time_for_another_yes() {
    let gate = Gate::reach().await;
    let approve = || gate.engine.approve(&gate.run, None, None, None);
    gate.house.clock.set("2026-11-23T05:55:00Z");
    approve().await.unwrap();
    // The first deadline has passed within the hold.
    gate.house.clock.set("2026-11-23T06:02:00Z");
    let recall = gate
        .engine
        .decide_issue(&gate.run, Decision::Recalled, None, None);
    recall.await.unwrap();
    let until = "2026-11-24T06:02:00Z".parse().ok();
    assert_eq!(
        gate.advance().await,
        Advanced::WaitFor(vec![WaitingFor::Approval], until)
    );
    // A cancel takes an approval back too.
    gate.house.clock.set("2026-11-24T06:01:00Z");
    approve().await.unwrap();
    gate.house.clock.set("2026-11-24T06:04:00Z");
    gate.engine.stop(&gate.run).await.unwrap();
    gate.retry().await;
    gate.advance().await;
    assert_eq!(gate.state().await.1, IssueState::Reviewed);
    gate.approve().await;
    gate.advance().await;
    assert_eq!(gate.published(), 1);
}

#[tokio::test]
async fn a_yes_after_the_deadline_is_refused_and_the_issue_expires() {
    let gate = Gate::reach().await;
    gate.house.clock.set("2026-11-23T06:00:00Z");
    let late = gate.engine.approve(&gate.run, None, None, None).await;
    assert!(
        matches!(&late, Err(EngineError::Store(StoreError::DecisionRefused { state, .. })) if state.starts_with("it expired")),
        "{late:?}"
    );
    assert_eq!(gate.state().await.1, IssueState::Expired);
    gate.advance().await;
    assert_eq!(gate.published(), 0);
    let view = gate.engine.view(&gate.run).await.unwrap();
    let publish = view
        .stages
        .iter()
        .find(|stage| stage.stage.as_str() == "publish")
        .unwrap();
    assert_eq!(
        (view.state, publish.state),
        (RunState::Completed, StageState::Skipped)
    );
}

#[tokio::test]
async fn a_failed_stage_runs_again_after_a_retry() {
    let gate = Gate::start().await;
    gate.house.script.fails_research.send_replace(true);
    gate.advance().await;
    assert_eq!(gate.state().await.0, RunState::Failed);
    gate.house.script.fails_research.send_replace(false);
    gate.retry().await;
    gate.advance().await;
    assert_eq!(gate.state().await.2, [WaitingFor::Approval]);
    let view = gate.engine.view(&gate.run).await.unwrap();
    assert_eq!(view.stages[0].attempts, 2);
}

#[tokio::test]
async fn a_retry_at_the_gate_leaves_the_run_there() {
    let gate = Gate::reach().await;
    gate.retry().await;
    assert_eq!(
        gate.state().await,
        (
            RunState::Waiting,
            IssueState::Reviewed,
            vec![WaitingFor::Approval]
        )
    );
}

#[tokio::test]
async fn a_stage_alone_says_how_it_ended_and_begins_nothing_else() {
    let gate = Gate::start().await;
    gate.house.script.fails_research.send_replace(true);
    assert_eq!(gate.alone("research").await.unwrap(), Advanced::Done);
    assert_eq!(gate.state().await.0, RunState::Failed);

    let gate = Gate::start().await;
    for stage in ["research", "draft"] {
        assert_eq!(gate.alone(stage).await.unwrap(), Advanced::Done);
        assert_eq!(gate.state().await.0, RunState::Queued);
    }
    let error = gate.alone("publish").await.unwrap_err();
    assert!(matches!(error, EngineError::StageUnready { .. }), "{error}");
    let waits = gate.alone("review").await.unwrap();
    assert!(
        matches!(&waits, Advanced::WaitFor(who, Some(_)) if *who == [WaitingFor::Approval]),
        "{waits:?}"
    );
    gate.alone("engagement").await.unwrap();
    assert_eq!(gate.state().await.2, [WaitingFor::Approval]);
    gate.approve().await;
    gate.alone("publish").await.unwrap();
    assert_eq!(
        (gate.state().await.1, gate.published()),
        (IssueState::Published, 1)
    );
}

#[tokio::test]
async fn an_answer_is_decided_only_once_its_mail_is_safe() {
    let gate = Gate::start().await;
    gate.house.script.has_reader.store(true, Ordering::SeqCst);
    gate.alone("engagement").await.unwrap();
    assert_eq!(gate.state().await.2, [WaitingFor::Answers]);
    let answer = "a1".into();
    let other = copydesk_domain::ContentHash::of(b"other");
    let changed = gate
        .engine
        .approve_answer(&gate.run, &answer, Some(other), None)
        .await;
    assert!(
        matches!(changed, Err(EngineError::Store(StoreError::HashChanged { .. }))),
        "{changed:?}"
    );
    gate.house.mails.is_blocked.store(true, Ordering::SeqCst);
    let blocked = gate.engine.approve_answer(&gate.run, &answer, None, None).await;
    assert!(matches!(blocked, Err(EngineError::Outbox { .. })), "{blocked:?}");
    assert_eq!(gate.engine.pending_answers(&gate.run).await.unwrap().len(), 1);

    gate.house.mails.is_blocked.store(false, Ordering::SeqCst);
    gate.engine
        .approve_answer(&gate.run, &answer, None, None)
        .await
        .unwrap();
    assert_eq!(gate.state().await.2, [], "nothing waits once the last is decided");
    assert_eq!(gate.house.mails.out.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_approved_answer_whose_mail_was_cut_off_goes_out_at_the_next_start() {
    let gate = Gate::start().await;
    gate.house.script.has_reader.store(true, Ordering::SeqCst);
    gate.alone("engagement").await.unwrap();
    gate.house.mails.dies.store(true, Ordering::SeqCst);
    let cut_off = gate
        .engine
        .approve_answer(&gate.run, &"a1".into(), None, None)
        .await;
    assert!(cut_off.is_err(), "{cut_off:?}");
    assert!(gate.house.mails.out.lock().unwrap().is_empty(), "the fault fired");

    gate.house.mails.dies.store(false, Ordering::SeqCst);
    for _ in 0..2 {
        gate.engine.settle_outbox().await.unwrap();
        let out = gate.house.mails.out.lock().unwrap().clone();
        assert_eq!(out, [format!("{}-a1", gate.run)]);
    }
}

#[tokio::test]
async fn a_prepared_mail_without_a_yes_is_thrown_away() {
    use copydesk_journal::AnswerOutbox as _;

    let gate = Gate::start().await;
    gate.house.script.has_reader.store(true, Ordering::SeqCst);
    gate.alone("engagement").await.unwrap();
    let name = format!("{}-a1", gate.run);
    gate.house.mails.prepare(&name, b"Dear reader").unwrap();
    gate.engine.settle_outbox().await.unwrap();
    assert!(gate.house.mails.prepared().unwrap().is_empty());
    assert!(gate.house.mails.out.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_tool_that_may_have_acted_is_called_once_and_others_again() {
    for (is_repeatable, calls) in [(false, 1), (true, 3)] {
        let gate = Gate::start().await;
        *gate.house.script.tool_error.lock().unwrap() = Some(ToolError::Timeout {
            tool: "other/post".to_owned(),
            timeout_ms: 5,
            is_repeatable,
        });
        gate.advance().await;
        assert_eq!(gate.state().await.0, RunState::Failed);
        assert_eq!(gate.house.script.diary.count("called other/post"), calls);
        let reason = gate.reason("research").await;
        assert_eq!(reason.contains("may have acted"), !is_repeatable, "{reason}");
        // A person who looked says so.
        *gate.house.script.tool_error.lock().unwrap() = None;
        gate.retry().await;
        gate.advance().await;
        assert_eq!(gate.state().await.2, [WaitingFor::Approval]);
    }
}

#[tokio::test]
async fn what_a_cancelled_run_left_undecided_can_not_be_approved_any_more() {
    let gate = Gate::reach().await;
    let waits = gate.engine.view(&gate.run).await.unwrap().approval;
    assert!(waits.hash.is_some() && waits.expires_at.is_some());
    gate.engine.stop(&gate.run).await.unwrap();
    assert_eq!(gate.advance().await, Advanced::Done);
    let view = gate.engine.view(&gate.run).await.unwrap();
    assert_eq!(
        (view.state, view.issue),
        (RunState::Cancelled, IssueState::Reviewed)
    );
    assert_eq!((view.approval.hash, view.approval.expires_at), (None, None));
    assert_eq!(gate.engine.waiting(&gate.run).await.unwrap(), []);
    let refused = gate.engine.approve(&gate.run, waits.hash, None, None).await;
    let told = refused.unwrap_err().to_string();
    assert!(told.contains("the run is cancelled"), "{told}");
}

#[tokio::test]
async fn an_approval_that_was_cancelled_before_it_went_out_is_told_no_more() {
    let gate = Gate::reach().await;
    gate.engine.approve(&gate.run, None, None, None).await.unwrap();
    let held = gate.engine.view(&gate.run).await.unwrap();
    assert!(
        held.approval.hash.is_some(),
        "its hash is told after the decision"
    );
    gate.engine.stop(&gate.run).await.unwrap();
    gate.advance().await;
    let view = gate.engine.view(&gate.run).await.unwrap();
    assert_eq!(
        (view.state, view.issue),
        (RunState::Cancelled, IssueState::Reviewed),
        "the cancel took the yes back"
    );
    assert_eq!(view.approval.hash, None);
    // Who retries it has it wait again.
    gate.retry().await;
    let view = gate.engine.view(&gate.run).await.unwrap();
    assert!(view.approval.hash.is_some());
}
