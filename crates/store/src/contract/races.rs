//! Two handles on one store race each other: one wins, the other learns it.

use std::sync::Arc;

use copydesk_domain::{ContentHash, Decision, IssueState, MicroUsd, RunId, RunState};
use tokio::task::JoinSet;

use super::scene::{Scene, at, decide, intend, manual, reserve, run_limit, slot, step, supersede, update};
use crate::token::{TokenKind, TokenRecord};
use crate::{Applied, Command, Lease, RunParams, Store, StoreError};

super::cases![
    two_creators_of_a_slot_make_one_run,
    two_workers_take_a_run_and_one_gets_it,
    two_approvals_and_one_wins,
    an_approval_and_a_rejection_and_one_wins,
    a_recall_and_an_intent_and_one_wins,
    an_approval_and_a_newer_slot_and_one_wins,
    reserves_never_exceed_their_limit,
    a_step_has_one_outcome,
    a_token_is_taken_by_one,
    a_stale_worker_loses_every_race,
    writes_of_many_tasks_all_arrive,
];

/// Carries all commands out at once, by turns on the two handles.
pub(super) async fn race(scene: &Scene, commands: Vec<Command>) -> Vec<Result<Applied, StoreError>> {
    let mut tasks = JoinSet::new();
    for (number, command) in commands.into_iter().enumerate() {
        let store: Arc<dyn Store> = if number % 2 == 0 {
            scene.a.clone()
        } else {
            scene.b.clone()
        };
        tasks.spawn(async move { store.apply(command).await });
    }
    tasks.join_all().await
}

fn wins(outcomes: &[Result<Applied, StoreError>]) -> usize {
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

async fn two_creators_of_a_slot_make_one_run(scene: Scene) {
    let of = |id: &str| RunParams {
        slot: Some(slot(0)),
        ..manual(id)
    };
    let commands = (0..16)
        .map(|number| Command::CreateRun(of(&format!("r{number}"))))
        .collect();
    let mut made = Vec::new();
    let mut found = Vec::new();
    for outcome in race(&scene, commands).await {
        match outcome {
            Ok(Applied::Run { id, is_new: true }) => made.push(id),
            Ok(Applied::Run { id, is_new: false }) => found.push(id),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((made.len(), found.len()), (1, 15));
    assert!(found.iter().all(|id| *id == made[0]));
    assert_eq!(scene.b.runs(None, 100).await.expect("runs").len(), 1);
}

async fn two_workers_take_a_run_and_one_gets_it(scene: Scene) {
    let run = scene.make("r1").await;
    let take = |number: i32| Command::LeaseRun {
        run: run.clone(),
        owner: format!("worker {number}"),
        now: at(1),
        until: at(100),
    };
    let outcomes = race(&scene, (0..8).map(take).collect()).await;
    assert_eq!(wins(&outcomes), 1);
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Ok(_) | Err(StoreError::Leased { .. })))
    );
}

async fn two_approvals_and_one_wins(scene: Scene) {
    let (lease, hash) = scene.reviewed("r1", "one").await;
    let outcomes = race(&scene, vec![decide(&lease.run, hash, Decision::Approved); 8]).await;
    assert_eq!(wins(&outcomes), 1);
    let refused = Err(StoreError::DecisionRefused {
        decision: "approved",
        state: "already approved".to_owned(),
    });
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == refused).count(), 7);
    assert_eq!(scene.b.decisions(&lease.run).await.expect("decisions").len(), 1);
}

async fn an_approval_and_a_rejection_and_one_wins(scene: Scene) {
    for number in 0..4 {
        let (lease, hash) = scene.reviewed(&format!("r{number}"), "one").await;
        let both = [Decision::Approved, Decision::Rejected].map(|d| decide(&lease.run, hash, d));
        assert_eq!(wins(&race(&scene, both.to_vec()).await), 1);
        let decisions = scene.b.decisions(&lease.run).await.expect("decisions");
        let issue = scene.run(&lease.run).await.issue;
        assert_eq!(
            (decisions.len(), decisions[0].decision.as_str()),
            (1, issue.as_str())
        );
    }
}

async fn a_recall_and_an_intent_and_one_wins(scene: Scene) {
    for number in 0..4 {
        let (lease, hash) = scene.reviewed(&format!("r{number}"), "one").await;
        scene.apply(decide(&lease.run, hash, Decision::Approved)).await;
        let both = vec![
            decide(&lease.run, hash, Decision::Recalled),
            intend(&lease, "one", &format!("k{number}"), 30),
        ];
        assert_eq!(wins(&race(&scene, both).await), 1);
        let is_out = !scene.b.outbox(&lease.run).await.expect("outbox").is_empty();
        let is_approved = scene.run(&lease.run).await.issue == IssueState::Approved;
        assert_eq!(
            is_out, is_approved,
            "nothing recalled goes out, and nothing on its way is recalled"
        );
    }
}

