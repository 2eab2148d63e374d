//! Runs: made once, listed in order, stopped and tried again.

use copydesk_domain::{
    ContentHash, Fence, IssueState, MicroUsd, RunId, RunState, StageState, StepState, WaitingFor,
};

use super::scene::{Scene, at, custom, finish, manual, slot, step, update};
use crate::{Applied, Command, RunParams, StepParams, StoreError};

super::cases![
    a_new_run_is_as_its_parameters_say,
    a_slot_has_one_run,
    a_known_id_makes_no_second_run,
    an_update_is_read_back,
    an_unknown_run_is_refused,
    a_run_that_nobody_holds_is_cancelled_at_once,
    a_held_run_is_asked_to_stop,
    a_final_run_is_not_cancelled,
    a_retry_grants_and_queues,
    a_retry_opens_the_failed_stage_and_the_step_it_failed_by,
    a_retry_leaves_a_run_that_waits_for_the_author,
    a_retry_leaves_a_held_run_to_its_worker,
    a_finished_run_is_not_retried,
];

async fn a_new_run_is_as_its_parameters_say(scene: Scene) {
    let params = RunParams {
        slot: Some(slot(-60)),
        parent: Some("older".into()),
        fixed_now: Some(at(-5)),
        seed: i64::MIN,
        is_scheduled: true,
        ..manual("r1")
    };
    let made = scene.apply(Command::CreateRun(params.clone())).await;
    assert_eq!(
        made,
        Applied::Run {
            id: "r1".into(),
            is_new: true
        }
    );
    let run = scene.run(&"r1".into()).await;
    assert_eq!(
        (run.pipeline, run.slot, run.parent),
        (params.pipeline, params.slot, params.parent)
    );
    assert_eq!(
        (run.release, run.fixed_now, run.seed),
        (params.release, params.fixed_now, params.seed)
    );
    assert_eq!(
        (run.state, run.issue, run.fence),
        (RunState::Queued, IssueState::None, Fence(0))
    );
    assert_eq!(
        (run.created_at, run.updated_at, run.wake_at),
        (at(0), at(0), None)
    );
    assert!(run.is_scheduled && !run.cancel_requested && !run.embedded_only);
    assert_eq!(
        (run.budget_extra, run.reason, run.waiting_for),
        (MicroUsd::ZERO, None, Vec::new())
    );
}

async fn a_slot_has_one_run(scene: Scene) {
    let of = |id: &str, pipeline: &str, seconds| RunParams {
        pipeline: pipeline.into(),
        slot: Some(slot(seconds)),
        ..manual(id)
    };
    scene.apply(Command::CreateRun(of("r1", "daily", 0))).await;
    let second = scene.apply(Command::CreateRun(of("r2", "daily", 0))).await;
    assert_eq!(
        second,
        Applied::Run {
            id: "r1".into(),
            is_new: false
        }
    );
    assert_eq!(scene.a.run(&"r2".into()).await, Ok(None));
    for (id, pipeline, seconds) in [("r3", "daily", 60), ("r4", "weekly", 0)] {
        let made = scene.apply(Command::CreateRun(of(id, pipeline, seconds))).await;
        assert_eq!(
            made,
            Applied::Run {
                id: id.into(),
                is_new: true
            }
        );
    }
}

async fn a_known_id_makes_no_second_run(scene: Scene) {
    scene.make("r1").await;
    let again = scene
        .apply(Command::CreateRun(RunParams {
            seed: 8,
            ..manual("r1")
        }))
        .await;
    assert_eq!(
        again,
        Applied::Run {
            id: "r1".into(),
            is_new: false
        }
    );
    assert_eq!(scene.run(&"r1".into()).await.seed, 7);
}

async fn an_update_is_read_back(scene: Scene) {
    let lease = scene.leased("r1").await;
    let waiting_for = vec![WaitingFor::Answers, WaitingFor::Budget];
    let command = Command::UpdateRun {
        lease: lease.clone(),
        state: RunState::Waiting,
        waiting_for: waiting_for.clone(),
        issue: Some(IssueState::Drafted),
        wake_at: Some(at(50)),
        reason: Some("no money".to_owned()),
        at: at(12),
    };
    scene.apply(command).await;
    let run = scene.run(&lease.run).await;
    assert_eq!((run.state, run.waiting_for), (RunState::Waiting, waiting_for));
    assert_eq!(
        (run.issue, run.wake_at, run.updated_at),
        (IssueState::Drafted, Some(at(50)), at(12))
    );
    assert_eq!((run.reason.as_deref(), run.created_at), (Some("no money"), at(0)));
    scene.apply(update(&lease, RunState::Running, None)).await;
    let run = scene.run(&lease.run).await;
    assert_eq!(
        (run.issue, run.reason, run.waiting_for),
        (IssueState::Drafted, None, Vec::new())
    );
}

