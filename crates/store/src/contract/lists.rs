//! Commands that share a commit, who is woken by it, and a run read whole.

use copydesk_domain::{Decision, MicroUsd, RunState};

use super::scene::{Scene, at, decide, intend, manual, reserve, step, update};
use crate::{Applied, Command, StepParams, StepRecord, StoreError};

super::cases![
    a_list_shares_one_commit,
    a_list_ends_at_the_first_failure,
    an_empty_list_changes_nothing,
    a_whole_run_is_what_its_parts_are,
    a_run_is_notified_of_its_waits_and_of_what_people_do,
];

fn cancel(run: &str) -> Command {
    Command::RequestCancel {
        run: run.into(),
        at: at(9),
    }
}

async fn a_list_shares_one_commit(scene: Scene) {
    let mut changes = scene.a.changes();
    let before = *changes.borrow_and_update();
    let lease = scene.leased("r1").await;
    let made = *changes.borrow_and_update();
    assert!(made > before);
    let finish = |key: &str| Command::FinishStep {
        lease: lease.clone(),
        step: step(key, "in", b"out"),
    };
    let start = Command::StartStage {
        lease: lease.clone(),
        stage: "research".into(),
        round: copydesk_domain::Round::FIRST,
        now: at(2),
        at: at(3),
    };
    let answers = scene.a.apply_all(vec![start, finish("a"), finish("b")]).await;
    assert_eq!(
        answers,
        [Ok(Applied::StageNow(at(2))), Ok(Applied::Done), Ok(Applied::Done)]
    );
    assert_eq!(*changes.borrow_and_update(), made + 1, "one commit");
    let steps = scene.b.steps(&lease.run, 0).await.expect("steps are readable");
    let keys: Vec<String> = steps.iter().map(|step| step.key.to_string()).collect();
    assert_eq!(keys, ["a", "b"]);
}

async fn a_list_ends_at_the_first_failure(scene: Scene) {
    let create = |id: &str| Command::CreateRun(manual(id));
    let answers = scene
        .a
        .apply_all(vec![create("r1"), cancel("nowhere"), create("r2")])
        .await;
    let unknown = StoreError::RunUnknown {
        run: "nowhere".into(),
    };
    assert_eq!(answers.len(), 2, "{answers:?}");
    assert!(matches!(&answers[0], Ok(Applied::Run { is_new: true, .. })));
    assert_eq!(answers[1], Err(unknown));
    let runs = scene.b.runs(None, 9).await.expect("runs are readable");
    let ids: Vec<&str> = runs.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(
        ids,
        ["r1"],
        "what stands before is kept, what stands behind is not done"
    );
}

async fn an_empty_list_changes_nothing(scene: Scene) {
    let changes = scene.a.changes();
    assert_eq!(scene.a.apply_all(Vec::new()).await, []);
    assert!(!changes.has_changed().expect("the store is open"));
}

async fn a_run_is_notified_of_its_waits_and_of_what_people_do(scene: Scene) {
    let lease = scene.leased("r1").await;
    let other = scene.leased("r2").await;
    let mut seen = scene.a.run_changes(&lease.run);
    seen.mark_unchanged();
    scene.apply(update(&other, RunState::Waiting, None)).await;
    scene
        .apply(Command::FinishStep {
            lease: lease.clone(),
            step: step("a", "in", b"out"),
        })
        .await;
    scene.apply(update(&lease, RunState::Running, None)).await;
    assert!(!seen.has_changed().expect("the store is open"));
    scene.apply(update(&lease, RunState::Waiting, None)).await;
    assert!(seen.has_changed().expect("the store is open"));
    seen.mark_unchanged();
    let (woken, _) = tokio::join!(seen.changed(), scene.apply(cancel("r1")));
    assert!(woken.is_ok());
}

async fn a_whole_run_is_what_its_parts_are(scene: Scene) {
    let (lease, hash) = scene.reviewed("r1", "one").await;
    let id = &lease.run;
    let asks = StepParams {
        task: Some("write_title".to_owned()),
        ..step("title", "in", b"out")
    };
    let calls = StepParams {
        task: None,
        tool: Some("web/read".to_owned()),
        ..step("page", "in", b"page")
    };
    for step in [asks, calls] {
        let lease = lease.clone();
        scene.apply(Command::FinishStep { lease, step }).await;
    }
    scene.apply(reserve(&lease, 70, Vec::new())).await;
    scene.apply(decide(id, hash, Decision::Approved)).await;
    scene.apply(intend(&lease, "one", "key", 20)).await;
    let other = scene.leased("r2").await;
    scene.apply(reserve(&other, 7, Vec::new())).await;
    let whole = scene.b.whole_run(id).await.expect("it is readable");
    let whole = whole.expect("it is there");
    assert_eq!(whole.run, scene.run(id).await);
    assert_eq!(whole.stages, scene.stages(id).await);
    assert!(!whole.stages.is_empty() && whole.stages.iter().any(|stage| !stage.artifacts.is_empty()));
    assert_eq!(Ok(&whole.decisions), scene.b.decisions(id).await.as_ref());
    assert_eq!(
        whole.run.last_decision,
        whole.decisions.last().map(|last| last.sequence)
    );
    assert!(whole.run.last_decision.is_some());
    assert_eq!(Ok(&whole.outbox), scene.b.outbox(id).await.as_ref());
    assert_eq!(whole.outbox.len(), 1);
    let steps = scene.b.steps(id, 0).await.expect("steps are readable");
    let count = |is_it: fn(&StepRecord) -> bool| steps.iter().filter(|step| is_it(step)).count() as u64;
    assert_eq!(whole.model_calls, count(|step| step.task.is_some()));
    assert_eq!(whole.tool_calls, count(|step| step.tool.is_some()));
    assert!(whole.model_calls > 0 && whole.tool_calls > 0);
    assert_eq!(whole.spend, MicroUsd(70));
    assert_eq!(scene.b.whole_run(&"nowhere".into()).await, Ok(None));
}
