//! Money: reserves that fit, bills, limits by scope.

use copydesk_domain::{Instant, MicroUsd};

use super::races::race;
use super::scene::{Scene, at, breach, reserve, run_limit};
use crate::{Applied, BudgetLimit, BudgetScope, BudgetUse, Command, Counted, Lease, StoreError};

super::cases![
    a_reserve_is_listed_and_settled,
    a_reserve_that_does_not_fit_is_refused,
    a_settled_bill_frees_what_was_reserved_too_much,
    a_bill_above_its_reserve_is_booked_and_stops_the_scope,
    a_second_bill_changes_nothing,
    a_reserve_of_another_run_cannot_be_settled,
    each_scope_counts_its_own,
    what_a_person_granted_counts_in_every_scope,
    every_limit_must_fit,
    the_limit_that_is_short_of_most_is_named,
    a_limit_of_one_call_counts_no_other,
    of_sixty_four_reserves_at_once_exactly_those_that_fit_are_booked,
    a_reserve_tells_how_far_its_limits_were_used_up,
    what_an_endpoint_counted_is_kept,
    a_chosen_route_and_a_breach_are_kept_until_a_retry,
    spends_stand_in_order,
];

async fn reserved(scene: &Scene, command: Command) -> i64 {
    match scene.apply(command).await {
        Applied::Reserved(reserved) => reserved.id,
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
        counted: None,
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
        short: MicroUsd(needed - left),
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
    let StoreError::BudgetSpent { left, short, .. } = error else {
        panic!("refused with {error}")
    };
    assert_eq!(
        (left, short),
        (MicroUsd::ZERO, MicroUsd(71)),
        "what was billed too much is short too"
    );
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

async fn what_a_person_granted_counts_in_every_scope(scene: Scene) {
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
    let error = scene.refuse(reserve(&lease, 31, limit(BudgetScope::Day))).await;
    assert_eq!(error, spent(BudgetScope::Day, 150, 30, 31));
    let other = scene.leased("r2").await;
    let error = scene.refuse(reserve(&other, 1, limit(BudgetScope::Day))).await;
    assert!(
        matches!(
            error,
            StoreError::BudgetSpent {
                limit: MicroUsd(100),
                ..
            }
        ),
        "it was granted to one run: {error}"
    );
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

fn limit_of(scope: BudgetScope, limit: i64) -> BudgetLimit {
    BudgetLimit {
        scope,
        since: None,
        limit: MicroUsd(limit),
    }
}

async fn the_limit_that_is_short_of_most_is_named(scene: Scene) {
    let lease = scene.leased("r1").await;
    reserved(&scene, reserve(&lease, 60, Vec::new())).await;
    let limits = vec![
        limit_of(BudgetScope::Run, 65),
        limit_of(BudgetScope::Month, 61),
        limit_of(BudgetScope::Day, 64),
    ];
    let error = scene.refuse(reserve(&lease, 10, limits)).await;
    assert_eq!(error, spent(BudgetScope::Month, 61, 1, 10));
}

async fn a_limit_of_one_call_counts_no_other(scene: Scene) {
    let lease = scene.leased("r1").await;
    let call = vec![limit_of(BudgetScope::Call, 50)];
    reserved(&scene, reserve(&lease, 50, call.clone())).await;
    reserved(&scene, reserve(&lease, 50, call.clone())).await;
    let error = scene.refuse(reserve(&lease, 51, call)).await;
    assert_eq!(error, spent(BudgetScope::Call, 50, 50, 51));
}

async fn of_sixty_four_reserves_at_once_exactly_those_that_fit_are_booked(scene: Scene) {
    for (run, scope) in [("r1", BudgetScope::Run), ("r2", BudgetScope::Stage)] {
        let lease = scene.leased(run).await;
        let commands = (0..64)
            .map(|_| reserve(&lease, 7, vec![limit_of(scope, 76)]))
            .collect();
        let outcomes = race(&scene, commands).await;
        let booked = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(booked, 10, "{scope}: 10 times 7 fit 76, 11 times do not");
        let refused = outcomes.into_iter().filter_map(Result::err);
        assert!(refused.into_iter().all(|error| error == spent(scope, 76, 6, 7)));
        let spends = scene.b.run_spends(&lease.run).await.expect("spends");
        assert_eq!(
            spends.iter().map(|spend| spend.amount).sum::<MicroUsd>(),
            MicroUsd(70)
        );
    }
}

async fn a_reserve_tells_how_far_its_limits_were_used_up(scene: Scene) {
    let lease = scene.leased("r1").await;
    let limits = vec![run_limit(100), limit_of(BudgetScope::Call, 90)];
    for spent in [0, 80] {
        let Applied::Reserved(booked) = scene.apply(reserve(&lease, 80 - spent, limits.clone())).await else {
            panic!("a reserve that fits is booked");
        };
        let run = BudgetUse {
            scope: BudgetScope::Run,
            since: None,
            limit: MicroUsd(100),
            spent: MicroUsd(spent),
        };
        assert_eq!(booked.uses[0], run);
        assert_eq!(booked.uses[1].spent, MicroUsd::ZERO);
        assert_eq!(booked.uses[0].is_near(), spent == 80);
    }
}

async fn what_an_endpoint_counted_is_kept(scene: Scene) {
    let lease = scene.leased("r1").await;
    let first = reserved(&scene, reserve(&lease, 100, Vec::new())).await;
    let given = Counted {
        tokens_in: 900,
        tokens_out: 40,
        tokens_cached: 600,
        cached: MicroUsd(6),
    };
    let command = Command::SettleSpend {
        lease: lease.clone(),
        reservation: first,
        amount: MicroUsd(20),
        is_assumed: false,
        counted: Some(given),
        at: at(6),
    };
    scene.apply(command).await;
    let booked = scene.b.run_spends(&lease.run).await.expect("spends").remove(0);
    assert_eq!((booked.reserved, booked.amount), (MicroUsd(100), MicroUsd(20)));
    assert_eq!(booked.counted, Some(given));
}

async fn a_chosen_route_and_a_breach_are_kept_until_a_retry(scene: Scene) {
    let lease = scene.leased("r1").await;
    let note = Command::NoteBreach {
        lease: lease.clone(),
        breach: breach(),
    };
    scene.apply(note).await;
    let run = scene.run(&lease.run).await;
    assert_eq!((run.breach, run.route), (Some(breach()), Vec::new()));
    let choose = |route: &[&str]| Command::ChooseRoute {
        run: lease.run.clone(),
        route: route.iter().map(|name| (*name).into()).collect(),
        at: at(7),
    };
    scene.apply(choose(&["small", "embedded"])).await;
    let retry = Command::Retry {
        run: lease.run.clone(),
        budget_extra: MicroUsd::ZERO,
        embedded_only: false,
        at: at(8),
    };
    scene.apply(retry).await;
    let run = scene.run(&lease.run).await;
    assert_eq!(run.route, ["small".into(), "embedded".into()]);
    assert_eq!(run.breach, None);
    scene.apply(choose(&[])).await;
    assert_eq!(scene.run(&lease.run).await.route, Vec::new());
    let unknown = Command::ChooseRoute {
        run: "nowhere".into(),
        route: Vec::new(),
        at: at(9),
    };
    assert!(matches!(
        scene.refuse(unknown).await,
        StoreError::RunUnknown { .. }
    ));
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