async fn an_unknown_run_is_refused(scene: Scene) {
    let run = RunId::from("nowhere");
    let unknown = StoreError::RunUnknown { run: run.clone() };
    let lease = Command::LeaseRun {
        run: run.clone(),
        owner: "w".to_owned(),
        now: at(0),
        until: at(1),
    };
    assert_eq!(scene.refuse(lease).await, unknown);
    assert_eq!(
        scene
            .refuse(Command::RequestCancel {
                run: run.clone(),
                at: at(0)
            })
            .await,
        unknown
    );
    assert_eq!(scene.refuse(retry(&run, 0, false)).await, unknown);
    assert_eq!(scene.a.run(&run).await, Ok(None));
    assert_eq!(scene.a.stages(&run).await, Ok(Vec::new()));
}

async fn a_run_that_nobody_holds_is_cancelled_at_once(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene.start(&lease, "research", 1).await;
    scene
        .apply(finish(&lease, "research", 1, vec![custom("done")]))
        .await;
    scene.start(&lease, "draft", 1).await;
    scene.apply(Command::ReleaseLease { lease: lease.clone() }).await;
    scene
        .apply(Command::RequestCancel {
            run: lease.run.clone(),
            at: at(30),
        })
        .await;
    let run = scene.run(&lease.run).await;
    assert_eq!(
        (run.state, run.cancel_requested, run.updated_at),
        (RunState::Cancelled, true, at(30))
    );
    let stages = scene.stages(&lease.run).await;
    let ends: Vec<_> = stages
        .iter()
        .map(|stage| (stage.state, stage.finished_at))
        .collect();
    assert_eq!(
        ends,
        [
            (StageState::Completed, Some(at(11))),
            (StageState::Cancelled, Some(at(30)))
        ]
    );
}

async fn a_held_run_is_asked_to_stop(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene
        .apply(Command::RequestCancel {
            run: lease.run.clone(),
            at: at(30),
        })
        .await;
    let run = scene.run(&lease.run).await;
    assert_eq!(
        (run.state, run.cancel_requested, run.fence),
        (RunState::Queued, true, lease.fence)
    );
    scene.apply(update(&lease, RunState::Cancelled, None)).await;

    // A worker that died holds nothing; should it come back, its fence is worth nothing either.
    let dead = scene.leased("r2").await;
    scene
        .apply(Command::RequestCancel {
            run: dead.run.clone(),
            at: at(101),
        })
        .await;
    assert_eq!(scene.run(&dead.run).await.state, RunState::Cancelled);
    let error = scene.refuse(update(&dead, RunState::Running, None)).await;
    assert_eq!(error, StoreError::LeaseLost { run: dead.run });
}

async fn a_final_run_is_not_cancelled(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene.apply(update(&lease, RunState::Completed, None)).await;
    scene
        .apply(Command::RequestCancel {
            run: lease.run.clone(),
            at: at(500),
        })
        .await;
    let run = scene.run(&lease.run).await;
    assert_eq!(
        (run.state, run.cancel_requested, run.updated_at),
        (RunState::Completed, false, at(12))
    );
}

fn retry(run: &RunId, budget_extra: i64, embedded_only: bool) -> Command {
    Command::Retry {
        run: run.clone(),
        budget_extra: MicroUsd(budget_extra),
        embedded_only,
        at: at(40),
    }
}

async fn a_retry_grants_and_queues(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene.start(&lease, "research", 1).await;
    let failed = Command::FinishStage {
        lease: lease.clone(),
        stage: "research".into(),
        round: copydesk_domain::Round::FIRST,
        state: StageState::Failed,
        reason: Some("no answer".to_owned()),
        artifacts: Vec::new(),
        bodies: Vec::new(),
        at: at(11),
    };
    scene.apply(failed).await;
    scene
        .apply(Command::RequestCancel {
            run: lease.run.clone(),
            at: at(12),
        })
        .await;
    scene.apply(update(&lease, RunState::Failed, None)).await;
    scene.apply(Command::ReleaseLease { lease: lease.clone() }).await;
    scene.apply(retry(&lease.run, 500, true)).await;
    scene.apply(retry(&lease.run, 250, false)).await;
    let run = scene.run(&lease.run).await;
    assert_eq!(
        (run.state, run.cancel_requested, run.updated_at),
        (RunState::Queued, false, at(40))
    );
    assert_eq!((run.budget_extra, run.embedded_only), (MicroUsd(750), true));
    assert_eq!((run.wake_at, run.reason), (None, None));
    let lease = scene.lease(&lease.run, "worker", 50).await;
    assert_eq!(scene.start(&lease, "research", 1).await, Applied::StageNow(at(2)));
    let stages = scene.stages(&lease.run).await;
    assert_eq!(
        (stages[0].state, stages[0].attempts, stages[0].finished_at),
        (StageState::Running, 2, None)
    );
}

