//! The tool `poll`.

use super::document::{PollArgs, PollReply, items_of};
use super::exchange::first_page;
use super::paging::{Bounds, add_older};
use super::turn::Turns;
use crate::servers::deps::ServerDeps;
use crate::servers::fault::ToolFault;

/// Polls feeds, each address by one caller at a time.
pub(super) struct Poller {
    deps: ServerDeps,
    turns: Turns,
}

impl Poller {
    pub(super) fn new(deps: ServerDeps) -> Self {
        Self {
            deps,
            turns: Turns::default(),
        }
    }

    /// Reads the first page, and older ones as far as `since` reaches.
    pub(super) async fn poll(&self, args: PollArgs) -> Result<PollReply, ToolFault> {
        let since = args.since()?;
        let _turn = self.turns.take(&args.url).await;
        let page = first_page(&self.deps, &args.url).await?;
        let mut feed = page.feed;
        let older = add_older(&self.deps, &mut feed, since, &Bounds::pages(args.pages())).await;
        let (title, home) = (feed.title.clone(), feed.home.clone());
        let (items, items_cut) = items_of(feed);
        let fault = older.fault.as_ref();
        Ok(PollReply {
            url: page.url,
            moved_to: page.moved_to,
            title,
            home,
            items,
            not_modified: page.is_unmodified,
            retry_at: fault.and_then(|fault| fault.retry_at).map(|at| at.to_string()),
            pages_read: older.pages + 1,
            incomplete: fault.map(|fault| format!("page {}: {}", older.pages + 2, fault.why)),
            items_cut,
        })
    }
}
