//! Leases: one holder, rising fences.

use copydesk_domain::{Fence, RunState};

use super::scene::{Scene, at, update};
use crate::{Command, Lease, StoreError};

super::cases![
    a_held_run_is_refused_to_others_until_it_runs_out,
    the_same_owner_renews_and_the_fence_rises,
    a_renewed_lease_holds_longer,
    a_released_run_is_free_and_its_fence_is_worth_nothing,
    a_lease_that_ran_out_still_writes_while_nobody_took_the_run,
    a_fence_that_was_never_given_is_lost,
];

fn take(lease: &Lease, owner: &str, seconds: i64) -> Command {
    Command::LeaseRun {
        run: lease.run.clone(),
        owner: owner.to_owned(),
        now: at(seconds),
        until: at(seconds + 100),
    }
}

async fn a_held_run_is_refused_to_others_until_it_runs_out(scene: Scene) {
    let lease = scene.leased("r1").await;
    assert_eq!(lease.fence, Fence(1));
    let error = scene.refuse(take(&lease, "other", 100)).await;
    let held = StoreError::Leased {
        run: lease.run.clone(),
        owner: "worker".to_owned(),
        until: at(101),
    };
    assert_eq!(error, held);
    assert_eq!(scene.run(&lease.run).await.fence, lease.fence);
    let taken = scene.lease(&lease.run, "other", 101).await;
    assert_eq!(taken.fence, Fence(2));
    let error = scene.refuse(update(&lease, RunState::Failed, None)).await;
    assert_eq!(error, StoreError::LeaseLost { run: lease.run });
}

async fn the_same_owner_renews_and_the_fence_rises(scene: Scene) {
    let first = scene.leased("r1").await;
    let second = scene.lease(&first.run, "worker", 2).await;
    assert!(second.fence > first.fence);
    assert_eq!(scene.run(&first.run).await.fence, second.fence);
    let error = scene.refuse(update(&first, RunState::Running, None)).await;
    assert_eq!(error, StoreError::LeaseLost { run: first.run });
    scene.apply(update(&second, RunState::Running, None)).await;
}

async fn a_renewed_lease_holds_longer(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene
        .apply(Command::RenewLease {
            lease: lease.clone(),
            until: at(300),
        })
        .await;
    let error = scene.refuse(take(&lease, "other", 299)).await;
    assert!(
        matches!(error, StoreError::Leased { until, .. } if until == at(300)),
        "{error}"
    );
    assert_eq!(scene.run(&lease.run).await.fence, lease.fence);
}

async fn a_released_run_is_free_and_its_fence_is_worth_nothing(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene.apply(Command::ReleaseLease { lease: lease.clone() }).await;
    let lost = StoreError::LeaseLost {
        run: lease.run.clone(),
    };
    assert_eq!(scene.refuse(update(&lease, RunState::Running, None)).await, lost);
    assert_eq!(
        scene.refuse(Command::ReleaseLease { lease: lease.clone() }).await,
        lost
    );
    let taken = scene.lease(&lease.run, "other", 2).await;
    assert!(taken.fence > lease.fence);
    assert_eq!(scene.refuse(Command::ReleaseLease { lease }).await, lost);
}

async fn a_lease_that_ran_out_still_writes_while_nobody_took_the_run(scene: Scene) {
    let lease = scene.leased("r1").await;
    let late = Command::UpdateRun {
        lease: lease.clone(),
        state: RunState::Running,
        waiting_for: Vec::new(),
        issue: None,
        wake_at: None,
        reason: None,
        at: at(5000),
    };
    scene.apply(late).await;
    scene
        .apply(Command::RenewLease {
            lease,
            until: at(6000),
        })
        .await;
}

async fn a_fence_that_was_never_given_is_lost(scene: Scene) {
    let lease = scene.leased("r1").await;
    for fence in [Fence(0), Fence(2), Fence(i64::MAX), Fence(-1)] {
        let forged = Lease {
            run: lease.run.clone(),
            fence,
        };
        let error = scene.refuse(update(&forged, RunState::Completed, None)).await;
        assert_eq!(
            error,
            StoreError::LeaseLost {
                run: lease.run.clone()
            }
        );
    }
    assert_eq!(scene.run(&lease.run).await.state, RunState::Queued);
}
