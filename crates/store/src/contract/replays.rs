//! Runs that replay another: they leave no mark on what later runs read, and nobody decides on them.

use copydesk_domain::artifact::{LabelKind, StoryLabel};
use copydesk_domain::{AnswerId, ContentHash, Decision, Instant, IssueState, MicroUsd, RunState};

use super::scene::{Scene, at, custom, decide, draft, finish, issue, manual, report, snapshot, step, update};
use crate::record::{LabelRecord, Subject};
use crate::{Command, Lease, RunParams, StepParams, StoreError};

super::cases![
    own_runs_are_those_that_replay_no_other,
    the_issue_of_a_replay_goes_nowhere,
    nobody_decides_on_a_replay,
    a_step_from_a_recording_is_no_call,
    what_only_a_replay_read_is_found_by_its_hash_alone,
    a_replay_changes_no_text_that_is_known,
];

/// A replay of `r1`, which is made too, with its lease.
async fn replay(scene: &Scene, id: &str) -> Lease {
    scene.make("r1").await;
    let params = RunParams {
        parent: Some("r1".into()),
        ..manual(id)
    };
    scene.apply(Command::CreateRun(params)).await;
    scene.lease(&id.into(), "worker", 1).await
}

async fn own_runs_are_those_that_replay_no_other(scene: Scene) {
    for number in 0..4 {
        let params = RunParams {
            at: at(number),
            parent: (number > 1).then(|| "r0".into()),
            ..manual(&format!("r{number}"))
        };
        scene.apply(Command::CreateRun(params)).await;
    }
    let weekly = scene.b.own_runs(&"weekly".into(), 9).await;
    assert!(weekly.expect("runs are readable").is_empty());
    for (limit, wanted) in [(9, vec!["r1", "r0"]), (1, vec!["r1"])] {
        let found = scene.b.own_runs(&"daily".into(), limit).await;
        let ids: Vec<String> = found
            .expect("runs are readable")
            .iter()
            .map(|run| run.id.to_string())
            .collect();
        assert_eq!(ids, wanted);
    }
}

async fn the_issue_of_a_replay_goes_nowhere(scene: Scene) {
    let lease = replay(&scene, "again").await;
    scene.start(&lease, "review", 1).await;
    let made = vec![draft("A day"), issue("A day")];
    scene.apply(finish(&lease, "review", 1, made)).await;
    scene
        .apply(update(&lease, RunState::Completed, Some(IssueState::Reviewed)))
        .await;
    let run = scene.b.run(&"again".into()).await.expect("runs are readable");
    let run = run.expect("it was made");
    assert_eq!((run.issue, run.state), (IssueState::None, RunState::Completed));
}

async fn nobody_decides_on_a_replay(scene: Scene) {
    let lease = replay(&scene, "again").await;
    for (stage, made) in [
        ("review", issue("A day")),
        ("engagement", report("Dear reader")),
        ("digest", custom("x")),
    ] {
        scene.start(&lease, stage, 1).await;
        scene.apply(finish(&lease, stage, 1, vec![made])).await;
    }
    let answer = Subject::Answer(AnswerId::from("a1"));
    let subjects = [
        (Subject::Issue, issue("A day").hash),
        (answer, ContentHash::of(b"Dear reader")),
        (Subject::Stage("digest".into()), custom("x").hash),
    ];
    for (about, hash) in subjects {
        let Command::Decide {
            run,
            decision,
            effective_at,
            reason,
            at,
            ..
        } = decide(&lease.run, hash, Decision::Approved)
        else {
            unreachable!("it makes a decision");
        };
        let command = Command::Decide {
            run,
            subject: about,
            hash,
            decision,
            effective_at,
            reason,
            at,
        };
        let refused = scene.refuse(command).await;
        assert!(matches!(refused, StoreError::DecisionRefused { .. }), "{refused}");
    }
    let retry = Command::Retry {
        run: lease.run.clone(),
        budget_extra: MicroUsd::ZERO,
        embedded_only: false,
        at: at(30),
    };
    assert!(matches!(
        scene.refuse(retry).await,
        StoreError::DecisionRefused { .. }
    ));
    label_is_refused(&scene, &lease).await;
}

