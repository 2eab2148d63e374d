//! The author's notes as the folder holds them when a run starts.

use copydesk_engine::{Engine, StartParams};
use copydesk_store::Store;
use tokio::sync::watch;

use crate::house::{House, daily, release};

async fn start(engine: &Engine, notes: &[(&str, &str)]) {
    let notes = notes
        .iter()
        .map(|(from, text)| ((*from).to_owned(), (*text).to_owned()));
    let params = StartParams {
        release: release(daily("")),
        slot: None,
        fixed_now: None,
        notes: notes.collect(),
    };
    engine.start(params).await.unwrap();
}

async fn counting(house: &House) -> Vec<(String, String)> {
    let long_ago = "2026-01-01T00:00:00Z".parse().unwrap();
    let notes = house.store.notes(long_ago).await.unwrap();
    notes.into_iter().map(|note| (note.from, note.text)).collect()
}

#[tokio::test]
async fn a_note_that_was_corrected_or_deleted_counts_no_more() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let (_shutdown, receiver) = watch::channel(false);
    let engine = house.engine(receiver);
    start(
        &engine,
        &[("n.md", "It took 14 % less time."), ("m.md", "A mirror fell.")],
    )
    .await;
    assert_eq!(counting(&house).await.len(), 2);
    start(
        &engine,
        &[("m.md", "A mirror fell."), ("n.md", "It took 4 % less time.")],
    )
    .await;
    let corrected = counting(&house).await;
    assert_eq!(corrected.len(), 2, "{corrected:?}");
    assert!(
        !corrected.iter().any(|(_, text)| text.contains("14 %")),
        "{corrected:?}"
    );
    // A note that got another name is the same note, and not new.
    start(&engine, &[("mirrors/m.md", "A mirror fell.")]).await;
    assert_eq!(
        counting(&house).await,
        [("m.md".to_owned(), "A mirror fell.".to_owned())]
    );
    start(&engine, &[]).await;
    assert_eq!(counting(&house).await, []);
}
