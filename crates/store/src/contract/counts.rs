//! Sums over all rows.

use copydesk_domain::{Decision, IssueState, MicroUsd, RunState};

use super::scene::{Scene, at, decide, intend, manual, reserve, update};
use crate::record::OutboxState;
use crate::{
    Applied, BillSum, Command, CountParams, Counts, Lease, PROBES, PayloadCount, RunCount, RunParams,
};

super::cases![
    runs_are_counted_by_pipeline_and_state_without_replays,
    only_the_newest_runs_are_counted,
    payloads_of_open_runs_and_of_unknown_outcome_are_counted,
    settled_bills_are_added_up_by_model_and_never_fall,
];

async fn counts(scene: &Scene, runs_max: u32, since: i64) -> Counts {
    let billed_since = at(since);
    let params = CountParams {
        runs_max,
        billed_since,
    };
    scene.b.counts(params).await.expect("counts are readable")
}

fn runs(pipeline: &str, state: RunState, issue: IssueState, count: u64) -> RunCount {
    RunCount {
        pipeline: pipeline.into(),
        state,
        issue,
        count,
    }
}

async fn runs_are_counted_by_pipeline_and_state_without_replays(scene: Scene) {
    assert_eq!(counts(&scene, 99, 0).await, Counts::default());
    for (id, pipeline, parent) in [
        ("r1", "daily", None),
        ("r2", "weekly", None),
        ("r3", "daily", None),
        ("r4", "daily", Some("r1")),
        (PROBES, PROBES, None),
    ] {
        let params = RunParams {
            pipeline: pipeline.into(),
            parent: parent.map(Into::into),
            ..manual(id)
        };
        scene.apply(Command::CreateRun(params)).await;
    }
    let queued = |pipeline, count| runs(pipeline, RunState::Queued, IssueState::None, count);
    let counted = counts(&scene, 99, 0).await.runs;
    assert_eq!(counted, [queued("daily", 2), queued("weekly", 1)]);
    let (reviewed, _) = scene.reviewed("r5", "one").await;
    scene.apply(update(&reviewed, RunState::Completed, None)).await;
    let done = runs("daily", RunState::Completed, IssueState::Reviewed, 1);
    let counted = counts(&scene, 99, 0).await.runs;
    assert_eq!(counted, [done, queued("daily", 2), queued("weekly", 1)]);
}

async fn only_the_newest_runs_are_counted(scene: Scene) {
    for (id, seconds) in [("old", 1), ("new", 3), ("middle", 2)] {
        let params = RunParams {
            pipeline: id.into(),
            at: at(seconds),
            ..manual(id)
        };
        scene.apply(Command::CreateRun(params)).await;
    }
    let names = |counts: Counts| -> Vec<String> {
        let pipelines = counts.runs.iter().map(|runs| runs.pipeline.to_string());
        pipelines.collect()
    };
    assert_eq!(names(counts(&scene, 2, 0).await), ["middle", "new"]);
    assert_eq!(names(counts(&scene, 0, 0).await), [""; 0]);
}

/// A run with a payload in a state.
async fn sent(scene: &Scene, id: &str, state: OutboxState) -> Lease {
    let (lease, hash) = scene.reviewed(id, "one").await;
    scene.apply(decide(&lease.run, hash, Decision::Approved)).await;
    scene.apply(intend(&lease, "one", id, 30)).await;
    let settle = Command::SettleIntent {
        lease: lease.clone(),
        key: id.to_owned(),
        state,
        location: None,
        error: None,
        at: at(31),
    };
    scene.apply(settle).await;
    lease
}

async fn payloads_of_open_runs_and_of_unknown_outcome_are_counted(scene: Scene) {
    sent(&scene, "open", OutboxState::Delivered).await;
    sent(&scene, "open too", OutboxState::Delivered).await;
    let (over, unknown) = (
        sent(&scene, "over", OutboxState::Delivered).await,
        sent(&scene, "unknown", OutboxState::Unknown).await,
    );
    for lease in [over, unknown] {
        scene.apply(update(&lease, RunState::Completed, None)).await;
    }
    let expected = [(OutboxState::Delivered, 2), (OutboxState::Unknown, 1)];
    let expected = expected.map(|(state, count)| PayloadCount { state, count });
    assert_eq!(counts(&scene, 99, 0).await.payloads, expected);
}

/// Reserves `amount` for a model at an instant.
async fn reserved(scene: &Scene, lease: &Lease, model_given: &str, seconds: i64) -> i64 {
    let mut command = reserve(lease, 100, Vec::new());
    if let Command::ReserveSpend { model, at: when, .. } = &mut command {
        (*model, *when) = (model_given.to_owned(), at(seconds));
    }
    match scene.apply(command).await {
        Applied::Reserved(reserved) => reserved.id,
        other => panic!("no reserve but {other:?}"),
    }
}

async fn settle(scene: &Scene, lease: &Lease, reservation: i64, amount: i64) {
    let settle = Command::SettleSpend {
        lease: lease.clone(),
        reservation,
        amount: MicroUsd(amount),
        is_assumed: false,
        counted: None,
        at: at(50),
    };
    scene.apply(settle).await;
}

async fn settled_bills_are_added_up_by_model_and_never_fall(scene: Scene) {
    let lease = scene.leased("r1").await;
    let before = reserved(&scene, &lease, "big", 9).await;
    settle(&scene, &lease, before, 7).await;
    let (one, two) = (
        reserved(&scene, &lease, "big", 10).await,
        reserved(&scene, &lease, "big", 11).await,
    );
    let small = reserved(&scene, &lease, "a small one", 12).await;
    let sum = |model: &str, amount| BillSum {
        model: model.to_owned(),
        amount: MicroUsd(amount),
    };
    assert_eq!(counts(&scene, 0, 10).await.bills, [], "nothing is billed yet");
    settle(&scene, &lease, one, 30).await;
    assert_eq!(counts(&scene, 0, 10).await.bills, [sum("big", 30)]);
    settle(&scene, &lease, two, 0).await;
    settle(&scene, &lease, small, 5).await;
    // A second bill changes nothing, and the end of a run neither.
    settle(&scene, &lease, one, 1).await;
    scene.start(&lease, "research", 1).await;
    scene.apply(update(&lease, RunState::Failed, None)).await;
    assert_eq!(
        counts(&scene, 0, 10).await.bills,
        [sum("a small one", 5), sum("big", 30)]
    );
    assert_eq!(counts(&scene, 0, 0).await.bills[1], sum("big", 37));
}
