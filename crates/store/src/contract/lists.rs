//! Commands that share a commit, and who is woken by it.

use copydesk_domain::RunState;

use super::scene::{Scene, at, manual, step, update};
use crate::{Applied, Command, StoreError};

super::cases![
    a_list_shares_one_commit,
    a_list_ends_at_the_first_failure,
    an_empty_list_changes_nothing,
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
