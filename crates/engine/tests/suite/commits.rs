//! What a run costs the disk.

use copydesk_engine::{Advanced, Scope, StartParams};
use copydesk_store::Store;
use tokio::sync::watch;

use crate::house::{House, daily, release};

/// The three writing stages of the stubs, of three steps each.
const STEPS: u64 = 9;

#[tokio::test]
async fn a_step_costs_one_commit_and_a_run_three_more() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let (_shutdown, receiver) = watch::channel(false);
    let engine = house.engine(receiver);
    let commits = || *house.store.changes().borrow();
    let before = commits();
    let start = StartParams {
        release: release(daily("")),
        slot: None,
        fixed_now: None,
        notes: vec![("notes/a.md".to_owned(), "A thought.".to_owned())],
    };
    let run = engine.start(start).await.unwrap();
    assert_eq!(commits() - before, 1, "note, release and run are made together");
    let advanced = engine.advance(&run, &Scope::default()).await.unwrap();
    assert!(matches!(advanced, Advanced::WaitFor(..)), "{advanced:?}");
    // Each outcome shares the commit of the next intent; the last shares that of the end of its stage, and then the
    // run waits and is let go.
    assert_eq!(commits() - before, 1 + STEPS + 2);
    let waiting = commits();
    engine.approve(&run, None, None, None).await.unwrap();
    assert_eq!(commits() - waiting, 1);
    let again = engine.advance(&run, &Scope::default()).await.unwrap();
    assert!(matches!(again, Advanced::WakeAt(_)), "{again:?}");
    assert_eq!(commits() - waiting, 2, "a look that only waits is one commit");
}

#[tokio::test]
async fn a_release_that_was_read_back_is_not_written_again_and_another_one_is() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let (_shutdown, receiver) = watch::channel(false);
    let engine = house.engine(receiver);
    let start = |pipeline| StartParams {
        release: release(daily(pipeline)),
        slot: None,
        fixed_now: None,
        notes: Vec::new(),
    };
    let other = "overlap = \"queue\"";
    for (pipeline, releases) in [("", 1), ("", 1), (other, 2), ("", 2)] {
        let run = engine.start(start(pipeline)).await.unwrap();
        let record = house.store.run(&run).await.unwrap().unwrap();
        let stored = house.store.body(&record.release).await.unwrap();
        assert!(
            stored.is_some(),
            "{pipeline:?}: what the run is pinned to is there"
        );
        engine.release(&record).await.unwrap();
        let runs = house.store.runs(None, 9).await.unwrap();
        let pinned: std::collections::BTreeSet<_> = runs.iter().map(|run| run.release).collect();
        assert_eq!(pinned.len(), releases);
    }
}
