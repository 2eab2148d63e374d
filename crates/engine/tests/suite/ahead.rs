//! A look ahead and feeds that say what a test wants.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use async_trait::async_trait;
use copydesk_config::Release;
use copydesk_journal::{FeedHeard, FeedHistory, Preflight};
use copydesk_store::PreflightProblem;

/// What a look ahead finds, and what feeds said.
#[derive(Default)]
pub struct Ahead {
    pub problems: Mutex<Vec<PreflightProblem>>,
    pub heard: Mutex<BTreeMap<String, FeedHeard>>,
    pub looks: AtomicI64,
    /// While true, a look does not end.
    pub hangs: AtomicBool,
}

#[async_trait]
impl Preflight for Ahead {
    async fn look(&self, _release: &Release) -> Vec<PreflightProblem> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.problems.lock().expect("no holder panics").clone()
    }
}

#[async_trait]
impl FeedHistory for Ahead {
    async fn heard(&self, feed: &str) -> Option<FeedHeard> {
        self.heard.lock().expect("no holder panics").get(feed).cloned()
    }
}
