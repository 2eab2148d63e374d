//! Money: reserves that fit, bills, limits by scope.

use copydesk_domain::{Instant, MicroUsd};

use super::scene::{Scene, at, reserve, run_limit};
use crate::{Applied, BudgetLimit, BudgetScope, Command, Lease, StoreError};

super::cases![
    a_reserve_is_listed_and_settled,
    a_reserve_that_does_not_fit_is_refused,
    a_settled_bill_frees_what_was_reserved_too_much,
    a_bill_above_its_reserve_is_booked_and_stops_the_scope,
    a_second_bill_changes_nothing,
    a_reserve_of_another_run_cannot_be_settled,
    each_scope_counts_its_own,
    what_a_person_granted_counts_for_run_and_stage,
    every_limit_must_fit,
    spends_stand_in_order,
];

async fn reserved(scene: &Scene, command: Command) -> i64 {
    match scene.apply(command).await {
        Applied::Reserved(reservation) => reservation,
        other => panic!("no reserve but {other:?}"),
    }
}

fn settle(lease: &Lease, reservation: i64, amount: i64, is_assumed: bool) -> Command {
    let (lease, amount) = (lease.clone(), MicroUsd(amount));
    Command::SettleSpend {
        lease,
        reservation,
        amount,
        is_assumed,
        at: at(6),
    }
}

/// The reserve for another stage, at another time.
fn elsewhere(command: Command, stage_given: &str, at_given: Instant) -> Command {
    match command {
        Command::ReserveSpend {
            lease,
            round,
            key,
            task,
            model,
            amount,
            limits,
            ..
        } => {
            let stage = stage_given.into();
            Command::ReserveSpend {
                lease,
                stage,
                round,
                key,
                task,
                model,
                amount,
                limits,
                at: at_given,
            }
        }
        other => other,
    }
}

fn spent(scope: BudgetScope, limit: i64, left: i64, needed: i64) -> StoreError {
    StoreError::BudgetSpent {
        scope,
        limit: MicroUsd(limit),
        left: MicroUsd(left),
        needed: MicroUsd(needed),
    }
}

async fn a_reserve_is_listed_and_settled(scene: Scene) {
    let lease = scene.leased("r1").await;
    let first = reserved(&scene, reserve(&lease, 100, vec![run_limit(100)])).await;
    let open = scene.b.run_spends(&lease.run).await.expect("spends").remove(0);
    assert_eq!(
        (&open.run, open.pipeline.as_str(), open.stage.as_str()),
        (&lease.run, "daily", "research")
    );
    assert_eq!(
        (open.key.as_str(), open.task.as_str(), open.model.as_str()),
        ("take_notes/1", "take_notes", "big")
    );
    assert_eq!(
        (open.at, open.amount, open.is_settled, open.is_assumed),
        (at(4), MicroUsd(100), false, false)
    );
    scene.apply(settle(&lease, first, 40, true)).await;
    let booked = scene.b.run_spends(&lease.run).await.expect("spends").remove(0);
    assert_eq!(
        (booked.amount, booked.is_settled, booked.is_assumed),
        (MicroUsd(40), true, true)
    );
    assert_eq!(booked.at, at(4));
}

async fn a_reserve_that_does_not_fit_is_refused(scene: Scene) {
    let lease = scene.leased("r1").await;
    reserved(&scene, reserve(&lease, 60, vec![run_limit(100)])).await;
    let error = scene.refuse(reserve(&lease, 41, vec![run_limit(100)])).await;
    assert_eq!(error, spent(BudgetScope::Run, 100, 40, 41));
    assert_eq!(scene.b.run_spends(&lease.run).await.expect("spends").len(), 1);
    reserved(&scene, reserve(&lease, 40, vec![run_limit(100)])).await;
    // What costs nothing always fits.
    reserved(&scene, reserve(&lease, 0, vec![run_limit(0)])).await;
}

async fn a_settled_bill_frees_what_was_reserved_too_much(scene: Scene) {
    let lease = scene.leased("r1").await;
    let first = reserved(&scene, reserve(&lease, 100, vec![run_limit(100)])).await;
    scene.refuse(reserve(&lease, 1, vec![run_limit(100)])).await;
    scene.apply(settle(&lease, first, 10, false)).await;
    reserved(&scene, reserve(&lease, 90, vec![run_limit(100)])).await;
}

async fn a_bill_above_its_reserve_is_booked_and_stops_the_scope(scene: Scene) {
    let lease = scene.leased("r1").await;
    let first = reserved(&scene, reserve(&lease, 100, vec![run_limit(100)])).await;
    scene.apply(settle(&lease, first, 170, false)).await;
    let error = scene.refuse(reserve(&lease, 1, vec![run_limit(100)])).await;
    assert_eq!(error, spent(BudgetScope::Run, 100, 0, 1));
    assert_eq!(
        scene.b.run_spends(&lease.run).await.expect("spends")[0].amount,
        MicroUsd(170)
    );
}

