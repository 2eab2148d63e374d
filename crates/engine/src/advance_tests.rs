use copydesk_store::{RunParams, Store};
use copydesk_store_memory::MemoryStore;

use super::*;

async fn look(store: &MemoryStore, run: &RunId) -> Look {
    Look {
        changes: store.run_changes(run),
        looked_at: Tick::now(),
        run: store.run(run).await.unwrap().unwrap(),
        stages: Vec::new(),
        decisions: Vec::new(),
        outbox: Vec::new(),
        answers_open: 0,
        is_blank: false,
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_holds_until_somebody_changes_the_run_or_a_second_has_passed() {
    let store = MemoryStore::new();
    let at = Instant::from_micros(0);
    let params = |id: &str| RunParams {
        id: id.into(),
        pipeline: "daily".into(),
        slot: None,
        parent: None,
        release: ContentHash::of(b"release"),
        fixed_now: None,
        seed: 1,
        is_scheduled: false,
        at,
    };
    for id in ["a", "b"] {
        store.apply(Command::CreateRun(params(id))).await.unwrap();
    }
    let cancel = |run: &RunId| Command::RequestCancel { run: run.clone(), at };
    let (run, other) = (RunId::from("a"), RunId::from("b"));
    let first = look(&store, &run).await;
    store.apply(cancel(&other)).await.unwrap();
    assert!(!first.is_old());
    store.apply(cancel(&run)).await.unwrap();
    assert!(first.is_old());
    let second = look(&store, &run).await;
    assert!(!second.is_old());
    tokio::time::advance(LOOK_HOLDS + Duration::from_millis(1)).await;
    assert!(second.is_old());
}
