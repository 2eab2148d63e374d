//! Steps, their attempts, and the operator's lines.

use copydesk_domain::{MicroUsd, Round, StageName, StepState};

use super::scene::{Scene, at, reserve, step};
use crate::record::LogLine;
use crate::{Applied, Command, Lease, StepParams, StoreError};

super::cases![
    an_outcome_is_read_back,
    a_final_outcome_is_left_as_it_is,
    another_input_is_refused,
    an_attempt_may_be_followed_by_another,
    rounds_stages_and_runs_keep_their_own_steps,
    a_step_shows_what_its_attempts_cost,
    a_new_attempt_of_a_stage_counts_the_calls_it_finds_done,
    log_lines_stand_in_order,
];

fn finish(lease: &Lease, step: StepParams) -> Command {
    Command::FinishStep {
        lease: lease.clone(),
        step,
    }
}

async fn keys_after(scene: &Scene, lease: &Lease, after: i64) -> Vec<(String, i64)> {
    let steps = scene
        .b
        .steps(&lease.run, after)
        .await
        .expect("steps are readable");
    steps
        .into_iter()
        .map(|step| (step.key.to_string(), step.sequence))
        .collect()
}

async fn an_outcome_is_read_back(scene: Scene) {
    let lease = scene.leased("r1").await;
    let given = StepParams {
        tool: Some("web/read".to_owned()),
        ..step("a", "input", b"{\"a\":1}")
    };
    scene.apply(finish(&lease, given.clone())).await;
    let unknown = StepParams {
        tokens_in: None,
        tokens_out: None,
        task: None,
        model: None,
        ..given.clone()
    };
    let discarded = StepParams {
        key: "b".into(),
        state: StepState::Discarded,
        ..unknown
    };
    scene.apply(finish(&lease, discarded)).await;
    let steps = scene.b.steps(&lease.run, 0).await.expect("steps are readable");
    let first = &steps[0];
    assert_eq!(
        (&first.stage, first.round, &first.key),
        (&given.stage, given.round, &given.key)
    );
    assert_eq!(
        (first.input_hash, first.state, first.ms),
        (given.input_hash, given.state, given.ms)
    );
    assert_eq!(
        (&first.task, &first.tool, &first.model),
        (&given.task, &given.tool, &given.model)
    );
    assert_eq!(
        (first.tokens_in, first.tokens_out),
        (given.tokens_in, given.tokens_out)
    );
    assert_eq!(
        (first.attempts, &first.outcome, first.finished_at),
        (1, &given.outcome, given.at)
    );
    assert_eq!(
        (steps[1].tokens_in, &steps[1].task, &steps[1].model),
        (None, &None, &None)
    );
    let outcomes = scene
        .b
        .outcomes(&lease.run, &given.stage, Round::FIRST)
        .await
        .expect("outcomes");
    assert_eq!(
        (&outcomes[0].key, outcomes[0].input_hash),
        (&given.key, given.input_hash)
    );
    assert_eq!(
        (outcomes[0].state, &outcomes[0].body),
        (StepState::Completed, &given.body)
    );
    assert_eq!((outcomes[1].state, outcomes.len()), (StepState::Discarded, 2));
}

async fn a_final_outcome_is_left_as_it_is(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene.apply(finish(&lease, step("a", "input", b"first"))).await;
    let before = scene.b.steps(&lease.run, 0).await;
    let late = StepParams {
        state: StepState::Retryable,
        ..step("a", "input", b"third")
    };
    for again in [step("a", "input", b"second"), late] {
        assert_eq!(scene.apply(finish(&lease, again)).await, Applied::Done);
    }
    assert_eq!(scene.b.steps(&lease.run, 0).await, before);
    let outcomes = scene
        .b
        .outcomes(&lease.run, &"research".into(), Round::FIRST)
        .await
        .expect("outcomes");
    assert_eq!(outcomes[0].body, b"first");
}

async fn another_input_is_refused(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene.apply(finish(&lease, step("a", "input", b"first"))).await;
    let error = scene.refuse(finish(&lease, step("a", "changed", b"first"))).await;
    assert_eq!(error, StoreError::InputChanged { key: "a".to_owned() });
}

async fn an_attempt_may_be_followed_by_another(scene: Scene) {
    let lease = scene.leased("r1").await;
    let open = |state, outcome: &str| StepParams {
        state,
        outcome: outcome.to_owned(),
        attempts: 3,
        ..step("a", "input", b"{}")
    };
    scene
        .apply(finish(&lease, open(StepState::Retryable, "timeout")))
        .await;
    scene.apply(finish(&lease, step("b", "input", b"{}"))).await;
    let before = keys_after(&scene, &lease, 0).await;
    scene
        .apply(finish(&lease, open(StepState::Suspended, "budget")))
        .await;
    let outcomes = scene
        .b
        .outcomes(&lease.run, &"research".into(), Round::FIRST)
        .await
        .expect("outcomes");
    assert_eq!(outcomes.len(), 1, "an open step has no outcome yet");
    scene.apply(finish(&lease, step("a", "input", b"done"))).await;
    let after = keys_after(&scene, &lease, before[1].1).await;
    assert_eq!(after.len(), 1, "a later attempt of a step is seen by who follows");
    assert_eq!(after[0].0, "a");
    let all = keys_after(&scene, &lease, 0).await;
    assert_eq!(
        all.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(),
        ["b", "a"]
    );
    assert!(all[0].1 < all[1].1);
}

