//! What the author said of stories.

use copydesk_domain::ContentHash;
use copydesk_domain::artifact::{LabelKind, StoryLabel};

use super::races::race;
use super::scene::{Scene, at, manual, snapshot};
use crate::record::LabelRecord;
use crate::{Applied, Command, RunParams, StoreError};

super::cases![
    a_label_is_put_once_and_taken_back_once,
    labels_stand_in_order_by_pipeline,
    a_label_names_a_run_of_its_pipeline_and_stored_snapshots,
    of_many_labels_the_newest_are_read,
    a_label_is_put_and_taken_back_by_one,
];

/// Stores the snapshots and makes the run `r1`.
async fn told(scene: &Scene, texts: &[&str]) {
    scene.make("r1").await;
    for text in texts {
        let snapshot = snapshot(text, &format!("https://paper.example/{text}"), text, 0);
        scene
            .apply(Command::PutSnapshot {
                lease: None,
                snapshot,
            })
            .await;
    }
}

fn hashes(texts: &[&str]) -> Vec<ContentHash> {
    texts
        .iter()
        .map(|text| ContentHash::of(text.as_bytes()))
        .collect()
}

async fn label(scene: &Scene, kind: LabelKind, texts: &[&str], others: &[&str], seconds: i64) -> LabelRecord {
    let run = scene.b.run(&"r1".into()).await.expect("runs are readable");
    let label = StoryLabel {
        kind,
        snapshots: hashes(texts),
        others: hashes(others),
        at: at(seconds),
    };
    LabelRecord::of(&run.expect("it was made"), label)
}

async fn labels(scene: &Scene, since: i64) -> Vec<LabelRecord> {
    let labels = scene.b.labels(&"daily".into(), at(since)).await;
    labels.expect("labels are readable")
}

async fn a_label_is_put_once_and_taken_back_once(scene: Scene) {
    told(&scene, &["a", "b"]).await;
    let first = label(&scene, LabelKind::Merge, &["a"], &["b"], 1).await;
    let again = label(&scene, LabelKind::Merge, &["a"], &["b"], 9).await;
    let put = |record: &LabelRecord| Command::PutLabel(record.clone());
    let undo = |seconds| Command::UndoLabel {
        id: first.id,
        at: at(seconds),
    };
    assert_eq!(scene.apply(put(&first)).await, Applied::Taken(true));
    assert_eq!(scene.apply(put(&first)).await, Applied::Taken(false));
    assert_eq!(labels(&scene, 0).await, std::slice::from_ref(&first));
    assert_eq!(
        scene.apply(put(&again)).await,
        Applied::Taken(true),
        "what is said again counts from then"
    );
    assert_eq!(scene.apply(put(&first)).await, Applied::Taken(false));
    assert_eq!(labels(&scene, 0).await, std::slice::from_ref(&again));
    assert_eq!(scene.apply(undo(2)).await, Applied::Taken(true));
    assert_eq!(scene.apply(undo(3)).await, Applied::Taken(false));
    assert_eq!(labels(&scene, 0).await, []);
    assert_eq!(
        scene.apply(put(&again)).await,
        Applied::Taken(true),
        "it is put anew"
    );
    assert_eq!(labels(&scene, 0).await, [again]);
    let unknown = Command::UndoLabel {
        id: ContentHash::of(b"no label"),
        at: at(9),
    };
    let error = scene.refuse(unknown).await;
    assert!(matches!(error, StoreError::LabelRefused { .. }), "{error}");
}

async fn labels_stand_in_order_by_pipeline(scene: Scene) {
    told(&scene, &["a", "b", "c"]).await;
    let weekly = RunParams {
        pipeline: "weekly".into(),
        ..manual("w1")
    };
    scene.apply(Command::CreateRun(weekly)).await;
    let late = label(&scene, LabelKind::NotInterested, &["c"], &[], 30).await;
    let early = label(&scene, LabelKind::Split, &["b", "a"], &["c"], 10).await;
    let same = label(&scene, LabelKind::NotInterested, &["a"], &[], 30).await;
    let other = LabelRecord {
        id: ContentHash::of(b"another"),
        pipeline: "weekly".into(),
        run: "w1".into(),
        ..late.clone()
    };
    for record in [&late, &other, &early, &same] {
        scene.apply(Command::PutLabel(record.clone())).await;
    }
    assert_eq!(labels(&scene, 0).await, [early, late.clone(), same.clone()]);
    assert_eq!(labels(&scene, 10).await, [late, same]);
}

async fn a_label_names_a_run_of_its_pipeline_and_stored_snapshots(scene: Scene) {
    told(&scene, &["a", "b"]).await;
    let good = label(&scene, LabelKind::Merge, &["a"], &["b"], 1).await;
    let lone = label(&scene, LabelKind::Merge, &["a"], &[], 1).await;
    let unread = label(&scene, LabelKind::Merge, &["a"], &["not read"], 1).await;
    let elsewhere = LabelRecord {
        pipeline: "weekly".into(),
        ..good.clone()
    };
    for record in [lone, unread, elsewhere] {
        let error = scene.refuse(Command::PutLabel(record)).await;
        assert!(matches!(error, StoreError::LabelRefused { .. }), "{error}");
    }
    let nowhere = LabelRecord {
        run: "nowhere".into(),
        ..good
    };
    let error = scene.refuse(Command::PutLabel(nowhere)).await;
    assert!(matches!(error, StoreError::RunUnknown { .. }), "{error}");
    assert_eq!(labels(&scene, 0).await, []);
}

async fn of_many_labels_the_newest_are_read(scene: Scene) {
    told(&scene, &["a"]).await;
    let first = label(&scene, LabelKind::NotInterested, &["a"], &[], 1).await;
    let max = i64::from(LabelRecord::LIST_MAX);
    for number in 1..=max + 1 {
        let mut record = first.clone();
        record.id = ContentHash::of(number.to_string().as_bytes());
        record.label.at = at(number);
        scene.apply(Command::PutLabel(record)).await;
    }
    let read: Vec<_> = labels(&scene, 0)
        .await
        .iter()
        .map(|record| record.label.at)
        .collect();
    assert_eq!(read.len(), LabelRecord::LIST_MAX as usize);
    assert_eq!((read[0], read[read.len() - 1]), (at(2), at(max + 1)));
}

async fn a_label_is_put_and_taken_back_by_one(scene: Scene) {
    told(&scene, &["a"]).await;
    let record = label(&scene, LabelKind::NotInterested, &["a"], &[], 1).await;
    let new = |outcomes: &[Result<Applied, StoreError>]| {
        let is_new = |outcome: &&Result<Applied, StoreError>| **outcome == Ok(Applied::Taken(true));
        (outcomes.len(), outcomes.iter().filter(is_new).count())
    };
    let outcomes = race(&scene, vec![Command::PutLabel(record.clone()); 8]).await;
    assert_eq!(new(&outcomes), (8, 1));
    let undo = Command::UndoLabel {
        id: record.id,
        at: at(2),
    };
    let outcomes = race(&scene, vec![undo; 8]).await;
    assert_eq!(new(&outcomes), (8, 1));
}