async fn a_retry_opens_the_failed_stage_and_the_step_it_failed_by(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene.start(&lease, "research", 1).await;
    for (key, state, outcome) in [
        ("page/1", StepState::Discarded, "HTTP 404"),
        ("page/2", StepState::Completed, "ok"),
        ("rank/1", StepState::Discarded, "no model answered"),
        ("rank", StepState::Discarded, "no model answered"),
    ] {
        let step = StepParams {
            state,
            outcome: outcome.to_owned(),
            ..step(key, "input", b"{}")
        };
        let lease = lease.clone();
        scene.apply(Command::FinishStep { lease, step }).await;
    }
    let failed = Command::FinishStage {
        lease: lease.clone(),
        stage: "research".into(),
        round: copydesk_domain::Round::FIRST,
        state: StageState::Failed,
        reason: Some("no model answered".to_owned()),
        artifacts: Vec::new(),
        bodies: Vec::new(),
        at: at(11),
    };
    scene.apply(failed).await;
    scene.apply(update(&lease, RunState::Failed, None)).await;
    scene.apply(Command::ReleaseLease { lease: lease.clone() }).await;
    scene.apply(retry(&lease.run, 0, false)).await;
    let stages = scene.stages(&lease.run).await;
    assert_eq!(
        (stages[0].state, stages[0].finished_at),
        (StageState::Pending, None)
    );
    let (stage, round) = ("research".into(), copydesk_domain::Round::FIRST);
    let known = scene.b.outcomes(&lease.run, &stage, round).await;
    let known = known.expect("outcomes are readable");
    let keys: Vec<&str> = known.iter().map(|outcome| outcome.key.as_str()).collect();
    assert_eq!(
        keys,
        ["page/1", "page/2", "rank/1"],
        "what the stage went on in spite of stays"
    );
    let lease = scene.lease(&lease.run, "worker", 50).await;
    let finish = |input: &str| Command::FinishStep {
        lease: lease.clone(),
        step: step("rank", input, b"\"ranked\""),
    };
    scene.apply(finish("other input")).await;
    let known = scene.b.outcomes(&lease.run, &stage, round).await;
    let known = known.expect("outcomes are readable");
    let ranked = known.last().expect("four steps have an outcome");
    assert_eq!(
        (ranked.key.as_str(), ranked.state, ranked.body.as_slice()),
        ("rank", StepState::Completed, b"\"ranked\"".as_slice())
    );
    assert_eq!(ranked.input_hash, ContentHash::of(b"other input"));
    let steps = scene.b.steps(&lease.run, 0).await.expect("steps are readable");
    let last = &steps[3];
    assert_eq!(
        (steps.len(), last.key.as_str(), last.outcome.as_str()),
        (4, "rank", "ok")
    );
    assert_eq!(last.sequence, 6, "four attempts, the reopening, and this one");
    // It is final now, and a step like any other.
    scene.apply(finish("other input")).await;
    let refused = scene.refuse(finish("a third input")).await;
    assert!(matches!(refused, StoreError::InputChanged { .. }), "{refused}");
}

async fn a_retry_leaves_a_run_that_waits_for_the_author(scene: Scene) {
    let lease = scene.leased("r1").await;
    let waits = Command::UpdateRun {
        lease: lease.clone(),
        state: RunState::Waiting,
        waiting_for: vec![WaitingFor::Approval],
        issue: None,
        wake_at: None,
        reason: None,
        at: at(3),
    };
    scene.apply(waits).await;
    scene.apply(Command::ReleaseLease { lease: lease.clone() }).await;
    scene.apply(retry(&lease.run, 5, false)).await;
    let run = scene.run(&lease.run).await;
    assert_eq!(
        (run.state, run.waiting_for, run.budget_extra),
        (RunState::Waiting, vec![WaitingFor::Approval], MicroUsd(5))
    );
    // A stage that failed beside the author's wait is tried again all the same.
    let lease = scene.lease(&lease.run, "worker", 50).await;
    scene.start(&lease, "engagement", 1).await;
    let failed = Command::FinishStage {
        lease: lease.clone(),
        stage: "engagement".into(),
        round: copydesk_domain::Round::FIRST,
        state: StageState::Failed,
        reason: Some("no mailbox".to_owned()),
        artifacts: Vec::new(),
        bodies: Vec::new(),
        at: at(51),
    };
    scene.apply(failed).await;
    scene.apply(Command::ReleaseLease { lease: lease.clone() }).await;
    scene.apply(retry(&lease.run, 0, false)).await;
    assert_eq!(scene.run(&lease.run).await.state, RunState::Queued);
    assert_eq!(scene.stages(&lease.run).await[0].state, StageState::Pending);
}

async fn a_retry_leaves_a_held_run_to_its_worker(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene.apply(update(&lease, RunState::Running, None)).await;
    scene.apply(retry(&lease.run, 500, true)).await;
    let run = scene.run(&lease.run).await;
    assert_eq!(
        (run.state, run.budget_extra, run.fence),
        (RunState::Running, MicroUsd(500), lease.fence)
    );
}

async fn a_finished_run_is_not_retried(scene: Scene) {
    for state in [RunState::Completed, RunState::Superseded] {
        let lease = scene.leased(state.as_str()).await;
        scene.apply(update(&lease, state, None)).await;
        let error = scene.refuse(retry(&lease.run, 1, true)).await;
        assert!(
            matches!(
                error,
                StoreError::DecisionRefused {
                    decision: "retried",
                    ..
                }
            ),
            "{error}"
        );
        assert_eq!(scene.run(&lease.run).await.budget_extra, MicroUsd::ZERO);
    }
}