async fn label_is_refused(scene: &Scene, lease: &Lease) {
    let snapshot = snapshot("a", "https://paper.example/a", "a", 0);
    scene
        .apply(Command::PutSnapshot {
            lease: None,
            snapshot,
        })
        .await;
    let run = scene.b.run(&lease.run).await.expect("runs are readable");
    let label = StoryLabel {
        kind: LabelKind::NotInterested,
        snapshots: vec![ContentHash::of(b"a")],
        others: Vec::new(),
        at: at(1),
    };
    let record = LabelRecord::of(&run.expect("it was made"), label);
    let refused = scene.refuse(Command::PutLabel(record)).await;
    assert!(matches!(refused, StoreError::LabelRefused { .. }), "{refused}");
}

async fn a_step_from_a_recording_is_no_call(scene: Scene) {
    let lease = replay(&scene, "again").await;
    scene.start(&lease, "research", 1).await;
    let taken = |key: &str, attempts: u32| StepParams {
        attempts,
        tool: Some("feeds/poll".to_owned()),
        ..step(key, key, b"{}")
    };
    for step in [taken("take_notes/1", 0), taken("take_notes/2", 1)] {
        let lease = lease.clone();
        scene.apply(Command::FinishStep { lease, step }).await;
    }
    let whole = scene.b.whole_run(&lease.run).await.expect("runs are readable");
    let whole = whole.expect("it was made");
    assert_eq!((whole.model_calls, whole.tool_calls), (1, 1));
}

async fn what_only_a_replay_read_is_found_by_its_hash_alone(scene: Scene) {
    let lease = replay(&scene, "again").await;
    let url = "https://paper.example/a";
    let keep = Command::KeepSnapshot {
        lease: lease.clone(),
        snapshot: snapshot("Quartz clocks drift", url, "Quartz", 5),
    };
    scene.apply(keep).await;
    let hash = ContentHash::of(b"Quartz clocks drift");
    let stored = scene.b.snapshot(&hash).await.expect("snapshots are readable");
    assert_eq!(stored.expect("it is kept").fetches.len(), 1);
    let of_url = || scene.b.snapshot_of_url(url);
    assert!(of_url().await.expect("readable").is_none());
    assert!(scene.b.archived(&hash).await.expect("readable").is_none());
    assert!(scene.b.search("quartz", 5).await.expect("readable").is_empty());
    // Once a run reads it, it is as any other.
    let read = Command::PutSnapshot {
        lease: Some(scene.lease(&"r1".into(), "worker", 1).await),
        snapshot: snapshot("Quartz clocks drift", url, "Quartz", 5),
    };
    scene.apply(read).await;
    assert_eq!(
        of_url().await.expect("readable").map(|found| found.hash),
        Some(hash)
    );
    assert_eq!(scene.b.search("quartz", 5).await.expect("readable").len(), 1);
}

async fn a_replay_changes_no_text_that_is_known(scene: Scene) {
    let lease = replay(&scene, "again").await;
    let url = "https://paper.example/a";
    let put = Command::PutSnapshot {
        lease: None,
        snapshot: snapshot("A text", url, "First", 1),
    };
    scene.apply(put).await;
    let hash = ContentHash::of(b"A text");
    let before = scene.b.snapshot(&hash).await.expect("readable");
    let keep = Command::KeepSnapshot {
        lease,
        snapshot: snapshot("A text", "https://elsewhere.example/b", "Second", 0),
    };
    scene.apply(keep).await;
    let after = scene.b.snapshot(&hash).await.expect("readable");
    assert_eq!(before, after);
    let fetched: Vec<Instant> = after
        .expect("it is there")
        .fetches
        .iter()
        .map(|fetch| fetch.fetched_at)
        .collect();
    assert_eq!(fetched, [at(1)]);
}
