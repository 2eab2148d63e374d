//! Lists of runs.

use copydesk_domain::{PipelineName, RunState};

use super::scene::{Scene, at, manual, update};
use crate::{Command, PROBES, RunParams};

super::cases![
    runs_are_listed_newest_first_and_open_ones_oldest_first,
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
