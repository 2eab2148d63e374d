//! Into the archive, some issues a commit.

use copydesk_domain::artifact::Fetch;
use copydesk_domain::{Instant, Untrusted};
use copydesk_store::retention::AUTHOR;
use copydesk_store::{Applied, Command, Imported, SnapshotParams, Store, StoreError};

use super::found::Found;

/// Issues of one commit.
const AT_ONCE: usize = 32;

/// What became of the issues.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// New ones.
    pub added: usize,
    /// Those whose text changed since the last import; the old text stays too.
    pub changed: usize,
    /// Those that were there.
    pub known: usize,
}

/// Stores issues as the author's. Stops at the first that the store refuses; those before it are kept.
pub async fn keep(
    store: &dyn Store,
    found: &[Found],
    publisher: &str,
    now: Instant,
) -> Result<Counts, StoreError> {
    let mut counts = Counts::default();
    for part in found.chunks(AT_ONCE) {
        let commands = part.iter().map(|issue| command(issue, publisher, now)).collect();
        for answer in store.apply_all(commands).await {
            match answer? {
                Applied::Imported(Imported::Added) => counts.added += 1,
                Applied::Imported(Imported::Changed) => counts.changed += 1,
                _ => counts.known += 1,
            }
        }
    }
    Ok(counts)
}

fn command(issue: &Found, publisher: &str, now: Instant) -> Command {
    Command::ImportIssue(SnapshotParams {
        text: Untrusted::new(issue.page.text.clone()),
        owner: AUTHOR.to_owned(),
        fetch: Fetch {
            url: issue.url.clone(),
            fetched_at: now,
            title: Some(Untrusted::new(issue.title.clone())),
            authors: issue.authors.iter().cloned().map(Untrusted::new).collect(),
            published_at: issue.published_at,
            publisher: Untrusted::new(publisher.to_owned()),
        },
    })
}