async fn rounds_stages_and_runs_keep_their_own_steps(scene: Scene) {
    let first = scene.leased("r1").await;
    let second = scene.leased("r2").await;
    let of = |stage: &str, round| StepParams {
        stage: stage.into(),
        round: Round(round),
        ..step("a", &format!("{stage}{round}"), stage.as_bytes())
    };
    for (lease, stage, round) in [
        (&first, "draft", 1),
        (&first, "draft", 2),
        (&first, "review", 1),
        (&second, "draft", 1),
    ] {
        scene.apply(finish(lease, of(stage, round))).await;
    }
    let stage = StageName::from("draft");
    for (lease, round, count) in [(&first, 1, 1), (&first, 2, 1), (&second, 1, 1), (&second, 2, 0)] {
        let outcomes = scene
            .b
            .outcomes(&lease.run, &stage, Round(round))
            .await
            .expect("outcomes");
        assert_eq!(outcomes.len(), count);
    }
    assert_eq!(keys_after(&scene, &first, 0).await.len(), 3);
}

async fn a_step_shows_what_its_attempts_cost(scene: Scene) {
    let lease = scene.leased("r1").await;
    let mut reserves = Vec::new();
    for amount in [100, 70, 5] {
        let answer = scene.apply(reserve(&lease, amount, Vec::new())).await;
        let Applied::Reserved(reservation) = answer else {
            panic!("no reserve but {answer:?}")
        };
        reserves.push(reservation.id);
    }
    let settle = |reservation, amount| Command::SettleSpend {
        lease: lease.clone(),
        reservation,
        amount: MicroUsd(amount),
        is_assumed: false,
        counted: None,
        at: at(6),
    };
    scene.apply(settle(reserves[0], 30)).await;
    scene.apply(settle(reserves[1], 0)).await;
    scene
        .apply(finish(&lease, step("take_notes/1", "input", b"{}")))
        .await;
    scene
        .apply(finish(&lease, step("take_notes/2", "input", b"{}")))
        .await;
    let steps = scene.b.steps(&lease.run, 0).await.expect("steps are readable");
    let spends: Vec<_> = steps.iter().map(|step| step.spend).collect();
    assert_eq!(spends, [MicroUsd(35), MicroUsd::ZERO]);
}

async fn log_lines_stand_in_order(scene: Scene) {
    let lease = scene.leased("r1").await;
    let line = |seconds, message: &str| LogLine {
        at: at(seconds),
        stage: "draft".into(),
        round: Round(2),
        level: "warn".to_owned(),
        message: message.to_owned(),
    };
    let lines = [
        line(9, "first"),
        line(3, "the clock was set back"),
        line(9, "first"),
    ];
    for LogLine {
        at,
        stage,
        round,
        level,
        message,
    } in lines.clone()
    {
        scene
            .apply(Command::WriteLog {
                lease: lease.clone(),
                stage,
                round,
                level,
                message,
                at,
            })
            .await;
    }
    assert_eq!(scene.b.logs(&lease.run).await, Ok(lines.to_vec()));
    assert_eq!(scene.b.logs(&"other".into()).await, Ok(Vec::new()));
}

async fn a_new_attempt_of_a_stage_counts_the_calls_it_finds_done(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene.start(&lease, "research", 1).await;
    let Applied::Reserved(reservation) = scene.apply(reserve(&lease, 70, Vec::new())).await else {
        panic!("a reserve has a number");
    };
    let bill = Command::SettleSpend {
        lease: lease.clone(),
        reservation: reservation.id,
        amount: MicroUsd(40),
        is_assumed: false,
        counted: None,
        at: at(4),
    };
    scene.apply(bill).await;
    scene
        .apply(finish(&lease, step("take_notes/1", "input", b"{}")))
        .await;
    let by_code = StepParams {
        task: None,
        ..step("inputs", "input", b"{}")
    };
    scene.apply(finish(&lease, by_code)).await;
    let open = StepParams {
        state: StepState::Suspended,
        ..step("take_notes/2", "input", b"{}")
    };
    scene.apply(finish(&lease, open)).await;
    let saved = |run: crate::RunRecord| (run.saved_calls, run.saved_spend);
    assert_eq!(saved(scene.run(&lease.run).await), (0, MicroUsd::ZERO));
    for times in 1..=2 {
        scene.start(&lease, "research", 1).await;
        assert_eq!(
            saved(scene.run(&lease.run).await),
            (
                times,
                MicroUsd(40 * i64::try_from(times).expect("a small number"))
            )
        );
    }
}