async fn a_second_bill_changes_nothing(scene: Scene) {
    let lease = scene.leased("r1").await;
    let first = reserved(&scene, reserve(&lease, 100, Vec::new())).await;
    scene.apply(settle(&lease, first, 40, false)).await;
    scene.apply(settle(&lease, first, 99, true)).await;
    let booked = scene.b.run_spends(&lease.run).await.expect("spends").remove(0);
    assert_eq!((booked.amount, booked.is_assumed), (MicroUsd(40), false));
}

async fn a_reserve_of_another_run_cannot_be_settled(scene: Scene) {
    let first = scene.leased("r1").await;
    let second = scene.leased("r2").await;
    let reservation = reserved(&scene, reserve(&first, 100, Vec::new())).await;
    for (lease, reservation) in [
        (&second, reservation),
        (&first, reservation + 1),
        (&first, 0),
        (&first, -1),
    ] {
        let error = scene.refuse(settle(lease, reservation, 1, false)).await;
        assert!(
            matches!(error, StoreError::Inconsistent { table: "spend", .. }),
            "{error}"
        );
    }
}

async fn each_scope_counts_its_own(scene: Scene) {
    let first = scene.leased("r1").await;
    let second = scene.leased("r2").await;
    reserved(&scene, reserve(&first, 10, Vec::new())).await;
    reserved(
        &scene,
        elsewhere(reserve(&first, 20, Vec::new()), "draft", at(1000)),
    )
    .await;
    reserved(
        &scene,
        elsewhere(reserve(&second, 40, Vec::new()), "draft", at(2000)),
    )
    .await;
    let limit = |scope, since, limit| {
        vec![BudgetLimit {
            scope,
            since,
            limit: MicroUsd(limit),
        }]
    };
    let cases = [
        (BudgetScope::Stage, None, 10),
        (BudgetScope::Run, None, 30),
        (BudgetScope::Day, Some(at(1000)), 60),
        (BudgetScope::Day, Some(at(1001)), 40),
        (BudgetScope::Month, Some(at(0)), 70),
        (BudgetScope::Month, None, 70),
    ];
    for (scope, since, sum) in cases {
        let error = scene
            .refuse(reserve(&first, 5, limit(scope, since, sum + 4)))
            .await;
        assert_eq!(error, spent(scope, sum + 4, 4, 5));
    }
}

async fn what_a_person_granted_counts_for_run_and_stage(scene: Scene) {
    let lease = scene.leased("r1").await;
    let run = lease.run.clone();
    let grant = Command::Retry {
        run,
        budget_extra: MicroUsd(50),
        embedded_only: false,
        at: at(3),
    };
    scene.apply(grant).await;
    let limit = |scope| {
        vec![BudgetLimit {
            scope,
            since: None,
            limit: MicroUsd(100),
        }]
    };
    reserved(&scene, reserve(&lease, 120, limit(BudgetScope::Run))).await;
    let error = scene.refuse(reserve(&lease, 31, limit(BudgetScope::Stage))).await;
    assert_eq!(error, spent(BudgetScope::Stage, 150, 30, 31));
    let error = scene.refuse(reserve(&lease, 1, limit(BudgetScope::Day))).await;
    assert_eq!(error, spent(BudgetScope::Day, 100, 0, 1));
}

async fn every_limit_must_fit(scene: Scene) {
    let lease = scene.leased("r1").await;
    let stage = BudgetLimit {
        scope: BudgetScope::Stage,
        since: None,
        limit: MicroUsd(5),
    };
    let error = scene
        .refuse(reserve(&lease, 6, vec![run_limit(100), stage]))
        .await;
    assert_eq!(error, spent(BudgetScope::Stage, 5, 5, 6));
    assert_eq!(scene.b.run_spends(&lease.run).await, Ok(Vec::new()));
}

async fn spends_stand_in_order(scene: Scene) {
    let first = scene.leased("r1").await;
    let second = scene.leased("r2").await;
    for (lease, amount, seconds) in [
        (&first, 1, 30),
        (&second, 2, 10),
        (&first, 3, 20),
        (&second, 4, 20),
    ] {
        reserved(
            &scene,
            elsewhere(reserve(lease, amount, Vec::new()), "draft", at(seconds)),
        )
        .await;
    }
    let amounts =
        |spends: Vec<crate::SpendRecord>| spends.iter().map(|spend| spend.amount.0).collect::<Vec<_>>();
    assert_eq!(amounts(scene.b.spends(at(20)).await.expect("spends")), [3, 4, 1]);
    assert_eq!(
        amounts(scene.b.spends(at(0)).await.expect("spends")),
        [2, 3, 4, 1]
    );
    assert_eq!(
        amounts(scene.b.run_spends(&first.run).await.expect("spends")),
        [1, 3]
    );
}
