//! The store in memory keeps the contract.

use std::sync::Arc;

use copydesk_store::{Store, contract};
use copydesk_store_memory::MemoryStore;

#[tokio::test(flavor = "multi_thread")]
async fn the_store_in_memory_keeps_the_contract() {
    contract::exercise(|| async {
        let store = MemoryStore::new();
        let handles: [Arc<dyn Store>; 2] = [Arc::new(store.clone()), Arc::new(store)];
        handles
    })
    .await;
}
