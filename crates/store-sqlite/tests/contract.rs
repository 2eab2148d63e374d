//! The store on SQLite keeps the contract, with two writers on one file.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use copydesk_store::{Store, contract};
use copydesk_store_sqlite::{Options, SqliteStore};

#[tokio::test(flavor = "multi_thread")]
async fn the_store_on_sqlite_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let number = AtomicU32::new(0);
    let next = || {
        folder
            .path()
            .join(format!("{}.db", number.fetch_add(1, Ordering::Relaxed)))
    };
    contract::exercise(|| open_twice(next())).await;
}

async fn open_twice(path: PathBuf) -> [Arc<dyn Store>; 2] {
    let open = || SqliteStore::open(&path, Options::SHIPPED);
    [Arc::new(open().await.unwrap()), Arc::new(open().await.unwrap())]
}
