//! Lists of runs.

use copydesk_domain::{PipelineName, RunState};

use super::scene::{Scene, at, manual, update};
use crate::{Command, PROBES, RunParams};

super::cases![
    runs_are_listed_newest_first_and_open_ones_oldest_first,
    scheduled_runs_that_ended_lately_are_listed,
    the_newest_run_of_a_time_is_found_among_newer_ones,
];

async fn runs_are_listed_newest_first_and_open_ones_oldest_first(scene: Scene) {
    // Two of the same instant keep the order in which they were made.
    for (id, seconds, pipeline) in [
        ("r1", 5, "daily"),
        ("r2", 1, "daily"),
        ("r3", 5, "weekly"),
        ("r4", 9, "daily"),
    ] {
        let params = RunParams {
            at: at(seconds),
            pipeline: pipeline.into(),
            ..manual(id)
        };
        scene.apply(Command::CreateRun(params)).await;
    }
    let lease = scene.lease(&"r4".into(), "worker", 1).await;
    scene.apply(update(&lease, RunState::Completed, None)).await;
    let ids = |runs: Vec<crate::RunRecord>| runs.iter().map(|run| run.id.to_string()).collect::<Vec<_>>();
    assert_eq!(
        ids(scene.b.runs(None, 10).await.expect("runs")),
        ["r4", "r3", "r1", "r2"]
    );
    assert_eq!(ids(scene.b.runs(None, 2).await.expect("runs")), ["r4", "r3"]);
    let daily = PipelineName::from("daily");
    assert_eq!(
        ids(scene.b.runs(Some(&daily), 10).await.expect("runs")),
        ["r4", "r1", "r2"]
    );
    assert_eq!(ids(scene.b.open_runs().await.expect("runs")), ["r2", "r1", "r3"]);
    let probes = RunParams {
        at: at(20),
        pipeline: PROBES.into(),
        ..manual(PROBES)
    };
    scene.apply(Command::CreateRun(probes)).await;
    assert_eq!(ids(scene.b.runs(None, 1).await.expect("runs")), ["r4"]);
    let of_probes = scene.b.runs(Some(&PROBES.into()), 1).await;
    assert!(of_probes.expect("runs").is_empty());
    assert_eq!(scene.run(&PROBES.into()).await.pipeline.as_str(), PROBES);
}

async fn scheduled_runs_that_ended_lately_are_listed(scene: Scene) {
    // Made in this order, and ended in another.
    for (id, is_scheduled, end) in [
        ("r1", true, Some((30, RunState::Superseded))),
        ("r2", true, Some((20, RunState::Completed))),
        ("by hand", false, Some((25, RunState::Completed))),
        ("open", true, None),
        ("long ago", true, Some((9, RunState::Failed))),
        ("r3", true, Some((20, RunState::Cancelled))),
        ("r4", true, Some((10, RunState::Failed))),
    ] {
        let params = RunParams {
            is_scheduled,
            ..manual(id)
        };
        scene.apply(Command::CreateRun(params)).await;
        let lease = scene.lease(&id.into(), "worker", 1).await;
        let (seconds, state) = end.unwrap_or((25, RunState::Waiting));
        let ended = Command::UpdateRun {
            lease,
            state,
            waiting_for: Vec::new(),
            issue: None,
            wake_at: None,
            reason: None,
            at: at(seconds),
        };
        scene.apply(ended).await;
    }
    let ended = scene.b.ended_runs(at(10)).await.expect("runs");
    let ids: Vec<&str> = ended.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(ids, ["r4", "r2", "r3", "r1"]);
    assert_eq!(ended[3], scene.run(&"r1".into()).await);
}

async fn the_newest_run_of_a_time_is_found_among_newer_ones(scene: Scene) {
    let newest = async |seconds| scene.b.newest_run_at(at(seconds)).await.expect("it is readable");
    assert_eq!(newest(100).await, None);
    for (id, seconds) in [("r1", 5), ("r2", 1), (PROBES, 7), ("r3", 9), ("r4", 20)] {
        let params = RunParams {
            at: at(seconds),
            ..manual(id)
        };
        scene.apply(Command::CreateRun(params)).await;
    }
    for (until, found) in [
        (0, None),
        (1, Some(at(1))),
        (8, Some(at(5))),
        (9, Some(at(9))),
        (90, Some(at(20))),
    ] {
        assert_eq!(newest(until).await, found, "{until}");
    }
}
