//! A person's choice of how a waiting run goes on, made on what a page showed.

use copydesk_domain::{ContentHash, MicroUsd, RunId, RunState, WaitingFor};

use super::decisions::is_refused;
use super::races::race;
use super::scene::{Scene, at, breach};
use crate::{Breach, Command, Lease, RunRecord};

super::cases![
    a_choice_counts_once,
    of_choices_at_once_one_counts,
    a_choice_fits_only_what_was_seen,
    a_route_is_chosen_once_where_no_money_is_short,
    a_choice_undoes_no_stop,
    only_a_run_that_waits_for_money_or_a_model_goes_on_so,
];

fn waits(lease: &Lease, waiting_for: Vec<WaitingFor>) -> Command {
    Command::UpdateRun {
        lease: lease.clone(),
        state: RunState::Waiting,
        waiting_for,
        issue: None,
        wake_at: None,
        reason: Some("no money".to_owned()),
        at: at(12),
    }
}

fn grant(run: &RunId, seen: ContentHash) -> Command {
    Command::GoOn {
        run: run.clone(),
        seen,
        route: Some(vec!["small".into()]),
        budget_extra: MicroUsd(500),
        embedded_only: false,
        at: at(40),
    }
}

/// The lease of a worker that lets its run wait for money, and goes.
async fn stuck(scene: &Scene, lease: &Lease, breach: Breach) -> ContentHash {
    let note = Command::NoteBreach {
        lease: lease.clone(),
        breach,
    };
    scene.apply(note).await;
    scene.apply(waits(lease, vec![WaitingFor::Budget])).await;
    scene.apply(Command::ReleaseLease { lease: lease.clone() }).await;
    let run = scene.run(&lease.run).await;
    run.impasse().expect("it waits for money")
}

fn granted(run: &RunRecord) -> (RunState, MicroUsd, bool) {
    (run.state, run.budget_extra, run.cancel_requested)
}

async fn a_choice_counts_once(scene: Scene) {
    let lease = scene.leased("r1").await;
    let seen = stuck(&scene, &lease, breach()).await;
    scene.apply(grant(&lease.run, seen)).await;
    let run = scene.run(&lease.run).await;
    assert_eq!(granted(&run), (RunState::Queued, MicroUsd(500), false));
    assert_eq!(
        (run.route, run.breach, run.reason),
        (vec!["small".into()], None, None)
    );
    assert_eq!(run.updated_at, at(40));
    let error = scene.refuse(grant(&lease.run, seen)).await;
    assert!(is_refused(&error, "let go on", "the run is queued"), "{error}");
    assert_eq!(scene.run(&lease.run).await.budget_extra, MicroUsd(500));
}

async fn of_choices_at_once_one_counts(scene: Scene) {
    let lease = scene.leased("r1").await;
    let seen = stuck(&scene, &lease, breach()).await;
    let presses = (0..8).map(|_| grant(&lease.run, seen)).collect();
    let outcomes = race(&scene, presses).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(scene.run(&lease.run).await.budget_extra, MicroUsd(500));
}

async fn a_choice_fits_only_what_was_seen(scene: Scene) {
    let lease = scene.leased("r1").await;
    let seen = stuck(&scene, &lease, breach()).await;
    scene.apply(grant(&lease.run, seen)).await;
    // It waits again: the figures that the first page shows are old.
    let lease = scene.lease(&lease.run, "worker", 50).await;
    let again = stuck(&scene, &lease, breach()).await;
    assert_ne!(seen, again, "what was granted is seen");
    let error = scene.refuse(grant(&lease.run, seen)).await;
    assert!(is_refused(&error, "let go on", "other figures"), "{error}");
    let lease = scene.lease(&lease.run, "worker", 60).await;
    let other = Breach {
        needed: MicroUsd(16),
        ..breach()
    };
    let third = stuck(&scene, &lease, other).await;
    scene.refuse(grant(&lease.run, again)).await;
    assert_eq!(scene.run(&lease.run).await.budget_extra, MicroUsd(500));
    scene.apply(grant(&lease.run, third)).await;
    assert_eq!(scene.run(&lease.run).await.budget_extra, MicroUsd(1_000));
}

async fn a_route_is_chosen_once_where_no_money_is_short(scene: Scene) {
    let lease = scene.leased("r1").await;
    let choose = |seen| match grant(&lease.run, seen) {
        Command::GoOn {
            run,
            route,
            embedded_only,
            at,
            ..
        } => Command::GoOn {
            run,
            seen,
            route,
            budget_extra: MicroUsd::ZERO,
            embedded_only,
            at,
        },
        other => unreachable!("{other:?}"),
    };
    let wait = async |lease: &Lease| {
        scene.apply(waits(lease, vec![WaitingFor::Model])).await;
        scene.apply(Command::ReleaseLease { lease: lease.clone() }).await;
        let run = scene.run(&lease.run).await;
        run.impasse().expect("it waits for a model")
    };
    let seen = wait(&lease).await;
    scene.apply(choose(seen)).await;
    let lease = scene.lease(&lease.run, "worker", 50).await;
    assert_ne!(seen, wait(&lease).await, "another route is seen");
    let error = scene.refuse(choose(seen)).await;
    assert!(is_refused(&error, "let go on", "other figures"), "{error}");
}

async fn a_choice_undoes_no_stop(scene: Scene) {
    let lease = scene.leased("r1").await;
    let seen = stuck(&scene, &lease, breach()).await;
    let stop = Command::RequestCancel {
        run: lease.run.clone(),
        at: at(30),
    };
    scene.apply(stop).await;
    let error = scene.refuse(grant(&lease.run, seen)).await;
    assert!(is_refused(&error, "let go on", "the run is cancelled"), "{error}");
    let run = scene.run(&lease.run).await;
    assert_eq!(granted(&run), (RunState::Cancelled, MicroUsd::ZERO, true));
    assert_eq!(run.route, Vec::new());
    assert_eq!(
        run.reason, None,
        "what it waited for is no reason for how it ended"
    );
}

async fn only_a_run_that_waits_for_money_or_a_model_goes_on_so(scene: Scene) {
    let lease = scene.leased("r1").await;
    let nothing = ContentHash::of(b"nothing");
    let error = scene.refuse(grant(&lease.run, nothing)).await;
    assert!(is_refused(&error, "let go on", "the run is queued"), "{error}");
    scene.apply(waits(&lease, vec![WaitingFor::Approval])).await;
    assert_eq!(scene.run(&lease.run).await.impasse(), None);
    let error = scene.refuse(grant(&lease.run, nothing)).await;
    assert!(
        is_refused(&error, "let go on", "neither money nor a model"),
        "{error}"
    );
    scene
        .apply(waits(&lease, vec![WaitingFor::Approval, WaitingFor::Model]))
        .await;
    scene.apply(Command::ReleaseLease { lease: lease.clone() }).await;
    let seen = scene
        .run(&lease.run)
        .await
        .impasse()
        .expect("it waits for a model");
    scene.apply(grant(&lease.run, seen)).await;
    assert_eq!(scene.run(&lease.run).await.state, RunState::Queued);
}
