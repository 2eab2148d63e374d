//! `feeds`: polls feeds, politely.
//!
//! Each poll is conditional (ETag, Last-Modified), remembers where a feed moved for good and when it wants to be asked
//! again, and never runs twice at once for the same address.

mod document;
mod exchange;
mod paging;
mod poll;
mod turn;
mod whole;

use std::sync::Arc;

use super::bundled::BundledServer;
use super::deps::ServerDeps;
use super::tool::{Reach, ServerTool};
use poll::Poller;
pub use whole::{FeedLimits, WholeFeed, whole_feed};

pub(super) fn server(deps: &ServerDeps) -> BundledServer {
    let poller = Arc::new(Poller::new(deps.clone()));
    let poll = ServerTool::new(
        "poll",
        "Reads a feed (RSS, Atom, JSON Feed) and gives its items. Asks only for what changed since the last time.",
        Reach::Web,
        move |args| {
            let poller = Arc::clone(&poller);
            async move { poller.poll(args).await }
        },
    );
    let about = "Reads feeds for Copydesk. Keeps what servers say about caching and about when to ask again.";
    BundledServer::new("feeds", about, vec![poll])
}