async fn an_approval_and_a_newer_slot_and_one_wins(scene: Scene) {
    for number in 0..8 {
        let (lease, hash) = scene.reviewed(&format!("r{number}"), "one").await;
        let mut both = vec![
            decide(&lease.run, hash, Decision::Approved),
            supersede(&lease, 20),
        ];
        both.rotate_left(number % 2);
        let outcomes = race(&scene, both).await;
        let has_given_way = outcomes.contains(&Ok(Applied::Taken(true)));
        let is_accepted = outcomes.contains(&Ok(Applied::Done));
        assert_ne!(has_given_way, is_accepted, "{outcomes:?}");
        let run = scene.run(&lease.run).await;
        let (state, issue) = if is_accepted {
            (RunState::Running, IssueState::Approved)
        } else {
            (RunState::Superseded, IssueState::Reviewed)
        };
        assert_eq!((run.state, run.issue), (state, issue));
    }
}

async fn reserves_never_exceed_their_limit(scene: Scene) {
    let lease = scene.leased("r1").await;
    let outcomes = race(&scene, vec![reserve(&lease, 10, vec![run_limit(100)]); 64]).await;
    assert_eq!(wins(&outcomes), 10);
    let is_expected = |outcome: &Result<_, _>| matches!(outcome, Ok(_) | Err(StoreError::BudgetSpent { .. }));
    assert!(outcomes.iter().all(is_expected), "{outcomes:?}");
    let spends = scene.b.run_spends(&lease.run).await.expect("spends");
    assert_eq!(
        spends.iter().map(|spend| spend.amount).sum::<MicroUsd>(),
        MicroUsd(100)
    );
}

async fn a_step_has_one_outcome(scene: Scene) {
    let lease = scene.leased("r1").await;
    let finish = |number: i32| Command::FinishStep {
        lease: lease.clone(),
        step: step("a", "input", number.to_string().as_bytes()),
    };
    let outcomes = race(&scene, (0..16).map(finish).collect()).await;
    assert_eq!(wins(&outcomes), 16, "who comes second finds the outcome");
    assert_eq!(scene.b.steps(&lease.run, 0).await.expect("steps").len(), 1);
}

async fn a_token_is_taken_by_one(scene: Scene) {
    let hash = ContentHash::of(b"token");
    let token = TokenRecord {
        hash,
        kind: TokenKind::Login,
        name: None,
        created_at: at(0),
        expires_at: None,
    };
    scene.apply(Command::PutToken(token)).await;
    let outcomes = race(&scene, vec![Command::TakeToken { hash, now: at(1) }; 8]).await;
    assert_eq!(
        outcomes
            .iter()
            .filter(|outcome| **outcome == Ok(Applied::Taken(true)))
            .count(),
        1
    );
    assert_eq!(wins(&outcomes), 8);
}

async fn a_stale_worker_loses_every_race(scene: Scene) {
    let stale = scene.leased("r1").await;
    let good = scene.lease(&stale.run, "other", 500).await;
    let mut commands = Vec::new();
    for number in 0..16 {
        let lease: &Lease = if number % 3 == 0 { &good } else { &stale };
        let step = step(&format!("step/{number}"), "input", b"{}");
        commands.push(Command::FinishStep {
            lease: lease.clone(),
            step,
        });
        commands.push(update(&stale, RunState::Failed, None));
    }
    assert_eq!(wins(&race(&scene, commands).await), 6);
    assert_eq!(scene.b.steps(&stale.run, 0).await.expect("steps").len(), 6);
    assert_eq!(scene.run(&stale.run).await.state, RunState::Queued);
}

async fn writes_of_many_tasks_all_arrive(scene: Scene) {
    let commands = (0..300)
        .map(|number| Command::CreateRun(manual(&format!("r{number}"))))
        .collect();
    assert_eq!(wins(&race(&scene, commands).await), 300);
    assert_eq!(scene.b.runs(None, 1000).await.expect("runs").len(), 300);
    for number in [0, 150, 299] {
        let run = RunId::new(format!("r{number}"));
        assert!(
            scene.a.run(&run).await.expect("runs").is_some(),
            "both handles see every write"
        );
        assert!(
            scene.b.run(&run).await.expect("runs").is_some(),
            "both handles see every write"
        );
    }
}
