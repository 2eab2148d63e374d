//! Every command that a lease fences: a stale one changes nothing.

use copydesk_domain::{ContentHash, Decision, Fence, IssueState, MicroUsd, Round, RunState};

use super::scene::{
    Scene, at, breach, decide, finish, intend, issue, payload, reserve, run_limit, snapshot, step, supersede,
    update,
};
use crate::record::OutboxState;
use crate::{Applied, Command, Lease, StoreError};

super::cases![
    a_stale_lease_changes_nothing,
    a_lease_on_an_unknown_run_is_refused
];

/// Each fenced command once; every one of them would succeed under a good lease.
fn fenced(lease: &Lease, reservation: i64) -> Vec<Command> {
    let stage = || "research".into();
    vec![
        Command::RenewLease {
            lease: lease.clone(),
            until: at(900),
        },
        intend(lease, "one", "other-key", 30),
        Command::SettleIntent {
            lease: lease.clone(),
            key: "key".to_owned(),
            state: OutboxState::Delivered,
            location: None,
            error: None,
            at: at(31),
        },
        update(lease, RunState::Failed, Some(IssueState::Published)),
        Command::StartStage {
            lease: lease.clone(),
            stage: stage(),
            round: Round(2),
            now: at(2),
            at: at(3),
        },
        finish(lease, "review", 2, vec![issue("forged")]),
        Command::FinishStep {
            lease: lease.clone(),
            step: step("new", "input", b"{}"),
        },
        reserve(lease, 1, vec![run_limit(1_000)]),
        Command::SettleSpend {
            lease: lease.clone(),
            reservation,
            amount: MicroUsd(999),
            is_assumed: true,
            counted: None,
            at: at(9),
        },
        Command::NoteBreach {
            lease: lease.clone(),
            breach: breach(),
        },
        Command::PutSnapshot {
            lease: Some(lease.clone()),
            snapshot: snapshot("Forged.", "https://f.example/", "F", 4),
        },
        Command::WriteLog {
            lease: lease.clone(),
            stage: stage(),
            round: Round::FIRST,
            level: "info".to_owned(),
            message: "forged".to_owned(),
            at: at(9),
        },
        super::exchanges::put(lease, "forged", 9),
        supersede(lease, 9),
        Command::ReleaseLease { lease: lease.clone() },
    ]
}

/// Everything that the commands above could touch, as text.
async fn picture(scene: &Scene, lease: &Lease) -> String {
    let (store, run) = (&scene.b, &lease.run);
    format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
        store.run(run).await,
        store.stages(run).await,
        store.steps(run, 0).await,
        store.logs(run).await,
        store.exchanges(run).await,
        store.outbox(run).await,
        store.run_spends(run).await,
        store.snapshot_of_url("https://f.example/").await,
        store.body(&issue("forged").hash).await,
    )
}

/// A run with an approved issue, a payload on its way and an open reserve.
async fn busy(scene: &Scene) -> (Lease, i64) {
    let (lease, hash) = scene.reviewed("r1", "one").await;
    let reserved = scene.apply(reserve(&lease, 10, Vec::new())).await;
    let Applied::Reserved(reservation) = reserved else {
        panic!("no reserve but {reserved:?}")
    };
    scene.apply(decide(&lease.run, hash, Decision::Approved)).await;
    scene.apply(intend(&lease, "one", "key", 30)).await;
    (lease, reservation.id)
}

async fn a_stale_lease_changes_nothing(scene: Scene) {
    let (stale, reservation) = busy(&scene).await;
    let good = scene.lease(&stale.run, "worker", 40).await;
    let before = picture(&scene, &stale).await;
    let future = Lease {
        run: stale.run.clone(),
        fence: Fence(good.fence.0 + 1),
    };
    for lease in [&stale, &future] {
        for command in fenced(lease, reservation) {
            let shown = format!("{command:?}");
            let error = scene.refuse(command).await;
            assert_eq!(
                error,
                StoreError::LeaseLost {
                    run: stale.run.clone()
                },
                "{shown}"
            );
        }
    }
    assert_eq!(picture(&scene, &stale).await, before);
    for command in fenced(&good, reservation) {
        scene.apply(command).await;
    }
    assert_ne!(picture(&scene, &stale).await, before);
    assert_eq!(scene.a.body(&ContentHash::of(&payload("never"))).await, Ok(None));
}

async fn a_lease_on_an_unknown_run_is_refused(scene: Scene) {
    let lease = Lease {
        run: "nowhere".into(),
        fence: Fence(1),
    };
    for command in fenced(&lease, 1) {
        let error = scene.refuse(command).await;
        assert_eq!(
            error,
            StoreError::RunUnknown {
                run: lease.run.clone()
            }
        );
    }
}
